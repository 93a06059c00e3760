"""What `graph` does once its options are read: draw, and print or write what was drawn."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import click

from tinygrad_edu_viz import MissingDot, Trace, draw_graph, render
from tinygrad_edu_viz.cells import cell_width
from tinygrad_edu_viz.pictures.gif import FONTS, missing_letters
from tinygrad_edu_viz.pictures.graph_files import graph_json
from tinygrad_edu_viz.text.terminal import draw, fitting
from tinygrad_edu_viz.views.levels import view
from tinygrad_edu_words import _, grouped

from . import output, subject
from .errors import MissingPieceError
from .files import replacing
from .scalar_level import at_level
from .stepping.exports import page_of
from .subject import Subject
from .terminal_width import wrap


class Looks(NamedTuple):
    """The options that only pictures have."""

    rankdir: str
    values: bool
    grads: bool
    legend: bool
    theme: str | None


def show(source: str | None, settings: tuple[str, ...], paths: Sequence[Path], level: str, looks: Looks) -> None:
    """Draw the subject of a command into files, or in characters on the standard output.

    Args:
        paths: each ends in one of the formats of `graph`; none: it is printed.
    Raises:
        CommandError: see the classes in `errors.py`.
    """
    drawn, level = at_level(subject.open_source(source, settings), level)
    if not paths:
        output.say(_on_screen(drawn, level))
    contents = [_content(drawn, path.suffix[1:].lower(), level, looks) for path in paths]
    for path, content in zip(paths, contents, strict=True):
        _write(path, content)


def _content(subject: Subject, format: str, level: str, looks: Looks) -> bytes:
    if format == "txt":
        return f"{_characters(subject.trace, level)}\n".encode()
    if format == "html":
        return _page(subject, level, looks).encode()
    if format == "json":
        return graph_json(subject.trace, view(subject.trace, level, limit=None)).encode()
    return _picture(subject, format, level, looks)


def _characters(trace: Trace, level: str, ascii: bool = False) -> str:
    return "\n".join(line.rstrip() for line in draw(trace, ascii=ascii, view=view(trace, level)).splitlines())


def _page(subject: Subject, level: str, looks: Looks) -> str:
    """The page of `step`, of the one pass that is drawn, which opens where all is known."""
    drawn = subject._replace(course=None)
    with _explained():
        text, note = page_of(drawn, level, looks.theme or "auto", looks.rankdir, opens=len(subject.trace.events))
    if note:
        click.echo(note, err=True)
    return text


def _on_screen(drawn: Subject, level: str) -> str:
    """The drawing in characters; on a terminal only as wide as that is."""
    ascii, trace = output.is_ascii(), drawn.trace
    if not sys.stdout.isatty():
        return _characters(trace, level, ascii)
    width = shutil.get_terminal_size().columns
    found = fitting(trace, level, width, ascii)
    if found is not None:
        return "\n".join(map(str.rstrip, found.splitlines()))
    wide = max(map(cell_width, _characters(trace, level, ascii).splitlines()[:-1]))
    coarser = "--level layer, " if level == "op" else ""
    return "\n".join(
        wrap(
            _(
                "A drawing of its {n} nodes takes {wide} columns, and this terminal has {width}: "
                "give -o graph.svg for a picture, -o graph.html for a page, {coarser}or make the "
                "terminal wider"
            ).format(n=grouped(len(trace.nodes)), wide=grouped(wide), width=width, coarser=coarser)
        )
    )


def _picture(subject: Subject, format: str, level: str, looks: Looks) -> bytes:
    drawing = draw_graph(subject.trace, level, **{**looks._asdict(), "theme": looks.theme or "light"})
    if drawing.note:
        click.echo(_("note: {note}").format(note=drawing.note), err=True)
    with _explained():
        content = render(drawing, format)
    lost = missing_letters(subject.trace) if format == "png" else ""
    if lost:
        click.echo(
            _("warning: no font of this machine has {lost}: install one ({fonts})").format(lost=lost[:20], fonts=FONTS),
            err=True,
        )
    return content


@contextmanager
def _explained() -> Iterator[None]:
    """What is missing becomes the command's error."""
    try:
        yield
    except MissingDot as error:
        what, hint = str(error).partition(": ")[::2]
        raise MissingPieceError(what, hint) from None


def _write(path: Path, data: bytes) -> None:
    with replacing(path) as temporary:
        temporary.write_bytes(data)
    click.echo(_("wrote {path}").format(path=path), err=True)
