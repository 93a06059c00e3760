"""What a checkpoint knows of a run, as the lines that stand in its metrics.jsonl.

A checkpoint is on the disk before the lines of its epoch are: a process that is killed between the two leaves them out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from tinygrad_edu.train import EarlyStopping
from tinygrad_edu.train.events import BestEvent, EpochEvent, Event, NoticeEvent, SteerEvent, ValidationEvent
from tinygrad_edu.train.steering import missing

from ..phrases import as_options


def completed(recorded: Iterable[dict[str, Any]], epoch: int, events: Iterable[Event]) -> list[dict[str, Any]]:
    """The lines of `events`, which led to the end of `epoch`: as they are recorded, where they are. What was undone
    before stays, up to the line that says so."""
    lines = list(recorded)
    ways_back = [k for k, line in enumerate(lines) if line["kind"] == "undo" and line["epoch"] <= epoch]
    kept = lines[: ways_back[-1] + 1] if ways_back else []
    known = {_key(line): line for line in lines[len(kept) :]}
    since = kept[-1]["epoch"] if kept else -1
    new = [event.to_json() for event in events if event.epoch > since]
    return [*kept, *(known.get(_key(line), line) for line in new)]


def steering_of(state: dict[str, Any], recorded: Iterable[SteerEvent]) -> list[SteerEvent]:
    """All that was steered: what a checkpoint knows, and what was recorded after it."""
    known = [SteerEvent(**event) for event in state.get("steering", ())]
    return [*known, *missing(recorded, known)]


def events_until(state: dict[str, Any], epochs: int, stopping: EarlyStopping | None) -> Iterator[Event]:
    """The events of a run up to a checkpoint, but for those of batches.

    Args:
        state: of the checkpoint.
        epochs: how many were asked for.
        stopping: as the run has it; it knows the best epochs.
    """
    stopping = stopping or EarlyStopping.watching()
    stopping.reset()
    notices = defaultdict(list)
    for notice in state["told"]:
        notices[notice["epoch"]].append(as_typed(NoticeEvent(**notice)))
    steered = defaultdict(list)
    for event in steering_of(state, []):
        steered[event.epoch].append(event)
    yield from notices[0]
    columns = state["history"]
    for k, epoch in enumerate(columns["epoch"]):
        row = {name: column[k] for name, column in columns.items()}
        yield from steered[epoch]
        yield EpochEvent(epoch, epochs, row["train_loss"], row.get("train_accuracy"), row["lr"], row["seconds"])
        loss = row["validation_loss"]
        yield ValidationEvent(epoch, loss, row.get("validation_accuracy"), row.get("validation_r2"))
        if stopping.update(epoch, loss):
            yield BestEvent(epoch, loss)
        yield from notices[epoch]


def as_typed(event: Event) -> Event:
    """An event whose text, if it has one, names options instead of arguments."""
    return replace(event, text=as_options(event.text)) if isinstance(event, NoticeEvent) else event


def _key(line: dict[str, Any]) -> tuple[Any, ...]:
    """What tells a line from all others."""
    names = ("kind", "epoch", "name", "layer")
    return tuple([line.get(name) for name in names]) + ((repr(line),) if line["kind"] == "steer" else ())
