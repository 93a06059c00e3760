"""Toy sets: small problems in the plane, made by a formula, each of which shows one thing about learning.

Each function takes the number of rows, the standard deviation of the noise and a random generator, and returns x of
shape (n, features) and y of shape (n,). Classes take turns, so that they are as large as each other, give or take one
row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..checks import is_within, whole_number
from ..errors import ArgumentError
from .dataset import Array, Dataset, Task

Generator = np.random.Generator
MOST = 10**9  # rows: far more than anybody needs, and far fewer than NumPy can count


def moons(n: int, noise: float, rng: Generator) -> tuple[Array, Array]:
    """Two half circles that reach into each other: no straight line parts them.

    With t from 0 to π: class 0 at (cos t, sin t), class 1 at (1 - cos t, ½ - sin t).
    """
    y = np.arange(n) % 2
    t = _spread(y, 0.0, np.pi)
    x = np.where(y, [1 - np.cos(t), 0.5 - np.sin(t)], [np.cos(t), np.sin(t)]).T
    return x + rng.normal(0, noise, x.shape), y


def circles(n: int, noise: float, rng: Generator) -> tuple[Array, Array]:
    """A circle around another: radius 1 (class 0) and ½ (class 1)."""
    y = np.arange(n) % 2
    x = _polar(np.where(y, 0.5, 1.0), rng.uniform(0, 2 * np.pi, n))
    return x + rng.normal(0, noise, x.shape), y


def spirals(n: int, noise: float, rng: Generator) -> tuple[Array, Array]:
    """Two arms that wind around each other once: a deep network's work.

    With t from 0.2 to 1: radius 3 t, angle 2½ π t, half a turn further for class 1. (A friendlier relative of the two
    spirals of Lang & Witbrock 1988, which wind three times.)
    """
    y = np.arange(n) % 2
    t = _spread(y, 0.2, 1.0)
    x = _polar(3 * t, 2.5 * np.pi * t + np.pi * y)
    return x + rng.normal(0, noise, x.shape), y


def xor(n: int, noise: float, rng: Generator) -> tuple[Array, Array]:
    """The truth table of "either, or": the four corners of the unit square, class 1 where the inputs differ.

    What a single perceptron cannot learn (Minsky & Papert 1969).
    """
    corners = np.arange(n) % 4
    x = np.stack([corners // 2, corners % 2], axis=1).astype(float)
    y = (x[:, 0] != x[:, 1]).astype(int)
    return x + rng.normal(0, noise, x.shape), y


def blobs(n: int, noise: float, rng: Generator) -> tuple[Array, Array]:
    """Three round clouds, a third of a turn apart on a circle of radius 2; `noise` is their size."""
    y = np.arange(n) % 3
    x = _polar(np.full(n, 2.0), np.pi / 2 + 2 * np.pi / 3 * y)
    return x + rng.normal(0, noise, x.shape), y


def two_lines(n: int, noise: float, rng: Generator) -> tuple[Array, Array]:
    """Two parallel lines, x2 = x1 - ½ (class 0) and x2 = x1 + ½ (class 1): a perceptron parts them."""
    y = np.arange(n) % 2
    along = rng.uniform(-1, 1, n)
    x = np.stack([along, along + y - 0.5], axis=1)
    return x + rng.normal(0, noise, x.shape), y


def sine(n: int, noise: float, rng: Generator) -> tuple[Array, Array]:
    """A wave to fit: y = sin(x) + noise, x drawn evenly from -π to π."""
    x = rng.uniform(-np.pi, np.pi, (n, 1))
    return x, np.sin(x[:, 0]) + rng.normal(0, noise, n)


def plane(n: int, noise: float, rng: Generator) -> tuple[Array, Array]:
    """A plane to fit: y = (x1 + x2) / 3 + noise, x1 and x2 drawn evenly from -3 to 3: a single unit learns it."""
    x = _square(n, rng)
    return x, x.sum(axis=1) / 3 + rng.normal(0, noise, n)


def hills(n: int, noise: float, rng: Generator) -> tuple[Array, Array]:
    """Two hills and two hollows to fit, bells of Gauss: y = Σ ± exp(-|x - c|²) + noise, x as of `plane`.

    The hills stand at (1.5, 1.5) and (-1.5, -1.5), the hollows at (1.5, -1.5) and (-1.5, 1.5): no plane comes near.
    """
    x, y = _square(n, rng), np.zeros(n)
    for x1, x2 in ((1.5, 1.5), (-1.5, -1.5), (1.5, -1.5), (-1.5, 1.5)):
        y += np.sign(x1 * x2) * np.exp(-((x[:, 0] - x1) ** 2) - (x[:, 1] - x2) ** 2)
    return x, y + rng.normal(0, noise, n)


LECTURES, HOURS = 6, 10


def pass_class(n: int, noise: float, rng: Generator) -> tuple[Array, Array]:
    """ "Will I pass this class?", the question of the first lecture of MIT 6.S191.

    A student attends 0 to 6 lectures and works 0 to 10 hours on the project, any number as likely as another, and
    passes (class 1) where lectures / 6 + hours / 10 + noise ≥ 1: who attends all lectures may skip the project, and
    the other way round. The noise is what attendance and hours do not tell. The lecture's student, with 4 lectures
    and 5 hours, should pass. As many pass as fail.
    """
    students = 2 * n + 100  # half of them pass: more than enough of both kinds
    lectures = rng.integers(0, LECTURES, students, endpoint=True)
    hours = rng.uniform(0, HOURS, students).round(1)
    passed = lectures / LECTURES + hours / HOURS + rng.normal(0, noise, students) >= 1
    chosen = np.concatenate([np.flatnonzero(~passed)[: (n + 1) // 2], np.flatnonzero(passed)[: n // 2]])
    return np.stack([lectures, hours], axis=1)[chosen], passed[chosen].astype(int)


def _spread(y: Array, start: float, stop: float) -> Array:
    """Numbers from start to stop at even distances, for the rows of each of two classes."""
    t = np.empty(len(y))
    for label in (0, 1):
        t[y == label] = np.linspace(start, stop, int((y == label).sum()))
    return t


def _square(n: int, rng: Generator) -> Array:
    """Places in the square from -3 to 3, to two decimals."""
    return rng.uniform(-3, 3, (n, 2)).round(2)


def _polar(radius: Array, angle: Array) -> Array:
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


@dataclass(frozen=True)
class Toy:
    """A toy set's formula, its usual size and noise, and what its numbers are called."""

    make: Callable[[int, float, Generator], tuple[Array, Array]]
    n: int
    noise: float
    target_names: tuple[str, ...]
    feature_names: tuple[str, ...] = ("x1", "x2")
    task: Task = "classification"


TOYS = {
    "moons": Toy(moons, 1000, 0.1, ("upper", "lower")),
    "circles": Toy(circles, 500, 0.05, ("outer", "inner")),
    "spirals": Toy(spirals, 600, 0.05, ("first", "second")),
    "xor": Toy(xor, 400, 0.1, ("same", "different"), ("a", "b")),
    "blobs": Toy(blobs, 300, 0.5, ("top", "left", "right")),
    "two_lines": Toy(two_lines, 200, 0.05, ("below", "above")),
    "sine": Toy(sine, 200, 0.1, ("sin(x)",), ("x",), "regression"),
    "plane": Toy(plane, 300, 0.1, ("y",), task="regression"),
    "hills": Toy(hills, 500, 0.05, ("y",), task="regression"),
    "pass_class": Toy(pass_class, 300, 0.1, ("failed", "passed"), ("lectures attended", "hours on the project")),
}


def make_toy(name: str, n: int | None = None, noise: float | None = None, seed: int = 0) -> Dataset:
    """A toy set with its rows in random order; n and noise as in TOYS if left out. Errors as of `load`."""
    toy = TOYS[name]
    fewest = 4 if name == "xor" else max(2, len(toy.target_names))  # of each class, or corner, one
    n = toy.n if n is None else whole_number("n", n, at_least=1)
    if n > MOST:
        raise ArgumentError(f"n={n} rows are too many: ask for at most {MOST}")
    if n < fewest:
        raise ArgumentError(f"n={n} rows are too few for {name}: ask for at least {fewest}")
    noise = toy.noise if noise is None else noise
    if not is_within(noise, 0):
        raise ArgumentError(f"noise must be a finite number from 0 on, not {noise!r}")
    rng = np.random.default_rng(whole_number("seed", seed, at_least=0))
    x, y = toy.make(n, noise, rng)
    order = rng.permutation(n)
    return Dataset(x[order], y[order], name, toy.task, toy.feature_names, toy.target_names)
