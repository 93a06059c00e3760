"""The idea: a node remembers how it was computed (node), an operation knows its derivative (operation), and one loop
multiplies them (backprop)."""
