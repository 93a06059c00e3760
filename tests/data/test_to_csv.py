"""What `to_csv` writes is what Python's reader of tables, and ours, read."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from tinygrad_edu.data import Dataset, read_csv
from tinygrad_edu.errors import DataError

X = np.random.default_rng(0).normal(size=(12, 2)) * [1.0, 1e-200]
LABELS = np.arange(12) % 3
SETS = {
    "words": Dataset(X, LABELS, target_names=('a, "b"', "ä", "c")),
    "numbers": Dataset(X, LABELS),
    "regression": Dataset(X, X[:, 0] / 3, task="regression", feature_names=("größe", "x, y"), target_names=("z",)),
}


@pytest.mark.parametrize("name", SETS)
def test_the_same_is_read(tmp_path, name):
    data, path = SETS[name], tmp_path / "data.csv"
    data.to_csv(path)
    with open(path, newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert header[:-1] == list(data.feature_names)
    np.testing.assert_array_equal(np.array([row[:-1] for row in rows], dtype=float), data.x)
    found = read_csv(path)
    np.testing.assert_array_equal(found.x, data.x)
    if data.task == "regression":
        np.testing.assert_array_equal(found.y, data.y)
    else:
        assert [found.target_names[k] for k in found.y] == [data.target_names[k] for k in data.y]


def test_a_feature_with_the_name_of_the_answer(tmp_path):
    with pytest.raises(DataError, match="'class'"):
        Dataset(X, LABELS, feature_names=("class", "x")).to_csv(tmp_path / "data.csv")
    assert list(tmp_path.iterdir()) == []
