"""Levels: how much of a graph one box stands for.

    op      a box for each node
    layer   a box for each innermost scope (a layer, or a `with tg.scope`), and for each node outside of these
    auto    layer for a network of tensors, and op for everything else where that is readable; where there are too
            many boxes the scopes around the layers, ever larger ones; and of a long graph that has none, bands of its
            depth: the nodes that lie from so many to so many operations behind the inputs.

Where there are still too many boxes, all but those nearest to the result become one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, count, pairwise
from math import prod

from tinygrad_edu.errors import ArgumentError
from tinygrad_edu_words import _, grouped, ngettext

from ..readable import short
from ..recording.contents import Event, TraceNode
from ..trace import Trace
from .partition import partition

LEVELS = ("auto", "op", "layer")
READABLE = 40  # boxes
SCROLLABLE = 120  # boxes of a drawing through which one can scroll; more of them are drawn only where asked for
BANDS = 12  # boxes that a deep graph becomes
LONGEST_TITLE = 48  # characters

Edge = tuple[str, str]  # (id of the box that feeds, id of the box that is fed)
Path = tuple[str, ...]  # names of scopes, the outermost first


@dataclass(frozen=True, slots=True)
class ViewBox:
    """A box of a drawing.

    Attributes:
        id: of a node alone that node's; else one of its own.
        title: what people call it.
        nodes: the ids of the nodes inside, in the order of creation.
        scope: of a collapsed scope its path; of a node alone the scope that it is in.
        result: the id of the node whose data and gradient stand for the box: the last one that it gives to others.
        lines: about a collapsed box: its result's shape and dtype, how many numbers it learns, how many nodes it has;
            of the box of all that is left out only the numbers.
        collapsed: whether it stands for a scope, or for all that is left out; False for a node alone.
    """

    id: str
    title: str
    nodes: tuple[str, ...]
    scope: Path
    result: str
    lines: tuple[str, ...] = ()
    collapsed: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """A graph at a level. Each node is in exactly one box, and the edges run in no circle.

    Attributes:
        level: "op" or "layer".
        boxes: by their ids; each comes after those that feed it.
        edges: between boxes, each once.
        box_of: the id of the box that each node is in.
        stops: how many events have happened at each place where a step of this level stops; first 0, last all.
        note: for people, what was collapsed because there would be too many boxes; "" if nothing was.
        more: the id of the box of all that is left out; None if nothing is.
    """

    level: str
    boxes: dict[str, ViewBox]
    edges: tuple[Edge, ...]
    box_of: dict[str, str]
    stops: tuple[int, ...]
    note: str = ""
    more: str | None = None

    def active(self, trace: Trace, position: int) -> tuple[str | None, tuple[Edge, ...]]:
        """What to mark after `position` events: the box that the last step is about, and the edges gradients took.

        A step of this level is what happened since the stop before. One contribution to a gradient is about the box
        that receives it; several at once are about the box that they come from.
        """
        if not position:
            return None, ()
        start = max(stop for stop in self.stops if stop < position)
        events = trace.events[start:position]
        ways = dict.fromkeys((self.box_of[event.node], self.box_of[event.source]) for event in events if event.source)
        source = events[-1].source if len(events) > 1 else None
        box = self.box_of[source or events[-1].node]
        return box, tuple([(end, begin) for end, begin in ways if end != begin])


def view(trace: Trace, level: str = "auto", limit: int | None = READABLE) -> View:
    """A graph at a level.

    Args:
        level: "auto", "op" or "layer".
        limit: of boxes, for every level; None for none.
    Raises:
        ArgumentError: another level, or a limit below 2.
    """
    if level not in LEVELS:
        raise ArgumentError(f"the level is one of {', '.join(LEVELS)}, not {level!r}")
    if limit is not None and limit < 2:
        raise ArgumentError(f"a view has at least 2 boxes (the result, and the rest), and the limit is {limit}")
    nodes = trace.nodes
    room = len(nodes) if limit is None else min(limit, SCROLLABLE)
    is_network = _is_network(nodes)
    if level == "op" or (level == "auto" and len(nodes) <= room and not is_network):
        return _view(trace, "op", {}, limit)
    groupings = _groupings(nodes)
    layers = chosen = next(groupings)
    if level == "layer":
        return _view(trace, "layer", layers, limit)
    while _count(nodes, chosen) > room and (outer := next(groupings, None)) is not None:
        chosen = outer
    if layers:
        why = "" if is_network and chosen is layers else _why(nodes, room, chosen)
        return _view(trace, "layer", chosen, limit, why)
    bands = _bands(nodes, trace.root) if room >= READABLE and len(nodes) > SCROLLABLE else {}
    return _view(trace, "layer" if bands else "op", bands, limit, _why_bands(nodes, room) if bands else "")


def _is_network(nodes: Mapping[str, TraceNode]) -> bool:
    """Whether there are layers of tensors: scopes in which something learns."""
    learned = [node for node in nodes.values() if node.op is None and node.requires_grad]
    return any(node.scope and node.kind == "tensor" for node in learned)


def _why(nodes: Mapping[str, TraceNode], room: int, grouping: Grouping) -> str:
    """Why a graph is not shown node by node."""
    groups = len({*grouping.values()})
    what = ngettext("a layer is one box", "each of {n} layers is one box", groups).format(n=groups)
    why = _("as {n} nodes are more than the {room} boxes that are readable").format(n=grouped(len(nodes)), room=room)
    return f"{what}, {why}"


def _why_bands(nodes: Mapping[str, TraceNode], room: int) -> str:
    text = _("operations of about the same depth are one box, as {n} nodes are more than {room} readable boxes")
    return text.format(n=grouped(len(nodes)), room=room)


Grouping = dict[str, Path]
"""The scopes that are boxes, by the nodes in them; without the nodes that are boxes of their own."""


def _groupings(nodes: Mapping[str, TraceNode]) -> Iterator[Grouping]:
    """The nodes by their innermost scopes, then by ever larger ones."""
    paths = {node.scope for node in nodes.values()}
    outer = {(), *(path[:length] for path in paths for length in range(len(path)))}
    yield {node.id: node.scope for node in nodes.values() if node.scope not in outer}
    for depth in range(max(map(len, paths), default=0) - 1, 0, -1):
        yield {
            node.id: node.scope[:depth]
            for node in nodes.values()
            if len(node.scope) >= depth or node.scope not in outer
        }


def _bands(nodes: Mapping[str, TraceNode], root: str) -> Grouping:
    """The nodes by their depth; empty where the graph is not deep, so that this would say nothing.

    An input is in the first band that needs it. The result is a box of its own; so are inputs that learn, if they are
    few, as they may be shared.
    """
    depth: dict[str, int] = {}
    for node in nodes.values():
        depth[node.id] = 1 + max([depth[source] for source in node.inputs]) if node.inputs else 0
    deepest = max(depth.values())
    if deepest < 4 * BANDS:
        return {}
    first: dict[str, int] = {}
    for node in nodes.values():
        for source in node.inputs:
            if not nodes[source].inputs:
                first[source] = min(first.get(source, deepest), depth[node.id])
    depth |= first
    learned = {node.id for node in nodes.values() if node.op is None and node.requires_grad}
    alone = {root} | (learned if len(learned) <= BANDS else set())
    size = -(-deepest // BANDS)

    def path(node: str) -> Path:
        start = (max(depth[node], 1) - 1) // size * size + 1
        return (_("depth {first} to {last}").format(first=start, last=min(start + size - 1, deepest)),)

    return {node: path(node) for node in nodes if node not in alone}


def _count(nodes: Mapping[str, TraceNode], grouping: Grouping) -> int:
    return len({grouping.get(node_id, node_id) for node_id in nodes})


def _view(trace: Trace, level: str, grouping: Grouping, limit: int | None, note: str = "") -> View:
    nodes = trace.nodes
    names = _names(dict.fromkeys(grouping.values()), nodes)
    parts = partition(nodes, {node: names[grouping[node]] if node in grouping else node for node in nodes})
    found, more = parts.parts, None
    if limit is not None and len(found) > limit:
        root = next(key for key, inside in found.items() if trace.root in inside)
        kept = parts.nearest(root, limit - 1)
        more = _free("more", {*found, *nodes})
        shown = {key: inside for key, inside in found.items() if key in kept}
        hidden = nodes.keys() - {node for inside in shown.values() for node in inside}
        found = {more: [node for node in nodes if node in hidden], **shown}
        aside = _("{n} more nodes: only the {boxes} boxes nearest to the result are drawn")
        aside = aside.format(n=grouped(len(hidden)), boxes=len(kept))
        note = f"{note}; {aside}" if note else aside
    box_of = {node: key for key, inside in found.items() for node in inside}
    boxes = _boxes(trace, found, box_of, {name: path for path, name in names.items()}, more)
    ways = {(box_of[source], key): None for key in found for node in found[key] for source in nodes[node].inputs}
    edges = tuple([(source, target) for source, target in ways if source != target])
    return View(level, boxes, edges, box_of, _stops(trace, level, boxes, box_of), note, more)


def _boxes(
    trace: Trace,
    parts: Mapping[str, list[str]],
    box_of: Mapping[str, str],
    paths: Mapping[str, Path],
    more: str | None,
) -> dict[str, ViewBox]:
    nodes = trace.nodes
    leaving = {source for node in nodes.values() for source in node.inputs if box_of[source] != box_of[node.id]}
    boxes = {}
    for key, inside in parts.items():
        if key != more and key not in paths:
            boxes[key] = ViewBox(key, nodes[key].label, (key,), nodes[key].scope, key)
            continue
        path = () if key == more else paths[key]
        title = short(path[-1], LONGEST_TITLE) if path else _("{n} more nodes").format(n=grouped(len(inside)))
        result = next((node for node in reversed(inside) if node in leaving or node == trace.root), inside[-1])
        lines = _lines([nodes[node] for node in inside], nodes[result], is_scope=bool(path))
        boxes[key] = ViewBox(key, title, tuple(inside), path, result, lines, collapsed=True)
    return boxes


def _lines(inside: list[TraceNode], result: TraceNode, is_scope: bool) -> tuple[str, ...]:
    """About a collapsed box."""
    learned = sum(prod(node.shape) for node in inside if node.op is None and node.requires_grad)
    lines = [f"{result.shape} {result.dtype}"] if is_scope and result.kind == "tensor" else []
    if learned:
        lines.append(ngettext("{n} parameter", "{n} parameters", learned).format(n=grouped(learned)))
    if is_scope:
        lines.append(ngettext("{n} node", "{n} nodes", len(inside)).format(n=grouped(len(inside))))
    return tuple(lines)


def _names(paths: Iterable[Path], taken: Iterable[str]) -> dict[Path, str]:
    """An id for the box of each scope."""
    used = set(taken)
    names = {}
    for path in paths:
        names[path] = _free("/".join(path), used)
        used.add(names[path])
    return names


def _free(wish: str, used: set[str]) -> str:
    """An id that is not used: the one wished for, or that with a number."""
    return next(key for key in chain([wish], (f"{wish} ({k})" for k in count(2))) if key not in used)


def _stops(trace: Trace, level: str, boxes: Mapping[str, ViewBox], box_of: Mapping[str, str]) -> tuple[int, ...]:
    """Every position of what happens in boxes of a node; of what happens inside of a collapsed box, the last."""

    def place(event: Event) -> tuple[str, str, int]:
        box = box_of[event.source or event.node]
        single = event.source is None and event.kind == "backward"  # the seed
        return event.kind, box, event.step if single or (level == "op" and not boxes[box].collapsed) else 0

    places = [place(event) for event in trace.events]
    changes = [k for k, (before, after) in enumerate(pairwise(places), 1) if before != after]
    return tuple(dict.fromkeys([0, *changes, len(places)]))
