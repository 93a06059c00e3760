"""A subject on its way: what an optimizer makes of it in some updates, as a course."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tinygrad_edu.errors import TinygradError
from tinygrad_edu.graph.node import Node
from tinygrad_edu_viz import Course
from tinygrad_edu_viz.courses.repeating import Repeated
from tinygrad_edu_viz.recording.names import names
from tinygrad_edu_words import _, grouped

from . import optimizers
from .errors import CommandError
from .phrases import count, nearest, some
from .subject import Subject
from .user_file import announced

RATE, RATES = 0.1, {"adadelta": 1.0, "rmsprop": 0.01}  # so large that one sees a step
LEARNED = ("w", "W", "b", "θ")  # how names of what is learned begin
MOST_EVENTS = 200_000  # of all passes together


@dataclass(frozen=True, slots=True)
class Learning:
    """The options of updates, as they were given.

    Attributes:
        optimizer: one of `optimizers.KINDS`.
        lr: None for one that shows something.
        learn: names, with commas between; None for those that sound like weights.
        settings: of the optimizer, None and False where nothing was said.
    """

    updates: int
    optimizer: str = "sgd"
    lr: float | None = None
    learn: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


def learning_of(options: Mapping[str, Any]) -> Learning:
    """Options by their names; what is not among them was not given."""
    settings = {name: value for name, value in options.items() if name in optimizers.SETTINGS}
    others = {name: value for name, value in options.items() if name not in optimizers.SETTINGS}
    return Learning(**{"updates": 1, **others}, settings=settings)


def course_of(subject: Subject, learning: Learning) -> Subject:
    """The subject with its course.

    Raises:
        CommandError: a saved trace, names that cannot be learned, settings that do not go together, or too much.
    """
    optimizers.check(learning.optimizer, learning.settings)
    root = subject.root
    if subject.course is not None:
        raise CommandError(_("a saved course has its updates in it"), _("leave out the options of the optimizer"))
    if root is None:
        raise CommandError(
            _("a saved trace cannot go on to updates: it has the numbers of one pass, and computes nothing"),
            _("give the expression, or FILE.py:FUNC"),
        )
    _check_length(subject, learning.updates)
    again = Repeated(root)  # before the optimizer moves the leaves
    learned = _learned(again.nodes, learning.learn)
    lr = RATES.get(learning.optimizer, RATE) if learning.lr is None else learning.lr
    optimizer = optimizers.make(learning.optimizer, learned, lr, learning.settings)
    try:
        with announced(_("recording {n} ...").format(n=count(learning.updates, "update"))):
            course = Course.record(again, optimizer, learning.updates, subject.title)
    except TinygradError as error:
        raise CommandError(str(error)) from None
    return subject._replace(course=course, trace=course.passes[0])


def _check_length(subject: Subject, updates: int) -> None:
    events = len(subject.trace.events)
    most = max(MOST_EVENTS // max(events, 1) - 1, 1)
    if updates > most:
        raise CommandError(
            _("--updates {updates}: a pass of this has {n}, and a course at most {most_events}").format(
                updates=updates, n=count(events, "step"), most_events=grouped(MOST_EVENTS)
            ),
            _("give --updates {most} or less; tinygrad-edu train learns for longer").format(most=most),
        )


def _learned(nodes: Sequence[Node], asked: str | None) -> list[Node]:
    """The leaves that are learned."""
    called = {name.id: node for node, name in names(nodes).items() if node.op is None}
    can = {name: node for name, node in called.items() if node.requires_grad}
    if asked is not None:
        return [_found(name, called, can) for name in _names(asked)]
    weights = [node for name, node in can.items() if name.rpartition(".")[2].startswith(LEARNED)]
    return weights or list(can.values())


def _names(text: str) -> list[str]:
    found = [part.strip() for part in text.split(",") if part.strip()]
    if not found:
        raise CommandError(_("--learn names nothing"), _("as in --learn w,b"))
    return list(dict.fromkeys(found))


def _found(name: str, called: Mapping[str, Node], can: Mapping[str, Node]) -> Node:
    if name in can:
        return can[name]
    if name in called:
        raise CommandError(
            _("--learn {name}: {name} is a constant, and has no gradient").format(name=name),
            _("there are: {known}").format(known=some(can)),
        )
    near = nearest(name, can)
    hint = _("did you mean {near}?").format(near=near) + " " if near else ""
    raise CommandError(
        _("--learn {name}: nothing that is given has this name").format(name=name),
        hint + _("There are: {known}").format(known=some(can)),
    )


def words(learning: Learning) -> Iterable[str]:
    """The options as they are typed."""
    given: dict[str, Any] = {
        "optimizer": learning.optimizer if learning.optimizer != "sgd" else None,
        "lr": learning.lr,
        **learning.settings,
        "learn": learning.learn,
    }
    for name, value in given.items():
        if optimizers.is_given(value):
            values = [] if value is True else value if isinstance(value, tuple) else [value]
            yield from (f"--{name.replace('_', '-')}", *map(_written, values))
    yield from ("--updates", str(learning.updates))


def _written(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) and math.isclose(float(f"{value:g}"), value) else str(value)
