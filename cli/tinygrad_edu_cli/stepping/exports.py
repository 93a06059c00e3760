"""Files that `step` writes, by its options and from the full screen: the end of the name decides their kind."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from tinygrad_edu.tapes.javascript_code import UnwritableError
from tinygrad_edu_viz import Trace, draw_graph, render
from tinygrad_edu_viz.pages.live import FOLLOWS
from tinygrad_edu_viz.pages.page import page, why_not_live
from tinygrad_edu_viz.pictures import gif
from tinygrad_edu_viz.pictures.gif import Shots
from tinygrad_edu_viz.player import Player
from tinygrad_edu_viz.text.terminal import draw
from tinygrad_edu_words import _, ngettext

from ..errors import CommandError, FileError, reason
from ..exporting import explained, font_warning, write_by_kind
from ..scalar_level import at_level
from ..subject import Subject
from .other_numbers import recorded_again

Writer = Callable[["Export", Path], str]
"""Writes a file, and returns what is to say about it beside its name."""


class Export(NamedTuple):
    """What is written."""

    subject: Subject
    player: Player
    shots: Shots
    theme: str
    replay: bool


def write(
    subject: Subject, path: Path, player: Player, shots: Shots = gif.ALL, theme: str = "auto", replay: bool = False
) -> str:
    """Write a file, of the kind that its name ends in.

    The steps (.json), a page (.html) or a moving picture (.gif) that plays them; or the graph at the player's position
    (.svg, .png, .txt). All but the first are at the player's level.

    Args:
        shots: of a moving picture.
        theme: of a page: "light", "dark" or "auto".
        replay: a page shows what was recorded, also where it could compute.
    Returns:
        what was written, for people.
    Raises:
        CommandError: the name ends otherwise, or a moving picture has no such steps.
        FileError: the file cannot be written.
        MissingPieceError: a picture needs something that is not installed.
    """
    export = Export(subject, player, shots, theme, replay)
    said = write_by_kind(path, {suffix: partial(writer, export) for suffix, writer in WRITERS.items()})
    return f"{said}{_without_font(subject, path.suffix.lower())}"


def write_series(subject: Subject, folder: Path, player: Player, shots: Shots = gif.ALL) -> str:
    """Write a picture of each step into a folder; for the rest see `write`."""
    try:
        with explained():
            written = gif.png_series(
                folder, subject.course or subject.trace, subject.title, level=player.level, shots=shots
            )
    except OSError as error:
        what = _("cannot write into {folder}: {why}").format(folder=folder, why=reason(error))
        raise FileError(what, _("give another place")) from None
    said = _("wrote {folder}: {first} to {last}")
    said = said.format(folder=folder, first=written[0].name, last=written[-1].name)
    return f"{said}{_without_font(subject, '.png')}"


def _without_font(subject: Subject, suffix: str) -> str:
    """A warning where a picture cannot show letters of names."""
    lost = gif.missing_letters(subject.trace, subject.title) if suffix in (".gif", ".png") else ""
    return font_warning(lost)


def _steps(export: Export, path: Path) -> str:
    subject = export.subject
    (subject.course or subject.trace).save(path)
    return ""


def _page(export: Export, path: Path) -> str:
    subject, player, _shots, theme, replay = export
    text, reason = page_of(subject, player.level, theme, live=not replay)
    path.write_text(text, encoding="utf-8", newline="\n")
    return reason and f"\n{reason}"


def page_of(
    subject: Subject, level: str, theme: str = "auto", rankdir: str = "LR", opens: int = 0, live: bool = True
) -> tuple[str, str]:
    """The page of a subject, and a note why it does not compute, though it was asked to.

    A function of the user's own is recorded again with other numbers, which shows whether it has an `if`.

    Raises:
        MissingDot, DrawingError: as `render`.
    """
    trace, reason = subject.trace, ""
    others: list[Trace] = []
    if live := live and not subject.course:
        try:
            reason = why_not_live(trace) or _picked(subject.picks)
            if not reason and subject.again is not None:
                others = recorded_again(subject.again)
                reason = why_not_live(trace, others)
        except UnwritableError as error:
            reason = str(error)
    notes = [*subject.note.splitlines()[:1]]
    if reason:
        notes.append(_("This page replays what was recorded: {reason}.").format(reason=reason))
    elif live and subject.root is None:
        notes.append(_(FOLLOWS))
    live = live and not reason
    shown = subject.course or trace
    text = page(
        shown, subject.title, " ".join(notes), rankdir, level, theme=theme, opens=opens, live=live, others=others
    )
    said = _("note: this page replays what was recorded, and does not compute: {reason}").format(reason=reason)
    if reason and _computes_in_numbers(subject):
        said += "\n  " + _("with --level scalar it computes, number by number")
    return text, reason and said


def _computes_in_numbers(subject: Subject) -> bool:
    """Whether the page of a subject with tensors computes once they are taken apart."""
    if subject.course or all(node.kind == "value" for node in subject.trace.nodes.values()):
        return False
    try:
        apart, _level = at_level(subject, "scalar")
        return not (why_not_live(apart.trace) or _picked(apart.picks))
    except (CommandError, UnwritableError):
        return False


def _picked(op: str) -> str:
    """Why a page does not follow the numbers that an operation on arrays picked; "" where there is none."""
    told = _("{op} picked elements when it was recorded, and with other numbers it may pick others")
    return op and told.format(op=op)


def _gif(export: Export, path: Path) -> str:
    subject, player, shots, *_ = export
    count = gif.gif(path, subject.course or subject.trace, subject.title, level=player.level, shots=shots)
    return f" ({ngettext('{n} picture', '{n} pictures', count).format(n=count)})"


def _picture(export: Export, path: Path) -> str:
    player = export.player
    drawing = draw_graph(export.subject.trace, player.level, legend=True, step=player.position)
    path.write_bytes(render(drawing, path.suffix[1:].lower()))
    return _step(player)


def _text(export: Export, path: Path) -> str:
    player = export.player
    lines = draw(player.trace, player.position, view=player.view).splitlines()
    path.write_text("\n".join([*(line.rstrip() for line in lines), ""]), encoding="utf-8", newline="\n")
    return _step(player)


def _step(player: Player) -> str:
    return f" ({_('step {n} of {all}').format(n=player.position, all=len(player.trace.events))})"


WRITERS: dict[str, Writer] = {
    ".json": _steps,
    ".html": _page,
    ".htm": _page,
    ".gif": _gif,
    ".svg": _picture,
    ".png": _picture,
    ".txt": _text,
}
