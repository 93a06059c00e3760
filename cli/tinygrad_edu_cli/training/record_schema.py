"""What stands in the files of a recorded run beside metrics.jsonl, as tables."""

from __future__ import annotations

from typing import Any

from tinygrad_edu.storage.schema import (
    anything,
    list_of,
    mapping,
    one_of,
    optional,
    real,
    record,
    text,
    whole,
)

KIND = "tinygrad-edu run"
VERSION = 2  # in 1 no line of metrics.jsonl says what was steered, or undone
VERSIONS = (1, VERSION)

CONFIG = record(
    {
        "kind": one_of(KIND),
        "version": one_of(*VERSIONS),
        "config": mapping(anything),  # see RunConfig.from_json
        "data_hash": text,
        "guessing_loss": real,
    },
    may_lack={"initial_hash": text},  # of the weights that the run began with
)

LOSS_NOISE = record({"last_two": list_of(real), "count": whole(), "squares": real})


def check_state(state: dict[str, Any]) -> dict[str, Any]:
    """The state of a checkpoint that is sound: what a recorded run has beyond any other."""
    measured = {"validation_loss": anything} if state["epoch"] else {}  # before the first epoch nothing is
    check = record(
        {"history": record(measured, others=True)},
        may_lack={"extra": optional(record({}, may_lack={"loss_noise": LOSS_NOISE}))},
        others=True,
    )
    return check(state)
