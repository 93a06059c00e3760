"""Tensors taken apart: every number and every gradient is the tensor's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from engine.cases import Case, all_forms, sample
from tinygrad_edu.errors import ArgumentError
from tinygrad_edu_viz import Trace, take_apart
from tinygrad_edu_viz.scalarizing import scalarize

F = "float64"


def tensor(name: str, *shape: int, seed: int = 0, **options: Any) -> tg.Tensor:
    return tg.Tensor(sample(*shape, seed=seed).astype(F), requires_grad=True, name=name, **options)


def layer() -> tg.Tensor:
    x, W, b = tensor("x", 3, 4), tensor("W", 4, 2, seed=1), tensor("b", 2, seed=2)
    h = tg.relu(x @ W + b)
    return tg.sum(h * h)


def network() -> tg.Tensor:
    net = tg.nn.mlp([3, 4, 3], activation="relu", rng=0, dtype=F)
    x = tg.Tensor(sample(5, 3), dtype=F, name="x")
    return tg.losses.cross_entropy(net(x), np.array([0, 2, 1, 1, 0]))


def numbers(trace: Trace, label: str, shape: tuple[int, ...], what: str) -> np.ndarray:
    """The data or gradients of the elements of a tensor, found by their names; nan where an element does not occur."""
    found = {node.name: getattr(node, what) for node in trace.nodes.values()}
    array = np.full(shape, np.nan)
    for place in np.ndindex(shape):
        number = found.get(f"{label}[{','.join(map(str, place))}]" if place else label, np.nan)
        array[place] = 0.0 if number is None else number
    return array


def received(trace: Trace, source: str, node: str) -> np.ndarray:
    """All that a node receives from one that it feeds."""
    parts = [e.contribution for e in trace.events if e.kind == "backward" and (e.source, e.node) == (source, node)]
    return np.sum([np.asarray(part, dtype=float) for part in parts], axis=0)


def check(root: tg.Tensor, source: Any, node: str) -> None:
    """The operation of a node, taken apart, has the data and gives the contributions of the tensors."""
    trace = Trace.record(root)
    apart, whole = take_apart(source, node), trace.nodes[node]
    same = {"rtol": 1e-12, "atol": 1e-14}
    label = whole.name or node
    if whole.shape:
        np.testing.assert_allclose(numbers(apart, label, whole.shape, "data"), whole.data, **same)
        np.testing.assert_allclose(numbers(apart, label, whole.shape, "gradient"), whole.gradient, **same)
    else:
        assert apart.nodes[apart.root].data == pytest.approx(whole.data, rel=1e-12)
    for operand in {*whole.inputs}:
        node_of = trace.nodes[operand]
        if node_of.requires_grad:
            gradients = numbers(apart, node_of.name or operand, node_of.shape, "gradient")
            np.testing.assert_allclose(gradients, received(trace, node, operand), **same)


@pytest.mark.parametrize("make", [layer, network, lambda: tg.sum(tg.tanh(tensor("x", 2, 3)))], ids=["l", "n", "tanh"])
@pytest.mark.parametrize("live", [True, False])
def test_each_operation_alone(make, live):
    root = make()
    trace = Trace.record(root)
    computed = [node.id for node in trace.nodes.values() if node.op]
    for node in computed:
        check(root, root if live else trace, node)


@pytest.mark.parametrize("make", [layer, network], ids=["layer", "network"])
@pytest.mark.parametrize("live", [True, False])
def test_the_whole_expression(make, live):
    root = make()
    trace = Trace.record(root)
    apart = take_apart(root if live else trace)
    assert apart.nodes[apart.root].data == pytest.approx(trace.nodes[trace.root].data, rel=1e-12)
    for node in trace.nodes.values():
        if node.requires_grad and node.shape:
            label = node.name or node.id
            np.testing.assert_allclose(numbers(apart, label, node.shape, "data"), node.data, rtol=1e-12)
            np.testing.assert_allclose(
                numbers(apart, label, node.shape, "gradient"), node.gradient, rtol=1e-10, atol=1e-14
            )
    assert {node.scope for node in apart.nodes.values() if node.op} == {
        node.scope or (f"{node.op} {node.name or node.id}",) for node in trace.nodes.values() if node.op
    }


def test_numbers_of_numbers_are_in_no_scopes_of_their_own():
    net = tg.nn.mlp([2, 3, 1], rng=0).scalar()
    trace = Trace.record(tg.losses.mse(net(np.array([[1.0, -2.0]])), np.array([[1.0]])))
    apart = take_apart(trace)
    assert [node.scope for node in apart.nodes.values()] == [node.scope for node in trace.nodes.values()]


def computed(case: Case) -> tg.Tensor | None:
    """The case as a tensor of a graph; None where nothing has a gradient, or nothing is in it."""
    result = case.function(
        *[
            tg.Tensor(x.astype(F) if x.dtype.kind == "f" else x, requires_grad=x.dtype.kind == "f")
            for x in case.operands
        ]
    )
    result = result[0] if isinstance(result, list) else result
    return result if isinstance(result, tg.Tensor) and result.op is not None and result.size else None


CASES = [case for case in all_forms() if case.name not in ("move", "astype") and computed(case) is not None]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_operation(case: Case):
    result = computed(case)
    assert result is not None
    root = tg.sum(result * tg.Tensor(sample(*result.shape, seed=1).astype(F)))
    trace = Trace.record(root)
    if not any(x.size for x in case.operands) or (
        case.name == "logsumexp" and not result.shape and not case.operands[0].shape
    ):
        with pytest.raises(ArgumentError, match=r"is constant|cannot be computed number by number"):
            take_apart(trace)
        return
    apart = take_apart(trace)
    assert apart.nodes[apart.root].data == pytest.approx(trace.nodes[trace.root].data, rel=1e-9, abs=1e-12, nan_ok=True)
    for node in trace.nodes.values():
        if node.requires_grad and node.op is None:
            found = numbers(apart, node.id, node.shape, "gradient")
            expected = np.zeros(node.shape) if node.gradient is None else np.reshape(node.gradient, node.shape)
            used = ~np.isnan(found)
            np.testing.assert_allclose(found[used], expected[used], rtol=1e-6, atol=1e-9)
            assert not np.any(expected[~used])


def test_one_unit_of_a_layer():
    root = network()
    trace = Trace.record(root)
    node = next(node for node in trace.nodes.values() if node.op == "dense")
    for source in (root, trace):
        apart = take_apart(source, node.id, (2, 1))
        assert apart.nodes[apart.root].name == f"{node.id}[2,1]" or apart.nodes[apart.root].op
        assert apart.nodes[apart.root].data == pytest.approx(node.data[2][1], rel=1e-12)
        assert apart.nodes[apart.root].gradient == node.gradient[2][1]
        leaves = {leaf.name for leaf in apart.nodes.values() if leaf.op is None}
        assert leaves == {*(f"x[2,{k}]" for k in range(3)), *(f"0.weight[{k},1]" for k in range(3)), "0.bias[1]"}
        negative = take_apart(source, node.id, (-3, -3))
        assert negative.nodes[negative.root].data == apart.nodes[apart.root].data
    row = take_apart(root, "n7" if "n7" in trace.nodes else trace.root)
    assert row.nodes


def test_one_unit_of_a_large_layer_needs_the_tensors_themselves():
    net = tg.nn.Dense(784, 1024, activation="relu", rng=0, dtype="float64")
    loss = tg.sum(net(tg.Tensor(sample(32, 784), name="x")))
    trace = Trace.record(loss)
    node = next(node.id for node in trace.nodes.values() if node.op == "dense")
    apart = take_apart(loss, node, (3, 5))
    assert sum(node.op == "multiply" for node in apart.nodes.values()) == 784
    with pytest.raises(ArgumentError, match=r"has of the gradients of n3, .* only their mean and range.*take_apart"):
        take_apart(trace, node, (3, 5))
    with pytest.raises(ArgumentError, match=f"more than {scalarize.LARGEST:,} numbers, which is the limit"):
        take_apart(loss, node)
    with pytest.raises(ArgumentError, match="the limit"):
        take_apart(loss)


def test_an_element_of_an_elementwise_operation_takes_only_its_own():
    x, y = tensor("x", 2, 3), tensor("y", 3, seed=1)
    apart = take_apart(tg.sum(x * y), "n2", (1, 2))
    assert [node.name for node in apart.nodes.values()] == ["x[1,2]", "y[2]", "n2[1,2]"] or len(apart.nodes) == 3
    square = take_apart(tg.sum(x * x), "n1", (1, 2))
    assert len(square.nodes) == 2 and len(square.events) == 4


def test_wrong_arguments():
    root = layer()
    trace = Trace.record(root)
    with pytest.raises(ArgumentError, match="no node has the id 'zz'"):
        take_apart(trace, "zz")
    with pytest.raises(ArgumentError, match="W was given, not computed"):
        take_apart(trace, "W")
    for index in (7, (0, 9), (0, 0, 0), (-4, 0)):
        with pytest.raises(ArgumentError, match=r"has the shape \(3, 2\), and no element"):
            take_apart(trace, "n3", index)


def test_modes_are_restored():
    with pytest.raises(ArgumentError):
        take_apart(tg.sum(tensor("x", 100, 100) * 2.0))
    assert tg.graph.modes.MODES.get() is tg.graph.modes.RECORDING
    with tg.no_grad():
        assert len(take_apart(Trace.record(layer_outside)).events) > 3


layer_outside = layer()


def test_an_unknown_operation_of_a_trace_from_elsewhere(tmp_path):
    Trace.record(layer()).save(tmp_path / "t.json")
    text = (tmp_path / "t.json").read_text().replace('"relu"', '"frobnicate"')
    (tmp_path / "t.json").write_text(text)
    with pytest.raises(ArgumentError, match="no operation 'frobnicate'"):
        take_apart(Trace.load(tmp_path / "t.json"))
