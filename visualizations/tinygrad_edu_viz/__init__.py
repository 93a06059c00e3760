"""Pictures and recordings of graphs of tinygrad-edu."""

from .trace import Trace
from .trace_file import TraceError

__all__ = ["Trace", "TraceError"]
