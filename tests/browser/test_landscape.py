"""The page of a landscape in Chromium: it turns by drag and by keys, tells what is pointed at, and goes in time."""

from __future__ import annotations

import numpy as np
import pytest

import hostile
from tinygrad_edu_viz.landscapes import words
from tinygrad_edu_viz.landscapes.landscape import survey
from tinygrad_edu_viz.landscapes.trail import Trail
from tinygrad_edu_viz.pages.landscape_page import page

pytestmark = pytest.mark.browser

PICTURE = "document.getElementById('surface').toDataURL()"
COLOURS = """() => {
    const canvas = document.getElementById('surface');
    const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    const seen = new Set();
    for (let k = 0; k < data.length; k += 4) seen.add((data[k] << 16) + (data[k + 1] << 8) + data[k + 2]);
    return seen.size;
}"""
PIXEL = """([x, y]) => {
    const canvas = document.getElementById('surface');
    const ratio = canvas.width / canvas.clientWidth;
    const [column, row] = [x, y].map((place) => Math.round(place * ratio));
    return [...canvas.getContext('2d').getImageData(column, row, 1, 1).data].slice(0, 3);
}"""
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def ravine(names=("sgd", "adam")):
    """sgd swings through the ravine, adam goes straight to its bottom, in fewer updates."""
    swings, straight = np.arange(13), np.arange(9)
    ways = [
        np.stack([-7 * 0.99**swings, (-0.9) ** swings], axis=1),
        np.stack([-7 + 0.875 * straight, 1 - straight / 8], axis=1),
    ]
    trails = [Trail(name, way, np.arange(len(way))) for name, way in zip(names, ways, strict=True)]
    return survey(trails, lambda w: 1 + w[:, 0] ** 2 / 20 + 9.5 * w[:, 1] ** 2, (31, 23), ["x", "y"], (), "a ravine")


def curve():
    way = (3 * 0.5 ** np.arange(6))[:, None]
    return survey([Trail("sgd", way, np.arange(6))], lambda w: w[:, 0] ** 2, (9, 9), ["w"], (), "w**2")


def beside():
    """Of nine weights: the map below a trail has another loss than the trail."""
    way = np.random.default_rng(0).normal(size=(20, 9)).cumsum(axis=0)[::-1]
    trail = Trail("adam", way, np.arange(20), np.arange(20) / 4)
    return survey([trail], lambda w: (w**2).sum(axis=1), (21, 17), (), (), "nine weights")


def picture(opened) -> str:
    opened.tab.evaluate(DRAWN)
    return opened.tab.evaluate(PICTURE)


def test_keys_turn(visit):
    opened = visit(page(ravine()))
    opened.tab.focus("#surface")
    first = picture(opened)
    seen = {first}
    for key in ("ArrowLeft", "ArrowUp", "ArrowRight", "ArrowDown"):
        opened.press(key)
        seen.add(picture(opened))
    assert len(seen) == 4 and picture(opened) == first  # there and back again
    assert opened.text("#view") == "Seen from 43° above the plane, turned by 331°."
    opened.press("ArrowUp", 20)
    assert opened.text("#view").startswith("Seen from 90° above")
    opened.press("Home")
    opened.tab.locator("#view", has_text="Seen from 43°").wait_for()
    assert opened.tab.evaluate(COLOURS) > 30


def test_a_drag_turns(visit):
    opened = visit(page(ravine()))
    first, (x, y) = picture(opened), centre(opened)
    opened.tab.mouse.move(x, y)
    opened.tab.mouse.down()
    opened.tab.mouse.move(x + 120, y + 30, steps=4)
    opened.tab.mouse.up()
    assert picture(opened) != first
    assert opened.text("#view") != "Seen from 43° above the plane, turned by 331°."


def centre(opened) -> tuple[float, float]:
    box = opened.tab.locator("#surface").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_what_is_pointed_at(visit):
    """From above the canvas is the map: each trail's point, and the loss between them, stand where they are."""
    found = ravine()
    opened = visit(page(found), reduced_motion="reduce")
    opened.press("t")
    opened.tab.locator("#view", has_text="Seen from 90°").wait_for()
    picture(opened)
    x, y = found.sides
    for trail, k in ((found.trails[0], 6), (found.trails[1], 4)):
        point(opened, (trail.places[k] - [x[0], y[0]]) / [np.ptp(x), np.ptp(y)])
        letter, told = opened.text("#tip").splitlines()
        assert letter == f"{trail.letter} {trail.name}, update {k}"
        assert told == f"loss {words.short(trail.losses[k])}"
    point(opened, np.array([0.3, 0.1]))
    place, told = opened.text("#tip").splitlines()
    a, b = map(float, place.split(", "))
    assert a == pytest.approx(x[0] + 0.3 * np.ptp(x), abs=0.5) and b == pytest.approx(y[0] + 0.1 * np.ptp(y), abs=0.15)
    assert float(told.removeprefix("loss ")) == pytest.approx(1 + a**2 / 20 + 9.5 * b**2, rel=0.02)
    opened.tab.mouse.move(1, 1)
    assert opened.tab.locator("#tip").is_hidden()


def test_what_is_nearer_hides_what_is_behind(visit):
    """Seen from 23° above, below the top of a ridge is its near side, and not the far one, which is lower there."""
    way = np.array([[0.0, 1.0], [0.5, 1.0]])
    found = survey([Trail("sgd", way, np.arange(2))], ridge, (31, 41), ["x", "y"])
    opened = visit(page(found), reduced_motion="reduce")
    opened.press("t")
    opened.press("ArrowDown", 9)
    picture(opened)
    x, y = centre(opened)
    opened.tab.mouse.move(x + 60, y + 22)
    place, loss = opened.text("#tip").splitlines()
    assert float(place.split(", ")[1]) < 1 and float(loss.removeprefix("loss ")) > 4
    box = opened.tab.locator("#surface").bounding_box()
    red, _green, blue = opened.tab.evaluate(PIXEL, [x + 60 - box["x"], y + 22 - box["y"]])
    assert blue - red < 20  # grey, as the middle bands are: the low ones are blue


def ridge(weights):
    return 50 ** np.exp(-(((weights[:, 1] - 1) / 0.02) ** 2))


def point(opened, share) -> None:
    """Move to a place of the map that is seen from above; `share` from its lower left corner."""
    x, y = centre(opened)
    box = opened.tab.locator("#surface").bounding_box()
    half = min(box["width"] - 62, box["height"] - 72) / 2  # it is a square in the middle
    opened.tab.mouse.move(x + (2 * share[0] - 1) * half, y - (2 * share[1] - 1) * half)


def test_time(visit):
    """The slider and the keys go through the updates; table and sentence have the losses of then."""
    found = ravine()
    opened = visit(page(found))
    opened.tab.focus("#surface")
    end = picture(opened)
    assert opened.position == 12 and opened.text("#when") == "update 12"
    assert "adam at its end: loss 1." in opened.text("#story")
    opened.press(",", 7)
    assert opened.position == 5 and picture(opened) != end
    for row, trail in zip(opened.tab.locator("#runs tr").all(), found.trails, strict=True):
        assert row.locator("td").all_text_contents() == [words.short(trail.losses[5])]
    sgd, adam = (words.short(trail.losses[5]) for trail in found.trails)
    assert opened.text("#story") == f"Update 5. sgd: loss {sgd}. adam: loss {adam}."
    assert opened.tab.locator("#story").get_attribute("aria-live") == "polite"
    opened.press(".")
    assert opened.text("#when") == "update 6"
    opened.tab.locator("#slider").fill("0")
    assert opened.text("#when") == "the start"
    assert opened.tab.locator("#slider").get_attribute("aria-valuetext") == "the start"


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_it_plays_to_the_end(visit, motion):
    opened = visit(page(ravine()), apart=True, reduced_motion=motion)
    opened.stop_the_clock()
    opened.tab.click("#play")
    assert opened.text("#when") == "the start" and opened.text("#play") == "Pause"
    opened.tab.clock.run_for(20_000)
    assert opened.text("#when") == "update 12" and opened.text("#play") == "Play"


def test_a_run_is_chosen(visit):
    opened = visit(page(beside()))
    before = picture(opened)
    opened.tab.focus("#runs button")
    assert picture(opened) != before
    walked = beside().trails[0]
    opened.press(".")  # at the end: nothing
    opened.tab.locator("#slider").fill("10")
    own, below = words.short(walked.losses[10]), words.short(walked.below[10])
    assert own != below and opened.text("#story") == f"Epoch 2.5. adam: loss {own}, {below} on the map."


def test_a_curve(visit):
    opened = visit(page(curve()))
    opened.tab.focus("#surface")
    first = picture(opened)
    opened.press("ArrowLeft")  # nothing to turn
    assert picture(opened) == first and opened.tab.locator("#views").is_hidden()
    box = opened.tab.locator("#surface").bounding_box()
    opened.tab.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + 20)
    place, told = opened.text("#tip").splitlines()
    assert float(told.removeprefix("loss ")) == pytest.approx(float(place.removeprefix("w = ")) ** 2, rel=0.02)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_it_fits(visit, scheme, width):
    opened = visit(page(ravine()), color_scheme=scheme, viewport={"width": width, "height": 700})
    picture(opened)
    assert opened.tab.evaluate("document.documentElement.scrollWidth") <= width
    assert opened.tab.evaluate(COLOURS) > 30
    paper = opened.tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == ("rgb(18, 18, 18)" if scheme == "dark" else "rgb(255, 255, 255)")


def test_names_may_be_anything(visit):
    opened = visit(page(ravine((next(iter(hostile.NAMES.values())), '"><img src=x onerror=alert(1)>'))))
    opened.tab.focus("#runs button")
    assert opened.tab.locator("img").count() == 0
