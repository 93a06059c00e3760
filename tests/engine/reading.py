"""Formulas read back: what a formula says in plain text, computed with NumPy.

The text is turned into Python by exchanging signs, so precedence and parentheses are Python's own. A formula that lacks
parentheses therefore gives other numbers.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

SIGNS = {"·": "*", "^": "**", "≠": "!=", "≤": "<=", "≥": ">=", "∞": "inf", "ᵀ": ".T", " = ": " == "}
DIGITS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def scatter_add(a: Any, index: Any, shape: tuple[int, ...]) -> Any:
    out = np.zeros(shape)
    np.add.at(out, index, a)
    return out


def softmax(a: Any, axis: int) -> Any:
    return np.exp(a) / np.exp(a).sum(axis=axis, keepdims=True)


def normalize(x: Any, axis: Any = -1, eps: float = 1e-5) -> Any:
    return (x - np.mean(x, axis, keepdims=True)) / np.sqrt(np.var(x, axis, keepdims=True) + eps)


FUNCTIONS: dict[str, Any] = {
    **{name: getattr(np, name) for name in dir(np) if not name.startswith("_")},
    "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
    "silu": lambda a: a / (1 + np.exp(-a)),
    "clip": lambda a, low, high=None: np.clip(a, low, high),
    "erf": np.vectorize(math.erf, otypes=[float]),
    "scatter_add": scatter_add,
    "softmax": softmax,
    "normalize": normalize,
    "one_hot": lambda labels: np.eye(max(labels) + 1)[labels],
}


class _Where(ast.NodeTransformer):
    """`a if c else b` of arrays is where(c, a, b), and `and` is logical_and."""

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        self.generic_visit(node)
        return ast.Call(ast.Name("where", ast.Load()), [node.test, node.body, node.orelse], [])

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        self.generic_visit(node)
        return ast.Call(ast.Name("logical_and", ast.Load()), node.values, [])


def python(text: str) -> str:
    """A formula as Python source."""
    text = re.sub(r"([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda found: f"**({found[1].translate(DIGITS)})", text)
    for sign, python_sign in SIGNS.items():
        text = text.replace(sign, python_sign)
    text = re.sub(r"\|([^|]*)\|", r"abs(\1)", text)
    return re.sub(r"(scatter_add\(.*?, )\[", r"\1s_[", text)  # an index stands there as between its brackets


def compute(text: str, names: Mapping[str, Any]) -> Any:
    """The value of a formula, given that of its names."""
    tree = ast.fix_missing_locations(_Where().visit(ast.parse(python(text), mode="eval")))
    with np.errstate(all="ignore"):
        return eval(compile(tree, text, "eval"), {**FUNCTIONS, **names})
