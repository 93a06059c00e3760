"""A run, and what can be done with it: watch, look, steer, and go back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ArgumentError, StateError
from ..optim import Optimizer
from ..optim.optimizer import check_range
from ..storage.files import make_folder
from .checkpoint import Checkpoint
from .events import NoticeEvent, SteerEvent, UndoEvent
from .history import History
from .looking import loss_of
from .loop import Best, Loop
from .metrics import Measures
from .run_state import checked_state, load_parts, state_of
from .settings import rows_in_batch
from .steering import check_log


class Run(Loop):
    """A run that `tg.train.start` has made: it can be watched, looked into, steered, and taken back.

        run = tg.train.start(model, train, "cross_entropy", optimizer, validation=held_out)
        for event in run.events():
            if event.kind == "epoch" and event.epoch == 5:
                run.steer(lr=run.lr / 2)

    Looking and going back change no number: a run that was looked into, or taken back to a state of before, has the
    weights of one that was not, to the last bit. So has one that is steered again by the log of another.

    Attributes:
        model, optimizer: what learns; the optimizer is another one after `steer(optimizer=...)`.
        epoch: the last one that is complete.
        step: how many updates of the weights there were.
        batch_size: rows in a batch.
        history: what was measured, as a `History`.
        pending: events that have happened, and that `events()` has not given yet.
        stopped: why the run has ended, as in `EndEvent`; None while it goes on.
    """

    # --- looking ---

    def look(self) -> Any:
        """The loss of the next update with its graph, exactly as it will be learned: of the same rows, with the same
        dropout masks, and with the penalties. The run stays as it is.

        With `accumulate` it is the mean over the rows of all batches of the update. `backward()` on it gives the
        gradients that the update will use; they lie in the parameters then, until the update forgets them.

        Returns:
            a Tensor of shape (), or a Value; inputs and targets are named "x" and "target".
        Raises:
            StateError: there is no next update.
        """
        return loss_of(self._upcoming(), self.model, self.examples, self.update)

    @property
    def rows(self) -> np.ndarray[Any, Any]:
        """The positions, in the data, of the rows of the next update, shape (n,).

        Raises:
            StateError: there is no next update.
        """
        return np.concatenate(self._upcoming())

    def _upcoming(self) -> list[np.ndarray[Any, Any]]:
        """The rows of the batches of the next update."""
        number = self._next_epoch()
        if self.stopped is not None or self._left or number > self.settings.epochs:
            raise StateError(f"there is no next update: the run has ended after epoch {self.epoch}")
        if self._part is None or self._part.number < number:
            size = self.log.batch_size(self.settings.batch_size, self._due())
            return self._begin_epoch(number, rows_in_batch(size, self.settings.rows)).upcoming()
        return self._part.upcoming()

    @property
    def steering(self) -> list[SteerEvent]:
        """What was steered, in the order of the steps; what is planned for later ones is at its end. As the argument
        `steering` of `start` it steers another run alike."""
        return list(self.log.events)

    @property
    def lr(self) -> float:
        """The learning rate of the next update (of the first group), with what was steered."""
        rates = [event.lr for event in self._due() if event.lr is not None]
        return rates[-1] if rates else self.optimizer.lr

    def steer(
        self, lr: float | None = None, optimizer: Optimizer | None = None, batch_size: int | str | None = None
    ) -> SteerEvent:
        """Change settings from the next update on. It is noted in `steering`, and reported before that update.

        Args:
            lr: the learning rate of all groups. A schedule goes on from it: all rates that it gives are scaled.
            optimizer: a new one, of the same parameters; a schedule goes on with it, and begins with its rate.
            batch_size: rows in a batch, or "full". The rows of this epoch that are left are cut anew.
        Raises:
            ArgumentError: nothing is to change, or not to this; nothing has changed then.
            StateError: the run has ended.
        """
        if self.stopped is not None or self._left:
            raise StateError("the run has ended, and has no next update: take it back with travel(state) first")
        if lr is None and optimizer is None and batch_size is None:
            raise ArgumentError("nothing is to change: give lr=..., optimizer=... or batch_size=...")
        new: dict[str, Any] = {"batch_size": batch_size}
        if batch_size is not None:
            part, s = self._part, self.settings
            left = 1 - (part.rows / s.rows if part is not None and part.to_come else 0)
            size = rows_in_batch(batch_size, s.rows)
            self._check_length(s.epochs - self._next_epoch() + left, size)
        if optimizer is not None:
            new |= self.log.check_new(optimizer, self.optimizer)
        if lr is not None:
            check_range(optimizer or self.optimizer, "lr", lr)
            new["lr"] = float(lr)
        event = SteerEvent(self._next_epoch(), self.step, **new)
        self.log.note(event, optimizer)
        self._steer()  # where the epoch has no more batches, it waits until the epoch is complete
        return event

    # --- states ---

    def state_dict(self) -> dict[str, Any]:
        """All that the run depends on, as it is: a copy, to which `travel` and a resumed run can go."""
        return state_of(self)

    def travel(self, state: dict[str, Any], steering: Sequence[SteerEvent] = ()) -> None:
        """Go to a state that the run was in, from whatever state it is in, also after its end. `events()` goes on from
        there: the generator that is open, or a new one.

        What was steered since then is forgotten. Going back is reported as an `UndoEvent`; where there are checkpoints,
        the state becomes the last one.

        Args:
            state: what `state_dict` gave.
            steering: what is to be steered again at its step, such as a part of `steering`.
        Raises:
            StateError: a state of another run; nothing has changed then.
            OSError: a checkpoint cannot be written; `filename` is the file.
        """
        log, before = check_log(steering), (self.epoch, self.step)
        self._load(state, "the state")
        self.log.add(log, self.step)
        self.stopped = self._reason_to_stop()
        if (self.epoch, self.step) < before:
            self.pending.append(UndoEvent(self.epoch))
        if self.folder is not None:
            make_folder(self.folder)
            self.unsaved = Checkpoint({**state, **self.log.state_dict()})
            self._write_checkpoint()

    def resume(self, checkpoint: Checkpoint, folder: str | Path) -> None:
        """Go on where a checkpoint was taken.

        Raises:
            StateError: it is of another model, optimizer, data set, or of other settings; nothing has changed then.
        """
        planned = self.steering
        self._load(checked_state(checkpoint.state, folder), folder)
        self.log.add(planned, self.step)

    def _load(self, state: dict[str, Any], where: str | Path) -> None:
        try:
            optimizer = self.log.optimizer_after(state)
        except StateError as error:
            raise StateError(f"cannot resume from {where}: {error}") from error
        if self.schedule is not None:
            self.schedule.attach(optimizer)
        try:
            parts = {"model": self.model, "optimizer": optimizer, "schedule": self.schedule}
            load_parts(state, parts, self.settings.compared(), where)
        except StateError:
            if self.schedule is not None:
                self.schedule.attach(self.optimizer)
            raise
        self._use(optimizer)
        self.epoch, self.step = state["epoch"], state["step"]
        self.stopping.load_state_dict(state["early_stopping"])
        best = state["best"]
        self.best = None if best is None else Best(best["weights"], Measures(*best["measures"]))
        self.stopped, self.unsaved, self.pending, self._left = None, None, [], False
        self.measured = Measures(*state["measured"]) if state["measured"] is not None else None
        columns: dict[str, Any] = {name: list(column) for name, column in state["history"].items()}
        self.history = History(**columns, notices=[NoticeEvent(**notice) for notice in state["told"]])
        if self.notices is not None:
            self.notices.load_state_dict(state["notices"] or {**self.notices.state_dict(), "given": []})
        self.log.load_state_dict(state)
        self.batch_size = rows_in_batch(self.log.batch_size(self.settings.batch_size), self.settings.rows)
        self._part = None
        if state.get("part") is not None:
            self._part = self._begin_epoch(self.epoch + 1, self.batch_size)
            self._part.load_state_dict(state["part"], self.batch_size)
