"""Lessons as one file of Python: what its lines `check(...)`, `predict(...)` and `hint(...)` call.

from tinygrad_edu_tutorials.script import lesson
check, predict, hint = lesson("08-backprop", "en", __file__)
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markdown import Markdown

from tinygrad_edu_words import _, speaking

from .exporting.scripts import BEGINS, ENDS
from .learning.desk import Desk, Told
from .learning.problems import Problem

WIDEST = 88


def lesson(name: str, language: str, file: str) -> tuple[Callable[[str], None], ...]:
    """The functions of a lesson: check(EXERCISE), predict(KEY, ANSWER), hint(EXERCISE, NUMBER). Each prints.

    Args:
        file: in which the exercises are, between the lines `# %% [exercise] NAME` and `check("NAME")`.
    Raises:
        SystemExit: there is no such lesson, or it cannot be begun; see `Desk`.
    """
    folder = Path(file).resolve().parent
    try:
        desk = Desk(name, language, folder)
    except Problem as problem:
        raise SystemExit(f"{problem.message}\n  {problem.hint}") from None
    os.chdir(folder)  # where the code of the lesson finds its data

    def check(exercise: str) -> None:
        _say(desk, lambda: desk.check(exercise, *_between(Path(file), exercise)), exercise)

    def predict(key: str, answer: object = "") -> None:
        _say(desk, lambda: desk.answer(key, "" if answer is ... else str(answer)), key)

    def hint(exercise: str, number: int = 1) -> None:
        _say(desk, lambda: desk.hint(exercise, number), exercise)

    return check, predict, hint


def _between(path: Path, exercise: str) -> tuple[str, str, int]:
    """The text of an exercise in a file, the file's name, and the line where it begins."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise Problem(_("cannot read {file}: {why}").format(file=path, why=_(error.strerror or str(error)))) from None
    above, begins, rest = text.partition(BEGINS.format(key=exercise))
    found, ends, _below = rest.partition(ENDS.format(key=exercise))
    if not (begins and ends):
        marks = " ... ".join(mark.format(key=exercise).strip() for mark in (BEGINS, ENDS))
        raise Problem(
            _("{file} has no exercise {name} between its two lines any more").format(file=path.name, name=exercise),
            _("write them again: {lines}").format(lines=marks),
        )
    return found + "\n", path.name, above.count("\n") + 2


def _say(desk: Desk, judge: Callable[[], Told], about: str) -> None:
    with speaking(desk.language):
        try:
            told = judge()
        except Problem as problem:
            print(problem.message, problem.hint, sep="\n  " if problem.hint else "", file=sys.stderr)
            return
    print(f"[{about}] {told.said}")
    if told.explained:
        console: Any = Console(width=WIDEST, highlight=False)
        console.print(Markdown(told.explained, code_theme="bw", hyperlinks=False))
