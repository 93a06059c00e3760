"""What an operation is: a forward rule, its derivative, and the public function made of the two.

There are two kinds, and `rules/` holds all of both:

- *elementwise*: the rule gives the local derivative dy/da for each operand; the chain rule `upstream * local`, and
  undoing a broadcast, are done here, once, for all of them.
- *structural* (matmul, sum, reshape, indexing, ...): the rule gives the vector-Jacobian product (vjp) itself, from the
  gradient of the result to the gradient of the operand.

A rule is plain arithmetic on whatever it is given. Its first argument `xp` is the namespace of its operands (see
`namespaces/`), so one rule is read by floats, arrays, graphs and symbols alike.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from ..errors import ArgumentError
from ..precision import HALF, is_half, is_wider, widened
from ..shapes import misfit
from ..vocabulary import check_keywords, checked_keywords
from .node import Node, apply

Rule = Callable[..., Any]
Attrs = dict[str, Any] | None

REGISTRY: dict[str, Operation] = {}
FUNCTIONS: dict[str, Rule] = {}  # the public ones: operations, and what is composed of them


class Operation:
    """One differentiable operation.

    Attributes:
        name: the name of the public function and of the node in a graph.
        forward: the rule `forward(xp, *operands, **attrs)`.
        arity: how many operands it takes; None for operations on a sequence of operands, such as `concatenate`.
        defaults: the attributes that are not operands (axis, keepdims, ...) and their default values; None for those
            that are `required`.
        may_be_whole: whether its results may be integers where an operand wants a gradient: only if some operand has no
            derivative (a condition), or it is given a dtype.
        function: the public function, which records a node for each call.
    """

    elementwise = False
    shared: Rule | None = None
    writes_into: frozenset[int] = frozenset()
    forward_in_float32: Rule

    # traits

    adds_up = False  # it adds many numbers up, so that its rules read those of float16 as float32
    # Its results are real numbers, whatever the operands: exp, a mean. Integers are made floating-point numbers before
    # its rule sees them, as 250 in 8 bits has no e^250, nor a -250.
    floating = False
    guards = False  # it may pass on no gradient where another rule, further down, is infinite: 0 · inf is 0 behind it
    # Its rules go along lines, those of the first operand along its `axis`: they compute each by itself, from calls on
    # elements and reductions along it. (Further operands are one line each, the same for all.)
    along_lines = False
    moves = False  # its result lies on another device, its attribute `target`
    # How it is written, if with some attributes its result may be elements that were picked by their numbers; or "".
    picks: Callable[[dict[str, Any]], str] = staticmethod(lambda attrs: "")
    hint = ""  # what to do instead of giving a node as an attribute
    # Why operands of some shapes, with some attributes, do not fit, as a sentence for messages; or "".
    misfit: Callable[[Sequence[tuple[int, ...]], dict[str, Any]], str] = staticmethod(lambda shapes, attrs: "")

    def __init__(self, forward: Rule, rules: tuple[Rule | float | None, ...]):
        code = forward.__code__
        variadic = bool(code.co_flags & inspect.CO_VARARGS)
        self.name = forward.__name__
        self.forward = forward
        self.rules = rules
        self.arity = None if variadic else len(rules)
        names = code.co_varnames[1 if variadic else 1 + len(rules) : code.co_argcount + code.co_kwonlyargcount]
        defaults = {**dict(zip(names[::-1], (forward.__defaults__ or ())[::-1])), **(forward.__kwdefaults__ or {})}  # noqa: B905
        self.defaults = {name: defaults.get(name) for name in names}
        self.required = frozenset(names) - defaults.keys()
        self.may_be_whole = None in rules or "dtype" in names
        self.function: Rule = apply
        REGISTRY[self.name] = self

    def __repr__(self) -> str:
        return f"<operation {self.name}>"

    def __reduce__(self) -> Any:
        return find, (self.name,)  # a copied or pickled node names its operation

    def vjp(
        self, position: int, xp: Any, upstream: Any, y: Any, operands: Sequence[Any], attrs: Attrs, out: Any = None
    ) -> tuple[Any, Any]:
        """What the operand at `position` receives from the result's gradient.

        Args:
            xp: the namespace of the operands.
            upstream: dL/dy, of the shape of `y`; of an operation with `shared` work what that made of it.
            out: an array to write dL/da into; only for positions in `writes_into`.
        Returns:
            (local, contribution): dy/da where the operation is elementwise and it was computed by itself (else None),
            and dL/da by way of y. Both are None where the operation has no derivative for this operand.
        """
        raise NotImplementedError


def find(name: str) -> Operation:
    """The registered operation of this name."""
    return REGISTRY[name]


class Elementwise(Operation):
    """y[i] = f(a[i], b[i], ...) with broadcasting; `rules` are the partials dy/da, ..., or their constant values."""

    elementwise = True
    misfit = staticmethod(misfit)

    def local(self, position: int, xp: Any, y: Any, operands: Sequence[Any], attrs: Attrs) -> Any:
        """The local derivative dy/d(operand); None where there is none."""
        partial = self.rules[position]
        if partial is None or type(partial) is float:
            return partial
        return partial(xp, y, *operands, **attrs) if attrs else partial(xp, y, *operands)  # type: ignore[operator]

    def vjp(
        self, position: int, xp: Any, upstream: Any, y: Any, operands: Sequence[Any], attrs: Attrs, out: Any = None
    ) -> tuple[Any, Any]:
        local = self.rules[position]
        if local is None:
            return None, None
        if type(local) is not float:
            at_once = xp.slope(self, position, upstream, y, operands, attrs) if xp.fuses else None
            if at_once is not None:
                return None, xp.fit(at_once, operands[position])
            local = local(xp, y, *operands, **attrs) if attrs else local(xp, y, *operands)  # type: ignore[operator]
            contribution = xp.chain(upstream, local)
        else:
            contribution = upstream if local == 1.0 else xp.chain(upstream, local)
        return local, xp.fit(contribution, operands[position])


class Structural(Operation):
    """An operation that moves or combines elements; `rules` are vjps, (xp, g, y, *operands, **attrs).

    Attributes:
        shared: work that the vjps of all operands begin with, (xp, g, y, *operands, **attrs) -> g; or None.
        writes_into: the positions of the operands whose vjp takes `out`, an array to write into.
    """

    def __init__(self, forward: Rule, rules: tuple[Rule | None, ...], shared: Rule | None = None):
        super().__init__(forward, rules)
        for rule in filter(None, rules):
            if rule.__name__ == "<lambda>":
                rule.__name__ = f"{self.name}_vjp"  # so is its kernel called, on a device
        self.shared = shared
        self.writes_into = frozenset(k for k, rule in enumerate(rules) if rule and "out" in rule.__code__.co_varnames)

    def forward_in_float32(self, xp: Any, *operands: Any, **attrs: Any) -> Any:
        """The forward rule for operands of which the first is of float16; see `adds_up`."""
        y = self.forward(xp, *map(widened, operands), **attrs)
        return y if any(map(is_wider, operands)) else y.astype(HALF)

    def vjp(
        self, position: int, xp: Any, upstream: Any, y: Any, operands: Sequence[Any], attrs: Attrs, out: Any = None
    ) -> tuple[Any, Any]:
        settings, operand = attrs or _NONE, operands[position]
        if self.adds_up and is_half(operands[0]):
            upstream, y, operands = widened(upstream), widened(y), widened(operands)
        if self.arity is None:  # one rule for all operands of a sequence
            if self.shared is not None:
                upstream = upstream[position]
            gradient = self.rules[0](xp, upstream, y, position, operands, **settings)  # type: ignore[misc, operator]
        else:
            rule = self.rules[position]
            if rule is None:
                return None, None
            if out is not None:
                settings = {**settings, "out": out}
            at_once = self.along_lines and xp.fuses
            gradient = xp.slope(self, position, upstream, y, operands, settings) if at_once else None
            if gradient is None:
                gradient = rule(xp, upstream, y, *operands, **settings)  # type: ignore[operator]
        if xp.guarded and not self.moves:
            gradient = xp.settle(upstream, gradient)
        return None, xp.fit(gradient, operand)


_NONE: dict[str, Any] = {}


def elementwise(*partials: Rule | float | None, **traits: Any) -> Callable[[Rule], Rule]:
    """Make an elementwise operation of a forward rule and its partial derivatives.

    Each partial is called as `partial(xp, y, *operands, **attrs)` and gives the derivative of the result by one
    operand. A number stands for a constant derivative, None for an operand that has none (the condition of `where`).

    Args:
        traits: `floating`, `guards`, `hint` and `misfit`, see `Operation`; public=False for what is no public function.
    """
    return lambda forward: _publish(Elementwise(forward, partials), **traits)


def structural(*vjps: Rule | None, shared: Rule | None = None, **traits: Any) -> Callable[[Rule], Rule]:
    """Make a structural operation of a forward rule and its vjps.

    Each vjp is called as `rule(xp, g, y, *operands, **attrs)` with the gradient `g` of the result and gives the
    gradient of one operand. A vjp may take `out=None`: an array of the operand's shape and dtype, into which it
    may write what it gives. `shared` is called in the same way, once, and what it gives is the `g` of all vjps.

    An operation on a sequence of operands has one rule, `rule(xp, g, y, position, operands, **attrs)`, and its `shared`
    gives a list with the `g` of each operand: what costs as much as all operands together must not be done for each.

    Args:
        traits: `adds_up`, `floating`, `along_lines`, `moves`, `picks`, `hint` and `misfit`, see `Operation`;
            public=False for what is not public.
    """
    return lambda forward: _publish(Structural(forward, vjps, shared), **traits)


def public(function: Rule) -> Rule:
    """Make a function known by its name, as a public one; it takes the place of an operation of that name."""
    if "axis" in inspect.unwrap(function).__code__.co_varnames:
        function = checked_keywords(function)
    FUNCTIONS[function.__name__] = function
    return function


def _publish(op: Operation, public: bool = True, **traits: Any) -> Rule:
    """The public function of an operation: a plain function, so that it is also a method where a class names it."""
    for name, holds in traits.items():
        setattr(op, name, holds)
    if op.arity is None:  # rules/composed.py gives it NumPy's form
        function = lambda *operands, **attrs: apply(op, operands, attrs)  # noqa: E731
    else:
        function = _with_attributes(op) if op.defaults else _without_attributes(op)
    function.__wrapped__ = partial(op.forward, None)  # type: ignore[attr-defined]  # the signature to show: without xp
    function.__name__ = function.__qualname__ = op.name
    function.__module__ = op.forward.__module__
    function.__doc__ = op.forward.__doc__
    op.function = function
    if public:
        FUNCTIONS[op.name] = function
    return function


def _without_attributes(op: Operation) -> Rule:
    def unary(a: Any) -> Any:
        return a._apply(op, (a,), None) if isinstance(a, Node) else apply(op, (a,))

    def binary(a: Any, b: Any) -> Any:
        return a._apply(op, (a, b), None) if isinstance(a, Node) else apply(op, (a, b))

    if op.arity == 1:
        return unary
    if op.arity == 2:
        return binary
    return lambda condition, a, b: apply(op, (condition, a, b))


_PLAIN = {bool, int, float, str, tuple, type(None), np.ndarray}  # types of attributes that need no second look


def _with_attributes(op: Operation) -> Rule:
    names, arity, defaults, required = list(op.defaults), len(op.rules), op.defaults, op.required

    def function(*operands: Any, **given: Any) -> Any:
        attrs = defaults | given if given else defaults
        known = len(operands) == arity and len(attrs) == len(names) and (not required or required <= given.keys())
        if known and _PLAIN.issuperset(map(type, given.values())):
            a = operands[0]
            return a._apply(op, operands, attrs) if isinstance(a, Node) else apply(op, operands, attrs)
        stated = given | dict(zip(names, operands[arity:], strict=False))
        attrs = defaults | stated
        too_many = len(stated) < len(given) + len(operands) - arity  # or one of them twice
        missing = len(operands) < arity or not required <= stated.keys()
        if too_many or missing or len(attrs) > len(names):
            check_keywords(function, given, op.name)
            bound = inspect.signature(function).bind(*operands, **given).arguments  # raises with Python's own words
            operands = tuple([bound.pop(name) for name in [*bound] if name not in names])  # given by name
            attrs = defaults | bound
        return apply(op, operands[:arity], _plain(op, attrs))

    return function


def _plain(op: Operation, attrs: dict[str, Any]) -> dict[str, Any]:
    """Attributes as plain Python values: a NumPy scalar would bring its own dtype into the rule.

    Raises:
        ArgumentError: an attribute is a node.
    """
    for name, value in attrs.items():
        if isinstance(value, Node):
            raise ArgumentError(f"{op.name}: {name} must be a plain Python value, as no gradient goes there" + op.hint)
        if isinstance(value, np.generic):
            attrs[name] = value.item()
    return attrs
