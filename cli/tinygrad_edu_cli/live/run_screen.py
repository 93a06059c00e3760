"""The screen of a run: what the keys do."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.timer import Timer

from tinygrad_edu.errors import TinygradError
from tinygrad_edu.train.events import Event
from tinygrad_edu_viz import Trace
from tinygrad_edu_viz.cells import clean
from tinygrad_edu_viz.player import Player
from tinygrad_edu_viz.training.progress import title_of
from tinygrad_edu_words import _, grouped

from .. import painting
from ..errors import CommandError
from ..subject import Subject
from ..training import exports
from ..training.options import OPTIMIZERS
from ..tui import look
from ..tui.dialogs import Ask, Reading
from ..tui.step_screen import Stepping
from . import keys
from .canvas_pane import CanvasPane
from .driver import Driver
from .live import Live
from .loop import Loop
from .picture import Picture
from .screen import compose

KINDS = (".png", ".svg", ".gif", ".html")  # of files
FIRST_SPEED, SLOWEST = 16.0, 1 / 16  # epochs a second, of a run that is held back
SAID = 6.0  # seconds that a message stays, or until the next one


class RunScreen(Screen[None]):
    """Draws a run, and follows the keys.

    Args:
        driver: it has the run.
        watch: takes each event of it, before it is drawn.
        live: what is drawn.
        leave: called when the loop has come to rest, with what ended it: an exception, or None.
    Attributes:
        goes_on: whether the run shall go on in lines when the screen is gone: if so asked, or if the screen fails.
    """

    BINDINGS: ClassVar[list[BindingType]] = keys.BINDINGS

    def __init__(
        self, driver: Driver, watch: Callable[[Event], None], live: Live, leave: Callable[[Exception | None], None]
    ):
        super().__init__()
        self.driver, self.live, self.leave = driver, live, leave
        self.canvas_look = painting.look(look.coding())
        self.picture = Picture(driver, self.canvas_look)
        self.loop = Loop(driver, watch, self.draw, lambda: self.is_current)
        self.goes_on = True
        self._quiet: Timer | None = None
        self._asked_to_restart = False
        self._asked_to_replace: Path | None = None

    def compose(self) -> ComposeResult:
        yield CanvasPane()

    def on_mount(self) -> None:
        self.run_worker(self._work(), exit_on_error=False)

    async def _work(self) -> None:
        failure: Exception | None = None
        try:
            await self.loop.run()
        except Exception as error:  # the screen is left before it is told
            failure = error
        self.leave(failure)

    def on_resize(self, _event: events.Resize) -> None:
        """Draw at once: the run may be busy for long."""
        self.draw(not self.loop.away)

    def on_screen_resume(self) -> None:
        """Back from a window, or from the stepper."""
        self.loop.changed()

    # Drawing.

    @property
    def canvas(self) -> CanvasPane:
        return self.query_one(CanvasPane)

    def draw(self, look_inside: bool = True) -> None:
        """Draw the state.

        Args:
            look_inside: whether the model may be asked; otherwise the last picture stays. What goes wrong in a picture
                is said on the screen: it must not end the run.
        """
        width, height = self.size
        self.picture.may_look = look_inside
        progress, engine = self.live.progress, self.driver.engine
        progress.title, progress.lr, progress.step = self._title(), engine.lr, engine.step  # also before the next event
        ended = self.driver.ended is not None
        self.live.status = "ended" if ended else "running" if self.loop.running else "paused"
        try:
            if look_inside:
                self.live.looked(self.driver.layers())
            self.canvas.put(compose(self.live, width, height, self.picture, self.canvas_look))
        except Exception as error:
            self.live.message = _("this picture cannot be drawn: {why}").format(why=error)

    def _title(self) -> str:
        """The settings of the run, with what was steered by now."""
        settings = self.driver.run.config.to_json()
        for event in self.driver.engine.steering:
            steered = {"optimizer": (event.optimizer or "").lower(), "batch_size": event.batch_size}
            settings |= {name: value for name, value in steered.items() if value}
        return title_of(settings)

    def say(self, text: str) -> None:
        """A message in the place of the keys, for a while."""
        self._asked_to_restart = False
        self.live.message = look.shown(clean(text))
        if self._quiet is not None:
            self._quiet.stop()
        self._quiet = self.set_timer(SAID, self.be_quiet) if text else None
        self.draw(False)

    def be_quiet(self) -> None:
        self.say("")

    # Going on and stopping.

    def action_pause(self) -> None:
        if self.loop.running:
            self._pause()
        else:
            self.action_go()

    def action_go(self, until: str = "") -> None:
        """On: for good, or until the end of an update or an epoch."""
        if self._has_ended():
            return
        self.loop.go(until)
        self.say("")

    def _has_ended(self) -> bool:
        """Whether there is no next update; and say so."""
        if self.driver.ended is None:
            return False
        self.say(_("the run has ended: u goes back to an earlier epoch, r starts again, q leaves"))
        return True

    def _pause(self) -> None:
        self.loop.pause()
        self.draw(False)

    def action_speed(self, factor: float) -> None:
        """Hold the run back, or less so; the numbers stay what they are."""
        speed = self.loop.speed * factor if self.loop.speed < math.inf else FIRST_SPEED if factor < 1 else math.inf
        self.loop.speed = math.inf if speed > FIRST_SPEED else max(speed, SLOWEST)
        held = self.loop.speed < math.inf
        self.say(_("at most {n} epochs a second").format(n=f"{self.loop.speed:g}") if held else _("as fast as it goes"))

    # Into the next update.

    def action_into(self) -> None:
        if self._has_ended():
            return
        self._pause()
        self.loop.ask(self._into)

    async def _into(self) -> None:
        self.say(_("the next update is computed, forward and backward ..."))
        try:
            subject = await self.loop.aside(self._next_update)
        except TinygradError as error:
            self.say(_("this update cannot be stepped through: {why}").format(why=error))
            return
        self.say("")
        self.app.push_screen(Stepping(subject, Player(subject.trace), _("the run")))

    def _next_update(self) -> Subject:
        root, rows = self.driver.look(), len(self.driver.rows)
        progress = self.live.progress
        title = f"{progress.title}: {_('update')} {progress.step + 1}"
        note = _(
            "The update that comes next, from {n} examples: first the loss forward, then the gradients backward, "
            "exactly as they will be computed. q goes back to the run."
        ).format(n=grouped(rows))
        with np.errstate(all="ignore"):
            return Subject(title, Trace.record(root, title=title), note, root)

    # Steering.

    def action_rate(self, factor: float) -> None:
        if self._has_ended():
            return
        self.loop.ask(lambda: self._rate(factor))

    async def _rate(self, factor: float) -> None:
        try:
            rate = self.driver.set_rate(self.driver.engine.lr * factor)
        except TinygradError as error:
            self.say(str(error))
            return
        self.say(_("from the next update on: learning rate {rate}").format(rate=f"{rate:.4g}"))

    def action_optimizer(self) -> None:
        if self._has_ended():
            return
        names = ", ".join(OPTIMIZERS)
        self.app.push_screen(
            Ask(_("Which optimizer, from the next update on? {names}:").format(names=names), self._optimizer)
        )

    def _optimizer(self, text: str) -> str:
        if text not in OPTIMIZERS:
            return _("one of {names}").format(names=", ".join(OPTIMIZERS))
        self.loop.ask(lambda: self._steer(_("optimizer {name}").format(name=text), optimizer=text))
        return ""

    def action_batch_size(self) -> None:
        if self._has_ended():
            return
        rows = len(self.driver.run.train)
        self.app.push_screen(
            Ask(_("How many examples for an update? 1 to {n}, or full:").format(n=grouped(rows)), self._batch_size)
        )

    def _batch_size(self, text: str) -> str:
        rows = len(self.driver.run.train)
        if text != "full" and not (text.isascii() and text.isdigit() and 1 <= int(text) <= rows):
            return _("a whole number from 1 to {n}, or full").format(n=grouped(rows))
        size = text if text == "full" else int(text)
        self.loop.ask(lambda: self._steer(_("batch size {n}").format(n=text), batch_size=size))
        return ""

    async def _steer(self, said: str, **what: Any) -> None:
        try:
            self.driver.steer(**what)
        except (TinygradError, CommandError) as error:
            self.say(str(error))
            return
        self.say(
            _("from the next update on: {what}, learning rate {rate}").format(
                what=said, rate=f"{self.driver.engine.lr:.4g}"
            )
        )

    # Back in time.

    def action_undo(self) -> None:
        first, last = self._epochs
        if last == 0:
            self.say(_("there is no epoch to go back to yet"))
            return
        best = self.live.progress.best
        best_is = f" ({_('the best was {n}').format(n=best[0])})" if best else ""
        question = _("Back to the end of which epoch, {first} to {last}?").format(first=first, last=last)
        self._pause()
        self.app.push_screen(Ask(question + best_is, self._undo))

    @property
    def _epochs(self) -> tuple[int, int]:
        """The first and the last epoch that can be gone back to."""
        return self.driver.first, len(self.live.progress.train_loss)

    def _undo(self, text: str) -> str:
        first, last = self._epochs
        if not (text.isascii() and text.isdigit() and first <= int(text) <= last):
            return _("a whole number from {first} to {last}").format(first=first, last=last)
        self.loop.ask(lambda: self._travel(int(text)))
        return ""

    async def _travel(self, epoch: int) -> None:
        self.say(_("back to the end of epoch {n} ...").format(n=epoch))
        again = await self.loop.aside(lambda: self.driver.undo(epoch))
        self.loop.pause()
        text = _("back at the end of epoch {n}: [ ] another rate, space goes on")
        if again:
            text = _(
                "back at the end of epoch {n} ({again} epochs were trained again): [ ] another rate, space goes on"
            )
        self.say(text.format(n=epoch, again=again))

    def action_restart(self) -> None:
        if not self._asked_to_restart:
            self.say(_("r again: from the start, with the same seed; what was learned stays as a pale curve"))
            self._asked_to_restart = True
            return
        self._pause()
        self.loop.ask(self._restart)

    async def _restart(self) -> None:
        try:
            await self.loop.aside(self.driver.restart)
        except TinygradError as error:
            self.say(str(error))
            return
        self.say(_("at the start again, with the same seed: space goes on"))

    # What is seen.

    def action_hidden(self) -> None:
        why_not = self.picture.switch()
        if why_not:
            self.say(why_not)
        self.loop.changed()

    def action_log(self) -> None:
        self.live.log = not self.live.log
        self.draw(False)

    def action_help(self) -> None:
        self.app.push_screen(Reading(_("Keys"), [look.shown(line) for line in _(keys.HELP).splitlines()]))

    # Files.

    def action_export(self) -> None:
        if not self.live.progress.train_loss:
            self.say(_("no epoch has ended: there is nothing to draw yet"))
            return
        self._pause()
        self.app.push_screen(
            Ask(_("Write to which file? It ends in {endings}:").format(endings=" ".join(KINDS)), self._export)
        )

    def _export(self, text: str) -> str:
        path = Path(text).expanduser()
        if path.suffix.lower() not in KINDS:
            return _("a name that ends in one of {endings}").format(endings=" ".join(KINDS))
        if path.exists() and path != self._asked_to_replace:
            self._asked_to_replace = path
            return _("{path} exists: Enter again to replace it").format(path=path)
        try:
            exports.check([path])
        except CommandError as error:
            return f"{error.message}: {error.hint}" if error.hint else error.message
        self.say(_("writing {path} ...").format(path=path))
        self.loop.ask(lambda: self._write(path))
        return ""

    async def _write(self, path: Path) -> None:
        driver, progress = self.driver, self.live.progress
        try:
            shown = exports.shown_of(driver.run, progress, driver.snapshots, driver.engine.steering)
            self.say(await self.loop.aside(lambda: exports.write(path, [shown])))
        except CommandError as error:
            self.say(error.message)
        except Exception as error:  # the run goes on, whatever fails
            self.say(_("cannot write {path}: {why}").format(path=path, why=error))

    # Leaving.

    def action_detach(self) -> None:
        """Close the screen; the run goes on."""
        self.loop.leave()

    def action_quit(self) -> None:
        """End the run between two updates, and leave."""
        self.goes_on = False
        if self.loop.away:
            self.say(_("ending, as soon as this update is done"))
        self.loop.leave()
