"""A lesson in one language: the parts of its page, in order, and the questions that are asked of them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

LANGUAGES = ("en", "de")
SHEETS = ("hint", "solution", "mistake", "predict", "recall")
"""What a `<details>` may be: `data-hint="walk"` and so on."""

PROGRAMS = ("code", "figure", "exercise", "program")
"""Kinds of parts that are Python. A "program" is the solution of an exercise."""

_MARKED = re.compile(
    r"(?P<said>[-−]?\d+(?:[\u202f\u2009]\d{3})*(?:\.\d+)?(?:e[-+]?\d+)?)"
    r"(?P<after>(?:\s?%)?(?:\*\*|`|\*)?)<!--=\s*(?P<expression>.+?)\s*-->"
)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ASKED = re.compile(r"[?.]\s+(?:> )?(?=\*\*a\*\*)")
_CHOICE = re.compile(r"\s+(?:> )?(?=\*\*[a-e]\*\*\s)")


class LessonError(Exception):
    """A lesson that cannot be read; says the file, the line, and what to write."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number of the prose, and the expression that it must equal."""

    said: str
    expression: str

    @property
    def value(self) -> float:
        return float(re.sub(r"[\u202f\u2009]", "", self.said).replace("−", "-"))

    def equals(self, value: float) -> bool:
        """Whether a computed number is this one, rounded as it is written."""
        digits, _, power = self.said.partition("e")
        half = 0.5 * 10.0 ** (-len(digits.partition(".")[2]) + int(power or 0))
        return abs(value - self.value) <= half * (1 + 1e-9)


@dataclass(slots=True)
class Part:
    """A piece of a lesson's page.

    Attributes:
        kind: heading, prose, image, code, figure, output, command, exercise, program, or one of `SHEETS`.
        text: Markdown; of programs, outputs and commands their own lines; of a heading its words.
        line: where it stands in its file, from 1; of a fenced block, its first line of content.
        attrs: what was written behind the fence, or in the tag.
        summary: of a sheet, what is seen before it is opened.
        parts: of a sheet, what is in it.
    """

    kind: str
    text: str
    line: int
    attrs: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    parts: list[Part] = field(default_factory=list)

    @property
    def key(self) -> str:
        """The name that its attribute gives: of `exercise=walk`, "walk"."""
        return self.attrs.get("solution" if self.kind == "program" else self.kind, "")

    @property
    def numbers(self) -> list[Number]:
        """The marked numbers of its prose."""
        return [Number(found["said"], found["expression"]) for found in _MARKED.finditer(self.text)]

    @property
    def clean(self) -> str:
        """The text without its comments, which are for machines; choices that follow a question stand in lines of
        their own."""
        text = unmarked(self.text)
        if not (text.startswith(">") and _ASKED.search(text)):
            return text
        return _CHOICE.sub("\\\\\n> ", text)


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson in one language.

    Attributes:
        head: title, goal, minutes, needs; and extras, where it needs some.
    """

    path: Path
    head: dict[str, str]
    parts: list[Part]
    source: str

    @property
    def name(self) -> str:
        """Of its folder, such as "08-backprop"."""
        return self.path.parent.name

    @property
    def extras(self) -> list[str]:
        """The extras of the package that it needs."""
        names = map(str.strip, self.head.get("extras", "").split(","))
        return [name for name in names if name not in ("", "-")]

    @property
    def data(self) -> list[Path]:
        """The files of its folder `data`, which stand beside the learner's programs."""
        return sorted(path for path in self.path.parent.glob("data/*") if path.is_file())

    def flat(self) -> Iterator[Part]:
        """All parts, those inside of sheets too, in the order of the page."""
        for part in self.parts:
            yield part
            yield from part.parts

    def all(self, kind: str, key: str | None = None) -> list[Part]:
        """The parts of a kind; those of one key, if it is given."""
        return [part for part in self.flat() if part.kind == kind and key in (None, part.key)]

    def one(self, kind: str, key: str) -> Part:
        """The part of a kind and a key.

        Raises:
            LessonError: there is none.
        """
        for part in self.all(kind, key):
            return part
        raise LessonError(f"{self.where()}: there is no {kind} of {key!r}")

    @property
    def pages(self) -> list[list[Part]]:
        """The parts of each page; a page begins at a heading `##`, and what stands above the first is one, too."""
        found: list[list[Part]] = [[]]
        for part in self.parts:
            if part.kind == "heading" and part.attrs["level"] == "2":
                found.append([])
            found[-1].append(part)
        return [page for page in found if page]

    def where(self, part: Part | None = None, line: int = 0) -> str:
        """ "08-backprop/lesson.en.md:12", of a part's line, or a line counted from it."""
        place = f"{self.name}/{self.path.name}"
        return place if part is None else f"{place}:{part.line + line}"


def commands(part: Part) -> list[str]:
    """The commands of a part of the kind "command", one a line."""
    lines = part.text.replace("\\\n", " ").strip().splitlines()
    return [line for line in map(str.strip, lines) if line and not line.startswith("#")]


def wrong_answers(prediction: Part) -> dict[str, str]:
    """The wrong answers that a prediction explains, from its list items: - `4` That is the way through the product."""
    items = {}
    for part in prediction.parts:
        if part.kind == "prose" and part.text.startswith("- "):
            for item in re.split(r"\n(?=- )", part.text):
                if found := re.match(r"- `([^`]+)`\s+(.+)", item, re.DOTALL):
                    items[found[1]] = " ".join(found[2].split())
    return items


def explanation(prediction: Part) -> list[Part]:
    """What a prediction says of its right answer: all but the list of wrong ones."""
    return [part for part in prediction.parts if not part.text.startswith("- `")]


def unmarked(text: str) -> str:
    """Markdown without its comments, such as the expressions behind numbers."""
    return _COMMENT.sub("", text)


def words_of(summary: str) -> str:
    """A `<summary>` as text."""
    return html.unescape(re.sub(r"<[^>]+>", "", summary)).strip()
