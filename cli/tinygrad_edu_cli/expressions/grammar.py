"""From a text to a tree of what is allowed in an expression: Python's parser, and then a whitelist.

Nothing here, or in `expression.py`, runs what it reads: the tree is walked, and only the kinds of node that are named
below have a meaning. What a text may cost is limited before anything is computed: its length, its brackets, the size
and the depth of its tree.
"""

from __future__ import annotations

import ast
import re
import unicodedata
import warnings
from typing import Any

from tinygrad_edu_words import N_, _, grouped

from ..errors import CommandError, ExpressionError

MAX_CHARACTERS = 10_000
MAX_BRACKETS = 100  # inside one another
MAX_DEPTH = 150
MAX_NODES = 2_000

_MEANT = {
    **dict.fromkeys("−–—", "-"),
    **dict.fromkeys("×·⋅∙∗", "*"),
    **dict.fromkeys("÷∕⁄", "/"),
    **{"²": "**2", "³": "**3", "√": "sqrt( )", "≤": "<=", "≥": ">=", "（": "(", "）": ")", "，": ","},
}

_OPERATORS: dict[type, str] = {
    ast.BitXor: N_("'^': a power is written x**2"),
    ast.BitOr: N_("'|': the absolute value is written abs(x)"),
    ast.BitAnd: N_("'&': multiply by 0 and 1, or nest where(...)"),
    ast.Mod: N_("'%': it has no derivative here"),
    ast.FloorDiv: N_("'//': a division is written x / y"),
    ast.LShift: N_("'<<': a power of two is written 2**n"),
    ast.RShift: N_("'>>': a division by a power of two is written x / 2**n"),
    ast.Invert: N_("'~': a sign is written -x"),
    ast.Not: N_("'not': nest where(...)"),
}

_REFUSED: dict[type, str] = {
    ast.Attribute: N_("attribute access: call the function, as in tanh(x) or sum(x, axis=0)"),
    ast.Lambda: N_("lambda: write the expression itself"),
    ast.IfExp: N_("'if ... else': write where(condition, a, b)"),
    ast.BoolOp: N_("'and' and 'or': nest where(...)"),
    ast.JoinedStr: N_("an f-string: give the text itself"),
    ast.NamedExpr: N_("':=': name a value in a statement of its own, as in e = a*b; e + c"),
    ast.Starred: N_("a starred argument: write the arguments one by one"),
    ast.Dict: N_("a dictionary"),
    ast.Set: N_("a set: numbers go into [ ], and formulas into ( )"),
    ast.ListComp: N_("a comprehension: write the elements one by one"),
    ast.SetComp: N_("a comprehension: write the elements one by one"),
    ast.DictComp: N_("a comprehension: write the elements one by one"),
    ast.GeneratorExp: N_("a generator: write the elements one by one"),
    ast.AugAssign: N_("an assignment that changes a name: give the new value a name of its own"),
    ast.AnnAssign: N_("an annotation: write e = a*b"),
}


class Text:
    """A text that is being read, and where each node of its tree stands in it."""

    def __init__(self, text: str):
        self.text = text
        self._starts = [0]  # of each line, in characters
        self._lines = text.split("\n")
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line) + 1)

    def span(self, tree: Any) -> tuple[int, int]:
        """The characters of a node (the tree counts bytes)."""
        return self._at(tree.lineno, tree.col_offset), self._at(tree.end_lineno, tree.end_col_offset)

    def of(self, tree: Any) -> str:
        """The text of a node."""
        start, end = self.span(tree)
        return self.text[start:end]

    def error(self, tree: Any, message: str, hint: str = "") -> ExpressionError:
        """An error that points at a node."""
        return ExpressionError(message, self.text, *self.span(tree), hint)

    def position(self, line: int, column: int) -> int:
        """The character at a line and column as Python's syntax errors count them, from 1."""
        line = min(max(line, 1), len(self._lines))
        return min(self._starts[line - 1] + max(column - 1, 0), len(self.text))

    def _at(self, line: int, byte: int) -> int:
        return self._starts[line - 1] + len(self._lines[line - 1].encode()[:byte].decode())


def read(text: str) -> tuple[Text, list[ast.stmt]]:
    """The statements of an expression: assignments to names, and at the end the result.

    Raises:
        ExpressionError: it is no expression, or a larger one than can be stepped through.
    """
    source = Text(text.strip())
    _check_characters(source.text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python's own advice on style, such as on "1 is 1"
        try:
            statements = ast.parse(source.text, "<expression>").body
        except SyntaxError as error:
            raise _syntax_error(source, error) from None
        except (ValueError, MemoryError, RecursionError, OverflowError):
            raise CommandError(
                _("the expression is nested too deeply"),
                _("at most {max_depth} operations may contain each other").format(max_depth=MAX_DEPTH),
            ) from None
    if not statements:
        raise CommandError(_("the expression is empty"), _('for example: "a*b + a" --set a=2 --set b=-3'))
    _check_size(source, statements)
    _check_statements(source, statements)
    return source, statements


def refuse(source: Text, tree: ast.AST) -> ExpressionError:
    """The error for a kind of node that has no meaning in an expression."""
    what = _REFUSED.get(type(tree)) or _OPERATORS.get(type(getattr(tree, "op", None)))
    if what is None:
        kind = _("a statement") if isinstance(tree, ast.stmt) else _("this")
        what = _("{kind}: write numbers, names, + - * / ** @, ( ), [ ] and the functions of tinygrad_edu").format(
            kind=kind
        )
    thing, advice = _(what).partition(": ")[::2]
    return source.error(tree, _("{thing} is not part of an expression here").format(thing=thing), advice)


def _check_characters(text: str) -> None:
    if len(text) > MAX_CHARACTERS:
        raise CommandError(
            _("the expression has {n} characters, and at most {max_characters} can be stepped through").format(
                n=grouped(len(text)), max_characters=grouped(MAX_CHARACTERS)
            ),
            _("put it into a file: tinygrad-edu step FILE.py:FUNC"),
        )
    depth = 0
    for place, character in enumerate(text):
        if unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t":
            raise ExpressionError(
                _("the character U+{ord} cannot stand in an expression").format(ord=f"{ord(character):04X}"),
                text,
                place,
                place + 1,
                _("remove it"),
            )
        depth += (character in "([{") - (character in ")]}")
        if depth > MAX_BRACKETS:
            raise ExpressionError(
                _("more than {max_brackets} brackets inside one another").format(max_brackets=MAX_BRACKETS),
                text,
                place,
                place + 1,
            )


def _syntax_error(source: Text, error: SyntaxError) -> ExpressionError:
    """Python's complaint, at its character, with what was probably meant."""
    place = source.position(error.lineno or 1, error.offset or 1)
    here = source.text[place : place + 1]
    message = (error.msg or "invalid syntax").partition(": value has")[0]
    hint = ""
    if here in _MEANT and here:
        hint = _("write {meant}").format(meant=_MEANT[here])
    elif "decimal literal" in message:
        place += 1
        while place < len(source.text) and (source.text[place].isdigit() or source.text[place] in "._"):
            place += 1
        hint = _("a multiplication is written with *, as in 2*x")
    elif "never closed" in message:
        hint = _("close it with {bracket}").format(bracket=dict(zip("([{", ")]}", strict=True)).get(here, here))
    elif not here:
        hint = _("something is missing here")
    elif here.isalnum() and re.search(r"[\w)\]]\s+$", source.text[:place]):
        hint = _("before it an operator is missing, as in 2*x, or a bracket, as in sin(x)")
    return ExpressionError(
        _("cannot read the expression: {message}").format(message=message), source.text, place, place + 1, hint
    )


def _check_size(source: Text, statements: list[ast.stmt]) -> None:
    count = 0
    waiting: list[tuple[ast.AST, ast.AST, int]] = [(statement, statement, 1) for statement in reversed(statements)]
    while waiting:
        tree, place, depth = waiting.pop()
        if isinstance(tree, (ast.expr, ast.stmt)):  # operators have no place in the text
            place, count = tree, count + 1
        if count > MAX_NODES:
            raise source.error(
                place,
                _("the expression has more than {max_nodes} parts").format(max_nodes=grouped(MAX_NODES)),
                _("put it into a file: FILE.py:FUNC"),
            )
        if depth > MAX_DEPTH:
            raise source.error(
                place,
                _("more than {max_depth} operations contain each other").format(max_depth=MAX_DEPTH),
                _("name a part of it: e = a*b; ..."),
            )
        waiting += [(child, place, depth + 1) for child in ast.iter_child_nodes(tree)]


def _check_statements(source: Text, statements: list[ast.stmt]) -> None:
    """Every statement names a value; only the last may be the bare result."""
    for statement in statements:
        if isinstance(statement, ast.Assign):
            if len(statement.targets) != 1 or not isinstance(statement.targets[0], ast.Name):
                raise source.error(
                    statement.targets[0], _("only a plain name can be assigned"), _("as in e = a*b; e + c")
                )
            if statement.targets[0].id.startswith("__"):
                raise source.error(statement.targets[0], _("a name begins with a letter"), _("as in e = a*b; e + c"))
        elif not isinstance(statement, ast.Expr):
            raise refuse(source, statement)
        elif statement is not statements[-1]:
            raise source.error(statement, _("this result is not used"), _("name it, as in e = a*b; or remove it"))
