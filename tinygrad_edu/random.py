"""Where random numbers come from: initial weights, shuffles and noise are drawn on the host, by NumPy."""

from __future__ import annotations

import numpy as np

from .checks import whole_number

_default: np.random.Generator | None = None  # made when it is first asked for: numpy.random is slow to import


def seed(n: int) -> None:
    """Start the default generator anew, so that what is drawn from now on is the same in each run.

    Raises:
        ArgumentError: n is no whole number, or negative.
    """
    global _default
    _default = _started(n)


def generator(rng: np.random.Generator | int | None = None) -> np.random.Generator:
    """A generator: the one given, a new one from a seed, or the default one that `tg.seed()` sets.

    Raises:
        ArgumentError: a seed that is no whole number, or negative.
    """
    global _default
    if rng is None:
        if _default is None:
            _default = np.random.default_rng()
        return _default
    return rng if isinstance(rng, np.random.Generator) else _started(rng)


def _started(seed: int) -> np.random.Generator:
    return np.random.default_rng(whole_number("seed", seed, 0))


__all__ = ["generator", "seed"]
