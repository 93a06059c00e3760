"""What a training step asks of a GPU, counted on the emulated one, and how long the host takes to ask, where launches
are free. That device is built first, which takes a minute; where it cannot be, there are no rows."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from .timing import Row

STEP = "Adam step, 784-256-10, batch 128"


def rows() -> list[Row]:
    """Of steps that are recorded anew, compiled, and captured as a CUDA graph."""
    call = [sys.executable, "-m", "tests.emulator", "steps", "--json"]
    done = subprocess.run(call, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1])
    if done.returncode:  # it has said why
        return []
    found = json.loads(done.stdout)
    fused, compiled, captured = (found[f"ours, {way}"] for way in ("fused", "compiled", "captured"))
    asked = [step[name] for step in (fused, compiled, captured) for name in ("waits", "uploads", "mallocs")]
    return [
        (f"launches: {STEP}", "", fused["launches"], 14),
        ("the same, compiled", "", compiled["launches"], 12),
        ("waits, uploads and mallocs of both, and captured", "", sum(asked), 0),
        ("host time, compiled", "recorded anew", compiled["seconds"] / fused["seconds"], 1 / 8),
        ("host time, captured as a CUDA graph", "recorded anew", captured["seconds"] / fused["seconds"], 1 / 8),
    ]
