"""Where random numbers come from: initial weights, shuffles and noise are drawn on the host, by NumPy."""

from __future__ import annotations

import numpy as np

_default: np.random.Generator | None = None  # made when it is first asked for: numpy.random is slow to import


def seed(n: int) -> None:
    """Start the default generator anew, so that what is drawn from now on is the same in each run."""
    global _default
    _default = np.random.default_rng(n)


def generator(rng: np.random.Generator | int | None = None) -> np.random.Generator:
    """A generator: the one given, a new one from a seed, or the default one that `tg.seed()` sets."""
    global _default
    if rng is None:
        if _default is None:
            _default = np.random.default_rng()
        return _default
    return rng if isinstance(rng, np.random.Generator) else np.random.default_rng(rng)


__all__ = ["generator", "seed"]
