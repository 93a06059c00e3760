"""The site in Chromium, from its files and without a network: it asks for nothing, computes, and is found through."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from browser.focus import press_tab
from browser.tabs import Opened, Tabs
from tinygrad_edu_tutorials.library import names

pytestmark = pytest.mark.browser

WIDER = "document.documentElement.scrollWidth - innerWidth"
FOCUSED = "document.activeElement.outerHTML.slice(0, 300)"
GROUND = "getComputedStyle(document.body).backgroundColor"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a built site: that of TINYGRAD_EDU_SITE, or a new one, which takes a minute."""
    if built := os.environ.get("TINYGRAD_EDU_SITE"):
        return Path(built)
    pytest.importorskip("sphinx", reason="needs Sphinx: pip install --group site")
    from tinygrad_edu_tutorials.site.building import build

    folder = tmp_path_factory.mktemp("site")
    assert build(folder) == []
    return folder


@pytest.fixture
def browse(tabs: Tabs, site: Path) -> Iterator[Callable[..., Any]]:
    """Open a page; at the end nothing may have been complained about, and nothing but the site been asked for."""
    opened: list[Opened] = []

    def open_page(name: str, width: int = 1280, **media: str) -> Any:
        window = {"width": width, "height": 900}
        opened.append(Opened(tabs, (site / name).as_uri(), viewport=window, **media))
        return opened[-1].tab

    yield open_page
    for page in opened:
        page.close()
    for page in opened:
        assert page.complaints == []
        assert [url for url in page.requests if not url.startswith((site.as_uri(), "data:", "blob:", "about:"))] == []


def player_of(tab: Any) -> Any:
    """The first player of a page, when it computes."""
    frame = tab.locator("figure.player iframe").first
    frame.scroll_into_view_if_needed()
    inside = frame.element_handle().content_frame()
    inside.wait_for_function("() => window.tinygrad")
    return inside


def test_every_page_fits_on_a_phone_and_asks_for_nothing(browse, site):
    pages = [path.relative_to(site) for path in sorted(site.rglob("*.html")) if path.parent.name != "players"]
    lessons = {f"{language}lessons/{name}.html" for language in ("", "de/") for name in names()}
    assert lessons < {page.as_posix() for page in pages}
    tab = browse("index.html", width=390)
    for page in pages:
        tab.goto((site / page).as_uri())
        assert tab.title() and tab.evaluate(WIDER) <= 0, page


@pytest.mark.parametrize(("name", "words"), [("", "Backward"), ("de/", "Rückwärts")])
def test_a_lesson_has_its_player_in_it(browse, name, words):
    inside = player_of(browse(f"{name}lessons/08-backprop.html"))
    assert inside.evaluate("tinygrad.compute({a: 3}).gradients.b") == 15  # (c + 1) · a
    assert inside.get_by_role("button", name=words).is_visible()


@pytest.mark.parametrize(
    ("name", "wrong", "right"),
    [
        ("", "That is the way through the product alone", "Right"),
        ("de/", "Das ist nur der Weg", "Richtig"),
    ],
)
def test_a_prediction_is_judged_where_it_stands(browse, name, wrong, right):
    tab = browse(f"{name}lessons/08-backprop.html")
    field, verdict = tab.locator("#predict-ways input"), tab.locator("#predict-ways .verdict")
    for typed, told in (("4", wrong), ("5", right)):
        field.fill(typed)
        field.press("Enter")
        assert told in verdict.inner_text()
    tab.click("#predict-impatient button[value=a]")
    assert tab.get_attribute("#predict-impatient button[value=a]", "aria-pressed") == "true"


@pytest.mark.parametrize("name", ["lessons/08-backprop.html", "index.html"])
def test_each_page_leads_to_its_twin_and_back(browse, site, name):
    tab = browse(name)
    for language, place in (("de", site / "de" / name), ("en", site / name)):
        tab.click(".language a")
        tab.wait_for_url(place.as_uri())
        assert tab.get_attribute("html", "lang") == language


@pytest.mark.parametrize(
    ("name", "word", "found"),
    [
        ("index.html", "backpropagation", "8. Backpropagation, and why contributions add up"),
        ("de/index.html", "Kettenregel", "8. Backpropagation, und warum sich Beiträge addieren"),
        ("api/index.html", "clip_grad_norm", "tinygrad_edu.optim.clip_grad_norm"),
    ],
)
def test_the_search_finds(browse, name, word, found):
    tab = browse(name)
    tab.keyboard.press("/")
    tab.keyboard.type(word)
    tab.keyboard.press("Enter")
    tab.locator("#search-results a", has_text=found).first.wait_for()


def test_with_the_keyboard_alone(browse):
    """From the top of the page to a link, an answer that opens, into a player, and out of it."""
    tab = browse("lessons/08-backprop.html")
    inside = player_of(tab)  # it has come: Tab passes a frame by that is still empty
    tab.evaluate("scrollTo(0, 0)")
    tab.keyboard.press("Tab")
    assert "skip" in tab.evaluate(FOCUSED).lower()
    tab.keyboard.press("Enter")
    seen = []
    while "<iframe" not in tab.evaluate(FOCUSED) and len(seen) < 40:
        press_tab(tab)
        seen.append(tab.evaluate(FOCUSED))
        if seen[-1].startswith("<summary"):
            tab.keyboard.press("Enter")
    assert "<iframe" in seen[-1] and tab.locator("details[open]").count() == 2
    for _ in range(40):
        if not inside.evaluate("document.hasFocus()"):
            break
        press_tab(tab)
    assert "on a page of its own" in tab.evaluate("document.activeElement.textContent")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark_are_those_of_the_system(browse, scheme):
    tab = browse("lessons/08-backprop.html", color_scheme=scheme)
    grounds = tab.evaluate(GROUND), player_of(tab).evaluate(GROUND)
    bright = [sum(map(int, ground.strip("rgb()").split(","))) > 600 for ground in grounds]
    assert bright == [scheme == "light"] * 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "name", ["index.html", "de/lessons/08-backprop.html", "guides/gallery.html", "api/tinygrad_edu.html"]
)
def test_axe_finds_nothing_serious(browse, axe, name, scheme):
    tab = browse(name, color_scheme=scheme)
    tab.evaluate("document.querySelectorAll('details').forEach((each) => each.open = true)")
    tab.evaluate("document.querySelectorAll('iframe').forEach((each) => each.remove())")  # other tests hold for them
    rules = {"definition-list": {"enabled": False}}  # Sphinx sets names and descriptions in lists of its own shape
    serious = [each for each in axe(tab, rules=rules) if each["impact"] in ("serious", "critical")]
    assert [(each["id"], node["html"][:200]) for each in serious for node in each["nodes"]] == []
