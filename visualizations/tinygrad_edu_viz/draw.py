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

from tinygrad_edu import symbols
from tinygrad_edu.errors import ArgumentError
from tinygrad_edu.node import Node
from tinygrad_edu.operation import REGISTRY

from . import dot_binary
from .readable import labels, number, number_lines, short
from .recorded import Data, TraceNode, restored
from .recorder import snapshot
from .trace import Trace, nearest
from .words import inputs_are_ordered, sign

LIMIT = 400  # nodes; a picture of more says nothing, and takes minutes to lay out

FILLS = {"leaf": "#BFE1F6", "constant": "#F2F2F2", "result": "#FFFFFF", "root": "#F9DDA4"}  # sky blue, grey, orange
STYLES = {"leaf": "rounded,filled", "constant": "dashed,filled", "result": "filled", "root": "filled"}
TEXT, QUIET = "#111111", "#444444"


class Drawing(graphviz.Digraph):  # type: ignore[misc]  # graphviz has no types
    """A graph that shows itself in a notebook; `source` is its DOT text."""

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
        a `graphviz.Digraph` that shows itself in a notebook; `render(graph, "svg")` of this package gives a picture.
    Raises:
        ArgumentError: another level or direction.
    """
    if level not in ("auto", "op"):
        raise ArgumentError(f"draw_graph: level is 'auto' or 'op', not {level!r}")
    if rankdir not in ("LR", "TB", "RL", "BT"):
        raise ArgumentError(f"draw_graph: rankdir is 'LR' (left to right) or 'TB' (top to bottom), not {rankdir!r}")
    nodes, root_id = (root.nodes, root.root) if isinstance(root, Trace) else snapshot(root)
    shown = nearest(nodes, root_id, LIMIT if level == "auto" else len(nodes))
    keys = {node_id: f"n{k}" for k, node_id in enumerate(nodes)}  # DOT has its own ideas about names such as "a:b"
    graph = _empty(rankdir, len(shown))
    titles = labels((node.id, node.name, node.op is not None) for node in nodes.values())
    for node_id in shown:
        node = nodes[node_id]
        kind = kind_of(node, root_id)
        ordered = node.op is not None and inputs_are_ordered(node.op) and len(set(node.inputs)) > 1
        title = titles[node_id] + (f" = {formula_of(node, nodes, titles)}" if ordered else "")
        graph.node(
            keys[node_id],
            label=_label(node, title, values, grads),
            id=f"node-{keys[node_id]}",
            style=STYLES[kind],
            fillcolor=FILLS[kind],
            peripheries="2" if kind == "root" else "1",
            ordering="in" if ordered else None,
        )
    for node_id in shown:
        for position, source in enumerate(nodes[node_id].inputs):
            if source in shown:
                edge = f"edge-{keys[source]}-{keys[node_id]}-{position}"
                graph.edge(keys[source], keys[node_id], id=edge)
    if len(shown) < len(nodes):
        _note(graph, nodes, shown, keys)
    return graph


def _empty(rankdir: str, size: int) -> Drawing:
    """A drawing without nodes, in our style, for `size` nodes."""
    dot_binary.choose()
    graph = Drawing("tinygrad_edu")
    patience = f"{LIMIT / size:.2f}"  # the search for the best layout of a large graph could take hours
    graph.attr("graph", rankdir=rankdir, ranksep="0.4", nodesep="0.2", pad="0.1", bgcolor="white")
    graph.attr("graph", fontname="Helvetica", nslimit=patience, nslimit1=patience)
    graph.attr("node", fontname="Helvetica", fontsize="12", fontcolor=TEXT)
    graph.attr("node", shape="box", margin="0.08,0.05", height="0.3")
    graph.attr("edge", color=QUIET, arrowsize="0.7")
    return graph


def kind_of(node: TraceNode, root: str) -> str:
    """What a drawing shows a node as: a key of `FILLS`."""
    if node.op is None:
        return "leaf" if node.requires_grad else "constant"
    return "root" if node.id == root else "result"


def formula_of(node: TraceNode, nodes: dict[str, TraceNode], titles: dict[str, str]) -> str:
    """The operation with its inputs in order, which arrows alone do not tell: "b - a"."""
    sources = [nodes[source] for source in node.inputs]
    names = [number(source.data) if source.is_plain_number else titles[source.id] for source in sources]
    if node.op in REGISTRY:
        return short(str(symbols.forward(node.op, names, restored(node.attrs))), 40)
    return short(f"{node.op}({', '.join(names)})", 40)


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
    if node.is_plain_number:
        return _table([_title(number(node.data), "")])
    rows = [_title(operation, title) if operation else _title(title, "")]
    rows += [_quiet(f"{key} {value}") for key, value in settings_of(node)]
    if node.kind == "tensor":
        rows.append(_quiet(f"{node.shape} {node.dtype}"))
    if values:
        rows.append(_row("data", node.data))
    if grads and node.gradient is not None:
        rows.append(_row("grad", node.gradient))
    return _table(rows)


def settings_of(node: TraceNode) -> Iterable[tuple[str, str]]:
    """The attributes of an operation that say something: axis 0, index 0:2."""
    for key, value in node.attrs.items():
        if value is not None and value is not False:
            shown = value["array"] if isinstance(value, dict) and "array" in value else value
            yield key, short(", ".join(map(str, shown)) if isinstance(shown, list) else str(shown))


def _table(rows: list[str]) -> str:
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">{"".join(rows)}</TABLE>>'


def _title(strong: str, small: str) -> str:
    aside = f' <FONT POINT-SIZE="10" COLOR="{QUIET}">{_escaped(small)}</FONT>' if small else ""
    size = 18 if small and not strong[0].isalnum() else 12  # an operator's sign is small otherwise
    return f'<TR><TD COLSPAN="2"><FONT POINT-SIZE="{size}"><B>{_escaped(strong)}</B></FONT>{aside}</TD></TR>'


def _quiet(text: str) -> str:
    return f'<TR><TD COLSPAN="2"><FONT POINT-SIZE="10" COLOR="{QUIET}">{_escaped(text)}</FONT></TD></TR>'


def _row(what: str, data: Data) -> str:
    lines = number_lines(data)
    text = "".join(f'{_escaped(line)}<BR ALIGN="RIGHT"/>' for line in lines) if lines[1:] else _escaped(lines[0])
    return f'<TR><TD ALIGN="LEFT"><FONT COLOR="{QUIET}">{what} </FONT></TD><TD ALIGN="RIGHT">{text}</TD></TR>'


def _escaped(text: str) -> str:
    """Text for an HTML-like label, in which DOT obeys backslashes even so: \\N would become the node's name."""
    return html.escape(text).replace("\\", "\\\\")
