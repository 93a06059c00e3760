"""Pages that compute, in Chromium: how long a change of one number takes, and how much the files weigh.

A change is timed in the page itself: what computes all nodes anew; and what the next picture costs, from the start of
its drawing until the browser has laid it out. They are the least of several changes, as the machine may be shared.
Needs playwright and Chromium (dependency group `browser`).
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu_viz import Trace
from tinygrad_edu_viz.pages import playground
from tinygrad_edu_viz.pages.page import page

from .timing import Row

COMPUTED, DRAWN = 5.0, 16.0  # the holds: milliseconds for 400 nodes
NETS = {10: (2, 0), 57: (2, 5), 250: (5, 12), 400: (5, 19)}  # nodes: inputs and hidden neurons
WEIGHTS = {10: 60.0, 57: 150.0}  # the holds: kB
PLAYGROUND = 250.0
ROUNDS = 20
CHANGE = """async ([name, rounds]) => {
    const computed = [], drawn = [];
    const picture = () => new Promise(requestAnimationFrame);
    for (let round = 0; round < rounds; round++) {
        await picture();
        await new Promise((done) => setTimeout(done, 50));
        let start;
        requestAnimationFrame(() => (start = performance.now()));
        const before = performance.now();
        tinygrad.compute({ [name]: Math.sin(round) });
        computed.push(performance.now() - before);
        await picture(); // in which the page has drawn
        document.body.getBoundingClientRect(); // lays it out
        drawn.push(performance.now() - start);
    }
    return [Math.min(...computed), Math.min(...drawn)];
}"""


def rows() -> list[Row]:
    """Each row's first name is what is measured, its second the unit."""
    found: list[Row] = []
    with TemporaryDirectory() as folder, _chromium() as browser:
        for nodes, (inputs, hidden) in NETS.items():
            trace = Trace.record(_network(inputs, hidden))
            text = page(trace, live=True)
            file = Path(folder, f"{nodes}.html")
            file.write_text(text, encoding="utf-8")
            tab = browser.new_page(viewport={"width": 1280, "height": 800})
            tab.goto(f"{file.as_uri()}#step=99999")
            tab.wait_for_selector("#program", state="detached")
            computed, drawn = tab.evaluate(CHANGE, ["x0", ROUNDS])
            tab.close()
            which = f"stepper, {len(trace.nodes)} nodes"
            found.append((f"{which}: computed", "ms", computed, COMPUTED if nodes == 400 else None))
            found.append((f"{which}: drawn", "ms", drawn, DRAWN if nodes == 400 else None))
            found.append((f"{which}: file", "kB", len(text.encode()) / 1000, WEIGHTS.get(nodes)))
    found.append(("playground: file", "kB", len(playground.page().encode()) / 1000, PLAYGROUND))
    return found


def _network(inputs: int, hidden: int) -> tg.Value:
    """A network of numbers, and its loss; without hidden neurons the sigmoid of a sum."""
    rng = np.random.default_rng(0)

    def value(name: str) -> tg.Value:
        return tg.Value(rng.uniform(-1, 1), name=name)

    def neuron(name: str, xs: list[tg.Value]) -> tg.Value:
        total = value(f"b{name}")
        for k, x in enumerate(xs):
            total = total + value(f"w{name}{k}") * x
        return total

    xs = [value(f"x{k}") for k in range(inputs)]
    layer = [tg.tanh(neuron(f"{k},", xs)) for k in range(hidden)] or xs
    out = tg.sigmoid(neuron("", layer))
    return (out - 1.0) ** 2 if hidden else out


@contextmanager
def _chromium() -> Iterator[Any]:
    """A running browser."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        sys.exit("pages needs playwright: pip install --group browser")
    names = ("chromium", "chromium-browser", "google-chrome")
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if program is None:
        sys.exit("pages needs Chromium: apt-get install chromium, or CHROMIUM=its path")
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0  # who may not use its sandbox
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"] if is_root else [])
        yield browser
        browser.close()
