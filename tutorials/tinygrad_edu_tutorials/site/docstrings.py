"""Docstrings as Sphinx reads them: ours are plain text with `names`, blocks of code and sections."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable
from itertools import chain
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref, pending_xref_condition
from sphinx.util import inspect

_CODE = re.compile(r"`([^`]+)`")
_NAME = re.compile(r"[A-Za-z_][\w.]*(\(\))?")
_SECTION = re.compile(r"\s*(Args|Attributes|Returns|Raises|Yields|Note|Example|Examples):$")
_SIGNS = re.compile(r"([\\*|]|(?<=\w)_(?=\W|$))")


def setup(app: Any) -> dict[str, Any]:
    app.connect("autodoc-process-docstring", _process, priority=100)  # before napoleon
    app.connect("autodoc-skip-member", _says_nothing)
    app.connect("autodoc-process-signature", _signature)
    app.connect("doctree-read", _without_builtins)
    app.connect("missing-reference", resolve)
    return {"parallel_read_safe": True}


def _process(app: Any, what: str, name: str, value: object, options: Any, lines: list[str]) -> None:
    lines[:] = converted(lines)


def _says_nothing(app: Any, what: str, name: str, value: Any, skip: bool, options: Any) -> bool | None:
    """Leaves out the fields of named tuples: Python's own docstring of each is its number."""
    return True if (getattr(value, "__doc__", None) or "").startswith("Alias for field number") else None


def _signature(app: Any, what: str, name: str, value: Any, options: Any, said: str, returns: str) -> Any:
    """What a class is called with, also where its `__new__` only checks the names of keywords."""
    if what != "class" or "**keywords" not in (said or ""):
        return None
    found = inspect.signature(value.__init__, bound_method=True)
    return inspect.stringify_signature(found, show_return_annotation=False, unqualified_typehints=True), None


def converted(lines: Iterable[str]) -> list[str]:
    """The lines of a docstring as reStructuredText: signs of its own are escaped, indented blocks are code."""
    written: list[str] = []
    base, block = 0, False  # how far text is indented here; whether this is code
    for line in chain.from_iterable(map(_as_section, lines)):
        depth = len(line) - len(line.lstrip())
        if not line.strip():
            written.append("")
            continue
        begins = not written or not written[-1].strip()
        if block and depth <= base:
            block = False
        if not block and begins and written and depth > base:
            written += [" " * base + "::", ""]
            block = True
        if not block:
            base = depth if begins or _SECTION.match(line) else min(base, depth)
        written.append(line if block or line.lstrip().startswith(">>>") else _prose(line))
    return written


def _as_section(line: str) -> list[str]:
    """ "Args, errors: as `Optimizer`, and" becomes a sentence, and the section of arguments that it begins."""
    found = re.fullmatch(r"(\s*)Args, errors: (.+, and)", line)
    return [line] if found is None else [f"{found[1]}Arguments and errors {found[2]}:", "", f"{found[1]}Args:"]


def _prose(line: str) -> str:
    """A line of prose; a name in backticks becomes a link, other code is shown as it is."""
    pieces = re.split(r"(`[^`]+`)", line)
    return "".join(_code(piece) if _CODE.fullmatch(piece) else _SIGNS.sub(r"\\\1", piece) for piece in pieces)


def _code(piece: str) -> str:
    inside = piece.strip("`")
    return (f"`{inside}`" if _NAME.fullmatch(inside) else f"``{inside}``") + r"\ "


def _is_builtin(name: str) -> bool:
    """Whether Python has a type of that name, such as `float`: it means this one, and no method of ours."""
    return isinstance(getattr(builtins, name, None), type)


def _without_builtins(app: Any, doctree: nodes.document) -> None:
    for node in list(doctree.findall(pending_xref)):
        if node.get("refdomain") == "py" and _is_builtin(node["reftarget"]):
            shown = node.children[-1]
            node.replace_self(shown.children if isinstance(shown, pending_xref_condition) else [shown])


def resolve(app: Any, env: Any, node: Any, shown: nodes.Node) -> nodes.Node | None:
    """Link a name to the only public one that ends like it. One that has no page stays as it is: an argument, a private
    helper, Python's own; but what calls itself public must be there."""
    if node.get("refdomain") != "py":
        return None
    wanted = node["reftarget"].removeprefix("tg.").removesuffix("()")
    objects = env.domains.python_domain.objects
    exact = [name for name in (wanted, f"tinygrad_edu.{wanted}") if name in objects]
    found = exact or [name for name in objects if name.endswith(f".{wanted}")]
    if len(found) == 1 and not _is_builtin(wanted):
        place = objects[found[0]]
        address = app.builder.get_relative_uri(node["refdoc"], place.docname)
        return nodes.reference("", "", shown, internal=True, refuri=f"{address}#{place.node_id}")
    return None if node["reftarget"].startswith("tg.") else shown  # None: a warning
