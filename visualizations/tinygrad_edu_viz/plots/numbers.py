"""What a network of numbers answers: the curve that it fits, or its numbers beside the true ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_edu_words import _

from ..training.answers import FittedCurve, Truth
from . import figure

PLACES = 300  # along a curve


def draw_fit(ax: Any, fitted: FittedCurve, look: figure.Look, letters: float = figure.LETTERS) -> bool:
    """The examples, those held out filled, and the curve; False if its numbers are none."""
    held = fitted.held_out
    size = 26 * (letters / figure.LETTERS) ** 2
    ax.scatter(
        *(fitted.x[~held], fitted.y[~held]),
        **{"s": size, "facecolors": "none", "edgecolors": look.train, "linewidths": 1, "label": _("training")},
    )
    ax.scatter(fitted.x[held], fitted.y[held], s=size, color=look.validation, marker="s", label=_("held out"))
    xs, ys = fitted.curve(PLACES)
    ax.plot(xs, ys, color=look.ink, linewidth=2.5, label=_("network"))
    ax.set_ylim(*fitted.span)
    return bool(np.isfinite(ys).all())


def draw_truth(ax: Any, truth: Truth, look: figure.Look, letters: float = figure.LETTERS) -> None:
    """Each prediction over its true number: on the line it is right. One far away is a hollow mark at the edge."""
    size = 22 * (letters / figure.LETTERS) ** 2
    low, high = truth.span
    shown = truth.prediction.clip(low, high)
    inside = shown == truth.prediction
    ax.axline((float(truth.truth.mean()), float(truth.truth.mean())), slope=1, color=look.ink, linewidth=1.2)
    style = {"s": size, "color": look.validation, "marker": "s"}
    ax.scatter(truth.truth[inside], shown[inside], **style, alpha=0.75, linewidths=0)
    ax.scatter(truth.truth[~inside], shown[~inside], **style, facecolors="none", clip_on=False, zorder=4)
    ax.set(xlim=(low, high), ylim=(low, high))
