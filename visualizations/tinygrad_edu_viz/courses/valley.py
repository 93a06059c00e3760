"""The loss as a function of the one number that is learned: the valley that a course goes down."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tinygrad_edu import Tensor, no_grad
from tinygrad_edu.graph.node import apply
from tinygrad_edu.graph.operation import REGISTRY, Elementwise

from ..recording.contents import restored
from ..trace import Trace
from .course import Course

Array = np.ndarray[Any, Any]
POINTS, BEYOND = 241, 0.35  # of the curve; how far it goes on behind the course, in lengths of that


class Valley(NamedTuple):
    """A curve, and the points of the passes on it.

    Attributes:
        name: what is learned.
        x, losses: the curve, shape (n,).
        places: where each pass is, shape (passes,).
    """

    name: str
    x: Array
    losses: Array
    places: Array


def valley(course: Course) -> Valley | None:
    """The valley of a course, computed by the rules of the operations in its first pass.

    None where not a single number is learned, where something else changes from pass to pass, where the course leaves
    the finite numbers, or where an operation is not known here.
    """
    learned = {update.node for row in course.updates for update in row}
    first = course.passes[0]
    node = next(iter(learned)) if len(learned) == 1 else None
    if node is None or any(found.kind != "value" for found in first.nodes.values()):
        return None
    if not all(isinstance(REGISTRY.get(found.op or "add"), Elementwise) for found in first.nodes.values()):
        return None
    if any(_given(trace, node) != _given(first, node) for trace in course.passes):
        return None
    places = np.array([float(trace.nodes[node].data) for trace in course.passes])  # type: ignore[arg-type]
    if not np.isfinite([*places, *course.losses]).all():
        return None
    low, high = float(places.min()), float(places.max())
    beyond = BEYOND * (high - low) or max(abs(low), 1.0)
    x = np.linspace(low - beyond, high + beyond, POINTS)
    return Valley(first.nodes[node].label, x, _computed(first, node, x), places)


def _given(trace: Trace, learned: str) -> dict[str, Any]:
    """What no operation computed, without what is learned."""
    return {node.id: node.data for node in trace.nodes.values() if node.op is None and node.id != learned}


def _computed(trace: Trace, learned: str, x: Array) -> Array:
    """The result for each value of what is learned."""
    found: dict[str, Any] = {}
    with no_grad(), np.errstate(all="ignore"):
        for node in trace.nodes.values():
            if node.op is None:
                found[node.id] = Tensor(x if node.id == learned else node.data, dtype="float64")
            else:
                operands = tuple([found[operand] for operand in node.inputs])
                found[node.id] = apply(REGISTRY[node.op], operands, restored(node.attrs))
    return np.broadcast_to(found[trace.root].numpy(), x.shape)
