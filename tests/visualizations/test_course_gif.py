"""GIF and PNG series of courses: which pictures there are, what they say and show, and their pace."""

from __future__ import annotations

from itertools import pairwise

import pytest

import hostile
import tinygrad_edu as tg
from courses_shown import COURSES, branching, perceptron
from tinygrad_edu.errors import ArgumentError
from tinygrad_edu_viz import Course
from tinygrad_edu_viz.courses.course_player import CoursePlayer
from tinygrad_edu_viz.courses.update import Update
from tinygrad_edu_viz.pictures import gif as pictures

Image = pytest.importorskip("PIL.Image", reason="needs Pillow: pip install --group test")
pytest.importorskip("matplotlib", reason="needs matplotlib's font: pip install --group test")

from tinygrad_edu_viz.pictures.course_frames import CURVE, MOST, CourseFilm  # noqa: E402
from tinygrad_edu_viz.pictures.frames import SIDE  # noqa: E402
from tinygrad_edu_viz.pictures.graph_picture import MARKS  # noqa: E402
from tinygrad_edu_viz.pictures.palette import THEMES  # noqa: E402


def film(course: Course, folded: bool = True, theme: str = "light") -> CourseFilm:
    return CourseFilm(course, "", "LR", "op", 40, 1, theme, folded=folded)


def rgb(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour[1:]))


def test_the_first_pass_goes_backward_and_of_the_others_there_is_one_picture_and_each_update():
    course = perceptron()  # a pass is 7 steps forward and 13 backward; then 3 updates
    assert [len(trace.events) for trace in course.passes] == [20] * 4
    first = [0, *range(7, 24)]
    assert film(course).stops == [*first, 43, 44, 45, 46, 66, 67, 68, 69, 89]
    assert film(perceptron(updates=1)).stops == [*range(44)]  # two passes: all
    assert film(course, folded=False).stops == [*range(90)]


def test_a_long_course_goes_by_evenly_up_to_its_end():
    course = perceptron("SGD", 90)
    found = film(course).stops
    player = CoursePlayer(course)
    assert found[-1] == player.length and MOST / 2 < len(found) - 18 <= MOST
    assert found == sorted({*found})
    seen = []
    for stop in found[18:]:
        player.go(stop)
        seen.append(player.pass_index)
    assert len({b - a for a, b in pairwise(seen)}) == 1


@pytest.mark.parametrize("kind", ["perceptron", "tensors", "branching"])
def test_an_update_is_in_its_picture(kind):
    course = COURSES[kind]()
    drawn, player = film(course, folded=False), CoursePlayer(course)
    for position in drawn.stops:
        player.go(position)
        said = "".join(line for line, _ in drawn.captions[position]).replace(" ", "")
        event = player.event
        if not isinstance(event, Update):
            assert event is None or event.text.replace(" ", "") in said
            continue
        for line in event.lines:
            assert f"{line.name}←{line.rule}={line.figures}={line.result}".replace(" ", "") in said
        assert event.text.replace(" ", "") in said
        graph = drawn.graph_at(position)
        assert graph.active == event.node and graph.kind == "update" and not graph.used
        assert graph.updated == {update.node: update.after for update in player.updates}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_updated_box_and_the_point_of_the_pass_are_marked(theme):
    course = perceptron()
    drawn = film(course, theme=theme)
    left, top = drawn.width - SIDE - CURVE, drawn.caption
    for position, index in ((21, 0), (43, 1), (45, 1), (89, 3)):
        frame = drawn.frame(position)
        for k, (x, y) in enumerate(drawn.plot.points):
            dot = frame.getpixel((round(left + x), round(top + y)))
            assert (dot == rgb(MARKS[theme]["forward"])) == (k == index)
    box = drawn.scenes[0].boxes["w1"]
    x, y = round(drawn.graph_left + box.corner[0] + box.width / 2), round(drawn.graph_top + box.corner[1])
    marked = [drawn.frame(position).getpixel((x, y)) == rgb(MARKS[theme]["update"]) for position in (20, 21, 22, 43)]
    assert marked == [False, True, False, False]


@pytest.mark.parametrize("kind", ["perceptron", "branching", "lost"])
def test_all_pictures_have_one_size_and_none_is_there_twice(tmp_path, kind):
    course = COURSES[kind]()
    count = pictures.gif(tmp_path / "c.gif", course, kind)
    with Image.open(tmp_path / "c.gif") as file:
        frames = []
        for number in range(file.n_frames):
            file.seek(number)
            frames.append((file.convert("RGB"), file.info["duration"]))
    assert len(frames) == count == len({picture.tobytes() for picture, _ in frames})
    assert len({picture.size for picture, _ in frames}) == 1
    assert all(1200 <= time <= 20_000 for _, time in frames)
    if kind == "perceptron":
        assert frames[0][0].getpixel((60, 100)) == rgb(THEMES["light"].fills["leaf"])
        assert frames[15][1] > frames[18][1] > 5000  # the first update, the second pass


def test_some_steps_at_a_pace_in_a_size(tmp_path):
    shots = pictures.Shots(steps=(42, 48), seconds=0.5, width=500, theme="dark")
    assert pictures.gif(tmp_path / "c.gif", perceptron(), shots=shots) == 7
    with Image.open(tmp_path / "c.gif") as file:
        assert (file.width, file.info["duration"]) == (500, 500)
    with pytest.raises(ArgumentError, match="no step is shown from 90 to 95; there are 89"):
        pictures.gif(tmp_path / "c.gif", perceptron(), shots=pictures.Shots(steps=(90, 95)))


def test_series(tmp_path):
    written = pictures.png_series(tmp_path / "steps", branching(), shots=pictures.Shots(steps=(6, 10)))
    assert [path.name for path in written] == [f"step-{k:02}.png" for k in range(6, 11)]
    sizes = set()
    for path in written:
        with Image.open(path) as picture:
            sizes.add(picture.size)
    assert len(sizes) == 1


@pytest.mark.parametrize("kind", ["script", "lone surrogate"])
def test_names_of_all_kinds(kind, tmp_path):
    w = tg.Value(2.0, name=hostile.NAMES[kind])
    course = Course.record((w * 3.0 - 1.0) ** 2, tg.optim.SGD([w], lr=0.01), 2, title=hostile.NAMES[kind])
    assert pictures.gif(tmp_path / "c.gif", course, hostile.NAMES[kind]) > 5
