"""Pages in Firefox: they open without a complaint, compute Python's numbers, and are used by keyboard alone.

pip install --group browser; apt-get install firefox-esr, or the environment variable FIREFOX with its path.
"""

from __future__ import annotations

import os
import shutil
import socket
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from browser.every_page import PAGES, html, neuron
from browser.focus import FOCUS, READY, STOPS

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore")]  # its driver is not as careful as we are
TAB, RIGHT, LEFT, SHIFT = "\ue004", "\ue014", "\ue012", "\ue008"


@pytest.fixture(scope="module")
def firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A running Firefox without a window, driven over its own protocol, Marionette."""
    driver = pytest.importorskip("marionette_driver.marionette", reason="needs its driver: pip install --group browser")
    program = os.environ.get("FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        pytest.skip("needs Firefox: apt-get install firefox-esr, or FIREFOX=its path")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        log = str(tmp_path_factory.mktemp("firefox") / "gecko.log")
        session = driver.Marionette(bin=program, port=port, headless=True, gecko_log=log)
        session.start_session()
        yield session
        session.quit()
        session.cleanup()


class Page:
    def __init__(self, session: Any, file: Path):
        self.session, self.file = session, file
        session.navigate(file.as_uri())
        self.session.timeout.script = 30
        wait = f"const [done] = arguments, look = () => ({READY})() ? done() : setTimeout(look, 20); look();"
        session.execute_async_script(wait, sandbox=None)

    def evaluate(self, expression: str) -> Any:
        """As playwright's: a function is called."""
        call = f"const found = {expression}; return typeof found === 'function' ? found() : found;"
        return self.session.execute_script(call, sandbox=None)

    def press(self, *keys: str) -> None:
        """Press keys, and wait until the page has heard of them: they come from another process."""
        listen = (
            "(window.heard ??= addEventListener('keydown', () => window.pressed++, true) ?? true, window.pressed = 0)"
        )
        self.evaluate(listen)
        chain = self.session.actions.sequence("key", "keys")
        for key in keys:
            chain.key_down(key)
        for key in reversed(keys):
            chain.key_up(key)
        chain.perform()
        wait = f"const [done] = arguments, look = () => pressed < {len(keys)} ? setTimeout(look, 20) : done(); look();"
        self.session.execute_async_script(wait, sandbox=None)

    def complaints(self) -> list[str]:
        """What stands in the browser's console about the page, but what the driver says of itself."""
        with self.session.using_context("chrome"):
            said = self.session.execute_script("return Services.console.getMessageArray().map(String)")
        return [line for line in said if self.file.name in line and "JSWindowActorChild" not in line]


@pytest.fixture
def visit(firefox: Any, tmp_path: Path) -> Iterator[Callable[[str], Page]]:
    opened: list[Page] = []

    def open_page(name: str) -> Page:
        file = tmp_path / f"{tmp_path.name}-{name}.html"
        file.write_text(html(name), encoding="utf-8")
        opened.append(Page(firefox, file))
        return opened[-1]

    yield open_page
    for page in opened:
        assert page.complaints() == []


@pytest.mark.parametrize("name", PAGES)
def test_it_opens_and_fits(visit, name):
    page = visit(name)
    assert page.evaluate("document.querySelector('h1').textContent.length") > 0
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


def test_a_live_page_computes_python_s_numbers(visit):
    page = visit("live")
    trace = neuron({"w": -1.25, "b": 0.75})
    found = page.evaluate("tinygrad.compute({w: -1.25, b: 0.75})")
    gradients = trace.gradients_after(len(trace.events))
    for node in trace.nodes.values():
        if node.name:
            assert found["values"][node.name] == pytest.approx(node.data, rel=1e-12)
            assert found["gradients"][node.name] == pytest.approx(gradients[node.id], rel=1e-12)
    steps = page.evaluate("tinygrad.steps().map((step) => step.text)")
    assert steps == [event.text for event in trace.events]


def test_the_playground_trains_with_python_s_numbers(visit):
    page = visit("playground")
    losses = [page.evaluate("(document.getElementById('epoch').click(), tinygrad.losses().test)") for _ in range(3)]
    script = page.evaluate("tinygrad.python()")
    expected: list[float] = []
    said = "print(event.epoch, event.validation_loss)"
    assert said in script
    exec(script.replace(said, "found.append(event.validation_loss)"), {"found": expected, "tg": tg})
    np.testing.assert_allclose(losses, expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("name", "place"),
    [("live", "document.getElementById('slider').value"), ("playground", "tinygrad.losses().step")],
)
def test_by_keyboard_alone(visit, name, place):
    page = visit(name)
    for key, step in ((RIGHT, 1), (RIGHT, 2), (LEFT, 1)):
        page.press(key)
        assert float(page.evaluate(place)) == step
    page.evaluate("(document.body.tabIndex = -1, document.body.focus())")
    stops, found, wrong = page.evaluate(STOPS), [], []
    while len(found) < stops:
        page.press(TAB)
        focus = page.evaluate(FOCUS)
        assert focus is not None, f"the page ends after {found}"
        found += [focus[0]] if focus[0] >= 0 else []
        wrong += focus[1]
    assert (found, wrong) == (list(range(stops)), [])
    page.press(SHIFT, TAB)
    assert page.evaluate(FOCUS)[0] == stops - 2
