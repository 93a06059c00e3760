"""Notices: what a teacher looking over one's shoulder would say about a run.

Each check looks at the losses of the epochs so far and, where there is reason to, into the layers. It says what is
seen, why that happens, and what to try. A notice is given once for each cause.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from .events import NoticeEvent
from .inspect import LayerReport

FLAT_EPOCHS = 20  # so many epochs without ...
FLAT_CHANGE = 0.01  # ... this share of the first loss gained: no learner would wait longer
FLAT_AT_LEAST = 5  # a run that is shorter than FLAT_EPOCHS is judged at its end, but not one of a few epochs
RISING_FACTOR = 2.0  # noise between epochs does not double a loss, and twice in a row
STRUGGLING = 0.9  # a loss above this share of the first has hardly been learned from
OVERFITTING_EPOCHS = 5  # a validation loss goes up for an epoch or two by chance
OVERFITTING_FACTOR = 1.1  # mean of these epochs over the best
OVERFITTING_RISE = 0.05  # and in units of the first loss: from 0.001 to 0.002 is nothing to worry about
DEAD_SHARE = 0.5  # some dead units are normal after training; with half of them a layer has lost its work
SATURATED_SHARE = 0.5  # standardized inputs and usual weights saturate a few percent
GRADIENT_RATIO = 1e3  # between the layers; initializers are made to keep it near 1
LINEAR_ACCURACY = 0.97  # what a straight line reaches, it does not need help with
LINEAR_EPOCHS = 10  # so many epochs with ...
LINEAR_GAIN = 0.005  # ... less than this gained: it has done what it can
SMALL_GRADIENT = 0.03  # of a straight line at the bottom of its valley; at a random start it is about 0.3


class Seen(NamedTuple):
    """What the checks look at.

    Attributes:
        epoch: the last one that is complete; 0 before the first.
        last: whether the run ends with it.
        lr: the learning rate.
        initial_loss: before the first update.
        train_loss, train_accuracy, validation_loss: one entry an epoch; empty where nothing was measured.
        layers: empty where there was no reason to look at them.
        linear: whether the model has no non-linearity between its layers.
        stops_early: whether the run has early stopping.
    """

    epoch: int
    last: bool
    lr: float
    initial_loss: float
    train_loss: list[float]
    train_accuracy: list[float]
    validation_loss: list[float]
    layers: list[LayerReport]
    linear: bool
    stops_early: bool

    @property
    def flat(self) -> bool:
        """Hardly anything has been gained since the beginning."""
        enough = self.epoch >= FLAT_EPOCHS or (self.last and self.epoch >= FLAT_AT_LEAST)
        if not enough or (self.train_accuracy and self.train_accuracy[-1] >= LINEAR_ACCURACY):
            return False
        return min(self.train_loss) > (1 - FLAT_CHANGE) * self.initial_loss and not self.rising

    @property
    def rising(self) -> bool:
        """Twice in a row the loss was a multiple of the lowest so far, and no small one."""
        losses = [self.initial_loss, *self.train_loss]
        return len(losses) > 2 and all(
            now > RISING_FACTOR * min(losses) and now > self.initial_loss / 2 for now in losses[-2:]
        )

    @property
    def struggling(self) -> bool:
        """The loss is, at the moment, hardly below that of the beginning."""
        return not self.train_loss or self.train_loss[-1] > STRUGGLING * self.initial_loss


Found = Iterator[tuple[str, str | None, str]]  # name, layer and text of notices


def not_finite(seen: Seen) -> Found:
    losses = [*seen.train_loss[-1:], *seen.validation_loss[-1:]]
    if not all(map(math.isfinite, losses)):
        yield (
            "not_finite",
            None,
            f"The loss is {next(x for x in losses if not math.isfinite(x))}: the weights have grown beyond all bounds. "
            f"Each step went too far, past the valley and up the other side. The learning rate is {seen.lr:g}: try "
            f"{seen.lr / 10:g}, or clip_norm=1.0; standardize the data if its numbers are large.",
        )


def rising(seen: Seen) -> Found:
    if seen.rising:
        yield (
            "rising",
            None,
            f"The loss rises: it is {seen.train_loss[-1]:.4g} and was {min(seen.initial_loss, *seen.train_loss):.4g}. "
            f"The steps are too long. The learning rate is {seen.lr:g}: try {seen.lr / 10:g}.",
        )


def layers(seen: Seen) -> Found:
    """What hinders the layers, the worst of each kind."""
    dead = max(seen.layers, key=lambda layer: layer.dead or 0.0, default=None)
    if dead is not None and (dead.dead or 0.0) >= DEAD_SHARE:
        yield (
            "dead_units",
            dead.layer,
            f"In {dead.title} {dead.dead:.0%} of the ReLU units are dead: they give 0 for every example, so their "
            f"gradient is 0 and they never learn again. Usually one step was too long: try a learning rate of "
            f"{seen.lr / 10:g} instead of {seen.lr:g}, or activation 'leaky_relu', and start anew.",
        )
    full = max(seen.layers, key=lambda layer: layer.saturated or 0.0, default=None)
    if full is not None and (full.saturated or 0.0) >= SATURATED_SHARE:
        yield (
            "saturated",
            full.layer,
            f"In {full.title} {full.saturated:.0%} of the activations are saturated: they lie at the flat ends of the "
            "curve, where the gradient is nearly 0. Its inputs or weights are too large: standardize the data, or "
            "start with smaller weights (the default initializer).",
        )


def gradients(seen: Seen) -> Found:
    """How gradients change on their way back from the last layer to the first."""
    sizes = [(layer, layer.gradient) for layer in seen.layers]
    wrong = next((layer for layer, size in sizes if not math.isfinite(size)), None)
    if len(sizes) < 2 and wrong is None:
        return
    last = sizes[-1][1]
    largest, smallest = max(sizes, key=lambda pair: pair[1]), min(sizes, key=lambda pair: pair[1])
    if wrong is not None or largest[1] > GRADIENT_RATIO * last > 0:
        layer = wrong or largest[0]
        yield (
            "exploding_gradient",
            layer.layer,
            f"The gradient explodes on its way back: in {layer.title} it is {layer.gradient:.2g} a weight, in the last "
            f"layer {last:.2g}. Each layer multiplies it by its weights: start with smaller ones (the default "
            "initializer), standardize the data, or use clip_norm=1.0.",
        )
    elif smallest[1] < last / GRADIENT_RATIO:
        layer = smallest[0]
        yield (
            "vanishing_gradient",
            layer.layer,
            f"The gradient vanishes on its way back: in {layer.title} it is {layer.gradient:.2g} a weight, in the last "
            f"layer {last:.2g}, so the first layers hardly learn. Each layer multiplies it by the slope of its "
            "activation, at most 0.25 for sigmoid: try 'relu', or fewer layers.",
        )


def flat(seen: Seen) -> Found:
    if seen.flat:
        gained = (seen.initial_loss - min(seen.train_loss)) / abs(seen.initial_loss or 1)
        yield (
            "flat",
            None,
            f"The loss is flat: it is {seen.train_loss[-1]:.4g}, and {seen.epoch} epochs have lowered it by "
            f"{max(gained, 0):.2%}. The steps are too short: the learning rate is {seen.lr:g}, try {seen.lr * 10:g}; "
            "or the inputs tell nothing about the targets.",
        )


def overfitting(seen: Seen) -> Found:
    losses = seen.validation_loss
    if len(losses) <= OVERFITTING_EPOCHS:
        return
    best = min(range(len(losses)), key=losses.__getitem__)
    now = sum(losses[-OVERFITTING_EPOCHS:]) / OVERFITTING_EPOCHS
    late = best < len(losses) - OVERFITTING_EPOCHS
    risen = now > OVERFITTING_FACTOR * losses[best] and now - losses[best] > OVERFITTING_RISE * seen.initial_loss
    if late and risen and seen.train_loss[-1] < seen.train_loss[best]:
        stop = "" if seen.stops_early else ", or stop at the best epoch (patience=10)"
        yield (
            "overfitting",
            None,
            f"Overfitting: the training loss still falls ({seen.train_loss[-1]:.4g}), but the validation loss rises: "
            f"{losses[-1]:.4g} now, {losses[best]:.4g} in epoch {best + 1}. The model learns its examples by heart. "
            f"Try more data, dropout (0.2), l2 (0.001), a smaller network{stop}.",
        )


def linear_limit(seen: Seen) -> Found:
    accuracies = seen.train_accuracy
    if not seen.linear or not accuracies or max(accuracies) >= LINEAR_ACCURACY:
        return
    if seen.flat and seen.layers and seen.layers[0].gradient > SMALL_GRADIENT:
        return  # it is not at its limit, it is slow
    earlier, recent = accuracies[:-LINEAR_EPOCHS], accuracies[-LINEAR_EPOCHS:]
    stagnates = bool(earlier) and max(recent) <= max(earlier) + LINEAR_GAIN
    if stagnates or (seen.last and seen.epoch >= FLAT_AT_LEAST):
        yield (
            "linear_limit",
            None,
            f"The training accuracy stays at {accuracies[-1]:.1%}: the model has no non-linearity between its layers, "
            "so the boundary that it draws is a straight line, and no straight line parts these classes better. "
            "Give it a hidden layer with an activation, such as 2-16-1 with 'relu'.",
        )


def causes(seen: Seen) -> list[tuple[str, str | None, str]]:
    """All that is worth saying now; where one thing is the reason for another, only the reason."""
    found = list(not_finite(seen))
    if found:
        return found
    found = [*rising(seen), *layers(seen)]
    found += [] if found else gradients(seen)
    found += linear_limit(seen)
    found += [] if found else flat(seen)
    return [*found, *overfitting(seen)]


class Notices:
    """Gives each notice once.

    Args:
        look_inside: called where there is reason to look at the layers.
    """

    def __init__(self, look_inside: Callable[[], list[LayerReport]], linear: bool, initial_loss: float):
        self.look_inside, self.linear, self.initial_loss = look_inside, linear, initial_loss
        self.given: set[tuple[str, str | None]] = set()

    def after(self, seen: Seen) -> list[NoticeEvent]:
        """The notices that are new after an epoch (or before the first one)."""
        if _worth_a_look(seen):
            seen = seen._replace(layers=self.look_inside())
        new = [cause for cause in causes(seen) if cause[:2] not in self.given]
        self.given.update(cause[:2] for cause in new)
        return [NoticeEvent(seen.epoch, *cause) for cause in new]

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run must not say, and compares with."""
        return {"given": [list(cause) for cause in sorted(self.given, key=str)], "initial_loss": self.initial_loss}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.given = {(name, layer) for name, layer in state["given"]}
        self.initial_loss = float(state["initial_loss"])


def _worth_a_look(seen: Seen) -> bool:
    """Looking inside costs a pass, so it is done before the first epoch, and later where a run does not learn."""
    return seen.epoch == 0 or (seen.struggling and (seen.epoch == 3 or seen.epoch % 10 == 0 or seen.flat))
