"""What a page holds, read as a browser does: data and program deflated and in base64, and the style as it is."""

from __future__ import annotations

import base64
import json
import re
import zlib
from typing import Any

BLOCK = re.compile(r'<script type="[^"]*" id="(\w+)" data-deflated>([^<]*)</script>')


def unpacked(page: str) -> str:
    """The page with its texts in place."""
    return BLOCK.sub(lambda block: f"{block[1]}: {_inflated(block[2])}", page)


def text_of(page: str, name: str) -> str:
    """The text of the one element that has this id."""
    (found,) = [text for block, text in BLOCK.findall(page) if block == name]
    return _inflated(found)


def style_of(page: str) -> str:
    """The text of its one style."""
    (found,) = re.findall("<style>(.*?)</style>", page, re.DOTALL)
    return str(found)


def content_of(page: str, name: str = "trace") -> Any:
    """The JSON that stands in it."""
    return json.loads(text_of(page, name))


def _inflated(text: str) -> str:
    return zlib.decompress(base64.b64decode(text)).decode()
