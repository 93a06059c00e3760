"""Code that is not ours runs in a process of its own."""
