"""Specs: from a YAML file to models, properties and what is expected of them."""
