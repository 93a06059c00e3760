"""The naive order of the backward pass; numbers computed by hand, and by a recursion as one would write it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings

import tinygrad_edu as tg
from engine.test_random_expressions import POINTS, TREES, evaluate
from tinygrad_edu.errors import ArgumentError
from tinygrad_edu.graph.backprop import backprop
from tinygrad_edu_viz import Trace
from tinygrad_edu_viz.predicting.naive_order import naive_order


def V(value: float, name: str) -> tg.Value:
    return tg.Value(value, name=name)


def reuse() -> tg.Value:
    """e = a·b, e·c + e with a = 2, b = -3, c = 4: dL/de = c + 1 = 5, dL/da = 5·b = -15, dL/db = 5·a = 10."""
    e = V(2.0, "a") * V(-3.0, "b")
    e.name = "e"
    return e * V(4.0, "c") + e


def doubled(n: int) -> tg.Value:
    """2^n·x by n additions of a node to itself, which has 2^n paths."""
    x = V(1.0, "x")
    for _ in range(n):
        x = x + x
    return x


def test_an_intermediate_result_that_is_used_twice():
    naive = naive_order(Trace.record(reuse()))
    seen = [(step.source, step.upstream, step.node, step.contribution, step.grad) for step in naive.steps]
    assert seen == [
        ("n5", 1.0, "n4", 1.0, 1.0),
        ("n4", 1.0, "n2", 4.0, 4.0),
        ("n2", 4.0, "a", -12.0, -12.0),  # too early: e will receive 1 more
        ("n2", 4.0, "b", 8.0, 8.0),
        ("n4", 1.0, "c", -6.0, -6.0),
        ("n5", 1.0, "n2", 1.0, 5.0),
        ("n2", 5.0, "a", -15.0, -27.0),  # with the 4 for the second time
        ("n2", 5.0, "b", 10.0, 18.0),
    ]
    assert (naive.total, naive.parting, naive.wrong) == (8, 2, ("a", "b"))
    assert naive.gradients == {"n5": 1.0, "n4": 1.0, "n2": 5.0, "a": -27.0, "b": 18.0, "c": -6.0}
    assert naive.why == (
        "They part at step 3: e has received 1 of its 2 contributions, and passes 4 on at once. The right order waits "
        "until the gradient of e is complete, 5, and passes that on once. At step 7 e passes on 5, its sum so far, and "
        "so counts the 4 twice. In the end wrong: the gradient of a, b."
    )


def test_a_tree():
    root = tg.tanh(V(1.0, "a") * V(2.0, "b") + V(3.0, "c"))
    trace = Trace.record(root)
    naive = naive_order(trace)
    assert naive.gradients == trace.gradients_after(len(trace.events))
    assert (naive.parting, naive.wrong, naive.total) == (None, (), 5)
    assert naive.why.startswith("Both orders agree: no node is used twice")


def test_only_an_input_is_used_twice():
    a = V(2.0, "a")
    naive = naive_order(Trace.record(a * V(-3.0, "b") + a))
    assert (naive.parting, naive.gradients["a"]) == (None, -2.0)
    assert naive.why.startswith("Both orders agree: what is used several times (a) was not computed")


def test_a_second_passing_on_of_the_whole_gradient_is_wrong_too():
    """e·1 + e·0, from left to right: e has its whole gradient 1 at once, receives 0, and passes 1 on again."""
    e = V(2.0, "a") * 1.0
    naive = naive_order(Trace.record(e * 1.0 + e * 0.0))
    assert naive.gradients["a"] == 2.0 and naive.wrong == ("a",)
    assert naive.parting is not None and naive.parting == len(naive.steps) - 1


def test_right_by_chance():
    """e = 0·x is used twice: what x receives too often is 0."""
    e = V(3.0, "x") * 0.0
    naive = naive_order(Trace.record(e + e))
    assert naive.parting is not None and not naive.wrong
    assert naive.why.endswith("the gradients in the end are the same by chance.")


def test_as_many_steps_as_paths():
    naive = naive_order(Trace.record(doubled(4)), limit=1000)
    assert naive.total == len(naive.steps) == 2 + 4 + 8 + 16
    assert naive.gradients["x"] > 16.0
    many = naive_order(Trace.record(doubled(60)), limit=50)
    assert (len(many.steps), many.total, many.wrong) == (50, 2**61 - 2, ())
    assert "would take 2,305,843,009,213,693,950 steps; the right order takes 120. It was stopped after 50." in many.why


def test_a_long_chain_needs_no_deep_recursion():
    x = V(1.0, "x")
    for _ in range(3000):
        x = x * 1.0
    naive = naive_order(Trace.record(x), limit=10_000)
    assert naive.gradients["x"] == 1.0 and naive.total == 3000


def test_tensors():
    """e = 2x, Σ e·e + e: e receives e as the first factor, then as the second, then 1."""
    x = tg.Tensor([1.0, 3.0], requires_grad=True, name="x", dtype="float64")
    e = x * 2.0
    naive = naive_order(Trace.record(tg.sum(e * e + e)))
    # of the product: e passes on e, then 2e; of the sum 2e + 1; so x receives 2·(e + 2e + 2e + 1) = 10e + 2
    assert naive.gradients["x"] == [22.0, 62.0]
    assert naive.wrong == ("x",)


def test_what_a_trace_has_only_in_outline():
    x = tg.Tensor(np.zeros(2000), requires_grad=True)
    with pytest.raises(ArgumentError, match="only the mean and range of"):
        naive_order(Trace.record(tg.sum(x * x)))


def recursion(root: tg.Value) -> dict[Any, float]:
    """The mistake as one would write it, on the engine's own nodes."""
    edges: dict[Any, list[tuple[int, Any, float]]] = {}
    for step in backprop(root):
        edges.setdefault(step.node, []).append((step.position, step.input, step.local))
    gradients: dict[Any, float] = {root: 1.0}

    def pass_on(node: Any) -> None:
        for _, operand, local in edges.get(node, []):
            gradients[operand] = gradients.get(operand, 0.0) + gradients[node] * local
            pass_on(operand)

    pass_on(root)
    return gradients


@settings(max_examples=100)
@given(tree=TREES, point=POINTS)
def test_random_graphs_against_a_plain_recursion(tree, point):
    leaves = [V(x, f"x{k}") for k, x in enumerate(point)]
    root = evaluate(tree, leaves, {}, plain=False)
    assume(isinstance(root, tg.Value) and root.op is not None)
    trace = Trace.record(root)
    naive = naive_order(trace, limit=3000)
    assume(naive.total <= 3000)
    expected = recursion(root)
    for leaf in leaves:
        if leaf in expected:
            assert naive.gradients[leaf.name] == pytest.approx(expected[leaf], rel=1e-12, abs=1e-12)
    if naive.parting is None:  # the sums are the same, in another order
        assert naive.gradients == pytest.approx(trace.gradients_after(len(trace.events)), rel=1e-9, abs=1e-9)


def test_it_works_behind_where():
    """The branch not taken has an infinite slope, and receives nothing."""
    x = V(0.0, "x")
    trace = Trace.record(tg.where(x > 0.5, tg.log(x), 2.0 * x))
    assert naive_order(trace).gradients["x"] == trace.nodes["x"].gradient == 2.0
