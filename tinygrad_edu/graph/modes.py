"""Modes: what is recorded and watched at the moment.

A mode lives in a context variable, so that it holds for one thread (or asynchronous task) alone, and every
`with` block puts back what it found, also after an exception.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, NamedTuple

from ..blocks import Block
from ..errors import DtypeError
from .observer import Observer


class Modes(NamedTuple):
    recording: bool = True  # are operations recorded for a backward pass?
    watch: Observer | None = None  # set inside detect_anomaly(), and while a function is recorded
    dtype: str | None = None  # set inside default_dtype(): overrides the default of the process


RECORDING = Modes()  # what holds outside of every block
MODES: ContextVar[Modes] = ContextVar("tinygrad_edu_modes", default=RECORDING)

_process_dtype = "float32"


class Mode(Block):
    """A block in which some of the modes are others; one object is for one thread.

    Args:
        changes: gives them, anew for each time that the block is entered.
    """

    def __init__(self, changes: Callable[[], dict[str, Any]]):
        self._changes = changes
        self._outer: list[Modes] = []
        self._suspended: Modes | None = None

    def __enter__(self) -> None:
        outer = MODES.get()
        self._outer.append(outer)
        MODES.set(self._suspended or outer._replace(**self._changes()))

    def __exit__(self, *error: object) -> None:
        MODES.set(self._outer.pop())

    def again(self) -> Mode:
        return Mode(self._changes)

    def suspend(self) -> None:
        self._suspended = MODES.get()
        self.__exit__()


def no_grad() -> Mode:
    """Compute without recording: results have no graph and require no gradient.

    Use it as `with tg.no_grad():`, or as a decorator, `@tg.no_grad()`, of functions, generators and coroutines.
    """
    return Mode(lambda: {"recording": False})


def enable_grad() -> Mode:
    """Record again inside a `no_grad()` block."""
    return Mode(lambda: {"recording": True})


def call_beside(namespace: Any, function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function that computes beside the graph: a check, a comparison, a dropout mask, a running mean.

    A recorded computation (`compiling`) has to call it again each time it is replayed. So it is one that stays the
    same: a function of a module, or a method; its arguments are arrays and plain values, and it gives an array or None.

    Args:
        namespace: of the arrays, to compute where they lie (`Namespace.run`); None for what is on the host.
    """
    run = None if namespace is None or namespace.is_host else namespace.run
    watch = MODES.get().watch
    if watch is None:
        return function(*arguments) if run is None else run(function, *arguments)
    with Mode(lambda: {"watch": None}):
        result = function(*arguments) if run is None else run(function, *arguments)
    watch.called(function, arguments, result)
    return result


def _checked_dtype(dtype: Any) -> str:
    name = getattr(dtype, "__name__", None) or str(dtype)
    if name not in ("float16", "float32", "float64"):
        raise DtypeError(f"the default dtype must be float16, float32 or float64, not {name}")
    return name


def set_default_dtype(dtype: Any) -> None:
    """Set the dtype that Python data (numbers, lists) becomes in a `Tensor`, for the whole process.

    Args:
        dtype: "float16", "float32" (the default of the process) or "float64", or NumPy's type of that name.
    Raises:
        DtypeError: any other dtype.
    """
    global _process_dtype
    _process_dtype = _checked_dtype(dtype)


def default_dtype(dtype: Any) -> Mode:
    """Like `set_default_dtype`, for one `with` block of one thread, or a function that it decorates."""
    checked = _checked_dtype(dtype)
    return Mode(lambda: {"dtype": checked})


def get_default_dtype() -> str:
    """The dtype that Python data becomes at the moment."""
    return MODES.get().dtype or _process_dtype
