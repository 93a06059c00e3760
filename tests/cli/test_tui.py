"""The full screen: every key, the mouse, windows, sizes, and names of all kinds."""

from __future__ import annotations

import json

import numpy as np
import pytest
from textual.screen import Screen
from textual.widgets import Input

import tinygrad_edu as tg
from tinygrad_edu_cli.subject import Subject, open_source
from tinygrad_edu_cli.tui import keys
from tinygrad_edu_cli.tui.graph_pane import GraphPane
from tinygrad_edu_cli.tui.lines import Lines, OneLine
from tinygrad_edu_cli.tui.node_pane import NodePane
from tinygrad_edu_cli.tui.step_screen import Stepping
from tinygrad_edu_viz import Trace
from tinygrad_edu_viz.cells import cell_width
from tinygrad_edu_viz.player import Player
from tinygrad_edu_viz.readable import number
from tinygrad_edu_words import LANGUAGES, speaking

from .full_screen import full_screen, in_loop


@in_loop
async def test_the_first_screen():
    async with full_screen(open_source(None, [])) as screen:
        await screen.until(
            *("(sigmoid(w1*x1 + w2*x2 + b) - y)**2", "The perceptron of the first lecture", "Given: w1 = 3", "forward"),
            *("backward", "→ step", "← back", "? help", "q quit", "node", "op", "data", "grad"),
        )
        assert all(cell_width(line) == 100 for line in screen.lines) and len(screen.lines) == 30


@in_loop
async def test_keys_that_move():
    """From where, by which key, to where."""
    async with full_screen() as screen:
        for start, key, position in [
            *[(3, key, 4) for key in ("right", "n", "l", "space")],
            *[(3, key, 2) for key in ("left", "h", "backspace")],
            *[(3, key, 0) for key in ("home", "g")],
            *[(3, key, 15) for key in ("end", "G")],
            *[(0, "left", 0), (15, "right", 15), (3, "f", 6), (12, "f", 6), (3, "c", 15), (3, "C", 0)],
            *[(3, key, 3) for key in ("z", "Z", "x", "b", "tab", "pagedown")],
        ]:
            screen.go(start)
            await screen.press(key)
            assert (start, key, screen.player.position) == (start, key, position)
            await screen.until(f"{position}/15")


@in_loop
async def test_the_chain_rule_of_a_step():
    async with full_screen() as screen:
        await screen.press("f", "right", "right", "right")
        await screen.until("BACKWARD 9/15", "▶ b")
        said = screen.app.screen.query_one("#step-text", Lines)
        assert said.text[0].startswith("∂L/∂b += ∂L/∂n8 · ∂n8/∂b")
        assert "= 0.00246651 · 1" in said.text[1] and "passes the gradient through unchanged" in " ".join(said.text)
        assert len(said.text) <= said.size.height, "some is out of sight"
        row = screen.find("║     b     ║")[1]
        assert screen.lines[row + 1].count("║") == 2 and screen.lines[row + 1].count("◄") == 1
        assert "║◄┛" in screen.text, "the head is where the gradient arrives"


@in_loop
async def test_breakpoints():
    async with full_screen() as screen:
        await screen.press("b")
        await screen.until("choose a node first")
        await screen.press("c", "home")
        screen.player.select("b")
        await screen.press("b")
        await screen.until("breakpoint on b", "●› b", "┏●━")
        await screen.press("c")
        assert screen.player.position == 9
        await screen.press("c")
        assert screen.player.position == 15
        await screen.until("no breakpoint after that step")
        await screen.press("C")
        assert screen.player.position == 9
        await screen.press("C")
        assert screen.player.position == 0
        await screen.until("no breakpoint before that step")
        screen.player.select("b")
        await screen.press("b")
        await screen.until("breakpoint on b taken away")
        assert "●" not in screen.text
        await screen.press("c")
        await screen.until("no breakpoint is set")


@in_loop
async def test_choosing_nodes():
    async with full_screen() as screen:
        chosen = []
        for key in ("tab", "down", "shift+tab", "up"):
            await screen.press(key)
            chosen.append(screen.player.selected)
        assert chosen == ["w1", "x1", "w1", "n9"]
        await screen.until("› n9", "┏━", "┃ sigmoid n9 ┃")


@in_loop
async def test_search():
    async with full_screen() as screen:
        await screen.press("slash")
        await screen.until("Which node?")
        await screen.type("nowhere")
        await screen.until("no node has 'nowhere'")
        screen.app.screen.query_one(Input).value = ""
        await screen.type("mult")
        assert screen.player.selected == "n5"
        await screen.until("found n5, one of 2")
        await screen.press("slash", "escape")
        assert screen.player.selected == "n5" and len(screen.app.screen_stack) == 1


@in_loop
async def test_opening_a_tensor():
    subject = open_source("sum(tanh(W @ x))", ["W=[[1,2],[-3,0.5]]", "x=[0.5,-1]"])
    async with full_screen(subject) as screen:
        await screen.press("enter")
        await screen.until("choose a node first")
        screen.player.select("W")
        await screen.press("enter")
        await screen.until(
            "a tensor of shape (2, 2), float64, on cpu", "1 2", "-3 0.5", "none has reached it yet", "██"
        )
        await screen.press("escape", "end", "enter")
        await screen.until("contributions to its gradient so far", "∂L/∂")
        await screen.press("q")
        assert len(screen.app.screen_stack) == 1


@in_loop
async def test_what_scrolls_in_an_opened_tensor():
    values = [[float(10 * i + j) for j in range(30)] for i in range(30)]
    x = tg.Tensor(values, requires_grad=True, name="x")
    async with full_screen(Subject("a matrix", Trace.record((x * x).sum()))) as screen:
        screen.player.select("x")
        await screen.press("enter")
        await screen.until("shape (30, 30)")
        assert "contributions" not in screen.text
        await screen.press("end")
        await screen.until("contributions to its gradient")


@in_loop
async def test_export(tmp_path):
    async with full_screen() as screen:
        screen.go(9)  # the gradient of b is there, and that of w1 is not
        for name in ("trace.json", "neuron.svg", "neuron.png", "neuron.txt", "page.html"):
            await screen.press("e")
            await screen.until("Write to which file?")
            screen.app.screen.query_one(Input).value = str(tmp_path / name)
            await screen.press("enter")
            await screen.until(f"wrote {tmp_path / name}"[:90])
        assert len(Trace.load(tmp_path / "trace.json").events) == 15
        svg = (tmp_path / "neuron.svg").read_text("utf-8")
        assert svg.count(">grad ") == 4 and "stroke-dasharray" in svg  # the wire of this step
        assert (tmp_path / "neuron.png").read_bytes().startswith(b"\x89PNG")
        drawing = (tmp_path / "neuron.txt").read_text("utf-8")
        assert drawing.count("∂ 0.00247") == 3 and "╔" in drawing and "∂        ·" in drawing
        assert "<html" in (tmp_path / "page.html").read_text("utf-8")


@in_loop
async def test_export_that_fails(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # short names, which the window does not break
    kept = tmp_path / "kept.json"
    kept.write_text("mine")
    async with full_screen() as screen:
        await screen.press("e")
        await screen.type("neuron.doc")
        await screen.until("the name ends in one of .json")
        asked = screen.app.screen.query_one(Input)
        asked.value = "/no/such.svg"  # the folder is told with its whole path
        await screen.press("enter")
        await screen.until("does not exist")
        asked.value = kept.name
        await screen.press("enter")
        await screen.until("exists: Enter again to replace it")
        assert kept.read_text() == "mine"
        await screen.press("enter")
        await screen.until("wrote")
        assert json.loads(kept.read_text())["format"]


@in_loop
async def test_help():
    async with full_screen() as screen:
        await screen.press("question_mark")
        await screen.until("Keys", "the next step", "set a breakpoint", "p   predict")
        await screen.press("question_mark")
        assert len(screen.app.screen_stack) == 1


@pytest.mark.parametrize(
    ("window", "key", "code"),  # in a window q is a letter, or closes it
    [("", "q", 0), ("", "ctrl+c", 130), ("slash", "ctrl+c", 130), ("question_mark", "ctrl+c", 130)],
)
@in_loop
async def test_leaving(window, key, code):
    async with full_screen() as screen:
        await screen.press(*filter(None, [window, key]))
        assert screen.app.return_code == code and not screen.app.is_running


@in_loop
async def test_the_mouse():
    async with full_screen() as screen:
        await screen.press("f")
        column, row = screen.find("× n6")
        await screen.pilot.click(offset=(column, row))
        await screen.pilot.pause(0)
        assert screen.player.selected == "n6" and screen.player.position == 6
        column, row = screen.find("n7    +")
        await screen.pilot.click(offset=(column, row))
        await screen.pilot.pause(0)
        assert screen.player.selected == "n7"
        await screen.pilot.click(offset=(99, 28))
        await screen.pilot.pause(0)
        assert screen.player.position == 15
        await screen.pilot.click(offset=(0, 28))
        await screen.pilot.pause(0)
        assert screen.player.position == 1


@in_loop
async def test_scrolling_the_text():
    async with full_screen(size=(80, 20)) as screen:
        await screen.press("end")
        said = screen.app.screen.query_one("#step-text", Lines)
        assert said.scroll_offset.y == 0
        await screen.press("pagedown")
        assert said.scroll_offset.y > 0
        await screen.press("pageup")
        assert said.scroll_offset.y == 0


@in_loop
async def test_a_wide_graph_follows_the_active_node():
    subject = open_source("+".join(["x*y"] * 5), ["x=1", "y=2"])
    async with full_screen(subject, (80, 24)) as screen:
        for _ in subject.trace.events:
            await screen.press("right")
            drawn = screen.text
            assert [drawn.count(corner) for corner in "╔╗╚╝"] == [1, 1, 1, 1]


@in_loop
async def test_the_layout_is_made_once(monkeypatch):
    from tinygrad_edu_viz.text import terminal

    calls = []
    lay_out = terminal.lay_out
    monkeypatch.setattr(terminal, "lay_out", lambda *a, **k: (calls.append(a), lay_out(*a, **k))[1])
    async with full_screen() as screen:
        await screen.press(*["right"] * 15, "tab", "b", "home")
        await screen.pilot.resize_terminal(150, 40)
        await screen.until("START 0/15")
    assert len(calls) == 1


@in_loop
async def test_sizes():
    async with full_screen() as screen:
        for width, height in [(80, 20), (200, 60), (10, 5), (100, 30), (3, 2), (1, 1), (40, 12), (20, 50), (100, 30)]:
            await screen.pilot.resize_terminal(width, height)
            for position in (0, 3, 9, 15):
                screen.go(position)
                await screen.pilot.pause(0)
                await screen.until(f"{position}/15" if width >= 80 else "")
                assert len(screen.lines) == height and all(cell_width(line) == width for line in screen.lines)
        await screen.until("15/15", "w1")


@in_loop
async def test_a_window_in_a_small_terminal():
    for key in ("slash", "question_mark", "e"):
        async with full_screen() as screen:
            await screen.press(key)
            await screen.pilot.resize_terminal(10, 5)
            await screen.pilot.pause(0)
            await screen.press("escape")
            assert len(screen.app.screen_stack) == 1


NAMES = [
    "[bold]x[/bold]",
    "[/]",
    "a'\"b",
    "<script>",
    "two\nlines",
    "😀 smile",
    "אבג",
    "x" * 500,
    "漢字",
    "[@click=app.quit]q",
]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
@in_loop
async def test_names_of_all_kinds(name):
    a, b = tg.Value(2.0, name=name), tg.Value(3.0, name=f"{name}2")
    hidden = a * b
    hidden.name = f"h {name}"
    async with full_screen(Subject(f"title {name}", Trace.record(hidden + a), f"note {name}")) as screen:
        for position in range(8):
            screen.go(position)
            await screen.press("b" if position else "tab")
            assert len(screen.lines) == 30 and all(cell_width(line) == 100 for line in screen.lines)
        shown = " ".join(name.split())[:10]
        assert shown in screen.text or name == "אבג"
        await screen.press("enter", "escape", "slash")
        screen.app.screen.query_one(Input).value = "[bold]nothing"
        await screen.press("enter")
        await screen.until("no node has '[bold]nothing'")


@in_loop
async def test_numbers_that_are_none():
    async with full_screen(open_source("log(x - 1)/0", ["x=1"])) as screen:
        await screen.press("end")
        await screen.until("∞")
        screen.player.select("x")
        await screen.press("enter")
        await screen.until("gradient:")


@in_loop
async def test_without_colours(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    async with full_screen() as screen:
        await screen.press("f")
        styles = [s.style for strip in screen.app.screen._compositor.render_strips() for s in strip if s.style]
        assert styles and all(style.color is None or style.color.is_default for style in styles)
        assert all(style.bgcolor is None or style.bgcolor.is_default for style in styles)


@in_loop
async def test_in_ascii(monkeypatch):
    from tinygrad_edu_cli.tui import look

    monkeypatch.setattr(look, "coding", lambda: "ascii")
    async with full_screen(open_source("λ*x + tanh(λ)", ["λ=2", "x=3"]), (80, 20)) as screen:
        for key in ["end", "tab", "b", "question_mark", "escape", "enter", "escape", "slash", "escape", "f", "right"]:
            await screen.press(key)
            assert screen.text.isascii() and all(len(line) == 80 for line in screen.lines)
        await screen.until("dL/d", "#=")
    async with full_screen() as screen:  # our own signs have others in their places
        screen.player.add_breakpoint("b")
        screen.go(9)
        await screen.until("@> b", "<- back", "d 0.00247 #")
        assert "\\" not in screen.text and screen.text.count("?") == 1


GERMAN_KEYS = {"Leertaste": "Space", "Rücktaste": "Backspace", "Pos1": "Home", "Ende": "End"}


@pytest.mark.parametrize("page", [keys.HELP, keys.HELP_OF_COURSE], ids=["pass", "course"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_help_tells_every_key(language, page):
    """Also those of the footer, and in lines that the smallest screen shows whole."""
    with speaking(language):
        lines = keys.help_lines(page=page)
    told = {GERMAN_KEYS.get(word, word) for line in lines for word in line[:18].split()}
    names = {"right": "→", "left": "←", "down": "↓", "up": "↑", "space": "Space", "slash": "/", "question_mark": "?"}
    names |= {"pagedown": "PgDn", "pageup": "PgUp", "escape": "(Esc:", "shift+tab": "Tab"}
    told.add("(Esc:" if "(Esc:" in "".join(lines) else "")
    bound = {key for binding in keys.BINDINGS for key in binding.key.split(",")}
    assert {names.get(key, key if len(key) == 1 else key.capitalize()) for key in bound} <= told
    assert {key for key, _ in keys.FOOTER} <= told
    assert max(map(cell_width, lines)) <= 64


@in_loop
async def test_the_footer_leaves_out_what_has_no_room():
    async with full_screen() as screen:
        for width in (8, 20, 60, 79, 99, 130):
            await screen.pilot.resize_terminal(width, 25)
            await screen.pilot.pause(0)
            footer = screen.app.screen.query_one("#footer", OneLine).text
            assert "q quit" in footer and cell_width(footer) <= max(width, 8)


@in_loop
async def test_a_box_is_found_where_it_is_drawn():
    async with full_screen() as screen:
        pane = screen.app.screen.query_one(GraphPane)
        drawn = "\n".join(pane.text)
        assert all(node in drawn for node in ("w1", "× n5", "sigmoid n9"))


@pytest.fixture
def network() -> Subject:
    """Two layers that know their names."""
    net = tg.nn.mlp([2, 3, 2], activation="tanh", rng=0)
    x = tg.Tensor([[1.0, -1.0], [0.5, 2.0]], name="x")
    return Subject("a network", Trace.record(tg.losses.cross_entropy(net(x), [0, 1])))


@in_loop
async def test_levels(network):
    async with full_screen(network) as screen:
        assert screen.player.view.level == "layer"
        await screen.press("z")
        assert screen.player.view.level == "op"
        await screen.press("f", "right")
        place = screen.player.position
        await screen.press("Z")
        await screen.until("level: layer", "0 Dense(2, 3, tanh)", "parameters")
        assert screen.player.position == place
        await screen.press("Z")
        await screen.until("there is no coarser level")
        await screen.press("right")
        said = " ".join(" ".join(screen.app.screen.query_one("#step-text", Lines).text).split())
        assert len(screen.player.happened) > 1
        assert all(" ".join(event.formula.split()) in said for event in screen.player.happened)
        place = screen.player.position
        await screen.press("z")
        await screen.until("level: op")
        assert screen.player.position == place and "parameters" not in screen.text


@in_loop
async def test_an_operation_taken_apart():
    subject = open_source("sum(tanh(W @ x))", ["W=[[1,2],[3,4]]", "x=[1,-1]"])
    async with full_screen(subject) as screen:
        await screen.press("z")
        await screen.until("choose a node to take it apart")
        await screen.press("right", "z")
        await screen.until("n2 taken apart, number by number", "W[0,0]", "sum(tanh(W @ x)) / n2")
        inside = screen.app.screen
        await screen.press("end")
        assert inside.player.gradient("W[1,0]") == pytest.approx(subject.trace.nodes["W"].gradient[1][0], rel=1e-12)
        await screen.press("z")
        await screen.until("there is no finer level")
        await screen.press("escape")
        assert screen.app.screen is screen.app.stepping and screen.player.position == 1
        await screen.press("z", "Z", "escape")
        assert screen.app.screen is screen.app.stepping and screen.app.is_running
        screen.player.select("W")
        await screen.press("z")
        await screen.until("nothing inside")


@in_loop
async def test_leaving_for_who_opened_it():
    """From how many levels of the stepper, by which keys; q leaves all of them, Esc one."""
    subject = open_source("sum(tanh(W @ x))", ["W=[[1,2],[3,4]]", "x=[1,-1]"])
    async with full_screen(subject) as screen:
        opener: Screen[None] = Screen()
        await screen.app.push_screen(opener)
        assert "q                  back to the run" in keys.help_lines("the run")
        ways = {"q": 0, "escape": 0, "Z": 1, "z q": 0, "z escape": 1, "z Z": 1, "z escape escape": 0}
        for typed, levels in ways.items():
            await screen.app.push_screen(Stepping(subject, Player(subject.trace), "the run"))
            await screen.until("q to the run")
            await screen.press("right", *typed.split())
            above = len(screen.app.screen_stack) - 1 - screen.app.screen_stack.index(opener)
            assert (typed, above) == (typed, levels) and screen.app.is_running
            await screen.press(*["escape"] * levels)
            assert screen.app.screen is opener


@in_loop
async def test_q_ends_the_program_from_every_level():
    subject = open_source("sum(tanh(W @ x))", ["W=[[1,2],[3,4]]", "x=[1,-1]"])
    async with full_screen(subject) as screen:
        await screen.press("right", "z")
        await screen.until("n2 taken apart")
        await screen.press("q")
        assert not screen.app.is_running or screen.app._exit


@in_loop
async def test_an_element_of_a_large_operation_taken_apart():
    """What the trace does not hold, the graph itself does; and a message too long for its line is told whole."""
    x = tg.Tensor(np.random.default_rng(0).normal(size=(40, 30)), name="x", requires_grad=True)
    W = tg.Tensor(np.random.default_rng(1).normal(size=(30, 5)), name="W", requires_grad=True)
    loss = (x @ W).sum()
    subject = Subject("large", Trace.record(loss), "", loss)
    async with full_screen(subject) as screen:
        await screen.press("right", "z")
        await screen.until("more than 5,000 numbers", "Which element of n2, shape (40, 5)?")
        await screen.type("7, 9")
        await screen.until("no element [7, 9]")
        screen.app.screen.query_one(Input).value = "7, 2"
        await screen.press("enter")
        await screen.until("large / n2[7, 2]", "x[7,0]", "80 more nodes")
        await screen.press("end", "escape")
        await screen.until("FORWARD 1/")
        stored = Subject("stored", subject.trace)
        screen.app.push_screen(Stepping(stored, Player(stored.trace)))
        await screen.until("stored")
        await screen.press("right", "z")
        await screen.until("shape (40, 30), only their mean and range")


@in_loop
async def test_no_number_is_cut_without_a_sign():
    """A lost digit would be another number, most of all one of an exponent."""
    subject = open_source("exp(-a)*b*c*1e-7", ["a=12.3456", "b=-1.23456", "c=3.3333"])
    async with full_screen(subject, (80, 20)) as screen:
        for width in (80, 85, 90, 97, 100):
            await screen.pilot.resize_terminal(width, 20)
            screen.go(len(subject.trace.events))
            await screen.pilot.pause()
            pane = screen.app.screen.query_one(NodePane)
            assert pane.show_vertical_scrollbar
            left, top, right, bottom = pane.scrollable_content_region.corners
            head, *rows = [line[left:right] for line in screen.lines[top:bottom]]
            gradients = [node.gradient for node in subject.trace.nodes.values() if node.gradient]
            whole = {number(gradient, digits) for gradient in gradients for digits in (6, 4, 3)}
            told = [row[head.index("grad") :].strip() for row in rows]
            assert all(text in whole or text.endswith("…") or not text for text in told), told
            assert any(told)
