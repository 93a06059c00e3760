"""The first inf or nan is said where it is born, and only there: in the lines, in JSON, and by detect_anomaly."""

from __future__ import annotations

import json

import pytest

import tinygrad_edu as tg
from tinygrad_edu_cli.main import main
from tinygrad_edu_cli.tui.step_text import step_text
from tinygrad_edu_viz import Trace
from tinygrad_edu_viz.player import Player

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy's, of what is provoked
HERE = "Here the first "

# What is typed; what is born; why; and the same close by, where nothing is.
BORN = [
    ("1/x", {"x": 0.0}, "∞", "x/0 is ±inf", {"x": 0.1}),
    ("x/y", {"x": 0.0, "y": 0.0}, "nan", "0/0 is nan", {"x": 0.0, "y": 1.0}),
    ("log(x) * 2", {"x": -1.0}, "nan", "nan below", {"x": 1.0}),
    ("log(x)", {"x": 0.0}, "-∞", "-inf at 0", {"x": 0.1}),
    ("sqrt(x)", {"x": -2.0}, "nan", "nan for a < 0", {"x": 2.0}),
    ("x**y", {"x": -1.0, "y": 0.5}, "nan", "a negative base", {"x": 1.0, "y": 0.5}),
    ("x**y", {"x": 0.0, "y": -1.0}, "∞", "0 to a negative power", {"x": 0.1, "y": -1.0}),
    ("reciprocal(x)", {"x": 0.0}, "∞", "±inf at 0", {"x": 1.0}),
    ("log1p(x)", {"x": -1.0}, "-∞", "-inf at -1", {"x": -0.9}),
    ("exp(x)", {"x": 1000.0}, "∞", "beyond the largest number that float64 holds", {"x": 10.0}),
    ("x * y", {"x": 1e200, "y": 1e200}, "∞", "beyond the largest", {"x": 1e100, "y": 1e100}),
    ("x / y", {"x": 1e300, "y": 1e-300}, "∞", "beyond the largest", {"x": 1e-300, "y": 1e-300}),  # no division by 0
    ("sqrt(x)", {"x": 0.0}, "∞ of the gradients", "an infinite slope at 0", {"x": 1e-4}),
]


def texts(capsys, expression, values):
    settings = [word for name, value in values.items() for word in ("--set", f"{name}={value}")]
    assert main(["step", expression, *settings, "--json"]) == 0
    return [json.loads(line)["text"] for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(("expression", "values", "born", "why", "near"), BORN)
def test_where_it_is_born(capsys, expression, values, born, why, near):
    found = [text for text in texts(capsys, expression, values) if HERE in text]
    assert len(found) == 1 and f"{HERE}{born} is born" in found[0] and why in found[0]
    assert not any(HERE in text for text in texts(capsys, expression, near))


def test_on_the_screen_it_is_a_sentence_of_its_own():
    """Not the last side of the equation."""
    player = Player(Trace.record(1.0 / tg.Value(0.0, name="x")))
    player.forward()
    lines = [segment.text for segment in step_text(player, "", 40)]
    assert lines[:4] == ["n2 = 1 / x", "   = 1 / 0", "   = ∞", "Here the first ∞ is born, from finite"]


def test_what_came_in_is_not_born():
    trace = Trace.record(tg.Value(float("inf"), name="x") * 2.0)
    assert not any(HERE in event.text for event in trace.events)


def test_of_an_array_the_place_is_named():
    trace = Trace.record(tg.log(tg.Tensor([1.0, 0.0, -1.0], requires_grad=True)).sum())
    (text,) = [event.text for event in trace.events if HERE in event.text]
    assert "Here the first -∞ is born at index [1], of 0, from finite numbers (log: -inf at 0, nan below)" in text


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: 1 / tg.Value(0.0), "(divide: x/0 is ±inf and 0/0 is nan)"),
        (lambda: tg.log(tg.Tensor([1.0, -1.0])), "at index [1] (log: -inf at 0, nan below)"),
        (lambda: tg.exp(tg.Tensor([1.0, 1000.0])), "(the result lies beyond the largest number that float32 holds)"),
        (lambda: tg.sqrt(tg.Value(0.0)).backward(), "(sqrt: nan for a < 0, and an infinite slope at 0)"),
        (lambda: tg.Tensor([[1e30]]) @ tg.Tensor([[1e30]]), "lies beyond the largest number"),
    ],
)
def test_detect_anomaly_says_why(made, said):
    with tg.detect_anomaly(), pytest.raises(tg.AnomalyError) as caught:
        made()
    assert said in str(caught.value)
