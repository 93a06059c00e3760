"""What was found of one thing: its state, the fact, and what to do next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal, NamedTuple

from tinygrad_edu_words import _

State = Literal["works", "absent", "old", "broken"]


class Finding(NamedTuple):
    """A row of the report.

    Attributes:
        part: which check found it.
        name: what was looked at.
        state: "absent" is something optional that is not there, and no fault; "old" works no more, or not well.
        fact: what was found.
        advice: what to type, or to do; "" where there is nothing to do.
    """

    name: str
    state: State
    fact: str
    advice: str = ""
    part: str = ""


Check = Callable[[], Iterable[Finding]]


def found(part: str, check: Check) -> Iterator[Finding]:
    """What a check finds; one that fails itself is a finding, too, so that the others still speak."""
    try:
        for finding in check():
            yield finding._replace(part=part)
    except Exception as error:
        yield Finding(part, "broken", _("looking at it failed: {error}").format(error=first_line(error)), part=part)


def first_line(error: BaseException) -> str:
    """An error in one line."""
    text = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
