"""Recordings and pictures of graphs of tinygrad-edu."""

from .courses.course import Course
from .pages.notebook import announce, load_ipython_extension
from .pictures.descent_picture import draw_descent
from .pictures.dot_binary import DrawingError, MissingDot, render
from .pictures.draw import draw_graph
from .predicting.quiz import Quiz
from .recording.contents import TraceError
from .scalarizing.scalarize import scalarize as take_apart
from .text.terminal import draw as draw_text
from .trace import Trace
from .views.levels import view

__all__ = [
    "Course",
    "DrawingError",
    "MissingDot",
    "Quiz",
    "Trace",
    "TraceError",
    "draw_descent",
    "draw_graph",
    "draw_text",
    "load_ipython_extension",
    "render",
    "take_apart",
    "view",
]

announce()  # in a notebook, Values and Tensors show their graphs
