"""What a model answers at present, as arrays: over the plane, on the held-out examples, along a line, in its units.

Each object asks the model anew whenever it is read, so the same one serves a whole run; nothing is drawn here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from tinygrad_edu.data import Dataset, Standardizer
from tinygrad_edu.graph.modes import no_grad
from tinygrad_edu.nn import Dense, Module, Sequential
from tinygrad_edu.tensors.tensor import Tensor
from tinygrad_edu.train.examples import evaluating
from tinygrad_edu.train.metrics import VALIDATION_ROWS
from tinygrad_edu.train.targets import Objective

Array = np.ndarray[Any, Any]
Ask = Callable[[Array], Array]
Box = tuple[float, float, float, float]
"""The lowest and highest x1, and the lowest and highest x2."""

MARGIN = 0.08  # of the range of the points, around them
POINTS = 300  # more cannot be told apart in a picture
ROWS = 2000  # of held-out examples that are asked about: a picture is drawn many times in a run
_SILENT: dict[str, Any] = {"all": "ignore"}  # weights that are no numbers are what the picture shows


def picture_of(
    model: Module,
    dataset: Dataset,
    train: Dataset,
    held_out: Dataset,
    objective: Objective | str,
    standardizer: Standardizer | None = None,
    points: int = POINTS,
    rows: int = ROWS,
) -> Boundary | Confusion | FittedCurve | Truth:
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
    names, inputs = dataset.feature_names, train.x.shape[1]
    units = _Units.of(standardizer, inputs)
    if dataset.task == "classification" and inputs == 2:
        x, labels, out = _some(train, held_out, points, units)
        return Boundary(
            lambda places: objective.shares(outputs_of(model, units.inside(places))),
            lambda places: objective.labels(outputs_of(model, units.inside(places))),
            box_around(x),
            *(x, labels.astype(np.int64), out),
            *(dataset.target_names, tuple(names)),
        )
    chosen = held_out.x[_chosen(len(held_out), rows)], held_out.y[_chosen(len(held_out), rows)]
    if dataset.task == "classification":
        return Confusion(lambda places: objective.shares(outputs_of(model, places)), *chosen, dataset.target_names)
    target = dataset.target_names[0]
    if inputs == 1:
        x, y, out = _some(train, held_out, points, units)
        return FittedCurve(
            lambda places: units.target(outputs_of(model, units.inside(places))[:, 0]),
            x[:, 0],
            y,
            out,
            names[0],
            target,
        )
    return Truth(
        lambda places: units.target(outputs_of(model, places)[:, 0]), chosen[0], units.target(chosen[1]), target
    )


@dataclass(frozen=True, eq=False)
class Boundary:
    """Classes over the plane of two inputs.

    Attributes:
        ask: places, shape (n, 2), to the share of each class, (n, classes).
        ask_label: places to the class that is answered, (n,).
        box: what of the plane is shown.
        points, labels, held_out: examples, (n, 2); their true classes, (n,); whether each is held out, (n,).
        names: of the classes; feature_names: of the two inputs.
    """

    ask: Ask
    ask_label: Ask
    box: Box
    points: Array
    labels: Array
    held_out: Array
    names: tuple[str, ...]
    feature_names: tuple[str, ...]

    def grid(self, nx: int, ny: int) -> Array:
        """The share of each class in the middle of each of nx × ny fields, shape (ny, nx, classes).

        The first row is the highest: as it is drawn.
        """
        xs, ys = places(self.box, nx, ny)
        asked = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
        return self.ask(asked).reshape(ny, nx, -1)

    @property
    def answers(self) -> Array:
        """The class that is answered for each point, (n,)."""
        return self.ask_label(self.points)

    @property
    def right(self) -> Array:
        """Whether each point is answered with its class, (n,)."""
        return self.answers == self.labels


@dataclass(frozen=True, eq=False)
class Confusion:
    """Which held-out examples are taken for which class.

    Attributes:
        ask: rows, shape (n, inputs), to the share of each class, (n, classes).
        x, labels: examples and their true classes.
        names: of the classes.
    """

    ask: Ask
    x: Array
    labels: Array
    names: tuple[str, ...]

    @property
    def counts(self) -> Array:
        """How many examples of each class (a row) are given each answer (a column)."""
        return count_pairs(self.labels, self.ask(self.x).argmax(axis=1), len(self.names))

    def mistakes(self, most: int = 24) -> list[Mistake]:
        """The wrong answers, the surest first."""
        shares = self.ask(self.x)
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
class FittedCurve:
    """A number over one input.

    Attributes:
        ask: places, shape (n, 1), to numbers, (n,).
        x, y, held_out: the examples, (n,); whether each is held out.
        feature, target: what x and y are called.
    """

    ask: Ask
    x: Array
    y: Array
    held_out: Array
    feature: str
    target: str

    def curve(self, n: int) -> tuple[Array, Array]:
        """n places over the range of the examples, and the model's number at each."""
        xs = np.linspace(self.x.min(), self.x.max(), n)
        return xs, self.ask(xs[:, None])


@dataclass(frozen=True, eq=False)
class Truth:
    """Predicted numbers beside the true ones, on held-out examples.

    Attributes:
        ask: rows, shape (n, inputs), to numbers, (n,).
        x, truth: examples, and the number of each, (n,).
        target: what the number is called.
    """

    ask: Ask
    x: Array
    truth: Array
    target: str

    @property
    def prediction(self) -> Array:
        """The model's number for each example, (n,)."""
        return self.ask(self.x)


def hidden_units(
    model: Module, train: Dataset, held_out: Dataset, standardizer: Standardizer | None = None
) -> HiddenUnits | None:
    """What each hidden unit answers; None if there are not two inputs, or no layer before the last dense one."""
    layers = list(model) if isinstance(model, Sequential) else []
    if train.x.shape[1] != 2 or sum(isinstance(layer, Dense) for layer in layers) < 2:
        return None
    units = _Units.of(standardizer, 2)
    x, _, _ = _some(train, held_out, POINTS, units)
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
    units: _Units
    box: Box
    points: Array

    def maps(self, nx: int, ny: int) -> list[Layer]:
        """Each hidden layer, with maps of nx × ny fields."""
        xs, ys = places(self.box, nx, ny)
        asked = np.concatenate([np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2), self.points])
        before: list[tuple[str, Array, Array]] = []  # each dense layer, its weight and what goes into it
        x: Any = _tensor(self.model, self.units.inside(asked))
        with np.errstate(**_SILENT), evaluating(self.model), no_grad():
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


def outputs_of(model: Module, x: Array) -> Array:
    """The outputs of a model in evaluation mode, shape (n, outputs), in float64; its mode is restored."""
    starts = range(0, max(len(x), 1), VALIDATION_ROWS)
    with np.errstate(**_SILENT), evaluating(model), no_grad():
        parts = [model(_tensor(model, x[k : k + VALIDATION_ROWS])).numpy() for k in starts]
    found = np.concatenate(parts).astype(np.float64)
    return found.reshape(len(x), -1)


def box_around(points: Array, margin: float = MARGIN) -> Box:
    """The points with some room around them; where all are equal along an axis, a range of 2."""
    low, high = points.min(axis=0).astype(float), points.max(axis=0).astype(float)
    around = np.where(high > low, margin * (high - low), 1.0)
    return float(low[0] - around[0]), float(high[0] + around[0]), float(low[1] - around[1]), float(high[1] + around[1])


def places(box: Box, nx: int, ny: int) -> tuple[Array, Array]:
    """The middles of nx fields from left to right, and of ny fields from the top down."""
    left, right, low, high = box
    return left + (np.arange(nx) + 0.5) * (right - left) / nx, high - (np.arange(ny) + 0.5) * (high - low) / ny


def count_pairs(true: Array, answers: Array, classes: int) -> Array:
    """How often each class (a row) is given each answer (a column)."""
    counts = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(counts, (true, answers), 1)
    return counts


def _tensor(model: Module, x: Array) -> Tensor:
    parameters = list(model.parameters())
    dtype, device = (parameters[0].dtype, parameters[0].device) if parameters else ("float32", "cpu")
    return Tensor(x.astype(dtype), device=device)


class _Units(NamedTuple):
    """The units of the data, beside those that the model takes and gives."""

    mean: Array
    scale: Array
    target_mean: float
    target_scale: float

    @classmethod
    def of(cls, standardizer: Standardizer | None, inputs: int) -> _Units:
        if standardizer is None:
            return cls(np.zeros(inputs), np.ones(inputs), 0.0, 1.0)
        s = standardizer
        return cls(s.mean, s.scale, float(s.target_mean), float(s.target_scale))

    def inside(self, x: Array) -> Array:
        """Numbers of the data as the model takes them."""
        return (x - self.mean) / self.scale

    def outside(self, x: Array) -> Array:
        """What the model takes, as it is in the data."""
        return x * self.scale + self.mean

    def target(self, y: Array) -> Array:
        return y * self.target_scale + self.target_mean


def _some(train: Dataset, held_out: Dataset, most: int, units: _Units) -> tuple[Array, Array, Array]:
    """Some examples of both parts, in the units of the data: inputs, targets, and whether each is held out."""
    rows = _chosen(len(train) + len(held_out), most)
    held = rows >= len(train)
    inside, outside = rows[~held], rows[held] - len(train)
    x = np.concatenate([train.x[inside], held_out.x[outside]])
    y = np.concatenate([train.y[inside], held_out.y[outside]])
    return units.outside(x), y if train.classes else units.target(y), held


def _chosen(n: int, most: int) -> Array:
    """The positions of at most so many of n rows, always the same ones, in order."""
    if n <= most:
        return np.arange(n)
    return np.sort(np.random.default_rng(0).choice(n, most, replace=False))
