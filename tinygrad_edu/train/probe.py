"""A look at a model on a few of its examples, which leaves the run as it is."""

from __future__ import annotations

import numpy as np

from ..graph.modes import enable_grad
from ..nn import Module
from ..tensors.tensor import Tensor
from .examples import Examples, predict
from .layer_report import LayerReport, is_linear, report
from .targets import Objective

PROBE_ROWS = 256  # enough to tell a unit that is dead from one that is silent for a few examples


class Probe:
    """The model's loss on some training examples, in evaluation mode, with its graph.

    Models of Values are not looked into: their layers are thousands of separate nodes.
    """

    def __init__(self, model: Module, examples: Examples, objective: Objective):
        self.model, self.objective = model, objective
        rows = np.linspace(0, len(examples) - 1, min(PROBE_ROWS, len(examples))).astype(int)
        self.x, self.targets, _ = examples.batch(examples.backend.asarray(rows))  # spread: data may be sorted by class

    def loss(self) -> Tensor:
        training = self.model.training
        try:
            self.model.eval()
            with enable_grad():
                return self.objective(predict(self.model, self.x), self.targets)
        finally:
            self.model.train(training)

    def is_linear(self) -> bool:
        loss = self.loss()
        return isinstance(loss, Tensor) and is_linear(self.model, loss)

    def layers(self) -> list[LayerReport]:
        loss = self.loss()
        return report(self.model, loss) if isinstance(loss, Tensor) else []
