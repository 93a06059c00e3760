"""What to type next, at the end of the lines."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from tinygrad_edu_words import N_, _

from ..subject import Subject
from ..terminal_width import room

LONGEST = 160  # characters of a command that is printed

_LESSONS = "tinygrad-edu tutorial"
_NEXT = (
    ("--predict", N_("you are asked for each gradient first")),
    ("--order naive", N_("why the backward pass has an order")),
    ("--updates 3", N_("what an optimizer makes of the gradients")),
    ("--html page.html", N_("the same steps as a page to play with")),
)
_NEXT_OF_COURSE = (
    ("--full", N_("all steps of each pass, too")),
    ("--predict", N_("you are asked for each gradient first")),
    ("--html course.html", N_("the same passes and updates as a page to play with")),
    ("--save course.json", N_("to keep, and to step through elsewhere")),
)


def next_commands(subject: Subject) -> list[str]:
    """Commands for the same subject, to be copied; none if it is not known how it was typed."""
    if subject.typed is None:
        return []
    typed = " ".join(["tinygrad-edu step", *map(_quoted, subject.typed)])
    typed = typed if len(typed) <= LONGEST else "tinygrad-edu step ..."
    apart = {"--apart", "--level"} & {*subject.typed}
    numbers = subject.trace.nodes[subject.trace.root].kind == "value" and not apart
    left_out = [] if numbers else ["naive"]
    left_out += ["updates"] if apart or subject.root is None else []
    options = _NEXT_OF_COURSE if subject.course else _NEXT
    shown = [(f"  {typed} {o}", _(why)) for o, why in options if not any(word in o for word in left_out)]
    shown.append(("  " + _LESSONS, _("to learn it in lessons, with exercises that are checked")))
    width = max(len(command) for command, _ in shown)
    lines = [f"{command:<{width}}   # {why}" for command, why in shown]
    if max(map(len, lines)) > room():
        lines = [line for command, why in shown for line in (f"  # {why}:", command)]
    return ["", _("Next:"), "", *lines]


def typed(source: str | None, settings: Sequence[str]) -> tuple[str, ...]:
    """The operand of a command and its settings, as they were typed."""
    return (*([] if source is None else [source]), *(part for text in settings for part in ("--set", text)))


def _quoted(text: str) -> str:
    """A word of a command, in the double quotes that every shell knows where these will do."""
    if shlex.quote(text) == text:
        return text
    return shlex.quote(text) if set(text) & set('"$`!\\\\') else f'"{text}"'
