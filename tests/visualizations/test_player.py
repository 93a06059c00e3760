"""The player: a position between events that never leaves the trace, breakpoints, levels, a selection."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu.errors import ArgumentError
from tinygrad_edu_viz import Trace
from tinygrad_edu_viz.player import Player


@pytest.fixture(scope="module")
def trace() -> Trace:
    """n2 = a·b, n3 = n2 + a: forward 1, 2; the seed 3; contributions 4 to n2, 5 to a, 6 and 7 to the factors."""
    a, b = tg.Value(2.0, name="a"), tg.Value(-3.0, name="b")
    return Trace.record(a * b + a)


@pytest.fixture(scope="module")
def network() -> Trace:
    """Two layers of scalars, each a scope."""
    x, w = tg.Value(2.0, name="x"), tg.Value(0.5, name="w")
    with tg.scope("first"):
        hidden = tg.tanh(w * x)
    with tg.scope("second"):
        out = hidden * w + 1.0
    return Trace.record(out * out)


def state(player: Player) -> dict[str, Any]:
    """All that a face can show."""
    return {
        "position": player.position,
        "event": player.event,
        "known": {node: player.data(node) for node in player.trace.nodes},
        "gradients": {node: player.gradient(node) for node in player.trace.nodes},
        "contributions": {node: player.contributions(node) for node in player.trace.nodes},
    }


def random_graph(seed: int) -> tg.Value:
    """A few random operations on a few names, with much reuse."""
    rng = random.Random(seed)
    nodes = [tg.Value(rng.uniform(-2, 2), name=name) for name in "abc"]
    for _ in range(rng.randint(1, 12)):
        x, y = rng.choice(nodes), rng.choice(nodes)
        nodes.append(rng.choice([x + y, x * y, x - y, tg.tanh(x), x * 2.0, x**2]))
    return nodes[-1]


@pytest.mark.parametrize("part", range(10))
def test_so_many_steps_forth_and_as_many_back_change_nothing(part):
    """On 1,000 random graphs; at the end the gradients are those of backward(), to the last bit."""
    for seed in range(100 * part, 100 * part + 100):
        rng, root = random.Random(seed), random_graph(seed)
        player = Player(Trace.record(root))
        length = len(player.trace.events)
        begin = rng.randint(0, length)
        count = rng.randint(0, length - begin)
        player.go(begin)
        before = state(player)
        for _ in range(count):
            player.forward()
        assert player.position == begin + count
        for _ in range(count):
            player.back()
        assert state(player) == before
        player.to_end()
        root.backward()
        leaves = {node.name: node.grad for node in reachable(root) if node.name}
        assert {name: player.gradient(name) or 0.0 for name in leaves} == leaves


def reachable(root: tg.Value) -> set[tg.Value]:
    found, stack = {root}, [root]
    while stack:
        for node in stack.pop().inputs:
            if node not in found:
                found.add(node)
                stack.append(node)
    return found


def test_starts_before_the_first_event(trace):
    player = Player(trace)
    assert player.at_start and not player.at_end and player.event is None and player.position == 0
    assert player.data("a") == 2.0 and player.data("n2") is None and player.gradient("a") is None
    assert player.selected is None


def test_goes_through_all_events_and_back(trace):
    player = Player(trace)
    forth = []
    while not player.at_end:
        player.forward()
        forth.append(player.event)
    assert forth == list(trace.events)
    back = [player.event]
    while player.position > 1:
        player.back()
        back.append(player.event)
    assert back == forth[::-1]


def test_what_is_known_on_the_way(trace):
    player = Player(trace)
    told = []
    for position in range(len(trace.events) + 1):
        player.go(position)
        told.append((player.data("n2"), player.data("n3"), player.gradient("n3"), player.gradient("a")))
    assert told == [
        (None, None, None, None),
        (-6.0, None, None, None),
        (-6.0, -4.0, None, None),
        (-6.0, -4.0, 1.0, None),
        (-6.0, -4.0, 1.0, None),
        (-6.0, -4.0, 1.0, 1.0),
        (-6.0, -4.0, 1.0, -2.0),
        (-6.0, -4.0, 1.0, -2.0),
    ]
    assert [event.contribution for event in player.contributions("a")] == [1.0, -3.0]


def test_the_ends_and_the_middle(trace):
    player = Player(trace)
    player.back()
    assert player.at_start
    player.to_end()
    player.forward()
    assert player.at_end and player.event is trace.events[-1]
    player.to_backward()
    assert player.position == player.first_backward == 3 and player.event.node == trace.root
    player.to_start()
    assert player.at_start and player.event is None


def test_a_leaf_alone():
    player = Player(Trace.record(tg.Value(2.0, name="a")))
    assert (len(player.trace.events), player.first_backward) == (1, 1)
    player.forward()
    assert player.at_end and player.gradient("a") == 1.0


@given(st.lists(st.sampled_from(["forward", "back", "to_end", "to_start", "to_backward"])))
def test_never_leaves_the_trace(moves):
    trace = Trace.record(tg.Value(2.0, name="a") * 3.0)
    player, expected, end = Player(trace), 0, len(trace.events)
    for move in moves:
        getattr(player, move)()
        places = {"forward": expected + 1, "back": expected - 1, "to_end": end, "to_start": 0, "to_backward": 2}
        expected = min(max(places[move], 0), end)
        assert player.position == expected


# Breakpoints.


def run(player: Player, move: str) -> list[int]:
    """The positions at which a move stops, until it finds nothing more."""
    stops = []
    while getattr(player, move)():
        stops.append(player.position)
    return stops


@pytest.mark.parametrize(
    ("places", "stops"),
    [
        (["a"], [5, 6]),
        (["n2"], [1, 4]),
        (["op:multiply"], [1, 6, 7]),
        (["op:×"], [1, 6, 7]),
        (["op:*"], [1, 6, 7]),
        (["op:+"], [2, 4, 5]),
        (["b", "op:add"], [2, 4, 5, 7]),
        ([], []),
    ],
)
def test_continue_stops_at_breakpoints(trace, places, stops):
    player = Player(trace)
    for place in places:
        player.add_breakpoint(place)
    assert run(player, "continue_") == stops
    assert player.at_end
    assert run(player, "reverse_continue") == [stop for stop in stops[::-1] if stop != len(trace.events)]
    assert player.at_start


def test_a_breakpoint_is_set_and_taken_away(trace):
    player = Player(trace)
    assert player.toggle_breakpoint("a") and player.is_breakpoint("a")
    assert not player.toggle_breakpoint("a") and not player.breakpoints
    player.add_breakpoint("op:add")
    assert player.is_breakpoint("n3") and not player.is_breakpoint("n2") and not player.is_breakpoint("a")


def test_a_node_is_known_by_its_name_too():
    a = tg.Value(2.0, name="a")
    hidden = a * 3.0
    hidden.name = "hidden"
    player = Player(Trace.record(hidden + a))
    player.add_breakpoint("hidden")
    assert player.continue_() and player.position == 1


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("aa", "no node is called 'aa'; there are: a"),
        ("op:mutliply", "no operation is called 'mutliply'; there are: op:multiply"),
        ("op:", "no operation is called ''; there are: op:multiply, op:add"),
        ("", "no node is called ''; there are: a, b, n2, "),  # the first, in the order of creation
    ],
)
def test_an_unknown_breakpoint(trace, place, said):
    with pytest.raises(ArgumentError, match=said):
        Player(trace).add_breakpoint(place)


# The selection.


def test_the_selection_is_the_active_node_until_one_is_chosen(trace):
    player = Player(trace)
    player.go(1)
    assert player.selected == "n2"
    player.select("b")
    assert player.selected == "b"
    player.forward()
    assert player.selected == "n3"


def test_choosing_round_and_round(trace):
    player = Player(trace)
    ids = list(trace.nodes)
    chosen = []
    for _ in range(len(ids) + 1):
        player.select_next()
        chosen.append(player.selected)
    assert chosen == [*ids, ids[0]]
    player.select_next(-1)
    assert player.selected == ids[-1]


def test_choosing_backwards_begins_with_the_last(trace):
    player = Player(trace)
    player.select_next(-1)
    assert player.selected == list(trace.nodes)[-1]


def test_search(trace):
    player = Player(trace)
    assert player.search("MULT") == ["n2"] and player.selected == "n2"
    assert player.search("n") == ["n2", "n3"] and player.selected == "n3"
    assert player.search("n") == ["n2", "n3"] and player.selected == "n2"
    assert player.search("×") == ["n2"]
    assert player.search("nowhere") == [] and player.selected == "n2"


# Levels.


def test_zooming_keeps_the_place_and_the_selection(network):
    player = Player(network, "op")
    for position in range(len(network.events) + 1):
        player.go(position)
        player.select("w")
        before = state(player)
        assert player.zoom(inwards=False) and player.view.level == "layer"
        assert state(player) == before and player.selected == "w"
        assert not player.zoom(inwards=False)
        assert player.zoom(inwards=True) and player.view.level == "op"
        assert state(player) == before and player.selected == "w"
        assert not player.zoom(inwards=True)


def test_zooming_by_way_of_the_layers():
    """Many layers are one box at first; then each is a box, then each operation."""
    net = tg.nn.mlp([2] * 45 + [1], rng=0)
    player = Player(Trace.record(net(tg.Tensor([[1.0, 2.0]])).sum()))
    seen = [(player.level, len(player.view.boxes))]
    while player.zoom(inwards=True):
        seen.append((player.level, len(player.view.boxes)))
    assert [level for level, _ in seen] == ["auto", "layer", "op"]
    assert seen[0][1] < 5 and seen[1][1] == seen[2][1] == 40
    assert player.zoom(inwards=False) and player.level == "layer"
    assert player.zoom(inwards=False) and player.level == "auto" and not player.zoom(inwards=False)


def test_a_step_of_a_level_goes_from_stop_to_stop(network):
    player = Player(network, "layer")
    assert len(player.view.stops) < len(network.events) + 1
    seen = [0]
    while not player.at_end:
        player.forward()
        seen.append(player.position)
    assert tuple(seen) == player.view.stops
    while not player.at_start:
        player.back()
        assert player.position == seen[-2]
        seen.pop()


def test_from_between_two_stops(network):
    """As after a breakpoint inside of a layer."""
    player = Player(network, "layer")
    stops = player.view.stops
    between = next(place for place in range(len(network.events)) if place not in stops)
    player.go(between)
    player.forward()
    assert player.position == min(stop for stop in stops if stop > between)
    player.go(between)
    player.back()
    assert player.position == max(stop for stop in stops if stop < between)


def test_without_layers_there_is_no_coarser_level(trace):
    player = Player(trace)
    assert not player.zoom(inwards=False) and player.view.level == "op"
