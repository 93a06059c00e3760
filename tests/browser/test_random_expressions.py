"""Random expressions of all elementwise operations, in Chromium: values, gradients and sentences are Python's.

Twenty settings each, with infinite and signed numbers, huge and tiny ones. EXPRESSIONS=1000 takes more than the few of
every day.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from browser.test_sentences import table_of
from tinygrad_edu.graph.operation import REGISTRY
from tinygrad_edu_viz import Trace
from tinygrad_edu_viz.javascript.assemble import graph_program
from tinygrad_edu_viz.javascript.graph import computed_graph
from tinygrad_edu_viz.javascript.sentences import sentence_parts

pytestmark = pytest.mark.browser

COUNT, SETTINGS = int(os.environ.get("EXPRESSIONS", "60")), 20
OPERATIONS = [op for op in REGISTRY.values() if op.elementwise]
SPECIAL = [0.0, -0.0, 1.0, -1.0, 2.0, float("inf"), -float("inf"), float("nan"), 1e300, -1e-300, 5e-324, 710.0]
ATTRIBUTES = {"clip": {"min": -1.0, "max": 0.9}, "leaky_relu": {"negative_slope": 0.3}, "gelu": {"approximate": "tanh"}}

RUN = """(graphs) => graphs.map(({nodes: json, root, parts, places, settings}) => settings.map((numbers) => {
    const nodes = graphOf(json), as = (x) => (x !== x ? 'nan' : x === Infinity ? 'inf' : x === -Infinity ? '-inf' : x);
    places.forEach((place, k) => {
        if (place >= 0) nodes[place].value = Number(numbers[k].replace('inf', 'Infinity').replace('nan', 'NaN'));
    });
    forward(nodes);
    const steps = backward(nodes, root), sentences = new Sentences(parts, nodes, steps, root);
    return {
        numbers: [...nodes.flatMap((n) => (n.op ? [as(n.value)] : [])), ...steps.map((s) => as(s.gradient))],
        said: [...nodes.flatMap((n, k) => (n.op ? [sentences.forward(k)] : [])), sentences.seed()[1],
               ...steps.map((_, k) => sentences.backward(k)[1])],
    };
}))"""


def expression(seed: int, numbers: list[float]) -> tg.Value:
    """The same expression for all numbers of its three leaves; all that is computed is part of it."""
    rng = np.random.default_rng([13, seed])
    leaves = [tg.Value(x, name=f"x{k}") for k, x in enumerate(numbers)]
    pool: list[tg.Value] = list(leaves)
    for _ in range(int(rng.integers(2, 9))):
        op = OPERATIONS[rng.integers(len(OPERATIONS))]
        operands: list[Any] = [pool[-1 - min(int(rng.exponential(1.5)), len(pool) - 1)] for _ in op.rules]
        if len(operands) == 2 and rng.random() < 0.2:
            operands[1] = float(rng.choice([0.0, 1.0, 2.0, -0.5, 3.0]))
        attrs = ATTRIBUTES.get(op.name, {}) if rng.random() < 0.5 else {}
        pool.append(op.function(*operands, **attrs))
    return pool[-1] if pool[-1].op.name != "where" else pool[-1] * 1.0


def drawn(seed: int) -> list[list[float]]:
    rng = np.random.default_rng([14, seed])
    usual = rng.normal(0, 2, (SETTINGS, 3)).round(2)
    return np.where(rng.random((SETTINGS, 3)) < 0.3, rng.choice(SPECIAL, (SETTINGS, 3)), usual).tolist()


def test_values_gradients_and_sentences_are_python_s(laboratory: Callable[[str], Any]) -> None:
    given, tables = [], []
    for seed in range(COUNT):
        trace = Trace.record(expression(seed, [0.3, 0.5, 0.7]))
        graph, names = computed_graph(trace), list(trace.nodes)
        places = [names.index(f"x{k}") if f"x{k}" in names else -1 for k in range(3)]
        settings = [list(map(repr, row)) for row in drawn(seed)]
        parts = sentence_parts(trace)
        given.append({"nodes": graph.nodes, "root": graph.root, "parts": parts, "places": places, "settings": settings})
        tables.append(graph.operations)
    wrong: list[str] = []
    for seed, rows in enumerate(laboratory(graph_program(table_of(tables)))(RUN, given)):
        for numbers, found in zip(drawn(seed), rows, strict=True):
            trace = Trace.record(expression(seed, numbers))
            wanted = [node.data for node in trace.nodes.values() if node.op]
            wanted += [event.grad for event in trace.events if event.kind == "backward"][1:]
            said = [event.text for event in trace.events]
            a, b = np.array(found["numbers"], dtype=float), np.array(wanted, dtype=float)
            if a.shape != b.shape or not np.isclose(a, b, rtol=1e-12, atol=1e-12, equal_nan=True).all():
                wrong.append(f"numbers of {seed} at {numbers}")
            wrong += [f"{one}\n  {other}" for one, other in zip(found["said"], said, strict=True) if one != other]
    assert wrong == []
