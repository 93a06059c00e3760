"""What a trace is made of: recorded numbers, nodes and events."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from tinygrad_edu.errors import TinygradError

Data = float | list[Any] | dict[str, Any]
"""A recorded number: a float, an array as nested lists, or the summary of a large array (see `plain`)."""

LARGEST = 1000  # elements that are recorded one by one


class TraceError(TinygradError, ValueError):
    """What cannot be recorded as a trace, or a file that holds no trace that this version can read."""


def plain(data: Any, backend: Any = None, largest: int = LARGEST) -> Data:
    """Copy a number or array out of the engine.

    Args:
        data: a Python number, or an array of `backend`.
        largest: the most elements of an array that is copied whole.
    Returns:
        a float; nested lists; or, for a larger array, the dictionary `{"shape", "dtype", "mean", "min", "max"}`.
        Booleans become 1.0 and 0.0.
    """
    if isinstance(data, (bool, int, float)):
        return float(data)
    array = np.asarray(data) if backend is None else backend.asnumpy(data)
    if array.dtype == bool:
        array = array.astype(float)
    if array.size <= largest:
        return array.tolist()
    with np.errstate(all="ignore"):
        mean = float(array.mean(dtype=float))
    about = {"shape": list(array.shape), "dtype": str(array.dtype)}
    return {**about, "mean": mean, "min": float(array.min()), "max": float(array.max())}


Written = Callable[[Any], Any]
"""What makes JSON of recorded data."""


def plain_attribute(value: Any) -> Any:
    """An attribute of an operation (axis, shape, index, ...) as JSON can hold it, and `restored` can read it.

    A slice becomes the text "1:5"; an array the dictionary `{"array": nested lists, "dtype": name}`.
    """
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [plain_attribute(item) for item in value]
    if isinstance(value, slice):
        return ":".join("" if part is None else str(part) for part in (value.start, value.stop, value.step))
    if isinstance(value, (float, np.generic)):
        return plain(value)
    if hasattr(value, "ndim"):
        array = value.get() if hasattr(value, "get") else np.asarray(value)  # a device array comes over by `get`
        return {"array": array.tolist(), "dtype": str(array.dtype)}
    return "..." if value is Ellipsis else getattr(value, "__name__", str(value))


def restored(attrs: dict[str, Any]) -> dict[str, Any]:
    """Attributes as an operation takes them, from those of a `TraceNode`."""
    return {key: _restored(value, key == "index") for key, value in attrs.items()}


def _restored(value: Any, in_index: bool) -> Any:
    if isinstance(value, list):
        return tuple([_restored(item, in_index) for item in value])
    if isinstance(value, dict):
        return np.asarray(value.get("array"), dtype=value.get("dtype"))
    if in_index and value == "...":
        return Ellipsis
    if in_index and isinstance(value, str):
        return slice(*[int(part) if part else None for part in value.split(":")])
    return value


def to_json(data: Any) -> Any:
    """Recorded data as JSON has it: nan and infinities, which JSON lacks, as the strings "nan", "inf" and "-inf"."""
    if isinstance(data, float):
        return data if math.isfinite(data) else str(data)
    if isinstance(data, (list, tuple)):
        return [to_json(item) for item in data]
    if isinstance(data, dict):
        return {key: to_json(item) for key, item in data.items()}
    return data


@dataclass(frozen=True, slots=True)
class TraceNode:
    """A node of the graph, with what was known of it in the end.

    Attributes:
        id: unique in its trace: the name of a named leaf, else "n" and its number in the order of creation.
        op: the operation's name in the registry; None for leaves and constants.
        inputs: ids of the operation's inputs, in order; one id twice for `a + a`.
        attrs: the operation's further arguments (axis, ...), as JSON can hold them.
        kind: "value" or "tensor".
        shape: () for a value.
        dtype, device: None for a value.
        data: see `Data`.
        gradient: dL/d(node) after the whole backward pass; None if none reached it.
        label: what people call it, see `names.labels`. Files do not have it, as it follows from the names of all nodes.
        scope: the names of the scopes that it is in, the outermost first; () outside of all.
    """

    id: str
    name: str | None
    op: str | None
    inputs: tuple[str, ...]
    attrs: dict[str, Any]
    kind: str
    shape: tuple[int, ...]
    dtype: str | None
    device: str | None
    requires_grad: bool
    data: Data
    gradient: Data | None
    label: str
    scope: tuple[str, ...] = ()

    @property
    def is_plain_number(self) -> bool:
        """Whether this is a constant without a name, like the 2 in x**2: people know it by its number."""
        return self.op is None and not self.name and not self.requires_grad and isinstance(self.data, float)

    def to_json(self, written: Written = to_json) -> dict[str, Any]:
        """This node as a JSON object, in which `written` writes the numbers."""
        return _json(self, NODE_FIELDS, written)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened: a node was computed ("forward"), or received a part of its gradient ("backward").

    Attributes:
        step, of: this is event number `step`, from 1, of `of` events.
        node, name, op: of a forward event the node that was computed; of a backward event `node` receives, and `op`
            is the operation of `source`.
        text: a sentence that says what happens.
        shape, dtype: of `node`; None for a value.
        inputs, input_data, data: of a forward event only.
        source, position: of a backward event: `node` is input number `position` (from 0) of `source`, from which the
            gradient comes; None for the first, which gives the root the gradient that it starts with.
        upstream: dL/d(source).
        local: d(source)/d(node); None where the operation is not elementwise.
        contribution: what is added.
        grad_before, grad: dL/d(node) before and after.
        formula: the chain rule with the numbers in it.
    """

    kind: str
    step: int
    of: int
    node: str
    name: str | None
    op: str | None
    text: str
    shape: tuple[int, ...] | None = None
    dtype: str | None = None
    inputs: tuple[str, ...] = ()
    input_data: tuple[Data, ...] = ()
    data: Data | None = None
    source: str | None = None
    position: int | None = None
    upstream: Data | None = None
    local: Data | None = None
    contribution: Data | None = None
    grad_before: Data | None = None
    grad: Data | None = None
    formula: str = ""

    def to_json(self, written: Written = to_json) -> dict[str, Any]:
        """This event as a JSON object, in which `written` writes the numbers; `source` is called "from"."""
        found = _json(self, FORWARD_FIELDS if self.kind == "forward" else BACKWARD_FIELDS, written)
        return found if self.shape is None else {**found, "shape": list(self.shape), "dtype": self.dtype}


NODE_FIELDS = tuple([field.name for field in fields(TraceNode) if field.name != "label"])
FORWARD_FIELDS = ("kind", "step", "of", "node", "name", "op", "inputs", "input_data", "data", "text")
BACKWARD_FIELDS = (
    *("kind", "step", "of", "node", "name", "source", "op", "position", "upstream", "local", "contribution"),
    *("grad_before", "grad", "formula", "text"),
)

_NUMBERS = {"data", "gradient", "input_data", "upstream", "local", "contribution", "grad_before", "grad"}


def _json(item: TraceNode | Event, names: Iterable[str], written: Written) -> dict[str, Any]:
    return {
        "from" if name == "source" else name: (written if name in _NUMBERS else to_json)(getattr(item, name))
        for name in names
    }


Contents = tuple[dict[str, TraceNode], tuple[Event, ...], str]
"""What a trace holds: its nodes by their ids, its events, and the id of its root."""
