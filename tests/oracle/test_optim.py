"""PyTorch as the judge of optimizers, schedules and clipping, for 50 steps in float64."""

from __future__ import annotations

import warnings
from types import SimpleNamespace

import pytest

from oracle import frozen
from oracle.optim_cases import (
    BELOW_0_PLATEAUS,
    CLIPS,
    GRADIENTS,
    SCHEDULES,
    SETTINGS,
    START,
    STEPS,
    X,
    Y,
    below_0,
    disturbances,
    disturbed,
    grouped,
    is_missing,
    loss_of,
    rates,
    schedule_of,
    trajectories,
)

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install --group oracle")

pytestmark = [pytest.mark.oracle]


@pytest.fixture(autouse=True)
def double():
    """NAdam keeps one of its numbers in the default dtype."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def train(kind, settings, way):
    parameters = [torch.tensor(start, requires_grad=True) for start in START]
    groups = grouped(parameters, settings.get("lr", 1.0)) if way == "groups" else parameters
    optimizer = getattr(torch.optim, kind)(groups, **settings)
    seen = []
    for step in range(STEPS):
        optimizer.zero_grad()
        loss_of(torch.tanh, torch.tensor(X), torch.tensor(Y[step]), *parameters).backward()
        if way == "missing" and is_missing(step):
            parameters[1].grad = None
        optimizer.step()
        if step % 10 == 9:
            seen += [number for p in parameters for number in p.detach().ravel().tolist()]
    return seen


@pytest.mark.parametrize("kind", SETTINGS)
def test_optimizer(kind):
    frozen.check(f"optim_{kind.lower()}", trajectories(kind, train))


theirs = torch.optim.lr_scheduler
SCHEDULERS = SimpleNamespace(
    StepLR=theirs.StepLR,
    ExponentialLR=theirs.ExponentialLR,
    CosineLR=theirs.CosineAnnealingLR,
    WarmupLR=theirs.LinearLR,
    OneCycleLR=theirs.OneCycleLR,
    ReduceLROnPlateau=theirs.ReduceLROnPlateau,
    Sequence=lambda parts, milestones: theirs.SequentialLR(parts[0].optimizer, parts, milestones),
)


def adam():
    parameters = [torch.zeros(1, requires_grad=True), torch.zeros(1, requires_grad=True)]
    return torch.optim.Adam([{"params": parameters[:1]}, {"params": parameters[1:], "lr": 0.03}], lr=0.1)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_schedules():
    found = {}
    for kind, cases in SCHEDULES.items():
        for k, settings in enumerate(cases):
            optimizer = adam()
            schedule = schedule_of(SCHEDULERS, optimizer, kind, settings)
            with warnings.catch_warnings(action="ignore"):  # of an argument of PyTorch's own SequentialLR
                found[f"{kind} {k}"] = rates(optimizer, schedule, optimizer.param_groups, kind)
    frozen.check("optim_schedules", found)


def test_disturbed_schedules():
    def run(parts, by):
        optimizer = adam()

        def add(group):
            optimizer.add_param_group({"params": [torch.zeros(1, requires_grad=True)], **group})

        return disturbed(SCHEDULERS, optimizer, optimizer.param_groups, parts, by, add)

    frozen.check("optim_disturbed", disturbances(run))


def test_plateaus_below_0():
    found = {}
    for k, settings in enumerate(BELOW_0_PLATEAUS):
        sign = 1
        if settings["threshold_mode"] == "rel":  # a loss that falls from -10 is a score that rises from 10
            sign, settings = -1, {**settings, "mode": {"min": "max", "max": "min"}[settings["mode"]]}
        schedule = theirs.ReduceLROnPlateau(adam(), **settings)
        found[str(k)] = []
        for metric in below_0(settings):
            schedule.step(sign * metric)
            found[str(k)] += [sign * schedule.best, schedule.get_last_lr()[0]]
    frozen.check("optim_below_0", found)


def test_clipping():
    found = {}
    for k, (kind, bounds) in enumerate(CLIPS):
        parameters = [torch.zeros(g.shape, requires_grad=True) for g in GRADIENTS]
        for p, g in zip(parameters, GRADIENTS, strict=True):
            p.grad = torch.tensor(g)
        clip = torch.nn.utils.clip_grad_norm_ if kind == "norm" else torch.nn.utils.clip_grad_value_
        norm = clip(parameters, *bounds)
        found[f"{kind} {k}"] = [
            *([norm.item()] if kind == "norm" else []),
            *[number for p in parameters for number in p.grad.ravel().tolist()],
        ]
    frozen.check("optim_clipping", found)
