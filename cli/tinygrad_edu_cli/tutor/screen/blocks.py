"""What stands on a page: text, and what is opened, answered or checked in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from markdown_it import MarkdownIt
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Collapsible, Input, Markdown, Static

from tinygrad_edu_tutorials.learning.session import Answered, Checked, Hint, Page, Session
from tinygrad_edu_tutorials.reading.answers import number_of
from tinygrad_edu_tutorials.reading.lesson import Part, explanation
from tinygrad_edu_words import _

from .. import facts, said

TRIES = 2  # wrong answers, after which the right one may be opened


class Text(Markdown):
    """Markdown, as lessons are written."""

    def __init__(self, text: str, classes: str = ""):
        super().__init__(text, classes=classes, parser_factory=parser, open_links=False)


def parser() -> MarkdownIt:
    """Of the Markdown that lessons are written in."""
    return MarkdownIt("commonmark").enable("table")


def markdown_of(part: Part) -> str:
    """A part that everybody sees, as Markdown; "" of what is hidden or asked."""
    match part.kind:
        case "heading":
            return f"{'#' * int(part.attrs['level'])} {part.clean.strip()}"
        case "prose":
            return part.clean
        case "code" | "figure" | "exercise" | "program":
            return fenced(part.text, "python")
        case "output":
            return _("prints:") + "\n\n" + fenced(part.text)
        case "command":
            return fenced(part.text, "sh") + "\n\n" + _("**r** runs it, here, and comes back.")
        case "image":
            return "> " + said.picture(part.attrs["alt"]) + "\n>\n> " + _("**o** shows it.")
    return ""


def fenced(text: str, language: str = "text") -> str:
    """A program's lines, as they are; the fence is longer than any in them."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def text_of(parts: Iterable[Part]) -> str:
    return "\n\n".join(filter(None, map(markdown_of, parts)))


def page_blocks(session: Session, page: Page, left: Page | None) -> Iterator[Widget]:
    """All that stands on a page, from what the page before it left open to its last exercise."""
    if left:
        yield from _left(session, left)
    gathered: list[str] = []
    for number, part in enumerate(page.parts):
        text = markdown_of(part)
        if text:
            gathered.append(text)
        if number == 0 and page.number == 1:
            gathered.append(f"*{said.goal(page)}*")
        block = _block(session, page, part)
        if block is not None:
            yield Text("\n\n".join(gathered))
            gathered = []
            yield block
    if gathered:
        yield Text("\n\n".join(gathered))


def _block(session: Session, page: Page, part: Part) -> Widget | None:
    name = page.lesson.name
    if part.kind == "recall":
        title = _("Do you remember? {question}").format(question=part.summary.replace("`", ""))
        return Details(title, text_of(part.parts))
    if part.kind == "predict":
        return Prediction(part, session.state.answers.get(f"{name}/{part.key}"), session.is_right(page, part))
    if part.kind == "exercise":
        return Exercise(session, page, part.key)
    return None


def _left(session: Session, page: Page) -> Iterator[Widget]:
    """The answers to predictions of a page that were not right, each below its question."""
    question: list[Part] = []
    for part in page.parts:
        if part.kind == "predict" and not session.is_right(page, part):
            title = _("From the page before: what you were to predict is {answer}.").format(answer=part.attrs["answer"])
            yield Details(title, text_of([*question, *explanation(part)]))
        question = [part] if part.kind == "prose" else []


class Details(Collapsible):
    """What is opened by Enter or a click."""

    def __init__(self, title: str, text: str, collapsed: bool = True):
        super().__init__(Text(text), title=Content(title), collapsed=collapsed)  # type: ignore[arg-type]


class Prediction(Vertical):
    """A field for an answer, and what that looks like."""

    class Given(Message):
        """Somebody answered."""

        def __init__(self, prediction: Prediction, answer: str):
            super().__init__()
            self.prediction, self.answer = prediction, answer

    def __init__(self, part: Part, before: str | None, right: bool):
        super().__init__()
        self.part, self.before, self.right = part, before, right
        self.tries = 0

    def compose(self) -> ComposeResult:
        number = number_of(self.part.attrs["answer"]) is not None
        with Horizontal():
            yield Static(_("Your answer:"), classes="label", markup=False)
            yield Input(
                self.before or "",
                compact=True,
                placeholder=_("a number") if number else _("a letter"),
                select_on_focus=False,  # it would select what was typed meanwhile
                max_length=100,
            )
        yield Static(classes="judgement", markup=False)
        yield Text("", classes="why")
        answer = Details(_("Answer"), text_of(explanation(self.part)))
        answer.display = False
        yield answer

    def on_mount(self) -> None:
        self.query_one(".why").display = False
        self.field.action_select_all()
        if self.before is not None and self.right:
            self._settle(said.right(Answered("", self.before, True, None, [])))
        elif self.before is not None:
            self._judge("✗ " + said.wrong(Answered("", self.before, False, None, [])), "wrong")

    @property
    def field(self) -> Input:
        return self.query_one(Input)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value.strip():
            self.post_message(self.Given(self, event.value.strip()))

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()

    async def show(self, answered: Answered) -> None:
        """Say what an answer is worth; after the second wrong one, the right one may be opened."""
        why = self.query_one(".why", Text)
        why.display = not answered.right
        if answered.right:
            self._settle(said.right(answered))
            self.query_one(Details).collapsed = False
            return
        self.tries += 1
        await why.update(said.why(answered))
        again = _("Try again.") if self.tries < TRIES else _("Try again, or open the answer below: Tab, Enter.")
        self._judge(f"✗ {said.wrong(answered)} {again}", "wrong")
        self.query_one(Details).display = self.tries >= TRIES
        self.field.action_select_all()

    def _settle(self, told: str) -> None:
        self.right = True
        self._judge(f"✓ {told}", "right")
        self.query_one(Details).display = True

    def _judge(self, text: str, kind: str) -> None:
        judgement = self.query_one(".judgement", Static)
        judgement.update(text)
        judgement.set_classes(f"judgement {kind}")


class Exercise(Vertical):
    """Below a stub: its file, the hints that were given, and the last verdict."""

    def __init__(self, session: Session, page: Page, key: str):
        super().__init__(id=f"exercise-{key}")
        self.lesson, self.key, self.file = page.lesson, key, page.files[key]
        self.shown = session.workspace.shown(self.file)
        self.full = f"{page.lesson.name}/{key}"
        self.given = session.state.hints.get(self.full, 0)
        self.done = self.full in session.state.done

    def compose(self) -> ComposeResult:
        yield Static(classes="file", markup=False)
        yield Vertical(classes="verdict")
        with Vertical(classes="hints"):
            hints = self.lesson.all("hint", self.key)
            for number, part in enumerate(hints[: self.given], 1):
                yield Details(said.hint(number, len(hints), self.key), text_of(part.parts))

    def on_mount(self) -> None:
        self.tell()

    def tell(self) -> None:
        """Say where the file is, and whether it is done."""
        told = _("{file}: e opens it, c checks it, and so does saving; h is a hint.").format(file=self.shown)
        if self.done:
            told = "✓ " + _("{file} is done.").format(file=self.shown)
        file = self.query_one(".file", Static)
        file.update(told)
        file.set_class(self.done, "right")

    async def show_hint(self, hint: Hint) -> Widget:
        """Open a hint, or the solution; gives where it stands."""
        place = self.query_one(".hints")
        title, text = told_of(hint)
        for found in place.query(Details):
            if str(found.title) == title:
                found.collapsed = False
                return found
        opened = Details(title, text, collapsed=False)
        await place.mount(opened)
        return opened

    async def show_checked(self, session: Session, checked: Checked) -> Widget:
        """Show a verdict in the place of the last one."""
        place = self.query_one(".verdict", Vertical)
        place.set_classes(f"verdict {'right' if checked.verdict.passed else 'wrong'}")
        self.done = self.full in session.state.done
        self.tell()
        await place.remove_children()
        await place.mount_all(verdict_blocks(session, checked))
        return place


def told_of(hint: Hint) -> tuple[str, str]:
    """What a hint, or the solution, is called, and what it says as Markdown."""
    if hint.total:
        return said.hint(hint.number, hint.total, hint.exercise), text_of(hint.part.parts)
    return said.solution(hint.exercise), markdown_of(hint.part)


def verdict_blocks(session: Session, checked: Checked) -> Iterator[Widget]:
    """A verdict, the mistake explained, and what the learner's program printed."""
    found = facts.checked(session, checked)
    sign = "✓" if checked.verdict.passed else "✗"
    yield Static(f"{sign} {found['said']}", classes="said", markup=False)
    if checked.told is not None:
        yield Static(f"{checked.told.summary}.", classes="mistake", markup=False)
        yield Text(text_of(checked.told.parts))
    elif checked.verdict.key == "other":
        yield Static(said.unknown_mistake(), markup=False)
    if checked.verdict.passed:
        yield Static(said.done(checked), markup=False)
    if printed := said.printed(checked):
        yield Static("\n".join([_("Your program printed:"), *(f"| {line}" for line in printed)]), markup=False)


def pictures(page: Page) -> list[tuple[Part, Path]]:
    """The pictures of a page, each with its file."""
    return [(part, page.lesson.path.parent / part.attrs["src"]) for part in page.parts if part.kind == "image"]
