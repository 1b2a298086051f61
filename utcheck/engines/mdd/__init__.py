"""Multi-valued decision diagrams: sets of states, relations between states, and saturation."""
