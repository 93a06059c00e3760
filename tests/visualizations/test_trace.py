"""Recording, saving and loading of traces."""

from __future__ import annotations

import doctest
import gc
import json
import math
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_edu as tg
from engine.cases import Case, all_forms, sample
from engine.reading import compute
from tinygrad_edu.errors import ArgumentError, GraphError, MutationError
from tinygrad_edu_viz import Trace, TraceError, notation, readable, take_apart
from tinygrad_edu_viz.predicting.naive_order import naive_order
from visualizations.random_graphs import random_graph

V = tg.Value


def neuron() -> tg.Value:
    """The neuron of Karpathy's "spelled-out intro to neural networks", which shows its gradients."""
    numbers = {"w1": -3.0, "x1": 2.0, "w2": 1.0, "x2": 0.0, "b": 6.8813735870195432}
    w1, x1, w2, x2, b = (V(number, name=name) for name, number in numbers.items())
    return tg.tanh(w1 * x1 + w2 * x2 + b)


def layer(device: str = "cpu") -> tg.Tensor:
    W = tg.Tensor([[1.0, 2.0, -1.0], [3.0, -4.0, 0.5]], requires_grad=True, name="W", device=device)
    x = tg.Tensor([1.0, 2.0, 3.0], requires_grad=True, name="x", device=device)
    b = tg.Tensor([1.0, 2.0], requires_grad=True, name="b", device=device)
    return tg.sum(tg.relu(W @ x + b))


@pytest.fixture
def trace() -> Trace:
    return Trace.record(neuron())


# --- events -------------------------------------------------------------------------------------------------------


def test_the_neuron(trace):
    assert [event.node for event in trace.events] == (
        ["n5", "n6", "n7", "n8", "n9", "n9", "n8", "n7", "b", "n5", "n6", "w2", "x2", "w1", "x1"]
    )
    assert [event.kind for event in trace.events] == ["forward"] * 5 + ["backward"] * 10
    assert [(event.step, event.of) for event in trace.events] == [(k, 15) for k in range(1, 16)]
    gradients = trace.gradients_after(15)
    expected = {"w1": 1.0, "x1": -1.5, "w2": 0.0, "x2": 0.5, "b": 0.5, "n8": 0.5, "n7": 0.5, "n9": 1.0}
    assert {name: gradients[name] for name in expected} == pytest.approx(expected)
    assert {name: trace.nodes[name].gradient for name in expected} == pytest.approx(expected)


def test_json_of_events(trace):
    assert trace.events[3].to_json() == {
        "kind": "forward",
        "step": 4,
        "of": 15,
        "node": "n8",
        "name": None,
        "op": "add",
        "inputs": ["n7", "b"],
        "input_data": [-6.0, 6.881373587019543],
        "data": -6.0 + 6.881373587019543,
        "text": "n8 = n7 + b = -6 + 6.88137 = 0.881374",
    }
    half = 1 - math.tanh(-6.0 + 6.881373587019543) ** 2
    assert trace.events[8].to_json() == {
        "kind": "backward",
        "step": 9,
        "of": 15,
        "node": "b",
        "name": "b",
        "from": "n8",
        "op": "add",
        "position": 1,
        "upstream": pytest.approx(half, rel=1e-15),
        "local": 1.0,
        "contribution": pytest.approx(half, rel=1e-15),
        "grad_before": 0.0,
        "grad": pytest.approx(half, rel=1e-15),
        "formula": "∂L/∂b += ∂L/∂n8 · ∂n8/∂b = 0.5 · 1 = 0.5",
        "text": "b receives 0.5: n8 = n7 + b passes its gradient 0.5 on, times the local derivative ∂n8/∂b = 1 "
        "(add: passes the gradient through unchanged, to both)",
    }
    assert trace.events[5].to_json() | {"text": ""} == {
        **{"kind": "backward", "step": 6, "of": 15, "node": "n9", "name": None, "from": None, "op": None},
        **{"position": None, "upstream": None, "local": None, "contribution": 1.0, "grad_before": 0.0, "grad": 1.0},
        **{"formula": "∂L/∂n9 = 1", "text": ""},
    }


def test_contributions_add_up():
    a, b = V(2.0, name="a"), V(-3.0, name="b")
    events = [event for event in Trace.record(a * b + a).events if event.kind == "backward" and event.node == "a"]
    assert sorted(event.contribution for event in events) == [-3.0, 1.0]
    assert events[0].grad_before == 0.0
    assert events[1].grad_before == events[0].grad
    assert events[1].grad == -2.0
    assert "its gradient is now -2" in events[1].text


def test_an_input_that_is_given_twice_receives_twice():
    a = V(3.0, name="a")
    events = Trace.record(a * a).events
    assert [(event.node, event.position, event.contribution) for event in events[2:]] == [("a", 0, 3.0), ("a", 1, 3.0)]
    assert [" as operand 1:" in events[2].text, " as operand 2:" in events[3].text] == [True, True]


def test_what_is_known_after_each_step(trace):
    leaves = {"w1", "x1", "w2", "x2", "b"}
    assert trace.known_after(0) == leaves
    assert trace.known_after(2) == leaves | {"n5", "n6"}
    assert trace.known_after(99) == set(trace.nodes)
    assert trace.gradients_after(5) == {}
    assert trace.gradients_after(6) == {"n9": 1.0}
    assert set(trace.gradients_after(9)) == {"n9", "n8", "n7", "b"}


def same(a: float, b: float) -> bool:
    """Equal; nan, which x / (x - x) can bring, is the same as nan."""
    return a == b or (math.isnan(a) and math.isnan(b))


@given(st.data())
@settings(max_examples=40)
def test_random_expressions_obey_the_chain_rule(data):
    """Every contribution is upstream · local, every gradient the sum of the contributions, and right by differences."""
    numbers = data.draw(st.lists(st.floats(0.5, 2.0), min_size=2, max_size=4))
    functions = data.draw(
        st.lists(st.sampled_from(["add", "multiply", "divide", "tanh", "sin", "subtract"]), max_size=8)
    )
    picks = data.draw(st.lists(st.integers(0, 100), min_size=2 * len(functions), max_size=2 * len(functions)))

    def compute(values: list[Any]) -> Any:
        values = list(values)
        for k, name in enumerate(functions):
            operands = [values[pick % len(values)] for pick in picks[2 * k : 2 * k + 2]]
            values.append(getattr(tg, name)(*operands[: 1 if name in ("tanh", "sin") else 2]))
        return values[-1] * values[0]

    trace = Trace.record(compute([V(x, name=f"x{k}") for k, x in enumerate(numbers)]))
    total: dict[str, float] = {}
    for event in trace.events:
        if event.kind == "backward":
            if event.source is not None:
                assert same(event.contribution, event.upstream * event.local)
                assert same(event.upstream, total[event.source])
            assert same(event.grad_before, total.get(event.node, 0.0))
            total[event.node] = event.grad_before + event.contribution
            assert same(event.grad, total[event.node])
    for k, x in enumerate(numbers):
        if math.isfinite(total.get(f"x{k}", math.inf)):
            up, down = numbers.copy(), numbers.copy()
            up[k], down[k] = x + 1e-6, x - 1e-6
            slope = (compute(up) - compute(down)) / 2e-6
            assert total[f"x{k}"] == pytest.approx(slope, rel=1e-3, abs=1e-3 * max(1, abs(slope)))


def test_recording_touches_no_gradient():
    a = V(2.0, name="a")
    y = a * a
    Trace.record(y)
    assert (a.grad, y.grad) == (0.0, 0.0)
    x = layer()
    Trace.record(x)
    assert x.grad is None and x.inputs[0].grad is None


def test_another_seed():
    a = V(2.0, name="a")
    trace = Trace.record(a * 3, gradient=0.5)
    assert trace.gradients_after(99)["a"] == 1.5
    assert trace.events[1].text == "n2 starts with the gradient that was given: ∂L/∂n2 = 0.5"


def test_a_leaf_alone():
    trace = Trace.record(V(2.0, name="a"))
    assert [(event.kind, event.node, event.grad) for event in trace.events] == [("backward", "a", 1.0)]


def test_what_cannot_be_recorded():
    with pytest.raises(TraceError, match=r"only a Value or a Tensor .* type float: .*tg\.Value"):
        Trace.record(3.0)
    with pytest.raises(GraphError, match="requires no gradient"):
        Trace.record(V(1.0, requires_grad=False))
    with pytest.raises(GraphError, match=r"gradient of that shape"):
        Trace.record(tg.Tensor([1.0, 2.0], requires_grad=True) * 2)
    a = V(2.0)
    y = a * a
    a.data = 3.0
    with pytest.raises(MutationError):
        Trace.record(y)


# --- ids and labels -----------------------------------------------------------------------------------------------


def ids(*names: str | None) -> list[str]:
    total = tg.Value(0.0, requires_grad=False)
    leaves = [V(1.0, name=name) for name in names]
    for leaf in leaves:
        total = total + leaf
    return list(Trace.record(total).nodes)[1 : 1 + len(names)]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["w", "x"], ["w", "x"]),
        (["w", None, "x"], ["w", "n2", "x"]),
        (["w", "w", "w"], ["w", "w#2", "w#3"]),
        (["w#2", "w", "w"], ["w#2", "w", "w#3"]),
        (["", "x"], ["n1", "x"]),
        (["\u200d", " "], ["\u200d", " "]),
        (["n0"], ["n0"]),  # the constant, which is number 0, gives way
    ],
)
def test_ids_are_names_and_unique(names, expected):
    assert ids(*names) == expected


def test_a_name_that_looks_like_an_id_keeps_it():
    p, q = V(2.0, name="n2"), V(3.0, name="n3")
    trace = Trace.record(tg.exp(p * q))
    assert list(trace.nodes) == ["n2", "n3", "n2#2", "n3#2"]
    assert trace.nodes["n2#2"].inputs == ("n2", "n3")


def test_a_computed_node_is_called_by_its_name_in_sentences_only():
    a = V(2.0, name="a")
    s = a * 3
    s.name = "s"
    trace = Trace.record(tg.tanh(s))
    assert list(trace.nodes) == ["a", "n1", "n2", "n3"]
    assert (trace.nodes["n2"].name, trace.events[0].name) == ("s", "s")
    assert trace.events[0].text.startswith("s = a · 3 = 2 · 3 = 6")
    assert trace.events[-1].formula.startswith("∂L/∂a += ∂L/∂s · ∂s/∂a")


def test_a_leaf_called_L_does_not_pass_for_the_result():
    trace = Trace.record(V(2.0, name="L") * 3)
    assert trace.events[-1].formula == "∂n2/∂L += ∂n2/∂n2 · ∂n2/∂L = 1 · 3 = 3"


def test_a_name_of_which_nothing_can_be_seen():
    a, b = V(2.0, name="\u200d"), V(3.0, name=" ")
    assert Trace.record(a * b).events[0].text == "n2 = ? · ? = 2 · 3 = 6"


def test_long_and_strange_names_are_cut_and_cleaned_in_sentences():
    a = V(2.0, name="a\nb\x1b[31m" + "c" * 500)
    event = Trace.record(a * 2).events[0]
    assert event.text == "n2 = a b?[31mccccccccccccccc… · 2 = 2 · 2 = 4"


# --- tensors ------------------------------------------------------------------------------------------------------


def test_a_layer(device):
    trace = Trace.record(layer(device))
    event = next(event for event in trace.events if event.node == "W")
    assert event.to_json() == {
        **{"kind": "backward", "step": 10, "of": 11, "node": "W", "name": "W", "from": "n3", "op": "matmul"},
        **{"position": 0, "upstream": [1.0, 0.0], "local": None},
        **{"contribution": [[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]], "grad_before": [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]},
        **{"grad": [[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]], "shape": [2, 3], "dtype": "float32"},
        "formula": "∂L/∂W += g[:, None] @ x[None, :], with g = ∂L/∂n3; shape (2,) → (2, 3)",
        "text": "W receives [[1, 2, 3], [0, 0, 0]]: n3 = W @ x passes its gradient g = [1, 0] back as "
        "g[:, None] @ x[None, :], shape (2,) → (2, 3)",
    }
    assert trace.events[0].text == "n3 = W @ x = [2, -3.5]; shape (2, 3) and (3,) → (2,)"
    relu = trace.events[6]
    assert (relu.node, relu.local, relu.contribution) == ("n4", [1.0, 0.0], [1.0, 0.0])  # a rule that gives booleans
    assert trace.nodes["W"].device == device
    assert (trace.nodes["n6"].shape, trace.nodes["n6"].data) == ((), 3.0)


def test_labels_are_of_the_trace_and_not_of_its_file(tmp_path):
    """Nobody else's name, or an id; two nodes of one name are known by their ids."""
    a, b = tg.Value(2.0, name="a"), tg.Value(3.0, name="b")
    product, twice, root = a * b, a + a, b * b
    product.name, twice.name, root.name = "product", "same", "same"
    trace = Trace.record(product * twice + root)
    trace.save(tmp_path / "t.json")
    for found in (trace, Trace.load(tmp_path / "t.json")):
        assert [node.label for node in found.nodes.values()] == ["a", "b", "product", "n3", "n4", "n5", "n6"]
    assert not any("label" in node.to_json() for node in trace.nodes.values())
    assert "label" not in (tmp_path / "t.json").read_text()


def test_values_are_copied():
    x = tg.Tensor(np.array([1.0, 2.0]), requires_grad=True, name="x")
    trace = Trace.record(tg.sum(x * x))
    x.data[:] = 99.0
    assert trace.nodes["x"].data == [1.0, 2.0]
    assert trace.events[0].input_data == ([1.0, 2.0], [1.0, 2.0])
    assert trace.gradients_after(99)["x"] == [2.0, 4.0]


@pytest.mark.parametrize(("size", "is_exact"), [(1000, True), (1001, False)])
def test_large_arrays_become_summaries(size, is_exact):
    data = np.arange(size, dtype="float32") - 3
    trace = Trace.record(tg.sum(tg.Tensor(data, requires_grad=True, name="x") * 2.0))
    if is_exact:
        assert trace.nodes["x"].data == data.tolist()
        return
    assert trace.nodes["x"].data == {"shape": [size], "dtype": "float32", "mean": 497.0, "min": -3.0, "max": 997.0}
    event = trace.events[-1].to_json()
    assert event["grad"] == {"shape": [size], "dtype": "float32", "mean": 2.0, "min": 2.0, "max": 2.0}
    assert event["grad_before"]["max"] == 0.0
    assert len(json.dumps(event)) < 2000


def test_integers_booleans_and_empty_arrays():
    x = tg.Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True, name="x")
    mask = tg.Tensor([[True, False], [False, True]], name="mask")
    counts = tg.Tensor(np.array([2, 3]), name="counts")
    trace = Trace.record(tg.sum(tg.where(mask, x * counts, 0.0)))
    assert trace.nodes["mask"].data == [[1.0, 0.0], [0.0, 1.0]]
    assert (trace.nodes["counts"].data, trace.nodes["counts"].dtype) == ([2, 3], "int64")
    empty = Trace.record(tg.sum(tg.Tensor(np.zeros((2, 0)), requires_grad=True, name="e")))
    assert (empty.nodes["e"].data, empty.nodes["e"].gradient) == ([[], []], [[], []])


@pytest.mark.parametrize("case", all_forms(), ids=str)
def test_every_operation_says_what_it_does(case: Case):
    """The vjp that a formula states, computed by NumPy from the recorded data, is the recorded contribution."""
    result = case.function(*[tg.Tensor(operand, requires_grad=operand.dtype.kind == "f") for operand in case.operands])
    result = result[0] if isinstance(result, list) else result
    trace = Trace.record(result, gradient=sample(*result.shape, seed=1))
    names = {node.id: np.reshape(node.data, node.shape) for node in trace.nodes.values()}
    for event in trace.events:
        assert event.text and "\n" not in event.text
        if event.source is None or event.formula.startswith("∂L/∂" + event.node + " += pull-back of move"):
            continue
        formula = event.formula.removeprefix(f"∂L/∂{event.node} += ").partition(", with g = ")[0]
        if "…" in formula:  # a long index is cut
            continue
        upstream = np.reshape(event.upstream, trace.nodes[event.source].shape)
        read = compute(formula, {**names, "g": upstream})
        np.testing.assert_allclose(
            np.broadcast_to(read, event.shape), np.reshape(event.contribution, event.shape), rtol=1e-4, atol=1e-5
        )


# --- files --------------------------------------------------------------------------------------------------------


def strange() -> tg.Tensor:
    """A graph with everything that JSON has no word for."""
    x = tg.Tensor(np.array([0.0, 1.0, -1.0]), requires_grad=True, name='x"</script>\\ 😀\n')
    y = tg.log(x)[np.array([0, 1, 1]), None] * tg.Tensor(np.ones((3, 1), dtype="float64"))
    return tg.sum(y, axis=(0, 1)) + tg.sum(tg.astype(x, "float64")[::-1][..., :2])


@pytest.mark.parametrize("make", [neuron, layer, lambda: V(2.0, name="a") ** 3], ids=["neuron", "layer", "power"])
def test_a_trace_survives_saving(make, tmp_path):
    trace = Trace.record(make())
    trace.save(tmp_path / "t.json")
    assert Trace.load(tmp_path / "t.json") == trace
    assert Trace.load(str(tmp_path / "t.json")) == trace


def test_numbers_that_json_lacks(tmp_path):
    with np.errstate(all="ignore"):
        trace = Trace.record(strange())
    trace.save(tmp_path / "t.json")

    def refuse(constant: str) -> None:
        pytest.fail(f"{constant} is not JSON")

    json.loads((tmp_path / "t.json").read_text(encoding="utf-8"), parse_constant=refuse)
    for event in trace.events:
        json.dumps(event.to_json(), allow_nan=False)
    loaded = Trace.load(tmp_path / "t.json")
    assert repr(loaded) == repr(trace)  # nan is not equal to itself
    log = next(event for event in loaded.events if event.op == "log")
    assert log.data[0] == -math.inf and math.isnan(log.data[2])
    assert log.to_json()["data"] == ["-inf", 0.0, "nan"]


def edited(trace: Trace, tmp_path: Any, change: Any) -> Any:
    trace.save(tmp_path / "t.json")
    document = json.loads((tmp_path / "t.json").read_text())
    change(document)
    (tmp_path / "t.json").write_text(json.dumps(document))
    return tmp_path / "t.json"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.update(version=4), r"version 4, .* up to 3: update it"),
        (lambda d: d.update(format="something"), "it is JSON, but no trace"),
        (lambda d: d.pop("events"), "it lacks the field 'events'"),
        (lambda d: d.update(root="n77"), 'root is "n77", and no node has that id'),
        (lambda d: d["nodes"][5]["inputs"].append("n9"), r'nodes\[5\] is computed from "n9", and no node before it'),
        (lambda d: d["nodes"][5]["inputs"].append("n5"), r'nodes\[5\] is computed from "n5", .* cycle'),
        (lambda d: d["nodes"][5].update(inputs=["zz"]), r'nodes\[5\] is computed from "zz", and no node before it'),
        (
            lambda d: d["nodes"][5].update(inputs=[["a"]]),
            r"nodes\[5\].inputs\[0\] should be a text, and is a list of 1",
        ),
        (lambda d: d["nodes"][1].update(id="w1"), 'second node with the id "w1"'),
        (lambda d: d["nodes"][1].update(data="3"), r'nodes\[1\].data should be a number, and is "3"'),
        (lambda d: d["nodes"][1].update(data=True), r"nodes\[1\].data should be a number, and is true"),
        (lambda d: d["nodes"][1].update(data={"mean": 1}), r"nodes\[1\].data lacks the field"),
        (
            lambda d: d["nodes"][1].update(requires_grad=1),
            r"nodes\[1\].requires_grad should be true or false, and is 1",
        ),
        (
            lambda d: d["nodes"][1].update(shape=[-1]),
            r"nodes\[1\].shape\[0\] should be a whole number of at least 0, and is -1",
        ),
        (lambda d: d["nodes"].__setitem__(0, 7), r"nodes\[0\] should be an object, and is 7"),
        (lambda d: d.update(nodes={}), "nodes should be a list, and is an object"),
        (lambda d: d["events"].pop(3), r"events\[0\].of should be 14 as in the graph, and is 15"),
        (lambda d: d["events"][8].update(node="zz"), r'events\[8\].node is "zz", and no node has that id'),
        (lambda d: d["events"][8].update({"from": "zz"}), r'events\[8\].from is "zz", and no node'),
        (lambda d: d["events"][8].update(kind="sideways"), r"events\[8\].kind should be one of .*sideways"),
        (lambda d: d["events"][8].pop("grad"), r"events\[8\] lacks the field 'grad'"),
        (lambda d: d["events"][8].update(position=-1), r"events\[8\].position should be a whole number"),
    ],
)
def test_files_edited_by_hand(trace, tmp_path, change, said):
    path = edited(trace, tmp_path, change)
    with pytest.raises(TraceError, match=said) as raised:
        Trace.load(path)
    assert str(raised.value).startswith(f"cannot read {path}: ")


def change_array(place: int, array: Any) -> Any:
    return lambda d: d["arrays"].__setitem__(place, array)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (change_array(0, [[1.0, 2.0, -1.0], [3.0]]), r"arrays\[0\] is ragged: it has rows of 1 and of 3"),
        (change_array(0, [[1.0, 2.0, -1.0], 3.0]), r"arrays\[0\] should hold numbers, and holds a list of 3"),
        (change_array(0, [[1.0, 2.0], [3.0, -4.0]]), r"nodes\[0\].data has the shape \(2, 2\), and .* has \(2, 3\)"),
        (change_array(0, [[1, 2, 3], [4, 5, 10**30]]), r"arrays\[0\] holds 1000.*, a whole number that no array can"),
        (lambda d: d["nodes"][0].update(shape=[400000, 1000]), r"nodes\[0\].data has the shape \(2, 3\)"),
        (lambda d: d["nodes"][0].update(shape=[2, True]), r"nodes\[0\].shape\[1\] should be a whole number"),
        (lambda d: d["nodes"][0].update(dtype="int8"), r"nodes\[0\].data should be whole numbers that int8 can hold"),
        (lambda d: d["nodes"][0].update(dtype="(9999,9999)f8"), r"nodes\[0\].dtype should be one of"),
        (lambda d: d["nodes"][0].update(dtype=None), "should have a shape, a dtype and a device as a tensor"),
        (lambda d: d["nodes"][3].update(op="multiply", inputs=["W"]), "has 1 inputs, and multiply takes 2"),
        (lambda d: d["nodes"][3].update(attrs={"a": 1}), 'attrs has the field "a", which is none of its fields'),
        (lambda d: d["nodes"][6].update(op="reshape"), "attrs lacks the field 'shape'"),
        (
            lambda d: d["nodes"][6].update(op="reshape", attrs={"shape": [9]}),
            "shape is a list of 1, and the result",
        ),
        (lambda d: d["nodes"][6].update(op="pad", attrs={"pad_width": 9}), r"lead from the shape \(2,\) to \(\)"),
        (lambda d: d["events"][0].update(dtype="float64"), r'events\[0\].dtype should be "float32"'),
        (lambda d: d["events"][0]["input_data"].pop(), r"events\[0\] has 1 items in input_data, and 2 inputs"),
        (lambda d: d["events"][9].update(position=1), r"events\[9\].position is 1, and input \"W\" is not there"),
        (lambda d: d["events"][6].update(local=[1.0, 0.0, 1.0]), r"events\[6\].local .* not broadcast to \(2,\)"),
        (lambda d: d["events"].reverse(), r"events\[0\] does not belong here"),
        (lambda d: d.update(version=True), "version should be a whole number of at least 1, and is true"),
    ],
)
def test_arrays_that_do_not_belong_together(tmp_path, change, said):
    path = edited(Trace.record(layer()), tmp_path, change)
    with pytest.raises(TraceError, match=said) as raised:
        Trace.load(path)
    assert str(raised.value).startswith(f"cannot read {path}: ")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"root"', '"version": 3, "root"', 'the field "version" stands twice'),
        ('"version": 3', f'"version": {"9" * 5000}', "a whole number of 5,000 digits"),
        ('"version": 3', '"version": NaN', "the word NaN, which is not JSON"),
        ('"attrs": {}', f'"attrs": {{"x": {"[" * 900}{"]" * 900}}}', "nested too deeply|should be a number, a text"),
        ('"attrs": {}', f'"attrs": {"[" * 100_000}', "nested too deeply"),
    ],
    ids=["twice", "digits", "nan", "deep", "deeper"],
)
def test_json_that_python_would_let_pass(trace, tmp_path, old, new, said):
    trace.save(tmp_path / "t.json")
    text = (tmp_path / "t.json").read_text()
    (tmp_path / "t.json").write_text(text.replace(old, new, 1))
    with pytest.raises(TraceError, match=said):
        Trace.load(tmp_path / "t.json")


def test_a_shape_that_a_file_claims_takes_no_memory(tmp_path):
    """Of a large array a trace has a summary, which may say of anything that it was as large."""
    x = tg.Tensor(np.ones((40, 30), "float32"), requires_grad=True, name="x")
    Trace.record(tg.sum(x)).save(tmp_path / "t.json")
    text = (tmp_path / "t.json").read_text().replace("[40, 30]", "[400000, 1000]")
    (tmp_path / "t.json").write_text(text)
    tracemalloc.start()
    loaded = Trace.load(tmp_path / "t.json")
    for node, index in ((None, None), ("n1", None), ("n1", ())):
        with pytest.raises(ArgumentError, match=r"more than 5,000 numbers|only their mean and range"):
            take_apart(loaded, node, index)
    with pytest.raises(ArgumentError, match="the trace has only the mean and range of x"):
        naive_order(loaded)
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not JSON, .*; a trace is written by"),
        (b"hello", "is not JSON"),
        (b"\xff\xfe\x00", "is not JSON"),
        (b"[1, 2]", "is JSON, but no trace"),
        (b'"text"', "is JSON, but no trace"),
        (b"[" * 200_000, "nested too deeply"),
    ],
    ids=["empty", "text", "bytes", "list", "string", "bomb"],
)
def test_files_that_are_no_traces(content, said, tmp_path):
    (tmp_path / "t.json").write_bytes(content)
    with pytest.raises(TraceError, match=said):
        Trace.load(tmp_path / "t.json")


def test_a_trace_that_is_cut_off_says_so(trace, tmp_path):
    trace.save(tmp_path / "t.json")
    content = (tmp_path / "t.json").read_bytes()
    for length in range(40, len(content) - 2, 97):
        (tmp_path / "cut.json").write_bytes(content[:length])
        with pytest.raises(TraceError, match="cut off or damaged"):
            Trace.load(tmp_path / "cut.json")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        Trace.load(tmp_path / "t.json")


def _places(item: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = item.items() if isinstance(item, dict) else enumerate(item) if isinstance(item, list) else ()
    return [path] + [place for key, part in inside for place in _places(part, (*path, key))]


@given(data=st.data())
@settings(max_examples=150)
def test_a_damaged_file_gives_a_trace_or_a_trace_error(data, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "fuzz.json"
    Trace.record(layer()).save(path)
    document = json.loads(path.read_text())
    *way, last = data.draw(st.sampled_from(_places(document)[1:]))
    place = document
    for key in way:
        place = place[key]
    place[last] = data.draw(st.sampled_from([None, True, -1, 2.5, "n4", "W", "inf", [], [[]], {}, [None], {"from": 1}]))
    path.write_text(json.dumps(document))
    try:
        Trace.load(path)
    except TraceError as error:
        assert "\n" not in str(error)


# --- cost ---------------------------------------------------------------------------------------------------------


def test_ten_thousand_events_without_recursion(tmp_path):
    x = V(1.0, name="x")
    y = x
    for _ in range(3333):
        y = y + x
    trace = Trace.record(y)
    assert len(trace.events) == 3333 + 1 + 2 * 3333
    assert trace.gradients_after(len(trace.events))["x"] == 3334.0
    trace.save(tmp_path / "t.json")
    assert (tmp_path / "t.json").stat().st_size < 2000 * len(trace.events)
    assert len(Trace.load(tmp_path / "t.json").events) == len(trace.events)


def many_tensors(rows: int, times: int) -> tg.Tensor:
    y = x = tg.Tensor(sample(rows, rows), requires_grad=True, name="x")
    for _ in range(times):
        y = tg.tanh(y @ x)
    return tg.sum(y)


def scalars() -> tg.Value:
    return tg.sum(tg.nn.mlp([2, 16, 16, 1], activation="tanh", rng=0).scalar()(sample(1, 2)))


@pytest.mark.parametrize(
    "make", [scalars, lambda: many_tensors(7, 300), lambda: many_tensors(30, 250)], ids=["scalars", "small", "large"]
)
def test_memory(make, tmp_path):
    root = make()
    tracemalloc.start()
    trace = Trace.record(root)
    gc.collect()
    recorded, _ = tracemalloc.get_traced_memory()
    trace.save(tmp_path / "t.json")
    sizes = []
    for _ in range(2):
        loaded = None
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        loaded = Trace.load(tmp_path / "t.json")
        gc.collect()
        sizes.append(tracemalloc.get_traced_memory()[0] - before)
    tracemalloc.stop()
    assert len(trace.events) > 1000
    assert recorded < 2000 * len(trace.events)
    assert min(sizes) < 2000 * len(loaded.events)  # once in a while, Python's table of interned words grows
    assert (tmp_path / "t.json").stat().st_size < 1000 * len(loaded.events)


def test_a_trace_of_very_many_arrays_has_only_their_outlines():
    assert isinstance(Trace.record(many_tensors(30, 2)).nodes["x"].data, list)
    assert isinstance(Trace.record(many_tensors(30, 250)).nodes["x"].data, dict)


def test_a_file_of_the_first_version(trace, tmp_path):
    def downgrade(document: Any) -> None:
        document["version"] = 1
        document["nodes"] = [{k: v for k, v in node.to_json().items() if k != "scope"} for node in trace.nodes.values()]
        document["events"] = [event.to_json() for event in trace.events]
        del document["arrays"]

    for made in (trace, Trace.record(layer())):
        trace = made
        assert Trace.load(edited(made, tmp_path, downgrade)) == made


@pytest.mark.parametrize("place", [-1, 99, "0", None, True])
def test_an_array_that_is_not_there(place, tmp_path):
    def change(document: Any) -> None:
        document["events"][0]["data"] = {"array": place}

    with pytest.raises(
        TraceError, match=r"events\[0\].data(.array should be a whole number|.* is array 99, and there are)"
    ):
        Trace.load(edited(Trace.record(layer()), tmp_path, change))


def test_gradients_are_those_of_backward_bit_for_bit():
    for seed in range(200):
        root, leaves = random_graph(np.random.default_rng(seed))
        trace = Trace.record(root)
        root.backward()
        for leaf in leaves:
            found = trace.nodes[leaf.name].gradient if leaf.name in trace.nodes else None
            expected = (
                leaf.grad if isinstance(leaf, tg.Value) else None if leaf.grad is None else leaf.grad.numpy().tolist()
            )
            assert found == expected or (found is None and expected == 0.0)
        assert trace.gradients_after(len(trace.events)) == {
            node.id: node.gradient for node in trace.nodes.values() if node.gradient is not None
        }


def test_the_examples_in_the_documentation():
    for module in (readable, notation):
        outcome = doctest.testmod(module)
        assert (outcome.attempted > 0, outcome.failed) == (True, 0)


def test_a_trace_is_one_line_and_keeps_its_title(tmp_path):
    root = tg.Value(2.0, name="a") * 3.0
    assert repr(Trace.record(root)) == "Trace of n2: 3 nodes, 1 step forward, 2 steps backward"
    trace = Trace.record(root, title="a * 3")
    trace.save(tmp_path / "t.json")
    assert Trace.load(tmp_path / "t.json") == trace and repr(trace).startswith("Trace of a * 3: 3 nodes")
