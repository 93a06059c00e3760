"""GIF and PNG series: sizes, order, pace, colours, and that what a step is about can be seen in its picture."""

from __future__ import annotations

import pytest

import hostile
import tinygrad_edu as tg
from tinygrad_edu.errors import ArgumentError
from tinygrad_edu_viz import Trace
from tinygrad_edu_viz.pictures import gif as pictures

Image = pytest.importorskip("PIL.Image", reason="needs Pillow: pip install --group test")
pytest.importorskip("matplotlib", reason="needs matplotlib's font: pip install --group test")

from tinygrad_edu_viz.pictures.frames import Film  # noqa: E402
from tinygrad_edu_viz.pictures.graph_picture import MARKS  # noqa: E402

BLUE, ORANGE, WHITE = (
    tuple(bytes.fromhex(colour[1:])) for colour in (MARKS["light"]["forward"], MARKS["light"]["backward"], "#FFFFFF")
)


def perceptron() -> Trace:
    numbers = {"w1": 3.0, "x1": -1.0, "w2": -2.0, "x2": 2.0, "b": 1.0}
    w1, x1, w2, x2, b = (tg.Value(number, name=name) for name, number in numbers.items())
    return Trace.record(tg.sigmoid(w1 * x1 + w2 * x2 + b))


def frames_of(path) -> list:
    """(picture, milliseconds) of a GIF."""
    with Image.open(path) as file:
        found = []
        for number in range(file.n_frames):
            file.seek(number)
            found.append((file.convert("RGB"), file.info["duration"]))
        assert file.info["loop"] == 0  # for ever
        return found


def test_a_picture_for_each_step(tmp_path):
    trace = perceptron()
    assert pictures.gif(tmp_path / "steps.gif", trace, "sigmoid(...)") == 16
    found = frames_of(tmp_path / "steps.gif")
    assert len(found) == len(trace.events) + 1
    assert len({picture.size for picture, _ in found}) == 1
    assert len({picture.tobytes() for picture, _ in found}) == len(found)


def test_the_pace(tmp_path):
    pictures.gif(tmp_path / "steps.gif", perceptron())
    times = [time for _, time in frames_of(tmp_path / "steps.gif")]
    trace = perceptron()
    for time, event in zip(times[1:], trace.events, strict=True):
        letters = len(event.formula) + len(event.text)
        assert time >= 1000 * letters / 25, "a fast reader reads 25 letters a second"
    assert times[-1] > max(times[:-1]) and times[0] > 1000


def test_some_steps_at_a_pace_in_a_size_and_colours(tmp_path):
    shots = pictures.Shots(steps=(6, 12), seconds=0.5, width=500, theme="dark")
    assert pictures.gif(tmp_path / "s.gif", perceptron(), shots=shots) == 7
    found = frames_of(tmp_path / "s.gif")
    assert {time for _, time in found} == {500} and {picture.width for picture, _ in found} == {500}
    assert found[0][0].getpixel((2, 2)) == (18, 18, 18)
    with pytest.raises(ArgumentError, match="no step is shown from 20 to 30"):
        pictures.gif(tmp_path / "s.gif", perceptron(), shots=pictures.Shots(steps=(20, 30)))


def test_letters_that_no_font_has(tmp_path, monkeypatch):
    from tinygrad_edu_viz.pictures import fonts

    trace = Trace.record(tg.Value(2.0, name="重") * tg.Value(3.0, name="é∂"))
    monkeypatch.setattr(fonts, "_find", lambda letter: None if letter == "重" else fonts._DEJAVU[False])
    assert pictures.missing_letters(trace, "重*é") == "重"
    assert pictures.missing_letters(perceptron(), "a*b") == ""


def test_a_font_that_has_them_is_found(monkeypatch):
    """Of two fonts of the machine the one that has the letter; DejaVu Sans stands for one that has another script."""
    from tinygrad_edu_viz.pictures import fonts

    folder = fonts._DEJAVU[False].parent
    letter = next(
        chr(k) for k in sorted(fonts._letters(folder / "DejaVuSans.ttf") - fonts._letters(fonts._DEJAVU[False]))
    )
    monkeypatch.setattr(fonts, "_others", lambda: (folder / "DejaVuSerif-Bold.ttf", folder / "DejaVuSans.ttf"))
    fonts._find.cache_clear()
    parts = [(part, font.path) for part, font in fonts.runs(f"a{letter}b", 12, bold=True)]
    fonts._find.cache_clear()
    assert [part for part, _ in parts] == ["a", letter, "b"]
    assert str(parts[0][1]) == str(fonts._DEJAVU[True]) and "DejaVuSansMono" not in str(parts[1][1])


def test_nothing_but_numbers_and_marks_moves(tmp_path):
    """Frames that came in other sizes, or cells that grew, would move the borders of the boxes."""
    film = Film(perceptron(), "", "LR", "op", 40, 1)
    corners = []
    for position in (1, 9, 15):
        frame = film.frame(position)
        box = film.scene.boxes["w2"]  # no step of these is about it
        x, y = round(film.graph_left + box.corner[0] + box.width / 2), round(film.graph_top + box.corner[1])
        corners.append([frame.getpixel((x, y + dy)) for dy in range(-3, 4)])
    assert corners[0] == corners[1] == corners[2]
    assert min(map(sum, corners[0])) < 450 < max(map(sum, corners[0]))  # there is a border


@pytest.mark.parametrize(("position", "node", "colour"), [(3, "n7", BLUE), (9, "b", ORANGE)])
def test_the_active_box_has_a_heavy_border(position, node, colour):
    film = Film(perceptron(), "", "LR", "op", 40, 1)
    box = film.scene.boxes[node]

    def border(frame) -> list:
        x, y = round(film.graph_left + box.corner[0] + box.width / 2), round(film.graph_top + box.corner[1])
        return [frame.getpixel((x, y + dy)) for dy in (-1, 0)]

    assert all(sum(abs(a - b) for a, b in zip(dot, colour, strict=True)) < 60 for dot in border(film.frame(position)))
    assert border(film.frame(position)) != border(film.frame(position + 1))


def test_main_colours_are_exact(tmp_path):
    pictures.gif(tmp_path / "steps.gif", perceptron())
    for picture, _ in frames_of(tmp_path / "steps.gif"):
        assert picture.getpixel((2, 2)) == WHITE


def test_series(tmp_path):
    folder = tmp_path / "new" / "steps"
    written = pictures.png_series(folder, perceptron(), "sigmoid(...)")
    assert [path.name for path in written] == [f"step-{number:02}.png" for number in range(16)]
    assert sorted(folder.iterdir()) == written
    sizes = set()
    for path in written:
        with Image.open(path) as picture:
            sizes.add(picture.size)
    assert len(sizes) == 1


def test_the_same_trace_gives_the_same_bytes(tmp_path):
    trace = perceptron()
    for name in ("a.gif", "b.gif"):
        pictures.gif(tmp_path / name, trace)
    assert (tmp_path / "a.gif").read_bytes() == (tmp_path / "b.gif").read_bytes()


def test_large_graphs_are_collapsed(tmp_path):
    total = tg.Value(1.0, name="a")
    for _ in range(200):
        total = total + 1.0
    film = Film(Trace.record(total), "", "LR", "op", pictures.LIMIT, 1)
    assert len(film.scene.boxes) == pictures.LIMIT
    assert any("more nodes" in line for line, _ in film.captions[0])
    assert film.frame(film.scene.view.stops[1]).width <= 1600


@pytest.mark.parametrize("kind", hostile.NAMES)
def test_names_of_all_kinds(kind, tmp_path):
    pictures.gif(tmp_path / "steps.gif", hostile.trace(hostile.NAMES[kind]), hostile.NAMES[kind])
    assert frames_of(tmp_path / "steps.gif")


def test_one_node(tmp_path):
    assert pictures.gif(tmp_path / "steps.gif", Trace.record(tg.Value(2.0, name="a"))) == 2


def test_without_pillow(no_pillow, tmp_path):
    with pytest.raises(pictures.MissingPillow, match=r"pip install 'tinygrad-edu\[plots\]'"):
        next(iter(pictures.frames(perceptron())))
    for write in (pictures.gif, pictures.png_series):
        with pytest.raises(pictures.MissingPillow):
            write(tmp_path / "steps", perceptron())
