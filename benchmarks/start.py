"""How long `import tinygrad_edu` takes, against `import numpy`."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile

from .timing import Row

TIMED = "import {}, time; print(time.process_time())"  # of the whole process


def rows(quick: bool = False) -> list[Row]:
    """Seconds of `python -c "import ..."`, in fresh processes that take turns; the first makes the bytecode.

    It does so in a folder of its own: where PYTHONDONTWRITEBYTECODE is set, there may be none of ours beside the files.
    """
    times: dict[str, list[float]] = {"numpy": [], "tinygrad_edu": []}
    with tempfile.TemporaryDirectory() as folder:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = folder
        for turn in range(4 if quick else 16):
            for name, taken in times.items():
                call = [sys.executable, "-c", TIMED.format(name)]
                done = subprocess.run(call, check=True, capture_output=True, text=True, env=environment)
                if turn:
                    taken.append(float(done.stdout))
    ours, numpy = statistics.median(times["tinygrad_edu"]), statistics.median(times["numpy"])
    return [("import tinygrad_edu", "import numpy", ours / numpy, 1.2)]
