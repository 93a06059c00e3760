"""Where a rule finds its functions: one rule is read by floats, arrays, nodes and objects."""
