"""Sentences that are kept in English, as traces and courses are, and read in the language that is spoken.

A sentence of a trace is written once, when it is recorded, and stands in files and in what `--json` prints. Its pattern
is a `Sentence`, whose slots the numbers and names were put into:

    RECEIVES = Sentence("{target} receives {received}")
    RECEIVES.format(target="a", received=4)                      "a receives 4"
    spoken("a receives 4")                                       "a erhält 4", by the translation of the pattern

A pattern that begins with a sign or a blank ends other sentences: its translation stands behind that of what comes
before. `sentences.js` fills the same patterns in, by `_`.
"""

from __future__ import annotations

import re
from functools import cache

from . import ENGLISH, N_, _, grouped, language

SLOT = re.compile(r"\{(\w+)\}")
_OF_RULE = re.compile(r"(\w+): (.+)", re.DOTALL)
_CLAUSES = re.compile(r"(?=; |, and |, whatever )")
_NUMBER = r"-?\w[.\w]*(?:[-+]\d+)?"
_COUNTS = ("all", "different", "gaps", "rows")  # slots with a count as English writes it: "1,185"
_WITHIN = {
    "op": r"\w+",
    "n": r"\d+",
    "mean": _NUMBER,
    "low": _NUMBER,
    "high": _NUMBER,
    "place": ".*?",
    "stop": ".*?",
    "share": r"[\d.]+%",
    **dict.fromkeys(_COUNTS, r"\d{1,3}(?:,\d{3})*"),
}  # other slots: anything
_ROWS = ("shapes", "operands")  # slots with several things: "(2, 3) and (3,)"

_patterns: dict[str, None] = {}


class Sentence(str):
    """A pattern with {slots}, of sentences that `spoken` knows."""

    __slots__ = ()

    def __new__(cls, pattern: str) -> Sentence:
        _patterns[pattern] = None
        return super().__new__(cls, pattern)


MEAN = N_("mean {mean}, from {low} to {high}")  # wherever it stands in a sentence


def spoken(text: str) -> str:
    """What was recorded, in the language that is spoken; what has no pattern, such as a formula, stays."""
    if language() == ENGLISH or not text:
        return text
    return _in_slots(re.sub(_regex(MEAN), lambda found: _(MEAN).format(**found.groupdict()), text))


def reason(text: str) -> str:
    """What the docstring of an operation says, which consists of clauses, in the language that is spoken."""
    if (whole := _(text)) != text or (whole := _in_slots(text)) != text:
        return whole
    if of_rule := _OF_RULE.fullmatch(text):
        return f"{of_rule[1]}: {reason(of_rule[2])}"
    return "".join(map(_, _CLAUSES.split(text)))


def _in_slots(text: str) -> str:
    for pattern in _patterns:
        if pattern[0].isalnum() or pattern[0] == "{":
            if found := re.fullmatch(_regex(pattern), text, re.DOTALL):
                return _filled(pattern, found.groupdict())
        elif found := re.fullmatch(rf"(?P<before_>.*?){_regex(pattern)}", text, re.DOTALL):
            slots = found.groupdict()
            return _in_slots(slots.pop("before_")) + _filled(pattern, slots)
    return text


def _filled(pattern: str, slots: dict[str, str]) -> str:
    return _(pattern).format(**{name: _of_slot(name, text) for name, text in slots.items()})


def _of_slot(name: str, text: str) -> str:
    if name == "why":
        return reason(text)
    if name in _COUNTS:
        return grouped(int(text.replace(",", "")))
    return text.replace(" and ", f" {_('and')} ") if name in _ROWS else _in_slots(text)


@cache
def _regex(pattern: str) -> str:
    """What a pattern has become; a slot that comes twice holds the same."""
    parts = SLOT.split(pattern)  # text, slot, text, ...
    met: set[str] = set()
    found = ""
    for k, part in enumerate(parts):
        if k % 2:
            found += f"(?P={part})" if part in met else f"(?P<{part}>{_WITHIN.get(part, '.+?')})"
            met.add(part)
        else:
            found += re.escape(part)
    return found
