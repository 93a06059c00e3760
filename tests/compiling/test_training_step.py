"""A compiled step with the update in it: the numbers of the separate way to the last bit, and those of PyTorch."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from optim.small import EVERY
from oracle import frozen
from oracle.optim_cases import SETTINGS, START, STEPS, X, Y, grouped, loss_of
from tinygrad_edu.optim import Optimizer
from tinygrad_edu.tensors.storing import end_ahead, go_ahead

EXACT = {"rtol": 1e-9, "atol": 1e-9}
Parameters = list[tg.Tensor]


@pytest.fixture
def spent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The optimizers that updated weights within a replay, in the order of the calls."""
    found: list[Any] = []
    spend = Optimizer.spend
    monkeypatch.setattr(Optimizer, "spend", lambda self: found.append(self) or spend(self))
    return found


def parameters(dtype: str = "float64") -> Parameters:
    return [tg.Tensor(start, requires_grad=True, dtype=dtype) for start in START]


def targets(dtype: str = "float64") -> list[tg.Tensor]:
    return [tg.Tensor(y, dtype=dtype) for y in Y]


def loss(params: Parameters) -> Callable[..., tg.Tensor]:
    x = tg.Tensor(X, dtype=params[0].dtype)
    return lambda y: loss_of(tg.tanh, x, y, *params)


def separately(function: Callable[..., Any], optimizer: Any, *arguments: Any) -> tg.Tensor:
    optimizer.zero_grad()
    result = function(*arguments)
    result.backward()
    optimizer.step()
    optimizer.zero_grad()
    return result


@pytest.mark.parametrize("kind", SETTINGS)
def test_it_gives_pytorch_s_numbers(kind: str, spent: list[Any]) -> None:
    expected = frozen.load(f"optim_{kind.lower()}")
    for settings in SETTINGS[kind]:
        for way in ["all"] + ["groups"] * (settings is SETTINGS[kind][-1]):
            params = parameters()
            groups: Any = grouped(params, settings.get("lr", 1.0)) if way == "groups" else params
            step = tg.compile(loss(params), optimizer=getattr(tg.optim, kind)(groups, **settings))
            seen: list[float] = []
            spent.clear()
            for k, y in enumerate(targets()):
                step(y)
                if k % 10 == 9:
                    seen += [number for p in params for number in p.numpy().ravel().tolist()]
            name = " ".join(f"{key}={value}" for key, value in settings.items())
            np.testing.assert_allclose(seen, expected[f"{name} ({way})"], **EXACT, err_msg=name)
            assert len(spent) == STEPS - 2  # all but the two that were recorded


def disturb(k: int, optimizer: Any, params: Parameters) -> None:
    """What may happen between two steps."""
    if k in (5, 6):
        optimizer.lr = 0.0 if k == 5 else 0.03
    if k == 7:
        optimizer.load_state_dict(optimizer.state_dict())
    if k == 8:
        params[1].data = params[1].numpy() * 0.5
    if k == 9:
        params[0].grad = tg.Tensor(np.ones((3, 2)), dtype=params[0].dtype)
    if k == 10:
        optimizer.groups[0]["weight_decay"] = 0.01
    if k == 12:
        tg.optim.SGD(params[1:], lr=0.1)  # which takes them into arrays of its own


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
@pytest.mark.parametrize("kind, settings", EVERY, ids=str)
def test_it_gives_the_numbers_of_the_separate_way(kind: str, settings: Any, dtype: str, spent: list[Any]) -> None:
    sides = []
    for compiled in (True, False):
        params = parameters(dtype)
        optimizer, function = getattr(tg.optim, kind)(params, **settings), loss(params)
        step = tg.compile(function, optimizer=optimizer)
        numbers: list[Any] = []
        for k, y in enumerate(targets(dtype)[:20]):
            disturb(k, optimizer, params)
            result = step(y) if compiled else separately(function, optimizer, y)
            numbers += [result.numpy(), *[p.numpy().copy() for p in params]]
            assert all(p.grad is None for p in params)
        state = optimizer.state_dict()
        sides.append([*numbers, state["groups"][0]["steps"], *state["groups"][0]["state"][0].values()])
    assert bool(spent) == (dtype != "float16")  # whose weights are updated in copies of float32
    for a, b in zip(*sides, strict=True):
        np.testing.assert_array_equal(a, b)


# --- when it goes the separate way -----------------------------------------------------------------------------------


class Counting(tg.optim.SGD):
    """Somebody's own step."""

    steps = 0

    def step(self) -> None:
        self.steps += 1
        super().step()


def one_without_gradient(params: Parameters) -> Any:
    return tg.optim.Adam([*params, tg.Tensor(np.ones(3), requires_grad=True)], lr=0.1)


SEPARATE: dict[str, Callable[[Parameters], Any]] = {
    "a parameter without a gradient": one_without_gradient,
    "a parameter that is not the optimizer's": lambda params: tg.optim.Adam(params[:2], lr=0.1),
    "a step of its own": lambda params: Counting(params, lr=0.1, momentum=0.9),
}


@pytest.mark.parametrize("case", SEPARATE)
def test_where_it_goes_the_separate_way(case: str, spent: list[Any]) -> None:
    sides = []
    for compiled in (True, False):
        params = parameters()
        optimizer, function = SEPARATE[case](params), loss(params)
        step = tg.compile(function, optimizer=optimizer)
        for y in targets()[:6]:
            step(y) if compiled else separately(function, optimizer, y)
        others = [p.grad.numpy() for p in params if p.grad is not None]  # of who belongs to nobody, they add up
        sides.append([p.numpy() for p in (*optimizer.parameters, *params)] + others)
        assert not isinstance(optimizer, Counting) or optimizer.steps == 6
    assert not spent
    for a, b in zip(*sides, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_group_is_added_and_the_optimizer_exchanged(spent: list[Any]) -> None:
    params, other = parameters(), tg.Tensor(np.ones(2), requires_grad=True)
    second, first = tg.optim.Adam(params, lr=0.1), tg.optim.SGD(params, lr=0.1)  # which has the parameters
    step = tg.compile(loss(params), optimizer=first)
    for y in targets()[:4]:
        step(y)
    assert spent == [first] * 2
    first.add_group({"params": [other]})
    step(targets()[4])
    assert spent == [first] * 2
    step.optimizer = second
    for y in targets()[5:7]:
        before = params[0].numpy().copy()
        step(y)
        assert 0.09 < np.abs(params[0].numpy() - before).max() < 0.11  # what Adam begins with
    assert spent == [first, first, second]  # in the first of both it has brought them home


def test_beside_a_pass_that_has_the_buffers(spent: list[Any]) -> None:
    """As one of another thread has them, or the one whose observer makes this step."""
    sides = []
    for busy in (True, False):
        params = parameters()
        step = tg.compile(loss(params), optimizer=tg.optim.SGD(params, lr=0.1))
        for y in targets()[:4]:
            step(y)
        spent.clear()
        if busy:
            assert go_ahead()
        try:
            step(targets()[4])
        finally:
            if busy:
                end_ahead()
        assert bool(spent) != busy
        sides.append([p.numpy() for p in params])
    for a, b in zip(*sides, strict=True):
        np.testing.assert_array_equal(a, b)


def test_two_threads_train_networks_of_their_own() -> None:
    def train(found: list[Any]) -> None:
        params = parameters()
        step = tg.compile(loss(params), optimizer=tg.optim.Adam(params, lr=0.05))
        for y in targets() * 4:
            step(y)
        found += [p.numpy() for p in params]

    results: list[list[Any]] = [[], [], []]
    threads = [threading.Thread(target=train, args=(found,)) for found in results[:2]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    train(results[2])
    for a, b, c in zip(*results, strict=True):
        np.testing.assert_array_equal(a, c)
        np.testing.assert_array_equal(b, c)


# --- errors, graphs, what is given -----------------------------------------------------------------------------------


def classifier() -> tuple[tg.nn.Module, tg.Compiled]:
    model = tg.nn.Sequential(tg.nn.Dense(3, 4, activation="relu", rng=np.random.default_rng(0)))
    optimizer = tg.optim.SGD(model.parameters(), lr=0.1)
    return model, tg.compile(lambda x, y: tg.losses.cross_entropy(model(x), y), optimizer=optimizer)


def test_a_wrong_label_changes_nothing_and_the_next_step_is_right(rng: np.random.Generator) -> None:
    model, step = classifier()
    x = tg.Tensor(rng.standard_normal((5, 3)), dtype="float32")
    for _ in range(3):
        step(x, np.array([0, 1, 2, 3, 0]))
    before = model.state_dict()
    with pytest.raises(tg.errors.DataError, match="label"):
        step(x, np.array([0, 1, 4, 3, 0]))
    for name, array in model.state_dict().items():
        np.testing.assert_array_equal(array, before[name])
    assert step(x, np.array([0, 1, 2, 3, 0])).item() > 0 and all(p.grad is None for p in model.parameters())


@pytest.mark.parametrize("use", ["the weights", "an earlier gradient"])
def test_a_graph_of_before_an_update_cannot_be_differentiated(use: str) -> None:
    params = parameters()
    function = loss(params)
    step = tg.compile(function, optimizer=tg.optim.SGD(params, lr=0.1))
    for y in targets()[:3]:
        step(y)
    function(targets()[3]).backward()
    w = tg.Tensor(np.ones((3, 2)), requires_grad=True)
    gradient = params[0].grad
    assert gradient is not None
    product = (w * (params[0] if use == "the weights" else gradient)).sum()
    step(targets()[4])
    with pytest.raises(tg.errors.GraphError, match="changed"):
        product.backward()


def test_what_is_given_is_nobody_s_buffer(rng: np.random.Generator) -> None:
    """Where a result is, by chance, a view of what the gradient is."""
    w = tg.Tensor(rng.standard_normal((4, 3)), requires_grad=True)
    x = tg.Tensor(rng.standard_normal((4, 3)))
    function = lambda x: ((w * (x * 2.0)).sum(), (x * 2.0).reshape(12))  # noqa: E731
    step = tg.compile(function, optimizer=tg.optim.SGD([w], lr=0.1))
    given = [step(x)[1] for _ in range(4)]
    for result in given:
        np.testing.assert_array_equal(result.numpy(), x.numpy().ravel() * 2)


def test_values() -> None:
    sides = []
    for compiled in (True, False):
        w, b = tg.Value(0.3), tg.Value(-0.2)
        function = lambda x, y, w=w, b=b: (tg.tanh(w * x + b) - y) ** 2  # noqa: E731
        optimizer = tg.optim.Adam([w, b], lr=0.1)
        step = tg.compile(function, optimizer=optimizer)
        for k in range(20):
            step(k * 0.1, 1.0) if compiled else separately(function, optimizer, k * 0.1, 1.0)
            assert w.grad == b.grad == 0.0
        if compiled:
            step.mean_over([(1.0, 0.5), (1.0, 0.5)])
        else:
            separately(function, optimizer, 1.0, 0.5)
        sides.append([w.data, b.data])
    np.testing.assert_allclose(*sides, rtol=1e-12)


def test_its_source_shows_loss_gradients_and_update() -> None:
    params = parameters()
    step = tg.compile(loss(params), optimizer=tg.optim.SGD(params, lr=0.1))
    assert step.source.startswith("#")
    for y in targets()[:3]:
        step(y)
    assert (
        step.source.index("# matmul, backward") < step.source.index("# SGD") < step.source.index("def update(w, g, n0)")
    )
    assert "    multiply(n0, g, out=g)\n    subtract(w, g, out=w)\n" in step.source


@pytest.mark.parametrize("settings, updates", [({}, 12), ({"accumulate": 2}, 0), ({"clip_norm": 1.0}, 0)], ids=str)
def test_fit_trains_with_it(settings: Any, updates: int, spent: list[Any], rng: np.random.Generator) -> None:
    model = tg.nn.Sequential(tg.nn.Dense(3, 4, activation="relu", rng=rng), tg.nn.Dense(4, 1, rng=rng))
    x = rng.standard_normal((32, 3))
    list(
        tg.train.fit(model, (x, x[:, 0]), "mse", tg.optim.Adam(model.parameters()), epochs=7, batch_size=16, **settings)
    )
    assert len(spent) == updates  # of the 14, two are recorded
