"""Traces as text."""

from __future__ import annotations

import re

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.errors import ArgumentError
from tinygrad_edu_viz import Trace
from tinygrad_edu_viz.cells import cell_width
from tinygrad_edu_viz.text import terminal
from tinygrad_edu_viz.views.levels import view

V = tg.Value


def neuron() -> tg.Value:
    numbers = {"w1": -3.0, "x1": 2.0, "w2": 1.0, "x2": 0.0, "b": 6.8813735870195432}
    w1, x1, w2, x2, b = (V(number, name=name) for name, number in numbers.items())
    return tg.tanh(w1 * x1 + w2 * x2 + b)


@pytest.fixture
def trace() -> Trace:
    return Trace.record(neuron())


def texts(picture: str) -> list[str]:
    """What stands between the borders of boxes and wires."""
    return [text.strip() for text in re.split(r"[│║├╠╟╞┤]|  +|\n", picture) if text.strip()]


def test_the_end_shows_every_number(trace):
    found = texts(terminal.draw(trace))
    for text in ("w1", "= -3", "∂ 1", "× n5", "= -6", "+ n8", "= 0.881", "tanh n9", "= 0.707", "∂ -1.5", "= 6.88"):
        assert text in found or text.replace(" ", "  ", 1) in terminal.draw(trace).replace("    ", "  ")
    assert "·" not in terminal.draw(trace).rpartition("\n")[0]


def test_before_anything_is_computed(trace):
    picture, _, legend = terminal.draw(trace, 0).rpartition("\n")
    assert legend == "= data   ∂ gradient   · not known yet"
    assert picture.count("·") == 5 + 10  # data of what is computed, and all gradients
    assert not set(picture) & set("═║━┃")


def test_numbers_appear_step_by_step(trace):
    unknown = [terminal.draw(trace, step).rpartition("\n")[0].count("·") for step in range(16)]
    assert unknown == list(range(15, -1, -1))


def test_every_step_has_one_size(trace):
    sizes = {tuple(map(len, terminal.draw(trace, step).splitlines())) for step in (None, *range(16))}
    assert len(sizes) == 1


def test_a_step_fits_a_narrow_terminal(trace):
    assert max(map(cell_width, terminal.draw(trace).splitlines())) <= 80


def test_the_active_box_and_wire_are_marked(trace):
    picture = terminal.draw(trace, 9)  # b receives from n8
    lines = picture.splitlines()
    top = next(k for k, line in enumerate(lines) if "╔" in line)
    left, right = lines[top].index("╔"), lines[top].index("╗")
    assert lines[top + 1][left + 1 : right].strip() == "b"
    assert picture.count("╔") == 1
    assert "━" in picture and "┃" in picture
    forward = terminal.draw(trace, 3)
    assert forward.count("╔") == 1 and not set(forward) & set("━┃")


@pytest.mark.parametrize(("ascii", "head"), [(False, "◄║"), (True, "<#")])
def test_a_gradient_flows_towards_the_node_that_receives_it(trace, ascii, head):
    for event in trace.events:
        picture = terminal.draw(trace, event.step, ascii)
        assert picture.count(head[::-1]) == (event.source is not None), event.text


def test_ascii(trace):
    for step in (None, 0, 9):
        assert terminal.draw(trace, step, ascii=True).isascii()
    picture = terminal.draw(trace, 9, ascii=True)
    assert "* n5" in picture and "d  0.5" in picture and "#" in picture
    assert len(picture.splitlines()) == len(terminal.draw(trace, 9).splitlines())
    strange = Trace.record(V(float("inf"), name="重み") * V(2.0, name="naïve"))
    assert terminal.draw(strange, ascii=True).isascii()


def test_tensors():
    W = tg.Tensor([[1.0, 2.0], [3.0, -4.0]], requires_grad=True, name="W")
    X = tg.Tensor(np.ones((2, 50), dtype="float32"), name="X")
    trace = Trace.record(tg.sum(W @ X))
    picture = terminal.draw(trace)
    for text in ("(2, 2) float32", "[1, 2]", "[3, -4]", "[50, 50]", "= mean 1", "() float32"):
        assert text in picture
    sizes = {tuple(map(len, terminal.draw(trace, step).splitlines())) for step in range(len(trace.events) + 1)}
    assert len(sizes) == 1


def test_constants_are_their_numbers():
    found = texts(terminal.draw(Trace.record(V(2.0, name="a") * 3.5)))
    assert "3.5" in found and "n1" not in found


def test_a_large_graph_is_cut_and_says_so():
    y = x = V(1.0, name="x")
    for _ in range(2000):
        y = y + x
    trace = Trace.record(y)
    for step in (None, 1, 2500, len(trace.events)):  # also where the active node is not drawn
        drawn = terminal.draw(trace, step, view=view(trace, "op"))
        assert drawn.endswith("(1,962 more nodes: only the 39 boxes nearest to the result are drawn)")
        assert drawn.count("1,962 more nodes") == 2, "the box, and the note"


@pytest.mark.parametrize("step", [-1, 16])
def test_steps_that_are_not_there(trace, step):
    with pytest.raises(ArgumentError, match=f"the steps 0 to 15, and no step {step}"):
        terminal.draw(trace, step)


def test_names_do_not_break_the_drawing():
    y = V(1.0, name="重" * 30) * V(2.0, name="a\n\x1b[2Jb") + V(3.0, name="😀|│")
    picture = terminal.draw(Trace.record(y))
    widths = {cell_width(line) for line in picture.splitlines()[:-1]}
    assert len(widths) == 1
    assert "\x1b" not in picture
