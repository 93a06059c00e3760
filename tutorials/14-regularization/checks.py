"""What lesson 14 checks, and what its numbers are computed with."""

from functools import cache

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu_tutorials.checking import Exercise, FunctionExercise

# For the numbers of the page.

WAYS = {"plain": {}, "dropout": {"dropout": 0.5}, "decay": {"weight_decay": 0.5}}


@cache
def run(way, seed):
    """The trained network of one of the three ways, its 60 examples, and what was measured."""
    train, held_out = tg.data.load("moons", n=1000, noise=0.3, seed=seed).split(0.94, seed=seed)
    tg.seed(seed)
    net = tg.nn.mlp([2, 64, 64, 1], dropout=WAYS[way].get("dropout", 0.0), dtype="float64")
    optimizer = tg.optim.AdamW(net.parameters(), lr=0.005, weight_decay=WAYS[way].get("weight_decay", 0.01))
    events = tg.train.fit(net, train, "binary_cross_entropy", optimizer, validation=held_out, epochs=200, seed=seed)
    return net, train, tg.train.History.of(events)


def held_out(way, seed):
    """The held-out loss at the end."""
    return run(way, seed)[2].validation_loss[-1]


def training(way, seed):
    """The training loss at the end, as it is measured while the network learns."""
    return run(way, seed)[2].train_loss[-1]


def in_quiet(way, seed):
    """The loss on the 60 examples with dropout off."""
    net, train, _ = run(way, seed)
    logits = net(tg.Tensor(train.x, dtype="float64")).reshape(-1)
    return tg.losses.binary_cross_entropy(logits, tg.Tensor(train.y, dtype="float64")).item()


def squares(way, seed):
    """The sum of the squares of all weights."""
    return sum(float((p.data**2).sum()) for p in run(way, seed)[0].parameters())


def guessing():
    """The loss of somebody who always says one half."""
    return tg.losses.binary_cross_entropy(tg.Tensor([0.0, 0.0]), tg.Tensor([0.0, 1.0])).item()


DEMONSTRATIONS = {
    "with dropout the held-out loss ends lower": lambda seed: (
        held_out("plain", seed) - held_out("dropout", seed) - 0.03
    ),
    "with weight decay, too": lambda seed: held_out("plain", seed) - held_out("decay", seed) - 0.05,
    "with dropout the training loss ends higher": lambda seed: (
        training("dropout", seed) - 2 * training("plain", seed) - 0.05
    ),
    "with weight decay the weights are smaller": lambda seed: 0.7 - squares("decay", seed) / squares("plain", seed),
}


# Small weights.


def ends():
    """Where gradient descent on (w - 3)² + 0.5 w² comes to rest."""
    w = 3.0
    for _ in range(200):
        w -= 0.1 * (2.0 * (w - 3.0) + w)
    return round(w, 9)


def stepped(pull):
    """One step of gradient descent, with what the penalty adds to a gradient."""

    def step(w, g, lr, lam):
        return [weight - lr * pull(weight, slope, lam) for weight, slope in zip(w, g, strict=True)]

    return step


class L2(FunctionExercise):
    name = "l2"
    functions = ("step",)
    cases = {
        "step([3.0, -0.5], [1.0, 0.2], 0.1, 0.01)": ([3.0, -0.5], [1.0, 0.2], 0.1, 0.01),
        "step([2.0, 0.0, -4.0], [0.0, 0.0, 0.0], 0.5, 0.2)": ([2.0, 0.0, -4.0], [0.0, 0.0, 0.0], 0.5, 0.2),
        "step([1.5], [-2.0], 0.2, 0.0)": ([1.5], [-2.0], 0.2, 0.0),
    }
    reference = staticmethod(stepped(lambda w, g, lam: g + 2.0 * lam * w))
    mistakes = {
        "factor": stepped(lambda w, g, lam: g + lam * w),
        "sign": stepped(lambda w, g, lam: g - 2.0 * lam * w),
        "value": stepped(lambda w, g, lam: g + lam * w**2),
        "constant": stepped(lambda w, g, lam: g + 2.0 * lam),
        "alone": stepped(lambda w, g, lam: 2.0 * lam * w),
        "size": stepped(lambda w, g, lam: g + 2.0 * lam * abs(w)),
    }
    mutants = {
        "factor": [{"2 * lam * weight": "lam * weight"}],
        "sign": [{"slope + 2": "slope - 2"}],
        "value": [{"2 * lam * weight": "lam * weight ** 2"}],
        "constant": [{"2 * lam * weight": "2 * lam"}],
        "alone": [{"slope + 2": "2"}],
        "size": [{"lam * weight": "lam * abs(weight)"}],
    }
    also_right = [
        {"slope + 2 * lam * weight": "lam * 2 * weight + slope"},
        {
            "        total = slope + 2 * lam * weight\n": "",
            "weight - lr * total": "(1 - 2 * lr * lam) * weight - lr * slope",
        },
    ]


# Dropout.


def dropped(keeps=lambda u, p: u >= p, scale=lambda p: 1.0 / (1.0 - p), always=False, later=None, shape=np.shape):
    """Dropout with one thing wrong: who is kept, by what they are multiplied, when, and how many draws there are."""

    def dropout(h, p, draw, training):
        if not training and not always:
            return h * (later(p) if later else 1.0)
        return h * keeps(draw(shape(h)), p) * scale(p)

    return dropout


def given(seed, shape, p, training):
    """The arguments of a call: fresh ones, each time the same."""

    def make():
        rng = np.random.default_rng(seed)
        return rng.normal(2.0, 1.0, shape).round(2), p, rng.random, training

    return make


class Dropout(FunctionExercise):
    name = "dropout"
    functions = ("dropout",)
    forbids = ("nn.Dropout",)
    cases = {
        "dropout(h, 0.2, draw, True)": given(1, (3, 10), 0.2, True),
        "dropout(h, 0.75, draw, True)": given(2, (4, 8), 0.75, True),
        "dropout(h, 0.4, draw, False)": given(3, (3, 5), 0.4, False),
    }
    reference = staticmethod(dropped())
    mistakes = {
        "original": dropped(scale=lambda p: 1.0, later=lambda p: 1.0 - p),
        "unscaled": dropped(scale=lambda p: 1.0),
        "measuring": [dropped(always=True), dropped(always=True, scale=lambda p: 1.0)],
        "swapped": [
            dropped(keeps=lambda u, p: u < p),
            dropped(keeps=lambda u, p: u < p, scale=lambda p: 1.0 / p),
            dropped(keeps=lambda u, p: u < p, scale=lambda p: 1.0),
        ],
        "weaker": [dropped(scale=lambda p: 1.0 - p), dropped(scale=lambda p: 1.0 / p)],
        "rows": dropped(shape=lambda h: h.shape[1]),
        "together": dropped(shape=lambda h: 1),
        "shifted": dropped(keeps=lambda u, p: 1.0, scale=lambda p: 1.0 / (1.0 - p)),
    }
    mutants = {
        "original": [
            {
                "    if not training:\n        return h\n": "    if not training:\n        return h * (1 - p)\n",
                " / (1 - p)": "",
            }
        ],
        "unscaled": [{" / (1 - p)": ""}],
        "measuring": [
            {"    if not training:\n        return h\n": ""},
            {"    if not training:\n        return h\n": "", " / (1 - p)": ""},
        ],
        "swapped": [
            {"draw(h.shape) >= p": "draw(h.shape) < p"},
            {"draw(h.shape) >= p": "draw(h.shape) < p", "(1 - p)": "p"},
            {"draw(h.shape) >= p": "draw(h.shape) < p", " / (1 - p)": ""},
        ],
        "weaker": [{"/ (1 - p)": "* (1 - p)"}, {"/ (1 - p)": "/ p"}],
        "rows": [{"draw(h.shape)": "draw(h.shape[1])"}],
        "together": [{"draw(h.shape)": "draw(1)"}],
        "shifted": [{"h * kept / (1 - p)": "h / (1 - p)"}],
    }
    shortcuts = [
        """import tinygrad_edu as tg


def dropout(h, p, draw, training):
    layer = tg.nn.Dropout(p, seed=0)
    return layer.train(training)(tg.Tensor(h)).numpy()
"""
    ]
    also_right = [
        {"h * kept / (1 - p)": "np.where(kept, h / (1 - p), 0.0)"},
        {"draw(h.shape) >= p": "draw(h.shape) > p"},
    ]


class Hunt(Exercise):
    name = "hunt"
    functions = ("Dropout",)
    cases = {"Dropout(0.5, seed=0)": (0.5, 0), "Dropout(0.2, seed=7)": (0.2, 7)}
    stub_is = "forever"  # it is the bug that they hunt

    def answer(self, learner, case):
        p, seed = self.given(case)
        h = np.ones(1000)
        layer, twin = learner.Dropout(p, seed), learner.Dropout(p, seed)
        outputs = [np.asarray(layer(h), dtype=float) for _ in range(6)]
        again = [np.asarray(twin(h), dtype=float) for _ in range(6)]
        return self.facts(
            len({output.tobytes() for output in outputs}),
            np.array_equal(outputs, again),
            np.max(outputs),
            np.mean(np.equal(outputs, 0.0)),
        )

    def facts(self, masks, repeats, largest, zeros):
        return {
            "len(masks)": float(masks),
            "masks == again": float(repeats),
            "max(y)": float(largest),
            "mean(y == 0)": float(np.round(zeros, 1)),
        }

    def right(self, case):
        p, _ = self.given(case)
        return self.facts(6, True, 1.0 / (1.0 - p), p)

    mistakes = {
        "forever": lambda self, case: self.right(case) | {"len(masks)": 1.0},
        "unseeded": lambda self, case: self.right(case) | {"masks == again": 0.0},
    }
    mutants = {
        "forever": [
            {
                "        self.rng = np.random.default_rng(seed)\n": "        self.seed = seed\n",
                "self.rng.random": "np.random.default_rng(self.seed).random",
            },
            {
                "        self.rng = np.random.default_rng(seed)\n": (
                    "        self.rng, self.u = np.random.default_rng(seed), None\n"
                ),
                "        keep = self.rng.random(h.shape) >= self.p\n": (
                    "        if self.u is None:\n"
                    "            self.u = self.rng.random(h.shape)\n"
                    "        keep = self.u >= self.p\n"
                ),
            },
        ],
        "unseeded": [{"default_rng(seed)": "default_rng()"}],
    }
    also_right = [
        {
            "        self.rng = np.random.default_rng(seed)\n": "        self.seed, self.calls = seed, 0\n",
            "        keep = self.rng.random(h.shape) >= self.p\n": (
                "        self.calls += 1\n"
                "        rng = np.random.default_rng([self.seed, self.calls])\n"
                "        keep = rng.random(h.shape) >= self.p\n"
            ),
        },
        {"self.rng.random(h.shape) >= self.p": "self.rng.random(h.shape) < 1 - self.p"},
    ]


EXERCISES = [L2(), Dropout(), Hunt()]
