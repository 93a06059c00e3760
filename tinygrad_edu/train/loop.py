"""The loop of a run: over epochs and batches, and what happens at the end of each epoch.

A run is what its attributes say; the generator of its events holds nothing. So a run that is given the state that it
had earlier goes on from there, in the middle of an epoch, too.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any, NamedTuple

from ..errors import ArgumentError, StateError
from ..nn import Module
from ..optim import Optimizer, ReduceLROnPlateau
from ..storage.files import make_folder
from .checkpoint import Checkpoint
from .early_stopping import EarlyStopping
from .events import (
    BatchEvent,
    BestEvent,
    EndEvent,
    EpochEvent,
    Event,
    NoticeEvent,
    SteerEvent,
    ValidationEvent,
)
from .examples import Examples
from .history import History
from .layer_report import Probe
from .metrics import Measures, Tally, measure
from .notices import Notices
from .partial_epoch import PartialEpoch
from .run_state import state_of
from .settings import Settings, rows_in_batch
from .steering import Steering
from .update import Update


class Best(NamedTuple):
    """The best epoch so far."""

    weights: dict[str, Any]
    measures: Measures


class Loop:
    """A run that goes on by itself; `Run` says what can be done with it from outside."""

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
        steering: Sequence[SteerEvent] = (),
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
        self.epoch = self.step = 0
        self.batch_size: int = settings.batch_size
        self.history = History()
        self.best: Best | None = None
        self.measured: Measures | None = None  # the last validation
        self.unsaved: Checkpoint | None = None
        self.pending: list[Event] = []
        self.stopped: str | None = None
        self.log = Steering(steering, optimizer)
        self._part: PartialEpoch | None = None  # the epoch that is not over
        self._left = False  # whether the model was given to its user, with its best weights perhaps
        self._stream = 0  # which of the generators the events go to

    def begin(self) -> None:
        """What is to be done before the first event of a run that is new, or resumed.

        Raises:
            ArgumentError: a schedule that ends before the run.
        """
        self._check_length(self.settings.epochs - self.epoch, self.batch_size)
        self.stopped = self._reason_to_stop()
        if self.stopped is None and self.step == 0:
            self.pending += self._new_notices(last=False)

    def _check_length(self, epochs: float, batch_size: int) -> None:
        """Raise ArgumentError for a schedule that cannot go on for so many epochs."""
        if self.schedule is None:
            return
        steps = math.ceil(epochs * (self.settings.updates(batch_size) if self.schedule_by_batch else 1))
        try:
            self.schedule.rates(self.schedule.steps + steps)
        except StateError as error:
            raise ArgumentError(f"{error}: this run makes {steps} steps of it") from None

    # --- the loop ---

    def events(self) -> Generator[Event, None, None]:
        """The run itself, from where it is. Closing the generator, or an interruption, ends it cleanly.

        Raises:
            StateError: the run has ended, and was not taken back by `travel`.
        """
        if self._left:
            raise StateError("the run has ended: take it back with travel(state) first, or start another one")
        self._stream += 1
        return self._events(self._stream)

    def _events(self, stream: int) -> Generator[Event, None, None]:
        while not self._left:
            try:
                try:
                    if self.folder is not None:
                        make_folder(self.folder)
                    yield from self._going_on(stream)
                except KeyboardInterrupt:
                    self.stopped = "interrupted"
                    yield from self._going_on(stream)  # it may have come between an epoch's end and its events
            except BaseException:  # GeneratorExit where the generator is closed, or an error
                if stream == self._stream:
                    self._leave()
                raise
            if stream != self._stream:
                return  # the run was taken back, and its events go elsewhere
            self._leave()
            yield self._end()

    def _going_on(self, stream: int) -> Iterator[Event]:
        while stream == self._stream:
            if self.pending:
                yield self.pending.pop(0)
            elif self.stopped is None:
                self._advance()
            elif steered := self.log.reported(self.log.applied + len(self._due())):
                self.pending += steered  # for the updates that a longer run would have
            else:
                return

    def _advance(self) -> None:
        """Go on by an update, or the end of an epoch, or what was steered; what there is to report is `pending`."""
        started = time.perf_counter()
        part = self._part
        if part is None:
            part = self._part = self._begin_epoch(self.epoch + 1, self.batch_size)
            self.model.train()
        elif not self.model.training:
            self.model.train()
        if self.log.is_news(self.step, part.number):
            self._steer()
            self.pending += self.log.reported(self.log.applied)
        elif part.to_come:
            self._learn(part)
            part.seconds += time.perf_counter() - started
        else:
            self._end_epoch(part, started)

    def _end_epoch(self, part: PartialEpoch, started: float) -> None:
        measures = part.tally.fetch()
        seconds = part.seconds + time.perf_counter() - started
        self._complete(
            EpochEvent(part.number, self.settings.epochs, measures.loss, measures.accuracy, part.lr, seconds)
        )

    def _begin_epoch(self, number: int, batch_size: int) -> PartialEpoch:
        return PartialEpoch(number, self.settings, batch_size, Tally(self.examples, self.objective))

    def _learn(self, part: PartialEpoch) -> None:
        """An update, from one batch or several."""
        lr, first = self.optimizer.lr, part.batches + 1
        losses = self.update.learn(self.examples, part.on_device(self.examples), part.tally)
        part.done(len(losses), lr)
        self.step += 1
        if self.schedule is not None and self.schedule_by_batch:
            self.schedule.step()
        for batch, loss in enumerate(losses, first):
            self.pending.append(BatchEvent(part.number, batch, part.of, self.step, lr, loss))

    def _complete(self, done: EpochEvent) -> None:
        """The end of an epoch; before anything is reported, so that a run which is left at any event is complete."""
        events: list[Event] = [done, *self._validate(done.epoch)]
        for event in events:
            self.history.watch(event)
        self.epoch, self.pending, self._part = done.epoch, events, None
        reason = self._reason_to_stop()
        events += self._new_notices(last=reason is not None)
        if isinstance(self.schedule, ReduceLROnPlateau):
            self.schedule.step(self.measured.loss if self.measured else done.train_loss)
        elif self.schedule is not None and not self.schedule_by_batch:
            self.schedule.step()
        if self.folder is not None and reason != "diverged":  # weights that are no numbers are of no use later
            self.unsaved = Checkpoint(state_of(self))  # a copy, which an interrupted epoch does not touch
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
            for array in self.best.weights.values():
                array.flags.writeable = False  # states share them
            events.append(BestEvent(epoch, measured.loss))
        return events

    def _reason_to_stop(self) -> str | None:
        last = [*self.history.train_loss[-1:], *([self.measured.loss] if self.measured else [])]
        if not all(map(math.isfinite, last)):
            return "diverged"
        if self.stopping.should_stop:
            return "early"
        return "epochs" if self.epoch >= self.settings.epochs else None

    def _new_notices(self, last: bool) -> list[NoticeEvent]:
        if self.notices is None:
            return []
        history = self.history
        columns = history.train_loss, history.train_accuracy, history.validation_loss
        stops_early = self.stopping.patience < self.settings.epochs
        found = self.notices.after(self.epoch, self.optimizer.lr, *columns, last=last, stops_early=stops_early)
        history.notices += found
        return found

    def _next_epoch(self) -> int:
        """The epoch of the next update."""
        return self.epoch + 2 if self._part is not None and not self._part.to_come else self.epoch + 1

    def _due(self) -> list[SteerEvent]:
        """What is steered before the next update, and not applied."""
        return self.log.due(self.step, self._next_epoch())

    def _steer(self) -> None:
        """Apply what is due in this epoch.

        Raises:
            StateError: a log says what cannot be.
        """
        for event in self.log.due(self.step, self.epoch + 1):
            try:
                self._apply(event)
            except ArgumentError as error:
                raise StateError(
                    f"the run cannot be steered as its log says after update {event.step}: {error}"
                ) from error
            self.log.applied += 1

    def _apply(self, event: SteerEvent) -> None:
        if event.optimizer is not None:
            self._use(self.log.optimizer(event))
            if self.schedule is not None:
                self.schedule.adopt(self.optimizer)
        if event.lr is not None:
            self.optimizer.lr = event.lr
        if event.batch_size is not None:
            self.batch_size = rows_in_batch(event.batch_size, self.settings.rows)
            if self._part is not None:
                self._part.resize(self.batch_size)

    def _use(self, optimizer: Optimizer) -> None:
        self.optimizer = self.update.optimizer = optimizer

    # --- the end ---

    def _leave(self) -> None:
        """Leave the model as its user expects it: with its best weights, if so asked, and ready to predict."""
        self._left = True
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

    def _write_checkpoint(self) -> None:
        if self.unsaved is not None and self.folder is not None:
            self.unsaved.save(self.folder, make=False)
            self.unsaved = None
