"""Steering: settings that are changed while a run goes on, as a log from which they can be changed again."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from .. import optim
from ..errors import ArgumentError, GraphError, StateError
from ..optim import Optimizer
from ..storage.schema import anything, at_least, list_of, mapping, one_of, optional, record, text, whole
from .events import SteerEvent

GROUP = record({"params": list_of(whole())}, others=True)


def batch_size(value: Any) -> int | str:
    """A check: a number of rows, or "full"."""
    return one_of("full")(value) if isinstance(value, str) else whole(1)(value)


STEERED = {  # what an event holds beside its epoch and step
    **{"lr": optional(at_least(0)), "optimizer": optional(text), "batch_size": optional(batch_size)},
    "groups": optional(list_of(mapping(anything))),
}
STEER = record({"epoch": whole(1), "step": whole()}, STEERED)


def described(optimizer: Optimizer, parameters: Sequence[Any]) -> dict[str, Any]:
    """An optimizer as a `SteerEvent` says it: `optimizer` and `groups`.

    Args:
        parameters: those of the optimizer that the run began with, to which the places refer.
    """
    places = {id(p): k for k, p in enumerate(parameters)}
    groups = []
    for group in optimizer.groups:
        settings = {name: _in_json(value) for name, value in group.items() if name not in ("params", "initial_lr")}
        groups.append({"params": [places[id(p)] for p in group["params"]], **settings})
    return {"optimizer": type(optimizer).__name__, "groups": groups}


def built(event: SteerEvent, parameters: Sequence[Any], kinds: Mapping[str, type[Optimizer]]) -> Optimizer:
    """The optimizer that an event describes, new.

    Args:
        kinds: optimizers by name, beside those of `tg.optim`.
    Raises:
        StateError: its kind is unknown, or its settings are none.
    """
    name = event.optimizer or ""
    kind = kinds.get(name) or getattr(optim, name, None)
    if not (isinstance(kind, type) and issubclass(kind, Optimizer)):
        raise StateError(
            f"the run was steered to the optimizer {name[:40]!r}, which is none of tg.optim: begin with one of its kind"
        )
    try:
        groups = [
            {"params": [parameters[k] for k in GROUP(group)["params"]]}
            | {setting: _from_json(value) for setting, value in group.items() if setting != "params"}
            for group in event.groups or []
        ]
        shared = {setting: value for setting, value in groups[0].items() if setting != "params"}
        made = kind(groups, **shared)
    except (ArgumentError, GraphError, LookupError, TypeError, ValueError) as error:
        raise StateError(f"the optimizer that the run was steered to cannot be made: {error}") from error
    if len(made.parameters) != len(parameters):
        raise StateError(
            f"the optimizer that the run was steered to has {len(made.parameters)} of the {len(parameters)} parameters"
        )
    return made


class Steering:
    """The log of a run, and how far it has come.

    Attributes:
        events: what was steered, and what is to be, in the order of the steps.
        applied: how many of them were applied; `announced`: how many were reported.
    """

    def __init__(self, events: Iterable[Any], first: Optimizer):
        """Args: first: the optimizer that the run begins with."""
        self.events = check_log(events)
        self.first, self.kinds = first, {type(first).__name__: type(first)}
        self.applied = self.announced = 0
        self._made: dict[int, Optimizer] = {}  # optimizers that were given and are not applied, by their events' places

    def due(self, step: int, epoch: int) -> list[SteerEvent]:
        """What is to be applied in an epoch, before the update after so many."""
        return self.events[self.applied : self._until(step, epoch)]

    def is_news(self, step: int, epoch: int) -> bool:
        """Whether something is to be applied or reported then."""
        return self.announced < len(self.events) and self.announced < self._until(step, epoch)

    def _until(self, step: int, epoch: int) -> int:
        return bisect_right(self.events, (step, epoch), key=_place)

    def note(self, event: SteerEvent, optimizer: Optimizer | None) -> None:
        """Add to the log; the optimizer is the one that the event describes."""
        place = self._until(event.step, event.epoch)
        self.events.insert(place, event)
        if optimizer is not None:
            self.kinds[type(optimizer).__name__] = type(optimizer)
            self._made[place] = optimizer

    def optimizer(self, event: SteerEvent) -> Optimizer:
        """The one that an event describes: as it was given, or new."""
        made = self._made.pop(self.applied, None)
        return built(event, self.first.parameters, self.kinds) if made is None else made

    def reported(self, until: int) -> list[SteerEvent]:
        """What is to be reported of the first events, and is reported then."""
        new = self.events[self.announced : until]
        self.announced += len(new)
        return new

    def check_new(self, optimizer: Any, present: Optimizer) -> dict[str, Any]:
        """An optimizer that is to take the place of the present one, as an event says it.

        Raises:
            ArgumentError: it cannot.
        """
        check_new_optimizer(optimizer, present, self.first.parameters)
        return described(optimizer, self.first.parameters)

    def add(self, events: Iterable[SteerEvent], step: int) -> None:
        """Plan what is to be steered from a step on, and is not in the log."""
        self.events += missing([event for event in events if event.step >= step], self.events)
        self.events.sort(key=_place)

    def optimizer_after(self, state: Mapping[str, Any]) -> Optimizer:
        """The optimizer of a run in this state."""
        done = _events_of(state)[: state.get("steered", 0)]
        last = next((event for event in reversed(done) if event.optimizer), None)
        return self.first if last is None else built(last, self.first.parameters, self.kinds)

    def state_dict(self) -> dict[str, Any]:
        return {"steering": [asdict(event) for event in self.events], "steered": self.applied}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where a run in this state was."""
        self.events = _events_of(state)
        self.applied = self.announced = state.get("steered", 0)
        self._made = {}

    def batch_size(self, first: int | str, due: Sequence[SteerEvent] = ()) -> int | str:
        """What it was set to last.

        Args:
            first: what the run begins with.
            due: what is to be applied yet.
        """
        sizes = [event.batch_size for event in (*self.events[: self.applied], *due) if event.batch_size is not None]
        return sizes[-1] if sizes else first


def missing(events: Iterable[SteerEvent], known: Iterable[SteerEvent]) -> list[SteerEvent]:
    """Those that are not known; one that is there twice must be known twice."""
    left = list(known)
    found = []
    for event in events:
        if event in left:
            left.remove(event)
        else:
            found.append(event)
    return found


def _events_of(state: Mapping[str, Any]) -> list[SteerEvent]:
    return check_log(SteerEvent(**event) for event in state.get("steering", ()))


def check_new_optimizer(new: Any, present: Optimizer, parameters: Sequence[Any]) -> None:
    """Raise ArgumentError for what cannot take an optimizer's place."""
    if not isinstance(new, Optimizer):
        raise ArgumentError(f"optimizer must be one of tg.optim, made of model.parameters(), not {new!r}")
    if new is present:
        raise ArgumentError("the run has this optimizer already: make a new one")
    if {id(p) for p in new.parameters} != {id(p) for p in parameters}:
        raise ArgumentError("the optimizer must be one of the same parameters as the one that the run began with")


def check_log(steering: Any) -> list[SteerEvent]:
    """A log in the order of its steps; an ArgumentError for anything else."""
    log = list(steering)
    for event in log:
        if not isinstance(event, SteerEvent):
            raise ArgumentError(f"steering must be a list of SteerEvents, such as run.steering, not of {event!r}")
    return sorted(log, key=_place)


def _place(event: SteerEvent) -> tuple[int, int]:
    """Where it is applied. After a step there may be more than one: where the new batch size leaves no batch in the
    epoch, what is steered next belongs to the next one."""
    return event.step, event.epoch


def _in_json(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _from_json(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
