"""The report of a run in Chromium: arrow keys change picture and sentence; nothing is asked for, nothing complains."""

from __future__ import annotations

import pytest

from tinygrad_edu_viz.pages.report import report
from visualizations.shown_runs import shown

pytestmark = pytest.mark.browser


@pytest.fixture
def opened(visit):
    """Open a report, and wait until its program has unpacked what it shows."""

    def open_report(*args, **settings):
        page = visit(report(*args), **settings)
        page.tab.wait_for_selector("#slider[aria-valuetext]", state="attached")
        return page

    return open_report


def picture(page) -> str:
    """What is drawn: the dots of the canvas, or the cells of the table."""
    return page.tab.evaluate(
        """() => { const plane = document.querySelector("canvas.plane");
                   return plane ? plane.toDataURL() : document.querySelector(".counts").innerHTML }"""
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["moons", "blobs", "iris", "sine", "diabetes"])
def test_arrow_keys_change_picture_and_sentence(opened, name, scheme):
    run = shown(name, epochs=4)
    page = opened([run], color_scheme=scheme)
    last = len(run.epochs()) - 1
    assert page.position == last and page.text("#story").startswith("Epoch 4")
    end = picture(page)
    seen = {end}
    for k in range(last - 1, -1, -1):
        page.press("ArrowLeft")
        assert page.position == k
        seen.add(picture(page))
    assert len(seen) == last + 1 and page.text("#story").startswith("Before the first update")
    assert page.tab.locator("#back").is_disabled() and page.tab.locator("#next").is_enabled()
    page.press("End")
    assert picture(page) == end
    page.press("Home")
    page.press("ArrowRight")
    assert page.text("#story").startswith("Epoch 1")
    now = [page.tab.locator("svg .now").nth(k).get_attribute("x1") for k in range(2)]
    page.press("ArrowRight", 2)
    assert [page.tab.locator("svg .now").nth(k).get_attribute("x1") for k in range(2)] != now
    page.tab.locator("#slider").fill("0")
    assert page.text("#story").startswith("Before")


def test_what_a_small_table_shows_stands_on_a_line(opened):
    page = opened([shown("iris", epochs=1)], viewport={"width": 1200, "height": 800})
    about = page.tab.locator(".answers p.quiet")
    assert about.inner_text().startswith("rows: what it is; columns: what was said")
    assert page.tab.locator(".counts").get_attribute("aria-label") == about.inner_text()
    lines = about.evaluate("p => p.getBoundingClientRect().height / parseFloat(getComputedStyle(p).lineHeight)")
    assert lines < 1.5


def test_the_picture_is_what_the_model_answers(opened):
    """The colour of a dot far from the boundary is that of the likelier class."""
    run = shown("moons", epochs=4, lr=0.3)
    page = opened([run], color_scheme="light")
    shares = run.picture.grid(48, 48)
    for label, blue in ((0, True), (1, False)):
        row, column = divmod(int(shares[..., label].argmax()), 48)
        red, _, blueness = page.tab.evaluate(
            """([x, y]) => { const pen = new OffscreenCanvas(1, 1).getContext("2d");
                             pen.drawImage(document.querySelector("canvas.plane"), -x, -y);
                             return [...pen.getImageData(0, 0, 1, 1).data] }""",
            [10 * column + 5, 10 * row + 5],
        )[:3]
        assert (blueness > red) == blue


@pytest.mark.parametrize("width", [320, 390, 800, 900, 1000, 1100, 1400])
def test_it_fits_every_width_with_letters_that_can_be_read(visit, width):
    runs = [shown("moons", epochs=2, label=f"lr={k}") for k in range(3)]
    for page in (report(runs[:1]), report(runs, table="a  b\n" * 3)):
        opened = visit(page, viewport={"width": width, "height": 800})
        assert opened.tab.evaluate("document.documentElement.scrollWidth") <= width
        smallest = opened.tab.evaluate(
            """Math.min(...[...document.querySelectorAll("svg text")].map((text) =>
               parseFloat(getComputedStyle(text).fontSize) * text.ownerSVGElement.clientWidth / 360))"""
        )
        assert smallest >= 11


def test_runs_side_by_side_move_together(opened):
    runs = [shown("moons", epochs=epochs, label=f"epochs={epochs}") for epochs in (2, 4)]
    page = opened(runs)
    page.press("Home")
    assert page.texts("#story p") == [f"epochs={n}: {run}" for n, run in zip((2, 4), _first(runs), strict=True)]
    page.press("End")
    assert [text.partition(",")[0].partition(": ")[2][:7] for text in page.texts("#story p")] == ["Epoch 2", "Epoch 4"]


def _first(runs) -> list[str]:
    return [run.sentence(0, next(run.picture.over_time(run.snapshots, [0]))) for run in runs]


def test_it_plays_and_prints(opened):
    page = opened([shown("moons", epochs=3)])
    page.press("Home")
    page.press("Space")
    page.tab.wait_for_selector("#end:disabled")
    page.tab.wait_for_selector("#play:text-is('Play')")
    assert page.position == 3
    page.tab.emulate_media(media="print", color_scheme="dark")
    assert page.tab.locator("#time").is_hidden() and page.tab.locator("canvas.plane").is_visible()
    assert page.tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
