"""The curve of a loss with the ways down on it."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from tinygrad_edu import ArgumentError, Tensor, Value
from tinygrad_edu_viz import draw_descent

SVG = "{http://www.w3.org/2000/svg}"


def parabola(w):
    return (w - 3.0) ** 2


def curve_of(root):
    return np.array([pair.split(",") for pair in root.find(f"{SVG}polyline").get("points").split()], float)


def test_points_lie_on_the_curve_in_proportion():
    root = ElementTree.fromstring(draw_descent(parabola, [0.0, 6.0, 3.0], low=-1.0, high=7.0)._repr_svg_())
    curve = curve_of(root)
    left, right = curve[0, 0], curve[-1, 0]
    points = [(float(c.get("cx")), float(c.get("cy"))) for c in root.iter(f"{SVG}circle")]
    for (x, y), w in zip(points, [0.0, 6.0, 3.0], strict=True):
        assert x == pytest.approx(left + (w + 1.0) / 8.0 * (right - left), abs=0.06)
        assert y == pytest.approx(np.interp(x, curve[:, 0], curve[:, 1]), abs=0.6)
    assert points[0][1] == points[1][1] < points[2][1]  # equal losses are equally high, and the least is lowest
    assert [text.text for text in root.iter(f"{SVG}text") if text.get("fill") == "#8A3300"] == ["0", "1", "2"]


@pytest.mark.parametrize("kind", [Value, lambda w: Tensor(w, dtype="float64"), np.float64])
def test_functions_of_nodes_and_of_numpy_are_drawn_as_those_of_numbers(kind):
    picture, nodes = (draw_descent(f, [1.0, 2.0]) for f in (parabola, lambda w: parabola(kind(w))))
    assert np.array_equal(picture.losses, nodes.losses) and picture._repr_svg_() == nodes._repr_svg_()


def test_ways_differ_in_more_than_colour_and_are_named():
    picture = draw_descent(parabola, {"lr < 1": [0.0, 1.0], "b": [0.0, 2.0], "c": [0.0, 3.0], "d": [0.0]})
    svg = picture._repr_svg_()
    names = [text.text for text in ElementTree.fromstring(svg).iter(f"{SVG}text")]
    assert {"lr < 1", "b", "c", "d"} < set(names)
    assert len(set(re.findall(r"<(circle|polygon)", svg))) == 2
    assert [name in str(picture) for name in ("A lr < 1", "B b", "C c", "D d")] == [True] * 4


@pytest.mark.parametrize(
    ("ways", "said"),
    [([], "a point each"), ({}, "one to four"), ({name: [1.0] for name in "abcde"}, "one to four"),
     ([1.0, float("inf")], "leave out what diverged")],
)  # fmt: skip
def test_what_cannot_be_drawn_is_said(ways, said):
    with pytest.raises(ArgumentError, match=said):
        draw_descent(parabola, ways)


@pytest.mark.parametrize(("name", "anchor"), [("L", "end"), ("loss", "end"), ("recall of the eights", "start")])
def test_a_long_name_of_the_result_begins_on_the_paper(name: str, anchor: str) -> None:
    picture = draw_descent(lambda w: w * w, [3.0, 1.0], result=name)._repr_svg_()
    (element,) = re.findall(rf"<text [^>]*>{name}</text>", picture)
    assert f'text-anchor="{anchor}"' in element and float(re.search(r'x="([\d.]+)"', element)[1]) > 0  # type: ignore[index]
