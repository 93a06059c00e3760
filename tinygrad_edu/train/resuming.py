"""Is a checkpoint one of this run? Then it is loaded; else nothing has changed."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import StateError

if TYPE_CHECKING:
    from .run import Run

_SINCE = {"label_smoothing": 0.0}  # settings that a checkpoint may lack, and what runs without them did
_MEANING = {"rows": "rows of data", "data": "the data (a fingerprint of it)"}


def load_state(state: dict[str, Any], run: Run, folder: str | Path) -> None:
    """Load model, schedule and optimizer, all of them or none.

    Raises:
        StateError: one of them, or a setting, is another one.
    """
    # the schedule last: one with other arguments, a larger T_max, has other rates than the optimizer had
    parts = {"model": run.model, "optimizer": run.optimizer, "schedule": run.schedule}
    parts = {name: part for name, part in parts.items() if part is not None}
    before = {name: part.state_dict() for name, part in parts.items()}
    try:
        _check_settings(_SINCE | state["settings"], asdict(run.settings))
        if state["schedule"] is not None and run.schedule is None:
            raise StateError("the run had a schedule, and this one has none")
        for name, part in parts.items():
            if state[name] is None:
                raise StateError(f"the run had no {name}, and this one has one")
            part.load_state_dict(state[name])
    except (StateError, KeyError) as error:
        for name, part in parts.items():
            part.load_state_dict(before[name])
        problem = error if isinstance(error, StateError) else f"the checkpoint lacks {error}"
        raise StateError(f"cannot resume from {folder}: {problem}") from error


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
