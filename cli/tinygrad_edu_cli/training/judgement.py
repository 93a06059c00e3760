"""What a run reached, judged against guessing and against where its loss is heading; and whether that can be judged."""

from __future__ import annotations

import math

import numpy as np

from tinygrad_edu.train import History

from ..phrases import count
from .config import LEARNING_RATES
from .run import Run
from .run_word import BARELY, TOO_FEW, still_falls
from .wording import number

NO_BETTER = 0.97  # of the loss of guessing
DEVIATIONS = 2  # so many standard deviations above guessing are hardly chance
LITTLE_LEARNED = 0.5  # of the loss of guessing, in training


def judgement(run: Run, history: History) -> str:
    """A sentence where there is reason for one, else ""."""
    examples, end = len(run.held_out), history.end
    if examples < TOO_FEW:
        are = "is" if examples == 1 else "are"
        return f"{count(examples, 'held-out example')} {are} too few to judge by: chance decides."
    if end is None or end.validation_loss is None:
        return ""
    guessing, loss = run.guessing_loss(), end.validation_loss
    if no_better_than_guessing(run, history):
        return (
            f"That is no better than guessing: the best constant answer has a loss of {number(guessing)}, and "
            f"this network {number(loss)}. {_heading(run, history)}"
        )
    if loss >= NO_BETTER * guessing:
        return (
            f"It is right more often than guessing, but far too sure where it is wrong: its loss is {number(loss)}, "
            f"and that of the best constant answer {number(guessing)}."
        )
    return ""


def no_better_than_guessing(run: Run, history: History) -> bool:
    """Whether a constant answer would do as well: in loss, and (for classes) in the share of right answers, but for
    what may be chance."""
    end, n = history.end, len(run.held_out)
    if end is None or end.validation_loss is None or n < TOO_FEW:
        return False
    if end.validation_loss < NO_BETTER * run.guessing_loss():
        return False
    if end.validation_accuracy is None:
        return True
    share = np.bincount(run.held_out.y).max() / n
    return bool(end.validation_accuracy <= share + DEVIATIONS * math.sqrt(share * (1 - share) / n))


def is_slow(run: Run, history: History) -> bool:
    """Whether the training loss falls all the time, and has not come far."""
    losses = history.train_loss
    return len(losses) > 1 and still_falls(losses, BARELY) and losses[-1] > LITTLE_LEARNED * run.guessing_loss()


def takes_short_steps(run: Run) -> bool:
    """Whether the learning rate is smaller than is usual for the optimizer."""
    assert run.config.lr is not None
    return run.config.lr < LEARNING_RATES[run.config.optimizer]


def _heading(run: Run, history: History) -> str:
    """Where the training loss goes."""
    losses, config = history.train_loss, run.config
    rate = (
        f"the learning rate is {config.lr:g}, and {LEARNING_RATES[config.optimizer]:g} is usual for {config.optimizer}"
    )
    if any(notice.name == "rising" for notice in history.notices):
        highest = max(loss for loss in losses if math.isfinite(loss))
        return f"Its training loss rose to {number(highest)}: the steps are too long ({rate})."
    moves = f"from {number(losses[0])} to {number(losses[-1])} in {count(len(losses), 'epoch')}"
    if is_slow(run, history):
        why = f"the steps are short ({rate})" if takes_short_steps(run) else "it needs more epochs"
        return f"Its training loss still falls, {moves}, but slowly: {why}."
    if losses[-1] < LITTLE_LEARNED * run.guessing_loss():
        return f"Its training loss is {number(losses[-1])}: it knows its own examples by heart, and no others."
    return f"Its training loss leads nowhere, {moves}."
