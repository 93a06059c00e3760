"""What `graph` does once its options are read: draw, and print or write what was drawn."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import click

from tinygrad_edu_viz import MissingDot, Trace, draw_graph, render
from tinygrad_edu_viz.pictures.graph_files import graph_json, graph_page
from tinygrad_edu_viz.text.terminal import draw
from tinygrad_edu_viz.views.levels import view

from . import output, subject
from .errors import MissingPieceError
from .files import replacing
from .scalar_level import at_level
from .subject import Subject


class Looks(NamedTuple):
    """The options that only pictures have."""

    rankdir: str
    values: bool
    grads: bool
    legend: bool
    theme: str


def show(source: str | None, settings: tuple[str, ...], path: Path | None, level: str, looks: Looks) -> None:
    """Draw the subject of a command into a file, or in characters on the standard output.

    Args:
        path: ends in one of the formats of `graph`; None prints.
    Raises:
        CommandError: see the classes in `errors.py`.
    """
    drawn, level = at_level(subject.open_source(source, settings), level)
    if path is None:
        output.say(_characters(drawn.trace, level, output.is_ascii()))
    else:
        _write(path, _content(drawn, path.suffix[1:].lower(), level, looks))


def _content(subject: Subject, format: str, level: str, looks: Looks) -> bytes:
    if format == "txt":
        return f"{_characters(subject.trace, level)}\n".encode()
    if format == "json":
        return graph_json(subject.trace, view(subject.trace, level, limit=None)).encode()
    return _picture(subject, format, level, looks)


def _characters(trace: Trace, level: str, ascii: bool = False) -> str:
    return "\n".join(line.rstrip() for line in draw(trace, ascii=ascii, view=view(trace, level)).splitlines())


def _picture(subject: Subject, format: str, level: str, looks: Looks) -> bytes:
    drawing = draw_graph(subject.trace, level, **looks._asdict())
    if drawing.note:
        click.echo(f"note: {drawing.note}", err=True)
    try:
        if format == "html":
            return graph_page(drawing, subject.title, looks.theme).encode()
        return render(drawing, format)
    except MissingDot as error:
        what, _, hint = str(error).partition(": ")
        raise MissingPieceError(what, hint) from None


def _write(path: Path, data: bytes) -> None:
    with replacing(path) as temporary:
        temporary.write_bytes(data)
    click.echo(f"wrote {path}", err=True)
