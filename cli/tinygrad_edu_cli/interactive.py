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
from tinygrad_edu_viz.text_graph import cell_width

from . import output, plain
from .player import Player
from .source import Subject

MAX_DRAWN = 60  # nodes: more are no picture

_KEY = re.compile(r"\x1b\[[0-9;]*[A-Za-z~]|\x1bO[A-D]|.", re.DOTALL)

_MOVES: dict[str, Callable[[Player], None]] = {
    **dict.fromkeys(["n", "l", " ", "\r", "\n", "\x1b[C", "\x1bOC", "\xe0M"], Player.forward),
    **dict.fromkeys(["p", "h", "\x7f", "\b", "\x1b[D", "\x1bOD", "\xe0K"], Player.back),
    **dict.fromkeys(["c", "G", "\x1b[F"], Player.to_end),
    **dict.fromkeys(["g", "\x1b[H"], Player.to_start),
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
            rows = screen(player, subject.title, size.columns, size.lines, output.is_ascii(), help_shown)
            output.say("\x1b[H" + "\x1b[K\n".join([_styled(rows[0]), *rows[1:]]) + "\x1b[J")
            for key in _read_keys():
                if key == "\x03":
                    raise KeyboardInterrupt
                if key in _QUIT:
                    return
                help_shown = key == "?" and not help_shown
                _MOVES.get(key, lambda _: None)(player)


def screen(player: Player, title: str, columns: int, rows: int, ascii: bool, help_shown: bool = False) -> list[str]:
    """The lines of the screen, at most `rows - 1` of at most `columns` cells."""
    head = [_cut(title, columns), _cut(_progress(player, columns), columns)]
    foot = [_cut(_keys(columns), columns)]
    room = rows - 1 - len(head) - len(foot)
    if help_shown:
        body = [line for text in HELP.splitlines() for line in plain.wrap(text, columns, indent=2)]
        return [*head, *body[:room], *foot]
    said = _said(player, columns)
    picture = _picture(player, ascii)
    width = max((cell_width(line) for line in picture), default=0)
    if picture and width <= columns and len(picture) + len(said) + 2 <= room:
        return [*head, "", *picture, "", *said, *[""] * (room - len(picture) - len(said) - 2), *foot]
    note = [f"(the drawing needs {width} columns and {len(picture) + len(said) + 6} lines)"] if picture else []
    body = ["", *said, "", *note][: max(room, 0)] if room > len(said) else said[: max(room, 0)]
    return [*head, *(_cut(line, columns) for line in body), *foot]


def split_keys(typed: str) -> list[str]:
    """The keys in what the terminal sent at once: an arrow key is several characters, and fast fingers send several keys."""
    return _KEY.findall(typed)


def _said(player: Player, columns: int) -> list[str]:
    if player.event is None:
        return plain.wrap("Given: " + ", ".join(f"{leaf.id} = {plain.number(leaf.data)}" for leaf in plain.inputs(player.trace)), columns)
    said = plain.about(player.event, columns)
    return [*said, "", *plain.table(player.trace)] if player.at_end else said


def _picture(player: Player, ascii: bool) -> list[str]:
    if len(player.trace.nodes) > MAX_DRAWN:
        return []
    return draw(player.trace, step=player.position, ascii=ascii).rstrip("\n").split("\n")


def _progress(player: Player, columns: int) -> str:
    of = len(player.trace.events)
    kind = player.event.kind.upper() if player.event else "START"
    text = f"{kind} {player.position}/{of}"
    width = min(columns - len(text) - 4, 40)
    done = round(width * player.position / max(of, 1))
    return text if width < 8 else f"{text}  [{'#' * done}{'.' * (width - done)}]"


def _keys(columns: int) -> str:
    long = "   ".join(KEYS)
    return long if len(long) <= columns else " ".join(f"{key[0]}{key[1:].replace('to the ', '')}" for key in KEYS)


def _cut(line: str, columns: int) -> str:
    while cell_width(line) > columns:
        line = line[:-1]
    return line


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
