"""What a layer looks like from inside: dead and saturated units, the size of its gradient.

All of it is read from the graph of a loss: which activations there are, and to which layer they belong. So it works for
every model, whatever its `forward` does, and a run that does not ask pays nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..graph.backprop import gradients_of
from ..graph.modes import enable_grad
from ..graph.node import Node
from ..graph.order import nodes as nodes_of
from ..nn import Module
from ..precision import widened
from ..rules.structural import euclidean_norm
from ..tensors.tensor import Tensor
from .examples import Examples, evaluating, predict
from .targets import Objective

PROBE_ROWS = 256  # enough to tell a unit that is dead from one that is silent for a few examples

# Where an activation counts as saturated: its slope is below 2 % of tanh's and 4 % of sigmoid's steepest.
SATURATED = {"tanh": (-0.99, 0.99), "sigmoid": (0.01, 0.99)}

# Operations of which no chain can bend a straight line.
LINEAR = frozenset(
    "dense matmul alias add subtract negative multiply divide reshape transpose getitem sum mean astype move "
    "broadcast_to concatenate".split()
)


class LayerReport(NamedTuple):
    """One layer with parameters, in the order of the forward pass."""

    layer: str  # its name in the model, "0" for the first of a `Sequential`
    title: str  # how messages call it
    gradient: float  # root mean square of the gradient of its weights ...
    weight: float  # ... and of the weights
    dead: float | None  # share of its ReLU units that were 0 for every row; None if it has none, or is the last layer
    saturated: float | None  # share of its sigmoid or tanh outputs at the ends of their range; None likewise


class Probe:
    """The model's loss on some training examples, in evaluation mode, with its graph.

    Models of Values are not looked into: their layers are thousands of separate nodes.
    """

    def __init__(self, model: Module, examples: Examples, objective: Objective):
        self.model, self.objective = model, objective
        rows = np.linspace(0, len(examples) - 1, min(PROBE_ROWS, len(examples))).astype(int)
        self.x, self.targets, _ = examples.batch(examples.backend.asarray(rows))  # spread: data may be sorted by class

    def loss(self) -> Any:
        with evaluating(self.model), enable_grad():
            return self.objective(predict(self.model, self.x), self.targets)

    def is_linear(self) -> bool:
        return is_linear(self.model, self.loss())

    def layers(self) -> list[LayerReport]:
        return report(self.model, self.loss())


def is_linear(model: Module, loss: Any) -> bool:
    """Whether nothing between a model's first and last parameters bends: all that it can draw is straight."""
    if not isinstance(loss, Tensor):
        return False
    nodes = _computed(loss)
    return not any(_bends(node) for node in nodes[: _last_with_parameters(nodes, model)])


def _computed(root: Node) -> list[Node]:
    """The nodes that were computed on the way to `root`, oldest first."""
    return [node for node in reversed(nodes_of(root)) if node.op is not None]


def _bends(node: Node) -> bool:
    product = node.op.name in ("multiply", "divide") and all(x.op is not None for x in node.inputs)
    return product or _activation(node) not in {*LINEAR, None}


def report(model: Module, loss: Any, after_step: bool = False) -> list[LayerReport]:
    """The layers of a model, as the graph of a loss shows them; none of a model of Values. Waits for the device.

    Args:
        after_step: use the gradients that lie in the parameters, which an optimizer has changed since.
    """
    if not isinstance(loss, Tensor):
        return []
    parameters = list(model.parameters())
    if after_step:
        gradients = {p: None if p.grad is None else p.grad._data for p in parameters}
    else:
        gradients = dict(zip(parameters, gradients_of(loss, parameters), strict=True))
    nodes = _computed(loss)
    owners: dict[Any, str] = {p: name.rpartition(".")[0] for name, p in model.named_parameters()}
    modules = dict(model.named_modules())
    sizes = _sizes(owners, gradients)
    layers: dict[str, dict[str, float]] = {}
    layer_of: dict[Node, str] = {}
    last = _last_with_parameters(nodes, model)
    for k, node in enumerate(nodes):
        own = [owners[x] for x in node.inputs if x in owners]
        inherited = [layer_of[x] for x in node.inputs if x in layer_of]
        if not own and not inherited:
            continue
        layer = (own or inherited)[0]
        layer_of[node] = layer
        found = layers.setdefault(layer, {})
        if k < last:  # what comes after the last weights belongs to the output or the loss
            found.update(_state_of_units(node))
    return [
        LayerReport(
            name,
            f"layer {name} ({modules[name].title()})" if name else modules[name].title(),
            *sizes.get(name, (0.0, 0.0)),
            found.get("dead"),
            found.get("saturated"),
        )
        for name, found in layers.items()
    ]


def _sizes(owners: dict[Any, str], gradients: dict[Any, Any]) -> dict[str, tuple[float, float]]:
    """Gradient and weight of each layer's largest parameter, which is its weight."""
    largest: dict[str, Any] = {}
    for p in sorted(owners, key=lambda p: p.size, reverse=True):
        largest.setdefault(owners[p], p)
    return {
        layer: (_root_mean_square(p, gradients[p]), _root_mean_square(p, p._data))
        for layer, p in largest.items()
        if gradients[p] is not None
    }


def _last_with_parameters(nodes: list[Node], model: Module) -> int:
    """The place of the last node that a parameter goes into."""
    parameters = set(model.parameters())
    return max((k for k, node in enumerate(nodes) if not parameters.isdisjoint(node.inputs)), default=-1)


def _activation(node: Node) -> str | None:
    return (node.attrs or {}).get("activation", node.op.name)


def _state_of_units(node: Node) -> dict[str, float]:
    kind = _activation(node)
    if kind == "relu":
        return {"dead": _share(node, lambda y: (y == 0).all(axis=tuple(range(y.ndim - 1))))}
    if kind in SATURATED:
        low, high = SATURATED[kind]
        return {"saturated": _share(node, lambda y: (y <= low) | (y >= high))}
    return {}


def _share(node: Node, question: Callable[[Any], Any]) -> float:
    """Of how many units or outputs the answer is yes; for so few rows it is found on the host."""
    return float(question(node.backend.asnumpy(node._data)).mean())


def _root_mean_square(parameter: Tensor, array: Any) -> float:
    norm = euclidean_norm(Tensor.wrap(widened(array), parameter.backend))
    return float(norm.item()) / math.sqrt(array.size)
