"""A scene as SVG for the page: every number in a text element of its own, which the player finds by id and class.

It carries no styles (the page's policy forbids them in attributes): `page.css` says what a class looks like. The
numbers are those of the end of the backward pass.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from math import hypot

from .placing import ARROW, Curve, Point
from .readable import number_lines
from .recorded import TraceNode
from .scene import PADDING, TITLE, Box, Scene
from .trace import Trace


def draw(scene: Scene, trace: Trace) -> str:
    """The picture; boxes can be focused, in the order of creation."""
    size = f'viewBox="0 0 {scene.width:g} {scene.height:g}" width="{scene.width:g}" height="{scene.height:g}"'
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="group" aria-label="Computation graph">']
    for (source, target, position), curve in scene.curves.items():
        parts.append(f'<g class="edge" id="edge-{source}-{target}-{position}">{_curve(curve)}</g>')
    parts += [_box(box, trace.nodes[node_id]) for node_id, box in scene.boxes.items()]
    return "\n".join([*parts, "</svg>"])


def _curve(curve: Curve) -> str:
    """The line, an arrow head at the end, and one at the start, for the gradient that flows back."""
    first, *rest = (f"{x:g},{y:g}" for x, y in curve.points)
    inside = _towards(curve.points[0], curve.points[1], ARROW)
    return (
        f'<path d="M{first}C{" ".join(rest)}"/>'
        f'<polygon class="head" points="{_arrow(curve.points[-1], curve.tip)}"/>'
        f'<polygon class="tail" points="{_arrow(inside, curve.points[0])}"/>'
    )


def _towards(start: Point, end: Point, length: float) -> Point:
    """The point that lies `length` from `start` in the direction of `end`."""
    x, y = end[0] - start[0], end[1] - start[1]
    part = length / (hypot(x, y) or 1.0)
    return start[0] + part * x, start[1] + part * y


def _arrow(base: Point, tip: Point) -> str:
    x, y = (tip[0] - base[0]) * 0.45, (tip[1] - base[1]) * 0.45
    corners = (tip, (base[0] - y, base[1] + x), (base[0] + y, base[1] - x))
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)


def _box(box: Box, node: TraceNode) -> str:
    left, top = box.corner
    key, number = box.key, box.key[1:]
    parts = [f'<g class="node {box.kind}" id="node-{key}" data-node="{number}" tabindex="0" role="img">']
    parts.append(_outline("ring", left - 4, top - 4, box.width + 8, box.height + 8, 8))
    parts.append(_outline("box", left, top, box.width, box.height, 8 if box.kind == "leaf" else 0))
    if box.kind == "root":
        parts.append(_outline("inner", left + 3, top + 3, box.width - 6, box.height - 6, 0))
    parts += _texts(box, node)
    return "".join([*parts, "</g>"])


def _outline(name: str, left: float, top: float, width: float, height: float, radius: int) -> str:
    corners = f' rx="{radius}"' if radius else ""
    return f'<rect class="{name}" x="{left:g}" y="{top:g}" width="{width:g}" height="{height:g}"{corners}/>'


def _texts(box: Box, node: TraceNode) -> Iterator[str]:
    start, end = box.corner[0] + PADDING + 1, box.corner[0] + box.width - PADDING - 1
    middle, title = box.corner[0] + box.width / 2, box.corner[1] + PADDING + TITLE - 6
    sign = "strong sign" if box.aside and not box.strong[0].isalnum() else "strong"
    aside = f' <tspan class="aside">{html.escape(box.aside)}</tspan>' if box.aside else ""
    strong = f'<tspan class="{sign}">{html.escape(box.strong)}</tspan>'
    yield f'<text class="title" x="{middle:g}" y="{title:g}">{strong}{aside}</text>'
    for line, text in enumerate(box.quiet):
        yield f'<text class="quiet" x="{start:g}" y="{box.feet(line):g}">{html.escape(text)}</text>'
    if box.data:
        yield from _numbers("data", list(box.data), box, box.data_line, start, end)
    if box.data and box.has_gradient:
        grad = ["·"] if node.gradient is None else number_lines(node.gradient)
        yield from _numbers("grad", grad, box, box.gradient_line, start, end)


def _numbers(what: str, lines: list[str], box: Box, first: int, start: float, end: float) -> Iterator[str]:
    yield f'<text class="what" x="{start:g}" y="{box.feet(first):g}">{what}</text>'
    for line in range(len(box.data)):
        text = html.escape(lines[line]) if line < len(lines) else ""
        yield f'<text class="{what}" x="{end:g}" y="{box.feet(first + line):g}">{text}</text>'
