"""Every page in Chromium, for everyone: for axe-core, by its contrast, by keyboard alone, and in a narrow window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from browser.contrast import faint_letters, faint_lines
from browser.every_page import STATES, html

pytestmark = pytest.mark.browser

READY = "document.readyState === 'complete' && !document.querySelector('#slider:not([aria-valuetext])')"
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
TALL = 2600  # pixels: the whole page is in sight


@pytest.fixture
def show(visit: Callable[..., Any]) -> Callable[..., Any]:
    def open_page(name: str, width: int = 1280, height: int = 844, **settings: Any) -> Any:
        page = visit(html(name), viewport={"width": width, "height": height}, **settings)
        page.tab.wait_for_function(READY)
        return page

    return open_page


def states(name: str, page: Any) -> Iterator[str]:
    """Goes through the states of a page."""
    yield "opened"
    for state, reach in STATES[name].items():
        reach(page)
        page.tab.evaluate(DRAWN)
        yield state


@pytest.fixture(scope="module")
def axe() -> Any:
    missing = "needs axe-core: pip install --group browser"
    return pytest.importorskip("axe_playwright_python.sync_playwright", reason=missing).Axe()


OPTIONS = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}


@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 1280)])
@pytest.mark.parametrize("name", STATES)
def test_axe_finds_nothing(show, axe, name, scheme, width):
    page = show(name, width, color_scheme=scheme)
    found = []
    for state in states(name, page):
        for violation in axe.run(page.tab, options=OPTIONS).response["violations"]:
            found += [(state, violation["id"], node["html"], node["failureSummary"]) for node in violation["nodes"]]
    assert found == []


@pytest.mark.parametrize("forced", ["none", "active"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", STATES)
def test_letters_and_lines_stand_out(show, name, scheme, forced):
    page = show(name, height=TALL, color_scheme=scheme, forced_colors=forced, reduced_motion="reduce")
    for state in states(name, page):
        assert (state, faint_letters(page.tab), faint_lines(page.tab)) == (state, [], [])
