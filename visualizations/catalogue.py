"""Brings the texts of the faces into the catalogue of translations: `python visualizations/catalogue.py`.

What is new comes without a translation, what nobody says any more goes. See `tinygrad_edu_words`. The catalogue of
click's own words, which Python's gettext reads, is compiled.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import click
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from tinygrad_edu_cli.main import cli
from tinygrad_edu_cli.translating import texts
from tinygrad_edu_words import LANGUAGES, page_texts
from tinygrad_edu_words.reading import FOLDER

ROOT = Path(__file__).parents[1]
PACKAGES = [ROOT / "visualizations/tinygrad_edu_viz", ROOT / "cli/tinygrad_edu_cli"]
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
CLICK = Path(click.__file__).parent

Message = tuple[str | tuple[str, str], str | None]  # its text, or those of one and of many; and its context


def messages() -> set[Message]:
    """All that the faces say."""
    found = {message for folder in PACKAGES for file in sorted(folder.rglob("*.*")) for message in in_file(file)}
    return found | {(text, None) for text in texts(cli)}


def in_file(file: Path) -> Iterator[Message]:
    """What a file says."""
    method = {".py": "python", ".js": "javascript"}.get(file.suffix)
    if method:
        for _line, text, _comments, context in extract(method, io.BytesIO(file.read_bytes()), KEYWORDS):
            yield text, context
    elif file.suffix == ".html":
        for text in page_texts.bracketed(file.read_text(encoding="utf-8")):
            yield text, None


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
        fits = known is not None and isinstance(known.string, tuple) == isinstance(text, tuple)
        new.add(text, known.string if fits else "", context=context)
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
    buffer = io.BytesIO()
    write_mo(buffer, read(file))
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
