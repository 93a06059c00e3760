"""The fast ways of Values do what the general ones do, to the last bit: operators, and the backward pass of floats."""

from __future__ import annotations

import operator
import random
import struct
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import Value
from tinygrad_edu.graph.backprop import backprop
from tinygrad_edu.graph.operation import FUNCTIONS, REGISTRY

BINARY = {"add": operator.add, "subtract": operator.sub, "multiply": operator.mul, "divide": operator.truediv}
BINARY["power"] = operator.pow
UNARY = "negative relu tanh sigmoid exp log".split()
NUMBERS = [0.0, -0.0, 1.0, -2.5, 710.0, float("inf"), float("nan")]


def bits(x: float) -> bytes:
    return b"nan" if x != x else struct.pack("d", x)


def random_graph(rng: random.Random, leaves: list[Value]) -> Any:
    """A graph of all kinds of operands: nodes that are used again, plain numbers on both sides, choices."""
    nodes: list[Any] = [*leaves]
    for _ in range(rng.randint(1, 25)):
        a, b = rng.choice(nodes), rng.choice(nodes[-6:])
        kind = rng.randrange(6)
        if kind == 0:
            nodes.append(getattr(tg, rng.choice(UNARY))(a))
        elif kind == 1:
            nodes.append(rng.choice([*BINARY.values()])(a, rng.choice([2, -1, 0.5, 3.0])))
        elif kind == 2:
            nodes.append(rng.choice([*BINARY.values()])(rng.choice([2, -1, 0.5, 3.0]), a))
        elif kind == 3:
            nodes.append(tg.where(a.data > 0, a, b))
        elif kind == 4:
            nodes.append(tg.leaky_relu(a, 0.1) if rng.random() < 0.5 else tg.maximum(a, b))
        else:
            nodes.append(rng.choice([*BINARY.values()])(a, b))
    return nodes[-1]


def test_gradients_of_1000_random_graphs_are_those_of_the_general_pass_to_the_last_bit() -> None:
    rng = random.Random(0)
    compared = 0
    for _ in range(1000):
        leaves = [Value(rng.uniform(-2, 2)) for _ in range(3)]
        root = random_graph(rng, leaves)
        if root.op is None:
            continue
        wanted = {step.input: step.gradient for step in backprop(root)}
        root.backward()
        for leaf in leaves:
            assert bits(leaf.grad) == bits(0.0 + float(wanted.get(leaf, 0.0)))
            compared += leaf in wanted
    assert compared > 1000


OTHERS = [2, 2.5, True, np.float64(3.0), np.int64(2), Fraction(1, 4), Value(1.5), Value(2.0, requires_grad=False)]


@pytest.mark.parametrize("name", BINARY)
def test_operators_give_the_node_of_the_public_function(name: str) -> None:
    function = FUNCTIONS[name]
    for x in NUMBERS:
        for other in OTHERS:
            a = Value(x)
            for found, wanted in (
                (BINARY[name](a, other), function(a, other)),
                (BINARY[name](other, a), function(other, a)),
            ):
                assert bits(found.data) == bits(wanted.data), (x, other)
                assert found.op is wanted.op and found.requires_grad and found.attrs is None
                assert [bits(i.data) for i in found.inputs] == [bits(i.data) for i in wanted.inputs]
                assert [i.requires_grad for i in found.inputs] == [i.requires_grad for i in wanted.inputs]
                assert found.serial > max(i.serial for i in found.inputs)


@pytest.mark.parametrize("name", UNARY)
def test_methods_of_one_operand_give_the_node_of_the_rule(name: str) -> None:
    for x in NUMBERS:
        a = Value(x)
        found = -a if name == "negative" else getattr(a, name)()
        rule = REGISTRY[name].forward(Value.namespace, x)
        assert bits(found.data) == bits(float(rule)) and found.inputs == (a,) and found.op is REGISTRY[name]


def test_the_fast_ways_are_left_where_something_else_is_to_happen() -> None:
    a, constant = Value(3.0), Value(2.0, requires_grad=False)
    with tg.no_grad():
        assert [(a * 2.0).op, (2 - a).op, a.relu().op, (-a).op] == [None] * 4
    assert (constant * 2.0).op is None and constant.tanh().op is None
    with tg.detect_anomaly(), pytest.raises(tg.errors.AnomalyError, match="divide"):
        (1 / (a - 3)).backward()
    assert isinstance(a * np.ones(2), np.ndarray) and isinstance([a * 1.0][0], Value)
    total: Any = constant * 1.0
    total += 2.0
    assert total.data == 4.0 and total.op is None
    with pytest.raises(tg.errors.GraphError, match="no_grad"):
        a += 1.0


def test_a_pass_that_an_exception_ends_leaves_no_gradient_behind() -> None:
    a = Value(2.0)
    middle = a * 3.0
    root = middle * middle + tg.exp(a)
    middle.data = 1.0
    with pytest.raises(tg.errors.MutationError):
        root.backward()
    assert a.grad == 0.0
    (a * 3.0).backward()
    assert a.grad == 3.0
