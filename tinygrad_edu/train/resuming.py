"""Is a checkpoint one of this run? Then it is loaded; else nothing has changed."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import StateError

if TYPE_CHECKING:
    from .run import Run

_MEANING = {"rows": "rows of data", "data": "the data (a fingerprint of it)"}


def check_same_run(state: dict[str, Any], run: Run, folder: str | Path) -> None:
    """Load model, optimizer and schedule, all of them or none.

    Raises:
        StateError: one of them, or a setting, is another one.
    """
    try:
        _check_settings(state["settings"], asdict(run.settings))
        if (state["schedule"] is None) != (run.schedule is None):
            raise StateError(
                f"the checkpoint has {'a' if state['schedule'] else 'no'} schedule, this run is the other way"
            )
        before = run.model.state_dict(), run.optimizer.state_dict()
        run.model.load_state_dict(state["model"])
        try:
            run.optimizer.load_state_dict(state["optimizer"])
            if run.schedule is not None:
                run.schedule.load_state_dict(state["schedule"])
                run.optimizer.load_state_dict(
                    state["optimizer"]
                )  # rates as they were, whatever the schedule's clock says
        except StateError:
            run.model.load_state_dict(before[0])
            run.optimizer.load_state_dict(before[1])
            raise
    except StateError as error:
        raise StateError(f"cannot resume from {folder}: {error}") from error
    except KeyError as error:
        raise StateError(f"cannot resume from {folder}: the checkpoint lacks {error}") from error


def _check_settings(saved: dict[str, Any], mine: dict[str, Any]) -> None:
    other = [name for name in mine if saved.get(name) != mine[name]]
    if other:
        differences = ", ".join(
            f"{_MEANING.get(name, name)}: {saved.get(name)} there, {mine[name]} here" for name in other
        )
        raise StateError(
            f"the run was made with other settings ({differences}), so it could not go on with the same numbers. Give "
            "the same ones, or begin a new run with its weights: tg.train.Checkpoint.load(folder).state['model']"
        )
