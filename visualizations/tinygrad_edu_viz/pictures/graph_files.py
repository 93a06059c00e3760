"""A graph as JSON."""

from __future__ import annotations

import json

from ..trace import Trace
from ..views.levels import View


def graph_json(trace: Trace, view: View) -> str:
    """The nodes of a graph, and the boxes and edges of a view of it.

    The nodes are those of a saved trace (`TraceNode`); a box has the ids of its nodes.
    """
    document = {
        "format": "tinygrad-edu graph",
        "root": trace.root,
        "level": view.level,
        "note": view.note,
        "boxes": [
            {"id": box.id, "title": box.title, "scope": box.scope, "result": box.result, "nodes": box.nodes}
            for box in view.boxes.values()
        ],
        "edges": view.edges,
        "nodes": [node.to_json() for node in trace.nodes.values()],
    }
    return json.dumps(document, allow_nan=False) + "\n"
