"""One update of the weights: gradients of one batch or several, penalties, clipping, and the optimizer's step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from types import FunctionType
from typing import Any

import numpy as np

from .. import losses, nn, optim
from ..compiling import Compiled, compile
from ..compiling.scalar_function import mean_of
from ..tensors.value import Value
from .examples import Examples, predict
from .metrics import Tally
from .settings import Settings


class Update:
    """How a model learns from a batch, with these settings.

    Attributes:
        keeps_gradients: whether the parameters have the gradients after an update that it was made with. Else it may
            be one compiled step, which uses them up.
    """

    def __init__(self, model: nn.Module, optimizer: Any, settings: Settings):
        self.model, self.optimizer, self.settings, self.objective = model, optimizer, settings, settings.objective
        self.weights = list(penalized_weights(model))
        compiled = repeats_itself(model, self.objective.function) if settings.compile is None else settings.compile
        self._gradients: Any = self._differentiate
        self._compiled: Compiled | None = None
        self.keeps_gradients = False
        self._row: Compiled | None = None  # what is computed of one row of a model of Values
        if compiled and not model.taken_apart:
            self._gradients = self._compiled = compile(self.losses, strict=False)
        elif compiled and not any(module.counters for module in model.modules()):
            self._row = compile(self._losses_of_row, strict=False)
            self._gradients = self._row_by_row

    def learn(self, examples: Examples, batches: Sequence[Any], tally: Tally) -> list[Any]:
        """Update the weights once; nothing here waits for the device.

        The gradient is that of the mean loss over the rows of all batches: several small ones give, to rounding, what
        one large batch gives (if no layer, such as batch normalization, looks at a batch as a whole).

        Args:
            batches: for each, the positions of its rows.
            tally: takes note of losses and predictions.
        Returns:
            the loss of each batch, a number on the device.
        """
        settings = self.settings
        between = len(batches) > 1 or settings.clip_norm is not None or settings.clip_value is not None
        in_one = self._compiled is not None and not between and not self.keeps_gradients
        if self._compiled is not None:
            self._compiled.optimizer = self.optimizer if in_one else None
        if not in_one:
            self.optimizer.zero_grad()
        rows = sum(map(len, batches))
        found = []
        for batch in batches:
            x, targets, labels = examples.batch(batch)
            _, loss, prediction = self._gradients(x, targets, len(batch) / rows)
            tally.add(loss, prediction, targets, labels)
            found.append(loss.data if isinstance(loss, Value) else loss.detach() if loss._tracked else loss)
        if in_one:
            return found
        if settings.clip_norm is not None:
            optim.clip_grad_norm(self.optimizer.parameters, settings.clip_norm)
        if settings.clip_value is not None:
            optim.clip_grad_value(self.optimizer.parameters, settings.clip_value)
        self.optimizer.step()
        return found

    def losses(self, x: Any, targets: Any, share: float) -> tuple[Any, Any, Any]:
        """What is to become small, of a batch with this share of the rows; the loss by itself; and the prediction."""
        prediction, settings = predict(self.model, x), self.settings
        loss = total = self.objective(prediction, targets)
        if settings.label_smoothing:
            total = self.objective(prediction, targets, label_smoothing=settings.label_smoothing)
        if settings.l1:
            total = total + settings.l1 * losses.l1(self.weights)
        if settings.l2:
            total = total + settings.l2 * losses.l2(self.weights)
        return total if share == 1 else total * share, loss, prediction

    def _losses_of_row(self, x: Any, target: Any, share: float) -> tuple[Any, Any, Any]:
        """The same, of a single row."""
        total, loss, prediction = self.losses(x[None], np.asarray([target]), 1)
        return total * share, loss, prediction

    def _row_by_row(self, x: Any, targets: Any, share: float) -> tuple[Any, Any, Any]:
        """The same, and the gradients, of a model of Values: the loss is a mean over the rows."""
        assert self._row is not None
        if self._row.why_not is not None:
            return self._differentiate(x, targets, share)
        total, losses, predictions = self._row.mean_over([(*row, float(share)) for row in zip(x, targets, strict=True)])
        return total, mean_of(losses), np.concatenate(predictions)

    def _differentiate(self, *batch: Any) -> tuple[Any, Any, Any]:
        """The same, and the gradients."""
        results = self.losses(*batch)
        results[0].backward()
        return results


def penalized_weights(model: nn.Module) -> Iterator[Any]:
    """What penalties keep small: the weights of layers. Not their biases, which bend nothing, and not the scales of
    normalization layers (Goodfellow et al. 2016, section 7.1)."""
    exempt = {id(p) for m in model.modules() if isinstance(m, (nn.BatchNorm1d, nn.LayerNorm)) for p in m.parameters()}
    for name, parameter in model.named_parameters():
        if name.rpartition(".")[2].startswith("weight") and id(parameter) not in exempt:
            yield parameter


def repeats_itself(model: nn.Module, loss: Any) -> bool:
    """Whether a training step is made of this package's layers and losses alone: these do the same in each call, or say
    what else they do, so that the step can be compiled unasked."""
    parts = [loss, *model.modules()]
    for module in model.modules():
        parts += [item for _, item in module.attributes() if callable(item)]
    return all(map(_is_ours, parts))


def _is_ours(part: Any) -> bool:
    part = part.func if isinstance(part, partial) else part
    origin = getattr(part, "__module__", "") if isinstance(part, FunctionType) else type(part).__module__
    return origin.startswith("tinygrad_edu.")
