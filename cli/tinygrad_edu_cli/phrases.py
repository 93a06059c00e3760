"""Words for values and names in messages."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any

from tinygrad_edu import Tensor
from tinygrad_edu.graph.node import Node
from tinygrad_edu_words import ENGLISH, N_, _, grouped, language

COUNTED = {
    "epoch": (N_("epoch"), N_("epochs")),
    "example": (N_("example"), N_("examples")),
    "held-out example": (N_("held-out example"), N_("held-out examples")),
    "fresh example": (N_("fresh example"), N_("fresh examples")),
    "input": (N_("input"), N_("inputs")),
    "output": (N_("output"), N_("outputs")),
    "row": (N_("row"), N_("rows")),
    "step": (N_("step"), N_("steps")),
    "update": (N_("update"), N_("updates")),
}
"""Nouns as they stand behind numbers."""


def as_options(text: str) -> str:
    """A text of the library with its arguments as a command takes them: "clip_norm=1.0" becomes "--clip-norm 1.0"."""
    argument = r"\b([a-z]\w*)=(\d+(?:\.\d+)?(?:e[+-]?\d+)?)"
    return re.sub(argument, lambda found: f"--{found[1].replace('_', '-')} {found[2]}", text)


def describe(value: Any) -> str:
    """What a value of an expression is."""
    if isinstance(value, Node):
        return (
            f"'{value.name}'"
            if value.name
            else _("the result of {name}").format(name=value.op.name)
            if value.op
            else _("a constant")
        )
    if isinstance(value, (list, tuple)):
        return _("a list of {n}").format(n=len(value))
    if isinstance(value, bool):
        return _("a comparison")
    if isinstance(value, str):
        return _("the text {value!r}").format(value=value) if len(value) < 40 else _("a text")
    return "None" if value is None else _("the number {value}").format(value=f"{value:g}")


def is_plain(value: Any) -> bool:
    """Whether a value consists of numbers, texts, booleans and None only."""
    if isinstance(value, (list, tuple)):
        return all(map(is_plain, value))
    return value is None or isinstance(value, (bool, int, float, str))


def shapes(operands: Iterable[Any]) -> str:
    """The shapes of the operands of what failed."""
    return ", ".join(
        _("{x} has shape {shape}").format(x=describe(x), shape=x.shape) for x in operands if isinstance(x, Tensor)
    )


def nearest(word: str, known: Iterable[str]) -> str:
    """The known words that were probably meant, "tan or tanh"; "" if none is near."""
    return f" {_('or')} ".join(difflib.get_close_matches(word, list(known), n=2))


def some(names: Iterable[str], most: int = 8) -> str:
    """Names in a row, the first few of many."""
    names = list(names)
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "") if names else _("none")


def either(words: Iterable[Any]) -> str:
    """ "a, b or c"."""
    *first, last = map(str, words)
    return _("{first} or {last}").format(first=", ".join(first), last=last) if first else last


def count(number: int, noun: str) -> str:
    """ "1 epoch", "1,200 epochs"; in another language, of the nouns that are known there."""
    if language() != ENGLISH and noun in COUNTED:
        return f"{grouped(number)} {_(COUNTED[noun][number != 1])}"
    return f"{grouped(number)} {noun}{'s' * (number != 1)}"


def short(text: str, longest: int = 200) -> str:
    """A text that is cut where it is too long for a message."""
    return text if len(text) <= longest else f"{text[: longest - 3]}..."
