"""Single pictures of a course: as those of a trace, with all passes in the bar, and the curve of the loss.

Importing this needs the extra `plots`.
"""

from __future__ import annotations

from itertools import pairwise

from tinygrad_edu_words import _
from tinygrad_edu_words.sentences import spoken

from ..courses.course import Course
from ..courses.course_player import CoursePlayer
from ..courses.update import Update
from ..readable import loss_name, number
from .frames import LINE, SIDE, Film, pass_name, told
from .graph_picture import GraphPicture
from .loss_plot import DOTTED, LEFT, RIGHT, loss_plot
from .pencil import Pencil
from .scene import lay_out_all

CURVE, CURVE_HEIGHT, GAP = 250, 150, 20  # pixels: of the curve of the loss, and between it and the caption
WHOLE = 2  # passes of which all steps are shown
MOST = 60  # pictures of the later passes
GRADIENTS = 6  # that are told of a pass
CELLS = 16  # passes whose parts the bar shows
TO_READ, AGAIN = 220, 110  # letters of the first update, and of others: the rule is read once


class CourseFilm(Film):
    """The pictures of one course, all of one size; for the arguments see `gif.frames`.

    Args:
        folded: whether the passes after the first have a picture each, if there are more than `WHOLE`.
    """

    beside = CURVE + GAP
    least_lines = -(-CURVE_HEIGHT // LINE)

    def __init__(
        self,
        course: Course,
        title: str,
        rankdir: str,
        level: str,
        limit: int,
        scale: float,
        theme: str = "light",
        width: int | None = None,
        folded: bool = True,
    ):
        updated = [{update.node: update.after for update in row} for row in course.updates]
        self.course, self.player = course, CoursePlayer(course)
        self.scenes = lay_out_all(course.passes, rankdir, level, limit, updated)
        self.plot = loss_plot(course.losses, CURVE, CURVE_HEIGHT)
        self.length, self.folded = self.player.length, folded and len(course.passes) > WHOLE
        self.stops = self._main_stops() if self.folded else self._all_stops()
        self.set_up(self.scenes, title, scale, theme, width)

    # Which pictures there are.

    def _all_stops(self) -> list[int]:
        found = [0]
        for k, (scene, row) in enumerate(zip(self.scenes, self.course.updates, strict=True)):
            start, end = self.player.starts[k], self._end(k)
            found += [start + stop for stop in scene.view.stops[1:]] + [end + u + 1 for u in range(len(row))]
        return found

    def _main_stops(self) -> list[int]:
        """The first pass: the end of the way forward, and each step backward; then each pass, and each update."""
        events = self.course.passes[0].events
        forward = sum(event.kind == "forward" for event in events)
        found = [0, *(stop for stop in self.scenes[0].view.stops if stop >= forward > 0 or stop == len(events))]
        found += self._updates(0)
        rest = range(1, len(self.course.passes))
        if len(rest) > MOST:
            rest = range(len(rest), 0, -(len(rest) // MOST + 1))[::-1]  # evenly, and the last one
        for k in rest:
            found += [self._end(k), *([] if self.is_long else self._updates(k))]
        return list(dict.fromkeys(found))

    @property
    def is_long(self) -> bool:
        """Whether the passes after the first go by, without their updates."""
        return sum(1 + len(row) for row in self.course.updates[1:]) > MOST

    def _is_whole(self, position: int) -> bool:
        """Whether the picture at a position stands for a whole pass."""
        index = self.player.pass_index
        return self.folded and index > 0 and position == self._end(index)

    def _updates(self, index: int) -> list[int]:
        return [self._end(index) + u + 1 for u in range(len(self.course.updates[index]))]

    def _end(self, index: int) -> int:
        """The position at the end of the way backward of a pass."""
        return self.player.starts[index] + len(self.course.passes[index].events)

    # What is said.

    def caption_at(self, position: int) -> list[tuple[str, bool]]:
        """The lines below the graph, and whether they are bold."""
        self.player.go(position)
        event, index = self.player.event, self.player.pass_index
        if isinstance(event, Update):
            texts = [(_("update {t} of {name}").format(t=event.t, name=event.subject), True)]
            for line in event.lines:
                texts += [(f"{line.name} ← {line.rule}", True), (f"  = {line.figures} = {line.result}", False)]
            texts.append((spoken(event.text), False))
        elif self._is_whole(position):
            texts = self._of_pass(index)
        else:
            texts = told(event)
        return self.wrapped([*texts, (self.scenes[index].view.note, False)])

    def _of_pass(self, index: int) -> list[tuple[str, bool]]:
        """What came of the update before, and which gradients there are."""
        course, losses = self.course, self.course.losses
        was = _("It was {loss}. It has grown.") if losses[index] > losses[index - 1] else _("It was {loss}.")
        was = was.format(loss=number(losses[index - 1]))
        last = index == len(course.passes) - 1 and not course.updates[index]
        what = _("pass {n}: loss {loss}").format(n=index + 1, loss=number(losses[index]))
        texts = [(what, True), (was, False)]
        texts += [(line, False) for line in self._gradients(index)]
        if last:
            done = sum(map(bool, course.updates))
            after = _("After {n} updates by {optimizer}").format(n=done, optimizer=course.optimizer)
            texts.append((f"{spoken(course.note) or after}.", False))
        return texts

    def _gradients(self, index: int) -> list[str]:
        trace = self.course.passes[index]
        loss = loss_name(trace.nodes[trace.root].label, [n.label for n in trace.nodes.values() if n.id != trace.root])
        learned = [node for node in trace.nodes.values() if node.label in self.course.learned]
        found = [(node.label, node.gradient) for node in learned]
        return [f"∂{loss}/∂{label} = {number(data)}" for label, data in found if data is not None][:GRADIENTS]

    def letters_to_read(self, position: int) -> int:
        """How many letters someone reads who looks at one picture after the other."""
        self.player.go(position)
        letters = super().letters_to_read(position)
        if not isinstance(self.player.event, Update):
            return 0 if self.is_long and self._is_whole(position) else letters
        return min(letters, TO_READ if position == self._end(0) + 1 else AGAIN)

    # What is drawn.

    def graph_at(self, position: int) -> GraphPicture:
        """The graph of the pass, with the updates that have happened."""
        self.player.go(position)
        index, place = self.player.pass_index, self.player.player.position
        updated = {update.node: update.after for update in self.player.updates}
        marked = not self._is_whole(position)
        return GraphPicture(self.course.passes[index], self.scenes[index], self.theme, place, updated, marked)

    def draw_head(self, page: Pencil, position: int) -> None:
        """Title, pass and step, and a bar with all passes, whose filled part is behind us."""
        self.player.go(position)
        page.text((SIDE, 26), self.title, 15, self.look.text, bold=True)
        index = self.player.pass_index
        before = f"{_('pass').upper()} {index + 1}/{len(self.course.passes)}  "
        event = None if self._is_whole(position) else self.player.event
        colour = self.marks[event.kind] if event else self.look.quiet
        page.text((SIDE, 48), before + self._where(position), 13, colour, bold=True)
        if len(self.course.passes) > CELLS:
            self._bar(page, (0, self.length, position), self.marks["forward"], False)
            return
        for k, (start, end) in enumerate(pairwise(self.player.starts)):
            forward = sum(event.kind == "forward" for event in self.course.passes[k].events)
            cuts = [start, start + forward, self._end(k), end]
            for (low, high), kind in zip(pairwise(cuts), ("forward", "backward", "update"), strict=True):
                if low < high:
                    self._bar(page, (low, high, position), self.marks[kind], low == start)

    def _bar(self, page: Pencil, part: tuple[int, int, int], colour: str, first: bool) -> None:
        """A part of the bar, from one position to another, filled as far as we are; passes have a gap between them."""
        low, high, here = part
        left, right, now = (
            SIDE + 1 + (self.inside - 2) * place / self.length for place in (low, high, min(max(here, low), high))
        )
        gap = 2 if first and low else 0
        page.box((left + gap, 58), (right - left - gap, 8), self.look.paper, colour)
        if now > left:
            page.box((left + gap, 58), (max(now - left - gap, 0), 8), colour, colour)

    def _where(self, position: int) -> str:
        index, event = self.player.pass_index, self.player.event
        if event is None:
            return _("start").upper()
        if isinstance(event, Update):
            return f"{_('update').upper()} {len(self.player.updates)}/{len(self.course.updates[index])}"
        events = self.course.passes[index].events
        if self._is_whole(position):
            return _("forward and backward").upper()
        return f"{pass_name(event.kind)} {self.player.player.position}/{len(events)}"

    def draw_beside(self, page: Pencil, position: int) -> None:
        """The curve of the loss, and the point of the pass that we are in."""
        self.player.go(position)
        index, plot, look = self.player.pass_index, self.plot, self.look
        left, top = self.width - SIDE - CURVE, self.caption
        end = left + CURVE - RIGHT

        def at(point: tuple[float, float]) -> tuple[float, float]:
            return left + point[0], top + point[1]

        page.text((left, top + 11), _(plot.name), 11, look.quiet)
        for y, text in plot.ticks:
            page.line([(left + LEFT, top + y), (end, top + y)], look.group, 1)
            page.text((left + LEFT - 9, top + y + 4), text, 11, look.quiet, anchor="rs")
        page.line([(left + LEFT, top + plot.bottom), (end, top + plot.bottom)], look.line, 1)
        page.text((left + LEFT, top + CURVE_HEIGHT - 6), _("pass {n}").format(n=1), 11, look.quiet)
        page.text((end, top + CURVE_HEIGHT - 6), str(len(plot.points)), 11, look.quiet, anchor="rs")
        ahead, behind = plot.curve(index), plot.curve(0, index)
        if len(ahead) > 1:
            page.line([*map(at, ahead)], look.quiet, 1.2, (2.0, 3.0))
        if len(behind) > 1:
            page.line([*map(at, behind)], self.marks["forward"], 2.5)
        for k, point in enumerate(plot.points):
            if k in plot.lost:
                page.text((at(point)[0], at(point)[1] + 5), "×", 14, self.marks["backward"], True, "ms")
            elif len(plot.points) <= DOTTED // 2:
                page.disc(at(point), 3, look.paper, look.line)
        if index not in plot.lost:
            page.disc(at(plot.points[index]), 6, self.marks["forward"], look.paper, 1.5)
