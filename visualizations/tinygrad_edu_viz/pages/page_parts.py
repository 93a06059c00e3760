"""What is different in the page of one pass and in that of several: what is drawn, what it knows, and what it says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from tinygrad_edu_words import _
from tinygrad_edu_words.sentences import spoken

from ..courses.course import Course
from ..javascript import assemble as javascript
from ..pictures.scene import Scene
from ..trace import Trace
from . import scene_svg
from .loss_curve import loss_curve
from .page_data import course_data, drawings, trace_data
from .parts import packaged


class Parts(NamedTuple):
    """Parts of a page.

    Attributes:
        data: what its program reads; None where that is known in the browser alone.
        last: the last position of the slider, or what stands for it.
        words: for the places of `page.html`, HTML.
        style, script: what comes after `page.css` and `page.js`.
        program: what comes before `page.js`.
        note: a sentence below the title, text.
    """

    data: dict[str, Any] | None
    last: int | str
    words: dict[str, str]
    style: str = ""
    script: str = ""
    program: str = ""
    note: str = ""


def words_of_one() -> dict[str, str]:
    """What the page of a single pass says otherwise than that of several."""
    return {
        "all_steps": _("All steps"),
        "unscripted": _("Stepping needs JavaScript. Without it, the picture shows all data and gradients."),
    }


def one_pass(trace: Trace, scene: Scene) -> Parts:
    """Of a trace."""
    words = dict.fromkeys(("buttons", "loss", "keys", "live"), "") | words_of_one()
    return Parts(
        trace_data(trace, scene),
        len(trace.events),
        {**words, "svg": scene_svg.draw(scene, trace)},
        program=javascript.packaged(javascript.WORDS),
    )


def several_passes(course: Course, scenes: Sequence[Scene]) -> Parts:
    """Of a course. Passes of one graph share a picture; that of the first pass is in sight until the program runs."""
    firsts = drawings(scenes)
    pictures = [
        scene_svg.draw(scenes[k], course.passes[k], f"g{place}-" if place else "") for place, k in enumerate(firsts)
    ]
    widths = [f"#g{place} {{ --width: {scenes[k].width}; }}" for place, k in enumerate(firsts)]
    names = ", ".join(course.learned) or _("nothing")
    said = _("Learned: {names}; by {optimizer}").format(names=names, optimizer=course.optimizer) + "."
    words = {
        "buttons": packaged("course_buttons.html").rstrip(),
        "live": "",
        "loss": loss_curve(course.losses),
        "keys": " " + _("<kbd>n</kbd> <kbd>N</kbd> next and previous pass, <kbd>u</kbd> the update,"),
        "all_steps": _("All steps of this pass"),
        "unscripted": _(
            "Stepping needs JavaScript. Without it, the picture shows all data and gradients of the first pass."
        ),
        "svg": "\n".join(
            f'<div id="g{place}"{" hidden" if place else ""}>{picture}</div>' for place, picture in enumerate(pictures)
        ),
    }
    return Parts(
        data=course_data(course, scenes),
        last=sum(len(trace.events) + len(row) for trace, row in zip(course.passes, course.updates, strict=True)),
        words=words,
        style="\n".join([packaged("course.css"), *widths]),
        script=packaged("course.js"),
        program=javascript.packaged(javascript.WORDS),
        note=" ".join(filter(None, [said, course.note and f"{spoken(course.note)}."])),
    )
