"""The record of a run, metrics.jsonl: an event a line, in the order in which they happened.

What was undone stays in it, before the line that says so. Format 2 has lines of the kinds "steer" and "undo", which
format 1 had not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from ..storage.documents import parse, read_bytes, reading
from ..storage.schema import Mismatch, at_least, by_kind, one_of, real, record, text, whole
from .events import BestEvent, EndEvent, EpochEvent, Event, NoticeEvent, SteerEvent, UndoEvent, ValidationEvent
from .steering import STEERED

NAME = "metrics.jsonl"

_EVENTS: dict[str, Any] = {
    event.kind: event
    for event in (EpochEvent, ValidationEvent, BestEvent, NoticeEvent, SteerEvent, UndoEvent, EndEvent)
}
_EPOCH = {"kind": text, "epoch": whole(1)}
_VALIDATED = {"validation_accuracy": real, "validation_r2": real}
LINE = by_kind(
    "kind",
    {
        "epoch": record(
            {**_EPOCH, "of": whole(1), "train_loss": real, "lr": at_least(0), "seconds": at_least(0)},
            may_lack={"train_accuracy": real},
        ),
        "validation": record({**_EPOCH, "validation_loss": real}, may_lack=_VALIDATED),
        "best": record({**_EPOCH, "validation_loss": real}),
        "notice": record({"kind": text, "epoch": whole(), "name": text, "text": text}, may_lack={"layer": text}),
        "steer": record({**_EPOCH, "step": whole()}, may_lack=STEERED),
        "undo": record({"kind": text, "epoch": whole()}),
        "end": record(
            {"kind": text, "epoch": whole(), "stopped": one_of("epochs", "early", "diverged", "interrupted")},
            may_lack={"train_loss": real, "validation_loss": real, **_VALIDATED, "loss_noise": at_least(0)},
        ),
    },
)


def read_record(file: Path, error: type[Exception]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each line as it is written, and as it is meant: with nan for "nan". A last line that was cut off is left out.

    Args:
        error: what is raised for a file that is damaged; the message names the line.
    Raises:
        OSError: it cannot be read.
    """
    with reading(file, error):
        lines = read_bytes(file).split(b"\n")
    epoch = 0
    for number, line in enumerate(lines[:-1], 1):  # behind the last end of a line is nothing, or what was cut off
        with reading(f"{file}, line {number}", error):
            content = parse(line)
            checked = LINE(content)
            epoch = _next_epoch(checked, epoch)
        yield content, checked


def event_of(checked: dict[str, Any]) -> Event:
    """The event of a checked line."""
    kind = _EVENTS[checked["kind"]]
    event: Event = kind(**{field.name: checked.get(field.name) for field in fields(kind)})
    return event


def _next_epoch(line: dict[str, Any], epoch: int) -> int:
    """The last epoch after a line, if this line can come after one of `epoch`."""
    kind, number = line["kind"], line["epoch"]
    if kind == "epoch" and number <= epoch:
        raise Mismatch(f"is {number}, and the epoch before was {epoch}", ("epoch",))
    if kind in ("validation", "best") and number != epoch:
        raise Mismatch(f"is {number}, and the last epoch was {epoch}", ("epoch",))
    if kind == "undo" and number > epoch:
        raise Mismatch(f"is {number}, and there were {epoch} epochs", ("epoch",))
    return number if kind in ("epoch", "undo") else epoch
