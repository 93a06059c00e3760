"""What lesson 5 checks, and what its numbers are computed with."""

from functools import cache
from itertools import pairwise

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu_tutorials.checking import Exercise

# For the numbers of the page.

NINE = (2, *[16] * 8, 1)


def learned_by(sizes):
    """How many weights and biases a network of these sizes has."""
    return sum(n * m + m for n, m in pairwise(sizes))


def first_to_last(activation, seed):
    """Of nine layers, the size of the first one's gradient beside that of the last one's."""
    net = tg.nn.mlp(NINE, activation, rng=seed, dtype="float64")
    tg.mean(net(tg.Tensor(tg.data.load("moons").x[:32]))).backward()
    sizes = [float(np.sqrt(np.mean(layer.weight.grad.data**2))) for layer in net]
    return sizes[0] / sizes[-1]


def trained(sizes, seed, data, optimizer, epochs, activation="relu"):
    """How a network does in the end, on what was held out."""
    train, held_out = tg.data.load(data, seed=seed).split(0.2, seed=seed)
    net = tg.nn.mlp(sizes, activation, rng=seed)
    stepping = optimizer(net.parameters(), lr=0.1 if optimizer is tg.optim.SGD else 0.01)
    events = tg.train.fit(net, train, "binary_cross_entropy", stepping, validation=held_out, epochs=epochs, seed=seed)
    *_, end = events
    return end


@cache
def spirals(sizes, seed):
    """The loss of a network after 30 epochs."""
    return trained(sizes, seed, "spirals", tg.optim.Adam, 30).validation_loss


def moons(activation, seed):
    """The accuracy of nine layers after 30 epochs of plain gradient descent."""
    return trained(NINE, seed, "moons", tg.optim.SGD, 30, activation).validation_accuracy


DEMONSTRATIONS = {
    "deep beats wide on spirals": lambda seed: spirals((2, 84, 1), seed) / spirals((2, 16, 16, 1), seed) - 5.0,
    "a sigmoid's gradient vanishes": lambda seed: 1e-5 - first_to_last("sigmoid", seed),
    "that of relu does not": lambda seed: first_to_last("relu", seed) - 0.05,
    "nine layers with sigmoid learn nothing": lambda seed: 0.6 - moons("sigmoid", seed),
    "nine layers with relu do": lambda seed: moons("relu", seed) - 0.9,
    "Adam helps those with sigmoid": lambda seed: (
        trained(NINE, seed, "moons", tg.optim.Adam, 60, "sigmoid").validation_accuracy - 0.75
    ),
}


# XOR by hand.

ROWS = {"(0, 0)": (0, 0), "(0, 1)": (0, 1), "(1, 0)": (1, 0), "(1, 1)": (1, 1)}


def says(*answers):
    """A network that says this to the four rows."""
    return lambda self, case: answers[list(ROWS).index(case)]


class Xor(Exercise):
    """Whether the logit is above 0."""

    name = "xor"
    variables = ("W1", "b1", "W2", "b2")
    cases = ROWS

    def answer(self, learner, case):
        shapes = {"W1": (2, 2), "b1": (2,), "W2": (2, 1), "b2": (1,)}
        W1, b1, W2, b2 = (np.array(getattr(learner, name), float).reshape(shape) for name, shape in shapes.items())
        hidden = np.maximum(self.given(case) @ W1 + b1, 0.0)
        return int((hidden @ W2 + b2)[0] > 0.0)

    def right(self, case):
        return int(sum(self.given(case)) == 1)

    mistakes = {
        "or": says(0, 1, 1, 1),
        "and": says(0, 0, 0, 1),
        "always": says(1, 1, 1, 1),
        "never": says(0, 0, 0, 0),
        "reversed": says(1, 0, 0, 1),
    }
    mutants = {
        "or": [{"b1 = [0.0, -1.0]": "b1 = [0.0, -2.0]"}, {"[-2.0]": "[-1.0]"}],
        "and": [{"[1.0],\n      [-2.0]": "[0.0],\n      [2.0]"}],
        "always": [{"b2 = [-0.5]": "b2 = [2.5]"}],
        "never": [{"b1 = [0.0, -1.0]": "b1 = [0.0, 0.0]"}, {"b2 = [-0.5]": "b2 = [-1.0]"}],
        "reversed": [{"W2 = [[1.0],\n      [-2.0]]\nb2 = [-0.5]": "W2 = [[-1.0],\n      [2.0]]\nb2 = [0.5]"}],
    }
    also_right = [
        {"[-2.0]": "[-3.0]"},
        {
            "W1 = [[1.0, 1.0],\n      [1.0, 1.0]]\nb1 = [0.0, -1.0]": "W1 = [[1, -1], [-1, 1]]\nb1 = [0, 0]",
            "-2.0": "1.0",
        },
    ]


# Networks, with everything in them that is learned set to numbers that no mistake meets by chance.


def facts(net, inputs=2):
    """What a network has to learn, and what it gives to three examples."""
    numbers = np.random.default_rng(5)
    parameters = list(net.parameters())
    for tensor in parameters:
        tensor.data = numbers.normal(size=tensor.shape).astype(np.float32)
    X = np.random.default_rng(6).normal(size=(3, inputs)).astype(np.float32)
    return {"numbers to learn": sum(tensor.data.size for tensor in parameters), "logits": net(tg.Tensor(X)).data}


def network(sizes, hidden="relu", last=None, first=()):
    """A network of dense layers, as it should be unless something else is said."""
    bends = [hidden] * (len(sizes) - 2) + [last]
    layers = [tg.nn.Dense(n, m, activation=bend) for (n, m), bend in zip(pairwise(sizes), bends, strict=True)]
    return tg.nn.Sequential(*first, *layers)


class Build(Exercise):
    name = "build"
    functions = ("build",)
    forbids = ("nn.mlp",)
    tolerance = 1e-4
    cases = {
        "build([2, 3, 1])": [2, 3, 1],
        "build([4, 5, 6, 3])": [4, 5, 6, 3],
        "build([2, 4, 4, 4, 2])": [2, 4, 4, 4, 2],
    }

    def of(self, make, case):
        sizes = self.given(case)
        return facts(make(sizes), sizes[0])

    def answer(self, learner, case):
        return self.of(learner.build, case)

    def right(self, case):
        return self.of(network, case)

    def wrong(self, model, case):
        return self.of(model, case)

    mistakes = {
        "straight": lambda sizes: network(sizes, hidden=None),
        "logits": lambda sizes: network(sizes, last="relu"),
        "inputs": lambda sizes: network(sizes, first=[tg.nn.ReLU()]),
        "curve": [
            lambda sizes: network(sizes, hidden="sigmoid"),
            lambda sizes: network(sizes, hidden="tanh"),
        ],
    }
    mutants = {
        "straight": [{', activation="relu"': ""}],
        "logits": [{"sizes[-2], sizes[-1])": 'sizes[-2], sizes[-1], activation="relu")'}],
        "inputs": [
            {
                '        layers.append(tg.nn.Dense(n, m, activation="relu"))\n': (
                    "        layers += [tg.nn.ReLU(), tg.nn.Dense(n, m)]\n"
                ),
                "    layers.append(tg.nn.Dense(sizes[-2], sizes[-1]))\n": (
                    "    layers += [tg.nn.ReLU(), tg.nn.Dense(sizes[-2], sizes[-1])]\n"
                ),
            }
        ],
        "curve": [{'"relu"': '"sigmoid"'}, {'"relu"': '"tanh"'}],
    }
    shortcuts = ["import tinygrad_edu as tg\n\n\ndef build(sizes):\n    return tg.nn.mlp(sizes)\n"]
    also_right = [
        {
            '        layers.append(tg.nn.Dense(n, m, activation="relu"))\n': (
                "        layers += [tg.nn.Dense(n, m), tg.nn.ReLU()]\n"
            )
        },
        {'"relu"': "tg.relu"},
    ]


def tower(width, depth, hidden="relu"):
    """Hidden layers of one width."""
    layers = [tg.nn.Dense(width, width, activation=hidden) for _ in range(depth - 1)]
    return tg.nn.Sequential(tg.nn.Dense(2, width, activation="relu"), *layers, tg.nn.Dense(width, 1))


def shared(width, depth):
    """One hidden layer, several times."""
    layers = [tg.nn.Dense(width, width, activation="relu")] * (depth - 1)
    return tg.nn.Sequential(tg.nn.Dense(2, width, activation="relu"), *layers, tg.nn.Dense(width, 1))


class Hunt(Exercise):
    name = "hunt"
    functions = ("tower",)
    tolerance = 1e-4
    cases = {"tower(8, 2)": (8, 2), "tower(8, 9)": (8, 9), "tower(3, 4)": (3, 4)}
    stub_is = "shared"  # it is the bug that they hunt

    def answer(self, learner, case):
        return facts(learner.tower(*self.given(case)))

    def right(self, case):
        return facts(tower(*self.given(case)))

    def wrong(self, model, case):
        return facts(model(*self.given(case)))

    mistakes = {
        "shared": shared,
        "straight": lambda width, depth: tower(width, depth, hidden=None),
        "more": lambda width, depth: tower(width, depth + 1),
    }
    mutants = {
        "shared": [
            {
                '    for _ in range(depth - 1):\n        hidden = tg.nn.Dense(width, width, activation="relu")\n': (
                    '    hidden = tg.nn.Dense(width, width, activation="relu")\n    for _ in range(depth - 1):\n'
                )
            }
        ],
        "straight": [{'tg.nn.Dense(width, width, activation="relu")': "tg.nn.Dense(width, width)"}],
        "more": [{"depth - 1": "depth"}],
    }
    also_right = [
        {
            '        hidden = tg.nn.Dense(width, width, activation="relu")\n        layers.append(hidden)\n': (
                '        layers.append(tg.nn.Dense(width, width, activation="relu"))\n'
            )
        },
    ]


EXERCISES = [Xor(), Build(), Hunt()]
