"""The nodes of a graph, and nodes of subclasses."""

import operator

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import Tensor, Value


class MyValue(Value):
    pass


class MyTensor(Tensor):
    pass


# --- tg.nodes ---


def backward_by_hand(root):
    """Gradients of a scalar graph by a walk along tg.nodes, with slopes that are measured (central differences)."""
    gradients = dict.fromkeys(tg.nodes(root), 0.0) | {root: 1.0}
    for node in tg.nodes(root):
        for k, operand in enumerate(node.inputs):
            low, high = (
                [x.data + (step if j == k else 0.0) for j, x in enumerate(node.inputs)] for step in (-1e-6, 1e-6)
            )
            slope = (float(node.op.function(*high)) - float(node.op.function(*low))) / 2e-6
            gradients[operand] += gradients[node] * slope
    return gradients


def test_newest_first_is_an_order_for_the_chain_rule():
    a, b = Value(2.0), Value(-3.0)
    c = a * b
    d = c + a
    root = tg.tanh(d * 0.1) * c + d
    by_hand = backward_by_hand(root)
    root.backward()
    assert [by_hand[leaf] for leaf in (a, b)] == pytest.approx([a.grad, b.grad], rel=1e-6)


def test_every_node_is_there_once_before_its_inputs(device):
    x = Tensor([1.0, 2.0], requires_grad=True, device=device)
    root = tg.stack([x * k for k in range(4)]).sum() + (x @ x)
    found = tg.nodes(root)
    assert found[0] is root and len(found) == len(set(found)) and x in set(found)
    place = {node: k for k, node in enumerate(found)}
    assert all(place[node] < place[operand] for node in found for operand in node.inputs)
    assert tg.nodes(x) == [x]


def test_equal_numbers_are_nodes_of_their_own():
    """A list finds a number, so `node in list` is no way to walk a graph; sets and tg.nodes know nodes by identity."""
    a, b = Value(2.0), Value(2.0)
    assert a in [b] and a not in {b} and a not in {b: 0}
    root = (a * b) * (a + b)
    assert {id(node) for node in tg.nodes(root)} == {id(node) for node in (a, b, *root.inputs, root)}


def test_a_long_chain_has_an_order_too_and_what_is_no_node_is_refused():
    y = Value(1.0)
    for _ in range(50_000):
        y = y + 1.0
    assert len(tg.nodes(y)) == 100_001
    with pytest.raises(tg.GraphError, match=r"a Value or a Tensor, not in a list"):
        tg.nodes([y])


# --- subclasses ---

BINARY = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, tg.maximum, np.multiply]


@pytest.mark.parametrize(("mine", "base"), [(MyValue, Value), (MyTensor, Tensor)], ids=["Value", "Tensor"])
def test_an_operation_on_a_subclass_gives_the_base_class(mine, base):
    make = {"requires_grad": True}
    for f in BINARY:
        for left, right in ((mine, mine), (mine, base), (base, mine)):
            a, b, c, d = left(1.5, **make), right(2.5, **make), base(1.5, **make), base(2.5, **make)
            y, z = f(a, b), f(c, d)
            y.backward()
            z.backward()
            assert type(y) is base and float(y) == float(z)
            assert (float(a.grad), float(b.grad)) == (float(c.grad), float(d.grad))
    a, b = mine(1.5, **make), base(1.5, **make)
    for f in (lambda v: v * v, lambda v: 2.0 * v - v, tg.tanh, lambda v: -v, lambda v: tg.where(v > 0, v, v)):
        y, z = f(a), f(b)
        y.backward()
        z.backward()
        assert type(y) is base and float(a.grad) == float(b.grad)
    y = base(1.0, **make) * 1.0
    y += a
    assert type(y) is base
    with tg.no_grad():
        same = a
        a -= 1.0
    assert a is same and float(a) == 0.5
    (gradient,) = [tg.grad(lambda v: v * v * v)(mine(2.0, **make))]
    assert float(gradient) == 12.0


def test_subclasses_compute_in_arrays_and_beside_tensors():
    v = MyValue(2.0)
    y = np.array([v, Value(3.0)], dtype=object) @ [v, v]
    y.backward()
    assert type(y) is Value and (y.data, v.grad) == (10.0, 2 * 2.0 + 3.0)
    assert (tg.stack([MyTensor([1.0]), Tensor([2.0])]) * MyValue(3.0, requires_grad=False)).shape == (2, 1)
    with pytest.raises(tg.GraphError, match="a Value and a Tensor in one operation"):
        MyTensor([1.0]) * v
