"""How long `import tinygrad_edu` takes, against `import numpy`."""

from __future__ import annotations

import statistics
import subprocess
import sys

from .timing import Row

TIMED = "import {}, time; print(time.process_time())"  # of the whole process


def rows(quick: bool = False) -> list[Row]:
    """Seconds of `python -c "import ..."`, in fresh processes that take turns; the first makes the bytecode."""
    times: dict[str, list[float]] = {"numpy": [], "tinygrad_edu": []}
    for turn in range(4 if quick else 16):
        for name, taken in times.items():
            call = [sys.executable, "-c", TIMED.format(name)]
            seconds = float(subprocess.run(call, check=True, capture_output=True, text=True).stdout)
            if turn:
                taken.append(seconds)
    ours, numpy = statistics.median(times["tinygrad_edu"]), statistics.median(times["numpy"])
    return [("import tinygrad_edu", "import numpy", ours / numpy, 1.2)]
