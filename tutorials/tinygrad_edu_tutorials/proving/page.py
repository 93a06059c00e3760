"""The code of a page runs, prints what the page says, and computes every number of the prose."""

from __future__ import annotations

import contextlib
import io
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..reading.answers import number_of
from ..reading.lesson import LANGUAGES, Lesson, Part, wrong_answers
from ..reading.reader import read
from ..running import parts
from ..running.judging import load
from . import figures
from .commands import lay_out

_BARE = re.compile(r"(?<![\w.])[-−]?\d+\.\d+(?![\w.]*\w)")
_NOT_PROSE = re.compile(r"`[^`]*`|\]\([^)]*\)|^    .*$|\S+<!--.*?-->|```.*?```", re.MULTILINE | re.DOTALL)


class Page:
    """The namespace of a lesson's code, after all of it has run.

    Attributes:
        faults: what went wrong while it ran.
        figures: what each `figure=NAME` ended in.
    """

    def __init__(self, lesson: Lesson):
        self.lesson = lesson
        self.faults: list[str] = []
        self.figures: dict[str, Any] = {}
        self.space = parts.new_space()
        with tempfile.TemporaryDirectory() as workspace:
            lay_out(lesson, Path(workspace, lesson.name))
            with contextlib.chdir(workspace):
                self._run_all()
        checks = lesson.path.parent / "checks.py"
        self.known = vars(load(checks, "lesson_checks")) | self.space if checks.exists() else self.space

    def _run_all(self) -> None:
        printed = ""
        for part in self.lesson.flat():
            if part.kind in ("code", "figure"):
                printed = self._run(part)
            elif part.kind == "output" and part.text.strip() != printed.strip():
                self._fault(part, f"the code prints\n{printed.rstrip()}\nand the page says\n{part.text.rstrip()}")

    def _run(self, part: Part) -> str:
        out, name = io.StringIO(), self.lesson.where()
        with contextlib.redirect_stdout(out):
            try:
                shown = parts.run(part, name, self.space)
                if part.kind == "figure" and shown is None:
                    self._fault(part, f"the figure {part.key!r} must end in a line that is what it shows")
                elif part.kind == "figure":
                    self.figures[part.key] = shown
            except Exception as error:
                self._fault(part, f"raised {type(error).__name__}: {error}")
        return out.getvalue()

    def value(self, part: Part, expression: str) -> Any:
        """What an expression is; None, and a fault, if it raises."""
        try:
            return eval(expression, self.known)
        except Exception as error:
            self._fault(part, f"{expression}: {type(error).__name__}: {error}")
            return None

    def _fault(self, part: Part, text: str) -> None:
        self.faults.append(f"{self.lesson.where(part)}: {text}")


def page_faults(folder: str) -> list[str]:
    """Run the English page (the German code is the same, or `parity` says so), and compare both languages with it."""
    lessons = [read(Path(folder) / f"lesson.{language}.md") for language in LANGUAGES]
    page = Page(lessons[0])
    faults = figures.figure_faults(lessons[0], page.figures)
    return faults + text_faults(page, lessons)


def text_faults(page: Page, lessons: Iterable[Lesson]) -> list[str]:
    """Compare the numbers of the prose and the predicted answers of texts with what a page computes."""
    faults = []
    for lesson in lessons:
        page.lesson = lesson
        for part in lesson.flat():
            if part.kind in ("prose", "image"):
                faults += _number_faults(page, part)
            elif part.kind == "predict":
                faults += _prediction_faults(page, part)
    return page.faults + faults


def draw_figures(folder: str) -> list[str]:
    """Draw the figures of a lesson into its folder `figures`; gives what was written, or what went wrong."""
    page = Page(read(Path(folder) / "lesson.en.md"))
    target = Path(folder) / "figures"
    return page.faults + [
        f"{key}.svg: {'written' if figures.draw(shown, target / f'{key}.svg') else 'unchanged'}"
        for key, shown in page.figures.items()
    ]


def _number_faults(page: Page, part: Part) -> list[str]:
    faults, where = [], page.lesson.where(part)
    for number in part.numbers:
        value = page.value(part, number.expression)
        if value is None:
            continue
        try:
            agrees = number.equals(float(value))
        except (TypeError, ValueError):
            faults.append(f"{where}: {number.expression} is no number: {value!r}")
            continue
        if not agrees:
            faults.append(f"{where}: the text says {number.said}, and {number.expression} is {value}")
    for found in _BARE.findall(_NOT_PROSE.sub("", part.text)):
        faults.append(
            f"{where}: nothing computes {found}: write {found}<!--= EXPRESSION -->, or `{found}` if it is code"
        )
    return faults


def _prediction_faults(page: Page, part: Part) -> list[str]:
    where, answer = page.lesson.where(part), part.attrs.get("answer", "")
    faults = []
    if not answer:
        faults.append(f'{where}: a prediction needs data-answer="5", or a letter')
    elif (number := number_of(answer)) is not None and "computed" not in part.attrs:
        faults.append(f'{where}: nothing computes the answer {answer}: add data-computed="EXPRESSION"')
    elif expression := part.attrs.get("computed"):
        value = page.value(part, expression)
        right = (
            value == answer
            if number is None
            else value is not None and abs(float(value) - number) <= 5e-7 * abs(number)
        )
        if value is not None and not right:
            faults.append(f"{where}: data-answer is {answer}, and {expression} is {value}")
    wrong = wrong_answers(part)
    if len(wrong) < 2:
        faults.append(
            f"{where}: a prediction explains at least two wrong answers: - `4` That is ...; this one {len(wrong)}"
        )
    if answer in wrong:
        faults.append(f"{where}: {answer} is explained as wrong, and is right")
    return faults
