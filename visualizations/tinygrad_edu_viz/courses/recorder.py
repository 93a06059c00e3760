"""Recording a course: a trace of each pass, and what the optimizer makes of its gradients."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from tinygrad_edu import Tensor
from tinygrad_edu.errors import ArgumentError
from tinygrad_edu.graph.node import Node
from tinygrad_edu.graph.order import nodes
from tinygrad_edu.optim import Optimizer
from tinygrad_edu.optim.optimizer import ParameterState

from ..recording.contents import Data
from ..recording.names import Name, names
from ..trace import Trace
from .update import CLIPPED, Update, update_of


class Recorder:
    """Looks at each pass before the update that follows it, and again after that.

    Attributes:
        passes, updates: what was recorded, see `Course`.
    """

    def __init__(self, optimizer: Optimizer, title: str = ""):
        self.optimizer, self.title = optimizer, title
        self.passes: list[Trace] = []
        self.updates: list[tuple[Update, ...]] = []
        self._before: list[ParameterState] = []
        self._names: dict[Node, Name] = {}

    def look(self, root: Node, copies: Mapping[Node, Node] | None = None) -> None:
        """Record a pass.

        Args:
            root: the loss.
            copies: the leaf in the graph of `root` that stands for a parameter, if it is another one.
        Raises:
            TraceError, GraphError, ShapeError, MutationError: as `Trace.record`.
            ArgumentError: the loss depends on no parameter of the optimizer.
        """
        trace = Trace.record(root, title=self.title)
        found, copies = names(nodes(root)[::-1]), copies or {}
        self._before = list(self.optimizer.parameter_states())
        self._names = {
            state.parameter: found[leaf]
            for state in self._before
            if (leaf := copies.get(state.parameter, state.parameter)) in found
        }
        if not self._names:
            raise ArgumentError(
                "Course: the loss depends on no parameter of the optimizer, so nothing would be learned"
            )
        self.passes.append(trace)
        self.updates.append(())

    def updated(self) -> None:
        """Record what the optimizer has done since `look`."""
        pairs = zip(self._before, self.optimizer.parameter_states(), strict=True)
        self.updates[-1] = tuple(
            _noted(
                update_of(*self._names[old.parameter], self.optimizer, old, new, _gradient(old.parameter)),
                self.passes[-1],
            )
            for old, new in pairs
            if old.parameter in self._names
        )

    @property
    def is_finite(self) -> bool:
        """Whether the loss of the last pass is a number that one can learn from."""
        return math.isfinite(loss_of(self.passes[-1]))


def loss_of(trace: Trace) -> float:
    """The result of a pass, one number."""
    return float(np.asarray(trace.nodes[trace.root].data).item())


def _noted(update: Update, trace: Trace) -> Update:
    """The update; with a word where its gradient is not what the pass has given."""
    given, used = trace.nodes[update.node].gradient, update.gradient
    if given is None or used is None or np.allclose(_flat(given), _flat(used), rtol=1e-4, atol=1e-12, equal_nan=True):
        return update
    return replace(update, text=update.text + CLIPPED)


def _flat(data: Data) -> np.ndarray:
    return np.ravel([data[name] for name in ("mean", "min", "max")] if isinstance(data, dict) else data)


def _gradient(parameter: Any) -> np.ndarray | None:
    """What an update was given, on the host."""
    gradient = parameter.grad
    if isinstance(gradient, Tensor):
        return np.asarray(gradient.backend.asnumpy(gradient.data))
    return None if gradient is None else np.asarray(float(gradient))
