"""A drawing in a page for a browser, and a graph as JSON."""

from __future__ import annotations

import html
import json

from ..cells import clean
from ..trace import Trace
from ..views.levels import View
from .dot_binary import render
from .draw import Drawing
from .palette import palette


def graph_page(graph: Drawing, title: str, theme: str = "light") -> str:
    """The drawing in one HTML file that loads nothing from anywhere; resting the mouse on a box shows exact numbers.

    Raises:
        ArgumentError: another theme than "light" or "dark".
        MissingDot, DrawingError: as `render`.
    """
    colours, heading = palette(theme), html.escape(clean(title))
    svg = render(graph, "svg").decode()
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{heading}</title>
<style>
body {{ margin: 1rem; background: {colours.paper}; color: {colours.text}; font-family: Helvetica, Arial, sans-serif }}
h1 {{ font: 1rem monospace; overflow-wrap: anywhere }}
svg {{ max-width: 100%; height: auto }}
.node polygon, .node path {{ pointer-events: all }}
</style>
</head>
<body>
<h1>{heading}</h1>
{svg[svg.index("<svg") :]}</body>
</html>
"""


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
