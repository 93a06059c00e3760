"""What became of each column of a file, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from .columns import Column
from .dataset import Dataset
from .encoder import Encoder, Feature
from .table import cut, listed

MOST_WORDS = 6  # that a line lists
PLAIN = "a number"


def account(dataset: Dataset, encoder: Encoder | None = None) -> Iterator[tuple[str, str]]:
    """What became of the columns of a file: pairs of a name and a sentence; nothing for data that is of no file.

    Args:
        dataset: the whole file, as `read_csv` gives it.
        encoder: the one that was fitted on the training part; the data set's own if left out.
    """
    columns, encoder = dataset.columns, encoder or dataset.encoder
    if columns is None or encoder is None:
        return
    if columns.remarks:
        yield "the file", "; ".join(columns.remarks)
    inputs = {column.name: column for column in columns.inputs}
    features = {feature.name: feature for feature in encoder.features}
    left_out = {column.name: f"left out: {column.remark}" for column in columns.left_out}
    said = {name: _described(inputs[name], feature) for name, feature in features.items()}
    plain = [name for name in columns.names if said.get(name) == PLAIN]
    for name in columns.names:
        if name == columns.target:
            classes = f"classes: {listed(dataset.target_names, MOST_WORDS)}" if dataset.classes else PLAIN
            yield cut(name), "; ".join([f"the target, {classes}", *_alike(dataset.target_names)])
        elif name not in plain:
            yield cut(name), said.get(name) or left_out.get(name, "not used: the network was trained without it")
        elif name == plain[0]:
            yield listed(plain), PLAIN if len(plain) == 1 else "numbers"


def _described(column: Column, feature: Feature) -> str:
    if feature.words is None:
        missing, kind = int(np.isnan(column.values).sum()), PLAIN
        stand_in = f"the median, {feature.fill or 0:.6g}"
    else:
        missing = sum(word is None for word in column.values)
        inputs = len(feature.words)
        kind = f"words, {inputs} input{'s' * (inputs != 1)}: {listed(feature.words, MOST_WORDS)}"
        stand_in = f"the commonest, {cut(str(feature.fill))}"
    said = [kind, *filter(None, [column.remark]), *_alike(feature.words or ())]
    if missing:
        said.append(f"{missing:,} missing, filled with {stand_in}")
    return "; ".join(said)


def _alike(words: Sequence[str]) -> list[str]:
    """What is said of words that may be one, in two spellings: "yes" and "Yes"."""
    spellings = Counter(word.casefold() for word in words)
    names = [word for word in words if spellings[word.casefold()] > 1]
    return [f"some differ in upper and lower case alone: {listed(names, MOST_WORDS)}"] if names else []
