"""What the quiz must have: questions that test understanding, and a misconception behind each wrong choice."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from ..library import COURSE
from ..reading.answers import number_of
from ..reading.lesson import LANGUAGES, Lesson, LessonError
from ..reading.questions import Question, choices_of, questions
from ..reading.reader import read
from .page import Page, text_faults
from .parity import parity_faults

QUESTIONS, LETTERS = 24, "abcd"
OFTEN = 0.5  # at most this part of the right choices may be the longest of their four
_LESSONS = [name for name in COURSE if name[0].isdigit()]


def is_quiz(folder: Path) -> bool:
    """Whether a folder holds the quiz, and no lesson."""
    return (folder / "quiz.en.md").exists()


def quiz_faults(folder: str) -> list[str]:
    """All rules for the quiz in a folder: its numbers are computed, both languages agree, and it asks well."""
    try:
        pages = {language: read(Path(folder) / f"quiz.{language}.md") for language in LANGUAGES}
        asked = {language: questions(page) for language, page in pages.items()}
    except (LessonError, OSError) as error:
        return [str(error)]
    faults = text_faults(Page(pages["en"]), pages.values())
    faults += parity_faults(pages["en"], pages["de"])
    faults += _spread(pages["en"], asked["en"])
    for language, page in pages.items():
        for question in asked[language]:
            faults += [f"{page.where()}: {question.key}: {fault}" for fault in _question(question)]
        faults += _unmarked(page)
        faults += _longest(page, asked[language])
    return faults


def _spread(page: Lesson, asked: list[Question]) -> list[str]:
    """Enough questions, of all lessons, and each letter right as often as the others."""
    faults = [] if len(asked) == QUESTIONS else [f"{page.where()}: {len(asked)} questions, and not {QUESTIONS}"]
    keys = Counter(question.key for question in asked)
    faults += [f"{page.where()}: two questions are called {key!r}" for key, count in keys.items() if count > 1]
    lessons = {question.lesson for question in asked}
    faults += [f"{page.where()}: no question is of {name}" for name in _LESSONS if name not in lessons]
    right = Counter(question.answer for question in asked)
    even = QUESTIONS // len(LETTERS)
    return faults + [
        f"{page.where()}: {letter} is right {right[letter]} times, and should be {even} times"
        for letter in LETTERS
        if right[letter] != even
    ]


def _question(question: Question) -> list[str]:
    faults = []
    if list(question.choices) != list(LETTERS):
        faults.append(f"the choices are {', '.join(question.choices)}, and not {', '.join(LETTERS)}")
    if len(set(question.choices.values())) < len(question.choices):
        faults.append("two choices are the same")
    if question.lesson not in _LESSONS:
        faults.append(f"data-lesson is {question.lesson!r}, and there is no such lesson")
    if not question.parts or not question.why:
        faults.append("nothing is asked, or nothing explains the answer")
    for letter in LETTERS:
        name, why = question.misconceptions.get(letter, ("", ""))
        if letter != question.answer and not (name and why):
            faults.append(f"{letter} names no misconception: - `{letter}` **Its name.** Why it is wrong.")
    return faults


def _unmarked(page: Lesson) -> list[str]:
    """Choices that are numbers, and whose number nothing computes."""
    faults = []
    for found in filter(None, map(choices_of, page.pages)):
        for line in found.text.splitlines():
            said = re.sub(r"^- \*\*\w\*\* ", "", line)
            if number_of(said) is not None:
                faults.append(f"{page.where(found)}: nothing computes {said}: write {said}<!--= EXPRESSION -->")
    return faults


def _longest(page: Lesson, asked: list[Question]) -> list[str]:
    """Who always takes the longest choice must not be right."""
    longest = [max(q.choices, key=lambda letter, q=q: len(q.choices[letter])) == q.answer for q in asked]  # type: ignore[misc]
    if sum(longest) <= OFTEN * len(asked):
        return []
    return [f"{page.where()}: the right choice is the longest one in {sum(longest)} of {len(asked)} questions"]
