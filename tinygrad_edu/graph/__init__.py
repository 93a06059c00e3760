"""The idea: a node remembers how it was computed, an operation knows its derivative, one loop multiplies them."""
