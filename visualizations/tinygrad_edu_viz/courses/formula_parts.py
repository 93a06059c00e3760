"""Several formulas that have parts in common, in an order in which one can compute one after the other."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tinygrad_edu.formulas.symbol import Symbol, same
from tinygrad_edu.namespaces.namespace import FLOATS

Shared = Sequence[tuple[Symbol, Symbol]]
"""Formulas, each with what is written in its place."""

_INFIX: dict[str, Callable[[float, float], float]] = {
    **{"+": operator.add, "-": operator.sub, "·": operator.mul},
    **{"/": FLOATS.divide, "^": FLOATS.power},
}


class Parts:
    """Lines "name ← formula", where what stands in several of them is a line, too.

    Args:
        trees: the formulas by the names of their results; a name in a formula is that of the value before.
        gradient: the name in what is worth a line of its own.
        step: how to call that, and with a number behind it further ones; where it replaces the gradient everywhere, it
            is called as the gradient is.

    Attributes:
        trees: with those lines.
        order: all names. A line that takes an old value stands before the new one. (In Adadelta the weight takes the
            mean of the steps before it, and that changes with this step.)
    """

    def __init__(self, trees: Mapping[str, Symbol], gradient: str, step: str):
        self.trees = dict(trees)
        while (part := self._in_common(gradient)) is not None:
            bare = any(gradient in _names(tree, [part]) for tree in self.trees.values())
            names = [gradient, step, *(f"{step}{k}" for k in range(2, 99))]
            free = [name for name in names[bare:] if name not in self.trees]
            if not free:
                break
            self.trees = {free[0]: part, **self.trees}
        self.order = self._ordered()

    def before(self, name: str) -> list[tuple[str, Symbol]]:
        """The lines before one, whose results stand in it, the larger formulas first."""
        done = [(other, self.trees[other]) for other in self.order[: self.order.index(name)]]
        return sorted(done, key=lambda pair: _size(pair[1]), reverse=True)

    def _others(self, name: str) -> list[Symbol]:
        return [tree for other, tree in self.trees.items() if other != name]

    def _in_common(self, gradient: str) -> Symbol | None:
        """The largest formula of the gradient that is part of several lines, if there is one."""
        inside = {
            name: [part for part in _walk(tree, self._others(name)) if part.args and gradient in _names(part, [])]
            for name, tree in self.trees.items()
        }
        whole = list(self.trees.values())
        found = [part for parts in inside.values() for part in parts if not _is_among(part, whole)]
        shared = [part for part in found if sum(_is_among(part, parts) for parts in inside.values()) > 1]
        return max(shared, key=_size, default=None)

    def _ordered(self) -> list[str]:
        after = {name: {x for x in self.trees if x != name and self._needs(x, name)} for name in self.trees}
        order: list[str] = []
        while len(order) < len(self.trees):
            rest = [name for name in self.trees if name not in order]
            free = [name for name in rest if not any(name in after[other] for other in rest)]
            order.append((free or rest)[0])
        return order

    def _needs(self, name: str, first: str) -> bool:
        """Whether the line `name` comes after the line `first`."""
        takes_new = _is_among(self.trees[first], list(_walk(self.trees[name], [])))
        return takes_new or name in _names(self.trees[first], self._others(first))


def written(tree: Symbol, shared: Shared, leaves: Mapping[str, Symbol] | None = None) -> Symbol:
    """A formula with something else in the places of some of its parts, and of its names."""
    for part, instead in shared:
        if _alike(tree, part):
            return instead
    if tree.kind == "name":
        return (leaves or {}).get(tree.text, tree)
    if not tree.args:
        return tree
    parts = [written(part, shared, leaves) for part in tree.args]
    return Symbol(tree.kind, *parts, text=tree.text, value=tree.value, shape=tree.known_shape)


def computed(tree: Symbol, values: Mapping[str, float] | None = None) -> float:
    """What a formula of numbers is, as one would compute it by hand.

    Args:
        values: of its names.
    """
    if tree.kind == "number":
        return tree.value
    if tree.kind == "figure":
        return float(tree.text.replace("∞", "inf"))
    if tree.kind == "name":
        return (values or {})[tree.text]
    parts = [computed(part, values) for part in tree.args]
    if tree.kind == "negative":
        return -parts[0]
    function: Any = _INFIX.get(tree.kind) or getattr(FLOATS, tree.text)
    return float(function(*parts))


def _walk(tree: Symbol, ends: Sequence[Symbol]) -> Iterator[Symbol]:
    """A formula and its parts, the larger first; not what is inside of some."""
    yield tree
    if not _is_among(tree, ends):
        for part in tree.args:
            yield from _walk(part, ends)


def _size(tree: Symbol) -> int:
    return sum(1 for _ in _walk(tree, []))


def _names(tree: Symbol, ends: Sequence[Symbol]) -> set[str]:
    """The names in a formula, outside of some parts."""
    return {part.text for part in _walk(tree, ends) if part.kind == "name" and not _is_among(part, ends)}


def _is_among(tree: Symbol, others: Sequence[Symbol]) -> bool:
    return any(_alike(tree, other) for other in others)


def _alike(tree: Symbol, other: Symbol) -> bool:
    return tree is other or (bool(tree.args) and same(tree, other))
