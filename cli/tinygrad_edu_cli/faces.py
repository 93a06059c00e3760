"""What `step` does once its options are read: record, write files, and show the steps on one of their faces."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import click

from tinygrad_edu.errors import ArgumentError
from tinygrad_edu_viz.courses.course_player import CoursePlayer
from tinygrad_edu_viz.pictures.gif import Shots
from tinygrad_edu_viz.player import Player
from tinygrad_edu_words import _

from . import output, subject, tui, updating
from .errors import CommandError
from .scalar_level import at_level, scalarized
from .stepping import course_lines, dialogue, exports, step_lines, two_orders
from .stepping.next_commands import typed
from .subject import Subject

Face = Literal["tui", "plain", "json", "predict"]


def opened(
    source: str | None,
    settings: Sequence[str],
    level: str,
    place: str | None,
    breakpoints: Iterable[str],
    updates: Mapping[str, Any],
) -> tuple[Subject, Player | CoursePlayer]:
    """What is stepped through, and a player at its start.

    Args:
        place: the node, or the element of one, that is scalarized; None for the whole subject.
        updates: the options of updates that were given; {} for a single pass.
    Raises:
        CommandError: see the classes in `errors.py`.
    """
    chosen = ["--apart", place] if place is not None else ["--level", "scalar"] if level == "scalar" else []
    found = subject.open_source(source, settings)
    if updates:
        learning = updating.learning_of(updates)
        found, chosen = updating.course_of(found, learning), [*chosen, *updating.words(learning)]
    elif found.course and chosen:
        raise CommandError(
            _("{option} takes a single pass apart into numbers, and {source} holds several").format(
                option=chosen[0], source=source
            )
        )
    else:
        found, level = _at_level(found, level, place)
    found = found._replace(typed=(*typed(source, settings), *chosen))
    player = CoursePlayer(found.course, level) if found.course else Player(found.trace, level)
    for name in dict.fromkeys(breakpoints):
        try:
            player.add_breakpoint(name)
        except ArgumentError as error:
            raise CommandError(f"--break {name}: {error}") from None
    return found, player


def _at_level(found: Subject, level: str, place: str | None) -> tuple[Subject, str]:
    if place is None:
        return at_level(found, level)
    try:
        return scalarized(found, place), level if level == "layer" else "op"
    except CommandError as error:
        raise CommandError(f"--apart {place}: {error.message}", error.hint) from None


def write_files(
    found: Subject,
    player: Player | CoursePlayer,
    paths: Iterable[Path],
    png_series: Path | None,
    steps: tuple[int, int] | None,
    seconds: float | None,
    width: int | None,
    theme: str | None,
    replay: bool = False,
) -> None:
    """Write the files that were asked for, and say so."""
    shots = Shots(steps, seconds, width, theme or "light")
    player = player.player if isinstance(player, CoursePlayer) else player
    for path in paths:
        click.echo(exports.write(found, path, player, shots, theme or "auto", replay), err=True)
    if png_series is not None:
        click.echo(exports.write_series(found, png_series, player, shots), err=True)


def show(found: Subject, player: Player | CoursePlayer, face: Face | None, full: bool) -> None:
    """Show the steps.

    Args:
        face: None for the full screen, or lines where there is no room for that.
        full: of "plain", print all numbers of arrays.
    """
    if face is None:
        face = "tui" if _has_room() else "plain"
    if face == "predict":
        dialogue.run(found, player)
    elif face == "json":
        for event in found.course.events() if found.course else (event.to_json() for event in found.trace.events):
            click.echo(json.dumps(event, allow_nan=False))
    elif face == "tui":
        tui.run(found, player)
    elif isinstance(player, CoursePlayer):
        _say(course_lines.lines(found, player, full))
    else:
        _say(step_lines.lines(found, player, full))


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        output.say(line)


def show_orders(source: str | None, settings: Sequence[str]) -> None:
    """Show the naive order of a backward pass beside the right one."""
    two_orders.run(source, settings)


def _has_room() -> bool:
    """Whether there is a terminal that is large enough for the full screen; if it is too small, say so."""
    if not (output.is_interactive() and sys.stderr.isatty()):  # Textual draws on the standard error
        return False
    columns, rows = shutil.get_terminal_size()
    if columns >= tui.COLUMNS and rows >= tui.ROWS:
        return True
    click.echo(
        _(
            "note: this terminal has {columns} by {rows} characters, and the full screen needs {width} by {height}: "
            "here are the steps as lines"
        ).format(columns=columns, rows=rows, width=tui.COLUMNS, height=tui.ROWS),
        err=True,
    )
    return False
