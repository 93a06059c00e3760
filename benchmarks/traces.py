"""What traces and pictures cost: seconds to open them, and bytes for each event."""

from __future__ import annotations

import gc
import tempfile
import tracemalloc
from pathlib import Path

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu.graph.node import Node
from tinygrad_edu_viz import Trace, draw_graph, render, view

from .timing import Row, seconds_of


def rows() -> list[Row]:
    found: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        for name, root in {"Values": _values(5000), "4 × 4 tensors": _tensors(4, 2000)}.items():
            file = Path(folder) / "trace.json"
            trace = Trace.record(root)
            trace.save(file)
            each = len(trace.events) / 10_000
            seconds = seconds_of(lambda file=file: Trace.load(file)) / each
            found.append((f"open a trace of 10,000 events, {name}", "seconds", seconds, 2.0))
            found.append((f"memory of an event, {name}", "bytes", _bytes(root) / len(trace.events), 2000))
    loss = _network()
    found.append(
        ("784-1024-256-10, batch 32: record, and find layers", "seconds", seconds_of(lambda: _layers(loss)), 1.0)
    )
    many = Trace.record(_values(500))
    found.append(
        ("draw a graph of 1,500 nodes as SVG", "seconds", seconds_of(lambda: render(draw_graph(many), "svg")), 3.0)
    )
    return found


def _values(times: int) -> Node:
    y = x = tg.Value(0.5, name="x")
    for _ in range(times):
        y = tg.tanh(y * tg.Value(0.5)) + x
    return y


def _tensors(rows: int, times: int) -> Node:
    y = x = tg.Tensor(np.random.default_rng(0).normal(size=(rows, rows)), requires_grad=True, name="x")
    for _ in range(times):
        y = tg.tanh(y @ x)
    return tg.sum(y)


def _network() -> Node:
    net = tg.nn.mlp([784, 1024, 256, 10], rng=0)
    x = tg.Tensor(np.random.default_rng(0).normal(size=(32, 784)), dtype="float32", name="x")
    return tg.losses.cross_entropy(net(x), np.arange(32) % 10)


def _layers(loss: Node) -> None:
    assert len(view(Trace.record(loss)).boxes) <= 40


def _bytes(root: Node) -> int:
    gc.collect()
    tracemalloc.start()
    trace = Trace.record(root)
    gc.collect()
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del trace
    return taken
