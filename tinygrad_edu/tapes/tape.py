"""A tape: the array calls of a computation, one after another (Wengert 1964).

A rule is read with operands that note what is done with them. Of a recorded computation each call is made at once: so
shapes and dtypes are known, and what a rule computes from these alone is not noted. Of an elementwise rule
(`kernel.py`) nothing is computed, as it is for arrays of any size, and for plain numbers that change.

Nothing on a tape is overwritten, and a call that is there already is not noted again. A tape knows no language: that is
for the writers beside this file.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np

from ..namespaces.namespace import FLOATS


class Call(NamedTuple):
    """One call, whose result is an array (or number) of the tape.

    Attributes:
        name: of the function in the code; ".copy" is a method of the first operand, "[]" indexes it, "" is an input.
        function: what is called.
        operands, options: positional and keyword arguments: plain values and tracers, also inside tuples.
        overwrites: the function writes its result into its first operand.
        again: it is called in every replay, even where nobody uses its result.
    """

    name: str
    function: Any = None
    operands: tuple[Any, ...] = ()
    options: tuple[tuple[str, Any], ...] = ()
    overwrites: bool = False
    again: bool = False


class Tracer:
    """An operand that notes what is done with it: an array of a tape, or a number.

    Attributes:
        place: on the tape.
        value: the array while the tape is written; where nothing is computed, None for any array, `float` for a number.
        fixed: it holds the same in every replay.
    """

    __slots__ = ("fixed", "place", "tape", "value")
    __array_ufunc__ = None  # NumPy leaves `array + tracer` to __radd__

    def __init__(self, tape: Tape, place: int, value: Any, fixed: bool = False):
        self.tape, self.place, self.value, self.fixed = tape, place, value, fixed

    shape = property(lambda self: self.value.shape)
    ndim = property(lambda self: self.value.ndim)
    size = property(lambda self: self.value.size)
    dtype = property(lambda self: self.value.dtype)
    device = property(lambda self: self.tape.device)
    is_number = property(lambda self: self.value is float)

    def __bool__(self) -> bool:
        if self.is_number and not self.tape.calls[self.place].name:
            return True  # a number that is 0 stands on the tape as 0
        raise TypeError("a rule on a tape cannot branch on what it computes: use xp.where")

    def __getitem__(self, index: Any) -> Any:
        return self.tape.note("[]", operator.getitem, self, index)

    def __neg__(self) -> Any:
        return self.tape.apply("negative", self)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or not callable(getattr(np.ndarray, name, None)):
            raise AttributeError(f"an array of a tape has no {name!r}")
        return partial(self.tape.note, f".{name}", _method(name), self)


@cache
def _method(name: str) -> Callable[..., Any]:
    """A method of arrays, which NumPy's scalars have, too."""
    return lambda array, *rest, **options: getattr(array, name)(*rest, **options)


OPERATORS = (  # functions of array libraries, their signs, and the special methods that are called for these
    ("add", "+", "add"), ("subtract", "-", "sub"), ("multiply", "*", "mul"), ("divide", "/", "truediv"),
    ("matmul", "@", "matmul"), ("power", "**", "pow"), ("greater", ">", "gt"), ("greater_equal", ">=", "ge"),
    ("less", "<", "lt"), ("less_equal", "<=", "le"), ("equal", "==", "eq"), ("not_equal", "!=", "ne"),
    ("bitwise_and", "&", "and"), ("bitwise_or", "|", "or"),
)  # fmt: skip
INFIX = {name: sign for name, sign, _ in OPERATORS}
del INFIX["power"]  # ** is another function: it takes a root for 0.5, and binds before a sign
RESHAPES = "reshape", ".reshape"  # the function and the method


for _name, _, _special in OPERATORS:
    setattr(Tracer, f"__{_special}__", lambda a, b, name=_name: a.tape.apply(name, a, b))
    setattr(Tracer, f"__r{_special}__", lambda b, a, name=_name: b.tape.apply(name, a, b))
Tracer.__hash__ = object.__hash__  # type: ignore[method-assign]  # which __eq__ took away


class Tape:
    """Calls in the order in which they are made.

    Args:
        computes: whether calls are made at once; else they are elementwise, and only noted.
    Attributes:
        calls: the result of the k-th has the place k.
        arrays: these results.
        labels: for each call, what it is for.
    """

    device = "cpu"

    def __init__(self, computes: bool = True):
        self.computes = computes
        self.calls: list[Call] = []
        self.arrays: list[Tracer] = []
        self.labels: list[str] = []
        self._places: dict[Any, Tracer] = {}  # of calls that need not be repeated

    def input(self, value: Any, fixed: bool = False) -> Tracer:
        """An array that is there before the first call."""
        return self._append(Call(""), value, fixed)

    def apply(self, name: str, *operands: Any) -> Any:
        """Note a function of array libraries by its name; plain numbers alone are computed as Python's floats."""
        if not any(isinstance(x, Tracer) for x in operands):
            return getattr(FLOATS, name)(*operands)
        return self.note(name, getattr(np, name), *operands)

    def note(self, name: str, function: Any, *operands: Any, **options: Any) -> Any:
        """Call a function and note it, unless all of its operands are fixed: then so is its result."""
        call = Call(name, function, operands, tuple(options.items()))
        given = operands_of(call)
        if not given:
            return function(*operands, **options)
        key = function, _key(operands), _key(call.options)
        if key not in self._places:
            value = self._value(call, given)
            if name in RESHAPES and value.shape == given[0].shape:
                self._places[key] = given[0]  # a view of all of it
            elif all(x.fixed for x in given):
                self._places[key] = self.input(value, fixed=True)
            else:
                self._places[key] = self._append(call, value)
        return self._places[key]

    def _value(self, call: Call, given: list[Tracer]) -> Any:
        if self.computes:
            return call.function(*values(call.operands), **dict(values(call.options)))
        if not is_elementwise(call.function) or call.options:
            raise TypeError(f"a rule that is computed element by element cannot call {call.name.lstrip('.')}")
        return float if all(x.is_number for x in given) else None

    def note_overwriting(self, function: Any, first: Tracer, *rest: Any) -> Any:
        """Note a function that writes its result into its first operand; on the tape that one stays as it is."""
        call = Call(function.__name__, function, (first, *rest), (), overwrites=True)
        return self._append(call, function(first.value.copy(), *values(rest)))

    def note_again(self, name: str, function: Any, operands: tuple[Any, ...], result: Any) -> Tracer:
        """Note a function that has to be called in every replay; it was, and gave `result`."""
        return self._append(Call(name, function, operands, (), again=True), result)

    def label(self, text: str) -> None:
        """Say what the calls since the last label are for."""
        self.labels += [text] * (len(self.calls) - len(self.labels))

    def forget(self) -> None:
        """Let all arrays go; they and the tape keep each other alive."""
        for part in (self.calls, self.arrays, self._places):
            part.clear()

    def _append(self, call: Call, value: Any, fixed: bool = False) -> Tracer:
        tracer = Tracer(self, len(self.calls), value, fixed)
        self.calls.append(call)
        self.arrays.append(tracer)
        return tracer


def is_elementwise(function: Any) -> bool:
    """Whether it is one of NumPy's functions that compute each element from those of the same place."""
    return function is np.where or (isinstance(function, np.ufunc) and function.signature is None)


def operands_of(call: Any) -> list[Tracer]:
    """The tracers that a call works on: all that stand in these nested tuples and lists."""
    found: list[Tracer] = []
    for part in (*call.operands, *call.options) if type(call) is Call else call:
        if isinstance(part, Tracer):
            found.append(part)
        elif isinstance(part, (tuple, list)):
            found += operands_of(part)
    return found


def layout(array: Any) -> tuple[Any, ...]:
    """What arrays have in common of which one can be written over the other."""
    return array.dtype, array.shape, array.strides


def values(item: Any) -> Any:
    """Operands with the arrays themselves in place of those of the tape."""
    if isinstance(item, (tuple, list)):
        return type(item)(map(values, item))
    return item.value if isinstance(item, Tracer) else item


def _key(item: Any) -> Any:
    """Operands as a key: equal only where the same array, or the same plain value, stands."""
    if isinstance(item, (tuple, list)):
        return type(item), *map(_key, item)
    if isinstance(item, Tracer):
        return Tracer, item.place
    if isinstance(item, np.ndarray):
        return np.ndarray, item.dtype, item.shape, item.tobytes()
    return type(item), repr(item)
