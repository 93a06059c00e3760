"""Layers one after another."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from ..errors import ArgumentError, ShapeError
from ..random import generator
from ..rules import functional
from ..rules.composed import as_tensor
from ..vocabulary import checked_keywords
from . import init
from .dense import Dense
from .dropout import Dropout
from .module import Module
from .tree import named


class Sequential(Module):
    """Layers (modules or functions), each applied to what the one before it gave.

    `len(model)`, `model[0]` and `for layer in model` give the layers. Their parameters are named "0.weight", "2.bias".

    Raises:
        ArgumentError: a layer that cannot be called.
        ShapeError: in a call, of a layer whose input does not fit; the message names the layer's place.
    """

    def __init__(self, *layers: Callable[[Any], Any]):
        for k, layer in enumerate(layers):
            if not callable(layer):
                raise ArgumentError(
                    f"Sequential: layer {k} is a {type(layer).__name__}, which cannot be called; "
                    "write Sequential(layer, layer, ...), and *layers for a list of them"
                )
        self.layers = list(layers)

    def attributes(self) -> Iterator[tuple[str, Any]]:
        """The layers, "0", "1", ..., and what a subclass adds."""
        added = [(name, item) for name, item in vars(self).items() if name != "layers"]
        return named("", [*enumerate(self.layers), *added])

    def forward(self, x: Any) -> Any:
        for k, layer in enumerate(self.layers):
            try:
                x = layer(x)
            except ShapeError as error:
                raise ShapeError(f"layer {k}: {error}") from error
        return x

    def __len__(self) -> int:
        return len(self.layers)

    def __getitem__(self, k: int) -> Any:
        return self.layers[k]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.layers)


class Flatten(Module):
    """All axes after the first as one: (n, 28, 28) becomes (n, 784)."""

    def forward(self, x: Any) -> Any:
        x = as_tensor(x)
        return functional.reshape(x, (x.shape[0], math.prod(x.shape[1:])))  # no -1, which no examples leave open


@checked_keywords
def mlp(
    sizes: Sequence[int],
    activation: str | Callable[[Any], Any] | None = "relu",
    dropout: float = 0.0,
    rng: init.Rng = None,
    dtype: Any = None,
    device: str = "cpu",
) -> Sequential:
    """A multilayer perceptron: dense layers of the given sizes, `mlp([2, 16, 1])` for 2 inputs and 1 output.

    Args:
        sizes: the number of inputs, of the units of each hidden layer, and of outputs.
        activation: of the hidden layers; the last layer gives logits, or numbers, as they are.
        dropout: if above 0, the probability with which a `Dropout` after each hidden layer drops a unit.
        rng: a NumPy generator or seed for weights and dropout.
    Raises:
        ArgumentError: sizes that are no list, fewer than two, one below 1, or an unknown activation.
    """
    if not isinstance(sizes, Iterable):
        given = [n for part in (sizes, activation, dropout) for n in (part if isinstance(part, list) else [part])]
        numbers = ", ".join(str(n) for n in given if isinstance(n, int) and n)
        raise ArgumentError(f"mlp: the sizes are one list, from the inputs to the outputs: tg.nn.mlp([{numbers}])")
    if isinstance(sizes, str):
        raise ArgumentError(f"mlp: the sizes are a list of numbers, as in tg.nn.mlp([2, 16, 1]), not {sizes!r}")
    sizes = list(sizes)
    if len(sizes) < 2:
        raise ArgumentError(f"mlp: give at least the numbers of inputs and outputs, [2, 1], not {sizes}")
    rng = generator(rng)
    layers: list[Module] = []
    for k, (n, m) in enumerate(pairwise(sizes), start=2):
        hidden = k < len(sizes)
        layers.append(Dense(n, m, activation if hidden else None, rng=rng, dtype=dtype, device=device))
        if hidden and dropout:
            layers.append(Dropout(dropout, seed=int(rng.integers(2**63))))
    return Sequential(*layers)
