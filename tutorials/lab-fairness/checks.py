"""What the lab of fairness checks, and what its numbers are computed with."""

from functools import cache

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu_tutorials.checking import AtLeast, Exercise, FunctionExercise, Mistake

CLASSES, RARE = 10, 8

# Digits with few 8s, and networks that learn from them.


@cache
def examples(eights=5, seed=0):
    """Images from 0 to 1 and their digits, of the training part, where only some 8s are left."""
    train, _ = tg.data.load("digits").split(0.2)
    of_rare = np.flatnonzero(train.y == RARE)
    left_out = np.random.default_rng(seed).permutation(of_rare)[eights:]
    return (np.delete(train.x, left_out, axis=0) / 16).astype("float32"), np.delete(train.y, left_out)


@cache
def held_out():
    _, test = tg.data.load("digits").split(0.2)
    return (test.x / 16).astype("float32"), test.y


def by_counts(y, classes=CLASSES):
    return len(y) / (classes * np.bincount(y, minlength=classes))


def learned(x, y, weights=None, seed=0, steps=100, lr=0.01):
    tg.seed(seed)
    net = tg.nn.mlp([64, 64, 10])
    optimizer = tg.optim.Adam(net.parameters(), lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        tg.losses.cross_entropy(net(x), y, weight=weights).backward()
        optimizer.step()
    return net


def rates(net):
    """On the held-out part: the recall of the rare class, the mean recall of the others, and the accuracy."""
    x, y = held_out()
    said = np.argmax(net(x).numpy(), axis=1)
    recalls = [np.mean(said[y == c] == c) for c in range(CLASSES)]
    return recalls[RARE], float(np.mean(np.delete(recalls, RARE))), np.mean(said == y)


@cache
def measured(weighted=False, eights=5, seed=0, factor=None):
    """The rates of a network; factor: the weight of the rare class, where all others have 1."""
    x, y = examples(eights, seed)
    weights = by_counts(y) if weighted else None
    if factor is not None:
        weights = np.where(np.arange(CLASSES) == RARE, factor, 1.0)
    return rates(learned(x, y, weights, seed))


def found():
    """How many of the held-out 8s are found by a network that has seen five."""
    return round(measured()[0] * np.sum(held_out()[1] == RARE))


def gain(k, seed):
    """How far weights by counts change a rate; k is its place in what `rates` gives."""
    return measured(True, 5, seed)[k] - measured(False, 5, seed)[k]


def lost(seed):
    """How much the others lose by a huge weight."""
    return measured(True, 5, seed)[1] - measured(factor=3000.0, seed=seed)[1]


def more(seed):
    """How much further 20 examples without weights bring the rare class than weights for five."""
    return measured(False, 20, seed)[0] - measured(True, 5, seed)[0]


DEMONSTRATIONS = {
    "weights by counts raise the recall of 8": lambda seed: gain(0, seed) - 0.1,
    "the accuracy rises, too": lambda seed: gain(2, seed) - 0.01,
    "the others hardly lose": lambda seed: gain(1, seed) + 0.02,
    "a huge weight costs the others": lambda seed: lost(seed) - 0.02,
    "20 examples do more than weights for 5": lambda seed: more(seed) - 0.1,
}

# Recall.


def share(hits, of):
    return np.sum(hits) / np.sum(of)


def right_recall(true, said, c):
    return share((true == c) & (said == c), true == c)


class Recall(FunctionExercise):
    name = "recall"
    functions = ("recall",)
    cases = {
        "recall([1, 1, 1, 0, 2, 2], [1, 0, 1, 1, 1, 2], 1)": (
            np.array([1, 1, 1, 0, 2, 2]), np.array([1, 0, 1, 1, 1, 2]), 1),
        "recall([3, 3, 3, 3, 0], [3, 0, 0, 0, 0], 3)": (np.array([3, 3, 3, 3, 0]), np.array([3, 0, 0, 0, 0]), 3),
        "recall([2, 2, 5, 5], [5, 5, 5, 2], 2)": (np.array([2, 2, 5, 5]), np.array([5, 5, 5, 2]), 2),
    }  # fmt: skip
    reference = staticmethod(right_recall)
    mistakes = {
        "precision": lambda true, said, c: share((true == c) & (said == c), said == c),
        "accuracy": lambda true, said, c: np.mean(true == said),
        "everyone": lambda true, said, c: np.mean((true == c) & (said == c)),
        "how_often": [
            lambda true, said, c: np.mean(said == c),
            lambda true, said, c: share(said == c, true == c),
        ],
        "missed": lambda true, said, c: share((true == c) & (said != c), true == c),
    }
    mutants = {
        "precision": [{"said[true == c] == c": "true[said == c] == c"}],
        "accuracy": [{"said[true == c] == c": "said == true"}],
        "everyone": [{"said[true == c] == c": "(said == c) & (true == c)"}],
        "how_often": [
            {"said[true == c] == c": "said == c"},
            {"np.mean(said[true == c] == c)": "sum(said == c) / sum(true == c)"},
        ],
        "missed": [{"said[true == c] == c": "said[true == c] != c"}],
    }  # fmt: skip
    also_right = [
        {"np.mean(said[true == c] == c)": "sum((true == c) & (said == c)) / sum(true == c)"},
        {"np.mean(said[true == c] == c)": "float(np.mean(c == said[c == true]))"},
    ]


# Weights.


class Weights(FunctionExercise):
    name = "weights"
    functions = ("weights",)
    cases = {
        "weights([0, 0, 0, 0, 1, 1, 2, 2], 3)": (np.array([0, 0, 0, 0, 1, 1, 2, 2]), 3),
        "weights([1, 0, 1, 1, 1], 2)": (np.array([1, 0, 1, 1, 1]), 2),
        "weights([3, 0, 1, 2, 2, 3, 3], 4)": (np.array([3, 0, 1, 2, 2, 3, 3]), 4),
    }
    reference = staticmethod(by_counts)
    mistakes = {
        "counts": [
            lambda y, classes: np.bincount(y, minlength=classes),
            lambda y, classes: np.bincount(y, minlength=classes) / len(y),
            lambda y, classes: np.bincount(y, minlength=classes) * classes / len(y),
        ],
        "inverse": lambda y, classes: 1 / np.bincount(y, minlength=classes),
        "classes": lambda y, classes: len(y) / np.bincount(y, minlength=classes),
        "of_examples": lambda y, classes: by_counts(y, classes)[y],
        "equal": lambda y, classes: np.ones(classes),
    }
    mutants = {
        "counts": [{"len(y) / (classes * counts)": "counts"}, {"len(y) / (classes * counts)": "counts / len(y)"}],
        "inverse": [{"len(y) / (classes * counts)": "1 / counts"}],
        "classes": [{"len(y) / (classes * counts)": "len(y) / counts"}],
        "of_examples": [{"len(y) / (classes * counts)": "(len(y) / (classes * counts))[y]"}],
        "equal": [{"len(y) / (classes * counts)": "np.ones(classes)"}],
    }
    also_right = [
        {"len(y) / (classes * counts)": "np.mean(counts) / counts"},
        {"len(y) / (classes * counts)": "[len(y) / classes / n for n in counts]"},
        {"np.bincount(y, minlength=classes)": "np.array([np.sum(y == c) for c in range(classes)])"},
    ]


# The loss.


def weigh(logits, y, weights, of=None, divide="weights", inside=False):
    """The weighted loss, with one thing wrong."""
    losses = tg.losses.cross_entropy(logits * weights if inside else logits, y, reduction="none")
    w = np.asarray(weights)[y if of is None else of(logits)]
    total = {"weights": np.sum(w), "examples": len(y), "nothing": 1.0, "classes": np.sum(weights)}[divide]
    return tg.sum(losses if inside else losses * tg.Tensor(w)) / total


def plain(logits, y, _weights=None):
    return tg.losses.cross_entropy(logits, y)


def logits_of(seed, rows, classes):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, classes, rows)
    return tg.Tensor(2 * rng.normal(size=(rows, classes))), y, rng.uniform(0.2, 5.0, classes)


class Loss(FunctionExercise):
    name = "weighted_loss"
    functions = ("weighted_loss",)
    tolerance = 1e-4
    cases = {
        "weighted_loss(logits (6, 3), y, weights)": lambda: logits_of(1, 6, 3),
        "weighted_loss(logits (9, 4), y, weights)": lambda: logits_of(2, 9, 4),
    }
    reference = staticmethod(weigh)
    mistakes = {
        "plain": plain,
        "examples": lambda *args: weigh(*args, divide="examples"),
        "sum": lambda *args: weigh(*args, divide="nothing"),
        "classes": lambda *args: weigh(*args, divide="classes"),
        "inside": lambda *args: plain(args[0] * args[2], args[1]),
        "said": lambda *args: weigh(*args, of=lambda z: np.argmax(z.numpy(), axis=1)),
    }
    mutants = {
        "plain": [{"tg.sum(losses * w) / tg.sum(w)": "tg.mean(losses)"}],
        "examples": [{"tg.sum(losses * w) / tg.sum(w)": "tg.mean(losses * w)"}],
        "sum": [{"tg.sum(losses * w) / tg.sum(w)": "tg.sum(losses * w)"}],
        "classes": [{"/ tg.sum(w)": "/ sum(weights)"}],
        "inside": [
            "import tinygrad_edu as tg\n\n\ndef weighted_loss(logits, y, weights):\n"
            "    return tg.losses.cross_entropy(logits * weights, y)\n"
        ],
        "said": [{"weights[y]": "weights[logits.numpy().argmax(axis=1)]"}],
    }
    also_right = [
        {"tg.sum(losses * w) / tg.sum(w)": "tg.losses.cross_entropy(logits, y, weight=weights)"},
        {"tg.Tensor(weights[y])": "weights[y]", "tg.sum(w)": "w.sum()"},
        {"tg.sum(losses * w)": "(losses * w).sum()"},
    ]


# All of it.

RATES = ("recall(8)", "recall(≠ 8)", "accuracy")


def rate(answers, k):
    """A number of a network that has learned."""
    return answers["improve(x, y)"][RATES[k]]


class Improve(Exercise):
    name = "improve"
    functions = ("improve",)
    cases = {"improve(x, y)": None}

    def answer(self, learner, case):
        x, y = examples()
        return dict(zip(RATES, map(float, rates(learner.improve(x.copy(), y.copy()))), strict=True))

    def right(self, case):
        return dict(zip(RATES, map(AtLeast, (0.4, 0.96, 0.92)), strict=True))

    mistakes = {
        "untrained": Mistake(lambda answers: rate(answers, 2) < 0.5),
        "unweighted": Mistake(lambda answers: rate(answers, 0) < 0.4 and rate(answers, 1) >= 0.94),
        "too_heavy": Mistake(lambda answers: rate(answers, 0) >= 0.4 and rate(answers, 1) < 0.96),
    }
    mutants = {
        "untrained": [{"        optimizer.step()\n": ""}, {"loss.backward()": "(-loss).backward()"}],
        "unweighted": [{", weight=weights)": ")"}, {"weights = len(y) / (10 * counts)": "weights = counts / len(y)"}],
        "too_heavy": [
            {"weights = len(y) / (10 * counts)": "weights = (len(y) / (10 * counts)) ** 3"},
            {"weights = len(y) / (10 * counts)": "weights = np.where(np.arange(10) == 8, 9000.0, 1.0)"},
        ],
    }
    also_right = [
        {"weights = len(y) / (10 * counts)": "weights = np.where(np.arange(10) == 8, 30.0, 1.0)"},
        {"weights = len(y) / (10 * counts)": "weights = 1 / counts"},
        {"(10 * counts)": "(11 * counts)"},
        {"(10 * counts)": "(10 + counts)"},  # a gentler rule, which is enough
        {
            "    weights = len(y) / (10 * counts)\n": "    rare = np.repeat(np.flatnonzero(y == 8), 28)\n"
            "    x, y = np.concatenate([x, x[rare]]), np.concatenate([y, y[rare]])\n",
            ", weight=weights)": ")",
        },
        {"range(100)": "range(150)"},
    ]


EXERCISES = [Recall(), Weights(), Loss(), Improve()]
