"""Cases of indexing: everything that NumPy can index with, and the functions that are made of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.cases import Case, case, composed, sample

A = sample(3, 4)
CUBE = sample(2, 3, 4)

MASK = np.array([[True, False, True, False], [False, False, True, True], [True, True, False, False]])
ROWS = np.array([True, False, True])

INDICES: list[tuple[str, np.ndarray, Any]] = [
    ("integer", A, 1),
    ("negative integer", A, -1),
    ("NumPy integer", A, np.int64(2)),
    ("two integers", A, (1, -2)),
    ("all integers of a vector", sample(3), 2),
    ("slice", A, slice(1, 3)),
    ("slice with a step", A, (slice(None), slice(0, None, 2))),
    ("negative step", A, slice(None, None, -1)),
    ("negative steps on both axes", A, (slice(None, None, -2), slice(3, 0, -1))),
    ("slice beyond the end", A, slice(2, 100)),
    ("empty slice", A, slice(2, 2)),
    ("empty tuple", A, ()),
    ("Ellipsis", A, ...),
    ("Ellipsis and integer", CUBE, (..., 1)),
    ("integer, Ellipsis, slice", CUBE, (0, ..., slice(1, None))),
    ("None", A, None),
    ("None between", A, (slice(None), None, slice(None))),
    ("None, Ellipsis, None", CUBE, (None, ..., None)),
    ("list", A, [2, 0]),
    ("list with repeats", A, [1, 1, 0, 1]),
    ("array of negative positions with repeats", A, np.array([-1, -1, 0])),
    ("array of two axes", A, np.array([[0, 1], [2, 0]])),
    ("array on the second axis", A, (slice(None), [3, 3, 0])),
    ("two arrays, repeated places", A, ([0, 0, 2], [1, 1, 3])),
    ("arrays that broadcast", A, (np.array([[0], [2]]), np.array([1, 3, 1]))),
    ("array and integer", A, ([0, 2, 2], 1)),
    ("arrays apart", CUBE, ([0, 1, 1], slice(None), [3, 0, 0])),
    ("array, None, slice with negative step", CUBE, ([1, 1], None, slice(None, None, -1))),
    ("arrays after None", A, (None, [2, 0], [3, 3])),
    ("mask after None", A, (None, MASK)),
    ("array after Ellipsis", CUBE, (..., [0, 0, 3])),
    ("empty list", A, []),
    ("empty array", A, np.zeros(0, dtype=int)),
    ("mask of the whole", A, MASK),
    ("mask of rows", A, ROWS),
    ("mask as a list", A, [True, False, True]),
    ("mask and slice", A, (ROWS, slice(1, 3))),
    ("mask and array", A, (ROWS, [3, 3])),
    ("mask of two axes after an integer", CUBE, (1, MASK)),
    ("mask of the last axis", A, (slice(None), MASK[0])),
    ("mask that takes nothing", A, np.zeros((3, 4), dtype=bool)),
    ("mask of an empty tensor", sample(0, 2), np.zeros((0, 2), dtype=bool)),
    ("slice of an empty tensor", sample(0, 2), (slice(None), 1)),
    ("Ellipsis of shape ()", sample(), ...),
    ("None of shape ()", sample(), None),
]


def scattered(a: np.ndarray, index: Any, shape: tuple[int, ...]) -> np.ndarray:
    out = np.zeros(shape)
    np.add.at(out, index, a)
    return out


INDEXING: list[Case] = [
    *[composed("getitem", label, lambda xp, a, index=index: a[index], [a]) for label, a, index in INDICES],
    composed("getitem", "by a mask of its own numbers", lambda xp, a: a[a > 0], [A]),
    composed("getitem", "of what was indexed", lambda xp, a: a[[0, 0, 2]][:, ::-1][1:, [1, 1]], [A]),
    case("scatter_add", scattered, [sample(2, 3)], slice(0, 4, 2), (4, 3)),
    case("scatter_add", scattered, [sample(4)], np.array([1, 1, 0, 2]), (3,)),
    case("scatter_add", scattered, [sample(3)], (np.array([0, 0, 1]), np.array([1, 1, 0])), (2, 2)),
    *[case("take", np.take, [A], indices) for indices in (3, -1, [0, 5, 5], [[1, 2], [2, 1]])],
    *[case("take", np.take, [A], [2, 0, 2], axis=axis) for axis in (0, 1, -1)],
    case("take", np.take, [A], [[1, 0], [1, 1]], axis=1),
    case("take", np.take, [A], 2, axis=0),
    case("take", np.take, [sample(0, 3)], [0, 2], axis=1),
    *[case("repeat", np.repeat, [A], 2, axis=axis) for axis in (None, 0, -1)],
    case("repeat", np.repeat, [A], [1, 0, 3], axis=0),
    case("repeat", np.repeat, [A], np.array([0, 2, 1, 1]), axis=1),
    case("repeat", np.repeat, [sample()], 3),
    case("repeat", np.repeat, [sample(0)], 3),
    *[case("diagonal", np.diagonal, [A], offset=offset) for offset in (0, 1, -1, 3, -3)],
    case("diagonal", np.diagonal, [CUBE], 1, 1, 2),
    case("diagonal", np.diagonal, [CUBE], axis1=-1, axis2=0),
    case("diagonal", np.diagonal, [sample(0, 2)]),
    *[case("trace", np.trace, [A], offset=offset) for offset in (0, 2, -1)],
    case("trace", np.trace, [CUBE], 0, 2, 1),
    *[case(name, f, [A], k=k) for name, f in (("tril", np.tril), ("triu", np.triu)) for k in (0, 1, -1, 5, -5)],
    *[case(name, f, [CUBE]) for name, f in (("tril", np.tril), ("triu", np.triu))],
    *[case("flip", np.flip, [CUBE], axis=axis) for axis in (None, 0, -1, (0, 2), (-1, 1))],
    case("flip", np.flip, [sample()]),
]
