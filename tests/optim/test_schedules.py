"""Schedules: groups, one after another, state, and the errors. Their numbers are in test_trajectories.py."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

import tinygrad_edu as tg
from oracle.optim_cases import LOSSES, SCHEDULES, schedule_of
from tinygrad_edu import optim

EVERY = [(kind, settings) for kind, cases in SCHEDULES.items() for settings in cases]


def adam(lr: float = 0.1) -> optim.Adam:
    a, b = tg.Value(1.0), tg.Value(2.0)
    return optim.Adam([{"params": [a]}, {"params": [b], "lr": 0.03}], lr=lr)


def go(schedule: Any, steps: range) -> None:
    for step in steps:
        schedule.step(*([LOSSES[step]] if isinstance(schedule, optim.ReduceLROnPlateau) else []))


@pytest.mark.parametrize(("kind", "settings"), EVERY)
def test_a_schedule_goes_on_from_its_state(kind: str, settings: dict[str, Any]) -> None:
    optimizer, other = adam(), adam()
    schedule = schedule_of(optim, optimizer, kind, settings)
    go(schedule, range(23))
    saved = json.loads(json.dumps([optimizer.state_dict(), schedule.state_dict()], default=list, allow_nan=False))
    again = schedule_of(optim, other, kind, settings)
    other.load_state_dict(saved[0])
    again.load_state_dict(saved[1])
    assert again.lrs == schedule.lrs and again.steps == 23
    for step in range(23, 50):
        go(schedule, range(step, step + 1))
        go(again, range(step, step + 1))
        assert again.lrs == schedule.lrs
        assert list(other.groups[0]["betas"]) == list(optimizer.groups[0]["betas"])


def test_a_second_schedule_goes_on_from_the_first() -> None:
    optimizer = adam()
    warmup = optim.WarmupLR(optimizer, start_factor=0.5)
    assert warmup.lrs == [0.05, 0.015]
    assert optim.StepLR(optimizer, 1).lrs == [0.05, 0.015]


def test_a_rate_of_0_is_no_start_for_another_schedule() -> None:
    optimizer = adam()
    go(optim.CosineLR(optimizer, T_max=5), range(5))
    assert optimizer.lr == 0
    with pytest.raises(tg.ArgumentError, match=r"CosineLR: .* is 0, where an earlier .*optimizer\.lr = 0\.1"):
        optim.CosineLR(optimizer, T_max=5)
    optimizer.lr = 0.2
    assert optim.CosineLR(optimizer, T_max=5).lrs == pytest.approx([0.2, 0.2])


def test_a_rate_assigned_before_the_schedule_counts() -> None:
    optimizer = adam()
    optimizer.lr = 1.0
    assert optim.ExponentialLR(optimizer, 0.5).lrs == [1.0, 1.0]


# --- rates that are set by hand --------------------------------------------------------------------------------------


def floor_of(kind: str, settings: dict[str, Any]) -> float:
    return 0.01 if kind == "Sequence" else settings.get("eta_min", 0.0)


HELD = [case for case in EVERY if not {"min_lr", "eps"} & set(case[1])]  # bounds are not scaled


def by_hand(optimizer: Any, way: str, floor: float) -> None:
    """Three times the rates, of both groups, above the floor."""
    rates = [floor + 3 * (group["lr"] - floor) for group in optimizer.groups]
    if way == "optimizer.lr":
        optimizer.lr = rates[0]
    else:
        for group, rate in zip(optimizer.groups, rates, strict=True):
            group["lr"] = rate


@pytest.mark.parametrize("resumed", [False, True])
@pytest.mark.parametrize("way", ["optimizer.lr", "group"])
@pytest.mark.parametrize(("kind", "settings"), HELD)
def test_a_rate_set_by_hand_scales_all_that_follow(kind: str, settings: Any, way: str, resumed: bool) -> None:
    """Also after the lowest point of a cosine, in the next part of a sequence, and after a resume."""
    optimizer, other, floor = adam(), adam(), floor_of(kind, settings)
    schedule, undisturbed = schedule_of(optim, optimizer, kind, settings), schedule_of(optim, other, kind, settings)
    for step in range(49):
        if step == 8:
            by_hand(optimizer, way, floor)
        if resumed and step in (8, 20):
            saved = json.loads(json.dumps([optimizer.state_dict(), schedule.state_dict()], default=list))
            optimizer = adam()
            schedule = schedule_of(optim, optimizer, kind, settings)
            optimizer.load_state_dict(saved[0])
            schedule.load_state_dict(saved[1])
        go(schedule, range(step, step + 1))
        go(undisturbed, range(step, step + 1))
        if step >= 8:
            lowest = 0.0 if kind == "Sequence" and step >= 24 else floor
            expected = lowest + 3 * (undisturbed.lrs[0] - lowest)
            assert schedule.lrs[0] == pytest.approx(expected, rel=1e-9), step


def test_a_rate_of_0_set_by_hand_is_left_again() -> None:
    optimizer = adam(lr=0.0)
    schedule = optim.ExponentialLR(optimizer, 0.5)
    go(schedule, range(2))
    for rate in (0.4, 0.0, 0.8):
        optimizer.lr = rate
        go(schedule, range(2, 4))
        assert optimizer.lr == pytest.approx(rate / 4)


def test_a_resumed_schedule_with_a_larger_T_max_is_on_its_new_curve() -> None:
    optimizer, other = adam(), adam()
    schedule = optim.CosineLR(optimizer, T_max=10)
    go(schedule, range(10))
    longer = optim.CosineLR(other, T_max=20)
    other.load_state_dict(optimizer.state_dict())
    longer.load_state_dict(schedule.state_dict())
    assert longer.lrs == pytest.approx([0.05, 0.015])
    go(longer, range(10, 15))
    assert longer.lrs == pytest.approx([0.05 * (1 + math.cos(0.75 * math.pi)), 0.015 * (1 + math.cos(0.75 * math.pi))])


# --- groups that are added, and other schedules beside OneCycleLR ----------------------------------------------------


def add_group(optimizer: Any, lr: float = 0.5) -> None:
    optimizer.add_group({"params": [tg.Value(3.0)], "lr": lr})


def test_a_group_added_to_one_cycle_joins_it() -> None:
    optimizer, other = adam(), adam()
    schedule, undisturbed = optim.OneCycleLR(optimizer, 0.5, 20), optim.OneCycleLR(other, 0.5, 20)
    for step in range(20):
        if step == 6:
            add_group(optimizer)
            optimizer.groups[2]["lr"] = schedule.lrs[0]
        go(schedule, range(1))
        go(undisturbed, range(1))
    assert schedule.lrs == pytest.approx([undisturbed.lrs[0]] * 3)
    assert optimizer.groups[2]["betas"] == optimizer.groups[0]["betas"]


def test_a_group_without_a_max_lr_of_its_own_is_refused() -> None:
    optimizer = adam()
    schedule = optim.OneCycleLR(optimizer, [0.5, 0.2], 20)
    go(schedule, range(3))
    add_group(optimizer)
    with pytest.raises(tg.StateError, match=r"max_lr has 2 rates, and the optimizer 3 groups: .* one max_lr for all"):
        schedule.step()
    assert schedule.steps == 3


def test_a_state_of_other_groups_is_refused() -> None:
    optimizer = adam()
    schedule = optim.ExponentialLR(optimizer, 0.5)
    state = schedule.state_dict()
    add_group(optimizer)
    with pytest.raises(tg.StateError, match=r"the state is that of 2 groups .* the optimizer has 3"):
        schedule.load_state_dict(state)


@pytest.mark.parametrize("kind", [kind for kind in SCHEDULES if kind != "Sequence"])
def test_one_cycle_is_for_the_whole_training(kind: str) -> None:
    optimizer = adam()
    first = optim.OneCycleLR(optimizer, 0.5, 20)
    first.step()
    second = schedule_of(optim, optimizer, kind, SCHEDULES[kind][0])
    go(second, range(1))
    with pytest.raises(
        tg.StateError, match=rf"OneCycleLR: {kind} changes .*Sequence\(\[first, second\], milestones=\[20"
    ):
        first.step()
    assert first.steps == 1


def test_one_cycle_after_another_schedule_that_is_over() -> None:
    optimizer = adam()
    warmup = optim.WarmupLR(optimizer, total_iters=3)
    go(warmup, range(3))
    schedule = optim.OneCycleLR(optimizer, 0.5, 20)
    go(schedule, range(20))
    again = optim.OneCycleLR(optimizer, 0.5, 20)
    go(again, range(20))
    assert again.lrs == schedule.lrs
    parts = [optim.OneCycleLR(optimizer, 0.5, 20), optim.OneCycleLR(optimizer, 0.1, 20)]
    sequence = optim.Sequence(parts, milestones=[20])
    go(sequence, range(20))
    assert sequence.lrs == pytest.approx([0.1 / 25] * 2)
    go(sequence, range(20))


# --- the numbers 0 and nan -------------------------------------------------------------------------------------------


def test_a_schedule_that_reaches_0_trains_on() -> None:
    a = tg.Value(1.0)
    optimizer = optim.SGD([a], lr=0.1)
    schedule = optim.CosineLR(optimizer, T_max=2)
    seen = []
    for _ in range(5):
        a.grad = 1.0
        before = a.data
        optimizer.step()
        seen.append(before - a.data)
        schedule.step()
    assert seen == pytest.approx([0.1, 0.05, 0.0, 0.05, 0.1], abs=1e-15)


def test_a_learning_rate_of_0() -> None:
    schedule = optim.StepLR(adam(lr=0.0), 1, gamma=0.5)
    schedule.step()
    assert schedule.lrs == [0.0, 0.015]


def test_plateau_takes_a_tensor_and_ignores_nan() -> None:
    optimizer = adam()
    schedule = optim.ReduceLROnPlateau(optimizer, patience=1, factor=0.5)
    schedule.step(tg.Tensor(1.0))
    assert schedule.best == 1.0
    for _ in range(2):
        schedule.step(math.nan)
    assert schedule.lrs == [0.05, 0.015] and schedule.best == 1.0


@pytest.mark.parametrize("first", [math.nan, math.inf])
def test_plateau_counts_a_first_number_that_is_none(first: float) -> None:
    schedule = optim.ReduceLROnPlateau(adam(), patience=0)
    schedule.step(first)
    assert schedule.best is None and schedule.lrs[0] == pytest.approx(0.01)


def test_one_cycle_gives_sgd_momentum() -> None:
    w = tg.Tensor([1.0], requires_grad=True, dtype="float64")
    optimizer = optim.SGD([w], lr=0.1)
    schedule = optim.OneCycleLR(optimizer, 0.5, 10)
    for _ in range(10):
        optimizer.zero_grad()
        (w * w).sum().backward()
        optimizer.step()
        schedule.step()
    assert optimizer.groups[0]["momentum"] == pytest.approx(0.95, abs=0.01)
    assert optimizer.state_dict()["groups"][0]["state"][0]["velocity"].shape == (1,)


@pytest.mark.parametrize("pct_start", [0.0, 0.1, 1.0])
def test_one_cycle_with_a_phase_of_no_length(pct_start: float) -> None:
    schedule = optim.OneCycleLR(adam(), 0.5, 10, pct_start=pct_start)
    for _ in range(10):
        assert all(0 <= lr <= 0.5 for lr in schedule.lrs)
        schedule.step()


def test_one_cycle_ends() -> None:
    schedule = optim.OneCycleLR(adam(), 0.5, 3)
    for _ in range(3):
        schedule.step()
    lrs = schedule.lrs
    with pytest.raises(tg.StateError, match="its 3 steps are over; give it a larger total_steps"):
        schedule.step()
    assert schedule.steps == 3 and schedule.lrs == lrs


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ({"kind": "CosineLR", "steps": 3}, "the state is that of CosineLR, this schedule is StepLR"),
        ({"steps": 3}, "the state is that of None"),
        ({"kind": "StepLR"}, "StepLR: .* lacks the field 'steps'"),
        ({"kind": "StepLR", "steps": "three"}, "steps should be .* is .three"),
        ({"kind": "StepLR", "steps": -1}, "steps should be .*, and is -1"),
        ({"kind": "StepLR", "steps": 1, "scales": ["a", 1]}, r"scales\[0\] should be a number"),
        ({"kind": "StepLR", "steps": 1, "scales": [1, 1], "lrs": 3}, "lrs should be a list, and is 3"),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(state: dict[str, Any], says: str) -> None:
    schedule = optim.StepLR(adam(), 1)
    schedule.step()
    lrs = schedule.lrs
    with pytest.raises(tg.StateError, match=says):
        schedule.load_state_dict(state)
    assert schedule.steps == 1 and schedule.lrs == lrs


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda o: optim.StepLR(o, 0), "StepLR: step_size must be at least 1, not 0"),
        (lambda o: optim.StepLR(o, 3, gamma=-1), "gamma must be at least 0"),
        (lambda o: optim.ExponentialLR(o, math.nan), "ExponentialLR: gamma must be at least 0, not nan"),
        (lambda o: optim.CosineLR(o, 0), "T_max must be at least 1"),
        (lambda o: optim.CosineLR(o, 5, -0.1), "eta_min must be at least 0"),
        (lambda o: optim.WarmupLR(o, total_iters=0), "total_iters must be at least 1"),
        (lambda o: optim.WarmupLR(o, start_factor=0.0), r"start_factor must lie in \(0, 1\]"),
        (lambda o: optim.WarmupLR(o, end_factor=1.5), r"end_factor must lie in \[0, 1\]"),
        (lambda o: optim.OneCycleLR(o, -1.0, 10), "max_lr must be at least 0"),
        (lambda o: optim.OneCycleLR(o, [0.1], 10), "1 rates in max_lr for 2 groups"),
        (lambda o: optim.OneCycleLR(o, 0.1, 0), "total_steps must be at least 1"),
        (lambda o: optim.OneCycleLR(o, 0.1, 10, pct_start=1.1), "pct_start must lie in"),
        (lambda o: optim.OneCycleLR(o, 0.1, 10, anneal_strategy="exp"), "'cos' or 'linear', not 'exp'"),
        (lambda o: optim.OneCycleLR(o, 0.1, 10, div_factor=0), "div_factor"),
        (lambda o: optim.OneCycleLR(optim.Adagrad([tg.Value(1.0)]), 0.1, 10), "Adagrad has no momentum to cycle"),
        (lambda o: optim.ReduceLROnPlateau(o, mode="up"), "mode is 'min' or 'max', not 'up'"),
        (lambda o: optim.ReduceLROnPlateau(o, factor=1.0), r"factor must lie in \[0, 1\)"),
        (lambda o: optim.ReduceLROnPlateau(o, patience=-1), "patience must be at least 0"),
        (lambda o: optim.ReduceLROnPlateau(o, threshold_mode="x"), "threshold_mode is"),
        (lambda o: optim.ReduceLROnPlateau(o).step(), r"step\(validation_loss\)"),
        (lambda o: optim.StepLR(o, "2"), "step_size must be at least 1, not '2'"),
        (lambda o: optim.StepLR(0.1, 2), "the first argument is an optimizer, not 0.1"),
        (lambda o: optim.ExponentialLR(o, None), "gamma must be at least 0, not None"),
        (lambda o: optim.CosineLR(o, 5, "a"), "eta_min must be at least 0, not 'a'"),
        (lambda o: optim.WarmupLR(o, "a"), "start_factor must lie in"),
        (lambda o: optim.OneCycleLR(o, "a", 5), "max_lr must be at least 0, not 'a'"),
        (lambda o: optim.OneCycleLR(o, None, 5), "max_lr must be at least 0, not None"),
        (lambda o: optim.OneCycleLR(None, 0.1, 5), "OneCycleLR: the first argument is an optimizer, not None"),
        (lambda o: optim.OneCycleLR(o, 0.1, 5, div_factor="a"), "div_factor"),
        (lambda o: optim.OneCycleLR(o, 0.1, "a"), "total_steps must be at least 1, not 'a'"),
        (lambda o: optim.ReduceLROnPlateau(o, factor="a"), "factor must lie in"),
        (lambda o: optim.ReduceLROnPlateau(o).step("a"), r"step\(validation_loss\)"),
        (lambda o: optim.Sequence([], []), "Sequence: no schedules"),
        (
            lambda o: optim.Sequence([optim.StepLR(o, 1), optim.StepLR(o, 1)], []),
            "2 schedules want 1 rising milestones",
        ),
        (lambda o: optim.Sequence([optim.StepLR(o, 1)] * 3, [5, 5]), "want 2 rising milestones"),
        (lambda o: optim.Sequence([optim.StepLR(o, 1), optim.StepLR(adam(), 1)], [5]), "several optimizers"),
        (lambda o: optim.Sequence([optim.StepLR(o, 1), optim.ReduceLROnPlateau(o)], [5]), "call it beside"),
    ],
)
def test_a_bad_argument_is_named(make: Any, says: str) -> None:
    with pytest.raises(tg.ArgumentError, match=says):
        make(adam())
