"""What lesson 4 checks, and what its numbers are computed with."""

import itertools
from functools import cache

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu_tutorials.checking import FunctionExercise


@cache
def digits():
    """Three digits, as rows of 64 pixels from 0 to 16, and weights for ten neurons."""
    rows = tg.data.load("digits").x[:3]
    numbers = np.random.default_rng(0)
    return rows, numbers.normal(size=(64, 10)), numbers.normal(size=10)


# A layer as it should be, and with one thing wrong.


def layer(X, W, b):
    return X @ W + b


def transposed(X, W, b):
    return X @ W.T + b


def without_bias(X, W, b):
    return X @ W


def bias_per_example(X, W, b):
    return X @ W + b[:, None]


def element_by_element(X, W, b):
    return X * W + b


def summed_up(X, W, b):
    return np.sum(X @ W + b, axis=0)


SMALL = np.array([[1.0, 2.0], [0.0, 3.0]])
SQUARE = np.array([[3.0, 1.0], [-1.0, 2.0]])
WIDE = np.array([[3.0, 0.0, 1.0], [-1.0, 2.0, 1.0]])


class Dense(FunctionExercise):
    name = "dense"
    functions = ("dense",)
    cases = {
        "dense(X, W, b), X (2, 2), W (2, 2)": (SMALL, SQUARE, np.array([10.0, -20.0])),
        "dense(X, W, b), X (2, 2), W (2, 3)": (SMALL, WIDE, np.array([1.0, 0.0, -2.0])),
        "dense(digits, W, b), digits (3, 64), W (64, 10)": lambda: digits(),
    }
    reference = staticmethod(layer)
    mistakes = {
        "bias": without_bias,
        "transposed": transposed,
        "per_example": bias_per_example,
        "elements": element_by_element,
        "summed": summed_up,
    }
    mutants = {
        "bias": [{"X @ W + b": "X @ W"}],
        "transposed": [{"X @ W": "X @ W.T"}],
        "per_example": [{"+ b": "+ b[:, None]"}],
        "elements": [{"X @ W": "X * W"}],
        "summed": [{"return X @ W + b": "return (X @ W + b).sum(axis=0)"}],
    }
    also_right = [{"X @ W + b": "b + X @ W"}, {"X @ W + b": "[[sum(x * w) for w in W.T] + b for x in X]"}]


def parameters(sizes):
    return sum(n * m + m for n, m in itertools.pairwise(sizes))


def products_only(sizes):
    return sum(n * m for n, m in itertools.pairwise(sizes))


def added(sizes):
    return sum(n + m for n, m in itertools.pairwise(sizes))


def bias_per_input(sizes):
    return sum(n * m + n for n, m in itertools.pairwise(sizes))


def ends_only(sizes):
    return sizes[0] * sizes[-1] + sizes[-1]


class Count(FunctionExercise):
    name = "count"
    functions = ("parameters",)
    cases = {
        "parameters([64, 10])": ([64, 10],),
        "parameters([64, 32, 10])": ([64, 32, 10],),
        "parameters([2, 3, 5, 1])": ([2, 3, 5, 1],),
    }
    reference = staticmethod(parameters)
    mistakes = {
        "bias": products_only,
        "added": added,
        "per_input": bias_per_input,
        "ends": ends_only,
    }
    mutants = {
        "bias": [{"n * m + m": "n * m"}],
        "added": [{"n * m + m": "n + m"}],
        "per_input": [{"n * m + m": "n * m + n"}],
        "ends": [
            {
                "    for n, m in zip(sizes[:-1], sizes[1:]):\n        total += n * m + m\n": (
                    "    total = sizes[0] * sizes[-1] + sizes[-1]\n"
                )
            }
        ],
    }
    also_right = [{"n * m + m": "(n + 1) * m"}]


def one_by_one(X, W, b):
    """Neuron by neuron, each with a row of W for its weights."""
    out = np.zeros((len(X), W.shape[1]))
    for j in range(W.shape[1]):
        out[:, j] = X @ W[j] + b[j]
    return out


class Hunt(FunctionExercise):
    name = "hunt"
    functions = ("layer",)
    cases = {
        "layer(X, W, b), W (2, 2)": (SMALL, SQUARE, np.array([10.0, -20.0])),
        "layer(X, W, b), W (2, 3)": (SMALL, WIDE, np.array([1.0, 0.0, -2.0])),
    }
    reference = staticmethod(layer)
    stub_is = "rows"  # it is the bug that they hunt
    mistakes = {
        "rows": one_by_one,
    }
    mutants = {
        "rows": [{"W[:, j]": "W[j]"}, {"W[:, j]": "W.T[:, j]"}],
    }
    also_right = [{"W[:, j]": "W.T[j]"}]


EXERCISES = [Dense(), Count(), Hunt()]
