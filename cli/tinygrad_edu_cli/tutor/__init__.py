"""Faces of the tutorials: what `tinygrad_edu_tutorials.learning` gives, for people and for programs."""
