"""Make every picture that the README shows: python visualizations/make_pictures.py [NAME ...]

A screenshot of the page needs Chromium and playwright (pip install --group browser), the GIF the extra `plots`.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tinygrad_edu_cli.source import open_source
from tinygrad_edu_viz import Trace, draw_graph, render
from tinygrad_edu_viz.pages.page import page
from tinygrad_edu_viz.pictures.gif import gif

FOLDER = Path(__file__).parent / "pictures"
EXPRESSION = "tanh(w1*x1 + w2*x2 + b)"
NUMBERS = {"w1": -3.0, "x1": 2.0, "w2": 1.0, "x2": 0.0, "b": 6.8813735870195432}
STEP = 9  # the gradient of b


def neuron() -> Trace:
    """The neuron of micrograd's lecture, whose output is 0.7071 and whose gradients are round."""
    return open_source(EXPRESSION, [f"{name}={number}" for name, number in NUMBERS.items()]).trace


def chromium() -> tuple[str | None, list[str]]:
    """Chromium's path, or None, and the arguments that it needs; CHROMIUM in the environment goes first."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0  # who may not use its sandbox
    return program, ["--no-sandbox"] if is_root else []


def graph(path: Path) -> None:
    path.write_bytes(render(draw_graph(neuron()), "svg"))


def moving(path: Path) -> None:
    gif(path, neuron(), EXPRESSION)


def screenshot(path: Path, scheme: str, width: int, height: int) -> None:
    """The page at a step.

    Args:
        scheme: "light" or "dark".
        width, height: of the window, in pixels.
    """
    from playwright.sync_api import sync_playwright

    program, arguments = chromium()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "page.html"
        file.write_text(page(neuron(), EXPRESSION), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        window = {"width": width, "height": height}
        tab = browser.new_page(viewport=window, color_scheme=scheme, reduced_motion="reduce")
        tab.goto(f"{file.as_uri()}#step={STEP}")
        tab.screenshot(path=path)
        browser.close()


PICTURES: dict[str, Callable[[Path], None]] = {
    "neuron.svg": graph,
    "steps.gif": moving,
    "page.png": partial(screenshot, scheme="light", width=1280, height=760),
    "page-dark.png": partial(screenshot, scheme="dark", width=1280, height=760),
    "page-phone.png": partial(screenshot, scheme="light", width=390, height=844),
}


def main(names: list[str]) -> None:
    unknown = [name for name in names if name not in PICTURES]
    if unknown:
        sys.exit(f"no picture is called {unknown[0]}; there are {', '.join(PICTURES)}")
    for name in names or PICTURES:
        PICTURES[name](FOLDER / name)
        print(f"wrote {FOLDER / name}")


if __name__ == "__main__":
    main(sys.argv[1:])
