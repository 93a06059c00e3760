"""The screen: a page of a lesson, and what the keys do on it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from rich.segment import Segment
from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, Markdown, Static

from tinygrad_edu_tutorials.learning.problems import Problem
from tinygrad_edu_tutorials.learning.session import Checked, Page
from tinygrad_edu_viz.cells import cell_width, clean
from tinygrad_edu_words import _

from ...tui import look
from ...tui.dialogs import Reading
from ...tui.lines import OneLine
from .. import said
from . import bars, keys, outside
from .blocks import Details, Exercise, Prediction, Text, page_blocks, pictures, told_of, verdict_blocks
from .desk import Desk
from .windows import Choose, Figure, Told

WATCHER = "saved-files"  # the name of the thread that watches for them
SMALL = 8  # rows, below which title and progress make way for the page


class Paper(VerticalScroll, inherit_bindings=False):
    """What the page stands on: the screen's keys scroll it."""


class Reader(Screen[None]):
    """A page, where it is in its lesson, and the keys.

    Args:
        left: the page before it, whose open questions are answered above it.
        message: said above the page.
    """

    BINDINGS: ClassVar[list[BindingType]] = keys.BINDINGS
    AUTO_FOCUS = "#paper"

    def __init__(self, desk: Desk, page: Page, left: Page | None = None, message: str = ""):
        super().__init__()
        self.desk, self.page, self.left, self.message = desk, page, left, message
        self.reminded = False  # of predictions that are open on this page
        self.leaving = threading.Event()
        self.watcher: threading.Thread | None = None
        self.set_class(look.is_ascii(), "ascii")

    def compose(self) -> ComposeResult:
        yield OneLine(id="title")
        yield OneLine(id="progress")
        with Paper(id="paper"):
            yield Vertical(id="column")
        yield OneLine(id="footer")

    async def on_mount(self) -> None:
        for size in ("scroll_y", "virtual_size"):  # whether there is more below
            self.watch(self.paper, size, lambda: self.show_bars(self.message), init=False)
        told, self.message = self.message, ""
        await self.turn_to(self.page, self.left, told)

    def on_unmount(self) -> None:
        self.leaving.set()
        if self.watcher is not None:
            self.watcher.join()  # at once; where Python ends while it is in the library of `saved`, Python crashes

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.height < SMALL, "small")
        self.show_bars(self.message)

    # The page.

    @property
    def paper(self) -> Paper:
        return self.query_one(Paper)

    async def turn_to(self, page: Page, left: Page | None = None, message: str = "") -> None:
        """Show a page from its top, below what there is to say first."""
        self.page, self.reminded = page, False
        told = [Static(look.shown(clean(message)), classes="note", markup=False)] if message else []
        column = self.query_one("#column")
        with self.app.batch_update():
            await column.remove_children()
            await column.mount_all([*told, *page_blocks(self.desk.session, page, left)])
            self.paper.scroll_home(animate=False, force=True, immediate=True)
        self.set_focus(self.paper)
        self.show_bars()
        self.call_after_refresh(self.watch_files)

    def show_bars(self, message: str = "") -> None:
        """Title, progress, and the keys, or a message in their place."""
        self.message = message
        if not self.is_mounted:
            return
        width = self.size.width
        self.query_one("#title", OneLine).put(bars.title(self.desk.session, self.page, width))
        self.query_one("#progress", OneLine).put(bars.progress(self.page, width))
        pieces = bars.footer(keys.IN_FIELD if isinstance(self.focused, Input) else self._keys(), width)
        if message:
            pieces = [Segment(f" {look.shown(clean(message))}", look.STRONG)]
        self.query_one("#footer", OneLine).put(pieces)

    def say(self, message: str) -> None:
        """A message in the place of the keys, until the next key; in a window, if it has no room there."""
        if cell_width(message) + 2 > self.size.width:
            self.app.push_screen(Told(_("Note"), [Static(look.shown(message), markup=False)]))
        else:
            self.show_bars(message)

    def _keys(self) -> list[tuple[str, str]]:
        """Those that have something to do on this page."""
        exercise = bool(self.page.files)
        of_page = {
            keys.SPACE: self.paper.scroll_offset.y < self.paper.max_scroll_y,
            keys.OPEN: any(each.collapsed and each.display for each in self.query(Details)),
            "p": any(not each.right for each in self.query(Prediction)),
            "r": bool(self.commands()),
            "o": bool(pictures(self.page)),
            **dict.fromkeys("echs", exercise),
        }
        return [(_(key), text) for key, text in keys.FOOTER if of_page.get(key, True)]

    def on_descendant_focus(self) -> None:
        self.show_bars(self.message)

    def on_key(self) -> None:
        """A message stays until the next key."""
        if self.message:
            self.show_bars()

    # Turning pages.

    async def action_forward(self) -> None:
        unanswered = [each for each in self.query(Prediction) if not each.right and not each.tries and not each.before]
        if unanswered and not self.reminded:
            self.show_bars(_("A prediction is open: p answers it, → goes on without it."))
            self.reminded = True
            return
        await self._turn(1, said.last_page())

    async def action_back(self) -> None:
        await self._turn(-1, _("This is the first page."))

    async def _turn(self, by: int, otherwise: str) -> None:
        try:
            page = self.desk.beside(self.page, by)
        except Problem as problem:
            self.complain(problem)
            return
        if page is None:
            self.show_bars(otherwise)
            return
        await self.turn_to(page, self.page if by > 0 else None)

    async def go(self, lesson: str, number: int | None = None) -> None:
        """To a lesson, where it was left, or to a page of it."""
        try:
            page = self.desk.read().read(lesson, number)
        except Problem as problem:
            self.complain(problem)
            return
        await self.turn_to(page)

    def complain(self, problem: Problem) -> None:
        """Say what went wrong; what is done with a key here, no command need be typed for."""
        with_hint = problem.hint and problem.kind in ("missing", "unreadable")
        self.say(f"{problem.message}: {problem.hint}" if with_hint else problem.message)

    def action_lessons(self) -> None:
        """All lessons, and the pages of this one."""
        lines, places, chosen = bars.lessons(self.desk.session, self.page)

        async def go(found: int | None) -> None:
            if found is not None:
                await self.go(*places[found])

        self.app.push_screen(Choose(_("Lessons"), [look.shown(line) for line in lines], chosen), go)

    # Scrolling.

    async def action_read_on(self) -> None:
        if self.paper.scroll_offset.y >= self.paper.max_scroll_y:
            await self.action_forward()
        else:
            self.action_scroll_screen(1)

    def action_scroll_by(self, rows: int) -> None:
        self.paper.scroll_relative(y=rows, animate=False)

    def action_scroll_screen(self, screens: int) -> None:
        self.paper.scroll_relative(y=screens * max(self.paper.size.height - 2, 1), animate=False)

    def action_scroll_far(self, bottom: bool) -> None:
        (self.paper.scroll_end if bottom else self.paper.scroll_home)(animate=False)

    # Predictions.

    def action_predict(self) -> None:
        """To the next field without a right answer."""
        open_ones = [each for each in self.query(Prediction) if not each.right]
        if not open_ones:
            told = _("This page has no prediction.") if not self.query(Prediction) else _("All is predicted here.")
            self.show_bars(told)
            return
        self.set_focus(open_ones[0].field, scroll_visible=False)
        self.bring_into_sight(open_ones[0])

    def action_leave_field(self) -> None:
        self.set_focus(self.paper, scroll_visible=False)

    @on(Prediction.Given)
    async def judge(self, given: Prediction.Given) -> None:
        """Say at once what an answer looks like; it is remembered."""
        asked = given.prediction.part
        try:
            answered = self.desk.read().answer(f"{self.page.lesson.name}/{asked.key}", given.answer)
        except Problem as problem:
            self.complain(problem)
            return
        await given.prediction.show(answered)
        if answered.right:
            self.action_leave_field()
        self.bring_into_sight(given.prediction)

    def bring_into_sight(self, widget: Widget) -> None:
        """Scroll as little as shows a widget, once it has its size."""
        self.call_after_refresh(self.paper.scroll_to_widget, widget, animate=False)

    # Exercises.

    def exercise(self) -> str:
        """That of this page which is still open; else the one that is open in the lesson.

        Raises:
            Problem: there is none.
        """
        of_page = self.desk.session.open_on(self.page)[1] or [*self.page.files]
        if of_page:
            return f"{self.page.lesson.name}/{of_page[0]}"
        return "/".join(self.desk.read().exercise())

    def block(self, full: str) -> Exercise | None:
        """Where an exercise stands on this page."""
        return next((each for each in self.query(Exercise) if each.full == full), None)

    def action_check(self) -> None:
        self.check()

    def check(self, full: str = "") -> None:
        """Check an exercise while the screen goes on; a later check counts, and not this one."""
        check = partial(self._check, full)  # begun by the worker: one that is cancelled before never is
        self.run_worker(check, group="check", exclusive=True)  # type: ignore[arg-type]  # it gives nothing

    async def _check(self, full: str) -> None:
        try:
            full = full or self.exercise()
            self.show_bars(_("checking {exercise} ...").format(exercise=full.partition("/")[2]))
            checked = await self.desk.check(full)
        except Problem as problem:
            self.complain(problem)
            return
        self.call_later(self.show_checked, full, checked)  # of which a later check must not leave a half

    async def show_checked(self, full: str, checked: Checked) -> None:
        """A verdict: below its stub, or in a window if that stands on another page."""
        block = self.block(full)
        if block is None:
            self.show_bars()
            self.app.push_screen(Told(full, verdict_blocks(self.desk.session, checked)))
            return
        self.bring_into_sight(await block.show_checked(self.desk.session, checked))
        self.show_bars(_("→ goes on.") if checked.verdict.passed else "")

    async def action_hint(self) -> None:
        await self._help(lambda full: self.desk.read().hint(full))

    async def action_solution(self) -> None:
        await self._help(lambda full: self.desk.read().solution(full))

    async def _help(self, ask: Callable[[str], Any]) -> None:
        try:
            full = self.exercise()
            hint = ask(full)
        except Problem as problem:
            self.complain(problem)
            return
        block = self.block(full)
        if block is None:
            title, text = told_of(hint)
            self.app.push_screen(Told(title, [Text(text)]))
            return
        self.bring_into_sight(await block.show_hint(hint))

    def action_edit(self) -> None:
        """Open the exercise in the learner's editor; what is saved is checked."""
        try:
            lesson, key = self.exercise().split("/")
        except Problem as problem:
            self.complain(problem)
            return
        file = self.desk.session.workspace.file(lesson, key)
        program = outside.editor()
        if program is None:
            told = _(
                "No editor was found: set EDITOR to yours, or open {file} in it. It is checked each time it is saved."
            )
            self.say(told.format(file=self.desk.shown(file)))
            return
        with outside.given_away(self.app):
            code = outside.start([*program, str(file)], self.desk.root)
            if code:
                outside.wait()

    def watch_files(self) -> None:
        """Check what is saved, by whatever program, until the screen is left."""
        if self.watcher is not None and self.watcher.is_alive():
            return
        loop = asyncio.get_running_loop()

        def watch() -> None:
            from ..watching import saved  # its package takes its time to import

            with suppress(RuntimeError):  # the loop has ended
                try:
                    for path in saved(self.desk.session, self.leaving):
                        loop.call_soon_threadsafe(self.saved, path)
                except Problem as problem:
                    loop.call_soon_threadsafe(self.show_bars, problem.message)

        self.watcher = threading.Thread(target=watch, name=WATCHER, daemon=True)
        self.watcher.start()

    def saved(self, path: Path) -> None:
        """A file of an exercise was written."""
        if not self.is_mounted or self.desk.is_untouched(path.parent.name, path.stem):
            return
        self.check(f"{path.parent.name}/{path.stem}")

    # Commands and pictures.

    def commands(self) -> list[str]:
        """Those of this page, and those that run the learner's programs."""
        typed = [line for part in self.page.parts if part.kind == "command" for line in part.text.splitlines() if line]
        files = [file.relative_to(self.desk.root).as_posix() for file in self.page.files.values()]
        return [*typed, *(f"python {name}" for name in files if f"python {name}" not in typed)]

    def action_run(self) -> None:
        """Run the command or the program of the page, or that which is chosen of several."""
        found = self.commands()
        if not found:
            self.show_bars(_("This page has no command to run."))
        elif len(found) == 1:
            self.run_outside(found[0])
        else:
            self.app.push_screen(
                Choose(_("Run which command?"), found), lambda n: None if n is None else self.run_outside(found[n])
            )

    def run_outside(self, command: str) -> None:
        with outside.given_away(self.app):
            outside.run(command, self.desk.root, self.app.size)

    def action_figure(self) -> None:
        found = pictures(self.page)
        if found:
            self.app.push_screen(Figure(self.page, self.desk.root, found))
        else:
            self.show_bars(_("This page has no picture."))

    @on(Markdown.LinkClicked)
    def follow(self, event: Markdown.LinkClicked) -> None:
        """A link out of the lessons opens in the browser."""
        event.stop()
        if not event.href.startswith(("http://", "https://")) or not outside.browse(event.href):
            self.say(event.href)

    # Help, and the end.

    def action_help(self) -> None:
        self.app.push_screen(Reading(_("Keys"), [look.shown(line) for line in _(keys.HELP).splitlines()]))

    def action_quit(self) -> None:
        self.app.exit()
