"""A trained model as one file: its weights, and words about them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..errors import StateError
from ..files import write_atomically
from ..nn import Module
from .state_files import Arrays, pack, read_arrays, to_bytes, unpack

FORMAT = 1
KIND = "tinygrad-edu model"


def save_model(path: str | Path, model: Module, meta: dict[str, Any] | None = None) -> None:
    """Write the state of a model into a safetensors file, whole or not at all; a file that is replaced keeps its mode.

    Args:
        meta: anything that JSON can hold, and arrays: how the model was built, the standardizer's state, class names.
    Raises:
        OSError: the file cannot be written, or is no regular one.
    """
    from .. import __version__

    arrays: Arrays = {f"model/{name}": array for name, array in model.state_dict().items()}
    words = {"kind": KIND, "format": FORMAT, "tinygrad_edu": __version__, "meta": pack(meta or {}, arrays, "meta")}
    write_atomically(Path(path), to_bytes(arrays, {"tinygrad_edu": json.dumps(words, allow_nan=False)}))


def load_model(path: str | Path, model: Module) -> dict[str, Any]:
    """Give a model the weights of a file, and return what else the file says.

    Raises:
        FileNotFoundError: there is no such file.
        StateError: it is truncated, no model of tinygrad-edu, of a newer version, or of another model: then the message
            names the layers and their shapes. Nothing has changed then.
    """
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


def _read(path: Path) -> tuple[Arrays, dict[str, Any]]:
    arrays, metadata = read_arrays(path)
    try:
        words = json.loads(metadata.get("tinygrad_edu", "{}"))
    except ValueError:
        words = {}
    if not isinstance(words, dict) or words.get("kind") != KIND:
        raise StateError(f"{path} holds arrays, but no model of tinygrad-edu: it was written by another program")
    newer = isinstance(words.get("format"), int) and words["format"] > FORMAT
    if not newer and not (isinstance(words.get("format"), int) and isinstance(words.get("meta"), dict)):
        raise StateError(f"{path} is damaged: it does not say how its arrays are to be read")
    if newer:
        raise StateError(
            f"{path} was written by a newer version, tinygrad-edu {words.get('tinygrad_edu')} (format "
            f"{words['format']}, this one reads up to {FORMAT}): pip install -U tinygrad-edu"
        )
    return arrays, unpack(words["meta"], arrays)
