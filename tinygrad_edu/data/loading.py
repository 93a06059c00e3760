"""load: every data set by its name."""

from __future__ import annotations

from ..errors import ArgumentError
from .arguments import did_you_mean
from .dataset import Dataset
from .real import REAL, read_real
from .toys import TOYS, make_toy

NAMES = (*TOYS, *REAL)


def names() -> tuple[str, ...]:
    """The names that `load` knows."""
    return NAMES


def load(name: str, n: int | None = None, noise: float | None = None, seed: int = 0) -> Dataset:
    """A data set by its name.

    Args:
        name: one of `tg.data.NAMES`.
        n: the number of rows. Toy sets are made of that size; of real sets n rows are chosen by chance, of each class
            in proportion. If left out: a good size for the toy set, all rows of the real one.
        noise: toy sets only: the standard deviation of what is added to the formula.
        seed: the same seed gives the same numbers.

    Raises:
        ArgumentError: an unknown name, n too small or too large, a negative noise, noise for a real set.
        DataError: scikit-learn, which brings the real sets, is not installed.
    """
    if name in TOYS:
        return make_toy(name, n, noise, seed)
    if name not in NAMES:
        csv = "; read a file with tg.data.read_csv" if str(name).lower().endswith((".csv", ".tsv")) else ""
        raise ArgumentError(
            f"unknown data set {name!r}{did_you_mean(str(name), NAMES)}{csv} (known: {', '.join(NAMES)})"
        )
    if noise is not None:
        raise ArgumentError(f"{name} is measured, so it takes no noise: noise is for toy sets ({', '.join(TOYS)})")
    dataset = read_real(name)
    return dataset if n is None else dataset.take(n, seed)
