"""The options of `step` that go on with updates: which optimizer, how fast, how often, of what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from tinygrad_edu_words import N_

from .. import completion
from ..training.options import OPTIMIZER_SETTINGS, OPTIMIZERS, Name, Number

MOST = 1000

_OPTIONS = [
    click.option(
        "--updates",
        type=Number(1, MOST, whole=True, why=N_("each is a pass to look at; tinygrad-edu train learns for longer")),
        metavar="N",
        help="Go on: the optimizer's update of each weight, and the next pass, so often.  [default: 1, if a setting "
        "of the optimizer is given]",
    ),
    click.option(
        "--optimizer", type=Name(OPTIMIZERS), metavar="NAME", help=f"{', '.join(OPTIMIZERS)}.  [default: sgd]"
    ),
    click.option(
        "--lr",
        type=Number(0, above=True, why=N_("try 0.1")),
        help="Learning rate.  [default: 0.1; rmsprop: 0.01; adadelta: 1]",
    ),
    click.option(
        "--learn",
        metavar="NAME,NAME",
        shell_complete=completion.learned,
        help="What is learned.  [default: names that begin with w, W, b or θ; if there are none, all]",
    ),
    *OPTIMIZER_SETTINGS,
]


def update_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command these options."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def given(options: dict[str, Any]) -> dict[str, Any]:
    """Those that were given, by their names; {} where only a single pass is asked for."""
    return {name: x for name, x in options.items() if x is not None and x is not False}
