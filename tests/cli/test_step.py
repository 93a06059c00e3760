"""tinygrad-edu step without a terminal: lines of text, or of JSON."""

from __future__ import annotations

import io
import json
import math
import os
import re
import shlex
from pathlib import Path

import pytest

from tinygrad_edu_viz import Trace

# Of the lecture's perceptron: sigmoid(1 + 3*1 - 2*2) = 0.5, its target 1. So dL/dz = 2*(0.5 - 1) * 0.25 = -0.25.
PERCEPTRON = {"w1": -0.25, "x1": -0.75, "w2": -0.5, "x2": 0.5, "b": -0.25, "y": 1.0}


def events(ran) -> list[dict]:
    assert (ran.code, ran.err) == (0, "")
    return [json.loads(line, parse_constant=pytest.fail) for line in ran.out.splitlines()]  # no bare NaN or Infinity


def gradients(text: str) -> dict[str, float]:
    """The table at the end, as numbers by name."""
    table = text.partition("Gradients of the inputs\n\n")[2].partition("\n\n")[0]
    return {row.split()[0]: float(row.split()[-1]) for row in table.splitlines()[1:]}


def test_without_arguments_the_perceptron_of_the_lecture(cli):
    ran = cli("step")
    assert (ran.code, ran.err) == (0, "")
    assert list(gradients(ran.out).items()) == list(PERCEPTRON.items())
    computed = re.findall(r"^ +\d+  n(\d+) = .* = (\S+)$", ran.out, re.MULTILINE)
    assert [float(value) for _, value in computed] == [3.0, -4.0, -1.0, 0.0, 0.5, -0.5, 0.25]
    assert [int(number) for number, _ in computed[:6]] == [6, 7, 8, 9, 10, 11], "the names are in order"


def test_the_perceptron_says_which_command_it_equals(cli):
    ran = cli("step")
    same = re.search(r'tinygrad-edu step "([^"]+)" (.+)', ran.out)
    again = cli("step", same[1], *same[2].split())
    assert again.out.partition("\nNext:")[0] in ran.out


def test_the_perceptron_with_another_number(cli):
    ran = cli("step", "--set", "y=0", "--set", "x1=1.0000000000000002")
    assert gradients(ran.out) == pytest.approx({name: -number for name, number in PERCEPTRON.items()})
    assert "--set x1=1.0000000000000002 --set w2=-2 --set x2=2 --set b=1 --set y=0\n" in ran.out


def test_the_perceptron_has_no_other_names(cli):
    ran = cli("step", "--set", "w3=1")
    assert ran.code == 0
    assert ran.err == "warning: --set w3 is not used: the perceptron's names are w1, x1, w2, x2, b, y\n"


def test_two_contributions_to_one_gradient(cli):
    found = events(cli("step", "a*b + a", "--set", "a=2", "--set", "b=-3", "--json"))
    assert [event["step"] for event in found] == list(range(1, len(found) + 1))
    assert {event["of"] for event in found} == {len(found)}
    a = [event for event in found if event["kind"] == "backward" and event["node"] == "a"]
    assert sorted(event["contribution"] for event in a) == [-3.0, 1.0]
    assert a[0]["grad_before"] == 0.0
    assert a[1]["grad_before"] == a[0]["grad"] == a[0]["contribution"]
    assert a[1]["grad"] == -2.0
    assert {event["op"] for event in a} == {"add", "multiply"}


def test_json_has_full_precision(cli):
    last = events(cli("step", "--set", "b=2", "--json"))[-1]
    p = 1 / (1 + math.exp(-1))
    assert last["node"] == "x1" and last["grad"] == pytest.approx(2 * (p - 1) * p * (1 - p) * 3, rel=1e-15)


def test_json_is_ascii_and_has_no_nan(cli):
    ran = cli("step", "log(λ - 1)/0", "--set", "λ=1", "--json")
    assert ran.out.isascii()
    assert "-inf" in str(events(ran))


def test_plain_has_every_event_of_json(cli):
    arguments = ("step", "e = a*b; tanh(e + a)", "--set", "a=0.5", "--set", "b=-3")
    found, plain = events(cli(*arguments, "--json")), cli(*arguments, "--plain").out
    joined = " ".join(plain.split())
    for event in found:
        assert re.search(rf"^ +{event['step']}  ", plain, re.MULTILINE)
        assert " ".join(event.get("formula", event["text"]).split()) in joined


def test_the_sentence_of_a_rule_stands_where_it_is_met_first(cli):
    plain = cli("step", "a*b + a*c + a/b", "--set", "a=1", "--set", "b=2", "--set", "c=-3").out
    joined = " ".join(plain.split())
    assert joined.count("passes the gradient through unchanged") == 1
    assert joined.count("each factor receives the gradient times the other factor") == 1
    assert joined.count("times the local derivative") == 1, "the chain rule, where it is met first"
    assert "∂n6/∂a = 1 / b = 0.5" in joined and "∂n6/∂b = -a / b² = -0.25" in joined, "both operands of divide"
    assert "Together with" not in plain
    assert plain.index("∂L/∂a = 0.5 + (-3) = -2.5") < plain.index("∂L/∂a = -2.5 + 2 = -0.5")


def test_plain_is_half_as_long_as_all_sentences(cli):
    """What a formula, a forward step or an earlier sentence has said is not said again."""
    backward = cli("step").out.partition("Backward")[2].partition("Gradients of the inputs")[0]
    told = [event for event in events(cli("step", "--json")) if event["kind"] == "backward"]
    assert len(backward) < sum(len(event["formula"]) + len(event["text"]) for event in told) / 2
    assert len([line for line in backward.splitlines() if line.startswith("     ")]) == 6


@pytest.mark.parametrize(
    ("typed", "kinds"),
    [
        ((), ("predict", "order", "html")),
        (("a*b + a", "--set", "a=2", "--set", "b=-3"), ("predict", "order", "html")),
        (("sum(W @ x)", "--set", "W=[[1,2],[3,4]]", "--set", "x=[1, -1]"), ("predict", "html")),
        (("a*b", "--set", "a=2", "--set", "b=-3", "--level", "scalar"), ("predict", "html")),
    ],
)
def test_what_to_type_next_can_be_typed(cli, typed, kinds, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    said = cli("step", *typed).out.partition("\nNext:\n")[2]
    commands = list(filter(None, (shlex.split(line, comments=True) for line in said.splitlines())))
    assert [kind for kind in ("predict", "order", "html") if f"--{kind}" in said] == list(kinds)
    for program, *arguments in commands:
        assert program == "tinygrad-edu" and cli(*arguments).code == 0
    assert (tmp_path / "page.html").exists()


def test_what_to_type_next_is_cut_in_no_word_of_a_long_command(cli):
    ran = cli("step", "sum(W @ x)", "--set", "W=[[1,2,3],[3,4,5]]", "--set", "x=[1, -1, 2]")
    for line in ran.out.partition("\nNext:\n")[2].splitlines():
        assert len(line) <= 100 or ("#" not in line and line.startswith("  tinygrad-edu step"))
    assert "  # you are asked for each gradient first:\n  tinygrad-edu step" in ran.out


def test_plain_fits_into_100_columns(cli):
    for arguments in ([], ["sum(relu(W @ x + b))", "--set", "W=[[1,2],[3,4]]", "--set", "x=[1,-1]", "--set", "b=0.5"]):
        ran = cli("step", *arguments)
        assert ran.code == 0
        wide = [line for line in ran.out.splitlines() if len(line) > 100]
        assert all("tinygrad-edu step" in line for line in wide)  # a command stands on one line, to be copied


def test_named_intermediate_results_are_shown(cli):
    assert "e = a" in cli("step", "e = a*b; e + a", "--set", "a=2", "--set", "b=3").out


def test_arrays_are_shown_with_their_shapes(cli):
    ran = cli("step", "sum(W @ x)", "--set", "W=[[1,2],[3,4]]", "--set", "x=[1,-1]")
    assert "W (2×2)" in ran.out and "[[1, -1], [1, -1]]" in ran.out
    assert "x (2)" in ran.out and "[4, 6]" in ran.out


def test_an_input_that_no_gradient_reaches(cli):
    ran = cli("step", "where(a > 0, a, b)", "--set", "a=2", "--set", "b=3")
    assert gradients(ran.out) == {"a": 1.0, "b": 0.0}


@pytest.mark.filterwarnings("error")  # NumPy's, of a division by zero
@pytest.mark.parametrize("text", ["sum(x/0)", "sum(sqrt(x - 1))", "sum(exp(1000*x))"])
def test_infinities_are_shown_without_warnings(cli, text):
    ran = cli("step", text, "--set", "x=[1,2]")
    assert (ran.code, ran.err) == (0, "") and "∞" in ran.out


def test_a_name_that_is_not_needed(cli):
    ran = cli("step", "a*a", "--set", "a=2", "--set", "aa=2")
    assert ran.code == 0 and ran.err == "warning: --set aa is not used: the expression has no such name; it has a\n"


def test_saves_and_loads(cli, tmp_path: Path):
    saved = str(tmp_path / "trace.json")
    first = cli("step", "a*b + a", "--set", "a=2", "--set", "b=-3", "--save", saved, "--json")
    assert (first.code, first.err) == (0, f"wrote {saved}\n")
    assert Trace.load(saved).events[-1].grad is not None
    again = cli("step", saved, "--json")
    assert (again.code, again.out) == (0, first.out)
    assert os.listdir(tmp_path) == ["trace.json"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file"),
        ("", "cannot read"),
        ("{}", "cannot read"),
        ("[1, 2", "cannot read"),
        ("\x00", "cannot read"),
    ],
)
def test_an_unreadable_trace(cli, tmp_path: Path, content, said):
    path = tmp_path / "trace.json"
    if content is not None:
        path.write_text(content)
    ran = cli("step", str(path))
    assert (ran.code, ran.out) == (4, "") and said in ran.err and ran.err.startswith("error: ")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--plain", "--json"], 2, "exclude each other"),
        (["--save", "trace.txt"], 2, "ends in .json"),
        (["--save", "/no/such/folder/trace.json"], 4, "the folder /no/such/folder does not exist"),
        (["--set", "x"], 2, "write --set NAME=NUMBER"),
        (["x", "--set", "x=nan"], 2, "not finite"),
        (["x", "--set", "x=1", "--set", "x=2"], 2, "twice"),
        (["W @ x", "--set", "W=[[1,2],[3,4]]", "--set", "x=[1,2,3]"], 2, "'x' has shape (3,)"),
        (["-x"], 2, 'as in "(-x)"'),
        (["a", "b"], 2, "put the expression in quotes"),
        (["--plian"], 2, "--plain"),
        (["--set"], 2, "requires an argument"),
        ([""], 2, "the expression is empty"),
    ],
)
def test_wrong_usage(cli, arguments, code, said):
    ran = cli("step", *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.startswith("error: ") and said in ran.err


def test_plain_marks_the_steps_at_breakpoints(cli):
    ran = cli("step", "a*b + a", "--set", "a=2", "--set", "b=-3", "--break", "a", "--break", "op:*")
    assert (ran.code, ran.err) == (0, "")
    assert "Marked with *: the steps at a, op:multiply" in ran.out
    assert re.findall(r"^ +(\d+)\* ", ran.out, re.MULTILINE) == ["1", "5", "6", "7"]


@pytest.mark.parametrize(
    ("place", "said"),
    [("w11", "no node is called 'w11'; there are: w1"), ("op:mul", "no operation is called 'mul'; there are: op:mul")],
)
def test_a_breakpoint_that_is_not_there(cli, place, said):
    ran = cli("step", "--break", place)
    assert (ran.code, ran.out) == (2, "") and ran.err.startswith(f"error: --break {place}: ") and said in ran.err


def test_the_full_screen_needs_a_terminal(cli):
    ran = cli("step", "--tui")
    assert (ran.code, ran.out) == (2, "") and "--tui needs a terminal" in ran.err
