"""A trace on disk: one JSON object with a version. Reading trusts nothing: a file may be cut off, or edited by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from .checked_json import CheckedObject, TraceError
from .recorded import Contents, Event, TraceNode, to_json

FORMAT = "tinygrad-edu trace"
VERSION = 2  # 1 had no scopes, and wrote every array in full wherever it occurs


def write(path: str | PathLike[str], nodes: dict[str, TraceNode], events: tuple[Event, ...], root: str) -> None:
    """Write a trace.

    Raises:
        OSError: the file cannot be written.
    """
    arrays = _Arrays()
    document = {
        "format": FORMAT,
        "version": VERSION,
        "root": root,
        "nodes": [node.to_json(arrays.written) for node in nodes.values()],
        "events": [event.to_json(arrays.written) for event in events],
        "arrays": arrays.list,
    }
    Path(path).write_text(json.dumps(document, allow_nan=False) + "\n", encoding="utf-8")


class _Arrays:
    """The arrays of a trace, each once: where one occurs, `{"array": 3}` is written for number 3 of the list."""

    def __init__(self) -> None:
        self.list: list[Any] = []
        self.places: dict[int, int] = {}

    def written(self, data: Any) -> Any:
        """Recorded data as JSON."""
        if isinstance(data, tuple):
            return [self.written(part) for part in data]
        if not isinstance(data, (list, dict)):
            return to_json(data)
        if id(data) not in self.places:  # whose object the trace keeps alive
            self.places[id(data)] = len(self.list)
            self.list.append(to_json(data))
        return {"array": self.places[id(data)]}


def read(path: str | PathLike[str]) -> Contents:
    """Read nodes, events and the id of the root.

    Raises:
        TraceError: the file is no trace, is damaged, or was written by a newer version.
        OSError: the file cannot be read.
    """
    content = Path(path).read_bytes()
    try:
        return _contents(_document(content))
    except (TraceError, RecursionError) as error:
        raise TraceError(f"{path}: {error}") from error


def _document(content: bytes) -> CheckedObject:
    try:
        document = json.loads(content.decode("utf-8"))
    except ValueError as error:  # neither UTF-8 nor JSON
        if content.startswith(f'{{"format": "{FORMAT}"'.encode()):
            raise TraceError(f"the trace is cut off or damaged ({error}): record and save it again") from error
        raise TraceError(f"this is no trace, not even JSON ({error}); {_HOW_TO_WRITE}") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise TraceError(f"this is JSON, but no trace; {_HOW_TO_WRITE}")
    found = CheckedObject(document, "the trace")
    version = found.integer("version")
    if version > VERSION:
        raise TraceError(
            f"the trace has version {version}, and this tinygrad-edu reads versions up to {VERSION}: update it "
            "(pip install --upgrade tinygrad-edu), or record the trace again"
        )
    return found


_HOW_TO_WRITE = "a trace is written by Trace.save, or by: tinygrad-edu step EXPR --save FILE"


def _contents(document: CheckedObject) -> Contents:
    if document.has("arrays"):
        document.arrays = [document.datum(item, f"arrays[{k}]") for k, item in enumerate(document.items("arrays"))]
    items = document.objects("nodes")
    ids = {item.text("id"): item.text("id") for item in items}
    nodes: dict[str, TraceNode] = {}
    for item in items:
        node_id = item.text("id")
        if node_id in nodes:
            raise TraceError(f"{item.where}: a second node has the id {node_id!r}")
        for other in item.ids("inputs", ids):
            if other not in nodes:
                raise TraceError(
                    f"{item.where}: {node_id!r} is computed from {other!r}, which does not stand before it: "
                    "the nodes are out of order, or run in a cycle"
                )
        nodes[node_id] = _node(node_id, item, ids)
    items = document.objects("events")
    events = tuple([_event(step, len(items), item, ids) for step, item in enumerate(items, 1)])
    return nodes, events, document.id("root", ids)


def _node(node_id: str, item: CheckedObject, ids: Mapping[str, str]) -> TraceNode:
    return TraceNode(
        id=node_id,
        name=item.optional_text("name"),
        op=item.word("op"),
        inputs=item.ids("inputs", ids),
        attrs=item.attributes("attrs"),
        kind=item.choice("kind", "value", "tensor"),
        shape=item.shape("shape"),
        dtype=item.word("dtype"),
        device=item.word("device"),
        requires_grad=item.choice("requires_grad", True, False),
        data=item.data("data"),
        gradient=item.optional_data("gradient"),
        scope=item.texts("scope") if item.has("scope") else (),
    )


def _event(step: int, of: int, item: CheckedObject, ids: Mapping[str, str]) -> Event:
    if (item.integer("step"), item.integer("of")) != (step, of):
        raise TraceError(f"{item.where}: this is event {step} of {of}, but says otherwise; events are missing or moved")
    about: dict[str, Any] = {
        "kind": item.choice("kind", "forward", "backward"),
        "step": step,
        "of": of,
        "node": item.id("node", ids),
        "name": item.optional_text("name"),
        "op": item.word("op"),
        "text": item.text("text"),
    }
    if item.has("dtype"):
        about |= {"shape": item.shape("shape"), "dtype": item.word("dtype")}
    if about["kind"] == "forward":
        data = tuple([item.datum(part, "input_data") for part in item.items("input_data")])
        return Event(**about, inputs=item.ids("inputs", ids), input_data=data, data=item.data("data"))
    seed = item.value("from") is None
    return Event(
        **about,
        source=None if seed else item.id("from", ids),
        position=None if seed else item.integer("position"),
        upstream=item.optional_data("upstream"),
        local=item.optional_data("local"),
        contribution=item.data("contribution"),
        grad_before=item.data("grad_before"),
        grad=item.data("grad"),
        formula=item.text("formula"),
    )
