"""How a training went: its loss, its accuracy, R² or its learning rate, epoch by epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_edu.errors import ArgumentError
from tinygrad_edu_words import N_, _

from ..training.progress import Progress
from . import figure

if TYPE_CHECKING:
    from tinygrad_edu.train.history import History

METRICS = ("loss", "accuracy", "r2")
NAMES = {"loss": N_("loss"), "accuracy": N_("accuracy"), "r2": "R²"}
BELOW = 8  # how far a logarithmic scale goes below the lowest curve, at most
SHORT = 1.7  # powers of ten
STYLES = {"train": ("-", N_("training")), "validation": ("--", N_("validation"))}


def learning_curve(history: History, metric: str = "loss", ax: Any = None) -> Any:
    """Draw a run; the epoch whose weights are the best is marked.

    Args:
        history: what `fit` measured, or `History.read(folder)` of a recorded run.
        metric: "loss" (on a logarithmic scale), "accuracy" or "r2".
        ax: matplotlib's axes to draw on; None for a new figure.
    Returns:
        the axes.
    Raises:
        ArgumentError: another metric, or one that the run did not measure.
        MissingMatplotlib: the extra `plots` is not installed.
    """
    if metric not in METRICS:
        raise ArgumentError(f"learning_curve: the metric is one of {', '.join(METRICS)}, not {metric!r}")
    columns = history.columns()
    lines = {part: columns.get(f"{part}_{metric}", []) for part in STYLES}
    if not any(lines.values()):
        measured = [name for name in METRICS if any(columns.get(f"{part}_{name}") for part in lines)]
        what = f"; it has {', '.join(measured)}" if measured else ", for no epoch has ended"
        raise ArgumentError(f"learning_curve: the run has no {metric}{what}")
    ax = figure.axes(ax)
    draw_curves(ax, lines, history.epoch, figure.LIGHT)
    if history.best_epoch is not None and len(history) > 1:
        mark_best(ax, history.best_epoch, figure.LIGHT)
    if metric == "loss":
        use_log(ax, lines)
    name = _(NAMES[metric])
    ax.legend(fontsize=figure.LETTERS)
    return figure.labelled(ax, _("{metric} by epoch").format(metric=name), _("epoch"), name)


def draw_curves(ax: Any, lines: dict[str, list[float]], epochs: list[int], look: figure.Look, width: float = 2) -> None:
    """A curve for each part, "train" and "validation", that was measured."""
    for part, numbers in lines.items():
        style, label = STYLES[part][0], _(STYLES[part][1])
        if numbers:
            mark = "o" if len(numbers) == 1 else None
            colour = getattr(look, part)
            ax.plot(
                epochs[: len(numbers)],
                numbers,
                style,
                color=colour,
                marker=mark,
                linewidth=width,
                label=label,
                zorder=3,
            )


def mark_best(ax: Any, epoch: int, look: figure.Look) -> None:
    ax.axvline(
        epoch, color=look.quiet, linestyle=":", linewidth=1.5, label=_("best: epoch {epoch}").format(epoch=epoch)
    )


def use_log(ax: Any, lines: dict[str, list[float]]) -> None:
    """A logarithmic scale, where all numbers are above 0."""
    numbers = _finite(lines)
    if len(numbers) and numbers.min() > 0:
        ax.set_yscale("log")
        plain_ticks(ax)


def plain_ticks(ax: Any) -> None:
    """0.01, 0.1, 1 instead of powers of ten, and others between them where the range is short."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    class Ticks(LogLocator):
        def tick_values(self, low: float, high: float) -> Any:
            decades = np.log10(high / low) if low > 0 else np.inf
            between = (1.0, 2.0, 5.0) if decades < SHORT else (1.0, 3.0) if decades < 2 * SHORT else (1.0,)
            self.set_params(subs=between, numticks=6)
            return super().tick_values(low, high)

    ax.yaxis.set_major_locator(Ticks())
    ax.yaxis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:g}"))
    ax.yaxis.set_minor_formatter(NullFormatter())


def _finite(lines: dict[str, list[float]]) -> Any:
    numbers = np.array([number for part in lines.values() for number in part], dtype=float)
    return numbers[np.isfinite(numbers)]


def draw_progress(
    ax: Any, progress: Progress, look: figure.Look, metric: str = "loss", letters: float = figure.LETTERS
) -> None:
    """A run's curves with all that belongs to them: the band of its batches, what was undone, steered and noticed."""
    lines = {part: getattr(progress, f"{part}_{metric}", []) for part in STYLES}
    epochs = list(range(1, len(progress.train_loss) + 1))
    draw_curves(ax, lines, epochs, look)
    if metric == "loss":
        use_log(ax, lines)
        _band(ax, progress, look)
        for k, (first, losses) in enumerate(progress.ghosts):
            label = _("undone") if k == 0 else None
            ax.plot(
                *(range(first, first + len(losses)), losses),
                **{"color": look.quiet, "linewidth": 1.2, "linestyle": (0, (1, 1)), "label": label, "alpha": 0.7},
            )
    if progress.best is not None and len(epochs) > 1:
        mark_best(ax, progress.best[0], look)
    if metric == "loss":
        _marks(ax, progress, look, letters)
        _room(ax, progress, lines, look, letters)
    elif metric == "accuracy":
        ax.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.4g} %")
    _whole_epochs(ax, len(epochs))


def draw_rates(ax: Any, progress: Progress, look: figure.Look) -> None:
    """The learning rate of each epoch's last update."""
    epochs = range(1, len(progress.rates) + 1)
    ax.plot(epochs, progress.rates, color=look.steered, linewidth=2, drawstyle="steps-mid")
    use_log(ax, {"train": progress.rates})
    _whole_epochs(ax, len(epochs))


def has_varying_rate(progress: Progress) -> bool:
    return len(set(progress.rates)) > 1


def _band(ax: Any, progress: Progress, look: figure.Look) -> None:
    """From the lowest to the highest loss of a batch in each epoch: the noise of stochastic gradient descent."""
    band = np.array(progress.band, dtype=float).reshape(-1, 2)
    known = np.isfinite(band).all(axis=1)
    if not known.any() or (band[known, 0] == band[known, 1]).all():
        return
    epochs = np.arange(1, len(band) + 1)
    options = {"color": look.train, "alpha": 0.2, "linewidth": 0, "label": _("batches of the epoch"), "zorder": 1}
    if len(band) == 1:
        ax.vlines(1, *band[0], **{**options, "linewidth": 8})
    else:
        ax.fill_between(epochs, band[:, 0], band[:, 1], where=known, **options)


def _marks(ax: Any, progress: Progress, look: figure.Look, letters: float) -> None:
    """Above the axes: a number for each notice, and what was changed by hand."""
    above = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points", "ha": "center", "va": "bottom"}
    for number, epoch in enumerate(notice_epochs(progress), 1):
        at = max(epoch, 1)
        ax.axvline(at, color=look.notice, linestyle=(0, (1, 3)), linewidth=1)
        ax.annotate(f"!{number}", (at, 1), (0, 2), color=look.notice, fontsize=letters - 1, weight="bold", **above)
    for epoch, what in progress.changes:
        at = max(epoch, 1)
        ax.axvline(at, color=look.steered, linestyle="-.", linewidth=1)
        ax.annotate(
            what,
            (at, 0),
            (3, 4),
            **{"xycoords": above["xycoords"], "textcoords": "offset points", "rotation": 90, "va": "bottom"},
            **{"color": look.steered, "fontsize": letters - 1},
        )


def _room(ax: Any, progress: Progress, lines: dict[str, list[float]], look: figure.Look, letters: float) -> None:
    """A scale that the curves fill: a batch that was nearly perfect does not press them flat. Epochs whose loss is no
    number have a cross on the axis."""
    found = _finite(lines)
    if not len(found):
        ax.set_yticks([])
        about = {"transform": ax.transAxes, "ha": "center", "va": "center", "color": look.notice, "fontsize": letters}
        ax.text(0.5, 0.4, _("the loss is not a number"), **about)
    elif ax.get_yscale() == "log":
        low, high = ax.get_ylim()
        ax.set_ylim(max(low, found.min() / BELOW), high)
    lost = [epoch for epoch, loss in enumerate(progress.losses, 1) if not np.isfinite(loss)]
    if lost:
        style = {"marker": "x", "linestyle": "none", "color": look.notice, "clip_on": False, "zorder": 5}
        ax.plot(lost, [0] * len(lost), transform=ax.get_xaxis_transform(), label=_("no number"), **style)


def notice_epochs(progress: Progress) -> list[int]:
    """The epochs in which something was noticed; several notices of one epoch share a number."""
    return sorted({epoch for epoch, _ in progress.notices})


def _whole_epochs(ax: Any, epochs: int) -> None:
    """Numbers of epochs are whole, also where there are few."""
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6, min_n_ticks=1))
    if epochs == 1:
        ax.set_xlim(0, 2)
