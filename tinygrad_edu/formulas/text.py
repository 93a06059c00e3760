"""How formulas are written: as plain unicode text, and as LaTeX."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .symbol import Symbol

# What binds tighter has the greater number. A part that binds looser than its place needs stands in parentheses.
CONDITION, AND, COMPARISON, SUM, PRODUCT, POWER, ATOM = range(7)
_BINDS = {
    **{"if": CONDITION, "and": AND, "+": SUM, "-": SUM, "negative": SUM, "^": POWER},
    **dict.fromkeys(("=", "≠", "<", "≤", ">", "≥"), COMPARISON),
    **dict.fromkeys(("·", "/", "@"), PRODUCT),
}
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number_text(value: float, digits: int = 6) -> str:
    """A number for people: 1.0 is "1", and there are at most `digits` significant digits."""
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    return "0" if value == 0 else f"{value:.{digits}g}"


def argument_text(argument: Any) -> str:
    """An axis, a shape, an index, ... as one would type it; long ones are cut."""
    if isinstance(argument, (np.ndarray, np.generic)):
        argument = argument.tolist()
    text = argument.__name__ if isinstance(argument, type) else repr(argument)
    return text if len(text) <= 40 else f"{text[:39]}…"


def index_text(index: Any) -> str:
    """What stands between the brackets of `a[...]`."""
    if not isinstance(index, tuple):
        return _index_part(index)
    return ", ".join(map(_index_part, index)) or "()"


def _index_part(part: Any) -> str:
    if isinstance(part, slice):
        bounds = ["" if bound is None else str(bound) for bound in (part.start, part.stop, part.step)]
        return ":".join(bounds if bounds[2] else bounds[:2])
    return "..." if part is Ellipsis else argument_text(part)


def _binds(symbol: Symbol) -> int:
    """How tightly the outermost operation of a formula binds; a minus sign in front binds like a sum."""
    if _is_negative_figure(symbol) or (symbol.kind == "number" and symbol.value < 0):
        return SUM
    own = _BINDS.get(symbol.kind, ATOM)
    return SUM if own == PRODUCT and _is_negative_figure(symbol.args[0]) else own


def _is_negative_figure(symbol: Symbol) -> bool:
    return symbol.kind == "figure" and symbol.text.startswith("-")


def _needs(symbol: Symbol) -> list[int]:
    """How tightly each part of a formula must bind to stand there without parentheses."""
    kind, own = symbol.kind, _binds(symbol)
    if kind in ("call", "sequence", "truth"):
        return [CONDITION] * len(symbol.args)
    if kind == "if":  # a if c else (another if ... else) needs none
        return [AND, AND, CONDITION]
    if own in (AND, COMPARISON):
        return [own + 1, own + 1]
    if kind == "negative":
        return [PRODUCT]
    if kind in ("+", "-"):
        return [SUM, SUM if kind == "+" and not _begins_with_minus(symbol.args[1]) else PRODUCT]
    if kind in ("·", "/", "@"):
        first, second = symbol.args
        if _is_negative_figure(first):
            return [SUM, POWER]
        mixed = (kind == "@") != (first.kind == "@")  # both orders of a matrix product and · are not the same
        return [POWER if mixed else PRODUCT, PRODUCT if kind == "·" and second.kind in ("·", "/") else POWER]
    return [ATOM] * len(symbol.args)


def _begins_with_minus(symbol: Symbol) -> bool:
    while symbol.kind in ("+", "-"):
        symbol = symbol.args[0]
    return _binds(symbol) == SUM


def _parts(symbol: Symbol, write: Callable[[Symbol], str], needs: list[int], parentheses: str) -> list[str]:
    return [
        write(part) if _binds(part) >= need else parentheses.format(write(part))
        for part, need in zip(symbol.args, needs, strict=True)
    ]


_TEXT = {"index": "{}[{}]", "expand": "{}[{}]", "transpose": "{}ᵀ", "negative": "-{}", "if": "{} if {} else {}"}
_TEXT["truth"] = "({})"


def text(symbol: Symbol) -> str:
    """A formula as plain unicode text, with the parentheses that it needs and no others."""
    kind = symbol.kind
    if kind == "number":
        return number_text(symbol.value)
    if not symbol.args and kind != "call":
        return symbol.text
    parts = _parts(symbol, text, _needs(symbol), "({})")
    match kind:
        case "call":
            return f"|{parts[0]}|" if symbol.text == "abs" else f"{symbol.text}({', '.join(parts)})"
        case "sequence":
            return f"[{', '.join(parts)}]"
        case "^":
            return f"{parts[0]}{_superscript(symbol.args[1]) or f'^{parts[1]}'}"
    return _TEXT.get(kind, f"{{}} {kind} {{}}").format(*parts, symbol.text)


def _superscript(exponent: Symbol) -> str:
    """Small integers as raised digits; "" for any other exponent."""
    written = text(exponent) if exponent.kind in ("number", "figure") else ""
    return written.translate(_SUPERSCRIPT) if re.fullmatch(r"-?\d{1,2}", written) else ""


# --- LaTeX -----------------------------------------------------------------------------------------------------------

_LATEX = {
    **{"+": "{} + {}", "-": "{} - {}", "·": r"{} \cdot {}", "@": r"{} \, {}", "/": r"\frac{{{}}}{{{}}}"},
    **{"=": "{} = {}", "≠": r"{} \neq {}", "<": "{} < {}", "≤": r"{} \leq {}", ">": "{} > {}", "≥": r"{} \geq {}"},
    **{"and": r"{} \wedge {}", "negative": "-{}", "^": "{}^{{{}}}", "transpose": r"{}^{{\top}}"},
    "truth": r"\left({}\right)",
}
_LATEX_FUNCTIONS = {name: rf"\{name}" for name in ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arctan")}
_LATEX_FUNCTIONS |= {"sigmoid": r"\sigma", "maximum": r"\max", "minimum": r"\min"}
_LATEX_SPECIAL = {character: rf"\{character}" for character in "#$%&_{}"} | {
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
}


def latex(symbol: Symbol) -> str:
    """A formula in LaTeX, for math mode."""
    kind = symbol.kind
    if kind == "number":
        return number_text(symbol.value).replace("∞", r"\infty").replace("nan", r"\text{nan}")
    if not symbol.args and kind != "call":
        return symbol.text if kind == "figure" else _latex_name(symbol.text)
    if kind == "if":
        return _latex_cases(symbol)
    needs = [CONDITION] * 2 if kind == "/" else [ATOM, CONDITION] if kind == "^" else _needs(symbol)
    parts = _parts(symbol, latex, needs, r"\left({}\right)")
    inside = ", ".join(parts)
    match kind:
        case "call" if symbol.text == "abs":
            return rf"\left|{inside}\right|"
        case "call" if symbol.text == "sqrt":
            return rf"\sqrt{{{inside}}}"
        case "call":
            function = _LATEX_FUNCTIONS.get(symbol.text, rf"\operatorname{{{_escaped(symbol.text)}}}")
            return rf"{function}\left({inside}\right)"
        case "sequence":
            return rf"\left[{inside}\right]"
        case "index" | "expand":
            return rf"{inside}[\text{{{_escaped(symbol.text)}}}]"
    return _LATEX[kind].format(*parts)


def _latex_cases(symbol: Symbol) -> str:
    """A chain of conditions as one brace."""
    rows = []
    while symbol.kind == "if":
        value, condition, symbol = symbol.args
        rows.append(rf"{latex(value)} & \text{{if }} {latex(condition)}")
    rows.append(rf"{latex(symbol)} & \text{{otherwise}}")
    return r"\begin{cases} " + r" \\ ".join(rows) + r" \end{cases}"


def _latex_name(name: str) -> str:
    """A variable: w1 as w with the subscript 1; longer names, and whatever is not a name, upright."""
    found = re.fullmatch(r"([A-Za-z])_?(\d*)", name)
    if not found:
        return rf"\text{{{_escaped(name)}}}"
    return f"{found[1]}_{{{found[2]}}}" if found[2] else name


def _escaped(name: str) -> str:
    return "".join(_LATEX_SPECIAL.get(character, character) for character in name)
