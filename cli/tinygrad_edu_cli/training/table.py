"""Runs side by side: a table with a small curve each, or JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tinygrad_edu.train.events import plain as json_number
from tinygrad_edu_viz.cells import cell_width
from tinygrad_edu_words import _, grouped

from ..phrases import count
from ..terminal_width import room, wrap
from .candidate import Candidate, ComparedRun
from .comparison import BATCHES, Comparison
from .curve import Scale, curve
from .ranking import best_of, tied_with
from .verdict import FAIR, in_short, sentences, words
from .wording import number, percent, short

CURVE = 20  # cells
WIDEST = 120
SPREAD = 3
LEFT_OUT = (6, 5, 4, 8, 9, 3, 2, 7, 1)  # columns for which a narrow terminal has no room: the first of them first
LONGEST_LABEL = 24


def table(comparison: Comparison) -> Iterator[str]:
    """The lines of the table, and the verdict."""
    candidates = comparison.candidates
    firsts = [each.first for each in candidates]
    epochs = max(len(run.history.validation_loss) for run in firsts)
    longest = None if comparison.changed in BATCHES else epochs  # None: each curve as long as the others
    scale = Scale.of([run.history.validation_loss for run in firsts], 2 * max(run.guessing for run in firsts))
    yield "\n".join(wrap(" ".join(_above(comparison, scale, epochs)), room(WIDEST)))
    yield ""
    measure = _("accuracy") if candidates[0].classifies else "R²"
    head = ["", _("validation loss"), _("loss"), "±", _("best"), _("@epoch"), _("train"), measure]
    head += [_("per epoch"), _("noise"), ""]
    found = words(candidates)
    rows = [
        head,
        *(_cells(each, in_short(word, _), scale, longest) for each, word in zip(candidates, found, strict=True)),
    ]
    widths = {k: max(cell_width(row[k]) for row in rows) for k in range(len(head))}
    if not widths[SPREAD] > 1:
        del widths[SPREAD]
    for k in LEFT_OUT:
        if sum(widths.values()) + 2 * (len(widths) - 1) >= room(WIDEST):
            widths.pop(k, None)
    for row in rows:
        line = "  ".join(_aligned(row[k], width, k) for k, width in widths.items()).rstrip()
        if line:  # the head is empty where all columns that have one were left out
            yield line
    yield ""
    for sentence in sentences(comparison):
        yield "\n".join(wrap(sentence, room(), indent=2))
    if comparison.lockstep is not None:
        yield ""
        yield from comparison.lockstep.lines()
        yield ""
        for sentence in comparison.lockstep.sentences():
            yield "\n".join(wrap(sentence, room(), indent=2))


def _above(comparison: Comparison, scale: Scale, epochs: int) -> Iterator[str]:
    """What the columns are."""
    names = {each.first.config.data for each in comparison.candidates}
    if len(names) == 1:
        yield _("Data: {name}.").format(name=names.pop())
    updates = {each.updates for each in comparison.candidates if each.updates}
    if comparison.changed in BATCHES and updates and max(updates) <= FAIR * min(updates):
        yield _("Each run makes {n} updates of the weights.").format(n=grouped(max(updates)))
    low, high, seeds = number(scale.low), number(scale.high), comparison.seeds
    over = _("its epochs") if comparison.changed in BATCHES else count(epochs, "epoch")
    over += " " + _("with seed {n}").format(n=seeds[0]) if len(seeds) > 1 else ""
    text = _("Validation loss over {epochs}, on a logarithmic scale (▁ {low}, █ {high}, ↑ above).")
    yield text.format(epochs=over, low=low, high=high)
    if len(seeds) > 1:
        text = _("The numbers are means over the seeds {seeds}; ± is their standard deviation.")
        yield text.format(seeds=", ".join(map(str, seeds)))
    judged, *others = (each.first.judged for each in comparison.candidates)
    if judged.examples is not None and all(other.examples == judged.examples for other in others):
        on = count(judged.examples, "fresh example" if judged.fresh else "held-out example")
        measure = _("accuracy") if comparison.candidates[0].classifies else "R²"
        yield _("Loss and {measure} are those of the final weights on {examples}.").format(measure=measure, examples=on)


def _cells(each: Candidate, word: str, scale: Scale, longest: int | None) -> list[str]:
    score = each.score
    accuracy = "-" if score is None else percent(score) if each.classifies else f"{score:.3f}"
    seconds, noise = each.seconds_per_epoch, each.mean(lambda run: run.noise)
    losses = each.first.history.validation_loss
    return [
        each.label if len(each.label) <= LONGEST_LABEL else f"...{each.label[3 - LONGEST_LABEL :]}",
        curve(losses, scale, CURVE, longest),
        short(each.loss),
        "" if each.spread is None else f"{each.spread:.2g}",
        short(each.mean(lambda run: run.best)),
        str(each.best_epoch or "-"),
        short(each.mean(lambda run: run.train)),
        accuracy,
        "-" if seconds is None else duration(seconds),
        "-" if noise is None else f"{noise:.2g}",
        word,
    ]


def duration(seconds: float) -> str:
    """0.0021 as "2.1 ms"."""
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{seconds * 1000:.2g} ms" if seconds < 0.1 else f"{seconds * 1000:.0f} ms"


def _aligned(cell: str, width: int, column: int) -> str:
    """Words to the left, numbers to the right."""
    blanks = " " * (width - cell_width(cell))
    return cell + blanks if column in (0, 1, 10) else blanks + cell


def to_json(comparison: Comparison) -> Iterator[dict[str, Any]]:
    """An object for each setting, and one with the verdict. What has no mean is that of the first seed."""
    candidates = comparison.candidates
    for each, found in zip(candidates, words(candidates), strict=True):
        run, measure = each.first, "validation_accuracy" if each.classifies else "validation_r2"
        yield {
            "kind": "run",
            "label": each.label,
            "verdict": in_short(found),
            "best_validation_loss": json_number(run.best),
            "best_epoch": run.history.best_epoch,
            "final_validation_loss": json_number(run.final),
            "final_train_loss": json_number(run.train),
            measure: json_number(_last_score(run)),
            "guessing_loss": json_number(run.guessing),
            "judged_on": {"examples": run.judged.examples, "fresh": run.judged.fresh},
            "mean_loss": json_number(each.loss),
            "spread": each.spread,
            "mean_score": json_number(each.score),
            "updates": each.updates,
            "seconds_per_epoch": each.seconds_per_epoch,
            "loss_noise": run.noise,
            "seeds": [_of_seed(one, word) for one, word in zip(each.runs, found, strict=True)],
            "config": run.config.to_json(),
            "history": run.history.to_json(),
        }
    best = best_of(candidates)
    tied = tied_with(best, candidates) if best else []
    text = " ".join(sentences(comparison))
    label = best.label if best else None
    yield {"kind": "verdict", "best": label, "tied": [each.label for each in tied], "text": text}
    if comparison.lockstep is not None:
        yield comparison.lockstep.to_json()


def _of_seed(run: ComparedRun, word: str) -> dict[str, Any]:
    loss, score = json_number(run.loss), json_number(run.judged.score)
    return {"seed": run.config.seed, "verdict": word, "loss": loss, "score": score}


def _last_score(run: ComparedRun) -> float | None:
    """Accuracy, or R², on held-out examples, at the end."""
    end = run.history.end
    if end is not None:
        return end.validation_r2 if end.validation_accuracy is None else end.validation_accuracy
    scores = run.history.validation_accuracy or run.history.validation_r2
    return scores[-1] if scores else None
