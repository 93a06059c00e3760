"""25 tutors that are killed at random moments: what was done stays done, and the next one goes on."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time

import pytest

from tinygrad_edu_cli.main import main
from tinygrad_edu_tutorials import library
from tinygrad_edu_tutorials.learning.workspace import NAME

COMMANDS = (["next"], ["answer", "ways", "5"], ["check", "pass_on"], ["hint", "walk"], ["read", "8", "5"])


@pytest.mark.fuzz
def test_kills_lose_nothing(tmp_path, monkeypatch):
    rng = random.Random(0)
    root = tmp_path / "work"
    assert main(["tutorial", "start", str(root)]) == 0
    monkeypatch.chdir(root)
    assert main(["tutorial", "read", "8", "5"]) == 0
    solved = library.lesson("08-backprop", "en").one("program", "pass_on").text
    (root / "08-backprop" / "pass_on.py").write_text(solved)
    assert main(["tutorial", "check", "pass_on"]) == 0
    program = [sys.executable, "-P", "-m", "tinygrad_edu_cli", "tutorial"]
    for _ in range(25):
        tutor = subprocess.Popen(
            [*program, *rng.choice(COMMANDS)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(rng.uniform(0.0, 0.5))  # the moment is what is random
        tutor.kill()
        tutor.wait()
        state = json.loads((root / NAME).read_text())
        assert state["done"] == ["08-backprop/pass_on"] and state["lesson"] == "08-backprop"
        assert (root / "08-backprop" / "pass_on.py").read_text() == solved
        for stub in (root / "08-backprop").glob("[!.]*.py"):
            assert compile(stub.read_text(), str(stub), "exec") and stub.stat().st_size
    for left in root.rglob(".*.tmp*"):
        os.utime(left, (1, 1))
    assert main(["tutorial", "next"]) == 0
    assert not list(root.rglob(".*.tmp*")) and {path.name for path in tmp_path.iterdir()} == {"work"}
