"""The real CuPy on an emulated device.

    python -m tests.emulator build              builds it into the cache, unless it is there
    python -m tests.emulator test [OPTIONS]     builds it, and runs `pytest -m "gpu or emulator" OPTIONS` on it
    python -m tests.emulator steps [--json]     builds it, and prints what training steps ask of it, and how long that
                                                takes the host

Exit status: 0 done, 1 a test failed, 2 wrong usage, 3 something is missing to build it, and what.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

from . import building, steps
from .activating import VARIABLE

DONE, USAGE, MISSING = 0, 2, 3


def main(arguments: list[str]) -> int:
    command, options = arguments[:1], arguments[1:]
    if command not in (["build"], ["test"], ["steps"]) or (
        options and command != ["test"] and [*command, *options] != ["steps", "--json"]
    ):
        print(__doc__, file=sys.stderr)
        return USAGE
    try:
        place = building.folder()
        begun, there = time.monotonic(), building.is_built(place)
        building.build(place)
    except building.Missing as error:
        print(f"the emulated device cannot be built: {error}", file=sys.stderr)
        return MISSING
    print(f"{place}: " + ("is there" if there else f"built in {time.monotonic() - begun:.0f} s"), file=sys.stderr)
    if command == ["build"]:
        return DONE
    if command == ["steps"]:
        return steps.main(as_json=bool(options))
    tests = [sys.executable, "-m", "pytest", "-m", "gpu or emulator", *options]
    return subprocess.run(tests, env=os.environ | {VARIABLE: "1", "TINYGRAD_EDU_REQUIRE_GPU": "1"}).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
