"""What a comparison says: a sentence for each setting with the numbers that say so, and which one to take, if any."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from tinygrad_edu_words import _, grouped, ngettext

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


def in_short(found: Sequence[str], said: Callable[[str], str] = str) -> str:
    """The word of all runs of a candidate: "learned", or "learned 2/3"; by `_` in the language that is spoken."""
    word, times = Counter(found).most_common(1)[0]
    commonest = said(word)
    return commonest if times == len(found) else f"{commonest} {times}/{len(found)}"


def sentences(comparison: Comparison) -> Iterator[str]:
    """What the table means: one sentence for each candidate, and which one to take."""
    candidates = comparison.candidates
    counts = [each.first.judged.examples for each in candidates]
    if all(examples is not None and examples < TOO_FEW for examples in counts):
        text = ngettext(
            "{these} is too few to judge by: give more data.",
            "{these} are too few to judge by: give more data.",
            counts[0] or 0,
        )
        yield text.format(these=_measured(candidates[0]))
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
            text = _("{names} are the same run: their numbers are the same, to the last digit.")
            if comparison.changed:
                text = _("{names} made no difference: their numbers are the same, to the last digit.")
            yield text.format(names=_listed(group))
    candidates = [group[0] for group in together]
    best = best_of(candidates)
    if len(candidates) == 1:
        return
    if len({_problem(each.first) for each in candidates}) > 1:
        yield _("They had different problems to solve: compare the accuracy, not the losses.")
    elif unfair := _unfair(comparison):
        yield unfair
    elif found == {BLEW_UP} or best is None:
        lr = LEARNING_RATES[candidates[0].first.config.optimizer]
        yield _("All of them blew up: take smaller steps, --lr {rate} say.").format(rate=f"{lr:g}")
    elif best.share >= GUESSING and sum(run.train_share for run in best.runs) < BY_HEART * len(best.runs):
        yield _(
            "None of them learned what holds for other examples: they know their own by heart. Try more data, "
            "--dropout 0.5, --patience 10, or a smaller --net."
        )
    elif best.share >= GUESSING:
        yield _("None of them learned much: try other values, or a larger --net and more --epochs.")
    else:
        yield _taken(best, candidates)
        yield from _reservations(comparison, best)


def _taken(best: Candidate, candidates: Sequence[Candidate]) -> str:
    """The best one, or those that tie for it."""
    tied, seeds = tied_with(best, candidates), len(best.runs)
    over = ", " + _("on average over {n} seeds").format(n=seeds) if seeds > 1 else ""
    if not tied:
        others = sorted((each for each in candidates if each is not best), key=lambda each: each.loss)
        other = others[0]
        return _("Take {best}: on {examples} it has the lowest loss, {loss}; that of {other} is {its_loss}.").format(
            best=best.label,
            examples=_measured(best),
            loss=f"{_short(best.loss)}{_in_brackets(best)}{over}",
            other=other.label,
            its_loss=f"{_short(other.loss)}{_in_brackets(other)}",
        )
    group = [each for each in candidates if each is best or each in tied]
    losses = sorted(each.loss for each in group)
    others = [each for each in candidates if each not in group]
    rest = (
        ngettext("{names} is worse.", "{names} are worse.", len(others)).format(names=_listed(others)) if others else ""
    )
    if differ_in_no_use(group):
        why = _("differ by nothing that matters")
    else:
        why = _("differ too little")
        if seeds > 1:
            why = _("differ by no more than chance may; more seeds can tell more")
    text = _(
        "{names} tie: on {examples} their losses, {low} to {high}, {why}. Choose by something else: the time, or the "
        "simpler one."
    ).format(
        names=_listed(group),
        examples=_measured(best),
        low=_short(losses[0]),
        high=f"{_short(losses[-1])}{over}",
        why=why,
    )
    return f"{text} {rest}".rstrip()


def _reservations(comparison: Comparison, best: Candidate) -> Iterator[str]:
    """What the numbers cannot tell."""
    examples = best.first.judged.examples
    if examples is not None and examples < FEW:
        text = _("{n} held-out examples are few.")
        error = 0.0
        if best.classifies and best.score is not None:
            score = min(max(best.score, 0.1), 0.9)
            error = math.sqrt(score * (1 - score) / examples)
            text = _("{n} held-out examples are few: an accuracy that is measured on them is easily off by {error}.")
        yield text.format(n=examples, error=percent(round(error, 2)))
    if len(best.runs) > 1:
        return
    if comparison.changed is None:
        yield _("One run each: another seed may give another answer.")
    elif comparison.spared is not None:
        text = _("One seed each: --seeds 3 would show the spread, and take {time}.")
        yield text.format(time=_duration(comparison.spared))
    else:
        yield _("One seed each: another may give another answer; --seeds 3 shows the spread.")


def _duration(seconds: float) -> str:
    if seconds < 5400:
        return _("about {n} min").format(n=f"{max(seconds, 60) / 60:.0f}")
    return _("about {n} h").format(n=f"{seconds / 3600:.0f}")


def _measured(candidate: Candidate) -> str:
    judged = candidate.first.judged
    if judged.examples is None:
        return _("the held-out part")
    return count(judged.examples, "fresh example" if judged.fresh else "held-out example")


def _unfair(comparison: Comparison) -> str | None:
    """What is wrong with runs that made more updates than others because their batches are smaller."""
    updates = {each.label: each.updates for each in comparison.candidates if each.updates}
    if comparison.changed not in BATCHES or not updates or max(updates.values()) <= FAIR * min(updates.values()):
        return None
    most, least = max(updates, key=lambda k: updates[k] or 0), min(updates, key=lambda k: updates[k] or 0)
    return _(
        "At equal epochs {most} made {updates} of the weights, and {least} {fewer}: who makes more steps comes "
        "further. Compare at equal updates: leave --epochs out, or give --updates {n}."
    ).format(most=most, updates=count(updates[most], "update"), least=least, fewer=grouped(updates[least]), n=UPDATES)


def _problem(run: ComparedRun) -> tuple[object, ...]:
    """Losses can be compared where this is the same."""
    config = run.config
    return config.data, config.target, config.n, config.noise, config.validation, config.seed, config.loss


def _told(each: Candidate, found: Sequence[str]) -> str:
    if len(set(found)) == 1:
        return f" {_TOLD[found[0]](each)}"
    (first, times), *others = Counter(found).most_common()
    counted = [_("{word} in {n} of {all} seeds").format(word=_(first), n=times, all=len(found))]
    counted += [_("{word} in {n}").format(word=_(other), n=times) for other, times in others]
    its_loss = _("its loss is {loss} in the end").format(loss=f"{_loss(each)}{_right(each)}")
    return f": {', '.join(counted)}; {its_loss}"


def _learned(each: Candidate) -> str:
    return _("learned: its loss is {loss} in the end{right}").format(loss=_loss(each), right=_right(each))


def _of_too_few(each: Candidate) -> str:
    text = _("ends with a loss of {loss} on {examples}{right}: too few examples to tell")
    return text.format(loss=_loss(each), examples=_measured(each), right=_right(each))


def _still_learning(each: Candidate) -> str:
    text = _("is still learning: after {epochs} its loss is {loss}{right}, and it still falls; it needs more epochs")
    longer = ", " + _("or larger steps") if _steps(each) < 1 else ""
    return text.format(epochs=_epochs(each), loss=_loss(each), right=_right(each)) + longer


def _levelled_off(each: Candidate) -> str:
    text = _("levelled off: its loss is {loss} in the end{right}, and hardly falls any more")
    return text.format(loss=_loss(each), right=_right(each))


def _overfitted(each: Candidate) -> str:
    best, final = each.mean(lambda run: run.best), each.mean(lambda run: run.final)
    risen = "; " + _("its validation loss rose from {best} at best to {final}") if best != final else ""
    text = _("overfitted: its training loss came down to {train}, but on {examples} it is {loss} ({guessing}){right}")
    return text.format(
        train=_short(each.mean(lambda run: run.train)),
        examples=_measured(each),
        loss=_loss(each),
        guessing=_guessing(each),
        right=_right(each),
    ) + risen.format(best=_short(best), final=_short(final))


def _crawled(each: Candidate) -> str:
    steps, needs = _steps(each), _("many more steps")
    if steps != 1:
        needs = _("larger steps, or many more") if steps < 1 else _("smaller steps, or many more")
    return _("crawled: after {epochs} its loss is still {loss} ({guessing}); it needs {needs}").format(
        epochs=_epochs(each), loss=_short(each.mean(lambda run: run.train)), guessing=_guessing(each), needs=needs
    )


def _steps(each: Candidate) -> float:
    """The learning rate in units of what is usual for the optimizer."""
    config = each.first.config
    usual = LEARNING_RATES[config.optimizer]
    return (config.lr or usual) / usual


def _got_stuck(each: Candidate) -> str:
    text = _("got stuck: its loss stays at {loss} ({guessing})")
    return text.format(loss=_short(each.mean(lambda run: run.train)), guessing=_guessing(each))


def _blew_up(each: Candidate) -> str:
    if any(run.history.end is not None and run.history.end.stopped == "diverged" for run in each.runs):
        text = _("blew up: after {epochs} its loss was no number any more; its steps are too large")
        return text.format(epochs=_epochs(each))
    peak = max((loss for run in each.runs for loss in run.history.train_loss if math.isfinite(loss)), default=math.inf)
    text = _("blew up: its loss reached {loss} ({guessing}); its steps are too large")
    return text.format(loss=_short(peak), guessing=_guessing(each))


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
    return _("guessing gives {loss}").format(loss=_short(each.mean(lambda run: run.guessing)))


def _right(each: Candidate) -> str:
    return "" if each.score is None else f", {_score(each)}"


def _in_brackets(each: Candidate) -> str:
    return "" if each.score is None else f" ({_score(each)})"


def _score(each: Candidate) -> str:
    assert each.score is not None
    return (
        _("{share} right").format(share=percent(each.score))
        if each.classifies
        else _("R² {score}").format(score=f"{each.score:.3f}")
    )


def _listed(candidates: Sequence[Candidate]) -> str:
    *first, last = [each.label for each in candidates]
    return _("{names} and {last}").format(names=", ".join(first), last=last) if first else last
