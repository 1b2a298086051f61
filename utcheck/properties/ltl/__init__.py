"""Linear temporal logic: formulas, their syntax and meaning, and automata for them."""
