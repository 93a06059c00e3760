"""What a first `fit` waits for on a GPU: the kernels that have to be compiled."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def compiled_in_a_process(way: str, seed: int) -> list[str]:
    command = [sys.executable, "-m", "tests.emulator.first_fit", way]
    environment = os.environ | {"PYTHONHASHSEED": str(seed)}
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    texts: list[str] = json.loads(done.stdout)
    return texts


def names(text: str) -> list[str]:
    return re.findall(r"__global__ void (\w+)\(", text)


@pytest.mark.emulator
@pytest.mark.parametrize("way, of_cupy", [("compiled", []), ("eager", ["cupy_multiply__float32_float32_float32"])])
def test_a_first_fit_compiles_kernels_of_ours_and_each_once(way: str, of_cupy: list[str]) -> None:
    texts = compiled_in_a_process(way, seed=1)
    assert len(set(texts)) == len(texts) > 10
    assert [name for text in texts if "#include" in text for name in names(text)] == of_cupy
    steps = [text for text in texts if len(names(text)) > 1]
    assert len(steps) == (2 if way == "compiled" else 0)  # for batches of 32 rows, and for the last one
    # CuPy keeps what was compiled under a digest of its text, where the next process finds it
    assert compiled_in_a_process(way, seed=2) == texts
