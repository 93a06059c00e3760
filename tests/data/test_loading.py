"""load: names, real sets, and what is missing."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from sklearn import datasets

import tinygrad_edu as tg
from tinygrad_edu.data import loading
from tinygrad_edu.data.loading import REAL
from tinygrad_edu.errors import ArgumentError, DataError


@pytest.mark.parametrize(("name", "is_found"), [*((name, True) for name in REAL), ("digits", False)])
def test_real_sets_have_the_numbers_of_scikit_learn(name: str, is_found: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not is_found:  # the file of the digits, in another version of scikit-learn
        monkeypatch.setattr(loading, "find_spec", lambda _name: None)
    bunch = getattr(datasets, f"load_{name}")()
    data = tg.data.load(name)
    np.testing.assert_array_equal(data.x, bunch.data)
    np.testing.assert_array_equal(data.y, bunch.target)
    assert data.feature_names == tuple(bunch.feature_names)
    if name == "diabetes":
        assert (data.task, data.classes) == ("regression", 0)
    else:
        assert data.target_names == tuple(str(target) for target in bunch.target_names)


def test_fewer_rows_of_a_real_set_are_chosen_by_the_seed() -> None:
    data = tg.data.load("iris", n=30, seed=1)
    np.testing.assert_array_equal(np.bincount(data.y), [10, 10, 10])
    assert {tuple(row) for row in data.x} <= {tuple(row) for row in datasets.load_iris().data}
    assert not np.array_equal(data.x, tg.data.load("iris", n=30, seed=2).x)


def test_all_names_are_known() -> None:
    assert tg.data.names() == tg.data.NAMES
    assert set(tg.data.NAMES) == set(
        "moons circles spirals xor blobs two_lines sine plane hills pass_class "
        "digits iris breast_cancer diabetes mnist fashion_mnist".split()
    )


@pytest.mark.parametrize(
    ("name", "near"), [("mooons", "moons"), ("Iris", "iris"), ("fashion-mnist", "fashion_mnist"), ("spiral", "spirals")]
)
def test_an_unknown_name_is_told_the_nearest_one(name: str, near: str) -> None:
    with pytest.raises(ArgumentError, match=f"unknown data set '{name}'; did you mean '{near}'.*known: moons, "):
        tg.data.load(name)


def test_a_file_is_read_by_another_function() -> None:
    with pytest.raises(ArgumentError, match="read_csv"):
        tg.data.load("points.csv")


def test_real_sets_take_no_noise_and_no_more_rows_than_they_have() -> None:
    with pytest.raises(ArgumentError, match="iris is measured, so it takes no noise"):
        tg.data.load("iris", noise=0.1)
    with pytest.raises(ArgumentError, match="iris has 150 rows, fewer than n=151"):
        tg.data.load("iris", n=151)


def test_only_mnist_has_parts_and_folders() -> None:
    with pytest.raises(ArgumentError, match="part and folder are for mnist and fashion_mnist"):
        tg.data.load("iris", part="test")
    with pytest.raises(ArgumentError, match="part and folder are for mnist and fashion_mnist"):
        tg.data.load("moons", folder=".")


def test_without_scikit_learn_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(DataError, match=r"'iris' needs scikit-learn: pip install 'tinygrad-edu\[data\]'"):
        tg.data.load("iris")
    assert len(tg.data.load("moons")) == 1000  # toy sets need nothing


def test_nothing_optional_is_imported_before_it_is_needed() -> None:
    loads = "tg.data.load('moons'); tg.data.load('digits')"
    code = f"import sys, tinygrad_edu as tg; {loads}; print({{'sklearn', 'pooch'}} & {{*sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
