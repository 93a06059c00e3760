"""Real sets that scikit-learn carries with it: measured by people, small, and known to everybody."""

from __future__ import annotations

from .dataset import Dataset
from .download import require

REAL = ("digits", "iris", "breast_cancer", "diabetes")


def read_real(name: str) -> Dataset:
    """A set of scikit-learn's, with its numbers as they are.

    - digits: 1797 images of handwritten digits, 8 × 8 pixels from 0 to 16, 10 classes (Alpaydin & Kaynak 1998)
    - iris: 150 flowers, 4 lengths in cm, 3 species (Fisher 1936)
    - breast_cancer: 569 tumours, 30 measures of their cells, malignant or benign (Wolberg, Street & Mangasarian 1993)
    - diabetes: 442 patients, 10 measures, already centred; the progression of the disease after a year, a number from
      25 to 346 (Efron et al. 2004)

    Raises:
        DataError: scikit-learn is not installed.
    """
    bunch = getattr(require("sklearn.datasets", "scikit-learn", f"the data set {name!r}"), f"load_{name}")()
    features, targets = tuple(map(str, bunch.feature_names)), ("disease progression",)
    if name == "diabetes":
        return Dataset(bunch.data, bunch.target, name, "regression", features, targets)
    return Dataset(bunch.data, bunch.target, name, "classification", features, tuple(map(str, bunch.target_names)))
