"""How the screen looks: its colours, and what it does for terminals that lack colours or characters."""

from __future__ import annotations

import os
import sys

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter, NoColor

from tinygrad_edu_viz.text_graph import cell_width

from .. import output

# Okabe and Ito's colours, which colour-blind people can tell apart. Each has a character or a shape beside it.
FORWARD, BACKWARD, STOP = Style(color="#56b4e9", bold=True), Style(color="#e69f00", bold=True), Style(color="#f0a0c8")
SELECTED, QUIET, STRONG = Style(reverse=True), Style(color="#9aa5b1"), Style(bold=True)


def of(kind: str) -> Style:
    """The style of a pass."""
    return FORWARD if kind == "forward" else BACKWARD


def filters() -> list[LineFilter]:
    """What the output goes through: no colours where NO_COLOR says so, no characters that the encoding lacks."""
    found: list[LineFilter] = []
    if os.environ.get("NO_COLOR"):
        found.append(NoColor())
    if output.is_ascii():
        found.append(_Encodable())
    return found


class _Encodable(LineFilter):
    """Puts a character of the same width in the place of one that the terminal's encoding lacks."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [Segment(encodable(segment.text), segment.style, segment.control) for segment in segments]


def encodable(text: str) -> str:
    """A text of the same width in characters that the standard output has."""
    if text.isascii():
        return text
    coding = output.encoding(sys.stdout)
    return "".join(_encodable(character, coding) for character in text)


def _encodable(character: str, coding: str) -> str:
    try:
        character.encode(coding)
        return character
    except UnicodeEncodeError:
        near = output.shown(character)
        width = cell_width(character)
        return near if len(near) == width else "?" * width
