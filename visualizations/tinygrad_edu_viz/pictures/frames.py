"""Single pictures of a trace, drawn with Pillow: title, where we are, graph, formula, sentence.

Everything is drawn twice as large and made smaller, which smooths the lines. Importing this needs the extra `plots`.
"""

from __future__ import annotations

import textwrap

from PIL import Image

from ..readable import number_lines, short
from ..recording.contents import Data, Event
from ..trace import Trace
from .palette import palette
from .pencil import Pencil, bezier
from .placing import ARROW, Edge, Point, arrow, towards
from .scene import FONT, PADDING, TITLE, Box, lay_out

MARKS = {  # of what goes forward, and of the gradients that flow back
    "light": {"forward": "#0072B2", "backward": "#B34700"},
    "dark": {"forward": "#56B4E9", "backward": "#E69F00"},
}
DASH = (7.0, 4.0)
SMOOTH = 2  # dots that become one
HEAD = 76  # pixels above the graph
LETTER, LETTER_WIDTH, LINE = 14, 8.43, 21  # size and width of a letter of the caption, and its height of a line
SIDE = 16  # pixels at the sides
NARROWEST, WIDEST = 760, 1600  # pixels of a picture


class Film:
    """The pictures of one trace, all of one size; for the arguments see `gif.frames`."""

    def __init__(
        self,
        trace: Trace,
        title: str,
        rankdir: str,
        level: str,
        limit: int,
        scale: float,
        theme: str = "light",
        width: int | None = None,
    ):
        self.trace = trace
        self.look, self.marks = palette(theme), MARKS[theme]
        self.scene = lay_out(trace, rankdir, level, limit)
        self.width = min(max(round(self.scene.width) + 2 * SIDE, NARROWEST), WIDEST)
        self.scale = scale if width is None else width / self.width
        self.inside = self.width - 2 * SIDE
        self.title = short(title, self.letters)
        self.zoom = min(1.0, self.inside / self.scene.width)
        self.graph_left, self.graph_top = SIDE + (self.inside - self.scene.width * self.zoom) / 2, HEAD
        self.captions = {stop: self._caption(stop) for stop in self.scene.view.stops}
        self.caption = HEAD + round(self.scene.height * self.zoom) + 8
        self.height = self.caption + max(map(len, self.captions.values())) * LINE + SIDE

    @property
    def letters(self) -> int:
        """How many letters a line of the caption has."""
        return int(self.inside / LETTER_WIDTH)

    def frame(self, position: int) -> Image.Image:
        """The picture after `position` events, a stop of the view."""
        dots = self.scale * SMOOTH
        size = round(self.width * self.scale) * SMOOTH, round(self.height * self.scale) * SMOOTH
        image = Image.new("RGB", size, self.look.paper)
        page = Pencil(image, dots)
        self._head(page, position)
        graph = Pencil(image, dots * self.zoom, (self.graph_left * dots, self.graph_top * dots))
        _Graph(self, position).draw(graph)
        for line, (text, bold) in enumerate(self.captions[position]):
            page.text((SIDE, self.caption + line * LINE + LETTER), text, LETTER, self.look.text, bold)
        return image.reduce(SMOOTH)

    @property
    def exact(self) -> list[str]:
        """Colours that a GIF must have as they are."""
        return [self.look.paper, *self.marks.values(), self.look.text, *self.look.fills.values()]

    def _head(self, page: Pencil, position: int) -> None:
        """Title, pass and step, and a bar with the two passes, whose filled part is behind us."""
        events = self.trace.events
        page.text((SIDE, 26), self.title, 15, self.look.text, bold=True)
        where = f"{events[position - 1].kind.upper()} {self._steps(position)}/{len(events)}" if position else "START"
        page.text(
            (SIDE, 48), where, 13, self.marks[events[position - 1].kind] if position else self.look.quiet, bold=True
        )
        forward = sum(event.kind == "forward" for event in events)
        for begin, end, colour in ((0, forward, self.marks["forward"]), (forward, len(events), self.marks["backward"])):
            left, right, now = (
                SIDE + 1 + (self.inside - 2) * part / len(events)
                for part in (begin, end, min(max(position, begin), end))
            )
            page.box((left, 58), (right - left, 8), self.look.paper, colour)
            page.box((left, 58), (now - left, 8), colour, colour)

    def _steps(self, position: int) -> str:
        """What happened since the stop before: "9", or "12–18" inside of a box of several nodes."""
        first = max(stop for stop in self.scene.view.stops if stop < position) + 1
        return str(position) if first == position else f"{first}–{position}"

    def _caption(self, position: int) -> list[tuple[str, bool]]:
        """The lines below the graph, and whether they are bold."""
        if position:
            event = self.trace.events[position - 1]
            texts = [(event.formula, True), (event.text, False)] if event.formula else [(event.text, True)]
        else:
            texts = [("Only the inputs are known.", False)]
        texts.append((self.scene.view.note, False))
        return [(line, bold) for text, bold in texts for line in textwrap.wrap(text, self.letters)]


class _Graph:
    """The graph at one position."""

    def __init__(self, film: Film, position: int):
        trace, scene = self.trace, self.scene = film.trace, film.scene
        self.look, self.marks = film.look, film.marks
        self.known, self.gradients = trace.known_after(position), trace.gradients_after(position)
        start = max((stop for stop in scene.view.stops if stop < position), default=0)
        events = trace.events[start:position]
        self.kind = events[-1].kind if events else ""
        self.active, _ = scene.view.active(trace, position)
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
        now_data = box_id == self.active and self.kind == "forward"
        now_grad = (box_id == self.active and self.kind == "backward") or box_id in self.giving
        self._numbers(pencil, box, "data", len(face.quiet), self._data(result), (left, right), now_data)
        if face.has_gradient:
            self._numbers(pencil, box, "grad", face.gradient_line, self.gradients.get(result), (left, right), now_grad)

    def _data(self, node: str) -> Data | None:
        return self.trace.nodes[node].data if node in self.known else None

    def _numbers(
        self, pencil: Pencil, box: Box, what: str, first: int, data: Data | None, sides: Point, bold: bool
    ) -> None:
        pencil.text((sides[0], box.feet(first)), what, FONT, self.look.quiet)
        for line, text in enumerate(["·"] if data is None else number_lines(data), first):
            pencil.text((sides[1], box.feet(line)), text, FONT, self.look.text, bold, "rs")
