"""What lesson 2 checks, and what its numbers are computed with."""

import math

from tinygrad_edu_tutorials.checking import Exercise, FunctionExercise


def sigmoid(z):
    return 1.0 / (1.0 + math.exp(-z))


def total(x1, x2):
    """The weighted sum of the page's neuron."""
    return 3.0 * x1 - 2.0 * x2 + 1.0


# A neuron as it should be, and with one thing wrong.


def neuron(inputs, weights, bias):
    return sigmoid(sum(w * x for w, x in zip(weights, inputs, strict=True)) + bias)


def without_bias(inputs, weights, bias):
    return neuron(inputs, weights, 0.0)


def bias_inside(inputs, weights, bias):
    return neuron(inputs, weights, bias * len(inputs))


def bias_multiplied(inputs, weights, bias):
    return neuron([x + bias for x in inputs], weights, 0.0)


def last_product(inputs, weights, bias):
    return neuron(inputs[-1:], weights[-1:], bias)


def activated_early(inputs, weights, bias):
    return sum(sigmoid(w * x) for w, x in zip(weights, inputs, strict=True)) + bias


def without_activation(inputs, weights, bias):
    return sum(w * x for w, x in zip(weights, inputs, strict=True)) + bias


class Neuron(FunctionExercise):
    name = "neuron"
    functions = ("neuron",)
    cases = {
        "neuron([1.0, 2.0], [3.0, -2.0], 1.0)": ([1.0, 2.0], [3.0, -2.0], 1.0),
        "neuron([2.0, 0.0], [3.0, -2.0], 1.0)": ([2.0, 0.0], [3.0, -2.0], 1.0),
        "neuron([0.5, -1.0, 2.0], [1.0, 0.5, -0.25], -0.5)": ([0.5, -1.0, 2.0], [1.0, 0.5, -0.25], -0.5),
    }
    reference = staticmethod(neuron)
    mistakes = {
        "bias": without_bias,
        "inside": bias_inside,
        "multiplied": bias_multiplied,
        "last": last_product,
        "early": activated_early,
        "linear": without_activation,
    }
    mutants = {
        "bias": [{"z = bias": "z = 0.0"}],
        "inside": [{"z = bias": "z = 0.0", "z += w * x": "z += w * x + bias"}],
        "multiplied": [{"z = bias": "z = 0.0", "z += w * x": "z += w * (x + bias)"}],
        "last": [{"z += w * x": "z = bias + w * x"}],
        "early": [{"z += w * x": "z += sigmoid(w * x)", "return sigmoid(z)": "return z"}],
        "linear": [{"return sigmoid(z)": "return z"}],
    }
    also_right = [
        {"z = bias": "z = 0.0", "return sigmoid(z)": "return sigmoid(z + bias)"},
        {"z += w * x": "z = z + x * w"},
    ]


TABLES = {
    "AND": {"AND(0, 0)": 0, "AND(0, 1)": 0, "AND(1, 0)": 0, "AND(1, 1)": 1},
    "OR": {"OR(0, 0)": 0, "OR(0, 1)": 1, "OR(1, 0)": 1, "OR(1, 1)": 1},
    "NOT": {"NOT(0)": 1, "NOT(1)": 0},
}


def renamed(table, old, new):
    return {name.replace(old, new): fires for name, fires in TABLES[table].items()}


class Gates(Exercise):
    """Whether the neurons fire, for all inputs of 0 and 1."""

    name = "gates"
    variables = ("AND", "OR", "NOT")
    cases = {"AND": 2, "OR": 2, "NOT": 1}

    def answer(self, learner, case):
        *weights, bias = getattr(learner, case)
        found = {}
        for k in range(2 ** self.cases[case]):
            inputs = [k // 2, k % 2] if self.cases[case] == 2 else [k]
            z = sum(w * x for w, x in zip(weights, inputs, strict=True)) + bias
            found[f"{case}({', '.join(map(str, inputs))})"] = int(z > 0)
        return found

    def right(self, case):
        return TABLES[case]

    mistakes = {
        "and_is_or": lambda self, case: renamed("OR", "OR", "AND") if case == "AND" else None,
        "never": lambda self, case: dict.fromkeys(TABLES["AND"], 0) if case == "AND" else None,
        "or_is_and": lambda self, case: renamed("AND", "AND", "OR") if case == "OR" else None,
        "not_repeats": lambda self, case: {"NOT(0)": 0, "NOT(1)": 1} if case == "NOT" else None,
        "not_silent": lambda self, case: {"NOT(0)": 0, "NOT(1)": 0} if case == "NOT" else None,
    }
    mutants = {
        "and_is_or": [{"AND = (1.0, 1.0, -1.5)": "AND = (1.0, 1.0, -0.5)"}],
        "never": [{"AND = (1.0, 1.0, -1.5)": "AND = (1.0, 1.0, -2.0)"}],
        "or_is_and": [{"OR = (1.0, 1.0, -0.5)": "OR = (1.0, 1.0, -1.5)"}],
        "not_repeats": [{"NOT = (-1.0, 0.5)": "NOT = (1.0, -0.5)"}],
        "not_silent": [{"NOT = (-1.0, 0.5)": "NOT = (-1.0, 0.0)"}],
    }
    also_right = [
        {"AND = (1.0, 1.0, -1.5)": "AND = (20, 20, -30)", "NOT = (-1.0, 0.5)": "NOT = (-7, 3)"},
        {"OR = (1.0, 1.0, -0.5)": "OR = (2.0, 1.0, -0.5)"},
        {"OR = (1.0, 1.0, -0.5)": "OR = (1.0, 2.0, -0.5)"},
        {"NOT = (-1.0, 0.5)": "NOT = (-2.0, 0.5)"},
    ]


def fires(points, weights, bias, kept=False, once=False):
    """Which points a neuron says yes to."""
    z, found = bias, []
    for point in points:
        z = z if kept else 0.0 if once and found else bias
        for w, x in zip(weights, point, strict=True):
            z += w * x
        found.append(z > 0)
    return found


class Hunt(FunctionExercise):
    name = "hunt"
    functions = ("fires",)
    cases = {
        "fires([(2, 0), (0, 2), (1, 1)], [3, -2], 1)": ([(2, 0), (0, 2), (1, 1)], [3, -2], 1),
        "fires([(0, 0), (1, 5), (0, 0)], [1, -1], 0.5)": ([(0, 0), (1, 5), (0, 0)], [1, -1], 0.5),
        "fires([(0, 3), (3, 0)], [1, -1], -1)": ([(0, 3), (3, 0)], [1, -1], -1),
    }
    reference = staticmethod(fires)
    stub_is = "kept"  # it is the bug that they hunt
    mistakes = {
        "kept": lambda *args: fires(*args, kept=True),
        "once": lambda *args: fires(*args, once=True),
        "no_bias": lambda points, weights, bias: fires(points, weights, 0.0),
    }
    mutants = {
        "kept": [{"    for point in points:\n        z = bias\n": "    z = bias\n    for point in points:\n"}],
        "once": [
            {
                "    for point in points:\n        z = bias\n": "    z = bias\n    for point in points:\n",
                "        found.append(z > 0)\n": "        found.append(z > 0)\n        z = 0\n",
            }
        ],
        "no_bias": [{"z = bias": "z = 0"}],
    }
    also_right = [
        {
            "    for point in points:\n        z = bias\n": "    z = bias\n    for point in points:\n",
            "        found.append(z > 0)\n": "        found.append(z > 0)\n        z = bias\n",
        },
    ]


EXERCISES = [Neuron(), Gates(), Hunt()]
