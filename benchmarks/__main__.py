"""Print what tinygrad-edu holds itself to, as ratios measured side by side: `python -m benchmarks [PART ...]`.

The parts are scalar, tensors, training, start, traces, landscapes and screen. micrograd and scikit-learn must be
installed (dependency group `bench`); PyTorch is compared with if it is (group `oracle`).
"""

from __future__ import annotations

import sys

from . import timing  # noqa: F401  (sets one thread before anything loads NumPy)

FASTER = {"micrograd"}  # of these ratios more is better; of all others less


def main() -> int:
    from . import landscapes, scalar, screen, start, tensors, traces, training

    parts = {"scalar": scalar, "tensors": tensors, "training": training, "start": start, "traces": traces}
    parts |= {"landscapes": landscapes, "screen": screen}
    asked = sys.argv[1:]
    if not set(asked) <= set(parts):
        sys.exit(str(__doc__))
    failed = 0
    print(f"{'work':46} {'against':26} {'measured':>9} {'hold':>8}")
    for name in asked or parts:
        for work, against, measured, hold in parts[name].rows():
            more = against in FASTER
            missed = hold is not None and (measured < hold if more else measured > hold)
            failed += missed
            bound = "" if hold is None else f"{'≥' if more else '≤'} {hold:g}"
            print(f"{work:46} {against:26} {measured:9.3g} {bound:>8}{'  missed' if missed else ''}", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
