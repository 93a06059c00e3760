"""A layer in which every output depends on every input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..checks import choose
from ..graph.operation import REGISTRY
from ..rules import functional
from ..rules.fused import ACTIVATIONS as FUSED
from ..tensors.tensor import Tensor
from . import activations, init
from .checks import check_features, check_size
from .module import Module

_dense = REGISTRY["dense"].function


class Dense(Module):
    """activation(x @ weight + bias): a fully connected layer.

    Args:
        in_features: the number of inputs, the length of the last axis of x.
        out_features: the number of units.
        activation: None or "linear", "relu", "sigmoid", "tanh", "leaky_relu", "elu", "gelu", "silu", "softplus", or a
            function.
        bias: whether there is a bias, which starts as 0.
        initializer: of the weight: a name or function of `nn.init`. None: `he_uniform` where the activation is
            relu-like, else `glorot_uniform`.
        rng: a NumPy generator or seed for it.
        dtype, device: of the parameters.
    Raises:
        ArgumentError: a size below 1, or an unknown name.

    `weight` has the shape (in_features, out_features), `bias` (out_features,). An x of shape (..., in_features) gives
    (..., out_features).
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        activation: str | Callable[[Any], Any] | None = None,
        bias: bool = True,
        initializer: str | init.Initializer | None = None,
        rng: init.Rng = None,
        dtype: Any = None,
        device: str = "cpu",
    ):
        self.in_features, self.out_features, self.activation = in_features, out_features, activation
        check_size(self.title(), in_features=in_features, out_features=out_features)
        self.function = activations.find(activation, "Dense")
        draw = initializer_of(initializer, activation, "Dense")
        weight = draw((in_features, out_features), rng=rng, dtype=dtype)
        self.weight = Tensor(weight, requires_grad=True, device=device)
        zeros = init.zeros((out_features,), dtype=dtype)
        self.bias = Tensor(zeros, requires_grad=True, device=device) if bias else None

    def forward(self, x: Any) -> Any:
        x = check_features(self, x, self.in_features, self.weight)
        if self.bias is not None and (self.function is None or self.activation in FUSED):
            return _dense(x, self.weight, self.bias, activation=self.activation)
        h = functional.matmul(x, self.weight) if self.bias is None else _dense(x, self.weight, self.bias)
        return self.function(h) if self.function else h

    def settings(self) -> str:
        activation = "" if self.activation is None else f", activation={activations.name_of(self.activation)}"
        without = "" if getattr(self, "bias", True) is not None else ", bias=False"
        return f"{self.in_features}, {self.out_features}{activation}{without}"


RELU_LIKE = ("relu", "leaky_relu", "elu", "gelu", "silu", "softplus")


def initializer_of(initializer: Any, activation: Any, layer: str) -> init.Initializer:
    """The function that draws the weight of a layer; see `Dense`."""
    if initializer is None:
        return init.he_uniform if activation in RELU_LIKE else init.glorot_uniform
    return initializer if callable(initializer) else choose(initializer, init.INITIALIZERS, f"{layer}: initializer")
