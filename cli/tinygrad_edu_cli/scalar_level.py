"""A subject scalarized: as single numbers, by the same rules, all of it or one operation."""

from __future__ import annotations

import re

import numpy as np

from tinygrad_edu.errors import ArgumentError
from tinygrad_edu.graph.operation import REGISTRY
from tinygrad_edu_viz import Trace
from tinygrad_edu_viz.recording.contents import restored
from tinygrad_edu_viz.scalarizing.scalarize import Index, TooManyNumbers, scalarize
from tinygrad_edu_words import _

from .errors import CommandError
from .phrases import nearest
from .subject import Subject


class TooMuchError(CommandError):
    """There would be too many numbers to look at."""


def at_level(subject: Subject, level: str) -> tuple[Subject, str]:
    """The subject whose view at a level is asked for: for "scalar" it is another one, at the level "op".

    Raises:
        CommandError: it cannot be scalarized.
    """
    if level != "scalar":
        return subject, level
    try:
        return Subject(subject.title, _numbers_of(subject), subject.note, picks=_picking(subject.trace)), "op"
    except CommandError as error:
        raise CommandError(
            f"--level scalar: {error}", _("choose --level op or --level layer, or --apart NODE")
        ) from None


def _picking(trace: Trace) -> str:
    """An operation of a trace whose result may be other elements with other numbers, as it is written; or ""."""
    known = [(REGISTRY.get(node.op or ""), node.attrs) for node in trace.nodes.values()]
    return next(filter(None, [op.picks(restored(attrs)) for op, attrs in known if op]), "")


def scalarized(subject: Subject, place: str) -> Subject:
    """One operation of a subject, number by number.

    Args:
        place: a node's id or title; for one element of its result with an index behind it, as in "n8[0, 3]".
    Raises:
        TooMuchError: it has too many numbers to be looked at; an index would help.
        CommandError: no such node, or element; or it cannot be scalarized.
    """
    trace = subject.trace
    ids = {node.label: node.id for node in trace.nodes.values()} | {node: node for node in trace.nodes}
    place = place.strip()
    node, index = ids.get(place), None
    if node is None:
        found = re.fullmatch(r"(.+?)\s*\[([\s\d,-]*)\]", place)
        name = found[1] if found else place
        if name not in ids:
            near = nearest(name, [*ids]) or ", ".join([*ids][:6])
            raise CommandError(
                _("no node is called {name!r}").format(name=name), _("there is: {near}").format(near=near)
            )
        node, index = ids[name], _index(found[2]) if found else None
    shown = trace.nodes[node].label + (f"[{', '.join(map(str, index))}]" if index is not None else "")
    trace = _numbers_of(subject, node, index)
    note = _("{node} taken apart, number by number.").format(node=shown)
    if subject.trace.nodes[node].scope:
        layer = subject.trace.nodes[node].scope[-1]
        note = _("{node} of the layer {layer}, taken apart, number by number.").format(node=shown, layer=layer)
    return Subject(f"{subject.title} / {shown}", trace, note)


def _index(text: str) -> tuple[int, ...]:
    try:
        return tuple([int(part) for part in text.split(",") if part.strip()])
    except ValueError:
        raise CommandError(
            _("[{text}] is no place in an array").format(text=text), _("give numbers, as in [0, 3]")
        ) from None


def _numbers_of(subject: Subject, node: str | None = None, index: Index | None = None) -> Trace:
    whole = subject.trace if subject.root is None else subject.root
    try:
        with np.errstate(all="ignore"):
            return scalarize(whole, node, index)
    except TooManyNumbers as error:
        taken = subject.trace.nodes[node or subject.trace.root]
        element = _("one element of it: {command}").format(
            command=f'--apart "{taken.label}[{", ".join("0" * len(taken.shape))}]"'
        )
        raise TooMuchError(_said(error), element if taken.shape and index is None else "") from None
    except ArgumentError as error:
        raise CommandError(_said(error)) from None


def _said(error: ArgumentError) -> str:
    """Why, without the name of the function, and of its arguments."""
    return str(error).removeprefix("take_apart: ").partition("; ")[0]
