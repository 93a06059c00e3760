"""Thousands of damaged files of each kind, through the command line: an answer, one sentence, and no more memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

KINDS = ("traces", "courses", "checkpoints", "metrics", "safetensors", "tables", "images")
COUNT, SEED = 2000, 0


@pytest.mark.fuzz
@pytest.mark.parametrize("kind", KINDS)
def test_no_damaged_file_does_harm(kind: str) -> None:
    """In a process of its own, whose memory is limited; `pytest -n auto` has them run at once."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONIOENCODING": "utf-8"}
    child = [sys.executable, str(Path(__file__).with_name("child.py")), kind, str(COUNT), str(SEED)]
    ran = subprocess.run(child, env=environment, capture_output=True, text=True, encoding="utf-8")
    *wrong, last = [json.loads(line) for line in ran.stdout.splitlines()] or [{}]
    assert not wrong, json.dumps(wrong[:5], indent=1)
    assert last == {"done": COUNT}, ran.stderr[-3000:]  # the traceback of a hang, or of a crash of the interpreter
