"""The player: a position between events, that never leaves the trace."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu_cli.player import Player
from tinygrad_edu_viz import Trace


@pytest.fixture(scope="module")
def trace() -> Trace:
    a, b = tg.Value(2.0, name="a"), tg.Value(-3.0, name="b")
    return Trace.record(a * b + a)


def test_starts_before_the_first_event(trace):
    player = Player(trace)
    assert player.at_start and not player.at_end and player.event is None and player.position == 0


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


def test_the_ends(trace):
    player = Player(trace)
    player.back()
    assert player.at_start
    player.to_end()
    player.forward()
    assert player.at_end and player.event is trace.events[-1]
    player.to_start()
    assert player.at_start and player.event is None


@given(st.lists(st.sampled_from(["forward", "back", "to_end", "to_start"])))
def test_never_leaves_the_trace(moves):
    trace = Trace.record(tg.Value(2.0, name="a") * 3.0)
    player, expected = Player(trace), 0
    for move in moves:
        getattr(player, move)()
        expected = {"forward": expected + 1, "back": expected - 1, "to_end": len(trace.events), "to_start": 0}[move]
        expected = min(max(expected, 0), len(trace.events))
        assert player.position == expected
