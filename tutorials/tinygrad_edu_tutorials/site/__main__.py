"""Build the site: python -m tinygrad_edu_tutorials.site OUT

Lessons in English, with guides, gallery and API, into OUT; lessons in German into OUT/de. Open OUT/index.html: no
server is needed. A checkout is, as guides and pictures lie there.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from ..reading.lesson import LessonError

PARTS = ("sphinx", "myst_parser", "furo")
INSTALL = "pip install '.[data,plots]' --group site"


def main(arguments: Sequence[str]) -> int:
    """Build it; gives the exit code: 0 built, 1 warnings, 2 wrong usage, 3 a piece is missing, 4 a file cannot be
    read or written."""
    if "--help" in arguments or "-h" in arguments or len(arguments) != 1 or arguments[0].startswith("-"):
        print(__doc__)
        return 0 if {"--help", "-h"} & set(arguments) else 2
    if missing := [part for part in PARTS if find_spec(part) is None]:
        print(f"error: the site needs {', '.join(missing)}\n  {INSTALL}", file=sys.stderr)
        return 3
    from .building import build
    from .sources import ROOT

    if not (ROOT / "docs").is_dir():
        print(f"error: there are no guides in {ROOT}\n  the site is built in a checkout", file=sys.stderr)
        return 3
    began, out = time.monotonic(), Path(arguments[0])
    try:
        complaints = build(out)
    except LessonError as error:
        print(f"error: {error}", file=sys.stderr)
        return 4
    except OSError as error:
        print(f"error: {error.filename or out}: {error.strerror or error}", file=sys.stderr)
        return 4
    print("".join(complaints), end="", file=sys.stderr)
    print(f"{out / 'index.html'}: {len(list(out.rglob('*.html')))} pages in {time.monotonic() - began:.1f} s")
    return int(bool(complaints))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
