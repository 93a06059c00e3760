"""The lines above and below a page, and the list of all lessons."""

from __future__ import annotations

from rich.segment import Segment

from tinygrad_edu_tutorials.learning.session import Page, Session, rows
from tinygrad_edu_viz.cells import cell_width
from tinygrad_edu_words import _

from ...tui import keys as common
from ...tui import look
from . import keys

Place = tuple[str, int | None]
"""A lesson, and one of its pages; None is where it was left."""


def title(session: Session, page: Page, width: int) -> list[Segment]:
    """The lesson at the left; at the right the page, and the exercises that are done."""
    exercises = [part.key for part in page.lesson.all("exercise")]
    done = sum(f"{page.lesson.name}/{key}" in session.state.done for key in exercises)
    where = " " + _("PAGE {n}/{total}").format(n=page.number, total=page.total) + " "
    if exercises:
        where += "  " + _("✓ {done} of {total} exercises").format(done=done, total=len(exercises)) + " "
    where = look.shown(where)
    number = page.lesson.name.partition("-")[0]
    words = page.lesson.head.get("title", "")
    left = Segment(look.shown(f" {int(number)}  {words}" if number.isdigit() else f" {words}"), look.STRONG)
    return [*Segment.adjust_line_length([left], max(width - cell_width(where), 0)), Segment(where, look.FORWARD)]


def progress(page: Page, width: int) -> list[Segment]:
    """How far the page is in its lesson."""
    read, rest = ("=", "-") if look.is_ascii() else ("━", "─")
    cut = width * page.number // page.total
    return [Segment(read * cut, look.FORWARD), Segment(rest * (width - cut), look.QUIET)]


def footer(shown: list[tuple[str, str]], width: int) -> list[Segment]:
    """Keys, and what they do."""
    pairs = common.footer(shown, width, left_out=keys.LEFT_OUT)
    return [Segment(*piece) for key, text in pairs for piece in ((f" {key}", look.STRONG), (f" {text} ",))]


def lessons(session: Session, page: Page) -> tuple[list[str], list[Place], int]:
    """All lessons, and the pages of the open one: a line for each, where it leads, and the number of this page's."""
    lines: list[str] = []
    places: list[Place] = []
    chosen = 0
    for row in rows(session):
        name, here = row.lesson.name, row.lesson.name == page.lesson.name
        done = f"{len(row.done)}/{len(row.exercises)}"
        sign = "✓" if row.exercises and len(row.done) == len(row.exercises) else "›" if row.page else " "
        minutes = _("{n} min").format(n=row.lesson.head.get("minutes", "?"))
        lines.append(f"{sign} {done:>5}  {name:<19} {minutes:>6}  {row.lesson.head.get('title', '')}")
        places.append((name, None))
        for number, parts in enumerate(page.lesson.pages if here else [], 1):
            heading = next((part.clean.strip() for part in parts if part.kind == "heading"), "")
            chosen = len(lines) if number == page.number else chosen
            lines.append(f"{'':>9}{number:>2}  {heading}")
            places.append((name, number))
    return lines, places, chosen
