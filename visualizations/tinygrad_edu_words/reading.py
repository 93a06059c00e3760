"""Reads a catalogue of gettext as text, so that nothing has to be compiled after a change, or installed anew."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent

_LINE = re.compile(r'(?:(msg\w+(?:\[\d\])?) )?"(.*)"')
_ESCAPES = {"n": "\n", "t": "\t"}


@cache
def catalogue(code: str) -> dict[str, tuple[str, ...]]:
    """The texts of a language, by the English ones: one, or that of one thing and that of several."""
    return read((FOLDER / f"{code}.po").read_text(encoding="utf-8"))


def read(po: str) -> dict[str, tuple[str, ...]]:
    """The entries of a file in the format PO that are translated, and not marked as fuzzy.

    See https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html.

    >>> read('msgid "two\\\\n"\\n"lines"\\nmsgstr "zwei Zeilen"\\n\\nmsgid "later"\\nmsgstr ""')
    {'two\\nlines': ('zwei Zeilen',)}
    """
    found = {}
    for block in re.split(r"\n\s*\n", po):
        fields: dict[str, str] = {}
        name = ""  # of the field, as its first line says
        for line in block.splitlines():
            if line.startswith("#, ") and "fuzzy" in line:
                fields = {}
                break
            if match := _LINE.fullmatch(line):
                name = match[1] or name
                fields[name] = fields.get(name, "") + re.sub(r"\\(.)", lambda x: _ESCAPES.get(x[1], x[1]), match[2])
        texts = tuple(text for name, text in fields.items() if name.startswith("msgstr"))
        if fields.get("msgid") and all(texts):
            context = f"{fields['msgctxt']}\x04" if "msgctxt" in fields else ""
            found[context + fields["msgid"]] = texts
    return found
