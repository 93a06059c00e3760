"""A trained model as one file: its weights, and a description."""

from __future__ import annotations

import json
from os import PathLike
from pathlib import Path
from typing import Any

from ..errors import ArgumentError, StateError
from ..nn import Module
from ..storage.arrays import Arrays, check_signed, pack, read_arrays, signed, to_bytes, unpack
from ..storage.documents import parse, reading
from ..storage.files import write_atomically
from ..storage.schema import Mismatch, anything, located, mapping

FORMAT = 1
KIND = "tinygrad-edu model"


def save_model(path: str | Path, model: Module, meta: dict[str, Any] | None = None) -> None:
    """Write the state of a model into a safetensors file, whole or not at all; a file that is replaced keeps its mode.

    Args:
        meta: anything that JSON can hold, and arrays: how the model was built, the standardizer's state, class names.
    Raises:
        OSError: the file cannot be written, or is no regular one.
        ArgumentError: path and model in the wrong order.
    """
    check_order("save_model(path, model)", path, model)
    arrays: Arrays = {f"model/{name}": array for name, array in model.state_dict().items()}
    description = signed(KIND, FORMAT, meta=pack(meta or {}, arrays, "meta"))
    write_atomically(Path(path), to_bytes(arrays, {"tinygrad_edu": json.dumps(description, allow_nan=False)}))


def load_model(path: str | Path, model: Module) -> dict[str, Any]:
    """Give a model the weights of a file, and return what else the file says.

    Raises:
        FileNotFoundError: there is no such file.
        StateError: it is truncated, no model of tinygrad-edu, of a newer version, or of another model: then the message
            names the layers and their shapes. Nothing has changed then.
        ArgumentError: path and model in the wrong order.
    """
    check_order("load_model(path, model)", path, model)
    arrays, meta = _read(Path(path))
    state = {name.removeprefix("model/"): array for name, array in arrays.items() if name.startswith("model/")}
    try:
        model.load_state_dict(state)
    except StateError as error:
        raise StateError(f"{path}: {error}") from error
    return meta


def read_meta(path: str | Path) -> dict[str, Any]:
    """What a file says about its model: enough to build one that `load_model` can fill.

    Raises:
        FileNotFoundError, StateError: as in `load_model`.
    """
    return _read(Path(path))[1]


def check_order(call: str, path: Any, model: Any) -> None:
    """Refuse arguments of which one stands in the place of the other."""
    if isinstance(path, Module) and not isinstance(model, Module):
        raise ArgumentError(f"{call.partition('(')[0]}: path and model are in the wrong order: write {call}")
    for name, value, kinds in (("path", path, (str, PathLike)), ("model", model, Module)):
        if not isinstance(value, kinds):
            raise ArgumentError(f"{call}: the {name} is a {type(value).__name__}, {value!r}"[:300])


def _read(path: Path) -> tuple[Arrays, dict[str, Any]]:
    arrays, metadata = read_arrays(path)
    with reading(path, StateError, "nothing was loaded"):
        if "tinygrad_edu" not in metadata:
            raise Mismatch("holds arrays, but no model of tinygrad-edu: it was written by another program")
        with located("__metadata__", "tinygrad_edu"):
            document = parse(metadata["tinygrad_edu"].encode())
            meta = check_signed(document, KIND, FORMAT, meta=mapping(anything))["meta"]
            with located("meta"):
                return arrays, unpack(meta, arrays)
