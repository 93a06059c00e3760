"""What a learner types in answer to a question: a number, a nested list, or simple arithmetic such as 1 - 0.707**2."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np

from tinygrad_edu.namespaces.namespace import FLOATS
from tinygrad_edu_viz.predicting.verdicts import Answer
from tinygrad_edu_words import N_, _

from .functions import FUNCTIONS, is_elementwise
from .grammar import Text, read, refuse

_EXAMPLE = N_("as in 0.5, -3/4, 1 - 0.707**2, or [[1, 2], [3, 4]]")
_BINARY: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: FLOATS.divide,
    ast.Pow: FLOATS.power,
}


def read_answer(text: str, one: bool = False) -> Answer:
    """The answer that a text stands for. The text is walked, never run.

    Args:
        one: a single number is asked for, so that a comma between digits is a decimal comma.
    Raises:
        CommandError: it is none.
    """
    text = text.replace("−", "-")
    pointed = _with_points(text, one)
    note = (
        _("({text} is read as {pointed}: a decimal point is a dot here.)").format(text=text, pointed=pointed)
        if pointed != text
        else ""
    )
    source, statements = read(pointed)
    last = statements[-1]
    if len(statements) > 1 or not isinstance(last, ast.Expr):
        raise source.error(last, _("an answer is a number, or a list of numbers"), _(_EXAMPLE))
    with np.errstate(all="ignore"):
        data = _list(source, last.value)
    try:
        whole = np.asarray(data, dtype=float)
    except ValueError:
        raise source.error(last, _("the rows of this list have different lengths"), _(_EXAMPLE)) from None
    if not np.isfinite(whole).all():
        raise source.error(last, _("this is no finite number"), _(_EXAMPLE))
    return Answer(data, _units(source, last.value), note)


def _with_points(text: str, one: bool) -> str:
    """A text with decimal points in the places of decimal commas: "0,5" for one number, or "0,5; 1,2" for several."""
    if not re.search(r"\d,\d", text) or re.search(r"\d\.\d|[^\W\d]\s*\(", text):
        return text
    if ";" in text:
        return re.sub(r"(?<=\d),(?=\d)", ".", text).replace(";", ",")
    return re.sub(r"(?<=\d),(?=\d)", ".", text) if one and "[" not in text and text.count(",") == 1 else text


def _list(source: Text, tree: Any) -> Any:
    """Numbers in brackets, or with commas between them."""
    if isinstance(tree, (ast.List, ast.Tuple)):
        return [_list(source, item) for item in tree.elts]
    return _number(source, tree)


def _number(source: Text, tree: Any) -> float:
    match tree:
        case ast.Constant(value=int() | float()) if not isinstance(tree.value, bool):
            return _float(source, tree)
        case ast.UnaryOp(op=ast.USub()):
            return -_number(source, tree.operand)
        case ast.UnaryOp(op=ast.UAdd()):
            return _number(source, tree.operand)
        case ast.BinOp() if type(tree.op) in _BINARY:
            return float(_BINARY[type(tree.op)](_number(source, tree.left), _number(source, tree.right)))
        case ast.Call(func=ast.Name(id=name), keywords=[]) if is_elementwise(name) and name in FUNCTIONS:
            return _call(source, tree)
        case ast.Name():
            raise source.error(
                tree, _("'{id}' is a name, and an answer is made of numbers").format(id=tree.id), _(_EXAMPLE)
            )
        case ast.List() | ast.Tuple() | ast.Constant():
            raise source.error(tree, _("an answer is made of numbers"), _(_EXAMPLE))
    raise refuse(source, tree)


def _float(source: Text, tree: ast.Constant) -> float:
    try:
        return float(tree.value)  # type: ignore[arg-type]
    except OverflowError:
        raise source.error(tree, _("this number is too large"), _(_EXAMPLE)) from None


def _call(source: Text, tree: Any) -> float:
    numbers = [_number(source, argument) for argument in tree.args]
    try:
        return float(FUNCTIONS[tree.func.id](*numbers))
    except (TypeError, ValueError) as error:
        raise source.error(tree, str(error), _(_EXAMPLE)) from None


def _units(source: Text, tree: Any) -> Any:
    """What the last written digit of each number stands for; 0 for one digit, and for what was computed."""
    if isinstance(tree, (ast.List, ast.Tuple)):
        return [_units(source, item) for item in tree.elts]
    if isinstance(tree, ast.UnaryOp):
        return _units(source, tree.operand)
    if not isinstance(tree, ast.Constant):
        return 0.0
    start, end = source.span(tree)
    try:
        written = Decimal(source.text[start:end].replace("_", ""))
    except ArithmeticError:  # a number in another base
        return 0.0
    return float(Decimal((0, (1,), int(written.as_tuple().exponent)))) if len(written.as_tuple().digits) > 1 else 0.0
