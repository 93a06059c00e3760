"""The texts within the parts of pages: in the place of each English one stands that of the language that is spoken."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.resources import files

from . import _, language, ngettext

_LITERAL = r'"(?:[^"\\\n]|\\.)*"'
_CALL = re.compile(rf"(?<![\w$.])(?:_\(\s*({_LITERAL})|ngettext\(\s*({_LITERAL}),\s*({_LITERAL}))")
_BRACKETS = re.compile(r"\[\[(.+?)\]\]", re.DOTALL)


def packaged(package: str, name: str) -> str:
    """A text file of a package, `translated`."""
    return translated(name, (files(package) / name).read_text(encoding="utf-8").replace("\r\n", "\n"))


def translated(name: str, text: str) -> str:
    """A part of a page in the language that is spoken.

    Args:
        name: of its file; what does not end in .js or .html is left as it is.
    """
    if name.endswith(".js") and language() != "en":
        return _CALL.sub(_call, text)
    if name.endswith(".html"):
        text = text.replace('<html lang="en">', f'<html lang="{language()}">')
        return _BRACKETS.sub(lambda found: _(_unbroken(found[1])), text)
    return text


def bracketed(text: str) -> list[str]:
    """The texts of a part in HTML, in English."""
    return [_unbroken(found) for found in _BRACKETS.findall(text)]


def _unbroken(text: str) -> str:
    return " ".join(text.split())


def called(text: str) -> Iterator[str | tuple[str, str]]:
    """The texts of a script, in English; of `ngettext`, that for one and that for many."""
    for found in _CALL.finditer(text):
        one, first, second = _literals(found)
        yield one or (first, second)


def _literals(found: re.Match[str]) -> list[str]:
    return [json.loads(literal) if literal else "" for literal in found.groups()]


def _call(found: re.Match[str]) -> str:
    """How a call of `_` or of `ngettext` begins, with translated literals; whatever follows stays."""
    one, first, second = _literals(found)
    if not first:
        return f"_({_quoted(_(one))}"
    return f"ngettext({_quoted(ngettext(first, second, 1))}, {_quoted(ngettext(first, second, 2))}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
