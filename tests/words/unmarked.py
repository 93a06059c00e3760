"""Literals that people read and that no `_` marks, in Python, JavaScript and HTML."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from html.parser import HTMLParser

from babel.messages.jslexer import tokenize

PROSE = re.compile(r"[^\W\d_]{2,}[,.:;]? (?:[^\W\d_]{2,}|\{)|\}[,.:;]? [^\W\d_]{3,}")  # two words, or a slot and a word
MARKS = {"_", "N_", "ngettext", "pgettext", "Sentence"}
SHOWN = re.compile(  # errors whose words a person reads: those of a command; of what the engine raises, only the frame
    "CommandError|UsageError|BadParameter|NegativeResult|UserCodeError|MissingPieceError|FileError|ExpressionError|"
    "MisfitError|TooMuchError|UnwritableError|error"
)


def in_python(source: str) -> Iterator[tuple[int, str]]:
    """(line, text) of each literal that reads like prose, and is not marked: without docstrings, help of options and
    keys, which `catalogue.py` finds by itself or nobody sees, and errors.

    An f-string is one text, with {} for what is put in.
    """
    tree = ast.parse(source)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        text = _text(node)
        if text is None or not PROSE.search(text) or isinstance(parents[node], (ast.Expr, ast.JoinedStr)):
            continue
        above, marked, at = parents[node], False, node
        while above is not None and not isinstance(above, ast.stmt):
            marked |= (
                isinstance(above, ast.Call)
                and _called(above) in MARKS
                and at in above.args
                and not isinstance(at, ast.JoinedStr)
            )
            marked |= isinstance(above, ast.keyword) and above.arg in ("help", "epilog", "metavar")
            marked |= isinstance(above, ast.Call) and _called(above) == "Binding"
            above, at = parents.get(above), above
        if not marked and (not isinstance(above, ast.Raise) or is_shown(above)):
            yield node.lineno, text


def is_shown(raised: ast.Raise) -> bool:
    """Whether an error is a command's own, and not one of the library."""
    return isinstance(raised.exc, ast.Call) and SHOWN.fullmatch(_called(raised.exc)) is not None


def _text(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return None


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def in_script(source: str) -> Iterator[tuple[int, str]]:
    """The same of JavaScript; template literals, with their slots as they are."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Babel shows its reader of JavaScript to nobody else
        tokens = [token for token in tokenize(source) if token.type != "linecomment"]
    for place, token in enumerate(tokens):
        if token.type not in ("string", "template_string"):
            continue
        before = [other.value for other in tokens[max(place - 2, 0) : place]]
        text = _with_slots(token.value[1:-1])
        second = [other.value for other in tokens[max(place - 4, 0) : place]]  # of ngettext(one, many, n)
        is_marked = (before[-1:] == ["("] and before[0] in MARKS) or second[:2] == ["ngettext", "("]
        if is_marked and token.type == "string":
            continue
        if PROSE.search(text) or (re.fullmatch(r"[A-Z][a-z]+", text) and text not in KEYS):
            yield token.lineno, text


def _with_slots(text: str) -> str:
    """A template with {} for what is put in, and for what is marked within it."""
    text = re.sub(r'(?<![\w$.])(_|ngettext)\((\s*"(?:[^"\\\n]|\\.)*",?)+', "(", text)
    before = ""
    while before != text:
        before, text = text, re.sub(r"\$?\{[^{}]*\}", "\0", text)
    return re.sub("\0+", "{}", text)


KEYS = {"Escape", "Enter", "Home", "End", "Backspace", "Delete", "Tab", "Adam"}


class _Texts(HTMLParser):
    SHOWN = ("title", "aria-label", "placeholder", "alt")

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[int, str]] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.silent += tag in ("script", "style", "kbd")
        for name, value in attributes:
            if name in self.SHOWN:
                self.handle_data(value or "")

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in ("script", "style", "kbd")

    def handle_data(self, data: str) -> None:
        text = re.sub(r"\$\w+|\$\{\w+\}", "", data)
        if not self.silent and re.search(r"[^\W\d_]{2,}", text):
            self.found.append((self.getpos()[0], " ".join(data.split())))


def in_html(source: str) -> list[tuple[int, str]]:
    """Texts, and attributes that are shown or spoken, outside of [[double brackets]]."""
    parser = _Texts()
    parser.feed(re.sub(r"\[\[.+?\]\]", "", source, flags=re.DOTALL))
    return parser.found


READERS = {".py": in_python, ".js": in_script, ".html": in_html}
