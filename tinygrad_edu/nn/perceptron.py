"""One neuron."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import ArgumentError, ShapeError
from ..graph.modes import no_grad
from ..losses.common import check_target, like
from ..rules import functional
from ..tensors.tensor import Tensor
from . import activations, init
from .checks import check_features, check_size
from .dense import initializer_of
from .module import Module


class Perceptron(Module):
    """activation(x · weight + bias): a weighted sum of the inputs, and a non-linearity.

    Args:
        in_features: the number of inputs.
        activation: "step" (Rosenblatt's perceptron), or "sigmoid", "tanh", "relu", ..., None, or a function.
        initializer: of the weight, as in `Dense`.
        rng: a NumPy generator or seed for it.
        dtype, device: of the parameters.
    Raises:
        ArgumentError: a size below 1, or an unknown name.

    `weight` has the shape (in_features,), `bias` (). An x of shape (..., in_features) gives (...).

    A step has the gradient 0 everywhere, so that gradient descent cannot learn with it: `rosenblatt_step` can.
    """

    def __init__(
        self,
        in_features: int,
        activation: str | Callable[[Any], Any] | None = "step",
        initializer: str | init.Initializer | None = None,
        rng: init.Rng = None,
        dtype: Any = None,
        device: str = "cpu",
    ):
        self.in_features, self.activation = in_features, activation
        check_size(self.title(), in_features=in_features)
        self.function = activations.find(activation, "Perceptron")
        weight = initializer_of(initializer, activation, "Perceptron")((in_features,), rng=rng, dtype=dtype)
        self.weight = Tensor(weight, requires_grad=True, device=device)
        self.bias = Tensor(init.zeros((), dtype=dtype), requires_grad=True, device=device)

    def forward(self, x: Any) -> Any:
        z = functional.matmul(check_features(self, x, self.in_features, self.weight), self.weight) + self.bias
        return self.function(z) if self.function else z

    def settings(self) -> str:
        return f"{self.in_features}, activation={activations.name_of(self.activation)}"


def rosenblatt_step(perceptron: Perceptron, x: Any, y: Any, lr: float = 1.0) -> Any:
    """Rosenblatt's learning rule: w ← w + lr · (y - ŷ) · x, and b ← b + lr · (y - ŷ).

    An example that is answered rightly changes nothing. On data that a line (a hyperplane) separates, going through the
    examples again and again makes a finite number of mistakes (Rosenblatt 1958; the proof is Novikoff's, 1962).

    Args:
        perceptron: with the activation "step"; its parameters are changed in place.
        x: one example, (in_features,), or several as rows, whose changes are added up.
        y: the right answer, 0 or 1; (n,) for n rows.
    Returns:
        the errors y - ŷ before the change, 0 where the answer was right; of the shape of y.
    Raises:
        ArgumentError: the perceptron has another activation, or is one of Values (`scalar()`).
        DataError: an answer on the host that is neither 0 nor 1.
        ShapeError: x or y of a shape that does not fit.
    """
    if perceptron.activation != "step":
        raise ArgumentError(
            f"rosenblatt_step: the rule is for activation='step', not {perceptron.title()}; "
            "others have a gradient: use loss.backward() and an optimizer"
        )
    if perceptron.taken_apart:
        raise ArgumentError("rosenblatt_step: take the perceptron itself, not the one that scalar() took apart")
    check_target("rosenblatt_step", y, _is_answer, "0 or 1 (of labels -1 and 1 make (y + 1) / 2)")
    weight, bias = perceptron.weight, perceptron.bias
    x, y = like(x, weight), like(y, weight)
    with no_grad():
        answer = perceptron(x)
        if answer.shape != y.shape:
            raise ShapeError(f"rosenblatt_step: x of shape {x.shape} wants y of shape {answer.shape}, not {y.shape}")
        error = y - answer
        change = error * x if x.ndim == 1 else functional.matmul(error, x)
        weight.data = (weight + lr * change).data
        bias.data = (bias + lr * functional.sum(error)).data
    return error


def _is_answer(y: Any) -> Any:
    return (y == 0) | (y == 1)
