"""How wide what we print may be, and text in lines of that width."""

from __future__ import annotations

import shutil
import sys
import textwrap

WIDTH = 100
LEAST = 39  # cells; below it nothing can be laid out


def room(most: int = WIDTH) -> int:
    """Cells of a line: those of the terminal, but at most `most`, which is what a pipe gets."""
    if not sys.stdout.isatty():
        return most
    return max(min(most, shutil.get_terminal_size().columns - 1), LEAST)


def wrap(text: str, width: int | None = None, indent: int = 0) -> list[str]:
    """Text in lines of at most `width` characters (None: of as many as there is room for), the later ones indented."""
    return textwrap.wrap(
        text, width or room(), subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False
    ) or [""]
