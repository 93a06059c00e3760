"""The two kinds of nodes, Value and Tensor, and their operators."""
