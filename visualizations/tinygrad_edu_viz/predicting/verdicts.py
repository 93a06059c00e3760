"""Whether an answer is right, and if it is not, which mistake gives this number."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tinygrad_edu_words import _

from ..readable import number
from .mistakes import Case, Mistake, Practised, wrong_contributions
from .questions import LARGEST, Question

NEAR = 0.01  # relative; people compute with rounded numbers
ROUNDING = 1e-5  # of the numbers in a question, relative to the greatest


@dataclass(frozen=True, slots=True)
class Answer:
    """What a learner gave.

    Attributes:
        data: a number, or nested lists of numbers.
        units: for each number what its last written digit stands for, if it was written with at least two; else 0. So
            0.42 is everything that is rounded so.
    """

    data: float | list[Any]
    units: float | list[Any] = 0.0
    note: str = ""
    """How it was read, where that is not how it was written."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said of an answer.

    Attributes:
        mistake: None if the answer is right, or if no typical mistake gives this number.
        text: what is said of it, with the right answer.
        retry: the same without the right answer, before a second try.
    """

    correct: bool
    mistake: Practised | None
    text: str
    retry: str = field(default="", compare=False)


def judged(case: Case, question: Question, answer: Answer) -> Verdict:
    """The verdict. A right answer is right, even where a mistake gives the same number."""
    found = _Judge(case, question, answer).verdict()
    if not answer.note:
        return found
    return replace(found, text=f"{answer.note} {found.text}", retry=f"{answer.note} {found.retry}")


class _Judge:
    """An answer beside the numbers of its step: whole arrays, or the one element that is asked for."""

    def __init__(self, case: Case, question: Question, answer: Answer):
        self.case, self.question = case, question
        self.given = np.asarray(answer.data, dtype=float)
        if self.given.size == 1 and np.prod(question.shape) == 1:
            self.given = self.given.reshape(question.shape)
        self.half_units = 0.5001 * np.asarray(answer.units, dtype=float).reshape(np.shape(answer.units))
        if self.half_units.shape != self.given.shape:
            self.half_units = np.broadcast_to(self.half_units.reshape(-1)[:1], self.given.shape)
        self.before, self.contribution, self.right = map(self.asked, (case.before, case.contribution, case.right))

    def asked(self, array: np.ndarray) -> np.ndarray:
        """What of an array like the gradient is asked for."""
        whole = self.question.index is None or array.shape != self.case.right.shape
        return array if whole else np.asarray(array[self.question.index])

    def verdict(self) -> Verdict:
        given, right = _text(self.given), _text(self.right)
        if self.is_right():
            text = _("Right: {answer}.") if given == right else _("Right, rounded: {answer}.")
            return Verdict(True, None, text.format(answer=f"{self.question.asked} = {right}"))
        mistake, why = self.wrong(given)
        it_is = _("It is {answer}.").format(answer=self.sum_of(self.contribution, self.right))
        return Verdict(False, mistake, f"{why} {it_is}", why)

    def wrong(self, given: str) -> tuple[Mistake | None, str]:
        """The mistake that gives this number, and what to say of it."""
        had = _("{name} had {number} already, and gradients add up (+=, not =)")
        had = had.format(name=self.case.target, number=_text(self.before))
        if self.has_before and self.means(self.contribution):
            return Mistake.ASSIGNED, f"{_('{number} is what this step adds.').format(number=given)} {had}."
        wrong = [
            found._replace(contribution=self.asked(found.contribution)) for found in wrong_contributions(self.case)
        ]
        for mistake, part, why in wrong:
            total = self.before + part if part.shape == self.before.shape else part
            if self.means(total):
                made = _("{sum}, and {part}").format(sum=self.sum_of(part, total), part=_text(part))
                return mistake, f"{made if self.has_before else given} {why}."
        for mistake, part, why in wrong if self.has_before else ():  # two mistakes at once
            if self.means(part):
                return mistake, f"{given} {why}. {_('And {what}.').format(what=had)}"
        if self.given.shape != self.right.shape:
            return Mistake.SHAPE, self.about_shape()
        if self.is_rough():
            return None, _("{number} is near, with one digit: give at least two.").format(number=given)
        return None, _("No, and {number} is none of the usual mistakes.").format(number=given)

    def is_rough(self) -> bool:
        """Whether the learner's numbers are the right ones with one digit, rounded or cut off."""
        with np.errstate(all="ignore"):
            unit = 10.0 ** np.floor(np.log10(np.abs(self.right)))
            near = np.abs(self.given - self.right) < np.where(np.abs(self.given) < np.abs(self.right), 1, 0.5001) * unit
            one_digit = np.isclose(self.given / unit, np.round(self.given / unit), rtol=0, atol=1e-9)
        return bool((near & one_digit | (self.given == self.right)).all() and self.given.any())

    @property
    def has_before(self) -> bool:
        return bool(self.before.any())

    def sum_of(self, contribution: np.ndarray, total: np.ndarray) -> str:
        """A gradient as what it was before and what is added."""
        return f"{_text(total)} = {_text(self.before)} + {_text(contribution)}" if self.has_before else _text(total)

    def is_right(self) -> bool:
        """Near in relation to the gradient, and to what the step adds to it: who adds nothing is not right."""
        added = np.where(self.contribution == 0, np.inf, np.abs(self.contribution))
        near = np.maximum(
            NEAR * np.minimum(np.abs(self.right), added),
            ROUNDING * np.maximum(np.abs(self.before), np.abs(self.contribution)),
        )
        return self.is_within(self.right, near)

    def means(self, wrong: np.ndarray) -> bool:
        """Whether the learner's number is this one, rounded."""
        return self.is_within(wrong, NEAR * np.abs(wrong))

    def is_within(self, wanted: np.ndarray, near: np.ndarray) -> bool:
        if self.given.shape != wanted.shape or not np.isfinite(wanted).all():
            return False
        return bool((np.abs(self.given - wanted) <= np.maximum(near, self.half_units)).all())

    def about_shape(self) -> str:
        if self.question.index is not None:
            return _("One number is asked for: {asked}.").format(asked=self.question.asked)
        shape = self.right.shape
        has = (
            _("{name} has the shape {shape}, and so has its gradient")
            if shape
            else _("{name} has no axes, and so has its gradient")
        )
        yours = _("your answer has the shape {given}") if self.given.shape else _("your answer is one number")
        return f"{has}; {yours}.".format(name=self.case.target, shape=shape, given=self.given.shape)


def _text(array: np.ndarray) -> str:
    return number(array.tolist(), few=LARGEST)
