"""What the terminal, or whatever stands in its place, can show."""

from __future__ import annotations

import os
import sys
from typing import IO, Any

import click

_BOXES = "╭╮╰╯─│╔╗╚╝═║├►▼×…"
_PLAIN = str.maketrans({"∂": "d", "·": "*", "×": "x", "−": "-", "→": "->", "←": "<-", "…": "...", "Σ": "sum ", "²": "^2", "√": "sqrt"})


def is_interactive() -> bool:
    """Whether a person sits at a terminal that can redraw, and types."""
    dumb = os.environ.get("TERM", "") in ("", "dumb") and os.name != "nt"
    return _is_terminal(sys.stdin) and _is_terminal(sys.stdout) and not dumb and not os.environ.get("CI")


def has_colour() -> bool:
    """Whether styles may be sent: only to a terminal, and not if NO_COLOR says no (https://no-color.org)."""
    return is_interactive() and not os.environ.get("NO_COLOR")


def is_ascii() -> bool:
    """Whether the encoding of the standard output lacks the characters that boxes are drawn with."""
    return not _can_show(_BOXES, encoding(sys.stdout))


def encoding(stream: IO[Any] | None) -> str:
    return getattr(stream, "encoding", None) or "utf-8"


def say(text: str = "") -> None:
    """Print text, in the nearest characters that the standard output has."""
    coding = encoding(sys.stdout)
    if not _can_show(text, coding):
        text = "".join(character if _can_show(character, coding) else character.translate(_PLAIN) for character in text)
        text = text.encode(coding, "backslashreplace").decode(coding)
    click.echo(text, color=has_colour() or None)


def _can_show(text: str, coding: str) -> bool:
    try:
        text.encode(coding)
    except UnicodeEncodeError:
        return False
    return True


def _is_terminal(stream: IO[Any] | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False
