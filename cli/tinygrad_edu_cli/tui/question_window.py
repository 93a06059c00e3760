"""Predict mode on the screen: a window that asks for each gradient before the step is shown, and then shows it."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tinygrad_edu_viz.predicting.questions import Question
from tinygrad_edu_viz.predicting.quiz import Score
from tinygrad_edu_viz.predicting.verdicts import Verdict
from tinygrad_edu_viz.recording.contents import Event
from tinygrad_edu_words import N_, _
from tinygrad_edu_words.sentences import spoken

from ..errors import CommandError
from ..expressions.answer import read_answer
from ..stepping.dialogue import TRIES, quiz_of
from . import look
from .graph_pane import GraphPane

if TYPE_CHECKING:
    from .step_screen import Stepping

HOW = N_("A number, or arithmetic: 0.5*2   Enter: answer, or skip   ?: hint   Esc: stop")


def predict(screen: Stepping) -> None:
    """Ask for the gradient after each step from the player's position on, and take the step."""
    screen.app.push_screen(Predicting(screen))


class Predicting(ModalScreen[None]):
    """The window, at the bottom of the screen, below the graph that goes on with the steps."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "stop", "stop")]

    def __init__(self, stepping: Stepping):
        super().__init__()
        self.stepping, self.player = stepping, stepping.mover
        self.quiz: Any = quiz_of(self.player)
        self.score = Score()
        self.asked: tuple[int, Question] | None = None  # what waits for an answer: the step, by its position
        self.tries: list[Verdict] = []  # on the answers to it so far
        ahead: list[Any] = [
            self.player.at(position + 1) for position in range(self.player.position, self.player.length)
        ]
        self.why_nothing = self.quiz.why_nothing(ahead)

    def compose(self) -> ComposeResult:
        with Vertical(classes="window"):
            yield Static(id="heading", markup=False)
            yield Static(id="known", markup=False)
            yield Input(compact=True)
            yield Static(id="hint", markup=False)

    def on_mount(self) -> None:
        """Take the whole width above the bar, so that little of the graph is hidden, and begin."""
        self.styles.align = "center", "bottom"
        window = self.query_one(".window").styles
        window.width, window.padding, window.margin = "100%", (0, 2), (0, 0, 2, 0)
        self.ask()

    def ask(self) -> None:
        """Go on to the next step that something is asked about, or to the end."""
        for position in range(self.player.position, self.player.length):
            question = self.quiz.question(self.player.at(position + 1))
            if question is not None:
                self.go(position)
                asked = self.player.at(position + 1)
                if isinstance(asked, Event) and asked.source:
                    self.stepping.query_one(GraphPane).bring_into_sight(asked.node, asked.source)
                self.asked = position + 1, question
                self.put(question.text, ", ".join(question.known), _(HOW))
                return
        self.player.to_end()
        self.stepping.show()
        self.put(_("That was the last step."), "\n".join(self.score.summary(self.why_nothing)), _("Esc: close"))

    def go(self, position: int) -> None:
        self.player.go(position)
        self.stepping.show()

    def put(self, heading: str, known: str, hint: str) -> None:
        """Show other texts, and an empty line to write on."""
        for name, text in (("heading", heading), ("known", known), ("hint", hint)):
            self.query_one(f"#{name}", Static).update(look.shown(text))
        self.query_one(Input).value = ""

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Judge the answer and take the step; the next Enter asks on."""
        if self.asked is None:
            self.ask()
            return
        (position, question), text, verdict = self.asked, event.value.strip(), None
        about = self.player.at(position)
        if text == "?":
            self.put(question.text, ", ".join(question.known), _("Hint: {hint}").format(hint=question.hint))
            return
        if text:
            try:
                verdict = self.quiz.judge(about, read_answer(text, one=prod(question.shape) == 1))
            except CommandError as error:
                self.query_one("#hint", Static).update(look.shown(f"{error.message}. {error.hint}".strip()))
                return
        self.tries += [verdict] if verdict else []
        if verdict and not verdict.correct and len(self.tries) < TRIES:
            again = f"{verdict.retry} {_('Try once more; Enter shows it.')}"
            self.put(question.text, ", ".join(question.known), again)
            return
        skipped = _("Here it is: {asked} stands in the table now.")
        if not self.tries:
            skipped = _("Skipped: {asked} stands in the table now.")
        self.score = self.score.after(*self.tries)
        self.asked, self.tries = None, []
        self.go(position)
        said = verdict.text if verdict else skipped.format(asked=question.asked)
        formula = spoken(about.formula) if isinstance(about, Event) else str(about.lines[-1])
        self.put(said, formula, _("Enter: the next question   Esc: stop"))

    def action_stop(self) -> None:
        """Close the window; the first line of the score stands in the place of the keys."""
        self.dismiss()
        if self.tries:
            self.score = self.score.after(*self.tries)
        why_nothing = _("you left at the first question") if self.asked else self.why_nothing
        self.stepping.show(self.score.summary(why_nothing)[0])
