"""A trace on disk: one JSON object, with a version, checked when it is read."""

from __future__ import annotations

import json
from os import PathLike
from pathlib import Path
from typing import Any

from tinygrad_edu.errors import TinygradError

from .recorded import Event, TraceNode, to_json

FORMAT = "tinygrad-edu trace"
VERSION = 1


class TraceError(TinygradError, ValueError):
    """A trace that cannot be recorded, or a file that holds none that this version can read."""


def write(path: str | PathLike[str], nodes: dict[str, TraceNode], events: tuple[Event, ...], root: str) -> None:
    """Write a trace.

    Raises:
        OSError: the file cannot be written.
    """
    document = {
        "format": FORMAT,
        "version": VERSION,
        "root": root,
        "nodes": [node.to_json() for node in nodes.values()],
        "events": [event.to_json() for event in events],
    }
    Path(path).write_text(json.dumps(document, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def read(path: str | PathLike[str]) -> tuple[dict[str, TraceNode], tuple[Event, ...], str]:
    """Read nodes, events and the root's id.

    Raises:
        TraceError: the file is no trace, is damaged, or was written by a newer version.
        OSError: the file cannot be read.
    """
    document = _parse(Path(path))
    nodes: dict[str, TraceNode] = {}
    for item in document["nodes"]:
        nodes[item["id"]] = TraceNode(**{**item, "inputs": tuple(item["inputs"]), "shape": tuple(item["shape"])})
    events = []
    for item in document["events"]:
        item["source"] = item.pop("from", None)
        events.append(Event(**item))
    return nodes, tuple(events), document["root"]


def _parse(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
