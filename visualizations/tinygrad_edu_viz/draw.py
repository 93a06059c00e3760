"""Graphs as pictures, by Graphviz.

What a node is shows in its outline and in its colour: a rounded box is a leaf that receives a gradient, a dashed box
a constant, a plain box a result, and a double box the result that was differentiated. The colours are Okabe and Ito's,
which colour-blind people can tell apart ("Color universal design", 2008), thinned so that black text reads well.
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Any

import graphviz

from tinygrad_edu.errors import ArgumentError
from tinygrad_edu.node import Node

from . import dot_binary
from .readable import labels, number, short
from .recorded import Data, TraceNode
from .trace import Trace, snapshot
from .words import sign

LIMIT = 400  # nodes; a picture of more says nothing, and takes minutes to lay out

FILLS = {"leaf": "#BFE1F6", "constant": "#F2F2F2", "result": "#FFFFFF", "root": "#F9DDA4"}  # sky blue, grey, orange
STYLES = {"leaf": "rounded,filled", "constant": "dashed,filled", "result": "filled", "root": "filled"}
TEXT, QUIET = "#111111", "#444444"


class Drawing(graphviz.Digraph):
    """A graph that shows itself in a notebook; `source` is its DOT text, and `render`, `pipe` and `view` are Graphviz's."""

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None, **_: Any) -> dict[str, Any]:
        return {"image/svg+xml": dot_binary.render(self, "svg").decode()}


def draw_graph(
    root: Node | Trace, level: str = "auto", rankdir: str = "LR", values: bool = True, grads: bool = True
) -> Drawing:
    """Draw what a result was computed from.

    Args:
        root: the result, a Value or a Tensor, or a recorded trace.
        level: "op" draws every operation; "auto" too, but of a graph of more than 400 nodes only those nearest to the
            result, and a note says so.
        rankdir: "LR" draws from left to right, "TB" from top to bottom.
        values, grads: whether to write data and gradients. Gradients are those of the trace, or those that the nodes
            hold after `backward()`.
    Returns:
        a `graphviz.Digraph`: it shows itself in a notebook, and `tinygrad_edu_viz.render(graph, "svg")` gives a picture.
    Raises:
        ArgumentError: another level or direction.
    """
    if level not in ("auto", "op"):
        raise ArgumentError(f"draw_graph: level is 'auto' or 'op', not {level!r}")
    if rankdir not in ("LR", "TB", "RL", "BT"):
        raise ArgumentError(f"draw_graph: rankdir is 'LR' (left to right) or 'TB' (top to bottom), not {rankdir!r}")
    nodes, root_id = (root.nodes, root.root) if isinstance(root, Trace) else snapshot(root)
    shown = _nearest(nodes, root_id, LIMIT if level == "auto" else len(nodes))
    dot_binary.choose()
    graph = Drawing("tinygrad_edu", graph_attr={"rankdir": rankdir, "ranksep": "0.4", "nodesep": "0.2"})
    graph.attr("graph", fontname="Helvetica", bgcolor="white", pad="0.1")
    graph.attr("node", fontname="Helvetica", fontsize="12", fontcolor=TEXT, shape="box", margin="0.08,0.05", height="0.3")
    graph.attr("edge", color=QUIET, arrowsize="0.7")
    keys = {node_id: f"n{k}" for k, node_id in enumerate(nodes)}  # DOT has its own ideas about names such as "a:b"
    titles = labels((node.id, node.name, node.op is not None) for node in nodes.values())
    for node_id in shown:
        node = nodes[node_id]
        kind = _kind(node, root_id)
        graph.node(
            keys[node_id],
            label=_label(node, titles[node_id], values, grads),
            id=f"node-{keys[node_id]}",
            style=STYLES[kind],
            fillcolor=FILLS[kind],
            peripheries="2" if kind == "root" else "1",
        )
    for node_id in shown:
        for position, source in enumerate(nodes[node_id].inputs):
            if source in shown:
                edge = f"edge-{keys[source]}-{keys[node_id]}-{position}"
                graph.edge(keys[source], keys[node_id], id=edge)
    if len(shown) < len(nodes):
        _note(graph, nodes, shown, keys)
    return graph


def _nearest(nodes: dict[str, TraceNode], root: str, most: int) -> dict[str, None]:
    """The ids of the nodes nearest to the root (breadth first), in the order of creation."""
    found, order = {root}, [root]
    for node_id in order:  # grows while we walk along it
        for source in nodes[node_id].inputs:
            if len(found) < most and source not in found:
                found.add(source)
                order.append(source)
    return {node_id: None for node_id in nodes if node_id in found}


def _kind(node: TraceNode, root: str) -> str:
    if node.op is None:
        return "leaf" if node.requires_grad else "constant"
    return "root" if node.id == root else "result"


def _note(graph: Drawing, nodes: dict[str, TraceNode], shown: dict[str, None], keys: dict[str, str]) -> None:
    """A node that says what is left out, with dotted edges to where it would go on."""
    text = f"{len(nodes) - len(shown):,} more nodes are not drawn<BR/>(the nearest {len(shown)} of {len(nodes):,} are)"
    graph.node("more", label=f"<{text}>", id="node-more", shape="note", style="filled", fillcolor=FILLS["constant"])
    for node_id in shown:
        if any(source not in shown for source in nodes[node_id].inputs):
            graph.edge("more", keys[node_id], style="dotted", arrowhead="none")


def _label(node: TraceNode, title: str, values: bool, grads: bool) -> str:
    """What stands in a box: operation and name, shape, data, gradient."""
    operation = sign(node.op) if node.op else ""
    if node.op is None and not node.name and not node.requires_grad and node.kind == "value":
        return _table([_title(number(node.data), "")])  # an unnamed constant is its number
    rows = [_title(operation, title) if operation else _title(title, "")]
    rows += [_quiet(f"{key} {value}") for key, value in _settings(node)]
    if node.kind == "tensor":
        rows.append(_quiet(f"{node.shape} {node.dtype}"))
    if values:
        rows.append(_row("data", node.data))
    if grads and node.gradient is not None:
        rows.append(_row("grad", node.gradient))
    return _table(rows)


def _settings(node: TraceNode) -> Iterable[tuple[str, str]]:
    """The attributes of an operation that say something: axis 0, index 0:2."""
    for key, value in node.attrs.items():
        if value is not None and value is not False:
            yield key, short(", ".join(map(str, value)) if isinstance(value, list) else str(value))


def _table(rows: list[str]) -> str:
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">{"".join(rows)}</TABLE>>'


def _title(strong: str, small: str) -> str:
    aside = f' <FONT POINT-SIZE="10" COLOR="{QUIET}">{_escaped(small)}</FONT>' if small else ""
    size = 18 if small and not strong[0].isalnum() else 12  # an operator's sign is small otherwise
    return f'<TR><TD COLSPAN="2"><FONT POINT-SIZE="{size}"><B>{_escaped(strong)}</B></FONT>{aside}</TD></TR>'


def _quiet(text: str) -> str:
    return f'<TR><TD COLSPAN="2"><FONT POINT-SIZE="10" COLOR="{QUIET}">{_escaped(text)}</FONT></TD></TR>'


def _row(what: str, data: Data) -> str:
    lines = _lines(data)
    text = "".join(f'{_escaped(line)}<BR ALIGN="RIGHT"/>' for line in lines) if lines[1:] else _escaped(lines[0])
    return f'<TR><TD ALIGN="LEFT"><FONT COLOR="{QUIET}">{what} </FONT></TD><TD ALIGN="RIGHT">{text}</TD></TR>'


def _lines(data: Data) -> list[str]:
    """Numbers for a box; a small matrix row by row."""
    text = number(data)
    if isinstance(data, list) and text.startswith("[["):
        return [number(row) for row in data]
    return text.split(", from")[:1] + [f"from{part}" for part in text.split(", from")[1:]]


def _escaped(text: str) -> str:
    """Text for an HTML-like label, in which DOT reads a backslash even so."""
    return html.escape(text).replace("\\", "&#92;")
