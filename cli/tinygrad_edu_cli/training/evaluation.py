"""How good a network is on the rows of a file, as a table or as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu_viz.cells import cell_width
from tinygrad_edu_words import _, grouped, pgettext

from ..phrases import count
from .application import Application
from .wording import number, percent

Array = np.ndarray[Any, Any]
BINS, GROUPS = 10, 5  # of probabilities, and of predicted numbers
MOST_CLASSES = 12  # of which the matrix is shown
LONGEST_NAME = 16


class Group(NamedTuple):
    """Rows whose predictions are near each other.

    Attributes:
        predicted, found: the mean probability of the answers and the share of right ones; of a regression, the means
            of predicted and of true numbers.
    """

    low: float
    high: float
    rows: int
    predicted: float
    found: float


class Classified(NamedTuple):
    """Measures of a classification.

    Attributes:
        matrix: how many rows of a class (down) got which answer (across).
        groups: by the probability of the answer; None if the outputs are no probabilities.
    """

    names: tuple[str, ...]
    matrix: Array
    groups: list[Group] | None

    @property
    def rows(self) -> int:
        return int(self.matrix.sum())

    @property
    def right(self) -> int:
        return int(np.trace(self.matrix))

    @property
    def guessing(self) -> int:
        """How many are right where always the commonest class is answered."""
        return int(self.matrix.sum(axis=1).max())

    @property
    def calibration_error(self) -> float | None:
        """Σ rows · |right - probability| / all rows: the expected calibration error of Guo et al. (2017)."""
        if self.groups is None:
            return None
        return sum(group.rows * abs(group.found - group.predicted) for group in self.groups) / self.rows


class Regressed(NamedTuple):
    """Measures of a regression, in the units of the target."""

    rows: int
    r2: float
    rmse: float
    mae: float
    groups: list[Group]


def evaluated(application: Application) -> Classified | Regressed:
    """Compare predictions with the answers in the file."""
    predictor, outputs = application.predictor, application.outputs
    if predictor.task == "regression":
        wanted, answers = application.numbers(), predictor.answers(outputs)
        errors = answers - wanted
        rmse, mae = float(np.sqrt((errors**2).mean())), float(np.abs(errors).mean())
        return Regressed(len(wanted), tg.train.r2(answers, wanted), rmse, mae, _by_prediction(answers, wanted))
    labels, names = application.labels()
    answered = predictor.labels(outputs)
    matrix = np.zeros((len(names), len(names)), dtype=np.int64)
    np.add.at(matrix, (labels, answered), 1)
    groups = None
    if predictor.has_probabilities:
        groups = _by_probability(predictor.probabilities(outputs).max(axis=1), answered == labels)
    return Classified(names, matrix, groups)


def _by_probability(probability: Array, right: Array) -> list[Group]:
    """Ten ranges of probabilities, of which those without rows are left out."""
    place = np.minimum((probability * BINS).astype(int), BINS - 1)
    chosen = [(k, place == k) for k in np.unique(place).tolist()]
    return [
        Group(k / BINS, (k + 1) / BINS, int(rows.sum()), float(probability[rows].mean()), float(right[rows].mean()))
        for k, rows in chosen
    ]


def _by_prediction(answers: Array, wanted: Array) -> list[Group]:
    """Fifths of the rows, from the lowest predictions to the highest."""
    order = np.argsort(answers, kind="stable")
    parts = [part for part in np.array_split(order, GROUPS) if len(part)]
    return [
        Group(
            float(answers[part[0]]),
            float(answers[part[-1]]),
            len(part),
            float(answers[part].mean()),
            float(wanted[part].mean()),
        )
        for part in parts
    ]


def lines(application: Application, measured: Classified | Regressed) -> Iterator[str]:
    """All of it in one table."""
    yield _("{target}: {n} of {path}").format(
        target=application.target, n=count(measured.rows, "row"), path=application.table.path
    )
    yield ""
    if isinstance(measured, Regressed):
        yield _("R²           {r2}  (1 is perfect, 0 is no better than always answering the mean)").format(
            r2=f"{measured.r2:.3f}"
        )
        yield f"RMSE         {number(measured.rmse)}"
        yield f"{_('mean |error|'):12} {number(measured.mae)}"
        yield ""
        cells = [[_("calibration"), _("rows"), _("predicted"), pgettext("a number that is", "true")]]
        for group in measured.groups:
            span = _("{low} to {high}").format(low=number(group.low), high=number(group.high))
            cells.append([span, grouped(group.rows), number(group.predicted), number(group.found)])
        yield from _aligned(cells)
        return
    share, guessing = measured.right / measured.rows, measured.guessing / measured.rows
    of = _("{right} of {rows}; always answering the commonest class gives {percent}").format(
        right=grouped(measured.right), rows=grouped(measured.rows), percent=percent(guessing)
    )
    yield f"{_('accuracy')}  {percent(share)}  ({of})"
    yield ""
    yield from _matrix(measured)
    yield ""
    if measured.groups is None:
        yield _("calibration: the loss {loss} gives no probabilities").format(loss=application.predictor.loss)
        return
    cells = [[_("calibration"), _("rows"), _("probability"), _("right")]]
    for group in measured.groups:
        span = _("{low} to {high}%").format(low=f"{group.low * 100:.0f}", high=f"{group.high * 100:.0f}")
        cells.append([span, grouped(group.rows), percent(group.predicted), percent(group.found)])
    yield from _aligned(cells)
    error = measured.calibration_error or 0.0
    yield _("The probability is off by {percent} on average (0% is perfect).").format(percent=percent(error))


def _matrix(measured: Classified) -> Iterator[str]:
    """The confusion matrix with recall and precision; of many classes, these alone."""
    matrix, names = measured.matrix, [_short(name) for name in measured.names]
    true, answered, right = matrix.sum(axis=1), matrix.sum(axis=0), np.diag(matrix)
    recall, precision = _shares(right, true), _shares(right, answered)
    if len(names) > MOST_CLASSES:
        cells = [[_("class"), _("rows"), _("recall"), _("precision")]]
        for k, name in enumerate(names):
            cells.append([name, grouped(true[k]), recall[k], precision[k]])
    else:
        cells = [[_("true \\ predicted"), *names, _("recall")]]
        cells += [[name, *(grouped(n) for n in matrix[k]), recall[k]] for k, name in enumerate(names)]
        cells.append([_("precision"), *precision, ""])
    yield from _aligned(cells)


def _shares(right: Array, rows: Array) -> list[str]:
    return [percent(a / b) if b else "-" for a, b in zip(right.tolist(), rows.tolist(), strict=True)]


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _aligned(cells: list[list[str]]) -> Iterator[str]:
    """Rows of a table: words to the left, numbers to the right."""
    widths = [max(map(cell_width, column)) for column in zip(*cells, strict=True)]
    for first, *others in cells:
        row = [first + " " * (widths[0] - cell_width(first))]
        row += [" " * (width - cell_width(cell)) + cell for cell, width in zip(others, widths[1:], strict=True)]
        yield "  ".join(row).rstrip()


def to_json(application: Application, measured: Classified | Regressed) -> dict[str, Any]:
    """The same, for machines."""
    content: dict[str, Any] = {"kind": "evaluation", "target": application.target, "rows": measured.rows}
    groups = measured.groups
    if isinstance(measured, Regressed):
        content |= {"r2": None if measured.r2 != measured.r2 else measured.r2, "rmse": measured.rmse}
        content |= {"mean_absolute_error": measured.mae}
    else:
        content |= {"accuracy": measured.right / measured.rows, "classes": [*measured.names]}
        content |= {"confusion_matrix": measured.matrix.tolist(), "calibration_error": measured.calibration_error}
    return {**content, "calibration": None if groups is None else [group._asdict() for group in groups]}
