"""What a learner types next, after a page or a verdict."""

from __future__ import annotations

from typing import NamedTuple

from tinygrad_edu_words import _

from .session import Answered, Checked, Hint, Page, Session

TUTORIAL = "tinygrad-edu tutorial"


class Step(NamedTuple):
    """Something to do: in words, and as a command; "" if it is none."""

    words: str
    command: str


def after_page(session: Session, page: Page) -> list[Step]:
    """What a page leaves to do: its predictions, its exercises, then the page after it."""
    predictions, exercises = session.open_on(page)
    steps = []
    for key in predictions:
        answer = _("ANSWER")
        steps.append(
            Step(
                _("Predict, and write your answer in the place of {answer}:").format(answer=answer),
                f"{TUTORIAL} answer {key} {answer}",
            )
        )
    for key in exercises:
        file = session.workspace.shown(page.files[key])
        steps.append(
            Step(
                _("Open {file} in your editor, write, save, and then type:").format(file=file),
                f"{TUTORIAL} check {key}",
            )
        )
    return [*steps, *_onward(session, page, bool(steps))]


def _onward(session: Session, page: Page, something_left: bool) -> list[Step]:
    name = page.lesson.name
    if page.number < page.total:
        return [Step(_("Then go on:") if something_left else _("Go on:"), f"{TUTORIAL} next")]
    keys = [part.key for part in page.lesson.all("exercise")]
    left = [key for key in keys if f"{name}/{key}" not in session.state.done]
    steps = [Step(_("This exercise of the lesson is still open:"), f"{TUTORIAL} check {key}") for key in left]
    if session.following(name) is None:
        return [*steps, Step(_("This was the last page. What there is, and what is done:"), f"{TUTORIAL} list")]
    end = _("This was the last page of the lesson. To the next lesson:")
    return [*steps, Step(end, f"{TUTORIAL} next")]


def after_check(checked: Checked) -> list[Step]:
    """After a verdict: the next page, or a hint."""
    if checked.verdict.passed:
        return [Step(_("Go on:"), f"{TUTORIAL} next")]
    return [
        Step(_("Change the file, save it, and check again:"), f"{TUTORIAL} check {checked.exercise}"),
        Step(_("If you are stuck:"), f"{TUTORIAL} hint {checked.exercise}"),
    ]


def after_answer(session: Session, answered: Answered) -> list[Step]:
    """After a prediction: what else the page leaves to do, or another try."""
    if answered.right:
        page = session.here()
        return after_page(session, page) if page else [Step(_("Go on:"), f"{TUTORIAL} next")]
    return [
        Step(_("Try again:"), f"{TUTORIAL} answer {answered.key} {_('ANSWER')}"),
        Step(_("Or go on:"), f"{TUTORIAL} next"),
    ]


def after_hint(hint: Hint) -> list[Step]:
    """After a hint: the check, and what is told next."""
    again = Step(_("Change the file, save it, and check it:"), f"{TUTORIAL} check {hint.exercise}")
    if hint.number < hint.total:
        return [again, Step(_("If that does not help:"), f"{TUTORIAL} hint {hint.exercise}")]
    return [again, Step(_("This was the last hint. The solution:"), f"{TUTORIAL} solution {hint.exercise}")]


def to_begin() -> list[Step]:
    """Where there is no workspace."""
    return [Step(_("Make a folder for your exercises, and begin:"), f"{TUTORIAL} start")]
