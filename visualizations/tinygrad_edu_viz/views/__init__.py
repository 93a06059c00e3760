"""A trace at a level: how much of a graph one box stands for."""
