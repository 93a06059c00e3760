"""Runs side by side: a table with a small curve each, or JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tinygrad_edu.train.events import plain as json_number
from tinygrad_edu_viz.cells import cell_width

from ..phrases import count
from ..terminal_width import room, wrap
from .comparison import ComparedRun
from .curve import Scale, curve
from .summary import number, percent
from .verdict import best_run, sentences, verdicts

CURVE = 20  # cells
WIDEST = 120
LEFT_OUT = (5, 4, 2, 8, 7, 3, 6, 1)  # columns for which a narrow terminal has no room: the first of them first
LONGEST_LABEL = 24


def table(runs: Sequence[ComparedRun]) -> Iterator[str]:
    """The lines of the table, and the verdict."""
    longest = max(len(run.history.validation_loss) for run in runs)
    scale = Scale.of([run.history.validation_loss for run in runs], 2 * max(run.guessing for run in runs))
    low, high = number(scale.low), number(scale.high)
    over = f"Validation loss over {count(longest, 'epoch')}"
    above = f"{_data(runs)}{over}, on a logarithmic scale (▁ {low}, █ {high}, ↑ above)"
    yield "\n".join(wrap(above, room(WIDEST)))
    yield ""
    measure = "accuracy" if runs[0].history.validation_accuracy else "R²"
    head = ["", "validation loss", "final", "best", "@epoch", "train", measure, "per epoch", "noise", ""]
    rows = [head, *(_cells(run, word, scale, longest) for run, word in zip(runs, verdicts(runs), strict=True))]
    widths = {k: max(cell_width(row[k]) for row in rows) for k in range(len(head))}
    for k in LEFT_OUT:
        if sum(widths.values()) + 2 * (len(widths) - 1) > room(WIDEST):
            del widths[k]
    for row in rows:
        line = "  ".join(_aligned(row[k], width, k) for k, width in widths.items()).rstrip()
        if line:  # the head is empty where all columns that have one were left out
            yield line
    yield ""
    for sentence in sentences(runs):
        yield "\n".join(wrap(sentence, room(), indent=2))


def _data(runs: Sequence[ComparedRun]) -> str:
    names = {run.config.data for run in runs}
    return f"Data: {names.pop()}. " if len(names) == 1 else ""


def _cells(run: ComparedRun, word: str, scale: Scale, longest: int) -> list[str]:
    history, score = run.history, run.score
    accuracy = "-" if score is None else percent(score) if history.validation_accuracy else f"{score:.3f}"
    seconds = run.seconds_per_epoch
    return [
        run.label if len(run.label) <= LONGEST_LABEL else f"...{run.label[3 - LONGEST_LABEL :]}",
        curve(history.validation_loss, scale, CURVE, longest),
        short(run.final),
        short(run.best),
        str(history.best_epoch or "-"),
        short(history.train_loss[-1] if history.train_loss else None),
        accuracy,
        "-" if seconds is None else duration(seconds),
        "-" if run.noise is None else f"{run.noise:.2g}",
        word,
    ]


def short(loss: float | None) -> str:
    """A loss in three digits."""
    return number(loss) if loss is None or abs(loss) == float("inf") or loss != loss else f"{loss:.3g}"


def duration(seconds: float) -> str:
    """0.0021 as "2.1 ms"."""
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{seconds * 1000:.2g} ms" if seconds < 0.1 else f"{seconds * 1000:.0f} ms"


def _aligned(cell: str, width: int, column: int) -> str:
    """Words to the left, numbers to the right."""
    blanks = " " * (width - cell_width(cell))
    return cell + blanks if column in (0, 1, 9) else blanks + cell


def to_json(runs: Sequence[ComparedRun]) -> Iterator[dict[str, Any]]:
    """An object for each run, and one with the verdict."""
    for run, word in zip(runs, verdicts(runs), strict=True):
        measure = "validation_accuracy" if run.history.validation_accuracy else "validation_r2"
        yield {
            "kind": "run",
            "label": run.label,
            "verdict": word,
            "best_validation_loss": json_number(run.best),
            "best_epoch": run.history.best_epoch,
            "final_validation_loss": json_number(run.final),
            "final_train_loss": json_number(run.history.train_loss[-1]) if run.history.train_loss else None,
            measure: json_number(run.score),
            "guessing_loss": json_number(run.guessing),
            "seconds_per_epoch": run.seconds_per_epoch,
            "loss_noise": run.noise,
            "config": run.config.to_json(),
            "history": run.history.to_json(),
        }
    best = best_run(runs)
    yield {"kind": "verdict", "best": best.label if best else None, "text": " ".join(sentences(runs))}
