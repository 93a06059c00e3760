"""The playground as one HTML page: a network that is trained in the browser, with the numbers of Python.

The page holds the tables of activations, losses, penalties and optimizers, made from the registry's rules, and toy sets
as rows without noise and the noise's normal numbers, so that a seed and a noise mean there what they mean here.
"""

from __future__ import annotations

import base64
from string import Template
from typing import Any

import numpy as np

from tinygrad_edu.data import Dataset, load, toys
from tinygrad_edu.errors import ArgumentError

from ..cells import clean
from ..javascript.assemble import program
from ..javascript.optimizers import optimizers
from ..javascript.tables import activations, losses, penalties
from .parts import packaged, packed, policy_of, themed

PROGRAM = tuple(
    f"playground{part}.js" for part in ("_run", "_draw", "_network", "_walk", "")
)  # one module, in this order
SETS = ("moons", "circles", "spirals", "xor", "two_lines", "blobs", "sine")
ROWS = 500
LONGEST_NAME = 60  # characters
MOST_ROWS = 5000  # of an own file


def page(
    own: Dataset | None = None, file: str = "own.csv", start: dict[str, Any] | None = None, theme: str = "auto"
) -> str:
    """The page.

    Args:
        own: a data set of one or two inputs to begin with, besides the toy sets.
        file: where it was read from, for the page's script in Python.
        start: settings to begin with, as in the page's address: data, noise, hidden, lr, ...
        theme: "light", "dark", or "auto" for what the reader's system has.
    Returns:
        HTML; write it in UTF-8.
    Raises:
        ArgumentError: another theme, or a data set that does not fit into the plane.
    """
    style = themed(packaged("playground.css"), theme)
    sets = {} if own is None else {clean(own.name)[:LONGEST_NAME]: _own(own, file)}
    sets |= {name: _toy(name) for name in SETS}
    tables = program(activations(), losses(), penalties(), optimizers())
    script = "\n".join([tables, *map(packaged, PROGRAM)])
    return Template(packaged("playground.html")).substitute(
        policy=policy_of(script, style),
        style=style,
        packed=packed(script, embedded={"sets": sets, "start": start or {}}),
    )


def _toy(name: str) -> dict[str, Any]:
    """A toy set in the order of `load(name, n=ROWS).split()`: training part first."""
    toy = toys.TOYS[name]
    still, shaken = (load(name, n=ROWS, noise=noise, seed=0) for noise in (0.0, 1.0))
    places = Dataset(np.arange(ROWS)[:, None] * 1.0, still.y, name, still.task, ("row",), still.target_names)
    parts = places.split(validation=0.2, seed=0)
    rows = np.concatenate([part.x[:, 0].astype(int) for part in parts])
    noise = shaken.y - still.y if still.task == "regression" else shaken.x - still.x
    return _packed(still, still.x[rows], noise[rows], still.y[rows], len(parts[0]), toy.noise, "")


def _own(data: Dataset, file: str) -> dict[str, Any]:
    inputs = data.x.shape[1]
    if data.x.ndim != 2 or inputs not in (1, 2) or (data.task == "regression" and inputs != 1):
        raise ArgumentError(
            f"the playground draws the plane: it takes two inputs and a class, or one input and a number, and "
            f"{data.name} has {inputs} inputs, for {data.task}"
        )
    if data.task == "classification" and (inputs != 2 or not 2 <= data.classes <= 4):
        raise ArgumentError(
            f"the playground tells two to four classes apart, by two inputs: {data.name} has {data.classes} classes "
            f"and {inputs} inputs"
        )
    if len(data) > MOST_ROWS:
        raise ArgumentError(f"{data.name} has {len(data)} rows, and the page takes {MOST_ROWS}: give fewer with --n")
    train, test = data.split(validation=0.2, seed=0)
    x, y = (np.concatenate([getattr(part, each) for part in (train, test)]) for each in "xy")
    nothing = np.zeros(y.shape if data.task == "regression" else x.shape)
    return _packed(data, x, nothing, y, len(train), 0.0, file)


def _packed(data: Dataset, x: Any, z: Any, y: Any, train: int, noise: float, csv: str) -> dict[str, Any]:
    return {
        "inputs": x.shape[1],
        "task": data.task,
        "classes": [clean(name) for name in data.target_names] if data.task == "classification" else [],
        "names": [clean(name) for name in data.feature_names],
        "x": _base64(x),
        "z": _base64(z),
        "y": "".join(str(int(label)) for label in y) if data.task == "classification" else _base64(y),
        "train": train,
        "noise": noise,
        "csv": csv,
    }


def _base64(numbers: Any) -> str:
    return base64.b64encode(np.ascontiguousarray(numbers, dtype="<f8").tobytes()).decode()
