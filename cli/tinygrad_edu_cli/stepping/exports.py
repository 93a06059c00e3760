"""Files that `step` writes, by its options and from the full screen: the end of the name decides their kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tinygrad_edu_viz import MissingDot, draw_graph, render
from tinygrad_edu_viz.pages.page import page
from tinygrad_edu_viz.pictures import gif
from tinygrad_edu_viz.player import Player
from tinygrad_edu_viz.text.terminal import draw

from ..errors import CommandError, FileError, MissingPieceError
from ..files import replacing
from ..subject import Subject

Writer = Callable[[Subject, Player, Path], str]
"""Writes a file, and returns what is to say about it beside its name."""


def write(subject: Subject, path: Path, player: Player) -> str:
    """Write a file, of the kind that its name ends in.

    The steps (.json), a page (.html) or a moving picture (.gif) that plays them; or the graph at the player's position
    (.svg, .png, .txt). All but the first are at the player's level.

    Returns:
        what was written, for people.
    Raises:
        CommandError: the name ends otherwise.
        FileError: the file cannot be written.
        MissingPieceError: a picture needs something that is not installed.
    """
    writer = WRITERS.get(path.suffix.lower())
    if writer is None:
        raise CommandError(f"the name ends in one of {', '.join(WRITERS)}")
    with _explained(), replacing(path) as temporary:
        about = writer(subject, player, temporary)
    return f"wrote {path}{about}"


def write_series(subject: Subject, folder: Path, player: Player) -> str:
    """Write a picture of each step into a folder; for the rest see `write`."""
    try:
        with _explained():
            written = gif.png_series(folder, subject.trace, subject.title, level=player.level)
    except OSError as error:
        raise FileError(f"cannot write into {folder}: {error.strerror or error}", "give another place") from None
    return f"wrote {folder}: {written[0].name} to {written[-1].name}"


def _trace(subject: Subject, player: Player, path: Path) -> str:
    subject.trace.save(path)
    return ""


def _page(subject: Subject, player: Player, path: Path) -> str:
    note = " ".join(subject.note.splitlines()[:1])
    path.write_text(page(subject.trace, subject.title, note, level=player.level), encoding="utf-8", newline="\n")
    return ""


def _gif(subject: Subject, player: Player, path: Path) -> str:
    return f" ({gif.gif(path, subject.trace, subject.title, level=player.level)} pictures)"


def _picture(subject: Subject, player: Player, path: Path) -> str:
    drawing = draw_graph(subject.trace, player.level, legend=True, step=player.position)
    path.write_bytes(render(drawing, path.suffix[1:].lower()))
    return _step(player)


def _text(subject: Subject, player: Player, path: Path) -> str:
    lines = draw(subject.trace, player.position, view=player.view).splitlines()
    path.write_text("\n".join([*(line.rstrip() for line in lines), ""]), encoding="utf-8", newline="\n")
    return _step(player)


def _step(player: Player) -> str:
    return f" (step {player.position} of {len(player.trace.events)})"


WRITERS: dict[str, Writer] = {
    ".json": _trace,
    ".html": _page,
    ".htm": _page,
    ".gif": _gif,
    ".svg": _picture,
    ".png": _picture,
    ".txt": _text,
}


@contextmanager
def _explained() -> Iterator[None]:
    """What is missing becomes the command's error."""
    try:
        yield
    except (MissingDot, gif.MissingPillow) as error:
        what, _, hint = str(error).rpartition(": ")
        raise MissingPieceError(what, hint) from None
