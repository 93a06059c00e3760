"""What a run was, what it learned, and what to try next, in sentences."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator

import numpy as np

from tinygrad_edu.train import History

from ..phrases import count, some
from .config import LEARNING_RATES, RunConfig, typed
from .run import PIXELS, Run

MOST_MISTAKES = 3


def introduction(run: Run) -> Iterator[str]:
    """The data and the network."""
    config, data = run.config, run.dataset
    inputs = data.x.shape[1]
    classes = f"{data.classes} classes ({some(data.target_names)})"
    task = classes if data.classes else f"{data.target_names[0]} to predict"
    yield f"Data: {data.name}, {len(data):,} examples with {count(inputs, 'input')}, {task}"
    scaled = ("; pixels from 0 to 1" if data.name in PIXELS else "; standardized") if run.standardizer else ""
    yield f"      {len(run.train):,} to learn from, {len(run.held_out):,} held out to measure on{scaled}"
    parameters = sum(p.size for p in run.model.parameters())
    net = "-".join(map(str, config.net or ()))
    activation = "no hidden layer" if run.is_linear else config.activation
    yield f"Net:  {net}, {activation}, {parameters:,} parameters" + (
        f", dropout {config.dropout:g}" if config.dropout else ""
    )
    yield f"How:  {how(config)}"


def how(config: RunConfig) -> str:
    """Loss, optimizer and batches on one line."""
    batches = {"full": "the full batch", 1: "one example a step"}.get(
        config.batch_size, f"batches of {config.batch_size}"
    )
    words = [
        f"{config.loss} loss",
        f"{config.optimizer} with lr {config.lr:g}",
        batches,
        count(config.epochs, "epoch"),
    ]
    if config.schedule:
        words.append(f"{config.schedule} schedule")
    for name in ("l1", "l2", "weight_decay", "label_smoothing"):
        if getattr(config, name):
            words.append(f"{name.replace('_', ' ')} {getattr(config, name):g}")
    if config.patience:
        words.append(f"patience {config.patience}")
    return ", ".join(words)


def summary(run: Run, history: History, seconds: float) -> Iterator[str]:
    """What was learned."""
    end = history.end
    assert end is not None
    yield f"{_ENDINGS[end.stopped]} after {count(end.epoch, 'epoch')} ({seconds:.1f} s)."
    if end.stopped == "diverged":
        return
    if end.validation_accuracy is not None:
        yield from _classified(run, end.validation_accuracy)
    elif end.validation_r2 is not None:
        yield (
            f"R² on the held-out examples: {end.validation_r2:.3f} (1 is perfect, 0 is no better than always "
            "answering the mean)."
        )
    if history.best_epoch and history.validation_loss:
        best = min(loss for loss in history.validation_loss if loss == loss)
        kept = "; its weights were kept" if run.config.patience or end.stopped == "interrupted" else ""
        yield f"Best epoch: {history.best_epoch}, with a validation loss of {number(best)}{kept}."


_ENDINGS = {
    "epochs": "Done",
    "early": "Stopped early, as the validation loss no longer fell,",
    "diverged": "The loss is not a number any more: the run blew up",
    "interrupted": "Interrupted",
}


def _classified(run: Run, accuracy: float) -> Iterator[str]:
    labels, count = run.held_out.y, len(run.held_out)
    guessing = np.bincount(labels).max() / count
    yield (
        f"Accuracy on the held-out examples: {percent(accuracy)} ({round(accuracy * count):,} of {count:,}; always "
        f"answering the commonest class gives {percent(guessing)})."
    )
    answers = run.predictions()
    wrong = np.flatnonzero(answers != labels)
    if len(wrong):
        names = run.dataset.target_names
        pairs, counts = np.unique(np.stack([labels[wrong], answers[wrong]]), axis=1, return_counts=True)
        order = np.argsort(-counts, kind="stable")[:MOST_MISTAKES]
        said = [f"{names[pairs[0, k]]} taken for {names[pairs[1, k]]} ({counts[k]} times)" for k in order]
        said = [text.replace("(1 times)", "(once)").replace("(2 times)", "(twice)") for text in said]
        yield f"{'Mistakes' if len(counts) <= MOST_MISTAKES else 'Commonest mistakes'}: {', '.join(said)}."


def advice(run: Run, history: History) -> str:
    """The next thing to try."""
    config, end, reported = run.config, history.end, {notice.name for notice in history.notices}
    assert end is not None and config.lr is not None and config.epochs is not None
    if end.stopped == "diverged" or "rising" in reported:
        return f"find a learning rate that works: {_comparison(run, LEARNING_RATES[config.optimizer])}"
    if run.dataset.name == "pass_class":
        return "a problem that no straight line solves, and a deeper net: tinygrad-edu train --data moons"
    if run.is_linear and end.validation_accuracy is not None and end.validation_accuracy < 0.95:
        inputs, outputs = (config.net or (1, 1))[0], (config.net or (1, 1))[-1]
        return f"a hidden layer can bend the line: --net {inputs}-16-{outputs}"
    if "overfitting" in reported:
        return "against overfitting: --patience 10, --dropout 0.2, --l2 0.001, or more data"
    if end.stopped == "interrupted":
        return "run it again, and let it finish"
    if history.best_epoch and history.best_epoch >= 0.95 * end.epoch and _still_falling(history):
        return f"the loss was still falling: --epochs {2 * config.epochs}"
    return f"see what the learning rate does: {_comparison(run, config.lr)}"


def _still_falling(history: History) -> bool:
    """Whether the last tenth of the epochs lowered the validation loss by more than a tenth."""
    losses = history.validation_loss
    tenth = max(len(losses) // 10, 1)
    return len(losses) > 2 * tenth and min(losses[-tenth:]) < 0.9 * min(losses[:-tenth])


def _comparison(run: Run, lr: float) -> str:
    """A command that compares learning rates around this one, and leaves all else as it was."""
    rates = ",".join(f"{rate:.3g}" for rate in (lr / 10, lr, lr * 10))
    net = "-".join(map(str, run.config.net or ()))
    command = f"tinygrad-edu compare lr={rates} --data {shlex.quote(run.config.data)} --net {net}"
    return f"{command} {typed(run.asked, without=('lr', 'data', 'net'))}".rstrip()


def percent(share: float) -> str:
    """0.9551 as 95.5%; only all is 100%, and only nothing 0%."""
    return f"{share * 100 if share in (0, 1) else min(max(share * 100, 0.1), 99.9):.3g}%"


def number(value: float | None) -> str:
    """A loss in four digits."""
    return (
        "-" if value is None else f"{value:.4g}" if math.isfinite(value) else "not a number" if value != value else "∞"
    )
