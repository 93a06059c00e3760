"""Where the lessons are, and what they are called."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from pathlib import Path

from .reading.lesson import Lesson, LessonError
from .reading.questions import Question, questions
from .reading.reader import read

_INSTALLED = Path(__file__).parent / "lessons"
FOLDER = _INSTALLED if _INSTALLED.is_dir() else Path(__file__).parents[1]
"""In a wheel the lessons lie inside of this package; in a checkout, beside it."""

QUIZ = FOLDER / "quiz"

COURSE = (
    *("01-learning", "02-perceptron", "03-activation", "04-dense", "05-deep", "06-loss", "07-gradient-descent"),
    *("08-backprop", "09-tensors", "10-learning-rate", "11-adaptive", "12-batches", "13-overfitting"),
    *("14-regularization", "15-early-stopping", "16-sequences", "lab-digits", "lab-tunes", "lab-fairness", "zoo"),
)
"""Lessons, labs and the bug zoo, in the order in which they are learned: what a lesson may need or recall."""


def names(folder: Path = FOLDER) -> list[str]:
    """The folders of all lessons, in the order of the course; those that it does not know, last."""
    found = sorted(path.parent.name for path in folder.glob("*/lesson.en.md"))
    return sorted(found, key=lambda name: COURSE.index(name) if name in COURSE else len(COURSE))


def find(word: str, folder: Path = FOLDER) -> str:
    """The lesson that somebody means by "08-backprop", "8", "08" or "backprop".

    Raises:
        LessonError: none, or several; says which there are.
    """
    known = names(folder)
    word = word.strip("/").lower()
    numbered = [name for name in known if word.isdigit() and name.split("-")[0] == f"{int(word):02d}"]
    exact = numbered or [name for name in known if word in (name, name.partition("-")[2])]
    found = exact or [name for name in known if word and word in name]
    if len(found) == 1:
        return found[0]
    if found:
        raise LessonError(f"{word!r} may be {' or '.join(found)}")
    close = near(word, folder)
    raise LessonError(f"there is no lesson {word!r}" + (f": did you mean {find(close[0], folder)}?" if close else ""))


def near(word: str, folder: Path = FOLDER) -> list[str]:
    """The name that somebody may have meant who wrote that of no lesson; or none."""
    known = names(folder)
    return get_close_matches(word.strip("/").lower(), [*known, *(name.partition("-")[2] for name in known)], 1)


@cache
def lesson(name: str, language: str, folder: Path = FOLDER) -> Lesson:
    """Read a lesson in a language.

    Raises:
        LessonError, OSError: as `reader.read`.
    """
    return read(folder / name / f"lesson.{language}.md")


@cache
def quiz(language: str) -> list[Question]:
    """The questions before and after the course.

    Raises:
        LessonError, OSError: as `reader.read`.
    """
    return questions(read(QUIZ / f"quiz.{language}.md"))
