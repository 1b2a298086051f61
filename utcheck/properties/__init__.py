"""What must hold of a model: property kinds, expressions over a state, fairness."""
