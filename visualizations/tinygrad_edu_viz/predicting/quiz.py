"""Predict mode: asks for the next gradient before it is shown, and explains the mistake that was made.

What is asked for is the receiver's gradient *after* the step, dL/dx, as a learner would write it down: only so can one
forget that contributions add up. To an answer with the contribution alone the verdict says just that.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from tinygrad_edu.errors import ArgumentError

from ..recording.contents import Event
from ..trace import Trace
from .mistakes import Case, Mistake
from .questions import Question, asked_about
from .recorded_rules import Rules
from .verdicts import Answer, Verdict, judged


class Quiz:
    """Questions about the backward pass of a trace, and verdicts on the answers. It remembers nothing of them."""

    def __init__(self, trace: Trace):
        self.rules = Rules(trace)

    def question(self, event: Event) -> Question | None:
        """What to ask before an event is shown.

        Returns:
            None for a step that is shown without asking: forward, the first of the backward pass, one whose numbers
            are not finite, or are too many to compute with.
        """
        case = self._case(event)
        return None if case is None else asked_about(case)

    def judge(self, event: Event, answer: Answer) -> Verdict:
        """Whether an answer to the question about an event is right; if it is not, which mistake gives this number.

        A number is right if it is the right one rounded to the digits that it was written with, at least two; or if it
        is off by less than 1 % of the gradient, and of the contribution.

        Raises:
            ArgumentError: nothing is asked about this event.
        """
        case, question = self._case(event), self.question(event)
        if case is None or question is None:
            raise ArgumentError("judge: nothing is asked about this step")
        return judged(case, question, answer)

    def _case(self, event: Event) -> Case | None:
        if event.kind != "backward" or event.source is None:
            return None
        try:
            return Case(self.rules, event)
        except ArgumentError:  # the trace has the numbers only in outline
            return None


@dataclass(frozen=True, slots=True)
class Score:
    """How it went so far.

    Attributes:
        mistakes: how often each was made, the first made first.
    """

    asked: int = 0
    right: int = 0
    skipped: int = 0
    mistakes: dict[Mistake, int] = field(default_factory=dict)

    def after(self, verdict: Verdict | None) -> Score:
        """The score with one more question; None: it was skipped."""
        score = replace(self, asked=self.asked + 1)
        if verdict is None:
            return replace(score, skipped=self.skipped + 1)
        if verdict.correct:
            return replace(score, right=self.right + 1)
        if verdict.mistake is None:
            return score
        return replace(score, mistakes={**self.mistakes, verdict.mistake: self.mistakes.get(verdict.mistake, 0) + 1})

    def summary(self) -> list[str]:
        """The score in words, and what to practise, the most frequent mistake first."""
        if not self.asked:
            return ["Nothing was asked."]
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        lines = [f"{self.right} of {self.asked} right{skipped}."]
        for mistake, times in sorted(self.mistakes.items(), key=lambda item: -item[1]):
            lines.append(f"Practise ({mistake}, {times}×): {mistake.advice}.")
        if self.right == self.asked:
            lines.append("You can do backpropagation by hand.")
        return lines
