"""What stands in the files of a recorded run, as tables: in config.json, and in each line of metrics.jsonl."""

from __future__ import annotations

from tinygrad_edu.storage.schema import (
    anything,
    at_least,
    by_kind,
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
VERSION = 1

CONFIG = record(
    {
        "kind": one_of(KIND),
        "version": one_of(VERSION),
        "config": mapping(anything),  # see RunConfig.from_json
        "data_hash": text,
        "guessing_loss": real,
    }
)

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
        "end": record(
            {"kind": text, "epoch": whole(), "stopped": one_of("epochs", "early", "diverged", "interrupted")},
            may_lack={"train_loss": real, "validation_loss": real, **_VALIDATED, "loss_noise": at_least(0)},
        ),
    },
)

LOSS_NOISE = record({"last_two": list_of(real), "count": whole(), "squares": real})
STATE = record(  # of a checkpoint: what a recorded run has beyond any other
    {"history": record({"validation_loss": anything}, others=True)},
    may_lack={"extra": optional(record({}, may_lack={"loss_noise": LOSS_NOISE}))},
    others=True,
)
