"""The screen of the stepper: the panes, and what the keys do to the player."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from rich.segment import Segment
from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from tinygrad_edu_viz.cells import cell_width, clean
from tinygrad_edu_viz.courses.course_player import CoursePlayer
from tinygrad_edu_viz.player import Player
from tinygrad_edu_words import N_, _

from ..errors import CommandError, MissingPieceError
from ..scalar_level import TooMuchError, scalarized
from ..stepping.exports import write
from ..subject import Subject
from ..terminal_width import wrap
from . import keys, look
from .dialogs import Ask, Reading
from .graph_pane import GraphPane
from .lines import Lines, OneLine
from .node_pane import NodePane, NodePicked
from .pass_bar import PassBar
from .question_window import predict
from .step_text import step_text
from .tensor_page import tensor_page

BESIDE, WIDEST = 44, 64  # columns of the table and the text, where there is room for them beside the graph
ROOMY = 8  # rows of text, where each side of an equation has a line of its own


class Stepping(Screen[None]):
    """The graph, the nodes, what is said about the step, and where in the two passes it is.

    Args:
        opener: what q goes back to, as "the run"; "" for the shell.
    """

    BINDINGS: ClassVar[list[BindingType]] = keys.BINDINGS
    footer: ClassVar[list[tuple[str, str]]] = keys.FOOTER
    keys_page: ClassVar[Sequence[str]] = keys.HELP
    last_step: ClassVar[str] = N_("that was the last step: all gradients are there")

    def __init__(self, subject: Subject, player: Player, opener: str = ""):
        super().__init__()
        self.subject, self.player, self.opener = subject, player, opener
        self.mover: Player | CoursePlayer = player  # what the keys move
        self.ascii = look.is_ascii()
        self.set_class(self.ascii, "ascii")
        self.asked_to_replace: Path | None = None

    def compose(self) -> ComposeResult:
        yield OneLine(id="title")
        with Container(id="body"):
            yield self.graph()
            with Container(id="side"):
                yield from self.side()
        yield self.bar()
        yield OneLine(id="footer")

    def graph(self) -> GraphPane:
        """The pane with the drawing."""
        return GraphPane(self.player, self.ascii, id="graph")

    def side(self) -> Iterator[Widget]:
        """The panes beside the graph, or below it."""
        nodes, said = NodePane(self.player, id="nodes"), Lines(id="step-text")
        nodes.border_title, said.border_title = _("nodes"), _("this step")
        yield nodes
        yield said

    def bar(self) -> Widget:
        """The line that shows where we are, and on which one can click."""
        return PassBar(self.player, self.ascii, id="bar")

    def on_resize(self, event: events.Resize) -> None:
        """Put the panes where there is room for them, and fill them."""
        self.place_panes(*event.size)

    def place_panes(self, width: int, height: int, message: str = "") -> None:
        """The table and the text go beside the graph, if it is so narrow; else below it."""
        graph = self.query_one(GraphPane).picture.layout
        beside = width >= graph.width + BESIDE
        self.set_class(beside, "beside")
        self.set_class(width < 40 or height < 14, "tiny")
        side = self.query_one("#side")
        side.styles.width = min(width - graph.width - 2, WIDEST) if beside else "100%"
        side.styles.height = "100%" if beside else max(min(height - 3 - graph.height, 14), 7)
        self.call_after_refresh(self.show, message)

    def show(self, message: str = "") -> None:
        """Show what the player sees.

        Args:
            message: stands in the place of the keys until the next key.
        """
        self._show_title()
        self.query_one(GraphPane).show()
        self.query_one(NodePane).show()
        said = self.query_one("#step-text", Lines)
        lines = self.text(said.scrollable_content_region.width, said.size.height < ROOMY)
        said.put([Strip([line]) for line in lines])
        said.scroll_home(animate=False, force=True)
        self.query_one("#bar").refresh()
        self.say(message)

    def text(self, width: int, compact: bool) -> list[Segment]:
        """What is said about the step, in lines of a width."""
        return step_text(self.player, self.subject.note, width, compact)

    def say(self, message: str) -> None:
        """Show a message in the place of the keys, and above the text if it is too long; without one, the keys."""
        if message:
            self._say_in_full(look.shown(clean(message)))
            pieces = [Segment(f" {look.shown(clean(message))}", look.STRONG)]
        else:
            shown = keys.footer(self.footer, self.size.width, self.opener)
            pieces = [Segment(*piece) for key, text in shown for piece in ((f" {key}", look.STRONG), (f" {text} ",))]
        self.query_one("#footer", OneLine).put(pieces)

    def _say_in_full(self, message: str) -> None:
        said = self.query_one("#step-text", Lines)
        if cell_width(message) >= self.size.width:
            lines = [Segment(line, look.STRONG) for line in wrap(message, max(said.scrollable_content_region.width, 8))]
            said.put([*(Strip([line]) for line in lines), *said.strips])
            said.scroll_home(animate=False, force=True)

    def _show_title(self) -> None:
        event = self.mover.event
        where = f" {self.where()} "
        title = look.shown(f" tinygrad-edu step   {clean(self.subject.title)}")
        room = max(self.size.width - len(where), 0)
        line = Segment.adjust_line_length([Segment(title)], room)
        style = look.of(event.kind) if event else look.STRONG
        self.query_one("#title", OneLine).put([*line, Segment(where, style + look.SELECTED)])

    def where(self) -> str:
        """Where we are, in the corner."""
        event = self.player.event
        kinds = {"forward": _("forward"), "backward": _("backward")}
        what = kinds[event.kind] if event else _("start")
        return f"{what.upper()} {self.player.position}/{len(self.player.trace.events)}"

    # Moving.

    def action_forward(self) -> None:
        message = _(self.last_step) if self.mover.at_end else ""
        self.mover.forward()
        self.show(message)

    def action_back(self) -> None:
        self.mover.back()
        self.show()

    def action_to_start(self) -> None:
        self.mover.to_start()
        self.show()

    def action_to_end(self) -> None:
        self.mover.to_end()
        self.show()

    def action_to_backward(self) -> None:
        self.mover.to_backward()
        self.show()

    def action_continue(self) -> None:
        self.show("" if self.mover.continue_() else self._no_stop(_("no breakpoint after that step")))

    def action_reverse_continue(self) -> None:
        self.show("" if self.mover.reverse_continue() else self._no_stop(_("no breakpoint before that step")))

    def _no_stop(self, otherwise: str) -> str:
        if not self.mover.breakpoints:
            return _("no breakpoint is set: b sets one on the chosen node")
        return otherwise

    @on(PassBar.Picked)
    def go(self, message: PassBar.Picked) -> None:
        """To the step whose place on the bar was clicked."""
        self.mover.go(message.position)
        self.show()

    def action_next_pass(self) -> None:
        """The next step: there is one pass."""
        self.action_forward()

    def action_previous_pass(self) -> None:
        self.action_back()

    def action_update(self) -> None:
        self.say(_("no update follows this pass: tinygrad-edu step ... --updates 3 goes on to the updates"))

    # Levels.

    def action_zoom(self, inwards: bool) -> None:
        if self.mover.zoom(inwards):
            note = f" ({self.player.view.note})" if self.player.view.note else ""
            self.place_panes(*self.size, _("level: {level}").format(level=self.player.view.level) + note)
        elif inwards:
            self._scalarize()
        elif any(isinstance(below, Stepping) for below in self.app.screen_stack[-2:-1]):
            self.dismiss()
        else:
            self.say(_("there is no coarser level"))

    def action_leave(self) -> None:
        """Back to the screen below, if there is one: what was scalarized, or who opened the stepper."""
        if len(self.app.screen_stack) > 1:
            self.dismiss()

    def _scalarize(self) -> None:
        """The chosen node, number by number, on a screen of its own; of a large one the element that is asked for."""
        node = self.selected
        if node is None:
            self.say(_("choose a node to take it apart: Tab, / or a click"))
            return
        if self.player.trace.nodes[node].kind == "value":
            self.say(_("there is no finer level: these are single numbers"))
            return
        try:
            self._open(scalarized(self.subject, node))
        except TooMuchError as error:
            about = self.player.trace.nodes[node]
            which = _("Which element of {name}, shape {shape}? As in {example}:")
            which = which.format(name=about.label, shape=about.shape, example=", ".join("0" * len(about.shape)))
            question = f"{error.message}. {which}"
            self.app.push_screen(Ask(question, lambda text: self._open_element(node, text)))
        except CommandError as error:
            self.say(error.message)

    def _open_element(self, node: str, text: str) -> str:
        try:
            found = scalarized(self.subject, f"{node}[{text.strip('[]()')}]")
        except CommandError as error:
            return error.message
        self.app.call_later(self._open, found)  # after the window that asked is gone
        return ""

    def _open(self, subject: Subject) -> None:
        opened = subject._replace(note=f"{subject.note} {_('Z goes back.')}")
        self.app.push_screen(Stepping(opened, Player(opened.trace, "op"), self.opener))

    # Choosing nodes.

    @property
    def selected(self) -> str | None:
        """The id of the node that was chosen, else of the one that the step is about."""
        return self.player.selected

    @on(NodePicked)
    def choose(self, message: NodePicked) -> None:
        """Choose the node that was clicked."""
        self.player.select(message.node)
        self.show()

    def action_select(self, step: int) -> None:
        self.player.select_next(step)
        self.show()

    def action_breakpoint(self) -> None:
        node = self.selected
        if node is None:
            self.show(_("choose a node first: Tab, / or a click"))
            return
        there = self.player.toggle_breakpoint(node)
        text = _("breakpoint on {node}") if there else _("breakpoint on {node} taken away")
        self.show(text.format(node=self.player.trace.nodes[node].label))

    def action_search(self) -> None:
        self.app.push_screen(Ask(_("Which node? A part of its name, or its operation:"), self._search))

    def _search(self, text: str) -> str:
        found = self.player.search(text)
        if not found:
            return _("no node has {text} in its name or its operation").format(text=repr(clean(text)))
        said = _("found {node}, one of {n}: / again for the next") if found[1:] else _("found {node}")
        self.show(said.format(node=self.player.trace.nodes[self.player.selected or ""].label, n=len(found)))
        return ""

    def action_open(self) -> None:
        node = self.selected
        if node is None:
            self.show(_("choose a node first: Tab, / or a click"))
            return
        page = tensor_page(self.player, node, self.ascii)
        self.app.push_screen(Reading(self.player.trace.nodes[node].label, page))

    # The rest.

    def action_export(self) -> None:
        self.app.push_screen(
            Ask(_("Write to which file? It ends in .json .html .gif .svg .png or .txt:"), self._export)
        )

    def _export(self, text: str) -> str:
        path = Path(text).expanduser()
        if path.exists() and path != self.asked_to_replace:
            self.asked_to_replace = path
            return _("{path} exists: Enter again to replace it").format(path=path)
        try:
            self.show(write(self.subject, path, self.player))
        except CommandError as error:
            return f"{error.message}: {error.hint}" if isinstance(error, MissingPieceError) else error.message
        except Exception as error:  # the screen stays, whatever fails: there is more to see
            return _("cannot write {path}: {why}").format(path=path, why=error)
        return ""

    def action_predict(self) -> None:
        predict(self)

    def action_scroll(self, pages: int) -> None:
        said = self.query_one("#step-text", Lines)
        said.scroll_relative(y=pages * max(said.size.height - 1, 1), animate=False, force=True)

    def action_help(self) -> None:
        self.app.push_screen(
            Reading(_("Keys"), [look.shown(line) for line in keys.help_lines(self.opener, self.keys_page)])
        )

    def action_quit(self) -> None:
        """Leave the stepper with all that was scalarized, for the screen below, or for the shell."""
        if all(isinstance(screen, Stepping) for screen in self.app.screen_stack):
            self.app.exit()
            return
        while isinstance(self.app.screen, Stepping):
            self.app.pop_screen()
