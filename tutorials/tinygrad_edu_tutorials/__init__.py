"""The tutorials of tinygrad-edu: lessons that are read, predicted, written and checked."""
