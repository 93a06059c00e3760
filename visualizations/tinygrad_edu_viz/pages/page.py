"""A trace as one HTML page that steps through it, to and fro: no request to anywhere, nothing to install.

The page holds the picture, the recorded numbers as JSON, and a small program, `page.js`, that shows them. Names are the
user's, and may be anything: they are escaped in HTML and in JSON, and a policy (https://www.w3.org/TR/CSP3/) with the
hashes of our own program and style lets the browser run and load nothing else.
"""

from __future__ import annotations

import html
from string import Template
from typing import Any

import numpy as np

from tinygrad_edu.errors import ArgumentError

from ..cells import clean
from ..pictures.box_facts import KINDS
from ..pictures.palette import DARK, LIGHT
from ..pictures.scene import Scene, lay_out
from ..readable import number, number_lines
from ..recording.contents import Data, Event, TraceNode, to_json
from ..trace import Trace
from . import scene_svg
from .parts import DARK_WHERE, colours, deflated, embedded_json, packaged, policy_of

LIMIT = 300  # boxes; more take a browser too long at each step
ELEMENTS = 64  # of an array that are shown one by one
LONGEST_TITLE = 500  # characters
READABLE = 30_000  # characters of the recorded JSON; more are deflated, or the page of a long trace grows large


def page(
    trace: Trace,
    title: str = "Backpropagation",
    note: str = "",
    rankdir: str = "LR",
    level: str = "auto",
    limit: int = LIMIT,
    theme: str = "auto",
    opens: int = 0,
) -> str:
    """The page.

    Args:
        title: what is stepped through, such as the expression.
        note: a sentence below the title.
        rankdir: "LR" draws from left to right, "TB" from top to bottom.
        level, limit: as of `levels.view`; a note says what became one box.
        theme: "light", "dark", or "auto" for what the reader's system has.
        opens: the step that is shown at first, where the address names none.
    Returns:
        HTML; write it in UTF-8.
    Raises:
        ArgumentError: another direction or theme, or as `levels.view`.
        MissingDot, DrawingError: as `render`.
    """
    return compose(trace, lay_out(trace, rankdir, level, limit), title, note, theme, opens)


def compose(trace: Trace, scene: Scene, title: str, note: str = "", theme: str = "auto", opens: int = 0) -> str:
    """The page of a trace that is laid out already."""
    if theme not in DARK_WHERE:
        raise ArgumentError(f"the theme is one of {', '.join(DARK_WHERE)}, not {theme!r}")
    style = Template(packaged("page.css")).substitute(
        width=scene.width,
        light=colours(LIGHT),
        dark=colours(DARK),
        dark_where=DARK_WHERE[theme],
        schemes="light dark" if theme == "auto" else theme,
    )
    script = packaged("page.js")
    data = embedded_json({**_content(trace, scene), "opens": opens})
    is_long = len(data) > READABLE
    return Template(packaged("page.html")).substitute(
        policy=policy_of(script, style),
        title=html.escape(clean(title)[:LONGEST_TITLE]),
        note=html.escape(" ".join(filter(None, [clean(note), scene.view.note]))),
        style=style,
        last=len(trace.events),
        legend=_legend(scene),
        svg=scene_svg.draw(scene, trace),
        data=deflated(data) if is_long else data,
        deflated=" data-deflated" if is_long else "",
        script=script,
    )


def _legend(scene: Scene) -> str:
    """A sample and a word for each kind of box that is drawn."""
    kinds = {box.kind for box in scene.boxes.values()}
    return " ".join([f'<span class="sample {kind}">{word}</span>' for kind, word in KINDS.items() if kind in kinds])


def _content(trace: Trace, scene: Scene) -> dict[str, Any]:
    """The nodes and steps, as `step --json` has them, with what stands in their boxes."""
    nodes = [_node(node, scene) for node in trace.nodes.values()]
    steps = [_step(event) for event in trace.events]
    return {"root": trace.root, "nodes": nodes, "steps": steps, "stops": scene.view.stops}


def _node(node: TraceNode, scene: Scene) -> dict[str, Any]:
    """A node, its title, what stands in its box, and the key of the box that it is in."""
    kept = {"id", "name", "op", "requires_grad"}
    return {
        **{key: value for key, value in node.to_json().items() if key in kept},
        "data": _numbers(node.data),
        "title": node.label,
        "lines": number_lines(node.data),
        "about": f"{node.shape} {node.dtype}, {node.device}" if node.kind == "tensor" else "",
        "constant": node.is_plain_number,
        "box": scene.boxes[scene.view.box_of[node.id]].key,
    }


def _step(event: Event) -> dict[str, Any]:
    """An event without what is also in its nodes: names, shapes, data."""
    kept = {"kind", "node", "inputs", "from", "position", "formula", "text"}
    found = {key: value for key, value in event.to_json().items() if key in kept}
    if event.kind == "forward":
        return {**found, "formula": ""}
    for key in ("upstream", "local", "contribution", "grad_before", "grad"):
        found[key] = _numbers(getattr(event, key))
    return {**found, "lines": number_lines(event.grad) if event.grad is not None else []}


def _numbers(data: Data | None) -> Any:
    """Data in full precision; of a large array its mean and its range, as in the boxes."""
    if isinstance(data, dict) or (isinstance(data, list) and np.size(data) > ELEMENTS):
        return number(data)
    return to_json(data)
