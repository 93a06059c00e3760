"""A tape: the array calls of a computation, one after another (Wengert 1964).

The rules of the operations are read once more, with arrays that note what is done with them. Each note is a call of
the array library, whose result is computed at once: so shapes and dtypes are known, and what a rule computes from
these alone is not noted. Nothing on a tape is overwritten, and a call that is there already is not noted again.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np

from ..backends import Backend


class Call(NamedTuple):
    """One call, whose result is an array of the tape.

    Attributes:
        name: of the function in the code; ".copy" is a method of the first operand, "[]" indexes it, "" is an input.
        function: what is called.
        operands, options: positional and keyword arguments: plain values and arrays of the tape, also inside tuples.
        overwrites: the function writes its result into its first operand.
        again: it is called in every replay, even where nobody uses its result.
    """

    name: str
    function: Any = None
    operands: tuple[Any, ...] = ()
    options: tuple[tuple[str, Any], ...] = ()
    overwrites: bool = False
    again: bool = False


class Noted:
    """An array of a tape: its place there, and what it holds while the tape is written.

    A *fixed* one holds the same in every replay.
    """

    __slots__ = ("fixed", "place", "tape", "value")
    __array_ufunc__ = None  # NumPy leaves `array + noted` to __radd__

    def __init__(self, tape: Tape, place: int, value: Any, fixed: bool = False):
        self.tape, self.place, self.value, self.fixed = tape, place, value, fixed

    shape = property(lambda self: self.value.shape)
    ndim = property(lambda self: self.value.ndim)
    size = property(lambda self: self.value.size)
    dtype = property(lambda self: self.value.dtype)
    device = property(lambda self: self.tape.backend.device)

    def __len__(self) -> int:
        return len(self.value)

    def __bool__(self) -> bool:
        raise TypeError("what a compiled function does cannot depend on the numbers of an array")

    def __getitem__(self, index: Any) -> Any:
        return self.tape.note("[]", operator.getitem, self, index)

    def __neg__(self) -> Any:
        return self.tape.note("negative", np.negative, self)

    def __invert__(self) -> Any:
        return self.tape.note("invert", np.invert, self)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or not callable(getattr(np.ndarray, name, None)):
            raise AttributeError(f"an array of a tape has no {name!r}")
        return partial(self.tape.note, f".{name}", _method(name), self)


@cache
def _method(name: str) -> Callable[..., Any]:
    """A method of arrays, which NumPy's scalars have, too."""
    return lambda array, *rest, **options: getattr(array, name)(*rest, **options)


OPERATORS = (  # functions of NumPy, their signs, and the special methods that are called for these
    ("add", "+", "add"), ("subtract", "-", "sub"), ("multiply", "*", "mul"), ("divide", "/", "truediv"),
    ("matmul", "@", "matmul"), ("power", "**", "pow"), ("greater", ">", "gt"), ("greater_equal", ">=", "ge"),
    ("less", "<", "lt"), ("less_equal", "<=", "le"), ("equal", "==", "eq"), ("not_equal", "!=", "ne"),
    ("bitwise_and", "&", "and"), ("bitwise_or", "|", "or"),
)  # fmt: skip
INFIX = {name: sign for name, sign, _ in OPERATORS}
del INFIX["power"]  # ** is another function: it takes a root for 0.5, and binds before a sign
RESHAPES = "reshape", ".reshape"  # the function and the method


def _operators() -> None:
    for name, _, special in OPERATORS:
        function = getattr(np, name)
        note = lambda a, b, name=name, function=function: a.tape.note(name, function, a, b)  # noqa: E731
        noted = lambda b, a, name=name, function=function: b.tape.note(name, function, a, b)  # noqa: E731
        setattr(Noted, f"__{special}__", note)
        setattr(Noted, f"__r{special}__", noted)


_operators()
Noted.__hash__ = object.__hash__  # type: ignore[method-assign]  # which __eq__ took away


class Tape:
    """Calls in the order in which they are made.

    Attributes:
        calls: the result of the k-th has the place k.
        arrays: these results.
        backend: the namespace in which rules are read to be noted here.
        labels: for each call, what it is for.
    """

    def __init__(self, backend: Backend):
        self.calls: list[Call] = []
        self.arrays: list[Noted] = []
        self.backend = TapeBackend(self, backend)
        self.labels: list[str] = []
        self._places: dict[Any, Noted] = {}  # of calls that need not be repeated

    def input(self, value: Any, fixed: bool = False) -> Noted:
        """An array that is there before the first call."""
        return self._append(Call(""), value, fixed)

    def note(self, name: str, function: Any, *operands: Any, **options: Any) -> Any:
        """Call a function and note it, unless all of its operands are fixed: then so is its result."""
        call = Call(name, function, operands, tuple(options.items()))
        given = operands_of(call)
        if not given:
            return function(*operands, **options)
        key = function, _key(operands), _key(call.options)
        if key not in self._places:
            value = function(*values(operands), **dict(values(call.options)))
            if name in RESHAPES and value.shape == given[0].shape:
                self._places[key] = given[0]  # a view of all of it
            elif all(x.fixed for x in given):
                self._places[key] = self.input(value, fixed=True)
            else:
                self._places[key] = self._append(call, value)
        return self._places[key]

    def note_overwriting(self, function: Any, first: Noted, *rest: Any) -> Any:
        """Note a function that writes its result into its first operand; on the tape that one stays as it is."""
        call = Call(function.__name__, function, (first, *rest), (), overwrites=True)
        return self._append(call, function(first.value.copy(), *values(rest)))

    def note_again(self, name: str, function: Any, operands: tuple[Any, ...], result: Any) -> Noted:
        """Note a function that has to be called in every replay; it was, and gave `result`."""
        return self._append(Call(name, function, operands, (), again=True), result)

    def label(self, text: str) -> None:
        """Say what the calls since the last label are for."""
        self.labels += [text] * (len(self.calls) - len(self.labels))

    def forget(self) -> None:
        """Let all arrays go; they and the tape keep each other alive."""
        for part in (self.calls, self.arrays, self._places):
            part.clear()

    def _append(self, call: Call, value: Any, fixed: bool = False) -> Noted:
        noted = Noted(self, len(self.calls), value, fixed)
        self.calls.append(call)
        self.arrays.append(noted)
        return noted


def operands_of(call: Call) -> list[Noted]:
    """The arrays that a call works on."""
    return [x for x in _flat((call.operands, call.options)) if isinstance(x, Noted)]


def _flat(item: Any) -> list[Any]:
    """All that stands in nested tuples and lists."""
    return [x for part in item for x in _flat(part)] if isinstance(item, (tuple, list)) else [item]


def layout(array: Any) -> tuple[Any, ...]:
    """What arrays have in common of which one can be written over the other."""
    return array.dtype, array.shape, array.strides


def values(item: Any) -> Any:
    """Operands with the arrays themselves in place of those of the tape."""
    if isinstance(item, (tuple, list)):
        return type(item)(map(values, item))
    return item.value if isinstance(item, Noted) else item


def _key(item: Any) -> Any:
    """Operands as a key: equal only where the same array, or the same plain value, stands."""
    if isinstance(item, (tuple, list)):
        return type(item), *map(_key, item)
    if isinstance(item, Noted):
        return Noted, item.place
    if isinstance(item, np.ndarray):
        return np.ndarray, item.dtype, item.shape, item.tobytes()
    return type(item), repr(item)


def _stands_for(item: Any, noted: Noted) -> bool:
    """Whether an operand that is equal to a result also has its layout."""
    return isinstance(item, Noted) and layout(item.value) == layout(noted.value)


class TapeBackend(Backend):
    """Another backend, whose calls are noted."""

    def __init__(self, tape: Tape, inner: Backend):
        super().__init__(inner.device, inner.xp, Noted)
        self.tape, self.inner = tape, inner

    def find(self, name: str) -> Any:
        if not hasattr(self.library, name):
            return super().find(name)  # a rule of the registry, read with this namespace
        function = getattr(self.inner, name)
        return partial(self.tape.note, name, function) if callable(function) else function

    def asarray(self, data: Any, dtype: Any = None) -> Any:
        if isinstance(data, Noted):
            return data if dtype is None else data.astype(dtype)
        return self.tape.input(self.inner.asarray(data, dtype=dtype), fixed=True)

    def one(self, dtype: Any, shape: tuple[int, ...]) -> Any:
        return self.asarray(self.inner.one(dtype, shape))

    def chain(self, upstream: Any, local: Any) -> Any:
        """The chain rule; the 1 with which a backward pass starts leaves what it is multiplied by as it is."""
        product = super().chain(upstream, local)
        ones = upstream.fixed and bool((upstream.value == 1).all())
        return local if ones and _stands_for(local, product) and local.value.flags.c_contiguous else product

    def where(self, condition: Any, a: Any, b: Any) -> Any:
        """Of a plain condition, as the derivative of x ** 2 has, the one of both that it takes, if it was computed."""
        chosen, noted = a if condition is True else b, self.tape.note("where", self.inner.where, condition, a, b)
        known = isinstance(condition, bool) and _stands_for(chosen, noted)
        return chosen if known and self.tape.calls[chosen.place].name else noted

    def erf(self, a: Any) -> Any:
        return self.tape.note("erf", self.inner.erf, a)

    def scatter_add(self, a: Any, index: Any, shape: tuple[int, ...]) -> Any:
        return self.tape.note("scatter_add", self.inner.scatter_add, a, index, shape)

    # The same arithmetic as the fused hooks of NumPy's backend, without overwriting: what they have in common, the
    # exponentials and their sums, is noted once.

    def cross_entropy_rows(self, logits: Any, labels: Any) -> Any:
        shifted, total = self._exponentials(logits)[1:]
        picked = shifted.reshape(-1)[self._at(logits, labels)]
        return self.log(total).reshape(-1) - picked

    def cross_entropy_slope(self, logits: Any, labels: Any, g: Any) -> Any:
        exponentials, _, total = self._exponentials(logits)
        slope = exponentials * ((g[:, None] if g.ndim else g) / total)
        return self.tape.note_overwriting(subtract_at, slope, self._at(logits, labels), g)

    def _exponentials(self, logits: Any) -> tuple[Any, Any, Any]:
        shifted = self.subtract(logits, self.max(logits, axis=1, keepdims=True), order="C")
        exponentials = self.exp(shifted)
        return exponentials, shifted, self.sum(exponentials, axis=1, keepdims=True)

    def _at(self, logits: Any, labels: Any) -> Any:
        rows, columns = logits.shape
        return np.arange(0, rows * columns, columns) + labels


def subtract_at(a: Any, at: Any, b: Any) -> Any:
    """a, with b subtracted from its elements at these places of the flat array."""
    a.reshape(-1)[at] -= b
    return a
