"""What NumPy refuses is refused on every device: CuPy takes some of it, and gives numbers that mean nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg

MATRIX, WHOLE = np.arange(1.0, 7.0).reshape(2, 3), np.array([3, 1, 2])

# of the library, NumPy or tinygrad_edu, and an operand
REFUSED: dict[str, tuple[Callable[[Any, Any], Any], np.ndarray]] = {
    "an index that is a float": (lambda xp, a: a[1.5], MATRIX),
    "a float beside a slice": (lambda xp, a: a[:, 1.5], MATRIX),
    "an array of floats as index": (lambda xp, a: a[np.array([0.5])], MATRIX),
    "a list of floats as index": (lambda xp, a: a[[0.5, 1.0]], MATRIX),
    "a text as index": (lambda xp, a: a["x"], MATRIX),
    "an index out of range": (lambda xp, a: a[2], MATRIX),
    "a negative index out of range": (lambda xp, a: a[-3], MATRIX),
    "an array of indices out of range": (lambda xp, a: a[np.array([0, 2])], MATRIX),
    "a list of indices out of range": (lambda xp, a: a[[0, -3]], MATRIX),
    "more indices than axes": (lambda xp, a: a[0, 0, 0], MATRIX),
    "a mask of another length": (lambda xp, a: a[np.array([True, False, True])], MATRIX),
    "take out of range": (lambda xp, a: xp.take(a, np.array([2]), axis=0), MATRIX),
    "take along no axis": (lambda xp, a: xp.take(a, np.array([0]), axis=2), MATRIX),
    "negative power": (lambda xp, a: xp.power(a, -1), WHOLE),
    "negative power of an operator": (lambda xp, a: a**-2, WHOLE),
    "matmul with a number": (lambda xp, a: xp.matmul(a, 2.0), MATRIX),
    "a number @ an array": (lambda xp, a: 2.0 @ a, MATRIX),
    "an array @ a number": (lambda xp, a: a @ 2.0, MATRIX),
    "matmul of shapes that do not fit": (lambda xp, a: a @ a, MATRIX),
    "joining numbers": (lambda xp, a: xp.concatenate([a[0], a[0]]), WHOLE),
    "joining along no axis": (lambda xp, a: xp.concatenate([a, a], axis=2), MATRIX),
    "joining what does not fit": (lambda xp, a: xp.concatenate([a, a.T], axis=0), MATRIX),
    "stacking along no axis": (lambda xp, a: xp.stack([a, a], axis=4), MATRIX),
    "adding what does not fit": (lambda xp, a: a + a.T, MATRIX),
    "choosing of what does not fit": (lambda xp, a: xp.where(np.ones((2, 2), bool), a, 0.0), MATRIX),
    "repeating along no axis": (lambda xp, a: xp.broadcast_to(a, (2, 2)), MATRIX),
    "another number of elements": (lambda xp, a: a.reshape(4), MATRIX),
    "an axis twice": (lambda xp, a: a.transpose(0, 0), MATRIX),
    "too few axes": (lambda xp, a: xp.transpose(a, (0,)), MATRIX),
    "swapping with no axis": (lambda xp, a: xp.swapaxes(a, 0, 2), MATRIX),
    "moving to no axis": (lambda xp, a: xp.moveaxis(a, 0, 2), MATRIX),
    "squeezing a long axis": (lambda xp, a: xp.squeeze(a, axis=0), MATRIX),
    "flipping along no axis": (lambda xp, a: xp.flip(a, axis=2), MATRIX),
    "rolling along no axis": (lambda xp, a: xp.roll(a, 1, axis=2), MATRIX),
    "rolling along fewer axes than shifts": (lambda xp, a: xp.roll(a, (1, 1, 1), axis=(0, 1)), MATRIX),
    "padding with less than nothing": (lambda xp, a: xp.pad(a, -1), MATRIX),
    "padding with halves": (lambda xp, a: xp.pad(a, 0.5), MATRIX),
    "a sum along no axis": (lambda xp, a: xp.sum(a, axis=2), MATRIX),
    "a sum along an axis twice": (lambda xp, a: xp.sum(a, axis=(0, 0)), MATRIX),
    "a cumulative sum along no axis": (lambda xp, a: xp.cumsum(a, axis=2), MATRIX),
    "the largest of nothing": (lambda xp, a: xp.max(a[:0]), MATRIX),
    "the largest of nothing, empty": (lambda xp, a: xp.max(a[:0, :0], axis=0), MATRIX),
    "the smallest of nothing, empty": (lambda xp, a: xp.min(a[:0, :0], axis=1), MATRIX),
    "einsum of too many letters": (lambda xp, a: xp.einsum("ijk->i", a), MATRIX),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_numpy_refuses(name: str, device: str) -> None:
    call, operand = REFUSED[name]
    with pytest.raises((ValueError, TypeError, IndexError)):
        call(np, operand)
    for tracked in (False, True):
        if tracked and operand.dtype.kind == "f":
            x = tg.Tensor(operand, requires_grad=True, device=device)
        else:
            x = tg.Tensor(operand, device=device)
        with pytest.raises((tg.TinygradError, TypeError, IndexError)):
            call(tg, x)
