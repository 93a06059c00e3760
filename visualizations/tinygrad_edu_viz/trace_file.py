"""A trace on disk: one JSON object with a version. Reading trusts nothing: a file may be cut off, or edited by hand."""

from __future__ import annotations

import json
from collections.abc import Collection
from os import PathLike
from pathlib import Path
from typing import Any

from tinygrad_edu.errors import TinygradError

from .recorded import Contents, Data, Event, TraceNode

FORMAT = "tinygrad-edu trace"
VERSION = 2  # 1 had no scopes


class TraceError(TinygradError, ValueError):
    """What cannot be recorded as a trace, or a file that holds no trace that this version can read."""


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
    Path(path).write_text(json.dumps(document, allow_nan=False) + "\n", encoding="utf-8")


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


def _document(content: bytes) -> _Object:
    try:
        document = json.loads(content.decode("utf-8"))
    except ValueError as error:  # neither UTF-8 nor JSON
        if content.startswith(f'{{"format": "{FORMAT}"'.encode()):
            raise TraceError(f"the trace is cut off or damaged ({error}): record and save it again") from error
        raise TraceError(f"this is no trace, not even JSON ({error}); {_HOW_TO_WRITE}") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise TraceError(f"this is JSON, but no trace; {_HOW_TO_WRITE}")
    found = _Object(document, "the trace")
    version = found.integer("version")
    if version > VERSION:
        raise TraceError(
            f"the trace has version {version}, and this tinygrad-edu reads versions up to {VERSION}: update it "
            "(pip install --upgrade tinygrad-edu), or record the trace again"
        )
    return found


_HOW_TO_WRITE = "a trace is written by Trace.save, or by: tinygrad-edu step EXPR --save FILE"


def _contents(document: _Object) -> Contents:
    items = document.objects("nodes")
    ids = {item.text("id"): item for item in items}
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
    events = tuple([_event(step, len(items), item, nodes) for step, item in enumerate(items, 1)])
    return nodes, events, document.id("root", nodes)


def _node(node_id: str, item: _Object, ids: Collection[str]) -> TraceNode:
    return TraceNode(
        id=node_id,
        name=item.optional_text("name"),
        op=item.optional_text("op"),
        inputs=item.ids("inputs", ids),
        attrs=item.attributes("attrs"),
        kind=item.choice("kind", "value", "tensor"),
        shape=item.shape("shape"),
        dtype=item.optional_text("dtype"),
        device=item.optional_text("device"),
        requires_grad=item.choice("requires_grad", True, False),
        data=item.data("data"),
        gradient=item.optional_data("gradient"),
        scope=item.texts("scope") if item.has("scope") else (),
    )


def _event(step: int, of: int, item: _Object, nodes: dict[str, TraceNode]) -> Event:
    if (item.integer("step"), item.integer("of")) != (step, of):
        raise TraceError(f"{item.where}: this is event {step} of {of}, but says otherwise; events are missing or moved")
    about: dict[str, Any] = {
        "kind": item.choice("kind", "forward", "backward"),
        "step": step,
        "of": of,
        "node": item.id("node", nodes),
        "name": item.optional_text("name"),
        "op": item.optional_text("op"),
        "text": item.text("text"),
    }
    if item.has("dtype"):
        about |= {"shape": item.shape("shape"), "dtype": item.text("dtype")}
    if about["kind"] == "forward":
        data = tuple([item.datum(part, "input_data") for part in item.items("input_data")])
        return Event(**about, inputs=item.ids("inputs", nodes), input_data=data, data=item.data("data"))
    seed = item.value("from") is None
    return Event(
        **about,
        source=None if seed else item.id("from", nodes),
        position=None if seed else item.integer("position"),
        upstream=item.optional_data("upstream"),
        local=item.optional_data("local"),
        contribution=item.data("contribution"),
        grad_before=item.data("grad_before"),
        grad=item.data("grad"),
        formula=item.text("formula"),
    )


class _Object:
    """A JSON object whose fields are checked as they are read; errors name the place, such as nodes[3].data."""

    def __init__(self, item: Any, where: str):
        if not isinstance(item, dict):
            raise TraceError(f"{where} should be an object, and is {_brief(item)}")
        self.item, self.where = item, where

    def has(self, name: str) -> bool:
        return name in self.item

    def value(self, name: str) -> Any:
        if name not in self.item:
            raise TraceError(f"{self.where} lacks the field {name!r}")
        return self.item[name]

    def _expect(self, holds: bool, name: str, what: str) -> None:
        if not holds:
            raise TraceError(f"{self.where}: {name!r} should be {what}, and is {_brief(self.item[name])}")

    def text(self, name: str) -> str:
        value = self.value(name)
        self._expect(isinstance(value, str), name, "a text")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        texts = self.items(name)
        self._expect(all(isinstance(text, str) for text in texts), name, "a list of texts")
        return tuple(texts)

    def optional_text(self, name: str) -> str | None:
        return None if self.value(name) is None else self.text(name)

    def integer(self, name: str) -> int:
        value = self.value(name)
        self._expect(type(value) is int and value >= 0, name, "a whole number")
        return value

    def choice(self, name: str, *choices: Any) -> Any:
        value = self.value(name)
        self._expect(any(type(value) is type(x) and value == x for x in choices), name, f"one of {choices}")
        return value

    def items(self, name: str) -> list[Any]:
        value = self.value(name)
        self._expect(isinstance(value, list), name, "a list")
        return value

    def objects(self, name: str) -> list[_Object]:
        return [_Object(item, f"{name}[{k}]") for k, item in enumerate(self.items(name))]

    def attributes(self, name: str) -> dict[str, Any]:
        self._expect(isinstance(self.value(name), dict), name, "an object")
        return self.value(name)

    def shape(self, name: str) -> tuple[int, ...]:
        lengths = self.items(name)
        self._expect(all(type(n) is int and n >= 0 for n in lengths), name, "a list of lengths")
        return tuple(lengths)

    def id(self, name: str, ids: Collection[str]) -> str:
        if self.text(name) not in ids:
            raise TraceError(f"{self.where}: {name!r} names {self.item[name]!r}, and no node has that id")
        return self.text(name)

    def ids(self, name: str, ids: Collection[str]) -> tuple[str, ...]:
        for found in self.items(name):
            if not isinstance(found, str) or found not in ids:
                raise TraceError(f"{self.where}: {name!r} names {_brief(found)}, and no node has that id")
        return tuple(self.items(name))

    def data(self, name: str) -> Data:
        return self.datum(self.value(name), name)

    def optional_data(self, name: str) -> Data | None:
        return None if self.value(name) is None else self.data(name)

    def datum(self, value: Any, name: str) -> Data:
        """A recorded number, nested list or summary."""
        if isinstance(value, list):
            return [self.datum(item, name) for item in value]
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return value
        if value in ("nan", "inf", "-inf"):
            return float(value)
        if isinstance(value, dict):
            summary = _Object(value, f"{self.where}.{name}")
            numbers = {key: summary.data(key) for key in ("mean", "min", "max")}
            return {"shape": list(summary.shape("shape")), "dtype": summary.text("dtype"), **numbers}
        raise TraceError(f"{self.where}: {name!r} should hold numbers, and holds {_brief(value)}")


def _brief(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
