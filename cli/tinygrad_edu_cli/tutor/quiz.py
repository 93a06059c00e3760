"""tinygrad-edu tutorial quiz: question by question in a terminal, as lines in a pipe, and as JSON."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any

import click

from tinygrad_edu_tutorials.learning.advice import TUTORIAL, Step
from tinygrad_edu_tutorials.learning.problems import Problem
from tinygrad_edu_tutorials.learning.quiz import AFTER, BEFORE, UNKNOWN, Missed, Quiz, Result, Score
from tinygrad_edu_tutorials.reading.questions import Question
from tinygrad_edu_words import _, ngettext

from .. import output
from . import facts, markdown
from .actions import open_session, say

COMMAND = f"{TUTORIAL} quiz"
STDIN = "-"


def quiz(letters: Sequence[str], after: bool, restart: bool, as_json: bool) -> None:
    """Note the answers that are given, or ask for them; then show the question that is open, or the result."""
    found = Quiz(open_session().workspace, after)
    if restart:
        found.restart()
    if list(letters) == [STDIN]:
        letters = sys.stdin.read().lstrip("\ufeff").split()
    elif not letters and not as_json and output.is_interactive():
        found = _ask(found)
    noted = found.answer(letters)
    result, question = found.result(), found.open
    text = [*_noted(found, noted), *(_result(result) if result else _question(found, question) if question else ())]
    say(as_json, _facts(found, noted, question, result), text, _steps(found, result))


def _ask(found: Quiz) -> Quiz:
    """Ask question by question. Each answer is kept at once, so that Ctrl-C loses none.

    Raises:
        click.Abort: Ctrl-C, or the end of the input.
    """
    after = found.round == AFTER
    while (question := found.open) is not None:
        for line in _question(found, question):
            output.say(line)
        try:
            typed = click.prompt(output.shown(_prompt(question)), prompt_suffix=" ", type=str)
        except click.Abort:
            click.echo(err=True)
            kept = ngettext("{n} answer is kept. Go on: {command}", "{n} answers are kept. Go on: {command}",
                            len(found.given)).format(n=len(found.given), command=COMMAND)  # fmt: skip
            click.echo(output.shown(kept), err=True)
            raise
        found = Quiz(open_session().workspace, after)  # another command may have written there
        try:
            found.answer([typed])
        except Problem as problem:
            output.say(f"{problem.message}: {problem.hint}")
        output.say("")
    return found


def _prompt(question: Question) -> str:
    letters = ", ".join(question.choices)
    return _('Your answer: {letters}, or {unknown} for "I do not know"?').format(letters=letters, unknown=UNKNOWN)


def _question(found: Quiz, question: Question) -> Iterator[str]:
    """A question with its choices."""
    yield _("Question {n} of {total}: {title}").format(
        n=found.number(question), total=len(found.questions), title=question.title
    )
    yield ""
    yield from markdown.parts(question.parts)
    for letter, choice in question.choices.items():
        yield from _hanging(f"{letter}  ", choice)
    yield ""


def _hanging(mark: str, text: str) -> Iterator[str]:
    """A text behind a mark, its further lines below its first."""
    for k, line in enumerate(markdown.prose(text, markdown.width() - len(mark)).splitlines()):
        yield (mark if k == 0 else " " * len(mark)) + line


def _noted(found: Quiz, noted: Sequence[Question]) -> Iterator[str]:
    if noted:
        answers = ", ".join(f"{found.number(question)} {found.given[question.key]}" for question in noted)
        yield from (*_hanging("", _("Noted: {answers}").format(answers=answers)), "")


def _result(result: Result) -> Iterator[str]:
    """What a round has shown. Before the course no answer is told: the second round would show only a good memory."""
    total = result.total
    if result.round == BEFORE:
        yield _("Before the course: {right} of {total} are right.").format(right=total.before, total=total.of)
    elif total.before is None:
        yield _("After the course: {right} of {total} are right.").format(right=total.after, total=total.of)
    else:
        yield _("Before the course {before} of {total} were right, and after it {after}.").format(
            before=total.before, after=total.after, total=total.of
        )
        yield from ("", markdown.prose(_gained(total)))
    yield ""
    yield from _table(result)
    yield ""
    if result.round == AFTER:
        for missed in result.missed:
            yield from _explained(missed)
    elif result.missed:
        yield markdown.prose(
            _("What was right is told after the course, so that the second time shows what you learned.")
        )
    yield ""


def _gained(total: Score) -> str:
    if total.gain is None:
        return _("Before the course all was right: there was nothing left to gain.")
    if total.gain <= 0:
        return _("Nothing is gained yet ({gain} %): read the lessons below once more.").format(
            gain=_percent(total.gain)
        )
    told = _(
        "Of what you did not know before, you know {gain} % now. (The normalised gain, Hake 1998: lectures reached 23 "
        "% on average, courses in which learners do much themselves 48 %.)"
    )
    return told.format(gain=_percent(total.gain))


def _percent(gain: float) -> str:
    return f"{100 * gain:.0f}"


def _table(result: Result) -> Iterator[str]:
    """Right answers of each lesson, with a word for those that have something left to read."""
    wide = max(map(len, result.lessons))
    heads = [_("before"), *([_("after"), _("gain")] if result.round == AFTER else [])]
    yield f"{_('lesson'):<{wide}}  " + "".join(f"{head:>8}" for head in heads)
    for name, score in result.lessons.items():
        gain = "" if score.gain is None else f"{_percent(score.gain)} %"
        cells = [_of(score.before, score.of), *([_of(score.after, score.of), gain] if result.round == AFTER else [])]
        left = any(missed.question.lesson == name for missed in result.missed)
        row = f"{name:<{wide}}  " + "".join(f"{cell:>8}" for cell in cells)
        yield row + (f"  {_('to read')}" if left else "")


def _of(right: int | None, of: int) -> str:
    return "-" if right is None else f"{right}/{of}"


def _explained(missed: Missed) -> Iterator[str]:
    """A question that was missed: the idea behind the answer that was given, and the right one."""
    question = missed.question
    yield _("To read in lesson {lesson}: {title}").format(lesson=question.lesson, title=question.title)
    yield ""
    yield from markdown.parts(question.parts)
    given = question.choices.get(missed.given, _("I do not know"))
    yield from _hanging("  " + _("you said:") + " ", given)
    if missed.misconception:
        name, why = missed.misconception
        yield from _hanging("  ", _('The idea behind it is "{name}". {why}').format(name=name, why=why))
    yield from _hanging("  " + _("right:") + " ", question.choices[question.answer])
    for part in question.why:
        yield from _hanging("  ", part.clean)
    yield ""


def _steps(found: Quiz, result: Result | None) -> list[Step]:
    if result is None:
        letter = _("LETTER")
        return [
            Step(_("Answer with a letter in the place of {letter}; several letters answer several questions:").format(
                letter=letter), f"{COMMAND} {letter}"),
            Step(_("In a terminal all questions are asked in turn:"), COMMAND),
        ]  # fmt: skip
    lessons = list(dict.fromkeys(missed.question.lesson for missed in result.missed))
    steps = [Step(_("To read first:"), f"{TUTORIAL} read {lessons[0]}")] if lessons else []
    if found.round == BEFORE:
        return [*steps, Step(_("After the course, the same questions once more:"), f"{COMMAND} --after")]
    return steps


def _facts(found: Quiz, noted: Sequence[Question], question: Question | None, result: Result | None) -> dict[str, Any]:
    return {
        "round": found.round,
        "answered": len(found.given),
        "total": len(found.questions),
        "noted": {each.key: found.given[each.key] for each in noted},
        "question": None
        if question is None
        else {
            "number": found.number(question),
            "key": question.key,
            "title": question.title,
            "text": facts.text(question.parts),
            "choices": question.choices,
        },
        "result": None if result is None else _result_facts(result),
    }


def _result_facts(result: Result) -> dict[str, Any]:
    told = result.round == AFTER
    return {
        **_score(result.total),
        "lessons": {name: _score(score) for name, score in result.lessons.items()},
        "missed": [_missed(missed, told) for missed in result.missed],
    }


def _missed(missed: Missed, told: bool) -> dict[str, Any]:
    question = missed.question
    found: dict[str, Any] = {"key": question.key, "lesson": question.lesson, "given": missed.given}
    if told:
        name, why = missed.misconception or (None, None)
        found |= {"right": question.answer, "misconception": name, "refuted": why, "why": facts.text(question.why)}
    return found


def _score(score: Score) -> dict[str, Any]:
    return {"of": score.of, "before": score.before, "after": score.after, "gain": score.gain}
