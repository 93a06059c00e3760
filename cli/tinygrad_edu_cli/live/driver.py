"""Drives a run step by step: stops anywhere, looks at the next update, steers, and goes back. No terminal."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from inspect import GEN_CREATED, getgeneratorstate
from typing import Any

import numpy as np

from tinygrad_edu.errors import ArgumentError
from tinygrad_edu.train.events import EndEvent, EpochEvent, Event, SteerEvent, UndoEvent
from tinygrad_edu.train.run_state import measured

from ..errors import CommandError
from ..training.config import LEARNING_RATES
from ..training.layer_looks import LayerLooks, LayerRow
from ..training.optimizer import optimizer_of
from ..training.options import OPTIMIZERS, unknown
from ..training.session import Session
from .snapshots import Snapshots

Array = np.ndarray[Any, Any]


class Driver:
    """A run of `train`, event by event. Whatever is done with it, it learns what it would have learned without.

        driver = Driver(session)
        while (event := driver.next()) is not None:
            session.record(event)

    Attributes:
        run: the run of the command line: options, data, model.
        engine: that of the library, a `tg.train.Run`.
        events: where `next` takes its events from.
        snapshots: states to go back to.
        first: the earliest epoch that can be gone back to: 0, or the one after which a recorded run goes on of which
            the first weights are not known: it began with those of a file.
        ended: how the run ended; None while it goes on.
    """

    def __init__(self, session: Session, snapshots: Snapshots | None = None):
        self.session, self.run = session, session.run
        self.snapshots = Snapshots() if snapshots is None else snapshots
        if session.resume is not None and session.knows_start:
            self.snapshots.offer(0, lambda: session.run.start().state_dict())
        self.engine = session.start()
        self.events = self.engine.events()
        self.ended: EndEvent | None = None
        self._looks = LayerLooks(self.engine)
        self.snapshots.offer(self.engine.epoch, self.engine.state_dict, now=True)
        self.first = self.snapshots.epochs[0]

    # --- going on ---

    def next(self) -> Event | None:
        """What happens next; None after the end. Each event is to be given to `session.record`, too."""
        self._looks.before()
        event = next(self.events, None)
        self._looks.after()
        if isinstance(event, EpochEvent):
            self.snapshots.offer(event.epoch, self.engine.state_dict)
        elif isinstance(event, EndEvent):
            self.ended = event
        return event

    def interrupt(self) -> Generator[Event, None, None]:
        """End the run as Ctrl-C does: its last events, none if it has ended."""
        if self.ended is not None:
            return
        event: Event | None
        if getgeneratorstate(self.events) == GEN_CREATED:  # which catches nothing yet
            self.engine.stopped = "interrupted"
            event = self.next()
        else:
            event = self.events.throw(KeyboardInterrupt)
        while event is not None:
            if isinstance(event, EndEvent):
                self.ended = event
            yield event
            event = self.next()

    # --- looking ---

    @property
    def rows(self) -> Array:
        """The positions, in `run.train`, of the rows of the next update."""
        return self.engine.rows

    def look(self) -> Any:
        """The loss of the next update, with its graph: see `tg.train.Run.look`."""
        return self.engine.look()

    def layers(self) -> list[LayerRow]:
        """The layers, measured with some of the examples, in evaluation mode. Of the next update |step| / |weights| is
        measured, for the next look."""
        self._looks.is_wanted = True
        return self._looks.rows()

    # --- steering ---

    def set_rate(self, lr: float) -> float:
        """Set the learning rate from the next update on; a schedule goes on from it. Returns it."""
        self.steer(lr=lr)
        return self.engine.lr

    def steer(
        self, lr: float | None = None, optimizer: str | None = None, batch_size: int | str | None = None
    ) -> SteerEvent:
        """Change settings from the next update on. `next` gives the event, before that update.

        Args:
            lr: the learning rate; of a new optimizer the one that it begins with.
            optimizer: the name of another one, as in `--optimizer`, with the settings of the run that it takes.
            batch_size: a number of rows, or "full".
        Raises:
            CommandError: an unknown optimizer.
            ArgumentError: a number out of its range; nothing has changed then.
            StateError: the run has ended.
        """
        if optimizer is None:
            return self.engine.steer(lr, batch_size=batch_size)
        if optimizer not in OPTIMIZERS:
            raise CommandError(unknown(optimizer, list(OPTIMIZERS)))
        config = replace(self.run.config, optimizer=optimizer, lr=LEARNING_RATES[optimizer] if lr is None else lr)
        made = optimizer_of(config.without_foreign([config, self.run.config]), self.run.model)
        return self.engine.steer(optimizer=made, batch_size=batch_size)

    # --- going back ---

    def undo(self, epoch: int) -> int:
        """Go back to the end of an earlier epoch, from anywhere, also after the end. What was steered later is
        forgotten, and what was steered before stays. It is recorded at once; `next` gives the `UndoEvent` first.

        Args:
            epoch: from `first` to the last one that is complete.
        Returns:
            how many epochs were trained again, because there was no snapshot.
        Raises:
            ArgumentError: there is no such epoch; nothing has changed then.
        """
        engine = self.engine
        if not self.first <= epoch <= engine.epoch:
            from_there = " (the weights that it began with are not known)" if self.first else ""
            raise ArgumentError(f"epoch must be one from {self.first} to {engine.epoch}, not {epoch}{from_there}")
        start = self.snapshots.before(epoch)
        unreported = [event for event in engine.pending if event.epoch <= epoch]  # of the last epoch, which may stay
        state = {**self.snapshots[start], **measured(engine.history.until(start))}
        engine.travel(state, [event for event in engine.steering if event.epoch <= epoch])
        self.session.noise.load_state_dict((state["extra"] or {}).get("loss_noise"))
        self.events, self.ended = engine.events(), None
        self._looks.forget()
        engine.pending.clear()
        while engine.epoch < epoch or engine.pending:
            self.session.noise.watch(next(self.events))
        self.snapshots.forget_after(epoch)
        engine.pending += [*unreported, UndoEvent(epoch)]
        self.session.record_ahead(engine.pending)
        return epoch - start

    def restart(self) -> None:
        """Go back to the beginning, with the same seed.

        Raises:
            ArgumentError: the weights that it began with are not known.
        """
        self.undo(0)
