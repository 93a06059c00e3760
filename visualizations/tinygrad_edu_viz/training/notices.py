"""What the engine notices of a run, as sentences that are read in the language that is spoken.

The engine speaks English, and a record keeps what it said (`tinygrad_edu/train/notices.py` has the same texts).
Commands write settings as options, and so these are slots here.
"""

from __future__ import annotations

from tinygrad_edu_words.sentences import Sentence, spoken

NOT_FINITE = Sentence(
    "The loss is {loss}: the weights have grown beyond all bounds. Each step went too far, past the valley and up the "
    "other side. The learning rate is {rate}: try {other}, or {clip}; standardize the data if its numbers are large."
)
RISING = Sentence(
    "The loss rises: it is {loss} and was {before}. The steps are too long. The learning rate is {rate}: try {other}."
)
DEAD = Sentence(
    "In {layer} {share} of the ReLU units are dead: they give 0 for every example, so their gradient is 0 and they "
    "never learn again. {advice}"
)
DEAD_BY_STEP = Sentence(
    "Usually a step was too long: try a learning rate of {other} instead of {rate}, or activation 'leaky_relu', and "
    "start anew."
)
DEAD_FROM_START = Sentence("They were so from the start: use the default initializer, and standardize the data.")
SATURATED = Sentence(
    "In {layer} {share} of the activations are saturated: they lie at the flat ends of the curve, where the gradient "
    "is nearly 0. {advice}"
)
SATURATED_BY_STEP = Sentence(
    "They were not so at the start, so a step was too long: try a learning rate of {other} instead of {rate}, and "
    "start anew."
)
SATURATED_FROM_START = Sentence(
    "Its inputs or weights are too large: standardize the data, or start with smaller weights (the default "
    "initializer)."
)
EXPLODES = Sentence(
    "The gradient explodes: in {layer} it is {gradient} for weights of {weight} (root mean squares). Each layer "
    "multiplies what it passes on, so large weights, inputs or targets grow from layer to layer: start with smaller "
    "weights (the default initializer), standardize the data, or use {clip}."
)
VANISHES = Sentence(
    "The gradient vanishes on its way back: in {layer} it is {gradient} a weight, in the last layer {last}, so the "
    "first layers hardly learn. Each layer multiplies it by the slope of its activation, at most 0.25 for sigmoid: try "
    "'relu', or fewer layers."
)
FLAT = Sentence(
    "The loss is flat: it is {loss}, and {epochs} epochs have lowered it by {gained}. The steps are too short: the "
    "learning rate is {rate}, try {other}; or the inputs tell nothing about the targets."
)
OVERFITTING = Sentence(
    "Overfitting: the training loss still falls ({loss}), but the validation loss rises: {now} now, {best} in epoch "
    "{epoch}. The model learns its examples by heart. Try more data, {dropout}, {l2}, a smaller network{stop}."
)
LAYER = Sentence("layer {n} ({what})")
STOP = Sentence(", or stop at the best epoch ({patience})")
LINEAR = Sentence(
    "The training accuracy stays at {accuracy}: the model has no non-linearity between its layers, so the boundary "
    "that it draws is a straight line, and this is how far a straight line gets here. Give it a hidden layer with an "
    "activation, such as 2-16-1 with 'relu'."
)


def notice_text(text: str) -> str:
    """What was noticed."""
    return spoken(text)
