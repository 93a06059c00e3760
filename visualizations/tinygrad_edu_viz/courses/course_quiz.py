"""Predict mode in a course: it asks for each gradient, and then where the update takes each weight."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from tinygrad_edu_words import N_, _

from ..predicting.mistakes import Practised
from ..predicting.questions import Question
from ..predicting.quiz import NO_GRADIENT, Quiz
from ..predicting.verdicts import NEAR, ROUNDING, Answer, Verdict
from ..readable import number
from ..recording.contents import Event
from .course import Course
from .update import Update


class UpdateMistake(Practised):
    """What a learner may have done at an update."""

    UPHILL = N_("uphill")
    RATE = N_("learning rate forgotten")
    STEP = N_("the step, not the weight")
    STAYED = N_("no step")

    @property
    def advice(self) -> str:
        """What to practise."""
        return _(_ADVICE[self])


_ADVICE = {
    UpdateMistake.UPHILL: N_("the gradient points uphill, and learning goes downhill: its sign is turned"),
    UpdateMistake.RATE: N_("the learning rate η says how far along the gradient one goes: multiply by it"),
    UpdateMistake.STEP: N_("an update gives the new weight: the old one, and the step"),
    UpdateMistake.STAYED: N_("a weight whose gradient is not 0 moves"),
}


class CourseQuiz:
    """As `Quiz`, of all passes and updates of a course."""

    def __init__(self, course: Course):
        self.course = course
        self._passes = {id(event): k for k, trace in enumerate(course.passes) for event in trace.events}
        self._quizzes: dict[int, Quiz] = {}

    def question(self, event: Event | Update) -> Question | None:
        """What to ask before an event, or an update, is shown; None if it is shown without asking."""
        return self._asked(event) if isinstance(event, Update) else self._quiz(event).question(event)

    def judge(self, event: Event | Update, answer: Answer) -> Verdict:
        """See `Quiz.judge`. A new weight is right to 1 % of the step, or as it is rounded."""
        return _judged(event, answer) if isinstance(event, Update) else self._quiz(event).judge(event, answer)

    def why_nothing(self, events: Iterable[Event | Update]) -> str:
        """Why none of these events is asked about; "" if one is."""
        events = list(events)
        if any(isinstance(event, Update) and self.question(event) for event in events):
            return ""
        backward = [event for event in events if isinstance(event, Event) and event.source is not None]
        return self._quiz(backward[0]).why_nothing(backward) if backward else _(NO_GRADIENT)

    def _quiz(self, event: Event) -> Quiz:
        index = self._passes[id(event)]
        if index not in self._quizzes:
            self._quizzes[index] = Quiz(self.course.passes[index])
        return self._quizzes[index]

    def _asked(self, update: Update) -> Question | None:
        before, gradient, after = _numbers(update)
        if not update.lines or not all(map(math.isfinite, (before, gradient, after))) or before == after:
            return None
        name = update.subject
        known = [f"{name} = {number(before)}", _("its gradient g = {number}").format(number=number(gradient))]
        known += [f"{line.name} = {line.result}" for line in update.lines[:-1]]
        return Question(
            text=_("The optimizer takes its step ({optimizer}). What is {name} after update {t}?").format(
                optimizer=self.course.optimizer, name=name, t=update.t
            ),
            asked=name,
            known=tuple(known),
            hint=f"{update.lines[-1].name} ← {update.lines[-1].rule}",
            index=None,
            shape=(),
        )


def _numbers(update: Update) -> tuple[float, float, float]:
    """(before, gradient, after) of the element that the lines are about; nan where they are not recorded."""
    found = []
    for data in (update.before, update.gradient, update.after):
        array = np.asarray(math.nan if data is None or isinstance(data, dict) else data, dtype=float)
        found.append(float(array[update.element] if array.shape else array))
    return found[0], found[1], found[2]


def _judged(update: Update, answer: Answer) -> Verdict:
    before, gradient, after = _numbers(update)
    given = float(np.asarray(answer.data, dtype=float).reshape(-1)[0])
    step = after - before
    rounding = 0.5001 * float(np.asarray(answer.units, dtype=float).reshape(-1)[0])
    near = max(NEAR * abs(step), ROUNDING * NEAR * abs(before), min(rounding, 0.2 * abs(step)))

    def is_near(wanted: float) -> bool:
        return abs(given - wanted) <= near

    text = number(given)
    right = _("It is {answer}.").format(answer=f"{update.lines[-1].result}: {update.lines[-1]}")
    if is_near(after):
        said = f"{update.subject} = {update.lines[-1].result}"
        return Verdict(True, None, _("Right: {answer}.").format(answer=said))
    wrong = [
        (before - step, UpdateMistake.UPHILL, _("{number} is a step uphill")),
        (
            before - gradient,
            UpdateMistake.RATE,
            _("{number} is a step along the whole gradient, without the learning rate"),
        ),
        (before + gradient, UpdateMistake.RATE, _("{number} is a step uphill along the whole gradient")),
        (step, UpdateMistake.STEP, _("{number} is the step, and {name} was {before}")),
        (-step, UpdateMistake.STEP, _("{number} is the step, its sign turned")),
        (before, UpdateMistake.STAYED, _("{number} is where {name} was")),
    ]
    made = next(((mistake, said) for value, mistake, said in wrong if is_near(value)), None)
    mistake, why = made or (None, _("No, and {number} is none of the usual mistakes"))
    why = why.format(number=text, name=update.subject, before=number(before))
    return Verdict(False, mistake, f"{answer.note} {why}. {right}".strip(), f"{answer.note} {why}.".strip())
