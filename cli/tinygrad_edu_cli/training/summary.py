"""What a run was, what it learned, and what to try next, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tinygrad_edu.data import account
from tinygrad_edu.train import History
from tinygrad_edu_viz.cells import cell_width
from tinygrad_edu_words import N_, _, grouped

from ..phrases import count, some
from ..terminal_width import room, wrap
from .columns_said import THE_FILE, column_text
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
    task = _("{name} to predict").format(name=data.target_names[0])
    if data.classes:
        task = _("{n} classes ({names})").format(n=data.classes, names=some(data.target_names))
    yield from accounted(run)
    text = _("Data: {name}, {n} examples with {inputs}, {task}")
    yield text.format(name=data.name, n=grouped(len(data)), inputs=count(inputs, "input"), task=task)
    text = _("{train} to learn from, {held_out} held out to measure on")
    text = text.format(train=grouped(len(run.train)), held_out=grouped(len(run.held_out)))
    scaled = _("pixels from 0 to 1") if data.name in PIXELS else _("standardized")
    yield f"      {text}; {scaled}" if run.standardizer else f"      {text}"
    parameters = sum(p.size for p in run.model.parameters())
    net = "-".join(map(str, config.net or ()))
    activation = _("no hidden layer") if len(config.net or ()) == 2 else config.activation
    text = _("Net:  {net}, {activation}, {n} parameters")
    dropout = _(", dropout {dropout}").format(dropout=f"{config.dropout:g}") if config.dropout else ""
    yield text.format(net=net, activation=activation, n=grouped(parameters)) + dropout
    yield _("How:  {how}").format(how=how(config))


def accounted(run: Run) -> Iterator[str]:
    """What became of the columns of a file."""
    lines = [
        (_(name) if name == THE_FILE else name, column_text(said))
        for name, said in account(run.dataset, run.train.encoder)
    ]
    width = min(max((cell_width(name) for name, _said in lines), default=0), WIDEST_NAME)
    for name, said in lines:
        blanks = " " * (width - cell_width(name))
        yield from (f"  {part}" for part in wrap(f"{name}{blanks}  {said}", room() - 2, indent=width + 2))
    if lines:
        yield ""


def how(config: RunConfig) -> str:
    """Loss, optimizer and batches on one line."""
    batches = {"full": _("the full batch"), 1: _("one example a step")}.get(
        config.batch_size, _("batches of {n}").format(n=config.batch_size)
    )
    words = [
        _("{name} loss").format(name=config.loss),
        _("{optimizer} with lr {rate}").format(optimizer=config.optimizer, rate=f"{config.lr:g}"),
        batches,
        count(config.epochs or 0, "epoch"),
    ]
    if config.schedule:
        words.append(_("{name} schedule").format(name=config.schedule))
    for name in ("l1", "l2", "weight_decay", "label_smoothing"):
        if getattr(config, name):
            words.append(f"{name.replace('_', ' ')} {getattr(config, name):g}")
    if config.patience:
        words.append(_("patience {n}").format(n=config.patience))
    return ", ".join(words)


def summary(run: Run, history: History, seconds: float) -> Iterator[str]:
    """What was learned."""
    end = history.end
    assert end is not None
    text = _("{ending} after {epochs} ({seconds} s).")
    yield text.format(ending=_(_ENDINGS[end.stopped]), epochs=count(end.epoch, "epoch"), seconds=f"{seconds:.1f}")
    if end.stopped == "diverged":
        return
    if end.validation_accuracy is not None:
        yield from _classified(run, end.validation_accuracy)
    elif end.validation_r2 is not None:
        text = _("R² on the held-out examples: {r2} (1 is perfect, 0 is no better than always answering the mean).")
        yield text.format(r2=f"{end.validation_r2:.3f}")
    if judged := judgement(run, history):
        yield judged
    if history.best_epoch and history.validation_loss:
        best = min(loss for loss in history.validation_loss if loss == loss)
        text = _("Best epoch: {n}, with a validation loss of {loss}.")
        if run.config.patience or end.stopped == "interrupted":
            text = _("Best epoch: {n}, with a validation loss of {loss}; its weights were kept.")
        yield text.format(n=history.best_epoch, loss=number(best))


_ENDINGS = {
    "epochs": N_("Done"),
    "early": N_("Stopped early, as the validation loss no longer fell,"),
    "diverged": N_("The loss is not a number any more: the run blew up"),
    "interrupted": N_("Interrupted"),
}


def _classified(run: Run, accuracy: float) -> Iterator[str]:
    labels, count = run.held_out.y, len(run.held_out)
    guessing = np.bincount(labels).max() / count
    yield _(
        "Accuracy on the held-out examples: {accuracy} ({right} of {all}; always answering the commonest class gives "
        "{guessing})."
    ).format(
        accuracy=percent(accuracy),
        right=grouped(round(accuracy * count)),
        all=grouped(count),
        guessing=percent(guessing),
    )
    answers = run.predictions()
    wrong = np.flatnonzero(answers != labels)
    if len(wrong):
        names = run.dataset.target_names
        pairs, counts = np.unique(np.stack([labels[wrong], answers[wrong]]), axis=1, return_counts=True)
        order = np.argsort(-counts, kind="stable")[:MOST_MISTAKES]
        often = {1: _("once"), 2: _("twice")}
        said = [
            _("{right} taken for {answer} ({times})").format(
                right=names[pairs[0, k]],
                answer=names[pairs[1, k]],
                times=often.get(int(counts[k]), _("{n} times").format(n=grouped(counts[k]))),
            )
            for k in order
        ]
        text = _("Mistakes: {list}.") if len(counts) <= MOST_MISTAKES else _("Commonest mistakes: {list}.")
        yield text.format(list=", ".join(said))
