"""Random graphs of Values, which are the same for all numbers of their leaves."""

from __future__ import annotations

import numpy as np

import tinygrad_edu as tg

SMOOTH = [tg.tanh, tg.sigmoid, tg.exp, tg.softplus, tg.gelu, tg.sin, tg.arctan, tg.silu, tg.erf, tg.square]
KINKED = [tg.relu, tg.abs, tg.elu, lambda a: tg.clip(a, -1.0, 0.9), lambda a: tg.leaky_relu(a, negative_slope=0.3)]
TWO = [
    tg.add,
    tg.subtract,
    tg.multiply,
    tg.maximum,
    tg.minimum,
    lambda a, b: a / (b * b + 1.0),
    lambda a, b: tg.abs(a) ** b,
]


def random_graph(seed: int, numbers: list[float]) -> tuple[tg.Value, list[tg.Value]]:
    """A graph that is the same for all numbers of its five leaves; the last needs no gradient. It has reuse,
    constants, and choices of which a branch may be infinite."""
    rng = np.random.default_rng(seed)
    leaves = [tg.Value(x, name=f"x{k}", requires_grad=k < 4) for k, x in enumerate(numbers)]
    nodes = leaves[:4]
    for _ in range(int(rng.integers(3, 25))):
        kind = rng.random()
        a, b, c = (nodes[-1 - min(int(rng.exponential(3.0)), len(nodes) - 1)] for _ in range(3))
        if kind < 0.4:
            nodes.append([*SMOOTH, *KINKED][rng.integers(15)](a))
        elif kind < 0.9:
            nodes.append(TWO[rng.integers(len(TWO))](a, b))
        else:
            nodes.append(tg.where(tg.relu(c) if rng.random() < 0.5 else leaves[4], tg.log(tg.relu(a)), b))
        nodes[-1] = tg.tanh(nodes[-1])
    return nodes[-1] * leaves[0] + leaves[1] * leaves[4], leaves


def settings_of(seed: int) -> list[list[float]]:
    rng = np.random.default_rng([1, seed])
    drawn = rng.normal(size=(4, 5)).round(2)
    drawn[0, :3], drawn[1:3, 4] = 0.0, 0.0  # at the kinks, and the other branch
    return drawn.tolist()
