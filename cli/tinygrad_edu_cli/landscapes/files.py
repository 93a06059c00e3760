"""A landscape as a file: .png and .svg by matplotlib, .html as a page of its own."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from tinygrad_edu.errors import ArgumentError
from tinygrad_edu_viz.landscapes.landscape import Landscape
from tinygrad_edu_viz.pages import landscape_page
from tinygrad_edu_viz.plots import figure, surface

from ..errors import CommandError, MissingPieceError
from ..files import replacing


def check(paths: Sequence[Path], size: str) -> None:
    """Say what is wrong with files before anything is trained.

    Raises:
        CommandError: an unknown size.
        MissingPieceError: .png or .svg, and there is no matplotlib.
    """
    try:
        figure.format_of(size)
    except ArgumentError as error:
        raise CommandError(f"--size: {error}") from None
    if any(path.suffix.lower() != ".html" for path in paths) and find_spec("matplotlib") is None:
        raise MissingPieceError("pictures need matplotlib", "pip install 'tinygrad-edu[plots]', or give -o FILE.html")


def write(landscape: Landscape, path: Path, theme: str | None, size: str) -> None:
    """Write a landscape to a file, as its name says.

    Raises:
        FileError: it cannot be written.
    """
    with replacing(path) as temporary:
        if path.suffix.lower() == ".html":
            temporary.write_text(landscape_page.page(landscape, theme or "auto"), encoding="utf-8")
        else:
            surface.save_landscape(temporary, landscape, path.suffix[1:].lower(), theme or "light", size)
