"""How a training went: its loss, or its accuracy, epoch by epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tinygrad_edu.errors import ArgumentError

from . import figure

if TYPE_CHECKING:
    from tinygrad_edu.train.history import History

METRICS = ("loss", "accuracy", "r2")


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
    lines = {part: columns.get(f"{part}_{metric}", []) for part in ("train", "validation")}
    if not any(lines.values()):
        measured = [name for name in METRICS if any(f"{part}_{name}" in columns for part in lines)]
        what = f"; it has {', '.join(measured)}" if measured else ", for no epoch has ended"
        raise ArgumentError(f"learning_curve: the run has no {metric}{what}")
    ax = figure.axes(ax)
    styles = {"train": (figure.BLUE, "-", "training"), "validation": (figure.ORANGE, "--", "validation")}
    for part, numbers in lines.items():
        colour, style, label = styles[part]
        if numbers:
            mark = "o" if len(numbers) == 1 else None
            ax.plot(history.epoch[: len(numbers)], numbers, style, color=colour, marker=mark, linewidth=2, label=label)
    best = history.best_epoch
    if best is not None and len(history) > 1:
        ax.axvline(best, color="#444444", linestyle=":", linewidth=1.5, label=f"best: epoch {best}")
    if metric == "loss" and min(map(min, filter(None, lines.values()))) > 0:
        ax.set_yscale("log")
    ax.legend(fontsize=figure.LETTERS)
    return figure.labelled(ax, f"{metric} by epoch", "epoch", metric)
