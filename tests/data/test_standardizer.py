"""Standardizer: the training part's mean and scale, and nobody else's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

import tinygrad_edu as tg
from tinygrad_edu.data import Dataset, Standardizer
from tinygrad_edu.errors import ArgumentError, DataError, StateError


@pytest.mark.parametrize("name", ["digits", "iris", "breast_cancer", "diabetes"])
def test_features_are_those_of_scikit_learn(name: str) -> None:
    train, held_out = tg.data.load(name).split()  # digits have pixels that are always 0
    ours, theirs = Standardizer.fit(train), StandardScaler().fit(train.x)
    for part in (train, held_out):
        np.testing.assert_allclose(ours.apply(part).x, theirs.transform(part.x), rtol=1e-9, atol=1e-12)


def test_the_validation_part_is_seen_through_the_eyes_of_the_training_part() -> None:
    train, held_out = Dataset([[0.0], [2.0]], [0, 1]), Dataset([[10.0]], [0])
    assert Standardizer.fit(train).apply(held_out).x.tolist() == [[9.0]]  # (10 - 1) / 1


def test_a_constant_feature_has_scale_1() -> None:
    standardizer = Standardizer.fit(Dataset(np.full((7, 1), 0.1), np.arange(7)))  # its deviation computes to 1e-17
    assert standardizer.scale.tolist() == [1.0]
    assert np.abs(standardizer.apply(Dataset([[0.1]], [0])).x).max() < 1e-15


def test_a_target_of_regression_is_standardized_and_restored() -> None:
    train, held_out = tg.data.load("diabetes").split()
    standardizer = Standardizer.fit(train)
    y = standardizer.apply(train).y
    assert y.mean() == pytest.approx(0, abs=1e-12) and y.std() == pytest.approx(1)
    np.testing.assert_allclose(standardizer.restore(standardizer.apply(held_out).y), held_out.y)
    prediction = standardizer.restore(tg.Tensor([0.0, 1.0]))
    np.testing.assert_allclose(prediction.numpy(), train.y.mean() + train.y.std() * np.array([0, 1]), rtol=1e-6)


def test_labels_stay_as_they_are() -> None:
    train, _ = tg.data.load("iris").split()
    applied = Standardizer.fit(train).apply(train)
    np.testing.assert_array_equal(applied.y, train.y)
    assert applied.y.dtype == np.int64
    assert (applied.name, applied.feature_names, applied.target_names) == (
        train.name,
        train.feature_names,
        train.target_names,
    )


def test_its_numbers_can_be_saved() -> None:
    train, held_out = tg.data.load("diabetes").split()
    standardizer = Standardizer.fit(train)
    state = standardizer.state()
    assert {name: array.shape for name, array in state.items()} == {
        "mean": (10,),
        "scale": (10,),
        "target_mean": (),
        "target_scale": (),
    }
    again = Standardizer.from_state(state).apply(held_out)
    np.testing.assert_array_equal(again.x, standardizer.apply(held_out).x)
    np.testing.assert_array_equal(again.y, standardizer.apply(held_out).y)
    with pytest.raises(StateError, match="lacks the field 'scale'"):
        Standardizer.from_state({"mean": state["mean"]})


def test_an_array_is_no_data_set() -> None:
    with pytest.raises(ArgumentError, match=r"takes a data set, and not a ndarray: tg\.data\.Dataset\(x, y\)"):
        Standardizer.fit(np.ones((3, 2)))  # type: ignore[arg-type]


def test_other_data_does_not_fit() -> None:
    with pytest.raises(DataError, match="iris has 4 features, but the standardizer was fitted on 2"):
        Standardizer.fit(tg.data.load("moons")).apply(tg.data.load("iris"))


@pytest.mark.filterwarnings("error")
def test_numbers_whose_squares_are_infinite() -> None:
    with pytest.raises(DataError, match="data: the numbers of 'x2' are too large"):
        Standardizer.fit(Dataset([[1.0, 1e300], [2.0, -1e300]], [0, 1]))
    with pytest.raises(DataError, match="the numbers of 'y' are too large"):
        Standardizer.fit(Dataset([[1.0], [2.0]], [1e300, -1e300], task="regression"))


@pytest.mark.parametrize("state", ["x", {"mean": "x", "scale": 1, "target_mean": 0, "target_scale": 1}])
def test_a_state_that_is_none(state: object) -> None:
    with pytest.raises(StateError, match="state of the standardizer is damaged"):
        Standardizer.from_state(state)  # type: ignore[arg-type]
