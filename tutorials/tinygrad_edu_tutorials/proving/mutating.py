"""Programs with one small change in a line that the learner writes: a check must tell them from the solution."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterable, Iterator

from ..reading.code import code_only, new_lines

_OPERATORS: dict[type, type] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.MatMult: ast.Mult, ast.Pow: ast.Mult,
    ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip


def mutations(stub: str, solution: str, right: Iterable[str] = ()) -> list[str]:
    """Changed solutions: operators swapped, numbers changed, arguments exchanged, statements left out, `=` for `+=`.

    Args:
        right: programs known to be right; a mutation that is one of them, or the stub, is no mutation.
    """
    fresh = set(new_lines(stub, solution))
    wanted = {number for number, line in enumerate(solution.splitlines(), 1) if line in fresh}
    tree = ast.parse(solution)
    equal = {code_only(text) for text in (solution, stub, *right)}
    found: dict[str, str] = {}
    for place, node in enumerate(ast.walk(tree)):
        if getattr(node, "lineno", None) not in wanted:
            continue
        for change in _changes(node):
            changed = copy.deepcopy(tree)
            target = list(ast.walk(changed))[place]
            change(changed, target)
            text = ast.unparse(ast.fix_missing_locations(changed))
            found.setdefault(code_only(text), text)
    return [text for code, text in found.items() if code not in equal]


Change = Callable[[ast.AST, ast.AST], None]


def _changes(node: ast.AST) -> Iterator[Change]:
    """What can be changed of a node; a change takes a tree and this node in it."""
    if isinstance(node, (ast.BinOp, ast.AugAssign, ast.BoolOp)) and type(node.op) in _OPERATORS:
        yield _swap_operator
    if isinstance(node, ast.Compare) and type(node.ops[0]) in _OPERATORS:
        yield _swap_comparison
    if isinstance(node, ast.Constant) and isinstance(node.value, (bool, int, float)):
        yield _change_number
    if isinstance(node, (ast.Assign, ast.AugAssign)):
        yield _leave_out
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield _leave_out
    if isinstance(node, ast.AugAssign):
        yield _assign
    if isinstance(node, ast.Call) and len(node.args) == 2 and not any(isinstance(a, ast.Starred) for a in node.args):
        yield _exchange
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Not)):
        yield _unsigned


def _swap_operator(_tree: ast.AST, node: ast.AST) -> None:
    assert isinstance(node, (ast.BinOp, ast.AugAssign, ast.BoolOp))
    node.op = _OPERATORS[type(node.op)]()


def _swap_comparison(_tree: ast.AST, node: ast.AST) -> None:
    assert isinstance(node, ast.Compare)
    node.ops = [_OPERATORS[type(node.ops[0])](), *node.ops[1:]]


def _change_number(_tree: ast.AST, node: ast.AST) -> None:
    assert isinstance(node, ast.Constant)
    if isinstance(node.value, bool):
        node.value = not node.value
    elif isinstance(node.value, (int, float)):
        node.value = node.value + 1


def _exchange(_tree: ast.AST, node: ast.AST) -> None:
    assert isinstance(node, ast.Call)
    node.args = node.args[::-1]


def _leave_out(tree: ast.AST, node: ast.AST) -> None:
    _replace(tree, node, ast.Pass())


def _assign(tree: ast.AST, node: ast.AST) -> None:
    assert isinstance(node, ast.AugAssign)
    _replace(tree, node, ast.Assign([node.target], node.value))


def _unsigned(tree: ast.AST, node: ast.AST) -> None:
    assert isinstance(node, ast.UnaryOp)
    _replace(tree, node, node.operand)


def _replace(tree: ast.AST, old: ast.AST, new: ast.AST) -> None:
    for node in ast.walk(tree):
        for name, field in ast.iter_fields(node):
            if field is old:
                setattr(node, name, new)
            elif isinstance(field, list):
                field[:] = [new if item is old else item for item in field]
