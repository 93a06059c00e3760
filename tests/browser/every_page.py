"""Every page of the project, and the states in which learners find them, for the tests that hold for all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

import tinygrad_edu as tg
from courses_shown import perceptron
from tinygrad_edu_tutorials import library
from tinygrad_edu_tutorials.exporting.pages import page as lesson_page
from tinygrad_edu_viz import Trace
from tinygrad_edu_viz.landscapes.landscape import survey
from tinygrad_edu_viz.landscapes.trail import Trail
from tinygrad_edu_viz.pages import landscape_page, playground
from tinygrad_edu_viz.pages.page import page as compose
from tinygrad_edu_viz.pages.report import report
from tinygrad_edu_viz.training.shown import Shown
from visualizations.shown_runs import shown

Step = Callable[[Any], object]  # what somebody does; takes an `Opened`


def neuron(changes: dict[str, float] | None = None) -> Trace:
    numbers = {"w": 1.0, "x": 2.0, "b": 0.5, "y": 1.0, **(changes or {})}
    w, x, b, y = (tg.Value(number, name=name) for name, number in numbers.items())
    return Trace.record((tg.sigmoid(w * x + b) - y) ** 2 + tg.relu(w) * 0.1)


def network() -> Trace:
    model = tg.nn.mlp([4, 3, 2], rng=0)
    return Trace.record(model(tg.Tensor([[0.1, -0.2, 0.3, 0.4]], name="x")).mean())


def ravine() -> Any:
    swings, straight = np.arange(13), np.arange(9)
    ways = {
        "sgd": np.stack([-7 * 0.99**swings, (-0.9) ** swings], axis=1),
        "adam": np.stack([-7 + 0.875 * straight, 1 - straight / 8], axis=1),
    }
    trails = [Trail(name, way, np.arange(len(way))) for name, way in ways.items()]
    return survey(trails, lambda w: 1 + w[:, 0] ** 2 / 20 + 9.5 * w[:, 1] ** 2, (15, 13), ["x", "y"], (), "a ravine")


def comparison() -> list[Shown]:
    settings = {"learning rate": "0.05", "schedule": "cosine, from the first epoch to the last", "batch size": "8"}
    runs = [shown("moons", lr=lr, label=f"lr={lr}") for lr in (0.05, 0.5, 1.5)]
    return [replace(run, settings=settings | {"learning rate": run.label}, steering=("epoch 2: lr 1",)) for run in runs]


PAGES: dict[str, Callable[[], str]] = {
    "live": lambda: compose(neuron(), "(sigmoid(w*x + b) - y)**2", live=True),
    "replay": lambda: compose(neuron(), "a neuron"),
    "layers": lambda: compose(network(), "a network", level="layer"),
    "course": lambda: compose(perceptron(), "a perceptron"),
    "report": lambda: report([shown("moons")]),
    "classes": lambda: report([shown("digits", n=60)]),
    "comparison": lambda: report(comparison(), table="lr    epochs  loss   accuracy  seconds  kept  found\n" * 3),
    "landscape": lambda: landscape_page.page(ravine()),
    "playground": lambda: playground.page(),
    "lesson": lambda: lesson_page(library.lesson("08-backprop", "en"), "en", solutions=True),
}
html = cache(lambda name: PAGES[name]())


def click(selector: str) -> Step:
    return lambda page: page.tab.click(selector)


def press(*keys: str) -> Step:
    return lambda page: [page.press(key) for key in keys]


def fill(selector: str, text: str, key: str = "Enter") -> Step:
    return lambda page: (page.tab.fill(selector, text), page.tab.press(selector, key))


def check(selector: str) -> Step:
    return lambda page: page.tab.check(selector)


def focus(selector: str) -> Step:
    return lambda page: page.tab.focus(selector)


TOO_LARGE = "{data: 'circles', optimizer: 'SGD', loss: 'mse', activation: 'linear', lr: 1000}"
# What is done in turn, by the names of the states it leads to; "opened" comes before.
PLAYER: dict[str, Step] = {
    "in the forward pass": press("Home", "ArrowRight"),
    "in the backward pass": press("f", "ArrowRight", "ArrowRight"),
    "node pinned": lambda page: (page.tab.focus("#graph .node >> nth=0"), page.press("Enter")),
    "row chosen": lambda page: (page.tab.focus("#rows [tabindex='0']"), page.press("ArrowDown"), page.press("Enter")),
    "all steps open": click("#all > summary"),
    "playing": click("#play"),
}
REPORT: dict[str, Step] = {"at the start": press("Home"), "playing": click("#play")}
STATES: dict[str, dict[str, Step]] = {
    "live": {
        "number changed": fill("#input-0", "-1.25"),
        "number refused": fill("#lr", "-1"),
        "settings open": click("#more > summary"),
        "updated": lambda page: (page.tab.fill("#lr", "0.1"), page.tab.click("#ten")),
        "predict open": check("#predict"),
        "answer refused": fill("#answer", "hello"),
        "answer wrong": fill("#answer", "17"),
        "answer shown": click("#show"),
        "predict closed": lambda page: (
            page.tab.uncheck("#predict"),
            page.tab.evaluate("document.activeElement.blur()"),
        ),
        **PLAYER,
    },
    "replay": PLAYER,
    "layers": PLAYER,
    "course": {"updated": press("u"), "next pass": press("n"), **PLAYER},
    "report": REPORT,
    "classes": REPORT,
    "comparison": REPORT,
    "landscape": {"run chosen": focus("#runs button"), "from above": press("t"), "playing": click("#play")},
    "playground": {
        "epoch trained": click("#epoch"),
        "weights open": click("#weights > summary"),
        "weight refused": fill("#numbers input >> nth=0", "much"),
        "example walked": lambda page: (page.tab.focus("#answer"), page.press("Enter"), page.press("ArrowRight", 20)),
        "text to copy": click("#python"),
        "three classes": lambda page: page.tab.check("#sets [value=blobs]"),
        "curve fitted": lambda page: page.tab.check("#sets [value=sine]"),
        "hills fitted": lambda page: page.tab.check("#sets [value=hills]"),
        "two runs": click("#second"),
        "schedule chosen": lambda page: (page.tab.select_option("#set-schedule", "onecycle"), page.tab.click("#epoch")),
        "settings of the optimizer open": click("#finer > summary"),
        "points drawn": lambda page: (
            page.tab.check("#sets [value=drawn]"),
            page.tab.focus("#answer"),
            page.press("Enter"),
            page.press("2"),
            page.press("ArrowLeft"),
            page.press("Enter"),
        ),
        "comparison ended": click("#second"),
        "blown up": lambda page: page.tab.evaluate(
            "tinygrad.configure(TOO_LARGE), tinygrad.play(true)".replace("TOO_LARGE", TOO_LARGE)
        ),
        "playing": lambda page: (page.tab.click("#restart"), page.tab.click("#play")),
    },
    "lesson": {
        "answer recalled": click(".recall summary"),
        "answer wrong": fill("#predict-ways input", "4"),
        "answer right": fill("#predict-ways input", "5"),
        "letter wrong": click("#predict-impatient [value=c]"),
        "answer shown": click("#predict-impatient .show"),
        "hints, solutions and mistakes open": lambda page: [each.click() for each in page.tab.locator("summary").all()],
    },
}
STILL = ("lesson",)  # what moves there is in its frames
