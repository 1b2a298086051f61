"""The waist: a model learned as decision trees over its shared variables."""
