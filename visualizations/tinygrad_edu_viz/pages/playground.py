"""The playground as one HTML page: a network that is trained in the browser, with the numbers of Python.

The page holds the tables of activations, losses, penalties and optimizers, made from the registry's rules, and toy sets
as rows without noise and the noise's normal numbers, so that a seed and a noise mean there what they mean here.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from string import Template
from typing import Any, NamedTuple

import numpy as np

from tinygrad_edu.data import Dataset, load
from tinygrad_edu.data.toys import TOYS
from tinygrad_edu.errors import ArgumentError
from tinygrad_edu_words import _

from ..cells import clean
from ..javascript.assemble import program
from ..javascript.optimizers import optimizers
from ..javascript.tables import activations, losses, penalties
from .parts import packaged, packed, policy_of, themed
from .playground_stepper import stepper

PARTS = "schedule settings run python draw field network walk stepper fields points csv pair".split()
PROGRAM = (*(f"playground_{part}.js" for part in PARTS), "playground.js")  # one module, in this order
SETS = ("moons", "circles", "spirals", "xor", "two_lines", "blobs", "pass_class", "sine", "plane", "hills")
DRAWN = "drawn"  # the set of points that are drawn in the page
FIXED_NOISE = ("pass_class",)  # it is in who passes, and so in which students are chosen: it stays as it is
ROWS = 500
LOUD = 2.0**90  # noise beside which the formula is rounded away: what is left are the normal numbers themselves
LEARNED = 400  # of them; the others are for testing
LONGEST_NAME = 60  # characters
MOST_ROWS = 5000  # of an own file
MOST_LAYERS, MOST_DRAWN = 6, 32  # hidden layers, and units of a run that is begun elsewhere


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
    sets = {}
    if own is not None:
        name = clean(own.name)[:LONGEST_NAME]
        sets[_("{name} of the file").format(name=name) if name in (*SETS, DRAWN) else name] = _own(own, file)
    return document(_shared(sets | {name: _toy(name) for name in SETS}), start, theme)[0]


class Begun(NamedTuple):
    """A run of `fit` that the page begins as it began.

    Attributes:
        train, held_out: its data, as the network was given them.
        sizes: units of each layer, inputs and outputs included.
        weights: the first ones, side by side: weight, bias, weight, bias, ...
        seeds: of the dropout behind each hidden layer; empty without dropout.
        command: that trains it.
    """

    train: Dataset
    held_out: Dataset
    sizes: Sequence[int]
    weights: Any
    seeds: Sequence[int]
    command: str


def page_of_run(begun: Begun, start: dict[str, Any], theme: str = "auto") -> tuple[str, list[tuple[str, str]]]:
    """The page of a run, with its data alone; and what `document` gives besides.

    Raises:
        ArgumentError: data or a network that does not fit into the page.
    """
    train, held_out = begun.train, begun.held_out
    check_fits(train)
    if len(begun.sizes) - 2 > MOST_LAYERS or max(begun.sizes) > MOST_DRAWN:
        raise ArgumentError(f"the playground draws up to {MOST_LAYERS} hidden layers of {MOST_DRAWN} units")
    if len(train) + len(held_out) > MOST_ROWS:
        raise ArgumentError(f"the playground takes up to {MOST_ROWS:,} rows")
    x, y = (np.concatenate([getattr(part, each) for part in (train, held_out)]) for each in "xy")
    name = clean(train.name)[:LONGEST_NAME]
    entries = _packed(train, x, y, len(train), 0.0) | {
        "fixed": True,
        "sizes": list(begun.sizes),
        "weights": _base64(begun.weights),
        "seeds": list(map(str, begun.seeds)),
        "command": begun.command,
    }
    return document({name: entries}, {**start, "data": name, "hidden": list(begun.sizes[1:-1])}, theme)


def document(sets: dict[str, Any], start: dict[str, Any] | None, theme: str) -> tuple[str, list[tuple[str, str]]]:
    """The page with some data; and the programs and styles of it and of the page in it, for who shows it in a frame."""
    style = themed(packaged("playground.css"), theme)
    of_one, inside, operations = stepper(theme)
    tables = program(activations(), losses(), penalties(), optimizers(), operations)
    script = "\n".join([tables, *map(packaged, PROGRAM)])
    pages = [(script, style), (inside.script, inside.style)]
    content = Template(packaged("playground.html")).substitute(
        policy=policy_of(*pages[0], *pages[1:]),
        style=style,
        packed=packed(script, embedded={"sets": sets, "start": start or {}, "stepper": of_one}),
    )
    return content, pages


def check_fits(data: Dataset) -> None:
    """Raise ArgumentError where data cannot be drawn in the plane."""
    inputs = data.x.shape[1] if data.x.ndim == 2 else 0
    if inputs not in (1, 2) or (data.task == "classification" and inputs != 2):
        raise ArgumentError(
            f"the playground draws the plane: it takes two inputs and a class or a number, or one input and a number, "
            f"and {data.name} has {inputs} inputs, for {data.task}"
        )
    if data.task == "classification" and not 2 <= data.classes <= 4:
        raise ArgumentError(f"the playground tells two to four classes apart, and {data.name} has {data.classes}")


def outputs_of(name: str) -> int:
    """The units of the output layer for a toy set."""
    toy = TOYS[name]
    return len(toy.target_names) if toy.task == "classification" and len(toy.target_names) > 2 else 1


def losses_for(name: str) -> tuple[str, ...]:
    """The losses that the page has for a toy set; as `lossesFor` of the page's program."""
    numbers = ("mse", "mae", "huber")
    if TOYS[name].task == "regression":
        return numbers
    others = ("binary_cross_entropy", "hinge") if outputs_of(name) == 1 else ("cross_entropy", "binary_cross_entropy")
    return (*others, *numbers)


def _toy(name: str) -> dict[str, Any]:
    """A toy set as `load(name, n=ROWS)` has it, and the order of its `split()`: training part first."""
    toy = TOYS[name]
    if name in FIXED_NOISE:
        return _parted(load(name, n=ROWS), toy.noise)
    still, shaken = (load(name, n=ROWS, noise=noise, seed=0) for noise in (0.0, LOUD))
    rows, train = _order(still)
    normals = (shaken.y if still.task == "regression" else shaken.x) / LOUD
    packed = _packed(still, still.x, still.y, train, toy.noise)
    return packed | {"z": _base64(normals), "rows": _base64(rows, "<i2")}


def _shared(sets: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Sets in which an array that another one has before it stands as {"as": its name}: their noise is the same where
    they draw the same random numbers."""
    owners: dict[tuple[str, str], str] = {}
    for name, entries in sets.items():
        for key in ("z", "rows"):
            text = entries.get(key)
            if text and owners.setdefault((key, text), name) != name:
                entries[key] = {"as": owners[key, text]}
    return sets


def _order(data: Dataset) -> tuple[Any, int]:
    """The rows in the order of `data.split()`, training part first, and how many these are."""
    places = Dataset(np.arange(len(data))[:, None] * 1.0, data.y, data.name, data.task, ("row",), data.target_names)
    parts = places.split(validation=0.2, seed=0)
    return np.concatenate([part.x[:, 0].astype(int) for part in parts]), len(parts[0])


def _parted(data: Dataset, noise: float, **more: Any) -> dict[str, Any]:
    """A set whose noise stays as it is."""
    parts = data.split(validation=0.2, seed=0)
    x, y = (np.concatenate([getattr(part, each) for part in parts]) for each in "xy")
    return _packed(data, x, y, len(parts[0]), noise) | {"fixed": True, **more}


def _own(data: Dataset, file: str) -> dict[str, Any]:
    check_fits(data)
    if len(data) < 3:
        raise ArgumentError(f"{data.name} has {len(data)} rows: give at least 3, as one in five is for testing")
    left_out = max(0, len(data) - MOST_ROWS)
    return _parted(data.take(MOST_ROWS) if left_out else data, 0.0, csv=file, left_out=left_out)


def _packed(data: Dataset, x: Any, y: Any, train: int, noise: float) -> dict[str, Any]:
    hundredths = np.round(100 * x)
    is_short = bool((hundredths / 100 == x).all() and np.abs(hundredths).max() < 2**15)
    return {
        "inputs": x.shape[1],
        "task": data.task,
        "classes": [clean(name)[:LONGEST_NAME] for name in data.target_names] if data.task == "classification" else [],
        "names": [clean(name)[:LONGEST_NAME] for name in data.feature_names],
        "hundredths": is_short,
        "x": _base64(hundredths, "<i2") if is_short else _base64(x),
        "y": "".join(str(int(label)) for label in y) if data.task == "classification" else _base64(y),
        "train": train,
        "noise": noise,
    }


def _base64(numbers: Any, kind: str = "<f8") -> str:
    return base64.b64encode(np.ascontiguousarray(numbers, dtype=kind).tobytes()).decode()
