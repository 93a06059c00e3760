"""Parts of a lesson as Markdown that Jupyter, GitHub and editors show."""

from __future__ import annotations

import html
from collections.abc import Iterable

from ..reading.lesson import Part

FENCES = {"code": "python", "figure": "python", "exercise": "python", "program": "python", "command": "sh"}


def markdown(part: Part) -> str:
    """A part as Markdown; what is hidden in a `<details>` stays hidden."""
    if part.kind == "heading":
        return f"{'#' * int(part.attrs['level'])} {part.clean.strip()}"
    if part.parts:
        return details(part.summary, part.parts)
    if part.kind in FENCES:
        return f"```{FENCES[part.kind]}\n{part.text.rstrip()}\n```"
    if part.kind == "output":
        return f"```text\n{part.text.rstrip()}\n```"
    return f"*{part.attrs['alt']}*" if part.kind == "image" else part.clean


def details(summary: str, parts: Iterable[Part]) -> str:
    """What is hidden until it is opened."""
    inside = "\n\n".join(map(markdown, parts))
    return f"<details><summary>{html.escape(summary, quote=False)}</summary>\n\n{inside}\n\n</details>"
