"""What lesson 13 checks, and what its numbers are computed with."""

from functools import cache

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu_tutorials.checking import FunctionExercise

# For the numbers of the page.


@cache
def trained(seed, rows=60, sizes=(2, 64, 64, 1)):
    """What the page's run measures, with as many rows of 1000 to learn from."""
    train, held_out = tg.data.load("moons", n=1000, noise=0.3, seed=seed).split(1 - rows / 1000, seed=seed)
    tg.seed(seed)
    net = tg.nn.mlp(list(sizes), dtype="float64")
    optimizer = tg.optim.AdamW(net.parameters(), lr=0.005)
    run = tg.train.fit(net, train, "binary_cross_entropy", optimizer, validation=held_out, epochs=200, seed=seed)
    return tg.train.History.of(run)


def turned(seed):
    """By how much the held-out loss has risen at the end."""
    return trained(seed).validation_loss[-1] - min(trained(seed).validation_loss)


def learned_on(seed):
    """By how much the training loss has fallen since the turn."""
    losses = trained(seed).train_loss
    return losses[trained(seed).best_epoch - 1] - losses[-1]


DEMONSTRATIONS = {
    "the held-out loss falls, turns, and rises": lambda seed: turned(seed) - 0.05,
    "meanwhile the training loss falls on": lambda seed: learned_on(seed) - 0.1,
    "with ten times as many examples it ends lower": lambda seed: (
        trained(seed).validation_loss[-1] - trained(seed, 600).validation_loss[-1] - 0.1
    ),
    "a single neuron does not even learn its examples": lambda seed: trained(seed, sizes=(2, 1)).train_loss[-1] - 0.3,
}


def shape(history):
    """Which of the three the curves do."""
    losses = history.validation_loss
    if history.train_loss[-1] >= history.train_loss[99]:
        return "?"
    return "c" if losses[-1] > min(losses) + 0.05 else "a" if losses[-1] == min(losses) else "b"


def wrong(history, epoch):
    """How many of the held-out points are on the wrong side."""
    return 940 * (1 - history.validation_accuracy[epoch - 1])


def others():
    """The held-out points of the page."""
    return tg.data.load("moons", n=1000, noise=0.3, seed=1).split(0.94, seed=1)[1]


@cache
def best_possible():
    """The share of new points that the best rule of all has right: the likelier half circle, everywhere."""
    t = np.linspace(0, np.pi, 200)
    x, y = np.meshgrid(np.arange(-2.5, 3.5, 0.05), np.arange(-2.0, 2.5, 0.05))

    def density(cx, cy):
        squares = (x[..., None] - cx) ** 2 + (y[..., None] - cy) ** 2
        return np.exp(-squares / (2 * 0.3**2)).mean(axis=2) / (2 * np.pi * 0.3**2)

    upper, lower = density(np.cos(t), np.sin(t)), density(1 - np.cos(t), 0.5 - np.sin(t))
    return np.maximum(upper, lower).sum() * 0.05**2 / 2


def wrongness(net, dataset):
    """The logit of the wrong answer to each point: above 0 where a network is wrong."""
    logits = net(tg.Tensor(dataset.x, dtype="float64")).numpy().reshape(-1)
    return np.where(dataset.y == 1, -logits, logits)


def misplaced(net, dataset):
    return int((wrongness(net, dataset) > 0).sum())


def of_wrong_ones(net, dataset):
    """The mean loss of the points that a network has wrong."""
    z = wrongness(net, dataset)
    return np.logaddexp(0.0, z[z > 0]).mean()


# The epoch of the lowest held-out loss.


def turning(training, held_out):
    return int(np.argmin(held_out)) + 1


def first_rise(training, held_out):
    """The epoch before the first one that is worse than its predecessor."""
    return next(k for k in range(1, len(held_out)) if held_out[k] > held_out[k - 1])


def crossing(training, held_out):
    """The first epoch in which the held-out loss is above the training loss."""
    return next(k for k, (seen, unseen) in enumerate(zip(training, held_out, strict=True), 1) if unseen > seen)


CURVES = {
    "a": ([0.9, 0.7, 0.5, 0.4, 0.3, 0.2, 0.1], [0.8, 0.6, 0.65, 0.58, 0.5, 0.55, 0.7]),
    "b": ([0.7, 0.6, 0.5, 0.4, 0.35], [0.72, 0.5, 0.3, 0.52, 0.3]),
    "c": ([0.5, 0.3, 0.2, 0.15], [0.4, 0.45, 0.5, 0.6]),
}


class Turn(FunctionExercise):
    name = "turn"
    functions = ("turn",)
    cases = {f"turn({training}, {held_out})": (training, held_out) for training, held_out in CURVES.values()}
    reference = staticmethod(turning)
    mistakes = {
        "zero": lambda training, held_out: turning(training, held_out) - 1,
        "training": lambda training, held_out: turning(held_out, training),
        "highest": lambda training, held_out: int(np.argmax(held_out)) + 1,
        "value": lambda training, held_out: min(held_out),
        "first": first_rise,
        "crossed": crossing,
    }
    mutants = {
        "zero": [{"best + 1": "best"}],
        "training": [{"held_out[k] < held_out[best]": "training[k] < training[best]"}],
        "highest": [{"held_out[k] < held_out[best]": "held_out[k] > held_out[best]"}],
        "value": [{"return best + 1": "return held_out[best]"}],
        "first": [
            """def turn(training, held_out):
    for k in range(1, len(held_out)):
        if held_out[k] > held_out[k - 1]:
            return k
    return len(held_out)
"""
        ],
        "crossed": [
            """def turn(training, held_out):
    for k in range(len(held_out)):
        if held_out[k] > training[k]:
            return k + 1
"""
        ],
    }
    also_right = [
        """def turn(training, held_out):
    return held_out.index(min(held_out)) + 1
"""
    ]


# Split, standardize, learn by heart, measure.


def by_heart(x, y):
    """Answers as the nearest of its examples."""

    def answer(new):
        far = ((new[:, None] - x[None]) ** 2).sum(axis=2)
        return y[far.argmin(axis=1)]

    return answer


def standardized(x, of):
    return (x - of.mean(axis=0)) / of.std(axis=0)


def measured(table, n, label=False, of="training", measure="held_out"):
    """The right thing, or with one thing wrong."""
    x, y = (table if label else table[:, :-1]), table[:, -1]
    seen, unseen = x[:n], x[n:]
    if of == "apart":
        seen, unseen = standardized(seen, seen), standardized(unseen, unseen)
    elif of != "nothing":
        fitted = {"training": x[:n], "all": x, "held_out": x[n:]}[of]
        seen, unseen = standardized(seen, fitted), standardized(unseen, fitted)
    answer = by_heart(seen, y[:n])
    right_seen, right_unseen = answer(seen) == y[:n], answer(unseen) == y[n:]
    found = {
        "held_out": right_unseen,
        "training": right_seen,
        "all": np.concatenate([right_seen, right_unseen]),
        "wrong": ~right_unseen,
    }
    return float(found[measure].mean())


def students(seed, rows, spread):
    """Lectures, minutes of work, two numbers that say nothing, and whether they passed; in later rows the minutes are
    spread more widely."""
    rng = np.random.default_rng(seed)
    wide = np.ones((rows, 4))
    wide[:, 1] = np.linspace(1.0, spread, rows)
    x = rng.normal(size=(rows, 4)) * wide * [2.0, 150.0, 8.0, 3.0] + [6.0, 500.0, 170.0, 22.0]
    odds = (x[:, 0] - 6.0) / 2.0 + (x[:, 1] - 500.0) / 150.0 + rng.normal(0.0, 0.8, rows)
    return np.column_stack([x.round(1), odds > 0]).astype(float)


class SplitAndMeasure(FunctionExercise):
    name = "split_and_measure"
    functions = ("split_and_measure",)
    cases = {
        f"split_and_measure(table[:{rows}], {n})": (students(seed, rows, spread), n)
        for seed, rows, n, spread in ((8, 40, 16, 5.0), (4, 60, 25, 4.0), (10, 90, 30, 6.0))
    }
    reference = staticmethod(measured)
    mistakes = {
        "seen": lambda table, n: measured(table, n, measure="training"),
        "everything": lambda table, n: measured(table, n, measure="all"),
        "label": [
            lambda table, n: measured(table, n, label=True),
            lambda table, n: measured(table, n, label=True, of="all"),
        ],
        "leak": lambda table, n: measured(table, n, of="all"),
        "apart": lambda table, n: measured(table, n, of="apart"),
        "raw": lambda table, n: measured(table, n, of="nothing"),
        "wrong_ones": lambda table, n: measured(table, n, measure="wrong"),
    }
    mutants = {
        "seen": [
            {"answer(x[n:]) == y[n:]": "answer(x[:n]) == y[:n]"},
            {"learn(x[:n], y[:n])": "learn(x, y)"},
        ],
        "everything": [{"answer(x[n:]) == y[n:]": "answer(x) == y"}],
        "label": [
            {"x, y = table[:, :-1]": "x, y = table"},
            {
                "x, y = table[:, :-1]": "x, y = table",
                "x[:n].mean(axis=0), x[:n].std(axis=0)": "x.mean(axis=0), x.std(axis=0)",
            },
        ],
        "leak": [{"x[:n].mean(axis=0), x[:n].std(axis=0)": "x.mean(axis=0), x.std(axis=0)"}],
        "apart": [
            {
                "    x = (x - mean) / scale\n": (
                    "    late = (x[n:] - x[n:].mean(axis=0)) / x[n:].std(axis=0)\n"
                    "    x = np.concatenate([(x[:n] - mean) / scale, late])\n"
                )
            }
        ],
        "raw": [{"    x = (x - mean) / scale\n": ""}],
        "wrong_ones": [{"answer(x[n:]) == y[n:]": "answer(x[n:]) != y[n:]"}],
    }
    also_right = [
        {
            "    x = (x - mean) / scale\n": "",
            "learn(x[:n], y[:n])": "learn((x[:n] - mean) / scale, y[:n])",
            "answer(x[n:])": "answer((x[n:] - mean) / scale)",
        },
        {"    return (answer(x[n:]) == y[n:]).mean()": "    return float(np.mean(y[n:] == answer(x[n:])))"},
        # A common factor, or shift, changes nobody's nearest neighbour.
        {"x[:n].std(axis=0)": "x[:n].std(axis=0, ddof=1)"},
        {"x - mean": "x + mean"},
    ]


# A coin, and who foretold it.


def prophet(said, came, n, chosen="training", measure="held_out"):
    """How often the best prophet is right; chosen and measured on some of the tosses."""
    parts = {"training": slice(0, n), "held_out": slice(n, None), "all": slice(None)}
    best = (said == came)[:, parts[chosen]].mean(axis=1).argmax()
    return float((said == came)[best, parts[measure]].mean())


def tosses(seed, prophets=200, count=30):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 2, (prophets, count)), rng.integers(0, 2, count)


@cache
def over_years(chosen):
    """The mean of 200 such experiments."""
    return np.mean([prophet(*tosses(seed), 20, chosen) for seed in range(200)])


class Hunt(FunctionExercise):
    name = "hunt"
    functions = ("best_prophet",)
    cases = {
        "best_prophet(said, came, 20)": (*tosses(1), 20),
        "best_prophet(said[:50], came, 20)": (*tosses(2, 50), 20),
        "best_prophet(said, came, 10)": (*tosses(4), 10),
    }
    reference = staticmethod(prophet)
    stub_is = "peeked"  # it is the bug that they hunt
    mistakes = {
        "peeked": lambda *args: prophet(*args, chosen="all"),
        "chosen": lambda *args: prophet(*args, chosen="held_out"),
        "seen": [
            lambda *args: prophet(*args, measure="training"),
            lambda *args: prophet(*args, chosen="all", measure="training"),
        ],
        "all": [
            lambda *args: prophet(*args, measure="all"),
            lambda *args: prophet(*args, chosen="all", measure="all"),
        ],
    }
    mutants = {
        "peeked": [{"said[:, :n] == came[:n]": "said == came"}],
        "chosen": [{"said[:, :n] == came[:n]": "said[:, n:] == came[n:]"}],
        "seen": [
            {"said[best, n:] == came[n:]": "said[best, :n] == came[:n]"},
            {
                "said[best, n:] == came[n:]": "said[best, :n] == came[:n]",
                "said[:, :n] == came[:n]": "said == came",
            },
        ],
        "all": [
            {"said[best, n:] == came[n:]": "said[best] == came"},
            {"said[best, n:] == came[n:]": "said[best] == came", "said[:, :n] == came[:n]": "said == came"},
        ],
    }
    also_right = [{"(said[:, :n] == came[:n]).mean(axis=1)": "(said == came)[:, :n].sum(axis=1)"}]


EXERCISES = [Turn(), SplitAndMeasure(), Hunt()]
