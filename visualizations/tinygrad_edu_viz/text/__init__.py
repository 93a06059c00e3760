"""A graph as a drawing of characters."""
