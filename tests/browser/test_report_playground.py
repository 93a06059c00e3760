"""The playground inside of the report of `train --html`: it begins as the run began, and goes on with its losses."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.browser

RUNS = [
    "--data moons",  # two layers of 32 units
    "--data blobs --net 2-6-3 --optimizer sgd --momentum 0.8 --lr 0.05 --batch-size full --seed 3 --activation tanh",
    "--data sine --net 1-8-8-1 --loss huber --schedule cosine --n 100 --no-standardize --activation gelu",
    "--data circles --net 2-8-1 --dropout 0.3 --l2 0.01 --optimizer rmsprop --n 150 --noise 0.2",
]


@pytest.mark.parametrize("words", RUNS)
def test_its_first_losses_are_those_of_the_report(visit: Callable[..., Any], tmp_path: Path, words: str) -> None:
    file = tmp_path / "report.html"
    command = [sys.executable, "-m", "tinygrad_edu_cli", "train", *words.split(), "--epochs", "4", "--json"]
    ran = subprocess.run([*command, "--html", str(file)], capture_output=True, text=True, check=True)
    events = [json.loads(line) for line in ran.stdout.splitlines()]
    losses = [event["validation_loss"] for event in events if event["kind"] == "validation"]
    opened = visit(file.read_text(encoding="utf-8"))
    opened.tab.click("#open-playground")
    opened.tab.frame_locator("#playground iframe").locator("#n-step", has_text="0").wait_for()
    frame = opened.tab.frames[-1]
    frame.wait_for_function("() => window.tinygrad")
    assert frame.text_content("#about").startswith("Point at")  # nothing was refused
    found = []
    for _ in losses:
        frame.click("#epoch")
        found.append(frame.evaluate("tinygrad.losses().test"))
    assert len(losses) == 4
    np.testing.assert_allclose(found, losses, rtol=1e-4)  # the command computes in float32
    assert " ".join(words.split()[:2]) in frame.evaluate("tinygrad.python()")
    opened.tab.click("#close-playground")
    opened.tab.locator("#playground iframe").wait_for(state="detached")


def test_where_the_playground_cannot_show_a_run_there_is_none(visit: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    command = [
        sys.executable,
        "-m",
        "tinygrad_edu_cli",
        "train",
        "--data",
        "iris",
        "--epochs",
        "2",
        "--html",
        str(file),
    ]
    subprocess.run(command, capture_output=True, check=True)
    assert visit(file.read_text(encoding="utf-8")).tab.locator("#open-playground").count() == 0
