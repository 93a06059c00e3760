"""Windows over the page: one to choose from a list, one for a verdict, and one for a picture."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tinygrad_edu_tutorials.learning.session import Page
from tinygrad_edu_tutorials.reading.lesson import Part
from tinygrad_edu_tutorials.running.parts import figure_as_text
from tinygrad_edu_words import _, language

from ...terminal_width import wrap
from ...tui import look
from ...tui.dialogs import Page as Lines
from ...tui.lines import plain_strips
from . import outside
from .aside import aside

CLOSE: list[BindingType] = [Binding("escape,q", "dismiss", "close")]


class Choose(ModalScreen[int]):
    """A list, of which one line is chosen; its result is the line's number from 0, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *CLOSE,
        Binding("j", "down", "down"),
        Binding("k", "up", "up"),
    ]

    def __init__(self, title: str, lines: Sequence[str], chosen: int = 0):
        super().__init__()
        self.heading, self.lines, self.chosen = title, lines, chosen

    def compose(self) -> ComposeResult:
        with Vertical(classes="window wide"):
            yield Static(self.heading, id="heading", markup=False)
            options = OptionList(*(Option(line) for line in self.lines), markup=False, compact=True)
            options.highlighted = self.chosen
            yield options
            yield Static(_("arrows: choose   Enter: go there   Esc: close"), id="hint", markup=False)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_index)

    def action_down(self) -> None:
        self.query_one(OptionList).action_cursor_down()

    def action_up(self) -> None:
        self.query_one(OptionList).action_cursor_up()


class Told(ModalScreen[None]):
    """Something to read, under a title."""

    BINDINGS: ClassVar[list[BindingType]] = [*CLOSE, Binding("enter", "dismiss", "close")]

    def __init__(self, title: str, blocks: Iterable[Widget]):
        super().__init__()
        self.heading, self.blocks = title, blocks

    def compose(self) -> ComposeResult:
        with Vertical(classes="window wide"):
            yield Static(self.heading, id="heading", markup=False)
            with VerticalScroll():
                yield from self.blocks
            yield Static(_("arrows: scroll   Esc: close"), id="hint", markup=False)


class Figure(ModalScreen[None]):
    """A picture of a page, in characters where it is a graph; and its description."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *CLOSE,
        Binding("right,n,space,o", "turn(1)", "the next one"),
        Binding("left,p", "turn(-1)", "the one before"),
        Binding("b,enter", "browse", "open it in the browser"),
    ]

    def __init__(self, page: Page, folder: Path, pictures: Sequence[tuple[Part, Path]]):
        super().__init__()
        self.page, self.folder, self.pictures, self.number = page, folder, pictures, 0

    def compose(self) -> ComposeResult:
        with Vertical(classes="window whole"):
            yield Static(id="heading", markup=False)
            yield Lines(id="page")
            yield Static(id="hint", markup=False)

    def on_mount(self) -> None:
        self.show()

    def action_turn(self, by: int) -> None:
        self.number = (self.number + by) % len(self.pictures)
        self.show()

    def show(self) -> None:
        """Show the description at once, and the drawing when it is there."""
        total = len(self.pictures)
        heading = _("Picture {n} of {total}").format(n=self.number + 1, total=total) if total > 1 else _("Picture")
        self.query_one("#heading", Static).update(heading)
        self.hint()
        self.put(_("drawing ..."))
        self.run_worker(self.draw(), group="drawing", exclusive=True)

    def hint(self, told: str = "") -> None:
        keys = _("b: in the browser   → ←: the other pictures   Esc: close")
        if len(self.pictures) == 1:
            keys = _("b: in the browser   arrows: scroll   Esc: close")
        self.query_one("#hint", Static).update(look.shown(told or keys))

    def put(self, below: str) -> None:
        description = look.shown(self.pictures[self.number][0].attrs["alt"])
        lines = [*wrap(description, max(self.size.width - 8, 20)), "", *below.splitlines()]
        self.query_one(Lines).put(plain_strips(lines))

    async def draw(self) -> None:
        """Draw the graph by the page's own code; of other pictures, say where they are."""
        _part, path = self.pictures[self.number]
        width = max(self.size.width - 6, 20)
        drawn = None
        if self.page.lesson.all("figure", path.stem):
            lesson = self.page.lesson.path
            drawn = await aside(figure_as_text, lesson, path.stem, self.folder, width, language(), look.is_ascii())
        where = [_("It cannot be drawn with characters. Its file:"), *textwrap.wrap(str(path), width)]
        self.put(drawn or "\n".join(where))

    def action_browse(self) -> None:
        path = self.pictures[self.number][1]
        opened = outside.browse(path.resolve().as_uri())
        self.hint("" if opened else _("no browser was found: open {file} yourself").format(file=path))
