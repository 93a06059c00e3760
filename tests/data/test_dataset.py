"""Dataset: what it refuses, how it is split and cut into batches."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu.data import Dataset
from tinygrad_edu.errors import ArgumentError, DataError


def numbered(n: int, labels: Any = None) -> Dataset:
    """n rows, each of which holds its own number."""
    y = np.zeros(n) if labels is None else labels
    task = "regression" if labels is None else "classification"
    return Dataset(np.arange(n).reshape(n, 1), y, task=task)


def rows_of(dataset: Dataset) -> list[int]:
    return [int(row) for row in dataset.x[:, 0]]


# --- what it is ---


def test_it_fills_in_names_and_kinds_of_numbers() -> None:
    data = Dataset([[1, 2], [3, 4], [5, 6]], [0, 1, 2])
    assert data.x.dtype == np.float64 and data.y.dtype == np.int64
    assert data.feature_names == ("x1", "x2") and data.target_names == ("0", "1", "2")
    assert (len(data), data.classes) == (3, 3)


def test_the_repr_tells_what_a_reader_wants_to_know() -> None:
    flowers = Dataset(np.zeros((3, 2)), [0, 1, 1], "flowers", target_names=("rose", "tulip"))
    assert repr(flowers) == "Dataset 'flowers': 3 rows × 2 features, classification, 2 classes: rose 1, tulip 2"
    prices = Dataset([[1.0]], [2.5], "prices", "regression", target_names=("euros",))
    assert repr(prices) == "Dataset 'prices': 1 row × 1 feature, regression, euros from 2.5 to 2.5"
    many = Dataset(np.zeros((20, 1)), np.arange(20))
    assert repr(many).endswith("10 1, 11 1, ...")


def test_nobody_can_change_it() -> None:
    mine = np.ones((2, 2))
    data = Dataset(mine, [0, 1])
    mine[0, 0] = 7
    assert data.x[0, 0] == 1
    assert mine.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        data.x[0, 0] = 7
    with pytest.raises(ValueError, match="read-only"):
        data.y[0] = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        data.name = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("x", "y", "options", "message"),
    [
        ([1.0, 2.0], [0, 1], {}, r"\(2,\) and \(2,\)"),
        ([[1.0], [2.0]], [0], {}, r"\(2, 1\) and \(1,\)"),
        (np.zeros((0, 2)), [], {}, "nothing to learn from"),
        (np.zeros((2, 0)), [0, 1], {}, "nothing to learn from"),
        ([[1.0], [np.nan]], [0, 1], {}, r"x has nan at \[1, 0\]"),
        ([[1.0], [2.0]], [0.5, np.inf], {"task": "regression"}, r"y has inf at \[1\]"),
        ([["1"], ["2"]], [0, 1], {}, "x must be an array of real numbers, not of <U1"),
        ([[1.0], [2.0, 3.0]], [0, 1], {}, "x has rows of different lengths"),
        ([[1j], [2j]], [0, 1], {}, "real numbers, not of complex128"),
        ([[1.0], [2.0]], [0, 0.5], {}, "whole numbers from 0 on.*regression"),
        ([[1.0], [2.0]], [0, np.nan], {}, r"y has nan at \[1\]"),
        ([[1.0], [2.0]], ["0", "1"], {}, "y must be an array of real numbers"),
        ([[1.0], [2.0]], [0, -1], {}, "label of row 1 is -1, out of range: labels go from 0 on"),
        ([[1.0], [2.0]], [0, 2], {"target_names": ("a", "b")}, "label of row 1 is 2, .* from 0 to 1"),
        ([[1.0], [2.0]], [0, 10**15], {}, "label of row 1 is 1000000000000000, out of range: .* task='regression'"),
        ([[1.0], [2.0]], [0, 1], {"feature_names": ("a", "b")}, "2 feature names for 1 columns"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_it_refuses_what_cannot_be_learned_from(x: Any, y: Any, options: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Dataset(x, y, **options)


def test_a_task_is_one_of_two() -> None:
    with pytest.raises(ArgumentError, match="'classification' or 'regression', not 'ranking'"):
        Dataset([[1.0]], [0], task="ranking")  # type: ignore[arg-type]


# --- split ---


@given(n=st.integers(2, 60), classes=st.integers(1, 4), validation=st.floats(0.05, 0.95), seed=st.integers(0, 9))
def test_each_row_is_in_one_part(n: int, classes: int, validation: float, seed: int) -> None:
    data = numbered(n, np.random.default_rng(seed).integers(0, classes, n))
    if not 0 < round(n * validation) < n:
        with pytest.raises(ArgumentError, match=f"{n} rows leaves the (training|validation) part empty"):
            data.split(validation, seed)
        return
    train, held_out = data.split(validation, seed)
    assert len(held_out) == round(n * validation)
    assert sorted(rows_of(train) + rows_of(held_out)) == list(range(n))
    for part in (train, held_out):  # labels stay with their rows, names with the data
        np.testing.assert_array_equal(part.y, data.y[rows_of(part)])
        assert part.target_names == data.target_names
    counts = np.bincount(data.y, minlength=classes)
    held = np.bincount(held_out.y, minlength=classes)
    if len(held_out) >= classes and len(train) >= classes:
        assert ((held >= 1) & (held < counts) | (counts < 2)).all()
    assert (held[counts == 1] == 0).all() or len(train) < classes


def test_the_parts_hold_the_classes_in_proportion() -> None:
    labels = np.repeat([0, 1, 2], [700, 250, 50])
    train, held_out = numbered(1000, labels).split(0.2)
    np.testing.assert_array_equal(np.bincount(held_out.y), [140, 50, 10])
    np.testing.assert_array_equal(np.bincount(train.y), [560, 200, 40])


def test_a_split_depends_on_its_seed_and_on_nothing_else() -> None:
    data = tg.data.load("iris")
    tg.seed(1)
    first = data.split(seed=3)[1].x
    tg.seed(2)
    np.testing.assert_array_equal(first, data.split(seed=3)[1].x)
    assert not np.array_equal(first, data.split(seed=4)[1].x)


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5, float("nan"), "0.2", None, True])
def test_a_share_is_between_0_and_1(share: Any) -> None:
    with pytest.raises(ArgumentError, match="between 0 and 1"):
        numbered(10).split(share)


def test_a_share_may_be_a_numpy_number() -> None:
    assert len(numbered(10).split(np.float32(0.5))[1]) == 5  # type: ignore[arg-type]


# --- batches ---


@given(n=st.integers(1, 50), data=st.data(), shuffle=st.booleans(), epoch=st.integers(0, 3))
def test_batches_are_the_rows_each_once(n: int, data: st.DataObject, shuffle: bool, epoch: int) -> None:
    size = data.draw(st.integers(1, n))
    batches = list(numbered(n).batches(size, shuffle=shuffle, seed=5, epoch=epoch))
    assert [len(x) for x, _ in batches] == [size] * (n // size) + ([n % size] if n % size else [])
    rows = [int(row) for x, _ in batches for row in x[:, 0]]
    assert sorted(rows) == list(range(n))
    assert shuffle or rows == list(range(n))
    complete = list(numbered(n).batches(size, shuffle=shuffle, seed=5, epoch=epoch, drop_last=True))
    assert len(complete) == n // size
    for (x, y), (same_x, same_y) in zip(complete, batches, strict=False):
        np.testing.assert_array_equal(x, same_x)
        np.testing.assert_array_equal(y, same_y)


def test_labels_stay_with_their_rows() -> None:
    data = numbered(30, np.arange(30) % 3)
    for x, y in data.batches(7):
        np.testing.assert_array_equal(x[:, 0] % 3, y)


def test_full_is_one_batch_and_1_is_one_row() -> None:
    data = numbered(9)
    [(x, _)] = data.batches("full")
    assert x.shape == (9, 1)
    assert [x.shape for x, _ in data.batches(1)] == [(1, 1)] * 9


def test_the_order_is_a_function_of_seed_and_epoch() -> None:
    data = numbered(20)

    def order(seed: int, epoch: int) -> list[int]:
        return [int(row) for x, _ in data.batches(6, seed=seed, epoch=epoch) for row in x[:, 0]]

    assert order(0, 3) == order(0, 3) == list(np.random.default_rng([0, 3]).permutation(20))
    assert len({tuple(order(seed, epoch)) for seed in (0, 1) for epoch in (0, 1, 2)}) == 6
    half_read = data.batches(6)
    next(half_read)
    assert order(0, 3) == order(0, 3)


@pytest.mark.parametrize("size", [0, -1, 2.0, True, None])
def test_a_batch_has_a_whole_number_of_rows(size: Any) -> None:
    with pytest.raises(ArgumentError, match="batch size must be a whole number, 1 or more"):
        numbered(10).batches(size)


def test_a_batch_is_not_larger_than_the_data() -> None:
    with pytest.raises(ArgumentError, match="batch of 11 is larger than the data, which has 10 rows"):
        numbered(10).batches(11)  # said at once, not when the first batch is asked for


def test_a_word_for_a_size_is_full() -> None:
    with pytest.raises(ArgumentError, match="from 1 to 10, or 'full', not 'all'"):
        numbered(10).batches("all")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["seed", "epoch"])
def test_seed_and_epoch_are_whole_numbers(name: str) -> None:
    with pytest.raises(ArgumentError, match=f"{name} must be a whole number, 0 or more, not -1"):
        numbered(10).batches(5, **{name: -1})


# --- take ---


def test_taken_rows_hold_the_classes_in_proportion() -> None:
    data = numbered(100, np.repeat([0, 1], [80, 20]))
    taken = data.take(10)
    np.testing.assert_array_equal(np.bincount(taken.y), [8, 2])
    assert rows_of(taken) == sorted(set(rows_of(taken)))
    assert rows_of(taken) != rows_of(data.take(10, seed=1))
    assert rows_of(data.take(100)) == list(range(100))


def test_too_many_or_too_few_rows_cannot_be_taken() -> None:
    data = numbered(6, [0, 1, 2, 0, 1, 2])
    with pytest.raises(ArgumentError, match="6 rows, fewer than n=7"):
        data.take(7)
    with pytest.raises(ArgumentError, match="n=2 rows cannot show the 3 classes"):
        data.take(2)


def test_a_single_class_is_no_plural() -> None:
    assert repr(Dataset([[1.0], [2.0]], [0, 0])).endswith("1 class: 0 2")
