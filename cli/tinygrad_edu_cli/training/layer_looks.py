"""Looks at the layers of a run: gradient, step, and units that do nothing."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from tinygrad_edu.train import Run
from tinygrad_edu.train.layer_report import Probe, report
from tinygrad_edu_viz.cells import cell_width
from tinygrad_edu_words import _

from .wording import percent

Array = np.ndarray[Any, Any]

_DENSE = re.compile(r"(?:layer )?(\S+) \(Dense\((\d+), (\d+)(?:, activation='(\w+)')?")


class LayerRow(NamedTuple):
    """A layer with parameters, as it is at present.

    Attributes:
        name: such as "layer 0 (Dense(2, 16, activation='relu'))".
        gradient: |gradient|, the length of the gradient of all its parameters, as the last update used it; None before.
        ratio: |step| / |weights| of the last update that was measured; None if there was none since the last look.
        dead, saturated: shares of its units; None where it has none of this kind.
    """

    name: str
    gradient: float | None
    ratio: float | None
    dead: float | None
    saturated: float | None


class LayerLooks:
    """Looks at the layers of a run, which stays as it is.

    Attributes:
        is_wanted: whether the next update is to be measured.
    """

    def __init__(self, engine: Run):
        self.engine, self.is_wanted = engine, False
        engine.update.keeps_gradients = True  # `rows` shows those of the last update
        self._probe: Probe | None = None
        self._before: tuple[int, dict[str, Array]] | None = None  # a step, and the weights after it
        self._ratios: dict[str, float] = {}

    def before(self) -> None:
        """To be called before each event: copy the weights, if the next update is to be measured."""
        if self.is_wanted and self._before is None:
            self._before = self.engine.step, {name: p.numpy() for name, p in self.engine.model.named_parameters()}

    def after(self) -> None:
        """To be called after each event: measure |step| / |weights| of the update, if there was one."""
        if self._before is None or self.engine.step <= self._before[0]:
            return
        for name, parameter in self.engine.model.named_parameters():
            layer, _, own = name.rpartition(".")
            length = float(np.linalg.norm(self._before[1][name]))
            if own.startswith("weight") and length:
                self._ratios[layer] = float(np.linalg.norm(parameter.numpy() - self._before[1][name])) / length
        self._before, self.is_wanted = None, False

    def forget(self) -> None:
        """The run is elsewhere."""
        self._before, self._ratios = None, {}

    def rows(self) -> list[LayerRow]:
        """The layers, measured with some of the examples, in evaluation mode."""
        engine = self.engine
        if self._probe is None:
            self._probe = Probe(engine.model, engine.examples, engine.objective)
        squares: dict[str, float] = {}
        for name, parameter in engine.model.named_parameters():
            if parameter.grad is not None:
                layer = name.rpartition(".")[0]
                squares[layer] = squares.get(layer, 0.0) + float(np.linalg.norm(parameter.grad.numpy())) ** 2
        ratios, self._ratios = self._ratios, {}
        return [
            LayerRow(
                layer.title,
                math.sqrt(squares[layer.layer]) if layer.layer in squares else None,
                ratios.get(layer.layer),
                layer.dead,
                layer.saturated,
            )
            for layer in report(engine.model, self._probe.loss(), after_step=True)
        ]


def short_name(name: str) -> str:
    """A layer's name in few cells.

    >>> short_name("layer 0 (Dense(2, 16, activation='relu'))")
    '0  2→16 relu'
    """
    found = _DENSE.match(name)
    return f"{found[1]}  {found[2]}→{found[3]} {found[4] or ''}".rstrip() if found else name.removeprefix("layer ")


def layer_lines(epoch: int, layers: Sequence[LayerRow]) -> Iterator[str]:
    """A table of the layers, in lines."""
    rows = [("", _("|gradient|"), _("|step|/|weights|"), _("units that do nothing"))]
    for layer in layers:
        numbers = ["-" if value is None else f"{value:.3g}" for value in (layer.gradient, layer.ratio)]
        found = [f"{percent(share)} {what}" for share, what in _idle(layer) if share is not None]
        rows.append(
            (
                _("layer {layer}").format(layer=short_name(layer.name)),
                numbers[0],
                numbers[1],
                found[0] if found else "-",
            )
        )
    width = max(cell_width(row[0]) for row in rows)
    yield _("The layers in epoch {n}:").format(n=epoch)
    for name, gradient, step, idle in rows:
        yield f"  {name}{' ' * (width - cell_width(name))}  {gradient:>10}  {step:>16}  {idle}"


def _idle(layer: LayerRow) -> list[tuple[float | None, str]]:
    return [(layer.dead, _("dead")), (layer.saturated, _("saturated"))]
