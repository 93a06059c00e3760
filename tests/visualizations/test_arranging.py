"""Where boxes stand, in pictures and on pages: layers side by side, units below each other, nothing over another."""

from __future__ import annotations

import json
import re
from itertools import combinations, pairwise

import graphviz
import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu_viz import Trace, draw_graph, render, take_apart
from tinygrad_edu_viz.pictures.scene import lay_out

Sides = tuple[float, float, float, float]  # left, top, right and bottom


def mlp_of_numbers() -> tg.Value:
    net = tg.nn.mlp([2, 3, 1], rng=0).scalar()
    return tg.losses.mse(net(np.array([[1.0, -2.0]])), np.array([[1.0]]))


def boxes_of(graph: graphviz.Digraph) -> dict[str, Sides]:
    """Left, top, right and bottom of each box, and of each frame by its title."""
    found = json.loads(render(graph, "json"))
    boxes = {}
    for item in found["objects"]:
        if "bb" in item and item["name"].startswith("cluster"):
            left, low, right, high = map(float, item["bb"].split(","))
            boxes[item["label"]] = (left, -high, right, -low)
        elif "pos" in item:
            (x, y), width, height = map(float, item["pos"].split(",")), float(item["width"]), float(item["height"])
            boxes[item["name"]] = (x - 36 * width, -y - 36 * height, x + 36 * width, -y + 36 * height)
    return boxes


def in_order(sides: list[Sides], along: int) -> bool:
    return all(first[along + 2] <= second[along] + 1e-6 for first, second in pairwise(sides))


@pytest.mark.parametrize("sizes", [(2, 3, 2), (2, 8, 8, 8, 1), (64, 64, 10)])
def test_layers_stand_side_by_side_in_order(sizes):
    net = tg.nn.mlp(list(sizes), dropout=0.2, rng=0, dtype="float64")
    loss = tg.sum(net(tg.Tensor(np.ones((4, sizes[0])), name="x")))
    boxes = boxes_of(draw_graph(Trace.record(loss), "op"))
    layers = [box for title, box in sorted(boxes.items()) if re.search(r"\d (Dense|Dropout)", title)]
    assert len(layers) == 2 * len(sizes) - 3 and in_order(layers, 0)
    assert max(top for _, top, _, _ in layers) < min(bottom for *_, bottom in layers), "one row"


def tensors(*sizes: int) -> Trace:
    """A network of tensors with one example, number by number."""
    net = tg.nn.mlp(list(sizes), rng=0, dtype="float64")
    y = tg.Tensor(np.ones((1, sizes[-1])), name="y", dtype="float64")
    return take_apart(tg.losses.mse(net(tg.Tensor(np.ones((1, sizes[0])), name="x", dtype="float64")), y))


def places(trace: Trace, rankdir: str, face: str) -> tuple[dict[str, Sides], list[Sides]]:
    """The sides of all boxes by the ids of their nodes, and of the frames."""
    if face == "page":
        scene = lay_out(trace, rankdir, "op", 300)
        return (
            {i: (*b.corner, b.corner[0] + b.width, b.corner[1] + b.height) for i, b in scene.boxes.items()},
            [(*f.corner, f.corner[0] + f.width, f.corner[1] + f.height) for f in scene.frames],
        )
    boxes = boxes_of(draw_graph(trace, "op", rankdir))
    found = {node: boxes.pop(f"n{k}") for k, node in enumerate(trace.nodes)}
    return found, list(boxes.values())


def overlap(a: Sides, b: Sides) -> bool:
    return max(a[0], b[0]) < min(a[2], b[2]) - 1 and max(a[1], b[1]) < min(a[3], b[3]) - 1


@pytest.mark.parametrize("face", ["picture", "page"])
@pytest.mark.parametrize("rankdir", ["LR", "TB"])
@pytest.mark.parametrize(
    "make",
    [lambda: Trace.record(mlp_of_numbers()), lambda: tensors(2, 3, 2)],
    ids=["numbers", "tensors"],
)
def test_units_stand_below_each_other_in_order(make, rankdir, face):
    trace, along = make(), 1 if rankdir == "LR" else 0
    boxes, frames = places(trace, rankdir, face)
    for op in ("relu", "square", "subtract"):
        assert in_order([boxes[node.id] for node in trace.nodes.values() if node.op == op], along)
    outputs = range(2 if "1.weight[0,1]" in boxes else 1)
    assert in_order([boxes[f"1.weight[{unit},{output}]"] for output in outputs for unit in range(3)], along)
    assert not any(overlap(a, b) for a, b in combinations(boxes.values(), 2))
    scopes = {node.scope[:depth] for node in trace.nodes.values() for depth in range(1, len(node.scope) + 1)}
    assert len(frames) == len(scopes)
    for node, box in boxes.items():
        assert sum(overlap(box, frame) for frame in frames) == len(trace.nodes[node].scope)
