"""Lessons as pages: predictions are judged as in Python, commands are players, and nothing is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from browser.focus import ready_frames
from tinygrad_edu_tutorials import library
from tinygrad_edu_tutorials.exporting.pages import page as lesson_page
from tinygrad_edu_tutorials.exporting.players import player
from tinygrad_edu_tutorials.reading.answers import is_right, why_wrong
from tinygrad_edu_tutorials.reading.lesson import commands, wrong_answers
from tinygrad_edu_words import speaking

pytestmark = pytest.mark.browser


@pytest.fixture
def show(visit: Callable[..., Any]) -> Callable[..., Any]:
    def open_page(name: str, language: str, width: int = 1280, **settings: Any) -> Any:
        with speaking(language):
            made = lesson_page(library.lesson(name, language), language)
        opened = visit(made, viewport={"width": width, "height": 844}, **settings)
        ready_frames(opened.tab)
        return opened

    return open_page


TYPED = "0 1 5 -15 −15 0.99 0,993 75 70 1/3 1/0 2e-6 64% 1e400 a B c) c. nan, ,5 5. 4 - x hello 1.2 1.3".split()
TYPED += ["1,185", "1 185", "1\u202f185", "1,234,567", "0,185", "150 528"]


@pytest.mark.parametrize("name", library.names())
def test_each_lesson_judges_as_python_does_and_shows_its_players(show, name):
    lesson, language = library.lesson(name, "de"), "de"
    opened = show(name, language, color_scheme="dark")
    assert opened.tab.evaluate("document.documentElement.lang") == "de"
    with speaking(language):
        players = [found for part in lesson.all("command") for each in commands(part) if (found := player(each))]
    assert opened.tab.evaluate("[...document.querySelectorAll('iframe')].map((f) => f.title)") == [
        each.title for each in players
    ]
    widths = opened.tab.evaluate("[...document.images].map((image) => image.complete && image.naturalWidth)")
    assert len(widths) == len(lesson.all("image")) and all(widths)
    for part in lesson.all("predict"):
        answer = part.attrs["answer"]
        for given in [*TYPED, "", " 5 ", answer, f"{answer}.", answer[:3], answer + "3", *wrong_answers(part)]:
            judged, why = (opened.tab.evaluate(f"([k, g]) => tinygrad.{f}(k, g)", [part.key, given])
                           for f in ("judge", "why"))  # fmt: skip
            assert (given, judged) == (given, is_right(part, given))
            assert (given, why is None) == (given, why_wrong(part, given) is None)


def test_a_prediction_by_keyboard(show):
    opened = show("08-backprop", "de", 390)
    verdict = opened.tab.locator("#predict-ways .verdict")
    opened.tab.focus("#predict-ways input")
    for typed, told in (("4", "4 stimmt nicht."), ("77", "77 stimmt nicht."), ("5", "Richtig: 5")):
        opened.tab.keyboard.press("Control+A")
        opened.tab.keyboard.type(typed)
        opened.press("Enter")
        assert told in verdict.text_content()
        assert opened.tab.locator("#predict-ways .show").is_visible() == (typed != "5")
    assert "addiert" in verdict.text_content()
    opened.tab.focus("#predict-impatient button >> nth=0")
    opened.press("Enter")
    assert "a stimmt nicht." in opened.text("#predict-impatient .verdict")
    opened.press("Tab", 3)
    opened.press("Enter")
    assert "b" in opened.text("#predict-impatient .verdict > p >> nth=0")
    assert opened.tab.evaluate("document.activeElement !== document.body")


def test_a_player_computes_in_its_frame(show):
    opened = show("08-backprop", "en")
    (frame,) = opened.tab.frames[1:]
    frame.fill("#input-0", "7")
    frame.press("#input-0", "Enter")
    assert frame.evaluate("tinygrad.compute({a: 7}).gradients.b") == 35


def test_without_a_program_the_lesson_can_be_read(visit):
    with speaking("en"):
        made = lesson_page(library.lesson("02-perceptron", "en"), "en")
    opened = visit(made, apart=True, java_script_enabled=False)
    assert opened.tab.locator("h2").count() == 6
    assert opened.tab.locator("details").first.is_visible()
