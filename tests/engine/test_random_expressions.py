"""Random expressions: Value, Tensor on the cpu, Tensor on a device, and finite differences must agree.

Hypothesis grows a tree of smooth, well-conditioned pieces over three variables; some subtrees are used several times.
One and the same tree is then evaluated by every engine that we have.
"""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu import Tensor, Value

# A tree is a variable's number, a constant, or (name, *subtrees).
UNARY = {
    "tanh": math.tanh,
    "sigmoid": lambda a: 1 / (1 + math.exp(-a)),
    "softplus": lambda a: math.log(1 + math.exp(a)),
    "silu": lambda a: a / (1 + math.exp(-a)),
    "gelu": lambda a: a * (1 + math.erf(a / math.sqrt(2))) / 2,
    "sin": math.sin,
    "cos": math.cos,
    "arctan": math.atan,
    "erf": math.erf,
    "square": lambda a: a * a,
    "negative": lambda a: -a,
}
BINARY = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "bounded quotient": lambda a, b: a / (1 + b * b),
    "length": lambda a, b: math.sqrt(1 + a * a + b * b),
    "power": lambda a, b: (1.5 + math.sin(a)) ** math.tanh(b),
    "logarithm": lambda a, b: math.log(1 + a * a + b * b),
    "where": lambda a, b: b + (a - 0.5) ** 2 if a > 0.5 else b,
}
PLAIN = UNARY | BINARY
COMPOSED = {
    "bounded quotient": lambda a, b: a / (1 + b * b),
    "length": lambda a, b: tg.sqrt(1 + a * a + b * b),
    "power": lambda a, b: (1.5 + tg.sin(a)) ** tg.tanh(b),
    "logarithm": lambda a, b: tg.log(1 + a * a + b * b),
    "where": lambda a, b: tg.where(a > 0.5, b + (a - 0.5) ** 2, b),
}

CONSTANTS = st.floats(-2, 2).map(lambda x: round(x, 3))
LEAVES = st.integers(0, 2) | CONSTANTS
TREES = st.recursive(
    LEAVES,
    lambda trees: st.one_of(
        st.tuples(st.sampled_from(sorted(UNARY)), trees),
        st.tuples(st.sampled_from(sorted(BINARY)), trees, trees),
        trees.map(lambda tree: ("multiply", tree, ("tanh", tree))),  # a subtree used twice
    ),
    max_leaves=12,
)
POINTS = st.lists(st.floats(-1.5, 1.5).map(lambda x: round(x, 4)), min_size=3, max_size=3)


def evaluate(tree: Any, variables: list[Any], known: dict[int, Any], plain: bool) -> Any:
    """The tree at these variables, in plain Python or by our functions; equal subtrees are one node."""
    if isinstance(tree, int):
        return variables[tree]
    if isinstance(tree, float):
        return tree
    if id(tree) not in known:
        name, *subtrees = tree
        operands = [evaluate(subtree, variables, known, plain) for subtree in subtrees]
        ours = COMPOSED.get(name) or getattr(tg, name)
        known[id(tree)] = (PLAIN[name] if plain else ours)(*operands)
    return known[id(tree)]


def by_values(tree, point):
    variables = [Value(x) for x in point]
    y = evaluate(tree, variables, {}, plain=False)
    if isinstance(y, Value):
        y.backward()
    return float(y), [v.grad for v in variables]


def by_tensors(tree, point, device):
    """Two copies of the point in one tensor each, to see that elements do not disturb each other."""
    variables = [Tensor(np.array([x, -x]), requires_grad=True, device=device) for x in point]
    y = evaluate(tree, variables, {}, plain=False)
    if not isinstance(y, Tensor):
        return y, [0.0] * 3
    y.backward(Tensor(np.array([1.0, 0.0]), device=device))
    return y.numpy()[0], [0.0 if v.grad is None else v.grad.numpy()[0] for v in variables]


def by_differences(tree, point, step=1e-5):
    """Central differences of fourth order, in plain Python."""
    gradient = []
    for k in range(3):
        at = lambda d, k=k: evaluate(tree, [x + d * step * (j == k) for j, x in enumerate(point)], {}, plain=True)  # noqa: E731
        gradient.append((8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * step))
    return evaluate(tree, point, {}, plain=True), gradient


def moderate(tree, point):
    """Whether nothing on the way is so large that finite differences lose their digits."""
    known: dict[int, Any] = {}
    try:
        evaluate(tree, point, known, plain=True)
    except OverflowError:
        return False
    return all(abs(number) < 5 for number in known.values())


@pytest.mark.parametrize("engine", ["Value", "cpu", "fake", pytest.param("cuda", marks=pytest.mark.gpu)])
@settings(max_examples=120)
@given(tree=TREES, point=POINTS)
def test_engines_agree_with_plain_python_and_finite_differences(engine, tree, point):
    assume(moderate(tree, point))
    expected, numeric = by_differences(tree, point)
    value, gradient = by_values(tree, point) if engine == "Value" else by_tensors(tree, point, engine)
    assert value == pytest.approx(expected, rel=1e-12, abs=1e-12)
    np.testing.assert_allclose(gradient, numeric, rtol=1e-6, atol=1e-6)


@settings(max_examples=120)
@given(tree=TREES, point=POINTS)
def test_values_and_tensors_agree_to_the_last_digits_everywhere(tree, point):
    """No finite differences here, so no condition: large numbers are included."""
    value, by_value = by_values(tree, point)
    for device in ("cpu", "fake"):
        number, gradient = by_tensors(tree, point, device)
        np.testing.assert_allclose(number, value, rtol=1e-11, atol=1e-11)
        np.testing.assert_allclose(gradient, by_value, rtol=1e-9, atol=1e-9 * max(1.0, *map(abs, by_value)))


@settings(max_examples=40)
@given(tree=TREES, point=POINTS)
def test_second_derivatives_agree(tree, point):
    """Hessian-vector products: two recorded passes of Values, jvp of grad of tensors, differences of gradients."""
    assume(moderate(tree, point))
    direction = [0.6, -0.3, 0.7]
    step = 1e-6
    ends = [by_values(tree, [x + s * step * v for x, v in zip(point, direction, strict=True)])[1] for s in (1, -1)]
    numeric = (np.array(ends[0]) - np.array(ends[1])) / (2 * step)

    def f(x):
        y = evaluate(tree, [x[0], x[1], x[2]], {}, plain=False)
        return y if isinstance(y, Tensor) else x.sum() * 0.0

    _, product = tg.jvp(tg.grad(f), (np.array(point),), (np.array(direction),))
    scale = max(1.0, np.abs(numeric).max())
    np.testing.assert_allclose(product.numpy(), numeric, rtol=1e-4, atol=1e-5 * scale)

    variables = [Value(x) for x in point]
    y = evaluate(tree, variables, {}, plain=False)
    if isinstance(y, Value):
        y.backward(create_graph=True)
        total = sum((v.grad * d for v, d in zip(variables, direction, strict=True)), Value(0.0))
        for v in variables:
            v.grad = 0.0
        total.backward()
        np.testing.assert_allclose([float(v.grad) for v in variables], product.numpy(), rtol=1e-9, atol=1e-9 * scale)
