"""What was recorded in English is read in German: by its patterns, and nothing is lost on the way."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu_viz import Course, Trace
from tinygrad_edu_viz.recording.sentences import RECEIVES
from tinygrad_edu_words import sentences, speaking
from tinygrad_edu_words.sentences import reason, spoken
from visualizations.random_graphs import random_graph

HOSTILE = "x receives 3: y passes"
ENGLISH = re.compile(
    r"\b(receives?|passes|its|gradient|with|shape|and|the|from|to|starts|together|born|mean|goes|stays|step|times|loss"
    r"|operand|index|of|as|back|unchanged|where|at|no|nan for)\b"
)


def tensors() -> Iterator[tg.Tensor]:
    rng = np.random.default_rng(0)
    shapes = {"W": (3, 4), "x": (4, 5), "b": (3, 1)}
    w, x, b = (tg.Tensor(rng.normal(size=shape), requires_grad=True, name=name) for name, shape in shapes.items())
    yield (tg.relu(w @ x + b) * 2.0).mean()
    yield tg.softmax(w, axis=1).max()
    yield (tg.log(tg.Tensor([0.0, 2.0], requires_grad=True, name="z")) / tg.Tensor([1.0, 0.0])).sum()
    yield tg.concatenate([w[:2], w[1:]]).sum() + w.T.reshape(12).cumsum(0).sum()


def values() -> Iterator[tg.Value]:
    a, b = tg.Value(2.0, name="a"), tg.Value(-3.0, name="b and c")
    yield a * a + b
    yield tg.where(a, b, a) * tg.maximum(a, a)
    yield tg.abs(a * 0.0) + tg.sqrt(a * 0.0)
    yield tg.exp(a * 1e3) / (b * 0.0)
    yield tg.sqrt(b) + tg.log(a * 0.0)
    yield tg.Value(1.0, name=HOSTILE) * b


def texts() -> list[str]:
    traces = [Trace.record(root) for root in (*values(), *tensors())]
    traces += [Trace.record(random_graph(np.random.default_rng(seed))[0]) for seed in range(20)]
    traces.append(Trace.record(tg.Value(2.0, name="a") * 3.0, gradient=0.5))
    found = [text for trace in traces for event in trace.events for text in (event.text, event.formula or "")]
    return [text for text in [*found, *courses()] if text]


def courses() -> Iterator[str]:
    for lr, x in ((0.1, 1.0), (1e308, 1e3), (1e-30, 1.0), (0.1, 0.0), (0.1, float("nan"))):
        w = tg.Value(3.0, name="w")
        for optimizer in (tg.optim.SGD([w], lr=lr), tg.optim.Adam([w], lr=lr)):
            course = Course.record((w * x) ** 2, optimizer, updates=2)
            yield from (update.text for row in course.updates for update in row)
            yield course.note


@pytest.fixture(scope="module")
def recorded() -> list[str]:
    return texts()


def test_the_patterns_are_read_back(recorded: list[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sentences, "_", lambda text: text)
    with speaking("de"):
        assert [spoken(text) for text in recorded] == recorded


def test_no_english_is_left(recorded: list[str]):
    with speaking("de"):
        german = [spoken(text) for text in recorded]
    read = [text for text in german if HOSTILE not in text]  # of that name nothing is lost, which is all we ask
    assert {text for text in read if ENGLISH.search(re.sub(r"b and c|(mean|where)[(:]", "", text))} == set()
    assert sum(old != new for old, new in zip(recorded, german, strict=True)) > len(recorded) / 3


def test_english_stays(recorded: list[str]):
    assert all(spoken(text) == text for text in recorded)


def test_what_is_recorded_in_german_is_english(recorded: list[str]):
    with speaking("de"):
        assert texts() == recorded


SAID: dict[str, str] = {
    "a receives 4 as operand 2: n2 = a · a passes its gradient 1 on, times the local derivative ∂n2/∂a = a = 2 "
    "(multiply: each factor receives the gradient times the other factor). Together with the 2 that it had, its "
    "gradient is now 4": "a erhält 4 als Operand 2: n2 = a · a gibt seinen Gradienten 1 weiter, mal die lokale "
    "Ableitung ∂n2/∂a = a = 2 (multiply: jeder Faktor erhält den Gradienten mal den anderen Faktor). Zusammen mit den "
    "2, die schon da waren, ist sein Gradient jetzt 4",
    "n1 = exp(W) = mean 589.3, from 2.718 to 2981; shape (8,) → (8,)": "n1 = exp(W) = Mittel 589.3, von 2.718 bis "
    "2981; Form (8,) → (8,)",
    "Play": "Play",  # a name, and no text of the faces
    "": "",
}


@pytest.mark.parametrize("text", SAID)
def test_in_german(text: str):
    with speaking("de"):
        assert spoken(text) == SAID[text]


def test_a_clause_is_translated_by_itself():
    with speaking("de"):
        assert reason("the derivative is the sign of a") == "die Ableitung ist das Vorzeichen von a"
        assert reason("the derivative is the sign of a, and 0 at a = 0").endswith("Vorzeichen von a, und 0 bei a = 0")


def test_a_pattern_keeps_its_slots():
    with pytest.raises(KeyError):
        RECEIVES.format(target="a")
