"""A training as data to look at: what was measured so far, and what the model answers; every face draws these."""
