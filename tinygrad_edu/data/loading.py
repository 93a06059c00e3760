"""load: every data set by its name."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from ..checks import did_you_mean
from ..errors import ArgumentError
from .dataset import Dataset
from .download import require
from .mnist import SOURCES, Part, read_mnist
from .toys import TOYS, make_toy

REAL = ("digits", "iris", "breast_cancer", "diabetes")  # which scikit-learn carries with it
NAMES = (*TOYS, *REAL, *SOURCES)


def names() -> tuple[str, ...]:
    """The names that `load` knows."""
    return NAMES


def load(
    name: str,
    n: int | None = None,
    noise: float | None = None,
    seed: int = 0,
    *,
    part: Part = "train",
    folder: str | Path | None = None,
) -> Dataset:
    """A data set by its name.

    Args:
        name: one of `tg.data.NAMES`.
        n: the number of rows. Toy sets are made of that size; of real sets n rows are chosen by chance, of each class
            in proportion. If left out: a good size for the toy set, all rows of the real one.
        noise: toy sets only: the standard deviation of what is added to the formula.
        seed: the same seed gives the same numbers.
        part, folder: mnist and fashion_mnist only: "train" or "test", and where the files are (see `read_mnist`).
    Raises:
        ArgumentError: an unknown name, n too small or too large, a negative noise, an argument for another kind of set.
        DataError: an optional package is not installed, or a file cannot be had or used.
    """
    if name not in NAMES:
        csv = "; read a file with tg.data.read_csv" if str(name).lower().endswith((".csv", ".tsv")) else ""
        raise ArgumentError(
            f"unknown data set {name!r}{did_you_mean(str(name), NAMES)}{csv} (known: {', '.join(NAMES)})"
        )
    if name not in TOYS and noise is not None:
        raise ArgumentError(f"{name} is measured, so it takes no noise: noise is for toy sets ({', '.join(TOYS)})")
    if name not in SOURCES and (part != "train" or folder is not None):
        raise ArgumentError(f"{name} has neither parts nor files: part and folder are for {' and '.join(SOURCES)}")
    if name in TOYS:
        return make_toy(name, n, noise, seed)
    dataset = read_mnist(name, part, folder) if name in SOURCES else _read_real(name)
    return dataset if n is None else dataset.take(n, seed)


def _read_real(name: str) -> Dataset:
    """A set of scikit-learn's, with its numbers as they are.

    - digits: 1797 images of handwritten digits, 8 × 8 pixels from 0 to 16, 10 classes (Alpaydin & Kaynak 1998)
    - iris: 150 flowers, 4 lengths in cm, 3 species (Fisher 1936)
    - breast_cancer: 569 tumours, 30 measures of their cells, malignant or benign (Wolberg, Street & Mangasarian 1993)
    - diabetes: 442 patients, 10 measures, already centred; the progression of the disease after a year, a number from
      25 to 346 (Efron et al. 2004)

    Raises:
        DataError: scikit-learn is not installed.
    """
    if name == "digits" and (found := _read_digits()) is not None:
        return found
    bunch = getattr(require("sklearn.datasets", "scikit-learn", f"the data set {name!r}"), f"load_{name}")()
    features, targets = tuple(map(str, bunch.feature_names)), ("disease progression",)
    if name == "diabetes":
        return Dataset(bunch.data, bunch.target, name, "regression", features, targets)
    return Dataset(bunch.data, bunch.target, name, "classification", features, tuple(map(str, bunch.target_names)))


def _read_digits() -> Dataset | None:
    """The digits, from their file in scikit-learn; None if it is not where it is known to be.

    Importing the package takes longer than all else until a run begins: most of a second.
    """
    package = find_spec("sklearn")
    file = Path(package.origin or "").with_name("datasets") / "data" / "digits.csv.gz" if package else None
    if file is None or not file.is_file():
        return None
    table = np.loadtxt(file, delimiter=",")
    features = tuple(f"pixel_{row}_{column}" for row in range(8) for column in range(8))
    digits = table[:, -1].astype(int)
    return Dataset(table[:, :-1], digits, "digits", "classification", features, tuple(map(str, range(10))))
