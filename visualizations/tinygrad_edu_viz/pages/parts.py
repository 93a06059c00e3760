"""What all pages are made of: files of this package, JSON in HTML, colours, and the policy that lets nothing in."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from importlib.resources import files
from string import Template
from typing import Any

from tinygrad_edu.errors import ArgumentError

from ..pictures.palette import DARK, LIGHT, Palette

DARK_WHERE = {"auto": "(prefers-color-scheme: dark)", "light": "(max-width: 0px)", "dark": "(min-width: 0px)"}


def themed(css: str, theme: str, **values: Any) -> str:
    """A style in the colours of both palettes.

    Args:
        css: a `string.Template`.
        theme: "light", "dark", or "auto" for the reader's.
        values: what else stands in it.
    Raises:
        ArgumentError: another theme.
    """
    if theme not in DARK_WHERE:
        raise ArgumentError(f"the theme is one of {', '.join(DARK_WHERE)}, not {theme!r}")
    return Template(css).substitute(
        light=colours(LIGHT),
        dark=colours(DARK),
        dark_where=DARK_WHERE[theme],
        schemes="light dark" if theme == "auto" else theme,
        **values,
    )


def head(title: str, script: str, style: str) -> str:
    """What a page begins with, for the `$head` of its file.

    Args:
        title: as HTML.
    """
    return (
        Template(packaged("head.html")).substitute(title=title, policy=policy_of(script, style), style=style).rstrip()
    )


def policy_of(script: str, style: str) -> str:
    """A policy (https://www.w3.org/TR/CSP3/) that lets a browser run this program, use this style, and load nothing."""
    return (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def embedded_json(content: Any) -> str:
    """JSON that can stand in an HTML script element: only ASCII, and nothing in it ends the element or opens another.

    >>> embedded_json("</script>")
    '"\\\\u003c/script>"'
    """
    text = json.dumps(content, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def deflated(text: str) -> str:
    """Text for the DecompressionStream "deflate" of a browser (https://compression.spec.whatwg.org), in base64."""
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def colours(palette: Palette) -> str:
    """The custom properties of CSS that have the colours of a palette."""
    found = {
        **palette.fills,
        "ink": palette.text,
        "faint": palette.quiet,
        "paper": palette.paper,
        "wire": palette.line,
    }
    return " ".join(f"--{name}: {colour};" for name, colour in found.items())


def packaged(name: str) -> str:
    """A text file of this package."""
    return (files("tinygrad_edu_viz.pages") / name).read_text(encoding="utf-8").replace("\r\n", "\n")


def _hash(text: str) -> str:
    """The source of a policy that allows exactly this text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
