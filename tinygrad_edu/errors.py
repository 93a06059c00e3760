"""Every error that tinygrad-edu raises on purpose.

Each message says what happened, at which node and with which shapes, why, and what to type next. Each class is also
the built-in error that a Python programmer would expect, so `except ValueError` keeps working.
"""


class TinygradError(Exception):
    """Base of all errors raised on purpose: `except tg.TinygradError` catches them and nothing else."""


class ShapeError(TinygradError, ValueError):
    """Shapes that do not fit: broadcasting, matrix products, reshapes, ragged lists, a gradient of another shape."""


class ArgumentError(TinygradError, ValueError):
    """An argument of an operation that is none of those it knows."""


class DtypeError(TinygradError, TypeError):
    """A kind of data that cannot be used here, such as an integer tensor that should require gradients."""


class DeviceError(TinygradError, RuntimeError):
    """Tensors of two devices in one operation, or a device that this machine does not have."""


class OutOfMemoryError(TinygradError, MemoryError):
    """The memory of a GPU is full; the message says what was asked for, and what is free."""


class GraphError(TinygradError, RuntimeError):
    """The graph cannot answer: nothing to differentiate, a non-scalar root without a gradient, mixed scalars/arrays."""


class MutationError(GraphError):
    """Data changed after an operation used it, so that the recorded derivatives do not belong to it any more."""


class AnomalyError(TinygradError, FloatingPointError):
    """Under `detect_anomaly()`: the operation in which the first inf or nan was born."""


class GradientCheckError(TinygradError, AssertionError):
    """`gradcheck`: an analytic derivative differs from the numeric one."""


class CompileError(TinygradError, RuntimeError):
    """A function that `compile` cannot replay, because it does not do the same in every call."""


class DataError(TinygradError, ValueError):
    """A data set or data file that cannot be learned from; the message names its line, column or label."""


class StateError(TinygradError, ValueError):
    """A state dictionary or checkpoint that does not fit: of another model, incomplete, truncated, or newer."""


__all__ = [name for name, item in list(globals().items()) if isinstance(item, type)]
