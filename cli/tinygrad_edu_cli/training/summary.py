"""What a run was, what it learned, and what to try next, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tinygrad_edu.data import account
from tinygrad_edu.train import History
from tinygrad_edu_viz.cells import cell_width

from ..phrases import count, some
from ..terminal_width import room, wrap
from .config import RunConfig
from .judgement import judgement
from .run import PIXELS, Run
from .wording import number, percent

MOST_MISTAKES = 3
WIDEST_NAME = 24  # cells of the names of columns, so that what is said of them begins below each other


def introduction(run: Run) -> Iterator[str]:
    """The data and the network."""
    config, data = run.config, run.dataset
    inputs = run.train.x.shape[1]
    classes = f"{data.classes} classes ({some(data.target_names)})"
    task = classes if data.classes else f"{data.target_names[0]} to predict"
    yield from accounted(run)
    yield f"Data: {data.name}, {len(data):,} examples with {count(inputs, 'input')}, {task}"
    scaled = ("; pixels from 0 to 1" if data.name in PIXELS else "; standardized") if run.standardizer else ""
    yield f"      {len(run.train):,} to learn from, {len(run.held_out):,} held out to measure on{scaled}"
    parameters = sum(p.size for p in run.model.parameters())
    net = "-".join(map(str, config.net or ()))
    activation = "no hidden layer" if len(config.net or ()) == 2 else config.activation
    yield f"Net:  {net}, {activation}, {parameters:,} parameters" + (
        f", dropout {config.dropout:g}" if config.dropout else ""
    )
    yield f"How:  {how(config)}"


def accounted(run: Run) -> Iterator[str]:
    """What became of the columns of a file."""
    lines = list(account(run.dataset, run.train.encoder))
    width = min(max((cell_width(name) for name, _ in lines), default=0), WIDEST_NAME)
    for name, said in lines:
        blanks = " " * (width - cell_width(name))
        yield from (f"  {part}" for part in wrap(f"{name}{blanks}  {said}", room() - 2, indent=width + 2))
    if lines:
        yield ""


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
    if judged := judgement(run, history):
        yield judged
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
        said = [f"{names[pairs[0, k]]} taken for {names[pairs[1, k]]} ({counts[k]:,} times)" for k in order]
        said = [text.replace("(1 times)", "(once)").replace("(2 times)", "(twice)") for text in said]
        yield f"{'Mistakes' if len(counts) <= MOST_MISTAKES else 'Commonest mistakes'}: {', '.join(said)}."
