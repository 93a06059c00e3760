"""tinygrad-edu step --level, --apart and --full: how much is told of layers and arrays."""

from __future__ import annotations

import json
import re

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
    heading = "  layer 0 Dense(64, 64, relu), (32, 64) float32, 4,160 parameters, 3 nodes"
    assert ran.out.count(heading) == 2  # forward and backward
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
    for arguments in (["--apart", "n8"], ["--level", "scalar"]):
        ran = cli("step", model, *arguments)
        assert ran.code == 2 and "more than 5,000 numbers" in ran.err and "--" in ran.err


def test_all_numbers(cli):
    """What the screen opens with Enter, plain tells with --full: each element of data, contributions and gradients."""
    matrix = [[0.5 * row - column for column in range(4)] for row in range(3)]
    source = ("step", "sum(W @ x * (W @ x)) + sum(W)", "--set", f"W={matrix}", "--set", "x=[1,2,3,4]")
    assert "-1.5" not in (ran := cli(*source, "--plain")).out and "W: " not in ran.out
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
