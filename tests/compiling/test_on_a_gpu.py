"""Compiled steps on a GPU: the numbers of the ordinary pass, to rounding, in few launches."""

from __future__ import annotations

import re
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from compiling import test_fuzz, test_training
from compiling.compare import call_both
from compiling.test_operations import CASES, REFUSED
from emulator import activating
from engine.cases import Case
from tinygrad_edu import nn
from tinygrad_edu.backends import blas
from tinygrad_edu.train import update

pytestmark = pytest.mark.gpu
ROUNDING = {"float64": 1e-9, "float32": 1e-3, "float16": 0.05}


def close(a: Any, b: Any, least: float = 0.0) -> bool:
    """Whether two arrays (or None) have the same shape and dtype, and numbers that differ by rounding."""
    if a is None or b is None:
        return a is b
    limit = max(ROUNDING.get(a.dtype.name, 0), least)
    finite = a[np.isfinite(a)]
    largest = np.abs(finite).max() if finite.size else 0
    with np.errstate(all="ignore"):
        return bool(
            a.shape == b.shape and a.dtype == b.dtype and np.allclose(a, b, limit, limit * largest, equal_nan=True)
        )


def groups() -> dict[str, list[Case]]:
    """The cases of each operation, which one function computes; those apart of which some may be refused."""
    found: dict[str, list[Case]] = defaultdict(list)
    for case in CASES:
        found[str(case) if case.name in REFUSED or str(case) == MOVED else case.name].append(case)
    return found


MOVED = "move to the host"  # where it is only in part on one device, it runs as it is


@pytest.mark.parametrize("cases", [pytest.param(cases, id=name) for name, cases in groups().items()])
def test_an_operation(cases: list[Case]):
    leaves = [[tg.Tensor(operand, requires_grad=True, device="cuda") for operand in case.operands] for case in cases]

    def function(scale: tg.Tensor) -> Any:
        loss: Any = 0.0
        found = []
        for case, own in zip(cases, leaves, strict=True):
            result = case.function(*own)
            found.append(case.function(*[leaf * scale for leaf in own]))
            loss = loss + (result * result).sum() + tg.sin(found[-1]).sum()
        return loss, *found

    step = tg.compile(function, strict=False)
    for k in range(4):
        scale = tg.Tensor(np.array(1 + k / 16), device="cuda")
        call_both(step, function, [leaf for own in leaves for leaf in own], scale, equal=close)
    refused = cases[0].name in REFUSED and re.search("anew|single numbers", step.why_not or "")
    assert refused or str(cases[0]) == MOVED or "KERNELS" in step.source, step.why_not


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("first", range(0, 120, 20))
def test_random_programs(first: int):
    equal = partial(close, least=ROUNDING["float32"])  # a result of float64 may come from others of float32
    replayed = sum(test_fuzz.check(seed, "cuda", equal) for seed in range(first, first + 20))
    assert replayed > 12  # the others compare single numbers, for a where


@pytest.mark.parametrize("kind, data, loss, settings", test_training.RUNS, ids=lambda x: str(x))
def test_a_run(kind: str, data: str, loss: str, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch):
    """Training by `fit`, against the same uncompiled. (Adam would make whole steps of rounding errors, where the
    gradient is 0, as that of hinge often is.)"""
    steps: list[Any] = []
    monkeypatch.setattr(update, "compile", lambda *a, **kw: steps.append(tg.compile(*a, **kw)) or steps[-1])
    uncompiled, compiled = (test_training.run(kind, data, loss, settings, way, "cuda", "SGD") for way in (False, True))
    (step,) = steps
    assert step.why_not is None and "KERNELS" in step.source
    for a, b in zip(uncompiled, compiled, strict=True):
        np.testing.assert_allclose(a, b, 1e-3, 1e-4)


# --- a training step --------------------------------------------------------------------------------------------------


def network(*sizes: int, batch: int = 16) -> tuple[nn.Sequential, list[tuple[tg.Tensor, tg.Tensor]]]:
    """Dense layers with relu between them, and six batches of as many classes as there are outputs (seeds 0 and 1)."""
    rng = np.random.default_rng(0)
    last = len(sizes) - 2
    layers = [
        nn.Dense(n, m, activation="relu" if k < last else None, rng=rng) for k, (n, m) in enumerate(pairwise(sizes))
    ]
    rng = np.random.default_rng(1)
    arrays = [(rng.standard_normal((batch, sizes[0])), rng.integers(0, sizes[-1], batch)) for _ in range(6)]
    batches = [(tg.Tensor(x, dtype="float32", device="cuda"), tg.Tensor(y, device="cuda")) for x, y in arrays]
    return nn.Sequential(*layers).to("cuda"), batches


def losses_of(way: str, sizes: tuple[int, ...], kind: str = "Adam", **settings: Any) -> list[float]:
    """The losses of six steps: in parts, with a compiled loss, or as one compiled step."""
    model, batches = network(*sizes)
    optimizer = getattr(tg.optim, kind)(model.parameters(), lr=0.01, **settings)

    def function(x: tg.Tensor, y: tg.Tensor) -> tg.Tensor:
        return tg.losses.cross_entropy(model(x), y)

    step = tg.compile(function, optimizer=optimizer if way == "one step" else None)
    found = []
    for x, y in batches:
        if way == "one step":
            found.append(step(x, y))
            continue
        optimizer.zero_grad()
        loss = step(x, y) if way == "compiled" else function(x, y)
        if way == "in parts":
            loss.backward()
        optimizer.step()
        found.append(loss)
    return [loss.item() for loss in found]


@pytest.mark.parametrize("kind", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta"])
@pytest.mark.parametrize("sizes", [(7, 5, 3), (33, 40, 300), (4, 2000, 3)], ids=str)
def test_a_training_step(sizes: tuple[int, ...], kind: str):
    settings = {"momentum": 0.9, "nesterov": True} if kind == "SGD" else {}
    expected = losses_of("in parts", sizes, kind, **settings)
    for way in ("compiled", "one step"):
        np.testing.assert_allclose(losses_of(way, sizes, kind, **settings), expected, 1e-4, err_msg=way)


@pytest.mark.emulator
def test_launches_of_a_training_step():
    """A product, bias and relu; a product, bias, loss and slope; the mean; five for the gradients; and the update."""
    model, batches = network(784, 256, 10, batch=128)
    optimizer = tg.optim.Adam(model.parameters())
    step = tg.compile(lambda x, y: tg.losses.cross_entropy(model(x), y), optimizer=optimizer)
    for x, y in batches[:4]:
        step(x, y)
    with activating.counting() as count:
        step(*batches[4])
    assert count == activating.Count(launches=11)


def test_what_it_gave_stays_as_it_is():
    model, batches = network(6, 5, 4)
    step = tg.compile(lambda x, y: (tg.losses.cross_entropy(model(x), y), model(x)))
    results = [step(x, y) for x, y in batches]
    for (x, y), (loss, prediction) in zip(batches, results, strict=True):
        np.testing.assert_allclose(prediction.numpy(), model(x).numpy(), 1e-5, 1e-6)
        np.testing.assert_allclose(loss.item(), tg.losses.cross_entropy(model(x), y).item(), 1e-5)


def test_gradients_are_added_up():
    model, batches = network(6, 5, 4)
    optimizer = tg.optim.SGD(model.parameters(), lr=0.1)  # its flat array holds the gradients
    function = lambda x, y: tg.losses.cross_entropy(model(x), y)  # noqa: E731
    step = tg.compile(function)
    for x, y in batches:
        step(x, y)
    found = [p.grad.numpy().copy() for p in model.parameters()]
    optimizer.zero_grad()
    for x, y in batches:
        function(x, y).backward()
    for gradient, p in zip(found, model.parameters(), strict=True):
        np.testing.assert_allclose(gradient, p.grad.numpy(), 1e-4, 1e-6)


def test_two_threads():
    """Each step asks for all of itself at once: intermediate results of both lie in the same memory."""
    model, batches = network(32, 64, 10)
    step = tg.compile(lambda x, y: tg.losses.cross_entropy(model(x), y))
    expected = [step(x, y).item() for x, y in batches]
    with ThreadPoolExecutor(2) as pool:
        for _ in range(5):
            found = list(pool.map(lambda batch: step(*batch).item(), batches))
            np.testing.assert_allclose(found, expected, 1e-6)


def test_labels_of_the_host_are_checked_in_each_call():
    model, batches = network(6, 5, 4)
    optimizer = tg.optim.Adam(model.parameters(), lr=0.01)
    step = tg.compile(lambda x, y: tg.losses.cross_entropy(model(x), y), optimizer=optimizer)
    for x, y in batches:
        step(x, y.numpy())
    before = [p.numpy().copy() for p in model.parameters()]
    with pytest.raises(tg.DataError, match="label 4 at position 3 is out of range"):
        step(batches[0][0], np.array([0, 1, 2, 4] * 4))
    for array, p in zip(before, model.parameters(), strict=True):
        np.testing.assert_array_equal(array, p.numpy())
    assert step(batches[0][0], batches[0][1].numpy()).item() > 0


def test_arguments_in_any_order_of_memory():
    model, batches = network(6, 5, 4)
    step = tg.compile(lambda x: model(x).sum())
    for x, _ in batches:
        turned = tg.Tensor(np.asfortranarray(x.numpy()), device="cuda")
        strided = tg.Tensor(np.repeat(x.numpy(), 2, axis=1), device="cuda")[:, ::2]
        for argument in (x, turned, strided):
            np.testing.assert_allclose(step(argument).item(), model(x).sum().item(), 1e-4)


def test_a_parameter_in_another_order_of_memory_is_refused():
    w = tg.Tensor(np.ones((3, 4)), requires_grad=True, device="cuda")
    w.data = w.data.T
    step = tg.compile(lambda x: (x @ w).sum(), strict=False)
    for k in range(3):
        assert step(tg.Tensor(np.full((2, 4), float(k)), device="cuda")).item() == 24.0 * k
    assert step.why_not is not None and "in the order of its rows" in step.why_not


def test_other_weights_are_worked_on():
    """`p.data = ...` and `load_state_dict`, between two replays."""
    model, batches = network(6, 5, 4)
    step = tg.compile(lambda x, y: tg.losses.cross_entropy(model(x), y))
    for x, y in batches[:3]:
        step(x, y)
    for p in model.parameters():
        p.data = tg.Tensor(p.numpy() * 0.5, device="cuda").data
    x, y = batches[3]
    np.testing.assert_allclose(step(x, y).item(), tg.losses.cross_entropy(model(x), y).item(), 1e-5)


@pytest.mark.parametrize("tf32", [False, True])
def test_products_are_as_precise_as_those_of_cupy(tf32: bool, monkeypatch: pytest.MonkeyPatch):
    """The switch holds for replays, too; on a device that does not know TF32 the numbers are the same."""
    model, batches = network(64, 32, 4)
    step = tg.compile(lambda x: model(x).sum())
    for x, _ in batches[:3]:
        step(x)
    tg.backends.allow_tf32(tf32)
    try:
        step(batches[3][0])
        assert tg.backends.get("cuda")._blas.float32.value == (blas.TF32 if tf32 else blas.FLOAT32)
        np.testing.assert_allclose(step(batches[3][0]).item(), model(batches[3][0]).sum().item(), 1e-5)
    finally:
        tg.backends.allow_tf32(False)


# --- as a CUDA graph --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["SGD", "Adam"])
def test_a_captured_step(kind: str):
    """The numbers of one that is not captured, also while the learning rate changes."""
    found = []
    for capture in (False, True):
        model, batches = network(33, 40, 10)
        optimizer = getattr(tg.optim, kind)(model.parameters(), lr=0.01)
        step = tg.compile(
            lambda x, y, model=model: tg.losses.cross_entropy(model(x), y), optimizer=optimizer, capture=capture
        )
        losses = []
        for k, (x, y) in enumerate(2 * batches):
            optimizer.lr = 0.01 / (k + 1)
            losses.append(step(x, y))
        found.append([loss.item() for loss in losses] + [p.numpy() for p in model.parameters()])
    for a, b in zip(*found, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_captured_loss_without_an_optimizer():
    """Gradients are handed out, and stay as they are, or are added up."""
    model, batches = network(6, 5, 4)
    function = lambda x, y: (tg.losses.cross_entropy(model(x), y), model(x))  # noqa: E731
    step, plain = tg.compile(function, capture=True), tg.compile(function)
    for _ in range(2):
        results = []
        for way in (step, plain):
            for p in model.parameters():
                p.grad = None
            given = [way(x, y) for x, y in batches]
            results.append([x.numpy() for pair in given for x in pair] + [p.grad.numpy() for p in model.parameters()])
        for a, b in zip(*results, strict=True):
            np.testing.assert_array_equal(a, b)


def test_it_is_captured_anew_for_other_weights():
    model, batches = network(6, 5, 4)
    step = tg.compile(lambda x, y: tg.losses.cross_entropy(model(x), y), capture=True)
    for x, y in batches:
        step(x, y)
    for p in model.parameters():
        p.data = tg.Tensor(p.numpy() * 0.5, device="cuda").data
    for x, y in batches:
        np.testing.assert_allclose(step(x, y).item(), tg.losses.cross_entropy(model(x), y).item(), 1e-5)


@pytest.mark.parametrize(
    "layer, word", [(nn.Dropout(0.5), "factor"), (lambda h: tg.cumsum(h, axis=0), "cumsum")], ids=["dropout", "cumsum"]
)
def test_what_cannot_be_captured(layer: Any, word: str):
    model, batches = network(6, 5, 4)
    step = tg.compile(lambda x: layer(model(x)).sum(), capture=True)
    step(batches[0][0])
    with pytest.raises(tg.CompileError, match=f"it calls {word}, which is no kernel of its own.*capture=True"):
        step(batches[1][0])
