"""Figures are drawn by our own code from what the page computes; each SVG keeps the digest of what it shows."""

from __future__ import annotations

import hashlib
import io
import json
import re
from pathlib import Path
from typing import Any

from tinygrad_edu.graph.node import Node
from tinygrad_edu_viz import Trace, draw_graph, render
from tinygrad_edu_viz.pictures.draw import Drawing

from ..reading.lesson import Lesson

_DIGEST = re.compile(r"<!-- shows: (\w+) -->")
SHORTEST = 20  # characters of a description


def drawing_of(shown: Any) -> Any:
    """A graph of graphviz, a figure of matplotlib, or a picture with `_repr_svg_`, that shows a result, a trace, or
    itself.

    Raises:
        TypeError: it is nothing of these.
    """
    if isinstance(shown, (Node, Trace)):
        return draw_graph(shown)
    figure = shown if hasattr(shown, "savefig") else getattr(shown, "figure", None)
    if figure is not None:
        return figure
    if isinstance(shown, Drawing) or hasattr(shown, "_repr_svg_"):
        return shown
    raise TypeError(
        f"a figure is a Value, a Tensor, a Trace, draw_graph(...), draw_descent(...), or a matplotlib figure, "
        f"not {shown!r:.60}"
    )


def svg_of(shown: Any) -> str:
    """The picture, with the digest of what it shows."""
    drawing = drawing_of(shown)
    if isinstance(drawing, Drawing):
        text = render(drawing, "svg").decode()
    elif hasattr(drawing, "_repr_svg_"):
        text = drawing._repr_svg_()
    else:
        buffer = io.BytesIO()
        drawing.savefig(buffer, format="svg", metadata={"Date": None}, bbox_inches="tight")
        text = buffer.getvalue().decode()
    return text.rstrip() + f"\n<!-- shows: {digest_of(shown)} -->\n"


def digest_of(shown: Any) -> str:
    """What a picture shows, in eight digits: the nodes and edges with their labels, or the lines with their numbers."""
    drawing = drawing_of(shown)
    if isinstance(drawing, Drawing):
        facts = drawing.source
    elif hasattr(drawing, "_repr_svg_"):
        facts = drawing._repr_svg_()
    else:
        facts = json.dumps(_facts_of_figure(drawing))
    return hashlib.sha256(facts.encode()).hexdigest()[:8]


def _facts_of_figure(figure: Any) -> list[Any]:
    """Titles, and the data of lines and points, in three digits: computers differ in the last ones."""
    facts: list[Any] = []
    for axes in figure.axes:
        facts.append(
            [axes.get_title(), axes.get_xlabel(), axes.get_ylabel(), *(text.get_text() for text in axes.texts)]
        )
        for line in axes.lines:
            facts.append(
                [[f"{float(number):.3g}" for number in numbers] for numbers in (line.get_xdata(), line.get_ydata())]
            )
        for collection in axes.collections:
            offsets = collection.get_offsets()
            facts.append([[f"{float(number):.3g}" for number in pair] for pair in offsets])
    return facts


def draw(shown: Any, path: Path) -> bool:
    """Write a picture, unless the file shows the same already; says whether it did."""
    if _kept(path) == digest_of(shown):
        return False
    path.parent.mkdir(exist_ok=True)
    path.write_text(svg_of(shown), encoding="utf-8")
    return True


def _kept(path: Path) -> str | None:
    found = _DIGEST.search(path.read_text(encoding="utf-8")) if path.exists() else None
    return found[1] if found else None


def figure_faults(lesson: Lesson, shown: dict[str, Any]) -> list[str]:
    """Each figure has a picture that shows what the code computes, and none is left over."""
    faults, folder = [], lesson.path.parent / "figures"
    for part in lesson.all("figure"):
        if part.key not in shown:
            continue  # its code raised, which was said
        try:
            fresh = digest_of(shown[part.key])
        except TypeError as error:
            faults.append(f"{lesson.where(part)}: {error}")
            continue
        if _kept(folder / f"{part.key}.svg") != fresh:
            what = "is not what the code draws now" if (folder / f"{part.key}.svg").exists() else "is missing"
            faults.append(f"{lesson.where(part)}: figures/{part.key}.svg {what}: prove figures {lesson.name}")
    for path in sorted(folder.glob("*.svg")):
        if path.stem not in shown:
            faults.append(f"{lesson.where()}: no code draws figures/{path.name}: ```python figure={path.stem}")
    return faults
