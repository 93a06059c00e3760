"""Toy sets: their geometry, their balance, and that a seed decides everything."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import make_moons
from sklearn.linear_model import LinearRegression, LogisticRegression, Perceptron
from sklearn.svm import SVC, SVR

import tinygrad_edu as tg
from tinygrad_edu.data.toys import TOYS
from tinygrad_edu.errors import ArgumentError

CLASSES = [name for name, toy in TOYS.items() if toy.task == "classification"]


def points(name: str, n: int = 200) -> tuple[Any, Any]:
    """The two coordinates of each class's points, without noise."""
    data = tg.data.load(name, n=n, noise=0)
    return data.x[data.y == 0].T, data.x[data.y == 1].T


# --- geometry ---


def test_moons_lie_on_half_circles() -> None:
    upper, lower = points("moons")
    np.testing.assert_allclose(np.hypot(*upper), 1)
    assert (upper[1] >= 0).all()
    np.testing.assert_allclose(np.hypot(lower[0] - 1, lower[1] - 0.5), 1)
    assert (lower[1] <= 0.5).all()


def test_moons_are_those_of_scikit_learn() -> None:
    x, y = make_moons(200, shuffle=False)
    for label, ours in enumerate(points("moons")):
        np.testing.assert_allclose(np.sort(ours[0]), np.sort(x[y == label, 0]), atol=1e-12)


def test_circles_lie_in_one_another() -> None:
    outer, inner = points("circles")
    np.testing.assert_allclose(np.hypot(*outer), 1)
    np.testing.assert_allclose(np.hypot(*inner), 0.5)


def test_spirals_wind_and_never_meet() -> None:
    first, second = points("spirals", 2000)
    radius = np.hypot(*first)
    assert radius.min() == pytest.approx(0.6) and radius.max() == pytest.approx(3)
    np.testing.assert_allclose(np.sort(first, axis=1), np.sort(-second, axis=1), atol=1e-12)  # half a turn
    order = np.argsort(radius)
    turns = np.unwrap(np.arctan2(first[1], first[0])[order])
    assert (turns[-1] - turns[0]) / (2 * np.pi) == pytest.approx(1)  # from a quarter to 1¼
    distances = np.hypot(first[0][:, None] - second[0], first[1][:, None] - second[1])
    assert distances.min() > 10 * TOYS["spirals"].noise


def test_xor_is_its_truth_table() -> None:
    data = tg.data.load("xor", noise=0)
    table = {(*x, y) for x, y in zip(data.x.tolist(), data.y.tolist(), strict=True) for x in [tuple(x)]}
    assert table == {(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)}
    assert len(np.unique(tg.data.load("xor", n=4, noise=0).x, axis=0)) == 4


def test_blobs_are_as_far_from_each_other_as_from_the_others() -> None:
    data = tg.data.load("blobs", noise=0)
    centers = np.array([data.x[data.y == label].mean(axis=0) for label in range(3)])
    np.testing.assert_allclose(np.hypot(*centers.T), 2)
    np.testing.assert_allclose([np.linalg.norm(centers[k] - centers[k - 1]) for k in range(3)], 2 * np.sqrt(3))
    assert centers[0][1] == pytest.approx(2) and centers[1][0] < 0 < centers[2][0]  # top, left, right


@pytest.mark.parametrize("seed", range(5))
def test_two_lines_are_parted_by_a_perceptron(seed: int) -> None:
    data = tg.data.load("two_lines", seed=seed)
    perceptron = Perceptron(max_iter=1000, tol=None).fit(data.x, data.y)
    assert perceptron.score(data.x, data.y) == 1


def test_sine_is_a_sine() -> None:
    data = tg.data.load("sine", noise=0)
    np.testing.assert_array_equal(data.y, np.sin(data.x[:, 0]))
    assert data.x.min() < -3 and data.x.max() > 3 and np.abs(data.x).max() <= np.pi


def test_a_plane_is_flat() -> None:
    data = tg.data.load("plane", noise=0)
    fitted = LinearRegression().fit(data.x, data.y)
    np.testing.assert_allclose([*fitted.coef_, fitted.intercept_], [1 / 3, 1 / 3, 0], atol=1e-12)
    assert np.abs(data.x).max() <= 3 and len(np.unique(data.x)) > 200


def test_hills_stand_in_two_corners_and_hollows_in_the_others() -> None:
    data = tg.data.load("hills", noise=0)
    distances = {s: np.linalg.norm(data.x - np.multiply(s, 1.5), axis=1) for s in product((1, -1), repeat=2)}
    np.testing.assert_allclose(data.y, sum(a * b * np.exp(-(d**2)) for (a, b), d in distances.items()), atol=1e-12)
    train, held_out = tg.data.load("hills").split()
    assert LinearRegression().fit(train.x, train.y).score(held_out.x, held_out.y) < 0.1
    assert SVR(C=10).fit(train.x, train.y).score(held_out.x, held_out.y) > 0.9


def test_who_passes_the_class() -> None:
    data = tg.data.load("pass_class", noise=0)
    lectures, hours = data.x.T
    assert data.feature_names == ("lectures attended", "hours on the project")
    assert data.target_names == ("failed", "passed")
    assert set(lectures) == set(range(7))
    assert hours.min() >= 0 and hours.max() <= 10
    margin = 5 * lectures + 3 * hours - 30  # the rule, times 30
    assert (data.y[margin > 1e-9] == 1).all() and (data.y[margin < -1e-9] == 0).all()
    assert 5 * 4 + 3 * 5 > 30  # the lecture's student passes


# --- how hard they are ---


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("name", "accuracy"), [("moons", 0.98), ("spirals", 0.97), ("xor", 1.0), ("circles", 0.98)])
def test_a_curved_boundary_is_enough_and_a_line_is_not(name: str, accuracy: float, seed: int) -> None:
    train, held_out = tg.data.load(name, seed=seed).split(seed=seed)
    assert SVC(gamma=2).fit(train.x, train.y).score(held_out.x, held_out.y) >= accuracy
    assert LogisticRegression().fit(train.x, train.y).score(held_out.x, held_out.y) < 0.92


# --- all of them ---


@pytest.mark.parametrize("name", TOYS)
def test_a_seed_decides_everything(name: str) -> None:
    tg.seed(1)
    data = tg.data.load(name, seed=3)
    tg.seed(2)
    again = tg.data.load(name, seed=3)
    np.testing.assert_array_equal(data.x, again.x)
    np.testing.assert_array_equal(data.y, again.y)
    assert not np.array_equal(data.x, tg.data.load(name, seed=4).x)
    assert data.name == name and len(data) == TOYS[name].n


@pytest.mark.parametrize("n", [5, 50, 501])
@pytest.mark.parametrize("name", CLASSES)
def test_classes_are_as_large_as_each_other(name: str, n: int) -> None:
    data = tg.data.load(name, n=n)
    assert len(data) == n
    counts = np.bincount(data.y, minlength=data.classes)
    assert counts.min() >= 1 and counts.max() - counts.min() <= 1


@pytest.mark.parametrize("name", CLASSES)
def test_rows_come_in_random_order(name: str) -> None:
    changes = (np.diff(tg.data.load(name, n=200).y) != 0).mean()
    assert 0.3 < changes < 0.9  # sorted by class it would be near 0, taking turns 1


@pytest.mark.parametrize("name", [name for name in CLASSES if name != "pass_class"])
def test_noise_is_a_standard_deviation(name: str) -> None:
    clean, noisy = (tg.data.load(name, n=4000, noise=noise).x for noise in (0, 0.3))
    assert (noisy - clean).std() == pytest.approx(0.3, rel=0.05)


@pytest.mark.parametrize("name", ["sine", "plane", "hills"])
def test_noise_of_a_regression_is_in_its_height(name: str) -> None:
    clean, noisy = (tg.data.load(name, n=4000, noise=noise) for noise in (0, 0.3))
    np.testing.assert_array_equal(clean.x, noisy.x)
    assert (noisy.y - clean.y).std() == pytest.approx(0.3, rel=0.05)


# --- wrong arguments ---


@pytest.mark.parametrize("noise", [-0.1, float("nan"), float("inf"), "much"])
def test_noise_is_not_negative(noise: Any) -> None:
    with pytest.raises(ArgumentError, match="noise must be a finite number from 0 on"):
        tg.data.load("moons", noise=noise)


@pytest.mark.parametrize(("name", "fewest"), [("moons", 2), ("xor", 4), ("blobs", 3), ("pass_class", 2), ("sine", 2)])
def test_each_class_needs_a_row(name: str, fewest: int) -> None:
    assert len(tg.data.load(name, n=fewest)) == fewest
    with pytest.raises(ArgumentError, match=f"too few for {name}: ask for at least {fewest}"):
        tg.data.load(name, n=fewest - 1)


@pytest.mark.parametrize("n", [0, -5, 10.0, "10", True])
def test_n_is_a_whole_number(n: Any) -> None:
    with pytest.raises(ArgumentError, match="n must be a whole number, 1 or more"):
        tg.data.load("moons", n=n)


@pytest.mark.parametrize("name", TOYS)
def test_more_rows_than_any_memory_holds(name: str) -> None:
    with pytest.raises(ArgumentError, match="n=10000000000000000000 rows are too many: ask for at most 1000000000"):
        tg.data.load(name, n=10**19)


def test_a_seed_is_not_negative() -> None:
    with pytest.raises(ArgumentError, match="seed must be a whole number, 0 or more, not -1"):
        tg.data.load("moons", seed=-1)
