"""Markdown as lines of text."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.markdown import Markdown

from tinygrad_edu_tutorials.reading.lesson import Part

from .. import output

WIDEST, NARROWEST = 88, 20
_RULES = str.maketrans("━─═│┃•▌", "--=||*|")


def width() -> int:
    """Cells of a line."""
    return max(min(shutil.get_terminal_size((80, 24)).columns, WIDEST), NARROWEST)


def prose(text: str, cells: int = 0) -> str:
    """A paragraph, a list or a table of Markdown, as wide as the terminal or some cells; styles only with colour."""
    colour = output.has_colour()
    console = Console(
        width=cells or width(), force_terminal=colour, color_system="standard" if colour else None, highlight=False
    )
    with console.capture() as capture:
        console.print(Markdown(text, code_theme="bw", hyperlinks=False))
    found = "\n".join(line.rstrip() for line in capture.get().strip("\n").splitlines())
    return found.translate(_RULES) if output.is_ascii() else found


def parts(found: Iterable[Part]) -> Iterator[str]:
    """Parts of prose and of code that stand in a `<details>`, with an empty line after each."""
    for part in found:
        yield from (code(part.text) if part.kind != "prose" else block(part), "")


def block(part: Part) -> str:
    """A part of prose; indented code stays as it is."""
    text = part.clean
    if text.startswith("    ") or text.startswith("```"):
        return code(re.sub(r"^```.*\n?|\n```$", "", text, flags=re.MULTILINE) if text.startswith("```") else text, 0)
    return prose(text)


def code(text: str, indent: int = 4) -> str:
    """Lines of a program, as they are."""
    return "\n".join(" " * indent + line if line else "" for line in text.rstrip().splitlines())
