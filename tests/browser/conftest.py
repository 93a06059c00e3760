"""Chromium without a window, driven by playwright; tests are skipped, and say so, where one of the two is missing.

pip install --group browser; apt-get install chromium, or the environment variable CHROMIUM with its path.
"""

from __future__ import annotations

import functools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import make_pictures
from browser.bytes import LIBRARY
from browser.node import Node
from browser.tabs import PATIENCE, Opened, Tabs
from tinygrad_edu_viz import Trace
from tinygrad_edu_viz.pages.page import page as compose
from tinygrad_edu_viz.pages.playground import page as playground_page


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A running Chromium."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install --group browser")
    program, arguments = make_pictures.chromium()
    if program is None:
        pytest.skip("needs Chromium: apt-get install chromium, or CHROMIUM=its path")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments, timeout=PATIENCE)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def tabs(chromium: Any) -> Tabs:
    return Tabs(chromium)


@pytest.fixture
def visit(tabs: Tabs, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Open the page of a trace from a file; keywords are those of `Opened`.

    At the end nothing may have been complained about, and nothing but the file been asked for.
    """
    opened: list[Opened] = []

    def open_page(trace: Trace | str, fragment: str = "", title: str = "a title", **settings: Any) -> Opened:
        file = tmp_path / f"page-{len(opened)}.html"
        file.write_text(trace if isinstance(trace, str) else compose(trace, title), encoding="utf-8")
        opened.append(Opened(tabs, f"{file.as_uri()}{fragment}", **settings))
        if settings.get("java_script_enabled", True):
            opened[-1].tab.wait_for_selector("#program", state="detached")
        return opened[-1]

    yield open_page
    for page in opened:
        page.close()
    for page in opened:
        assert page.complaints == []
        strange = [url for url in page.requests if not url.startswith(("file:", "data:,", "about:srcdoc"))]
        assert strange == [] and sum(url.startswith("file:") for url in page.requests) == 1


@pytest.fixture(scope="session")
def axe() -> Callable[..., list[dict[str, Any]]]:
    """What axe-core finds to be wrong in a tab; keywords are its options for a run."""
    missing = "needs axe-core: pip install --group browser"
    program = pytest.importorskip("axe_playwright_python.sync_playwright", reason=missing).Axe().axe_script

    def run(tab: Any, **options: Any) -> list[dict[str, Any]]:
        if not tab.evaluate("'axe' in window"):
            tab.evaluate(program)
        options |= {"resultTypes": ["violations"], "preload": False}
        return tab.evaluate("async (options) => (await axe.run(options)).violations", options)

    return run


@pytest.fixture(scope="session")
def playground() -> str:
    """The page of the playground."""
    return playground_page()


@pytest.fixture
def open_playground(visit: Callable[..., Any], playground: str) -> Callable[..., Any]:
    """Open it, at an address."""
    return lambda fragment="", **settings: visit(playground, fragment, **settings)


@pytest.fixture(scope="module", params=["chromium", "node"])
def laboratory(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Any]]:
    """Hold a program and nothing else, in a page or in Node.js: gives the function that evaluates JavaScript there."""
    folder = tmp_path_factory.mktemp("laboratory")
    in_page = request.param == "chromium"
    yield from _pages(request.getfixturevalue("tabs"), folder) if in_page else _nodes(folder)


def _pages(tabs: Tabs, folder: Path) -> Iterator[Callable[[str], Any]]:
    opened: list[Opened] = []

    @functools.cache
    def open_page(program: str) -> Any:
        file = folder / f"page-{len(opened)}.html"
        file.write_text(f"<!doctype html><meta charset=utf-8><script>{program}{LIBRARY}</script>", encoding="utf-8")
        opened.append(Opened(tabs, file.as_uri()))
        return opened[-1].tab.evaluate

    yield open_page
    for page in opened:
        page.close()
        assert page.complaints == []


def _nodes(folder: Path) -> Iterator[Callable[[str], Any]]:
    program = shutil.which("node")
    if program is None:
        pytest.skip("needs Node.js")
    running: list[Node] = []

    @functools.cache
    def start(text: str) -> Any:
        running.append(Node(text + LIBRARY, folder, program))
        return running[-1].evaluate

    yield start
    for node in running:
        node.close()
