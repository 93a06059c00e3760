"""How a graph becomes a trace: its numbers copied, its nodes named, its steps said in words."""
