"""What lesson 1 checks, and what its numbers are computed with."""

import tinygrad_edu as tg
from tinygrad_edu_tutorials.checking import FunctionExercise

F, T = False, True

# For the numbers of the page: the two parts of pass_class, as lists of ((lectures, hours), passed).


def parts(seed=0):
    """What may be learned from, and what is held out."""
    halves = tg.data.load("pass_class", seed=seed).split(0.2, seed)
    return [list(zip(map(tuple, half.x.tolist()), (half.y == 1).tolist(), strict=True)) for half in halves]


def by_hand(seed=0):
    """The mistakes of "4 lectures and 5 hours" on the students held out."""
    return sum((lectures >= 4 and hours >= 5) != passed for (lectures, hours), passed in parts(seed)[1])


def by_learning(seed=0):
    """The mistakes of the learned number of points on them."""
    seen, unseen = ([(sum(student), passed) for student, passed in part] for part in parts(seed))
    return count(best(seen), unseen)


def by_heart(part, seed=0):
    """The mistakes of a table of all students seen, on part 0, those, or 1, those held out."""
    seen = dict(parts(seed)[0])
    return sum(seen.get(student, F) != passed for student, passed in parts(seed)[part])


# Counting mistakes, as it should be, and with one thing wrong.


def count(threshold, examples):
    return sum((hours >= threshold) != passed for hours, passed in examples)


CLASS = [(2, F), (9, T), (4, F), (6, F), (7, T), (3, T), (8, T), (1, F), (5, F), (10, T)]
FEW = [(2, T), (4, F), (5, T), (6, F), (5, F), (1, T), (9, T)]


class Count(FunctionExercise):
    name = "count"
    functions = ("mistakes",)
    cases = {
        "mistakes(5, [(2, False), (9, True), (4, False), (6, False), ...])": (5, CLASS),
        "mistakes(2.5, [(2, False), (9, True), (4, False), (6, False), ...])": (2.5, CLASS),
        "mistakes(5, [(2, True), (4, False), (5, True), (6, False), ...])": (5, FEW),
        "mistakes(9, [(9, True)])": (9, [(9, T)]),
    }
    reference = staticmethod(count)
    mistakes = {
        "above": lambda threshold, examples: sum((hours > threshold) != passed for hours, passed in examples),
        "right_ones": lambda threshold, examples: len(examples) - count(threshold, examples),
        "promised": lambda threshold, examples: sum(hours >= threshold and not passed for hours, passed in examples),
        "missed": lambda threshold, examples: sum(hours < threshold and passed for hours, passed in examples),
    }
    mutants = {
        "above": [{"hours >= threshold": "hours > threshold"}],
        "right_ones": [{"says != passed": "says == passed"}, {"hours >= threshold": "hours < threshold"}],
        "promised": [{"says != passed": "says and not passed"}],
        "missed": [{"says != passed": "passed and not says"}],
    }
    also_right = [
        {"says != passed": "says is not passed"},
        {"hours >= threshold": "not hours < threshold"},
    ]


# A learned rule, as it should be, and with one thing wrong.


def learned(better):
    """A function that keeps a candidate when it is better than the best so far."""

    def learn(seen):
        found = seen[0][0]
        for candidate, _ in seen:
            if better(candidate, found, seen):
                found = candidate
        return found

    return learn


best = learned(lambda new, old, seen: count(new, seen) < count(old, seen))


def ruling(learn=best):
    return lambda seen, new: [hours >= learn(seen) for hours in new]


def commonest(seen, new):
    return [2 * sum(passed for _, passed in seen) > len(seen)] * len(new)


def memorised(unknown):
    return lambda seen, new: [dict(seen).get(hours, unknown) for hours in new]


def nearest(seen, new):
    return [min(seen, key=lambda row: abs(row[0] - hours))[1] for hours in new]


SEEN = [*CLASS, (0, F)]
LENIENT = [(6, T), (3, T), (1, F), (4, T), (2, F), (8, T), (7, T), (5, F)]
BETTER = "mistakes(candidate, seen) < mistakes(best, seen)"
SAYS = "return [hours >= threshold for hours in new]"


class Rule(FunctionExercise):
    name = "rule"
    functions = ("rule",)
    cases = {
        "rule([(2, False), (9, True), (4, False), ...], [7, 3, 2, 9, 6, 10.5])": (SEEN, [7, 3, 2, 9, 6, 10.5]),
        "rule([(6, True), (3, True), (1, False), ...], [3, 5, 2, 7, 0.5, 4])": (LENIENT, [3, 5, 2, 7, 0.5, 4]),
    }
    reference = staticmethod(ruling())
    mistakes = {
        "memorised": [memorised(F), memorised(T), nearest],
        "commonest": commonest,
        "worst": ruling(learned(lambda new, old, seen: count(new, seen) > count(old, seen))),
        "lowest": [ruling(learned(lambda new, old, seen: new < old)), lambda seen, new: [T] * len(new)],
        "highest": ruling(learned(lambda new, old, seen: new > old)),
        "reversed": lambda seen, new: [hours < best(seen) for hours in new],
        "above": lambda seen, new: [hours > best(seen) for hours in new],
    }
    mutants = {
        "memorised": [
            {SAYS: "return [dict(seen).get(hours, False) for hours in new]"},
            {SAYS: "return [dict(seen).get(hours, True) for hours in new]"},
            {SAYS: "return [min(seen, key=lambda s: abs(s[0] - h))[1] for h in new]"},
        ],
        "commonest": [{SAYS: "return [sum(p for _, p in seen) > len(seen) / 2 for _ in new]"}],
        "worst": [{BETTER: "mistakes(candidate, seen) > mistakes(best, seen)"}],
        "lowest": [{BETTER: "candidate < best"}],
        "highest": [{BETTER: "candidate > best"}],
        "reversed": [{"hours >= threshold for": "hours < threshold for"}],
        "above": [{"hours >= threshold for": "hours > threshold for"}],
    }
    also_right = [
        {BETTER: "mistakes(candidate, seen) <= mistakes(best, seen)"},
        {"threshold = learn(seen)": "threshold = min((h for h, _ in seen), key=lambda h: mistakes(h, seen))"},
    ]


# Measuring, as it should be, and on the wrong part.


def measuring(learn_from, measure_on):
    def measured(examples, held_out):
        part = {"all": examples, "seen": examples[:-held_out], "unseen": examples[-held_out:]}
        return count(best(part[learn_from]), part[measure_on])

    return measured


FIRST = [(11, T), (5, T), (2, F), (7, T), (1, T), (4, T), (8, T), (6, F), (9, F), (10, F), (3, F)]
SECOND = [(1, F), (11, T), (6, T), (13, F), (2, T), (10, T), (14, T), (7, F), (12, F), (3, F), (5, F)]
LEARNED = "threshold = learn(seen)"


class Hunt(FunctionExercise):
    name = "hunt"
    functions = ("measured",)
    cases = {
        "measured([(11, True), (5, True), (2, False), ...], 5)": (FIRST, 5),
        "measured([(1, False), (11, True), (6, True), ...], 5)": (SECOND, 5),
    }
    reference = staticmethod(measuring("seen", "unseen"))
    stub_is = "peeked"  # it is the bug that they hunt
    mistakes = {
        "peeked": measuring("all", "unseen"),
        "chosen": measuring("unseen", "unseen"),
        "seen": [measuring("seen", "seen"), measuring("all", "seen")],
        "all": [measuring("seen", "all"), measuring("all", "all")],
    }
    mutants = {
        "peeked": [{LEARNED: "threshold = learn(examples)"}],
        "chosen": [{LEARNED: "threshold = learn(unseen)"}],
        "seen": [{"return mistakes(threshold, unseen)": "return mistakes(threshold, seen)"}],
        "all": [{"return mistakes(threshold, unseen)": "return mistakes(threshold, examples)"}],
    }
    also_right = [{LEARNED: "threshold = learn(examples[:-held_out])"}]


EXERCISES = [Count(), Rule(), Hunt()]

DEMONSTRATIONS = {
    "the learned rule is better than the one by hand": lambda seed: by_hand(seed) - by_learning(seed) - 3,
    "a table is worse than the learned rule": lambda seed: by_heart(1, seed) - by_learning(seed) - 3,
}
