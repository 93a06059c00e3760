"""Where the boxes and wires of a drawing of characters go.

The layout is the layered method of Sugiyama, Tagawa and Toda ("Methods for visual understanding of hierarchical system
structures", IEEE Transactions on Systems, Man and Cybernetics 11(2), 1981), one function for each step:

1. `_assign_layers`   gives each box a layer, so that every edge points to a later one;
2. `_thread`          lets a wire that skips layers hold a place in each of them;
3. `_order`           sorts each layer so that few wires cross;
4. `_settle`          decides where in its layer each box sits, so that wires run straight;
5. `_route`           gives each wire a lane of its own in the gap between two layers.

All edges that leave one box are one *wire*. It may fork, but two wires never share a line: they only cross. Places are
measured in character cells, *along* the flow and *across* it. From left to right, along means columns and across means
rows; from top to bottom it is the other way round, and little else changes.
Only `lay_out` knows which of them is a row.
"""

from bisect import bisect_right, insort
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import pairwise
from math import floor
from typing import Literal, NamedTuple

from ..cells import cell_width, clean
from .text_graph import Box, Cell, Edge, Placed, TextGraph


class _Measures(NamedTuple):
    apart: int  # cells across between two boxes
    clear: int  # cells across beside a wire that passes
    pitch: int  # cells across from one entry of a box to the next
    tail: int  # cells along from the last lane to the box, arrow head included


_MEASURES = {"LR": _Measures(0, 1, 1, 2), "TB": _Measures(2, 2, 4, 1)}
_SWEEPS = 8  # more of them change little


@dataclass(slots=True, eq=False)
class _Item:
    """What holds a place in a layer: a box, or a wire on its way through."""

    key: str  # of the box, or of the box where the wire begins
    box: Box | None = None
    inputs: list["_Item"] = field(default_factory=list)
    outputs: list["_Item"] = field(default_factory=list)
    layer: int = 0
    rank: int = 0  # place in the order of its layer
    at: int = 0  # first cell across
    size: int = 1  # cells across
    entries: dict[str, int] = field(default_factory=dict)  # wire -> where it enters, counted from `at`

    @property
    def exit(self) -> int:
        return self.at + (self.size - 1) // 2

    def entry(self, key: str) -> int:
        return self.at + self.entries[key]


_Layers = list[list[_Item]]


def lay_out(
    boxes: Sequence[Box], edges: Sequence[Edge], direction: Literal["LR", "TB"] = "LR", max_text: int = 24
) -> TextGraph:
    """Find a place for every box and a way for every edge, left to right ("LR") or top to bottom ("TB").

    The same input gives the same layout. An edge that is given n times is drawn once, marked "×n". Text wider than
    `max_text` cells, at least 3, is cut.

    Raises:
        ValueError: two boxes share a key, an edge names an unknown box, the edges run in a circle, or `direction` is
            neither of the two.
    """
    if direction not in _MEASURES:
        raise ValueError(f"unknown direction {direction!r}; use 'LR' (left to right) or 'TB' (top to bottom)")
    times = Counter(edges)
    items = _link(boxes, times)
    layers = _assign_layers(items)
    trunks = {item.key: _thread(item, layers) for item in items}
    _order(layers)
    depths = _measure(layers, direction, max_text)
    _settle(layers, _MEASURES[direction])
    routes = [_route(layer) for layer in layers]

    begins = _space_out(layers, depths, routes, times, _MEASURES[direction].tail)
    ends = [begin + depth for begin, depth in zip(begins, depths, strict=True)]

    def turn(along: int, across: int) -> Cell:
        return (across, along) if direction == "LR" else (along, across)

    def trace(source: str, target: str) -> list[Cell]:
        first, last = trunks[source][0], trunks[target][0]
        corners = [(ends[first.layer], first.exit)]
        for gap, stop in enumerate([*trunks[source][1 : last.layer - first.layer], last], first.layer):
            lanes = routes[gap].get(source, [])
            for lane, leave in zip(lanes, [*(lane.comes for lane in lanes[1:]), stop.entry(source)], strict=False):
                along = ends[gap] + 1 + 2 * lane.column
                corners += [(along, lane.comes), (along, leave)]
            corners.append((begins[gap + 1] - 1, stop.entry(source)))
        return [turn(*place) for place in _walk(corners)]

    placed = {
        item.key: Placed(item.box, *turn(begin, item.at), *turn(depth, item.size))
        for layer, begin, depth in zip(layers, begins, depths, strict=True)
        for item in layer
        if item.box
    }
    bottoms = [item.at + item.size for layer in layers for item in layer]
    bottoms += [lane.comes + 1 for route in routes for lanes in route.values() for lane in lanes]
    height, width = turn(max(ends, default=0), max(bottoms, default=0))
    ways = {edge: trace(*edge) for edge in times}
    return TextGraph({box.key: placed[box.key] for box in boxes}, ways, dict(times), width, height, direction)


def _link(boxes: Sequence[Box], edges: Iterable[Edge]) -> list[_Item]:
    """Return an item for each box, in reading order: from the results back, depth first, inputs as they were given."""
    items = {box.key: _Item(box.key, box) for box in boxes}
    if len(items) < len(boxes):
        raise ValueError("two boxes share a key; give each box a key of its own")
    for source, target in edges:
        if source not in items or target not in items:
            raise ValueError(f"edge {(source, target)!r} names a box that is not there; add it to the boxes")
        items[source].outputs.append(items[target])
        items[target].inputs.append(items[source])
    seen: dict[_Item, None] = {}
    stack = sorted(reversed(items.values()), key=lambda item: not item.outputs)
    while stack:
        item = stack.pop()
        if item not in seen:
            seen[item] = None
            stack += reversed(item.inputs)
    return list(seen)


def _assign_layers(items: list[_Item]) -> _Layers:
    """Sort items into layers: behind their inputs by the longest path, then up to what they feed as close as can be."""
    waits = {item: len(item.inputs) for item in items}
    order = [item for item in items if not item.inputs]
    for item in order:  # grows while we walk along it
        for target in item.outputs:
            target.layer = max(target.layer, item.layer + 1)
            waits[target] -= 1
            if not waits[target]:
                order.append(target)
    if len(order) < len(items):
        circle = ", ".join(repr(item.key) for item in items if waits[item])
        raise ValueError(f"edges run in a circle among or before the boxes {circle}; only acyclic graphs have layers")
    layers: _Layers = [[] for _ in range(max((item.layer + 1 for item in items), default=0))]
    for item in reversed(order):
        item.layer = min((target.layer - 1 for target in item.outputs), default=item.layer)
    for item in items:
        layers[item.layer].append(item)
    return layers


def _thread(item: _Item, layers: _Layers) -> list[_Item]:
    """Give the item's wire a place in each layer on the way to the furthest box that it feeds; return the trunk."""
    targets, item.outputs, trunk = item.outputs, [], [item]
    for layer in range(item.layer + 1, max((target.layer for target in targets), default=0)):
        trunk.append(_Item(item.key, layer=layer, inputs=[trunk[-1]]))
        trunk[-2].outputs.append(trunk[-1])
        layers[layer].append(trunk[-1])
    for target in targets:
        last = trunk[target.layer - item.layer - 1]
        last.outputs.append(target)
        target.inputs[target.inputs.index(item)] = last
    return trunk


def _order(layers: _Layers) -> None:
    """Sort each layer by barycentre, the mean rank of an item's neighbours on one side, to and fro; keep the best."""

    def rank(layer: list[_Item]) -> None:
        for place, item in enumerate(layer):
            item.rank = place

    def barycentre(item: _Item) -> float:
        side = item.inputs if forth else item.outputs
        return sum(other.rank for other in side) / len(side) if side else item.rank

    crossings: list[int] = []
    best = layers
    for sweep in range(_SWEEPS):
        forth = sweep % 2 == 1
        for layer in layers if forth else reversed(layers):
            if sweep:  # the reading order is often the best one
                layer.sort(key=barycentre)
            rank(layer)
        crossings.append(sum(map(_crossings, layers)))
        if crossings[-1] < min(crossings[:-1], default=crossings[-1] + 1):
            best = [list(layer) for layer in layers]
        if not crossings[-1]:
            break
    for layer, chosen in zip(layers, best, strict=True):
        layer[:] = chosen
        rank(layer)


def _crossings(layer: list[_Item]) -> int:
    """Count the crossings of the wires from this layer to the next."""
    count, seen = 0, list[int]()
    for item in layer:
        for rank in sorted(target.rank for target in item.outputs):
            count += len(seen) - bisect_right(seen, rank)
            insort(seen, rank)
    return count


def _measure(layers: _Layers, direction: str, max_text: int) -> list[int]:
    """Size the boxes across, and place their entries; return how deep each layer is, along."""
    depths, pitch = [], _MEASURES[direction].pitch
    for layer in layers:
        depth = 1
        for item in layer:
            ports = pitch * (len(item.inputs) - 1) + 1
            if item.box:
                widths = [min(cell_width(clean(line)), max(max_text, 3)) for line in item.box.lines]
                high, wide = max(len(widths), 1) + 2, max(widths, default=0) + 4
                item.size = max(high if direction == "LR" else wide, ports + 2)
                depth = max(depth, wide if direction == "LR" else high)
            first = (item.size - ports) // 2
            inputs = sorted(item.inputs, key=lambda source: source.rank)
            item.entries = {source.key: first + pitch * place for place, source in enumerate(inputs)}
        depths.append(depth)
    return depths


def _settle(layers: _Layers, measures: _Measures) -> None:
    """Move the items across, sweeping to and fro, to where their wires run straight; the first cell becomes 0."""
    for sweep in range(_SWEEPS + 1):
        forth = sweep % 2 == 0
        for layer in layers if forth else reversed(layers):
            _place(layer, [_wish(item, forth) for item in layer], measures)
    top = min((item.at for layer in layers for item in layer), default=0)
    for item in (item for layer in layers for item in layer):
        item.at -= top


def _wish(item: _Item, forth: bool) -> tuple[float, float]:
    """Return where an item would best be for its wires on one side, and how much that matters."""
    if item.inputs and (forth or not item.outputs):
        pulls = [(source.exit - item.entries[source.key], source) for source in item.inputs]
    else:
        pulls = [(target.entry(item.key) - item.exit + item.at, item) for target in item.outputs]
    weights = [16 if source.inputs else 1 for _, source in pulls]  # the way of the data is straight, a leaf can wait
    wish = sum(place * weight for (place, _), weight in zip(pulls, weights, strict=True))
    return (wish / sum(weights), sum(weights)) if pulls else (item.at, 1)


def _place(layer: list[_Item], wishes: list[tuple[float, float]], measures: _Measures) -> None:
    """Place a layer in its order, without overlap, as near to the wishes as can be (least squares).

    Measured from where the items would be if packed, their places must not decrease: isotonic regression. Neighbours
    that want to pass each other are pooled in one block, which settles at its mean wish.
    """
    packed = [0]
    for item, after in pairwise(layer):
        packed.append(packed[-1] + item.size + (measures.apart if item.box and after.box else measures.clear))
    blocks: list[tuple[float, float, int]] = []  # weight, weighted sum of the wishes, number of items
    for (wish, weight), start in zip(wishes, packed, strict=True):
        block = (weight, weight * (wish - start), 1)
        while blocks and blocks[-1][1] * block[0] > block[1] * blocks[-1][0]:
            last = blocks.pop()
            block = (last[0] + block[0], last[1] + block[1], last[2] + block[2])
        blocks.append(block)
    shifts = [floor(total / weight + 0.5) for weight, total, count in blocks for _ in range(count)]
    for item, start, shift in zip(layer, packed, shifts, strict=True):
        item.at = start + shift


@dataclass(slots=True, eq=False)
class _Lane:
    """A stretch of wire across the flow: it comes in at one place and goes on at others."""

    comes: int
    goes: list[int]
    column: int = 0  # which lane of the gap, counted along

    def urgency(self) -> tuple[bool, int]:
        """Sort lanes so that wires which go the same way do not cross: of two that go down, the lower one is first."""
        back = self.goes[0] < self.comes
        return (back, self.comes if back else -self.comes)


def _route(layer: list[_Item]) -> dict[str, list[_Lane]]:
    """Find the lanes between a layer and the next: none for a wire that runs straight on, one or two for the others.

    Where one wire comes in and another goes on at the same place across, the lane of the first must be before that of
    the second, or they would share a line. If that runs in a circle, one wire makes a detour through a free place.
    """
    goes = {item: sorted(target.entry(item.key) for target in item.outputs) for item in layer if item.outputs}
    routes = {item.key: [_Lane(item.exit, places)] for item, places in goes.items() if places != [item.exit]}
    coming = {route[0].comes: route for route in routes.values()}
    going = {place: lane for (lane,) in routes.values() for place in lane.goes}
    taken = set(going) | {item.exit for item in goes}
    waits = {lane: len({*lane.goes} & coming.keys() - {lane.comes}) for (lane,) in routes.values()}
    ready = sorted((lane.urgency(), lane) for lane in waits if not waits[lane])
    used: list[tuple[int, int, int]] = []  # first place, last place, column
    while ready or any(waits.values()):
        if not ready:  # each lane holds up at most one other, so nothing hangs off a circle: all that wait are in one
            lane = next(lane for lane in waits if waits[lane])
            free = min({*range(max(taken) + 2)} - taken, key=lambda place: abs(place - lane.comes))
            detour = _Lane(free, lane.goes)
            taken.add(free)
            going |= dict.fromkeys([free, *lane.goes], detour)
            lane.goes, waits[detour], waits[lane] = [free], waits[lane] + 1, 0
            coming[lane.comes].append(detour)
            heappush(ready, (lane.urgency(), lane))
        lane = heappop(ready)[1]
        low, high = min(lane.comes, *lane.goes), max(lane.comes, *lane.goes)
        beside = [column for start, end, column in used if low <= end + 1 and start <= high + 1]
        lane.column = max(beside, default=-1) + 1  # and so behind the lane that it waited for
        used.append((low, high, lane.column))
        for after in {going[place] for place in (lane.comes, *lane.goes) if place in going} - {lane}:
            waits[after] -= 1
            if not waits[after]:
                heappush(ready, (after.urgency(), after))
    return routes


def _space_out(
    layers: _Layers, depths: list[int], routes: list[dict[str, list[_Lane]]], times: dict[Edge, int], tail: int
) -> list[int]:
    """Return where each layer begins: behind the one before, its lanes (two cells each), marks and arrow heads."""
    begins = [0] * len(layers)
    for gap, (layer, route) in enumerate(zip(layers[1:], routes, strict=False)):
        columns = max((lane.column + 1 for lanes in route.values() for lane in lanes), default=0)
        count = max(times.get((key, item.key), 1) for item in layer for key in item.entries)
        mark = len(f"×{count}") if count > 1 else 0
        begins[gap + 1] = begins[gap] + depths[gap] + max(2 * columns, 1) + tail + mark
    return begins


def _walk(corners: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """List all places on the way from corner to corner, each once."""
    places = corners[:1]
    for (along, across), (along_2, across_2) in pairwise(corners):
        step = 1 if across_2 > across else -1
        places += [(here, across) for here in range(along + 1, along_2 + 1)]
        places += [(along_2, here) for here in range(across + step, across_2 + step, step) if across_2 != across]
    return places
