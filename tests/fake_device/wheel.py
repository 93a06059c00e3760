"""Signatures of the installed CuPy, which need no device: most of CuPy is compiled, and a compiled function has its
signature only as the first line of its docstring."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable
from typing import Any


def signature(function: Callable[..., Any]) -> inspect.Signature:
    """The signature of a function, method or class of CuPy; a method has `self`, a class has not.

    Raises:
        ValueError: it has none that can be read.
    """
    try:
        found = inspect.signature(function)
    except ValueError:
        return embedded(function.__doc__ or "")
    return _plain(found)


def _plain(found: inspect.Signature) -> inspect.Signature:
    """Without annotations."""
    parameters = [p.replace(annotation=p.empty) for p in found.parameters.values()]
    return inspect.Signature(parameters)


def embedded(doc: str) -> inspect.Signature:
    """The signature in the first line of a docstring, such as `_ndarray_base.sort(self, int axis=-1, kind=None)`."""
    line = doc.partition("\n")[0].replace("\\*", "*")
    match = re.fullmatch(r"[\w.]+\((.*?)\)(?: -> [\w\[\], ]+)?", line)
    if not match:
        raise ValueError(f"no signature: {line!r}")
    try:
        names = ", ".join(_without_type(part) for part in _parts(match[1]))
        arguments = ast.parse(f"lambda {names}: 0", mode="eval")
        return inspect.signature(eval(compile(arguments, line, "eval"), {}))
    except (SyntaxError, NameError) as error:
        raise ValueError(f"not understood: {line!r}") from error


def _parts(text: str) -> list[str]:
    """What stands between the commas outside brackets."""
    return [part.strip() for part in re.split(r",\s*(?![^()\[\]]*[)\]])", text) if part.strip()]


def _without_type(parameter: str) -> str:
    """`int axis=-1` as `axis=-1`."""
    name, equals, default = parameter.partition("=")
    return name.split()[-1] + equals + default


def is_beginning(ours: inspect.Signature, theirs: inspect.Signature) -> bool:
    """Whether every call that fits `ours` fits `theirs`, and means the same: equal names, kinds and defaults.

    `ours` may lack what stands at the end, and keyword-only parameters, where `theirs` has defaults for them.
    """
    places = list(theirs.parameters)
    for place, (name, parameter) in enumerate(ours.parameters.items()):
        if parameter != theirs.parameters.get(name):
            return False
        if parameter.kind is not parameter.KEYWORD_ONLY and places[place] != name:
            return False
    lacking = [p for name, p in theirs.parameters.items() if name not in ours.parameters]
    return all(p.default is not p.empty or p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in lacking)
