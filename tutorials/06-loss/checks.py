"""What lesson 6 checks, and what its numbers are computed with."""

import math

import numpy as np

from tinygrad_edu_tutorials.checking import FunctionExercise


def sigmoid(z):
    return 1.0 / (1.0 + math.exp(-z))


def bce(z, y):
    """Binary cross-entropy from the weighted sum."""
    return max(z, 0.0) - z * y + math.log1p(math.exp(-abs(z)))


def rounded(z, y):
    p = sigmoid(z)
    return -(y * math.log(p) + (1.0 - y) * math.log(1.0 - p))


def pull(p):
    """How strongly the squared error of a probability pulls at z, if the answer is yes."""
    return 2.0 * (1.0 - p) * p * (1.0 - p)


class Bce(FunctionExercise):
    name = "bce"
    functions = ("bce",)
    cases = {
        "bce(2.0, 1.0)": (2.0, 1.0),
        "bce(-5.0, 1.0)": (-5.0, 1.0),
        "bce(0.5, 0.0)": (0.5, 0.0),
        "bce(1000.0, 1.0)": (1000.0, 1.0),
        "bce(-1000.0, 1.0)": (-1000.0, 1.0),
    }
    reference = staticmethod(bce)
    mistakes = {
        "sign": lambda z, y: -bce(z, y),
        "swapped": lambda z, y: bce(z, 1.0 - y),
        "twice": lambda z, y: bce(sigmoid(max(z, -700.0)), y),
        "rounded": rounded,
    }
    mutants = {
        "sign": [{"return max(z, 0.0) - z * y + rest": "return -(max(z, 0.0) - z * y + rest)"}],
        "swapped": [{"z * y": "z * (1.0 - y)"}],
        "twice": [{"    rest = ": "    z = 1.0 / (1.0 + math.exp(-max(z, -700.0)))\n    rest = "}],
        "rounded": [
            {
                "    return max(z, 0.0) - z * y + rest\n": (
                    "    p = 1.0 / (1.0 + math.exp(-z))\n"
                    "    return -(y * math.log(p) + (1.0 - y) * math.log(1.0 - p))\n"
                )
            }
        ],
    }
    also_right = [
        {"max(z, 0.0) - z * y + rest": "rest + (z - z * y if z > 0 else -z * y)"},
        {"max(z, 0.0)": "max(0.0, z)"},
    ]


def cross_entropy(z, k):
    m = max(z)
    return m + math.log(sum(math.exp(x - m) for x in z)) - z[k]


def overflowing(z, k):
    return math.log(sum(math.exp(x) for x in z)) - z[k]


class CrossEntropy(FunctionExercise):
    name = "cross_entropy"
    functions = ("cross_entropy",)
    cases = {
        "cross_entropy([2.0, 1.0, 0.1], 0)": ([2.0, 1.0, 0.1], 0),
        "cross_entropy([-1.0, 3.0, 0.5], 2)": ([-1.0, 3.0, 0.5], 2),
        "cross_entropy([1000.0, 0.0], 1)": ([1000.0, 0.0], 1),
    }
    reference = staticmethod(cross_entropy)
    mistakes = {
        "sign": lambda z, k: -cross_entropy(z, k),
        "probability": lambda z, k: math.exp(-cross_entropy(z, k)),
        "half_shifted": lambda z, k: cross_entropy(z, k) - max(z),
        "overflow": overflowing,
    }
    mutants = {
        "sign": [{"return m + math.log(total) - z[k]": "return z[k] - m - math.log(total)"}],
        "probability": [{"return m + math.log(total) - z[k]": "return math.exp(z[k] - m) / total"}],
        "half_shifted": [{"return m + math.log(total) - z[k]": "return math.log(total) - z[k]"}],
        "overflow": [{"m = max(z)": "m = 0.0"}],
    }
    also_right = [
        {"return m + math.log(total) - z[k]": "return -math.log(math.exp(z[k] - m) / total) if m < 99 else m - z[k]"}
    ]


def columns(*numbers):
    return np.array(numbers)[:, None]


class Hunt(FunctionExercise):
    name = "hunt"
    functions = ("mse",)
    cases = {
        "mse(predictions (3, 1), targets (3,))": (columns(1.0, 2.0, 4.0), np.array([1.0, 2.0, 3.0])),
        "mse(predictions (2, 1), targets (2,))": (columns(0.0, 1.0), np.array([0.0, 1.0])),
    }
    stub_is = "everyone"  # it is the bug that they hunt

    @staticmethod
    def reference(predictions, targets):
        return float(((predictions[:, 0] - targets) ** 2).mean())

    mistakes = {
        "everyone": lambda predictions, targets: float(((predictions - targets) ** 2).mean()),
        "sum": lambda predictions, targets: float(((predictions[:, 0] - targets) ** 2).sum()),
        "means": lambda predictions, targets: float((predictions.mean() - targets.mean()) ** 2),
    }
    mutants = {
        "everyone": [{"predictions[:, 0]": "predictions"}],
        "sum": [{".mean()": ".sum()"}],
        "means": [
            {"    difference = predictions[:, 0] - targets\n": "    difference = predictions.mean() - targets.mean()\n"}
        ],
    }
    also_right = [
        {"predictions[:, 0] - targets": "predictions - targets[:, None]"},
        {"predictions[:, 0]": "predictions.reshape(targets.shape)"},
    ]


EXERCISES = [Bce(), CrossEntropy(), Hunt()]
