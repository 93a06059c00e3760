"""Pages as frames of another page: they ask for nothing, follow its width, leave it the focus, and do not mix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import tinygrad_edu as tg
from browser.focus import IN_FRAME, ready_frames
from tinygrad_edu_viz import Trace
from tinygrad_edu_viz.pages.frames import live_frame, playground_frame

pytestmark = pytest.mark.browser

WIDER = "document.documentElement.scrollWidth - innerWidth"
FOCUSED = "document.activeElement.id"


@pytest.fixture(scope="module")
def lesson() -> str:
    """A page of somebody else, with a field that has the focus, the playground, and two traces."""
    w, x = tg.Value(2.0, name="w"), tg.Value(3.0, name="x")
    frames = [playground_frame({"data": "xor", "hidden": [3]}), *[live_frame(Trace.record(tg.tanh(w * x)), 600)] * 2]
    field = '<input id="field"><script>document.getElementById("field").focus()</script>'
    return f'<!DOCTYPE html><meta charset="utf-8"><title>a lesson</title><body>{field}{"".join(frames)}</body>'


@pytest.fixture
def opened(visit: Callable[..., Any], lesson: str) -> Any:
    page = visit(lesson, viewport={"width": 1300, "height": 2400})
    ready_frames(page.tab)
    return page


def test_frames_of_one_page_are_apart_and_leave_it_the_focus(opened: Any) -> None:
    tab = opened.tab
    play, first, second = tab.frames[1:]
    assert tab.evaluate(FOCUSED) == "field"
    assert play.evaluate("tinygrad.settings().data") == "xor"
    tab.keyboard.type("fue")  # keys of the pages
    assert tab.input_value("#field") == "fue" and play.evaluate("tinygrad.losses().step") == 0
    first.click("#graph")
    tab.wait_for_function(IN_FRAME)
    opened.press("ArrowRight")
    first.locator("#where", has_text="Forward, step 1").wait_for()
    assert second.text_content("#where") == "Start"
    first.evaluate("(tinygrad.compute({w: 5}), 0)")
    assert second.evaluate("tinygrad.steps()[0].text") != first.evaluate("tinygrad.steps()[0].text")
    play.click("#answer")
    play.locator("#walk").wait_for()
    opened.press("o")  # a frame in a frame
    play.frame_locator("#stepper iframe").locator("#leaves input >> nth=0").wait_for()
    play.click("#stepper-close")
    assert play.locator("#walk").is_visible()


def test_frames_follow_the_width_of_the_page(opened: Any) -> None:
    tab = opened.tab
    for width in (1300, 700, 390):
        tab.set_viewport_size({"width": width, "height": 2400})
        tab.wait_for_function(f"() => innerWidth === {width}")
        assert tab.evaluate(WIDER) <= 0
        for frame in tab.frames[1:]:
            frame.wait_for_function(f"() => innerWidth === {width - 16}")
            assert frame.evaluate(WIDER) <= 0
    edges = "[...document.querySelectorAll('#edges path')].map((e) => e.getAttribute('d')).join()"
    narrow = tab.frames[1].evaluate(edges)
    tab.set_viewport_size({"width": 1300, "height": 2400})
    tab.frames[1].wait_for_function(f"() => {edges} !== {narrow!r}")
