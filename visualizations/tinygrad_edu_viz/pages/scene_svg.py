"""A scene as SVG for the page: every number in a text element of its own, which the player finds by id and class.

It carries no styles (the page's policy forbids them in attributes): `page.css` says what a class looks like. The
numbers are those of the end of the backward pass.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator

from tinygrad_edu_words import N_, _

from ..pictures.placing import ARROW, Curve, Frame, Point, arrow, towards
from ..pictures.scene import PADDING, TITLE, Box, Scene
from ..readable import number_lines
from ..recording.contents import TraceNode
from ..trace import Trace


def draw(scene: Scene, trace: Trace, prefix: str = "") -> str:
    """The picture; boxes can be focused, in the order of creation.

    Args:
        prefix: begins all ids, where there are several pictures in a page.
    """
    size = f'viewBox="0 0 {scene.width:g} {scene.height:g}" width="{scene.width:g}" height="{scene.height:g}"'
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="group" aria-label="{_("Computation graph")}">']
    parts += map(_frame, scene.frames)
    for (source, target, position), curve in scene.curves.items():
        parts.append(f'<g class="edge" id="{prefix}edge-{source}-{target}-{position}">{_curve(curve)}</g>')
    parts += [_box(box, trace.nodes[scene.view.boxes[i].result], prefix) for i, box in scene.boxes.items()]
    return "\n".join([*parts, "</svg>"])


def _frame(frame: Frame) -> str:
    left, top = frame.corner
    outline = _outline("frame even" if frame.depth % 2 == 0 else "frame", left, top, frame.width, frame.height, 8)
    return f'{outline}<text class="quiet" x="{left + 8:g}" y="{top + 15:g}">{html.escape(frame.title)}</text>'


def _curve(curve: Curve) -> str:
    """The line, an arrow head at the end, and one at the start, for the gradient that flows back."""
    back = towards(curve.points[0], curve.points[1], ARROW)
    first, *rest = map(_point, curve.points)
    return (
        f'<path d="M{first}C{" ".join(rest)}L{_point(curve.tip)}"/>'
        f'<polygon class="head" points="{_points(arrow(curve.points[-1], curve.tip))}"/>'
        f'<polygon class="tail" points="{_points(arrow(back, curve.points[0]))}"/>'
    )


def _points(points: Iterable[Point]) -> str:
    return " ".join(map(_point, points))


def _point(point: Point) -> str:
    return f"{round(point[0], 1):g},{round(point[1], 1):g}"


def _box(box: Box, result: TraceNode, prefix: str) -> str:
    left, top = box.corner
    key, number = box.key, box.key[1:]
    parts = [f'<g class="node {box.kind}" id="{prefix}node-{key}" data-node="{number}" tabindex="0" role="img">']
    parts.append(_outline("ring", left - 4, top - 4, box.width + 8, box.height + 8, 8))
    if box.kind == "layer":
        parts.append(_outline("behind", left + 4, top + 4, box.width, box.height, 0))
    parts.append(_outline("box", left, top, box.width, box.height, 8 if box.kind == "leaf" else 0))
    if box.kind == "root":
        parts.append(_outline("inner", left + 3, top + 3, box.width - 6, box.height - 6, 0))
    parts += _texts(box, result)
    return "".join([*parts, "</g>"])


def _outline(name: str, left: float, top: float, width: float, height: float, radius: int) -> str:
    corners = f' rx="{radius}"' if radius else ""
    return f'<rect class="{name}" x="{left:g}" y="{top:g}" width="{width:g}" height="{height:g}"{corners}/>'


def _texts(box: Box, result: TraceNode) -> Iterator[str]:
    face = box.face
    start, end = box.corner[0] + PADDING + 1, box.corner[0] + box.width - PADDING - 1
    middle, title = box.corner[0] + box.width / 2, box.corner[1] + PADDING + TITLE - 6
    sign = "strong sign" if face.aside and not face.strong[0].isalnum() else "strong"
    aside = f' <tspan class="aside">{html.escape(face.aside)}</tspan>' if face.aside else ""
    strong = f'<tspan class="{sign}">{html.escape(face.strong)}</tspan>'
    yield f'<text class="title" x="{middle:g}" y="{title:g}">{strong}{aside}</text>'
    for line, text in enumerate(face.quiet):
        yield f'<text class="quiet" x="{start:g}" y="{box.feet(line):g}">{html.escape(text)}</text>'
    if face.data:
        yield from _numbers(N_("data"), list(face.data), box, len(face.quiet), start, end)
    if face.data and face.has_gradient:
        grad = ["·"] if result.gradient is None else number_lines(result.gradient)
        yield from _numbers(N_("grad"), grad, box, face.gradient_line, start, end)


def _numbers(what: str, lines: list[str], box: Box, first: int, start: float, end: float) -> Iterator[str]:
    yield f'<text class="what" x="{start:g}" y="{box.feet(first):g}">{_(what)}</text>'
    for line in range(len(box.face.data)):
        text = html.escape(lines[line]) if line < len(lines) else ""
        yield f'<text class="{what}" x="{end:g}" y="{box.feet(first + line):g}">{text}</text>'
