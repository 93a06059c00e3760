"""The stepper's screen for a course: pass after pass, with the updates between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.widget import Widget

from tinygrad_edu_viz.courses.course_player import CoursePlayer
from tinygrad_edu_viz.courses.update import Update
from tinygrad_edu_words import N_, _

from ..stepping.course_lines import end, learned
from ..subject import Subject
from ..terminal_width import wrap
from . import keys, look
from .course_bar import CourseBar
from .course_text import pass_text, update_page, update_text
from .dialogs import Reading
from .graph_pane import GraphPane
from .loss_pane import LossPane
from .node_pane import NodePane
from .step_screen import Stepping
from .step_text import step_text

CURVE, LEAST_CURVE = 32, 26  # of the curve: percent of the width, and columns
ROWS, LEAST_GRAPH = 9, 5  # of the curve, if there is room, and in any case of the graph above it
FEW = 40  # passes whose numbers all have room in the boxes, so that nothing moves from pass to pass


class CourseStepping(Stepping):
    """As `Stepping`, of the pass that we are in. At an update the curve of the loss is in the place of the table.

    Args:
        opener: see `Stepping`.
    """

    footer: ClassVar[list[tuple[str, str]]] = keys.FOOTER_OF_COURSE
    keys_page: ClassVar[Sequence[str]] = keys.HELP_OF_COURSE
    last_step: ClassVar[str] = N_("that was the last step of the last pass")

    def __init__(self, subject: Subject, player: CoursePlayer, opener: str = ""):
        super().__init__(subject, player.player, opener)
        self.mover: CoursePlayer = player

    def side(self) -> Iterator[Widget]:
        curve = LossPane(self.mover, id="curve")
        curve.border_title = _("loss after each update")
        yield curve
        yield from super().side()

    def graph(self) -> GraphPane:
        passes = self.mover.course.passes
        return GraphPane(self.player, self.ascii, "graph", passes if len(passes) <= FEW else ())

    def bar(self) -> Widget:
        return CourseBar(self.mover, self.ascii, id="bar")

    def place_panes(self, width: int, height: int, message: str = "") -> None:
        super().place_panes(width, height, message)
        if self.mover.updates and not self.has_class("beside"):
            side = self.query_one("#side")
            room = width - max(width * CURVE // 100, LEAST_CURVE) - 3
            rows = max(len(update_text(update, room)) for update in self.mover.course.updates[self.mover.pass_index])
            height = max(min(max(rows, ROWS) + 1, height - 3 - LEAST_GRAPH), 7)
            side.styles.height = max(height, int(side.styles.height.value)) if side.styles.height else height

    def show(self, message: str = "") -> None:
        if self.player is not self.mover.player:
            self.player = self.mover.player
            self.subject = self.subject._replace(trace=self.player.trace, root=None)
            self.query_one(NodePane).put_player(self.player)
        self.query_one(GraphPane).put_player(self.player, self.mover.updates)
        updating = bool(self.mover.updates)
        if updating != self.has_class("updating"):
            self.set_class(updating, "updating")
            self.query_one("#step-text").border_title = _("this update") if updating else _("this step")
            self.place_panes(*self.size, message)  # which calls again, once the panes have their sizes
            return
        self.query_one(LossPane).show()
        super().show(message)

    def text(self, width: int, compact: bool) -> list[Segment]:
        event, course = self.mover.event, self.mover.course
        if isinstance(event, Update):
            return update_text(event, width, compact)
        if self.mover.at_start:
            first, *more = self.subject.note.splitlines() or [""]
            note = "\n".join([" ".join(filter(None, [first, f"{learned(course)}."])), *more])
            return step_text(self.player, note, width, compact)
        before = pass_text(course, self.mover.pass_index) if self.player.position == 1 else ""
        after = end(course) if self.mover.at_end and course.note else ""
        around = [
            [Segment(line, look.STRONG) for line in wrap(text, width)] if text else [] for text in (after, before)
        ]
        return [*around[0], *around[1], *super().text(width, compact)]

    def where(self) -> str:
        index, passes = self.mover.pass_index, len(self.mover.course.passes)
        row = self.mover.course.updates[index]
        done = len(self.mover.updates)
        place = f"{_('update').upper()} {done}/{len(row)}" if done else super().where()
        return f"{_('pass').upper()} {index + 1}/{passes} {place}"

    # Moving.

    def action_next_pass(self) -> None:
        self.show("" if self.mover.next_pass() else _("this is the last pass"))

    def action_previous_pass(self) -> None:
        self.show("" if self.mover.previous_pass() else _("this is the first pass"))

    def action_update(self) -> None:
        self.show("" if self.mover.to_update() else _("there is no update after this: it shows where they have led"))

    # Choosing nodes.

    @property
    def selected(self) -> str | None:
        event = self.mover.event
        return event.node if isinstance(event, Update) and not self.player.was_chosen else self.player.selected

    def action_open(self) -> None:
        event = self.mover.event
        if isinstance(event, Update) and not self.player.was_chosen:
            title = _("update {t} of {name}").format(t=event.t, name=event.label)
            self.app.push_screen(Reading(title, update_page(event, self.ascii)))
        else:
            super().action_open()
