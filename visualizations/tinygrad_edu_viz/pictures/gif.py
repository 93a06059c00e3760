"""A trace as pictures for a slide: one looping GIF, or a PNG for each step.

All pictures have one size. They are drawn with Pillow, in the font that matplotlib brings along, so that they look the
same on every machine: both are in the extra `plots`.
"""

from __future__ import annotations

from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tinygrad_edu.errors import TinygradError

from ..trace import Trace

if TYPE_CHECKING:
    from PIL.Image import Image

LIMIT = 40  # boxes; more cannot be read in a picture that does not scroll
FORWARD, BACKWARD, END = 1200, 2400, 5000  # milliseconds that a step, and the last one, stay
SCALE = 2  # dots per pixel of a PNG
COLOURS = 64
NEAR = 20  # a sum of differences in red, green and blue that is taken for one colour


class MissingPillow(TinygradError, ImportError):
    """Pillow or matplotlib is not installed."""


def frames(
    trace: Trace, title: str = "", rankdir: str = "LR", level: str = "auto", limit: int = LIMIT, scale: int = SCALE
) -> Iterator[tuple[int, Image]]:
    """The pictures of a trace.

    Args:
        title: what is stepped through, such as the expression.
        rankdir: "LR" draws from left to right, "TB" from top to bottom.
        level, limit: as of `levels.view`; a line in the picture says what became one box.
        scale: dots for each pixel.
    Yields:
        (position, picture) at each step of the view: first before any event, then after so many events.
    Raises:
        MissingPillow: the extra `plots` is not installed.
        ArgumentError: another direction, or as `levels.view`.
        MissingDot, DrawingError: as `render`.
    """
    try:
        from .frames import Film  # needs the extra `plots`, as all of Pillow here
    except ImportError as error:
        raise MissingPillow(
            f"pictures of steps need Pillow and matplotlib ({error}): pip install 'tinygrad-edu[plots]'"
        ) from error
    film = Film(trace, title, rankdir, level, limit, scale)
    for position in film.scene.view.stops:
        yield position, film.frame(position)


def gif(path: str | PathLike[str], trace: Trace, title: str = "", rankdir: str = "LR", level: str = "auto") -> int:
    """Write a GIF that shows all steps, waits at the end, and starts again.

    Returns:
        the number of pictures in it.
    Raises:
        OSError: the file cannot be written; else as `frames`.
    """
    pictures = dict(frames(trace, title, rankdir, level, scale=1))
    from PIL.Image import Dither  # `frames` has seen that it is there

    palette = _palette(list(pictures.values()))
    first, *rest = (picture.quantize(palette=palette, dither=Dither.NONE) for picture in pictures.values())
    pass_of = {0: "forward"} | {event.step: event.kind for event in trace.events}
    times = [FORWARD if pass_of[position] == "forward" else BACKWARD for position in pictures]
    times[-1] = END
    first.save(path, format="GIF", save_all=True, append_images=rest, duration=times, loop=0, optimize=True)
    return len(pictures)


def png_series(
    folder: str | PathLike[str], trace: Trace, title: str = "", rankdir: str = "LR", level: str = "auto"
) -> list[Path]:
    """Write step-00.png, step-01.png, ... into a folder, which is made if it does not exist.

    Returns:
        the files.
    Raises:
        OSError: the folder or a file cannot be written; else as `frames`.
    """
    digits = max(2, len(str(len(trace.events))))
    written = []
    for position, picture in frames(trace, title, rankdir, level):
        Path(folder).mkdir(parents=True, exist_ok=True)
        path = Path(folder) / f"step-{position:0{digits}}.png"
        picture.save(path, format="PNG")
        written.append(path)
    return written


def _palette(pictures: list[Image]) -> Image:
    """One set of colours for all pictures, so that nothing flickers: from the first, one in the middle and the last."""
    from PIL import Image

    from .frames import EXACT

    chosen = [pictures[0], pictures[len(pictures) // 2], pictures[-1]]
    width, height = pictures[0].size
    together = Image.new("RGB", (width, height * len(chosen)))
    for k, picture in enumerate(chosen):
        together.paste(picture, (0, k * height))
    found = together.quantize(COLOURS)
    colours = np.reshape(found.getpalette() or [], (-1, 3))
    for colour in EXACT:
        exact = tuple(bytes.fromhex(colour[1:]))
        distances = np.abs(colours - exact).sum(axis=1)
        colours[distances <= max(distances.min(), NEAR)] = exact
    found.putpalette(colours.ravel().tolist())
    return found
