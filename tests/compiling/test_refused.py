"""What cannot be replayed is refused with the reason; errors come as they do uncompiled."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from compiling.compare import batches, leaf, numbers, same, uncompiled
from tinygrad_edu import nn
from tinygrad_edu.graph.modes import MODES, RECORDING
from tinygrad_edu.graph.operation import REGISTRY, elementwise

# --- what is refused --------------------------------------------------------------------------------------------------


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
        return (x * self.w * self.optimizer.parameters[0]._buffer).sum()

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


# --- errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", range(1, 5))
def test_an_exception_in_a_call(n: int, rng: np.random.Generator):
    """It comes out as it is, and changes nothing: modes, gradients, what later calls do."""
    w, calls = leaf(3), []

    def loss(x: Any) -> Any:
        calls.append(x)
        if len(calls) == n:
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


def test_a_cuda_graph_on_the_cpu():
    w = tg.Tensor([1.0, 2.0], requires_grad=True)
    step = tg.compile(lambda x: (w * x).sum(), capture=True)
    step(tg.Tensor([1.0, 2.0]))
    with pytest.raises(tg.CompileError, match="computed on the CPU, and capture=True makes a CUDA graph"):
        step(tg.Tensor([1.0, 3.0]))
