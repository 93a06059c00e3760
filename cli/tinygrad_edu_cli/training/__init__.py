"""What `train` and `compare` are made of: options, runs, and what is said about them."""
