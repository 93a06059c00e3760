"""How faces write an operation: its sign, whether the order of its inputs matters, what it does with gradients."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any, Literal

import numpy as np

from tinygrad_edu.formulas import reading as symbols
from tinygrad_edu.graph.operation import REGISTRY, Elementwise, Operation
from tinygrad_edu.namespaces.namespace import FLOATS


@cache
def sign(op_name: str) -> str:
    """How a drawing writes an operation: "×", "+", "@"; those that have no sign of their own by their name."""
    if op_name not in REGISTRY:  # a trace from elsewhere
        return op_name
    formula = symbols.forward(op_name)
    infix = len(formula.args) == 2 and all(arg.kind == "name" for arg in formula.args) and formula.kind != "call"
    return formula.kind.replace("·", "×") if infix else op_name


@cache
def inputs_are_ordered(op_name: str) -> bool:
    """Whether a drawing must keep the inputs in order: a - b is not b - a, while a + b is b + a."""
    op = REGISTRY.get(op_name)
    if not (isinstance(op, Elementwise) and op.arity == 2):
        return True
    return bool(op.forward(FLOATS, 2.0, 3.0, **op.defaults) != op.forward(FLOATS, 3.0, 2.0, **op.defaults))


def explanation(op: Operation, operands: Sequence[Any] | None = None) -> str:
    """What the operation's docstring says about its gradient, or "".

    Args:
        operands: numbers or arrays; what is said of cases that are not theirs, such as a = 0, is left out. None: all.

    >>> explanation(REGISTRY["add"])
    'passes the gradient through unchanged, to both'
    >>> explanation(REGISTRY["abs"], [3.0])
    'the derivative is the sign of a'
    """
    if operands is None:
        return _about_gradients(op)
    arrays = [np.asarray(x, dtype=float) for x in operands if not isinstance(x, dict)]  # of large ones, the range
    return "".join(clause for clause, of in clauses(op) if _is_about(of, arrays)).lstrip(",; ")


Cases = Literal["all", "special", "equal"]


@cache
def clauses(op: Operation) -> list[tuple[str, Cases]]:
    """The parts of an explanation, each with the operands that it is about: all, "special" ones (0, and what is not
    finite), or "equal" ones.

    >>> clauses(REGISTRY["abs"])
    [('the derivative is the sign of a', 'all'), (', and 0 at a = 0', 'special')]
    """
    text = _about_gradients(op)
    parts = re.split(r"(?=; |, and |, whatever )", text) if text else []
    return [(part, _cases(part)) for part in parts]


def _cases(clause: str) -> Cases:
    if re.search(r"\bnan\b|infinite|\bat 0\b|a = 0", clause):
        return "special"
    return "equal" if "equal ones" in clause else "all"


def _is_about(of: Cases, operands: Sequence[np.ndarray]) -> bool:
    """Whether these are operands that a clause is about."""
    if of == "special":
        return any(((x == 0) | ~np.isfinite(x)).any() for x in operands)
    if of == "equal":
        if len(operands) == 1:
            return np.unique(operands[0]).size < operands[0].size
        return any((x == operands[0]).any() for x in operands[1:])
    return True


@cache
def _about_gradients(op: Operation) -> str:
    paragraph = " ".join((op.forward.__doc__ or "").split("\n\n")[0].split())
    parts = re.split(r"(?<=[.:;])\s+", paragraph)
    about_gradients = [bool(re.search(r"gradient|derivative|slope|receive|share", part)) for part in parts]
    if True not in about_gradients:
        return ""
    found = " ".join(parts[about_gradients.index(True) :]).rstrip(".")
    return found[0].lower() + found[1:] if found[1:2].islower() else found
