"""All elements of an array, in rows and columns."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from tinygrad_edu_viz.readable import number
from tinygrad_edu_viz.recording.contents import Data


def rows(data: Data, digits: int) -> list[str]:
    """The elements of an array, a line for each row; before each matrix of a larger one its place."""
    lines = []
    for place, matrix in matrices(np.asarray(data, dtype=float)):
        lines += [place] if place else []
        lines += columns(matrix, digits)
    return lines


def matrices(array: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """The matrices that an array consists of, each with its place: "[0, 1, :, :]"."""
    if array.ndim <= 2:
        yield "", np.atleast_2d(array)
        return
    for place in product(*map(range, array.shape[:-2])):
        yield f"[{', '.join(map(str, place))}, :, :]", array[place]


def columns(matrix: np.ndarray, digits: int) -> list[str]:
    """The rows of a matrix, their elements below each other."""
    cells = [[number(float(item), digits) for item in row] for row in matrix]
    width = max((len(cell) for row in cells for cell in row), default=0)
    return ["  ".join(f"{cell:>{width}}" for cell in row) for row in cells]
