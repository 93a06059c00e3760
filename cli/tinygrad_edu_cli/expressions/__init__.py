"""Expressions: from a text that somebody typed to nodes of a graph."""
