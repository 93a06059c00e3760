"""A loss computed again and again, by the operations that it consists of."""

from __future__ import annotations

from contextlib import ExitStack

import numpy as np

from tinygrad_edu import Tensor, Value, scope
from tinygrad_edu.graph.node import Node, apply
from tinygrad_edu.graph.order import nodes

from ..recording.scope_paths import Path, scopes_of


class Repeated:
    """Computes a graph anew of what its leaves hold now, each time in the same order, in the same scopes.

    Attributes:
        copies: the nodes of the last time by those of the first. (The leaves are copied: one that is updated would be
            younger than the others, and with another order the nodes would have other ids.)
    """

    def __init__(self, root: Node):
        found = nodes(root)[::-1]
        self.scopes = scopes_of(found)
        moved = [node for node in found if node.serial > root.serial]  # leaves, by an optimizer into its arrays
        self.root, self.nodes = root, moved + found[: len(found) - len(moved)]
        self.copies: dict[Node, Node] = {}

    def __call__(self) -> Node:
        self.copies, entered = {}, _Scopes()
        with np.errstate(all="ignore"), entered.stack:
            for node in self.nodes:
                if not (node.op is None and node.requires_grad):  # such a leaf is where it is used
                    entered.go(self.scopes[node])
                self.copies[node] = self._again(node)
        return self.copies[self.root]

    def _again(self, node: Node) -> Node:
        if node.op is None:
            return _copied(node)
        result: Node = apply(node.op, tuple([self.copies[x] for x in node.inputs]), node.attrs)
        result.name = node.name
        return result


def _copied(leaf: Node) -> Node:
    """A leaf with the same numbers."""
    if isinstance(leaf, Value):
        return Value(leaf.data, leaf.name, leaf.requires_grad)
    copy = Tensor.wrap(leaf.data, leaf.backend)
    copy.name, copy.requires_grad = leaf.name, leaf.requires_grad
    return copy


class _Scopes:
    """The scopes that are entered, one in the other."""

    def __init__(self) -> None:
        self.stack = ExitStack()
        self.path: Path = ()
        self.entered: list[scope] = []
        self.stack.callback(self.go, ())

    def go(self, path: Path) -> None:
        """Leave and enter scopes, so as to be where a node was computed."""
        shared = 0
        while shared < min(len(path), len(self.path)) and path[shared] == self.path[shared]:
            shared += 1
        while len(self.entered) > shared:
            self.entered.pop().__exit__(None, None, None)
        for name in path[shared:]:
            self.entered.append(scope(name))
            self.entered[-1].__enter__()
        self.path = path
