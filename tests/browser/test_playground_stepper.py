"""An example of the playground, opened as the live stepper: the numbers and sentences of Python's `model.scalar()`."""

from __future__ import annotations

import operator
import urllib.parse
from collections.abc import Iterable
from functools import reduce
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from browser.focus import IN_FRAME
from tinygrad_edu_viz import Trace

pytestmark = pytest.mark.browser

COMPUTED = "(changes) => { tinygrad.compute(changes); return tinygrad.steps(); }"
BOXES = """[...document.querySelectorAll('.node .box')].map((box) =>
    ["x", "y", "width", "height"].map((side) => Number(box.getAttribute(side))))"""
STATE = "JSON.stringify([tinygrad.weights(), tinygrad.gradients(), tinygrad.losses(), tinygrad.address()])"


def inside(tab: Any, row: int) -> Any:
    """The frame of the stepper of an example."""
    tab.evaluate("(row) => { tinygrad.walk(row); }", row)
    tab.click("#walk-open")
    tab.frame_locator("#stepper iframe").locator("#leaves input >> nth=0").wait_for()
    frame = tab.frames[-1]
    frame.wait_for_function("() => window.tinygrad")
    return frame


def python(tab: Any, row: int) -> tuple[Any, Any, dict[str, Any]]:
    """The page's network as numbers, the features of the example, and what the copied script has defined."""
    script = tab.evaluate("tinygrad.python()").split("optimizer =")[0]
    found: dict[str, Any] = {}
    exec(script, found)
    model, data, at = found["model"], found["train"], 0
    weights = tab.evaluate("tinygrad.weights()")
    for p in model.parameters():
        size = int(np.prod(p.shape))
        p.data[...] = np.reshape(weights[at : at + size], p.shape)
        at += size
    x, y = data if isinstance(data, tuple) else (data.x, data.y)
    return model, x[row], {"label": y[row], "settings": tab.evaluate("tinygrad.settings()")}


def recorded(model: Any, x: Any, label: Any, settings: dict[str, Any], changes: dict[str, float]) -> Trace:
    """The same step in Python, with the page's names, and with other numbers."""
    net = model.scalar()
    layers = [layer for layer in net.modules() if isinstance(layer, tg.nn.Dense)]
    named = []
    for k, layer in enumerate(layers, 1):
        for index, value in [*np.ndenumerate(layer.weight), *np.ndenumerate(layer.bias)]:
            value.name = f"{'wb'[len(index) == 1]}{k}[{','.join(str(i + 1) for i in index)}]"
            named.append(value)
    outputs, many = layers[-1].bias.size, layers[-1].bias.size > 1
    low = -1.0 if settings["loss"] == "hinge" else 0.0
    aims = [float(k == label) for k in range(outputs)] if many else [float(label) or low]
    of = lambda name, k: f"{name}.{k}" if many else name  # noqa: E731
    inputs = [tg.Value(float(number), name=name) for name, number in zip(settings["features"], x, strict=True)]
    targets = [tg.Value(aim, name=of("target", k)) for k, aim in enumerate(aims, 1)]
    for value in [*named, *inputs, *targets]:
        value.data = changes.get(value.name, value.data)
    given: Any = inputs
    for k, layer in enumerate(layers, 1):
        given = list(layer(given))
        for j, value in enumerate(given, 1):
            value.name = f"h{k}.{j}" if k < len(layers) else of("output", j)
            if k < len(layers) and settings["activations"][k - 1] != "linear":
                value.inputs[0].name = f"z{k}.{j}"
    if many:  # as the page has it: log Σ exp(o) - Σ t · o
        root = tg.log(total(map(tg.exp, given))) - total([t * o for t, o in zip(targets, given, strict=True)])
    else:
        root = tg.losses.get(settings["loss"])(np.array(given, object), np.array(targets, object))
    root.name = "L"
    return Trace.record(root)


def total(values: Iterable[Any]) -> Any:
    return reduce(operator.add, list(values))


CASES: list[dict[str, Any]] = [
    {"hidden": "3,2", "activations": "tanh,relu"},
    {"hidden": "", "loss": "mse", "data": "circles", "features": "x1,x2,x1²,x2²", "optimizer": "SGD"},
    {"hidden": "2,2,2", "activations": "gelu,linear,leaky_relu", "loss": "hinge", "data": "xor", "dropout": 0.2},
    {"hidden": "4", "activations": "silu", "data": "blobs", "l2": 0.01},
    {"hidden": "3", "activations": "elu", "data": "sine", "loss": "huber"},
    {"hidden": "3", "activations": "step", "data": "sine", "loss": "mae"},
]


@pytest.mark.parametrize("asked", CASES, ids=[f"{c.get('data', 'moons')} {c['hidden']}" for c in CASES])
def test_the_stepper_of_an_example_is_that_of_python(open_playground: Any, asked: dict[str, Any]) -> None:
    tab = open_playground("#" + urllib.parse.urlencode({**asked, "t": 50})).tab
    model, x, known = python(tab, 7)
    frame = inside(tab, 7)
    names = frame.evaluate("tinygrad.inputs")
    rng = np.random.default_rng(0)
    for changes in ({}, dict(zip(names, map(float, rng.normal(size=len(names))), strict=True)), {names[0]: 0.0}):
        before = {name: float(frame.evaluate("tinygrad.compute().values")[name]) for name in names}
        found = frame.evaluate(COMPUTED, changes)
        trace = recorded(model, x, **known, changes={**before, **changes})
        assert [step["text"] for step in found] == [event.text for event in trace.events]
        for step, event in zip(found, trace.events, strict=True):
            if event.kind == "backward":
                assert step["grad"] == pytest.approx(event.grad, rel=1e-12, abs=1e-12)


def test_three_classes_have_the_gradients_of_the_engine_s_own_loss(open_playground: Any) -> None:
    tab = open_playground("#data=blobs&hidden=3&activations=tanh&t=30").tab
    model, x, known = python(tab, 2)
    loss = tg.losses.cross_entropy(model(tg.Tensor(x[None])), np.array([known["label"]]))
    loss.backward()
    frame = inside(tab, 2)
    found = frame.evaluate("tinygrad.compute()")
    gradients = [float(g) for p in model.parameters() for g in np.ravel(p.grad.numpy())]
    assert found["loss"] == pytest.approx(loss.item(), rel=1e-12)
    assert [found["gradients"][name] for name in frame.evaluate("tinygrad.inputs")[: len(gradients)]] == pytest.approx(
        gradients, rel=1e-9, abs=1e-12
    )


def test_back_leads_to_the_training_as_it_was(open_playground: Any) -> None:
    opened = open_playground("#hidden=3&activations=tanh&t=33")
    tab = opened.tab
    tab.focus("#answer")
    opened.press("Enter")
    opened.press("ArrowRight", 2)
    before, where = tab.evaluate(STATE), opened.text("#walk-where")
    opened.press("o")
    frame = tab.frame_locator("#stepper iframe")
    frame.locator("#leaves input >> nth=0").wait_for()
    tab.wait_for_function(IN_FRAME)
    opened.press("ArrowRight", 3)  # keys act inside
    frame.locator("#where", has_text="step 3 of").wait_for()
    frame.locator("#ten").click()
    tab.click("#stepper-close")
    tab.locator("#stepper iframe").wait_for(state="detached")
    assert (tab.evaluate(STATE), opened.text("#walk-where")) == (before, where)
    opened.press("ArrowRight")
    assert opened.text("#walk-where") == "forward, 4 of 9"


def test_what_is_too_large_is_told(open_playground: Any) -> None:
    tab = open_playground("#hidden=10,10,10&activations=tanh,tanh,tanh").tab
    tab.evaluate("(row) => { tinygrad.walk(row); }", 0)
    assert tab.is_disabled("#walk-open") and "up to 400 numbers" in tab.text_content("#walk-large")
    tab.keyboard.press("o")
    assert tab.locator("#stepper").is_hidden()
    tab.evaluate("(tinygrad.configure({hidden: [8, 8]}), tinygrad.walk(0), 0)")
    assert tab.is_enabled("#walk-open") and tab.text_content("#walk-large") == ""


@pytest.mark.parametrize("width", [390, 1360])
def test_no_box_lies_on_another_and_nothing_runs_over_the_side(open_playground: Any, width: int) -> None:
    for asked in ("hidden=4,3,2&activations=tanh,leaky_relu,linear", "data=blobs&hidden=2", "data=sine&loss=huber"):
        tab = open_playground(f"#{asked}", viewport={"width": width, "height": 844}).tab
        frame = inside(tab, 1)
        boxes = np.array(frame.evaluate(BOXES))
        for k, (x, y, w, h) in enumerate(boxes):
            apart = (boxes[:, 0] >= x + w) | (boxes[:, 0] + boxes[:, 2] <= x)
            apart |= (boxes[:, 1] >= y + h) | (boxes[:, 1] + boxes[:, 3] <= y)
            assert np.flatnonzero(~apart).tolist() == [k]
        assert frame.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
