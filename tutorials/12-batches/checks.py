"""What lesson 12 checks, and what its numbers are computed with."""

from functools import cache
from itertools import chain, islice

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu_tutorials.checking import Contract, Exercise, FunctionExercise, Mistake

# For the numbers of the page.


def steps_in_epoch(examples, size):
    """How many batches there are; the last one may be smaller."""
    return -(-examples // size)


def loss_of(net, x, y):
    return tg.losses.binary_cross_entropy(net(tg.Tensor(x)), y.reshape(-1, 1))


@cache
def trained(size, steps, seed=0, watched=False):
    """The loss of each batch, that of all examples at the same weights if it is watched, and that in the end."""
    data = tg.data.load("moons", n=300)
    net = tg.nn.mlp([2, 16, 1], rng=seed, dtype="float64")
    optimizer = tg.optim.SGD(net.parameters(), lr=0.3)
    batch, whole = [], []
    for x, y in islice(chain.from_iterable(data.batches(size, seed=seed, epoch=k) for k in range(steps)), steps):
        if watched:
            whole.append(loss_of(net, data.x, data.y).item())
        loss = loss_of(net, x, y)
        batch.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return np.array(batch), np.array(whole), loss_of(net, data.x, data.y).item()


def after(size, steps, seed=0):
    """The loss of all examples in the end."""
    return trained(size, steps, seed)[2]


def ups(size, seed):
    """How often the loss of a batch is above that of the one before, in 300 steps."""
    return int((np.diff(trained(size, 300, seed)[0]) > 0).sum())


def noise_of(size, seed):
    """How far the loss of a batch is from that of all examples, in 300 steps."""
    batch, whole, _ = trained(size, 300, seed, watched=True)
    return float(np.std(batch - whole))


DEMONSTRATIONS = {
    "with one example, about every other step goes up": lambda seed: 25 - abs(ups(1, seed) - 150),
    "with 20, too": lambda seed: 25 - abs(ups(20, seed) - 150),
    "with all, none": lambda seed: 0.5 - ups(300, seed),
    "20 examples are far less noisy than one": lambda seed: noise_of(1, seed) / noise_of(20, seed) - 4.0,
    "at equal epochs one example at a time wins": lambda seed: (
        min(after(20, 75, seed) - after(1, 1500, seed), after(300, 5, seed) - after(20, 75, seed)) - 0.05
    ),
    "at equal steps 20 are nearly as good as all": lambda seed: (
        0.03 - abs(after(20, 300, seed) - after(300, 300, seed))
    ),
    "at equal steps one at a time loses": lambda seed: after(1, 300, seed) - after(300, 300, seed) - 0.01,
}


# An epoch of batches. Its order is up to chance, so what is looked at are facts that do not depend on it.

X, Y, PAIRS = "sorted(xb[:, 0])", "sorted(yb)", "yb == 10 * xb[:, 0]"
SORTED, AGAIN = "xb == x", "epoch 2 == epoch 1"


def examples(rows):
    """x and y such that every row says to which answer it belongs."""
    x = np.arange(rows, dtype=float)
    return x[:, None] * [1.0, -1.0], 10.0 * x


def pairs(epoch):
    """What a learner's function gave, as a list of pairs."""
    epoch = list(epoch)
    for k, pair in enumerate(epoch):
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise Contract("tuple", pair, f"batches(x, y, size, rng)[{k}]")
    return epoch


def drawn_twice(answers):
    """Whether rows came several times."""
    return any(len(np.unique(facts[X])) < len(facts[X]) for facts in answers.values())


def without_rest(answers):
    """Whether there are full batches only, and rows are missing where some are left over."""
    full = [len(facts[X]) == rows - rows % size for facts, (rows, size) in zip(answers.values(), ROWS, strict=True)]
    return all(full) and not drawn_twice(answers)


ROWS = [(12, 4), (20, 6)]


class Batches(Exercise):
    name = "batches"
    functions = ("batches",)
    cases = {f"batches(x, y, {size}, rng), len(x) = {rows}": (rows, size) for rows, size in ROWS}

    def answer(self, learner, case):
        rows, size = self.given(case)
        rng = np.random.default_rng(rows)
        first, second = (pairs(learner.batches(*examples(rows), size, rng)) for _ in range(2))
        x, other = (np.concatenate([xb[:, 0] for xb, _ in epoch]) for epoch in (first, second))
        y = np.concatenate([yb for _, yb in first])
        return {
            "len(batches)": len(first),
            "[len(xb) for xb, yb in batches]": [len(xb) for xb, _ in first],
            X: np.sort(x),
            Y: np.sort(y),
            PAIRS: np.array_equal(y, 10.0 * x),
            SORTED: np.array_equal(x, np.sort(x)),
            AGAIN: np.array_equal(x, other),
        }

    def right(self, case):
        rows, size = self.given(case)
        x, y = examples(rows)
        sizes = [min(size, rows - start) for start in range(0, rows, size)]
        facts = {"len(batches)": len(sizes), "[len(xb) for xb, yb in batches]": sizes, X: x[:, 0], Y: y}
        return facts | {PAIRS: True, SORTED: False, AGAIN: False}

    mistakes = {
        "replacement": Mistake(drawn_twice),
        "rest": Mistake(without_rest),
        "apart": lambda self, case: self.right(case) | {PAIRS: False},
        "unshuffled": lambda self, case: self.right(case) | {SORTED: True, AGAIN: True},
        "frozen": lambda self, case: self.right(case) | {AGAIN: True},
    }
    mutants = {
        "replacement": [
            {"rows = order[start : start + size]": "rows = rng.integers(0, len(x), min(size, len(x) - start))"},
            {"rows = order[start : start + size]": "rows = rng.permutation(len(x))[:size]"},
            {"rng.permutation(len(x))": "rng.integers(0, len(x), len(x))"},
        ],
        "rest": [{"range(0, len(x), size)": "range(0, len(x) - size + 1, size)"}],
        "apart": [
            {
                "    order = rng.permutation(len(x))\n": "    x, y = rng.permutation(x), rng.permutation(y)\n",
                "    for start": "    order = np.arange(len(x))\n    for start",
                "def batches": "import numpy as np\n\n\ndef batches",
            }
        ],
        "unshuffled": [{"rng.permutation(len(x))": "list(range(len(x)))"}],
        "frozen": [
            {
                "rng.permutation(len(x))": "np.random.default_rng(0).permutation(len(x))",
                "def batches": "import numpy as np\n\n\ndef batches",
            }
        ],
    }
    also_right = [
        {
            "    order = rng.permutation(len(x))\n": (
                "    order = rng.permutation(len(x))\n    x, y = x[order], y[order]\n"
            ),
            "(x[rows], y[rows])": "(x[start : start + size], y[start : start + size])",
        },
        {"rng.permutation(len(x))": "rng.permuted(list(range(len(x))))"},
        {
            "        found.append((x[rows], y[rows]))\n    return found\n": ("        yield x[rows], y[rows]\n"),
            "    found = []\n": "",
        },
    ]


# Steps on the mean of (w·x - y)², a batch at a time.


def mean_slope(w, x, y):
    return float(np.mean(2.0 * (w * x - y) * x))


def steps(gradient=mean_slope, stale=False, last=False):
    """An epoch with one thing wrong."""

    def epoch(w, batches, lr):
        start = w
        for x, y in batches:
            w = (start if last else w) - lr * gradient(start if stale else w, x, y)
        return w

    return epoch


def fixed(w, batches, lr):
    """All batches divided by the size of the first."""
    size = len(batches[0][0])
    return steps(lambda w, x, y: float(np.sum(2.0 * (w * x - y) * x)) / size)(w, batches, lr)


def cut(x, y, *ends):
    """Batches that end where it is said."""
    return [(x[a:b], y[a:b]) for a, b in zip((0, *ends), (*ends, len(x)), strict=True)]


POINTS = np.array([1.0, 2.0, -1.0, 0.5, 3.0, -2.0, 1.5]), np.array([2.0, 5.0, -1.0, 1.0, 5.0, -4.5, 2.0])
FEW = np.array([2.0, -1.0, 0.5]), np.array([1.0, 1.0, -2.0])


class Epoch(FunctionExercise):
    name = "epoch"
    functions = ("epoch",)
    cases = {
        "epoch(0.0, batches, 0.1), sizes 3, 3, 1": (0.0, cut(*POINTS, 3, 6), 0.1),
        "epoch(-1.0, batches, 0.05), sizes 2, 1": (-1.0, cut(*FEW, 2), 0.05),
        "epoch(0.5, batches, 0.1), size 7": (0.5, cut(*POINTS), 0.1),
    }
    reference = staticmethod(steps())
    mistakes = {
        "sum": steps(lambda w, x, y: float(np.sum(2.0 * (w * x - y) * x))),
        "fixed": fixed,
        "stale": steps(stale=True),
        "last": [steps(last=True), steps(stale=True, last=True)],
        "half": steps(lambda w, x, y: float(np.mean((w * x - y) * x))),
        "slope": steps(lambda w, x, y: float(np.mean(2.0 * (w * x - y)))),
        "uphill": steps(lambda w, x, y: -mean_slope(w, x, y)),
    }
    mutants = {
        "sum": [{"np.mean": "np.sum"}],
        "fixed": [
            {
                "np.mean(2.0 * (w * x - y) * x)": "np.sum(2.0 * (w * x - y) * x) / len(batches[0][0])",
            }
        ],
        "stale": [
            {"    for x, y in": "    start = w\n    for x, y in", "2.0 * (w * x": "2.0 * (start * x"},
        ],
        "last": [{"        w = w - lr * gradient\n": "    w = w - lr * gradient\n"}],
        "half": [{"2.0 * (w * x - y)": "(w * x - y)"}],
        "slope": [{"(w * x - y) * x": "(w * x - y)"}],
        "uphill": [{"w - lr": "w + lr"}],
    }
    also_right = [
        {"np.mean(2.0 * (w * x - y) * x)": "sum(2 * (w * a - b) * a for a, b in zip(x, y)) / len(x)"},
        {"np.mean(2.0 * (w * x - y) * x)": "2.0 * np.mean(x * (w * x - y))"},
    ]


def squares(w, batches):
    return [(w * x - y) ** 2 for x, y in batches]


class Hunt(FunctionExercise):
    name = "hunt"
    functions = ("epoch_loss",)
    cases = {
        "epoch_loss(1.5, batches), sizes 3, 3, 1": (1.5, cut(*POINTS, 3, 6)),
        "epoch_loss(0.5, batches), sizes 2, 1": (0.5, cut(*FEW, 2)),
        "epoch_loss(0.5, batches), size 3": (0.5, cut(*FEW)),
    }
    stub_is = "even"  # it is the bug that they hunt

    @staticmethod
    def reference(w, batches):
        return float(np.mean(np.concatenate(squares(w, batches))))

    mistakes = {
        "even": lambda w, batches: float(np.mean([part.mean() for part in squares(w, batches)])),
        "total": lambda w, batches: float(sum(part.sum() for part in squares(w, batches))),
        "by_batches": lambda w, batches: float(np.mean([part.sum() for part in squares(w, batches)])),
        "twice": lambda w, batches: float(
            sum(part.mean() for part in squares(w, batches)) / sum(len(x) for x, _ in batches)
        ),
    }
    mutants = {
        "even": [{"np.sum((w * x - y) ** 2)": "np.mean((w * x - y) ** 2)", "count += len(x)": "count += 1"}],
        "total": [{"total / count": "total"}],
        "by_batches": [{"total / count": "total / len(batches)"}],
        "twice": [{"np.sum": "np.mean"}],
    }
    also_right = [
        {"np.sum((w * x - y) ** 2)": "np.mean((w * x - y) ** 2) * len(x)"},
        {"total / count": "total / sum(len(x) for x, y in batches)"},
    ]


EXERCISES = [Batches(), Epoch(), Hunt()]
