"""A lesson as a notebook of Jupyter (https://nbformat.readthedocs.io/en/latest/format_description.html)."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from typing import Any

from tinygrad_edu_words import _

from ..reading.lesson import Lesson, Part, commands, explanation
from .markdown import details, markdown
from .requirement import requirement

HAVE_PLAIN = ("step", "train", "replay", "landscape")  # commands that fill a terminal, and print lines if asked to
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}

Cell = tuple[str, str]
"""Its kind, "markdown" or "code", and its text."""


def notebook(lesson: Lesson, language: str, solutions: bool = False) -> str:
    """The notebook, as JSON; the same lesson gives the same bytes.

    Args:
        language: of the lesson; the words around it are those of the language that is spoken.
        solutions: whether exercises and predictions hold the solutions.
    Raises:
        ImportError: nbformat is not installed.
    """
    nbformat: Any = importlib.import_module("nbformat")
    made = nbformat.v4.new_notebook(metadata=METADATA)
    for number, (kind, text) in enumerate(_joined(_cells(lesson, language, solutions))):
        new = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
        made.cells.append(new(text, id=f"{lesson.name}-{number:03d}"))
    nbformat.validate(made)
    return nbformat.writes(made) + "\n"


def _joined(cells: Iterator[Cell]) -> Iterator[Cell]:
    """Cells of Markdown that follow each other as one, but for headings, which begin one."""
    waiting: list[str] = []
    for kind, text in cells:
        if waiting and (kind == "code" or text.startswith("#")):
            yield "markdown", "\n\n".join(waiting)
            waiting = []
        if kind == "code":
            yield kind, text
        else:
            waiting.append(text)
    if waiting:
        yield "markdown", "\n\n".join(waiting)


def _cells(lesson: Lesson, language: str, solutions: bool) -> Iterator[Cell]:
    yield "code", _first(lesson, language)
    for part in lesson.parts:
        yield from _cell(lesson, part, language, solutions)
        if part.kind == "heading" and part.attrs["level"] == "1":
            goal = _("{goal} ({minutes} minutes)").format(goal=lesson.head["goal"], minutes=lesson.head["minutes"])
            yield "markdown", f"*{goal}*"


def _first(lesson: Lesson, language: str) -> str:
    needs = _("# Nothing runs without this package. If it is missing, remove the # of the next line and run the cell:")
    return (
        f"{needs}\n# %pip install {requirement(lesson)}\n\n"
        f"%load_ext tinygrad_edu_tutorials.notebook\n%tutorial {lesson.name} {language}"
    )


def _cell(lesson: Lesson, part: Part, language: str, solutions: bool) -> Iterator[Cell]:
    match part.kind:
        case "code" | "figure":
            yield "code", part.text.rstrip()
        case "output" | "mistake":
            pass  # the cell above prints it; the check tells it
        case "command":
            yield "code", "\n".join(_in_shell(command, language) for command in commands(part))
        case "exercise":
            text = lesson.one("program", part.key).text if solutions else part.text
            yield "code", f"%%tutorial {part.key}\n{text.rstrip()}"
        case "solution":
            pass
        case "predict":
            yield "code", f"%predict {part.key} {part.attrs['answer'] if solutions else '...'}"
            yield "markdown", details(part.summary, explanation(part))
        case _:
            yield "markdown", markdown(part)


def _in_shell(command: str, language: str) -> str:
    """A command as IPython hands it on: to a shell without a screen, and with no names of Python put in."""
    program, _blank, rest = re.sub(r"([{}])", r"\1\1", command).replace("$", "$$").partition(" ")
    if program != "tinygrad-edu":
        return f"!{program} {rest}"
    plain = " --plain" if rest.split()[0] in HAVE_PLAIN and not re.search(r"--(plain|json|order)\b", rest) else ""
    spoken = f" --lang {language}" if language != "en" else ""
    return f"!{program}{spoken} {rest}{plain}"
