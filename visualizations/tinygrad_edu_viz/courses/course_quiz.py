"""Predict mode in a course: it asks for each gradient, and then where the update takes each weight."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from ..predicting.mistakes import Practised
from ..predicting.questions import Question
from ..predicting.quiz import Quiz
from ..predicting.verdicts import NEAR, ROUNDING, Answer, Verdict
from ..readable import number
from ..recording.contents import Event
from .course import Course
from .update import Update


class UpdateMistake(Practised):
    """What a learner may have done at an update."""

    UPHILL = "uphill"
    RATE = "learning rate forgotten"
    STEP = "the step, not the weight"
    STAYED = "no step"

    @property
    def advice(self) -> str:
        """What to practise."""
        return _ADVICE[self]


_ADVICE = {
    UpdateMistake.UPHILL: "the gradient points uphill, and learning goes downhill: its sign is turned",
    UpdateMistake.RATE: "the learning rate η says how far along the gradient one goes: multiply by it",
    UpdateMistake.STEP: "an update gives the new weight: the old one, and the step",
    UpdateMistake.STAYED: "a weight whose gradient is not 0 moves",
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
        return self._quiz(backward[0]).why_nothing(backward) if backward else "no gradient is passed on here"

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
        known = [f"{name} = {number(before)}", f"its gradient g = {number(gradient)}"]
        known += [f"{line.name} = {line.result}" for line in update.lines[:-1]]
        return Question(
            text=f"The optimizer takes its step ({self.course.optimizer}). What is {name} after update {update.t}?",
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
    right = f"It is {update.lines[-1].result}: {update.lines[-1]}."
    if is_near(after):
        return Verdict(True, None, f"Right: {update.subject} = {update.lines[-1].result}.")
    wrong = [
        (before - step, UpdateMistake.UPHILL, f"{text} is a step uphill"),
        (
            before - gradient,
            UpdateMistake.RATE,
            f"{text} is a step along the whole gradient, without the learning rate",
        ),
        (before + gradient, UpdateMistake.RATE, f"{text} is a step uphill along the whole gradient"),
        (step, UpdateMistake.STEP, f"{text} is the step, and {update.subject} was {number(before)}"),
        (-step, UpdateMistake.STEP, f"{text} is the step, its sign turned"),
        (before, UpdateMistake.STAYED, f"{text} is where {update.subject} was"),
    ]
    made = next(((mistake, said) for value, mistake, said in wrong if is_near(value)), None)
    mistake, why = made or (None, f"No, and {text} is none of the usual mistakes")
    return Verdict(False, mistake, f"{answer.note} {why}. {right}".strip(), f"{answer.note} {why}.".strip())
