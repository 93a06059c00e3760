"""What a comparison says: a sentence for each setting with the numbers that say so, and which one to take, if any."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from ..phrases import count
from .candidate import Candidate, ComparedRun
from .comparison import BATCHES, Comparison
from .config import LEARNING_RATES
from .equal_updates import UPDATES
from .ranking import best_of, differ_in_no_use, groups, tied_with
from .run_word import (
    BLEW_UP,
    BY_HEART,
    CRAWLED,
    GUESSING,
    LEARNED,
    LEARNING,
    LEVELLED,
    OVERFITTED,
    STUCK,
    TOO_FEW,
    UNKNOWN,
    word,
)
from .wording import number, percent

FAIR = 1.2  # times as many updates: more would decide by themselves
FEW = 100  # examples: an accuracy is off by several percent


def words(candidates: Sequence[Candidate]) -> list[list[str]]:
    """A word for each run of each candidate."""
    shares = [run.share for each in candidates for run in each.runs]
    best = min((share for share in shares if math.isfinite(share)), default=0.0)
    return [[word(run, best) for run in each.runs] for each in candidates]


def in_short(found: Sequence[str]) -> str:
    """The word of all runs of a candidate: "learned", or "learned 2/3"."""
    commonest, times = Counter(found).most_common(1)[0]
    return commonest if times == len(found) else f"{commonest} {times}/{len(found)}"


def sentences(comparison: Comparison) -> Iterator[str]:
    """What the table means: one sentence for each candidate, and which one to take."""
    candidates = comparison.candidates
    counts = [each.first.judged.examples for each in candidates]
    if all(examples is not None and examples < TOO_FEW for examples in counts):
        yield f"{_measured(candidates[0])} {'is' if counts[0] == 1 else 'are'} too few to judge by: give more data."
        return
    found = words(candidates)
    for each, its_words in zip(candidates, found, strict=True):
        yield f"{each.label}{_told(each, its_words)}."
    if len(candidates) > 1:  # else the others were interrupted: there is nothing to choose
        yield from _choice(comparison, {word for its_words in found for word in its_words})


def _choice(comparison: Comparison, found: set[str]) -> Iterator[str]:
    """Which one to take, if there is one; and how far that can be trusted."""
    together = groups(comparison.candidates)
    for group in together:
        if len(group) > 1:
            made = "made no difference" if comparison.changed else "are the same run"
            yield f"{_listed(group)} {made}: their numbers are the same, to the last digit."
    candidates = [group[0] for group in together]
    best = best_of(candidates)
    if len(candidates) == 1:
        return
    if len({_problem(each.first) for each in candidates}) > 1:
        yield "They had different problems to solve: compare the accuracy, not the losses."
    elif unfair := _unfair(comparison):
        yield unfair
    elif found == {BLEW_UP} or best is None:
        lr = LEARNING_RATES[candidates[0].first.config.optimizer]
        yield f"All of them blew up: take smaller steps, --lr {lr:g} say."
    elif best.share >= GUESSING and sum(run.train_share for run in best.runs) < BY_HEART * len(best.runs):
        yield (
            "None of them learned what holds for other examples: they know their own by heart. Try more data, "
            "--dropout 0.5, --patience 10, or a smaller --net."
        )
    elif best.share >= GUESSING:
        yield "None of them learned much: try other values, or a larger --net and more --epochs."
    else:
        yield _taken(best, candidates)
        yield from _reservations(comparison, best)


def _taken(best: Candidate, candidates: Sequence[Candidate]) -> str:
    """The best one, or those that tie for it."""
    tied, seeds = tied_with(best, candidates), len(best.runs)
    over = f", on average over {seeds} seeds" if seeds > 1 else ""
    if not tied:
        others = sorted((each for each in candidates if each is not best), key=lambda each: each.loss)
        other = others[0]
        return (
            f"Take {best.label}: on {_measured(best)} it has the lowest loss, {_short(best.loss)}{_in_brackets(best)}"
            f"{over}; that of {other.label} is {_short(other.loss)}{_in_brackets(other)}."
        )
    group = [each for each in candidates if each is best or each in tied]
    losses = sorted(each.loss for each in group)
    others = [each for each in candidates if each not in group]
    rest = f" {_listed(others)} {'is' if len(others) == 1 else 'are'} worse." if others else ""
    if differ_in_no_use(group):
        why = "differ by nothing that matters"
    else:
        why = "differ by no more than chance may; more seeds can tell more" if seeds > 1 else "differ too little"
    return (
        f"{_listed(group)} tie: on {_measured(best)} their losses, {_short(losses[0])} to {_short(losses[-1])}{over}, "
        f"{why}. Choose by something else: the time, or the simpler one.{rest}"
    )


def _reservations(comparison: Comparison, best: Candidate) -> Iterator[str]:
    """What the numbers cannot tell."""
    examples = best.first.judged.examples
    if examples is not None and examples < FEW:
        off = ""
        if best.classifies and best.score is not None:
            score = min(max(best.score, 0.1), 0.9)
            error = math.sqrt(score * (1 - score) / examples)
            off = f": an accuracy that is measured on them is easily off by {percent(round(error, 2))}"
        yield f"{examples} held-out examples are few{off}."
    if len(best.runs) > 1:
        return
    if comparison.changed is None:
        yield "One run each: another seed may give another answer."
    elif comparison.spared is not None:
        yield f"One seed each: --seeds 3 would show the spread, and take {_duration(comparison.spared)}."
    else:
        yield "One seed each: another may give another answer; --seeds 3 shows the spread."


def _duration(seconds: float) -> str:
    return f"about {max(seconds, 60) / 60:.0f} min" if seconds < 5400 else f"about {seconds / 3600:.0f} h"


def _measured(candidate: Candidate) -> str:
    judged = candidate.first.judged
    if judged.examples is None:
        return "the held-out part"
    return count(judged.examples, "fresh example" if judged.fresh else "held-out example")


def _unfair(comparison: Comparison) -> str | None:
    """What is wrong with runs that made more updates than others because their batches are smaller."""
    updates = {each.label: each.updates for each in comparison.candidates if each.updates}
    if comparison.changed not in BATCHES or not updates or max(updates.values()) <= FAIR * min(updates.values()):
        return None
    most, least = max(updates, key=lambda k: updates[k] or 0), min(updates, key=lambda k: updates[k] or 0)
    return (
        f"At equal epochs {most} made {count(updates[most], 'update')} of the weights, and {least} "
        f"{updates[least]:,}: who makes more steps comes further. Compare at equal updates: leave --epochs out, or "
        f"give --updates {UPDATES}."
    )


def _problem(run: ComparedRun) -> tuple[object, ...]:
    """Losses can be compared where this is the same."""
    config = run.config
    return config.data, config.target, config.n, config.noise, config.validation, config.seed, config.loss


def _told(each: Candidate, found: Sequence[str]) -> str:
    if len(set(found)) == 1:
        return f" {_TOLD[found[0]](each)}"
    (first, times), *others = Counter(found).most_common()
    counted = [f"{first} in {times} of {len(found)} seeds", *(f"{other} in {times}" for other, times in others)]
    return f": {', '.join(counted)}; its loss is {_loss(each)} in the end{_right(each)}"


def _learned(each: Candidate) -> str:
    return f"learned: its loss is {_loss(each)} in the end{_right(each)}"


def _of_too_few(each: Candidate) -> str:
    return f"ends with a loss of {_loss(each)} on {_measured(each)}{_right(each)}: too few examples to tell"


def _still_learning(each: Candidate) -> str:
    longer = ", or larger steps" if _steps(each) < 1 else ""
    return (
        f"is still learning: after {_epochs(each)} its loss is {_loss(each)}{_right(each)}, and it still falls; it "
        f"needs more epochs{longer}"
    )


def _levelled_off(each: Candidate) -> str:
    return f"levelled off: its loss is {_loss(each)} in the end{_right(each)}, and hardly falls any more"


def _overfitted(each: Candidate) -> str:
    best, final = each.mean(lambda run: run.best), each.mean(lambda run: run.final)
    risen = f"; its validation loss rose from {_short(best)} at best to {_short(final)}" if best != final else ""
    return (
        f"overfitted: its training loss came down to {_short(each.mean(lambda run: run.train))}, but on "
        f"{_measured(each)} it is {_loss(each)} ({_guessing(each)}){_right(each)}{risen}"
    )


def _crawled(each: Candidate) -> str:
    steps, needs = _steps(each), "many more steps"
    if steps != 1:
        needs = "larger steps, or many more" if steps < 1 else "smaller steps, or many more"
    return (
        f"crawled: after {_epochs(each)} its loss is still {_short(each.mean(lambda run: run.train))} "
        f"({_guessing(each)}); it needs {needs}"
    )


def _steps(each: Candidate) -> float:
    """The learning rate in units of what is usual for the optimizer."""
    config = each.first.config
    usual = LEARNING_RATES[config.optimizer]
    return (config.lr or usual) / usual


def _got_stuck(each: Candidate) -> str:
    return f"got stuck: its loss stays at {_short(each.mean(lambda run: run.train))} ({_guessing(each)})"


def _blew_up(each: Candidate) -> str:
    if any(run.history.end is not None and run.history.end.stopped == "diverged" for run in each.runs):
        return f"blew up: after {_epochs(each)} its loss was no number any more; its steps are too large"
    peak = max((loss for run in each.runs for loss in run.history.train_loss if math.isfinite(loss)), default=math.inf)
    return f"blew up: its loss reached {_short(peak)} ({_guessing(each)}); its steps are too large"


_TOLD = {
    **{LEARNED: _learned, LEARNING: _still_learning, LEVELLED: _levelled_off, OVERFITTED: _overfitted},
    **{CRAWLED: _crawled, STUCK: _got_stuck, BLEW_UP: _blew_up, UNKNOWN: _of_too_few},
}


def _loss(each: Candidate) -> str:
    return _short(each.loss) + (f" ± {each.spread:.2g}" if each.spread is not None else "")


def _short(loss: float | None) -> str:
    """In three digits."""
    return number(loss) if loss is None or not math.isfinite(loss) else f"{loss:.3g}"


def _epochs(each: Candidate) -> str:
    return count(min(len(run.history) for run in each.runs), "epoch")


def _guessing(each: Candidate) -> str:
    return f"guessing gives {_short(each.mean(lambda run: run.guessing))}"


def _right(each: Candidate) -> str:
    return "" if each.score is None else f", {_score(each)}"


def _in_brackets(each: Candidate) -> str:
    return "" if each.score is None else f" ({_score(each)})"


def _score(each: Candidate) -> str:
    assert each.score is not None
    return f"{percent(each.score)} right" if each.classifies else f"R² {each.score:.3f}"


def _listed(candidates: Sequence[Candidate]) -> str:
    *first, last = [each.label for each in candidates]
    return f"{', '.join(first)} and {last}" if first else last
