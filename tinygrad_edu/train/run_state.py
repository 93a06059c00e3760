"""What the state of a run consists of, in a checkpoint, and whether it is one of this run."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import StateError
from ..storage.documents import reading
from ..storage.schema import (
    Mismatch,
    anything,
    array,
    at_least,
    brief,
    list_of,
    located,
    mapping,
    optional,
    plain,
    real,
    record,
    text,
    tuple_of,
    whole,
)
from .checkpoint import NAME
from .history import History
from .steering import STEER

if TYPE_CHECKING:
    from .loop import Loop

MEASURES = tuple_of(real, optional(real), optional(real))  # loss, accuracy, R²
NOTICE = record({"epoch": whole(), "name": text, "layer": optional(text), "text": text})
REALS, POSITIVE = list_of(real), list_of(at_least(0))
MEASURED = {"epoch": list_of(whole(1)), "train_loss": REALS, "lr": POSITIVE, "seconds": POSITIVE}
HISTORY = record(
    MEASURED,
    may_lack=dict.fromkeys(("train_accuracy", "validation_loss", "validation_accuracy", "validation_r2"), REALS),
)
TALLY = record({"n": whole(), "loss": real, "score": real})
PART = record({"batches": whole(), "rows": whole(), "seconds": at_least(0), "lr": at_least(0), "tally": TALLY})
RUN_STATE = record(
    {
        "epoch": whole(),
        "step": whole(),
        "settings": mapping(plain),
        "model": mapping(array),
        "optimizer": mapping(anything),  # the optimizer and the schedule know what they hold
        "schedule": optional(mapping(anything)),
        "early_stopping": record({"best": real, "best_epoch": whole(), "waited": whole()}),
        "best": optional(record({"weights": mapping(array), "measures": MEASURES})),
        "measured": optional(MEASURES),
        "history": HISTORY,
        "notices": optional(record({"given": list_of(text), "initial_loss": real})),
        "told": list_of(NOTICE),
    },
    may_lack={
        "extra": optional(mapping(anything)),
        "steering": list_of(STEER),
        "steered": whole(),
        "part": optional(PART),
    },
)


def state_of(run: Loop) -> dict[str, Any]:
    """All that a run depends on: see `Run.state_dict`."""
    best, notices, schedule, part = run.best, run.notices, run.schedule, run._part
    return {
        "epoch": run.epoch,
        "step": run.step,
        "settings": run.settings.compared(),
        "model": run.model.state_dict(),
        "optimizer": run.optimizer.state_dict(),
        "schedule": None if schedule is None else schedule.state_dict(),
        "early_stopping": run.stopping.state_dict(),
        "best": None if best is None else {"weights": dict(best.weights), "measures": best.measures},
        "measured": run.measured,
        **measured(run.history),
        "notices": None if notices is None else notices.state_dict(),
        "extra": None if run.extra is None else run.extra(),
        **run.log.state_dict(),
        "part": None if part is None else part.state_dict(),
    }


def measured(history: History) -> dict[str, Any]:
    """The part of a state that says what was measured and reported."""
    columns = {**{name: [] for name in MEASURED}, **history.columns()}
    return {"history": columns, "told": [asdict(notice) for notice in history.notices]}


def checked_state(state: Any, folder: str | Path) -> dict[str, Any]:
    """The state of a run, from the checkpoint of a folder; a StateError for what is missing, or no state has."""
    with reading(Path(folder) / NAME, StateError, "nothing was loaded"), located("state"):
        state = RUN_STATE(state)
        epochs = state["epoch"]
        for name, column in state["history"].items():
            if len(column) != epochs:
                raise Mismatch(f"has {len(column)} entries, and there were {epochs} epochs", ("history", name))
        if state["history"]["epoch"] != list(range(1, epochs + 1)):
            raise Mismatch(f"should count from 1 to {epochs}", ("history", "epoch"))
        if state.get("part") is not None:
            _check_part(state["part"], state["settings"])
        if state.get("steered", 0) > len(state.get("steering", ())):
            raise Mismatch("is more than there are in steering", ("steered",))
        if state["best"] is not None:
            _check_weights(state["best"]["weights"], state["model"])
    return state


def _check_part(part: dict[str, Any], settings: dict[str, Any]) -> None:
    """The epoch that was not over: the rows that were learned from are those that were measured."""
    if not 1 <= part["batches"] <= part["rows"] == part["tally"]["n"]:
        raise Mismatch("does not say from how many rows was learned", ("part",))
    if not isinstance(settings.get("rows"), int) or part["rows"] > settings["rows"]:
        raise Mismatch(f"has {part['rows']} rows, and the data {brief(settings.get('rows'))}", ("part",))


def _check_weights(best: dict[str, Any], model: dict[str, Any]) -> None:
    shapes, others = ({name: weights.shape for name, weights in each.items()} for each in (best, model))
    for name in {**shapes, **others}:
        if shapes.get(name) != others.get(name):
            raise Mismatch(f"differs from the model in the shape of {brief(name)}", ("best", "weights"))


_SINCE = {"label_smoothing": 0.0}  # settings that a checkpoint may lack, and what runs without them did
_MEANING = {"rows": "rows of data", "data": "the data (a fingerprint of it)"}


def load_parts(state: dict[str, Any], parts: dict[str, Any], settings: dict[str, Any], folder: str | Path) -> None:
    """Load the parts of a run, all of them or none.

    Args:
        parts: "model", "optimizer" and "schedule", in this order: a schedule with other arguments, a larger T_max, has
            other rates than the optimizer had. None for what there is not.
        settings: those that must be the same.
    Raises:
        StateError: one of them, or a setting, is another one.
    """
    before = {name: part.state_dict() for name, part in parts.items() if part is not None}
    try:
        _check_settings(_SINCE | state["settings"], settings)
        for name, part in parts.items():
            if (state[name] is None) != (part is None):
                there, here = ("a", "none") if part is None else ("no", "one")
                raise StateError(f"the run had {there} {name}, and this one has {here}")
        for name in before:
            parts[name].load_state_dict(state[name])
    except StateError as error:
        for name, content in before.items():
            parts[name].load_state_dict(content)
        raise StateError(f"cannot resume from {folder}: {error}") from error


def _check_settings(saved: dict[str, Any], mine: dict[str, Any]) -> None:
    other = [name for name in mine if saved.get(name) != mine[name]]
    if other:
        differences = ", ".join(
            f"{_MEANING.get(name, name)}: {str(saved.get(name))[:40]} there, {mine[name]} here" for name in other
        )
        raise StateError(
            f"the run was made with other settings ({differences}), so it could not go on with the same numbers. Give "
            "the same ones, or begin a new run with its weights: tg.train.Checkpoint.load(folder).state['model']"
        )
