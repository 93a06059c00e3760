"""What a session gives, as lines of text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tinygrad_edu_tutorials.learning import verdicts
from tinygrad_edu_tutorials.learning.advice import Step
from tinygrad_edu_tutorials.learning.session import Answered, Checked, Hint, Page, Row, Session
from tinygrad_edu_tutorials.reading.lesson import Part, explanation
from tinygrad_edu_words import _

from . import markdown, said

SCREENS = ("step", "train", "compare", "replay", "landscape")  # commands that fill a terminal


def page(found: Page) -> Iterator[str]:
    """A page, from its heading to what it leaves to do."""
    yield said.place(found)
    yield ""
    if found.number == 1:
        yield from (markdown.prose(said.goal(found)), "")
    for part in found.parts:
        yield from _part(found, part)


def _part(found: Page, part: Part) -> Iterator[str]:
    if part.kind == "heading":
        title = part.clean.strip()
        yield from (title, ("=" if part.attrs["level"] == "1" else "-") * min(len(title), markdown.width()), "")
    elif part.kind == "prose":
        yield from (markdown.block(part), "")
    elif part.kind in ("code", "figure"):
        yield from (markdown.code(part.text), "")
    elif part.kind == "output":
        yield from (_("prints:"), markdown.code(part.text), "")
    elif part.kind == "image":
        file = found.lesson.path.parent / part.attrs["src"]
        yield from (markdown.prose(said.picture(part.attrs["alt"])), f"  {file}", "")
    elif part.kind == "command":
        yield from (_invitation(part.text), markdown.code(part.text, 2), "")
    elif part.kind == "recall":
        yield from (markdown.prose(_("**Do you remember?** {question}").format(question=part.summary)), "")
    elif part.kind == "exercise":
        yield from (markdown.code(part.text), "")


def _invitation(commands: str) -> str:
    """What is said before commands."""
    if any(f"tinygrad-edu {name}" in commands for name in SCREENS):
        return _("Try it; in a terminal its keys step to and fro, and q ends it:")
    return _("In your terminal:")


def left(session: Session, found: Page) -> Iterator[str]:
    """What a page asked, once it is left: answers from earlier lessons, and predictions that were not right."""
    for part in found.parts:
        if part.kind == "recall":
            yield from (markdown.prose(_("To remember: {question}").format(question=part.summary)), "")
            yield from markdown.parts(part.parts)
        elif part.kind == "predict" and not session.is_right(found, part):
            yield _("To the prediction {key}: it is {answer}.").format(key=part.key, answer=part.attrs["answer"])
            yield ""
            yield from markdown.parts(explanation(part))


def checked(session: Session, found: Checked) -> Iterator[str]:
    """A verdict, and the mistake explained."""
    printed = said.printed(found)
    if printed:
        yield _("Your program printed:")
        yield from (f"  | {line}" for line in printed)
        yield ""
    verdict = verdicts.sentence(found.verdict, found.exercise, session.workspace.shown(found.file))
    if verdict:
        yield verdict
    if found.told is not None:
        yield from ("", f"{found.told.summary}.", "")
        yield from list(markdown.parts(found.told.parts))[:-1]
    elif found.verdict.key == "other":
        yield said.unknown_mistake()
    if found.verdict.passed:
        yield said.done(found)


def answered(found: Answered) -> Iterator[str]:
    """Whether a prediction was right, and why."""
    if found.right:
        yield from (said.right(found), "")
        yield from list(markdown.parts(found.explained))[:-1]
        return
    yield from (said.wrong(found), "", markdown.prose(said.why(found)))


def hint(found: Hint) -> Iterator[str]:
    """A hint, or the solution."""
    if found.total:
        yield from (said.hint(found.number, found.total, found.exercise), "")
        yield from list(markdown.parts(found.part.parts))[:-1]
    else:
        yield from (said.solution(found.exercise), "", markdown.code(found.part.text))


def rows(found: Iterable[Row]) -> Iterator[str]:
    """The list of all lessons."""
    for row in found:
        state = f"{len(row.done)}/{len(row.exercises)}"
        minutes = _("{n} min").format(n=row.lesson.head.get("minutes", "?"))
        yield f"{state:>5}  {row.lesson.name:<20} {minutes:>7}  {row.lesson.head.get('title', '')}"


def steps(found: Iterable[Step]) -> Iterator[str]:
    """What to type next."""
    for step in found:
        yield from (step.words, f"  {step.command}")
