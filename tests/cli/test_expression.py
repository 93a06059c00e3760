"""What expressions mean. The oracle is Python itself: its own arithmetic on floats, and NumPy's on arrays."""

from __future__ import annotations

import inspect
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu_cli.expressions.expression import evaluate
from tinygrad_edu_cli.expressions.functions import FUNCTIONS
from tinygrad_edu_viz import Trace
from tinygrad_edu_viz.pages.page import why_not_live

NAMES = {"a": 0.75, "b": -1.25, "x1": 2.5, "λ": 0.3}
MATH = {
    "tanh": math.tanh,
    "exp": math.exp,
    "sin": math.sin,
    "sigmoid": lambda v: 1 / (1 + math.exp(-v)),
    "square": lambda v: v * v,
    "maximum": max,
}


def texts() -> st.SearchStrategy[str]:
    leaves = st.sampled_from([*NAMES, "2", "0.5", "1e-1", ".25"])

    def grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.one_of(
            st.tuples(inner, st.sampled_from([" + ", "-", "*", " * "]), inner).map("".join),
            inner.map(lambda t: f"-{t}"),
            inner.map(lambda t: f"({t})"),
            inner.map(lambda t: f"({t})**2"),
            st.tuples(st.sampled_from(["tanh", "sin", "sigmoid", "square"]), inner).map(lambda p: f"{p[0]}({p[1]})"),
            st.tuples(inner, inner).map(lambda p: f"maximum({p[0]}, {p[1]})"),
        )

    return st.recursive(leaves, grow, max_leaves=12)


@settings(deadline=None, max_examples=150)
@given(texts())
def test_value_is_that_of_python(text):
    text = f"{text} + a"  # at least one name
    root = evaluate(text, NAMES).root
    assert isinstance(root, tg.Value)
    assert root.data == pytest.approx(eval(text, {"__builtins__": {}}, {**MATH, **NAMES}), rel=1e-12, abs=1e-12)


@settings(deadline=None, max_examples=60)
@given(texts())
def test_tensors_give_the_numbers_of_values(text):
    text = f"{text} + a"
    arrays = evaluate(text, {**NAMES, "b": [NAMES["b"]]})  # one list makes tensors of all
    assert isinstance(arrays.root, tg.Tensor) and arrays.root.dtype == np.float64
    assert arrays.root.item() == pytest.approx(evaluate(text, NAMES).root.data, rel=1e-12, abs=1e-12)


def test_leaves_come_in_the_order_of_the_expression():
    result = evaluate("c*b + a*b", {"a": 1.0, "b": 2.0, "c": 3.0, "d": 4.0})
    assert list(result.leaves) == ["c", "b", "a"]
    assert [node.name for node in result.leaves.values()] == ["c", "b", "a"]
    assert result.unused == ["d"]


def test_a_name_is_one_node():
    result = evaluate("a*b + a", {"a": 2.0, "b": -3.0})
    result.root.backward()
    assert (result.leaves["a"].grad, result.leaves["b"].grad) == (-2.0, 2.0)


def test_assignments_name_intermediate_results():
    result = evaluate("e = a*b; d = e + c\n d * f".replace("\n ", "\n"), {"a": 2.0, "b": -3.0, "c": 10.0, "f": -2.0})
    assert result.root.data == -8.0 and result.root.name is None
    d = result.root.inputs[0]
    assert d.name == "d" and d.inputs[0].name == "e"


def test_an_assignment_at_the_end_is_the_result():
    assert evaluate("L = a*a", {"a": 3.0}).root.name == "L"


def test_an_alias_keeps_the_first_name():
    root = evaluate("e = a*2; f = e; g = a; f*g", {"a": 3.0}).root
    assert [node.name for node in root.inputs] == ["e", "a"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sum(relu(W @ x + b))", lambda W, x, b: np.maximum(W @ x + b, 0).sum()),
        ("mean(W * [[1, 2], [3, 4]])", lambda W, x, b: (W * [[1, 2], [3, 4]]).mean()),
        ("sum(W[0])", lambda W, x, b: W[0].sum()),
        ("W[1, 0]", lambda W, x, b: W[1, 0]),
        ("W[-1, ...][0]", lambda W, x, b: W[-1][0]),
        ("sum(W[:, 1:] ** 2)", lambda W, x, b: (W[:, 1:] ** 2).sum()),
        ("sum(x[::-1] * [1, 10])", lambda W, x, b: (x[::-1] * [1, 10]).sum()),
        ("sum(x[[0, 0, 1]])", lambda W, x, b: x[[0, 0, 1]].sum()),
        ("sum(x[x > 0])", lambda W, x, b: x[x > 0].sum()),
        ("sum(x[None, :] * W)", lambda W, x, b: (x[None, :] * W).sum()),
        ("sum(where(W > 0, W, 0.1*W))", lambda W, x, b: np.where(W > 0, W, 0.1 * W).sum()),
        ("sum(max(W, axis=0))", lambda W, x, b: W.max(axis=0).sum()),
        ("sum(sum(W, axis=(0, 1), keepdims=True))", lambda W, x, b: W.sum()),
        ("einsum('ij,j->i', W, x)[0]", lambda W, x, b: (W @ x)[0]),
        ("sum(leaky_relu(x, negative_slope=0.2))", lambda W, x, b: np.where(x > 0, x, 0.2 * x).sum()),
        ("sum(reshape(W, (4,))[1:3])", lambda W, x, b: W.reshape(4)[1:3].sum()),
        ("sum(tile(x, (2, 3)) * 2)", lambda W, x, b: np.tile(x, (2, 3)).sum() * 2),
        ("sum(stack([x, x + 1], axis=1)[0])", lambda W, x, b: np.stack([x, x + 1], axis=1)[0].sum()),
        ("sum(concatenate([x, W[0]]) ** 2)", lambda W, x, b: (np.concatenate([x, W[0]]) ** 2).sum()),
        ("sum(split(W, 2)[1] * x)", lambda W, x, b: (np.split(W, 2)[1] * x).sum()),
        ("sum(pad(x, 1, constant_values=2.0))", lambda W, x, b: np.pad(x, 1, constant_values=2.0).sum()),
        ("sum(transpose(W) @ x)", lambda W, x, b: (W.T @ x).sum()),
        ("(W @ x)[0]", lambda W, x, b: (W @ x)[0]),
    ],
)
def test_arrays_as_in_numpy(text, expected):
    W, x, b = [[1.5, -2.0], [0.25, 4.0]], [0.5, -1.0], 0.125
    root = evaluate(text, {"W": W, "x": x, "b": b}).root
    assert root.dtype == np.float64
    assert root.item() == pytest.approx(expected(np.array(W), np.array(x), b), rel=1e-12)


@pytest.mark.parametrize("text", ["sum(a*b)", "mean(stack([a, b]))", "a[...] * b", "norm(a)*b", "([1, 2] * a)[0] * b"])
def test_what_a_single_number_lacks_makes_tensors(text):
    assert isinstance(evaluate(text, {"a": 2.0, "b": 3.0}).root, tg.Tensor)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a/0", math.inf), ("-a/0", -math.inf), ("log(0*a)", -math.inf), ("a*9**9**9", math.inf), ("a*(9**9**9)**0", 2.0)],
)
def test_numbers_follow_ieee(text, expected):
    assert evaluate(text, {"a": 2.0}).root.data == expected
    assert evaluate(text, {"a": 2.0, "unused": [1.0]}).root.item() == expected


def test_nan_is_a_number_too():
    assert math.isnan(evaluate("0*a/0", {"a": 2.0}).root.data)


def test_precedence_is_python_s():
    assert evaluate("-a**2 + 2**-1", {"a": 3.0}).root.data == -8.5
    assert evaluate("2**3**a", {"a": 2.0}).root.data == 512.0


@pytest.mark.parametrize("condition", ["a > b", "a >= b", "a != b", "not_less", "2 > 1", "True"])
def test_a_condition_chooses(condition):
    text = f"not_less = a >= b; where({condition}, a, b)"
    if condition != "not_less":
        text = text.partition("; ")[2]
    assert evaluate(text, {"a": 3.0, "b": 2.0}).root.data == 3.0


def test_a_comparison_is_a_node_so_that_a_page_follows_it():
    root = evaluate("inside = (x > 1) * (x <= y); where(inside, x, 3*x) + x * (x < y)", {"x": 2.0, "y": 2.0}).root
    assert root.data == 2.0
    trace = Trace.record(root)
    assert why_not_live(trace) == ""
    assert [node.op for node in trace.nodes.values() if node.op][:3] == ["greater", "less_equal", "multiply"]
    said = [event.text for event in trace.events]
    assert "n3 = (x > 1) = (2 > 1) = 1" in said
    assert any("(less: flat on both sides of its jump, so no gradient passes)" in text for text in said)
    inside = next(node for node in trace.nodes.values() if node.name == "inside")
    assert inside.gradient is None  # where passes none to its condition


@pytest.mark.parametrize("masked", ["x[x > 1]", "x[x > 1, None]", "x[(x == 2)]"])
def test_a_comparison_chooses_elements(masked):
    assert evaluate(f"sum({masked})", {"x": [2.0, -1.0, 2.0]}).root.data == 4.0


def test_operands_may_be_named():
    assert evaluate("where(condition=a > 0, a=a, b=-a)", {"a": -3.0}).root.data == 3.0


def test_unicode_names_are_normalised_as_python_does():
    assert evaluate("ﬁ * 𝐱", {"fi": 2.0, "x": 3.0}).root.data == 6.0


def test_every_public_function_can_be_called():
    """Each function meets the words for what is an operand and what is a setting."""
    extra: dict[str, Any] = {
        **{"broadcast_to": "(2, 2)", "astype": "'float64'", "pad": "1", "repeat": "2", "reshape": "(4,)", "roll": "1"},
        **{"expand_dims": "0", "split": "1", "swapaxes": "0, 1", "moveaxis": "0, 1", "take": "[0]", "tile": "2"},
    }
    for name, function in FUNCTIONS.items():
        operands = [
            "W"
            for p in inspect.signature(function).parameters.values()
            if p.name in ("a", "b", "condition") and p.default is p.empty
        ]
        call = f"{name}({', '.join(operands + ([extra[name]] if name in extra else []))})"
        call = {"einsum": "einsum('ij->', W)", "stack": "stack([W])", "concatenate": "concatenate([W])"}.get(name, call)
        text = f"sum({call}[0])" if name == "split" else f"sum({call})"
        assert isinstance(evaluate(f"{text} + W[0, 0]", {"W": [[0.5, 0.25], [0.125, 0.0625]]}).root, tg.Tensor), name
