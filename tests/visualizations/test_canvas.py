"""The grid of cells, and the curves and surfaces on it, against cells that were found by hand or by NumPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinygrad_edu_viz.canvas import inks
from tinygrad_edu_viz.canvas.axes import Scale, compact, covering
from tinygrad_edu_viz.canvas.chart import LEFT, Curve, Mark, axis_end, chart
from tinygrad_edu_viz.canvas.grid import ASCII, BOLD, COLOUR, MONO, Grid, Style
from tinygrad_edu_viz.canvas.inks import BANDS, BLUE, ORANGE, WHITE, mix
from tinygrad_edu_viz.canvas.surface import ASCII_SHADES, SHADES, Trail, bands_of, surface
from tinygrad_edu_viz.cells import cell_width

LOOKS = [COLOUR, MONO, ASCII]
SIZES = {"width": st.integers(0, 200), "height": st.integers(0, 60), "look": st.sampled_from(LOOKS)}


def check(grid, width, height):
    """Every row takes exactly the cells of the box, whatever is drawn."""
    rows = list(grid.rows())
    assert len(rows) == height
    assert {sum(cell_width(text) for text, _ in row) for row in rows} <= {width}
    if grid.look.ascii:
        assert all(text.isascii() for row in rows for text, _ in row)
    if not grid.look.colour:
        assert all(style[:2] == (-1, -1) for row in rows for _, style in row)


# --- the grid ---


@pytest.mark.parametrize(
    "texts, row",
    [
        ([(0, "abc"), (1, "x")], "axc"),
        ([(-1, "abc")], "bc"),
        ([(4, "abc")], "    ab"),
        ([(0, "漢字")], "漢字"),
        ([(-1, "漢字")], " 字"),
        ([(5, "漢")], ""),
        ([(0, "漢字"), (1, "x")], " x字"),
        ([(0, "漢字"), (2, "x")], "漢x"),
        ([(0, "漢字"), (3, "x")], "漢 x"),
        ([(0, "e\u0308\u0304a")], "ë\u0304a"),
        ([(0, "a\x1b[2J\nb")], "a?[2J "),
        ([(0, "")], ""),
    ],
)
def test_texts_keep_to_their_cells(texts, row):
    grid = Grid(6, 1)
    for x, text in texts:
        grid.put(x, 0, text)
    assert grid.text() == [row.rstrip()]
    check(grid, 6, 1)


def test_ascii_has_one_character_a_cell():
    grid = Grid(8, 1, ASCII)
    assert grid.put(0, 0, "→漢▲…~é") == 7
    assert grid.text() == [">??^.~?"]


def test_rows_join_neighbours_of_one_style():
    grid = Grid(5, 1)
    grid.put(1, 0, "ab", Style(BLUE))
    grid.put(3, 0, "c", Style(BLUE, bold=True))
    expected = [(" ", Style()), ("ab", Style(BLUE)), ("c", Style(BLUE, bold=True)), (" ", Style())]
    assert list(grid.rows()) == [expected]
    grid.look = MONO
    assert list(grid.rows()) == [[(" ab", Style()), ("c", BOLD), (" ", Style())]]


@given(st.integers(0, 9), st.integers(-9, 9), st.integers(0, 5), st.integers(-5, 5), st.text("a漢\u0308·", max_size=9))
def test_pasting_is_cutting_the_text(width, x, height, y, text):
    """A grid that is pasted shows what writing its text there would."""
    sheet, written, pasted = Grid(width, height), Grid(7, 3), Grid(7, 3)
    for grid in (written, pasted):
        grid.put(0, 1, "漢漢漢")
    for row in range(height):
        sheet.put(0, row, text)
        whole = Grid(width, 1)
        whole.put(0, 0, text)
        shown = "".join(whole.chars[0])
        written.put(x, y + row, shown) if width else None
    pasted.paste(sheet, x, y)
    assert pasted.text() == written.text()
    check(pasted, 7, 3)


def test_colours_between_two():
    assert mix(0x000000, 0x1020F0, np.array([0.0, 0.5, 1.0])).tolist() == [0, 0x081078, 0x1020F0]


def contrast(first, second):
    """WCAG 2.2's contrast ratio of two colours."""

    def luminance(colour):
        parts = [(colour >> shift & 255) / 255 for shift in (16, 8, 0)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def test_letters_can_be_read():
    """On any field that they may stand on the contrast is that of WCAG's level AA."""
    fields = [*inks.FIELDS, inks.MIDDLE]
    assert min(contrast(letter, field) for letter in [*inks.LETTERS, WHITE] for field in fields) >= 4.5
    texts = [BLUE, ORANGE, inks.GREEN, inks.PINK, inks.GREY, *inks.TRAILS]
    assert min(contrast(text, inks.BLACK) for text in texts) >= 4.5


# --- axes ---


@pytest.mark.parametrize(
    "value, text",
    [
        *[(0.0, "0"), (0.0805, "0.081"), (0.741, "0.741"), (12.345, "12.35"), (123456.0, "1.2e5"), (1e-4, "1e-4")],
        *[(-0.5, "-0.5"), (1e300, "1e300"), (math.nan, "nan"), (math.inf, "∞"), (-math.inf, "-∞"), (9999.0, "9999")],
    ],
)
def test_compact_numbers(value, text):
    assert compact(value) == text


@pytest.mark.parametrize(
    "scale, room, ticks",
    [
        (Scale(0.07, 1.6, True), 6, [0.1, 0.2, 0.5, 1.0]),
        (Scale(1e-7, 1.0, True), 5, [1e-6, 1e-4, 1e-2, 1.0]),
        (Scale(0.2, 0.3, True), 6, [0.2, 0.22, 0.24, 0.26, 0.28, 0.3]),
        (Scale(0.0, 1.0), 6, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (Scale(0.0, 1.0), 3, [0.0, 0.5, 1.0]),
        (Scale(-1.0, 1.0), 5, [-1.0, -0.5, 0.0, 0.5, 1.0]),
        (Scale(3.0, 8.0), 2, [5.0, 7.5]),
    ],
)
def test_ticks_are_round(scale, room, ticks):
    assert scale.ticks(room) == pytest.approx(ticks)


FLOATS = st.floats(allow_nan=True, allow_infinity=True)


@given(st.lists(FLOATS, max_size=6), st.booleans(), st.integers(0, 40))
def test_any_numbers_have_a_scale(values, log, room):
    scale = covering(np.array(values), log)
    assert scale.low < scale.high
    assert math.isfinite(scale.high - scale.low)
    places = scale.place(np.array(values, float))
    assert np.array_equal(np.isnan(places), ~np.isfinite(values))
    assert ((places >= 0) & (places <= 1) | np.isnan(places)).all()
    ticks = scale.ticks(room)
    assert len(ticks) <= room
    assert all(scale.low <= tick <= scale.high for tick in ticks)


# --- curves ---

PLOT = dict(limits=(0.0, 1.0), look=COLOUR)


def dots(grid, rows, columns):
    """The dots of a chart's plot, read from its braille characters by Unicode's numbering."""
    found = np.zeros((4 * rows, 2 * columns), bool)
    for row in range(rows):
        for column in range(columns):
            char = grid.chars[1 + row, LEFT + column]
            bits = ord(char) - 0x2800 if char != " " else 0
            for k, (down, right) in enumerate([(0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1), (3, 0), (3, 1)]):
                found[4 * row + down, 2 * column + right] = bits >> k & 1
    return found


def plotted(values, columns=8, rows=4, **options):
    end = options.get("end", len(values))
    width = LEFT + columns + len(str(max(end, 2)))
    kind = options.pop("kind", "solid")
    return dots(chart(width, rows + 2, [Curve("loss", values, BLUE, kind)], **{**PLOT, **options}), rows, columns)


def test_a_straight_line():
    """16 columns of dots and 16 rows: the k-th of 16 epochs has the k-th column, and its value the row."""
    assert np.array_equal(plotted(list(np.linspace(1, 0, 16))), np.eye(16, dtype=bool))
    assert np.array_equal(plotted([1.0, 0.0]), np.eye(16, dtype=bool))  # the way between two epochs is straight
    assert np.array_equal(plotted(list(np.linspace(0, 1, 16))), np.eye(16, dtype=bool)[::-1])


def test_a_jump_belongs_half_to_each_side():
    expected = np.zeros((16, 16), bool)
    expected[0, :8], expected[15, 8:], expected[:8, 7], expected[8:, 8] = True, True, True, True
    assert np.array_equal(plotted([1.0] * 8 + [0.0] * 8), expected)
    assert np.array_equal(plotted([0.0] * 8 + [1.0] * 8), expected[::-1])


def test_the_characters_of_a_line():
    grid = chart(LEFT + 8 + 2, 4, [Curve("loss", np.linspace(1, 0, 16), BLUE)], title="t", **PLOT)
    assert grid.text() == ["t  ⠒⠒⠒ loss", "    1│⠉⠒⠤⣀", "    0│    ⠉⠒⠤⣀", "     └1───────16"]


@given(st.lists(st.floats(0, 1), min_size=40, max_size=300))
def test_a_column_shows_the_lowest_to_the_highest_of_its_epochs(values):
    found = plotted(values)
    columns = np.floor(np.arange(len(values)) / (len(values) - 1) * 15 + 0.5)
    rows = np.floor((1 - np.array(values)) * 15 + 0.5).astype(int)
    for column in range(16):
        own = rows[columns == column]
        assert found[own.min() : own.max() + 1, column].all()
        near = rows[(columns >= column - 1) & (columns <= column + 1)]  # beyond its own, half the way to the next
        set_rows = np.flatnonzero(found[:, column])
        assert near.min() <= set_rows.min()
        assert set_rows.max() <= near.max()


@given(st.lists(st.floats(0, 1), min_size=40, max_size=200), st.sampled_from(["dotted", "pale"]))
def test_dotted_curves_keep_every_peak(values, kind):
    solid, dotted = plotted(values), plotted(values, kind=kind)
    assert not (dotted & ~solid).any()
    for column in np.flatnonzero(solid.sum(axis=0) > 1):
        ends = np.flatnonzero(solid[:, column])[[0, -1]]
        assert dotted[ends, column].all()


def test_what_is_no_number_leaves_a_gap_and_a_mark():
    values = [1.0, 0.8, math.nan, 0.4, 0.2, math.inf, 0.1, 0.0]
    grid = chart(LEFT + 8 + 1, 6, [Curve("loss", values, BLUE)], **PLOT)
    at = [int(k / 7 * 15 + 0.5) // 2 for k in range(8)]
    assert at == list(range(8))
    assert grid.text()[-1] == "     └1─×──×──8"
    assert (dots(grid, 4, 8).sum(axis=0) == 0).tolist() == [k in (3, 4, 5, 10, 11, 12) for k in range(16)]


def test_marks_stand_at_their_epochs():
    marks = [Mark(4, "▲", BOLD), Mark(4, "!", BOLD), Mark(7, "η", BOLD)]
    curve = [Curve("loss", [1.0] * 4, BLUE)]
    for look, axis in [(COLOUR, "     └1──▲──η─8"), (ASCII, "     +1--^--n-8")]:
        assert chart(LEFT + 8 + 1, 6, curve, marks=marks, end=8, limits=(0, 1), look=look).text()[-1] == axis


def test_where_curves_meet_it_is_white_and_over_the_band():
    train = Curve("train", [1.0, 1.0], BLUE)
    other = Curve("validation", [1.0, 0.0], ORANGE, "dotted")
    grid = chart(LEFT + 8 + 1, 6, [train, other], band=[(0.0, 1.0)] * 2, limits=(0, 1))
    assert grid.ink[1, LEFT] == WHITE
    assert grid.ink[1, -2] == BLUE
    assert grid.ink[4, -2] == ORANGE
    assert grid.chars[1, -2] == "⠉"  # the band gives its cells up
    letters = chart(LEFT + 8 + 1, 6, [train, other], band=[(0.0, 1.0)] * 2, limits=(0, 1), look=ASCII).text()
    assert letters[1:5] == ["    1|@@******", "     |::oo::::", "     |::::oo::", "    0|::::::oo"]


def test_the_band_is_every_second_dot_between_its_ends():
    shown = dots(chart(LEFT + 8 + 1, 6, [], band=[(0.0, 1.0)] * 9, end=9, limits=(0, 1)), 4, 8)
    assert np.array_equal(shown, np.add.outer(np.arange(16), np.arange(16)) % 2 == 0)


def test_where_no_loss_is_a_number_the_scale_is_that_of_the_band():
    """A run that blew up in its first epoch: the losses of its batches tell how."""
    lost = chart(60, 14, [Curve("train", [np.nan], BLUE)], band=[(0.7, 4e9)], log=True)
    numbers = [float(line[:LEFT].strip("│ ")) for line in lost.text()[1:-1] if line[:LEFT].strip("│ ")]
    assert min(numbers) < 100 and max(numbers) > 1e7


def test_the_axis_doubles():
    assert [axis_end(seen, 100) for seen in (0, 20, 21, 40, 41, 81, 100)] == [20, 20, 40, 40, 80, 100, 100]
    assert [axis_end(1, 5), axis_end(7, 0), axis_end(0, 0)] == [5, 7, 1]


@given(**SIZES, values=st.lists(FLOATS, max_size=30), log=st.booleans(), title=st.text(max_size=9))
@settings(max_examples=60)
def test_charts_of_any_size(width, height, look, values, log, title):
    curves = [Curve("train", values, BLUE), Curve("名前", values[::-1], ORANGE, "dotted", start=3)]
    marks = [Mark(0, "!", BOLD), Mark(1000, "▲", BOLD)]
    band = [(low, low) for low in values]
    grid = chart(width, height, curves, title=title, band=band, log=log, marks=marks, look=look)
    check(grid, width, height)
    again = chart(width, height, curves, title=title, band=band, log=log, marks=marks, look=look)
    assert list(grid.rows()) == list(again.rows())


# --- surfaces ---


FACTORS = 2.0 ** np.arange(13)


def test_losses_are_in_bands():
    losses = np.array([[1.0, 4096.0], [2.0, math.inf], [math.nan, 63.9]])
    assert bands_of(losses, FACTORS).tolist() == [[0, 11], [1, 11], [-1, 5]]


def test_a_surface_is_its_bands():
    """Each pixel has the colour of the band of its loss, which is found by counting the edges below it."""
    losses = 2.0 ** np.random.default_rng(0).uniform(0, 12, (10, 8))
    losses.flat[:2] = 1.0, 4096.0
    bands = np.minimum((losses[..., None] >= 2.0 ** np.arange(13)).sum(-1) - 1, 11)
    grid = surface(8, 5, losses, (0, 1, 0, 1), edges=FACTORS)
    assert grid.ink.tolist() == np.array(BANDS)[bands[::2]].tolist()
    assert grid.paper.tolist() == np.array(BANDS)[bands[1::2]].tolist()
    for look, shades in [(MONO, SHADES), (ASCII, ASCII_SHADES)]:
        assert surface(8, 10, losses, (0, 1, 0, 1), edges=FACTORS, look=look).chars.tolist() == shades[bands].tolist()


def test_trails_have_letters():
    trails = [Trail("sgd", np.array([[0, 0], [3, -3]])), Trail("adam", np.array([[0, 0], [4, 0]]))]
    ways = {MONO: ["SbbbB", " a", "  a", "   A"], ASCII: ["SbbbB", " a", "  a", "   A"]}
    for look, rows in ways.items():
        lines = surface(30, 5, np.ones((4, 30)), (-0.5, 29.5, -3.5, 0.5), trails, look=look).text()
        assert lines == [*rows, "S start  A sgd  B adam"]
    seen = surface(30, 5, np.ones((4, 30)), (-0.5, 29.5, -3.5, 0.5), trails)
    assert [seen.chars[k, k] for k in range(4)] == ["S", "·", "·", "A"]
    assert "".join(seen.chars[0, :5]) == "S···B"


def test_every_band_has_its_number():
    losses = np.geomspace(1, 4096, 24).reshape(4, 6)
    for look, shades in [(MONO, SHADES), (ASCII, ASCII_SHADES)]:
        lines = surface(60, 13, losses, (0, 1, 0, 1), title="loss", edges=FACTORS, look=look).text()
        sign = ">" if look.ascii else "≥"
        assert [line[50:] for line in lines[1:]] == [
            f"{shades[k]} {sign} {float(f'{2**k:.3g}'):g}" for k in range(11, -1, -1)
        ]


@given(**SIZES, losses=st.lists(FLOATS, max_size=12), points=st.lists(st.tuples(FLOATS, FLOATS), max_size=4))
@settings(max_examples=60)
def test_surfaces_of_any_size(width, height, look, losses, points):
    plane = np.array(losses).reshape(-1, 1)
    trails = [Trail("漢字", np.array(points).reshape(-1, 2))] * 2
    check(surface(width, height, plane, (0, 1, 0, 1), trails, title="曲面", look=look), width, height)
