"""Names of parameters: no two are the same, on every way in."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import Tensor, nn


def layer():
    return nn.Dense(1, 1, rng=0)


THINGS = {
    "module": layer,
    "parameter": lambda: Tensor([1.0], requires_grad=True),
    "buffer": lambda: Tensor([1.0]),
    "array of Values": lambda: np.array([tg.Value(1.0)], dtype=object),
    "list of modules": lambda: [layer()],
    "dictionary in a dictionary": lambda: {"deep": (layer(),)},
}
WAYS = {  # each gives one thing a name with a dot, or two things one name
    "attribute": lambda net, a, b: setattr(net, "a.b", a),
    "key": lambda net, a, b: setattr(net, "parts", {"a.b": a, "a": {"b": b}}),
    "key alone": lambda net, a, b: setattr(net, "parts", {"a.b": a}),
    "number": lambda net, a, b: setattr(net, "parts", {1.5: a}),
    "keys that read alike": lambda net, a, b: setattr(net, "parts", {1: a, "1": b}),
    "in a list": lambda net, a, b: setattr(net, "parts", [1, ({"a.b": a},)]),
}


@pytest.mark.parametrize("thing", THINGS)
@pytest.mark.parametrize("way", WAYS)
def test_what_could_not_be_told_apart_is_refused_when_it_is_set(way, thing):
    net = nn.Module()
    with pytest.raises(tg.ArgumentError, match=r"joined with dots.*Call it '(a_b|1_5)'|two keys in 'parts' read '1'"):
        WAYS[way](net, THINGS[thing](), THINGS[thing]())
    assert not vars(net)


@pytest.mark.parametrize("thing", THINGS)
def test_and_when_it_is_looked_for_where_it_came_into_a_dictionary_later(thing):
    net = nn.Module()
    net.parts = {"a": {"b": THINGS[thing]()}}
    before = list(net.state_dict())
    net.parts["a.b"] = THINGS[thing]()
    for look in (net.state_dict, lambda: list(net.parameters()), lambda: net.load_state_dict({})):
        with pytest.raises(tg.ArgumentError, match=r"'a\.b' in 'parts' cannot be the name"):
            look()
    net.parts["a_b"] = net.parts.pop("a.b")
    assert len(net.state_dict()) == 2 * len(before)


def test_names_of_other_things_are_free():
    net = nn.Module()
    net.settings = {"lr.first": 0.1, 1: "one", "1": "uno", "deep": {"a.b": [1, 2]}}
    setattr(net, "a.b", 3)
    net.parts = {"a": layer(), "b": [layer(), {"c": layer()}]}
    names = [name for name, _ in net.named_arrays()]
    assert len(names) == len(set(names)) == 6 == len(net.state_dict())


def test_what_a_subclass_of_sequential_adds_is_found():
    class Scaled(nn.Sequential):
        def __init__(self, *layers):
            super().__init__(*layers)
            self.scale = Tensor([2.0], requires_grad=True)

        def forward(self, x):
            return super().forward(x) * self.scale

    net = Scaled(layer(), tg.tanh, layer())
    assert [name for name, _ in net.named_parameters()] == ["scale", "0.weight", "0.bias", "2.weight", "2.bias"]
    setattr(net, "0", layer())
    with pytest.raises(tg.ArgumentError, match="two keys read '0'"):
        net.state_dict()
