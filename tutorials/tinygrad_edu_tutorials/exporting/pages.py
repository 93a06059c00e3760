"""A lesson as one page of HTML: it asks for nothing, and what its commands show is computed in frames."""

from __future__ import annotations

import base64
import html
from string import Template
from typing import Any

from markdown_it import MarkdownIt
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from tinygrad_edu_viz.javascript import assemble as javascript
from tinygrad_edu_viz.pages.parts import head, packed, themed
from tinygrad_edu_words import _, page_texts

from ..reading.lesson import Lesson, Part, commands, explanation
from .players import Player, player
from .predictions import form, key_of, known

_MARKDOWN = MarkdownIt("commonmark").enable("table")
_COLOURS: Any = HtmlFormatter(nowrap=True)


def page(lesson: Lesson, language: str, solutions: bool = False) -> str:
    """The page, in the language that is spoken, which is that of the lesson.

    Args:
        solutions: whether solutions, recognised mistakes and the answers of predictions stand in it, to be opened.
    """
    made = _Page(lesson, solutions)
    parts = "\n".join(filter(None, map(made.part, lesson.parts)))
    style = themed(_packaged("lesson.css"), "auto")
    script = judge()
    title = html.escape(lesson.head["title"])
    about = _("{goal} ({minutes} minutes)").format(goal=lesson.head["goal"], minutes=lesson.head["minutes"])
    return Template(_packaged("lesson.html")).substitute(
        head=head(title, script, style, framed=[each.page for each in made.players]),
        title=made.title or f"<h1>{title}</h1>",
        about=html.escape(about),
        contents="\n".join(f'<li><a href="#{key}">{words}</a></li>' for key, words in made.contents),
        parts=parts,
        made=_("A lesson of {program}.").format(program="tinygrad-edu"),
        packed=packed(script, predictions=made.predictions),
    )


def judge() -> str:
    """The program that judges predictions, in the language that is spoken."""
    return javascript.packaged(javascript.WORDS) + _packaged("lesson.js")


def prose(text: str) -> str:
    """Markdown as HTML, in which what may be wider than the page can be scrolled with keys."""
    made: str = _MARKDOWN.render(text).rstrip()
    made = made.replace("<pre>", '<pre tabindex="0">')
    return made.replace("<table>", '<div class="scroll" tabindex="0"><table>').replace("</table>", "</table></div>")


def code(text: str, kind: str = "") -> str:
    """A program in colours."""
    coloured: str = highlight(text.rstrip(), PythonLexer(), _COLOURS).rstrip()
    return f'<pre tabindex="0"{kind and f" class={kind!r}"}><code>{coloured}</code></pre>'


class _Page:
    """What is collected while the parts are written.

    Attributes:
        title: the heading of the whole page.
        contents: of each other heading, its address and its words.
        predictions: what the program of the page knows of each form, by its id.
    """

    def __init__(self, lesson: Lesson, solutions: bool):
        self.lesson, self.solutions = lesson, solutions
        self.title = ""
        self.contents: list[tuple[str, str]] = []
        self.players: list[Player] = []
        self.predictions: dict[str, Any] = {}

    def part(self, part: Part) -> str:
        """A part as HTML; "" for what is not shown."""
        match part.kind:
            case "heading":
                return self._heading(part)
            case "code" | "figure" | "program":
                return code(part.text)
            case "exercise":
                return code(part.text, "exercise") + self._how_to_check(part)
            case "output":
                label = html.escape(_("What it prints"))
                return f'<pre class="output" tabindex="0" aria-label="{label}">{html.escape(part.text.rstrip())}</pre>'
            case "image":
                return self._picture(part)
            case "command":
                return "\n".join(map(self._command, commands(part)))
            case "predict":
                return self._prediction(part) + (self._details(part) if self.solutions else "")
            case "recall":
                question, answer = _MARKDOWN.renderInline(part.summary), self._details(part, _("The answer"))
                return f'<div class="recall"><p><strong>{question}</strong></p>\n{answer}</div>'
            case "hint":
                return self._details(part)
            case "solution" | "mistake":
                return self._details(part) if self.solutions else ""
        return prose(part.clean)

    def _heading(self, part: Part) -> str:
        words: str = _MARKDOWN.renderInline(part.clean.strip())
        if part.attrs["level"] == "1":
            self.title = f"<h1>{words}</h1>"
            return ""
        if part.attrs["level"] != "2":
            return f"<h{part.attrs['level']}>{words}</h{part.attrs['level']}>"
        key = f"page-{len(self.contents) + 2}"
        self.contents.append((key, words))
        return f'<h2 id="{key}">{words}</h2>'

    def _details(self, part: Part, summary: str = "") -> str:
        inside = "\n".join(map(self.part, part.parts))
        words = _MARKDOWN.renderInline(summary or part.summary)
        return f'<details class="{part.kind}"><summary>{words}</summary>\n{inside}\n</details>'

    def _picture(self, part: Part) -> str:
        content = base64.b64encode((self.lesson.path.parent / part.attrs["src"]).read_bytes()).decode()
        image = f'<img src="data:image/svg+xml;base64,{content}" alt="{html.escape(part.attrs["alt"])}">'
        label = html.escape(_("Picture"))
        return f'<div class="picture" tabindex="0" role="group" aria-label="{label}">{image}</div>'

    def _command(self, command: str) -> str:
        typed = f'<pre class="command" tabindex="0"><code>{html.escape(command)}</code></pre>'
        found = player(command)
        if found is None:
            return f"<p>{html.escape(_('Type this in a terminal:'))}</p>\n{typed}"
        self.players.append(found)
        sandbox = " ".join(["allow-scripts", *found.allowed])
        words = _("This is what the command shows in a terminal; here the page computes it:")
        return (
            f'<figure class="player"><figcaption>{html.escape(words)} {html.escape(found.note)}\n{typed}</figcaption>\n'
            f'<iframe srcdoc="{html.escape(found.page)}" sandbox="{sandbox}" title="{html.escape(found.title)}" '
            f'height="{found.height}" loading="lazy"></iframe></figure>'
        )

    def _prediction(self, part: Part) -> str:
        key = key_of(part)
        self.predictions[key] = known(part, prose, "\n".join(map(self.part, explanation(part))))
        return form(part)

    def _how_to_check(self, part: Part) -> str:
        number = next(k for k, parts in enumerate(self.lesson.pages, 1) if part in parts)
        command = f"tinygrad-edu tutorial read {self.lesson.name} {number}"
        words = _("To write it and have it checked, type {command} in the folder that {start} makes.")
        typed = (f"<code>{each}</code>" for each in (command, "tinygrad-edu tutorial start"))
        return (
            '\n<p class="quiet">'
            + html.escape(words).format(**dict(zip(("command", "start"), typed, strict=True)))
            + "</p>"
        )


def _packaged(name: str) -> str:
    return page_texts.packaged(__package__, name)
