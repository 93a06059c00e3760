"""Single pictures of a trace, drawn with Pillow: title, where we are, graph, formula, sentence.

Everything is drawn twice as large and made smaller, which smooths the lines. Importing this needs the extra `plots`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from PIL import Image

from tinygrad_edu_words import _
from tinygrad_edu_words.sentences import spoken

from ..readable import short
from ..recording.contents import Event
from ..trace import Trace
from .graph_picture import MARKS, GraphPicture
from .palette import palette
from .pencil import Pencil
from .scene import Scene, lay_out

SMOOTH = 2  # dots that become one
HEAD = 76  # pixels above the graph
LETTER, LETTER_WIDTH, LINE = 14, 8.43, 21  # size and width of a letter of the caption, and its height of a line
SIDE = 16  # pixels at the sides
NARROWEST, WIDEST = 760, 1600  # pixels of a picture


class Film:
    """The pictures of one trace, all of one size; for the arguments see `gif.frames`.

    Attributes:
        stops: the positions of which there are pictures.
        length: the last position.
        captions: of each stop the lines below the graph, and whether they are bold.
    """

    beside = 0  # pixels at the right of the caption that it leaves free
    least_lines = 0  # of the caption

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
        self.scene = lay_out(trace, rankdir, level, limit)
        self.stops, self.length = list(self.scene.view.stops), len(trace.events)
        self.set_up([self.scene], title, scale, theme, width)

    def set_up(self, scenes: Sequence[Scene], title: str, scale: float, theme: str, width: int | None) -> None:
        """Sizes, colours and captions."""
        self.theme, self.look, self.marks = theme, palette(theme), MARKS.get(theme, {})
        self.width = min(max(round(max(scene.width for scene in scenes)) + 2 * SIDE, NARROWEST), WIDEST)
        self.scale = scale if width is None else width / self.width
        self.inside = self.width - 2 * SIDE
        self.title = short(title, int(self.inside / LETTER_WIDTH))
        self.graph_left, self.graph_top = self.left_of(scenes[0]), HEAD
        self.captions = {stop: self.caption_at(stop) for stop in self.stops}
        self.caption = HEAD + round(max(scene.height * self.zoom(scene) for scene in scenes)) + 8
        lines = max(self.least_lines, *map(len, self.captions.values()))
        self.height = self.caption + lines * LINE + SIDE

    def zoom(self, scene: Scene) -> float:
        return min(1.0, self.inside / scene.width)

    def left_of(self, scene: Scene) -> float:
        """Where a graph begins that stands in the middle."""
        return SIDE + (self.inside - scene.width * self.zoom(scene)) / 2

    @property
    def letters(self) -> int:
        """How many letters a line of the caption has."""
        return int((self.inside - self.beside) / LETTER_WIDTH)

    def frame(self, position: int) -> Image.Image:
        """The picture after `position` events, a stop of the view."""
        dots = self.scale * SMOOTH
        size = round(self.width * self.scale) * SMOOTH, round(self.height * self.scale) * SMOOTH
        image = Image.new("RGB", size, self.look.paper)
        page = Pencil(image, dots)
        self.draw_head(page, position)
        graph = self.graph_at(position)
        corner = self.left_of(graph.scene) * dots, HEAD * dots
        graph.draw(Pencil(image, dots * self.zoom(graph.scene), corner))
        self.draw_beside(page, position)
        for line, (text, bold) in enumerate(self.captions[position]):
            page.text((SIDE, self.caption + line * LINE + LETTER), text, LETTER, self.look.text, bold)
        return image.reduce(SMOOTH)

    @property
    def exact(self) -> list[str]:
        """Colours that a GIF must have as they are."""
        return [self.look.paper, *self.marks.values(), self.look.text, *self.look.fills.values()]

    def letters_to_read(self, position: int) -> int:
        """How many letters someone reads who looks at one picture after the other."""
        return sum(len(line) for line, _bold in self.captions[position])

    def graph_at(self, position: int) -> GraphPicture:
        """The graph at a position."""
        return GraphPicture(self.trace, self.scene, self.theme, position)

    def draw_beside(self, page: Pencil, position: int) -> None:
        """What stands beside the caption."""

    def draw_head(self, page: Pencil, position: int) -> None:
        """Title, pass and step, and a bar with the two passes, whose filled part is behind us."""
        events = self.trace.events
        page.text((SIDE, 26), self.title, 15, self.look.text, bold=True)
        where = _("start").upper()
        if position:
            where = f"{pass_name(events[position - 1].kind)} {self._steps(position)}/{len(events)}"
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

    def caption_at(self, position: int) -> list[tuple[str, bool]]:
        """The lines below the graph, and whether they are bold."""
        event = self.trace.events[position - 1] if position else None
        return self.wrapped([*told(event), (self.scene.view.note, False)])

    def wrapped(self, texts: Iterable[tuple[str, bool]]) -> list[tuple[str, bool]]:
        """Texts as lines; one that begins with blanks is moved in."""
        found = []
        for text, bold in texts:
            inwards = " " * (2 * (len(text) - len(text.lstrip())))
            found += [(line, bold) for line in textwrap.wrap(text, self.letters, subsequent_indent=inwards)]
        return found


def told(event: Event | None) -> list[tuple[str, bool]]:
    """What a caption says of an event, and whether it is bold."""
    if event is None:
        return [(_("Only the inputs are known."), False)]
    text = spoken(event.text)
    return [(spoken(event.formula), True), (text, False)] if event.formula else [(text, True)]


def pass_name(kind: str) -> str:
    """The kind of an event in capital letters."""
    return (_("forward") if kind == "forward" else _("backward")).upper()
