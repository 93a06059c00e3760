"""Which of several settings is better, as far as the seeds and the examples tell.

Two settings are compared seed by seed, as these share data, first weights and order: by the logarithm of the ratio of
their losses, as losses differ by factors. They tie if Student's paired t-test at 95 % cannot tell them apart, or if the
difference is of no use. With one seed there is no spread to judge by, and the examples must do: the mean loss of m
examples is uncertain by about 1/√m of itself, as a loss scatters about as much as its mean. What blew up
with each seed does not tie with what did not, however much it scatters.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import mean, stdev

from .candidate import Candidate, same_numbers
from .run_word import BLEW_UP, word

# Student's t: in 5 % of all cases chance alone goes beyond it, in one direction or the other (two-sided), by degrees of
# freedom from 1 on.
STUDENT = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14, 2.13, 2.12, 2.11, 2.10)
NO_USE = 0.01  # of the loss of guessing: a smaller difference changes nothing, and a smaller loss counts as this one


def best_of(candidates: Sequence[Candidate]) -> Candidate | None:
    """The one with the lowest mean loss; None if all blew up."""
    finite = [each for each in candidates if math.isfinite(each.loss)]
    return min(finite, key=lambda each: each.share, default=None)


def tied_with(best: Candidate, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Those that cannot be told from the best one; those of the same numbers, too."""
    return [each for each in candidates if each is not best and (same_numbers(best, each) or _tie(best, each))]


def _tie(better: Candidate, worse: Candidate) -> bool:
    if not math.isfinite(worse.loss):
        return False
    if differ_in_no_use([better, worse]):
        return True
    if _blew_up(worse, better) and not _blew_up(better, better):
        return False
    pairs = zip(better.runs, worse.runs, strict=True)
    ratios = [math.log(max(b.share, NO_USE) / max(a.share, NO_USE)) for a, b in pairs]
    if len(ratios) == 1:
        examples = better.first.judged.examples
        return ratios[0] < (2 / math.sqrt(examples) if examples else 0.0)
    t = STUDENT[min(len(ratios) - 2, len(STUDENT) - 1)]
    return mean(ratios) <= t * stdev(ratios) / math.sqrt(len(ratios))


def _blew_up(each: Candidate, best: Candidate) -> bool:
    return all(word(run, best.share) == BLEW_UP for run in each.runs)


def differ_in_no_use(candidates: Sequence[Candidate]) -> bool:
    """Whether the losses of candidates are the same for all that they are good for."""
    shares = [each.share for each in candidates]
    return max(shares) - min(shares) < NO_USE


def groups(candidates: Sequence[Candidate]) -> list[list[Candidate]]:
    """Candidates of the same numbers, together; those that differ from all others by themselves."""
    found: list[list[Candidate]] = []
    for each in candidates:
        group = next((group for group in found if same_numbers(group[0], each)), None)
        if group is None:
            found.append([each])
        else:
            group.append(each)
    return found
