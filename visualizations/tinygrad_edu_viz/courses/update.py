"""What an optimizer did to one parameter after a backward pass, in numbers, letters and words."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from tinygrad_edu.formulas.text import number_text
from tinygrad_edu.optim import Optimizer
from tinygrad_edu.optim.optimizer import ParameterState
from tinygrad_edu_words.sentences import Sentence

from ..recording.contents import Data, plain, to_json
from .letters import DIGITS, WEIGHT, Line, lines

CLIPPED = Sentence(". (Its gradient was clipped before)")
NOT_REACHED = Sentence("{name} stays at {before}: no gradient has reached it")
TOO_SMALL = Sentence("{name} stays at {before}: the step is smaller than the distance of two numbers")
STAYS = Sentence("{name} stays at {before}: its gradient is {g}")
TOO_LARGE = Sentence(
    "{name} goes from {before} to {after}: the step is too large for any number, and from here on nothing can be "
    "learned"
)
LOST = Sentence("{name} goes from {before} to {after}: its gradient is {g}, and from here on nothing can be learned")
PLAIN_STEP = Sentence("{name} goes from {before} to {after}, a step of -η · g = {step}")
STEP = Sentence("{name} goes from {before} to {after}, a step of {step}; plain -η · g would be {plain}")

PLAIN = 1e-6  # relative; so near to -η · g a step is nothing but that


@dataclass(frozen=True, slots=True)
class Update:
    """A step of an optimizer for one parameter.

    Attributes:
        node, label: the parameter's id in its pass, and what people call it.
        t: which of its updates this is, from 1.
        before, gradient, after: its numbers, see `Data`; the gradient is None where none reached it.
        states: those of the optimizer by their names, each before and after.
        element: the index of the element that `lines` and `text` are about: the one that moves most; () of one number.
        lines: the rule in letters and figures; none where nothing was updated, or the rule cannot be read.
        text: a sentence.
    """

    kind: ClassVar[str] = "update"

    node: str
    label: str
    t: int
    before: Data
    gradient: Data | None
    after: Data
    states: dict[str, tuple[Data, Data]]
    element: tuple[int, ...]
    lines: tuple[Line, ...]
    text: str

    @property
    def subject(self) -> str:
        """What `lines` and `text` are about: "w", or "W[0, 3]"."""
        return element_of(self.label, self.element)

    def to_json(self, written: Callable[[Any], Any] = to_json) -> dict[str, Any]:
        """This update as a JSON object, in which `written` writes the numbers."""
        rows = [
            {"name": x.name, "rule": x.rule, "figures": x.figures, "value": to_json(x.value), "digits": x.digits}
            for x in self.lines
        ]
        return {
            "kind": self.kind,
            "node": self.node,
            "t": self.t,
            "before": written(self.before),
            "gradient": written(self.gradient),
            "after": written(self.after),
            "states": {name: list(map(written, pair)) for name, pair in self.states.items()},
            "element": list(self.element),
            "lines": rows,
            "text": self.text,
        }


def element_of(label: str, index: tuple[int, ...]) -> str:
    """How an element of a parameter is called: "W[0, 3]"."""
    return f"{label}[{', '.join(map(str, index))}]" if index else label


def update_of(
    node: str, label: str, optimizer: Optimizer, old: ParameterState, new: ParameterState, gradient: Any
) -> Update:
    """What happened to a parameter between two moments.

    Args:
        node, label: see `Update`.
        gradient: what the optimizer was given, of the shape of the parameter; None if nothing.
    """
    index = _moved_most(old.weights, new.weights, gradient)
    named = element_of(label, index)
    numbers = (old.weights, new.weights) if gradient is None else (old.weights, new.weights, gradient)
    before, after, *given = [float(array[index]) for array in numbers] if old.weights.size else [0.0, 0.0]
    precision = float(np.finfo(old.weights.dtype).eps)
    found: list[Line] = []
    if given and old.weights.size:
        states = [{name: float(array[index]) for name, array in at.states.items()} for at in (old, new)]
        found = lines(
            *(optimizer, old.settings, new.updates),
            *({WEIGHT: before, **states[0]}, given[0], {WEIGHT: after, **states[1]}),
            *(named, precision),
        )
    return Update(
        node=node,
        label=label,
        t=new.updates,
        before=plain(old.weights),
        gradient=None if gradient is None else plain(gradient),
        after=plain(new.weights),
        states={name: (plain(old.states[name]), plain(new.states[name])) for name in new.states},
        element=index,
        lines=tuple(found),
        text=_sentence(named, float(old.settings["lr"]), before, given[0] if given else None, after, precision),
    )


def _moved_most(old: np.ndarray, new: np.ndarray, gradient: np.ndarray | None) -> tuple[int, ...]:
    """The index of the element that moves most; of one that becomes nan or infinite, if there is one."""
    if not old.size or not old.shape:
        return ()
    moved = np.abs(np.where(np.isfinite(new), new - old, np.inf))
    if not moved.any() and gradient is not None:
        moved = np.abs(gradient)
    return tuple(map(int, np.unravel_index(int(moved.argmax()), old.shape)))


def _sentence(name: str, lr: float, before: float, gradient: float | None, after: float, precision: float) -> str:
    """Where the weight goes, and where plain gradient descent would have taken it."""
    texts = next(
        (pair for digits in DIGITS if (pair := [number_text(x, digits) for x in (before, after)])[0] != pair[1]),
        [number_text(before)] * 2,
    )
    slots = {"name": name, "before": texts[0], "after": texts[1]}
    if gradient is None:
        return NOT_REACHED.format(**slots)
    slots["g"] = number_text(gradient)
    if not math.isfinite(after):
        return (TOO_LARGE if math.isfinite(gradient) else LOST).format(**slots)
    step, plain_step = after - before, -lr * gradient
    if not step:
        return (TOO_SMALL if gradient else STAYS).format(**slots)
    is_plain = abs(step - plain_step) <= PLAIN * abs(step) + 2 * precision * abs(before)
    return (PLAIN_STEP if is_plain else STEP).format(**slots, step=number_text(step), plain=number_text(plain_step))
