"""Files of numbers: arrays as safetensors, everything else as JSON."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import StateError

Arrays = dict[str, np.ndarray]


def to_bytes(arrays: Arrays, metadata: dict[str, str]) -> bytes:
    """Arrays and words in the format of safetensors, which holds numbers and nothing that could run."""
    whole = {name: np.array(array, order="C") for name, array in arrays.items()}
    content: bytes = _safetensors().save(whole, metadata)
    return content


def read_arrays(path: Path) -> tuple[Arrays, dict[str, str]]:
    """The arrays and words of a safetensors file.

    Raises:
        FileNotFoundError: there is none.
        StateError: it is truncated, or not such a file.
    """
    content = path.read_bytes()
    try:
        arrays = _safetensors().load(content)
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    except ImportError:
        raise
    except Exception as error:  # the library has its own kinds of errors, and may meet any bytes
        raise StateError(
            f"{path} is no safetensors file, or was cut off ({error}); nothing was loaded. Was it copied completely?"
        ) from error
    return arrays, header.get("__metadata__", {})


def read_json(path: Path) -> Any:
    """What a JSON file holds.

    Raises:
        FileNotFoundError: there is none.
        StateError: it is truncated, or not such a file.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise StateError(f"{path} is no JSON file, or was cut off ({error}); nothing was loaded") from error


def pack(tree: Any, arrays: Arrays, path: str = "") -> Any:
    """A state of nested dictionaries and lists in JSON's terms; its arrays are put into `arrays`, under their paths.

    What JSON lacks becomes a dictionary of one entry: {"array": path}, {"tuple": [...]}, {"float": "inf"}.
    """
    if isinstance(tree, np.ndarray):
        arrays[path] = tree
        return {"array": path}
    if isinstance(tree, np.generic):
        tree = tree.item()
    if isinstance(tree, dict):
        return {str(key): pack(value, arrays, f"{path}/{key}" if path else str(key)) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        items = [pack(item, arrays, f"{path}/{k}") for k, item in enumerate(tree)]
        return {"tuple": items} if isinstance(tree, tuple) else items
    if isinstance(tree, float) and not math.isfinite(tree):
        return {"float": str(tree)}
    return tree


def unpack(tree: Any, arrays: Arrays) -> Any:
    """What `pack` was given."""
    if isinstance(tree, list):
        return [unpack(item, arrays) for item in tree]
    if not isinstance(tree, dict):
        return tree
    if tree.keys() == {"array"}:
        return arrays[tree["array"]]
    if tree.keys() == {"tuple"}:
        return tuple(unpack(item, arrays) for item in tree["tuple"])
    if tree.keys() == {"float"}:
        return float(tree["float"])
    return {key: unpack(value, arrays) for key, value in tree.items()}


def _safetensors() -> Any:
    try:
        import safetensors.numpy
    except ImportError as error:
        raise ImportError("models and checkpoints are kept in safetensors files: pip install safetensors") from error
    return safetensors.numpy
