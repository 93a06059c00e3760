"""A trace, or a course, as one HTML page that steps through it, to and fro: no request to anywhere, nothing to install.

The page holds the picture, the recorded numbers as JSON, and a small program, `page.js`, that shows them. Names are the
user's, and may be anything: they are escaped in HTML, JSON is packed, and a policy (https://www.w3.org/TR/CSP3/) with
the hashes of our own program and style lets the browser run and load nothing else.
"""

from __future__ import annotations

import html
from collections.abc import Collection, Sequence
from string import Template
from typing import NamedTuple

from tinygrad_edu.tapes.javascript_code import UnwritableError
from tinygrad_edu_words import _

from ..cells import clean
from ..courses.course import Course
from ..javascript.graph import ComputedGraph
from ..pictures.box_facts import KINDS
from ..pictures.scene import Scene, lay_out_all
from ..trace import Trace
from .live import ROOM, live_graph, live_pass
from .page_parts import Parts, one_pass, several_passes
from .parts import head, packaged, packed, themed

LIMIT = 300  # boxes; more take a browser too long at each step
LONGEST_TITLE = 500  # characters


def page(
    subject: Trace | Course,
    title: str = "Backpropagation",
    note: str = "",
    rankdir: str = "LR",
    level: str = "auto",
    limit: int = LIMIT,
    theme: str = "auto",
    opens: int = 0,
    live: bool = False,
    others: Sequence[Trace] = (),
) -> str:
    """The page of a trace; or of a course, with its passes, the updates between them, and the curve of the loss.

    Args:
        title: what is stepped through, such as the expression.
        note: a sentence below the title.
        rankdir: "LR" draws from left to right, "TB" from top to bottom.
        level, limit: as of `levels.view`; a note says what became one box.
        theme: "light", "dark", or "auto" for what the reader's system has.
        opens: the step that is shown at first, where the address names none.
        live: of a trace, the page computes: numbers can be changed, and learn. Where it cannot (`why_not_live`) it
            says so, and replays what was recorded.
        others: the same function, recorded with other numbers; see `computed_graph`.
    Returns:
        HTML; write it in UTF-8.
    Raises:
        ArgumentError: another direction or theme, or as `levels.view`.
        MissingDot, DrawingError: as `render`.
    """
    graph = graph_of(subject, others) if live else None
    if isinstance(graph, str):
        note = " ".join(filter(None, [note, _("This page replays what was recorded: {reason}.").format(reason=graph)]))
        graph = None
    scenes = scenes_of(subject, rankdir, level, limit, graph is not None)
    return compose(subject, scenes, title, note, theme, opens, graph)


def why_not_live(subject: Trace | Course, others: Sequence[Trace] = ()) -> str:
    """Why a page cannot compute it; "" if it can."""
    graph = graph_of(subject, others)
    return graph if isinstance(graph, str) else ""


def graph_of(subject: Trace | Course, others: Sequence[Trace] = ()) -> ComputedGraph | str:
    """What a page computes, or why it cannot."""
    if isinstance(subject, Course):
        return _("its updates are recorded, too")
    try:
        return live_graph(subject, *others)
    except UnwritableError as error:
        return str(error)


def scenes_of(
    subject: Trace | Course, rankdir: str = "LR", level: str = "auto", limit: int = LIMIT, live: bool = False
) -> list[Scene]:
    """Each pass, laid out; for the arguments see `page`."""
    if isinstance(subject, Trace):
        return lay_out_all([subject], rankdir, level, limit, room=ROOM if live else 0)
    updated = [{update.node: update.after for update in row} for row in subject.updates]
    return lay_out_all(subject.passes, rankdir, level, limit, updated)


def compose(
    subject: Trace | Course,
    scenes: Sequence[Scene],
    title: str,
    note: str = "",
    theme: str = "auto",
    opens: int = 0,
    graph: ComputedGraph | None = None,
) -> str:
    """The page of what is laid out already; with the graph of a trace, one that computes."""
    if isinstance(subject, Course):
        parts = several_passes(subject, scenes)
    else:
        parts = live_pass(subject, scenes[0], graph) if graph else one_pass(subject, scenes[0])
    kinds = {box.kind for scene in scenes for box in scene.boxes.values()}
    return assembled(
        parts._replace(data={**(parts.data or {}), "opens": opens}),
        html.escape(clean(title)[:LONGEST_TITLE]),
        html.escape(" ".join(filter(None, [clean(note), parts.note, scenes[0].view.note]))),
        legend(kinds),
        theme,
        scenes[0].width,
    ).html


class Document(NamedTuple):
    """A page, and what its policy names."""

    html: str
    script: str
    style: str


def assembled(parts: Parts, title: str, note: str, legend: str, theme: str, width: float = 0.0) -> Document:
    """A page of its parts.

    Args:
        title, note, legend: HTML.
        width: of the picture; if 0, its data have it as `width`.
    """
    style = themed(packaged("page.css") + parts.style, theme, width=width)
    script = parts.program + packaged("page.js") + packaged("page_controls.js") + parts.script
    content = Template(packaged("page.html")).substitute(
        head=head(title, script, style),
        title=title,
        note=note,
        last=parts.last,
        legend=legend,
        packed=packed(script, **({} if parts.data is None else {"trace": parts.data})),
        **parts.words,
    )
    return Document(content, script, style)


def legend(kinds: Collection[str]) -> str:
    """A sample and a word for each kind of box that is drawn."""
    return " ".join([f'<span class="sample {kind}">{_(word)}</span>' for kind, word in KINDS.items() if kind in kinds])
