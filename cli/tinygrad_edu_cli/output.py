"""What the terminal, or whatever stands in its place, can show."""

from __future__ import annotations

import os
import re
import sys
from contextlib import AbstractContextManager, nullcontext
from typing import IO, Any

import click

from tinygrad_edu_words import ENGLISH, GAP, language, speaking

_BOXES = "╭╮╰╯─│╔╗╚╝═║├►▼×…"
_SUPERSCRIPTS = "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"
_DIGITS = str.maketrans(_SUPERSCRIPTS, "-0123456789")
_ASCII = str.maketrans(
    {
        **{
            GAP: " ",
            "\u202f": " ",
            "∂": "d",
            "·": "*",
            "×": "x",
            "−": "-",
            "→": "->",
            "←": "<-",
            "↓": "v",
            "▶": ">",
            "›": ">",
            "●": "@",
            "…": "...",
            "∞": "inf",
            "√": "sqrt",
            "Σ": "sum ",
        },
        **{"ᵀ": "^T", "≤": "<=", "≥": ">=", "≠": "!=", "π": "pi", "μ": "mu", "Φ": "Phi", "±": "+-"},
        **{"η": "eta", "β": "beta", "ε": "eps", "λ": "lambda", "α": "alpha", "ρ": "rho", "τ": "tau", "δ": "delta"},
        **{"Π": "P", "Δ": "D", "₁": "1", "₂": "2", "₊": "'", "«": "<", "»": ">", "θ": "theta"},
        **dict(zip("▁▂▃▄▅▆▇█↑", "_.:-=+*#^", strict=True)),
    }
)

_GERMAN = str.maketrans({**dict(zip("äöüÄÖÜß", "ae oe ue Ae Oe Ue ss".split(), strict=True)), "„": '"', "“": '"'})


def is_interactive() -> bool:
    """Whether a person sits at a terminal that can redraw, and types."""
    return can_redraw() and not os.environ.get("CI")


def can_redraw() -> bool:
    """Whether there are a keyboard, and a terminal that is more than a printer."""
    dumb = os.environ.get("TERM", "") in ("", "dumb") and os.name != "nt"
    return _is_terminal(sys.stdin) and _is_terminal(sys.stdout) and not dumb and not in_notebook()


def in_notebook() -> bool:
    """Whether a cell of a notebook runs us, by `!`: in a pseudo-terminal that has no screen, and nobody who types.

    Jupyter tells its kernels by this variable who started them, and they hand it on.
    """
    return bool(os.environ.get("JPY_PARENT_PID"))


def nobody_types() -> bool:
    """Whether the input is a keyboard without a person: waiting for an answer would be waiting for ever."""
    return in_notebook() and _is_terminal(sys.stdin)


def has_colour() -> bool:
    """Whether styles may be sent: only to a terminal, and not if NO_COLOR says no (https://no-color.org)."""
    return is_interactive() and not os.environ.get("NO_COLOR")


def is_ascii(coding: str | None = None) -> bool:
    """Whether an encoding, by default that of the standard output, lacks the characters that boxes are drawn with."""
    return not _can_show(_BOXES, coding or encoding(sys.stdout))


def encoding(stream: IO[Any] | None) -> str:
    return getattr(stream, "encoding", None) or "utf-8"


def shown(text: str, coding: str | None = None) -> str:
    """Text in the nearest characters that an encoding has; by default that of the standard output."""
    coding = coding or encoding(sys.stdout)
    if _can_show(text, coding):
        return text
    text = re.sub(f"[{_SUPERSCRIPTS}]+", lambda power: "^" + power[0].translate(_DIGITS), text).translate(_ASCII)
    text = text.translate(_GERMAN) if language() == "de" and not _can_show("äß", coding) else text
    return text.encode(coding, "backslashreplace").decode(coding)


def english(asked: bool) -> AbstractContextManager[None]:
    """A block in English, where it is asked for: as what `--json` prints is, in whatever language we speak."""
    return speaking(ENGLISH) if asked else nullcontext()


def say(text: str) -> None:
    """Print text, as `shown`."""
    click.echo(shown(text), color=has_colour() or None)


def _can_show(text: str, coding: str) -> bool:
    try:
        text.encode(coding)
    except UnicodeEncodeError:
        return False
    return True


def _is_terminal(stream: IO[Any] | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False
