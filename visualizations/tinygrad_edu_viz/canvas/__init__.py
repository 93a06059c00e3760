"""Pictures of a training in the cells of a terminal: numbers in, a `Grid` out, and no terminal needed."""
