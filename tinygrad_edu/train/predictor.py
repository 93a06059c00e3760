"""save and load: a network with all that is needed to use it, so that it takes raw rows and answers in words."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from ..checks import is_within
from ..data.dataset import Dataset
from ..data.encoder import Encoder, Feature
from ..data.loading import NAMES
from ..data.rows import encode_rows, rows_of
from ..data.standardizer import Standardizer
from ..errors import ArgumentError, StateError
from ..graph.modes import no_grad
from ..nn import Dense, Dropout, Module, Sequential, mlp
from ..nn.activations import ACTIVATIONS
from ..storage.documents import reading
from ..storage.schema import Mismatch, expected, list_of, located, one_of, optional, record, text, whole
from ..tensors.tensor import Tensor
from .metrics import VALIDATION_ROWS
from .model_file import check_order, load_model, read_meta, save_model
from .targets import OF_NUMBERS, Objective

Array = np.ndarray[Any, Any]
WITHOUT_PROBABILITIES = (*OF_NUMBERS, "hinge")
MOST_UNITS = 1_000_000


def save(
    model: Sequential,
    path: str | Path,
    data: Dataset | None = None,
    *,
    standardizer: Standardizer | None = None,
    loss: str | None = None,
    meta: dict[str, Any] | None = None,
) -> None:
    """Write a network into a safetensors file, with all that `load` needs to use it.

    Args:
        model: as `tg.nn.mlp` makes it.
        data: the training part: its names, its classes, and what was learned to fill its gaps.
        standardizer: that the data was standardized with.
        loss: the name of the loss that it was trained with; what its outputs mean. If left out: that of its task.
        meta: more to be kept in the file: anything that JSON can hold, and arrays.

    Raises:
        ArgumentError: a network of other layers: save it with `tg.train.save_model`, and load it into one that you
            have built. Path and model in the wrong order.
        OSError: the file cannot be written.
    """
    check_order("tg.save(model, path)", path, model)
    sizes, activation, dropout = _as_mlp(model)
    about: dict[str, Any] = {"net": sizes, "activation": activation, "dropout": dropout, "loss": loss}
    if data is not None:
        about |= {"task": data.task, "feature_names": [*data.feature_names], "target_names": [*data.target_names]}
        about["encoder"] = data.encoder.state() if data.encoder else None
    about["standardizer"] = standardizer.state() if standardizer else None
    save_model(path, model, {**about, **(meta or {})})


def load(path: str | Path) -> Predictor:
    """The network of a file that `save`, or `tinygrad-edu train --save`, has written, ready to predict.

    Raises:
        FileNotFoundError: there is no such file.
        StateError: it is damaged, of a newer version, or does not say how the network is built.
        ArgumentError: the name of a data set.
    """
    if path in NAMES and not Path(path).exists():
        raise ArgumentError(
            f"tg.load reads the file of a saved network; a data set is loaded by tg.data.load({path!r})"
        )
    path = Path(path)
    meta = read_meta(path)
    with reading(path, StateError), located("meta"):
        known = _META({name: value for name, value in meta.items() if name in _FIELDS})
        if not known.get("net"):
            raise Mismatch(
                "does not say how the network is built: build it, and give it the weights with tg.train.load_model"
            )
        try:
            encoder = Encoder.from_state(meta["encoder"]) if meta.get("encoder") else None
            standardizer = Standardizer.from_state(meta["standardizer"]) if meta.get("standardizer") else None
        except StateError as error:
            raise Mismatch(str(error)) from None
        net = known["net"]
        names = known.get("feature_names") or [f"x{k}" for k in range(1, net[0] + 1)]
        encoder = encoder or Encoder(tuple(map(Feature, names)))
        task = known.get("task") or ("regression" if known.get("loss") in OF_NUMBERS else "classification")
        targets = tuple(known.get("target_names") or ())
        if not targets:
            targets = ("y",) if task == "regression" else tuple(map(str, range(max(net[-1], 2))))
        _check_sizes(net, encoder, standardizer, task, targets)
    model = mlp(net, known.get("activation", "relu"), known.get("dropout") or 0.0, rng=0)
    load_model(path, model)
    loss = known.get("loss") or _usual_loss(task, net[-1])
    return Predictor(model.eval(), task, targets, encoder, standardizer, loss, known.get("data") or "")


@dataclass(frozen=True, eq=False)
class Predictor:
    """A trained network that takes raw rows, as they are in a file or in a DataFrame, and answers in words and units.

    Attributes:
        target_names: the names of the classes; of a regression, the name of its target.
        encoder: which columns it reads, and what fills their gaps.
        loss: the name of the loss that it was trained with.
        data: the name of the data, or the file, that it was trained on; "" if nobody knows.
    """

    model: Sequential
    task: str
    target_names: tuple[str, ...]
    encoder: Encoder
    standardizer: Standardizer | None
    loss: str
    data: str = ""

    def predict(self, x: Any) -> Array:
        """The answer for each row: the name of a class (a number, where all classes are whole numbers), or a number.

        Args:
            x: a list of rows, in the order of the columns in the training, or of dictionaries; an array, a tensor, a
                DataFrame (columns are found by their names, in whatever order) or a Dataset.

        Raises:
            DataError, ShapeError: rows that do not fit; the message says which columns are wanted.
        """
        return self.answers(self.outputs(self._encoded(x)))

    def predict_proba(self, x: Any) -> Array:
        """The probability of each class, shape (rows, classes), in the order of `target_names`.

        Raises:
            ArgumentError: it predicts numbers, or was trained with a loss whose outputs are no probabilities.
            DataError, ShapeError: see `predict`.
        """
        self.check_probabilities()
        return self.probabilities(self.outputs(self._encoded(x)))

    @property
    def classes(self) -> Array:
        """What `predict` answers with: the names of the classes, as whole numbers where all of them are."""
        if all(name.removeprefix("-").isdecimal() and str(int(name)) == name for name in self.target_names):
            return np.array([int(name) for name in self.target_names])
        return np.array(self.target_names)

    @property
    def has_probabilities(self) -> bool:
        return self.task == "classification" and self.loss not in WITHOUT_PROBABILITIES

    def check_probabilities(self) -> None:
        if self.has_probabilities:
            return
        if self.task == "regression":
            raise ArgumentError(f"the network predicts a number, {self.target_names[0]}, and no classes: use predict")
        raise ArgumentError(
            f"the network was trained with the loss {self.loss}, whose outputs are no probabilities: train it with "
            "binary_cross_entropy or cross_entropy"
        )

    def outputs(self, x: Array) -> Array:
        """What the network computes from encoded inputs, shape (rows, outputs)."""
        if self.standardizer is not None:
            x = (x - self.standardizer.mean) / self.standardizer.scale
        dtype = next(iter(self.model.parameters())).dtype
        starts = range(0, max(len(x), 1), VALIDATION_ROWS)
        with no_grad():
            parts = [self.model(Tensor(x[k : k + VALIDATION_ROWS].astype(dtype))).numpy() for k in starts]
        return np.concatenate(parts).astype(np.float64)

    def labels(self, outputs: Array) -> Array:
        """The index of the class for each row of outputs."""
        return Objective.of(self.loss).labels(outputs)

    def answers(self, outputs: Array) -> Array:
        """Outputs as `predict` gives them."""
        if self.task == "classification":
            return self.classes[self.labels(outputs)]
        return outputs[:, 0] if self.standardizer is None else self.standardizer.restore(outputs[:, 0])

    def probabilities(self, outputs: Array) -> Array:
        """Outputs as `predict_proba` gives them."""
        return Objective.of(self.loss).shares(outputs)

    def _encoded(self, x: Any) -> Array:
        inputs, _, new = encode_rows(rows_of(x, self.encoder), self.encoder)
        for sentence in new:
            warnings.warn(sentence, stacklevel=3)
        return inputs

    def __repr__(self) -> str:
        what = ", ".join(self.target_names[:8]) + (", ..." if len(self.target_names) > 8 else "")
        return f"Predictor({', '.join(self.encoder.names[:8])}{', ...' * (len(self.encoder.names) > 8)} -> {what})"


def _usual_loss(task: str, outputs: int) -> str:
    if task == "regression":
        return "mse"
    return "binary_cross_entropy" if outputs == 1 else "cross_entropy"


def _as_mlp(model: Module) -> tuple[list[int], str | None, float]:
    """Sizes, activation and dropout with which `mlp` makes such a network.

    Raises:
        ArgumentError: it does not.
    """
    layers = list(model) if isinstance(model, Sequential) else []
    dense = [layer for layer in layers if isinstance(layer, Dense)]
    drops = [layer for layer in layers if isinstance(layer, Dropout)]
    if dense:
        sizes = [dense[0].in_features, *(layer.out_features for layer in dense)]
        activation, dropout = dense[0].activation if len(dense) > 1 else None, drops[0].p if drops else 0.0
        if activation is None or isinstance(activation, str):
            made = mlp(sizes, activation, dropout)
            if [*map(repr, made)] == [*map(repr, layers)] and made.state_dict().keys() == model.state_dict().keys():
                return sizes, activation, dropout
    raise ArgumentError(
        "tg.save keeps networks as tg.nn.mlp makes them: dense layers with one activation, given by its name, and the "
        "same dropout behind each. Another one is saved with tg.train.save_model(path, model), and its weights are "
        "given to a network that you have built: tg.train.load_model(path, model)"
    )


def _check_sizes(
    net: list[int], encoder: Encoder, standardizer: Standardizer | None, task: str, targets: tuple[str, ...]
) -> None:
    """Refuse a file whose parts are of different networks."""
    inputs = len(encoder.inputs)
    if inputs != net[0]:
        raise Mismatch(f"has {net[0]} inputs, and there are {inputs} features for them", ("net",))
    if standardizer is not None and len(standardizer.mean) != inputs:
        raise Mismatch(f"is of {len(standardizer.mean)} features, and the network has {inputs}", ("standardizer",))
    wanted = {1} if task == "regression" else {1, 2} if len(targets) == 2 else {max(len(targets), 3)}
    if net[-1] not in wanted or (task == "regression" and len(targets) > 1):
        raise Mismatch(f"has {net[-1]} outputs, and there are {len(targets)} target names for a {task}", ("net",))


def _net(value: Any) -> list[int]:
    sizes = list_of(whole(1, MOST_UNITS))(value)
    if len(sizes) < 2:
        raise expected("a list of two numbers or more", value)
    if sum((n + 1) * m for n, m in pairwise(sizes)) > 1 << 31:
        raise Mismatch("has more weights than a network that can be saved")
    return sizes


def _share(value: Any) -> float:
    if not is_within(value, 0, 1):
        raise expected("a number from 0 to 1", value)
    return float(value)


_FIELDS = {
    "net": optional(_net),
    "activation": optional(one_of(*ACTIVATIONS)),
    "dropout": optional(_share),
    "loss": optional(one_of("binary_cross_entropy", "cross_entropy", "hinge", *OF_NUMBERS)),
    "task": optional(one_of("classification", "regression")),
    "feature_names": optional(list_of(text)),
    "target_names": optional(list_of(text)),
    "data": optional(text),
}
_META = record({}, may_lack=_FIELDS)
