"""A run: the loop over epochs and batches, and what happens at the end of each epoch."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from ..data.dataset import order_of_epoch
from ..errors import ArgumentError, StateError
from ..nn import Module
from ..optim import Optimizer, ReduceLROnPlateau
from ..storage.files import make_folder
from .checkpoint import Checkpoint
from .early_stopping import EarlyStopping
from .events import BatchEvent, BestEvent, EndEvent, EpochEvent, Event, NoticeEvent, ValidationEvent
from .examples import Examples
from .history import History
from .layer_report import Probe
from .metrics import Measures, Tally, measure
from .notices import Notices
from .run_state import checked_state, load_parts
from .settings import Settings
from .update import Update


class Best(NamedTuple):
    """The best epoch so far."""

    weights: dict[str, Any]
    measures: Measures


class Run:
    """A run that is ready to begin; see `fit` for the arguments."""

    def __init__(
        self,
        model: Module,
        examples: Examples,
        validation: Examples | None,
        optimizer: Optimizer,
        settings: Settings,
        schedule: Any = None,
        stopping: EarlyStopping | None = None,
        extra: Callable[[], dict[str, Any]] | None = None,
    ):
        self.model, self.examples, self.validation = model, examples, validation
        self.optimizer, self.settings, self.schedule, self.extra = optimizer, settings, schedule, extra
        self.objective, self.folder = settings.objective, settings.checkpoint
        self.update = Update(model, optimizer, settings)
        self.schedule_by_batch = settings.counts_batches(schedule)
        self.stopping = stopping or EarlyStopping.watching()
        self.stopping.reset()
        self.notices: Notices | None = None
        if settings.notices:
            probe, initial = Probe(model, examples, self.objective), measure(model, examples, self.objective).loss
            self.notices = Notices(probe.layers, probe.is_linear(), initial, examples.largest_share)
        self.epoch = 0  # the last one that is complete
        self.step = 0  # how many updates there were
        self.history = History()
        self.best: Best | None = None
        self.measured: Measures | None = None  # the last validation
        self.unsaved: Checkpoint | None = None
        self.pending: list[Event] = []  # of the last complete epoch
        self.stopped: str | None = None  # why the run ends; None while it goes on

    def check_length(self) -> None:
        """Raise ArgumentError for a schedule that ends before the run."""
        if self.schedule is None:
            return
        steps = self.settings.epochs - self.epoch
        steps *= self.settings.updates_in_an_epoch if self.schedule_by_batch else 1
        try:
            self.schedule.rates(self.schedule.steps + steps)
        except StateError as error:
            raise ArgumentError(f"{error}: this run makes {steps} steps of it") from None

    # --- the loop ---

    def events(self) -> Generator[Event, None, None]:
        """The run itself. Closing the generator, or an interruption, ends it cleanly."""
        if self.folder is not None:
            make_folder(self.folder)
        try:
            yield from self._before()
            while self.stopped is None:
                yield from self._epoch()
        except KeyboardInterrupt:
            self.stopped = "interrupted"
            yield from self._report()  # it may have come between an epoch's end and its events
        except BaseException:  # GeneratorExit where the generator is closed, or an error
            self._leave()
            raise
        self._leave()
        yield self._end()

    def _before(self) -> list[Event]:
        """What there is to say before the first epoch; a resumed run may have nothing left to do."""
        if self.stopping.should_stop:
            self.stopped = "early"
        elif self.epoch >= self.settings.epochs:
            self.stopped = "epochs"
        elif self.epoch == 0:
            return [*self._new_notices(last=False)]
        return []

    def _epoch(self) -> Generator[Event, None, None]:
        """One epoch: its batches and then, when all that belongs to it is done, the epoch itself."""
        started, elsewhere, epoch, settings = time.perf_counter(), 0.0, self.epoch + 1, self.settings
        tally = Tally(self.examples, self.objective)
        self.model.train()
        batches = self._batches(epoch)
        for start in range(0, len(batches), settings.accumulate):
            lr = self.optimizer.lr
            losses = self.update.learn(self.examples, batches[start : start + settings.accumulate], tally)
            self.step += 1
            if self.schedule is not None and self.schedule_by_batch:
                self.schedule.step()
            left = time.perf_counter()
            for k, loss in enumerate(losses, start=start + 1):
                yield BatchEvent(epoch, k, len(batches), self.step, lr, loss)
            elsewhere += time.perf_counter() - left
        measures = tally.fetch()
        seconds = time.perf_counter() - started - elsewhere
        done = EpochEvent(epoch, self.settings.epochs, measures.loss, measures.accuracy, lr, seconds)
        self._complete(done)
        yield from self._report()

    def _report(self) -> Generator[Event, None, None]:
        while self.pending:
            yield self.pending.pop(0)

    def _batches(self, epoch: int) -> list[Any]:
        """The positions of the rows of each batch, on the device, in the order of `Dataset.batches`."""
        s = self.settings
        order, cuts = order_of_epoch(s.rows, s.batch_size, s.shuffle, s.seed, epoch - 1, s.drop_last)
        on_device = self.examples.backend.asarray(order)
        return [self.examples.backend.run(on_device.__getitem__, cut) for cut in cuts]

    def _complete(self, done: EpochEvent) -> None:
        """The end of an epoch; before anything is reported, so that a run which is left at any event is complete."""
        events: list[Event] = [done, *self._validate(done.epoch)]
        for event in events:
            self.history.watch(event)
        self.epoch, self.pending = done.epoch, events
        reason = self._reason_to_stop(done)
        events += self._new_notices(last=reason is not None)
        if isinstance(self.schedule, ReduceLROnPlateau):
            self.schedule.step(self.measured.loss if self.measured else done.train_loss)
        elif self.schedule is not None and not self.schedule_by_batch:
            self.schedule.step()
        if self.folder is not None and reason != "diverged":  # weights that are no numbers are of no use later
            self.unsaved = Checkpoint(self.state_dict())  # a copy, which an interrupted epoch does not touch
            if self.epoch % self.settings.checkpoint_every == 0:
                self._write_checkpoint()
        self.stopped = reason

    def _validate(self, epoch: int) -> list[Event]:
        if self.validation is None:
            return []
        self.measured = measured = measure(self.model, self.validation, self.objective)
        events: list[Event] = [ValidationEvent(epoch, *measured)]
        if self.stopping.update(epoch, measured.loss):
            self.best = Best(self.model.state_dict(), measured)
            events.append(BestEvent(epoch, measured.loss))
        return events

    def _reason_to_stop(self, done: EpochEvent) -> str | None:
        if not math.isfinite(done.train_loss) or (self.measured and not math.isfinite(self.measured.loss)):
            return "diverged"
        if self.stopping.should_stop:
            return "early"
        return "epochs" if done.epoch >= self.settings.epochs else None

    def _new_notices(self, last: bool) -> list[NoticeEvent]:
        if self.notices is None:
            return []
        history = self.history
        columns = history.train_loss, history.train_accuracy, history.validation_loss
        stops_early = self.stopping.patience < self.settings.epochs
        found = self.notices.after(self.epoch, self.optimizer.lr, *columns, last=last, stops_early=stops_early)
        history.notices += found
        return found

    # --- the end ---

    def _leave(self) -> None:
        """Leave the model as its user expects it: with its best weights, if so asked, and ready to predict."""
        if self._restored is not None:
            self.model.load_state_dict(self._restored.weights)
        self.model.eval()
        self._write_checkpoint()

    @property
    def _restored(self) -> Best | None:
        """The epoch whose weights the model has in the end, if not the last. Where nothing was said of it, a run that
        comes to its end keeps what it learned last, and one that Ctrl-C cut off wherever it was its best."""
        interrupted = self.stopped == "interrupted" and self.stopping.never
        return self.best if self.stopping.restore_best or interrupted else None

    def _end(self) -> EndEvent:
        loss, accuracy, r2 = (self._restored.measures if self._restored else self.measured) or (None, None, None)
        train_loss = self.history.train_loss[-1] if self.history.train_loss else None
        assert self.stopped is not None
        return EndEvent(self.epoch, train_loss, loss, accuracy, r2, self.stopped)

    # --- checkpoints ---

    def _write_checkpoint(self) -> None:
        if self.unsaved is not None and self.folder is not None:
            self.unsaved.save(self.folder, make=False)
            self.unsaved = None

    def state_dict(self) -> dict[str, Any]:
        """All that a resumed run needs."""
        return {
            "epoch": self.epoch,
            "step": self.step,
            "settings": self.settings.compared(),
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": None if self.schedule is None else self.schedule.state_dict(),
            "early_stopping": self.stopping.state_dict(),
            "best": None if self.best is None else self.best._asdict(),
            "measured": self.measured,
            "history": self.history.columns(),
            "notices": None if self.notices is None else self.notices.state_dict(),
            "told": [asdict(notice) for notice in self.history.notices],
            "extra": None if self.extra is None else self.extra(),
        }

    def resume(self, checkpoint: Checkpoint, folder: str | Path) -> None:
        """Go on where a checkpoint was taken.

        Raises:
            StateError: it is of another model, optimizer, data set, or of other settings; nothing has changed then.
        """
        state = checked_state(checkpoint.state, folder)
        parts = {"model": self.model, "optimizer": self.optimizer, "schedule": self.schedule}
        load_parts(state, parts, self.settings.compared(), folder)
        self.epoch, self.step = state["epoch"], state["step"]
        self.stopping.load_state_dict(state["early_stopping"])
        best = state["best"]
        self.best = None if best is None else Best(best["weights"], Measures(*best["measures"]))
        self.stopped, self.unsaved, self.pending = None, None, []
        self.measured = Measures(*state["measured"]) if state["measured"] is not None else None
        self.history = History(**state["history"], notices=[NoticeEvent(**notice) for notice in state["told"]])
        if self.notices is not None:
            self.notices.load_state_dict(state["notices"] or {**self.notices.state_dict(), "given": []})
