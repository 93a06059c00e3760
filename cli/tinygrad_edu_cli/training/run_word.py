"""A word for a run: whether it learned, crawled, got stuck or blew up.

What it reached is judged against guessing, the loss of the best constant answer (log 2 for two classes of equal size),
and against where its loss is heading; only whether it could have come further is judged against the other runs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import mean

from tinygrad_edu_words import N_

from .candidate import ComparedRun

LEARNED, LEARNING, LEVELLED = N_("learned"), N_("still learning"), N_("levelled off")
UNKNOWN = N_("too few to tell")
OVERFITTED, CRAWLED, STUCK, BLEW_UP = N_("overfitted"), N_("crawled"), N_("got stuck"), N_("blew up")

GUESSING = 0.9  # of the loss of guessing: who does not get below it has learned nothing yet
PEAK = 3.0  # times the loss at the start, or of guessing: no noise does that
RECOVERED = 0.25  # of the loss of guessing: who gets below it after a peak has recovered
LITTLE = 0.05  # of the loss of guessing: what is left to gain below it is nothing to wait for
HALFWAY = 0.5  # of the loss of guessing: above it little has been learned yet
FALLS = 0.02  # of the loss, gained in the last quarter: it is still falling
BARELY = 0.001  # the same of who has hardly begun
FELL = 0.02  # of the first loss, gained in all: the run moves
BY_HEART = 0.5  # of the loss of guessing: the training loss of who knows the examples by heart
OVER_BEST = 1.25  # times the lowest validation loss, and LITTLE more: it has risen
GAP = 3.0  # times the training loss: an overfitted network's loss on other examples
TOO_FEW = 10  # examples: on so few, chance decides
FEW_EPOCHS = 10  # so few say nothing about where a loss stays


def word(run: ComparedRun, best_share: float) -> str:
    """A word for a run, beside others of which the best one reached `best_share` of the loss of guessing."""
    losses, examples = run.history.train_loss, run.judged.examples
    if examples is not None and examples < TOO_FEW:
        return UNKNOWN
    if not losses or not math.isfinite(run.loss) or not all(map(math.isfinite, losses)):
        return BLEW_UP
    start = max(run.guessing, run.initial or run.guessing)
    if max(losses) > PEAK * start and run.share > RECOVERED:
        return BLEW_UP
    if run.share >= GUESSING:
        return _of_guessing(run, start)
    if has_overfitted(run):
        return OVERFITTED
    if run.train_share > HALFWAY and still_falls(losses, BARELY):
        return CRAWLED
    if still_falls(losses) and min(run.share, run.train_share) > LITTLE and not _has_risen(run):
        return LEARNING
    if run.share > max(2 * best_share, best_share + 2 * LITTLE):
        return LEVELLED
    return LEARNED


def _of_guessing(run: ComparedRun, start: float) -> str:
    """Of a run that is no better than guessing."""
    losses = run.history.train_loss
    if run.train_share < BY_HEART:
        return OVERFITTED
    fell = losses[-1] < (1 - FELL) * start or (len(losses) < FEW_EPOCHS and losses[-1] < start)
    return CRAWLED if fell else STUCK


def has_overfitted(run: ComparedRun) -> bool:
    """Whether the validation loss has risen from its lowest value, and is what the run ended with; or whether the
    weights are far better on the examples that they were learned from than on others."""
    end = run.history.end
    risen = _has_risen(run) and (end is None or end.validation_loss == run.final)  # else it kept its best weights
    return risen or (run.share > RECOVERED and run.train_share < run.share / GAP)


def _has_risen(run: ComparedRun) -> bool:
    if run.best is None or run.final is None:
        return False
    return run.final > OVER_BEST * run.best and run.final - run.best > LITTLE * run.guessing


def still_falls(losses: Sequence[float], by: float = FALLS) -> bool:
    """Whether the last quarter of the epochs lowered the training loss by that share (means over a tenth of
    the epochs, as noise has its ups and downs)."""
    few = max(len(losses) // 10, 1)
    quarter = max(len(losses) // 4, 1)
    before = losses[-quarter - few : -quarter]
    return bool(before) and mean(losses[-few:]) < (1 - by) * mean(before)
