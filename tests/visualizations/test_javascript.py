"""What pages compute with is made of the registry, and says so where it cannot be; tests/browser runs it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tinygrad_edu as tg
import tinygrad_edu_viz
from tinygrad_edu.graph.operation import FUNCTIONS, REGISTRY, elementwise
from tinygrad_edu.tapes.javascript_code import UnwritableError
from tinygrad_edu_viz import Trace
from tinygrad_edu_viz.javascript import tables
from tinygrad_edu_viz.javascript.assemble import program
from tinygrad_edu_viz.javascript.graph import computed_graph
from tinygrad_edu_viz.javascript.optimizers import optimizers
from tinygrad_edu_viz.javascript.recorded import derivative_rule
from tinygrad_edu_viz.javascript.sentences import figures, sentence_parts
from tinygrad_edu_viz.pages.parts import enclosed


def test_every_operation_is_written_or_says_why_not() -> None:
    table = tables.operations()
    assert set(table.entries) == {op.name for op in REGISTRY.values() if op.elementwise}
    assert set(table.unwritten) == set(REGISTRY) - set(table.entries)
    assert table.unwritten["matmul"] == (
        "matmul combines or moves the elements of tensors: take these apart into single numbers first"
    )


def test_every_activation_elementwise_loss_and_optimizer_is_written() -> None:
    assert set(tables.activations().entries) == set(tg.nn.activations.ACTIVATIONS)
    losses = tables.losses()
    assert set(losses.entries) | set(losses.unwritten) == set(tg.losses.LOSSES)
    assert set(losses.unwritten) == {"cross_entropy", "kl_divergence"}  # of several outputs together
    kinds = {name for name in tg.optim.__all__ if hasattr(getattr(tg.optim, name), "rule")} - {"Optimizer"}
    assert set(optimizers().entries) == kinds and len(kinds) >= 7


def test_operations_with_attributes_of_their_own_have_entries_of_their_own() -> None:
    x = tg.Value(0.3, name="x")
    graph = computed_graph(Trace.record(tg.leaky_relu(x) + tg.leaky_relu(x, negative_slope=0.5)))
    keys = ["leaky_relu", 'leaky_relu {"negative_slope": 0.5}', "add"]
    assert [node["op"] for node in graph.nodes if "op" in node] == list(graph.operations.entries) == keys
    assert "0.5 * a" in graph.operations.entries[keys[1]]


@pytest.fixture
def operation() -> Any:
    """Define operations, and forget them."""
    before = set(REGISTRY)
    yield elementwise
    for name in set(REGISTRY) - before:
        del REGISTRY[name], FUNCTIONS[name]


def test_an_operation_is_written_as_soon_as_it_is_defined(operation: Any) -> None:
    @operation(lambda xp, y, a: 3.0 * a * a)
    def cube(xp, a):  # type: ignore[no-untyped-def]
        """a³."""
        return a * a * a

    assert tables.operations().entries["cube"] == "{ f: (a) => a * a * a,\n      d: [(y, a) => 3 * a * a] }"


def test_names_of_parameters_are_no_words_of_javascript(operation: Any) -> None:
    @operation(lambda xp, y, var, power: y, None)
    def odd(xp, var, power):  # type: ignore[no-untyped-def]
        """var + power."""
        return var + power

    entry = tables.operations().entries["odd"]
    assert entry == "{ f: (var_, power_) => var_ + power_,\n      d: [(y, var_, power_) => y, null] }"


def test_an_operation_that_branches_says_so_and_so_does_its_graph(operation: Any) -> None:
    @operation(1.0)
    def sometimes(xp, a):  # type: ignore[no-untyped-def]
        """a, or 0."""
        return a if a > 0 else 0.0 * a

    assert "use xp.where" in tables.operations().unwritten["sometimes"]
    with pytest.raises(UnwritableError, match=r"sometimes: .*use xp\.where"):
        computed_graph(Trace.record(sometimes(tg.Value(1.0)) * 2.0))


# --- graphs that cannot be computed anew -----------------------------------------------------------------------------


def by_if(x: tg.Value) -> tg.Value:
    return x * 2.0 if x > 1 else x * 3.0


def beside(x: tg.Value) -> tg.Value:
    """Computes with what needs no gradient."""
    return x * tg.square(tg.Value(x.data, requires_grad=False))


def test_what_python_decided_is_seen_from_other_numbers() -> None:
    for function in (by_if, beside):
        one, two = (Trace.record(function(tg.Value(x, name="x"))) for x in (0.5, 1.5))
        computed_graph(one)  # nothing in it tells
        with pytest.raises(UnwritableError, match="with other numbers the function computes something else"):
            computed_graph(one, two)
    smooth = [Trace.record(tg.tanh(tg.Value(x, name="x")) * 2.0) for x in (0.5, 1.5)]
    assert [node.get("op") for node in computed_graph(*smooth).nodes] == [None, "tanh", None, "multiply"]


REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: tg.Tensor([1.0, 2.0], requires_grad=True).sum(), "is a tensor: take it apart"),
    (lambda: tg.where((x := tg.Value(2.0)) > 1, x, 0.0), "the condition of a where was decided when it was recorded"),
]


@pytest.mark.parametrize(("make", "reason"), REFUSED, ids=[reason for _, reason in REFUSED])
def test_graphs_that_would_lie_are_refused(make: Callable[[], Any], reason: str) -> None:
    with pytest.raises(UnwritableError, match=reason):
        computed_graph(Trace.record(make()))


def test_a_condition_that_is_an_input_follows_its_number() -> None:
    root = tg.where(tg.Value(1.0, name="c", requires_grad=False), tg.Value(2.0, name="a"), 3.0)
    assert '"where"' in computed_graph(Trace.record(root)).operations.text


FUNCTIONS_OF_NUMBERS: list[tuple[Callable[..., Any], str]] = [
    (by_if, "depends on its numbers, by an if"),
    (lambda x: tg.where(x > -100, x, 0.0), "the condition of a where was decided"),
    (lambda x: 3.0, "no function of single numbers"),
    (lambda x: tg.losses.cross_entropy(x, 0), "no function of single numbers"),
]


@pytest.mark.parametrize(
    ("function", "reason"), FUNCTIONS_OF_NUMBERS, ids=[reason for _, reason in FUNCTIONS_OF_NUMBERS]
)
def test_functions_that_cannot_be_written_say_why(function: Callable[..., Any], reason: str) -> None:
    with pytest.raises(UnwritableError, match=reason):
        derivative_rule(function, tables.POINTS)


# --- sentences -------------------------------------------------------------------------------------------------------


def test_figures_have_a_text_for_each_pattern_of_signs_and_of_equal_ones() -> None:
    assert figures(REGISTRY["negative"]) == {"": "-⟦0⟧", "-": "-(⟦0⟧)"}
    assert figures(REGISTRY["power"])["-+"] == "(⟦0⟧)^⟦1⟧"
    assert figures(REGISTRY["where"])["+++011"] == "where(⟦0⟧, ⟦1⟧, ⟦1⟧)"  # not: 3 if 1 else 3


def test_texts_are_shared_by_all_nodes_of_an_operation() -> None:
    x = tg.Value(0.5, name="x")
    root = x
    for _ in range(100):
        root = tg.tanh(root * x)
    parts = sentence_parts(Trace.record(root))
    assert set(parts["operations"]) == {"multiply", "tanh"}
    assert len(json.dumps(parts, ensure_ascii=False)) < 20_000  # 100 bytes a node


# --- optimizers ------------------------------------------------------------------------------------------------------


class Signs(tg.optim.Optimizer):
    """w ← w - lr · sign(g), with a slack that may be switched on."""

    def __init__(self, params: Any, lr: float = 0.1, weight_decay: float = 0.0, slack: float = 0.0):
        super().__init__(params, lr=lr, weight_decay=weight_decay, slack=slack)

    @staticmethod
    def rule(xp, w, g, lr, weight_decay, slack, t):  # type: ignore[no-untyped-def]
        if slack:
            g = xp.where(xp.abs(g) < slack, 0.0, g)
        return w - lr * xp.sign(g)


class Branching(Signs):
    """Asks how large a gradient is."""

    @staticmethod
    def rule(xp, w, g, lr, weight_decay, slack, t):  # type: ignore[no-untyped-def]
        return w - lr * g if g > 0 else w


def test_an_optimizer_of_one_s_own_is_written_with_its_switches() -> None:
    table = optimizers([Signs, Branching])
    assert "use xp.where" in table.unwritten["Branching"]
    entry = table.entries["Signs"]
    assert 'switches: ["slack"]' in entry
    assert "const r0 = a0[i] - c0 * sign(a1[i]);" in entry
    assert "const r0 = a0[i] - c0 * sign(c1 > Math.abs(a1[i]) ? 0 : a1[i]);" in entry


def test_the_program_is_small_and_can_stand_in_a_page() -> None:
    text = enclosed(program())
    assert len(text.encode()) < 50_000
    assert "</" not in text and "eval" not in text and "new Function" not in text


PARTS = sorted(Path(tinygrad_edu_viz.__file__).parent.glob("*/*.js"))


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_no_text_of_a_program_goes_over_several_lines(part: Path) -> None:
    """Pages hold the lines without their indentation, and without those that begin with `//`."""
    assert [line for line in part.read_text(encoding="utf-8").splitlines() if line.count("`") % 2] == []
