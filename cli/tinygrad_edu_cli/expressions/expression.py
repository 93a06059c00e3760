"""The meaning of an expression: its tree is walked, and each part becomes a node of a graph.

    evaluate("e = a*b; tanh(e + c)", {"a": 2.0, "b": -3.0, "c": 10.0}).root

If every name stands for one number, and nothing needs arrays, the graph consists of `Value`s; else of float64
`Tensor`s. The names become leaves first, in the order in which the expression has them; so what is computed is
numbered one after the other.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from tinygrad_edu import Tensor
from tinygrad_edu.graph.node import Node
from tinygrad_edu_words import _

from ..phrases import describe
from .evaluator import COMPARING, Evaluator
from .functions import FUNCTIONS, is_elementwise
from .grammar import Text, read


class Evaluated(NamedTuple):
    """What an expression stands for.

    Attributes:
        root: the result, one number.
        leaves: the nodes of the names, in the order in which the expression meets them.
        unused: names that were given a number and do not occur.
    """

    root: Node
    leaves: dict[str, Node]
    unused: list[str]


@np.errstate(all="ignore")  # a learner sees the inf or nan itself
def evaluate(text: str, settings: Mapping[str, Any], one: bool = True) -> Evaluated:
    """Build the graph of an expression.

    Args:
        text: one statement, or several separated by ";" or new lines, such as "e = a*b; e + c".
        settings: for each name a number, or a nested list of numbers.
        one: the result must be a single number that depends on a name; else it may be many.
    Raises:
        ExpressionError: the text is no expression, or has no single number as its result.
    """
    source, statements = read(text)
    evaluator = Evaluator(source, settings, _needs_tensors(statements, settings))
    evaluator.add_leaves(statements)
    result: Any = None
    for statement in statements:
        result = evaluator.statement(statement)
    if one:
        _check_result(source, statements[-1].value, result)  # type: ignore[attr-defined]
    unused = [name for name in settings if name not in evaluator.leaves]
    return Evaluated(result, evaluator.leaves, unused)


def _needs_tensors(statements: list[ast.stmt], settings: Mapping[str, Any]) -> bool:
    """Whether the expression has arrays, or anything that a single number does not have."""
    if any(isinstance(number, list) for number in settings.values()):
        return True
    for statement in statements:
        for tree in ast.walk(statement):
            if isinstance(tree, (ast.List, ast.Subscript, ast.MatMult)):
                return True
            callee = tree.func if isinstance(tree, ast.Call) else None
            if isinstance(callee, ast.Name) and callee.id in FUNCTIONS and not is_elementwise(callee.id):
                return True
    return False


def _check_result(source: Text, tree: Any, result: Any) -> None:
    """The result must be one number that depends on a name."""
    if isinstance(result, bool) or (isinstance(result, Node) and result.op in COMPARING):
        raise source.error(
            tree, _("the result is a comparison, which has no derivative"), _("use it in where(condition, a, b)")
        )
    if isinstance(result, (list, tuple)):
        raise source.error(
            tree,
            _("the result is a list of {n}").format(n=len(result)),
            _("take one element, as in (...)[0], and reduce it"),
        )
    if result is None or isinstance(result, str):
        raise source.error(
            tree,
            _("{result} is no result").format(result=describe(result)),
            _("write an expression of numbers and names"),
        )
    if not isinstance(result, Node) or not result.requires_grad:
        raise source.error(
            tree,
            _("the expression uses no name that it could be differentiated by"),
            _('as in "a*b" --set a=2 --set b=-3'),
        )
    if isinstance(result, Tensor) and result.size != 1:
        raise source.error(
            tree,
            _("the result has shape {shape}, and backpropagation starts from one number").format(shape=result.shape),
            _("reduce it: sum(...) or mean(...)"),
        )
