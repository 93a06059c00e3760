"""A trace as a file: written, and read back with every field checked."""
