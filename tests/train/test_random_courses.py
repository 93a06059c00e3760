"""Hundreds of runs that are steered, looked into, closed and taken back at random: each is repeated by its log."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.errors import ArgumentError, ShapeError, StateError
from tinygrad_edu.train import Run
from train.test_travel import RUNS, begun, fingerprint

NAMES = [name for name in RUNS if name not in ("device", "values with memory")]


def settings_of(name: str, random: Random) -> dict[str, Any]:
    more = {"shuffle": random.random() < 0.8, "accumulate": random.choice([1, 1, 2, 3])}
    return {
        **more,
        "drop_last": random.random() < 0.4,
        **{key: RUNS[name][2][key] for key in more if key in RUNS[name][2]},
    }


def steer(run: Run, random: Random) -> None:
    parameters, given = list(run.model.parameters()), {}
    if random.random() < 0.4:
        given["lr"] = random.choice([0.01, 0.1, 0.3])
    if random.random() < 0.4:
        kind = random.choice([tg.optim.SGD, tg.optim.Adam, tg.optim.Adagrad, tg.optim.RMSprop])
        given["optimizer"] = kind(parameters, lr=0.05)
    if random.random() < 0.4 or not given:
        given["batch_size"] = random.choice([3, 7, 12, "full"])
    try:
        run.steer(**given)
    except (ArgumentError, StateError) as error:
        assert "steps are over" in str(error) or "has ended" in str(error)


def at_random(run: Run, random: Random) -> None:
    """To its end."""
    states, events, left = [run.state_dict()], run.events(), random.randrange(10, 60)
    while True:
        event, left, dice = next(events, None), left - 1, random.random()
        if event is None:
            if left < 0 or dice < 0.3:
                return
            run.travel(random.choice(states))
            events = run.events()
        elif left < 0:
            continue
        elif dice < 0.15:
            states.append(run.state_dict())
        elif dice < 0.3:
            run.travel(random.choice(states), run.steering if random.random() < 0.3 else ())
        elif dice < 0.4 and run.stopped is None and run._next_epoch() <= run.settings.epochs:
            run.look().backward()
        elif dice < 0.6:
            steer(run, random)
        elif dice < 0.65:
            state = run.state_dict() if run.stopped is None else states[0]
            events.close()
            run.travel(state)
            events = run.events()


@pytest.mark.parametrize("seeds", [range(20), pytest.param(range(20, 600), marks=pytest.mark.fuzz)])
def test_a_run_is_repeated_by_its_log(seeds: range) -> None:
    compared = 0
    for seed in seeds:
        random = Random(seed)
        name = random.choice(NAMES)
        settings = settings_of(name, random)
        run = begun(name, **settings)
        try:
            with np.errstate(all="ignore"):
                at_random(run, random)
                again = begun(name, steering=run.steering, **settings)
                list(again.events())
        except ShapeError as error:  # batch normalization cannot learn from the last batch
            assert "a batch of one example" in str(error)
            continue
        assert fingerprint(again) == fingerprint(run), f"seed {seed}, {name}"
        compared += 1
    assert compared > 0.8 * len(seeds)
