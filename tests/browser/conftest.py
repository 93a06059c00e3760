"""Chromium without a window, driven by playwright; tests are skipped, and say so, where one of the two is missing.

pip install --group browser; apt-get install chromium, or the environment variable CHROMIUM with its path.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import make_pictures
from browser.bytes import LIBRARY
from browser.node import Node
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
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()


class Opened:
    """A page in the browser.

    Attributes:
        tab: playwright's page.
        complaints: errors, warnings and dialogs so far.
        requests: addresses that were asked for.
    """

    def __init__(self, context: Any, address: str, runs: bool):
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.tab = context.new_page()
        self.tab.on("console", lambda message: self.complaints.append(message.text))
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.tab.on("dialog", lambda dialog: (self.complaints.append("dialog"), dialog.dismiss()))
        self.tab.on("request", lambda request: self.requests.append(request.url))
        self.tab.goto(address)
        if runs:
            self.tab.wait_for_selector("#program", state="detached")

    def press(self, key: str, times: int = 1) -> None:
        for _ in range(times):
            self.tab.keyboard.press(key)

    @property
    def position(self) -> int:
        return int(self.tab.locator("#slider").input_value())

    def texts(self, selector: str) -> list[str]:
        return self.tab.locator(selector).all_text_contents()

    def text(self, selector: str) -> str:
        (found,) = self.texts(selector)
        return found

    def box(self, key: str, what: str) -> list[str]:
        """The lines of data, or of grad, in the box of a node."""
        return [line for line in self.texts(f"#node-{key} .{what}") if line]


@pytest.fixture
def visit(chromium: Any, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Open the page of a trace from a file; keywords are playwright's for a new context.

    At the end nothing may have been complained about, and nothing but the file been asked for.
    """
    opened, contexts = [], []

    def open_page(trace: Trace | str, fragment: str = "", title: str = "a title", **settings: Any) -> Opened:
        file = tmp_path / f"page-{len(opened)}.html"
        file.write_text(trace if isinstance(trace, str) else compose(trace, title), encoding="utf-8")
        contexts.append(chromium.new_context(offline=True, **settings))
        opened.append(Opened(contexts[-1], f"{file.as_uri()}{fragment}", settings.get("java_script_enabled", True)))
        return opened[-1]

    yield open_page
    for page in opened:
        assert page.complaints == []
        assert [
            address for address in page.requests if not address.startswith(("file:", "data:,", "about:srcdoc"))
        ] == []
        assert sum(address.startswith("file:") for address in page.requests) == 1
    for context in contexts:
        context.close()


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
    yield from _pages(request.getfixturevalue("chromium"), folder) if in_page else _nodes(folder)


def _pages(chromium: Any, folder: Path) -> Iterator[Callable[[str], Any]]:
    contexts, complaints = [], []

    def open_page(program: str) -> Any:
        file = folder / f"page-{len(contexts)}.html"
        file.write_text(f"<!doctype html><meta charset=utf-8><script>{program}{LIBRARY}</script>", encoding="utf-8")
        contexts.append(chromium.new_context(offline=True))
        tab = contexts[-1].new_page()
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.goto(file.as_uri())
        return tab.evaluate

    yield open_page
    assert complaints == []
    for context in contexts:
        context.close()


def _nodes(folder: Path) -> Iterator[Callable[[str], Any]]:
    program = shutil.which("node")
    if program is None:
        pytest.skip("needs Node.js")
    running: list[Node] = []

    def start(text: str) -> Any:
        running.append(Node(text + LIBRARY, folder, program))
        return running[-1].evaluate

    yield start
    for node in running:
        node.close()
