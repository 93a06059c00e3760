"""Trajectories of 50 steps against PyTorch's numbers, frozen in tests/oracle/frozen; Values against Tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from oracle import frozen
from oracle.optim_cases import (
    BELOW_0_PLATEAUS,
    CLIPS,
    GRADIENTS,
    SCHEDULES,
    SETTINGS,
    below_0,
    disturbances,
    disturbed,
    rates,
    schedule_of,
    train,
    trajectories,
)

EXACT = {"rtol": 1e-9, "atol": 1e-9}


@pytest.mark.parametrize("kind", SETTINGS)
def test_an_optimizer_gives_pytorch_s_numbers(kind: str, device: str) -> None:
    expected = frozen.load(f"optim_{kind.lower()}")
    found = trajectories(kind, lambda *case: train(*case, device))
    assert set(found) == set(expected)
    for name, numbers in found.items():
        np.testing.assert_allclose(numbers, expected[name], **EXACT, err_msg=name)


def two_groups() -> tg.optim.Adam:
    parameters = [tg.Tensor(0.0, requires_grad=True), tg.Tensor(0.0, requires_grad=True)]
    return tg.optim.Adam([{"params": parameters[:1]}, {"params": parameters[1:], "lr": 0.03}], lr=0.1)


@pytest.mark.parametrize(("kind", "k"), [(kind, k) for kind, cases in SCHEDULES.items() for k in range(len(cases))])
def test_a_schedule_gives_pytorch_s_numbers(kind: str, k: int) -> None:
    optimizer = two_groups()
    schedule = schedule_of(tg.optim, optimizer, kind, SCHEDULES[kind][k])
    found = rates(optimizer, schedule, optimizer.groups, kind)
    np.testing.assert_allclose(found, frozen.load("optim_schedules")[f"{kind} {k}"], **EXACT)


def test_disturbed_schedules_give_pytorch_s_numbers() -> None:
    """Several on one optimizer are chained; a rate set by hand, or a group added, goes on from there."""

    def run(parts: Any, by: str) -> list[float]:
        optimizer = two_groups()

        def add(group: dict[str, Any]) -> None:
            optimizer.add_group({"params": [tg.Tensor(0.0, requires_grad=True)], **group})

        return disturbed(tg.optim, optimizer, optimizer.groups, parts, by, add)

    expected, found = frozen.load("optim_disturbed"), disturbances(run)
    assert set(found) == set(expected)
    for name, numbers in found.items():
        np.testing.assert_allclose(numbers, expected[name], **EXACT, err_msg=name)


@pytest.mark.parametrize("k", range(len(BELOW_0_PLATEAUS)))
def test_a_plateau_below_0_gives_pytorch_s_numbers(k: int) -> None:
    optimizer, seen = two_groups(), []
    schedule = tg.optim.ReduceLROnPlateau(optimizer, **BELOW_0_PLATEAUS[k])
    for metric in below_0(BELOW_0_PLATEAUS[k]):
        schedule.step(metric)
        seen += [schedule.best, schedule.lrs[0]]
    assert seen == pytest.approx(frozen.load("optim_below_0")[str(k)], rel=1e-12)


@pytest.mark.parametrize("k", range(len(CLIPS)))
@pytest.mark.parametrize("flat", [False, True], ids=["own gradients", "flat gradients"])
def test_clipping_gives_pytorch_s_numbers(k: int, flat: bool, device: str) -> None:
    kind, bounds = CLIPS[k]
    parameters = [tg.Tensor(np.zeros(g.shape), requires_grad=True, device=device) for g in GRADIENTS]
    if flat:
        tg.optim.SGD(parameters)
    for p, g in zip(parameters, GRADIENTS, strict=True):
        (p * tg.Tensor(g, device=device)).sum().backward()
    clip = tg.optim.clip_grad_norm if kind == "norm" else tg.optim.clip_grad_value
    norm = clip(parameters, *bounds)
    found = [] if norm is None else [norm.item()]
    found += [number for p in parameters for number in p.grad.numpy().ravel().tolist()]
    np.testing.assert_allclose(found, frozen.load("optim_clipping")[f"{kind} {k}"], **EXACT)


@pytest.mark.parametrize(
    ("kind", "settings"), [(kind, settings) for kind, cases in SETTINGS.items() for settings in cases]
)
def test_values_go_the_way_of_tensors(kind: str, settings: dict[str, Any]) -> None:
    def bowl(w: Any, v: Any) -> Any:
        return (w * w + 0.5 * v - 1.0) ** 2 + tg.exp(0.3 * w * v)

    ways = []
    for make in (tg.Value, lambda x: tg.Tensor(np.array(x), requires_grad=True)):
        w, v = make(0.7), make(-0.4)
        optimizer = getattr(tg.optim, kind)([w, v], **settings)
        seen = []
        for _ in range(50):
            optimizer.zero_grad()
            bowl(w, v).backward()
            tg.optim.clip_grad_norm([w, v], 2.0)
            tg.optim.clip_grad_value([w, v], 1.5)
            optimizer.step()
            seen += [w.item(), v.item()]
        ways.append(seen)
    np.testing.assert_allclose(*ways, rtol=1e-12, atol=1e-12)
