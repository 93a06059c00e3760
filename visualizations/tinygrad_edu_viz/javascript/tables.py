"""Tables of operations, activations, losses and penalties as JavaScript, made from the registry when a page is made."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NamedTuple

import tinygrad_edu as tg
from tinygrad_edu.graph.operation import REGISTRY, Elementwise, Operation
from tinygrad_edu.nn.dense import RELU_LIKE
from tinygrad_edu.tapes.javascript_code import UnwritableError, Written, expressions
from tinygrad_edu_words import _

from .recorded import derivative_rule

Attrs = dict[str, Any] | None
POINTS = ((0.3,), (-1.7,), (2.5,))  # where functions of one number are recorded
TARGETS = ((0.3, 1.0), (-1.7, 1.0), (2.5, 0.0), (0.1, 0.0), (-0.2, -1.0))  # predictions and targets, for losses


class Table(NamedTuple):
    """An object of JavaScript.

    Attributes:
        name: of the constant that holds it.
        entries: the texts of its values by their keys.
        unwritten: for each key that could not be written the reason, for people.
    """

    name: str
    entries: dict[str, str]
    unwritten: dict[str, str]

    @property
    def text(self) -> str:
        lines = [f"  {json.dumps(key)}: {entry},\n" for key, entry in self.entries.items()]
        return f"const {self.name} = {{\n{''.join(lines)}}};\n"


def table(name: str, items: Iterable[tuple[str, Callable[[], str]]]) -> Table:
    """A table of the items that can be written, and the reasons why others cannot."""
    entries, unwritten = {}, {}
    for key, entry in items:
        try:
            entries[key] = entry()
        except UnwritableError as error:
            unwritten[key] = str(error)
    return Table(name, entries, unwritten)


# --- operations ------------------------------------------------------------------------------------------------------


def key_of(op: Operation, attrs: Attrs = None) -> str:
    """What the table calls an operation with these attributes: its name, if they are the usual ones.

    >>> key_of(REGISTRY["gelu"], {"approximate": "none"}), key_of(REGISTRY["gelu"], {"approximate": "tanh"})
    ('gelu', 'gelu {"approximate": "tanh"}')
    """
    if not attrs or attrs == op.defaults:
        return op.name
    return f"{op.name} {json.dumps(attrs, sort_keys=True, default=str)}"


def operations(wanted: Iterable[tuple[Operation, Attrs]] | None = None) -> Table:
    """`OPS`: each operation as `{ f: (a, b) => y, d: [(y, a, b) => dy/da, ...] }`.

    A derivative is null where an operand has none. `guards: true` is that of `Operation`.

    Args:
        wanted: operations and their attributes; by default all of the registry, with their usual attributes.
    """
    wanted = wanted or [(op, None) for op in REGISTRY.values()]
    return table("OPS", [(key_of(op, attrs), partial(operation, op, attrs)) for op, attrs in wanted])


def operation(op: Operation, attrs: Attrs = None) -> str:
    """The entry of an operation.

    Raises:
        UnwritableError: it is no elementwise operation, or its rule cannot be written.
    """
    if not isinstance(op, Elementwise):
        raise UnwritableError(
            _("{name} combines or moves the elements of tensors: take these apart into single numbers first").format(
                name=op.name
            )
        )
    attrs = attrs or op.defaults
    names = [_name(name) for name in op.forward.__code__.co_varnames[1 : 1 + len(op.rules)]]
    forward = expressions(lambda xp, *operands: op.forward(xp, *operands, **attrs), names).arrow(names)
    slopes = []
    for position, rule in enumerate(op.rules):
        local = lambda xp, y, *operands, p=position: op.local(p, xp, y, operands, attrs)  # noqa: E731
        slopes.append("null" if rule is None else expressions(local, ["y", *names]).arrow(["y", *names]))
    guards = ", guards: true" if op.guards else ""
    return f"{{ f: {forward},\n      d: [{', '.join(slopes)}]{guards} }}"


def _name(parameter: str) -> str:
    """A parameter's name in JavaScript: none of its words, none of the page's functions, and not the result `y`."""
    return parameter if len(parameter) == 1 and parameter != "y" else f"{parameter}_"


# --- activations, losses, penalties ----------------------------------------------------------------------------------


def activations() -> Table:
    """`ACTIVATIONS`: `forward(z, y, n)` writes f(z) into the array y, `backward(g, y, z, n)` multiplies g by f'(z).

    `reluLike: true` is there for those whose layers start with the weights of `he_uniform`.
    """
    found = tg.nn.activations.ACTIVATIONS
    return table("ACTIVATIONS", [(name, partial(_activation, name, f)) for name, f in found.items()])


def _activation(name: str, function: Callable[[Any], Any]) -> str:
    rule = derivative_rule(function, POINTS)
    op = REGISTRY.get(getattr(function, "__name__", ""))
    forward = expressions(lambda xp, a: rule(xp, a)[0], ["a"])
    if isinstance(op, Elementwise) and op.function is function:  # its derivative may use its result
        slope = expressions(lambda xp, y, a: op.local(0, xp, y, (a,), op.defaults), ["y[i]", "a"])
    else:
        slope = expressions(lambda xp, a: rule(xp, a)[1], ["a"])
    head = " reluLike: true," if name in RELU_LIKE else ""
    return (
        f"{{{head}\n    forward(z, y, n) {{ {_loop(forward, 'y[i] = {};')} }},\n"
        f"    backward(g, y, z, n) {{ {_loop(slope, 'g[i] *= {};')} }} }}"
    )


def _loop(written: Written, last: str) -> str:
    statements = " ".join(["const a = z[i];", *written.lines, last.format(written.texts[0])])
    return f"for (let i = 0; i < n; i++) {{ {statements} }}"


def losses() -> Table:
    """`LOSSES`: `{ f: (p, t) => loss, d: (p, t) => its slope by p }`, of one prediction and its target."""
    found = tg.losses.LOSSES
    return table("LOSSES", [(name, partial(_differentiable, f, TARGETS, "p", "t")) for name, f in found.items()])


def penalties() -> Table:
    """`PENALTIES`: `{ f: (w) => penalty, d: (w) => its slope }`, of one weight."""
    functions = {"l1": tg.losses.l1, "l2": tg.losses.l2}
    return table("PENALTIES", [(k, partial(_differentiable, f, POINTS, "w")) for k, f in functions.items()])


def _differentiable(function: Callable[..., Any], points: Any, *names: str) -> str:
    rule = derivative_rule(function, points)
    value, slope = [expressions(lambda xp, *x, k=k: rule(xp, *x)[k], names).arrow(names) for k in (0, 1)]
    return f"{{ f: {value},\n      d: {slope} }}"
