"""Files of numbers: arrays as safetensors, everything else as JSON."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import StateError
from ..version import __version__
from .documents import parse, read_bytes, reading
from .schema import NOT_FINITE, Check, Mismatch, brief, list_of, located, mapping, one_of, record, text, whole

Arrays = dict[str, np.ndarray]
LARGEST_ARRAYS = 1 << 34  # bytes of a file of arrays, which takes as many again in the memory


def to_bytes(arrays: Arrays, metadata: dict[str, str]) -> bytes:
    """Arrays and texts in the format of safetensors, which holds numbers and nothing that could run."""
    content: bytes = _safetensors().save({name: np.array(array, order="C") for name, array in arrays.items()}, metadata)
    return content


TENSOR = record(
    {
        "dtype": one_of(*"BOOL U8 I8 U16 I16 U32 I32 U64 I64 F16 F32 F64".split()),
        "shape": list_of(whole()),
        "data_offsets": list_of(whole(), 2),
    }
)
METADATA = record({}, {"__metadata__": mapping(text)}, others=True)
VERSION = record({"format": whole()}, {"tinygrad_edu": text}, others=True)


def read_arrays(path: Path) -> tuple[Arrays, dict[str, str]]:
    """The arrays and texts of a safetensors file.

    Raises:
        FileNotFoundError: there is none.
        StateError: it is truncated, or not such a file.
    """
    library = _safetensors()
    with reading(path, StateError, "was it copied completely? Nothing was loaded"):
        content = read_bytes(path, LARGEST_ARRAYS)
        texts = METADATA(header := _header(content)).get("__metadata__", {})
        mapping(TENSOR)({name: about for name, about in header.items() if name != "__metadata__"})
        try:
            return library.load(content), texts
        except Exception as error:  # the library has its own kinds of errors
            raise Mismatch(f"is no safetensors file, or was cut off ({str(error)[:200]})") from None


def _header(content: bytes) -> Any:
    """What a safetensors file says of its arrays: JSON, with its length before it."""
    end = 8 + int.from_bytes(content[:8], "little")
    if not 8 < end <= len(content):
        raise Mismatch("is no safetensors file, or was cut off")
    return parse(content[8:end])


def read_json(path: Path) -> Any:
    """What a JSON file holds; errors as of `read_arrays`."""
    with reading(path, StateError, "nothing was loaded"):
        return parse(read_bytes(path))


def signed(kind: str, newest: int, **content: Any) -> dict[str, Any]:
    """A document that says what it is and who wrote it."""
    return {"kind": kind, "format": newest, "tinygrad_edu": __version__, **content}


def check_signed(document: Any, kind: str, newest: int, **content: Check) -> dict[str, Any]:
    """What `signed` gave; a Mismatch for another kind of file, or one of a newer version."""
    if not isinstance(document, dict) or document.get("kind") != kind:
        raise Mismatch(f"is no {kind.removeprefix('tinygrad-edu ')} of tinygrad-edu")
    found = VERSION(document)
    if found["format"] > newest:
        writer = found.get("tinygrad_edu", "")[:20]
        raise Mismatch(
            f"was written by a newer version, tinygrad-edu {writer} (format {found['format']}, this one reads up to "
            f"{newest}): pip install -U tinygrad-edu"
        )
    return record({"kind": text, "format": whole(), "tinygrad_edu": text, **content})(document)


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
    """What `pack` was given; a Mismatch for what it never makes."""
    if isinstance(tree, list):
        return list_of(lambda item: unpack(item, arrays))(tree)
    if not isinstance(tree, dict):
        return tree
    if tree.keys() == {"array"}:
        if not isinstance(tree["array"], str) or tree["array"] not in arrays:
            raise Mismatch(f"is the array {brief(tree['array'])}, which the file of arrays does not have")
        return arrays[tree["array"]]
    if tree.keys() == {"tuple"}:
        with located("tuple"):
            return tuple(list_of(lambda item: unpack(item, arrays))(tree["tuple"]))
    if tree.keys() == {"float"}:
        return NOT_FINITE[one_of(*NOT_FINITE)(tree["float"])]
    return mapping(lambda item: unpack(item, arrays))(tree)


def _safetensors() -> Any:
    try:
        import safetensors.numpy
    except ImportError as error:
        raise ImportError("models and checkpoints are kept in safetensors files: pip install safetensors") from error
    return safetensors.numpy
