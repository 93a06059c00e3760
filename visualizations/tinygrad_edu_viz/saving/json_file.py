"""A trace on disk: one JSON object with a version. Reading trusts nothing: a file may be cut off, or edited by hand."""

from __future__ import annotations

import json
from os import PathLike
from pathlib import Path
from typing import Any

from tinygrad_edu.storage.documents import parse, read_bytes, reading
from tinygrad_edu.storage.schema import Mismatch, brief, list_of, located

from ..recording.contents import Contents, Event, TraceError, TraceNode, to_json
from ..recording.names import labels
from .consistency import Graph
from .fields import ARRAYS, VERSIONED, Numbers, trace_of

FORMAT = "tinygrad-edu trace"
VERSION = 3  # 2 had no title; 1 had no scopes, and wrote every array in full wherever it occurs


def write(
    path: str | PathLike[str], nodes: dict[str, TraceNode], events: tuple[Event, ...], root: str, title: str
) -> None:
    """Write a trace.

    Raises:
        OSError: the file cannot be written.
    """
    arrays = _Arrays()
    document = {
        "format": FORMAT,
        "version": VERSION,
        "title": title,
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


def read(path: str | PathLike[str]) -> tuple[*Contents, str]:
    """Read nodes, events, the id of the root, and the title.

    Raises:
        TraceError: the file is no trace, is damaged, or was written by a newer version.
        OSError: the file cannot be read.
    """
    with reading(path, TraceError):
        return _contents(_document(read_bytes(path)))


def _document(content: bytes) -> dict[str, Any]:
    try:
        document = parse(content)
    except Mismatch as mismatch:
        if content.startswith(f'{{"format": "{FORMAT}"'.encode()):
            raise Mismatch(f"{mismatch.what}: record and save it again") from None
        raise Mismatch(f"{mismatch.what}; {_HOW_TO_WRITE}") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise Mismatch(f"is JSON, but no trace; {_HOW_TO_WRITE}")
    version = VERSIONED(document)["version"]
    if version > VERSION:
        raise Mismatch(
            f"has version {version}, and this tinygrad-edu reads versions up to {VERSION}: update it "
            "(pip install --upgrade tinygrad-edu), or record the trace again"
        )
    return document


_HOW_TO_WRITE = "a trace is written by Trace.save, or by: tinygrad-edu step EXPR --save FILE"


def _contents(document: dict[str, Any]) -> tuple[*Contents, str]:
    numbers = Numbers(ARRAYS(document).get("arrays", []))
    content = trace_of(numbers)(document)
    graph = Graph(numbers)
    called = labels((item["id"], item["name"], item["op"] is not None) for item in content["nodes"])
    with located("nodes"):
        list_of(lambda item: graph.add(_node(item, called)))(content["nodes"])
    root, of = content["root"], len(content["events"])
    if root not in graph.nodes:
        raise Mismatch(f"is {brief(root)}, and no node has that id", ("root",))
    with located("events"):
        events = list_of(lambda item: graph.checked_event(_event(item), of))(content["events"])
        graph.check_order(events, root)
    return graph.nodes, tuple(events), root, content.get("title", "")


def _node(item: dict[str, Any], called: dict[str, str]) -> TraceNode:
    tuples = {"inputs": tuple(item["inputs"]), "scope": tuple(item.get("scope", ()))}
    return TraceNode(**{**item, **tuples, "label": called[item["id"]]})


def _event(item: dict[str, Any]) -> Event:
    item["source"] = item.pop("from", None)
    for name in ("inputs", "input_data"):
        item[name] = tuple(item.get(name, ()))
    return Event(**item)
