"""The screen of recorded runs: they move by themselves, forward and back, faster and slower; nothing is computed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.timer import Timer

from tinygrad_edu_viz.canvas.grid import Grid, Look
from tinygrad_edu_words import N_, _

from .. import painting
from ..tui import look
from ..tui.app import FullScreen
from ..tui.dialogs import Ask, Reading
from .canvas_pane import CanvasPane
from .film import Projector
from .live import Live

FRAMES = 15  # a second
SAID = 6.0  # seconds that a message stays
KEYS = [
    *[
        ("space", N_("pause")),
        ("← →", N_("epoch")),
        ("- +", N_("slower, faster")),
        ("r", N_("backwards")),
        ("g", N_("go to")),
    ],
    *[("l", N_("lin/log")), ("e", N_("export")), ("?", N_("help")), ("q", N_("quit"))],
]
HELP = N_("""\
space      pause, or go on; at the end: from the start again
→  .       one moment on: the end of an epoch, or
           something that was done by hand
←  ,       one moment back
+  -       twice as fast, half as fast
r          the other way: backwards, forwards
Home End   to the start, to the end
g          go to the end of an epoch
l          the loss on a logarithmic or a linear scale
e          write a file: .png, .svg or .gif are pictures,
           .html is a report to pass on
q          leave

At the loss
▲          the best epoch so far      !  a notice
η          a setting changed by hand  ×  not a number
pale       what was undone""")

Draw = Callable[[Sequence[Live], int, int], Grid]
Export = Callable[[str], str]


class ReplayScreen(Screen[None]):
    """Draws recorded runs.

    Args:
        projector: where they stand.
        draw: draws their state in a width and a height.
        export: writes a file of the whole run, and says so; what it raises is said, too.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "play", "pause, go on"),
        Binding("right,full_stop", "step(1)", "one moment on"),
        Binding("left,comma", "step(-1)", "one moment back"),
        Binding("plus,equals_sign", "faster(2.0)", "faster"),
        Binding("minus", "faster(0.5)", "slower"),
        Binding("r", "turn", "backwards, forwards"),
        Binding("home", "to(0)", "to the start"),
        Binding("end", "to(1)", "to the end"),
        Binding("g", "ask", "go to an epoch"),
        Binding("l", "log", "logarithmic, linear"),
        Binding("e", "export", "write a file"),
        Binding("question_mark", "help", "help"),
        Binding("q,escape", "quit", "leave"),
    ]

    def __init__(self, projector: Projector, draw: Draw, export: Export | None = None):
        super().__init__()
        self.projector, self.drawing, self.export = projector, draw, export
        self.is_log, self.message = True, ""
        self._then, self._quiet = time.monotonic(), None

    _quiet: Timer | None

    def compose(self) -> ComposeResult:
        yield CanvasPane()

    def on_mount(self) -> None:
        self._then = time.monotonic()
        self.set_interval(1 / FRAMES, self._tick)

    def on_resize(self) -> None:
        self.draw()

    def on_screen_resume(self) -> None:
        self._then = time.monotonic()
        self.draw()

    def _tick(self) -> None:
        now = time.monotonic()
        seconds, self._then = now - self._then, now
        playing = self.projector.playing
        if self.is_current and (self.projector.pass_time(seconds) or playing != self.projector.playing):
            self.draw()

    def draw(self) -> None:
        """Draw the state. A picture that cannot be drawn is said, and must not end the film."""
        lives = self.projector.lives
        for live in lives:
            live.log, live.message = self.is_log, self.message
            live.status = "replay" if self.projector.playing else "paused"
            live.keys = [pair for pair in KEYS if pair[0] != "e" or self.export is not None]
        try:
            self.query_one(CanvasPane).put(self.drawing(lives, *self.size))
        except Exception as error:
            self.message = _("this picture cannot be drawn: {why}").format(why=error)

    def say(self, text: str) -> None:
        """A message in the place of the keys, for a while."""
        self.message = look.shown(text)
        if self._quiet is not None:
            self._quiet.stop()
        self._quiet = self.set_timer(SAID, self.be_quiet) if text else None
        self.draw()

    def be_quiet(self) -> None:
        self.say("")

    def action_play(self) -> None:
        self.projector.play()
        self.say("")

    def action_step(self, by: int) -> None:
        self.projector.go(self.projector.position + by)
        self.say("")

    def action_to(self, end: int) -> None:
        self.projector.go(end * self.projector.last)
        self.say("")

    def action_faster(self, factor: float) -> None:
        self.projector.faster(factor)
        self.say(_("{n} epochs a second").format(n=f"{self.projector.speed:.3g}"))

    def action_turn(self) -> None:
        self.projector.turn()
        self.say(_("forwards") if self.projector.direction > 0 else _("backwards"))

    def action_ask(self) -> None:
        self.projector.playing = False
        last = max(len(live.progress.train_loss) for live in (f.at(f.last) for f in self.projector.films))
        self.app.push_screen(
            Ask(_("To the end of which epoch, 0 to {last}?").format(last=last), lambda text: self._go(text, last))
        )

    def _go(self, text: str, last: int) -> str:
        if not (text.isascii() and text.isdigit() and int(text) <= last):
            return _("a whole number from 0 to {last}").format(last=last)
        self.projector.go(max(film.of_epoch(int(text)) for film in self.projector.films))
        return ""

    def action_log(self) -> None:
        self.is_log = not self.is_log
        self.draw()

    def action_export(self) -> None:
        if self.export is not None:
            self.projector.playing = False
            self.app.push_screen(Ask(_("Write to which file? It ends in .png .svg .gif or .html:"), self._export))

    def _export(self, text: str) -> str:
        assert self.export is not None
        try:
            self.app.call_later(self.say, self.export(text))
        except Exception as error:  # whatever it is, the film goes on
            return _("cannot write {where}: {why}").format(where=text, why=error)
        return ""

    def action_help(self) -> None:
        self.app.push_screen(Reading(_("Keys"), [look.shown(line) for line in _(HELP).splitlines()]))

    def action_quit(self) -> None:
        self.app.exit()


class ReplayApp(FullScreen):
    """Recorded runs on the whole screen: see `ReplayScreen` for the arguments."""

    CSS = "ReplayScreen { background: #101418; color: #e8eaed; } CanvasPane { width: 100%; height: 100%; }"

    def __init__(self, projector: Projector, draw: Draw, export: Export | None = None):
        super().__init__()
        self.replay_screen = ReplayScreen(projector, draw, export)

    def get_default_screen(self) -> ReplayScreen:
        """The screen that is there from the start."""
        return self.replay_screen


def terminal_look() -> Look:
    """How grids are drawn on this terminal."""
    return painting.look(look.coding())
