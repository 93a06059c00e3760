"""All text faces tell the same numbers: the data and the gradient of every node, at every step, read out of each."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu_cli.stepping import step_lines
from tinygrad_edu_cli.subject import Subject, open_source
from tinygrad_edu_cli.tui.node_pane import NodePane
from tinygrad_edu_viz import Trace, view
from tinygrad_edu_viz.player import Player
from tinygrad_edu_viz.readable import number, number_lines
from tinygrad_edu_viz.recording.sentences import BIRTH
from tinygrad_edu_viz.text.terminal import Picture

from .full_screen import full_screen, in_loop

Numbers = dict[str, Any]
"""What is known by node: data as JSON has it, or the text that tells it."""
State = tuple[Numbers, Numbers]
"""(data, gradients)."""


def perceptron() -> Subject:
    return open_source("sigmoid(w1*x1 + w2*x2 + b)", ["w1=3", "x1=-1", "w2=-2", "x2=2", "b=1"])


def reuse() -> Subject:
    return open_source("e = a*b; tanh(e + a) * a**2", ["a=0.5", "b=-3"])


def tensors() -> Subject:
    return open_source("sum(relu(W @ x + b))", ["W=[[1.25,2],[3,-4]]", "x=[1,-0.5]", "b=[0,0.5]"])


def network() -> Subject:
    """With dropout and cross-entropy, as in training."""
    net = tg.nn.mlp([2, 5, 3], activation="tanh", dropout=0.5, rng=0)
    x = tg.Tensor(np.random.default_rng(1).normal(size=(4, 2)), name="x", dtype="float32")
    return Subject("a network", Trace.record(tg.losses.cross_entropy(net(x), [0, 1, 2, 0])))


def infinities() -> Subject:
    return open_source("log(x - 1) * y", ["x=1", "y=2"])


SUBJECTS = pytest.mark.parametrize("make", [perceptron, reuse, tensors, network, infinities])


def told_by_json(trace: Trace) -> Iterator[State]:
    """The truth, of which the others are readings: after each step, from the start."""
    lines = [json.loads(json.dumps(event.to_json())) for event in trace.events]
    data: Numbers = {}  # of what is given, too, which only its users tell
    for line in lines:
        for node, known in zip(line.get("inputs", ()), line.get("input_data", ()), strict=True):
            if trace.nodes[node].op is None:
                data[node] = known
    gradients: Numbers = {}
    yield dict(data), dict(gradients)
    for line in lines:
        changed, key = (data, "data") if line["kind"] == "forward" else (gradients, "grad")
        changed[line["node"]] = line[key]
        yield dict(data), dict(gradients)


def told_by_plain(subject: Subject) -> Iterator[State]:
    """From the lines of text. They tell what changes in a step, so we keep what they told before."""
    player = Player(subject.trace)
    ids = {node.label: node.id for node in player.trace.nodes.values()}
    given, *steps = paragraphs(step_lines.lines(subject, player))
    names = "|".join(map(re.escape, ids))
    parts = re.split(rf"(?:^|, )({names}) = ", given)
    values = [told.removesuffix(" (constant)") for told in parts[2::2]]
    data: Numbers = {ids[name]: told for name, told in zip(parts[1::2], values, strict=True)}
    gradients: Numbers = {}
    yield dict(data), dict(gradients)
    for step in (step.partition(BIRTH.removeprefix("."))[0].rstrip(".") for step in steps):
        if " starts with " in step:
            gradients[subject.trace.root] = step.rsplit(" = ", 1)[1]
        elif found := re.match(rf"∂L/∂({names}) \+= ", step):
            left = re.escape(f"∂L/∂{found[1]}")
            now = re.search(rf" {left} (?:= .* \+ .* =|=|is now) (.*?)$", step)
            received = re.search(rf" {re.escape(found[1])} receives (.*?)(?: as operand \d+)?: ", step)
            product = re.match(r"\S+ \+= \S+ · \S+ = \S+ · \S+ = (\S+)", step)
            gradients[ids[found[1]]] = (now or received or product)[1]
        else:
            data[ids[step.split(" = ")[0]]] = step.partition("; shape")[0].rsplit(" = ", 1)[1]
        yield dict(data), dict(gradients)


def paragraphs(lines: Iterator[str]) -> list[str]:
    """What is given, and the text of each step, each on one line."""
    found: list[str] = []
    inside = False
    for line in lines:
        begins = re.match(rf"Given: |\s*{len(found)}[ *] ", line)
        if begins:
            found.append(line[begins.end() :].strip())
        elif inside and line:
            found[-1] += f" {line.strip()}"
        inside = bool(begins) or (inside and bool(line))
    return found


def told_by_drawing(trace: Trace) -> Iterator[State]:
    """From the characters inside of the boxes."""
    picture = Picture(trace, view(trace, "op", limit=None))
    for step in range(len(trace.events) + 1):
        rows = picture.at(step).render().split("\n")
        state: State = ({}, {})
        for node, (_, top, left, height, width) in picture.layout.boxes.items():
            lines = [row[left + 2 : left + width - 2].strip() for row in rows[top + 1 : top + height - 1]]
            if trace.nodes[node].is_plain_number:
                lines = [f"= {lines[0]}"]
            told = "\n".join(lines)
            for mark, numbers in zip("=∂", state, strict=True):
                if found := re.search(rf"^{mark} +((?:.|\n(?!∂))*)", told, re.MULTILINE):
                    numbers[node] = found[1]
        yield without_unknown(state)


def without_unknown(state: State) -> State:
    data, gradients = ({node: told for node, told in part.items() if told.strip() not in ("·", "")} for part in state)
    return data, gradients


async def told_by_screen(subject: Subject, size: tuple[int, int]) -> list[State]:
    """From the table on the full screen, in its columns."""
    states = []
    async with full_screen(subject, size) as screen:
        pane, player, trace = screen.app.screen.query_one(NodePane), screen.player, subject.trace
        for position in range(len(trace.events) + 1):
            screen.go(position)
            await screen.until(f" {position}/{len(trace.events)} ")
            left, top, width, height = pane.content_region
            head, *rows = [line[left : left + width] for line in screen.lines[top : top + height]]
            name, op, known, gradient = map(head.index, ("node", "op", "data", "grad"))
            state: State = ({}, {})
            for node, row in zip(trace.nodes, rows, strict=False):
                assert trace.nodes[node].is_plain_number or row[name:op].strip()[:5] == trace.nodes[node].label[:5]
                told = [text.strip().replace("μ", "mean") for text in (row[known:gradient], row[gradient:])]
                for text, true in zip(told, (player.data(node), player.gradient(node)), strict=True):
                    assert text in ("", "·") or text.endswith("…") or text in tellings(true), "a digit is lost"
                state[0][node], state[1][node] = told
            assert len(state[0]) == len(trace.nodes)
            states.append(without_unknown(state))
    return states


_NUMBER = re.compile(r"-?(?:\d+\.?\d*(?:e[+-]?\d+)?|∞|nan)")


def tellings(data: Any) -> list[str]:
    """How a number may be written, in more or fewer digits."""
    return [text for digits in (6, 4, 3, 2) for text in (number(data, digits), number_lines(data, digits)[0])]


def figures(told: str) -> tuple[list[float], bool]:
    """The numbers in a text, and whether it was cut; then its last number, which may be cut too, is not counted."""
    whole = told.partition("…")[0]
    found = [float(text.replace("∞", "inf")) for text in _NUMBER.findall(whole)]
    cut = whole != told
    return (found[:-1] if cut else found), cut


def expected(told: str, true: Any) -> list[float]:
    """The numbers that a text should have: all of a small array, else its mean and its range."""
    if isinstance(true, dict):
        return [true["mean"], true["min"], true["max"]]
    array = np.asarray(true, dtype=float)  # also of the texts "nan" and "inf"
    if told.startswith("mean"):
        return [float(array.mean()), float(array.min()), float(array.max())]
    return array.ravel().tolist()


def check(state: State, truth: State, digits: float, trace: Trace) -> None:
    for told, true, what in zip(state, truth, ("data", "gradient"), strict=True):
        known = {node for node in true if what == "data" or trace.nodes[node].requires_grad}
        assert told.keys() == known, what
        for node, text in told.items():
            found, cut = figures(text)
            right = expected(text, true[node])
            assert cut or found, (what, node, text)
            assert cut or text.startswith("mean") or len(found) == len(right), (what, node, text)
            size = max((abs(x) for x in right if math.isfinite(x)), default=0.0)
            near = pytest.approx(right[: len(found)], rel=5 * digits if cut else digits, abs=1e-5 * size, nan_ok=True)
            assert found == near, (what, node, text)


Face = Callable[[Subject], Iterator[State]]


@SUBJECTS
def test_plain_tells_what_json_tells(make):
    subject = make()
    states = list(told_by_plain(subject))
    assert len(states) == len(subject.trace.events) + 1
    for state, truth in zip(states, told_by_json(subject.trace), strict=True):
        data = {node: text for node, text in state[0].items() if node in truth[0]}
        given = {n: known for n, known in truth[0].items() if not subject.trace.nodes[n].is_plain_number}
        check((data, state[1]), (given, truth[1]), 1e-3, subject.trace)


@SUBJECTS
def test_the_drawing_tells_what_json_tells(make):
    subject = make()
    for state, truth in zip(told_by_drawing(subject.trace), told_by_json(subject.trace), strict=True):
        check(state, truth, 1e-2, subject.trace)


@SUBJECTS
@pytest.mark.parametrize("size", [(160, 60), (90, 40)], ids=["beside", "below"])
@in_loop
async def test_the_full_screen_tells_what_json_tells(make, size):
    subject = make()
    for state, truth in zip(await told_by_screen(subject, size), told_by_json(subject.trace), strict=True):
        check(state, truth, 1e-2, subject.trace)


@SUBJECTS
def test_the_player_knows_what_json_tells(make):
    trace = make().trace
    player = Player(trace)
    for position, (data, gradients) in enumerate(told_by_json(trace)):
        player.go(position)
        for node in trace.nodes:
            assert as_json(player.data(node)) == data.get(node)
            assert as_json(player.gradient(node)) == gradients.get(node)


def as_json(data: Any) -> Any:
    from tinygrad_edu_viz.recording.contents import to_json

    return to_json(data)
