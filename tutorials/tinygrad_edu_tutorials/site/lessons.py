"""A lesson as a page of the site: MyST, with players in the place of commands."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tinygrad_edu_words import _

from ..exporting.pages import code, prose
from ..exporting.predictions import form, key_of, known
from ..reading.lesson import Lesson, Part, commands, explanation

Frame = Callable[[str], str | None]
"""Gives the element of HTML that shows what a command does, or None."""


def page(lesson: Lesson, frame: Frame, figures: str, titles: Mapping[str, str]) -> str:
    """A lesson in MyST.

    Args:
        frame: see `Frame`.
        figures: where its figures lie, as seen from the page.
        titles: of all lessons.
    """
    heading, *rest = lesson.parts
    parts = [_part(heading, frame, figures), _facts(lesson, titles), *_parts(rest, frame, figures)]
    return "\n\n".join([*parts, _judged(lesson)]).rstrip() + "\n"


def line(lesson: Lesson) -> str:
    """A lesson in a list of lessons, seen from the root."""
    head = lesson.head
    minutes = _("{n} minutes").format(n=head["minutes"])
    return f"- [{title(lesson)}](lessons/{lesson.name}.md) ({minutes}): {head['goal']}"


def title(lesson: Lesson) -> str:
    """What stands above its page."""
    return lesson.parts[0].clean.strip()


def _facts(lesson: Lesson, titles: Mapping[str, str]) -> str:
    """What stands below the title."""
    head, number = lesson.head, lesson.name.partition("-")[0].lstrip("0")
    typed = f"tinygrad-edu tutorial read {number if number.isdigit() else lesson.name}"
    facts = [_("{n} minutes").format(n=head["minutes"])]
    if needs := [name for name in head["needs"].replace(" ", "").split(",") if name not in ("", "-")]:
        links = ", ".join(f'<a href="{name}.html">{html.escape(titles.get(name, name))}</a>' for name in needs)
        facts.append(_("comes after {lessons}").format(lessons=links))
    if lesson.extras:
        facts.append(f"<code>pip install '.[{html.escape(','.join(lesson.extras))}]'</code>")
    facts.append(_("exercises are checked in the terminal: {command}").format(command=f"<code>{typed}</code>"))
    return f'<p class="facts">{" · ".join(facts)}</p>\n\n*{head["goal"]}*'


def _parts(parts: Sequence[Part], frame: Frame, figures: str) -> list[str]:
    """Parts of a page, and mistakes that follow each other in a sheet of their own."""
    written: list[str] = []
    for k, part in enumerate(parts):
        before = k > 0 and parts[k - 1].kind == "mistake"
        after = k + 1 < len(parts) and parts[k + 1].kind == "mistake"
        if part.kind == "mistake" and not before:
            written.append(_opened("mistakes", _("What a wrong answer may show")))
        written.append(_part(part, frame, figures))
        if part.kind == "mistake" and not after:
            written.append("</details>")
    return written


def _judged(lesson: Lesson) -> str:
    """The program that judges the predictions of a page, and what it knows of them."""
    told = {key_of(part): known(part, prose, _explained(part)) for part in lesson.all("predict")}
    if not told:
        return ""
    data = json.dumps(told, ensure_ascii=False).replace("<", "\\u003c")
    return f'<script type="application/json" id="predictions">{data}</script>\n<script src="../lesson.js"></script>'


def _explained(part: Part) -> str:
    return "".join(code(each.text) if each.kind == "code" else prose(each.clean) for each in explanation(part))


def _part(part: Part, frame: Frame, figures: str) -> str:
    if part.parts:
        inside = _parts(part.parts, frame, figures)
        if part.kind == "predict":
            return "\n\n".join([form(part), _opened("predict", part.summary), *inside, "</details>"])
        return "\n\n".join([_opened(part.kind, part.summary), *inside, "</details>"])
    match part.kind:
        case "heading":
            return f"{'#' * int(part.attrs['level'])} {part.clean.strip()}"
        case "code" | "figure" | "program":
            return fence("python", part.text)
        case "exercise":
            return fence("{code-block} python", f":caption: {part.key}.py\n\n{part.text}")
        case "output":
            return f'<div class="output">\n\n{fence("text", part.text)}\n\n</div>'
        case "command":
            return "\n\n".join(command(typed, frame) for typed in commands(part))
        case "image":
            return f"![{part.attrs['alt']}]({figures}/{Path(part.attrs['src']).name})"
    return part.clean


def command(typed: str, frame: Frame) -> str:
    """What a command shows, where a page can show it, and the command."""
    found = frame(typed)
    return fence("sh", typed) if found is None else found


def fence(language: str, text: str) -> str:
    """A block of code."""
    return f"```{language}\n{text.rstrip()}\n```"


def _opened(kind: str, summary: str) -> str:
    words = re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(summary, quote=False))
    return f'<details class="{kind}"><summary>{words}</summary>'
