"""Files that `step` writes: a page, a GIF, a picture of each step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import FileError, MissingPieceError

if TYPE_CHECKING:
    from ..source import Subject


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options --html, --gif and --png-series of a command."""
    for option in reversed(
        (
            click.option(
                "--html",
                type=click.Path(path_type=Path),
                metavar="PAGE.html",
                callback=_ends_in(".html", ".htm"),
                help="Write a page that steps to and fro in a browser; it needs no network.",
            ),
            click.option(
                "--gif",
                type=click.Path(path_type=Path),
                metavar="STEPS.gif",
                callback=_ends_in(".gif"),
                help="Write all steps as a moving picture.",
            ),
            click.option(
                "--png-series",
                type=click.Path(path_type=Path),
                metavar="FOLDER",
                help="Write a picture of each step: step-00.png, step-01.png, ...",
            ),
        )
    ):
        command = option(command)
    return command


def write(subject: Subject, html: Path | None, gif: Path | None, png_series: Path | None) -> bool:
    """Write what was asked for.

    Returns:
        whether something was.
    Raises:
        FileError: a file or the folder cannot be written.
        MissingPieceError: a picture needs something that is not installed.
    """
    with _explained():
        if html is not None:
            _write_page(subject, html)
        if gif is not None:
            _write_gif(subject, gif)
        if png_series is not None:
            _write_series(subject, png_series)
    return any(path is not None for path in (html, gif, png_series))


def _write_page(subject: Subject, path: Path) -> None:
    from tinygrad_edu_viz.pages.page import page

    from ..files import replacing

    with replacing(path) as temporary:
        text = page(subject.trace, subject.title, " ".join(subject.note.splitlines()[:1]))
        temporary.write_text(text, encoding="utf-8", newline="\n")
    click.echo(f"wrote {path}", err=True)


def _write_gif(subject: Subject, path: Path) -> None:
    from tinygrad_edu_viz.pictures.gif import gif

    from ..files import replacing

    with replacing(path) as temporary:
        count = gif(temporary, subject.trace, subject.title)
    click.echo(f"wrote {path} ({count} pictures)", err=True)


def _write_series(subject: Subject, folder: Path) -> None:
    from tinygrad_edu_viz.pictures.gif import png_series

    try:
        written = png_series(folder, subject.trace, subject.title)
    except OSError as error:
        raise FileError(f"cannot write into {folder}: {error.strerror or error}", "give another place") from None
    click.echo(f"wrote {folder}: {written[0].name} to {written[-1].name}", err=True)


@contextmanager
def _explained() -> Iterator[None]:
    """What is missing becomes the command's error."""
    from tinygrad_edu_viz import MissingDot
    from tinygrad_edu_viz.pictures.gif import MissingPillow

    try:
        yield
    except (MissingDot, MissingPillow) as error:
        what, _, hint = str(error).rpartition(": ")
        raise MissingPieceError(what, hint) from None


def _ends_in(*suffixes: str) -> Callable[..., Path | None]:
    def check(context: click.Context, option: click.Parameter, path: Path | None) -> Path | None:
        if path is not None and path.suffix.lower() not in suffixes:
            raise click.UsageError(f"{option.opts[0]} {path}: the file's name ends in {suffixes[0]}")
        return path

    return check
