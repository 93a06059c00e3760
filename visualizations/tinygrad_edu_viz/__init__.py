"""Recordings and pictures of graphs of tinygrad-edu."""

from .checked_json import TraceError
from .dot_binary import DrawingError, MissingDot, render
from .draw import draw_graph
from .levels import view
from .notebook import announce, load_ipython_extension
from .scalars import take_apart
from .trace import Trace

__all__ = [
    "DrawingError",
    "MissingDot",
    "Trace",
    "TraceError",
    "draw_graph",
    "load_ipython_extension",
    "render",
    "take_apart",
    "view",
]

announce()  # in a notebook, Values and Tensors show their graphs
