"""Courses: several passes with the optimizer's updates between them."""
