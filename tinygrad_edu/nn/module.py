"""Module: what all layers and networks have in common."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from .. import backends, scopes
from ..graph.modes import MODES
from ..tensors.tensor import Tensor
from ..vocabulary import MODULE, CheckedKeywords, ForeignNames, with_foreign_names
from . import scalar, state, summary
from .place import Place, find_place
from .tree import ModuleTree


@with_foreign_names(MODULE)
class Module(ModuleTree, ForeignNames, CheckedKeywords):
    """Base of all layers and networks.

    A subclass makes tensors and modules in `__init__` and computes in `forward`:

        class Net(tg.nn.Module):
            def __init__(self):
                self.hidden = tg.nn.Dense(2, 16, activation="relu")
                self.scale = tg.Tensor(1.0, requires_grad=True)

            def forward(self, x):
                return self.hidden(x) * self.scale

    Attributes:
        training: whether the module is being trained; `train()` and `eval()` set it here and in all modules inside.
        taken_apart: whether its parameters are arrays of Values (`scalar()`).
    """

    training: bool = True
    taken_apart: bool = False
    _mark: object = None  # see place.py
    _place: Place | None = None

    def forward(self, *inputs: Any) -> Any:
        """Compute the output; `module(x)` calls it."""
        raise NotImplementedError(f"{type(self).__name__} has no forward(self, x)")

    def __call__(self, *inputs: Any) -> Any:
        outer, place = scopes.current(), self._place
        if place is None or place.mark is not (None if outer is None else outer.mark):
            place = self._place = find_place(self, outer)
        if self._mark is None:
            self._mark = object()
        watch = MODES.get().watch
        if watch is not None:
            watch.entered(self)
        interval = scopes.enter(place.label, outer, self, self._mark)
        try:
            if self.taken_apart:
                inputs = tuple(map(scalar.as_input, inputs))
            return self.forward(*inputs)
        finally:
            scopes.leave(interval)

    # --- modes and devices ---

    def train(self, mode: bool = True) -> Self:
        """Train from now on: dropout drops, batch normalization uses the batch. Returns the module."""
        for module in self.modules():
            if module.training is not mode:
                module.training = mode
        return self

    def eval(self) -> Self:
        """Predict from now on: dropout keeps all, batch normalization uses its running statistics."""
        return self.train(False)

    def to(self, device: str) -> Self:
        """Move all parameters and buffers to a device; gradients are forgotten. Returns the module.

        Move a model before its optimizer is made: an optimizer stays on the device that it was made for.

        Raises:
            DeviceError: this machine has no such device.
        """
        backend = backends.get(device)
        for _, tensor in self.named_arrays():
            if isinstance(tensor, Tensor) and tensor.backend is not backend:
                tensor.backend, tensor._data = backend, tensor.detach().to(backend)._data
                tensor._grad = tensor._buffer = None
                tensor.changed()
        return self

    # --- state ---

    def state_dict(self) -> dict[str, np.ndarray]:
        """All that the outputs depend on, under its names: copies of parameters, buffers and counters, on the host."""
        return state.of_module(self)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over a state, in place: an optimizer of these parameters goes on with them.

        Raises:
            StateError: a name is missing or unexpected, or a shape differs; the message names them, and nothing has
                changed.
        """
        state.load(self, state_dict)

    def scalar(self) -> Self:
        """The same network of scalars: its parameters are object arrays of `Value`s.

        The layers' code is the same, and so are the outputs and gradients. It takes lists, arrays and tensors, or
        Values, and gives object arrays of Values; the losses and optimizers take these, too. It is for looking at:
        each multiplication is a node of its own.
        """
        return scalar.scalarize(self)

    # --- text ---

    def summary(self, x: Any = None) -> summary.Summary:
        """A table of all layers: what they are, what they give, and how many numbers they learn.

        Args:
            x: an input, or the shape of one, as in `model.summary((32, 2))` for a batch of 32 examples of 2 features.
                With it the table has the shapes of the outputs; the model is called in evaluation mode, and nothing of
                it changes.
        Returns:
            the table, a text, which an interactive session shows; `print(model.summary())` elsewhere.
        """
        return summary.summarize(self, x)

    def __repr__(self) -> str:
        return summary.describe(self)
