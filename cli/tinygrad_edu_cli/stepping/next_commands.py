"""What to type next, at the end of the lines."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from ..subject import Subject

LONGEST = 160  # characters of a command that is printed

_NEXT = (
    ("--predict", "you are asked for each gradient first"),
    ("--order naive", "why the backward pass has an order"),
    ("--html page.html", "the same steps as a page to play with"),
)


def next_commands(subject: Subject) -> list[str]:
    """Commands for the same subject, to be copied; none if it is not known how it was typed."""
    if subject.typed is None:
        return []
    typed = " ".join(["tinygrad-edu step", *map(_quoted, subject.typed)])
    typed = typed if len(typed) <= LONGEST else "tinygrad-edu step ..."
    numbers = subject.trace.nodes[subject.trace.root].kind == "value" and not {"--apart", "--level"} & {*subject.typed}
    shown = [(f"  {typed} {option}", why) for option, why in _NEXT if numbers or "naive" not in option]
    width = max(len(command) for command, _ in shown)
    return ["", "Next:", "", *(f"{command:<{width}}   # {why}" for command, why in shown)]


def typed(source: str | None, settings: Sequence[str]) -> tuple[str, ...]:
    """The operand of a command and its settings, as they were typed."""
    return (*([] if source is None else [source]), *(part for text in settings for part in ("--set", text)))


def _quoted(text: str) -> str:
    """A word of a command, in the double quotes that every shell knows where these will do."""
    if shlex.quote(text) == text:
        return text
    return shlex.quote(text) if set(text) & set('"$`!\\\\') else f'"{text}"'
