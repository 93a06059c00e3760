"""What a run reached, judged against guessing and against where its loss is heading; and whether that can be judged."""

from __future__ import annotations

import math

import numpy as np

from tinygrad_edu.train import History
from tinygrad_edu_words import _, ngettext

from ..phrases import count, some
from .config import LEARNING_RATES
from .run import Run
from .run_word import BARELY, TOO_FEW, still_falls
from .wording import number

NO_BETTER = 0.97  # of the loss of guessing
DEVIATIONS = 2  # so many standard deviations above guessing are hardly chance
LITTLE_LEARNED = 0.5  # of the loss of guessing, in training


def judgement(run: Run, history: History) -> str:
    """A sentence where there is reason for one, else ""."""
    return " ".join(filter(None, [_against_guessing(run, history), _of_absent_classes(run)]))


def _of_absent_classes(run: Run) -> str:
    """That there are classes of which nothing was measured: those of so few examples that all are learned from."""
    absent = sorted({*range(run.dataset.classes)} - {*run.held_out.y.tolist()})
    if not absent:
        return ""
    text = _("None of the held-out examples is of the class {names}: how well it is known was not measured.")
    return text.format(names=some([run.dataset.target_names[k] for k in absent]))


def _against_guessing(run: Run, history: History) -> str:
    examples, end = len(run.held_out), history.end
    if examples < TOO_FEW:
        text = ngettext("{n} held-out example is", "{n} held-out examples are", examples).format(n=examples)
        return _("{these} too few to judge by: chance decides.").format(these=text)
    if end is None or end.validation_loss is None:
        return ""
    guessing, loss = run.guessing_loss(), end.validation_loss
    if no_better_than_guessing(run, history):
        text = _(
            "That is no better than guessing: the best constant answer has a loss of {best}, and this network {loss}."
        )
        return f"{text.format(best=number(guessing), loss=number(loss))} {_heading(run, history)}"
    if loss >= NO_BETTER * guessing:
        text = _(
            "It is right more often than guessing, but far too sure where it is wrong: its loss is {loss}, and that of "
            "the best constant answer {best}."
        )
        return text.format(best=number(guessing), loss=number(loss))
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
    rate = _("the learning rate is {rate}, and {usual} is usual for {optimizer}").format(
        rate=f"{config.lr:g}", usual=f"{LEARNING_RATES[config.optimizer]:g}", optimizer=config.optimizer
    )
    if any(notice.name == "rising" for notice in history.notices):
        highest = max(loss for loss in losses if math.isfinite(loss))
        text = _("Its training loss rose to {loss}: the steps are too long ({why}).")
        return text.format(loss=number(highest), why=rate)
    moves = _("from {first} to {last} in {epochs}").format(
        first=number(losses[0]), last=number(losses[-1]), epochs=count(len(losses), "epoch")
    )
    if is_slow(run, history):
        why = _("the steps are short ({why})").format(why=rate) if takes_short_steps(run) else _("it needs more epochs")
        return _("Its training loss still falls, {moves}, but slowly: {why}.").format(moves=moves, why=why)
    if losses[-1] < LITTLE_LEARNED * run.guessing_loss():
        text = _("Its training loss is {loss}: it knows its own examples by heart, and no others.")
        return text.format(loss=number(losses[-1]))
    if len(losses) == 1:
        return _("One epoch does not show where its training loss goes.")
    return _("Its training loss leads nowhere, {moves}.").format(moves=moves)
