"""step --updates and train --step: what they print, what they refuse, and the files of courses."""

from __future__ import annotations

import io
import json
import random
import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu_cli.errors import CommandError
from tinygrad_edu_cli.expressions.expression import evaluate
from tinygrad_edu_viz import Course, Trace
from tinygrad_edu_viz.courses.repeating import Repeated

from .test_random_calls import NUMBERS, call

NEURON = ["step", "(sigmoid(w*x + b) - y)**2", *shlex.split("--set w=3 --set x=-1 --set b=1 --set y=1")]
MATRIX = ["step", "sum((W@x - y)**2)", *shlex.split("--set W=[[1,2],[3,4]] --set x=[1,-1] --set y=[2,0]")]


def objects(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_lines(cli):
    ran = cli(*NEURON, "--lr", "0.1", "--optimizer", "adam", "--updates", "2")
    assert ran.code == 0
    for line in (
        "Given: w = 3, x = -1, b = 1, y = 1",
        "Learned: w, b; by Adam, η (lr) = 0.1, β₁ = 0.9, β₂ = 0.999, ε (eps) = 1e-08",
        "Pass 1: loss = 0.775803",
        "  ∂L/∂w = 0.184956, ∂L/∂b = -0.184956",
        "  update 2 of w",
        "    m ← m + (1 - β₁) · (g - m) = 0.0184956 + (1 - 0.9) · (0.208924 - 0.0184956) = 0.0375384",
        "    w ← w - η / (1 - β₁²) · m / (sqrt(v) / (1 - β₂²)^0.5 + ε)",
        "      = 2.79987",
        "    w goes from 2.9 to 2.79987, a step of -0.100132; plain -η · g would be -0.0208924",
        "Pass 3: loss = 0.692193 (it was 0.73642), after the last update",
    ):
        assert line in ran.out.splitlines(), line
    assert all(len(line) <= 100 for line in ran.out.partition("Next:")[0].splitlines())


def test_the_lecture_goes_on_with_updates_alone(cli):
    ran = cli("step", "--updates", "3")
    assert ran.code == 0 and "Learned: w1, w2, b; by SGD, η (lr) = 0.1" in ran.out
    losses = [float(found) for found in re.findall(r"Pass \d: loss = ([\d.]+)", ran.out)]
    assert len(losses) == 4 and losses == sorted(losses, reverse=True)
    assert cli("step", "--lr", "0.5").out.count("Pass") == 2, "a setting of the optimizer is one update"
    assert "--updates 3" in cli("step").out.partition("Next:")[2]


def test_what_to_type_next_can_be_typed(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    said = cli(*NEURON, *shlex.split("--updates 2 --optimizer adam --betas 0.8 0.9 --learn b")).out
    lines = said.partition("Next:")[2].splitlines()
    commands = [words for line in lines if (words := shlex.split(line, comments=True))]
    assert commands.pop() == ["tinygrad-edu", "tutorial"]
    assert len(commands) >= 3 and all("--betas 0.8 0.9 --learn b" in " ".join(words) for words in commands)
    for _, *arguments in commands:
        assert cli(*arguments).code == 0
    assert len(Course.load(tmp_path / "course.json").passes) == 3


def test_json(cli):
    """The update stands between a backward pass and the next forward pass, and everything has its pass."""
    found = objects(cli(*NEURON, "--updates", "2", "--json").out)
    order = re.sub(r"(.)\1*", r"\1", "".join(event["kind"][0] for event in found))
    assert order == "fbufbufb" and [event["pass"] for event in found] == sorted(event["pass"] for event in found)
    update = next(event for event in found if event["kind"] == "update")
    assert list(update)[:2] == ["kind", "pass"] and (update["node"], update["t"], update["before"]) == ("w", 1, 3.0)
    assert update["after"] == pytest.approx(3 - 0.1 * update["gradient"])
    assert update["lines"][0]["figures"] == "3 - 0.1 · 0.184956"
    single = objects(cli(*NEURON, "--json").out)
    assert "pass" not in single[0]
    assert [{**event, "pass": 1} for event in single] == [e for e in found if e["pass"] == 1 and e["kind"] != "update"]


def test_tensors(cli):
    ran = cli(*MATRIX, *shlex.split("--updates 2 --lr 0.05 --momentum 0.9 --full"))
    assert "update 2 of W (element W[0, 0] moves most)" in ran.out and "W before: [[1.3, 1.7], [3.1, 3.9]]" in ran.out
    assert "v ← μ · v + g = 0.9 · (-6) + (-4.8) = -10.2" in ran.out and "Forward: from the inputs" in ran.out
    assert "Learned: W;" in ran.out


@pytest.mark.parametrize(
    ("options", "learned"),
    [
        ("--updates 1", "w, b"),
        ("--learn x", "x"),
        ("--learn b,w --updates 1", "b, w"),
    ],
)
def test_what_is_learned(cli, options, learned):
    assert f"Learned: {learned}; by SGD" in cli(*NEURON, *shlex.split(options)).out


def test_where_no_name_sounds_like_a_weight_all_are_learned(cli):
    assert "Learned: a, c; by SGD" in cli("step", "a*c", "--set", "a=2", "--set", "c=3", "--updates", "1").out
    ran = cli("step", "θ*x", "--set", "θ=2", "--set", "x=3", "--updates", "1")
    assert "Learned: θ; by SGD" in ran.out and "θ goes from 2 to 1.7" in ran.out


def test_a_function_of_the_user(cli, tmp_path):
    (tmp_path / "net.py").write_text(
        "import tinygrad_edu as tg\n"
        "def loss():\n"
        "    tg.seed(0)\n"
        "    net = tg.nn.mlp([2, 3, 1], dropout=0.1)\n"
        "    return tg.losses.mse(net(tg.Tensor([[1.0, 2.0]], name='x')), [[1.0]])\n"
    )
    ran = cli("step", f"{tmp_path / 'net.py'}:loss", "--updates", "2", "--lr", "0.05")
    assert ran.code == 0 and "Learned: 0.weight, 0.bias, 2.weight, 2.bias; by SGD" in ran.out
    ran = cli("step", f"{tmp_path / 'net.py'}:loss", "--learn", "x")
    assert ran.code == 2 and "--learn x: x is a constant, and has no gradient" in ran.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--updates 0", "whole number of at least 1 and of at most 1,000"),
        ("--updates -1", "whole number of at least 1"),
        ("--updates 10000", "each is a pass to look at; tinygrad-edu train learns for longer"),
        ("--updates 1.5", "is not a whole number"),
        ("--optimizer adm", "did you mean 'adam'?"),
        ("--lr 0", "0 is not a number above 0; try 0.1"),
        ("--lr nan", "nan is not finite"),
        ("--learn q", "nothing that is given has this name"),
        ("--learn ww", "did you mean w?"),
        ("--learn ,", "--learn names nothing"),
        ("--optimizer adam --momentum 0.9", "--momentum is a setting of sgd or rmsprop"),
        ("--nesterov", "add --momentum 0.9"),
        ("--updates 2 --order naive", "--order prints two tables"),
        ("--updates 2 --apart b", "--apart takes a single pass apart"),
        ("--lr 1 --level scalar", "--level scalar takes a single pass apart into numbers: leave out --lr"),
        ("--updates 2 --break update:x", "no parameter that is learned is called 'x'; there are: update:w, update:b"),
        ("--updates 2 --break q", "no node is called 'q'"),
        ("--break update:w", "no node is called 'update:w'"),
    ],
)
def test_what_is_refused(cli, options, said):
    ran = cli(*NEURON, *shlex.split(options))
    assert ran.code == 2 and said in ran.err and not ran.out


def test_too_many_steps_in_all(cli):
    long = "; ".join(f"a{k} = {f'a{k - 1}' if k else 'w'} * w" for k in range(120))
    ran = cli("step", f"{long}; a119", "--set", "w=1", "--updates", "1000")
    assert ran.code == 2 and "a course at most 200,000" in ran.err and "or less" in ran.err


def test_breakpoints_mark_steps_and_updates(cli):
    ran = cli(*NEURON, *shlex.split("--updates 2 --break update:b --break op:sigmoid"))
    assert ran.out.count(" *update") == 2 and len(re.findall(r"^  ?3\* n6 = sigmoid", ran.out, re.M)) == 3


def test_a_diverging_course_says_so(cli):
    ran = cli("step", "w**4", "--set", "w=3", "--lr", "10", "--updates", "20")
    assert ran.code == 0 and "it has grown" in ran.out and "the steps were too large" in ran.out
    found = objects(cli("step", "w**4", "--set", "w=3", "--lr", "10", "--updates", "20", "--json").out)
    assert found[-1]["kind"] == "end" and found[-1]["pass"] == 5 and "the steps were too large" in found[-1]["text"]
    assert [event["optimizer"] for event in found if event["kind"] == "update"] == ["SGD, η (lr) = 10"] * 4
    ran = cli("step", "sqrt(w)", "--set", "w=0", "--updates", "3")
    assert "w goes from 0 to -∞: its gradient is ∞, and from here on nothing can be learned" in ran.out
    ran = cli("step", "log(w*x)", "--set", "w=-1", "--set", "x=1", "--updates", "3")
    assert ran.code == 0 and "The loss is nan: there is nothing to learn from." in ran.out


def test_a_gradient_of_zero(cli):
    assert "w stays at 2: its gradient is 0" in cli("step", "relu(-w)", "--set", "w=2", "--updates", "1").out
    ran = cli("step", "relu(-w)", "--set", "w=2", "--weight-decay", "0.5", "--updates", "1")
    assert "w goes from 2 to 1.9" in ran.out


def test_files(cli, tmp_path):
    path = str(tmp_path / "c.json")
    ran = cli(*NEURON, "--updates", "2", "--save", path, "--plain")
    again = cli("step", path)
    assert ran.code == again.code == 0
    assert again.out.partition("Next:")[0].strip() == ran.out.partition("Next:")[0].strip()
    assert cli("step", path, "--json").out == cli(*NEURON, "--updates", "2", "--json").out
    for options, said in [
        (["--updates", "2"], "a saved course has its updates in it"),
        (["--apart", "b"], "--apart takes a single pass apart"),
        (["--level", "scalar"], "--level takes a single pass apart"),
    ]:
        ran = cli("step", path, *options)
        assert ran.code == 2 and said in ran.err
    cli(*NEURON, "--save", path)
    ran = cli("step", path, "--updates", "2")
    assert ran.code == 2 and "a saved trace cannot go on to updates" in ran.err
    Path(path).write_text('{"format": "tinygrad-edu course", "version": 3}')
    ran = cli("step", path)
    assert ran.code == 4 and "lacks the field 'title'" in ran.err


def test_predict(cli, monkeypatch):
    """All questions of two passes, and where the updates take w and b."""
    answers = "\n".join(["?", *[""] * 8, "3 + 0.1*0.184956", "3 - 0.1*0.184956", "1.5", "1.0185"])
    monkeypatch.setattr("sys.stdin", io.StringIO(answers))
    ran = cli(*NEURON, "--updates", "1", "--predict")
    assert "What is w after update 1?" in ran.out and "w = 3, its gradient g = 0.184956" in ran.out
    assert "3.0185 is a step uphill. Try once more" in ran.out and "Right: w = 2.9815." in ran.out
    assert "1.5 is none of the usual mistakes" in ran.out and "Right: b = 1.0185." in ran.out
    assert "That was the end of the answers" in ran.out and "Practise (uphill, 1×)" in ran.out
    assert ran.code == 0


def test_ascii(command):
    ran = command(*NEURON, "--updates", "1", "--optimizer", "nadam", PYTHONIOENCODING="ascii")
    assert ran.returncode == 0 and "w <- w - eta * (mu' * m / (1 - mu' * P)" in ran.stdout


# --- train --step ---


def test_the_first_updates_of_a_run(cli):
    """The same losses as the run has, batch by batch."""
    options = shlex.split("train --data moons --n 120 --dropout 0.2 --clip-norm 0.1 --epochs 2")
    trained = objects(cli(*options, "--json", "--batches").out)
    losses = [event["loss"] for event in trained if event["kind"] == "batch"]
    found = objects(cli(*options, "--step", "--updates", "5", "--json").out)
    roots = {e["pass"]: e["data"] for e in found if e["kind"] == "forward"}  # the last forward event is the loss
    assert len(roots) == 6 and np.ravel([*roots.values()]).tolist() == pytest.approx(losses[:6], rel=1e-5)
    nodes = {number: [e["node"] for e in found if e["pass"] == number and e["kind"] != "update"] for number in roots}
    assert all(ids == nodes[1] for ids in nodes.values())
    said = [event["text"] for event in found if event["kind"] == "update"]
    assert any("(Its gradient was clipped before)" in text for text in said)


def test_the_first_updates_of_a_run_as_a_page(cli, tmp_path):
    options = shlex.split("train --data moons --n 120 --net 2-3-1 --epochs 1 --step --updates 50")
    page = tmp_path / "page.html"
    ran = cli(*options, "--html", str(page))
    assert (ran.code, ran.out) == (0, "") and f"wrote {page}" in ran.err
    text = page.read_text(encoding="utf-8")
    assert "Learned: 0.weight, 0.bias, 1.weight, 1.bias; by Adam" in text and 'aria-valuemax="3"' in text


def test_a_run_is_as_long_as_it_is(cli):
    """Three batches an epoch, and one epoch: after its last update no pass follows."""
    ran = cli(*shlex.split("train --data moons --n 120 --epochs 1 --step --updates 50"))
    assert ran.code == 0 and ran.out.count("Pass ") == 3 and "update 3 of 0.weight" in ran.out


def test_a_run_that_was_stepped_through_goes_on_as_if_nothing_had_been():
    def trained(updates: int) -> list[np.ndarray]:
        tg.seed(0)
        data = tg.data.load("moons", n=100)
        model = tg.nn.mlp([2, 8, 1], dropout=0.3)
        optimizer = tg.optim.Adam(model.parameters(), lr=0.01)
        run = tg.train.start(model, data, "binary_cross_entropy", optimizer, epochs=3)
        if updates:
            assert len(Course.watch(run, updates).passes) == updates + 1
        for _ in run.events():
            pass
        return [p.numpy() for p in model.parameters()]

    for found, expected in zip(trained(6), trained(0), strict=True):
        assert np.array_equal(found, expected)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--updates 3", "--updates is for --step"),
        ("--step --record DIR", "keeps nothing"),
        ("--step --save m.safetensors", "keeps nothing"),
        ("--step --png x.png", "draw the curves of a run"),
        ("--step --gif x.gif --size slide", "draw the curves of a run"),
        ("--step --updates 0", "whole number of at least 1"),
        ("--step --updates 201", "at most 200"),
    ],
)
def test_what_train_refuses(cli, options, said):
    ran = cli("train", "--data", "moons", *shlex.split(options))
    assert ran.code == 2 and said in ran.err


# --- graphs of all kinds ---


def test_any_graph_is_computed_again_as_it_was():
    """Random calls of all functions: the first pass is the trace of the graph itself, and its ids stay."""
    compared = 0
    for seed in range(150):
        text = f"sum({call(random.Random(seed))})"
        try:
            root = evaluate(text, NUMBERS).root
        except CommandError:
            continue
        again = Repeated(root)
        learned = [n for n in again.nodes if n.op is None and n.requires_grad and n.size]
        if not learned:  # empty arrays
            continue
        with np.errstate(all="ignore"):
            single = Trace.record(root)
            course = Course.record(again, tg.optim.Adam(learned, lr=0.1), 2)
        assert str(course.passes[0]) == str(single) and str(course.passes[0].events) == str(single.events), text
        assert all([*trace.nodes] == [*single.nodes] for trace in course.passes), text
        compared += 1
    assert compared > 30
