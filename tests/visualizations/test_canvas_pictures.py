"""What a model answers, drawn in cells, against cells that were found by hand or by NumPy."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinygrad_edu_viz.canvas.boundary import CHARS, boundary, field_rows
from tinygrad_edu_viz.canvas.confusion import confusion, mistakes
from tinygrad_edu_viz.canvas.grid import ASCII, COLOUR, MONO
from tinygrad_edu_viz.canvas.hidden import Units, hidden
from tinygrad_edu_viz.canvas.inks import COLD, FIELDS, GREEN, MIDDLE, WARM, WARNING
from tinygrad_edu_viz.canvas.pictures import picture
from tinygrad_edu_viz.canvas.scatter import LEFT, Spot, scatter
from tinygrad_edu_viz.cells import cell_width
from tinygrad_edu_viz.training.answers import Boundary, Confusion, FittedCurve, HiddenUnits, Truth

LOOKS = [COLOUR, MONO, ASCII]
NOTHING = np.zeros((0, 2)), np.zeros(0, int), np.zeros(0, bool)
UNIT = (0.0, 1.0, 0.0, 1.0)
RANDOM = np.random.default_rng(0)


def two(shares):
    return np.stack([1 - np.asarray(shares, float), np.asarray(shares, float)], axis=-1)


# --- the boundary ---


def test_two_classes_go_from_cold_to_warm():
    shares = two([[0.0, 0.5, 1.0], [1.0, 0.75, 0.25]])
    grid = boundary(3, 2, shares, *NOTHING, UNIT)
    assert grid.ink[1].tolist() == [COLD, MIDDLE, WARM]
    assert grid.paper[1, 0] == WARM
    for pixel, end in ((grid.paper[1, 1], WARM), (grid.paper[1, 2], COLD)):  # half the way from the middle
        for shift in (16, 8, 0):
            low, high = (MIDDLE >> shift) & 255, (end >> shift) & 255
            assert abs((int(pixel) >> shift & 255) - (low + high) / 2) <= 0.5


def test_without_colours_a_cell_is_the_denser_the_surer_the_second_class_is():
    shares = RANDOM.random((10, 30))
    means = (shares[::2] + shares[1::2]) / 2
    for look, chars in ((MONO, " ·░▒"), (ASCII, " '.:")):
        found = boundary(30, 6, two(shares), *NOTHING, UNIT, look=look).chars[1:]
        assert found.tolist() == [[chars[int(4 * share)] for share in row] for row in means]


def test_of_more_classes_each_has_its_field():
    shares = RANDOM.dirichlet(np.ones(4), (12, 30))
    best = shares.argmax(axis=-1)
    grid = boundary(30, 7, shares, *NOTHING, UNIT)

    def nearest(pixels):
        """Of which class a colour is a mixture with the dark: the one in whose direction it lies."""

        def parts(colour):
            return np.stack([np.asarray(colour) >> shift & 255 for shift in (16, 8, 0)], -1).astype(float)

        ways = parts(np.array(FIELDS[:4])) - parts(MIDDLE)
        seen = parts(pixels) - parts(MIDDLE)
        return (seen @ (ways / np.linalg.norm(ways, axis=1, keepdims=True)).T).argmax(axis=-1)

    assert (nearest(grid.ink[1:]) == best[::2]).mean() == 1
    assert (nearest(grid.paper[1:]) == best[1::2]).mean() == 1
    means = ((shares[::2] + shares[1::2]) / 2).argmax(axis=-1)
    for look, chars in ((MONO, " ░▒▓"), (ASCII, " .:#")):
        found = boundary(30, 7, shares, *NOTHING, UNIT, look=look).chars[1:]
        assert found.tolist() == [[chars[k] for k in row] for row in means]


@pytest.mark.parametrize("look", LOOKS)
def test_examples_are_letters_and_mistakes_capitals_over_them(look):
    points = np.array([[0.05, 0.95], [0.95, 0.05], [0.5, 0.5], [0.5, 0.5], [9.0, 9.0], [np.nan, 0.5]])
    labels, right = np.array([0, 1, 2, 1, 0, 1]), np.array([True, False, False, True, True, True])
    grid = boundary(10, 6, np.full((10, 10, 3), 1 / 3), points, labels, right, UNIT, look=look)
    chars = grid.chars[1:]
    assert [chars[0, 0], chars[4, 9], chars[2, 5], chars[0, 9]] == [
        "o",
        "X",
        "V",
        "o",
    ]  # what is outside lies on the edge
    assert grid.bold[1:].sum() == 2
    assert {char.upper() for char in CHARS}.isdisjoint(CHARS)
    assert len(set(CHARS)) == 26


def test_where_the_answer_is_no_number_it_is_a_question():
    shares = two(np.ones((4, 3)))
    shares[3, 1] = np.nan
    for look in LOOKS:
        found = boundary(3, 3, shares, *NOTHING, UNIT, look=look).chars
        assert (found[1:] == "?").tolist() == [[False] * 3, [False, True, False]]


@pytest.mark.parametrize(
    "width, line",
    [
        (60, "boundary  o upper  x▒ lower  CAPITALS: wrong"),
        (39, "o upper  x▒ lower  CAPITALS: wrong"),
        (32, "boundary  o  x▒  CAPITALS: wrong"),
        (25, "o  x▒  CAPITALS: wrong"),
        (16, "CAPITALS: wrong"),
    ],
)
def test_the_legend_keeps_what_matters(width, line):
    found = boundary(width, 5, two(np.zeros((8, 8))), *NOTHING, UNIT, names=["upper", "lower"], look=MONO)
    assert found.text()[0] == line


def test_a_tall_boundary_names_its_inputs():
    box = (-1.0, 2.5, 0.0, 1234.5)
    found = boundary(60, 14, two(np.zeros((8, 8))), *NOTHING, box, inputs=["age", "身長"], look=MONO)
    assert found.text()[-1] == "→ age -1 to 2.5   ↑ 身長 0 to 1230"
    assert field_rows(14) == 12
    assert field_rows(13) == 12


# --- confusion ---


def test_the_numbers_of_a_confusion_matrix_can_be_read():
    counts = RANDOM.integers(0, 30, (10, 10))
    for look in LOOKS:
        lines = confusion(47, 12, counts, [str(k) for k in range(10)], title="t", look=look).text()
        found = [[0 if cell in "·." else int(cell) for cell in line.split()[1:]] for line in lines[2:]]
        assert found == counts.tolist()
        assert lines[1].split() == ["is\\said", *map(str, range(10))]


def test_shares_where_the_numbers_have_no_room():
    counts = np.array([[10_000, 0], [2_500, 7_500]])
    lines = confusion(12, 4, counts, ["a", "b"], look=MONO).text()
    assert [line.split() for line in lines[2:]] == [["a", "100", "·"], ["b", "25", "75"]]
    assert (
        confusion(40, 4, np.tile(counts, (5, 5)), ["a"] * 10, title="t").text()[0]
        == "t (% of the row, the first 2 of 10 classes)"[:40]
    )


def test_shades_where_not_even_shares_have_room():
    counts = np.diag([5] * 12)
    counts[0, 1] = 1
    for look, full, some, none in ((MONO, "█", "░", "·"), (ASCII, "#", "-", ".")):
        lines = confusion(24, 14, counts, [f"c{k}" for k in range(12)], look=look).text()
        assert lines[3].split()[1] == none + full + none * 10
        assert lines[2].split()[1] == full + some + none * 10
    cut = confusion(24, 5, counts, [f"c{k}" for k in range(12)], title="held out", look=MONO).text()
    assert len(cut) == 5
    assert "first 3 of 12" in confusion(70, 5, counts, [f"c{k}" for k in range(12)], title="t").text()[0]


def test_right_answers_are_cold_and_wrong_ones_warm():
    grid = confusion(20, 4, np.array([[4, 0], [4, 0]]), ["a", "b"])
    assert grid.paper[2, 7] == COLD
    assert grid.paper[3, 7] not in (COLD, MIDDLE, -1)
    assert (grid.paper[2:, 9:] == -1).all()


def test_images_are_pixels_from_their_lowest_to_their_highest():
    image = np.array([[2.0, 4.0], [3.0, 4.0], [4.0, 2.0], [2.0, 2.0]])
    grid = mistakes(9, 4, image[None], ["3→5"], title="mistakes")
    grey = {2.0: 0x000000, 3.0: 0x888888, 4.0: 0xFFFFFF}
    assert grid.ink[1:3, :2].tolist() == [[grey[v] for v in row] for row in image[::2]]
    assert grid.paper[1:3, :2].tolist() == [[grey[v] for v in row] for row in image[1::2]]
    assert grid.text()[3] == "3→5"
    shades = mistakes(9, 4, image[None], ["3→5"], look=MONO).chars[1:3, :2]  # of the means of two pixels
    assert shades.tolist() == [["░", "█"], ["▒", " "]]
    assert mistakes(9, 4, image[None], ["3→5"], look=ASCII).text()[3] == "3>5"


def test_large_images_are_shrunk_by_means():
    image = RANDOM.random((32, 32))
    image.flat[:2] = 0.0, 1.0
    grid = mistakes(20, 10, image[None], [""])
    means = image.reshape(16, 2, 16, 2).mean(axis=(1, 3))
    expected = np.rint(means * 15).astype(int) * 0x111111
    assert grid.ink[1:9, :16].tolist() == expected[::2].tolist()
    assert grid.paper[1:9, :16].tolist() == expected[1::2].tolist()


# --- points and curves ---


def test_points_lie_where_their_numbers_are():
    x, y = np.array([0.0, 10.0, 0.0, 10.0]), np.array([0.0, 0.0, 10.0, 10.0])
    grid = scatter(LEFT + 11, 7 + 2, x, y, name="in")  # a twentieth of the range is free at each end
    marked = [
        (row, column) for row in range(1, 8) for column in range(LEFT, LEFT + 11) if grid.chars[row, column] != " "
    ]
    assert marked == [(1, LEFT), (1, LEFT + 10), (7, LEFT), (7, LEFT + 10)]
    assert grid.text()[-1] == "     └-0.5───10.5"
    assert scatter(LEFT + 21, 9, x, y, name="in").text()[-1] == "     └-0.5──── in ─────10.5"
    middle = scatter(LEFT + 11, 9, np.array([0, 5, 10]), np.array([0, 5, 10]), look=ASCII).text()
    assert [line.find("o") for line in middle] == [-1, LEFT + 10, -1, -1, LEFT + 5, -1, -1, LEFT, -1]


def test_a_curve_is_drawn_through_its_places():
    t = np.linspace(0, 10, 200)
    grid = scatter(LEFT + 11, 9, np.array([0.0, 10.0]), np.array([0.0, 10.0]), curve=(t, t), look=ASCII)
    columns = [[c - LEFT for c, char in enumerate(line) if char in "*@" and c >= LEFT] for line in grid.text()[1:8]]
    for row, found in enumerate(columns):  # a straight line from corner to corner
        assert abs(np.mean(found) - (6 - row) / 6 * 10) <= 1
    flat = scatter(LEFT + 11, 9, np.array([0.0, 10.0]), np.array([0.0, 10.0]), curve=(t, 0 * t + 5), look=ASCII)
    assert flat.text()[4][LEFT:] == "*" * 11


def test_equal_numbers_lie_on_the_diagonal():
    values = np.array([0.0, 1.0, 4.0, 10.0])
    grid = scatter(LEFT + 20, 12, values, values, diagonal=True, look=ASCII)
    off = scatter(LEFT + 20, 12, values, values[::-1], diagonal=True, look=ASCII)
    line = {(r, c) for r, row in enumerate(off.chars.tolist()) for c, char in enumerate(row) if char == ","}
    points = {(r, c) for r, row in enumerate(grid.chars.tolist()) for c, char in enumerate(row) if char == "o"}
    assert len(points) == 4
    assert all(any((r + a, c + b) in line | points for a in (-1, 0, 1) for b in (-1, 1)) for r, c in points)


def test_a_curve_that_runs_away_does_not_squash_the_points():
    x = np.array([0.0, 1.0])
    grid = scatter(LEFT + 8, 10, x, x, curve=(x, np.array([0.0, 1e9])), look=ASCII)
    rows = [row for row, line in enumerate(grid.text()) if "o" in line or "@" in line]
    assert max(rows) - min(rows) >= 3


def test_spots_are_over_all():
    grid = scatter(
        LEFT + 8, 6, np.zeros(1), np.zeros(1), spots=[Spot(0, 0, "S", WARNING), Spot(np.nan, 0, "A", WARNING)]
    )
    assert "S" in "".join(grid.text())
    assert "A" not in "".join(grid.text())


# --- hidden units ---


def units(**changes):
    maps = np.stack([np.tile(np.linspace(-1, 1, 10), (8, 1)), np.zeros((8, 10)), np.full((8, 10), np.nan)])
    return Units(
        "0", **{"maps": maps, "weights": np.array([2.0, 1.0, 0.0]), "dead": np.array([False, True, False])} | changes
    )


def test_a_unit_is_shown_by_the_sign_of_its_answer():
    grid = hidden(40, 7, [units()])
    assert grid.ink[2, 0] == COLD
    assert grid.ink[2, 9] == WARM
    assert (grid.ink[2, 11:21] == MIDDLE).all()
    for look, row in ((MONO, "===--░░▒▒▒"), (ASCII, "===--++###")):
        lines = hidden(40, 7, [units()], look=look).text()
        assert lines[2][:10] == row
        assert lines[3][14:18] == "dead"
        assert lines[2][22:32] == "?" * 10
        assert lines[6][:16] == "━━━━━━━━━━ ━━━━━" if look is MONO else "========== ====="
    assert (grid.ink[6, :10] == GREEN).all()
    assert grid.text()[1] == "layer 0: 3 units; ━ weight further on"


def test_of_too_many_units_the_strongest_are_shown():
    many = Units("2", np.zeros((40, 8, 10)), np.arange(40, 0, -1.0), np.zeros(40, bool))
    lines = hidden(20, 12, [many, many], look=MONO).text()
    assert [line for line in lines if "layer" in line] == ["layer 2: the 3 stron"] * 2


# --- pictures ---


def answers(kind, seed=0):
    random = np.random.default_rng(seed)
    x, labels = random.normal(size=(20, 2)), random.integers(0, 3, 20)
    names = ("первый", "漢字漢字漢字", "c")
    images = random.normal(size=(20, 16))

    def shares(_model, places):
        return np.abs(places @ np.ones((places.shape[1], 3)) + np.arange(3)) / 10

    match kind:
        case "boundary":
            return Boundary(
                None,
                shares,
                lambda *asked: shares(*asked).argmax(axis=1),
                (-2, 2, -2, 2),
                x,
                labels,
                labels > 0,
                names,
                ("a", "b"),
            )
        case "confusion":
            return Confusion(None, shares, images, labels, names)
        case "words":
            return Confusion(None, shares, images[:, :3], labels, names)
        case "curve":
            return FittedCurve(None, lambda _, places: np.sin(places[:, 0]), x[:, 0], x[:, 1], labels > 0, "t", "y")
        case "truth":
            return Truth(None, lambda _, places: places[:, 0], x, x[:, 1], "price")
        case "hidden":
            found = HiddenUnits([], SimpleNamespace(), None, (-1, 1, -1, 1), x)
            object.__setattr__(found, "maps", lambda nx, ny: [Units("0", random.normal(size=(5, ny, nx)), *FIVE)] * 2)
            return found


FIVE = np.ones(5), np.zeros(5, bool)
KINDS = ["boundary", "confusion", "words", "curve", "truth", "hidden"]


@given(st.integers(0, 200), st.integers(0, 60), st.sampled_from(LOOKS), st.sampled_from(KINDS))
@settings(max_examples=60, deadline=None)
def test_pictures_of_any_size(width, height, look, kind):
    grid = picture(answers(kind), width, height, look)
    rows = list(grid.rows())
    assert len(rows) == height
    assert {sum(cell_width(text) for text, _ in row) for row in rows} <= {width}
    if look.ascii:
        assert all(text.isascii() for row in rows for text, _ in row)
    again = picture(answers(kind), width, height, look)
    assert rows == list(again.rows())


@given(st.integers(0, 80), st.integers(0, 30), st.integers(0, 40), st.sampled_from(LOOKS), st.integers(0, 9999))
@settings(max_examples=40, deadline=None)
def test_any_number_of_classes_and_units(width, height, n, look, most):
    names = [f"class {k}" for k in range(n)]
    shares, points = np.full((6, 5, n), 1 / max(n, 1)), np.full((n, 2), 0.5)
    maps = np.full((n, 4, 4), float(most))
    for grid in (
        confusion(width, height, np.full((n, n), most), names, title="t", look=look),
        boundary(width, height, shares, points, np.arange(n), np.arange(n) > 3, UNIT, names=names, look=look),
        hidden(width, height, [Units("0", maps, np.zeros(n), np.ones(n, bool))], look=look),
        mistakes(width, height, maps, names, look=look),
    ):
        assert [sum(cell_width(text) for text, _ in row) for row in grid.rows()] == [width] * height


@pytest.mark.parametrize("look", LOOKS)
def test_what_pictures_say(look):
    arrow = ">" if look.ascii else "→"
    said = {kind: "\n".join(picture(answers(kind), 60, 30, look).text()) for kind in KINDS}
    found = answers("confusion")
    wrong = int(found.counts.sum() - np.trace(found.counts))
    assert f"held out: {20 - wrong} of 20 right" in said["confusion"]
    assert f"the surest mistakes ({wrong} in 20)" in said["confusion"]
    first = found.mistakes()[0]
    if not look.ascii:
        assert f"{found.names[first.true]}{arrow}{found.names[first.answer]}" in said["confusion"]
    first = answers("words").mistakes()[0]
    assert f": {100 * first.share:.0f} %" in said["words"].split("mistakes")[1].splitlines()[1]
    assert "predicted over true; on the line: right" in said["truth"]
    assert "y: the examples and the curve" in said["curve"]
