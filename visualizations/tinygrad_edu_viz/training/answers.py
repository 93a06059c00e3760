"""What a model answers at present, as arrays: over the plane, on the held-out examples, along a line, in its units.

Each object asks the model anew whenever it is read, so the same one serves a whole run; nothing is drawn here.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, NamedTuple, Self

import numpy as np

from tinygrad_edu.data import Dataset, Standardizer
from tinygrad_edu.graph.modes import no_grad
from tinygrad_edu.nn import Dense, Module, Sequential
from tinygrad_edu.train.examples import evaluating
from tinygrad_edu.train.targets import Objective

from .asking import (
    SILENT,
    Array,
    Box,
    Units,
    box_around,
    chosen_rows,
    count_pairs,
    outputs_of,
    places,
    some_of_both,
    span_of,
    tensor_for,
)
from .snapshots import Snapshots

Ask = Callable[[Any, Array], Array]
"""A model and rows, to what it answers to each."""

POINTS = 300  # more cannot be told apart in a picture
ROWS = 2000  # of held-out examples that are asked about: a picture is drawn many times in a run


def picture_of(
    model: Module,
    dataset: Dataset,
    train: Dataset,
    held_out: Dataset,
    objective: Objective | str,
    standardizer: Standardizer | None = None,
    points: int = POINTS,
    rows: int = ROWS,
) -> Picture:
    """What there is to see of a model's answers, by the kind of its data.

    Args:
        dataset: the data as it came, which gives names and task.
        train, held_out: its parts, as the model takes them.
        objective: the loss, which says what the outputs mean.
        standardizer: that the parts were standardized with; then pictures are in the units of the data.
        points: how many examples are shown at most ...
        rows: ... and how many held-out examples are counted at most; always the same ones, chosen by chance.
    Returns:
        a `Boundary` for classes of two inputs, a `Confusion` for other classes; a `FittedCurve` for numbers of one
        input, the `Truth` for other numbers.
    """
    objective = Objective.of(objective) if isinstance(objective, str) else objective
    names, inputs = tuple(dataset.feature_names), train.x.shape[1]
    units = Units.of(standardizer, inputs)

    def shares(asked: Any, x: Array) -> Array:
        return objective.shares(outputs_of(asked, x))

    def numbers(asked: Any, x: Array) -> Array:
        return units.target(outputs_of(asked, x)[:, 0])

    chosen = chosen_rows(len(held_out), rows)
    if inputs <= 2 and (dataset.task == "classification") == (inputs == 2):
        x, y, out = some_of_both(train, held_out, points, units)
        if inputs == 1:
            return FittedCurve(
                model, lambda m, x: numbers(m, units.inside(x)), x[:, 0], y, out, names[0], dataset.target_names[0]
            )
        return Boundary(
            model,
            lambda m, x: shares(m, units.inside(x)),
            lambda m, x: objective.labels(outputs_of(m, units.inside(x))),
            *(box_around(x), x, y.astype(np.int64), out, dataset.target_names, names),
            (units.outside(held_out.x[chosen]), held_out.y[chosen]),
        )
    x, y = held_out.x[chosen], held_out.y[chosen]
    if dataset.task == "classification":
        return Confusion(model, shares, x, y, dataset.target_names)
    return Truth(model, numbers, x, units.target(y), dataset.target_names[0])


@dataclass(frozen=True, eq=False)
class _Picture:
    """Base of all: what is asked, and how.

    Attributes:
        model: that is asked whenever an attribute is read.
        ask: the model and rows, to what it answers to each row.
    """

    model: Any
    ask: Ask

    def of(self, model: Any) -> Self:
        """The same picture of another model."""
        return replace(self, model=model)

    def over_time(self, snapshots: Snapshots, epochs: Iterable[int]) -> Iterator[Self]:
        """The picture after each of some epochs.

        A copy of the model is given the weights of these epochs: the model itself, and what an optimizer or a run holds
        of it, stays as it is. Each picture must be read before the next one is asked for.
        """
        model = copy.deepcopy(self.model)
        for epoch in epochs:
            model.load_state_dict(snapshots.weights(epoch))
            yield self.of(model)


@dataclass(frozen=True, eq=False)
class Boundary(_Picture):
    """Classes over the plane of two inputs.

    Attributes:
        ask: gives the share of each class, (n, classes), for places of shape (n, 2).
        ask_label: gives the class that is answered, (n,).
        box: what of the plane is shown.
        points, labels, held_out: examples, (n, 2); their true classes, (n,); whether each is held out, (n,).
        names: of the classes; feature_names: of the two inputs.
        judged: all held-out examples, (m, 2), and their classes: more than are shown; None for those that are.
    """

    ask_label: Ask
    box: Box
    points: Array
    labels: Array
    held_out: Array
    names: tuple[str, ...]
    feature_names: tuple[str, ...]
    judged: tuple[Array, Array] | None = None

    def grid(self, nx: int, ny: int) -> Array:
        """The share of each class in the middle of each of nx × ny fields, shape (ny, nx, classes).

        The first row is the highest: as it is drawn.
        """
        xs, ys = places(self.box, nx, ny)
        asked = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
        return self.ask(self.model, asked).reshape(ny, nx, -1)

    @property
    def answers(self) -> Array:
        """The class that is answered for each point, (n,)."""
        return self.ask_label(self.model, self.points)

    @property
    def right(self) -> Array:
        """Whether each point is answered with its class, (n,)."""
        return self.answers == self.labels

    @property
    def score(self) -> tuple[int, int]:
        """How many of the held-out examples are right, and of how many; of all, where none is held out."""
        if self.judged is not None:
            x, labels = self.judged
            return int((self.ask_label(self.model, x) == labels).sum()), len(labels)
        right = self.right[self.held_out] if self.held_out.any() else self.right
        return int(right.sum()), len(right)


@dataclass(frozen=True, eq=False)
class Confusion(_Picture):
    """Which held-out examples are taken for which class.

    Attributes:
        ask: gives the share of each class, (n, classes).
        x, labels: examples and their true classes.
        names: of the classes.
    """

    x: Array
    labels: Array
    names: tuple[str, ...]

    @property
    def counts(self) -> Array:
        """How many examples of each class (a row) are given each answer (a column)."""
        return count_pairs(self.labels, self.ask(self.model, self.x).argmax(axis=1), len(self.names))

    def mistakes(self, most: int = 24) -> list[Mistake]:
        """The wrong answers, the surest first."""
        shares = self.ask(self.model, self.x)
        answers = shares.argmax(axis=1)
        sure = shares[np.arange(len(answers)), answers]
        wrong = np.flatnonzero(answers != self.labels)
        side = self.side
        return [
            Mistake(
                self.x[k].reshape(side, side) if side else None, int(self.labels[k]), int(answers[k]), float(sure[k])
            )
            for k in wrong[np.argsort(-sure[wrong], kind="stable")][:most]
        ]

    @property
    def side(self) -> int:
        """How many pixels wide and high the examples are as images; 0 if they are none."""
        side = round(self.x.shape[1] ** 0.5)
        return side if side >= 4 and side * side == self.x.shape[1] else 0


class Mistake(NamedTuple):
    """A wrong answer.

    Attributes:
        image: the example, shape (side, side); None where its inputs are no square.
        true, answer: the classes.
        share: how sure the answer is, from 0 to 1.
    """

    image: Array | None
    true: int
    answer: int
    share: float


@dataclass(frozen=True, eq=False)
class FittedCurve(_Picture):
    """A number over one input.

    Attributes:
        ask: gives a number, (n,), for places of shape (n, 1).
        x, y, held_out: the examples, (n,); whether each is held out.
        feature, target: what x and y are called.
    """

    x: Array
    y: Array
    held_out: Array
    feature: str
    target: str

    @property
    def span(self) -> tuple[float, float]:
        """The range of the examples' numbers, with room."""
        return span_of(self.y)

    def curve(self, n: int) -> tuple[Array, Array]:
        """n places over the range of the examples, and the model's number at each."""
        xs = np.linspace(self.x.min(), self.x.max(), n)
        return xs, self.ask(self.model, xs[:, None])


@dataclass(frozen=True, eq=False)
class Truth(_Picture):
    """Predicted numbers beside the true ones, on held-out examples.

    Attributes:
        ask: gives a number, (n,).
        x, truth: examples, and the number of each, (n,).
        target: what the number is called.
    """

    x: Array
    truth: Array
    target: str

    @property
    def span(self) -> tuple[float, float]:
        """The range of the true numbers, with room: the same for whatever the network answers."""
        return span_of(self.truth)

    @property
    def prediction(self) -> Array:
        """The model's number for each example, (n,)."""
        return self.ask(self.model, self.x)


Picture = Boundary | Confusion | FittedCurve | Truth


def hidden_units(
    model: Module, train: Dataset, held_out: Dataset, standardizer: Standardizer | None = None
) -> HiddenUnits | None:
    """What each hidden unit answers; None if there are not two inputs, or no layer before the last dense one."""
    layers = list(model) if isinstance(model, Sequential) else []
    if train.x.shape[1] != 2 or sum(isinstance(layer, Dense) for layer in layers) < 2:
        return None
    units = Units.of(standardizer, 2)
    x, _, _ = some_of_both(train, held_out, POINTS, units)
    return HiddenUnits(layers, model, units, box_around(x), x)


class Layer(NamedTuple):
    """The units of a hidden layer, the one with the strongest weight in the next layer first.

    Attributes:
        name: of the dense layer in the model, such as "0".
        maps: what each unit answers, shape (units, ny, nx), the highest row first.
        weights: the length of the weights that each has in the next layer, (units,).
        dead: whether it answers 0 to every example, (units,).
    """

    name: str
    maps: Array
    weights: Array
    dead: Array


@dataclass(frozen=True, eq=False)
class HiddenUnits:
    """What each hidden unit answers over the plane of two inputs: what goes into the next dense layer."""

    layers: list[Module]
    model: Module
    units: Units
    box: Box
    points: Array

    def maps(self, nx: int, ny: int) -> list[Layer]:
        """Each hidden layer, with maps of nx × ny fields."""
        xs, ys = places(self.box, nx, ny)
        asked = np.concatenate([np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2), self.points])
        before: list[tuple[str, Array, Array]] = []  # each dense layer, its weight and what goes into it
        x: Any = tensor_for(self.model, self.units.inside(asked))
        with np.errstate(**SILENT), evaluating(self.model), no_grad():
            for k, layer in enumerate(self.layers):
                if isinstance(layer, Dense):
                    before.append((str(k), layer.weight.numpy(), x.numpy()))
                x = layer(x)
        found = []
        for (name, _, _), (_, weight, entering) in pairwise(before):
            strength = np.sqrt((weight.astype(float) ** 2).sum(axis=1))
            order = np.argsort(-strength, kind="stable")
            maps = entering[: nx * ny, order].T.reshape(-1, ny, nx).astype(float)
            found.append(Layer(name, maps, strength[order], (entering[nx * ny :, order] == 0).all(axis=0)))
        return found
