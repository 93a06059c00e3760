"""Numbers and names for people: rounded, cleaned and cut, the same way in every face."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from tinygrad_edu.formulas.text import number_text
from tinygrad_edu_words import _
from tinygrad_edu_words.sentences import MEAN

from .cells import clean

if TYPE_CHECKING:
    from .recording.contents import Data

LONGEST_NAME = 24  # characters
FEW = 6  # elements that are shown one by one


def number(data: Data, digits: int = 6, few: int = FEW) -> str:
    """A number with at most `digits` significant digits; of an array all elements if they are `few`, else their range.

    >>> number(0.70710678), number([[1.0, 2.0], [0.5, -3.0]]), number([0.0] * 99 + [1.0])
    ('0.707107', '[[1, 2], [0.5, -3]]', 'mean 0.01, from 0 to 1')
    """
    if isinstance(data, (int, float)):
        return number_text(data, digits)
    if isinstance(data, dict):
        mean, low, high = data["mean"], data["min"], data["max"]
    else:
        array = np.asarray(data, dtype=float)
        if array.size <= few:
            return _nested(data, min(digits, 4))
        with np.errstate(all="ignore"):
            mean, low, high = float(array.mean()), float(array.min()), float(array.max())
    if abs(mean) < 1e-6 * max(abs(low), abs(high)):  # what is left of a sum that cancels
        mean = 0.0
    return _(MEAN).format(mean=number_text(mean, 4), low=number_text(low, 4), high=number_text(high, 4))


def is_outline(data: Data) -> bool:
    """Whether `number` has only the mean and the range of so many elements."""
    return isinstance(data, dict) or np.size(data) > FEW


def number_lines(data: Data, digits: int = 6) -> list[str]:
    """`number` on several lines, for a box: a small matrix row by row, a large array as its mean and its range."""
    text = number(data, digits)
    if text.startswith("[[") and isinstance(data, list):
        return [number(row, digits) for row in data]
    return text.split(", ") if is_outline(data) else [text]


def _nested(data: Data, digits: int) -> str:
    if isinstance(data, list):
        return f"[{', '.join(_nested(item, digits) for item in data)}]"
    return number(data, digits)


def short(name: str, longest: int = LONGEST_NAME) -> str:
    """A user's name on one line, without control characters, cut to `longest` characters; "?" if nothing is left."""
    name = clean(name[: 4 * longest]).strip() or "?"
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def loss_name(root: str, others: Iterable[str]) -> str:
    """How formulas call the result from which the backward pass starts: L, unless another node has that label."""
    return "L" if "L" not in set(others) else root
