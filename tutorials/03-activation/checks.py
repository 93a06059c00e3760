"""What lesson 3 checks, and what its numbers are computed with."""

import math
from functools import cache

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu_tutorials.checking import Contract, Exercise, FunctionExercise

# For the numbers of the page.

XOR = {(0, 0): 0, (0, 1): 1, (1, 0): 1, (1, 1): 0}


def right_on_xor(w1, w2, b):
    """How many of the four a single neuron decides as it should."""
    return sum((w1 * x1 + w2 * x2 + b > 0) == bool(want) for (x1, x2), want in XOR.items())


def of_relu(z):
    return max(0.0, z)


def of_sigmoid(z):
    return 1.0 / (1.0 + math.exp(-z))


@cache
def learned(activation, seed):
    """How many of the four a 2-4-1 network has right after 200 steps of training."""
    tg.seed(seed)
    X = tg.Tensor([[float(x1), float(x2)] for x1, x2 in XOR])
    y = tg.Tensor([[float(want)] for want in XOR.values()])
    net = tg.nn.mlp([2, 4, 1], activation=activation)
    optimizer = tg.optim.Adam(net.parameters(), lr=0.1)
    for _ in range(200):
        optimizer.zero_grad()
        tg.losses.mse(net(X), y).backward()
        optimizer.step()
    return int(np.sum((net(X).data > 0.5) == (y.data > 0.5)))


@cache
def on_moons(sizes, activation, seed):
    """The share of 1,000 fresh moons that a network has right after 60 epochs."""
    learned_from, fresh = (tg.data.load("moons", seed=seed + k) for k in (0, 100))
    net = tg.nn.mlp(sizes, activation, rng=seed)
    optimizer = tg.optim.Adam(net.parameters(), lr=0.01)
    for _ in tg.train.fit(net, learned_from, "binary_cross_entropy", optimizer, epochs=60, seed=seed):
        pass
    says_yes = net(tg.Tensor(fresh.x, dtype="float32")).data[:, 0] > 0.0
    return float(np.mean(says_yes == (fresh.y == 1)))


DEMONSTRATIONS = {
    "a 2-4-1 network with tanh learns XOR": lambda seed: learned("tanh", seed) - 3.5,
    "a 2-4-1 network without a bend does not": lambda seed: 3.5 - learned("linear", seed),
    "sixteen neurons without a bend are no better than one": lambda seed: (
        0.01 + on_moons((2, 1), None, seed) - on_moons((2, 16, 1), "linear", seed)
    ),
    "with a bend they are": lambda seed: (
        on_moons((2, 16, 1), "tanh", seed) - on_moons((2, 16, 1), "linear", seed) - 0.08
    ),
}


# Two neurons, one behind the other.


def two(x, w1, b1, w2, b2, bend=of_relu):
    return w2 * bend(w1 * x + b1) + b2


class Bend(FunctionExercise):
    name = "bend"
    functions = ("two_neurons",)
    cases = {
        "two_neurons(1.0, 2.0, 1.0, -3.0, 2.0)": (1.0, 2.0, 1.0, -3.0, 2.0),
        "two_neurons(-2.0, 2.0, 1.0, -3.0, 2.0)": (-2.0, 2.0, 1.0, -3.0, 2.0),
        "two_neurons(-0.25, 2.0, 1.0, -3.0, 2.0)": (-0.25, 2.0, 1.0, -3.0, 2.0),
        "two_neurons(-2.0, -1.5, 0.5, 2.0, -1.0)": (-2.0, -1.5, 0.5, 2.0, -1.0),
    }
    reference = staticmethod(two)
    mistakes = {
        "straight": lambda *args: two(*args, bend=lambda z: z),
        "step": lambda *args: two(*args, bend=lambda z: float(z > 0)),
        "mirrored": lambda *args: two(*args, bend=abs),
        "negative": lambda *args: two(*args, bend=lambda z: min(0.0, z)),
        "input": lambda x, w1, b1, w2, b2: w2 * (w1 * of_relu(x) + b1) + b2,
        "product": lambda x, w1, b1, w2, b2: w2 * (of_relu(w1 * x) + b1) + b2,
    }
    mutants = {
        "straight": [{"h = relu(w1 * x + b1)": "h = w1 * x + b1"}, {"return max(0.0, z)": "return z"}],
        "step": [{"return max(0.0, z)": "return 1.0 if z > 0 else 0.0"}],
        "mirrored": [{"return max(0.0, z)": "return abs(z)"}],
        "negative": [{"return max(0.0, z)": "return min(0.0, z)"}],
        "input": [{"h = relu(w1 * x + b1)": "h = w1 * relu(x) + b1"}],
        "product": [{"h = relu(w1 * x + b1)": "h = relu(w1 * x) + b1"}],
    }
    also_right = [
        {"return max(0.0, z)": "return max(z, 0.0)"},
        {"return max(0.0, z)": "return z if z > 0 else 0.0"},
        {"return max(0.0, z)": "return (z > 0) * z"},
        {"return max(0.0, z)": "return (z + abs(z)) / 2"},
    ]


# Two layers without a bend, as one.


def layer(rows, columns, first):
    """Numbers that no mistake meets by chance."""
    return first + 0.5 * np.arange(rows * columns).reshape(rows, columns) ** 1.5


class Collapse(Exercise):
    name = "collapse"
    functions = ("collapse",)
    cases = {
        "collapse(W1, b1, W2, b2), W1 (1, 1), W2 (1, 1)": (
            np.array([[2.0]]),
            np.array([1.0]),
            np.array([[-3.0]]),
            np.array([2.0]),
        ),
        "collapse(W1, b1, W2, b2), W1 (2, 2), W2 (2, 2)": (
            np.array([[1.0, 2.0], [0.0, 3.0]]),
            np.array([1.0, -1.0]),
            np.array([[2.0, 1.0], [-1.0, 4.0]]),
            np.array([0.5, 10.0]),
        ),
        "collapse(W1, b1, W2, b2), W1 (2, 4), W2 (4, 1)": (
            layer(2, 4, -1.0),
            np.array([1.0, 0.0, -2.0, 0.5]),
            layer(4, 1, -2.0),
            np.array([3.0]),
        ),
    }

    def answer(self, learner, case):
        got = learner.collapse(*self.given(case))
        if got is None or got is ...:
            return got
        if not isinstance(got, tuple | list) or len(got) != 2:
            raise Contract("tuple", got, "collapse(W1, b1, W2, b2)")
        return {"W": got[0], "b": got[1]}

    def wrong(self, model, case):
        W, b = model(*self.given(case))
        return {"W": W, "b": b}

    def right(self, case):
        return self.wrong(lambda W1, b1, W2, b2: (W1 @ W2, b1 @ W2 + b2), case)

    mistakes = {
        "order": [
            lambda W1, b1, W2, b2: (W2 @ W1, b1 @ W2 + b2),
            lambda W1, b1, W2, b2: (W2 @ W1, W2 @ b1 + b2),
            lambda W1, b1, W2, b2: (W1 @ W2, W2 @ b1 + b2),
        ],
        "forgotten": lambda W1, b1, W2, b2: (W1 @ W2, b2),
        "second": lambda W1, b1, W2, b2: (W1 @ W2, b1 @ W2),
        "biases": lambda W1, b1, W2, b2: (W1 @ W2, b1 + b2),
        "added": [
            lambda W1, b1, W2, b2: (W1 + W2, b1 + b2),
            lambda W1, b1, W2, b2: (W1 + W2, b1 @ W2 + b2),
        ],
    }
    mutants = {
        "order": [
            {"W1 @ W2": "W2 @ W1"},
            {"W1 @ W2": "W2 @ W1", "b1 @ W2": "W2 @ b1"},
            {"b1 @ W2": "W2 @ b1"},
        ],
        "forgotten": [{"b1 @ W2 + b2": "b2"}],
        "second": [{"b1 @ W2 + b2": "b1 @ W2"}],
        "biases": [{"b1 @ W2 + b2": "b1 + b2"}],
        "added": [{"W1 @ W2": "W1 + W2", "b1 @ W2 + b2": "b1 + b2"}, {"W1 @ W2": "W1 + W2"}],
    }
    also_right = [
        {"b1 @ W2 + b2": "b2 + b1 @ W2"},
        {"W1 @ W2": "(W2.T @ W1.T).T", "b1 @ W2": "W2.T @ b1"},
    ]


# Several neurons side by side.


def side_by_side(x, shifts, weights, each=of_relu, end=lambda y: y):
    return end(sum(weight * each(x - shift) for shift, weight in zip(shifts, weights, strict=True)))


def same(z):
    return z


class Hunt(FunctionExercise):
    name = "hunt"
    functions = ("network",)
    cases = {
        "network(1.0, [0, 1, 2], [1, -2, 1])": (1.0, [0, 1, 2], [1, -2, 1]),
        "network(0.5, [0, 1, 2], [1, -2, 1])": (0.5, [0, 1, 2], [1, -2, 1]),
        "network(3.0, [0, 1, 2], [1, -2, 1])": (3.0, [0, 1, 2], [1, -2, 1]),
        "network(2.5, [0, 1], [1, -2])": (2.5, [0, 1], [1, -2]),
        "network(-1.0, [0, 1], [1, -2])": (-1.0, [0, 1], [1, -2]),
    }
    reference = staticmethod(side_by_side)
    stub_is = "late"  # it is the bug that they hunt
    mistakes = {
        "late": lambda *args: side_by_side(*args, each=same, end=of_relu),
        "both": lambda *args: side_by_side(*args, end=of_relu),
        "none": lambda *args: side_by_side(*args, each=same),
        "product": lambda x, shifts, weights: sum(of_relu(w * (x - s)) for s, w in zip(shifts, weights, strict=True)),
        "input": lambda x, shifts, weights: sum(w * (of_relu(x) - s) for s, w in zip(shifts, weights, strict=True)),
    }
    mutants = {
        "late": [{"weight * relu(z)": "weight * z", "return y": "return relu(y)"}],
        "both": [{"return y": "return relu(y)"}],
        "none": [{"weight * relu(z)": "weight * z"}],
        "product": [{"weight * relu(z)": "relu(weight * z)"}],
        "input": [{"z = x - shift": "z = relu(x) - shift", "weight * relu(z)": "weight * z"}],
    }
    also_right = [
        {"z = x - shift": "z = relu(x - shift)", "weight * relu(z)": "weight * z"},
        {"y += weight * relu(z)": "y = y + relu(z) * weight"},
    ]


EXERCISES = [Bend(), Collapse(), Hunt()]
