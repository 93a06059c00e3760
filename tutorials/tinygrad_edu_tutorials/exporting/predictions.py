"""Predictions that a page judges by itself: their forms, and what `lesson.js` knows of each."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

from tinygrad_edu_words import _

from ..reading.answers import number_of
from ..reading.lesson import Part, wrong_answers


def key_of(part: Part) -> str:
    """The id of a prediction's form."""
    return f"predict-{part.key}"


def known(part: Part, prose: Callable[[str], str], explained: str) -> dict[str, Any]:
    """What the program of a page knows of a prediction.

    Args:
        prose: makes HTML of Markdown.
        explained: what is said of the right answer, as HTML.
    """
    return {
        "answer": part.attrs["answer"],
        "within": float(part.attrs["within"]) if "within" in part.attrs else None,
        "wrong": [[given, prose(why)] for given, why in wrong_answers(part).items()],
        "explained": explained,
    }


def form(part: Part) -> str:
    """A field for a number, or a button for each letter; below it, what the answer is told."""
    key = key_of(part)
    ask, check, show = map(html.escape, (_("Your answer"), _("Check"), _("Show the answer")))
    if number_of(part.attrs["answer"]) is None:
        letters = sorted({part.attrs["answer"], *wrong_answers(part)})
        buttons = "".join(f'<button value="{each}" aria-pressed="false">{each}</button>' for each in letters)
        field = f'<fieldset><legend>{ask}</legend><div class="row">{buttons}</div></fieldset>'
    else:
        field = (
            f'<div class="row"><label for="{key}-answer">{ask}</label>'
            f'<input id="{key}-answer" autocomplete="off"><button>{check}</button></div>'
        )
    return (
        f'<form id="{key}" action="#">{field}\n<div class="verdict" role="status"></div>\n'
        f'<button type="button" class="show" hidden>{show}</button></form>'
    )
