"""The graph in a picture, drawn with Pillow: boxes, numbers and edges, and what a step is about marked.

Importing this needs the extra `plots`.
"""

from __future__ import annotations

from collections.abc import Mapping

from tinygrad_edu_words import N_, _

from ..readable import number_lines
from ..recording.contents import Data, Event
from ..trace import Trace
from .palette import palette
from .pencil import Pencil, bezier
from .placing import ARROW, Edge, Point, arrow, towards
from .scene import FONT, PADDING, TITLE, Box, Scene

MARKS = {  # of what goes forward, of the gradients that flow back, and of what an optimizer changes
    "light": {"forward": "#0072B2", "backward": "#B34700", "update": "#007A59"},
    "dark": {"forward": "#56B4E9", "backward": "#E69F00", "update": "#4DD0A8"},
}
DASH = (7.0, 4.0)


class GraphPicture:
    """The graph at one position.

    Args:
        updated: what nodes have been changed to after the pass, by their ids; the last of them is marked.
        marked: whether what the last step is about is marked.
    """

    def __init__(
        self,
        trace: Trace,
        scene: Scene,
        theme: str,
        position: int,
        updated: Mapping[str, Data] | None = None,
        marked: bool = True,
    ):
        self.trace, self.scene, self.updated = trace, scene, updated or {}
        self.look, self.marks = palette(theme), MARKS[theme]
        self.known, self.gradients = trace.known_after(position), trace.gradients_after(position)
        start = max((stop for stop in scene.view.stops if stop < position), default=0)
        events = trace.events[start:position] if marked else ()
        self.kind = events[-1].kind if events else ""
        self.active = scene.view.active(trace, position)[0] if marked else None
        if updated:
            events, self.kind, self.active = (), "update", scene.view.box_of[[*updated][-1]]
        self.giving = {scene.view.box_of[event.source] for event in events if event.source}
        self.used = {edge for event in events for edge in self._edges(event)}

    def _edges(self, event: Event) -> list[Edge | None]:
        if event.kind == "forward":
            return [self.scene.edge(source, event.node, k) for k, source in enumerate(event.inputs)]
        if event.source is None or event.position is None:
            return []
        return [self.scene.edge(event.node, event.source, event.position)]

    def draw(self, pencil: Pencil) -> None:
        for frame in self.scene.frames:
            size, fill = (frame.width, frame.height), self.look.group if frame.depth % 2 == 0 else self.look.paper
            pencil.box(frame.corner, size, fill, self.look.line, 0.5, 8)
            pencil.text((frame.corner[0] + 8, frame.corner[1] + 15), frame.title, FONT - 1, self.look.quiet)
        for edge in sorted(self.scene.curves, key=lambda edge: edge in self.used):  # what is marked goes on top
            self._edge(pencil, edge)
        for box_id, box in self.scene.boxes.items():
            self._box(pencil, box_id, box)

    def _edge(self, pencil: Pencil, edge: Edge) -> None:
        curve = self.scene.curves[edge]
        line = bezier(curve.points)
        if edge not in self.used:
            pencil.line(line, self.look.line, 1.2)
            pencil.polygon(arrow(line[-1], curve.tip), self.look.line)
        elif self.kind == "forward":
            pencil.line(line, self.marks["forward"], 3.5)
            pencil.polygon(arrow(line[-1], curve.tip, 0.7), self.marks["forward"])
        else:
            base = towards(curve.points[0], curve.points[1], ARROW)
            pencil.line([*line, curve.tip], self.marks["backward"], 3.5, DASH)
            pencil.polygon(arrow(base, curve.points[0], 0.7), self.marks["backward"])

    def _box(self, pencil: Pencil, box_id: str, box: Box) -> None:
        left, top = box.corner
        size = (box.width, box.height)
        active = box_id == self.active
        line = self.marks[self.kind] if active or box_id in self.giving else self.look.text
        width = 3.5 if active else 2.0 if box_id in self.giving else 1.0
        fill = self.look.fills[box.kind]
        if box.kind == "layer":
            pencil.box((left + 4, top + 4), size, fill, self.look.text)
        if box.kind == "constant" and not active:
            pencil.box(box.corner, size, fill, fill)
            corners = [box.corner, (left + size[0], top), (left + size[0], top + size[1]), (left, top + size[1])]
            pencil.line([*corners, box.corner], self.look.text, 1.0, (4.0, 3.0))
        else:
            pencil.box(box.corner, size, fill, line, width, 8 if box.kind == "leaf" else 0)
        if box.kind == "root":
            pencil.box((left + 4, top + 4), (size[0] - 8, size[1] - 8), None, self.look.text)
        self._texts(pencil, box_id, box)

    def _texts(self, pencil: Pencil, box_id: str, box: Box) -> None:
        face, result = box.face, self.scene.view.boxes[box_id].result
        left, right = box.corner[0] + PADDING + 1, box.corner[0] + box.width - PADDING - 1
        size = 17 if face.aside and not face.strong[0].isalnum() else FONT
        wide = len(face.strong) * size + (len(face.aside) + 1) * (FONT - 1) * bool(face.aside)
        start = box.corner[0] + (box.width - wide * 0.602) / 2
        feet = box.corner[1] + PADDING + TITLE - 6
        pencil.text((start, feet), face.strong, size, self.look.text, bold=True)
        if face.aside:
            aside = start + (len(face.strong) * size + FONT - 1) * 0.602
            pencil.text((aside, feet), face.aside, FONT - 1, self.look.quiet)
        for line, text in enumerate(face.quiet):
            pencil.text((left, box.feet(line)), text, FONT - 1, self.look.quiet)
        if not face.data:
            return
        changed = self.kind == "update" and result in self.updated
        now_data = box_id == self.active and (self.kind == "forward" or changed)
        now_grad = (box_id == self.active and self.kind == "backward") or box_id in self.giving
        self._numbers(pencil, box, N_("data"), len(face.quiet), self._data(result), (left, right), now_data)
        if face.has_gradient:
            self._numbers(
                pencil, box, N_("grad"), face.gradient_line, self.gradients.get(result), (left, right), now_grad
            )

    def _data(self, node: str) -> Data | None:
        if node in self.updated:
            return self.updated[node]
        return self.trace.nodes[node].data if node in self.known else None

    def _numbers(
        self, pencil: Pencil, box: Box, what: str, first: int, data: Data | None, sides: Point, bold: bool
    ) -> None:
        pencil.text((sides[0], box.feet(first)), _(what), FONT, self.look.quiet)
        for line, text in enumerate(["·"] if data is None else number_lines(data), first):
            pencil.text((sides[1], box.feet(line)), text, FONT, self.look.text, bold, "rs")
