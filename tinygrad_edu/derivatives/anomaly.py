"""Watching for the first inf or nan, and for arrays that were written into behind the graph's back."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import AnomalyError, MutationError
from ..graph.modes import Mode
from ..graph.observer import Observer
from .not_finite import birth, domain, host, is_finite

if TYPE_CHECKING:
    from ..graph.backprop import Step
    from ..graph.node import Node
    from ..graph.operation import Operation

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def detect_anomaly() -> Mode:
    """Name the node in which the first inf or nan is born, and the user's line that made it.

    Inside the block every forward result and every backward contribution is looked at, and each operation keeps a
    fingerprint of its operands, so that a write into a raw array between forward and backward is found too. That
    costs time (on a GPU it waits for the device after each operation): it is for debugging.

    Raises:
        AnomalyError: a result or a contribution is not finite although everything it was computed from is.
        MutationError: in a backward pass, when the operands of a node are no longer those it was computed from.
    """
    return Mode(lambda: {"watch": Watch()})


class Watch(Observer):
    """What `detect_anomaly()` remembers of a node: the user's line that made it, and prints of it and its operands."""

    def __init__(self) -> None:
        self.lines: dict[int, str] = {}
        self.prints: dict[int, list[int]] = {}

    def made(self, node: Node, op: Operation, inputs: tuple[Node, ...], attrs: dict[str, Any] | None) -> None:
        self.lines[node.serial] = _users_line()
        self.prints[node.serial] = [_print(item) for item in (node, *inputs)]
        born = birth(op, node, inputs, attrs)
        if born is not None:
            place = f" at index {list(born.place)}" if born.place else ""
            raise AnomalyError(
                f"{op.name} made the first {_kind(node)} of the forward pass, from finite operands "
                f"({', '.join(_summary(operand) for operand in inputs)}){place} ({born.why}), "
                f"at {self.lines[node.serial]}"
            )

    def reached(self, node: Node) -> None:
        """A node is reached by the backward pass: are it and its operands what they were?"""
        for item, before in zip((node, *node.inputs), self.prints.get(node.serial, []), strict=False):
            if _print(item) != before:
                raise MutationError(
                    f"the array of the {item.describe()} was written into after the {node.describe()} was computed"
                    f"{'' if item is node else ' from it'}, at {self.lines[node.serial]}: the recorded derivatives "
                    "belong to the old data"
                )

    def contributed(self, step: Step) -> None:
        node, operand = step.node, step.input
        if not is_finite(step.contribution) and is_finite(step.upstream):
            line = self.lines.get(node.serial, "a line before detect_anomaly() began")
            why = f" ({node.op.name}: {said})" if (said := domain(node.op)) else ""
            raise AnomalyError(
                f"the derivative of {node.op.name} for its operand, the {operand.describe()}, made the first "
                f"{_kind(step.contribution)} of the backward pass{why}; operands: "
                f"{', '.join(_summary(operand) for operand in node.inputs)}; the node was made at {line}"
            )


def computed_again(node: Node) -> Any:
    """What the operation of a node gives of what its inputs hold now; None if that is what the node holds.

    On one machine an operation gives the same bits again; only of a sum may another order round otherwise.
    """
    with Mode(lambda: {"recording": False, "watch": None}):
        again = node._apply(node.op, node.inputs, node.attrs)
    new, old = host(again), host(node)
    if np.array_equal(new, old, equal_nan=True):
        return None
    if new.shape == old.shape and new.dtype.kind == "f":
        largest = np.abs(new, where=np.isfinite(new), out=np.zeros(new.shape)).max(initial=0.0)
        if np.allclose(new, old, rtol=0.0, atol=64 * np.finfo(new.dtype).eps * largest, equal_nan=True):
            return None
    return again


def _users_line() -> str:
    """File, line and text of the innermost call that is not inside this package."""
    frame = sys._getframe(1)
    while frame.f_back is not None and os.path.dirname(os.path.abspath(frame.f_code.co_filename)).startswith(_PACKAGE):
        frame = frame.f_back
    import linecache

    text = linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" + (f": {text}" if text else "")


def _print(item: Any) -> int:
    return hash(host(item).tobytes())


def _kind(item: Any) -> str:
    return "nan" if np.isnan(host(item)).any() else "inf"


def _summary(item: Any) -> str:
    numbers = host(item)
    if numbers.ndim == 0:
        return f"{float(numbers):.6g}"
    return f"shape {numbers.shape}" + (f", {numbers.min():.4g} to {numbers.max():.4g}" if numbers.size else "")
