"""What lesson 15 checks, and what its numbers are computed with."""

from functools import cache
from itertools import pairwise

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu_tutorials.checking import Exercise, FunctionExercise

# For the numbers of the page.


def right_stop(losses, patience):
    """The last epoch that is trained, and the best one up to there: the engine's own."""
    stopping, epoch = tg.train.EarlyStopping(patience), 0
    for epoch, loss in enumerate(losses, 1):
        stopping.update(epoch, loss)
        if stopping.should_stop:
            break
    return epoch, stopping.best_epoch


def network():
    return tg.nn.mlp([2, 64, 64, 1], dtype="float64")


def learn(train, held_out, seed, epochs, stopping=None):
    """A trained network, and its history."""
    tg.seed(seed)
    model = network()
    events = tg.train.fit(
        *(model, train, "binary_cross_entropy", tg.optim.AdamW(model.parameters(), lr=0.005)),
        **{"validation": held_out, "epochs": epochs, "early_stopping": stopping, "seed": seed},
    )
    return model, tg.train.History.of(events)


@cache
def trained(seed):
    """The run of the page, to its end."""
    train, held_out = tg.data.load("moons", 1000, noise=0.3, seed=seed).split(0.94, seed=seed)
    return learn(train, held_out, seed, 200)[1]


def stop(seed, patience):
    return right_stop(trained(seed).validation_loss, patience)[0]


def at_stop(seed, patience):
    """The held-out loss of the last epoch that is trained."""
    return trained(seed).validation_loss[stop(seed, patience) - 1]


def kept(seed, patience):
    """The held-out loss of the weights that are kept."""
    return min(trained(seed).validation_loss[: stop(seed, patience)])


@cache
def small_parts(seed):
    """Of ten runs that choose their epoch by 20 examples: its loss on these, and on 920 fresh ones."""
    losses = []
    for k in range(10 * seed, 10 * seed + 10):
        train, rest = tg.data.load("moons", 1000, noise=0.3, seed=k).split(0.94, seed=k)
        fresh, held_out = rest.split(20 / 940, seed=k)
        model, history = learn(train, held_out, k, 100, tg.train.EarlyStopping(patience=100))
        answers = model(tg.Tensor(fresh.x, dtype="float64")).reshape(-1)
        unseen = tg.losses.binary_cross_entropy(answers, fresh.y.astype(float)).item()
        losses.append((min(history.validation_loss), unseen))
    return tuple(np.mean(losses, axis=0))


def rises(losses):
    """How many steps go up."""
    return sum(after > before for before, after in pairwise(losses))


DEMONSTRATIONS = {
    "patience 10 keeps better weights than 200 epochs": lambda seed: (
        trained(seed).validation_loss[-1] - kept(seed, 10) - 0.05
    ),
    "it stops within a tenth of the epochs": lambda seed: 20.5 - stop(seed, 10),
    "a small part that chose the epoch flatters it": lambda seed: small_parts(seed)[1] - small_parts(seed)[0] - 0.1,
}


# The exercises. Losses of epochs, and a patience.

RUNS = {
    f"{losses}, {patience}": (losses, patience)
    for losses, patience in (
        ([0.7, 0.52, 0.45, 0.47, 0.43, 0.44, 0.46, 0.48, 0.41], 3),
        ([0.9, 0.5, 0.5, 0.5, 0.6, 0.4], 2),
        ([0.5, 0.9, 0.8, 0.7, 0.6, 0.3], 4),
        ([0.5, 0.6, 0.4, 0.5, 0.3, 0.2], 2),
        ([0.3, 0.4, 0.2], 1),
    )
}


def stopping(reset=True, wait=lambda patience: patience):
    """The last epoch and the best one, with one thing wrong."""

    def stops_at(losses, patience):
        best, best_epoch, waited, epoch = float("inf"), 0, 0, 0
        for epoch, loss in enumerate(losses, 1):
            if loss < best:
                best, best_epoch, waited = loss, epoch, 0 if reset else waited
            else:
                waited += 1
                if waited == wait(patience):
                    break
        return epoch, best_epoch

    return stops_at


IN_VAIN = """            waited += 1
            if waited == patience:
                break
"""


class StopsAt(FunctionExercise):
    name = "stops_at"
    functions = ("stops_at",)
    forbids = ("train.EarlyStopping",)
    cases = {f"stops_at({run})": given for run, given in RUNS.items()}
    reference = staticmethod(right_stop)
    mistakes = {
        "first": stopping(wait=lambda patience: 1),
        "off_by_one": [stopping(wait=lambda patience: patience + 1), stopping(wait=lambda patience: patience - 1)],
        "total": stopping(reset=False),
    }
    mutants = {
        "first": [{IN_VAIN: "            break\n"}],
        "off_by_one": [
            {IN_VAIN: "            if waited == patience:\n                break\n            waited += 1\n"},
            {"waited == patience": "waited > patience"},
            {"waited == patience": "waited == patience - 1"},
        ],
        "total": [{"best, best_epoch, waited = loss, epoch, 0\n": "best, best_epoch = loss, epoch\n"}],
    }
    shortcuts = [
        """import tinygrad_edu as tg


def stops_at(losses, patience):
    stopping = tg.train.EarlyStopping(patience)
    for epoch, loss in enumerate(losses, 1):
        stopping.update(epoch, loss)
        if stopping.should_stop:
            break
    return epoch, stopping.best_epoch
"""
    ]
    also_right = [
        {"waited == patience": "waited >= patience"},
        {
            "            if waited == patience:\n                break\n": (
                "            if epoch - best_epoch >= patience:\n                return epoch, best_epoch\n"
            )
        },
    ]


class Stopping:
    """What the learner writes, with one thing wrong."""

    def __init__(self, patience, keep="best", reset=True, compare="lowest", shift=0):
        self.patience, self.best, self.weights, self.waited = patience, float("inf"), None, 0
        self.keep, self.reset, self.compare, self.shift = keep, reset, compare, shift

    def update(self, loss, weights):
        better = loss <= self.best if self.compare == "equal" else loss < self.best
        if better or self.compare == "previous":
            self.best = loss
        if better or self.keep == "last":
            self.weights = weights if self.keep == "named" else [w.copy() for w in weights]
        self.waited = self.waited + 1 if not better else 0 if self.reset else self.waited
        return self.waited >= self.patience + self.shift


class EarlyStop(Exercise):
    name = "early_stop"
    functions = ("EarlyStop",)
    forbids = ("train.EarlyStopping",)
    cases = RUNS

    def watched(self, case, make):
        """Arrays that change in place in each epoch, until it says stop; and after that, once more."""
        losses, patience = self.given(case)
        weights, watching, epoch = [np.zeros((2, 2)), np.zeros(3)], make(patience), 0
        for epoch, loss in enumerate(losses, 1):
            weights[0] += epoch
            weights[1] -= 0.5
            if watching.update(loss, weights):
                break
        for array in weights:
            array[...] = 99.0
        return {"epochs": epoch, "stop.best": watching.best, "stop.weights": watching.weights}

    def answer(self, learner, case):
        return self.watched(case, learner.EarlyStop)

    def right(self, case):
        losses, patience = self.given(case)
        epochs, best_epoch = right_stop(losses, patience)
        moved = [np.full((2, 2), best_epoch * (best_epoch + 1) / 2), np.full(3, -0.5 * best_epoch)]
        return {"epochs": epochs, "stop.best": losses[best_epoch - 1], "stop.weights": moved}

    def wrong(self, model, case):
        return self.watched(case, model)

    mistakes = {
        "reference": lambda patience: Stopping(patience, keep="named"),
        "last": lambda patience: Stopping(patience, keep="last"),
        "off_by_one": [lambda patience: Stopping(patience, shift=1), lambda patience: Stopping(patience, shift=-1)],
        "total": lambda patience: Stopping(patience, reset=False),
        "previous": lambda patience: Stopping(patience, compare="previous"),
        "equal": lambda patience: Stopping(patience, compare="equal"),
    }
    mutants = {
        "reference": [
            {"[w.copy() for w in weights]": "weights"},
            {"[w.copy() for w in weights]": "list(weights)"},
            {"[w.copy() for w in weights]": "weights.copy()"},
        ],
        "last": [
            {
                "            self.weights = [w.copy() for w in weights]\n": "",
                "        return": "        self.weights = [w.copy() for w in weights]\n        return",
            }
        ],
        "off_by_one": [
            {"self.waited >= self.patience": "self.waited > self.patience"},
            {"self.waited >= self.patience": "self.waited >= self.patience - 1"},
        ],
        "total": [{"            self.waited = 0\n        else": "        else"}],
        "previous": [
            {
                "            self.best = loss\n": "",
                "        return": "        self.best = loss\n        return",
            }
        ],
        "equal": [{"loss < self.best": "loss <= self.best"}],
    }
    shortcuts = [
        {
            "        self.waited = 0\n\n": "        import tinygrad_edu as tg\n"
            "        self.watching = tg.train.EarlyStopping(patience)\n\n"
        }
    ]
    also_right = [
        {"[w.copy() for w in weights]": "[1 * w for w in weights]"},
        {"class": "import copy\n\n\nclass", "[w.copy() for w in weights]": "copy.deepcopy(weights)"},
        {
            "        else:\n            self.waited += 1\n": "            return False\n        self.waited += 1\n",
            "self.waited >= self.patience": "self.waited == self.patience",
        },
    ]


# The bug hunt: y = w x.

FITS_2 = [(1.0, 2.0), (2.0, 4.0), (0.5, 1.0)]
FITS_1 = [(1.0, 1.0), (-1.0, -1.0)]
NOISY_2 = [(1.0, 2.2), (-1.5, -2.9), (0.5, 0.8)]
NOISY_1 = [(1.0, 1.3), (-0.5, -0.2), (2.0, 1.9)]


def measured(w, part):
    return sum((w * x - y) ** 2 for x, y in part) / len(part)


def slope(w, part):
    return sum(2.0 * x * (w * x - y) for x, y in part) / len(part)


def hunted(watched=lambda train, held_out: held_out, learned=lambda train, held_out: train):
    """The best w by what is watched, learned from a part."""

    def train(train_part, held_out, epochs, patience, lr=0.1):
        watch, part = watched(train_part, held_out), learned(train_part, held_out)
        places = [0.0]
        for _ in range(epochs):
            places.append(places[-1] - lr * slope(places[-1], part))
        epoch, best = right_stop([measured(w, watch) for w in places[1:]], patience)
        return places[best], epoch

    return train


def both(train, held_out):
    return train + held_out


class Hunt(FunctionExercise):
    name = "hunt"
    functions = ("train",)
    cases = {
        "train([(1, 2), (2, 4), (0.5, 1)], [(1, 1), (-1, -1)], 25, 3)": (FITS_2, FITS_1, 25, 3),
        "train([(1, 2.2), (-1.5, -2.9), (0.5, 0.8)], [(1, 1.3), (-0.5, -0.2), (2, 1.9)], 20, 2, 0.05)": (
            *(NOISY_2, NOISY_1, 20, 2, 0.05),
        ),
    }
    reference = staticmethod(hunted())
    stub_is = "training"  # it is the bug that they hunt
    mistakes = {
        "training": hunted(watched=lambda train, held_out: train),
        "leaked": [
            hunted(learned=lambda train, held_out: held_out),
            hunted(learned=both),
            hunted(watched=lambda train, held_out: train, learned=lambda train, held_out: held_out),
        ],
        "together": hunted(watched=both),
    }
    mutants = {
        "training": [{"measure(w, held_out)": "measure(w, train_part)"}],
        "leaked": [
            {"slope(w, train_part)": "slope(w, held_out)"},
            {"slope(w, train_part)": "slope(w, train_part + held_out)"},
            {"slope(w, train_part)": "slope(w, held_out)", "measure(w, held_out)": "measure(w, train_part)"},
        ],
        "together": [{"measure(w, held_out)": "measure(w, train_part + held_out)"}],
    }
    also_right = [{"measure(w, held_out)": "1 * measure(w, held_out)"}]


EXERCISES = [StopsAt(), EarlyStop(), Hunt()]
