"""The code of compiled functions: what one would write by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from compiling.compare import call_both, leaf
from tinygrad_edu import nn


def lines(step: Any) -> list[str]:
    return [line.strip() for line in step.source.splitlines()]


def compiled(loss: Callable[..., Any], leaves: list[tg.Tensor], *arguments: Any) -> Any:
    step = tg.compile(loss)
    for _ in range(3):
        call_both(step, loss, leaves, *arguments)
    return step


def test_a_regression(rng: np.random.Generator):
    w, b = leaf(3, 1, name="w"), leaf(1, name="b")
    x, y = tg.Tensor(rng.standard_normal((8, 3))), tg.Tensor(rng.standard_normal((8, 1)))
    assert lines(compiled(lambda x, y: tg.losses.mse(x @ w + b, y), [w, b], x, y)) == [
        "def step(x, y, w, b):",
        "# matmul",
        "a1 = x @ w",
        "# add",
        "add(a1, b, out=a1)",
        "# subtract",
        "subtract(a1, y, out=a1)",
        "# square",
        "a2 = a1 * a1",
        "# mean",
        "a3 = sum(a2, axis=None)",
        "a4 = a3 / 8.0",
        "# square, backward",
        "multiply(2.0, a1, out=a1)",
        "multiply(0.125, a1, out=a1)",
        "# add, backward",
        "a5 = sum(a1, axis=0)",
        "# matmul, backward",
        "a6 = x.swapaxes(0, 1) @ a1",
        "return a4, a5, a6",
    ]


def test_numbers_layers_and_checks(rng: np.random.Generator):
    """Constants that are full of one number are that number; layers that compute by themselves are named."""
    model = nn.Sequential(nn.Dense(4, 5, rng=0), nn.BatchNorm1d(5), nn.Dense(5, 3, rng=0))
    leaves = list(model.parameters())
    x, y = tg.Tensor(rng.standard_normal((8, 4)).astype("f4")), rng.integers(0, 3, 8)
    step = compiled(lambda x, y: tg.losses.cross_entropy(model(x), y), leaves, x, y)
    assert lines(step)[1] == "# c: [ 0,  3, ..., 18, 21], an array of int64, shape (8,)"
    assert "subtract_at(" in step.source and ", 0.125)" in step.source
    assert lines(step)[lines(step).index("# BatchNorm1d") + 1].startswith("track(")
    assert "* weight_1" in step.source  # and not a reshape of it


def test_a_probability_is_checked(rng: np.random.Generator):
    w = leaf(3)
    x, y = tg.Tensor(rng.standard_normal((8, 3))), tg.Tensor(np.full(8, 0.5))
    step = compiled(lambda x, y: tg.losses.binary_cross_entropy(x @ w, y), [w], x, y)
    assert lines(step)[1].startswith("check_numbers('binary_cross_entropy', y, is_probability, ")


@pytest.mark.parametrize(
    "function",
    [lambda x, w: (x * w).sum(), lambda x, w: (w**2).sum(), lambda x, w: (w[0] ** 3).sum(), lambda x, w: w.sum()],
)
def test_nothing_is_multiplied_by_one_or_chosen_beforehand(function: Callable[..., Any], rng: np.random.Generator):
    w = leaf(3)
    x = tg.Tensor(rng.standard_normal(3))
    source = compiled(lambda x: function(x, w), [w], x).source
    assert "1.0" not in source and "where" not in source


def test_an_argument_stays_what_it_is_where_it_is_the_gradient(rng: np.random.Generator):
    w = leaf(3)
    x = tg.Tensor(rng.standard_normal(3))
    step = compiled(lambda x: (x * w).sum(), [w], x)
    w.grad = None
    step(x)
    assert not np.may_share_memory(w.grad._data, x._data)  # type: ignore[attr-defined]


def test_names_of_arguments(rng: np.random.Generator):
    """Also those of methods, and where some are left out."""

    class Line:
        w = leaf(3, name="w")

        def loss(self, inputs: Any, factor: float = 2.0) -> Any:
            return (self.w * inputs * factor).sum()

    x = tg.Tensor(rng.standard_normal(3))
    assert lines(compiled(Line().loss, [Line.w], x))[0] == "def step(inputs, w):"
    assert lines(compiled(Line().loss, [Line.w], x, 3.0))[0] == "def step(inputs, factor, w):"
    assert lines(compiled(lambda *xs: (xs[0] * Line.w).sum(), [Line.w], x, x))[0] == "def step(x1, x2, w):"
