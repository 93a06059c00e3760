"""Which run learned, which crawled, which blew up: in words, with the numbers that say so.

What a run reached is measured against guessing, the loss of the best constant answer (log 2 for two classes of equal
size), as losses of different kinds cannot be compared otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from ..phrases import count
from .comparison import ComparedRun
from .config import LEARNING_RATES
from .summary import number, percent

LEARNED, CRAWLED, STUCK, BLEW_UP = "learned", "crawled", "stuck", "blew up"
NEAR = 0.25  # of the way from guessing to the best run may be missing
BEHIND = 5  # times the loss of the best run, and still falling, and fewer right: it learns, but too slowly
OVERFITTED = 1.25  # times the lowest validation loss


def reached(run: ComparedRun) -> float:
    """The loss at the end as a share of that of guessing: the lower of training (noisy with dropout) and validation."""
    losses = [loss[-1] for loss in (run.history.train_loss, run.history.validation_loss) if loss]
    end = run.history.end
    if not losses or any(not math.isfinite(x) for x in losses) or (end and end.stopped == "diverged"):
        return math.inf
    return min(losses) / max(run.guessing, 1e-12)


def verdicts(runs: Sequence[ComparedRun]) -> list[str]:
    """A word for each run."""
    shares = [reached(run) for run in runs]
    best, best_score = min(shares), max(map(_score, runs))
    return [_word(run, share, best, best_score) for run, share in zip(runs, shares, strict=True)]


def _word(run: ComparedRun, share: float, best: float, best_score: float) -> str:
    losses = run.history.train_loss
    earlier = losses[: min(len(losses) * 3 // 4 + 1, len(losses) - 1)] or [run.guessing]  # to compare the last one with
    falls = bool(losses) and losses[-1] < 0.98 * earlier[-1]
    if share <= best + NEAR * (1 - best) and share < 1 - NEAR:
        return CRAWLED if falls and share > BEHIND * best and _score(run) < best_score - 0.01 else LEARNED
    if share > 1.2 or max(losses, default=math.inf) > 3 * run.guessing:
        return BLEW_UP
    return CRAWLED if falls else STUCK


def _score(run: ComparedRun) -> float:
    return -math.inf if run.score is None else run.score


def sentences(runs: Sequence[ComparedRun]) -> Iterator[str]:
    """What the table means, one sentence for each run, and which one to take."""
    words = verdicts(runs)
    for run, word in zip(runs, words, strict=True):
        yield f"{run.label} {_told(run, word)}."
    if len(runs) == 1:  # the others were interrupted: there is nothing to choose
        return
    best = best_run(runs)
    if len({_problem(run) for run in runs}) > 1:
        yield "They had different problems to solve: compare the accuracy, not the losses."
    elif best is not None and words[runs.index(best)] == LEARNED:
        yield f"Take {best.label}: it has the lowest validation loss, {number(best.best)}."
    elif set(words) == {BLEW_UP}:
        yield f"All of them blew up: take smaller steps, --lr {LEARNING_RATES[runs[0].config.optimizer]:g} say."
    else:
        yield "None of them learned much: try other values, or a larger --net and more --epochs."


def _problem(run: ComparedRun) -> tuple[object, ...]:
    """Losses can be compared where this is the same."""
    config = run.config
    return config.data, config.target, config.n, config.noise, config.validation, config.seed, config.loss


def best_run(runs: Sequence[ComparedRun]) -> ComparedRun | None:
    """The one with the lowest validation loss, measured against guessing."""
    measured = [(run.best / max(run.guessing, 1e-12), k) for k, run in enumerate(runs) if run.best is not None]
    return runs[min(measured)[1]] if measured else None


def _told(run: ComparedRun, word: str) -> str:
    epochs, guessing = count(len(run.history), "epoch"), f"guessing gives {number(run.guessing)}"
    losses = run.history.train_loss
    if word == BLEW_UP:
        peak = max((loss for loss in losses if math.isfinite(loss)), default=math.inf)
        end = run.history.end
        if end is not None and end.stopped == "diverged":
            return f"blew up: after {epochs} its loss was no number any more; its steps are too large"
        return f"blew up: its loss reached {number(peak)} ({guessing}); its steps are too large"
    if word == CRAWLED:
        still = f"after {epochs} its loss is still {number(losses[-1])} ({guessing})"
        return f"crawled: {still}; it needs larger steps, or many more"
    if word == STUCK:
        return f"got stuck: its loss stays at {number(losses[-1])} ({guessing})"
    score = run.score
    reached = ""
    if score is not None:
        reached = f", R² {score:.3f}" if not run.history.validation_accuracy else f", {percent(score)} right"
    return f"learned: validation loss {number(run.best)} at epoch {run.history.best_epoch}{reached}{_overfitted(run)}"


def _overfitted(run: ComparedRun) -> str:
    if run.best is None or run.final is None or run.final < OVERFITTED * run.best:
        return ""
    return f"; then it overfitted, and its validation loss rose to {number(run.final)}"
