"""Notices: what a teacher looking over one's shoulder would say about a run.

Each check looks at the losses of the epochs so far and, where there is reason to, into the layers. It says what is
seen, why that happens, and what to try; arguments of `fit` as name=number, which the command line writes in its own
way. A notice is given once for each cause.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from .events import NoticeEvent
from .layer_report import LayerReport

FLAT_EPOCHS = 20  # so many epochs without ...
FLAT_CHANGE = 0.01  # ... this share of the first loss gained: no learner would wait longer
FLAT_AT_LEAST = 5  # a run that is shorter than FLAT_EPOCHS is judged at its end, but not one of a few epochs
RISING_FACTOR = 2.0  # noise between epochs does not double a loss twice in a row ...
BLOW_UP = 10.0  # ... nor ever bring it to a multiple of what it was at first
STRUGGLING = 0.1  # who has gained less than this share of the first loss has hardly learned anything
GUESSING = 0.1  # nor has who answers hardly better than always with the largest class
OVERFITTING_EPOCHS = 5  # a validation loss goes up for an epoch or two by chance
OVERFITTING_FACTOR = 1.1  # each of these epochs over the best one; and the training loss falls as much
OVERFITTING_RISE = 0.05  # and in units of the first loss: from 0.001 to 0.002 is nothing to worry about
DEAD_SHARE = 0.5  # some dead units are normal after training; with half of them a layer has lost its work
SATURATED_SHARE = 0.5  # standardized inputs and usual weights saturate a few percent
EXPLODING_RATIO = 100.0  # of gradient to weight: at a usual start it is about 0.1
VANISHING_RATIO = 1e3  # of the last layer's gradient to the smallest; initializers are made to keep it near 1
GOOD_ACCURACY = 0.95  # who reaches it does not need help
LINEAR_EPOCHS = 10  # so many epochs with a mean accuracy ...
LINEAR_GAIN = 0.005  # ... no more than this above that of as many before: it has done what it can
SMALL_GRADIENT = 0.03  # of a straight line at the bottom of its valley; at a random start it is about 0.3


# What need not be said any more of a run that has been told this.
EXPLAINED = {"rising": "overfitting", "vanishing_gradient": "flat", "dead_units": "flat", "saturated": "flat"}


class Seen(NamedTuple):
    """What the checks look at."""

    linear: bool  # whether the model has no non-linearity between its layers
    initial_loss: float  # before the first update
    guess: float  # the accuracy of always answering with the largest class; 0 if that makes no sense
    epoch: int  # the last one that is complete; 0 before the first
    lr: float  # the learning rate
    train_loss: list[float]  # one entry an epoch, as in the next two, which are empty where nothing was measured
    train_accuracy: Sequence[float] = ()
    validation_loss: Sequence[float] = ()
    last: bool = False  # whether the run ends with this epoch
    stops_early: bool = False  # whether the run has early stopping
    layers: Sequence[LayerReport] = ()  # empty where there was no reason to look at them

    @property
    def flat(self) -> bool:
        """Hardly anything has been gained since the beginning."""
        enough = self.epoch >= FLAT_EPOCHS or (self.last and self.epoch >= FLAT_AT_LEAST)
        if not enough or (self.train_accuracy and self.train_accuracy[-1] >= GOOD_ACCURACY):
            return False
        return not self.gained and not self.rising

    @property
    def gained(self) -> bool:
        """Something has been learned since the beginning."""
        return min(self.train_loss, default=math.inf) <= self.initial_loss - FLAT_CHANGE * abs(self.initial_loss)

    @property
    def at_linear_limit(self) -> bool:
        """A straight line that has nowhere to go."""
        return self.linear and bool(self.layers) and self.layers[0].gradient < SMALL_GRADIENT

    @property
    def rising(self) -> bool:
        """Twice in a row the loss was a multiple of the lowest so far, and no small one; or it has blown up."""
        losses, scale = [self.initial_loss, *self.train_loss], abs(self.initial_loss)
        bound = max(RISING_FACTOR * min(losses), scale / 2)
        return losses[-1] > BLOW_UP * scale or (len(losses) > 2 and min(losses[-2:]) > bound)

    @property
    def struggling(self) -> bool:
        """Hardly anything has been learned, or it is lost again."""
        if not self.train_loss or self.train_loss[-1] > self.initial_loss - STRUGGLING * abs(self.initial_loss):
            return True
        return bool(self.train_accuracy) and self.train_accuracy[-1] < min(self.guess + GUESSING, GOOD_ACCURACY)


Found = Iterator[tuple[str, str | None, str]]  # name, layer and text of notices


def not_finite(seen: Seen) -> Found:
    losses = [*seen.train_loss[-1:], *seen.validation_loss[-1:]]
    if not all(map(math.isfinite, losses)):
        yield (
            "not_finite",
            None,
            f"The loss is {next(x for x in losses if not math.isfinite(x))}: the weights have grown beyond all bounds. "
            f"Each step went too far, past the valley and up the other side. The learning rate is {seen.lr:g}: try "
            f"{_smaller(seen.lr):g}, or clip_norm=1.0; standardize the data if its numbers are large.",
        )


def _smaller(lr: float) -> float:
    return min(lr / 10, 0.1)


def rising(seen: Seen) -> Found:
    if seen.rising:
        yield (
            "rising",
            None,
            f"The loss rises: it is {seen.train_loss[-1]:.4g} and was {min(seen.initial_loss, *seen.train_loss):.4g}. "
            f"The steps are too long. The learning rate is {seen.lr:g}: try {_smaller(seen.lr):g}.",
        )


def layers(seen: Seen) -> Found:
    """What hinders the layers, the worst of each kind."""
    dead = max(seen.layers, key=lambda layer: layer.dead or 0.0, default=None)
    if dead is not None and (dead.dead or 0.0) >= DEAD_SHARE:
        yield (
            "dead_units",
            dead.layer,
            f"In {dead.title} {dead.dead:.0%} of the ReLU units are dead: they give 0 for every example, so their "
            "gradient is 0 and they never learn again. "
            + (
                f"Usually a step was too long: try a learning rate of {_smaller(seen.lr):g} instead of {seen.lr:g}, or "
                "activation 'leaky_relu', and start anew."
                if seen.epoch
                else "They were so from the start: use the default initializer, and standardize the data."
            ),
        )
    full = max(seen.layers, key=lambda layer: layer.saturated or 0.0, default=None)
    if full is not None and (full.saturated or 0.0) >= SATURATED_SHARE:
        yield (
            "saturated",
            full.layer,
            f"In {full.title} {full.saturated:.0%} of the activations are saturated: they lie at the flat ends of the "
            "curve, where the gradient is nearly 0. "
            + (
                f"They were not so at the start, so a step was too long: try a learning rate of {_smaller(seen.lr):g} "
                f"instead of {seen.lr:g}, and start anew."
                if seen.epoch
                else "Its inputs or weights are too large: standardize the data, or start with smaller weights (the "
                "default initializer)."
            ),
        )


def gradients(seen: Seen) -> Found:
    """How gradients change on their way back from the last layer to the first."""
    if not seen.layers:
        return
    last = seen.layers[-1].gradient
    worst = max(seen.layers, key=_explosion)
    least = min(seen.layers, key=lambda layer: layer.gradient)
    if _explosion(worst) > EXPLODING_RATIO:
        yield (
            "exploding_gradient",
            worst.layer,
            f"The gradient explodes: in {worst.title} it is {worst.gradient:.2g} for weights of {worst.weight:.2g} "
            "(root mean squares). Each layer multiplies what it passes on, so large weights, inputs or targets grow "
            "from layer to layer: start with smaller weights (the default initializer), standardize the data, or use "
            "clip_norm=1.0.",
        )
    elif least.gradient < last / VANISHING_RATIO:
        yield (
            "vanishing_gradient",
            least.layer,
            f"The gradient vanishes on its way back: in {least.title} it is {least.gradient:.2g} a weight, in the last "
            f"layer {last:.2g}, so the first layers hardly learn. Each layer multiplies it by the slope of its "
            "activation, at most 0.25 for sigmoid: try 'relu', or fewer layers.",
        )


def _explosion(layer: LayerReport) -> float:
    """The gradient in units of the weights; all of a weight that is 0 may change."""
    if not math.isfinite(layer.gradient):
        return math.inf
    return layer.gradient / layer.weight if layer.weight else 0.0


def flat(seen: Seen) -> Found:
    if seen.flat and not seen.at_linear_limit:
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
    if len(losses) <= OVERFITTING_EPOCHS or seen.struggling:
        return
    best = min(range(len(losses)), key=losses.__getitem__)
    recent = min(losses[-OVERFITTING_EPOCHS:])
    risen = recent > OVERFITTING_FACTOR * losses[best] and recent - losses[best] > OVERFITTING_RISE * abs(
        seen.initial_loss
    )
    if risen and seen.train_loss[-1] * OVERFITTING_FACTOR < seen.train_loss[best]:
        stop = "" if seen.stops_early else ", or stop at the best epoch (patience=10)"
        yield (
            "overfitting",
            None,
            f"Overfitting: the training loss still falls ({seen.train_loss[-1]:.4g}), but the validation loss rises: "
            f"{losses[-1]:.4g} now, {losses[best]:.4g} in epoch {best + 1}. The model learns its examples by heart. "
            f"Try more data, dropout=0.2, l2=0.001, a smaller network{stop}.",
        )


def linear_limit(seen: Seen) -> Found:
    accuracies = seen.train_accuracy
    if not seen.linear or not accuracies or max(accuracies) >= GOOD_ACCURACY:
        return
    if not seen.gained and not seen.at_linear_limit:
        return  # it is not at its limit, it is slow
    earlier, recent = accuracies[-2 * LINEAR_EPOCHS : -LINEAR_EPOCHS], accuracies[-LINEAR_EPOCHS:]
    stagnates = len(earlier) == LINEAR_EPOCHS and sum(recent) - sum(earlier) < LINEAR_GAIN * LINEAR_EPOCHS
    if stagnates or (seen.last and seen.epoch >= FLAT_AT_LEAST):
        yield (
            "linear_limit",
            None,
            f"The training accuracy stays at {accuracies[-1]:.1%}: the model has no non-linearity between its layers, "
            "so the boundary that it draws is a straight line, and this is how far a straight line gets here. Give it "
            "a hidden layer with an activation, such as 2-16-1 with 'relu'.",
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
    """Gives each notice once; `layers` is called where there is reason to look at them."""

    def __init__(self, layers: Callable[[], list[LayerReport]], linear: bool, initial_loss: float, guess: float = 0.0):
        self.layers, self.linear, self.initial_loss, self.guess = layers, linear, initial_loss, guess
        self.given: set[str] = set()

    def after(self, epoch: int, *measured: Any, **more: Any) -> list[NoticeEvent]:
        """The notices that are new after an epoch (or before the first one); for the arguments see `Seen`."""
        seen = Seen(self.linear, self.initial_loss, self.guess, epoch, *measured, **more)
        # Looking inside costs a pass: it is done before the first epoch, and later where a run does not learn.
        if epoch == 0 or (seen.struggling and (epoch == 3 or epoch % 10 == 0 or seen.flat)):
            seen = seen._replace(layers=self.layers())
        known = self.given | {EXPLAINED[name] for name in self.given & EXPLAINED.keys()}
        new = [cause for cause in causes(seen) if cause[0] not in known]
        self.given.update(cause[0] for cause in new)
        return [NoticeEvent(epoch, *cause) for cause in new]

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run must not say, and compares with."""
        return {"given": sorted(self.given), "initial_loss": self.initial_loss}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.given = set(state["given"])
        self.initial_loss = float(state["initial_loss"])
