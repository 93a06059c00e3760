"""Rules as formulas: what a rule of the registry says when it is read by people.

A rule is plain arithmetic on whatever it is given (see `operation.py`). Given symbols, it builds a formula:

>>> str(local_derivative("tanh", 0, ["s"]))
'1 - tanh(s)²'
>>> str(vjp("matmul", 0, [Symbol.named("W", (2, 3)), Symbol.named("X", (3, 5))]))
'g @ Xᵀ'

There is no table of derivatives here: an operation that is added to the registry can be read at once.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from ..errors import GraphError
from ..graph.broadcast import unbroadcast
from ..graph.operation import REGISTRY, Elementwise, Operation
from ..namespaces.indexing import axes_in_range
from ..namespaces.namespace import Namespace
from ..rules.einsum import expand_subscripts
from .symbol import COMPARISONS, Shape, Symbol, as_symbol, broadcast, call, matmul, same
from .text import index_text

Operand = Symbol | str | float


class Symbols(Namespace):
    """Every name is a function, written as a call; here stands only what is written otherwise, or tells a shape."""

    matmul = staticmethod(matmul)
    divide, power = staticmethod(Symbol.__truediv__), staticmethod(Symbol.__pow__)

    def find(self, name: str) -> Any:
        return partial(call, name)

    def chain(self, upstream: Symbol, local: Any) -> Symbol:
        return upstream * _indicator(local)

    def fit(self, gradient: Any, operand: Symbol) -> Any:
        known = operand.known_shape is not None and as_symbol(gradient).known_shape is not None
        return unbroadcast(self, gradient, operand.shape) if known else gradient

    def damped(self, a: Any, factor: Any) -> Symbol:
        return as_symbol(a) * factor

    def where(self, condition: Any, a: Any, b: Any) -> Symbol:
        yes, no = as_symbol(a), as_symbol(b)
        if isinstance(condition, bool) or same(yes, no):
            return yes if condition is not False else no
        return Symbol("if", yes, condition, no, shape=broadcast(yes, condition, no))

    def indicator(self, condition: Any, *operands: Any) -> Any:
        """The condition itself: "(a > b)"."""
        return Symbol("truth", condition) if isinstance(condition, Symbol) else as_symbol(float(condition))

    def expand_dims(self, a: Symbol, axis: Any) -> Symbol:
        """`a[:, None]`; new axes at several places are written in one index."""
        ndim = a.ndim + (len(axis) if isinstance(axis, tuple) else 1)
        new = axes_in_range(axis, ndim)
        base, parts = (a.args[0], a.text.split(", ")) if a.kind == "expand" else (a, [":"] * a.ndim)
        kept, lengths = iter(parts), iter(a.shape)
        text = ", ".join("None" if k in new else next(kept) for k in range(ndim))
        return Symbol("expand", base, text=text, shape=tuple(1 if k in new else next(lengths) for k in range(ndim)))

    def transpose(self, a: Symbol, axes: Shape | None = None) -> Symbol:
        if a.known_shape is None:
            return call("transpose", a, axes=axes)
        order = tuple(range(a.ndim))[::-1] if axes is None else axes
        shape = tuple(a.shape[k] for k in order)
        if a.kind == "expand" and a.args[0].ndim == 1:  # a column becomes a row
            parts = a.text.split(", ")
            return Symbol("expand", a.args[0], text=", ".join(parts[k] for k in order), shape=shape)
        if order == (1, 0):
            return a.args[0] if a.kind == "transpose" else Symbol("transpose", a, shape=shape)
        return call("transpose", a, axes=axes).shaped(shape)

    def swapaxes(self, a: Symbol, axis1: int, axis2: int) -> Symbol:
        order = list(range(a.ndim))
        order[axis1], order[axis2] = order[axis2], order[axis1]
        turned = self.transpose(a, tuple(order))
        return call("swapaxes", a, axis1, axis2).shaped(turned.shape) if turned.kind == "call" else turned

    def reshape(self, a: Symbol, shape: Any) -> Symbol:
        shape = (shape,) if isinstance(shape, int) else tuple(shape)
        known = None if -1 in shape else shape
        return a if a.known_shape == shape else call("reshape", a, shape).shaped(known)

    def broadcast_to(self, a: Symbol, shape: Shape) -> Symbol:
        return a if a.known_shape == shape else call("broadcast_to", a, shape).shaped(shape)

    def sum(self, a: Symbol, axis: Any = None, keepdims: bool = False) -> Symbol:
        total = call("sum", a, axis=axis, keepdims=keepdims)
        if a.known_shape is None:
            return total
        gone = axes_in_range(axis, a.ndim)
        return total.shaped(tuple(1 if k in gone else n for k, n in enumerate(a.shape) if keepdims or k not in gone))

    def scatter_add(self, a: Symbol, index: Any, shape: Shape) -> Symbol:
        place = Symbol("argument", text=f"[{index_text(index)}]")
        return call("scatter_add", a, place, shape).shaped(shape)

    def ones(self, shape: Shape, dtype: Any = None) -> Symbol:
        return call("ones", shape).shaped(shape)

    def eye(self, n: int, dtype: Any = None) -> Symbol:
        return call("eye", n).shaped((n, n))

    def cross_entropy_slope(self, logits: Symbol, labels: Any, g: Symbol) -> Symbol:
        slope = call("softmax", logits, axis=1).shaped(logits.known_shape) - call("one_hot", labels)
        return slope * (self.expand_dims(g, 1) if g.known_shape else g)

    def mean_along(self, a: Symbol, axis: Any) -> Symbol:
        return call("mean", a, axis=axis, keepdims=True).shaped(self.sum(a, axis, keepdims=True).known_shape)

    def normal_and_deviation(self, x: Symbol, axis: Any, eps: float) -> tuple[Symbol, Symbol]:
        variance = call("var", x, axis=axis, keepdims=True).shaped(self.mean_along(x, axis).known_shape)
        normal = call("normalize", x, axis=axis, eps=eps).shaped(x.known_shape)
        return normal, call("sqrt", variance + eps)

    def einsum(self, subscripts: str, *operands: Symbol) -> Symbol:
        total = call("einsum", subscripts, *operands)
        if any(operand.known_shape is None for operand in operands):
            return total
        terms, result = expand_subscripts(subscripts, operands).split("->")
        lengths = [dict(zip(term, x.shape, strict=True)) for term, x in zip(terms.split(","), operands, strict=True)]
        return total.shaped(tuple(max(known.get(letter, 1) for known in lengths) for letter in result))


SYMBOLS = Symbol.namespace = Symbols(None)


def forward(
    op: str | Operation, operands: Sequence[Operand] | None = None, attrs: dict[str, Any] | None = None
) -> Symbol:
    """The formula of an operation: "a · b", "tanh(s)".

    Args:
        operands: formulas, names or numbers; None for the names that the rule itself uses.
        attrs: the operation's further arguments; None for their default values.
    Returns:
        what the forward rule says, where that is a single operation; else the operation by its name, "sigmoid(s)".
    """
    op = _operation(op)
    given = _operands(op, operands)
    with suppress(Exception):  # a rule may do with data whatever it likes
        read = as_symbol(op.forward(SYMBOLS, *given, **(attrs or op.defaults)))
        inner = read.args[0] if read.kind == "truth" else read
        single = all(not arg.args or arg.kind == "sequence" for arg in inner.args)
        if read.args and single and (read.kind != "call" or read.text == op.name):
            return read
    return call(op.name, *given, **(attrs or {}))


def local_derivative(
    op: str | Operation,
    position: int,
    operands: Sequence[Operand] | None = None,
    attrs: dict[str, Any] | None = None,
    result: Operand | None = None,
) -> Symbol:
    """The derivative of an elementwise operation by one operand: "1 - tanh(s)²".

    Args:
        position: which operand, from 0.
        operands, attrs: as for `forward`.
        result: how to call the operation's result ("y" gives "1 - y²"); None writes its formula in that place.
    Raises:
        GraphError: the operation is not elementwise, or has no derivative by this operand.
    """
    op = _operation(op)
    given = _operands(op, operands)
    y = forward(op, given, attrs) if result is None else _operand(result)
    local = op.local(position, SYMBOLS, y, given, attrs or op.defaults) if isinstance(op, Elementwise) else None
    if local is None:
        raise GraphError(f"{op.name} has no local derivative by its operand {position}")
    return _indicator(local)


def vjp(
    op: str | Operation,
    position: int,
    operands: Sequence[Operand],
    attrs: dict[str, Any] | None = None,
    upstream: Symbol | None = None,
    result: Operand | None = None,
) -> Symbol:
    """What an operand receives from the gradient of the result, as a formula: "g @ Xᵀ".

    Args:
        operands: formulas that have the shapes of the actual operands.
        upstream: the gradient of the result, with its shape; None for "g", of the shape of the forward formula.
        attrs, result: as for `local_derivative`.
    Returns:
        the formula; or the words "pull-back of <op>", where the rule asks for more than shapes.
    """
    op = _operation(op)
    given = _operands(op, operands)
    g = Symbol.named("g", forward(op, given, attrs).known_shape) if upstream is None else upstream
    y = forward(op, given, attrs) if result is None else _operand(result)
    attrs, y = attrs or op.defaults, y.shaped(g.known_shape)
    try:
        if op.shared is not None:
            g = op.shared(SYMBOLS, g, y, *given, **attrs)
        _, contribution = op.vjp(position, SYMBOLS, g, y, given, attrs)
        return as_symbol(contribution)
    except Exception:  # a rule may do with data whatever it likes
        return Symbol("words", text=f"pull-back of {op.name}")


def _indicator(local: Any) -> Symbol:
    """A local derivative; one that is a condition is 1 where it holds and 0 elsewhere."""
    if isinstance(local, bool) or (isinstance(local, Symbol) and local.kind in (*COMPARISONS, "and")):
        return SYMBOLS.where(local, 1.0, 0.0)
    return as_symbol(local)


def _operation(op: str | Operation) -> Operation:
    return REGISTRY[op] if isinstance(op, str) else op


def _operands(op: Operation, operands: Sequence[Operand] | None) -> list[Symbol]:
    if operands is None:
        operands = list(inspect.signature(op.forward).parameters)[1 : 1 + (op.arity or 1)]
    return [
        Symbol("name", text=x.text, value=place, shape=x.known_shape) if x.kind == "name" else x
        for place, x in enumerate(map(_operand, operands), 1)
    ]


def _operand(operand: Operand) -> Symbol:
    return Symbol.named(operand) if isinstance(operand, str) else as_symbol(operand)
