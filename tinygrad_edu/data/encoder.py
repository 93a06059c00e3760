"""From the columns of a table to the inputs of a network: gaps filled, words as one-hot inputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..checks import did_you_mean
from ..errors import DataError, StateError
from ..storage.schema import Mismatch, boolean, finite, list_of, optional, record, text
from .columns import Array, Column, Columns
from .table import MOST_COLUMNS, listed


@dataclass(frozen=True)
class Feature:
    """What was learned of a column from the training rows.

    Attributes:
        fill: what stands in for a missing value: the median, or the commonest word; None where there was no value.
        words: those that become an input each, in the order of the alphabet; None for a column of numbers.
    """

    name: str
    fill: float | str | None = None
    words: tuple[str, ...] | None = None

    @classmethod
    def fit(cls, column: Column) -> Feature:
        if column.kind == "number":
            known = column.values[~np.isnan(column.values)]
            return cls(column.name, float(np.median(known)) if len(known) else None)
        counts = Counter(word for word in column.values if word is not None)
        commonest = min(counts, key=lambda word: (-counts[word], word)) if counts else None
        return cls(column.name, commonest, tuple(sorted(counts)))

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of its inputs."""
        return (self.name,) if self.words is None else tuple(f"{self.name}={word}" for word in self.words)

    def encode(self, values: Array) -> Array:
        """Its inputs, shape (rows, inputs). A word that is none of `words` is 0 in all of them."""
        if self.words is None:
            numbers = values.astype(np.float64)
            return np.where(np.isnan(numbers), self.fill or 0.0, numbers)[:, None]
        place = {word: k for k, word in enumerate(self.words)}
        found = np.zeros((len(values), len(self.words)))
        for row, word in enumerate(values):
            k = place.get(str(self.fill) if word is None else word)
            if k is not None:
                found[row, k] = 1.0
        return found


@dataclass(frozen=True)
class Encoder:
    """What was learned of all columns from the training rows, and how to find the columns in another file.

    Attributes:
        features: in the order of the inputs.
        columns: all columns of the file, in their order; `target` is one of them.
        header: whether the file named them.
    """

    features: tuple[Feature, ...]
    columns: tuple[str, ...] = ()
    target: str = ""
    header: bool = True

    @classmethod
    def fit(cls, columns: Columns) -> Encoder:
        """Medians, commonest words and categories of some rows: of the training part, and of no others."""
        return cls(tuple(map(Feature.fit, columns.inputs)), columns.names, columns.target, columns.has_header)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns that it reads."""
        return tuple(feature.name for feature in self.features)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the inputs that it makes."""
        return tuple(name for feature in self.features for name in feature.inputs)

    def check(self, source: str, usable: Iterable[str], names: Iterable[str]) -> None:
        """Raise DataError where a file, which has columns of these names, lacks one that it reads."""
        missing = [name for name in self.names if name not in {*usable}]
        if missing:
            raise DataError(
                f"{source} has no column {listed(map(repr, missing))}, which the network was trained on"
                f"{did_you_mean(missing[0], names)} (it has: {listed(names, MOST_COLUMNS)})"
            )

    def encode(self, columns: Sequence[Column]) -> Array:
        """The inputs of a network, shape (rows, inputs), from columns in the order of `features`."""
        pairs = zip(self.features, columns, strict=True)
        return np.hstack([feature.encode(column.values) for feature, column in pairs])

    def state(self) -> dict[str, Any]:
        """All of it in JSON's terms."""
        features = [
            {"name": each.name, "fill": each.fill, "words": None if each.words is None else list(each.words)}
            for each in self.features
        ]
        return {"features": features, "columns": [*self.columns], "target": self.target, "header": self.header}

    @classmethod
    def from_state(cls, state: Any) -> Encoder:
        """What `state()` gave.

        Raises:
            StateError: it is something else.
        """
        try:
            known = _STATE(state)
            features = tuple(map(_feature, known["features"]))
            if not features or len({feature.name for feature in features}) < len(features):
                raise Mismatch("should have features of different names", ("features",))
        except Mismatch as mismatch:
            raise StateError(f"the state of the encoder is damaged: {mismatch}") from None
        return cls(features, tuple(known["columns"]), known["target"], known["header"])


def _feature(state: Mapping[str, Any]) -> Feature:
    words, fill = state["words"], state["fill"]
    if words is None:
        return Feature(state["name"], None if fill is None else finite(fill))
    return Feature(state["name"], None if fill is None else text(fill), tuple(words))


def _any_fill(value: Any) -> Any:
    return value if isinstance(value, str) else finite(value)


_FEATURE = record({"name": text, "fill": optional(_any_fill), "words": optional(list_of(text))})
_STATE = record({"features": list_of(_FEATURE), "columns": list_of(text), "target": text, "header": boolean})
