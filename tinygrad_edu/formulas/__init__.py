"""Rules read by people: a rule as a formula, in plain text and in LaTeX."""
