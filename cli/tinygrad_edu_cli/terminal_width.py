"""How wide what we print may be."""

from __future__ import annotations

import shutil
import sys

WIDTH = 100
LEAST = 40  # cells; below it nothing can be laid out


def room(most: int = WIDTH) -> int:
    """Cells of a line: those of the terminal, but at most `most`, which is what a pipe gets."""
    if not sys.stdout.isatty():
        return most
    return max(min(most, shutil.get_terminal_size().columns - 1), LEAST)
