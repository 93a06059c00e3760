"""How the screen looks: its colours, and what it does for terminals that lack colours or characters."""

from __future__ import annotations

import os
import sys

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter, NoColor

from tinygrad_edu_viz.cells import cell_width

from .. import output

# Okabe and Ito's colours, which colour-blind people can distinguish. Each has a character or a shape beside it.
FORWARD, BACKWARD, STOP = Style(color="#56b4e9", bold=True), Style(color="#e69f00", bold=True), Style(color="#f0a0c8")
UPDATE = Style(color="#4dd0a8", bold=True)
SELECTED, QUIET, STRONG = Style(reverse=True), Style(color="#9aa5b1"), Style(bold=True)


def of(kind: str) -> Style:
    """The style of a pass, or of the updates after it."""
    return {"forward": FORWARD, "backward": BACKWARD}.get(kind, UPDATE)


def coding() -> str:
    """The encoding of the terminal: Textual draws on the standard error, and puts other things in their places."""
    return output.encoding(sys.__stderr__)


def is_ascii() -> bool:
    """Whether the terminal lacks the characters that boxes are drawn with."""
    return output.is_ascii(coding())


def shown(text: str) -> str:
    """Text in the nearest characters that the terminal has."""
    return output.shown(text, coding())


def filters() -> list[LineFilter]:
    """What the output goes through: no colours where NO_COLOR says so, no characters that the encoding lacks."""
    found: list[LineFilter] = []
    if os.environ.get("NO_COLOR"):
        found.append(NoColor())
    if is_ascii():
        found.append(_Encodable())
    return found


_DRAWN = {**dict.fromkeys("─━═▀▄▁▂▃▔", "-"), **dict.fromkeys("│┃║▌▐▊▎▕▏█▅▆▇", "|"), **dict.fromkeys("┌┐└┘├┤┬┴┼", "+")}
_DRAWN |= {"▼": "v", "•": "*", "✓": "+", "✗": "x", "▪": "*", "‣": "*", "◦": "*"}
"""What Textual's own widgets draw with: tables, lists, scroll bars."""


class _Encodable(LineFilter):
    """Puts others of the same width in the places of characters that the terminal lacks, as in a scroll bar."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [Segment(encodable(segment.text, coding()), segment.style, segment.control) for segment in segments]


def encodable(text: str, coding: str) -> str:
    """A text of the same width in characters that an encoding has.

    >>> encodable("a→漢│", "ascii")
    'a???|'
    """
    return text if text.isascii() else "".join(_encodable(character, coding) for character in text)


def _encodable(character: str, coding: str) -> str:
    width = cell_width(character)
    near = output.shown(character, coding)
    if len(near) != width:
        near = _DRAWN.get(character, near)
    return near if len(near) == width or near == character else "?" * width
