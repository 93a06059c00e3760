"""Scopes: which nodes are in which, and that they cost and keep nothing."""

from __future__ import annotations

import copy
import gc
import threading
import weakref

import pytest

import tinygrad_edu as tg
from tinygrad_edu import scopes
from tinygrad_edu_viz import Trace

V = tg.Value


def scope_by_name(root: tg.Value | tg.Tensor) -> dict[str, tuple[str, ...]]:
    return {node.name or node.id: node.scope for node in Trace.record(root).nodes.values()}


def named(value: tg.Value, name: str) -> tg.Value:
    value.name = name
    return value


def test_nodes_are_in_the_scopes_in_which_they_were_computed():
    a, b = V(2.0, name="a"), V(3.0, name="b")
    before = named(a * b, "before")
    with tg.scope("outer"):
        first = named(before + a, "first")
        with tg.scope("inner"):
            second = named(first * first, "second")
        third = named(second + 1.0, "third")
    after = named(third * b, "after")
    found = scope_by_name(after)
    assert {name: found[name] for name in ("before", "first", "second", "third", "after")} == {
        "before": (),
        "first": ("outer",),
        "second": ("outer", "inner"),
        "third": ("outer",),
        "after": (),
    }
    assert found["a"] == found["b"] == ()  # used here and there


def test_a_leaf_that_learns_is_where_it_is_used_and_a_constant_where_it_was_made():
    weight, data = V(2.0, name="weight"), V(3.0, name="data", requires_grad=False)
    with tg.scope("outer"), tg.scope("layer"):
        y = weight * data + V(1.0, name="one", requires_grad=False)
    with tg.scope("other"):
        y = y * 2.0
    assert scope_by_name(y)["weight"] == ("outer", "layer")
    assert scope_by_name(y)["one"] == ("outer", "layer")
    assert scope_by_name(y)["data"] == ()
    both = V(2.0, name="both")
    with tg.scope("outer"):
        with tg.scope("a"):
            y = both * 2.0
        with tg.scope("b"):
            y = y * both
    assert scope_by_name(y)["both"] == ("outer",)


def test_each_passage_is_a_scope_of_its_own():
    y = V(2.0, name="x")
    for k in range(3):
        with tg.scope("block"), tg.scope("inside"):
            y = named(tg.tanh(y), f"y{k}")
    with tg.scope("block"):
        pass  # nothing of the graph
    found = scope_by_name(y)
    assert [found[f"y{k}"] for k in range(3)] == [
        ("block", "inside"),
        ("block#2", "inside"),
        ("block#3", "inside"),
    ]


def test_only_the_passages_of_this_graph_are_counted():
    x = V(2.0, name="x")
    for _ in range(5):
        with tg.scope("block"):
            y = named(tg.tanh(x), "y")
    assert scope_by_name(y)["y"] == ("block",)


def test_an_open_scope_counts():
    with tg.scope("open"):
        assert scope_by_name(named(V(2.0) * V(3.0), "y"))["y"] == ("open",)


def test_exceptions_leave_the_scope():
    with pytest.raises(ZeroDivisionError), tg.scope("broken"):
        raise ZeroDivisionError
    assert scope_by_name(named(V(2.0) * V(3.0), "y"))["y"] == ()


def test_a_scope_can_be_used_again_within_itself_and_as_a_decorator():
    again = tg.scope("again")

    @tg.scope("function")
    def function(x: tg.Value) -> tg.Value:
        return named(tg.tanh(x), "inside")

    with again:
        x = V(1.0)
        with again:
            y = named(x * 2.0, "y")
        z = named(function(y) + 1.0, "z")
    found = scope_by_name(z)
    assert (found["y"], found["inside"], found["z"]) == (("again", "again"), ("again", "function"), ("again",))


def test_threads_do_not_see_each_other():
    entered, done = threading.Event(), threading.Event()
    found = {}

    def other() -> None:
        with tg.scope("other"):
            entered.set()
            done.wait()
            found["other"] = scope_by_name(named(V(2.0) * V(3.0), "y"))["y"]

    thread = threading.Thread(target=other)
    thread.start()
    entered.wait()
    with tg.scope("mine"):
        found["mine"] = scope_by_name(named(V(2.0) * V(3.0), "y"))["y"]
    done.set()
    thread.join()
    assert found == {"mine": ("mine",), "other": ("other",)}


def test_the_oldest_are_forgotten(monkeypatch):
    with tg.scope("early"):
        y = named(V(2.0) * V(3.0), "y")
    for _ in range(scopes.REMEMBERED + 10):
        with tg.scope("later"):
            pass
    assert scope_by_name(y)["y"] == ()


# --- modules ------------------------------------------------------------------------------------------------------


class Net(tg.nn.Module):
    def __init__(self) -> None:
        self.hidden = tg.nn.Dense(2, 3, activation="relu", rng=0)
        self.layers = [tg.nn.Dense(3, 3, rng=1), tg.nn.Tanh()]
        self.scale = tg.Tensor(2.0, requires_grad=True)

    def forward(self, x: tg.Tensor) -> tg.Tensor:
        y = self.hidden(x) * self.scale
        for layer in self.layers:
            y = layer(y)
        return y


X = tg.Tensor([[1.0, 2.0]], name="x")


def scopes_of(root: tg.Tensor) -> set[tuple[str, ...]]:
    return {node.scope for node in Trace.record(root).nodes.values()}


def test_modules_are_scopes_named_after_their_place():
    assert scopes_of(tg.sum(Net()(X))) == {
        (),
        ("Net",),
        ("Net", "hidden Dense(2, 3, relu)"),
        ("Net", "layers.0 Dense(3, 3)"),
        ("Net", "layers.1 Tanh"),
    }


def test_parameters_are_named_after_their_place_unless_they_have_a_name():
    net = Net()
    net.scale.name = "my scale"
    found = scope_by_name(tg.sum(net(X)))
    assert found["hidden.weight"] == found["hidden.bias"] == ("Net", "hidden Dense(2, 3, relu)")
    assert found["layers.0.weight"] == ("Net", "layers.0 Dense(3, 3)")
    assert found["my scale"] == ("Net",) and found["x"] == ()
    assert {name for name, _ in net.named_parameters()} - {"scale"} <= found.keys()


def test_a_module_in_another_place_has_another_name():
    dense, net = tg.nn.Dense(2, 2, rng=0), None
    assert scopes_of(tg.sum(dense(X))) == {(), ("Dense(2, 2)",)}
    for place in (0, 2):
        net = tg.nn.Sequential(*[tg.nn.Tanh()] * place, dense)
        assert ("Sequential", f"{place} Dense(2, 2)") in scopes_of(tg.sum(net(X)))
        assert ("Sequential", f"{place} Dense(2, 2)") in scopes_of(tg.sum(copy.deepcopy(net)(X)))
    del net


def test_a_module_called_twice():
    dense = tg.nn.Dense(2, 2, rng=0)
    net = tg.nn.Sequential(dense, dense)
    found = scopes_of(tg.sum(net(X)))
    assert {("Sequential", "0 Dense(2, 2)"), ("Sequential", "0 Dense(2, 2)#2"), ("Sequential",)} <= found


def test_a_network_taken_apart_has_the_same_scopes():
    net = Net()
    root = tg.sum(net.scalar()([[1.0, 2.0]]))
    assert scopes_of(root) - {()} == scopes_of(tg.sum(net(X))) - {()}


def test_nothing_keeps_a_network_alive():
    net = Net()
    loss = tg.sum(net(X))
    gone = weakref.ref(net), weakref.ref(net.hidden)
    gc.disable()
    try:
        del net
        assert [reference() for reference in gone] == [None, None]
    finally:
        gc.enable()
    assert ("Net", "hidden Dense(2, 3, relu)") in scopes_of(loss)
