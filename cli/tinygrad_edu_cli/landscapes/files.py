"""A landscape as a file: .png and .svg by matplotlib, .html as a page of its own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from tinygrad_edu.errors import ArgumentError
from tinygrad_edu_viz.landscapes.landscape import Landscape
from tinygrad_edu_viz.pages import landscape_page
from tinygrad_edu_viz.plots import figure, surface
from tinygrad_edu_words import _

from ..errors import CommandError, MissingPieceError
from ..exporting import write_by_kind


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
    if any(path.suffix.lower() not in (".html", ".htm") for path in paths) and find_spec("matplotlib") is None:
        raise MissingPieceError(
            _("pictures need matplotlib"), _("pip install 'tinygrad-edu[plots]', or give -o FILE.html")
        )


def write(landscape: Landscape, path: Path, theme: str | None, size: str) -> str:
    """Write a landscape to a file, as its name says; what was written is returned.

    Raises:
        FileError: it cannot be written.
    """

    def picture(kind: str, file: Path) -> str:
        surface.save_landscape(file, landscape, kind, theme or "light", size)
        return ""

    def page(file: Path) -> str:
        file.write_text(landscape_page.page(landscape, theme or "auto"), encoding="utf-8")
        return ""

    writers = {f".{kind}": partial(picture, kind) for kind in ("png", "svg")}
    return write_by_kind(path, writers | dict.fromkeys((".html", ".htm"), page))
