"""Course: several passes, and between them what an optimizer makes of the gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_edu.errors import ArgumentError, StateError
from tinygrad_edu.formulas.text import number_text
from tinygrad_edu.graph.node import Node
from tinygrad_edu.optim import Optimizer
from tinygrad_edu_words.sentences import Sentence

from ..readable import short
from ..trace import Trace
from . import course_file
from .letters import settings_text
from .recorder import Recorder, loss_of
from .repeating import Repeated
from .update import Update

if TYPE_CHECKING:
    from tinygrad_edu.train import Run


ENDED = Sentence(
    "The loss is {loss} after {done} of {updates} updates: the steps were too large, or a function has no number there"
)
NOTHING_LEARNED = Sentence("The loss is {loss}: there is nothing to learn from")


@dataclass(frozen=True, slots=True)
class Course:
    """Passes forward and backward, with the updates of the parameters after each but the last.

    Attributes:
        passes: each a whole trace.
        updates: for each pass one update for each parameter; none after the last, which shows where they have led. (A
            run that has ended has no such pass.)
        optimizer: which one, and its settings, for people.
        note: why the course ends before it should; "" if it does not.
    """

    passes: tuple[Trace, ...]
    updates: tuple[tuple[Update, ...], ...]
    optimizer: str
    note: str = ""

    @classmethod
    def record(
        cls, loss: Node | Repeated | Callable[[], Node], optimizer: Optimizer, updates: int = 1, title: str = ""
    ) -> Course:
        """Learn for some updates, and record each pass and each update. The parameters have moved then, as in training.

        >>> import tinygrad_edu as tg
        >>> w = tg.Value(3.0, name="w")
        >>> Course.record((w * 2.0 - 1.0) ** 2, tg.optim.SGD([w], lr=0.1), updates=2)
        Course of n5: 2 updates by SGD, loss 25 → 1 → 0.04

        Args:
            loss: a function that computes it, called for each pass; or the loss itself, which is computed again for
                each pass by the operations that it consists of, of what its leaves hold then.
            updates: at least 1; there is a pass more than that. A loss that is nan or infinite ends the course.
            title: what is recorded, for people.
        Raises:
            ArgumentError: fewer than one update, or a loss that depends on no parameter of the optimizer.
            TraceError, GraphError, ShapeError, MutationError: as `Trace.record`.
        """
        _check_updates("record", updates)
        again = Repeated(loss) if isinstance(loss, Node) else loss if isinstance(loss, Repeated) else None
        if again is None:
            for parameter in optimizer.parameters:  # as after an update: with this, all passes have one order of nodes
                parameter.changed()
        recorder = Recorder(optimizer, title)
        with np.errstate(all="ignore"):  # a learner sees the inf or nan itself
            for k in range(updates + 1):
                root = again() if again is not None else loss()  # type: ignore[operator]
                recorder.look(root, again.copies if again is not None else None)
                if k == updates or not recorder.is_finite:
                    break
                optimizer.zero_grad()
                root.backward()
                if again is not None:
                    for parameter in optimizer.parameters:
                        parameter.grad = again.copies[parameter].grad if parameter in again.copies else parameter.grad
                optimizer.step()
                recorder.updated()
        return cls.of(recorder, updates)

    @classmethod
    def watch(cls, run: Run, updates: int = 1, title: str = "") -> Course:
        """Go on with a run for some updates, and record each pass and each update.

            run = tg.train.start(model, train, "cross_entropy", optimizer)
            course = Course.watch(run, updates=3)

        Each pass is of the rows, and with the dropout masks, that the update learns from; the gradients of the updates
        are what clipping has left of those of the pass. No pass follows the last update of a run. Afterwards the run
        can go on from there.

        Args:
            run: of `tg.train.start`; its events are not reported.
            updates, title: as for `record`.
        Raises:
            ArgumentError: fewer than one update.
            StateError: the run has no next update.
        """
        _check_updates("watch", updates)
        recorder, events = Recorder(run.optimizer, title), run.events()
        with np.errstate(all="ignore"):
            for k in range(updates + 1):
                try:
                    root = run.look()
                except StateError:  # the run has ended with its last update
                    if not recorder.passes:
                        raise
                    break
                recorder.look(root)
                if k == updates or not recorder.is_finite:
                    break
                step = run.step
                while run.step == step:
                    next(events)
                recorder.updated()
        state = run.state_dict()
        events.close()  # which leaves the model as the end of a run does
        run.travel(state)
        return cls.of(recorder, updates)

    @classmethod
    def of(cls, recorder: Recorder, updates: int) -> Course:
        """What was recorded.

        Args:
            updates: how many were wanted.
        """
        done, note = len(recorder.passes) - 1, ""
        if done < updates and not recorder.is_finite:
            found = number_text(loss_of(recorder.passes[-1]))
            note = (ENDED if done else NOTHING_LEARNED).format(loss=found, done=done, updates=updates)
        return cls(tuple(recorder.passes), tuple(recorder.updates), settings_text(recorder.optimizer), note)

    @property
    def title(self) -> str:
        """What was recorded, for people."""
        return self.passes[0].title

    @property
    def learned(self) -> list[str]:
        """What the parameters are called."""
        return list(dict.fromkeys(update.label for row in self.updates for update in row))

    @property
    def losses(self) -> list[float]:
        """The result of each pass."""
        return [loss_of(trace) for trace in self.passes]

    def __repr__(self) -> str:
        done = sum(map(bool, self.updates))
        losses = [number_text(loss, 4) for loss in self.losses]
        losses = losses if len(losses) < 6 else [*losses[:2], "...", *losses[-2:]]
        return (
            f"Course of {short(self.title or self.passes[0].root, 60)}: {done} update{'s' * (done != 1)} by "
            f"{self.optimizer.partition(',')[0]}, loss {' → '.join(losses)}"
        )

    def events(self) -> Iterator[dict[str, Any]]:
        """All that happens, in order, as JSON objects: the events of each pass, and then its updates; and, of kind
        "end", why the course ends before it should."""
        for number, (trace, updates) in enumerate(zip(self.passes, self.updates, strict=True), 1):
            for event in trace.events:
                yield {"kind": event.kind, "pass": number, **event.to_json()}
            for update in updates:
                yield {"kind": update.kind, "pass": number, **update.to_json(), "optimizer": self.optimizer}
        if self.note:
            yield {"kind": "end", "pass": len(self.passes), "text": self.note}

    def save(self, path: str | PathLike[str]) -> None:
        """Write this course as JSON.

        Raises:
            OSError: the file cannot be written.
        """
        course_file.write(path, self.passes, self.updates, self.optimizer, self.note)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Course:
        """Read a course that `save` wrote.

        Raises:
            TraceError: the file is no course, is damaged, or was written by a newer version.
            OSError: the file cannot be read.
        """
        return cls(*course_file.read(path))


def _check_updates(method: str, updates: Any) -> None:
    if not isinstance(updates, int) or isinstance(updates, bool) or updates < 1:
        raise ArgumentError(f"Course.{method}: updates must be a whole number of at least 1, not {updates!r}")
