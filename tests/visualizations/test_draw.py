"""Drawings, looked at as a program that draws them gives them: rendered to SVG, and the SVG parsed."""

from __future__ import annotations

import os
import re
import shutil
import struct
import subprocess
import sys
import sysconfig
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import graphviz
import numpy as np
import pytest
from graphviz.backend import dot_command

import tinygrad_edu as tg
from tinygrad_edu.errors import ArgumentError
from tinygrad_edu_viz import DrawingError, MissingDot, Trace, TraceError, draw_graph, render
from tinygrad_edu_viz.pictures import dot_binary, draw
from tinygrad_edu_viz.pictures.palette import THEMES

V = tg.Value
SVG = "{http://www.w3.org/2000/svg}"
TITLE = "{http://www.w3.org/1999/xlink}title"


def neuron() -> tg.Value:
    numbers = {"w1": -3.0, "x1": 2.0, "w2": 1.0, "x2": 0.0, "b": 6.8813735870195432}
    w1, x1, w2, x2, b = (V(number, name=name) for name, number in numbers.items())
    return tg.tanh(w1 * x1 + w2 * x2 + b)


class Picture:
    """What an SVG shows."""

    def __init__(self, graph: graphviz.Digraph):
        self.root = ElementTree.fromstring(render(graph, "svg"))
        groups = [g for g in self.root.iter(f"{SVG}g") if g.get("class") in ("node", "edge")]
        self.nodes = {g.get("id"): g for g in groups if g.get("class") == "node"}
        self.edges = [g.get("id") for g in groups if g.get("class") == "edge"]
        self.tags = Counter(element.tag.removeprefix(SVG) for element in self.root.iter())
        self.frames = {g.get("id"): g for g in self.root.iter(f"{SVG}g") if g.get("class") == "cluster"}
        links = [element for element in self.root.iter(f"{SVG}a")]
        assert all(element.keys() == [TITLE] for element in links)  # a title to show, and nowhere to go
        self.tooltips = [element.get(TITLE) for element in links]

    def frame(self, title: str) -> str:
        """The id of the frame with a title."""
        (found,) = [key for key, g in self.frames.items() if "".join(g.find(f".//{SVG}text").itertext()) == title]
        return found

    def tooltip(self, node: str) -> list[str]:
        """The lines that appear when the mouse rests on a node."""
        return self.nodes[f"node-{node}"].find(f".//{SVG}a").get(TITLE).split("\n")

    def text(self, node: str) -> str:
        """The text of a node, its lines joined."""
        parts = ["".join(text.itertext()) for text in self.nodes[f"node-{node}"].iter(f"{SVG}text")]
        return " ".join(" ".join(parts).split())


# --- what is drawn ------------------------------------------------------------------------------------------------


def test_the_neuron():
    picture = Picture(draw_graph(Trace.record(neuron())))
    assert [picture.text(f"n{k}") for k in (0, 1, 4, 5, 8, 9)] == [
        "w1 data -3 grad 1",
        "x1 data 2 grad -1.5",
        "b data 6.88137 grad 0.5",
        "× n5 data -6 grad 0.5",
        "+ n8 data 0.881374 grad 0.5",
        "tanh n9 data 0.707107 grad 1",
    ]
    assert len(picture.nodes) == 10
    assert sorted(picture.edges) == [
        *["edge-n0-n5-0", "edge-n1-n5-1", "edge-n2-n6-0", "edge-n3-n6-1", "edge-n4-n8-1"],
        *["edge-n5-n7-0", "edge-n6-n7-1", "edge-n7-n8-0", "edge-n8-n9-0"],
    ]


def test_tensors_show_shape_and_numbers():
    W = tg.Tensor([[1.0, 2.0], [3.0, -4.0]], requires_grad=True, name="W")
    X = tg.Tensor(np.ones((2, 50), dtype="float32"), name="X")
    picture = Picture(draw_graph(Trace.record(tg.sum(W @ X, axis=1).mean())))
    assert picture.text("n0") == "W (2, 2) float32 data [1, 2] [3, -4] grad [25, 25] [25, 25]"
    assert picture.text("n1") == "X (2, 50) float32 data mean 1 from 1 to 1"
    assert picture.text("n2").startswith("@ n2 = W @ X (2, 50) float32 data mean 1 from -1 to 3 grad mean 0.5")
    assert picture.text("n3") == "sum n3 axis 1 (2,) float32 data [150, -50] grad [0.5, 0.5]"


def test_a_node_without_gradient_shows_none():
    a = V(2.0, name="a")
    y = a * 3
    assert Picture(draw_graph(y)).text("n0") == "a data 2"
    y.backward()
    picture = Picture(draw_graph(y))
    assert [picture.text("n0"), picture.text("n1")] == ["a data 2 grad 3", "3"]
    x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    total = tg.sum(x * x)
    total.backward()
    picture = Picture(draw_graph(total))
    assert picture.text("n0") == "x (2,) float32 data [1, 2] grad [2, 4]"
    assert picture.text("n1") == "× n1 (2,) float32 data [1, 4]"  # a computed tensor keeps none unless asked


def test_values_and_gradients_can_be_left_out():
    trace = Trace.record(neuron())
    assert Picture(draw_graph(trace, values=False)).text("n9") == "tanh n9 grad 1"
    assert Picture(draw_graph(trace, grads=False)).text("n9") == "tanh n9 data 0.707107"
    assert Picture(draw_graph(trace, values=False, grads=False)).text("n9") == "tanh n9"


def test_an_input_given_twice_has_two_edges():
    a = V(3.0, name="a")
    assert sorted(Picture(draw_graph(a + a)).edges) == ["edge-n0-n1-0", "edge-n0-n1-1"]


def test_the_order_of_inputs_is_told_where_it_matters():
    a, b = V(2.0, name="a"), V(3.0, name="b")
    picture = Picture(draw_graph((a - b) * (b - a) + 2**a / b, values=False))
    texts = [picture.text(f"n{k}") for k in range(len(picture.nodes))]
    assert texts == ["a", "b", "- n2 = a - b", "- n3 = b - a", "× n4", "2", "^ n6 = 2^a", "/ n7 = n6 / b", "+ n8"]


def test_kinds_differ_by_outline_and_by_colour():
    source = draw_graph(tg.exp(V(2.0, name="a") * V(3.0, name="c", requires_grad=False))).source
    looks = [dict(re.findall(r'(style|fillcolor|peripheries)=("[^"]*"|\S+)', line)) for line in source.splitlines()]
    looks = [look for look in looks if "fillcolor" in look and "style" in look]
    assert len({look["fillcolor"] for look in looks}) == 4
    assert len({(look["style"], look.get("peripheries", "1")) for look in looks}) == 4


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2.2."""
    channels = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", THEMES)
def test_text_has_contrast(theme):
    colours = THEMES[theme]
    for fill in (*colours.fills.values(), colours.paper, colours.group):
        for text in (colours.text, colours.quiet, colours.gradient):
            bright, dark = sorted([luminance(fill), luminance(text)], reverse=True)
            assert (bright + 0.05) / (dark + 0.05) >= 4.5, (theme, fill, text)
        bright, dark = sorted([luminance(fill), luminance(colours.line)], reverse=True)
        assert (bright + 0.05) / (dark + 0.05) >= 3, (theme, fill)  # of what is no text


@pytest.mark.parametrize("theme", THEMES)
def test_a_picture_has_no_other_colours(theme):
    picture = Picture(draw_graph(Trace.record(network()), theme=theme, legend=True))
    used = {
        element.get(key).upper() for element in picture.root.iter() for key in ("fill", "stroke") if element.get(key)
    } - {"NONE", "TRANSPARENT", "BLACK"}
    colours = THEMES[theme]
    named = {*colours.fills.values(), colours.text, colours.quiet, colours.gradient, colours.paper, colours.group}
    assert {colour for colour in used if colour.startswith("#")} <= {*named, colours.line}
    texts = [text.get("fill") for text in picture.root.iter(f"{SVG}text")]
    assert all(texts) or theme == "light"  # black by default


# --- names that people give ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ('"', '"'),
        ("'\"'", "'\"'"),
        ("<b>x</b>", "<b>x</b>"),
        ("<>", "<>"),
        ("</TABLE>>];", "</TABLE>>];"),
        ("<script>alert(1)</script>", "<script>alert(1)</scrip…"),
        ("a&b &amp; &#65;", "a&b &amp; &#65;"),
        ("\\N \\G \\l \\", "\\N \\G \\l \\"),
        ('\\\\n\\"', '\\\\n\\"'),
        ("a\nb\tc", "a b c"),
        ("a:b:sw", "a:b:sw"),
        ("{a|b}", "{a|b}"),
        ("node", "node"),
        ("-->", "-->"),
        ("%n", "%n"),
        ("x" * 500, "x" * 23 + "…"),
        ("weight 😀", "weight 😀"),
        ("משקל", "משקל"),
        ("\u202eevil", "evil"),
        ("重み é ß", "重み é ß"),
        ("a\x00b\x1bc", "a?b?c"),
        ("\ud800", "?"),
        ("]]>", "]]>"),
        ("\u200d", "?"),
    ],
)
def test_names_are_shown_and_never_obeyed(name, shown):
    y = V(1.0, name=name) * 2
    y.name = name + "!"
    picture = Picture(draw_graph(y, values=False, grads=False))
    assert picture.text("n0") == shown
    assert len(picture.nodes) == 3 and len(picture.edges) == 2
    assert picture.tags.keys() <= {"svg", "g", "title", "polygon", "path", "text", "polyline", "ellipse", "a"}
    assert picture.tooltip("n0")[0] == shown.replace("\\", "⧵")


def test_two_nodes_of_one_name():
    y = V(1.0, name="w") * V(2.0, name="w")
    picture = Picture(draw_graph(y, values=False))
    assert [picture.text(key) for key in ("n0", "n1")] == ["w", "w#2"]


def test_names_of_scopes_are_shown_and_never_obeyed():
    names = [
        "<b>x</b>",
        '"];',
        "\\N",
        "a\nb",
        "<script>alert(1)</script>",
        "&amp;",
        "x" * 500,
        "cluster_1",
        "\ud800",
        "",
    ]
    y = V(1.0, name="x")
    for name in names:
        with tg.scope(name):
            y = tg.tanh(y) * V(2.0)
    shown = [
        "<b>x</b>",
        '"];',
        "\\N",
        "a b",
        "<script>alert(1)</script>",
        "&amp;",
        "x" * 39 + "…",
        "cluster_1",
        "?",
        "?",
    ]
    for level, kind in (("op", "cluster"), ("layer", "node")):
        picture = Picture(draw_graph(y, level=level, values=False, grads=False))
        assert "script" not in picture.tags
        found = [g for g in picture.root.iter(f"{SVG}g") if g.get("class") == kind]
        titles = ["".join(g.find(f".//{SVG}text").itertext()) for g in found]
        assert sorted(shown) == sorted(titles) or level == "layer"
        assert len(titles) == len(names)


def test_a_trace_that_was_edited_by_hand(tmp_path):
    """An operation, an attribute or a device may be any text then."""
    Trace.record(network()).save(tmp_path / "t.json")
    text = (tmp_path / "t.json").read_text()
    for word in ('"dense"', '"activation"', '"cpu"'):
        text = text.replace(word, '"<script>\\u0000\\\\N]]>&amp;"')
    (tmp_path / "t.json").write_text(text)
    picture = Picture(draw_graph(Trace.load(tmp_path / "t.json"), "op", legend=True))
    assert "script" not in picture.tags and len(picture.nodes) == 8
    assert any("<script>?⧵N]]>&amp;" in tooltip for tooltip in picture.tooltips)


# --- levels, frames, tooltips, legend -----------------------------------------------------------------------------


def network(rows: int = 4, *sizes: int) -> tg.Tensor:
    net = tg.nn.mlp(list(sizes or (2, 3, 2)), activation="tanh", rng=0, dtype="float64")
    x = tg.Tensor(np.random.default_rng(0).normal(size=(rows, sizes[0] if sizes else 2)), dtype="float64", name="x")
    return tg.sum(net(x))


def test_the_nodes_of_a_layer_stand_in_a_frame():
    picture = Picture(draw_graph(Trace.record(network()), level="op"))
    assert len(picture.frames) == 3
    for title in ("Sequential", "0 Dense(2, 3, tanh)", "1 Dense(3, 2)"):
        assert picture.frame(title).startswith("scope-n")
    assert len(picture.nodes) == 8


def test_a_box_for_each_layer():
    picture = Picture(draw_graph(Trace.record(network()), level="layer"))
    texts = [picture.text(key.removeprefix("node-")) for key in picture.nodes]
    assert sorted(text.split(" data")[0] for text in texts) == [
        "0 Dense (2, 3, tanh) (4, 3) float64 9 parameters 3 nodes",
        "1 Dense (3, 2) (4, 2) float64 8 parameters 3 nodes",
        "sum n7 () float64",
        "x (4, 2) float64",
    ]
    assert sorted(picture.edges) == ["edge-n4-s0-0", "edge-s0-s2-0", "edge-s2-n7-0"]
    assert [*map(picture.frame, ["Sequential"])]


def test_a_network_of_a_million_parameters_is_drawn_by_layers_and_says_so():
    root = network(32, 784, 1024, 256, 10)
    picture, graph = Picture(draw_graph(Trace.record(root))), draw_graph(root)
    assert len(picture.nodes) == 5
    assert graph.note == ""
    assert "803,840 parameters" in picture.text("s0")


def test_a_mask_is_called_so():
    net = tg.nn.mlp([2, 4, 4, 1], dropout=0.5, rng=0)
    trace = Trace.record(tg.sum(net(tg.Tensor([[1.0, 2.0]], name="x"))))
    assert [node.id for node in trace.nodes.values() if "mask" in node.id] == ["dropout mask", "dropout mask#2"]


def test_the_whole_expression_taken_apart():
    w = tg.Tensor([1.0, 2.0], requires_grad=True, name="w", dtype="float64")
    x = tg.Tensor([3.0, -1.0], name="x", dtype="float64")
    for root in (tg.sum(w * x), Trace.record(tg.sum(w * x))):
        picture = Picture(draw_graph(root, level="scalar"))
        texts = {picture.text(key.removeprefix("node-")) for key in picture.nodes}
        assert texts == {
            *("w[0] data 1 grad 3", "w[1] data 2 grad -1", "x[0] data 3", "x[1] data -1"),
            *("× n2[0] data 3 grad 1", "× n2[1] data -2 grad 1", "+ n3 data 1 grad 1"),
        }
        assert {picture.frame("multiply n2"), picture.frame("sum n3")} == set(picture.frames)
    with pytest.raises(ArgumentError, match="the limit"):
        draw_graph(network(32, 784, 10), level="scalar")


def test_tooltips_have_exact_numbers_and_the_rule():
    trace = Trace.record(neuron())
    picture = Picture(draw_graph(trace))
    assert picture.tooltip("n8") == [
        "n8",
        f"data {trace.nodes['n8'].data!r}",
        f"gradient {trace.nodes['n8'].gradient!r}",
        "add: passes the gradient through unchanged, to both",
    ]
    x = tg.Tensor([[0.1, 0.2]], requires_grad=True, name="x", dtype="float64")
    picture = Picture(draw_graph(Trace.record(tg.sum(x - 1.0))))
    assert picture.tooltip("n0") == [
        "x",
        "shape (1, 2), float64, on cpu",
        "data [[0.1, 0.2]]",
        "gradient [[1.0, 1.0]]",
    ]
    assert picture.tooltip("n2")[0] == "n2 = x - 1"


def test_the_legend_explains_what_occurs():
    def words(graph: graphviz.Digraph) -> str:
        return " ".join(" ".join(Picture(graph).root.itertext()).split())

    explained = words(draw_graph(Trace.record(neuron()), legend=True))
    assert "input with a gradient" in explained and "the result" in explained and "grad: ∂" in explained
    assert "constant" not in explained and "several nodes" not in explained
    assert "several nodes" in words(draw_graph(Trace.record(network()), level="layer", legend=True))
    assert "input with a gradient" not in words(draw_graph(Trace.record(neuron())))
    assert "grad:" not in words(draw_graph(Trace.record(neuron()), grads=False, legend=True))


def test_scopes_in_each_other_without_end():
    def nest(depth: int) -> tg.Value:
        if not depth:
            return tg.tanh(V(1.0))
        with tg.scope("again"):
            return nest(depth - 1)

    picture = Picture(draw_graph(nest(300)))
    assert len(picture.frames) == draw.DEEPEST


# --- large graphs -------------------------------------------------------------------------------------------------


def chain(length: int) -> tg.Value:
    y = V(1.0, name="x")
    for _ in range(length):
        y = y + 1.0
    return y


def test_a_large_graph_is_cut_and_says_so():
    picture = Picture(draw_graph(chain(2500), "op"))
    assert len(picture.nodes) == draw.LIMIT
    assert picture.text("more") == "4,602 more nodes 1 parameter"
    note = "4,602 more nodes: only the 399 boxes nearest to the result are drawn"
    assert note in " ".join(" ".join(picture.root.itertext()).split())
    assert draw_graph(chain(2500), "op").note == note
    assert "node-n5000" in picture.nodes and "node-n0" not in picture.nodes
    assert len(picture.edges) == draw.LIMIT - 1


def test_without_a_limit_everything_is_drawn():
    graph = draw_graph(chain(1000), limit=None)
    assert graph.source.count("TABLE BORDER") == 2001 and graph.note == ""


def test_a_graph_on_which_the_search_for_the_best_layout_would_never_end():
    x = y = V(1.0, name="x")
    for _ in range(100):
        y = tg.tanh(y * V(0.5)) + x
    assert len(Picture(draw_graph(y, "op")).nodes) == 400


def test_a_deep_graph_needs_no_recursion():
    assert draw_graph(chain(10_000), "op").source.count("fillcolor") == draw.LIMIT
    assert draw_graph(chain(10_000)).source.count("fillcolor") < 20


def test_bitmaps_stay_within_what_programs_can_draw(monkeypatch):
    def size() -> tuple[int, int]:
        png = render(draw_graph(chain(12)), "png")
        assert png.startswith(b"\x89PNG")
        width, height = struct.unpack(">II", png[16:24])
        return width, height

    assert max(size()) > 1500
    monkeypatch.setattr(dot_binary, "LARGEST_BITMAP", 1000)
    assert 900 < max(size()) <= 1020  # of 32,000, 2 % more are within what programs can draw


# --- the same picture every time ----------------------------------------------------------------------------------

SCRIPT = """
import sys, tinygrad_edu as tg
from tinygrad_edu_viz import Trace, draw_graph
a, b = tg.Value(2.0, name="a"), tg.Value(3.0)
print(draw_graph(Trace.record(tg.tanh(a * b + a) / b)).source)
net = tg.nn.mlp([2, 3, 1], rng=0)
for level in ("op", "layer", "scalar"):
    print(draw_graph(tg.sum(net([[1.0, 2.0]])), level=level, legend=True).source)
"""


def test_the_same_bytes_in_every_process():
    runs = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUTF8": "1"},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1


def test_the_same_bytes_for_a_trace_that_was_saved(tmp_path):
    trace = Trace.record(neuron())
    trace.save(tmp_path / "t.json")
    assert draw_graph(Trace.load(tmp_path / "t.json")).source == draw_graph(trace).source


# --- arguments, formats and programs ------------------------------------------------------------------------------


def test_directions():
    def size(rankdir: str) -> tuple[float, float]:
        svg = ElementTree.fromstring(render(draw_graph(chain(4), rankdir=rankdir), "svg"))
        return float(svg.get("width").removesuffix("pt")), float(svg.get("height").removesuffix("pt"))

    assert size("LR")[0] > size("LR")[1]
    assert size("TB")[0] < size("TB")[1]


def test_wrong_arguments():
    with pytest.raises(TraceError, match="only a Value or a Tensor"):
        draw_graph(2.0)
    with pytest.raises(ArgumentError, match="level is one of auto, scalar, op, layer, not 'layers'"):
        draw_graph(chain(1), level="layers")
    with pytest.raises(ArgumentError, match=r"rankdir is 'LR' .* not 'up'"):
        draw_graph(chain(1), rankdir="up")
    with pytest.raises(ArgumentError, match="theme is 'light' or 'dark', not 'blue'"):
        draw_graph(chain(1), theme="blue")


def test_formats():
    graph = draw_graph(chain(1))
    assert render(graph, "dot") == graph.source.encode()
    assert render(graph, "jpeg").startswith(b"\xff\xd8")
    assert render(graph, "plain").startswith(b"graph ")
    with pytest.raises(ValueError, match="unknown format: 'nonsense'"):
        render(graph, "nonsense")


def test_a_notebook_shows_the_picture():
    bundle = draw_graph(neuron())._repr_mimebundle_()
    assert ElementTree.fromstring(bundle["image/svg+xml"]).tag == f"{SVG}svg"


@pytest.fixture
def programs(monkeypatch, tmp_path):
    """A PATH with nothing on it but what a test puts there, and no scripts folder; gives that folder."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(dot_command, "DOT_BINARY", dot_command.DOT_BINARY)
    return tmp_path


def program(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_without_a_program(programs):
    graph = draw_graph(chain(1))
    with pytest.raises(MissingDot, match="pip install graphviz-pure"):
        render(graph, "svg")
    with pytest.raises(MissingDot, match="pip install graphviz-pure"):
        graph._repr_mimebundle_()
    assert render(graph, "dot")


def test_a_system_dot_comes_first(programs):
    program(programs, "graphviz-pure", "echo pure")
    assert render(draw_graph(chain(1)), "svg") == b"pure\n"
    program(programs, "dot", "echo system")
    assert render(draw_graph(chain(1)), "svg") == b"system\n"
    assert render(draw_graph(chain(1)), "pdf") == b"system\n"
    assert draw_graph(chain(1)).pipe(format="svg") == b"system\n"  # graphviz's own methods too


def test_pdf_needs_a_system_dot(programs):
    program(programs, "graphviz-pure", "echo pure")
    with pytest.raises(MissingDot, match=r"cannot draw pdf, only svg, png.*apt install graphviz"):
        render(draw_graph(chain(1)), "pdf")


def test_a_program_that_fails(programs):
    program(programs, "dot", "echo broken >&2; exit 3")
    with pytest.raises(DrawingError, match="dot failed to draw: broken"):
        render(draw_graph(chain(1)), "svg")


def test_the_wheel_brings_a_program():
    assert dot_binary.choose() == shutil.which("dot") or Path(dot_binary.choose()).stem == "graphviz-pure"
