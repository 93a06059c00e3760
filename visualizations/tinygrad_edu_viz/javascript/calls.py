"""Functions that a learner may call in an answer, as JavaScript: the public ones that have a meaning for numbers."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from tinygrad_edu.errors import ArgumentError
from tinygrad_edu.graph.operation import REGISTRY, Operation
from tinygrad_edu.rules import functional
from tinygrad_edu.tapes.javascript_code import UnwritableError, expressions

from .tables import Table


def calls() -> Table:
    """`CALLS`: `{ exp: { 1: (a) => y } }`, of each function by the number of its arguments.

    Arguments beyond the operands are settings that are numbers: clip(a, low, high) stands under 3.
    """
    found = {name: REGISTRY[name] for name in functional.__all__ if name in REGISTRY and REGISTRY[name].elementwise}
    return Table("CALLS", {name: f"{{ {', '.join(_forms(op))} }}" for name, op in found.items()}, {})


def _forms(op: Operation) -> Iterator[str]:
    arity, names = len(op.rules), list(inspect.signature(op.forward).parameters)[1:]
    for count in range(arity, len(names) + 1):
        settings = names[arity:count]
        others = {name: x for name, x in op.defaults.items() if name not in settings}

        def forward(xp, *numbers, settings=settings, others=others):  # type: ignore[no-untyped-def]
            return op.forward(xp, *numbers[:arity], **dict(zip(settings, numbers[arity:], strict=True)), **others)

        letters = list("abcdef"[:count])
        try:
            yield f"{count}: {expressions(forward, letters).arrow(letters)}"
        except (UnwritableError, ArgumentError):  # a setting that is no number
            return
