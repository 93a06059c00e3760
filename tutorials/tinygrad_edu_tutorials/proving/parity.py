"""Both languages have the same parts in the same order, and the German says what the English says now."""

from __future__ import annotations

import hashlib
import re
from itertools import pairwise

from ..reading.code import code_only
from ..reading.lesson import PROGRAMS, SHEETS, Lesson, Part, wrong_answers

_MARK = re.compile(r"<!-- en: \w* -->")


def parity_faults(english: Lesson, german: Lesson) -> list[str]:
    """The first difference; or, if there is none, the sections whose English has changed."""
    pairs = zip(english.flat(), german.flat(), strict=False)
    for a, b in pairs:
        if signature(a) != signature(b):
            return [f"{german.where(b)}: {_difference(a, b)} ({english.where(a)})"]
    counts = [len(list(lesson.flat())) for lesson in (english, german)]
    if counts[0] != counts[1]:
        return [f"{german.where()}: {counts[1]} parts, and {counts[0]} in English"]
    head = [f"{german.where()}:1: {name}: differs" for name in ("minutes", "needs", "extras")
            if english.head.get(name) != german.head.get(name)]  # fmt: skip
    wanted = digests(english)
    stale = [part for part, digest in zip(headings(german), wanted, strict=True) if part.attrs.get("en") != digest]
    return head + [
        f"{german.where(part)}: the English of {part.text!r} has changed: bring the German up to date, then: "
        f"prove confirm {german.name}"
        for part in stale
    ]


def signature(part: Part) -> tuple[str, object]:
    """What a part has in every language."""
    attrs = {name: text for name, text in part.attrs.items() if name not in ("en", "alt")}
    if part.kind in PROGRAMS:
        try:
            return part.kind, (attrs, code_only(part.text))
        except SyntaxError as error:
            return part.kind, (attrs, f"line {part.line + (error.lineno or 1) - 1} is no Python: {error.msg}")
    if part.kind in ("output", "command"):
        return part.kind, (attrs, part.text)
    if part.kind in SHEETS:
        return part.kind, (attrs, sorted(wrong_answers(part)), len(part.parts))
    return f"{part.kind} ({_shape(part.text)})", (attrs, sorted((n.said, n.expression) for n in part.numbers))


def _shape(text: str) -> str:
    shapes = {"|": "table", "- ": "list", "1.": "list", ">": "quote", "    ": "code", "```": "fence"}
    return next((shape for start, shape in shapes.items() if text.startswith(start)), "text")


def _difference(a: Part, b: Part) -> str:
    (kind, facts), (other, others) = signature(a), signature(b)
    if kind != other:
        return f"here is {other}, and in English {kind}"
    return f"this {kind} differs from the English: {str(others)[:300]} | {str(facts)[:300]}"


def headings(lesson: Lesson) -> list[Part]:
    """Where its sections begin."""
    return [part for part in lesson.parts if part.kind == "heading" and part.attrs["level"] in "12"]


def digests(lesson: Lesson) -> list[str]:
    """Of each section's text, code and all, but for its line breaks; the head belongs to the first."""
    lines = lesson.source.split("\n")
    starts = [0, *(part.line - 1 for part in headings(lesson)[1:]), len(lines)]
    texts = [" ".join("\n".join(lines[a:b]).split()) for a, b in pairwise(starts)]
    return [hashlib.sha256(text.encode()).hexdigest()[:8] for text in texts]


def confirmed(english: Lesson, german: Lesson) -> str:
    """The German file, with the digest of the English below each heading.

    Raises:
        ValueError: they have not the same sections.
    """
    wanted, places = digests(english), headings(german)
    if len(wanted) != len(places):
        raise ValueError(f"{german.where()}: {len(places)} sections, and {len(wanted)} in English")
    lines = german.source.split("\n")
    for part, digest in reversed(list(zip(places, wanted, strict=True))):
        below = part.line  # the index of the line below the heading
        while below < len(lines) and (not lines[below].strip() or _MARK.fullmatch(lines[below].strip())):
            del lines[below]
        lines[below:below] = ["", f"<!-- en: {digest} -->", ""]
    return "\n".join(lines)
