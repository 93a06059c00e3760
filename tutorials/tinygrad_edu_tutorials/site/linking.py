"""Whether what the pages of a folder link to is there."""

from __future__ import annotations

from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ASKED = {"src", "srcset", "poster", "data"}
"""Attributes by which a page asks for something at once."""


class Links(HTMLParser):
    """What a page links to, and what can be linked to in it.

    Attributes:
        targets: pairs of an attribute and an address.
        anchors: the names of places in it.
    """

    def __init__(self, text: str):
        super().__init__()
        self.targets: list[tuple[str, str]] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("id", "name"):
                self.anchors.add(value or "")
            elif value and (name in ASKED or name == "href"):
                self.targets.append(("src" if tag == "link" else name, value))


def broken(folder: Path) -> list[str]:
    """A line for each link of a page to what is not there, and for each request to elsewhere."""
    read = cache(lambda path: Links(path.read_text(encoding="utf-8")))
    lines = []
    for path in sorted(folder.rglob("*.html")):
        for attribute, address in read(path).targets:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                if attribute in ASKED and parts.scheme != "data":
                    lines.append(f"{path.relative_to(folder)}: asks for {address}\n")
                continue
            there = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchor = unquote(parts.fragment) if there.suffix == ".html" else ""
            if not there.is_file() or (anchor and anchor not in read(there).anchors):
                lines.append(f"{path.relative_to(folder)}: leads to {address}, which is not there\n")
    return lines
