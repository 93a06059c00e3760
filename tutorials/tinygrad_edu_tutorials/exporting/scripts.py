"""A lesson as one file of Python with cells, `# %%`, as VS Code, Spyder and Jupytext know them
(https://jupytext.readthedocs.io/en/latest/formats-scripts.html#the-percent-format)."""

from __future__ import annotations

from collections.abc import Iterator

from tinygrad_edu_words import _

from ..reading.lesson import Lesson, Part, commands
from .markdown import markdown
from .requirement import requirement

BEGINS, ENDS = "# %% [exercise] {key}\n", '\ncheck("{key}")'
"""What stands above an exercise, and below it."""


def script(lesson: Lesson, language: str, solutions: bool = False) -> str:
    """The file. It runs from its top to its end, also with exercises that are not written yet.

    Args:
        language: of the lesson; the words around it are those of the language that is spoken.
        solutions: whether exercises and predictions hold the solutions.
    """
    return "\n".join([_first(lesson, language), *_cells(lesson, solutions)])


def _first(lesson: Lesson, language: str) -> str:
    missing = _("This lesson needs a package. Type: {command}").format(command=f"pip install {requirement(lesson)}")
    return f"""# %%
try:
    from tinygrad_edu_tutorials.script import lesson
except ModuleNotFoundError as error:
    raise SystemExit({missing!r}) from error

check, predict, hint = lesson({lesson.name!r}, {language!r}, __file__)
"""


def _cells(lesson: Lesson, solutions: bool) -> Iterator[str]:
    prose: list[str] = []
    for part in lesson.parts:
        if part.kind in ("output", "mistake", "hint", "solution"):
            continue
        if cell := _cell(lesson, part, solutions):
            if prose:
                yield _commented("\n\n".join(prose))
                prose = []
            yield cell
        else:
            prose.append(_prose(part))
    if prose:
        yield _commented("\n\n".join(prose))


def _cell(lesson: Lesson, part: Part, solutions: bool) -> str:
    match part.kind:
        case "code" | "figure":
            return f"# %%\n{part.text.rstrip()}\n"
        case "predict":
            if solutions:
                return f'# %%\npredict("{part.key}", {_literal(part.attrs["answer"])})\n'
            dots = _("your answer in the place of the dots: a number, or a letter in quotes")
            return f'# %%\npredict("{part.key}", ...)  # {dots}\n'
        case "exercise":
            text = lesson.one("program", part.key).text if solutions else part.text
            hints = _("# If you are stuck: {calls}").format(calls=f'hint("{part.key}", 1), 2, 3')
            return f"{BEGINS.format(key=part.key)}{text.rstrip()}\n{ENDS.format(key=part.key)}\n{hints}\n"
    return ""


def _literal(answer: str) -> str:
    return answer if answer[:1] in "-.0123456789" else f'"{answer}"'


def _prose(part: Part) -> str:
    if part.kind == "command":
        return "\n".join([_("Type this in a terminal:"), "", *(f"    {command}" for command in commands(part))])
    if part.kind == "recall":
        return "\n\n".join([f"**{part.summary}**", *map(markdown, part.parts)])
    return markdown(part)


def _commented(text: str) -> str:
    lines = "\n".join(f"# {line}".rstrip() for line in text.splitlines())
    return f"# %% [markdown]\n{lines}\n"
