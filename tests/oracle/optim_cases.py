"""Optimizers with all their settings, schedules, and clipping: what we and PyTorch compute, for 50 steps.

`train` and `rates` compute it with ours; `test_optim.py` does the same with PyTorch and freezes its numbers, which the
default suite compares with ours on every device.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import tinygrad_edu as tg

STEPS = 50

# --- optimizers ------------------------------------------------------------------------------------------------------

SETTINGS: dict[str, list[dict[str, Any]]] = {
    "SGD": [
        {"lr": 0.1},
        {"lr": 0.1, "weight_decay": 0.05},
        {"lr": 0.1, "momentum": 0.9},
        {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.05},
        {"lr": 0.1, "momentum": 0.8, "nesterov": True, "weight_decay": 0.05},
    ],
    "Adam": [
        {"lr": 0.05},
        {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.1},
        {"lr": 0.05, "betas": (0.9, 0.9), "amsgrad": True},
        {"lr": 0.05, "betas": (0.0, 0.9)},
    ],
    "AdamW": [{"lr": 0.05}, {"lr": 0.05, "weight_decay": 0.3}, {"lr": 0.05, "betas": (0.9, 0.9), "amsgrad": True}],
    "NAdam": [{"lr": 0.05}, {"lr": 0.05, "betas": (0.8, 0.95), "weight_decay": 0.1, "momentum_decay": 0.02}],
    "Adagrad": [
        {"lr": 0.1},
        {"lr": 0.1, "lr_decay": 0.05, "weight_decay": 0.1, "initial_accumulator_value": 0.2, "eps": 1e-3},
    ],
    "Adadelta": [{}, {"lr": 5.0, "rho": 0.7, "eps": 1e-4, "weight_decay": 0.1}],
    "RMSprop": [
        {"lr": 0.02},
        {"lr": 0.02, "alpha": 0.8, "eps": 1e-3, "weight_decay": 0.1},
        {"lr": 0.02, "momentum": 0.7},
        {"lr": 0.02, "centered": True},
        {"lr": 0.02, "centered": True, "momentum": 0.7, "weight_decay": 0.1},
    ],
}
X = np.sin(np.arange(24.0) * 1.7).reshape(8, 3) * 1.5
Y = np.cos(np.arange(STEPS * 8.0) * 0.9).reshape(STEPS, 8)  # other targets in each step, or gradients would vanish
START = [np.cos(np.arange(n) * 1.3 + n).reshape(shape) * 0.7 for n, shape in ((6, (3, 2)), (2, (2,)), (2, (2,)))]


def loss_of(tanh: Callable[[Any], Any], x: Any, y: Any, weight: Any, bias: Any, output: Any) -> Any:
    """A small network's loss; a gradient of it is never 0."""
    return ((tanh(x @ weight + bias) @ output - y) ** 2).mean()


def is_missing(step: int) -> bool:
    """The steps in which the bias gets no gradient, in the trajectories of that kind."""
    return step % 4 == 1


def grouped(parameters: list[Any], lr: float) -> list[dict[str, Any]]:
    """Two groups, the second with settings of its own."""
    return [{"params": parameters[:1]}, {"params": parameters[1:], "lr": lr / 3, "weight_decay": 0.2}]


def train(kind: str, settings: dict[str, Any], way: str, device: str = "cpu") -> list[float]:
    """Weights and biases after every ten steps; `way` is "all", "missing" or "groups"."""
    parameters = [tg.Tensor(start, requires_grad=True, device=device) for start in START]
    x, y = tg.Tensor(X, device=device), tg.Tensor(Y, device=device)
    groups = grouped(parameters, settings.get("lr", 1.0)) if way == "groups" else parameters
    optimizer = getattr(tg.optim, kind)(groups, **settings)
    seen: list[float] = []
    for step in range(STEPS):
        optimizer.zero_grad()
        loss_of(tg.tanh, x, y[step], *parameters).backward()
        if way == "missing" and is_missing(step):
            parameters[1].grad = None
        optimizer.step()
        if step % 10 == 9:
            seen += [number for p in parameters for number in p.numpy().ravel().tolist()]
    return seen


def trajectories(kind: str, run: Callable[[str, dict[str, Any], str], list[float]]) -> dict[str, list[float]]:
    """Those of all settings of an optimizer."""
    found = {}
    for settings in SETTINGS[kind]:
        ways = ["all", "missing"] + ["groups"] * (settings is SETTINGS[kind][-1])
        name = " ".join(f"{key}={value}" for key, value in settings.items())
        found |= {f"{name} ({way})": run(kind, settings, way) for way in ways}
    return found


# --- schedules -------------------------------------------------------------------------------------------------------

LOSSES = [2.0 * 0.8 ** min(k, 7) + 0.1 * math.sin(k) * (k % 3 == 0) for k in range(STEPS)]
PLATEAUS: list[dict[str, Any]] = [
    {"patience": 2, "factor": 0.5},
    {"patience": 1, "factor": 0.3, "cooldown": 3, "min_lr": 0.002, "threshold": 0.05, "threshold_mode": "abs"},
    {"patience": 3, "factor": 0.5, "mode": "max", "threshold": 0.01},
    {"patience": 0, "factor": 0.1, "mode": "max", "threshold": 0.2, "threshold_mode": "abs", "eps": 1e-4},
]
SCHEDULES: dict[str, list[dict[str, Any]]] = {
    "StepLR": [{"step_size": 7}, {"step_size": 1, "gamma": 0.9}],
    "ExponentialLR": [{"gamma": 0.93}],
    "CosineLR": [{"T_max": 50}, {"T_max": 12, "eta_min": 0.01}],
    "WarmupLR": [{}, {"start_factor": 0.1, "end_factor": 0.8, "total_iters": 20}],
    "OneCycleLR": [
        {"max_lr": 0.5, "total_steps": 50},
        {"max_lr": [0.5, 0.2], "total_steps": 51, "anneal_strategy": "linear", "pct_start": 0.4, "base_momentum": 0.7},
        {"max_lr": 0.5, "total_steps": 60, "three_phase": True, "div_factor": 10.0, "final_div_factor": 100.0},
        {"max_lr": 0.5, "total_steps": 50, "cycle_momentum": False},
    ],
    "ReduceLROnPlateau": PLATEAUS,
    "Sequence": [{}],
}


def schedule_of(library: Any, optimizer: Any, kind: str, settings: dict[str, Any]) -> Any:
    """A schedule of ours, or of PyTorch under our names."""
    if kind == "Sequence":
        parts = [
            library.WarmupLR(optimizer, start_factor=0.2, total_iters=5),
            library.CosineLR(optimizer, T_max=20, eta_min=0.01),
            library.ExponentialLR(optimizer, gamma=0.9),
        ]
        return library.Sequence(parts, [5, 25])
    return getattr(library, kind)(optimizer, **settings)


def rates(optimizer: Any, schedule: Any, groups: list[dict[str, Any]], kind: str) -> list[float]:
    """Learning rates of both groups, and the momentum, over 50 steps; `groups` are the optimizer's."""
    seen = []
    for step in range(STEPS):
        seen += [groups[0]["lr"], groups[1]["lr"]]
        if kind == "OneCycleLR":
            seen.append(groups[0]["betas"][0])
        optimizer.step()
        schedule.step(*([LOSSES[step]] if kind == "ReduceLROnPlateau" else []))
    return seen


# --- several schedules on one optimizer, and what else changes its rates ---------------------------------------------

PARTS: dict[str, tuple[str, dict[str, Any]]] = {
    "step": ("StepLR", {"step_size": 7, "gamma": 0.5}),
    "exponential": ("ExponentialLR", {"gamma": 0.93}),
    "cosine": ("CosineLR", {"T_max": 12, "eta_min": 0.01}),  # its lowest rate is reached twice in CHAINED steps
    "warmup": ("WarmupLR", {"start_factor": 0.2, "total_iters": 9}),
    "plateau": ("ReduceLROnPlateau", {"patience": 2, "factor": 0.5}),
}
CHAINED = 30
CHAINS = [
    *[(first, second) for first in PARTS for second in PARTS if first != second],
    ("exponential", "exponential"),
    ("sequence", "exponential"),
    ("warmup", "sequence"),
    ("warmup", "cosine", "step", "plateau"),
]
LONE = ["step", "exponential", "warmup", "plateau", "slow cosine"]
PARTS["slow cosine"] = ("CosineLR", {"T_max": 50, "eta_min": 0.01})
PARTS["sequence"] = ("Sequence", {})


def disturbed(library: Any, optimizer: Any, groups: list[dict[str, Any]], parts: Any, by: str, add: Any) -> list[float]:
    """The rates of all groups over CHAINED steps of one schedule or several.

    Args:
        by: "chain"; "hand", rates are set after the 6th and 9th step; "group", one is added after the 8th.
        add: adds a group to the optimizer.
    """
    schedules = [schedule_of(library, optimizer, *PARTS[part]) for part in parts]
    seen = []
    for step in range(CHAINED):
        seen += [group["lr"] for group in groups]
        optimizer.step()
        for schedule, part in zip(schedules, parts, strict=True):
            schedule.step(*([LOSSES[step]] if part == "plateau" else []))
        if by == "hand" and step in (5, 8):
            for k, group in enumerate(groups):
                group["lr"] = group["lr"] * 3 if k else 0.05
        if by == "group" and step == 7:
            add({"lr": 0.07})
    return seen


def disturbances(run: Callable[[Any, str], list[float]]) -> dict[str, list[float]]:
    """All cases; `run` is given the parts, and what disturbs them."""
    found = {" + ".join(parts): run(parts, "chain") for parts in CHAINS}
    return found | {f"{part}, {by}": run([part], by) for part in LONE for by in ("hand", "group")}


# --- plateaus of numbers below 0 -------------------------------------------------------------------------------------

BELOW_0 = [-10.0, -9.9965, -9.9995, -9.99, -9.991, -10.2, -10.2009, -10.2011, -10.5, -10.4991, -10.4, 0.0, -1e-5, 1.0]
BELOW_0_PLATEAUS = [{"mode": m, "threshold_mode": t, "patience": 0} for m in ("min", "max") for t in ("rel", "abs")]


def below_0(settings: dict[str, Any]) -> list[float]:
    """Numbers for a plateau; those of a relative one are all negative, so that it can be told by its mirror image."""
    return BELOW_0[:-3] if settings["threshold_mode"] == "rel" else BELOW_0


# --- clipping --------------------------------------------------------------------------------------------------------

GRADIENTS = [np.array([3.0, -4.0]), np.array([[0.5, -1.5, 2.5]]), np.array(-0.25)]
CLIPS: list[tuple[str, tuple[float, ...]]] = [
    *[("norm", (bound, p)) for bound in (1.0, 100.0, 0.0) for p in (2.0, 1.0, 3.0, 0.5, math.inf)],
    *[("value", (bound,)) for bound in (1.0, 100.0, 0.0)],
]
