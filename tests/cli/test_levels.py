"""tinygrad-edu step --level, --apart and --full: how much is told of layers and arrays."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

MODEL = """
import tinygrad_edu as tg

def loss():
    net = tg.nn.mlp([64, 64, 10], dropout=0.2, rng=0)
    x = tg.Tensor([[float(k % 17) for k in range(n, n + 64)] for n in range(32)])
    return tg.losses.cross_entropy(net(x), [n % 10 for n in range(32)])
"""
SUM = ("step", "sum(relu(W @ x + b))", "--set", "W=[[1,2],[3,4]]", "--set", "x=[1,-1]", "--set", "b=[0,2]")


@pytest.fixture
def model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.py").write_text(MODEL)
    return "model.py:loss"


def test_layers_are_headings(cli, model):
    ran = cli("step", model)
    assert ran.code == 0
    heading = "  layer 0 Dense(64, 64, relu)"
    assert ran.out.count(f"{heading}, (32, 64) float32, 4,160 parameters, 3 nodes\n") == 1, "described once"
    assert ran.out.count(heading) == 2 and ran.out.count(f"{heading}\n") == 1, "forward and backward"
    assert "Dense(64, 64, relu)" not in cli("step", model, "--level", "op").out


@pytest.mark.parametrize("level", ["op", "layer"])
def test_the_level_of_a_page(cli, model, tmp_path, level):
    assert cli("step", model, "--level", level, "--html", "page.html").code == 0
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert ("4,160 parameters" in text) == (level == "layer")
    assert text.count('class="node ') == {"op": 10, "layer": 5}[level]


def test_scalars(cli, tmp_path):
    ran = cli(*SUM, "--level", "scalar", "--json")
    events = [json.loads(line) for line in ran.out.splitlines()]
    last = {event["node"]: event["grad"] for event in events if event["kind"] == "backward"}
    assert (last["W[1,0]"], last["x[1]"], last["b[0]"]) == (1.0, 4.0, 0.0)  # the first unit is below 0
    assert all("shape" not in event for event in events)


def test_an_operation_apart(cli):
    ran = cli(*SUM, "--apart", "n3", "--plain")
    assert ran.out.startswith("n3 taken apart, number by number.") and "W[1,0]" in ran.out
    one = cli(*SUM, "--apart", "n3 [1]", "--plain")
    assert "sum(relu(W @ x + b)) / n3[1]" in one.out and "W[1,0]" in one.out and "W[0,0]" not in one.out


def test_a_unit_of_a_network_apart(cli, model):
    """The trace holds only the range of these arrays; the function's result knows all."""
    ran = cli("step", model, "--apart", "n8[3, 7]", "--json")
    events = [json.loads(line) for line in ran.out.splitlines()]
    received = {event["node"] for event in events if event["kind"] == "backward"}
    assert ran.code == 0 and {"2.weight[63,7]", "2.bias[7]", "n7[3,0]"} <= received


def test_of_a_long_sum_the_largest_terms_are_shown(cli, model):
    """The sum of a unit's 64 products and its bias; NumPy says which are the largest, and how much the others are."""
    events = [json.loads(line) for line in cli("step", model, "--apart", "n8[3, 7]", "--json").out.splitlines()]
    products = {event["node"]: event["data"] for event in events if event["op"] == "multiply" and "data" in event}
    ran = cli("step", model, "--apart", "n8[3, 7]", "--plain")
    lines = ran.out.splitlines()
    assert ran.code == 0 and len(lines) < 100
    assert lines[0] == "n8[3, 7] of the layer 2 Dense(64, 10), taken apart, number by number."
    shown = re.findall(r"^ {8}(n\d+) = n7", ran.out, re.MULTILINE)
    names, data = np.array(list(products)), np.abs(list(products.values()))
    assert {*shown} == {*names[np.argsort(data)[-10:]]} and len(shown) == 10
    others = sum(products.values()) - sum(products[name] for name in shown)  # the bias is 0
    left_out = re.search(r"The other 55, together (\S+), are left out", ran.out)
    assert float(left_out[1]) == pytest.approx(others, rel=1e-3, abs=1e-6)
    assert "Each of the 65 terms receives" in ran.out and "layer 218 more nodes" not in ran.out
    assert "108 contributions to the factors of the other terms are left out: --full" in ran.out
    assert "and 109 more numbers" in " ".join(ran.out.split()) and "and 109 more, with gradients from" in ran.out
    whole = cli("step", model, "--apart", "n8[3, 7]", "--full").out
    assert all(f" {event['step']}  " in whole for event in events)


def test_a_long_sum_of_what_is_given(cli):
    numbers = [*range(1, 13)]
    names = [f"x{k}" for k in numbers]
    settings = [part for k in numbers for part in ("--set", f"x{k}={(-1) ** k * k}")]
    ran = cli("step", " + ".join(names), *settings, "--break", "x2")
    assert (
        "= the sum of 12 terms = 6. The 10 largest:" in ran.out and "The other 2, together 1, are left out" in ran.out
    )
    assert "x1 = " not in ran.out.replace("x1 = -1 ", "") and "x2  " not in ran.out.partition("Gradients")[2]
    assert re.search(r"^ +\d+\* ∂L/∂x2 \+= ", ran.out, re.MULTILINE), "a breakpoint is shown"
    short = cli("step", " + ".join(names[:10]), *settings).out
    assert "the sum of" not in short and "left out" not in short


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--apart", "nowhere"], "no node is called 'nowhere'\n  there is: W, x, b"),
        (["--apart", "n3[7]"], "no element [7]"),
        (["--apart", "n3[1-]"], "no place in an array"),
        (["--apart", "W"], "nothing inside"),
        (["--full", "--json"], "--full is for --plain"),
        (["--order", "naive", "--level", "op"], "--order prints two tables"),
        (["--level", "deep"], "'deep' is not one of"),
    ],
)
def test_what_cannot_be(cli, arguments, said):
    ran = cli(*SUM, *arguments)
    assert (ran.code, ran.out) == (2, "") and said in ran.err and "take_apart" not in ran.err


def test_too_much_at_once(cli, model):
    for arguments, hint in ((["--apart", "n8"], '--apart "n8[0, 0]"'), (["--level", "scalar"], "--apart NODE")):
        ran = cli("step", model, *arguments)
        assert ran.code == 2 and "more than 5,000 numbers" in ran.err and hint in ran.err


def test_all_numbers(cli):
    """What the screen opens with Enter, plain tells with --full: each element of data, contributions and gradients."""
    matrix = [[0.5 * row - column for column in range(4)] for row in range(3)]
    source = ("step", "sum(W @ x * (W @ x)) + sum(W)", "--set", f"W={matrix}", "--set", "x=[1,2,3,4]")
    told = cli(*source, "--plain").out.partition("\nNext:")[0]
    assert "-1.5" not in told and "W: " not in told
    told = cli(*source, "--full").out
    blocks = dict(re.findall(r"^ {7}(\S.*):\n((?: {9}.*\n)+)", told, re.MULTILINE))
    numbers = {what: [[float(x) for x in row.split()] for row in rows.splitlines()] for what, rows in blocks.items()}
    assert numbers["W"] == matrix
    events = [json.loads(line) for line in cli(*source, "--json").out.splitlines()]
    to_W = [event for event in events if event["kind"] == "backward" and event["node"] == "W"]
    assert numbers["the gradient of W"] == to_W[-1]["grad"] and len(to_W) == 3
    assert numbers["the contribution to ∂W"] == to_W[-1]["contribution"] != to_W[-1]["grad"]


def test_of_large_arrays_it_is_said_that_their_numbers_are_not_there(cli, model):
    told = cli("step", model, "--full").out
    assert "0.weight: of so many elements only mean and range were recorded" in told
    assert "the gradient of 2.bias:\n" in told
