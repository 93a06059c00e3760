"""The line of a text that an error is about, with carets under the characters that it is about.

A caret stands right only if we know how many cells of the terminal each character takes: a Chinese one takes two, an
accent none, and one that the terminal's encoding lacks takes as many as its escape, such as \\u2207.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from itertools import accumulate

from tinygrad_edu_viz.cells import cell_width

WIDTH = 100  # cells of a line, with the hint
_SHOWN = WIDTH - 8  # of the text itself: the rest is for the margin and the dots
_BEFORE = 56  # cells before the carets, at most
_MARK = "\u200e"  # left-to-right mark: takes no cell


def excerpt(text: str, start: int, end: int, hint: str = "", encoding: str = "utf-8") -> str:
    """The line of `text` with the characters `start` to `end`, carets below, and the hint beside or below them."""
    begin = text.rfind("\n", 0, start) + 1
    line = text[begin:].split("\n", 1)[0]
    cells = [visible(character, encoding) for character in line]
    place = [0, *accumulate(map(cell_width, cells))]  # of each character, and of the end of the line
    first, last = min(start - begin, len(cells)), min(end - begin, len(cells))
    left = bisect_left(place, place[first] - _BEFORE)
    right = bisect_right(place, place[left] + _SHOWN) - 1
    dots = "..." if left else ""
    shown = dots + "".join(_fence(cells[left:right], encoding)) + ("..." if right < len(cells) else "")
    carets = " " * (len(dots) + place[first] - place[left]) + "^" * max(1, place[min(last, right)] - place[first])
    hints = hint.splitlines() or [""]
    if len(carets) + 3 + cell_width(hints[0]) <= WIDTH:
        carets = f"{carets} {hints.pop(0)}".rstrip()
    return "\n".join(f"  {row}" for row in (shown, carets, *hints))


def printable(text: str, encoding: str = "utf-8") -> str:
    """Lines of text, as `visible` shows their characters."""
    return "\n".join("".join(visible(character, encoding) for character in line) for line in text.split("\n"))


def visible(character: str, encoding: str = "utf-8") -> str:
    """A character as a terminal of this encoding can show it, without any that would move the cursor."""
    kind = unicodedata.category(character)
    if character.isspace():
        return " "
    if kind == "Cf":  # joiners and directional controls restyle their neighbours
        return ""
    if kind.startswith("C"):
        return "?"
    return character.encode(encoding, "backslashreplace").decode(encoding)


def _fence(cells: list[str], encoding: str) -> list[str]:
    """End each right-to-left word with a mark, or some terminals would let two of them in a row change places."""
    mark = _MARK.encode(encoding, "ignore").decode(encoding)
    turned = [bool(cell) and unicodedata.bidirectional(cell[0]) in ("R", "AL", "AN") for cell in cells]
    return [
        cell + mark if here and not after else cell
        for cell, here, after in zip(cells, turned, [*turned, False][1:], strict=True)
    ]
