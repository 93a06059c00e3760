"""What to try after a run."""

from __future__ import annotations

import shlex

from tinygrad_edu.train import History
from tinygrad_edu_words import _

from .config import LEARNING_RATES, typed
from .judgement import LITTLE_LEARNED, is_slow, no_better_than_guessing, takes_short_steps
from .judging import made
from .run import Run
from .run_word import LITTLE, TOO_FEW

MANY = 50  # examples: enough to hold out ten


def advice(run: Run, history: History) -> str:
    """The next thing to try."""
    config, end, reported = run.config, history.end, {notice.name for notice in history.notices}
    assert end is not None and config.lr is not None and config.epochs is not None
    if end.stopped == "diverged" or "rising" in reported:
        return _("find a learning rate that works: {command}").format(command=_comparison(run, _around_usual(run)))
    if end.stopped == "interrupted":
        return _("run it again, and let it finish")
    if len(run.held_out) < TOO_FEW:
        few = "--n 200" if made(config) else "leave --n out" if run.asked.n else _("so few decide nothing")
        return _("more examples, {n} or more: {how}").format(n=MANY, how=few)
    slow, no_better = is_slow(run, history), no_better_than_guessing(run, history)
    if (slow or "flat" in reported) and takes_short_steps(run):
        return _("larger steps: {command}").format(command=_comparison(run, {config.lr, *_around_usual(run)}))
    if run.dataset.name == "pass_class" and not no_better:
        return _("a problem that no straight line solves, and a deeper net: tinygrad-edu train --data moons")
    if run.is_linear and end.validation_accuracy is not None and end.validation_accuracy < 0.95 and not slow:
        if config.activation == "linear" and len(config.net or ()) > 2:
            return _("layers of linear units are one layer: --activation relu")
        inputs, outputs = (config.net or (1, 1))[0], (config.net or (1, 1))[-1]
        return _("a hidden layer can bend the line: --net {net}").format(net=f"{inputs}-16-{outputs}")
    if "overfitting" in reported or (no_better and history.train_loss[-1] < LITTLE_LEARNED * run.guessing_loss()):
        return _("against overfitting: --patience 10, --dropout 0.2, --l2 0.001, or more data")
    best_at_end = bool(history.best_epoch) and (history.best_epoch or 0) >= 0.95 * end.epoch
    if end.stopped == "epochs" and (slow or (best_at_end and _still_falling(run, history))):
        return _("the loss was still falling: --epochs {n}").format(n=2 * config.epochs)
    if no_better and len(history.train_loss) == 1:
        return _("more epochs, 10 say: --epochs 10")
    if no_better and "vanishing_gradient" in reported:
        return _("an activation that lets gradients through to the first layers: --activation relu")
    if no_better:
        text = _("does any learning rate do better? {command}")
    else:
        text = _("see what the learning rate does: {command}")
    return text.format(command=_comparison(run, {config.lr, *_around_usual(run)}))


def _still_falling(run: Run, history: History) -> bool:
    """Whether the last tenth of the epochs lowered the validation loss by more than a tenth, and something is left."""
    losses = history.validation_loss
    tenth = max(len(losses) // 10, 1)
    falls = len(losses) > 2 * tenth and min(losses[-tenth:]) < 0.9 * min(losses[:-tenth])
    return falls and min(losses) > LITTLE * run.guessing_loss()


def _around_usual(run: Run) -> set[float]:
    """What is usual for the optimizer, ten times less and ten times more."""
    usual = LEARNING_RATES[run.config.optimizer]
    return {usual / 10, usual, usual * 10}


def _comparison(run: Run, lrs: set[float]) -> str:
    """A command that compares learning rates, and leaves all else as it was."""
    rates = ",".join(dict.fromkeys(f"{rate:.6g}" for rate in sorted(lrs)))
    net = "-".join(map(str, run.config.net or ()))
    command = f"tinygrad-edu compare lr={rates} --data {shlex.quote(run.config.data)} --net {net}"
    return f"{command} {typed(run.asked, without=('lr', 'data', 'net'))}".rstrip()
