"""The figure, the page and the terminal's curve of a landscape: they show the numbers of the landscape."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest

import hostile
import tinygrad_edu as tg
from tinygrad_edu_viz.canvas.grid import ASCII, COLOUR
from tinygrad_edu_viz.canvas.slope import Descent, slope
from tinygrad_edu_viz.landscapes import words
from tinygrad_edu_viz.landscapes.landscape import Landscape, survey
from tinygrad_edu_viz.landscapes.trail import Trail
from tinygrad_edu_viz.pages.landscape_page import page
from unpacked import content_of, style_of


def bowl(names=("sgd", "adam"), missing: str = "") -> Landscape:
    """x²/20 + 9.5·y², with a trail that swings and one that does not."""
    steps = np.arange(13)
    ways = [np.stack([-7 * 0.99**steps, (-0.9) ** steps], 1), np.stack([-7 + steps / 2, 1 - steps / 12], 1)]
    trails = [Trail(name, way, steps, None, missing) for name, way in zip(names, ways, strict=True)]
    return survey(trails, lambda w: w[:, 0] ** 2 / 20 + 9.5 * w[:, 1] ** 2, (21, 15), ["x", "y"], (), "a ravine")


def line() -> Landscape:
    steps = np.arange(6)
    return survey([Trail("sgd", (3 * 0.5**steps)[:, None], steps)], lambda w: w[:, 0] ** 2, (9, 9), ["w"], (), "w**2")


def spatial() -> Landscape:
    """Of many weights, so that the trail runs beside the plane."""
    rng = np.random.default_rng(0)
    way = rng.normal(size=(20, 9)).cumsum(axis=0)
    steps = np.arange(20)
    return survey([Trail("sgd", way, steps, steps / 4)], lambda w: (w**2).sum(axis=1), (11, 9), (), ("a note",), "many")


# --- the figure ---


@pytest.fixture
def ax():
    pytest.importorskip("matplotlib")
    from matplotlib.figure import Figure

    return Figure().add_subplot()


def test_a_map(ax):
    found = bowl()
    assert tg.plots.landscape(found, ax) is ax
    lines = {each.get_label(): each for each in ax.lines if not each.get_label().startswith("_")}
    for trail, (label, drawn) in zip(found.trails, lines.items(), strict=True):
        assert label == f"{trail.letter}  {trail.name}, {words.short(trail.losses[-1])}"
        assert np.array(drawn.get_xydata()).tolist() == trail.places.tolist()
    assert len({(each.get_color(), each.get_marker()) for each in lines.values()}) == 2
    assert [text.get_text() for text in ax.texts][:3] == ["A", "B", "S"]
    assert words.caption(found) == " ".join(ax.texts[-1].get_text().split())
    assert (ax.get_title(), ax.get_xlabel(), ax.get_ylabel()) == ("a ravine", "x", "y")
    assert ax.get_xlim() == pytest.approx((found.sides[0][0], found.sides[0][-1]))
    filled = next(each for each in ax.collections if hasattr(each, "levels"))
    assert filled.levels == pytest.approx(found.bands.edges)


def test_a_curve(ax):
    found = line()
    tg.plots.landscape(found, ax)
    assert np.array(ax.lines[0].get_xydata()).tolist() == np.stack([found.sides[0], found.losses], 1).tolist()
    assert ax.get_xlabel() == "w" and ax.get_ylabel() == "loss"


def test_runs(ax):
    def run(optimizer, lr: float):
        model = tg.nn.mlp([2, 3, 1], rng=0)
        data = tg.data.load("moons", 40, seed=0)
        return tg.train.start(model, data, "binary_cross_entropy", optimizer(model.parameters(), lr=lr), epochs=2)

    tg.plots.landscape({"sgd": run(tg.optim.SGD, 0.1), "adam": run(tg.optim.Adam, 0.01)}, ax)
    assert len(ax.get_legend().get_texts()) == 2


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_a_file(kind):
    """Nearly every band of the bowl is seen."""
    pytest.importorskip("matplotlib")
    from tinygrad_edu_viz.plots.surface import MAP, save_landscape

    file = io.BytesIO()
    save_landscape(file, bowl(), kind, size="800x600")
    if kind == "svg":
        text = file.getvalue().decode()
        assert text.count("<path") > 20 and "<dc:title>a ravine" in text
        return
    from matplotlib.image import imread

    pixels = (imread(io.BytesIO(file.getvalue()))[..., :3] * 255).round().astype(int)
    assert pixels.shape == (600, 800, 3)
    colours = np.array([[int(colour[k : k + 2], 16) for k in (1, 3, 5)] for colour in MAP])
    ground = pixels[:, None, :600] - colours[:, None]  # without the bar, which has all colours
    assert ((np.abs(ground).max(axis=3) <= 2).sum(axis=(0, 2)) > 20).sum() >= 10


# --- the page ---


@pytest.mark.parametrize("make", [bowl, line, spatial])
def test_a_page_has_the_numbers(make):
    found = make()
    text = page(found)
    data = content_of(text, "landscape")
    assert data["curve"] == found.is_curve and data["axes"] == list(found.plane.names)
    assert np.array(data["losses"]) == pytest.approx(np.atleast_2d(found.losses), rel=1e-4)
    assert np.array(data["levels"]) == pytest.approx(
        np.atleast_2d(found.bands.levels(found.losses)), rel=1e-4, abs=1e-9
    )
    for told, trail in zip(data["trails"], found.trails, strict=True):
        assert np.array(told["places"]) == pytest.approx(trail.places, rel=1e-4)
        assert told["losses"] == [words.short(loss) for loss in trail.losses]
        assert told["below"] == [words.short(loss) for loss in trail.below]
        assert told["moments"] == list(trail.moments)
    assert data["times"] == sorted({time for trail in found.trails for time in trail.times.tolist()})
    assert f'max="{len(data["times"]) - 1}"' in text
    assert (">on the map</th>" in text) != found.plane.exact
    assert (">A note.<" in text) == (make is spatial)


def test_a_page_asks_for_nothing():
    text = page(bowl())
    assert "default-src 'none'" in text
    assert not re.findall(r'(?:src|href)="(?!data:,")', text) and "http" not in text.replace("http-equiv", "")


@pytest.mark.parametrize("name", hostile.NAMES.values(), ids=hostile.NAMES)
def test_names_may_be_anything(name):
    found = bowl((name, "adam"), missing=f"it is {name}")
    text = page(found)
    assert text.count("</script>") == 3 and text.count("<script") == 3
    assert len(content_of(text, "landscape")["trails"]) == 2


def test_themes():
    dark, auto = (style_of(text) for text in (page(line(), "dark"), page(line())))
    assert "color-scheme: dark;" in dark and "color-scheme: light dark;" in auto
    with pytest.raises(tg.ArgumentError, match="auto, light, dark"):
        page(line(), "blue")


# --- the curve of a terminal ---


def test_a_slope():
    x = np.linspace(-2, 2, 81)
    descents = [Descent("sgd", np.array([2.0, 1, 0]), np.array([4.0, 1, 0]))]
    for look in (COLOUR, ASCII):
        rows = slope(46, 14, x, x**2, descents, title="w**2", axis="w", look=look).text()
        assert rows[0] == "w**2" and rows[-1] == "S start  A sgd" and rows[-2].endswith("w")
        places = {char: (rows.index(row), row.index(char)) for char in "SaA" for row in rows[1:-2] if char in row}
        assert places["S"][1] == 45 and places["S"][0] == 1  # the upper right corner
        assert places["A"][1] in (25, 26) and places["A"][0] == max(row for row, _ in places.values())
        assert places["S"][0] < places["a"][0] < places["A"][0]


@pytest.mark.parametrize("size", [(0, 0), (3, 2), (10, 3), (14, 5), (30, 8), (200, 60)])
@pytest.mark.parametrize("losses", [[], [1.0], [np.nan, np.inf], [0.0, 0.0, 0.0], [-1e300, 1e300]])
def test_slopes_of_any_size(size, losses):
    x = np.linspace(0, 1, len(losses))
    descents = [Descent("漢字", np.array([0.5, np.nan]), np.array([1.0, np.inf]))]
    grid = slope(*size, x, np.array(losses), descents, title="曲線", axis="w" * 20)
    assert (grid.width, grid.height) == size and len(list(grid.rows())) == size[1]
