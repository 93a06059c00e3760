"""`--set NAME=NUMBER`: the numbers, and nested lists of numbers, that the names of an expression stand for."""

from __future__ import annotations

import ast
import keyword
import math
import unicodedata
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

from tinygrad_edu import Tensor
from tinygrad_edu.errors import ShapeError
from tinygrad_edu_words import N_, _, grouped

from ..errors import ExpressionError
from ..phrases import short

MAX_CHARACTERS = 200_000
MAX_BRACKETS = 20
MAX_ELEMENTS = 10_000

_HOW = N_("write --set NAME=NUMBER, for example --set w1=-3 or --set W=[[1,2],[3,4]]")


def parse_settings(texts: Sequence[str]) -> dict[str, Any]:
    """The values by their names, in the order in which they were given.

    Raises:
        ExpressionError: a text is no "NAME=NUMBER", or a name was given twice.
    """
    settings: dict[str, Any] = {}
    for text in texts:
        name, value = _parse(text)
        if name in settings:
            raise ExpressionError(
                _("--set gives '{name}' twice").format(name=name), text, 0, len(text), _("keep one of them")
            )
        settings[name] = value
    return settings


def _parse(text: str) -> tuple[str, Any]:
    written, equals, value = text.partition("=")
    name = unicodedata.normalize("NFKC", written.strip())  # as Python's parser reads names
    if not equals or not value.strip():
        raise ExpressionError(
            _("--set {text} gives no number").format(text=short(text, 30)), text, 0, len(text), _(_HOW)
        )
    if not name.isidentifier() or name.startswith("__") or keyword.iskeyword(name):
        raise ExpressionError(
            _("'{name}' cannot be a name in an expression").format(name=short(name, 30)), text, 0, len(written), _(_HOW)
        )
    start = len(written) + 1

    def error(message: str, hint: str = "") -> ExpressionError:
        return ExpressionError(f"--set {short(text, 30)}: {message}", text, start, len(text), hint)

    value = value.strip()
    try:
        number = _read(value)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise error(
            _("'{value}' is not a number").format(value=short(value, 30)),
            _("give a number, or a list such as [1,2] or [[1,2],[3,4]]"),
        ) from None
    if number is None:
        raise error(
            _("too large"),
            _("at most {max_elements} numbers, in at most {max_brackets} brackets inside one another").format(
                max_elements=grouped(MAX_ELEMENTS), max_brackets=MAX_BRACKETS
            ),
        )
    if isinstance(number, list) and value[0] not in "([":  # 1,5 is a list in Python, and in Germany a number
        raise error(
            _("'{value}' is not a number").format(value=short(value, 30)),
            _("decimals stand behind a point, as in {name}=1.5, and a list in brackets: {name}=[{value}]").format(
                name=name, value=short(value, 30)
            ),
        )
    wrong = _wrong(number)
    if wrong:
        raise error(wrong)
    return name, number


def _read(text: str) -> Any:
    """A number or a nested list; None for a text that is too large to be read."""
    depth = deepest = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
    if len(text) > MAX_CHARACTERS or deepest > MAX_BRACKETS:
        return None
    try:
        return float(text)
    except ValueError:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's own advice on style
            return _as_lists(ast.literal_eval(text))


def _as_lists(value: Any) -> Any:
    """Nested lists of floats.

    Raises:
        TypeError: it holds something else.
    """
    if isinstance(value, (list, tuple)):
        return [_as_lists(item) for item in value]
    if type(value) not in (int, float):
        raise TypeError
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _wrong(value: Any) -> str:
    """What is wrong with nested lists of floats, or ""."""
    if sum(1 for _ in _numbers(value)) > MAX_ELEMENTS:
        return _("more than {max_elements} numbers").format(max_elements=grouped(MAX_ELEMENTS))
    if not all(map(math.isfinite, _numbers(value))):
        return _("the number is not finite: gradients of inf and nan say nothing")
    try:
        Tensor(value)
    except ShapeError as error:
        return str(error)
    return ""


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, list):
        for item in value:
            yield from _numbers(item)
    else:
        yield value
