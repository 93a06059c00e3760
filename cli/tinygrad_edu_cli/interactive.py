"""Stepping through a trace with single keys, at a terminal."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from tinygrad_edu_viz.terminal import draw
from tinygrad_edu_viz.text_graph import cell_width, clean

from . import output, plain
from .player import Player
from .source import Subject
from .viewport import part, window

_KEY = re.compile(r"\x1b\[[0-9;]*[A-Za-z~]|\x1bO[A-Z]|.", re.DOTALL)

_MOVES: dict[str, Callable[[Player], None]] = {
    **dict.fromkeys(["n", "l", " ", "\r", "\n", "\x1b[C", "\x1bOC", "\xe0M"], Player.forward),
    **dict.fromkeys(["p", "h", "\x7f", "\b", "\x1b[D", "\x1bOD", "\xe0K"], Player.back),
    **dict.fromkeys(["c", "G", "\x1b[F", "\x1bOF"], Player.to_end),
    **dict.fromkeys(["g", "\x1b[H", "\x1bOH"], Player.to_start),
}
_QUIT = ("q", "Q", "\x04")

KEYS = ("n next", "p back", "c to the end", "g start", "q quit", "? help")
HELP = """\
n, right arrow, space, Enter   the next step
p, left arrow                  one step back
c                              on to the end
g                              back to the start
q                              quit
?                              this help, and back

A box with a double border is the node that the step is about; a heavy line is the way of its gradient."""


def run(subject: Subject) -> None:
    """Show the trace, and follow the keys until q or the end of the input.

    Raises:
        KeyboardInterrupt: Ctrl-C.
    """
    player = Player(subject.trace)
    help_shown = False
    with _single_keys():
        click.echo("\x1b[2J", nl=False)
        while True:
            size = shutil.get_terminal_size()
            drawn = screen(player, subject, size.columns, size.lines, output.is_ascii(), help_shown)
            first, *rest = (part(output.shown(line), 0, size.columns) for line in drawn)
            output.say("\x1b[H" + "\x1b[K\n".join([_styled(first), *rest]) + "\x1b[J")
            for key in _read_keys():
                if key == "\x03":
                    raise KeyboardInterrupt
                if key in _QUIT:
                    return
                help_shown = key == "?" and not help_shown
                _MOVES.get(key, lambda _: None)(player)


def screen(
    player: Player, subject: Subject, columns: int, rows: int, ascii: bool, help_shown: bool = False
) -> list[str]:
    """The lines of the screen, at most `rows - 1` of at most `columns` cells."""
    head, foot = [clean(subject.title), _progress(player, columns)], [_keys(columns)]
    room = rows - 1 - len(head) - len(foot)
    if help_shown:
        body = [line for text in HELP.splitlines() for line in plain.wrap(text, max(columns, 1), indent=2)]
    else:
        body = _body(player, subject.note, columns, room, ascii)
    lines = [*head, *body[: max(room, 0)], *foot]
    return [part(line, 0, columns) for line in lines[: max(rows - 1, 1)]]


def _body(player: Player, note: str, columns: int, room: int, ascii: bool) -> list[str]:
    """The drawing, or as much of it as there is room for, and what happens; without room for both the latter."""
    said = _said(player, note, columns)
    picture = draw(player.trace, step=player.position, ascii=ascii).rstrip("\n").split("\n")
    high = room - len(said) - 2
    if columns >= 60 and high >= min(12, len(picture)):
        picture = window(picture, columns, high)
        return ["", *picture, *[""] * (high - len(picture) + 1), *said]
    lacking = f"(no room for the drawing: it takes {max(map(cell_width, picture))} × {len(picture) + len(said) + 6})"
    return said if room < len(said) + 2 else ["", *said, "", *plain.wrap(lacking, max(columns, 1))]


def split_keys(typed: str) -> list[str]:
    """The keys in what the terminal sent at once: an arrow is several characters; fast fingers send several."""
    return _KEY.findall(typed)


def _said(player: Player, note: str, columns: int) -> list[str]:
    if player.event is None:
        texts = [*note.splitlines(), plain.given(player.trace)]
        return [line for text in texts for line in plain.wrap(text, max(columns, 3), indent=2)]
    said = plain.about(player.event, max(columns, 8))
    return [*said, "", *plain.table(player.trace)] if player.at_end else said


def _progress(player: Player, columns: int) -> str:
    of = len(player.trace.events)
    kind = player.event.kind.upper() if player.event else "START"
    text = f"{kind} {player.position}/{of}"
    width = min(columns - len(text) - 4, 40)
    done = round(width * player.position / max(of, 1))
    return text if width < 8 else f"{text}  [{'#' * done}{'.' * (width - done)}]"


def _keys(columns: int) -> str:
    """The keys, in as many words as there is room for."""
    fewer = " ".join(KEYS).replace("to the ", "").replace(" help", "")
    tellings = ["   ".join(KEYS), fewer, " ".join(key[0] for key in KEYS)]
    return next((telling for telling in tellings if len(telling) <= columns), tellings[-1])


def _styled(line: str) -> str:
    return click.style(line, bold=True) if output.has_colour() else line


@contextmanager
def _single_keys() -> Iterator[None]:
    """Let keys arrive one by one and unechoed, also while we draw."""
    try:
        import termios
        import tty
    except ImportError:  # Windows, where getchar() is enough
        yield
        return
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    try:
        tty.setcbreak(terminal)
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _read_keys() -> list[str]:
    """The keys typed next; Ctrl-D at the end of the input."""
    try:
        typed = click.getchar()
    except (EOFError, OSError):
        typed = ""
    if not typed:  # the terminal is gone
        return ["\x04"]
    return [typed] if os.name == "nt" else split_keys(typed)
