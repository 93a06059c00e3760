"""Random graphs, of Values and of tensors, with reuse and scopes."""

from __future__ import annotations

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu.graph.node import Node

UNARY = (tg.tanh, tg.sigmoid, tg.relu, tg.exp, tg.abs, lambda x: -x, lambda x: x**2)
BINARY = (tg.add, tg.multiply, tg.subtract, tg.maximum, lambda a, b: a / (b * b + 1.0))


def random_graph(rng: np.random.Generator, operations: int = 25) -> tuple[Node, list[Node]]:
    """A single number, and the leaves that it may depend on; half of the graphs are of Values, half of tensors."""
    tensors = rng.random() < 0.5

    def leaf(name: str, learns: bool) -> Node:
        if tensors:
            return tg.Tensor(rng.normal(size=(2, 2)), requires_grad=learns, name=name)
        return tg.Value(rng.normal(), name=name, requires_grad=learns)

    leaves = [leaf("ab"[k] if k < 2 else f"c{k}", k != 2) for k in range(int(rng.integers(2, 5)))]
    nodes = list(leaves)

    def compute(depth: int) -> None:
        for _ in range(int(rng.integers(1, operations // (depth + 1) + 1))):
            if depth < 3 and rng.random() < 0.2:
                with tg.scope(f"scope {rng.integers(3)}"):
                    compute(depth + 1)
            elif rng.random() < 0.5:
                nodes.append(UNARY[rng.integers(len(UNARY))](_pick(rng, nodes)))
            else:
                nodes.append(BINARY[rng.integers(len(BINARY))](_pick(rng, nodes), _pick(rng, nodes)))
            nodes[-1] = tg.tanh(nodes[-1])

    compute(0)
    result = nodes[-1] * leaves[0]
    return (tg.sum(result) if tensors else result), leaves


def _pick(rng: np.random.Generator, nodes: list[Node]) -> Node:
    """Mostly a new one, and an old one now and then."""
    return nodes[-1 - min(int(rng.exponential(2.0)), len(nodes) - 1)]
