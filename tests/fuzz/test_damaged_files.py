"""Thousands of damaged files of each kind, through the command line: an answer, one sentence, and no more memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

KINDS = ("traces", "checkpoints", "metrics", "safetensors", "tables", "images")
COUNT, SEED = 2000, 0

Runs = dict[str, "Future[subprocess.CompletedProcess[str]]"]


@pytest.fixture(scope="module")
def runs() -> Iterator[Runs]:
    """A process for each kind, as many at once as there are processors."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONIOENCODING": "utf-8"}

    def run(kind: str) -> subprocess.CompletedProcess[str]:
        child = [sys.executable, str(Path(__file__).with_name("child.py")), kind, str(COUNT), str(SEED)]
        return subprocess.run(child, env=environment, capture_output=True, text=True, encoding="utf-8")

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        yield {kind: pool.submit(run, kind) for kind in KINDS}


@pytest.mark.fuzz
@pytest.mark.parametrize("kind", KINDS)
def test_no_damaged_file_does_harm(runs: Runs, kind: str) -> None:
    ran = runs[kind].result()
    *wrong, last = [json.loads(line) for line in ran.stdout.splitlines()] or [{}]
    assert not wrong, json.dumps(wrong[:5], indent=1)
    assert last == {"done": COUNT}, ran.stderr[-3000:]  # the traceback of a hang, or of a crash of the interpreter
