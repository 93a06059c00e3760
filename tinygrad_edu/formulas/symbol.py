"""A formula as a tree of symbols, built by ordinary arithmetic.

Arithmetic between numbers is done on the spot, and what needs no saying is not said: 1 · a is a, and a · a is a². So
the derivative of `x**3` reads 3 · x² and not 3 · x^(3 - 1).
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..errors import TinygradError
from ..graph.operation import REGISTRY
from ..namespaces.namespace import FLOATS
from . import text as formula_text

Shape = tuple[int, ...]

COMPARISONS = ("=", "≠", "<", "≤", ">", "≥")


class UnreadableError(TinygradError):
    """A rule asked a symbol for something that only data have: its truth, or a shape that is not known."""


def _both_ways(combine: Callable[[Symbol, Symbol], Any]) -> tuple[Any, Any]:
    """An operator and its reflected form."""
    return (
        lambda self, other: combine(as_symbol(self), as_symbol(other)),
        lambda self, other: combine(as_symbol(other), as_symbol(self)),
    )


def _comparison(sign: str, compare: Callable[[float, float], bool]) -> Any:
    return lambda self, other: _computed(sign, compare, self, as_symbol(other))


class Symbol:
    """A formula: a name, a number, or an operation on formulas.

    Attributes:
        kind: "name", "number", "figure" (a number that no arithmetic swallows), "argument" (an axis, a shape, ...),
            "words", "call", "sequence", "if", "expand", "index", "transpose", "negative", "and", a comparison, "truth"
            (a comparison as the number 1 or 0), or an infix operator + - · / @ ^.
        args: the formulas that it is made of.
        text: the name, the function, the argument or the index.
        known_shape: the shape, where it is known; asking `shape` for an unknown one raises.
        value: of a number; of a name which operand it is, so that a · a is written so where it is a product of two.

    `str(symbol)` is plain unicode text, `symbol.latex()` is LaTeX for math mode.
    """

    __slots__ = ("args", "kind", "known_shape", "text", "value")
    namespace: Any  # in which rules are read for symbols; set by `reading.py`, which lies above
    __array_ufunc__ = None  # NumPy's numbers leave arithmetic with symbols to us
    __iter__ = dtype = None
    __hash__ = object.__hash__

    def __init__(
        self, kind: str, *args: Symbol, text: str = "", value: float = 0.0, shape: Shape | None = None
    ) -> None:
        self.kind, self.args, self.text, self.value, self.known_shape = kind, args, text, value, shape

    @staticmethod
    def named(name: str, shape: Shape | None = None) -> Symbol:
        """A variable; its shape is needed only where a vjp asks for it."""
        return Symbol("name", text=name, shape=shape)

    @staticmethod
    def number(value: float) -> Symbol:
        """A constant, with which arithmetic is done on the spot."""
        return Symbol("number", value=float(value), shape=())

    @staticmethod
    def figure(text: str) -> Symbol:
        """A number as it shall be read, "-3": with it one writes -3 · 2 and not the result."""
        return Symbol("figure", text=text, shape=())

    __str__, latex = formula_text.text, formula_text.latex

    def __repr__(self) -> str:
        return f"<formula {self}>"

    def shaped(self, shape: Shape | None) -> Symbol:
        """The same formula, of a known shape."""
        return Symbol(self.kind, *self.args, text=self.text, value=self.value, shape=shape)

    @property
    def shape(self) -> Shape:
        if self.known_shape is None:
            raise UnreadableError(f"the shape of the formula {self} is not known")
        return self.known_shape

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __bool__(self) -> bool:
        raise UnreadableError(f"whether {self} holds depends on data; a rule says xp.where instead of if")

    __add__, __radd__ = _both_ways(lambda a, b: _computed("+", operator.add, a, b))
    __sub__, __rsub__ = _both_ways(lambda a, b: _computed("-", operator.sub, a, b))
    __mul__, __rmul__ = _both_ways(lambda a, b: product(a, b))
    __truediv__, __rtruediv__ = _both_ways(lambda a, b: quotient(a, b))
    __pow__, __rpow__ = _both_ways(lambda a, b: power(a, b))
    __eq__, __ne__ = _comparison("=", operator.eq), _comparison("≠", operator.ne)
    __lt__, __le__ = _comparison("<", operator.lt), _comparison("≤", operator.le)
    __gt__, __ge__ = _comparison(">", operator.gt), _comparison("≥", operator.ge)

    def __matmul__(self, other: Symbol) -> Symbol:
        return matmul(self, other)

    def __neg__(self) -> Symbol:
        if self.kind == "number":
            return Symbol.number(-self.value)
        return self.args[0] if self.kind == "negative" else Symbol("negative", self, shape=self.known_shape)

    def __abs__(self) -> Symbol:
        return call("abs", self)

    def __and__(self, other: Any) -> Any:
        if isinstance(other, bool):
            return other and self
        return Symbol("and", self, other, shape=broadcast(self, other))

    __rand__ = __and__

    def __getitem__(self, index: Any) -> Symbol:
        return Symbol("index", self, text=formula_text.index_text(index))

    def __getattr__(self, name: str) -> Any:
        """A method is the function of that name: `b.swapaxes(-1, -2)` is `xp.swapaxes(b, -1, -2)`."""
        if name.startswith("_"):
            raise AttributeError(name)
        return partial(getattr(self.namespace, name), self)


def as_symbol(operand: Any) -> Symbol:
    """Numbers, sequences of formulas, and other arguments of a function (axes, shapes, ...) as formulas."""
    if isinstance(operand, Symbol):
        return operand
    if isinstance(operand, (int, float, np.number)) and not isinstance(operand, bool):
        return Symbol.number(float(operand))
    if isinstance(operand, (list, tuple)) and any(isinstance(item, Symbol) for item in operand):
        return Symbol("sequence", *map(as_symbol, operand))
    return Symbol("argument", text=formula_text.argument_text(operand))


def same(one: Symbol, other: Symbol) -> bool:
    """Whether two formulas are written alike (`==` is a formula itself)."""
    if (one.kind, one.text, one.value, len(one.args)) != (other.kind, other.text, other.value, len(other.args)):
        return False
    return all(map(same, one.args, other.args))


def broadcast(*symbols: Symbol) -> Shape | None:
    """The shape of an elementwise result, where those of all operands are known."""
    shapes = {symbol.known_shape for symbol in symbols}
    if None in shapes:
        return None
    return shapes.pop() if len(shapes) == 1 else np.broadcast_shapes(*shapes)  # type: ignore[arg-type]


def _computed(kind: str, function: Callable[[float, float], Any], left: Symbol, right: Symbol) -> Any:
    """A sum or a comparison; the latter is True or False where both are numbers."""
    if left.kind == right.kind == "number":
        result = function(left.value, right.value)
        return result if isinstance(result, bool) else Symbol.number(result)
    return Symbol(kind, left, right, shape=broadcast(left, right))


def product(left: Symbol, right: Symbol) -> Symbol:
    """left · right, elementwise: signs go to the front, and equal factors beside each other become a power."""
    if left.kind == right.kind == "number":
        return Symbol.number(left.value * right.value)
    if _is_negative(left):
        return -product(-left, right)
    if _is_negative(right):
        return -product(left, -right)
    for one, other in ((left, right), (right, left)):
        if one.kind == "number" and one.value == 1:
            return other
    before, last = left.args if left.kind == "·" else (None, left)
    (base, n), (other_base, m) = _base_and_exponent(last), _base_and_exponent(right)
    if base.kind not in ("number", "figure") and same(base, other_base):
        factor = power(base, Symbol.number(n + m))
        return factor if before is None else product(before, factor)
    return Symbol("·", left, right, shape=broadcast(left, right))


def _is_negative(symbol: Symbol) -> bool:
    return symbol.kind == "negative" or (symbol.kind == "number" and symbol.value < 0)


def _base_and_exponent(symbol: Symbol) -> tuple[Symbol, float]:
    if symbol.kind == "^" and symbol.args[1].kind == "number":
        return symbol.args[0], symbol.args[1].value
    return symbol, 1.0


def quotient(left: Symbol, right: Symbol) -> Symbol:
    """left / right, elementwise; a / b / b becomes a / b²."""
    if left.kind == right.kind == "number":
        return Symbol.number(FLOATS.divide(left.value, right.value))
    if left.kind == "negative":
        return -quotient(-left, right)
    if right.kind == "number" and right.value == 1:
        return left
    if left.kind == "/" and same(left.args[1], right):
        return quotient(left.args[0], product(right, right))
    return Symbol("/", left, right, shape=broadcast(left, right))


def power(base: Symbol, exponent: Symbol) -> Symbol:
    """base to the power exponent, elementwise."""
    if base.kind == exponent.kind == "number":
        return Symbol.number(FLOATS.power(base.value, exponent.value))
    if exponent.kind == "number" and exponent.value in (0, 1):
        return base if exponent.value else Symbol.number(1)
    return Symbol("^", base, exponent, shape=broadcast(base, exponent))


def matmul(a: Symbol, b: Symbol) -> Symbol:
    """The matrix product a @ b."""
    known = a.known_shape is not None and b.known_shape is not None and min(a.ndim, b.ndim) > 1
    shape = (*np.broadcast_shapes(a.shape[:-2], b.shape[:-2]), a.shape[-2], b.shape[-1]) if known else None
    return Symbol("@", a, b, shape=shape)


def call(name: str, /, *operands: Any, **attributes: Any) -> Symbol:
    """A function call; attributes that are None or have their default value are left out."""
    args = [as_symbol(operand) for operand in operands]
    op = REGISTRY.get(name)
    pointwise = op is not None and op.elementwise
    if pointwise and not attributes and all(arg.kind == "number" for arg in args):
        return Symbol.number(getattr(FLOATS, name)(*[arg.value for arg in args]))
    while len(args) > 1 and args[-1].kind == "argument" and args[-1].text == "None":
        args.pop()
    defaults = op.defaults if op else {}
    for key, value in attributes.items():
        text = formula_text.argument_text(value[0] if isinstance(value, tuple) and len(value) == 1 else value)
        if value is not None and text != formula_text.argument_text(defaults.get(key)):
            args.append(Symbol("argument", text=f"{key}={text}"))
    shape = broadcast(*[arg for arg in args if arg.kind != "argument"]) if pointwise else None
    return Symbol("call", *args, text=name, shape=shape)
