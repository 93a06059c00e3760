"""A course on disk: one JSON object with its passes, written as those of traces are, and its updates.

Of a node that is in an earlier pass only what differs is written, and of equal arrays one. Its version is that of the
traces in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from os import PathLike
from typing import Any

from tinygrad_edu.storage.documents import read_bytes, reading
from tinygrad_edu.storage.schema import (
    Check,
    Mismatch,
    anything,
    brief,
    list_of,
    located,
    mapping,
    one_of,
    optional,
    real,
    record,
    text,
    whole,
)

from ..recording.contents import Data, TraceError
from ..saving.fields import ARRAYS, Numbers, pass_of
from ..saving.json_file import VERSION, Arrays, checked_document, contents, write_document, written_pass
from ..trace import Trace
from .letters import DIGITS, Line
from .update import Update

FORMAT = "tinygrad-edu course"
_HOW_TO_WRITE = "a course is written by Course.save, or by: tinygrad-edu step EXPR --updates 3 --save FILE"

Contents = tuple[tuple[Trace, ...], tuple[tuple[Update, ...], ...], str, str]
"""The fields of a `Course`."""


def is_course(path: str | PathLike[str]) -> bool:
    """Whether a file begins as one that holds a course.

    Raises:
        OSError: the file cannot be read.
    """
    with open(path, "rb") as file:
        return FORMAT.encode() in file.read(200)


def write(
    path: str | PathLike[str],
    passes: Sequence[Trace],
    updates: Sequence[Sequence[Update]],
    optimizer: str,
    note: str,
) -> None:
    """Write a course.

    Raises:
        OSError: the file cannot be written.
    """
    arrays = Arrays()
    known: dict[str, dict[str, Any]] = {}
    rows = []
    for trace in passes:
        row = written_pass(trace.nodes, trace.events, trace.root, arrays)
        row["nodes"] = [_news(node, known) for node in row["nodes"]]
        rows.append(row)
    document = {
        "format": FORMAT,
        "version": VERSION,
        "title": passes[0].title,
        "optimizer": optimizer,
        "note": note,
        "passes": rows,
        "updates": [[update.to_json(arrays.written) for update in row] for row in updates],
        "arrays": arrays.list,
    }
    write_document(path, document)


def _news(node: dict[str, Any], known: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """A node without what the same node of an earlier pass says, too."""
    before = known.setdefault(node["id"], {})
    news = {name: value for name, value in node.items() if name == "id" or name not in before or before[name] != value}
    before.update(node)
    return news


def read(path: str | PathLike[str]) -> Contents:
    """Read what `write` wrote.

    Raises:
        TraceError: the file is no course, is damaged, or was written by a newer version.
        OSError: the file cannot be read.
    """
    with reading(path, TraceError):
        document = checked_document(read_bytes(path), FORMAT, "course", _HOW_TO_WRITE)
        numbers = Numbers(ARRAYS(document).get("arrays", []))
        content = _course_of(numbers)(document)
        if not content["passes"]:
            raise Mismatch("is an empty list, and a course has a pass", ("passes",))
        if len(content["updates"]) != len(content["passes"]):
            raise Mismatch(
                f"has {len(content['updates'])} items, and there are {len(content['passes'])} passes", ("updates",)
            )
        title, known = content["title"], dict[str, dict[str, Any]]()
        with located("passes"):
            check = record(pass_of(numbers))
            passes = list_of(lambda row: Trace(*contents(check(_whole(row, known)), numbers), title))(content["passes"])
        with located("updates"):
            pairs = list(zip(content["updates"], passes, strict=True))
            updates = list_of(lambda pair: tuple(list_of(partial(_update, pair[1], numbers))(pair[0])))(pairs)
        return tuple(passes), tuple(updates), content["optimizer"], content["note"]


_NODE = record({"id": text}, others=True)  # what is looked at before the rest of a pass
_NODES = record({"nodes": list_of(_NODE)}, others=True)


def _whole(row: Any, known: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """A pass with all that its nodes have in common with those of earlier passes."""
    found, ids = [], _NODES(row)["nodes"]
    for item, about in zip(row["nodes"], ids, strict=True):
        found.append({**known.get(about["id"], {}), **item})
        known[about["id"]] = found[-1]
    return {**row, "nodes": found}


def _course_of(numbers: Numbers) -> Check:
    """What the file of a course consists of; its passes are looked at later, one after the other."""
    line = record({"name": text, "rule": text, "figures": text, "value": real, "digits": one_of(*DIGITS)})
    update = record(
        {
            "kind": one_of("update"),
            "node": text,
            "t": whole(),
            "before": numbers,
            "gradient": optional(numbers),
            "after": numbers,
            "states": mapping(list_of(numbers, 2)),
            "element": list_of(whole()),
            "lines": list_of(line),
            "text": text,
        }
    )
    return record(
        {
            "format": text,
            "version": whole(1),
            "title": text,
            "optimizer": text,
            "note": text,
            "passes": list_of(anything),
            "updates": list_of(list_of(update)),
        },
        may_lack={"arrays": list_of(anything)},
    )


def _update(trace: Trace, numbers: Numbers, item: dict[str, Any]) -> Update:
    """An update, if it is one of a node of its pass, with numbers of its shape."""
    node = trace.nodes.get(item["node"])
    if node is None or node.op is not None:
        raise Mismatch(f"is {brief(item['node'])}, and no leaf of this pass has that id", ("node",))
    states = {name: (before, after) for name, (before, after) in item["states"].items()}
    pairs = {f"states {name}": data for name, both in states.items() for data in both}
    shapes: dict[str, Data | None] = {"before": item["before"], "gradient": item["gradient"], "after": item["after"]}
    for name, data in {**shapes, **pairs}.items():
        if data is not None and numbers.shape(data) != node.shape:
            raise Mismatch(f"has the shape {numbers.shape(data)}, and the node has {node.shape}", (name,))
    element = tuple(item["element"])
    if len(element) != len(node.shape) or any(k >= n for k, n in zip(element, node.shape, strict=True)):
        raise Mismatch(f"is {list(element)}, and the node has the shape {node.shape}", ("element",))
    found = {key: value for key, value in item.items() if key != "kind"}
    rows = tuple([Line(**line) for line in item["lines"]])
    return Update(**{**found, "label": node.label, "states": states, "element": element, "lines": rows})
