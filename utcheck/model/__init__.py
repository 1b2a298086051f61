"""The model language: what users write, and how it is run one step at a time."""
