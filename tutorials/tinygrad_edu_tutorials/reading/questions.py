"""The quiz: each section of its page is a question with letters to choose from."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .lesson import Lesson, LessonError, Part, explanation, wrong_answers

_CHOICE = re.compile(r"^- \*\*([a-z])\*\* (.+)$", re.MULTILINE)
_NAMED = re.compile(r"\*\*(.+?)\.\*\*\s+(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the quiz.

    Attributes:
        key: its name in all languages. lesson: the one that answers it.
        parts: what is asked, without the choices.
        choices: by letter. answer: the right letter. why: what explains it.
        misconceptions: by wrong letter, the name of the idea behind it and why it is wrong.
    """

    key: str
    lesson: str
    title: str
    parts: list[Part]
    choices: dict[str, str]
    answer: str
    why: list[Part]
    misconceptions: dict[str, tuple[str, str]]


def questions(quiz: Lesson) -> list[Question]:
    """The questions of a quiz, in its order.

    Raises:
        LessonError: a section has no choices, or no answer.
    """
    return [_question(quiz, page) for page in quiz.pages if page[0].attrs.get("level") == "2"]


def choices_of(page: list[Part]) -> Part | None:
    """The list of choices in a section."""
    return next((part for part in page if part.kind == "prose" and _CHOICE.match(part.text)), None)


def _question(quiz: Lesson, page: list[Part]) -> Question:
    listed, sheet = choices_of(page), next((part for part in page if part.kind == "predict"), None)
    if listed is None or sheet is None:
        what = "choices: - **a** ..." if listed is None else 'answer: <details data-predict="KEY" ...>'
        raise LessonError(f"{quiz.where(page[0])}: this question has no {what}")
    return Question(
        key=sheet.key,
        lesson=sheet.attrs.get("lesson", ""),
        title=re.sub(r"^\d+\.\s*", "", page[0].clean.strip()),
        parts=[part for part in page[1:] if part not in (listed, sheet)],
        choices=dict(_CHOICE.findall(listed.clean)),
        answer=sheet.attrs.get("answer", ""),
        why=explanation(sheet),
        misconceptions={letter: _named(text) for letter, text in wrong_answers(sheet).items()},
    )


def _named(text: str) -> tuple[str, str]:
    """The name of a misconception and what refutes it, of "**Name.** It is not so."; "" if it has no name."""
    found = _NAMED.match(text)
    return (found[1], found[2]) if found else ("", text)
