"""A recorded run with the weights that it ended with."""

from __future__ import annotations

from tinygrad_edu.errors import ArgumentError, StateError
from tinygrad_edu_words import _

from ..errors import CommandError
from .folder import RunFolder
from .run import Run
from .session import last_checkpoint, prepared


def with_last_weights(folder: RunFolder, run: Run | None = None) -> tuple[Run, int]:
    """The run, whose model has the weights of its last checkpoint, or those of its best epoch where it kept these; and
    the epoch that they are of.

    Args:
        run: as it was prepared; None reads its data.
    Raises:
        CommandError: its data, or its weights, are not there any more, or not the same.
    """
    run, checkpoint = run or prepared(folder), last_checkpoint(folder)
    if checkpoint is None:
        raise CommandError(_("it has no checkpoint"))
    if run.data_hash() != folder.data_hash:
        raise CommandError(_("its data has changed since"))
    state, end = checkpoint.state, folder.history()[0].end
    best = state["best"] if end is not None and (run.config.patience or end.stopped == "interrupted") else None
    try:
        run.model.load_state_dict(best["weights"] if best else state["model"])
    except (ArgumentError, StateError) as error:
        raise CommandError(str(error)) from None
    return run, state["early_stopping"]["best_epoch"] if best else checkpoint.epoch
