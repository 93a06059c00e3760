"""A trace, or a course, as pictures for a slide: one looping GIF, or a PNG for each step.

All pictures have one size. They are drawn with Pillow, in the font that matplotlib brings along, so that they look the
same on every machine: both are in the extra `plots`.
"""

from __future__ import annotations

from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tinygrad_edu.errors import ArgumentError, TinygradError

from ..courses.course import Course
from ..trace import Trace

if TYPE_CHECKING:
    from PIL.Image import Image

    from .frames import Film

LIMIT = 40  # boxes; more cannot be read in a picture that does not scroll
LOOK, PER_LETTER, END = 1200, 50, 3000  # milliseconds for the graph, for each letter, and at the end
SCALE = 2  # dots per pixel of a PNG
COLOURS = 64
NEAR = 20  # a sum of differences in red, green and blue that is taken for one colour
FONTS = "apt install fonts-noto-cjk, or noto-fonts-cjk, or any other"


class MissingPillow(TinygradError, ImportError):
    """Pillow or matplotlib is not installed."""


class Shots(NamedTuple):
    """Which pictures of a trace, and how.

    Attributes:
        steps: the first and the last step that is shown; None for all.
        seconds: how long each picture of a GIF stays; None for as long as reading it takes.
        width: of a picture in dots; None for what the graph needs.
        theme: "light" or "dark".
    """

    steps: tuple[int, int] | None = None
    seconds: float | None = None
    width: int | None = None
    theme: str = "light"


ALL = Shots()


def frames(
    subject: Trace | Course,
    title: str = "",
    rankdir: str = "LR",
    level: str = "auto",
    limit: int = LIMIT,
    scale: int = SCALE,
    shots: Shots = ALL,
) -> Iterator[tuple[int, Image]]:
    """The pictures of a trace; or of a course.

    Of a course of more than two passes the first one goes backward step by step, and each of the others is one picture,
    as is each update; with `Shots.steps`, which count through all passes and updates, all steps are shown.

    Args:
        title: what is stepped through, such as the expression.
        rankdir: "LR" draws from left to right, "TB" from top to bottom.
        level, limit: as of `levels.view`; a line in the picture says what became one box.
        scale: dots for each pixel, where `shots` has no width.
    Yields:
        (position, picture) at each step of the view: first before any event, then after so many events.
    Raises:
        MissingPillow: the extra `plots` is not installed.
        ArgumentError: another direction or theme, no step in that range, or as `levels.view`.
        MissingDot, DrawingError: as `render`.
    """
    film = _film(subject, title, rankdir, level, limit, scale, shots)
    for position in _stops(film, shots):
        yield position, film.frame(position)


def _film(
    subject: Trace | Course, title: str, rankdir: str, level: str, limit: int, scale: float, shots: Shots
) -> Film:
    try:
        from .course_frames import CourseFilm
        from .frames import Film  # needs the extra `plots`, as all of Pillow here
    except ImportError as error:
        raise MissingPillow(
            f"pictures of steps need Pillow and matplotlib ({error}): pip install 'tinygrad-edu[plots]'"
        ) from error
    if isinstance(subject, Course):
        folded = shots.steps is None
        return CourseFilm(subject, title, rankdir, level, limit, scale, shots.theme, shots.width, folded)
    return Film(subject, title, rankdir, level, limit, scale, shots.theme, shots.width)


def _stops(film: Film, shots: Shots) -> list[int]:
    first, last = shots.steps or (0, film.length)
    found = [stop for stop in film.stops if first <= stop <= last]
    if not found:
        raise ArgumentError(f"no step is shown from {first} to {last}; there are {film.length}")
    return found


def gif(
    path: str | PathLike[str],
    subject: Trace | Course,
    title: str = "",
    rankdir: str = "LR",
    level: str = "auto",
    shots: Shots = ALL,
) -> int:
    """Write a GIF that shows all steps, or some, waits at the end, and starts again.

    Each picture stays as long as its sentences take to read: `PER_LETTER` for a letter, and `LOOK` for the graph.

    Returns:
        the number of pictures in it.
    Raises:
        OSError: the file cannot be written; else as `frames`.
    """
    film = _film(subject, title, rankdir, level, LIMIT, 1, shots)
    pictures = {stop: film.frame(stop) for stop in _stops(film, shots)}
    from PIL.Image import Dither  # `_film` has seen that it is there

    palette = shared_palette(list(pictures.values()), film.exact)
    first, *rest = (picture.quantize(palette=palette, dither=Dither.NONE) for picture in pictures.values())
    if shots.seconds is None:
        times = [LOOK + PER_LETTER * film.letters_to_read(stop) for stop in pictures]
        times[-1] += END
    else:
        times = [round(1000 * shots.seconds)] * len(pictures)
    first.save(path, format="GIF", save_all=True, append_images=rest, duration=times, loop=0, optimize=True)
    return len(pictures)


def missing_letters(trace: Trace, title: str = "") -> str:
    """The letters of names that no font of this machine has; "" where the extra `plots` is missing, too."""
    return missing_in("".join([title, *(node.label for node in trace.nodes.values())]))


def missing_in(text: str) -> str:
    """The letters of a text that no font of this machine has; "" where the extra `plots` is missing, too."""
    if text.isascii():
        return ""
    try:
        from .fonts import missing
    except ImportError:
        return ""
    return missing(text)


def png_series(
    folder: str | PathLike[str],
    subject: Trace | Course,
    title: str = "",
    rankdir: str = "LR",
    level: str = "auto",
    shots: Shots = ALL,
) -> list[Path]:
    """Write step-00.png, step-01.png, ... into a folder, which is made if it does not exist.

    Returns:
        the files.
    Raises:
        OSError: the folder or a file cannot be written; else as `frames`.
    """
    film = _film(subject, title, rankdir, level, LIMIT, SCALE, shots)
    digits, written = max(2, len(str(film.length))), []
    for position in _stops(film, shots):
        Path(folder).mkdir(parents=True, exist_ok=True)
        path = Path(folder) / f"step-{position:0{digits}}.png"
        film.frame(position).save(path, format="PNG")
        written.append(path)
    return written


def shared_palette(pictures: list[Image], exact_colours: list[str]) -> Image:
    """One set of colours for all pictures, so that nothing flickers: from the first, one in the middle and the last.

    Args:
        exact_colours: "#RRGGBB", each of which the set has.
    """
    from PIL import Image

    chosen = [pictures[0], pictures[len(pictures) // 2], pictures[-1]]
    width, height = pictures[0].size
    together = Image.new("RGB", (width, height * len(chosen)))
    for k, picture in enumerate(chosen):
        together.paste(picture, (0, k * height))
    exact = np.array([list(bytes.fromhex(colour[1:])) for colour in dict.fromkeys(exact_colours)])
    found = together.quantize(COLOURS - len(exact))
    others = np.reshape(found.getpalette() or [], (-1, 3))[: COLOURS - len(exact)]
    distances = np.abs(others[:, None] - exact).sum(axis=2).min(axis=1)
    found.putpalette(np.concatenate([exact, others[distances > NEAR]]).ravel().tolist())
    return found
