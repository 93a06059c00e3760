"""Tensors as single numbers: the same computation on scalars, and where its numbers are looked up."""
