"""The HTML page, without a browser: what it holds, and that names stay text. tests/browser opens it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

import hostile
import tinygrad_edu as tg
from tinygrad_edu.errors import ArgumentError
from tinygrad_edu_viz import Trace
from tinygrad_edu_viz.pages import page, page_data
from tinygrad_edu_viz.pictures.scene import CHARACTER, PADDING, lay_out
from tinygrad_edu_viz.readable import number, number_lines
from unpacked import content_of, style_of, text_of


class Parsed(HTMLParser):
    """A page taken apart as a browser does it."""

    def __init__(self, text: str):
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.inside: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}  # of scripts, styles and the title, by tag and type
        self.shown: list[str] = []
        self.classes: dict[str, list[str]] = {}  # texts of each class of SVG text
        self.content = content_of(text)
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes
        if tag in ("script", "style", "title", "text", "tspan"):
            self.inside.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if self.inside and self.inside[-1][0] == tag:
            self.inside.pop()

    def handle_data(self, data):
        if not self.inside:
            self.shown.append(data)
            return
        tag, attributes = self.inside[-1]
        if tag in ("script", "style", "title"):
            self.texts[f"{tag} {attributes.get('type', '')}".strip()] = data
        else:
            self.classes.setdefault(attributes.get("class") or "", []).append(data)


def perceptron() -> Trace:
    numbers = {"w1": 3.0, "x1": -1.0, "w2": -2.0, "x2": 2.0, "b": 1.0}
    w1, x1, w2, x2, b = (tg.Value(number, name=name) for name, number in numbers.items())
    return Trace.record(tg.sigmoid(w1 * x1 + w2 * x2 + b))


def tensors() -> Trace:
    W = tg.Tensor([[1.0, 2.0], [3.0, -4.0]], requires_grad=True, name="W")
    x = tg.Tensor(np.ones((2, 60), dtype="float32"), name="x")
    return Trace.record((tg.relu(W @ x) ** 2).mean())


def network() -> Trace:
    model = tg.nn.mlp([64, 32, 10], rng=0)
    return Trace.record(model(tg.Tensor(np.ones((40, 64), dtype="float32"), name="x")).mean())


TRACES = {"perceptron": perceptron, "tensors": tensors, "network": network}


@pytest.fixture(params=TRACES)
def trace(request: pytest.FixtureRequest) -> Trace:
    return TRACES[request.param]()


# --- what it holds ------------------------------------------------------------------------------------------------


def test_steps_are_those_of_the_json(trace):
    steps = Parsed(page.page(trace)).content["steps"]
    assert len(steps) == len(trace.events)
    for step, event in zip(steps, trace.events, strict=True):
        told = event.to_json()
        for key in ("kind", "node", "text"):
            assert step[key] == told[key]
        assert step["formula"] == told.get("formula", "")
        if event.kind == "forward":
            assert step["inputs"] == list(event.inputs)
            continue
        assert (step["from"], step["position"]) == (told["from"], told["position"])
        assert step["lines"] == number_lines(event.grad)
        for key in ("upstream", "local", "contribution", "grad_before", "grad"):
            small = not isinstance(told[key], dict) and np.size(told[key]) <= page_data.ELEMENTS
            assert step[key] == (told[key] if small else number(getattr(event, key)))


def test_the_picture_shows_the_end(trace):
    shown = Parsed(page.page(trace)).classes
    known = [line for node in trace.nodes.values() for line in (number_lines(node.gradient) if node.gradient else [])]
    assert set(shown["grad"]) <= {*known, "·"} and shown["grad"]


def test_the_perceptron_is_small():
    text = page.page(perceptron())
    svg = re.search("<svg.*</svg>", text, re.DOTALL)
    assert svg and len(text.encode()) - len(svg[0].encode()) <= 60_000


def test_the_same_trace_gives_the_same_bytes():
    assert page.page(perceptron(), "p") == page.page(perceptron(), "p")


def test_nan_and_infinity():
    content = Parsed(page.page(Trace.record(tg.log(tg.Value(0.0, name="a")) * 0.0))).content
    assert [node["data"] for node in content["nodes"]] == [0.0, "-inf", 0.0, "nan"]
    assert content["steps"][-1]["grad"] == "nan"


def test_layers_become_boxes():
    text = page.page(network())
    parsed = Parsed(text)
    assert "0 Dense(64, 32, relu)" in parsed.classes["strong"]
    content = parsed.content
    assert len(content["stops"]) < len(content["steps"])
    inside = [node["box"] for node in content["nodes"] if node["title"] in ("0.weight", "0.bias")]
    assert inside[0] == inside[1] and f'id="node-{inside[0]}"' in text


def test_a_large_graph_is_collapsed_and_says_so():
    total = tg.Value(1.0, name="a")
    for _ in range(400):
        total = total + 1.0
    parsed = Parsed(page.page(Trace.record(total), level="op"))
    assert parsed.attributes.count(("role", "img")) == page.LIMIT
    assert "more nodes" in "".join(parsed.shown)
    assert len(parsed.content["steps"]) == 801


def test_an_unknown_direction():
    with pytest.raises(ArgumentError, match="rankdir is 'LR'"):
        page.page(perceptron(), rankdir="up")


def test_numbers_fit_their_boxes(trace):
    scene = lay_out(trace, "LR", "auto", 300)
    for box_id, box in scene.boxes.items():
        result = scene.view.boxes[box_id].result
        grads = [event.grad for event in trace.events if event.node == result and event.grad is not None]
        for lines in [number_lines(grad) for grad in grads] + [list(box.face.data)]:
            for line in lines:
                assert (len("data ") + len(line)) * CHARACTER + 2 * PADDING <= box.width
                assert len(lines) == len(box.face.data)


# --- nothing is loaded, nothing is executed ---------------------------------------------------------------------------


def test_it_asks_for_nothing():
    text = page.page(perceptron())
    parsed, style = Parsed(text), style_of(text)
    places = [value for name, value in parsed.attributes if name in ("src", "href", "action", "xlink:href", "data")]
    assert places == ["data:,", "#aside"]  # an empty icon; the way past the graph
    assert not {"base", "form", "iframe", "object", "embed", "img"} & {*parsed.tags}
    assert "url(" not in style and "@import" not in style


def test_the_policy_allows_our_program_and_style_and_nothing_else():
    text = page.page(perceptron())
    parsed = Parsed(text)
    policy = next(value for name, value in parsed.attributes if value and value.startswith("default-src"))
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))

    def hashed(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    assert rules == {
        "default-src": "'none'",
        "script-src": f"{hashed(parsed.texts['script module'])} {hashed(text_of(text, 'program'))}",
        "style-src": hashed(style_of(text)),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert not [name for name, _ in parsed.attributes if name.startswith("on") or name == "style"]


@pytest.mark.parametrize("kind", hostile.NAMES)
def test_names_stay_text(kind):
    name = hostile.NAMES[kind]
    ordinary = Parsed(page.page(hostile.trace("a"), title="a", note="a"))
    text = page.page(hostile.trace(name), title=name, note=name)
    text.encode("utf-8")
    parsed = Parsed(text)
    assert parsed.tags == ordinary.tags
    assert {name for name, _ in parsed.attributes} == {name for name, _ in ordinary.attributes}
    assert parsed.content["nodes"][0]["name"] == name


def test_a_huge_title_is_cut():
    assert len(Parsed(page.page(perceptron(), title="y" * 5000)).texts["title"]) == page.LONGEST_TITLE


# --- colours ----------------------------------------------------------------------------------------------------------


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [part / 255 for part in bytes.fromhex(colour[1:])]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_and_lines_can_be_seen(dark):
    style = style_of(page.page(perceptron()))
    light_part, dark_part = style.split("prefers-color-scheme: dark", 1)
    colours = dict(re.findall(r"--([a-z]+): ?(#[0-9a-fA-F]{6})", light_part))
    if dark:
        colours |= dict(re.findall(r"--([a-z]+): ?(#[0-9a-fA-F]{6})", dark_part.split("}")[0]))
    fills = [colours[name] for name in ("paper", "panel", "leaf", "constant", "result", "root", "layer", "glow")]
    for fill in fills:
        assert contrast(colours["ink"], fill) >= 4.5
    for fill in (colours[name] for name in ("paper", "panel", "leaf", "constant", "result", "root", "layer")):
        assert contrast(colours["faint"], fill) >= 4.5
        assert contrast(colours["go"], fill) >= 3 and contrast(colours["flow"], fill) >= 3  # lines (WCAG 1.4.11)
    assert contrast(colours["wire"], colours["paper"]) >= 3


def test_a_long_trace_is_deflated():
    """The page of 300 nodes stays small beside its picture; what it holds is the same."""
    node = tg.Value(1.0, name="x")
    for k in range(100):
        node = node * tg.Value(0.5 + k / 100, name=f"w{k}") + 1.0
    trace = Trace.record(node)
    text = page.page(trace)
    content = Parsed(text).content
    assert [step["text"] for step in content["steps"]] == [event.text for event in trace.events]
    assert [step.get("grad") for step in content["steps"]] == [event.grad for event in trace.events]
    svg = text[text.index("<svg") : text.index("</svg>")]
    assert len(text.encode()) - len(svg.encode()) < 90_000 < len(json.dumps(content))
