"""Print what tinygrad-edu holds itself to, as ratios measured side by side:

    python -m benchmarks [--quick] [--json FILE] [PART ...]

The parts are scalar, tensors, training, growth, start, launches, traces, landscapes, screen and pages; without any, all
but the last. micrograd and scikit-learn must be installed (dependency group `bench`); JAX is compared with if it is
(the same group), and PyTorch (group `oracle`); launches are counted with CuPy (group `cupy`) on an emulated GPU.

`--quick` takes the first five, with few rounds, and fails only where a measure is twice as bad as its hold. The exit
status is 1 if a hold is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from pathlib import Path

from . import timing  # noqa: F401  (sets one thread before anything loads NumPy)

FASTER = {"micrograd"}  # of these ratios more is better; of all others less
QUICK = "scalar", "tensors", "training", "growth", "start"


def main() -> int:
    from . import growth, landscapes, launches, pages, scalar, screen, start, tensors, traces, training

    parts = {"scalar": scalar, "tensors": tensors, "training": training, "growth": growth, "start": start}
    parts |= {"launches": launches, "traces": traces, "landscapes": landscapes, "screen": screen, "pages": pages}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", type=Path, metavar="FILE")
    asked = parser.parse_args()
    if unknown := sorted(set(asked.parts) - set(parts)):
        parser.error(f"there is no part {unknown[0]!r}: {', '.join(parts)}")
    found, failed = [], 0
    print(f"{'work':46} {'against':26} {'measured':>9} {'hold':>8}")
    for name in asked.parts or (QUICK if asked.quick else [part for part in parts if part != "pages"]):
        for work, against, measured, hold in parts[name].rows(asked.quick) if name in QUICK else parts[name].rows():
            more = against in FASTER
            ratio = 0.0 if hold is None else (hold / measured if more else measured / hold if hold else measured + 1)
            missed, failing = ratio > 1, ratio > (2 if asked.quick else 1)
            failed += failing
            bound = "" if hold is None else f"{'≥' if more else '≤'} {hold:g}"
            verdict = "  TWICE AS BAD" if failing and asked.quick else "  missed" if missed else ""
            print(f"{work:46} {against:26} {measured:9.3g} {bound:>8}{verdict}", flush=True)
            found.append({"part": name, "work": work, "against": against, "measured": measured, "hold": hold})
            found[-1] |= {"more is better": more, "missed": missed}
    if asked.json is not None:
        machine = {"python": platform.python_version(), "machine": platform.machine(), "cores": os.cpu_count()}
        asked.json.write_text(json.dumps({**machine, "rows": found}, indent=1) + "\n", encoding="utf-8")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
