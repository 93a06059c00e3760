"""A trace on disk: one JSON object with a version. Reading trusts nothing: a file may be cut off, or edited by hand."""

from __future__ import annotations

import json
from os import PathLike
from pathlib import Path
from typing import Any

from tinygrad_edu.storage.documents import parse, read_bytes, reading
from tinygrad_edu.storage.files import write_atomically
from tinygrad_edu.storage.schema import Mismatch, brief, list_of, located

from ..recording.contents import Contents, Event, TraceError, TraceNode, to_json
from ..recording.names import labels
from .consistency import Graph
from .fields import ARRAYS, VERSIONED, Numbers, trace_of

FORMAT = "tinygrad-edu trace"
READERS = {FORMAT: "Trace.load", "tinygrad-edu course": "Course.load"}
VERSION = 3  # 2 had no title; 1 had no scopes, and wrote every array in full wherever it occurs


def write(
    path: str | PathLike[str], nodes: dict[str, TraceNode], events: tuple[Event, ...], root: str, title: str
) -> None:
    """Write a trace.

    Raises:
        OSError: the file cannot be written.
    """
    arrays = Arrays()
    document = {
        "format": FORMAT,
        "version": VERSION,
        "title": title,
        **written_pass(nodes, events, root, arrays),
        "arrays": arrays.list,
    }
    write_document(path, document)


def write_document(path: str | PathLike[str], document: dict[str, Any]) -> None:
    """Write JSON.

    Raises:
        OSError: the file cannot be written.
    """
    write_atomically(Path(path), (json.dumps(document, allow_nan=False) + "\n").encode())


def written_pass(nodes: dict[str, TraceNode], events: tuple[Event, ...], root: str, arrays: Arrays) -> dict[str, Any]:
    """What a trace holds as JSON, without its arrays, which are added to the others."""
    return {
        "root": root,
        "nodes": [node.to_json(arrays.written) for node in nodes.values()],
        "events": [event.to_json(arrays.written) for event in events],
    }


class Arrays:
    """The arrays of a file, each once: where one occurs, `{"array": 3}` is written for number 3 of the list."""

    def __init__(self) -> None:
        self.list: list[Any] = []
        self.places: dict[int, int] = {}
        self.texts: dict[str, int] = {}  # the same numbers may be in several objects, as the data of each pass

    def written(self, data: Any) -> Any:
        """Recorded data as JSON."""
        if isinstance(data, tuple):
            return [self.written(part) for part in data]
        if not isinstance(data, (list, dict)):
            return to_json(data)
        if id(data) not in self.places:  # whose object the trace keeps alive
            array = to_json(data)
            self.places[id(data)] = self.texts.setdefault(json.dumps(array), len(self.list))
            if self.places[id(data)] == len(self.list):
                self.list.append(array)
        return {"array": self.places[id(data)]}


def read(path: str | PathLike[str]) -> tuple[*Contents, str]:
    """Read nodes, events, the id of the root, and the title.

    Raises:
        TraceError: the file is no trace, is damaged, or was written by a newer version.
        OSError: the file cannot be read.
    """
    with reading(path, TraceError):
        document = checked_document(read_bytes(path), FORMAT, "trace", _HOW_TO_WRITE)
        numbers = Numbers(ARRAYS(document).get("arrays", []))
        content = trace_of(numbers)(document)
        return *contents(content, numbers), content.get("title", "")


def checked_document(content: bytes, format: str, what: str, how_to_write: str) -> dict[str, Any]:
    """The JSON object in a file, if it is of a format, and of no newer version.

    Args:
        what: what is in such a file.
        how_to_write: where one comes from.
    Raises:
        Mismatch: it is something else.
    """
    try:
        document = parse(content)
    except Mismatch as mismatch:
        if content.startswith(f'{{"format": "{format}"'.encode()):
            raise Mismatch(f"{mismatch.what}: record and save it again") from None
        raise Mismatch(f"{mismatch.what}; {how_to_write}") from None
    found = document.get("format") if isinstance(document, dict) else None
    if found != format:
        reader = READERS.get(found) if isinstance(found, str) else None
        raise Mismatch(f"is read by {reader}" if reader else f"is JSON, but no {what}; {how_to_write}")
    version = VERSIONED(document)["version"]
    if version > VERSION:
        raise Mismatch(
            f"has version {version}, and this tinygrad-edu reads versions up to {VERSION}: update it "
            f"(pip install --upgrade tinygrad-edu), or record the {what} again"
        )
    return document


_HOW_TO_WRITE = "a trace is written by Trace.save, or by: tinygrad-edu step EXPR --save FILE"


def contents(content: dict[str, Any], numbers: Numbers) -> Contents:
    """The nodes, the events and the root's id of a trace, if they agree with each other.

    Args:
        content: what `fields.pass_of` has checked.
    Raises:
        Mismatch: they do not.
    """
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
    return graph.nodes, tuple(events), root


def _node(item: dict[str, Any], called: dict[str, str]) -> TraceNode:
    tuples = {"inputs": tuple(item["inputs"]), "scope": tuple(item.get("scope", ()))}
    return TraceNode(**{**item, **tuples, "label": called[item["id"]]})


def _event(item: dict[str, Any]) -> Event:
    item["source"] = item.pop("from", None)
    for name in ("inputs", "input_data"):
        item[name] = tuple(item.get(name, ()))
    return Event(**item)
