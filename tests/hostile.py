"""Names that try to be something else, and traces of them."""

from __future__ import annotations

import tinygrad_edu as tg
from tinygrad_edu_viz import Trace

NAMES = {
    "script": "</script><script>window.pwned=1</script>",
    "image": '"><img src=x onerror="window.pwned=1">',
    "comment": "<!--",
    "quotes": "a\"b'c&amp;",
    "newlines": "two\nlines\r\n\u2028\u2029",
    "emoji": "🙂👩‍👩‍👧",
    "right to left": "משקל",
    "overridden": "\u202egpj.exe",
    "control": "a\x00\x1b[31mb",
    "template": "$script ${title} {data}",
    "long": "x" * 500,
    "lone surrogate": "a\ud800b",
}


def trace(name: str) -> Trace:
    """A product whose first factor has that name; the product's own name begins with it."""
    result = tg.Value(2.0, name=name) * tg.Value(-3.0, name="other")
    result.name = f"{name}="
    return Trace.record(tg.tanh(result))
