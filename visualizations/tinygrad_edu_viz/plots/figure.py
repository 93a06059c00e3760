"""What all figures share: axes, colours that colour-blind people distinguish, and letters large enough to read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from tinygrad_edu.errors import ArgumentError, TinygradError

CLASSES = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")  # Okabe and Ito's
MARKERS = "oXs^DvP*"  # no class is told by its colour alone
LETTERS = 12  # points
SIZE = (6.4, 4.8)  # inches
LEAST_LETTERS = 9  # points: smaller ones cannot be read on paper


@dataclass(frozen=True, slots=True)
class Look:
    """Colours as "#RRGGBB".

    Attributes:
        paper, ink, quiet, grid: the background; letters and edges; what is less important; the lines of a grid.
        train, validation: of the two curves: Okabe and Ito's blue and vermilion, darkened or lightened for the paper.
        steered, notice: of what was changed by hand, and of what was noticed.
    """

    paper: str
    ink: str
    quiet: str
    grid: str
    train: str
    validation: str
    steered: str
    notice: str

    def of_class(self, number: int) -> tuple[str, str]:
        """Colour and marker of a class."""
        return self.classes[number % len(CLASSES)], MARKERS[number % len(MARKERS)]

    @property
    def classes(self) -> tuple[str, ...]:
        """Of the classes; on dark paper the two blues are exchanged, and black is white."""
        if self.paper == "#FFFFFF":
            return CLASSES
        return tuple({"#0072B2": "#56B4E9", "#56B4E9": "#0072B2", "#000000": "#FFFFFF"}.get(c, c) for c in CLASSES)


LIGHT = Look("#FFFFFF", "#111111", "#4D4D4D", "#D9D9D9", "#0072B2", "#B34700", "#00664A", "#8F2F6E")
DARK = Look("#121212", "#F4F4F4", "#C0C0C0", "#3D3D3D", "#56B4E9", "#FF9A4D", "#3FD0A4", "#F0A3CF")
LOOKS = {"light": LIGHT, "dark": DARK}


class Format(NamedTuple):
    """How large a figure is.

    Attributes:
        inches: width and height.
        dpi: dots in an inch, of a bitmap.
        letters: the size of letters in points; numbers at the axes are one smaller.
    """

    inches: tuple[float, float]
    dpi: float
    letters: float


FORMATS = {
    "slide": Format((13.33, 7.5), 150, 17),  # as wide screens have it
    "paper": Format((7.0, 4.6), 300, LEAST_LETTERS + 1),  # across both columns
}
PIXELS_PER_INCH = 100  # of a size in pixels
LEAST_PIXELS, MOST_PIXELS = 300, 8000


def format_of(size: str) -> Format:
    """The format of a word, or of a width and height in pixels such as "1600x900".

    Raises:
        ArgumentError: another word, or fewer pixels than letters have room in.
    """
    if size in FORMATS:
        return FORMATS[size]
    width, _, height = size.lower().replace("×", "x").partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise ArgumentError(f"the size is {', '.join(FORMATS)} or pixels such as 1600x900, not {size!r}")
    pixels = int(width), int(height)
    if not all(LEAST_PIXELS <= number <= MOST_PIXELS for number in pixels):
        raise ArgumentError(f"the size {size}: width and height are {LEAST_PIXELS} to {MOST_PIXELS} pixels")
    inches = pixels[0] / PIXELS_PER_INCH, pixels[1] / PIXELS_PER_INCH
    return Format(inches, PIXELS_PER_INCH, min(max(LEAST_LETTERS + 1, 1.1 * min(inches)), 20))


class MissingMatplotlib(TinygradError, ImportError):
    """matplotlib is not installed."""


def axes(ax: Any = None) -> Any:
    """The axes to draw on: those given, or new ones in a figure of their own.

    Raises:
        MissingMatplotlib: the extra `plots` is not installed.
    """
    with needing_matplotlib():
        from matplotlib import pyplot
    if ax is None:
        _, ax = pyplot.subplots(figsize=SIZE, layout="constrained")
    return ax


@contextmanager
def needing_matplotlib() -> Iterator[None]:
    """What to install, where an import fails inside."""
    try:
        yield
    except ImportError as error:
        raise MissingMatplotlib(f"figures need matplotlib ({error}): pip install 'tinygrad-edu[plots]'") from error


def labelled(ax: Any, title: str, x: str, y: str, letters: float = LETTERS) -> Any:
    """The axes, with words in a size that can be read from the back of a room."""
    ax.set_title(title, fontsize=letters + 1)
    ax.set_xlabel(x, fontsize=letters)
    ax.set_ylabel(y, fontsize=letters)
    ax.tick_params(labelsize=letters - 1)
    return ax
