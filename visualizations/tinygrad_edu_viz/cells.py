"""Text measured in the cells of a terminal, of which a wide character takes two and an accent none."""

from __future__ import annotations

import unicodedata


def clean(text: str) -> str:
    """Return `text` as one line of characters whose widths terminals agree on.

    White space becomes a blank, a control character `?`. What only restyles its neighbours is dropped: joiners,
    directional controls, emoji variations and skin tones.
    """
    kept = []
    for char in unicodedata.normalize("NFC", text):
        kind = unicodedata.category(char)
        if not (kind == "Cf" or "\ufe00" <= char <= "\ufe0f" or "\U0001f3fb" <= char <= "\U0001f3ff"):
            kept.append(" " if char.isspace() else "?" if kind.startswith("C") else char)
    return "".join(kept)


def cell_width(text: str) -> int:
    """Return how many terminal cells `text` takes: two for a wide character, none for a combining mark."""
    if text.isascii():
        return len(text)
    flat = [char for char in text if unicodedata.category(char) not in ("Mn", "Me", "Cf")]
    return len(flat) + sum(unicodedata.east_asian_width(char) in "WF" for char in flat)


def part(line: str, start: int, width: int) -> str:
    """The cells `start` to `start + width` of a line; half of a wide character becomes a blank."""
    cells = split(line)
    shown = cells[start : start + width]
    if shown and shown[0] == "":
        shown[0] = " "
    if shown and cells[start + width : start + width + 1] == [""]:
        shown[-1] = " "
    return "".join(shown)


def split(line: str) -> list[str]:
    """A string for each cell: a wide character is followed by an empty one, and has its accents with it."""
    cells: list[str] = []
    for character in line:
        width = cell_width(character)
        if width or not cells:
            cells += [character, ""][: max(width, 1)]
        else:
            cells[-1 if cells[-1] or len(cells) == 1 else -2] += character
    return cells
