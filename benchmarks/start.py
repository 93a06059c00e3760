"""How long `import tinygrad_edu` takes, against `import numpy`."""

from __future__ import annotations

import subprocess
import sys

from .timing import Row, interleaved


def rows() -> list[Row]:
    def starts(code: str) -> None:
        subprocess.run([sys.executable, "-c", code], check=True)

    ours, numpy = interleaved(lambda: starts("import tinygrad_edu"), lambda: starts("import numpy"), rounds=15)
    return [("import tinygrad_edu", "import numpy", ours / numpy, 1.3)]
