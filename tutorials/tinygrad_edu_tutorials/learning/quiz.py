"""The quiz before and after the course, and what the course has brought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinygrad_edu_words import _

from .. import library
from ..reading.questions import Question
from .problems import Problem
from .workspace import Workspace

BEFORE, AFTER = ROUNDS = ("before", "after")
UNKNOWN = "x"
"""What is answered by who does not know. It is wrong, and is no misconception."""


@dataclass(frozen=True)
class Score:
    """How many of some questions were answered rightly in each round; None in a round that is not complete."""

    of: int
    before: int | None
    after: int | None

    @property
    def gain(self) -> float | None:
        """The normalised gain (after - before) / (of - before): which part of what was missing has been learned.

        Of all that was not known before, none is 0 and all is 1; it is below 0 where less is known than before. None
        where nothing was missing, or a round is (Hake 1998, doi:10.1119/1.18809).
        """
        if self.before is None or self.after is None or self.before == self.of:
            return None
        return (self.after - self.before) / (self.of - self.before)


@dataclass(frozen=True)
class Missed:
    """A question that was not answered rightly, and the letter that was given."""

    question: Question
    given: str

    @property
    def misconception(self) -> tuple[str, str] | None:
        """The name of the idea behind the answer, and why it is wrong; None of who said not to know."""
        return self.question.misconceptions.get(self.given)


@dataclass(frozen=True)
class Result:
    """A complete round, beside the other one if that is complete.

    Attributes:
        lessons: scores of each lesson, in the order of the course.
        missed: questions of this round.
    """

    round: str
    total: Score
    lessons: dict[str, Score]
    missed: list[Missed]


class Quiz:
    """The quiz of a workspace.

    Attributes:
        round: "before" or "after". Once it has begun, the second one goes on by itself.
    """

    def __init__(self, workspace: Workspace, after: bool = False):
        self._workspace = workspace
        self.questions = library.quiz(workspace.state.language)
        self.round = AFTER if after or self._given(AFTER) else BEFORE

    @property
    def given(self) -> dict[str, str]:
        """The letters of this round, by the keys of their questions."""
        return self._given(self.round)

    @property
    def open(self) -> Question | None:
        """The first question that is not answered yet; None at the end of the round."""
        return next((question for question in self.questions if question.key not in self.given), None)

    def answer(self, letters: Sequence[str]) -> list[Question]:
        """Note answers to the questions that are open, in their order, and give these; all are noted, or none.

        Raises:
            Problem: one is no choice of its question, there are more of them than questions, or they cannot be saved.
        """
        todo = [question for question in self.questions if question.key not in self.given]
        if len(letters) > len(todo):
            raise Problem(
                _("{n} answers, and {open} open questions").format(n=len(letters), open=len(todo)),
                _("nothing is noted; see: {command}").format(command="tinygrad-edu tutorial quiz"),
            )
        cleaned = [letter.strip().rstrip(".)").lower() for letter in letters]
        for question, letter in zip(todo, cleaned, strict=False):
            if letter not in (*question.choices, UNKNOWN):
                known = ", ".join((*question.choices, UNKNOWN))
                raise Problem(
                    _("{letter} is no answer to question {n}").format(letter=repr(letter), n=self.number(question)),
                    _("answer with one of {letters}; {unknown} means that you do not know").format(
                        letters=known, unknown=UNKNOWN
                    ),
                )
        answered = todo[: len(cleaned)]
        for question, letter in zip(answered, cleaned, strict=True):
            self._workspace.state.quiz[f"{self.round}/{question.key}"] = letter
        if answered:
            self._workspace.save()
        return answered

    def restart(self) -> None:
        """Forget the answers of this round."""
        state = self._workspace.state
        state.quiz = {key: letter for key, letter in state.quiz.items() if not key.startswith(f"{self.round}/")}
        self._workspace.save()

    def number(self, question: Question) -> int:
        """Its place, from 1."""
        return self.questions.index(question) + 1

    def result(self) -> Result | None:
        """What this round has shown; None until it is complete."""
        if self.open is not None:
            return None
        lessons = dict.fromkeys(sorted({question.lesson for question in self.questions}))
        return Result(
            self.round,
            self._score(self.questions),
            {name: self._score([q for q in self.questions if q.lesson == name]) for name in lessons},
            [Missed(q, self.given[q.key]) for q in self.questions if self.given[q.key] != q.answer],
        )

    def _score(self, questions: Sequence[Question]) -> Score:
        rounds = [self._given(each) for each in ROUNDS]
        complete = [all(question.key in given for question in self.questions) for given in rounds]
        right = [sum(given.get(question.key) == question.answer for question in questions) for given in rounds]
        before, after = (count if whole else None for count, whole in zip(right, complete, strict=True))
        return Score(len(questions), before, after if self.round == AFTER else None)

    def _given(self, each: str) -> dict[str, str]:
        """The answers of a round to the questions that there are; others, of another version, do not count."""
        answers, keys = self._workspace.state.quiz, [question.key for question in self.questions]
        return {key: answers[f"{each}/{key}"] for key in keys if f"{each}/{key}" in answers}
