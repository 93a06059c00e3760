"""What all pages are made of: files of this package, data and programs, compressed, colours, and a policy."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Sequence
from string import Template
from typing import Any

from tinygrad_edu.errors import ArgumentError
from tinygrad_edu_words import page_texts

from ..pictures.palette import DARK, LIGHT, Palette

DARK_WHERE = {"auto": "(prefers-color-scheme: dark)", "light": "(max-width: 0px)", "dark": "(min-width: 0px)"}


def themed(css: str, theme: str, **values: Any) -> str:
    """A style in the colours of both palettes, after what all pages have, `everyone.css`.

    Args:
        css: a `string.Template`.
        theme: "light", "dark", or "auto" for the reader's.
        values: what else stands in it.
    Raises:
        ArgumentError: another theme.
    """
    if theme not in DARK_WHERE:
        raise ArgumentError(f"the theme is one of {', '.join(DARK_WHERE)}, not {theme!r}")
    return Template(packaged("everyone.css") + css).substitute(
        light=colours(LIGHT),
        dark=colours(DARK),
        dark_where=DARK_WHERE[theme],
        schemes="light dark" if theme == "auto" else theme,
        **values,
    )


def head(title: str, script: str, style: str, *inside: tuple[str, str], framed: Sequence[str] = ()) -> str:
    """What a page begins with, for the `$head` of its file.

    Args:
        title: as HTML.
        style: which is not compressed: so the page is itself from the first moment on, and without JavaScript.
        inside, framed: as of `policy_of`.
    """
    policy = policy_of(script, style, *inside, framed=framed)
    return Template(packaged("head.html")).substitute(title=title, policy=policy, style=style).rstrip()


def policy_of(script: str, style: str, *inside: tuple[str, str], framed: Sequence[str] = ()) -> str:
    """A policy (https://www.w3.org/TR/CSP3/) that lets a browser run this program, use this style, and load nothing.

    Args:
        script: the program that is given to `packed`.
        inside: programs and styles of pages that this one makes and shows in frames, which its policy holds for, too.
        framed: pages that stand in it in frames, with policies of their own.
    """
    every = [(script, style), *inside]
    programs = _once(
        _hash(packaged("inflate.js")),
        *[_hash(enclosed(program)) for program, _ in every],
        *[source for page in framed for source in _sources("script-src", page)],
    )
    styles = _once(*[_hash(each) for _, each in every], *[s for page in framed for s in _sources("style-src", page)])
    return (
        f"default-src 'none'; script-src {programs}; style-src {styles}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def packed(script: str, **data: Any) -> str:
    """What a page ends with: its data and program, compressed, and a short program that unpacks them, `inflate.js`.

    A program weighs most of its page, and compressed a third of that. `inflate.js` puts its text into the page, where
    the hash in `policy_of` lets the browser use it, as it uses nothing else.

    Args:
        script: the text of the program. It runs when the data are there.
        data: by their ids the contents, as JSON, of the elements that the program reads.
    """
    blocks = [
        _block("application/json", name, json.dumps(content, allow_nan=False, separators=(",", ":")))
        for name, content in data.items()
    ]
    program = _block("text/plain", "program", enclosed(script))
    return "\n".join([program, *blocks, f'<script type="module">{packaged("inflate.js")}</script>'])


def _block(kind: str, name: str, text: str) -> str:
    """A script element that a browser does not run, with text that is deflated, and written in base64."""
    content = base64.b64encode(zlib.compress(text.encode(), 9)).decode()
    return f'<script type="{kind}" id="{name}" data-deflated>{content}</script>'


def enclosed(script: str) -> str:
    """The program with names of its own, as in a module, which run at once where it is put into the page; without its
    indentation and comments, which weigh a tenth of it. No text of a program goes over several lines."""
    lines = [line.strip() for line in script.splitlines()]
    short = "\n".join([line for line in lines if line and not line.startswith("//")])
    return f'"use strict";\n{{\n{short}\n}}\n'


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
    """A text file of this package, in the language that is spoken."""
    return page_texts.packaged(__package__, name)


def _once(*sources: str) -> str:
    return " ".join(dict.fromkeys(sources))


def _sources(directive: str, page: str) -> list[str]:
    """What a page's own policy allows."""
    found = re.search(rf'"Content-Security-Policy" content="[^"]*{directive} ([^;"]*)', page)
    return found[1].split() if found else []


def _hash(text: str) -> str:
    """The source of a policy that allows exactly this text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
