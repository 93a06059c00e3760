"""The page of a course in Chromium: its passes and updates are those of the course, in all directions."""

from __future__ import annotations

import pytest

import hostile
import tinygrad_edu as tg
from browser.focus import IN_FRAME, ready_frames
from courses_shown import COURSES, branching, perceptron
from tinygrad_edu_viz import Course
from tinygrad_edu_viz.courses.course_player import CoursePlayer
from tinygrad_edu_viz.courses.update import Update
from tinygrad_edu_viz.pages.page import page as compose
from tinygrad_edu_viz.readable import number, number_lines

pytestmark = pytest.mark.browser

STATE = """[...document.querySelectorAll(
    '#graph > :not([hidden]), #rows, #story, #details, #loss, #passes, #buttons')].map(
    part => part.outerHTML.replaceAll(' class=""', ''))"""
PLACES = """[...document.querySelectorAll('.node .box, #graph, #story, #loss, aside')].map(
    part => Object.values(part.getBoundingClientRect().toJSON()))"""
SMALLEST = """Math.min(...[...document.querySelectorAll('body *')]
    .filter(part => part.getClientRects().length && [...part.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
    .map(part => parseFloat(getComputedStyle(part).fontSize) * (part.ownerSVGElement?.getScreenCTM().a ?? 1)))"""
POINT = "[...'xy'].map(x => Number(document.querySelector('#curve .here').getAttribute('c' + x)))"
LENGTH = "document.querySelector('#curve .behind').points.length"


@pytest.fixture
def show(visit):
    """Open the page of a course."""

    def open_page(course: Course, fragment: str = "", title: str = "a title", **settings):
        return visit(compose(course, title), fragment, **settings)

    return open_page


def address(page) -> str:
    return page.tab.evaluate("location.hash")


def numbers_at(player: CoursePlayer, prefix: str) -> dict[str, tuple[list[str], list[str]]]:
    """What stands in the boxes."""
    updated = {update.node: update.after for update in player.updates}
    found = {}
    ids = list(player.player.trace.nodes)
    for box in player.player.view.boxes.values():
        node = player.player.trace.nodes[box.result]
        data, gradient = player.player.data(node.id), player.player.gradient(node.id)
        data = updated.get(node.id, data)
        known = ["·"] if data is None else number_lines(data)
        grad = [] if not node.requires_grad else ["·"] if gradient is None else number_lines(gradient)
        if not node.is_plain_number:
            found[f"{prefix}node-n{ids.index(node.id)}"] = known, grad
    return found


BOXES = """Object.fromEntries([...document.querySelectorAll('#graph > :not([hidden]) .node')]
    .filter(node => node.querySelector('.data'))
    .map(node => [node.id, ['.data', '.grad'].map(
        what => [...node.querySelectorAll(what)].map(text => text.textContent).filter(Boolean))]))"""


@pytest.mark.parametrize("kind", COURSES)
def test_each_step_shows_the_numbers_of_the_course(show, kind):
    course = COURSES[kind]()
    player, page = CoursePlayer(course), show(course)
    while True:
        assert page.position == player.position
        prefix = (
            "g1-"
            if kind == "branching"
            and player.pass_index
            and course.passes[player.pass_index].nodes[course.passes[player.pass_index].root].op == "add"
            else ""
        )
        boxes = {key: tuple(map(list, pair)) for key, pair in page.tab.evaluate(BOXES).items()}
        assert boxes == numbers_at(player, prefix)
        event, said = player.event, page.text("#sentence")
        if event is not None:
            assert event.text in (said, page.text("#formula"))
            assert f"Pass {player.pass_index + 1} of {len(course.passes)}" in page.text("#where")
        if isinstance(event, Update):
            lines = page.texts("#formula > span")
            assert lines[0::2] == [f"{line.name} ← {line.rule}" for line in event.lines]
            assert lines[1::2] == [f"= {line.figures} = {line.result}" for line in event.lines]
        if player.at_end:
            break
        page.press("ArrowRight")
        player.forward()
    assert page.position == int(page.tab.locator("#slider").get_attribute("max"))


def test_what_was_measured_for_room_is_not_what_is_told(show):
    page = show(perceptron())
    start = "Only the inputs are known."
    assert page.text("#formula") == "" and page.text("#sentence").startswith(start)
    for size in ({"width": 900, "height": 700}, {"width": 500, "height": 700}, {"width": 1200, "height": 800}):
        page.tab.set_viewport_size(size)
        page.tab.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert page.text("#formula") == "" and page.text("#sentence").startswith(start)
        assert page.tab.locator("#story").get_attribute("class") == ""


def test_an_update_is_told_and_shown_in_full_precision(show):
    course = perceptron()
    page = show(course, "#pass=2")
    page.press("u")
    update = course.updates[1][0]
    assert page.text("#where") == "Pass 2 of 4. Update 1 of 3: w1"
    assert update.text in page.tab.locator("[aria-live=polite]").inner_text() and "plain -η · g" in update.text
    said = dict(zip(page.texts("#details dt"), page.texts("#details dd"), strict=True))
    assert (float(said["data"]), float(said["before the update"])) == (update.after, update.before)
    assert float(said["gradient"]) == update.gradient
    assert [*map(float, said["m"].split(" → "))] == list(update.states["m"])
    assert page.texts("#rows [data-node='0'] td")[1] == number(update.after)
    classes = page.tab.locator("#node-n0").get_attribute("class").split()
    assert {"active", "update"} <= {*classes}


@pytest.mark.parametrize("kind", ["perceptron", "network", "branching"])
def test_there_and_back(show, kind):
    page = show(COURSES[kind]())
    states = []
    while not states or page.position < int(page.tab.locator("#slider").get_attribute("max")):
        states.append(page.tab.evaluate(STATE))
        page.press("ArrowRight")
    end = page.tab.evaluate(STATE)
    for state in reversed(states):
        page.press("ArrowLeft")
        assert page.tab.evaluate(STATE) == state
    page.tab.locator("#slider").fill(page.tab.locator("#slider").get_attribute("max"))
    assert page.tab.evaluate(STATE) == end
    page.tab.locator("#slider").fill("0")
    assert page.tab.evaluate(STATE) == states[0]


def test_keys_go_where_those_of_the_full_screen_go(show):
    course = perceptron()
    player, page = CoursePlayer(course), show(course)
    ways = {"n": player.next_pass, "N": player.previous_pass, "u": player.to_update, "f": player.to_backward}
    ways |= {"ArrowRight": player.forward, "ArrowLeft": player.back, "Home": player.to_start, "End": player.to_end}
    keys = "n n N u u ArrowRight u f ArrowLeft N N n f End u n ArrowRight N u ArrowLeft Home N ArrowLeft n u".split()
    for key in keys:
        page.press(key)
        ways[key]()
        assert page.position == player.position, key


def test_buttons(show):
    page = show(perceptron())
    places = []
    for name in ("Next pass", "Update", "Update", "Previous pass", "Start", "Next pass"):
        page.tab.get_by_role("button", name=name, exact=True).click()
        places.append(address(page))
    assert places == [
        *("#pass=2&step=1", "#pass=2&step=21", "#pass=3&step=21"),
        *("#pass=2&step=1", "#pass=1&step=0", "#pass=2&step=1"),
    ]
    page.press("End")
    disabled = [name for name in ("Next pass", "Update", "Previous pass", "Next") if _button(page, name).is_disabled()]
    assert disabled == ["Next pass", "Update", "Next"]
    page.press("Home")
    assert _button(page, "Previous pass").is_disabled()


def _button(page, name):
    return page.tab.get_by_role("button", name=name, exact=True)


@pytest.mark.parametrize(
    ("fragment", "place"),
    [
        ("#pass=2&step=9", 32),
        ("#pass=2", 24),
        ("#step=32", 32),
        ("#pass=2&step=999", 46),
        ("#pass=99&step=9", 78),
        ("#pass=0", 1),
        ("#pass=x", 0),
        ("#pass=2&step=", 0),
        ("#step=1&pass=2", 0),
    ],
)
def test_addresses(show, fragment, place):
    page = show(perceptron(), fragment)
    assert page.position == place
    page.tab.get_by_text("All steps of this pass").click()
    index = CoursePlayer(perceptron())
    index.go(place)
    of_pass = len(index.player.trace.events) + len(index.course.updates[index.pass_index])
    page.tab.wait_for_function(f"() => document.querySelectorAll('#steps li').length === {of_pass}")
    page.tab.locator("#steps li").last.locator("a").click()
    end = index.starts[index.pass_index + 1]
    page.tab.wait_for_function(f"() => document.getElementById('slider').value === '{end}'")


def test_the_curve_of_the_loss(show):
    course = perceptron()
    page = show(course)
    points, said = [], []
    for key in ("Home", "n", "u", "n", "n"):
        page.press(key)
        points.append((tuple(page.tab.evaluate(POINT)), page.tab.evaluate(LENGTH)))
        said.append(page.text("#loss-said"))
    assert points[1] == points[2]  # an update moves no point: the loss is not known before the next pass
    places = [point for point, _ in (*points[:2], *points[3:])]
    assert [x for x, _ in places] == sorted({x for x, _ in places})
    assert [y for _, y in places] == sorted({y for _, y in places})  # downwards, as the loss falls
    assert [length for _, length in points] == [1, 2, 2, 3, 4]
    low, high = page.tab.locator("#curve .grid").first, page.tab.locator("#curve .grid").nth(1)
    ticks = [float(text) for text in page.texts("#curve .tick")[:2]]
    lines = [float(line.get_attribute("y1")) for line in (low, high)]
    for (_, y), loss in zip(places, course.losses, strict=True):  # the ticks tell the loss of the point
        told = ticks[0] + (y - lines[0]) / (lines[1] - lines[0]) * (ticks[1] - ticks[0])
        assert told == pytest.approx(loss, abs=2e-3)
    assert said[1] == f"pass 2: loss {number(course.losses[1])}, was {number(course.losses[0])}"
    box = page.tab.locator("#curve .dot").nth(1).bounding_box()
    page.tab.mouse.click(box["x"] + 8, box["y"] + 30)  # anywhere above or below a point
    assert address(page) == "#pass=2&step=1"
    page.tab.locator("#curve").focus()
    for key, place in {"ArrowRight": 3, "ArrowUp": 4, "ArrowLeft": 3, "Home": 1, "End": 4}.items():
        page.press(key)
        assert address(page) == f"#pass={place}&step=1"
        assert page.tab.locator("#curve").get_attribute("aria-valuenow") == str(place)


def test_a_loss_that_is_no_number(show):
    page = show(COURSES["lost"](), "#pass=2")
    assert page.text("#loss-said") == "pass 2: loss nan, was 1"
    assert page.tab.locator("#curve .lost").count() == 1 and page.tab.evaluate(LENGTH) == 1
    assert "The loss is nan after 1 of 3 updates" in page.text("#note")


def test_a_growing_loss_is_told(show):
    page = show(_growing(), "#pass=2")
    assert page.text("#loss-said").endswith("it has grown")


def _growing() -> Course:
    w = tg.Value(1.0, name="w")
    return Course.record(w**2, tg.optim.SGD([w], lr=3.0), 2)


def test_each_graph_has_its_picture(show):
    course = branching()
    page = show(course)
    seen = []
    for _ in course.passes:
        page.press("n")
        seen.append(page.tab.evaluate("[...document.querySelectorAll('#graph > div')].map(x => x.hidden)"))
    assert [True, False] in seen
    roots = page.tab.locator("#g1 .root")
    assert roots.count() == 1 and page.tab.locator("#rows tr").count() > 1


def test_texts_of_boxes_change_with_the_pass(show):
    course = COURSES["network"]()
    page = show(course)
    found = []
    for _ in course.passes:
        page.press("n")
        found.append(" ".join(page.texts(".root .quiet")))
    page.press("N", 5)
    assert len({*found}) > 1 and found[0] != " ".join(page.texts(".root .quiet"))
    labels = [trace.nodes[trace.root].attrs["labels"]["array"] for trace in course.passes]
    assert f"labels {', '.join(map(str, labels[0]))}" in page.texts(".root .quiet")


def test_the_layout_does_not_move(show):
    page = show(perceptron(), viewport={"width": 1640, "height": 800}, reduced_motion="reduce")
    before = page.tab.evaluate(PLACES)
    for key in ("u", "n", "f", "u", "ArrowRight", "End"):
        page.press(key)
        assert page.tab.evaluate(PLACES) == before, key


@pytest.mark.parametrize(("width", "updates"), [(390, 3), (900, 3), (1100, 30), (1640, 3), (1100, 1000)])
def test_nothing_is_wider_than_the_window(show, width, updates):
    page = show(perceptron(updates=updates), "#pass=2", viewport={"width": width, "height": 844})
    for key in ("u", "n"):
        page.press(key)
        assert page.tab.evaluate("document.documentElement.scrollWidth") == width
        assert page.tab.evaluate(SMALLEST) >= 11 - 1e-6


def test_it_plays_through_the_passes(show):
    page = show(COURSES["lost"](), apart=True)
    page.stop_the_clock()
    page.press(" ")
    page.tab.clock.run_for(90_000)
    assert (page.position, page.text("#play")) == (int(page.tab.locator("#slider").get_attribute("max")), "Play")


def test_print(show):
    page = show(perceptron(), "#pass=2", color_scheme="dark")
    page.press("u")
    page.tab.emulate_media(media="print")
    page.tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert not page.tab.locator("#controls").is_visible() and page.tab.locator("#curve").is_visible()
    assert page.tab.locator("#steps li").count() == 23
    assert page.tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_without_javascript(visit):
    page = visit(compose(branching()), apart=True, java_script_enabled=False)
    assert page.tab.get_by_text("all data and gradients of the first pass").is_visible()
    assert page.tab.locator("#curve").is_visible() and not page.tab.locator("#g1").is_visible()


@pytest.mark.parametrize("kind", hostile.NAMES)
def test_names_are_shown_and_not_obeyed(show, kind):
    name = hostile.NAMES[kind]
    w = tg.Value(2.0, name=name)
    course = Course.record((w * 3.0 - 1.0) ** 2, tg.optim.Adam([w], lr=0.1), 2, title=name)
    page = show(course, title=name)
    page.press("u")
    page.press("n")
    page.tab.get_by_text("All steps of this pass").click()
    assert page.tab.evaluate("window.pwned") is None
    assert page.tab.evaluate("document.querySelectorAll('img, script').length") == 2
    assert page.tab.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_notebook_shows_it(visit):
    cell = perceptron()._repr_mimebundle_()["text/html"]
    page = visit(f"<!DOCTYPE html><title>notebook</title>{cell}{cell}", viewport={"width": 1000, "height": 1900})
    first, second = ready_frames(page.tab)
    first.focus("#node-n0")
    page.tab.wait_for_function(IN_FRAME)
    page.press("n", 2)
    page.press("u")
    first.get_by_text("Pass 3 of 4. Update 1 of 3: w1").wait_for()
    assert second.inner_text("#where") == "Pass 1 of 4. Start"
    first.get_by_text("All steps of this pass").click()
    first.click("#steps a >> nth=0")
    first.get_by_text("Pass 3 of 4. Forward, step 1 of 20").wait_for()
