"""What compile computes: the same numbers as the function, whatever names and kinds of numbers it is given."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from compiling.compare import assert_same, batches, leaf

# --- numbers ----------------------------------------------------------------------------------------------------------

POWERS = {
    "a square root": lambda x, w: ((x * w) ** 2) ** 0.5,
    "a reciprocal": lambda x, w: (x * w) ** -1,
    "of a negative number": lambda x, w: tg.power(-2.0, tg.sign(x) + 3.0) * w,
    "of a single number": lambda x, w: (x * x).mean() ** 0.3 * (w * w).mean() ** 1.7,
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("function", POWERS.values(), ids=POWERS)
def test_powers(function: Callable[..., Any], dtype: str, rng: np.random.Generator):
    """`a ** b` of NumPy takes other ways than the function `power`, and a sign before it binds less."""
    w = tg.Tensor(rng.standard_normal(200).astype(dtype), requires_grad=True)
    calls = [(tg.Tensor(rng.standard_normal(200).astype(dtype)),) for _ in range(6)]
    loss = lambda x: function(x, w).sum()  # noqa: E731
    assert_same(tg.compile(loss), loss, [w], calls)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize(
    "settings",
    [
        {}, {"weight": np.array([1.0, 2.0, 0.5])}, {"label_smoothing": 0.1}, {"ignore_index": 1}, {"reduction": "sum"},
        {"weight": np.array([1.0, 2.0, 0.5]), "label_smoothing": 0.2, "ignore_index": 0},
    ],
    ids=str,
)  # fmt: skip
def test_cross_entropy(settings: dict[str, Any], dtype: str, rng: np.random.Generator):
    w = tg.Tensor(rng.standard_normal((4, 3)).astype(dtype), requires_grad=True)
    calls = [(tg.Tensor(rng.standard_normal((9, 4)).astype(dtype)), rng.integers(0, 3, 9)) for _ in range(4)]
    loss = lambda x, y: tg.losses.cross_entropy(x @ w, y, **settings)  # noqa: E731
    assert_same(tg.compile(loss), loss, [w], calls)


@pytest.mark.parametrize("as_tensor", [False, True])
@pytest.mark.parametrize("dtype", ["u1", "i1", "i2", "u4", "i8", "?"])
def test_labels_of_small_dtypes(dtype: str, as_tensor: bool, rng: np.random.Generator):
    w = leaf(4, 2)
    labels = [rng.integers(0, 2, 9).astype(dtype) for _ in range(4)]
    calls = [(x, tg.Tensor(y) if as_tensor else y) for (x,), y in zip(batches(rng, 9, 4), labels, strict=True)]
    loss = lambda x, y: tg.losses.cross_entropy(x @ w, y)  # noqa: E731
    assert_same(tg.compile(loss), loss, [w], calls)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_is_not_finite_is_the_same(rng: np.random.Generator):
    """nan and inf in the branch of a `where` that is not taken, and in the numbers themselves."""
    w = leaf(6)
    loss = lambda x: (tg.where(x > 0, tg.log(x * w * w), 0.0) + x * w).sum()  # noqa: E731
    special = np.array([0.0, -1.0, np.inf, np.nan, 1.0, -0.0])
    calls = [*batches(rng, 6, n=2), *[(tg.Tensor(special * k),) for k in (1.0, 2.0)]]
    assert_same(tg.compile(loss), loss, [w], calls)


def test_numpy_functions_of_tensors(rng: np.random.Generator):
    w = leaf(4, 3)
    loss = lambda x: (np.tanh(x @ w) * np.exp(-np.abs(w)).sum(axis=0) + np.maximum(np.mean(w), 0.1)).sum()  # noqa: E731
    assert_same(tg.compile(loss), loss, [w], batches(rng, 3, 4))


def test_shapes_and_slices_of_numpy_integers(rng: np.random.Generator):
    w, n = leaf(6), np.int64(1)
    shape = namedtuple("shape", "rows columns")(2, 3)
    loss = lambda x: (w.reshape(shape)[n : n + 1, np.int64(0) :: 2] * x).sum()  # noqa: E731
    assert_same(tg.compile(loss), loss, [w], batches(rng, 1, 2))


# --- names in the code ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["array", "inf", "nan", "slice", "d_w", "w", "a1", "c", "exp", "fi", "π", "step"])
def test_names_of_arguments(name: str, rng: np.random.Generator):
    """The code calls an argument by its name, whatever else is called so."""
    w, v = leaf(3, 4, name="w"), leaf(3, 4, name="ﬁ")
    tg.optim.SGD([w], lr=0.0)
    names: dict[str, Any] = {"w_": w, "v_": v, "tg": tg, "inf_": np.inf, "mask_": np.arange(2)}
    text = f"lambda {name}: (tg.exp(w_[1:2, ::2]) * {name} * v_[:1, mask_]).sum() + tg.logsumexp(w_.T) + tg.sum(v_.T)"
    loss = eval(text, names)
    assert_same(tg.compile(loss), loss, [w, v], batches(rng, 1, 2))
