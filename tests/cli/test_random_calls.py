"""Every function with arguments of every kind: the answer is one number or one error, whatever was asked."""

from __future__ import annotations

import inspect
import random

import pytest

from tinygrad_edu_cli.errors import CommandError
from tinygrad_edu_cli.expressions.expression import evaluate
from tinygrad_edu_cli.expressions.functions import FUNCTIONS
from tinygrad_edu_viz import Trace

NUMBERS = {
    **{
        "s": 2.0,
        "x": [0.5, -1.0, 2.0],
        "W": [[1.0, 2.0, 3.0]] * 3,
        "T": [[[1.0] * 5] * 4] * 3,
        "E": [],
        "v": [0.5] * 9_999,
    }
}
SCRAPS = [
    "None",
    "True",
    "'a'",
    "'ij->'",
    "'...i->i'",
    "...",
    "-1",
    "0",
    "2",
    "0.5",
    "10**9",
    "1e300",
    "99999999999999999999",
]
INDICES = [":", "None", "...", "0", "-1", "::2", "[0, 0, 1]", "x > 0", ":, None", "[[0, 1], [1, 0]]", "10**30", "T > 0"]
OPERATORS = ["+", "-", "*", "/", "**", "@", "<", "=="]


def call(rng: random.Random, depth: int = 0) -> str:
    kind = rng.random()
    if depth > 3:
        return rng.choice(list(NUMBERS))
    if kind < 0.2:
        return f"({argument(rng, depth)} {rng.choice(OPERATORS)} {argument(rng, depth)})"
    if kind < 0.3:
        return f"{argument(rng, depth)}[{rng.choice(INDICES)}]"
    name = rng.choice(list(FUNCTIONS))
    arguments = []
    for parameter in inspect.signature(FUNCTIONS[name]).parameters.values():
        if parameter.default is parameter.empty:
            arguments.append(argument(rng, depth))
        elif rng.random() < 0.35:
            arguments.append(f"{parameter.name}={argument(rng, depth)}")
    return f"{name}({', '.join(arguments)})"


def argument(rng: random.Random, depth: int) -> str:
    kind = rng.random()
    if kind < 0.55:
        return rng.choice(list(NUMBERS))
    if kind < 0.75:
        return rng.choice(SCRAPS)
    if kind < 0.9:
        items = [rng.choice([*NUMBERS, "0", "1", "-1", "5", "10**9"]) for _ in range(rng.randint(0, 3))]
        return f"({', '.join(items)},)" if items and kind < 0.82 else f"[{', '.join(items)}]"
    return call(rng, depth + 1)


@pytest.mark.parametrize("seed", range(20))
def test_a_number_or_an_error(seed):
    rng, answers = random.Random(seed), 0
    for _ in range(100):
        text = f"sum({call(rng)})"
        try:
            trace = Trace.record(evaluate(text, NUMBERS).root)
        except CommandError as error:
            assert error.exit_code == 2 and error.message.strip(), text
            error.explain("ascii").encode("ascii")
        except Exception as error:
            pytest.fail(f"{text}: {type(error).__name__}: {error}")
        else:
            answers += 1
            assert trace.events[-1].kind == "backward", text
    assert answers > 5, "most of them should not be refused for nothing"
