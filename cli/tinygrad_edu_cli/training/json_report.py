"""A training run as JSON: one object a line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import click
import numpy as np

from tinygrad_edu.train.events import BatchEvent, EndEvent, Event, plain
from tinygrad_edu_viz.training.asking import count_pairs

from .layer_looks import LayerRow
from .run import Run


class JsonReport:
    """Prints each event as it comes; the layers in some epochs, and before the end which class is taken for which.

    Args:
        batches: also those of single batches, whose losses the run would else not wait for.
    """

    def __init__(self, run: Run, batches: bool = False):
        self.run, self.batches = run, batches

    def start(self) -> None:
        """Nothing: the first line is the first event."""

    def watch(self, event: Event) -> None:
        if isinstance(event, EndEvent) and event.validation_accuracy is not None:
            self._say({"kind": "answers", "epoch": event.epoch, **self._answers()})
        if self.batches or not isinstance(event, BatchEvent):
            self._say(event.to_json())

    def look(self, epoch: int, layers: Sequence[LayerRow]) -> None:
        """Print what the layers look like."""
        found = [{name: plain(value) for name, value in row._asdict().items() if value is not None} for row in layers]
        self._say({"kind": "layers", "epoch": epoch, "layers": found})

    def close(self) -> None:
        """Nothing: the last line is the last event."""

    def _answers(self) -> dict[str, Any]:
        """The confusion matrix of the held-out examples: a row for each true class, a column for each answer."""
        names, labels = self.run.dataset.target_names, np.asarray(self.run.held_out.y)
        counts = count_pairs(labels, self.run.predictions(), len(names))
        return {"classes": list(names), "confusion_matrix": counts.tolist()}

    def _say(self, content: dict[str, Any]) -> None:
        click.echo(json.dumps(content, allow_nan=False))
