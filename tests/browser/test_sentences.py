"""The sentences of a page that computes, in Chromium: after any change of numbers those that a new recording has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import tinygrad_edu as tg
from browser.graphs import random_graph, settings_of
from tinygrad_edu_viz import Trace
from tinygrad_edu_viz.javascript.assemble import graph_program
from tinygrad_edu_viz.javascript.graph import computed_graph
from tinygrad_edu_viz.javascript.sentences import sentence_parts
from tinygrad_edu_viz.javascript.tables import Table

pytestmark = pytest.mark.browser

SAY = """(graphs) => graphs.map(({nodes: json, root, parts, places, settings}) => settings.map((numbers) => {
    const nodes = graphOf(json);
    places.forEach((place, k) => { if (place !== null) nodes[place].value = Number(numbers[k]); });
    forward(nodes);
    const steps = backward(nodes, root), sentences = new Sentences(parts, nodes, steps, root);
    const computed = nodes.flatMap((node, k) => (node.op ? [['', sentences.forward(k)]] : []));
    return [...computed, sentences.seed(), ...steps.map((_, k) => sentences.backward(k))];
}))"""

inf, nan = float("inf"), float("nan")
MAKERS: list[tuple[Callable[..., tg.Value], list[list[float]]]] = [
    (lambda a, b: a * b - b, [[2.0, 3.0], [-2.0, -3.0], [0.0, -0.0], [inf, -inf]]),
    (lambda a, b: a**b, [[2.0, 3.0], [2.0, -1.0], [-2.0, 10.0], [2.0, 100.0], [2.0, 0.5], [-2.0, -0.25], [0.0, -1.0]]),
    (lambda a, b: a**2 + b**-3, [[2.0, 3.0], [-2.0, -3.0], [0.0, 0.0]]),
    (lambda a, b: tg.where(a, b, b * 1.0), [[1.0, 2.0], [0.0, -2.0], [-1.0, 0.5], [3.0, 3.0]]),
    (lambda a, b: tg.maximum(a, b) + tg.minimum(a, -b), [[1.0, 2.0], [2.0, 2.0], [2.0, -2.0], [-3.0, 1.0]]),
    (lambda a, b: -a / b, [[1.0, 2.0], [1e300, 1e-300], [-1.0, 0.0], [0.0, 0.0], [1.0, -4.0]]),
    (lambda a, b: tg.log(a) + tg.sqrt(b), [[1.0, 2.0], [0.0, 4.0], [-1.0, 4.0], [1.0, 0.0], [1.0, -1.0]]),
    (lambda a, b: tg.exp(a * a) * b, [[1.0, 2.0], [40.0, 1.0], [-40.0, 0.0], [1e200, 1.0]]),
    (lambda a, b: tg.abs(a) + tg.relu(b), [[1.0, 2.0], [0.0, 0.0], [-1.0, -1.0]]),
    (lambda a, b: a + a * a + b, [[1.5, 2.0], [-1e-7, 123456.5]]),
    (lambda a, b: tg.sqrt(a * 0.0) * b, [[1.0, 2.0]]),
    (lambda a, b: tg.minimum(a, inf) * b - tg.where(a, b, -nan), [[1.0, 2.0], [0.0, 2.0], [inf, 0.0]]),
]


def prepared(make: Callable[..., tg.Value], first: list[float]) -> tuple[dict[str, Any], Table]:
    trace = Trace.record(make(*[tg.Value(x, name="ab"[k]) for k, x in enumerate(first)]))
    return _given(trace, ["a", "b"])


def _given(trace: Trace, leaves: list[str]) -> tuple[dict[str, Any], Table]:
    graph, names = computed_graph(trace), list(trace.nodes)
    places = [names.index(leaf) if leaf in names else None for leaf in leaves]
    return {
        "nodes": graph.nodes,
        "root": graph.root,
        "parts": sentence_parts(trace),
        "places": places,
    }, graph.operations


def said(root: tg.Value) -> list[list[str]]:
    return [[event.formula, event.text] for event in Trace.record(root).events]


def table_of(tables: list[Table]) -> Table:
    return Table("OPS", {key: entry for table in tables for key, entry in table.entries.items()}, {})


def test_sentences_follow_the_numbers(laboratory: Callable[[str], Any]) -> None:
    given = [prepared(make, settings[0]) for make, settings in MAKERS]
    graphs = [{**graph, "settings": [list(map(str, x)) for x in MAKERS[k][1]]} for k, (graph, _) in enumerate(given)]
    found = laboratory(graph_program(table_of([table for _, table in given])))(
        SAY.replace("Number(numbers[k])", "Number(numbers[k].replace('inf', 'Infinity'))"), graphs
    )
    for (make, settings), texts in zip(MAKERS, found, strict=True):
        for numbers, lines in zip(settings, texts, strict=True):
            assert lines == said(make(*[tg.Value(x, name="ab"[k]) for k, x in enumerate(numbers)])), numbers


def test_sentences_of_random_graphs(laboratory: Callable[[str], Any]) -> None:
    graphs, tables = [], []
    for seed in range(40):
        given, table = _given(
            Trace.record(random_graph(seed, [0.3, 0.5, 0.7, 0.9, 1.1])[0]), [f"x{k}" for k in range(5)]
        )
        graphs.append({**given, "settings": settings_of(seed)})
        tables.append(table)
    found = laboratory(graph_program(table_of(tables)))(SAY, graphs)
    for seed, texts in enumerate(found):
        for numbers, lines in zip(settings_of(seed), texts, strict=True):
            assert lines == said(random_graph(seed, numbers)[0]), f"graph {seed} at {numbers}"
