"""Sentences that lines and the screen have in common."""

from __future__ import annotations

from tinygrad_edu_tutorials.learning.session import Answered, Checked, Page
from tinygrad_edu_words import _

PRINTED = 20  # lines of a learner's output that are shown


def place(page: Page) -> str:
    return _("Lesson {name}, page {n} of {total}").format(name=page.lesson.name, n=page.number, total=page.total)


def goal(page: Page) -> str:
    head = page.lesson.head
    return _("{goal} ({minutes} minutes)").format(goal=head.get("goal", ""), minutes=head.get("minutes", ""))


def picture(description: str) -> str:
    return _("Picture: {description}").format(description=description.rstrip(".")) + "."


def right(answered: Answered) -> str:
    return _("Right: {given}").format(given=answered.given)


def wrong(answered: Answered) -> str:
    return _("Not {given}.").format(given=answered.given)


def why(answered: Answered) -> str:
    """What a wrong answer looks like, as Markdown."""
    return answered.why or _("That is none of the usual answers. Look at the page again, and think of each way.")


def unknown_mistake() -> str:
    return _("This is none of the usual mistakes: compute this case by hand, and look where your numbers part.")


def done(checked: Checked) -> str:
    return _("{done} of {total} exercises of this lesson are done.").format(done=checked.done, total=checked.total)


def printed(checked: Checked) -> list[str]:
    """What the learner's program printed, in lines that are neither too many nor too long; not that of a crash."""
    found = checked.verdict.printed.rstrip().splitlines() if checked.verdict.key != "crashed" else []
    return [line[:200] for line in found[:PRINTED]] + ["..."] * (len(found) > PRINTED)


def hint(number: int, total: int, exercise: str) -> str:
    return _("Hint {n} of {total} for {exercise}").format(n=number, total=total, exercise=exercise)


def solution(exercise: str) -> str:
    return _("A solution of {exercise}").format(exercise=exercise)


def last_page() -> str:
    return _("This was the last page of the last lesson.")
