"""Views: every node in one box, no circles, and few enough boxes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.errors import ArgumentError
from tinygrad_edu_viz import Trace, view
from tinygrad_edu_viz.views.levels import View
from visualizations.random_graphs import random_graph

V = tg.Value


def network(*sizes: int, rows: int = 4) -> Trace:
    net = tg.nn.mlp(list(sizes), activation="relu", rng=0, dtype="float64")
    x = tg.Tensor(np.random.default_rng(0).normal(size=(rows, sizes[0])), name="x")
    return Trace.record(tg.losses.cross_entropy(net(x), np.arange(rows) % sizes[-1]))


def check(trace: Trace, seen: View, limit: int | None = None) -> None:
    """What holds for every view."""
    inside = [node for box in seen.boxes.values() for node in box.nodes]
    assert sorted(inside) == sorted(trace.nodes)
    assert seen.box_of == {node: key for key, box in seen.boxes.items() for node in box.nodes}
    assert all(key == box.id for key, box in seen.boxes.items())
    assert limit is None or len(seen.boxes) <= limit
    place = {key: k for k, key in enumerate(seen.boxes)}
    assert all(place[source] < place[target] for source, target in seen.edges)  # so they run in no circle
    crossing = {(seen.box_of[source], seen.box_of[node.id]) for node in trace.nodes.values() for source in node.inputs}
    assert set(seen.edges) == {(source, target) for source, target in crossing if source != target}
    assert len(seen.edges) == len(set(seen.edges))
    for box in seen.boxes.values():
        assert box.result in box.nodes and (box.collapsed or box.nodes == (box.id,))
    assert seen.stops[0] == 0 and seen.stops[-1] == len(trace.events)
    assert list(seen.stops) == sorted(set(seen.stops))
    for stop in seen.stops:
        box, edges = seen.active(trace, stop)
        assert (box is None) == (stop == 0) and (box is None or box in seen.boxes)
        assert set(edges) <= set(seen.edges)


def test_random_graphs():
    """64 graphs of up to 100 nodes, each at every level; the limits take turns: each meets each level 16 times."""
    limits = (None, 2, 5, 12)
    for seed in range(64):
        root, _ = random_graph(np.random.default_rng(seed), operations=16)
        trace = Trace.record(root)
        for k, level in enumerate(("auto", "op", "layer")):
            limit = limits[(seed + k) % 4]
            seen = view(trace, level, limit)
            check(trace, seen, limit)
            assert (seen.more is not None) == ("more nodes" in seen.note)


def test_op_is_a_box_for_each_node():
    trace = network(2, 3, 2)
    seen = view(trace, "op")
    assert list(seen.boxes) == [*trace.nodes] or set(seen.boxes) == set(trace.nodes)
    assert seen.stops == tuple(range(len(trace.events) + 1))
    assert (seen.level, seen.note, seen.more) == ("op", "", None)


def test_layer_is_a_box_for_each_layer_and_for_what_is_outside():
    trace = network(2, 16, 3)
    seen = view(trace, "layer")
    check(trace, seen)
    assert [(box.title, box.lines) for box in seen.boxes.values()] == [
        ("x", ()),
        ("0 Dense(2, 16, relu)", ("(4, 16) float64", "48 parameters", "3 nodes")),
        ("1 Dense(16, 3)", ("(4, 3) float64", "51 parameters", "3 nodes")),
        (trace.root, ()),
    ]
    first, second = (box.id for box in seen.boxes.values() if box.collapsed)
    assert seen.edges == (("x", first), (first, second), (second, trace.root))
    assert seen.boxes[first].result == next(n.id for n in trace.nodes.values() if n.op == "dense")


def test_a_step_of_a_layer_ends_where_another_one_begins():
    trace = network(2, 16, 3)
    seen = view(trace, "layer")
    first, second = (box.id for box in seen.boxes.values() if box.collapsed)
    assert seen.stops == (
        0,
        1,
        2,
        3,
        4,
        5,
        8,
        10,
    )  # forward 3; the seed; 1 from the loss, 3 from a layer, 2 from the other
    assert [seen.active(trace, stop) for stop in seen.stops] == [
        (None, ()),
        (first, ()),
        (second, ()),
        (trace.root, ()),
        (trace.root, ()),
        (second, ((second, trace.root),)),
        (second, ((first, second),)),
        (first, ()),
    ]


def scalars() -> Trace:
    loss = tg.losses.mse(tg.nn.mlp([2, 2, 1], rng=0).scalar()(np.array([[1.0, 2.0]])), np.array([[1.0]]))
    return Trace.record(loss.item() if isinstance(loss, np.ndarray) else loss)


@pytest.mark.parametrize(
    ("make", "level", "boxes"),
    [
        (lambda: network(2, 16, 3), "layer", 4),
        (lambda: network(*[4] * 20), "layer", 21),
        (lambda: network(784, 1024, 256, 10, rows=32), "layer", 5),
        (lambda: Trace.record(V(2.0) * 3.0), "op", 3),
        (lambda: Trace.record((tg.Tensor([1.0, 2.0], requires_grad=True) ** 2).sum()), "op", 4),
        (scalars, "op", None),
    ],
)
def test_auto_is_layer_for_a_network_of_tensors_and_op_for_the_rest(make, level, boxes):
    trace = make()
    seen = view(trace)
    assert (seen.level, len(seen.boxes), seen.note) == (level, boxes or len(trace.nodes), "")


def test_what_a_layer_says():
    wide = view(network(784, 1024, 256, 10, rows=32))
    assert wide.boxes[wide.box_of["0.weight"]].lines[1] == "803,840 parameters"


def test_auto_goes_to_outer_scopes_and_then_to_what_is_nearest():
    y = V(1.0, name="x")
    for _ in range(10):
        with tg.scope("block"):
            for _ in range(10):
                with tg.scope("layer"):
                    y = tg.tanh(y) * 2.0
    trace = Trace.record(y)
    blocks = view(trace)
    check(trace, blocks, 40)
    assert [box.title for box in blocks.boxes.values()] == ["block", *(f"block#{k}" for k in range(2, 11))]
    assert "each of 10 layers" in blocks.note
    few = view(trace, limit=5)
    check(trace, few, 5)
    assert [box.title for box in few.boxes.values()][1:] == [f"block#{k}" for k in range(7, 11)]
    assert few.more == "more" and few.boxes["more"].title.endswith(" more nodes")
    assert few.note.endswith("more nodes: only the 4 boxes nearest to the result are drawn")


@pytest.mark.parametrize("operations", [121, 1000])
def test_a_long_graph_is_folded_by_its_depth(operations):
    y, w = V(0.5, name="x"), V(0.9, name="w")
    for _ in range(operations):
        y = y * w
    trace = Trace.record(y)
    seen = view(trace, limit=400)
    check(trace, seen, 15)
    size = -(-operations // 12)
    titles = [box.title for box in seen.boxes.values()]
    assert {"w", trace.root, f"depth 1 to {size}", f"depth {size + 1} to {2 * size}"} <= {*titles}
    assert "about the same depth" in seen.note and seen.more is None
    assert len(seen.stops) < 60


def test_random_long_graphs_are_folded_without_circles():
    for seed in range(5):
        rng = np.random.default_rng(seed)
        made = [V(0.5, name=f"x{k}") for k in range(20)]
        for _ in range(200):
            made.append(made[-1] * made[rng.integers(len(made))])
        check(trace := Trace.record(made[-1]), seen := view(trace, limit=400), 400)
        assert len(seen.boxes) <= 14


def test_what_is_nearest_of_a_graph_without_scopes():
    y = x = V(1.0, name="x")
    for _ in range(100):
        y = y + x
    seen = view(Trace.record(y), "op")
    assert len(seen.boxes) == 40 and "x" in seen.boxes["more"].nodes
    assert list(seen.boxes)[1:] == [f"n{k}" for k in range(62, 101)]
    assert ("more", "n100") in seen.edges


def test_ids_of_boxes_never_meet_those_of_nodes():
    with tg.scope("more"), tg.scope("a/b"):
        y = V(2.0, name="more") * V(3.0, name="more/a/b")
    with tg.scope("more/a"), tg.scope("b"):
        y = tg.tanh(y + 1.0) * V(2.0, name="more (2)")
    trace = Trace.record(tg.exp(y) + V(1.0, name="z"))
    for limit in (2, 4, None):
        check(trace, view(trace, "layer", limit), limit)


def test_scopes_that_feed_each_other_in_a_circle_are_dissolved():
    """As nobody can compute them; but a file can be edited by hand."""
    a = V(2.0, name="a")
    y = tg.tanh(tg.exp(tg.tanh(a)))
    trace = Trace.record(y)
    nodes = {key: replace(node, scope=("p",) if node.op == "tanh" else ("q",)) for key, node in trace.nodes.items()}
    trace = Trace(nodes, trace.events, trace.root)
    seen = view(trace, "layer")
    check(trace, seen)
    assert len(seen.boxes) > 2


def test_titles_are_short_and_clean():
    with tg.scope("x" * 500 + "\n"):
        y = V(2.0) * V(3.0)
    (box,) = view(Trace.record(y), "layer").boxes.values()
    assert len(box.title) == 48 and box.title.endswith("…")


def test_wrong_arguments():
    trace = Trace.record(V(2.0) * 3.0)
    with pytest.raises(ArgumentError, match="the level is one of auto, op, layer, not 'layers'"):
        view(trace, "layers")
    with pytest.raises(ArgumentError, match="the limit is 1"):
        view(trace, limit=1)
