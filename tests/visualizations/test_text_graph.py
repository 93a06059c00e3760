"""The terminal drawing: what must hold of every layout, checked on random graphs, and a few drawings to look at."""

import itertools
import os
import random
import subprocess
import sys
import time
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tinygrad_edu_viz.cells import cell_width, clean
from tinygrad_edu_viz.text import text_graph
from tinygrad_edu_viz.text.layout import lay_out
from tinygrad_edu_viz.text.text_graph import Box, TextGraph

CALM = settings(derandomize=True, deadline=None, max_examples=60)
DIRECTIONS = st.sampled_from(["LR", "TB"])
PLAIN = st.text("abcxyz019.-", min_size=1, max_size=12)
WILD = st.text(st.sampled_from("ab 1.·é重み👍🏽❤\ufe0f\u200dשלםعر\u0301\u202e\n\t\x1b\x00\ud800｢ﾊ한"), max_size=40)
# Two wires that must each be left of the other, so that one of them makes a detour.
BUTTERFLY = ([Box(key, (key,)) for key in "abpq"], [("a", "p"), ("a", "q"), ("b", "p"), ("b", "q")])
NEURON = (
    [
        Box("w1", ("w1", "-3 · 1")),
        Box("x1", ("x1", "2 · -1.5")),
        Box("w2", ("w2", "1 · 0")),
        Box("x2", ("x2", "0 · 0.5")),
        Box("b", ("b", "6.88 · 0.5")),
        Box("m1", ("×", "-6 · 0.5")),
        Box("m2", ("×", "0 · 0.5")),
        Box("s1", ("+", "-6 · 0.5")),
        Box("s2", ("+", "0.88 · 0.5")),
        Box("L", ("tanh", "0.71 · 1")),
    ],
    [
        *[("w1", "m1"), ("x1", "m1"), ("w2", "m2"), ("x2", "m2")],
        *[("m1", "s1"), ("m2", "s1"), ("s1", "s2"), ("b", "s2"), ("s2", "L")],
    ],
)


@st.composite
def graphs(draw, labels=PLAIN):
    """A random acyclic graph: boxes in any order, each fed by up to four made before it, perhaps twice by one."""
    boxes = [Box(f"n{n}", tuple(draw(st.lists(labels, max_size=3)))) for n in range(draw(st.integers(0, 14)))]
    dice = random.Random(draw(st.integers(0, 9999)))
    edges = [
        (boxes[dice.randrange(n)].key, boxes[n].key) for n in range(1, len(boxes)) for _ in range(dice.randrange(5))
    ]
    return dice.sample(boxes, len(boxes)), edges


def inside(graph: TextGraph, key: str) -> set[tuple[int, int]]:
    """The cells of a box, border included."""
    box = graph.boxes[key]
    return set(itertools.product(range(box.row, box.row + box.height), range(box.column, box.column + box.width)))


def touches(cell: tuple[int, int], cells: set[tuple[int, int]]) -> bool:
    row, column = cell
    return bool({(row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)} & cells)


def cells_of(text: str) -> list[list[str]]:
    """The text as a terminal shows it: one string per cell, an empty one in the second cell of a wide character."""
    lines = []
    for line in text.split("\n"):
        cells: list[str] = []
        for char in line:
            width = cell_width(char)
            if width == 0:
                cells[-1] += char
            else:
                cells += [char, ""][:width]
        lines.append(cells)
    return lines


# ----------------------------------------------------- what every layout keeps


@CALM
@given(graphs(WILD), DIRECTIONS)
@example(BUTTERFLY, "LR")
def test_boxes_stay_apart_and_within_the_drawing(graph, direction):
    drawing = lay_out(*graph, direction=direction)
    seen: set[tuple[int, int]] = set()
    for key in drawing.boxes:
        cells = inside(drawing, key)
        assert not cells & seen
        assert all(0 <= row < drawing.height and 0 <= column < drawing.width for row, column in cells)
        seen |= cells
    assert list(drawing.boxes) == [box.key for box in graph[0]]


@CALM
@given(graphs(), DIRECTIONS)
@example(BUTTERFLY, "LR")
def test_edges_lead_from_box_to_box_and_through_none(graph, direction):
    drawing = lay_out(*graph, direction=direction)
    solid = set().union(*[inside(drawing, key) for key in drawing.boxes])
    assert set(drawing.edges) == set(graph[1])
    for (source, target), cells in drawing.edges.items():
        assert touches(cells[0], inside(drawing, source))
        assert touches(cells[-1], inside(drawing, target))
        assert not solid & set(cells)
        assert all(touches(cell, {after}) for cell, after in itertools.pairwise(cells))
        assert len(set(cells)) == len(cells)
        assert all(0 <= row < drawing.height and 0 <= column < drawing.width for row, column in cells)


@CALM
@given(graphs(), DIRECTIONS)
@example(BUTTERFLY, "LR")
def test_two_wires_share_a_cell_only_where_they_cross(graph, direction):
    drawing = lay_out(*graph, direction=direction)
    ways: dict[tuple[int, int], dict[str, set]] = {}  # cell -> source -> the steps by which its wire enters and leaves
    for (source, _), cells in drawing.edges.items():
        for before, cell, after in zip(cells, cells[1:], cells[2:], strict=False):
            steps = {(cell[0] - before[0], cell[1] - before[1]), (after[0] - cell[0], after[1] - cell[1])}
            ways.setdefault(cell, {}).setdefault(source, set()).update(steps)
        for end in (cells[0], cells[-1]):
            ways.setdefault(end, {}).setdefault(source, set())
    text = cells_of(drawing.render())
    for (row, column), wires in ways.items():
        if len(wires) > 1:
            first, second = wires.values()  # never three
            assert len(first) == len(second) == 1, "a wire bends where another passes"
            assert {abs(step[0]) for step in first | second} == {0, 1}, "two wires run on one line"
            assert text[row][column] == "┼"


@CALM
@given(graphs(), DIRECTIONS)
def test_arrow_heads_belong_to_one_edge(graph, direction):
    drawing = lay_out(*graph, direction=direction)
    heads = [cells[-1] for cells in drawing.edges.values()]
    assert len(set(heads)) == len(heads)
    text = cells_of(drawing.render())
    assert all(text[row][column] == {"LR": "►", "TB": "▼"}[direction] for row, column in heads)


@CALM
@given(st.lists(st.integers(0, 99), max_size=20), DIRECTIONS)
def test_a_tree_is_drawn_without_a_crossing(numbers, direction):
    boxes = [Box(f"n{n}", (f"n{n}",)) for n in range(len(numbers))]
    edges = [(f"n{n}", f"n{number % n}") for n, number in enumerate(numbers) if n]  # each box feeds one made before it
    assert "┼" not in lay_out(boxes, edges, direction).render()


@pytest.mark.parametrize(
    ("edges", "crossings"),
    [
        ("ac ad bc", 0),  # the reading order has two
        ("01 02 05 14 17 23 26 28 34 35 48 67", 4),  # sweeping on would end at six
    ],
)
def test_layers_are_sorted_so_that_few_wires_cross(edges, crossings):
    boxes = [Box(key, (key,)) for key in sorted({*edges} - {" "})]
    assert lay_out(boxes, [(edge[0], edge[1]) for edge in edges.split()]).render().count("┼") <= crossings


@CALM
@given(graphs(WILD), DIRECTIONS, st.booleans())
def test_every_line_has_the_width_of_the_drawing(graph, direction, ascii):
    drawing = lay_out(*graph, direction=direction)
    lines = drawing.render(ascii=ascii).split("\n") if drawing.height else []
    assert len(lines) == drawing.height
    assert {cell_width(line) for line in lines} <= {drawing.width}
    for line in lines:
        line.encode()  # no lone surrogate
        assert not any(unicodedata.category(char) in ("Cc", "Zl", "Zp") for char in line)


@CALM
@given(graphs(WILD), DIRECTIONS)
def test_borders_stand_under_each_other_whatever_the_labels(graph, direction):
    drawing = lay_out(*graph, direction=direction)
    text = cells_of(drawing.render())
    for box in drawing.boxes.values():
        last = box.column + box.width - 1
        assert text[box.row][box.column] + text[box.row][last] == "╭╮"
        assert text[box.row + box.height - 1][box.column] + text[box.row + box.height - 1][last] == "╰╯"
        for row in range(box.row + 1, box.row + box.height - 1):
            assert text[row][box.column] == "│"
            assert text[row][last] in "│├"


@CALM
@given(graphs(), DIRECTIONS, st.booleans())
def test_every_label_is_in_its_box(graph, direction, ascii):
    drawing = lay_out(*graph, direction=direction)
    text = cells_of(drawing.render(ascii=ascii))
    for box in graph[0]:
        placed = drawing.boxes[box.key]
        rows = ["".join(line[placed.column + 1 : placed.column + placed.width - 1]).strip() for line in text]
        shown = [row for row in rows[placed.row + 1 : placed.row + placed.height - 1] if row]
        assert shown == list(box.lines)


@CALM
@given(graphs(st.text(st.characters(max_codepoint=127), max_size=30)), DIRECTIONS)
def test_ascii_stays_ascii(graph, direction):
    drawing = lay_out(*graph, direction=direction)
    key, edges = next(iter(drawing.boxes), None), list(drawing.edges)[:2]
    assert drawing.render(key, edges, ascii=True).isascii()
    assert not drawing.edges or not drawing.render(key, edges).isascii()


@CALM
@given(graphs(WILD), DIRECTIONS)
def test_the_same_input_gives_the_same_drawing(graph, direction):
    assert lay_out(*graph, direction=direction) == lay_out(*graph, direction=direction)


def test_the_hash_seed_does_not_matter():
    program = (
        "from tinygrad_edu_viz.text.layout import *\n"
        "keys = [f'n{n}' for n in range(40)]\n"
        "edges = [(keys[n * n % m], keys[m]) for m in range(1, 40) for n in (2, 3)]\n"
        "print(lay_out([Box(key, (key,)) for key in keys], edges).render(ascii=True))"
    )
    path = os.pathsep.join(sys.path)
    outputs = set()
    for seed in "123":
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path}
        outputs.add(subprocess.check_output([sys.executable, "-c", program], env=environment))
    assert len(outputs) == 1


# -------------------------------------------------------------- what is active


@CALM
@given(graphs(), DIRECTIONS, st.data())
def test_what_is_active_is_heavy_and_nothing_else_is(graph, direction, data):
    drawing = lay_out(*graph, direction=direction)
    if not drawing.edges:
        return
    active, edge = data.draw(st.sampled_from(list(drawing.boxes))), data.draw(st.sampled_from(list(drawing.edges)))
    text = cells_of(drawing.render(active, [edge]))
    head, *cells, last = drawing.edges[edge]
    heavy = {*(cells[:-2] if drawing.times[edge] > 1 else cells), last}  # "×2" stands before the end
    assert text[head[0]][head[1]] == {"LR": "◄", "TB": "▲"}[direction], "a gradient flows back"
    border = {cell for cell in inside(drawing, active) if text[cell[0]][cell[1]] in tuple("╔╗╚╝═║╟╣╤╩")}
    box = drawing.boxes[active]
    assert len(border) == 2 * (box.width + box.height) - 4
    for row, column in itertools.product(range(drawing.height), range(drawing.width)):
        name = unicodedata.name(text[row][column], "") if len(text[row][column]) == 1 else ""
        if (row, column) in heavy:
            assert "HEAVY" in name or name == "BLACK CIRCLE"
        elif "HEAVY" in name:
            assert touches((row, column), {last}), "only where the gradient leaves its box"
        if "DOUBLE" in name:
            assert (row, column) in border


@CALM
@given(graphs(), DIRECTIONS)
def test_highlighting_moves_nothing(graph, direction):
    drawing = lay_out(*graph, direction=direction)
    lines = dict.fromkeys(map(ord, itertools.chain(text_graph._UNICODE.lines[1:], "╔╗╚╝═║╟╣╤╩►◄▼▲")), "~")
    edges = list(drawing.edges)
    for place, key in enumerate(list(drawing.boxes)[:3]):
        assert drawing.render(key, edges[place : 2 * place + 1]).translate(lines) == drawing.render().translate(lines)


def test_unknown_highlights_are_refused():
    drawing = lay_out([Box("a", ("a",))], [])
    with pytest.raises(ValueError, match="no box 'z' to highlight; there are: 'a'"):
        drawing.render(active="z")
    with pytest.raises(ValueError, match="no edge"):
        drawing.render(active_edges=[("a", "z")])


# --------------------------------------------------------- drawings to look at


def drawn(graph, **how) -> list[str]:
    """The lines of a drawing, without the blanks at their ends."""
    return [line.rstrip() for line in lay_out(*graph).render(**how).split("\n")]


def test_the_neuron():
    assert drawn(NEURON, active="s1", active_edges=[("s1", "s2")]) == [
        "╭──────────╮",
        "│    w1    ├─╮",
        "│  -3 · 1  │ │    ╭──────────╮",
        "╰──────────╯ ╰───►│    ×     ├─╮",
        "╭──────────╮   ╭─►│ -6 · 0.5 │ │",
        "│    x1    ├───╯  ╰──────────╯ │    ╔════════════╗    ╭────────────╮   ╭──────────╮",
        "│ 2 · -1.5 │                   ╰───►║     +      ║◄━━━┥     +      ├──►│   tanh   │",
        "╰──────────╯                     ╭─►║  -6 · 0.5  ║ ╭─►│ 0.88 · 0.5 │   │ 0.71 · 1 │",
        "╭──────────╮                     │  ╚════════════╝ │  ╰────────────╯   ╰──────────╯",
        "│    w2    ├─╮                   │  ╭────────────╮ │",
        "│  1 · 0   │ │    ╭──────────╮   │  │     b      ├─╯",
        "╰──────────╯ ╰───►│    ×     ├───╯  │ 6.88 · 0.5 │",
        "╭──────────╮   ╭─►│ 0 · 0.5  │      ╰────────────╯",
        "│    x2    ├───╯  ╰──────────╯",
        "│ 0 · 0.5  │",
        "╰──────────╯",
    ]


def test_a_crossing_a_fork_and_a_detour():
    assert drawn(BUTTERFLY) == [
        "             ╭───╮",
        "╭───╮     ╭─►│ p │",
        "│ a ├─╮ ╭─┼─►│   │",
        "╰───╯ ╰─┼─┤  ╰───╯",
        "╭───╮   │ │  ╭───╮",
        "│ b ├───┤ ╰─►│ q │",
        "╰───╯   ╰───►│   │",
        "             ╰───╯",
    ]


def test_a_joint_of_four_is_no_crossing():
    three = ([Box(key, (key,)) for key in "apqr"], [("a", "p"), ("a", "q"), ("a", "r")])
    assert drawn(three)[4] == "│ a ├─●─►│ q │"
    assert drawn(three, ascii=True)[4] == "| a |-*->| q |"


def test_in_ascii_what_is_active_is_drawn_with_hashes():
    chain = ([Box("a", ("a",)), Box("b", ("b",)), Box("c", ("c",))], [("a", "b"), ("b", "c")])
    assert drawn(chain, active="b", active_edges=[("b", "c")], ascii=True) == [
        "+---+   #===#   +---+",
        "| a |--># b #<==| c |",
        "+---+   #===#   +---+",
    ]


def test_an_edge_that_runs_twice_says_so():
    square = ([Box("a", ("a",)), Box("y", ("a + a",))], [("a", "y"), ("a", "y")])
    assert drawn(square)[1] == "│ a ├──×2►│ a + a │"
    assert drawn(square, ascii=True)[1] == "| a |--x2>| a + a |"
    assert lay_out(*square).times == {("a", "y"): 2}
    assert [line.strip() for line in lay_out(*square, direction="TB").render().split("\n")][3:7] == ["│", "×", "2", "▼"]


def test_a_long_wire_runs_beside_the_boxes_it_skips():
    residual = ([Box(key, (key,)) for key in "xfgs"], [("x", "f"), ("f", "g"), ("g", "s"), ("x", "s")])
    drawing = lay_out(*residual)
    rows = {row for row, column in drawing.edges["x", "s"] if column in range(*columns(drawing, "f"))}
    assert len(rows) == 1 and rows.isdisjoint(range(drawing.boxes["f"].row, drawing.boxes["f"].row + 3))


def columns(drawing: TextGraph, key: str) -> tuple[int, int]:
    return drawing.boxes[key].column, drawing.boxes[key].column + drawing.boxes[key].width


def test_leaves_stand_close_to_what_they_feed():
    drawing = lay_out(*NEURON)
    assert drawing.boxes["b"].column == drawing.boxes["s1"].column
    assert drawing.boxes["s1"].row == drawing.boxes["s2"].row == drawing.boxes["L"].row  # the data's way is straight


def test_top_to_bottom():
    diamond = ([Box(key, (key,)) for key in "abcd"], [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")])
    assert [line.rstrip() for line in lay_out(*diamond, direction="TB").render().split("\n")] == [
        "   ╭───╮",
        "   │ a │",
        "   ╰─┬─╯",
        "     │",
        "  ╭──┴───╮",
        "  ▼      ▼",
        "╭───╮  ╭───╮",
        "│ b │  │ c │",
        "╰─┬─╯  ╰─┬─╯",
        "  │      │",
        "  ╰─╮   ╭╯",
        "    ▼   ▼",
        "   ╭─────╮",
        "   │  d  │",
        "   ╰─────╯",
    ]


# ---------------------------------------------------------------------- labels


def test_labels_are_cleaned():
    assert clean("a\nb\tc\x1b[31m\x00") == "a b c?[31m?"
    assert clean("👍🏽 👩\u200d👩 ❤\ufe0f \u202eevil") == "👍 👩👩 ❤ evil"
    assert clean("e\u0301") == "é"


def test_widths_in_cells():
    assert [cell_width(text) for text in ("abc", "重み", "👍", "ﾊ", "x\u0304", "שלום", "")] == [3, 4, 2, 1, 1, 4, 0]


def test_long_lines_are_cut():
    boxes = [Box("a", ("abcdefghij", "重重重重重")), Box("b", ("abc",))]
    drawing = lay_out(boxes, [], max_text=6)
    assert "│ abcde… │" in drawing.render() and "│ 重重…  │" in drawing.render()
    assert "| abc... |" in drawing.render(ascii=True)
    assert "│  abc   │" in drawing.render()
    assert "…" in lay_out(boxes, [], max_text=0).render()


def test_right_to_left_labels_are_fenced_in():
    line = lay_out([Box("a", ("שלום",)), Box("b", ("b",))], [("a", "b")]).render().split("\n")[1]
    assert line == "│ \u200eשלום\u200e ├──►│ b │"


# --------------------------------------------------------- odd graphs and size


def test_small_graphs():
    nothing = lay_out([], [])
    assert (nothing.width, nothing.height, nothing.render()) == (0, 0, "")
    assert lay_out([Box("a", ())], []).render() == "╭──╮\n│  │\n╰──╯"


@pytest.mark.parametrize(
    ("keys", "edges", "message"),
    [
        ("aa", [], "share a key"),
        ("a", [("a", "z")], r"\('a', 'z'\) names a box that is not there"),
        ("a", [("a", "a")], "in a circle .* 'a'"),
        ("abc", [("a", "b"), ("b", "a"), ("b", "c")], "in a circle"),
    ],
)
def test_what_cannot_be_drawn_is_refused(keys, edges, message):
    with pytest.raises(ValueError, match=message):
        lay_out([Box(key, (key,)) for key in keys], edges)


def test_an_unknown_direction_is_refused():
    with pytest.raises(ValueError, match=r"'LR' \(left to right\) or 'TB'"):
        lay_out([], [], direction="RL")  # type: ignore[arg-type]


@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_a_chain_of_3000_boxes(direction):
    keys = [str(n) for n in range(3000)]
    drawing = lay_out([Box(key, ("x",)) for key in keys], list(itertools.pairwise(keys)), direction)
    assert (drawing.height, drawing.width) == {"LR": (3, 3000 * 8 - 3), "TB": (3000 * 5 - 2, 5)}[direction]


def test_300_boxes_are_laid_out_in_a_moment():
    keys = [f"n{n}" for n in range(300)]
    edges = [(keys[(n * n) % m], keys[m]) for m in range(1, 300) for n in (m // 2, 7)]
    start = time.process_time()  # of this process alone, whatever else the machine does
    drawing = lay_out([Box(key, (key, "0.5 · 1")) for key in keys], edges)
    assert time.process_time() - start < 1.5  # 0.1 to 0.2 s
    assert len(drawing.boxes) == 300


# ------------------------------------------------------------ the glyph tables


def arms_by_name(glyph: str) -> dict[str, int]:
    """What Unicode's own name says of a line: direction -> 1 light, 2 heavy."""
    name = unicodedata.name(glyph).replace("ARC ", "").removeprefix("BOX DRAWINGS ")
    words = name.replace("VERTICAL", "UP DOWN").replace("HORIZONTAL", "RIGHT LEFT").replace(" AND", "").split()
    if words[0] not in ("LIGHT", "HEAVY"):  # "UP HEAVY AND DOWN LIGHT": the weight comes last
        words.reverse()
    arms, weight = {}, 0
    for word in words:
        if word in ("LIGHT", "HEAVY"):
            weight = 1 + (word == "HEAVY")
        else:
            arms[word] = weight
    return arms


def test_every_glyph_has_the_arms_that_its_place_says():
    for arms, line, ascii in zip(
        itertools.product(range(3), repeat=4), text_graph._UNICODE.lines, text_graph._ASCII.lines, strict=True
    ):
        present = {name: weight for name, weight in zip(("UP", "RIGHT", "DOWN", "LEFT"), arms, strict=True) if weight}
        if not present:
            assert line == ascii == " "
            continue
        assert arms_by_name(line) == present
        heavy = 2 in arms
        if not present.keys() & {"UP", "DOWN"}:
            assert ascii == "-="[heavy]
        elif not present.keys() & {"LEFT", "RIGHT"}:
            assert ascii == "|#"[heavy]
        else:
            assert ascii == "+#"[heavy and len(present) < 4]
