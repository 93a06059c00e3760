"""What a model answers at present, as the picture that suits its data."""

from __future__ import annotations

import numpy as np

from tinygrad_edu_words import _, grouped

from ..training.answers import Boundary, Confusion, FittedCurve, HiddenUnits, Mistake, Truth
from .boundary import boundary, field_rows
from .confusion import confusion, mistakes
from .grid import BOLD, COLOUR, Grid, Look
from .hidden import SIZES, Units, hidden
from .scatter import scatter

Answers = Boundary | Confusion | FittedCurve | Truth | HiddenUnits


def picture(answers: Answers, width: int, height: int, look: Look = COLOUR) -> Grid:
    """Ask a model what its picture shows, and draw it."""
    if width < 1 or height < 2:
        return Grid(width, height, look)
    match answers:
        case Boundary():
            return _boundary(answers, width, height, look)
        case Confusion():
            return _confusion(answers, width, height, look)
        case HiddenUnits():
            wide, tall = SIZES[0]
            layers = [Units(*layer) for layer in answers.maps(wide, 2 * tall)]
            return hidden(width, height, layers, look=look)
        case FittedCurve():
            curve = answers.curve(2 * width)
            title = _("{target}: the examples and the curve").format(target=answers.target)
            return scatter(
                width, height, answers.x, answers.y, curve=curve, name=answers.feature, title=title, look=look
            )
        case Truth():
            title = _("predicted over true; on the line: right")
            name = _("true {target}").format(target=answers.target)
            true, predicted = answers.truth, answers.prediction
            return scatter(width, height, true, predicted, diagonal=True, title=title, name=name, look=look)


def _boundary(answers: Boundary, width: int, height: int, look: Look) -> Grid:
    shares = answers.grid(width, max(2 * field_rows(height), 1))
    names, inputs = answers.names, answers.feature_names
    seen = answers.points, answers.labels, answers.right
    return boundary(width, height, shares, *seen, answers.box, names=names, inputs=inputs, look=look)


def _confusion(answers: Confusion, width: int, height: int, look: Look) -> Grid:
    """The matrix, and below it the surest mistakes: as images, or in words."""
    counts = answers.counts
    total, right = int(counts.sum()), int(np.trace(counts))
    below = len(counts) + 3
    grid = Grid(width, height, look)
    title = _("held out: {right} of {all} right").format(right=grouped(right), all=grouped(total))
    grid.paste(confusion(width, min(height, below - 1), counts, answers.names, title=title, look=look), 0, 0)
    if height - below < 2:
        return grid
    found = answers.mistakes()
    title = _("the surest mistakes ({n} in {all})").format(n=grouped(total - right), all=grouped(total))
    title = title if found else _("no mistakes")
    names = answers.names
    images = [mistake.image for mistake in found if mistake.image is not None]
    if images:
        captions = [f"{names[mistake.true]}→{names[mistake.answer]}" for mistake in found]
        shown = mistakes(width, height - below, np.stack(images), captions, title=title, look=look)
    else:
        shown = _in_words(found, names, width, height - below, title, look)
    grid.paste(shown, 0, below)
    return grid


def _in_words(found: list[Mistake], names: tuple[str, ...], width: int, height: int, title: str, look: Look) -> Grid:
    grid = Grid(width, height, look)
    grid.put(0, 0, title, BOLD)
    for row, mistake in enumerate(found, 1):
        words = _("is {true}, said {answer}: {share} %")
        share = f"{100 * mistake.share:.0f}"
        grid.put(0, row, words.format(true=names[mistake.true], answer=names[mistake.answer], share=share))
    return grid
