"""The operators of `Value`, written out: what `apply` does, without the calls on the way there.

Of one number the calls cost more than the arithmetic. So each operator makes its node itself where it is the usual
case: Values and plain numbers, while operations are recorded and nobody watches. All else goes the general way.

The text is made when the first operator is called: a program that has tensors alone need not wait for it.
"""

from __future__ import annotations

from typing import Any

from ..clock import SERIAL
from ..graph.modes import MODES, RECORDING
from ..graph.operation import REGISTRY
from .augmented import assign

BINARY = {"add": "add", "subtract": "sub", "multiply": "mul", "divide": "truediv", "power": "pow"}
UNARY = {"negative": "__neg__", "relu": "relu", "tanh": "tanh", "sigmoid": "sigmoid", "exp": "exp", "log": "log"}
SIGNS = {"add": "+=", "subtract": "-=", "multiply": "*=", "divide": "/=", "power": "**="}

_NODE = """\
    result = new(Value)
    result._data = {data}
    result._grad = 0.0
    result._first = {first}
    result._second = {second}
    result.op = op
    result.attrs = result._name = None
    result._tracked = True
    result.serial = tick()
    return result
"""
_CONSTANT = """\
        if kind is not float and kind is not int or not self._tracked or modes() is not RECORDING:
            return function({operands})
        number, other = other, new(Value)
        other._data = float(number)
        other._grad = 0.0
        other._first = other._second = other.op = other.attrs = other._name = None
        other._tracked = False
        other.serial = tick()
"""
_BINARY = """\
def operator(self, other):
{before}    kind = type(other)
    if kind is not Value:
{constant}    elif modes() is not RECORDING or not (self._tracked or other._tracked):
        return function({operands})
    a, b = {first}._data, {second}._data
{lines}{node}"""
_UNARY = """\
def operator(self):
    if not self._tracked or modes() is not RECORDING:
        return function(self)
    a = self._data
{lines}{node}"""
_LEAF = """\
    if self.op is None:
        return assign(function, sign, self, other)
"""


def with_operators(kind: type) -> type:
    """Give a class of nodes that hold floats its operators."""
    forms = [f"__{form}{method}__" for method in BINARY.values() for form in ("", "r", "i")]
    for name in (*forms, *UNARY.values()):
        setattr(kind, name, _first_call(kind, name))
    return kind


def _first_call(kind: type, name: str) -> Any:
    """An operator that has all of them written, and then is one of these."""

    def operator(self: Any, *other: Any) -> Any:
        _write(kind)
        return getattr(kind, name)(self, *other)

    operator.__doc__ = getattr(kind, name).__doc__
    return operator


def _write(kind: type) -> None:
    from .float_rules import lines_of  # what writes rules down is not needed to import the package

    for name, method in BINARY.items():
        lines, data = lines_of(REGISTRY[name].forward, ["a", "b"])
        for form, first, second in (("", "self", "other"), ("r", "other", "self"), ("i", "self", "other")):
            text = _BINARY.format(
                before=_LEAF if form == "i" else "",
                constant=_CONSTANT.format(operands=f"{first}, {second}"),
                operands=f"{first}, {second}",
                first=first,
                second=second,
                lines=_indented(lines),
                node=_NODE.format(data=data, first=first, second=second),
            )
            setattr(kind, f"__{form}{method}__", _function(kind, name, text))
    for name, method in UNARY.items():
        lines, data = lines_of(REGISTRY[name].forward, ["a"])
        node = _NODE.format(data=data, first="self", second="None")
        setattr(kind, method, _function(kind, name, _UNARY.format(lines=_indented(lines), node=node)))


def _function(kind: type, name: str, text: str) -> Any:
    from ..tapes.python_code import NAMES, function_of

    op = REGISTRY[name]
    bound = {"function": op.function, "op": op, "sign": SIGNS.get(name), "assign": assign, "Value": kind}
    bound |= {"modes": MODES.get, "RECORDING": RECORDING, "tick": SERIAL.__next__, "new": object.__new__}
    function = function_of(text, "operator", NAMES | bound)
    function.__doc__ = op.function.__doc__
    return function


def _indented(lines: list[str]) -> str:
    return "".join(f"    {line}\n" for line in lines)
