"""step --predict: asks for each gradient before it shows it. At a terminal and in a pipe alike, line by line."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from math import prod
from typing import Any

import click

from tinygrad_edu_viz import Trace
from tinygrad_edu_viz.cells import clean
from tinygrad_edu_viz.courses.course_player import CoursePlayer
from tinygrad_edu_viz.courses.course_quiz import CourseQuiz
from tinygrad_edu_viz.courses.update import Update
from tinygrad_edu_viz.player import Player
from tinygrad_edu_viz.predicting.questions import Question
from tinygrad_edu_viz.predicting.quiz import Quiz, Score
from tinygrad_edu_viz.predicting.verdicts import Verdict
from tinygrad_edu_viz.recording.contents import Event
from tinygrad_edu_words import N_, _

from .. import output
from ..errors import CommandError
from ..expressions.answer import read_answer
from ..subject import Subject
from ..terminal_width import wrap
from . import course_lines, step_lines

HOW = N_(
    "Before each step you are asked for the gradient after it. Answer with a number, or with arithmetic such as "
    "0.5*2 or 1 - 0.707**2. After a mistake there is a second try. Enter skips the question, ? gives a hint, q ends."
)
TRIES = 2


def run(subject: Subject, player: Player | CoursePlayer) -> None:
    """Ask, judge and show, until the trace or the input ends; then say what to practise.

    Args:
        player: if it has breakpoints, only the steps at these are asked for.
    Raises:
        CommandError: nobody can answer.
    """
    if output.nobody_types():
        raise CommandError(
            _("--predict asks questions, and in the cell of a notebook nobody can answer them"),
            _("run it in a terminal, or give the answers: {command}").format(
                command="!printf '%s\\n' 1 0.5 | tinygrad-edu step --predict"
            ),
        )
    dialogue = _Dialogue(quiz_of(player))
    _say([*subject.note.splitlines(), ""] if subject.note else [])
    _say([subject.title, "", *wrap(step_lines.given(subject.trace), indent=2)])
    happening: list[Any] = [player.at(position) for position in range(1, player.length + 1)]
    asked = [event for event in happening if not player.breakpoints or player.stops_at(event)]
    why_nothing, all_asked = dialogue.quiz.why_nothing(asked), True
    try:
        if isinstance(player, CoursePlayer):
            _say(wrap(course_lines.learned(player.course), indent=2))
            for index, trace in enumerate(player.course.passes):
                _say(["", course_lines.heading(player.course, index)])
                dialogue.go_through(trace, asked, explain=not index)
                for update in player.course.updates[index]:
                    dialogue.show_update(update, asked)
        else:
            dialogue.go_through(subject.trace, asked)
            _say(["", _("Gradients of the inputs"), "", *step_lines.table(subject.trace)])
    except EOFError:
        _say(["", _("That was the end of the answers.")])
        why_nothing, all_asked = _("the answers ended at the first question"), False
    if player.breakpoints and not any(event.kind == "update" or event.source for event in asked):
        why_nothing = _("no step backward is at a breakpoint")
    _say(["", *(line for text in dialogue.score.summary(why_nothing, all_asked) for line in wrap(text, indent=2))])


def quiz_of(player: Player | CoursePlayer) -> Quiz | CourseQuiz:
    """Who asks about what a player shows."""
    return CourseQuiz(player.course) if isinstance(player, CoursePlayer) else Quiz(player.trace)


class _Dialogue:
    """Questions and answers, and the score so far."""

    def __init__(self, quiz: Any):
        self.quiz, self.score = quiz, Score()
        self.met: set[Any] = set()
        if hasattr(sys.stdin, "reconfigure"):
            sys.stdin.reconfigure(errors="replace")  # what is no text is no answer, and no reason to stop

    def go_through(self, trace: Trace, asked: Sequence[Event | Update], explain: bool = True) -> None:
        """Show a pass, and ask before each step that is asked for.

        Args:
            explain: say how to answer.
        Raises:
            EOFError: there are no more answers.
        """
        wanted = {id(event) for event in asked}
        self.met = {known for known in self.met if known[0] != "received"}  # of this pass; rules are known for good
        _say(["", step_lines.heading("forward"), ""])
        for event in trace.events:
            if event.kind == "forward":
                _say(step_lines.numbered(event))
        _say(["", step_lines.heading("backward"), "", *(wrap(_(HOW)) if explain else []), *([""] if explain else [])])
        for event in trace.events:
            if event.kind == "backward":
                if id(event) in wanted:
                    self.ask(event)
                _say(step_lines.numbered(event, met=self.met))

    def show_update(self, update: Update, asked: Sequence[Event | Update]) -> None:
        """Ask for the new weight, if that is asked for, and show the update.

        Raises:
            EOFError: there are no more answers.
        """
        if any(event is update for event in asked):
            self.ask(update)
        _say(["", *course_lines.update_lines(update)])

    def ask(self, event: Event | Update) -> None:
        """Ask about an event, if there is something to ask.

        Raises:
            EOFError: there are no more answers.
        """
        question = self.quiz.question(event)
        if question is None:
            return
        _say(["", *wrap(question.text), *wrap(", ".join(question.known), indent=2)])
        tries: list[Verdict] = []
        try:
            while (verdict := self._verdict(event, question)) is not None:
                tries.append(verdict)
                if verdict.correct or len(tries) == TRIES:
                    break
                _say(wrap(f"{verdict.retry} {_('Try once more; Enter shows it.')}", indent=2))
        except EOFError:
            if tries:
                self.score = self.score.after(*tries)
            raise
        self.score = self.score.after(*tries)
        _say(wrap(tries[-1].text if verdict else _("Here it is.") if tries else _("Skipped."), indent=2))

    def _verdict(self, event: Event | Update, question: Question) -> Verdict | None:
        """What is said of the answer; None if there is none."""
        while True:
            text = _typed(f"{question.asked} = ")
            if text in ("q", "quit"):
                raise EOFError
            if not text:
                return None
            if text == "?":
                _say(wrap(_("Hint: {hint}").format(hint=question.hint), indent=2))
                continue
            try:
                verdict: Verdict = self.quiz.judge(event, read_answer(text, one=prod(question.shape) == 1))
                return verdict
            except CommandError as error:
                _say(error.explain(output.encoding(sys.stdout)).splitlines())


def _typed(prompt: str) -> str:
    """The next line of the input; what no terminal has shown is shown here.

    Raises:
        EOFError: there is none.
    """
    click.echo(output.shown(prompt), nl=False)
    stream: Any = sys.stdin
    line = stream.readline() if stream is not None else ""
    shown = line and stream.isatty()
    if not shown:
        click.echo(output.shown(clean(line.strip())))
    if not line:
        raise EOFError
    return str(line).lstrip("\ufeff").strip()  # some shells begin what they pipe with a mark


def _say(lines: list[str]) -> None:
    for line in lines:
        output.say(line)
