"""Graphs as pictures, by Graphviz.

What a box is shows in its outline and in its colour: a rounded box is a leaf that receives a gradient, a dashed box a
constant, a plain box a result, a double box the result that was differentiated, and a heavy rounded box a layer. Nodes
of one scope stand in a frame.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import graphviz

from tinygrad_edu.errors import ArgumentError
from tinygrad_edu.graph.node import Node
from tinygrad_edu_words import _

from ..readable import short
from ..recording.contents import TraceNode
from ..recording.recorder import snapshot
from ..scalarizing.scalarize import scalarize
from ..trace import Trace
from ..views.levels import View, ViewBox, view
from . import dot_binary
from .arranging import DEEPEST, NEWRANK, STRAIGHT, Arrangement, frame_of
from .box_facts import KINDS, is_ordered, kind_of, settings_of, title_of
from .box_label import BoxLabel
from .palette import Palette, palette

LEVELS = ("auto", "scalar", "op", "layer")
LIMIT = 400  # boxes; a picture of more says nothing, and takes minutes to lay out

OUTLINES = {
    "leaf": {"style": "rounded,filled"},
    "constant": {"style": "dashed,filled"},
    "result": {"style": "filled"},
    "root": {"style": "filled", "peripheries": "2"},
    "layer": {"style": "rounded,filled", "penwidth": "2"},
}


class Drawing(graphviz.Digraph):  # type: ignore[misc]  # graphviz has no types
    """A graph that shows itself in a notebook; `source` is its DOT text.

    Attributes:
        note: what was collapsed or left out, "" if nothing was.
    """

    note = ""

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None, **_: Any) -> dict[str, Any]:
        return {"image/svg+xml": dot_binary.render(self, "svg").decode()}


def draw_graph(
    root: Node | Trace,
    level: str = "auto",
    rankdir: str = "LR",
    values: bool = True,
    grads: bool = True,
    legend: bool = False,
    theme: str = "light",
    limit: int | None = LIMIT,
    step: int | None = None,
) -> Drawing:
    """Draw what a result was computed from.

    Args:
        root: the result, a Value or a Tensor, or a recorded trace.
        level: "op" is a box for each operation; "layer" one for each layer or `tg.scope`; "scalar" one for each number
            of the whole expression; "auto" is "op", or "layer" where there are too many nodes or too large arrays.
        rankdir: "LR" draws from left to right, "TB" from top to bottom.
        values, grads: whether to write data and gradients. Gradients are those of the trace, or those that the nodes
            hold after `backward()`; those of the level "scalar" are of a backward pass from `root`.
        legend: whether to explain colours and outlines.
        theme: "light" or "dark".
        limit: the most boxes; where there would be more, those far from the result become one. None for no limit.
        step: of a trace, draw what is known after so many events, and mark what the last one is about.
    Returns:
        a `graphviz.Digraph` that shows itself in a notebook; `render(graph, "svg")` of this package gives a picture.
    Raises:
        ArgumentError: another level, direction or theme; or too many scalars (see `take_apart`).
    """
    if level not in LEVELS:
        raise ArgumentError(f"draw_graph: level is one of {', '.join(LEVELS)}, not {level!r}")
    if rankdir not in ("LR", "TB", "RL", "BT"):
        raise ArgumentError(f"draw_graph: rankdir is 'LR' (left to right) or 'TB' (top to bottom), not {rankdir!r}")
    colours = palette(theme)
    if level == "scalar":
        trace, level = scalarize(root), "op"
    else:
        trace = root if isinstance(root, Trace) else _as_it_is(root)
    seen = view(trace, level, limit)
    picture = _Picture(trace, seen, BoxLabel(colours, values, grads), rankdir)
    if step is not None:
        picture.go(step)
    picture.draw(rankdir, legend)
    return picture.graph


def _as_it_is(root: Node) -> Trace:
    """A trace without a backward pass."""
    nodes, root_id = snapshot(root)
    return Trace(nodes, (), root_id)


def keys_of(seen: View, trace: Trace) -> dict[str, str]:
    """Ids in the picture, which are stable: DOT and SVG have their own ideas about names such as "a:b"."""
    places = {node_id: k for k, node_id in enumerate(trace.nodes)}
    return {
        box.id: "more" if box.id == seen.more else f"{'s' if box.collapsed else 'n'}{places[box.nodes[0]]}"
        for box in seen.boxes.values()
    }


class _Picture:
    """The drawing of one view."""

    def __init__(self, trace: Trace, seen: View, label: BoxLabel, rankdir: str):
        self.trace, self.seen, self.label, self.colours = trace, seen, label, label.colours
        self.places = {node_id: k for k, node_id in enumerate(trace.nodes)}
        self.keys = keys_of(seen, trace)
        self.graph = _empty(rankdir, len(seen.boxes), self.colours)
        self.graph.note = seen.note
        self.nodes = trace.nodes  # with what is known of them
        self.active: str | None = None
        self.used: tuple[tuple[str, str], ...] = ()  # edges that the last step was about

    def go(self, step: int) -> None:
        """To what is known after `step` events."""
        self.label.known, gradients = self.trace.known_after(step), self.trace.gradients_after(step)
        self.nodes = {i: replace(node, gradient=gradients.get(i)) for i, node in self.trace.nodes.items()}
        self.active, self.used = self.seen.active(self.trace, step)

    def draw(self, rankdir: str, legend: bool) -> None:
        boxes = sorted(self.seen.boxes.values(), key=lambda box: self.places[box.nodes[0]])
        self._frames(self.graph, boxes, 0)
        for box in boxes:
            for target, attributes in self._edges(box):
                self.graph.edge(target, self.keys[box.id], **attributes)
        if legend or self.seen.note:
            self._explain(self.seen.note, legend)
        arranged = Arrangement(self.seen, self.trace)
        arranged.guide(self.graph, self.keys)
        arranged.settle(self.graph, self.keys, rankdir)

    def _frames(self, graph: graphviz.Digraph, boxes: list[ViewBox], depth: int) -> None:
        """The boxes, those of each scope in a frame of its own."""
        groups: dict[str, list[ViewBox]] = {}
        for box in boxes:
            path = frame_of(box)
            if depth < min(len(path), DEEPEST):
                groups.setdefault(path[depth], []).append(box)
            else:
                self._box(graph, box)
        for name, inside in groups.items():
            key = f"{self.keys[inside[0].id]}-{depth}"
            with graph.subgraph(name=f"cluster_{key}") as frame:
                fill = self.colours.group if depth % 2 == 0 else self.colours.paper
                frame.attr(
                    id=f"scope-{key}", label=f"<{self.label.small(short(name, 40))}>", labeljust="l", margin="10"
                )
                frame.attr(style="rounded,filled", fillcolor=fill, color=self.colours.line, penwidth="0.5", tooltip=" ")
                self._frames(frame, inside, depth + 1)

    def _box(self, graph: graphviz.Digraph, box: ViewBox) -> None:
        result, key = self.nodes[box.result], self.keys[box.id]
        if box.collapsed:
            kind, label = "layer", self.label.of_group(box, result)
            tooltip = self.label.tooltip_of_group(box, result)
        else:
            kind, title = kind_of(box, self.trace), title_of(result, self.trace.nodes)
            label = self.label.of_node(result, title, self._settings(result))
            tooltip = self.label.tooltip_of_node(result, title)
        look = {**OUTLINES[kind], "fillcolor": self.colours.fills[kind]}
        if box.id == self.seen.more:
            look = {"shape": "note", "style": "filled", "fillcolor": self.colours.fills["constant"]}
        if box.id == self.active:
            look |= {"penwidth": "4", "color": self.colours.gradient}
        ordering = {"ordering": "in"} if not box.collapsed and is_ordered(result) else {}
        graph.node(key, label=label, id=f"node-{key}", tooltip=tooltip, **look, **ordering)

    def _settings(self, node: TraceNode) -> list[str]:
        return [short(f"{key} {value}", 40) for key, value in settings_of(node)]

    def _edges(self, box: ViewBox) -> Iterator[tuple[str, dict[str, str]]]:
        """What feeds a box: of a node each of its inputs; of several each box once."""
        sources = [self.seen.box_of[source] for node in box.nodes for source in self.trace.nodes[node].inputs]
        if box.collapsed:
            sources = list(dict.fromkeys(sources))
        for position, source in enumerate(sources):
            if source != box.id and not (source == self.seen.more and source in sources[:position]):
                key = self.keys[source]
                attributes = {"id": f"edge-{key}-{self.keys[box.id]}-{position}"}
                if self.nodes[self.seen.boxes[source].result].op is not None:
                    attributes["weight"] = STRAIGHT
                if (source, box.id) in self.used:
                    attributes |= {"penwidth": "3", "style": "dashed", "dir": "both", "color": self.colours.gradient}
                if source == self.seen.more:
                    attributes |= {"style": "dotted", "arrowhead": "none"}
                yield key, attributes

    def _explain(self, note: str, legend: bool) -> None:
        """Write the note and the legend below the picture."""
        rows = [f'<TR><TD ALIGN="LEFT">{self.label.small(note)}</TD></TR>'] if note else []
        if legend:
            rows.append(f'<TR><TD ALIGN="LEFT">{self._legend()}</TD></TR>')
        label = f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="4">{"".join(rows)}</TABLE>>'
        self.graph.attr("graph", label=label, labelloc="b", labeljust="l")

    def _legend(self) -> str:
        """A sample, as it is drawn, and a word for each kind of box that occurs."""
        kinds = {kind_of(box, self.trace) for box in self.seen.boxes.values() if box.id != self.seen.more}
        cells = [f"<TD>{self._sample(kind, _(word))}</TD>" for kind, word in KINDS.items() if kind in kinds]
        if self.label.grads and any(self.nodes[box.result].gradient is not None for box in self.seen.boxes.values()):
            cells.append(f"<TD>{self.label.small(_('grad: ∂(the result) / ∂(this)'))}</TD>")
        return f'<TABLE BORDER="0" CELLSPACING="6"><TR>{"".join(cells)}</TR></TABLE>'

    def _sample(self, kind: str, word: str) -> str:
        outline = OUTLINES[kind]
        styles = f' STYLE="{style}"' if (style := outline["style"].removesuffix("filled").strip(",")) else ""
        look = f'COLOR="{self.colours.line}" BGCOLOR="{self.colours.fills[kind]}"{styles}'
        border = outline.get("penwidth", "1")
        cell = f"<TR><TD>{self.label.small(word)}</TD></TR>"
        sample = f'<TABLE BORDER="{border}" CELLBORDER="0" CELLPADDING="3" {look}>{cell}</TABLE>'
        if "peripheries" not in outline:
            return sample
        around = f'BORDER="1" CELLBORDER="0" CELLPADDING="2" CELLSPACING="0" COLOR="{self.colours.line}"'
        return f"<TABLE {around}><TR><TD>{sample}</TD></TR></TABLE>"


def _empty(rankdir: str, size: int, colours: Palette) -> Drawing:
    """A drawing without nodes, in our style, for `size` nodes."""
    dot_binary.choose()
    graph = Drawing("tinygrad_edu")
    patience = f"{min(LIMIT / size, 1):.2f}"  # the search for the best layout of a large graph could take hours
    graph.attr("graph", rankdir=rankdir, ranksep="0.4", nodesep="0.2", pad="0.1", bgcolor=colours.paper)
    graph.attr("graph", fontname="Helvetica", fontcolor=colours.text, nslimit=patience, nslimit1=patience)
    graph.attr("graph", newrank=NEWRANK)
    graph.attr("node", fontname="Helvetica", fontsize="12", fontcolor=colours.text, color=colours.line)
    graph.attr("node", shape="box", margin="0.08,0.05", height="0.3")
    graph.attr("edge", color=colours.line, arrowsize="0.7")
    return graph
