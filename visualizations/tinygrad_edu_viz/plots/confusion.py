"""Which classes are taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_edu.errors import ArgumentError, ShapeError
from tinygrad_edu.tensors.tensor import Tensor
from tinygrad_edu_words import _, grouped, pgettext

from ..training.asking import count_pairs
from . import figure

LONGEST = 16  # letters of a class's name
MOST_NUMBERS = 16  # classes: of more, only the colours have room


def confusion_matrix(true: Any, predicted: Any, names: Sequence[str] | None = None, ax: Any = None) -> Any:
    """Draw how many examples of each class (a row) were given which answer (a column).

    Args:
        true, predicted: the classes of the same examples, shape (n,): numbers or words, as `predict` gives them.
        names: what the classes are called, in ascending order.
        ax: matplotlib's axes to draw on; None for a new figure.
    Returns:
        the axes.
    Raises:
        ShapeError: not as many answers as examples.
        ArgumentError: no examples, or not as many names as classes.
        MissingMatplotlib: the extra `plots` is not installed.
    """
    right, answers = (np.asarray(part.numpy() if isinstance(part, Tensor) else part) for part in (true, predicted))
    if right.ndim != 1 or right.shape != answers.shape:
        raise ShapeError(
            f"confusion_matrix: true and predicted have one shape, (n,), and not {right.shape} and {answers.shape}"
        )
    if not right.size:
        raise ArgumentError("confusion_matrix: there are no examples to count")
    if right.dtype.kind in "US" or answers.dtype.kind in "US":
        right, answers = right.astype(str), answers.astype(str)
    classes, places = np.unique(np.concatenate([right, answers]), return_inverse=True)
    if names is not None and len(names) != len(classes):
        raise ArgumentError(f"confusion_matrix: there are {len(classes)} classes, and {len(names)} names")
    counts = count_pairs(places[: len(right)], places[len(right) :], len(classes))
    ax = figure.axes(ax)
    draw_counts(ax, counts, [str(name) for name in (classes if names is None else names)], figure.LIGHT)
    return figure.labelled(
        ax,
        _("{share} of {n} right").format(share=f"{np.trace(counts) / len(right):.1%}", n=grouped(len(right))),
        _("predicted"),
        pgettext("a class that is", "true"),
    )


def draw_counts(ax: Any, counts: Any, names: Sequence[str], look: figure.Look, letters: float = figure.LETTERS) -> None:
    """The matrix: each number, on a field whose colour says which share of its row it is."""
    from matplotlib.colors import LinearSegmentedColormap

    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    full = figure.LIGHT.train
    ax.imshow(shares, cmap=LinearSegmentedColormap.from_list("", [look.paper, full]), vmin=0.0, vmax=1.0)
    numbered = len(counts) <= MOST_NUMBERS
    for (row, column), count in np.ndenumerate(counts):
        if numbered and (count or len(counts) <= 4):
            colour = "#FFFFFF" if shares[row, column] > 0.6 else look.ink
            ax.text(column, row, grouped(count), ha="center", va="center", color=colour, fontsize=letters)
    names = [shortened(name, LONGEST) for name in names]
    is_long = max(map(len, names)) > 4
    step = 1 if numbered else -(-len(names) // MOST_NUMBERS)
    ticks, words = range(0, len(names), step), list(names)[::step]
    ax.set_xticks(ticks, words, rotation=45 if is_long else 0, ha="right" if is_long else "center")
    ax.set_yticks(ticks, words)


def shortened(name: str, letters: int) -> str:
    return name if len(name) <= letters else f"{name[: letters - 1]}…"
