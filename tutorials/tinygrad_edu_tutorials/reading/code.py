"""What two programs have in common, whatever their comments say."""

from __future__ import annotations

import ast
import re

_WITH_BODY = (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def code_only(text: str) -> str:
    """A program without comments, docstrings and layout; two programs with equal ones do the same.

    Raises:
        SyntaxError: it is no Python.
    """
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, _WITH_BODY) and node.body and isinstance(node.body[0], ast.Expr):
            said = node.body[0].value
            if isinstance(said, ast.Constant) and isinstance(said.value, str):
                said.value = ""
    return ast.dump(tree)


def new_lines(stub: str, solution: str) -> list[str]:
    """The lines of a solution that its stub does not have: what a learner writes."""
    before = {_squeezed(line) for line in stub.splitlines()}
    return [line for line in solution.splitlines() if _squeezed(line) and _squeezed(line) not in before]


def without_comments(line: str) -> str:
    """A line of code without its comment."""
    return line.split("#")[0].rstrip()


def _squeezed(line: str) -> str:
    return re.sub(r"\s", "", without_comments(line))
