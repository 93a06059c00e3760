"""Predict mode: asks for the next gradient before it is shown, and explains the mistake that was made.

What is asked for is the receiver's gradient *after* the step, dL/dx, as a learner would write it down: only so can one
forget that contributions add up. To an answer with the contribution alone the verdict says just that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tinygrad_edu.errors import ArgumentError
from tinygrad_edu_words import N_, _

from ..recording.contents import Event
from ..trace import Trace
from .mistakes import Case, Practised
from .questions import Question, asked_about, is_finite
from .recorded_rules import Rules
from .verdicts import Answer, Verdict, judged

OUTLINE = N_("of arrays as large as these only mean and range are recorded; take smaller ones, or one operation apart")
TOO_MANY = N_("the arrays have too many numbers to compute with by hand; take smaller ones, or one operation apart")
NOT_FINITE = N_("nan and infinities stand where there should be numbers")

NO_GRADIENT = N_("no gradient is passed on here")


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

    def why_nothing(self, events: Iterable[Event]) -> str:
        """Why none of these events is asked about; "" if one is."""
        reasons: Counter[str] = Counter()
        for event in events:
            if event.kind == "backward" and event.source is not None:
                case = self._case(event)
                if case is not None and asked_about(case) is not None:
                    return ""
                reasons[OUTLINE if case is None else TOO_MANY if is_finite(case) else NOT_FINITE] += 1
        return _(reasons.most_common(1)[0][0] if reasons else NO_GRADIENT)

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
        right: at the first try.
        second: at the second one.
        mistakes: how often each was made, the first made first.
    """

    asked: int = 0
    right: int = 0
    second: int = 0
    skipped: int = 0
    mistakes: dict[Practised, int] = field(default_factory=dict)

    def after(self, *tries: Verdict | None) -> Score:
        """The score with one more question.

        Args:
            tries: the verdicts on the answers to it, at most two; None or nothing: it was skipped.
        """
        verdicts = [verdict for verdict in tries if verdict is not None]
        mistakes = dict(self.mistakes)
        for mistake in dict.fromkeys(verdict.mistake for verdict in verdicts if verdict.mistake is not None):
            mistakes[mistake] = mistakes.get(mistake, 0) + 1
        right = [verdict.correct for verdict in verdicts]
        return Score(
            asked=self.asked + 1,
            right=self.right + (right[:1] == [True]),
            second=self.second + (right[:2] == [False, True]),
            skipped=self.skipped + (not verdicts),
            mistakes=mistakes,
        )

    def summary(self, why_nothing: str = "", all_asked: bool = True) -> list[str]:
        """The score in words, and what to practise, the most frequent mistake first.

        Args:
            why_nothing: the reason to give if nothing was asked.
            all_asked: whether no question was left when the answers ended.
        """
        if not self.asked:
            return [_("Nothing was asked: {why}.").format(why=why_nothing) if why_nothing else _("Nothing was asked.")]
        parts = [_("{right} of {asked} right").format(right=self.right, asked=self.asked)]
        parts += [_("{n} at the second try").format(n=self.second)] if self.second else []
        parts += [_("{n} skipped").format(n=self.skipped)] if self.skipped else []
        lines = [f"{', '.join(parts)}."]
        for mistake, times in sorted(self.mistakes.items(), key=lambda item: -item[1]):
            what = _("Practise ({mistake}, {times}×): {advice}.")
            lines.append(what.format(mistake=_(mistake), times=times, advice=mistake.advice))
        if self.right == self.asked and all_asked:
            lines.append(_("You can do backpropagation by hand."))
        return lines
