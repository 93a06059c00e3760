"""Tensors taken apart into numbers: the same computation on scalars."""
