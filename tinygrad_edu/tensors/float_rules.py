"""Rules as functions of floats: read once, and written as Python.

A rule that is called with floats spends most of its time on finding the functions of its namespace, and in calling
them. Written down, `xp.where(b == 0, 0.0, b * xp.power(a, b - 1))` is `0.0 if b == 0.0 else b * power(a, b - 1.0)`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..graph.operation import Operation
from ..tapes.expressions import Writer, noted
from ..tapes.python_code import NAMES, PYTHON, function_of, function_text
from ..tapes.tape import Tape


def lines_of(rule: Callable[..., Any], names: Sequence[str]) -> tuple[list[str], str]:
    """A rule of operands with these names: statements, and the expression of its result."""
    tape = Tape(computes=False)
    (result,) = noted(tape, PYTHON, rule, *[tape.input(None) for _ in names])
    writer = Writer(PYTHON, tape, dict(enumerate(names)), [result])
    return writer.lines(writer.needed), writer.text(result)


def slopes_of(op: Operation) -> tuple[Any, ...]:
    """The derivatives of an elementwise operation: for each operand a number, None, or a function of (y, *operands)."""
    names = ["y", *"abc"[: len(op.rules)]]
    return tuple([rule if type(rule) is float else _written(rule, names) for rule in op.rules])


def _written(rule: Any, names: Sequence[str]) -> Any:
    if rule is None:
        return None
    lines, result = lines_of(rule, names)
    return function_of(function_text("slope", names, [*lines, f"return {result}"]), "slope", dict(NAMES))
