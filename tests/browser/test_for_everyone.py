"""Every page in Chromium, for everyone: for axe-core, by its contrast, by keyboard alone, and in a narrow window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest

from browser.contrast import faint_letters, faint_lines
from browser.every_page import STATES, STILL, html
from browser.focus import FOCUS, READY, STOPS, press_tab, ready_frames

pytestmark = pytest.mark.browser

DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
TALL = 2600  # pixels: the whole page is in sight


@pytest.fixture
def show(visit: Callable[..., Any]) -> Callable[..., Any]:
    def open_page(name: str, width: int = 1280, height: int = 844, **settings: Any) -> Any:
        page = visit(html(name), viewport={"width": width, "height": height}, **settings)
        page.tab.wait_for_function(READY)
        ready_frames(page.tab)
        page.tab.evaluate("scrollTo(0, 0)")
        return page

    return open_page


def resize(page: Any, width: int) -> None:
    page.tab.set_viewport_size({"width": width, "height": 844})
    page.tab.evaluate(DRAWN)


def states(name: str, page: Any) -> Iterator[str]:
    """Goes through the states of a page."""
    yield "opened"
    for state, reach in STATES[name].items():
        reach(page)
        page.tab.evaluate(DRAWN)
        yield state


# Contrast has a test of its own, which looks at what was painted; frames are pages that are tested themselves.
RULES = {"target-size": {"enabled": True}, "color-contrast": {"enabled": False}}


@pytest.mark.parametrize("name", STATES)
def test_axe_finds_nothing(show, axe, name):
    page = show(name, 390, reduced_motion="reduce")
    found = []
    for state in states(name, page):
        for width in (390, 1280):
            resize(page, width)
            page.tab.evaluate("scrollTo(0, 0)")  # what is behind a bar that stays is no smaller for it
            for violation in axe(page.tab, rules=RULES, iframes=False):
                found += [(state, violation["id"], node["html"], node["failureSummary"]) for node in violation["nodes"]]
    assert found == []


# Forced colours are a dark theme, as most of them.
LOOKS = [("light", "none"), ("dark", "none"), ("dark", "active")]


@pytest.mark.parametrize("name", STATES)
def test_letters_and_lines_stand_out(show, name):
    page = show(name, height=TALL, reduced_motion="reduce")
    for state in states(name, page):
        for scheme, forced in LOOKS:
            page.tab.emulate_media(color_scheme=scheme, forced_colors=forced)
            page.tab.evaluate(DRAWN)
            found = (state, scheme, forced, faint_letters(page.tab), faint_lines(page.tab))
            assert found == (state, scheme, forced, [], [])


# --- by keyboard alone ------------------------------------------------------------------------------------------------

MOST_TABS = 400


def walk(page: Any, key: str, most: int = MOST_TABS) -> tuple[list[int], list[str]]:
    """The stops up to the end of the page, and what is wrong with them."""
    found: list[int] = []
    wrong: list[str] = []
    while len(found) < most:
        press_tab(page.tab, key)
        if (focus := page.tab.evaluate(FOCUS)) is None:
            break
        found += [focus[0]] if focus[0] >= 0 else []  # a frame that scrolls may be a stop of its own
        wrong += focus[1]
    return found, wrong


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", STATES)
def test_tab_leads_to_every_control_and_back(show, name, width):
    page = show(name, width, apart=True)  # who has tabbed out of a tab once has another way out of it
    if name == "live":
        page.tab.check("#predict")
    if name == "playground":
        page.tab.evaluate("tinygrad.walk(3)")
    page.tab.evaluate("document.body.tabIndex = -1, document.body.focus()")
    stops = list(range(page.tab.evaluate(STOPS)))
    assert walk(page, "Tab") == (stops, [])
    page.tab.evaluate("stops.at(-1).focus()")  # from the browser's own controls the way back has no sure beginning
    assert walk(page, "Shift+Tab", len(stops) - 1) == (stops[-2::-1], [])


FIELDS = "input:enabled:is([type=number], [type=text])"


@pytest.mark.parametrize("name", ["live", "playground"])
def test_shortcuts_do_not_act_in_fields(show, name):
    page = show(name)
    state = "tinygrad.losses().step" if name == "playground" else "[...'#'].map(() => slider.value) + tinygrad.inputs"
    state = state.replace("slider", "document.getElementById('slider')")
    page.press("ArrowRight", 3)
    page.tab.evaluate(STOPS)
    before = page.tab.evaluate(state)
    for field in page.tab.locator(FIELDS).all():
        if not field.is_visible():
            continue
        field.focus()
        for key in ("ArrowRight", "ArrowLeft", "Home", "e", "f", "n", "Backspace"):
            page.press(key)
        assert page.tab.evaluate(state) == before


@pytest.mark.parametrize(("name", "leads"), [("live", "aside"), ("course", "aside"), ("playground", "answer")])
def test_what_is_long_can_be_skipped(show, name, leads):
    page = show(name)
    page.tab.focus(".skip")
    assert page.tab.locator(".skip").bounding_box()["height"] > 20
    page.press("Enter")
    assert page.tab.evaluate("document.activeElement.id") == leads
    assert page.tab.evaluate("location.hash") != f"#{leads}"


# --- narrow, large, still, and on paper -------------------------------------------------------------------------------

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
LARGER = """() => {
    const all = [...document.querySelectorAll("body, body *:not(svg *)")];
    const sizes = all.map((each) => [each, getComputedStyle(each).fontSize]);
    for (const [each, size] of sizes) each.style.fontSize = `${2 * parseFloat(size)}px`;
}"""


@pytest.mark.parametrize("name", STATES)
def test_nothing_runs_over_the_side(show, name):
    """640 pixels are a window of 1280 at 200 %, 320 one at 400 %."""
    page = show(name, 320)
    found = []
    for state in states(name, page):
        for width in (320, 390, 640):
            resize(page, width)
            found += [(state, width)] if page.tab.evaluate(OVERFLOW) > 0 else []
    assert found == []


@pytest.mark.parametrize("name", STATES)
def test_letters_of_twice_the_size(show, name):
    page = show(name)
    page.tab.evaluate(LARGER)
    assert page.tab.evaluate(OVERFLOW) <= 0


CANVASES = "[...document.querySelectorAll('canvas')].filter((c) => c.checkVisibility()).map((c) => c.toDataURL())"
CONTROLS = "button:not(#runs *, .unit), select, summary, input[type=range], [type=file], .skip"


@pytest.mark.parametrize("name", STATES)
def test_on_paper_it_is_dark_on_white_without_controls(show, name):
    page = show(name, 680, TALL, color_scheme="dark")
    for state, reach in STATES[name].items():
        if state != "playing":
            reach(page)
    page.tab.emulate_media(media="print")
    page.tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.tab.evaluate(DRAWN)
    assert faint_letters(page.tab) == []
    assert page.tab.evaluate(OVERFLOW) <= 0
    assert page.tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert [each for each in page.tab.locator(CONTROLS).all() if each.is_visible()] == []
    drawn = page.tab.evaluate(CANVASES)
    page.tab.emulate_media(media="print", color_scheme="light")
    page.tab.evaluate(DRAWN)
    assert page.tab.evaluate(CANVASES) == drawn  # in the colours of light paper


@pytest.mark.parametrize("name", [name for name in STATES if name not in STILL])
def test_who_wants_less_motion_sees_four_pictures_a_second_at_most(show, name):
    page = show(name, apart=True, reduced_motion="reduce")
    moving = (
        "[...document.querySelectorAll('*')].filter((e) => parseFloat(getComputedStyle(e).transitionDuration)).length"
    )
    assert page.tab.evaluate(moving) == 0
    page.stop_the_clock()
    page.press("Home")
    page.tab.click("#play")
    pictures = (
        "[document.body.innerHTML, ...document.querySelectorAll('canvas')].map((c) => c.toDataURL?.() ?? c).join()"
    )
    seen = [page.tab.evaluate(pictures)]
    for _ in range(25):  # 40 ms each
        page.tab.clock.run_for(40)
        seen.append(page.tab.evaluate(pictures))
    assert sum(before != after for before, after in pairwise(seen)) <= 5
