"""`kill -9` at any moment: what a resumed run has in the end is what it would have had, its record too."""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from cli.killing import RUN, assert_equal_runs, dies_at, in_child, start, wait
from tinygrad_edu.storage import files
from tinygrad_edu_cli.training.folder import RunFolder

pytestmark = [
    pytest.mark.fuzz,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork: run the tests on Linux or macOS"),
]
KILLED = -signal.SIGKILL
KILLS = 20  # of each kind of run
SPIN = 30_000  # turns of an empty loop, at most: about the time of an epoch
KINDS = {
    "adam": RUN,
    "sgd": (
        *("train", "--data", "spirals", "--n", "90", "--net", "2-8-8-1", "--optimizer", "sgd", "--momentum", "0.9"),
        *("--lr", "0.3", "--schedule", "cosine", "--batch-size", "4", "--l2", "0.001", "--accumulate", "2"),
    ),
    "regression": (
        *("train", "--data", "sine", "--n", "80", "--net", "1-8-1", "--optimizer", "rmsprop", "--lr", "0.05"),
        *("--batch-size", "16", "--clip-norm", "1", "--schedule", "plateau"),
    ),
    "overfitting": (
        *("train", "--data", "moons", "--n", "60", "--noise", "0.5", "--net", "2-64-64-1", "--lr", "0.05"),
        *("--batch-size", "16"),
    ),
}


def _killed(random_: random.Random, *arguments: str) -> bool:
    """Run the command, and kill it a random time after one of its next lines; False if it was done before."""
    reading, writing = os.pipe()
    child = start(*arguments, "--json", output=writing)
    os.close(writing)
    with os.fdopen(reading) as lines:
        for _ in range(random_.randrange(12)):
            if not lines.readline():
                break
        for _ in range(random_.randrange(SPIN)):
            pass
        os.kill(child, signal.SIGKILL)
        return wait(child) == KILLED


@pytest.mark.parametrize("kind", KINDS)
def test_killed_again_and_again(cli: Any, tmp_path: Path, kind: str) -> None:
    run = (*KINDS[kind], "--epochs", "16", "--record")
    whole, random_ = tmp_path / "whole", random.Random(kind)
    assert cli(*run, str(whole), "--save", str(tmp_path / "whole.safetensors")).code == 0
    kills = number = 0
    while kills < KILLS:
        number += 1
        assert number < 3 * KILLS, "too many runs were done before they were killed"
        folder, weights = tmp_path / f"{number}", tmp_path / f"{number}.safetensors"
        kills += _killed(random_, *run, str(folder))
        for _ in range(3):
            if (folder / "config.json").exists():
                kills += _killed(random_, "train", "--resume", str(folder))
        again = ("train", "--resume", str(folder)) if (folder / "config.json").exists() else (*run, str(folder))
        assert cli(*again, "--save", str(weights)).code == 0
        assert_equal_runs(folder, whole)
        arrays = [safetensors.numpy.load_file(file) for file in (weights, tmp_path / "whole.safetensors")]
        np.testing.assert_equal(*arrays)


@pytest.mark.parametrize(
    ("owner", "name"), [(RunFolder, "write"), (files.os, "fsync"), (files.os, "replace"), (Path, "unlink")]
)
def test_killed_at_each_call(cli: Any, tmp_path: Path, owner: Any, name: str) -> None:
    """No moment is left out: before and after each line, each synchronization, each new name and each deletion."""
    run = (*RUN, "--epochs", "3", "--record")
    whole = tmp_path / "whole"
    assert cli(*run, str(whole)).code == 0
    nth = 0
    while True:
        nth += 1
        folder = tmp_path / f"{nth}"
        if in_child(*run, str(folder), before=dies_at(owner, name, nth)) != KILLED:
            break
        recorded = (folder / "config.json").exists()
        assert cli(*(("train", "--resume", str(folder)) if recorded else (*run, str(folder)))).code == 0
        assert_equal_runs(folder, whole)
    assert nth > 6
