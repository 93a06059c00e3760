"""An exercise: the learner's numbers beside the right ones, and beside those that typical mistakes give."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .comparing import Plain, Raised, Unfinished, difference, plain, same
from .learner import Contract, Learner, Missing

Patch = Mapping[str, str] | str
"""A solution changed by a learner: old text and new text, each old one once in it; or a whole program."""

Answers = dict[str, Plain]


@dataclass(frozen=True)
class Mistake:
    """A mistake that shows in the learner's answers, where no other numbers can be computed for it.

    Args:
        shows: given all their answers, by case, says whether they made it; not asked where one is an error.
    """

    shows: Callable[[Answers], bool]


class Exercise:
    """What a learner writes, and how it is judged. Numbers are compared, and never style.

    A mistake is a function of a case (written as a method: it also has `self`) that gives what the mistake gives; or a
    list of such functions; or a `Mistake`. It is named if it gives the learner's answers in every case, and the right
    ones not in all. The first such one is. None says that it does not speak about a case.

    Attributes:
        name: of the file that the learner edits, without ".py".
        functions: what the file must define, and what must give something.
        procedures: functions that it must define, and that work by changing what they are given.
        variables: other names that it must define.
        cases: what is asked, by a name that is shown to learners in all languages: a formula, a call.
        forbids: names of tinygrad_edu that the learner is to write, not to call: "Value.backward".
        tolerance: relative; absolute it is a thousandth of that.
        stub_is: what the check says of the stub, such as the key of its own mistake where a bug is hunted.
        mutants: for each mistake programs that make it. shortcuts: programs that call what is forbidden.
        also_right: other right solutions.
    """

    name: str
    functions: Sequence[str] = ()
    procedures: Sequence[str] = ()
    variables: Sequence[str] = ()
    cases: Mapping[str, Any]
    forbids: Sequence[str] = ()
    tolerance: float = 1e-6
    stub_is: str = "unfinished"
    mistakes: Mapping[str, Any] = {}
    mutants: Mapping[str, Sequence[Patch]] = {}
    shortcuts: Sequence[Patch] = ()
    also_right: Sequence[Patch] = ()

    def given(self, case: str) -> Any:
        """What a case gives: a copy of its own, so that who writes into it changes nobody else's."""
        found = self.cases[case]
        return found() if callable(found) else copy.deepcopy(found)

    def answer(self, learner: Any, case: str) -> Any:
        """What the learner's code gives for a case: a number, a text, an array, or a dictionary of these by names."""
        raise NotImplementedError

    def right(self, case: str) -> Any:
        """What it should give."""
        raise NotImplementedError

    def wrong(self, model: Callable[..., Any], case: str) -> Any:
        """What a mistake gives."""
        return model(self, case)


class FunctionExercise(Exercise):
    """One function, called with the arguments of each case; `reference` and mistakes are functions of the same."""

    @staticmethod
    def reference(*args: Any) -> Any:
        """The right function."""
        raise NotImplementedError

    def answer(self, learner: Any, case: str) -> Any:
        return getattr(learner, self.functions[0])(*self.given(case))

    def right(self, case: str) -> Any:
        return self.reference(*self.given(case))

    def wrong(self, model: Callable[..., Any], case: str) -> Any:
        return model(*self.given(case))


@dataclass
class Verdict:
    """What a check says.

    Attributes:
        key: "right", the key of a mistake, or one of: unfinished, missing, contract, raised, endless, crashed, engine,
            other.
        facts: for the sentence that says it: case, what, got, right, ...
        printed: what the learner's code printed, at most some thousand characters.
    """

    key: str
    facts: dict[str, Any] = field(default_factory=dict)
    printed: str = ""

    @property
    def passed(self) -> bool:
        return self.key == "right"


class Judge:
    """Knows the right answers and the wrong ones of an exercise, before any code of a learner has run."""

    def __init__(self, exercise: Exercise):
        self.exercise = exercise
        self.right = {case: plain(exercise.right(case)) for case in exercise.cases}
        self.wrong = [(key, model) for key, models in exercise.mistakes.items() for model in self._models(models)]

    def _models(self, models: Any) -> list[Mistake | Answers]:
        each = models if isinstance(models, (list, tuple)) else [models]
        return [model if isinstance(model, Mistake) else self._answers(model) for model in each]

    def _answers(self, model: Callable[..., Any]) -> Answers:
        """What a mistake gives in the cases that it speaks about."""
        found = {}
        for case in self.exercise.cases:
            try:
                given = self.exercise.wrong(model, case)
            except Exception as error:
                found[case] = Raised(type(error).__name__)
            else:
                if given is not None:
                    found[case] = plain(given)
        return found

    def verdict(self, module: Any) -> Verdict:
        """Judge a module.

        Raises:
            Exception: what the learner's code raised, unless a mistake raises the same, and is named.
        """
        exercise = self.exercise
        defined = [*exercise.functions, *exercise.procedures, *exercise.variables]
        if missing := next((name for name in defined if not hasattr(module, name)), None):
            return Verdict("missing", {"name": missing})
        learner = Learner(module, exercise.procedures)
        theirs: Answers = {}
        raised: Exception | None = None
        for case in exercise.cases:
            try:
                theirs[case] = plain(exercise.answer(learner, case))
            except Unfinished:
                return Verdict("unfinished", {"case": case})
            except Missing as error:
                return Verdict("missing", {"name": str(error)})
            except Contract as error:
                return Verdict("contract", {"case": case, **error.facts})
            except Exception as error:
                if is_unfinished(error):
                    return Verdict("unfinished", {"case": case})
                theirs[case] = Raised(type(error).__name__)
                raised = raised or error
        return self._compare(theirs, raised)

    def _compare(self, theirs: Answers, raised: Exception | None) -> Verdict:
        key = next((key for key, model in self.wrong if self._is(model, theirs)), None)
        if raised is not None and key is None:
            raise raised
        for case, answer in theirs.items():
            if isinstance(answer, Raised):
                continue
            if found := difference(answer, self.right[case], self.exercise.tolerance):
                general = "other" if found["why"] == "number" else "contract"
                return Verdict(key or general, {"case": case, **found})
        return Verdict(key or "right")

    def _is(self, model: Mistake | Answers, theirs: Answers) -> bool:
        if isinstance(model, Mistake):
            raised = any(isinstance(answer, Raised) for answer in theirs.values())
            return not raised and not self._all_right(theirs) and model.shows(theirs)
        spoken = [case for case in theirs if case in model]
        equal = all(same(theirs[case], model[case], self.exercise.tolerance) for case in spoken)
        numbers = any(not isinstance(model[case], Raised) for case in spoken)
        return equal and numbers and not self._all_right({case: model[case] for case in spoken})

    def _all_right(self, answers: Answers) -> bool:
        return all(same(answers[case], self.right[case], self.exercise.tolerance) for case in answers)


def is_unfinished(error: BaseException) -> bool:
    """Whether an error comes from a `...` that nobody has replaced."""
    return isinstance(error, (NotImplementedError, Unfinished)) or "'ellipsis'" in str(error)
