"""What all figures share: axes, colours that colour-blind people distinguish, and letters large enough to read."""

from __future__ import annotations

from typing import Any

from tinygrad_edu.errors import TinygradError

BLUE, ORANGE = "#0072B2", "#B34700"
CLASSES = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")  # Okabe and Ito's
MARKERS = "oXs^DvP*"  # no class is told by its colour alone
LETTERS = 12  # points
SIZE = (6.4, 4.8)  # inches


class MissingMatplotlib(TinygradError, ImportError):
    """matplotlib is not installed."""


def axes(ax: Any = None) -> Any:
    """The axes to draw on: those given, or new ones in a figure of their own.

    Raises:
        MissingMatplotlib: the extra `plots` is not installed.
    """
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise MissingMatplotlib(f"figures need matplotlib ({error}): pip install 'tinygrad-edu[plots]'") from error
    if ax is None:
        _, ax = pyplot.subplots(figsize=SIZE, layout="constrained")
    return ax


def labelled(ax: Any, title: str, x: str, y: str) -> Any:
    """The axes, with words in a size that can be read from the back of a room."""
    ax.set_title(title, fontsize=LETTERS + 2)
    ax.set_xlabel(x, fontsize=LETTERS)
    ax.set_ylabel(y, fontsize=LETTERS)
    ax.tick_params(labelsize=LETTERS - 1)
    return ax
