"""What the engine notices of a run is read in German, whichever notice it is."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest

from tinygrad_edu.train import notices
from tinygrad_edu_cli.phrases import as_options
from tinygrad_edu_viz.training.notices import notice_text
from tinygrad_edu_words import speaking

ENGLISH = re.compile(r"\b(the|is|are|of|with|step|steps|start|loss|layer|data|try|or)\b")


def layer(**more: Any) -> SimpleNamespace:
    title = "layer 0 (Dense(2, 8, activation='relu'))"
    found = {"layer": title, "title": title, "dead": None, "saturated": None, "gradient": 1.0, "weight": 1.0}
    return SimpleNamespace(**{**found, **more})


def seen(**more: Any) -> Any:
    losses = {"train_loss": [0.5, 0.1], "validation_loss": [0.5, 0.2, *[0.9] * 20], "train_accuracy": [0.5] * 40}
    flags = dict.fromkeys(("rising", "flat", "gained", "linear", "last", "struggling", "at_linear_limit"), False)
    found = {**losses, **flags, "epoch": 30, "lr": 0.1, "initial_loss": 0.7, "layers": [], "stops_early": False}
    return SimpleNamespace(**{**found, **more})


SEEN = {
    "not finite": (notices.not_finite, seen(train_loss=[float("nan")])),
    "rising": (notices.rising, seen(rising=True)),
    "dead": (notices.layers, seen(layers=[layer(dead=0.75)])),
    "dead at first": (notices.layers, seen(layers=[layer(dead=0.75)], epoch=0)),
    "saturated": (notices.layers, seen(layers=[layer(saturated=0.95)])),
    "saturated at first": (notices.layers, seen(layers=[layer(saturated=0.95)], epoch=0)),
    "exploding": (notices.gradients, seen(layers=[layer(gradient=1e9)])),
    "vanishing": (notices.gradients, seen(layers=[layer(gradient=1e-9), layer()])),
    "flat": (notices.flat, seen(flat=True)),
    "overfitting": (notices.overfitting, seen(train_loss=[0.5, 0.4, *[0.1] * 20])),
    "overfitting with patience": (notices.overfitting, seen(train_loss=[0.5, 0.4, *[0.1] * 20], stops_early=True)),
    "linear": (notices.linear_limit, seen(linear=True, gained=True)),
}


@pytest.mark.parametrize("typed", [False, True], ids=["library", "command"])
@pytest.mark.parametrize("kind", SEEN)
def test_in_german(kind, typed):
    notice, looked = SEEN[kind]
    ((_name, _layer, text),) = notice(looked)
    text = as_options(text) if typed else text
    assert notice_text(text) == text
    with speaking("de"):
        german = notice_text(text)
    assert not ENGLISH.search(german), german
    assert sorted(re.findall(r"[\d.]*\d%?|--\w+", german)) == sorted(re.findall(r"[\d.]*\d%?|--\w+", text))
