"""An optimizer's state: a run that is resumed gives the same numbers, and a state that does not fit changes nothing."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from optim.small import EVERY, loss_of, two
from tinygrad_edu.optim import Adam, Optimizer


@pytest.mark.parametrize(("kind", "settings"), EVERY)
def test_a_run_resumes_with_the_same_numbers(kind: str, settings: dict[str, Any], device: str) -> None:
    def descend(optimizer: Optimizer, w: tg.Tensor, b: tg.Tensor, steps: range) -> None:
        for step in steps:
            optimizer.zero_grad()
            loss_of(w, b).backward()
            if step % 3 == 1:
                w.grad = None
            optimizer.step()

    w, b = two(device)
    optimizer = getattr(tg.optim, kind)([{"params": [w]}, {"params": [b], "weight_decay": 0.1}], **settings)
    descend(optimizer, w, b, range(5))
    saved, weights = copy.deepcopy(optimizer.state_dict()), (w.numpy(), b.numpy())
    descend(optimizer, w, b, range(5, 10))

    again = [tg.Tensor(x, requires_grad=True, device=device) for x in weights]
    other = getattr(tg.optim, kind)([{"params": p} for p in again], lr=7.0)
    other.load_state_dict(saved)
    assert other.lr == optimizer.lr and other.groups[1]["weight_decay"] == 0.1
    descend(other, *again, range(5, 10))
    np.testing.assert_array_equal(again[0].numpy(), w.numpy())
    np.testing.assert_array_equal(again[1].numpy(), b.numpy())


def test_values_resume_too() -> None:
    a, b = tg.Value(1.0), tg.Value(1.0)
    first, second = Adam([a]), Adam([b])
    for _ in range(3):
        a.grad = 2.0
        first.step()
    b.data = a.data
    second.load_state_dict(first.state_dict())
    a.grad, b.grad = 1.0, 1.0
    first.step()
    second.step()
    assert a.data == b.data


def test_a_state_is_a_copy() -> None:
    w, b = two()
    optimizer = Adam([w, b])
    loss_of(w, b).backward()
    optimizer.step()
    state = optimizer.state_dict()
    before = copy.deepcopy(state)
    optimizer.step()
    np.testing.assert_array_equal(state["groups"][0]["state"][0]["m"], before["groups"][0]["state"][0]["m"])
    assert state["groups"][0]["steps"] == [[1, 1]]


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda s: s.update(kind="SGD"), "the state is that of SGD, this optimizer is Adam"),
        (lambda s: s.pop("kind"), "the state is that of None"),
        (lambda s: s.pop("groups"), "other parameters, or damaged"),
        (lambda s: s["groups"].append(s["groups"][0]), "other parameters"),
        (lambda s: s["groups"][0]["settings"].pop("eps"), "lacks the field 'eps'"),
        (lambda s: s["groups"][0]["settings"].update(lr=-1.0), "lr must be a number of at least 0"),
        (lambda s: s["groups"][0]["steps"][0].pop(), "1 step counters for 2 parameters"),
        (lambda s: s["groups"][0].update(state=[]), "other parameters"),
        (lambda s: s["groups"][0]["state"][0].pop("v"), "damaged"),
        (lambda s: s["groups"][0]["state"][0].update(m=np.zeros(5)), r"m has shape \(5,\), not \(6,\)"),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(damage: Any, says: str) -> None:
    w, b = two()
    optimizer = Adam([w, b])
    loss_of(w, b).backward()
    optimizer.step()
    before = optimizer.state_dict()
    state = copy.deepcopy(before)
    state["groups"][0]["settings"]["lr"] = 0.5
    state["groups"][0]["state"][0]["m"] = np.ones(6)
    damage(state)
    with pytest.raises(tg.StateError, match=says):
        optimizer.load_state_dict(state)
    np.testing.assert_equal(optimizer.state_dict(), before)


@pytest.mark.parametrize(("kind", "settings"), EVERY)
def test_each_parameter_by_itself(kind: str, settings: dict[str, Any], device: str) -> None:
    """Copies, in the shapes of the parameters; before the first update the states are what they start with."""
    w, b = two(device)
    optimizer = getattr(tg.optim, kind)([w, b], **settings)
    before = list(optimizer.parameter_states())
    initial = optimizer.initial_state(optimizer.groups[0])
    assert all(state.parameter is p for state, p in zip(before, (w, b), strict=True)) and [
        state.updates for state in before
    ] == [0, 0]
    for state, p in zip(before, (w, b), strict=True):
        assert state.states.keys() == initial.keys() and state.settings["lr"] == optimizer.lr
        assert all((array == initial[name]).all() and array.shape == p.shape for name, array in state.states.items())
    loss_of(w, b).backward()
    b.grad = None
    optimizer.step()
    after = list(optimizer.parameter_states())
    assert [state.updates for state in after] == [1, 0]
    np.testing.assert_array_equal(after[0].weights, w.numpy())
    assert (after[0].weights != before[0].weights).any() and (after[1].weights == before[1].weights).all()
    flat = optimizer.state_dict()["groups"][0]["state"][0]
    for name in initial:
        np.testing.assert_array_equal(np.concatenate([s.states[name].ravel() for s in after]), flat[name])


def test_a_parameter_of_float16_is_what_is_updated_in_its_place() -> None:
    w = tg.Tensor([1.0, 2.0], requires_grad=True, dtype="float16")
    optimizer = tg.optim.SGD([w], lr=1e-4)
    w.grad = tg.Tensor([1.0, 1.0], dtype="float16")
    optimizer.step()
    (state,) = optimizer.parameter_states()
    assert state.weights.dtype == np.float32 and state.states == {}
    assert state.weights[0] == pytest.approx(0.9999, abs=1e-6) and w.numpy()[0] == 1.0
