"""Exercises and predictions by the names that somebody types, with what they may have meant."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path

from tinygrad_edu_words import _

from .. import library
from ..reading.lesson import Lesson, LessonError
from .problems import Problem

EXTRAS = {"plots": ("matplotlib", "PIL"), "data": ("sklearn", "pooch"), "notebooks": ("nbformat",)}
"""What each extra of the package installs."""


def lesson_name(word: str) -> str:
    """The lesson that somebody means by "8" or "backprop".

    Raises:
        Problem: there is none, or there are several.
    """
    try:
        return library.find(word)
    except LessonError:
        what = _("there is no lesson {name}").format(name=repr(word)) + _meant(library.near(word))
        raise Problem(what, _see_list()) from None


def key_of(kind: str, word: str, lesson: str, read: Callable[[str], Lesson]) -> tuple[str, str]:
    """The lesson and the key of an "exercise", by its name, its file or its lesson and name; or of a "predict".

    That of the lesson which is read comes first.

    Raises:
        Problem: there is none.
    """
    path = Path(word.replace("\\", "/"))
    key = path.name.removesuffix(".py")
    folder = path.resolve().parent.name if path.suffix == ".py" else path.parent.name
    known = library.names()
    places = [folder] if folder in known else [lesson] if lesson in known else []
    others = [] if folder in known else [name for name in known if name not in places]
    keys: list[str] = []
    for name in (*places, *others):
        of_lesson = [part.key for part in read(name).all(kind)]
        if key in of_lesson:
            return name, key
        keys += of_lesson
    unknown = _("there is no exercise {name}") if kind == "exercise" else _("there is no prediction {name}")
    close = get_close_matches(key.split(".mine-")[0], keys, 1)
    raise Problem(unknown.format(name=repr(word)) + _meant(close), "" if close else _see_list())


def need_extras(lesson: Lesson) -> None:
    """Make sure that what a lesson needs is installed.

    Raises:
        Problem: something is missing.
    """
    missing = [extra for extra in lesson.extras if not all(map(find_spec, EXTRAS.get(extra, ())))]
    if missing:
        raise Problem(
            _("the lesson {name} needs more than is installed").format(name=lesson.name),
            _("type: {command}").format(command=f'pip install "tinygrad-edu[{",".join(missing)}]"'),
            "missing",
        )


def _meant(close: Iterable[str]) -> str:
    return "".join(_(": did you mean {name}?").format(name=name) for name in close)


def _see_list() -> str:
    return _("see: {command}").format(command="tinygrad-edu tutorial list")
