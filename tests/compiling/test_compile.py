"""compile, as a user meets it: what is replayed, what is recorded anew, what is refused, and what is left alone."""

from __future__ import annotations

import copy
import gc
import linecache
import pickle
import sys
import threading
import weakref
from collections import namedtuple
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from compiling.compare import assert_same, numbers, same, uncompiled
from tinygrad_edu import nn
from tinygrad_edu.modes import MODES, RECORDING
from tinygrad_edu.operation import REGISTRY, elementwise

Pair = tuple[Any, Callable[..., Any]]  # a compiled function, and the function


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def leaf(*shape: int, seed: int = 1, name: str | None = None) -> tg.Tensor:
    return tg.Tensor(np.random.default_rng(seed).standard_normal(shape), requires_grad=True, name=name)


def batches(rng: np.random.Generator, *shape: int, n: int = 4) -> list[tuple[tg.Tensor]]:
    """Arguments for n calls: one tensor each."""
    return [(tg.Tensor(rng.standard_normal(shape)),) for _ in range(n)]


def call_both(step: Any, function: Callable[..., Any], leaves: list[tg.Tensor], *arguments: Any) -> None:
    """One call of `step` gives what `function` gives, with its gradients."""
    for p in leaves:
        p.grad = None
    wanted = uncompiled(function, leaves, arguments)
    for p in leaves:
        p.grad = None
    assert all(map(same, wanted, numbers(step(*arguments), leaves)))


# --- numbers ---------------------------------------------------------------------------------------------------------

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


# --- names in the code -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["array", "inf", "nan", "slice", "d_w", "w", "a1", "c", "exp", "fi", "π", "step"])
def test_names_of_arguments(name: str, rng: np.random.Generator):
    """The code calls an argument by its name, whatever else is called so."""
    w, v = leaf(3, 4, name="w"), leaf(3, 4, name="ﬁ")
    tg.optim.SGD([w], lr=0.0)
    names: dict[str, Any] = {"w_": w, "v_": v, "tg": tg, "inf_": np.inf, "mask_": np.arange(2)}
    text = f"lambda {name}: (tg.exp(w_[1:2, ::2]) * {name} * v_[:1, mask_]).sum() + tg.logsumexp(w_.T) + tg.sum(v_.T)"
    loss = eval(text, names)
    assert_same(tg.compile(loss), loss, [w, v], batches(rng, 1, 2))


# --- arguments -------------------------------------------------------------------------------------------------------


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


# --- results ---------------------------------------------------------------------------------------------------------


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


# --- gradients -------------------------------------------------------------------------------------------------------


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


# --- what is recorded anew -------------------------------------------------------------------------------------------


def test_modes_of_modules(rng: np.random.Generator):
    """Dropout is the identity in eval mode; a module may be in another mode than the one that it is in."""
    regularized = nn.Sequential(nn.BatchNorm1d(8), nn.Dropout(0.5, seed=1))
    model = nn.Sequential(nn.Dense(4, 8, rng=0), regularized, nn.Dense(8, 2, rng=1))
    twin = copy.deepcopy(model)
    step = tg.compile(lambda x: model(x).sum())
    for k in range(16):
        for m in (model, twin):
            m.train(k % 7 < 4)
            m[1].train(k % 5 > 0)
        x = tg.Tensor(rng.standard_normal((5, 4)).astype("f4"))
        assert step(x).item() == twin(x).sum().item()
    assert all(map(same, model.state_dict().values(), twin.state_dict().values()))


def test_the_mode_of_a_module_whose_forward_is_called_by_name(rng: np.random.Generator):
    w, dropout = leaf(30), nn.Dropout(0.5, seed=1)
    step = tg.compile(lambda x: dropout.forward(x * w).sum())
    for x in batches(rng, 30):
        step(*x)
    dropout.eval()
    np.testing.assert_array_equal(step(*x).item(), (x[0] * w).sum().item())


@pytest.mark.parametrize("n", range(1, 5))
def test_frozen_and_thawed_parameters(n: int, rng: np.random.Generator):
    w, v = leaf(3), leaf(3, seed=2)
    loss = lambda x: (x * w * v).sum()  # noqa: E731
    step = tg.compile(loss)
    for k, x in enumerate(batches(rng, 3, n=12)):
        if k in (n, n + 4):
            w.requires_grad = k != n
        call_both(step, loss, [w, v], *x)
        assert (w.grad is None) is (n <= k < n + 4)


def test_data_of_another_shape_and_order(rng: np.random.Generator):
    w = leaf(30, 20)
    loss = lambda x: (tg.sin(w) + x).sum()  # noqa: E731
    step = tg.compile(loss)
    for k, (x,) in enumerate(batches(rng, 30, 20, n=12)):
        if k == 4:
            w.data = np.asfortranarray(w.data)
        if k == 8:
            w.data = rng.standard_normal((30, 1))
        call_both(step, loss, [w], x)


@pytest.mark.parametrize("constant", [tg.Tensor.detach, tg.Tensor, lambda t: t], ids=["detach", "Tensor", "itself"])
def test_constants_that_change(constant: Callable[..., Any], rng: np.random.Generator):
    """A target network, say: its weights are assigned, or moved by an optimizer."""
    w, target = leaf(3), leaf(3, seed=2)
    loss = lambda x: (x * constant(target) * w).sum()  # noqa: E731
    step = tg.compile(loss)
    for k, x in enumerate(batches(rng, 3, n=12)):
        if k > 3:
            target.data = target.data * 0.5
        if k == 8:
            tg.optim.SGD([target], lr=0.1)
        call_both(step, loss, [w], *x)


def test_a_dropout_rate_that_changes(rng: np.random.Generator):
    """`fit` compiles unasked, so it must not miss what a schedule does to a layer in between."""

    def losses(compile: bool) -> list[float]:
        dropout = nn.Dropout(0.0, seed=1)
        model = nn.Sequential(nn.Dense(4, 8, rng=0), dropout, nn.Dense(8, 1, rng=1))
        x = np.random.default_rng(0).standard_normal((32, 4))
        events = tg.train.fit(model, (x, x.sum(axis=1)), "mse", tg.optim.SGD(model.parameters(), lr=0.01), epochs=6,
                              compile=compile)  # fmt: skip
        found = []
        for event in events:
            dropout.p = 0.1 * (len(found) // 4)
            found.append(event)
        return tg.train.History.of(found).train_loss

    assert losses(compile=True) == losses(compile=False)


# --- what is refused -------------------------------------------------------------------------------------------------


class Refused:
    """Functions that do not the same in each call, or more than can be replayed; with a part of the reason."""

    def __init__(self) -> None:
        self.calls, self.w = 0, leaf(3)
        self.buffer, self.noise, self.rng = tg.Tensor(np.zeros(3)), np.zeros(3), np.random.default_rng(0)
        self.number, self.optimizer = tg.Value(2.0, requires_grad=False), tg.optim.SGD([self.w], lr=0.1)
        self.norm = nn.BatchNorm1d(1, dtype="float64")

    def a_number(self, x: Any) -> Any:
        """a number was 1 in one call and 2 in the next"""
        self.calls += 1
        return (x * self.w * self.calls).sum()

    def another_operation(self, x: Any) -> Any:
        """its step 1 was exp in one call, and sin in the next"""
        self.calls += 1
        return ((tg.exp if self.calls == 1 else tg.sin)(x) * self.w).sum()

    def more_steps(self, x: Any) -> Any:
        """it took 2 steps in one call, and 3 in the next"""
        self.calls += 1
        loss = (x * self.w).sum()
        return loss if self.calls == 1 else loss * 2.0

    def another_result(self, x: Any) -> Any:
        """its results come from other operations"""
        self.calls += 1
        loss = (x * self.w).sum()
        return loss, (x if self.calls == 1 else loss)

    def an_array(self, x: Any) -> Any:
        """an array of shape (3,) is made anew in each call"""
        return (x * self.w * self.rng.standard_normal(3)).sum()

    def a_leaf(self, x: Any) -> Any:
        """it requires gradients of another tensor in each call"""
        return (x * self.w * tg.Tensor(np.ones(3), requires_grad=True)).sum()

    def another_parameter_with_the_same_numbers(self, x: Any) -> Any:
        """it requires gradients of another tensor in each call"""
        self.calls += 1
        if self.calls == 1:
            self.twin = leaf(3)
            self.twin._data = self.w._data
        return (x * (self.w if self.calls % 2 else self.twin)).sum()

    def reading(self, x: Any) -> Any:
        """it reads the numbers of a sum node"""
        loss = (x * self.w).sum()
        return loss if loss.item() > 0 else -loss

    def sharing_memory(self, x: Any) -> Any:
        """it reads the numbers of a constant node"""
        return (x * self.w).sum() * float(np.from_dlpack(x).sum() > 0)

    def comparing(self, x: Any) -> Any:
        """it compares single numbers"""
        loss = (x * self.w).sum()
        return loss if loss > 0 else -loss

    def a_value(self, x: Any) -> Any:
        """a Value, whose number may change"""
        return (x * self.w * self.number).sum()

    def a_backward_pass(self, x: Any) -> Any:
        """it runs a backward pass of its own"""
        (x * self.w).sum().backward()
        return (x * self.w * self.w).sum()

    def a_gradient(self, x: Any) -> Any:
        """it runs a backward pass of its own"""
        return (tg.grad(lambda w: (x * w * w).sum())(self.w) * self.w).sum()

    def a_compiled_function(self, x: Any) -> Any:
        """it runs a backward pass of its own"""
        self.compiled = tg.compile(lambda x: (x * self.w).sum())
        return (self.w * self.w).sum() + self.compiled(x)

    def the_gradient_of_a_parameter(self, x: Any) -> Any:
        """it uses the grad of a parameter"""
        return (x * self.w * self.optimizer.parameters[0]._home).sum()

    def assigning(self, x: Any) -> Any:
        """it writes into a constant node"""
        h = x * self.w
        self.buffer.data = h.detach()
        return h.sum()

    def assigning_an_element(self, x: Any) -> Any:
        """it writes into a constant node"""
        h = (x * x).detach()
        h[0] = 7.0
        return (h * self.w).sum()

    def writing_into_an_argument(self, x: Any) -> Any:
        """it writes into a constant node"""
        x._data[...] *= 2.0
        return (x * self.w).sum()

    def writing_into_an_array(self, x: Any) -> Any:
        """it writes into a constant node"""
        self.rng.standard_normal(out=self.noise)
        return ((x + self.noise) * self.w).sum()

    def both_modes_of_a_module(self, x: Any) -> Any:
        """it writes into a constant 'running_mean'"""
        h = (x * self.w).reshape(3, 1)
        trained = self.norm.train()(h)
        return (trained * self.norm.eval()(h)).sum()

    def an_argument_with_a_gradient(self, x: Any) -> Any:
        """it makes an argument require gradients"""
        x.requires_grad = True
        return (x * self.w).sum()

    def an_operation_that_looks_at_numbers(self, x: Any) -> Any:
        """the rule of an operation cannot be written down"""

        @elementwise(lambda xp, y, a: 2.0 * a)
        def looked(xp: Any, a: Any) -> Any:
            return a * a if (a < 99).all() else a

        REGISTRY.pop("looked")
        self.looked = getattr(self, "looked", looked)
        return self.looked(x * self.w).sum()


@pytest.mark.parametrize("name", [name for name in vars(Refused) if not name.startswith("_")])
def test_what_is_refused(name: str, rng: np.random.Generator):
    """It says why; no gradient is added then. With strict=False it runs as it is."""
    function = getattr(Refused(), name)
    reason = str(function.__doc__)
    step = tg.compile(function)
    with pytest.raises(tg.CompileError) as error:
        for x in batches(rng, 3):
            function.__self__.w.grad = None
            step(*x)
    assert reason in str(error.value)
    assert name.endswith("backward_pass") or name.endswith("compiled_function") or function.__self__.w.grad is None

    calls, mine, twin = batches(rng, 3), Refused(), Refused()
    lenient = tg.compile(getattr(mine, name), strict=False)
    for (x,) in calls:
        y = tg.Tensor(x.numpy())
        found = numbers(lenient(x), [mine.w])
        assert all(map(same, found, uncompiled(getattr(twin, name), [twin.w], (y,))))
    assert reason in str(lenient.why_not)


def test_too_many_kinds_of_arguments(rng: np.random.Generator):
    w = leaf(1)
    step = tg.compile(lambda x: (x * w).sum())
    with pytest.raises(tg.CompileError, match="more than 16 kinds of arguments"):
        for n in range(20):
            step(*batches(rng, n, n=1)[0])


# --- errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", range(1, 5))
def test_an_exception_in_a_call(n: int, rng: np.random.Generator):
    """It comes out as it is, and changes nothing: modes, gradients, what later calls do."""
    w, calls = leaf(3), 0

    def loss(x: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == n:
            raise KeyError("mine")
        return (x * w).sum()

    step = tg.compile(loss)
    for k, (x,) in enumerate(batches(rng, 3, n=6), start=1):
        w.grad = None
        with pytest.raises(KeyError, match="mine") if k == n < 3 else nullcontext():
            step(x)
            np.testing.assert_array_equal(w.grad.numpy(), x.numpy())  # type: ignore[union-attr]
        assert MODES.get() is RECORDING


def test_wrong_labels_in_a_replay(rng: np.random.Generator):
    """The error is that of the function, nothing has happened, and a label to be ignored is."""
    w, dropout = leaf(4, 2), nn.Dropout(0.5, seed=1)
    tg.optim.SGD([w], lr=0.1)
    step = tg.compile(lambda x, y: tg.losses.cross_entropy(dropout(x) @ w, y))
    for (x,) in batches(rng, 5, 4):
        step(x, rng.integers(0, 2, 5))
    before, count = w.grad.numpy(), dropout.step  # type: ignore[union-attr]
    with pytest.raises(tg.DataError, match="label 2 at position 1 is out of range"):
        step(x, np.array([0, 2, 1, 0, 1]))
    assert same(w.grad.numpy(), before) and dropout.step == count + 1  # type: ignore[union-attr]
    dropout.eval()
    ignored = np.array([0, -100, 1, 0, 1])
    for labels in (*rng.integers(0, 2, (3, 5)), ignored):
        found = step(x, labels).item()
    assert found == tg.losses.cross_entropy(x @ w, ignored).item()


def test_a_wrong_target_that_is_computed(rng: np.random.Generator):
    """A check comes before what has a state, also where it is not of an argument itself."""
    w, dropout = leaf(30), nn.Dropout(0.5, seed=1)
    step = tg.compile(lambda x, y: tg.losses.binary_cross_entropy(dropout(x * w), y * 2.0 * 0.5))
    for (x,) in batches(rng, 30):
        step(x, tg.Tensor(rng.integers(0, 2, 30) * 1.0))
    count = dropout.step
    with pytest.raises(tg.DataError):
        step(x, tg.Tensor(np.full(30, 7.0)))
    assert dropout.step == count + 1


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_anomalies_are_found(rng: np.random.Generator):
    w = leaf(3)
    step = tg.compile(lambda x: tg.log(x * w * w).sum())
    for _ in range(3):
        step(tg.Tensor(np.ones(3)))
    with pytest.raises(tg.AnomalyError), tg.detect_anomaly():
        step(tg.Tensor(np.zeros(3)))


# --- machines, copies, memory, threads -------------------------------------------------------------------------------


def test_on_a_gpu_it_runs_as_it_is(rng: np.random.Generator):
    """Also where only the parameters are there, and where they move there later."""
    model = nn.Dense(4, 3, activation="relu", rng=0)
    x = tg.Tensor(rng.standard_normal((5, 4)).astype("f4"))
    step = tg.compile(lambda y: tg.losses.cross_entropy(model(x), y))
    for device in ("cpu", "fake"):
        x = x.to(device)
        model.to(device)
        for _ in range(4):
            loss = step(rng.integers(0, 3, 5))
            assert loss.device == device
    assert step.why_not is None


class Net(nn.Module):
    """A model that compiles its own loss."""

    def __init__(self) -> None:
        self.dense = nn.Dense(4, 1, rng=0)
        self.step = tg.compile(self.loss)

    def loss(self, x: Any) -> Any:
        return self.dense(x).sum()


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["copy", "pickle"])
def test_copies_work_on_their_own_parameters(copied: Callable[..., Any]):
    net, x = Net(), tg.Tensor(np.ones((2, 4), dtype="f4"))
    for _ in range(3):
        net.step(x)
    twin = copied(net)
    twin.dense.weight.data = np.zeros((4, 1))
    for _ in range(4):
        twin.dense.weight.grad = net.dense.weight.grad = None
        assert twin.step(x).item() == 0.0
        assert twin.dense.weight.grad is not None and net.dense.weight.grad is None


def test_a_copy_of_a_compiled_function_works_on_the_same_parameters(rng: np.random.Generator):
    w = leaf(3)
    step = tg.compile(lambda x: (x * w).sum())
    for x in batches(rng, 3):
        step(*x)
    twin = copy.deepcopy(step)
    w.data = np.zeros(3)
    assert twin(*x).item() == 0.0


def test_a_module_that_compares_by_its_fields(rng: np.random.Generator):
    """A dataclass cannot be hashed."""

    @dataclass
    class Scale(nn.Module):
        weight: Any

        def forward(self, x: Any) -> Any:
            return x * self.weight

    scale = Scale(leaf(3))
    loss = lambda x: scale(x).sum()  # noqa: E731
    assert_same(tg.compile(loss), loss, [scale.weight], batches(rng, 3))


def test_memory(rng: np.random.Generator):
    """A replay leaves no cycles; arguments of earlier calls are gone, and so is the code of a function that is gone."""
    model = nn.mlp([40, 50, 3], rng=0)
    tg.optim.SGD(model.parameters(), lr=0.1)
    step = tg.compile(lambda x, y: tg.losses.cross_entropy(model(x), y))
    arrays = [rng.standard_normal((20, 40)).astype("f4") for _ in range(4)]
    gone = [weakref.ref(array) for array in arrays]
    gc.collect()
    gc.disable()
    try:
        for array in arrays:
            step(tg.Tensor(array), rng.integers(0, 3, 20))
        x, y = tg.Tensor(array), rng.integers(0, 3, 20)
        del arrays, array
        assert [reference() is None for reference in gone] == [True] * 3 + [False]
    finally:
        gc.enable()
    gc.collect()
    step(x, y)
    objects = len(gc.get_objects())
    for _ in range(5):
        step(x, y)
    assert len(gc.get_objects()) <= objects + 1  # the list itself
    assert gc.collect() == 0
    name = step.source
    assert any("".join(entry[2]) == name for entry in linecache.cache.values() if len(entry) == 4)
    del step
    gc.collect()
    assert not any("".join(entry[2]) == name for entry in linecache.cache.values() if len(entry) == 4)


def test_threads(rng: np.random.Generator):
    w, wrong = leaf(3), []
    step = tg.compile(lambda x: ((x * w).sum(), x * w))

    def work(seed: int) -> None:
        for (x,) in batches(np.random.default_rng(seed), 3, n=100):
            if not same(step(x)[1].numpy(), x.numpy() * w.numpy()):
                wrong.append(seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
