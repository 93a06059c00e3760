"""Activations: by name, and as layers of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..checks import check_name, choose
from ..rules import functional
from .checks import check_number
from .module import Module


def linear(x: Any) -> Any:
    """x itself: no bend. Layers of such units are, however many, one layer."""
    return x


_NAMES = "relu sigmoid tanh leaky_relu elu gelu silu softplus step".split()
ACTIVATIONS: dict[str, Callable[[Any], Any]] = {name: getattr(functional, name) for name in _NAMES}
ACTIVATIONS["linear"] = linear


def find(activation: Any, layer: str) -> Callable[[Any], Any] | None:
    """The function of an activation that a layer is given by its name, as a function, or as None for none."""
    if activation is None or callable(activation):
        return activation
    return choose(activation, ACTIVATIONS, f"{layer}: activation")


def name_of(activation: Any) -> str:
    """How `repr` shows an activation: its name in quotes, or the name of the function."""
    return repr(activation) if isinstance(activation, str) else getattr(activation, "__name__", repr(activation))


class ReLU(Module):
    """max(x, 0), elementwise."""

    def forward(self, x: Any) -> Any:
        return functional.relu(x)


class Sigmoid(Module):
    """1 / (1 + exp(-x)), elementwise, in (0, 1)."""

    def forward(self, x: Any) -> Any:
        return functional.sigmoid(x)


class Tanh(Module):
    """Hyperbolic tangent, elementwise, in (-1, 1)."""

    def forward(self, x: Any) -> Any:
        return functional.tanh(x)


class SiLU(Module):
    """x · sigmoid(x), elementwise (Elfwing, Uchibe & Doya 2017)."""

    def forward(self, x: Any) -> Any:
        return functional.silu(x)


class Softplus(Module):
    """log(1 + exp(x)), elementwise: a smooth relu."""

    def forward(self, x: Any) -> Any:
        return functional.softplus(x)


class LeakyReLU(Module):
    """x where x > 0, else negative_slope · x, elementwise (Maas, Hannun & Ng 2013)."""

    def __init__(self, negative_slope: float = 0.01):
        check_number("LeakyReLU", negative_slope=negative_slope)
        self.negative_slope = negative_slope

    def forward(self, x: Any) -> Any:
        return functional.leaky_relu(x, negative_slope=self.negative_slope)

    def settings(self) -> str:
        return f"negative_slope={self.negative_slope}"


class ELU(Module):
    """x where x > 0, else alpha · (exp(x) - 1), elementwise (Clevert, Unterthiner & Hochreiter 2015)."""

    def __init__(self, alpha: float = 1.0):
        check_number("ELU", alpha=alpha)
        self.alpha = alpha

    def forward(self, x: Any) -> Any:
        return functional.elu(x, alpha=self.alpha)

    def settings(self) -> str:
        return f"alpha={self.alpha}"


class GELU(Module):
    """x · Φ(x), elementwise, with Φ the normal distribution function (Hendrycks & Gimpel 2016).

    Args:
        approximate: "none" for the exact function, "tanh" for the authors' approximation.
    """

    def __init__(self, approximate: str = "none"):
        self.approximate = check_name(approximate, ("none", "tanh"), "GELU: approximate")

    def forward(self, x: Any) -> Any:
        return functional.gelu(x, approximate=self.approximate)

    def settings(self) -> str:
        return f"approximate={self.approximate!r}"


class Softmax(Module):
    """exp(x) / Σ exp(x) over `axis`: probabilities. The losses take what comes before it, the logits."""

    def __init__(self, axis: int = -1):
        self.axis = axis

    def forward(self, x: Any) -> Any:
        return functional.softmax(x, axis=self.axis)

    def settings(self) -> str:
        return f"axis={self.axis}"
