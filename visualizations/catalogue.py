"""Brings the texts of the faces into the catalogue of translations: `python visualizations/catalogue.py`.

What is new comes without a translation, what nobody says any more goes. See `tinygrad_edu_words`. The catalogue of
click's own words, which Python's gettext reads, is compiled.
"""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from tinygrad_edu.derivatives.not_finite import domain
from tinygrad_edu.graph.operation import REGISTRY
from tinygrad_edu_cli.main import cli
from tinygrad_edu_cli.translating import texts
from tinygrad_edu_viz.notation import clauses
from tinygrad_edu_words import LANGUAGES, page_texts
from tinygrad_edu_words.reading import FOLDER

ROOT = Path(__file__).parents[1]
PACKAGES = [
    *(ROOT / "visualizations/tinygrad_edu_words", ROOT / "visualizations/tinygrad_edu_viz"),
    *(ROOT / "cli", ROOT / "tutorials/tinygrad_edu_tutorials"),
]
KEYWORDS = {"_": None, "Sentence": None, "N_": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
CLICK = Path(click.__file__).parent

Message = tuple[str | tuple[str, str], str | None]  # its text, or those of one and of many; and its context


def messages() -> set[Message]:
    """All that the faces say."""
    found = {message for folder in PACKAGES for file in sorted(folder.rglob("*.*")) for message in in_file(file)}
    return found | {(text, None) for text in (*texts(cli), *of_operations())}


def in_file(file: Path) -> Iterator[Message]:
    """What a file says."""
    if file.suffix == ".py":
        yield from in_python(ast.parse(file.read_text(encoding="utf-8")))
    elif file.suffix == ".js":
        for found in page_texts.called(file.read_text(encoding="utf-8")):
            yield found, None
    elif file.suffix == ".html":
        for text in page_texts.bracketed(file.read_text(encoding="utf-8")):
            yield text, None


def in_python(tree: ast.AST) -> Iterator[Message]:
    """The calls of KEYWORDS; Babel's own extractor overlooks those within f-strings."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in KEYWORDS:
            continue
        arguments = [x.value for x in node.args if isinstance(x, ast.Constant) and isinstance(x.value, str)]
        if node.func.id == "pgettext":
            yield arguments[1], arguments[0]
        elif arguments:  # not a name, whose text is marked elsewhere
            yield (arguments[0] if len(arguments) == 1 else (arguments[0], arguments[1])), None


def of_operations() -> Iterator[str]:
    """What the docstrings of the operations say of gradients, and of inf and nan; see `sentences.reason`."""
    for op in REGISTRY.values():
        yield from (clause for clause, _ in clauses(op))
        if said := domain(op):
            yield said


def of_click() -> set[Message]:
    """What click says."""
    files = CLICK.glob("*.py")
    return {message for file in files for message in in_file(file)}


def brought_up_to_date(old: Catalog, current: set[Message]) -> Catalog:
    """A catalogue with the current messages, and the translations that it had."""
    new = Catalog(locale=old.locale, header_comment=old.header_comment, fuzzy=False)
    new.mime_headers = [(name, value) for name, value in old.mime_headers if "Date" not in name]
    for text, context in sorted(current, key=_key):
        known = old.get(text[0] if isinstance(text, tuple) else text, context)
        string = "" if known is None or isinstance(known.string, tuple) != isinstance(text, tuple) else known.string
        new.add(text, string, context=context)
    return new


def _key(message: Message) -> tuple[str, str]:
    text, context = message
    return (text if isinstance(text, str) else text[0], context or "")


def written(catalog: Catalog) -> bytes:
    """A catalogue as a file, without the lines of its head that change with each writing."""
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=118, no_location=True, sort_output=True)
    head, _, entries = buffer.getvalue().partition(b"\n\n")
    return re.sub(rb'\n"(?!Language:|Plural|MIME|Content)[\w-]+: .*', b"", head) + b"\n\n" + entries


def compiled(file: Path) -> bytes:
    """The catalogue of a file, as Python's gettext reads it."""
    buffer, catalog = io.BytesIO(), read(file)
    catalog.creation_date = catalog.revision_date = datetime(2026, 1, 1)  # the same text gives the same file
    write_mo(buffer, catalog)
    return buffer.getvalue()


def read(file: Path) -> Catalog:
    return read_po(io.BytesIO(file.read_bytes()), locale="de")


def main() -> None:
    current = messages()
    for code in LANGUAGES[1:]:
        file = FOLDER / f"{code}.po"
        file.write_bytes(written(brought_up_to_date(read(file), current)))
        of_click = FOLDER / code / "LC_MESSAGES/click.po"
        of_click.with_suffix(".mo").write_bytes(compiled(of_click))


if __name__ == "__main__":
    main()
