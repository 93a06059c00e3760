"""What lesson 10 checks, and what its numbers are computed with."""

from functools import cache

import tinygrad_edu as tg
from tinygrad_edu_tutorials.checking import FunctionExercise


def walked(lr, steps=10, w=3.0):
    """All places of gradient descent on w², from 3."""
    seen = [w]
    for _ in range(steps):
        w -= lr * 2.0 * w
        seen.append(w)
    return seen


def average(numbers):
    return sum(numbers) / len(numbers)


@cache
def on_moons(lr, seed, steps=60):
    """The loss of a network on the two moons, before each full-batch step and after the last."""
    moons = tg.data.load("moons", seed=seed)
    x, y = tg.Tensor(moons.x), tg.Tensor(moons.y.reshape(-1, 1))
    net = tg.nn.mlp([2, 16, 1], "tanh", rng=seed, dtype="float64")
    optimizer, seen = tg.optim.SGD(net.parameters(), lr=lr), []
    for _ in range(steps + 1):
        loss = tg.losses.binary_cross_entropy(net(x), y)
        seen.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return seen


DEMONSTRATIONS = {
    "with the rate 0.001 the loss hardly moves": lambda seed: (
        on_moons(0.001, seed)[-1] / on_moons(0.001, seed)[0] - 0.9
    ),
    "with 0.3 it falls by a third": lambda seed: 0.67 - on_moons(0.3, seed)[-1] / on_moons(0.3, seed)[0],
    "with 300 it is above 50 on average": lambda seed: average(on_moons(300.0, seed)[1:]) - 50.0,
}


class After(FunctionExercise):
    name = "after"
    functions = ("after",)
    cases = {"after(0.1, 3)": (0.1, 3), "after(0.9, 4)": (0.9, 4), "after(1.1, 5)": (1.1, 5)}

    @staticmethod
    def reference(lr, steps):
        return walked(lr, steps)[-1]

    mistakes = {
        "half": lambda lr, steps: 3.0 * (1.0 - lr) ** steps,
        "uphill": lambda lr, steps: 3.0 * (1.0 + 2.0 * lr) ** steps,
        "straight": lambda lr, steps: 3.0 * (1.0 - 2.0 * lr * steps),
        "one": lambda lr, steps: 3.0 * (1.0 - 2.0 * lr),
    }
    mutants = {
        "half": [{"lr * 2.0 * w": "lr * w"}],
        "uphill": [{"w - lr": "w + lr"}],
        "straight": [{"lr * 2.0 * w": "lr * 2.0 * 3.0"}],
        "one": [{"range(steps)": "range(1)"}],
    }
    also_right = [
        {"    for _ in range(steps):\n        w = w - lr * 2.0 * w\n": "    w = w * (1 - 2 * lr) ** steps\n"},
    ]


class LargestRate(FunctionExercise):
    name = "largest_rate"
    functions = ("largest_rate",)
    cases = {"largest_rate(1.0)": (1.0,), "largest_rate(3.0)": (3.0,), "largest_rate(0.25)": (0.25,)}

    @staticmethod
    def reference(a):
        return 1.0 / a

    mistakes = {
        "half": lambda a: 1.0 / (2.0 * a),
        "twice": lambda a: 2.0 / a,
        "same": lambda a: 1.0,
        "upside_down": lambda a: a,
    }
    mutants = {
        "half": [{"1.0 / a": "1.0 / (2.0 * a)"}],
        "twice": [{"1.0 / a": "2.0 / a"}],
        "same": [{"1.0 / a": "1.0"}],
        "upside_down": [{"1.0 / a": "a"}],
    }
    also_right = [{"1.0 / a": "2 / (2 * a)"}]


RATES = [0.01, 0.05, 0.09, 0.3, 0.45]


def best_rate(rates, steps=30, judged=None):
    """The rate with the least loss on u² + 10v², from (10, 0.001)."""
    losses = []
    for lr in rates:
        u, v = 10.0, 0.001
        for _ in range(judged or steps):
            u, v = u - lr * 2.0 * u, v - lr * 20.0 * v
        losses.append(u * u + 10.0 * v * v)
    return rates[losses.index(min(losses))]


class Hunt(FunctionExercise):
    name = "hunt"
    functions = ("best_rate",)
    cases = {
        "best_rate([0.01, 0.05, 0.09, 0.3, 0.45])": (RATES,),
        "best_rate([0.45, 0.02, 0.08])": ([0.45, 0.02, 0.08],),
        "best_rate([0.3, 0.01], 40)": ([0.3, 0.01], 40),
    }
    reference = staticmethod(best_rate)
    stub_is = "first"  # it is the bug that they hunt
    mistakes = {
        "first": lambda *args: best_rate(*args, judged=1),
    }
    mutants = {
        "first": [{"range(steps)": "range(1)"}, {"range(steps)": "range(2)"}],
    }
    also_right = [{"range(steps)": "range(max(steps, 1))"}]


EXERCISES = [After(), LargestRate(), Hunt()]
