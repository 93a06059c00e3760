"""Courses on the full screen: keys, the bar, the curve, the page of an update, predict mode, sizes."""

from __future__ import annotations

import json

import pytest

from tinygrad_edu_cli.subject import Subject, open_source
from tinygrad_edu_cli.tui.course_bar import CourseBar, bar
from tinygrad_edu_cli.tui.graph_pane import GraphPane
from tinygrad_edu_cli.tui.lines import Lines, OneLine
from tinygrad_edu_cli.tui.node_pane import NodePane
from tinygrad_edu_cli.updating import Learning, course_of
from tinygrad_edu_viz import Course
from tinygrad_edu_viz.cells import cell_width
from tinygrad_edu_viz.courses.course_player import CoursePlayer

from .full_screen import full_screen, in_loop


def neuron(updates: int = 3, optimizer: str = "adam") -> Subject:
    """14 steps a pass, and 2 updates."""
    found = open_source("(sigmoid(w*x + b) - y)**2", ["w=3", "x=-1", "b=1", "y=1"])
    return course_of(found, Learning(updates, optimizer))


def matrix() -> Subject:
    found = open_source("sum((W@x - y)**2)", ["W=[[1,2],[3,4]]", "x=[1,-1]", "y=[2,0]"])
    return course_of(found, Learning(2, "sgd", 0.05, settings={"momentum": 0.9}))


@in_loop
async def test_keys_that_move():
    """From where, by which key, to where: passes begin after 0, 16, 32 and 48."""
    async with full_screen(neuron()) as screen:
        for start, key, position in [
            *[(13, "right", 14), (14, "right", 15), (15, "l", 16), (16, "space", 17), (17, "left", 16), (16, "h", 15)],
            *[(0, "n", 17), (5, "n", 17), (16, "n", 17), (17, "n", 33), (50, "n", 50), (40, "N", 17), (20, "N", 1)],
            *[(3, "u", 15), (15, "u", 31), (16, "u", 31), (31, "u", 47), (47, "u", 47), (50, "u", 50)],
            *[(20, "f", 22), (31, "f", 22), (20, "home", 0), (20, "end", 62), (62, "right", 62), (0, "left", 0)],
        ]:
            screen.go(start)
            await screen.press(key)
            assert (start, key, screen.player.position) == (start, key, position)


@in_loop
async def test_an_update():
    async with full_screen(neuron()) as screen:
        await screen.press("n", "u")
        await screen.until(
            *("PASS 2/4 UPDATE 1/2", "update 2 of w", "m ← m + (1 - β₁) · (g - m)", "= 0.0375384", "→ 2.8"),
            *("w goes from 2.9 to 2.79987, a step of -0.100132;", "loss after each update", "●"),
            *("pass 2: 0.7364", "u update", "n pass"),
        )
        assert "nodes" not in screen.text and "║ w ║" in " ".join(screen.text.split())
        await screen.press("right")
        await screen.until("UPDATE 2/2", "update 2 of b", "→ 1.2")
        await screen.press("right")
        await screen.until("PASS 3/4 FORWARD 1/14", "pass 3: loss 0.692193, was 0.73642", "nodes", "= 2.8")
        assert "→ 2.8" not in " ".join(screen.text.split())
        assert any("2.79987" in row for row in screen.app.screen.query_one(NodePane).text)
        await screen.press("left")
        await screen.until("UPDATE 2/2", "→ 1.2")


@in_loop
async def test_no_box_moves_from_pass_to_pass():
    """Though the numbers become longer."""
    found = course_of(open_source("w**4", ["w=3"]), Learning(4, "sgd", 1.0))
    async with full_screen(found) as screen:
        boxes = []
        for _ in found.course.passes:
            picture = screen.app.screen.query_one(GraphPane).picture
            boxes.append({name: box[1:] for name, box in picture.layout.boxes.items()})
            for placed in picture.at(screen.player.player.length).boxes.values():
                assert all(cell_width(line) <= placed.width - 4 for line in placed.box.lines)
            await screen.press("n")
        assert boxes == boxes[:1] * len(boxes) and "e+" in screen.text


@in_loop
async def test_one_number_goes_down_a_valley():
    found = course_of(open_source("(w*x - y)**2", ["w=3", "x=1", "y=1"]), Learning(4, "sgd", 0.2, "w"))
    async with full_screen(found) as screen:
        await screen.press("u", "u", "u")
        await screen.until("loss along w", "S start  A where we are", "pass 3:")
        pane = screen.app.screen.query_one("#curve", Lines)
        rows = {letter: next(k for k, line in enumerate(pane.text[1:-1]) if letter in line) for letter in "SaA"}
        columns = {letter: pane.text[row + 1].index(letter) for letter, row in rows.items()}
        assert rows["S"] < rows["a"] < rows["A"] and columns["A"] < columns["a"] < columns["S"]


@in_loop
async def test_there_and_back_shows_the_same():
    async with full_screen(neuron(1, "sgd")) as screen:  # where nothing scrolls
        seen = []
        for position in range(screen.player.length):
            await screen.until(f"{where(screen.player)} ")
            seen.append(screen.text.split("→ step")[0])
            assert screen.player.position == position
            await screen.press("right")
        for text in reversed(seen):
            await screen.press("left")
            await screen.until(text)


def where(player: CoursePlayer) -> str:
    """The corner of the screen."""
    inner, row = player.player, player.course.updates[player.pass_index]
    if player.updates:
        return f"UPDATE {len(player.updates)}/{len(row)}"
    return f"{inner.event.kind.upper() if inner.event else 'START'} {inner.position}/{inner.length}"


@in_loop
async def test_messages_at_the_ends():
    async with full_screen(neuron()) as screen:
        await screen.press("N")
        await screen.until("this is the first pass")
        await screen.press("end", "n")
        await screen.until("this is the last pass")
        await screen.press("u")
        await screen.until("there is no update after this")
        await screen.press("right")
        await screen.until("that was the last step of the last pass")


@in_loop
async def test_the_start_says_what_is_learned_and_the_end_why_it_ends():
    found = course_of(open_source("w**4", ["w=3"]), Learning(20, "sgd", 10.0))
    async with full_screen(found) as screen:
        await screen.until("Learned: w; by SGD, η (lr) = 10", "PASS 1/5 START 0/3")
        await screen.press("end")
        await screen.until("The loss is ∞ after 4 of 20")
        said = " ".join(screen.app.screen.query_one("#step-text", Lines).text)
        assert said.startswith("The loss is ∞ after 4 of 20 updates: the steps were too large")


@in_loop
async def test_u_in_a_single_pass_says_how_to_go_on():
    async with full_screen() as screen:
        await screen.press("u")
        await screen.until("--updates 3 goes on")
        await screen.press("n", "n", "N")
        assert screen.player.position == 1


@in_loop
async def test_breakpoints_and_selection_go_from_pass_to_pass():
    async with full_screen(neuron()) as screen:
        await screen.press("u", "b")
        await screen.until("breakpoint on w")
        met = []
        await screen.press("home")
        for _ in range(4):
            await screen.press("c")
            met.append((screen.player.pass_index, screen.player.event.kind))
        assert met == [(0, "backward"), (0, "update"), (1, "backward"), (1, "update")]
        await screen.press("home", "slash")
        await screen.type("b")
        await screen.press("n")
        assert screen.player.pass_index == 1 and screen.player.player.selected == "b"


@in_loop
async def test_enter_opens_all_numbers_of_an_update():
    async with full_screen(matrix(), (100, 50)) as screen:
        await screen.press("n", "u", "enter")
        await screen.until("update 2 of W", "before: [[1.3, 1.7], [3.1, 3.9]]", "v (velocity), after", "after:")
        await screen.press("escape", "home", "tab", "enter")
        await screen.until("contributions to its gradient so far")


@in_loop
async def test_the_bar():
    async with full_screen(neuron(), (100, 30)) as screen:
        await screen.press("n", "u")
        await screen.until("pass 1 ▓fwd▓▓▓bwd▓▓│▓▓▓│ pass 2 ▓fwd▓▓▓bwd▓▓│▓▓d│ pass 3 ░fwd░")
        line = screen.app.screen.query_one(CourseBar)
        found = bar(screen.player, 100)
        assert len(found) <= 100 and {cell.position for cell in found} <= set(range(screen.player.length + 1))
        column = next(k for k, cell in enumerate(found) if cell.position == 35)
        await screen.pilot.click(line, offset=(column, 0))
        assert screen.player.position == 35


@pytest.mark.parametrize("updates", [1, 3, 12, 60])
@pytest.mark.parametrize("width", [30, 100])
def test_a_bar_of_any_number_of_passes(updates, width):
    player = CoursePlayer(course_found(updates))
    for position in (0, 1, player.length // 2, player.length):
        player.go(position)
        cells = bar(player, width)
        assert len(cells) <= width and all(len(cell.text) == 1 for cell in cells)
        assert any(cell.text.isdigit() for cell in cells)
        here = str(player.pass_index + 1)
        assert here in "".join(cell.text for cell in cells)


_COURSES: dict[int, Course] = {}


def course_found(updates: int) -> Course:
    if updates not in _COURSES:
        found = neuron(updates, "sgd").course
        assert found is not None
        _COURSES[updates] = found
    return _COURSES[updates]


@in_loop
async def test_predict_asks_for_gradients_and_for_new_weights():
    async with full_screen(neuron(1, "sgd")) as screen:
        screen.go(13)
        await screen.press("p")
        await screen.until("What is ∂L/∂x after this step?")
        await screen.type("")
        await screen.until("Skipped")
        await screen.type("")
        await screen.until("What is w after update 1?", "w = 3, its gradient g = 0.184956")
        await screen.type("?")
        await screen.until("Hint: w ← w - η · g")
        await screen.type("3")
        await screen.until("3 is where w was", "Try once more")
        await screen.type("2.98")
        await screen.until("Right: w = 2.9815.", "UPDATE 1/2", "w ← w - η · g = 3 - 0.1 · 0.184956 = 2.9815")
        await screen.type("")
        await screen.until("What is b after update 1?")
        await screen.press("escape")
        await screen.until("0 of 2 right, 1 at the second try")


@in_loop
async def test_levels_and_numbers_of_a_pass():
    async with full_screen(matrix()) as screen:
        await screen.press("n", "slash")
        await screen.type("@")
        await screen.press("z")
        await screen.until("number by number", "Z goes back")
        await screen.press("Z")
        await screen.until("PASS 2/3")


@in_loop
async def test_export(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    async with full_screen(neuron()) as screen:
        await screen.press("n", "u", "e")
        await screen.type("c.json")
        await screen.until("wrote")
        assert Course.load(tmp_path / "c.json") == course_of_app(screen)
        await screen.press("e")
        await screen.type("c.txt")
        await screen.until("(step 14 of 14)")
        assert json.loads((tmp_path / "c.json").read_text())["version"] == 3


def course_of_app(screen) -> Course:
    return screen.player.course


@in_loop
async def test_help():
    async with full_screen(neuron(), (100, 50)) as screen:
        await screen.press("question_mark")
        await screen.until("to the next pass, to the pass before", "to the update of this pass")


@in_loop
async def test_sizes():
    async with full_screen(neuron(), (120, 40)) as screen:
        await screen.press("u")
        for size in ((80, 20), (39, 13), (10, 3), (100, 30)):
            await screen.pilot.resize_terminal(*size)
            await screen.pilot.pause(0)
            await screen.press("right", "left")
            assert all(cell_width(line) == size[0] for line in screen.lines)
        await screen.until("update 1 of w")
        said = screen.app.screen.query_one("#step-text", Lines)
        assert said.text[0] == "update 1 of w"
        assert screen.app.screen.query_one("#title", OneLine).text.rstrip().endswith("PASS 1/4 UPDATE 1/2")


@in_loop
async def test_ascii(monkeypatch):
    monkeypatch.setattr("tinygrad_edu_cli.tui.look.coding", lambda: "ascii")
    async with full_screen(neuron()) as screen:
        await screen.press("u")
        await screen.until("m <- m + (1 - beta1) * (g - m)", "| pass 2 .fwd", "> 2.9")
        assert "\n".join(screen.lines).isascii()
