"""Calls of a compiled function: its arguments, its results, and the gradients that it brings."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from compiling.compare import assert_same, batches, call_both, leaf, same
from tinygrad_edu import nn

# --- arguments --------------------------------------------------------------------------------------------------------


def test_sizes_of_batches(rng: np.random.Generator):
    """The last batch is smaller, one is single, one is empty: each size is recorded for itself."""
    model = nn.mlp([4, 8, 3], activation="tanh", rng=0, dtype="float64")
    loss = lambda x, y: tg.losses.cross_entropy(model(x), y, reduction="sum")  # noqa: E731
    step = tg.compile(loss)
    for _ in range(4):
        for n in (7, 3, 1, 0):
            (x,) = batches(rng, n, 4, n=1)[0]
            call_both(step, loss, list(model.parameters()), x, rng.integers(0, 3, n))


def test_dtypes_that_change(rng: np.random.Generator):
    w = leaf(5)
    loss = lambda x: (x * w * tg.mean(x)).sum()  # noqa: E731
    step = tg.compile(loss)
    for dtype in ("float64", "float32", "float16") * 3:
        x = rng.standard_normal(5).astype(dtype)
        call_both(step, loss, [w], tg.Tensor(x))
        with tg.default_dtype(dtype):
            call_both(step, loss, [w], x.astype("float64"))


def test_an_argument_is_never_overwritten(rng: np.random.Generator):
    """`reshape` copies where the axes are in Fortran's order, and elsewhere gives a view."""
    w = leaf(12)
    step = tg.compile(lambda x: (tg.exp(x.reshape(-1)) * w).sum())
    for _ in range(2):
        step(tg.Tensor(np.asfortranarray(rng.standard_normal((3, 4)))))
    x = rng.standard_normal((3, 4))
    before = x.copy()
    step(tg.Tensor(x))
    np.testing.assert_array_equal(x, before)


LAYOUTS = {
    "a result takes the order of both operands": lambda x, w, b: (w + tg.sin(x)).sum(),
    "a gradient that is summed once more": lambda x, w, b: ((w + b) * x).sum(),
}


@pytest.mark.parametrize("function", LAYOUTS.values(), ids=LAYOUTS)
def test_the_order_of_axes(function: Callable[..., Any], rng: np.random.Generator):
    """In another order of axes sums are rounded in another way."""
    w, b = leaf(70, 80), leaf(80)
    tg.optim.SGD([w, b], lr=0.0)
    loss = lambda x: function(x, w, b)  # noqa: E731
    calls = [(tg.Tensor(np.asfortranarray(x._data)),) for (x,) in batches(rng, 70, 80)]
    assert_same(tg.compile(loss), loss, [w, b], calls)


def test_the_order_of_axes_in_a_later_call(rng: np.random.Generator):
    w, b = leaf(40, 50), leaf(50)
    loss = lambda x, y: (((x * y) - w) * 3.3).sum(axis=0) @ b  # noqa: E731
    step = tg.compile(loss)
    for order in "CCCFFF":
        x, y = (tg.Tensor(np.array(rng.standard_normal((40, 50)), order=order)) for _ in range(2))
        call_both(step, loss, [w, b], x, y)


def test_one_array_under_two_names(rng: np.random.Generator):
    """It is told from which argument a number comes, and that it comes from an argument."""
    w = leaf(3)
    mine = rng.standard_normal(3)
    loss = lambda x, y: ((x * w - y) + (w * x - mine) * y + w * x).sum()  # noqa: E731
    for first in (mine, w.data):
        step = tg.compile(loss)
        for _ in range(2):
            call_both(step, loss, [w], first, rng.standard_normal(3))
        for _ in range(3):
            call_both(step, loss, [w], *rng.standard_normal((2, 3)))
        twice = rng.standard_normal(3)
        call_both(step, loss, [w], twice, twice)


def test_an_argument_that_is_filled_anew(rng: np.random.Generator):
    w, buffer = leaf(3), np.zeros(3)
    loss = lambda x: (x * w).sum()  # noqa: E731
    step = tg.compile(loss)
    for _ in range(5):
        rng.standard_normal(out=buffer)
        call_both(step, loss, [w], buffer)


def test_wrong_arguments_and_results():
    w = leaf(3)
    with pytest.raises(tg.ArgumentError, match="an argument is a list"):
        tg.compile(lambda x: w.sum())([1.0, 2.0])
    for result in ((), [w], 1.0, None):
        with pytest.raises(tg.ArgumentError, match="must give a tensor"):
            tg.compile(lambda result=result: result)()


# --- results ----------------------------------------------------------------------------------------------------------


def test_results_are_kept(rng: np.random.Generator):
    """A later replay writes into none of them, nor into the views among them."""
    model = nn.mlp([4, 8, 3], rng=0, dtype="float64")
    optimizer = tg.optim.SGD(model.parameters(), lr=0.1)

    def loss(x: Any) -> Any:
        h = model(x)
        return (h * h).sum(), h, h.T, h[0], x

    step, kept = tg.compile(loss), []
    for (x,) in batches(rng, 5, 4, n=6):
        optimizer.zero_grad()
        results = step(x)
        kept += [(result, result.numpy()) for result in results]
        optimizer.step()
    assert all(same(result.numpy(), before) for result, before in kept)


def test_results_are_constants(rng: np.random.Generator):
    w = leaf(3)
    step = tg.compile(lambda x: ((x * w).sum(), w, x, x * w))
    for x in batches(rng, 3):
        results = step(*x)
        assert not any(result.requires_grad for result in results)
        np.testing.assert_array_equal(results[1].numpy(), w.numpy())


def test_a_tuple_or_not(rng: np.random.Generator):
    """The form of the results belongs to a kind of arguments."""
    w = leaf(3)
    step = tg.compile(lambda x, both: ((x * w).sum(), x) if both else (x * w).sum())
    (x,) = batches(rng, 3, n=1)[0]
    for both in [True] * 3 + [False] * 3 + [True, False]:
        assert isinstance(step(x, both), tuple) is both


# --- gradients --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimized", [False, True])
def test_gradients_accumulate(optimized: bool, rng: np.random.Generator):
    """On top of those of earlier calls, and of those that were assigned by hand."""
    w, v = leaf(3), leaf(3, seed=2)
    if optimized:
        tg.optim.SGD([w, v], lr=0.0)
    step = tg.compile(lambda x: (x * w * tg.exp(v)).sum())
    expected = [np.zeros(3), np.zeros(3)]
    for k, (x,) in enumerate(batches(rng, 3, n=8)):
        if k == 4:
            w.grad, expected[0] = np.arange(3.0), np.arange(3.0)
        step(x)
        terms = x.numpy() * np.exp(v.numpy()), x.numpy() * w.numpy() * np.exp(v.numpy())
        expected = [total + term for total, term in zip(expected, terms, strict=True)]
        for p, total in zip((w, v), expected, strict=True):
            np.testing.assert_allclose(p.grad.numpy(), total, rtol=1e-12)  # type: ignore[union-attr]


def test_gradients_that_nobody_else_has(rng: np.random.Generator):
    """Two parameters receive the same numbers, in each call; they may be written into, and lie in memory as always."""
    w, v, m = leaf(3), leaf(3, seed=2), leaf(4, 3)
    loss = lambda x: (w + v).sum() + (m.T * x).sum()  # noqa: E731
    step = tg.compile(loss)
    for (x,) in batches(rng, 3, 4, n=5):
        call_both(step, loss, [w, v, m], x)
        assert m.grad._data.flags.c_contiguous  # type: ignore[union-attr]
        for p in (w, v, m):
            p.grad._data[...] += 7.0  # type: ignore[union-attr]


def test_a_parameter_without_gradient(rng: np.random.Generator):
    w, unused = leaf(3), leaf(3)
    step = tg.compile(lambda x: (x * w + x * unused.detach()).sum())
    for x in batches(rng, 3):
        step(*x)
        assert unused.grad is None


@pytest.mark.parametrize("n", range(1, 5))
def test_an_optimizer_after_some_calls(n: int, rng: np.random.Generator):
    """Then a second one takes its parameters over, and gets a fresh start from `load_state_dict`."""
    model = nn.mlp([4, 8, 3], rng=0, dtype="float64")
    start = model.state_dict()
    leaves = list(model.parameters())
    loss = lambda x: (model(x) ** 2).sum()  # noqa: E731
    step, optimizers = tg.compile(loss), []
    for k, (x,) in enumerate(batches(rng, 5, 4, n=12)):
        if k in (n, n + 4):
            optimizers.append(tg.optim.Adam(leaves, lr=0.1))
        if k == n + 6:
            model.load_state_dict(start)
        call_both(step, loss, leaves, x)
        if optimizers:
            optimizers[-1].step()


@contextmanager
def interrupted_in_line(k: int) -> Iterator[None]:
    """Ctrl-C before the k-th line of compiled code."""
    lines = 0

    def trace(frame: Any, event: str, argument: Any) -> Any:
        nonlocal lines
        if not frame.f_code.co_filename.startswith("<compiled"):
            return None
        lines += event == "line"
        if lines == k:
            raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)


def test_an_interrupted_replay_keeps_the_gradients_of_earlier_calls(rng: np.random.Generator):
    w, v = leaf(3), leaf(3, seed=2)
    tg.optim.SGD([w, v], lr=0.1)
    step = tg.compile(lambda x: (tg.sin(x * w) * v).sum())
    for x in batches(rng, 3):
        step(*x)
    before = [p.grad.numpy() for p in (w, v)]  # type: ignore[union-attr]
    lines = [line for line in step.source.splitlines()[1:] if not line.lstrip().startswith("#")]
    for k in range(1, len(lines) + 1):
        with pytest.raises(KeyboardInterrupt), interrupted_in_line(k):
            step(*x)
        assert all(same(p.grad.numpy(), g) for p, g in zip((w, v), before, strict=True)), k  # type: ignore[union-attr]
