"""Cases of the elementwise operations: each at the shape (2, 3), and at some of the others in turn.

No elementwise rule sees a shape, and broadcasting is undone in one place for all of them: `tanh`, `multiply` and
`where` go through every shape and every kind of broadcast.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from engine.cases import Case, case, composed, sample

SHAPES: list[tuple[int, ...]] = [(2, 3), (), (1,), (0,), (2, 0, 3)]

BROADCASTS: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
    ((2, 3), (2, 3)),
    ((), ()),
    ((3, 1), (1, 4)),
    ((), (2, 2)),
    ((2, 2), ()),
    ((1,), (3,)),
    ((2, 1, 2), (3, 1)),
    ((1, 1), (2,)),
    ((0, 3), (1, 3)),
    ((2, 0), (1,)),
]

positive = partial(sample, signed=False)
small = partial(sample, low=0.1, high=0.8)  # where 1 + a > 0, and tan has no pole

erf = np.vectorize(math.erf, otypes=[float])


def logistic(a: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-a))


def gelu(a: np.ndarray, approximate: str = "none") -> np.ndarray:
    """Hendrycks & Gimpel 2016, section 2."""
    if approximate == "tanh":
        return 0.5 * a * (1 + np.tanh(np.sqrt(2 / np.pi) * (a + 0.044715 * a**3)))
    return a * 0.5 * (1 + erf(a / np.sqrt(2)))


def leaky_relu(a: np.ndarray, negative_slope: float = 0.01) -> np.ndarray:
    return np.where(a > 0, a, negative_slope * a)


def elu(a: np.ndarray, alpha: float = 1.0) -> np.ndarray:
    return np.where(a > 0, a, alpha * (np.exp(a) - 1))


UNARY: list[tuple[str, Callable[..., Any], Callable[..., np.ndarray], dict[str, Any]]] = [
    ("abs", np.abs, sample, {}),
    ("alias", lambda a: a, sample, {}),
    ("arctan", np.arctan, sample, {}),
    ("clip", np.clip, sample, {"min": -1.0, "max": 0.9}),
    ("clip", np.clip, sample, {"min": -1.0, "max": None}),
    ("clip", np.clip, sample, {"min": None, "max": 0.9}),
    ("cos", np.cos, sample, {}),
    ("cosh", np.cosh, sample, {}),
    ("elu", elu, sample, {}),
    ("elu", elu, sample, {"alpha": 1.7}),
    ("erf", erf, sample, {}),
    ("exp", np.exp, sample, {}),
    ("expm1", np.expm1, sample, {}),
    ("gelu", gelu, sample, {}),
    ("gelu", gelu, sample, {"approximate": "tanh"}),
    ("leaky_relu", leaky_relu, sample, {}),
    ("leaky_relu", leaky_relu, sample, {"negative_slope": 0.3}),
    ("log", np.log, positive, {}),
    ("log1p", np.log1p, small, {}),
    ("negative", np.negative, sample, {}),
    ("reciprocal", lambda a: 1 / a, sample, {}),
    ("relu", lambda a: a * (a > 0), sample, {}),
    ("sigmoid", logistic, sample, {}),
    ("sign", np.sign, sample, {}),
    ("step", lambda a: np.where(a > 0, 1.0, 0.0), sample, {}),
    ("silu", lambda a: a * logistic(a), sample, {}),
    ("sin", np.sin, sample, {}),
    ("sinh", np.sinh, sample, {}),
    ("softplus", lambda a: np.log(1 + np.exp(a)), sample, {}),
    ("sqrt", np.sqrt, positive, {}),
    ("square", np.square, sample, {}),
    ("tan", np.tan, small, {}),
    ("tanh", np.tanh, sample, {}),
]

BINARY: list[tuple[str, Callable[..., Any], Callable[..., np.ndarray]]] = [
    ("add", np.add, sample),
    ("subtract", np.subtract, sample),
    ("multiply", np.multiply, sample),
    ("divide", np.divide, sample),
    ("power", np.power, positive),
    ("maximum", np.maximum, sample),
    ("minimum", np.minimum, sample),
    ("greater", lambda a, b: (a > b) * 1.0, sample),
    ("greater_equal", lambda a, b: (a >= b) * 1.0, sample),
    ("less", lambda a, b: (a < b) * 1.0, sample),
    ("less_equal", lambda a, b: (a <= b) * 1.0, sample),
    ("equal", lambda a, b: (a == b) * 1.0, sample),
    ("not_equal", lambda a, b: (a != b) * 1.0, sample),
]

ELEMENTWISE: list[Case] = [
    *[
        case(name, f, [domain(*shape)], **attrs)
        for k, (name, f, domain, attrs) in enumerate(UNARY)
        for shape in (SHAPES if name == "tanh" else [SHAPES[0], SHAPES[1 + k % 4]])
    ],
    *[
        case(name, f, [domain(*a), sample(*b, seed=1)])
        for k, (name, f, domain) in enumerate(BINARY)
        for a, b in (BROADCASTS if name == "multiply" else [BROADCASTS[0], *BROADCASTS[1 + k % 3 :: 3]])
    ],
    *[case("power", np.power, [sample(2, 3)], exponent) for exponent in (-2, -1, 0, 1, 2, 3)],
    *[
        composed("where", f"{a} {b}", lambda xp, a, b: xp.where(a > 0.1, a * a, b), [sample(*a), sample(*b, seed=1)])
        for a, b in BROADCASTS
    ],
    composed("where", "a number instead of a branch", lambda xp, a: xp.where(a > 0.1, a * a, 0.0), [sample(2, 3)]),
]
