"""Markdown becomes a lesson. markdown-it-py reads it here, as it does for the terminal and for the site."""

from __future__ import annotations

import re
import shlex
from difflib import get_close_matches
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from .lesson import SHEETS, Lesson, LessonError, Part, unmarked, words_of

_OPEN = re.compile(r"<details((?:\s+data-[a-z]+=\"[^\"]*\")+)\s*>\s*<summary>(.*?)</summary>", re.DOTALL)
_ATTRIBUTE = re.compile(r'data-([a-z]+)="([^"]*)"')
_IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)$", re.DOTALL)
_CONFIRMED = re.compile(r"<!-- en: (\w+) -->")
_MAY_STAND = {
    "hint": {"hint"},
    "solution": {"solution"},
    "mistake": {"mistake"},
    "recall": {"recall"},
    "predict": {"predict", "answer", "computed", "within", "lesson"},
}
_BEHIND_PYTHON = {"figure": "figure", "exercise": "exercise", "solution": "program"}


def read(path: Path) -> Lesson:
    """Read a lesson.

    Raises:
        LessonError: its head or a `<details>` is not as the format wants it.
        OSError: the file cannot be read.
    """
    source = path.read_text(encoding="utf-8")
    head, body, offset = _head(path, source)
    reader = _Reader(path, body.split("\n"), offset)
    for token in MarkdownIt("commonmark").enable("table").parse(body):
        if token.map and token.level == 0:
            reader.take(token)
    return Lesson(path, head, reader.finish(), source)


def _head(path: Path, source: str) -> tuple[dict[str, str], str, int]:
    """What stands between the lines --- at the top; the rest; and the line where that begins, from 0."""
    found = re.match(r"---\n(.*?)\n---\n", source, re.DOTALL)
    if not found:
        raise LessonError(f"{path.parent.name}/{path.name}:1: no head: begin with --- title: ... goal: ... ---")
    head = {}
    for number, line in enumerate(found[1].splitlines(), 2):
        name, colon, text = line.partition(":")
        if not colon:
            raise LessonError(f"{path.parent.name}/{path.name}:{number}: a line of the head is NAME: TEXT")
        head[name.strip()] = text.strip()
    return head, source[found.end() :], found[0].count("\n")


class _Reader:
    def __init__(self, path: Path, lines: list[str], offset: int):
        self.path, self.lines, self.offset = path, lines, offset
        self.parts: list[Part] = []
        self.sheet: Part | None = None

    def take(self, token: Token) -> None:
        assert token.map is not None
        start, end = token.map
        text, line = "\n".join(self.lines[start:end]).rstrip(), start + 1 + self.offset
        if token.type == "html_block":
            self._tags(text, line)
        elif token.type == "fence":
            self._add(self._fence(token, line))
        elif token.type == "heading_open":
            self._add(Part("heading", text.lstrip("# "), line, {"level": token.tag[1:]}))
        elif found := _IMAGE.match(text):
            self._add(Part("image", text, line, {"alt": " ".join(unmarked(found[1]).split()), "src": found[2]}))
        elif token.type != "hr":
            self._add(Part("prose", text, line))

    def finish(self) -> list[Part]:
        if self.sheet is not None:
            raise self._error(
                self.sheet.line, "this <details> is never closed: </details>, with an empty line before it"
            )
        return self.parts

    def _add(self, part: Part) -> None:
        (self.parts if self.sheet is None else self.sheet.parts).append(part)

    def _tags(self, text: str, line: int) -> None:
        """Comments, `<details ...>` and `</details>`, of which several may stand together."""
        if found := _CONFIRMED.match(text):
            if self.parts and self.parts[-1].kind == "heading":
                self.parts[-1].attrs["en"] = found[1]
            return
        if text.startswith("<!--"):
            return
        for piece in filter(None, map(str.strip, re.split(r"(?=<details)|(?<=</details>)", text))):
            if piece == "</details>" and self.sheet is not None:
                self.sheet = None
            elif piece.startswith("<details"):
                self._open(piece, line + text[: text.index(piece)].count("\n"))
            else:
                raise self._error(line, f"HTML that has no meaning here: {piece[:60]!r}")

    def _open(self, tag: str, line: int) -> None:
        found = _OPEN.fullmatch(tag)
        if not found:
            wanted = '<details data-hint="NAME"><summary>Hint 1</summary>, and an empty line'
            raise self._error(line, f"{tag[:60]!r} cannot be read; it is written {wanted}")
        attrs = dict(_ATTRIBUTE.findall(found[1]))
        kind = next(iter(attrs))
        if kind not in SHEETS:
            raise self._error(line, f"data-{kind} is unknown{_guess(kind, SHEETS)}")
        if strange := attrs.keys() - _MAY_STAND[kind]:
            raise self._error(line, f"data-{kind} has no data-{min(strange)}{_guess(min(strange), _MAY_STAND[kind])}")
        if self.sheet is not None:
            raise self._error(line, f"a <details> inside of that of line {self.sheet.line}, which is not closed")
        part = Part(kind, "", line, attrs, words_of(found[2]))
        self.parts.append(part)
        self.sheet = part

    def _fence(self, token: Token, line: int) -> Part:
        language, *rest = shlex.split(token.info) or ["text"]
        attrs = dict(item.partition("=")[::2] for item in rest)
        if language == "python":
            if strange := attrs.keys() - _BEHIND_PYTHON.keys():
                raise self._error(line, f"python has no {min(strange)}={_guess(min(strange), _BEHIND_PYTHON)}")
            kind = next((kind for name, kind in _BEHIND_PYTHON.items() if name in attrs), "code")
        elif language == "output":
            kind = "output"
        elif language == "sh" and "run" in attrs:
            kind = "command"
        else:
            return Part("prose", f"```{token.info}\n{token.content}```", line)
        return Part(kind, token.content, line + 1, attrs)

    def _error(self, line: int, text: str) -> LessonError:
        return LessonError(f"{self.path.parent.name}/{self.path.name}:{line}: {text}")


def _guess(word: str, known: object) -> str:
    names = list(known)  # type: ignore[call-overload]
    close = get_close_matches(word, names, 1)
    return f": did you mean {close[0]}?" if close else f"; there are {', '.join(names)}"
