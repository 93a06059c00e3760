"""A training run as JSON: one object a line."""

from __future__ import annotations

import json

import click

from tinygrad_edu.train.events import BatchEvent, Event


class JsonReport:
    """Prints each event as it comes.

    Args:
        batches: also those of single batches, whose losses the run would else not wait for.
    """

    def __init__(self, batches: bool = False):
        self.batches = batches

    def start(self) -> None:
        """Nothing: the first line is the first event."""

    def watch(self, event: Event) -> None:
        if self.batches or not isinstance(event, BatchEvent):
            click.echo(json.dumps(event.to_json(), allow_nan=False))

    def close(self) -> None:
        """Nothing: the last line is the last event."""
