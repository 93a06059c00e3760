"""The page that computes, in Chromium: after any change it shows what Python would record of these numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import tinygrad_edu as tg
from browser.graphs import random_graph, settings_of
from tinygrad_edu_viz import Trace
from tinygrad_edu_viz.pages.page import page as compose
from tinygrad_edu_viz.pages.page import why_not_live
from tinygrad_edu_viz.readable import number

pytestmark = pytest.mark.browser

NUMBERS = {"w": 1.0, "x": 2.0, "b": 0.5, "y": 1.0}


def neuron(numbers: dict[str, float] | None = None) -> tg.Value:
    w, x, b, y = (tg.Value(n, name=name) for name, n in {**NUMBERS, **(numbers or {})}.items())
    return (tg.sigmoid(w * x + b) - y) ** 2


def zoo(numbers: dict[str, float] | None = None) -> tg.Value:
    given = {"w": -3.0, "x": 2.0, "b": 0.5, **(numbers or {})}
    w, x, b = (tg.Value(n, name=name) for name, n in given.items())
    total = tg.relu(tg.sin(w) * x) + tg.sigmoid(w * x + b) / tg.exp(b) + x**3 + tg.gelu(w) * tg.leaky_relu(x)
    total = total - tg.maximum(w, x) * tg.softplus(b) + tg.elu(w) * tg.log(tg.abs(b)) + w * w
    return total + tg.where(w, x, b) + tg.sqrt(x * x + 1.0) + 2.0**w + tg.abs(w) ** x


def live(root: tg.Value) -> str:
    return compose(Trace.record(root), "a title", live=True)


SETTINGS = [
    {"w": 1.5, "x": -2.0},
    {"w": 0.0, "x": 0.0, "b": 0.0},
    {"w": -1e-7, "x": 3.0, "b": 123456.5},
    {"w": 2.0, "x": 2.0, "b": -1.0},
    {"w": 30.0, "x": 30.0, "b": -30.0},
]


@pytest.mark.parametrize("make", [neuron, zoo])
def test_a_change_gives_the_numbers_and_sentences_of_a_new_recording(visit, make):
    page = visit(live(make()))
    for settings in SETTINGS:
        found = page.tab.evaluate("(changes) => { tinygrad.compute(changes); return tinygrad.steps(); }", settings)
        events = Trace.record(make(settings)).events
        assert [(step["kind"], step["formula"] or "", step["text"]) for step in found] == [
            (event.kind, event.formula if event.kind == "backward" else "", event.text) for event in events
        ]
        for step, event in zip(found, events, strict=True):
            if event.kind == "backward" and isinstance(event.grad, float) and np.isfinite(event.grad):
                assert step["grad"] == pytest.approx(event.grad, rel=1e-12, abs=1e-12)


SHOWS = """([box, ...wanted]) => [".data", ".grad"].every((what, k) =>
    [...document.querySelectorAll(`${box} ${what}`)].map((line) => line.textContent).join("") === wanted[k])"""


def test_the_picture_shows_what_was_computed(visit):
    page = visit(live(neuron()), "#step=99")
    page.tab.evaluate("tinygrad.compute({w: -0.75, b: 0.1})")
    trace = Trace.record(neuron({"w": -0.75, "b": 0.1}))
    gradients = trace.gradients_after(len(trace.events))
    for k, node in enumerate(trace.nodes.values()):
        if not node.is_plain_number:
            wanted = [f"#node-n{k}", number(node.data), number(gradients[node.id])]
            page.tab.wait_for_function(SHOWS, arg=wanted)  # what is out of sight is written when the hand rests


def test_random_graphs(visit):
    for seed in range(0, 12):
        root, _ = random_graph(seed, [0.3, 0.5, 0.7, 0.9, 1.1])
        page = visit(live(root))
        names = page.tab.evaluate("tinygrad.inputs")
        for numbers in settings_of(seed):
            changes = {name: numbers[int(name[1:])] for name in names}
            found = page.tab.evaluate(
                "(c) => { tinygrad.compute(c); return tinygrad.steps().map((s) => s.text); }", changes
            )
            new, _ = random_graph(seed, numbers)
            assert found == [event.text for event in Trace.record(new).events], f"graph {seed} at {numbers}"


def test_updates_are_those_of_python_s_optimizers(visit):
    page = visit(live(neuron()))
    offered = page.tab.locator("#optimizer option").all_text_contents()
    assert {"SGD", "Adam", "AdamW", "RMSprop", "Adagrad"} <= set(offered)
    for kind in offered:
        page.tab.click("#reset")
        page.tab.select_option("#optimizer", kind)
        page.tab.fill("#lr", "0.3")
        page.tab.click("#ten")
        page.tab.click("#update")
        found = page.tab.evaluate("tinygrad.compute().values")
        w, x, b, y = (tg.Value(n, name=name) for name, n in NUMBERS.items())
        optimizer = getattr(tg.optim, kind)([w, b], lr=0.3)
        for _ in range(11):
            optimizer.zero_grad()
            ((tg.sigmoid(w * x + b) - y) ** 2).backward()
            optimizer.step()
        assert [found[name] for name in "wxby"] == pytest.approx([w.data, x.data, b.data, y.data], rel=1e-12), kind


def test_undo_leads_back_with_the_optimizer_s_state(visit):
    page = visit(live(neuron()), "#optimizer=Adam&lr=0.1")
    numbers = "JSON.stringify(tinygrad.compute().values)"
    page.tab.click("#update")
    once = page.tab.evaluate(numbers)
    for _ in range(2):  # compute() is a change that can be undone, too
        page.tab.evaluate("(tinygrad.undo(), tinygrad.update(10), tinygrad.undo())")
        assert page.tab.evaluate(numbers) == once
    page.tab.evaluate("(tinygrad.undo(), tinygrad.update())")
    twice = page.tab.evaluate(numbers)
    page.tab.click("#reset")
    assert page.tab.evaluate("tinygrad.compute().values.w") == 1.0
    other = visit(live(neuron()), "#optimizer=Adam&lr=0.1")
    other.tab.evaluate("tinygrad.update(2)")
    assert other.tab.evaluate(numbers) == twice


def test_what_does_not_learn_stays(visit):
    page = visit(live(neuron()))
    assert page.tab.locator("#leaves input[type=checkbox]:checked").count() == 2  # w and b sound like weights
    page.tab.uncheck("#leaves [aria-label='w learns']")
    page.tab.check("#leaves [aria-label='x learns']")
    page.press("u")
    page.tab.click("#update")
    found = page.tab.evaluate("tinygrad.compute().values")
    assert found["w"] == 1.0 and found["x"] != 2.0 and found["b"] != 0.5


def value_of(page, name: str) -> float:
    return page.tab.evaluate("(name) => tinygrad.compute().values[name]", name)


def test_numbers_are_typed_slid_dragged_and_moved_by_keys(visit):
    page = visit(live(neuron()))
    page.tab.fill("#input-0", "-1.25")
    assert value_of(page, "w") == -1.25
    page.tab.focus("#leaves [aria-label='w, slider']")
    page.press("End")
    assert value_of(page, "w") == 5.0
    page.tab.focus("#node-n0")
    page.press("ArrowDown", 2)
    page.press("Shift+ArrowUp")
    assert value_of(page, "w") == pytest.approx(5.8)
    box = page.tab.locator("#node-n0 .box").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.tab.mouse.move(x, y)
    page.tab.mouse.down()
    page.tab.mouse.move(x + 40, y)
    page.tab.mouse.up()
    assert value_of(page, "w") == pytest.approx(6.8)
    assert "moved" in page.tab.locator("#node-n0").get_attribute("class")


def test_one_drag_or_one_typed_number_is_one_change(visit):
    page = visit(live(neuron()))
    page.tab.focus("#input-0")
    page.tab.fill("#input-0", "")
    page.tab.keyboard.type("-42")
    page.tab.keyboard.press("Tab")
    page.tab.click("#undo")  # waits until it is enabled
    page.tab.wait_for_selector("#undo:disabled")
    assert value_of(page, "w") == 1.0


def test_compute_names_the_inputs_there_are(visit):
    page = visit(live(neuron()))
    said = page.tab.evaluate("() => { try { tinygrad.compute({v: 1}); } catch (error) { return `${error}`; } }")
    assert said == "RangeError: there is no input v: there are w, x, b, y"


# --- where a page cannot compute -------------------------------------------------------------------------------------


def decided() -> tg.Value:
    x = tg.Value(3.0, name="x")
    return tg.where(x > 1.0, x, 2.0 * x)


def long() -> tg.Value:
    x = tg.Value(0.1, name="x")
    y = x
    for _ in range(400):
        y = tg.sin(y)
    return y


CANNOT: list[tuple[Callable[[], tg.Value | tg.Tensor], str]] = [
    (decided, "was decided when it was recorded"),
    (long, "up to 400 nodes"),
    (lambda: (tg.Tensor([1.0, 2.0], requires_grad=True, name="W") * 2.0).sum(), "W is a tensor"),
]


@pytest.mark.parametrize(("make", "why"), CANNOT)
def test_what_cannot_be_computed_is_replayed_with_a_word_why(visit, make, why):
    trace = Trace.record(make())
    assert why in why_not_live(trace)
    page = visit(compose(trace, live=True))
    assert why in page.text("#note")
    assert page.tab.locator("#change").count() == 0
    page.press("ArrowRight")
    assert page.position > 0


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_page(visit, width):
    page = visit(live(zoo()), viewport={"width": width, "height": 800})
    page.tab.check("#predict")
    assert page.tab.evaluate("document.documentElement.scrollWidth") <= width
