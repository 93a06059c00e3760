"""Recordings and pictures of graphs of tinygrad-edu."""

from .dot_binary import DrawingError, MissingDot, render
from .draw import draw_graph
from .trace import Trace
from .trace_file import TraceError

__all__ = ["DrawingError", "MissingDot", "Trace", "TraceError", "draw_graph", "render"]
