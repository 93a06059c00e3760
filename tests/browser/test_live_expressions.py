"""Live pages of expressions of the command line: an operation that was just added, comparisons, and hostile names."""

from __future__ import annotations

import pytest

import tinygrad_edu as tg
from browser.focus import IN_FRAME, ready_frames
from tinygrad_edu.graph.operation import FUNCTIONS, REGISTRY, elementwise
from tinygrad_edu_cli.expressions.expression import evaluate
from tinygrad_edu_viz import Trace
from tinygrad_edu_viz.pages.page import page as compose

pytestmark = pytest.mark.browser

STEPS = "(changes) => { tinygrad.compute(changes); return tinygrad.steps().map((s) => s.text); }"


def follows(visit, make, first, changes):
    """After each change the page says what a new recording says."""
    page = visit(compose(Trace.record(make(first)), "a title", live=True))
    for change in changes:
        assert page.tab.evaluate(STEPS, change) == [event.text for event in Trace.record(make(change)).events], change


def test_an_operation_that_is_added_is_in_the_live_page_with_no_further_line(visit):
    try:

        @elementwise(lambda xp, y, a: 3.0 * a * a)
        def cube(xp, a):
            """a³."""
            return a * a * a

        def make(numbers):
            return cube(tg.Value(numbers["x"], name="x")) + 1.0

        follows(visit, make, {"x": 2.0}, [{"x": -3.0}, {"x": 0.0}, {"x": 0.5}])
        page = visit(compose(Trace.record(make({"x": 2.0})), "a title", live=True))
        found = page.tab.evaluate("tinygrad.compute({x: 3})")
        assert found["loss"] == 28.0 and found["gradients"]["x"] == 27.0
    finally:
        del REGISTRY["cube"], FUNCTIONS["cube"]


CHOICES = [
    "where(x > 1, x*x, 3*x)",
    "x*(x >= y) + y*(x < y)",
    "inside = (x > -1) * (x <= y); where(inside, log(x), y*y)",
    "where(x == y, x, 2*y) - x*(x != 0)",
]


@pytest.mark.parametrize("text", CHOICES)
def test_a_comparison_follows_the_numbers(visit, text):
    used = [name for name in "xy" if name in text]
    points = [(3.0, 5.0), (0.5, 0.5), (1.0, 1.0), (0.0, 0.0), (-2.0, 4.0), (7.0, -1e-9)]
    given = [{name: number for name, number in zip("xy", point, strict=True) if name in used} for point in points]
    follows(visit, lambda numbers: evaluate(text, numbers).root, {"x": 2.0, "y": 3.0}, given)


HOSTILE = [
    "</script><script>alert(1)</script>",
    "\"'&amp;<b>",
    "\u202eabc",
    "🙂",
    "x" * 10_000,
    "__proto__",
    "constructor",
]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_are_names(visit, name):
    page = visit(compose(Trace.record(tg.Value(2.0, name=name) * tg.Value(3.0, name="w")), name, live=True))
    assert page.tab.evaluate("tinygrad.compute({w: 5}).loss") == 10.0


def test_two_cells_of_a_notebook_compute_apart(visit):
    def cell():
        root = tg.Value(2.0, name="w") * tg.Value(3.0, name="x")
        return Trace.record(root)._repr_mimebundle_()["text/html"]

    assert 'sandbox="allow-scripts"' in cell()
    page = visit(f"<!DOCTYPE html><title>notebook</title>{cell()}{cell()}", viewport={"width": 1000, "height": 1400})
    first, second = ready_frames(page.tab)
    first.fill("#input-0", "5")
    first.focus("#node-n0")
    page.tab.wait_for_function(IN_FRAME)
    page.press("ArrowUp")
    first.locator("#node-n0 .data", has_text="5.1").wait_for()
    assert second.input_value("#input-0") == "2"
