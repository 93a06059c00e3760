"""Modules: what is found among attributes, modes, devices, state, and what is printed."""

from __future__ import annotations

import copy
import gc
import weakref
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg

nn = tg.nn


class Net(nn.Module):
    """Parameters and modules in attributes, lists and dictionaries."""

    def __init__(self) -> None:
        self.layers = [nn.Dense(2, 3, rng=0), nn.Dense(3, 3, activation="tanh", rng=1)]
        self.heads = {"a": nn.Dense(3, 1, rng=2)}
        self.scale = tg.Tensor([1.5, 2.5], requires_grad=True)
        self.offset = tg.Tensor([0.25, 0.5])
        self.size, self.last = 3, None

    def forward(self, x: Any) -> Any:
        x = x * self.scale + self.offset
        for layer in self.layers:
            x = layer(x)
        self.last = x  # a computed tensor is no part of the module
        return self.heads["a"](x)


def test_parameters_buffers_and_children_are_found_among_the_attributes() -> None:
    net = Net()
    net(tg.Tensor([[1.0, 2.0]]))
    names = ["scale", "layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias"]
    names += ["heads.a.weight", "heads.a.bias"]
    assert [name for name, _ in net.named_parameters()] == names
    assert [name for name, _ in net.named_buffers()] == ["offset"]
    assert [name for name, _ in net.named_children()] == ["layers.0", "layers.1", "heads.a"]
    assert [name for name, _ in net.named_modules()] == ["", "layers.0", "layers.1", "heads.a"]
    assert set(net.state_dict()) == {*names, "offset"}
    assert list(net.children()) == [*net.layers, net.heads["a"]]


def test_a_frozen_parameter_is_kept_but_not_learned() -> None:
    net = Net()
    net.scale.requires_grad = False
    assert "scale" not in dict(net.named_parameters())
    assert "scale" in net.state_dict()


def test_what_is_shared_counts_once() -> None:
    layer = nn.Dense(3, 3)
    net = nn.Sequential(layer, nn.ReLU(), layer)
    assert [name for name, _ in net.named_parameters()] == ["0.weight", "0.bias"]
    assert repr(net).endswith("12 parameters")
    net[1].owner = net  # a way back to the module around it
    assert len(list(net.modules())) == 3


def test_train_and_eval_reach_everything() -> None:
    net = nn.Sequential(nn.Dense(2, 2), nn.Sequential(nn.Dropout(), nn.Dense(2, 2)))
    assert net.training and net.eval() is net
    assert not any(module.training for module in net.modules())
    assert net.train() is net
    assert all(module.training for module in net.modules())


def test_a_module_without_forward_says_so() -> None:
    class Empty(nn.Module):
        pass

    with pytest.raises(NotImplementedError, match="Empty has no forward"):
        Empty()(1.0)


# --- devices ---


def test_a_model_moves_in_place_and_computes_there() -> None:
    net = nn.Sequential(nn.Dense(2, 3, rng=0), nn.BatchNorm1d(3), nn.Dense(3, 1, rng=1))
    before, x = dict(net.named_parameters()), np.arange(8.0, dtype="float32").reshape(4, 2)
    expected = net.eval()(tg.Tensor(x)).numpy()
    assert net.to("fake") is net
    assert all(before[name] is p and p.device == "fake" for name, p in net.named_parameters())
    assert net[1].running_mean.device == "fake"
    np.testing.assert_allclose(net(tg.Tensor(x, device="fake")).numpy(), expected, rtol=1e-6)
    net.train()(tg.Tensor(x, device="fake")).sum().backward()
    assert all(p.grad is not None and p.grad.device == "fake" for p in net.parameters())
    np.testing.assert_allclose(net.to("cpu").eval()(tg.Tensor(x)).numpy().shape, expected.shape)
    assert all(p.grad is None and isinstance(p.data, np.ndarray) for p in net.parameters())
    with pytest.raises(tg.DeviceError, match="unknown device 'gpu'"):
        net.to("gpu")


def test_a_model_that_was_trained_elsewhere_comes_back() -> None:
    net = nn.mlp([2, 3, 1], rng=0, device="fake")
    optimizer = tg.optim.SGD(net.parameters(), lr=0.1)
    net(tg.Tensor([[1.0, 2.0]], device="fake")).sum().backward()
    optimizer.step()
    trained = net.state_dict()
    net.to("cpu")
    for name, array in net.state_dict().items():
        np.testing.assert_array_equal(array, trained[name])
    net(tg.Tensor([[1.0, 2.0]])).sum().backward()
    assert all(isinstance(p.grad.data, np.ndarray) for p in net.parameters())
    with pytest.raises(tg.DeviceError, match=r"made for parameters on fake, which now are on cpu: call model\.to"):
        optimizer.step()
    tg.optim.SGD(net.parameters(), lr=0.1).step()
    assert (net.state_dict()["1.bias"] != trained["1.bias"]).all()


# --- state ---


def test_a_state_is_copied_and_comes_back(device: str) -> None:
    net = nn.Sequential(nn.Dense(2, 3, rng=0, device=device), nn.BatchNorm1d(3, device=device), nn.Dropout(0.5, seed=4))
    x = tg.Tensor(np.arange(8.0, dtype="float32").reshape(4, 2), device=device)
    net(x)
    state = net.state_dict()
    assert all(type(array) is np.ndarray for array in state.values())
    assert list(state) == [
        *["0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var"],
        *["1.num_batches_tracked", "2.seed", "2.step"],
    ]
    kept = copy.deepcopy(state)
    first = net(x).numpy()
    net(x)
    for name in kept:
        np.testing.assert_array_equal(state[name], kept[name])
    net.load_state_dict(state)
    np.testing.assert_array_equal(net(x).numpy(), first)  # the same masks again
    other = nn.Sequential(nn.Dense(2, 3, device=device), nn.BatchNorm1d(3, device=device), nn.Dropout(0.5))
    other.load_state_dict(state)
    np.testing.assert_array_equal(other(x).numpy(), first)
    state["0.weight"][...] = 0.0  # what was loaded is a copy
    assert other[0].weight.numpy().any()
    assert other[0].weight.dtype == "float32"


def test_loading_keeps_the_views_of_an_optimizer(device: str) -> None:
    def step(net: nn.Module, optimizer: tg.optim.Optimizer) -> None:
        optimizer.zero_grad()
        net(tg.Tensor([[1.0, -2.0]], device=device)).sum().backward()
        optimizer.step()

    net = nn.mlp([2, 3, 1], rng=0, device=device)
    optimizer = tg.optim.SGD(net.parameters(), lr=0.1)
    step(net, optimizer)
    views = [p.data for p in net.parameters()]
    state = net.state_dict()
    step(net, optimizer)
    after = net.state_dict()
    net.load_state_dict(state)
    assert all(p.data is view for p, view in zip(net.parameters(), views, strict=True))
    step(net, optimizer)
    for name, array in net.state_dict().items():
        np.testing.assert_array_equal(array, after[name])


def test_a_state_that_does_not_fit_is_refused_whole() -> None:
    net = nn.mlp([2, 16, 3], dropout=0.5, rng=0)
    before = net.state_dict()
    wrong = nn.mlp([2, 8, 3], rng=1).state_dict() | {"2.bias": np.zeros(3), "9.weight": np.zeros((1, 2))}
    with pytest.raises(tg.StateError) as caught:
        net.load_state_dict(wrong)
    assert str(caught.value) == (
        "Sequential: the state is that of another model; nothing was loaded.\n"
        "  0.weight, of Dense(2, 16, activation='relu'): shape (2, 16) here, (2, 8) in the state\n"
        "  0.bias, of Dense(2, 16, activation='relu'): shape (16,) here, (8,) in the state\n"
        "  missing: 2.weight, of Dense(16, 3), shape (16, 3)\n"
        "  missing: 1.seed, of Dropout(p=0.5), shape ()\n"
        "  missing: 1.step, of Dropout(p=0.5), shape ()\n"
        "  unexpected: 1.weight, shape (8, 3)\n"
        "  unexpected: 1.bias, shape (3,)\n"
        "  unexpected: 9.weight, shape (1, 2)"
    )
    for name, array in net.state_dict().items():
        np.testing.assert_array_equal(array, before[name])
    with pytest.raises(tg.StateError, match=r"0\.bias, of Dense.*holds <U1, not numbers"):
        net.load_state_dict(before | {"0.bias": np.array(["a"] * 16)})


def test_a_counter_that_is_no_number_of_steps_changes_nothing() -> None:
    layer = nn.BatchNorm1d(2)
    state = {**layer.state_dict(), "running_mean": np.ones(2), "num_batches_tracked": np.array(np.nan)}
    with pytest.raises(tg.StateError, match=r"num_batches_tracked, of Batch.*: a counter is a whole number, not nan"):
        layer.load_state_dict(state)
    assert layer.running_mean.numpy().tolist() == [0.0, 0.0]
    layer.load_state_dict({**state, "num_batches_tracked": np.array(3.0)})
    assert layer.num_batches_tracked == 3


def test_a_model_can_be_copied_and_dies_without_the_garbage_collector() -> None:
    net = nn.mlp([2, 3, 1], rng=0)
    twin = copy.deepcopy(net)
    twin[0].weight.data = twin[0].weight.data * 0
    assert net[0].weight.numpy().any()
    gc.disable()
    try:
        net(tg.Tensor([[1.0, 2.0]])).sum().backward()
        watcher = weakref.ref(net)
        del net
        assert watcher() is None
    finally:
        gc.enable()


# --- text ---


def test_what_a_network_prints() -> None:
    net = nn.Sequential(nn.Dense(64, 32, activation="relu"), nn.Dropout(0.2), nn.BatchNorm1d(32, momentum=None))
    net = nn.Sequential(nn.Flatten(), net, nn.LayerNorm((4, 8), eps=1e-3), nn.Dense(32, 10, bias=False))
    assert repr(net) == (
        "Sequential\n"
        "  0    Flatten()\n"
        "  1    Sequential\n"
        "  1.0  Dense(64, 32, activation='relu')  weight (64, 32), bias (32,)  2,080\n"
        "  1.1  Dropout(p=0.2)\n"
        "  1.2  BatchNorm1d(32, momentum=None)    weight (32,), bias (32,)        64\n"
        "  2    LayerNorm((4, 8), eps=0.001)      weight (4, 8), bias (4, 8)      64\n"
        "  3    Dense(32, 10, bias=False)         weight (32, 10)                320\n"
        "  2,528 parameters"
    )


def test_what_a_layer_prints() -> None:
    assert repr(nn.Dense(64, 10)) == "Dense(64, 10): weight (64, 10), bias (10,), 650 parameters"
    assert repr(nn.Embedding(10, 3)) == "Embedding(10, 3): weight (10, 3), 30 parameters"
    assert repr(nn.Perceptron(2, "tanh")) == "Perceptron(2, activation='tanh'): weight (2,), bias (), 3 parameters"
    assert repr(nn.Dense(1, 1, activation=tg.sin, bias=False)) == (
        "Dense(1, 1, activation=sin, bias=False): weight (1, 1), 1 parameter"
    )
    layers = [nn.ReLU(), nn.LeakyReLU(), nn.ELU(2.0), nn.GELU(), nn.Softmax(), nn.Dropout(), nn.LayerNorm(3)]
    assert [layer.title() for layer in layers] == [
        *["ReLU()", "LeakyReLU(negative_slope=0.01)", "ELU(alpha=2.0)", "GELU(approximate='none')"],
        *["Softmax(axis=-1)", "Dropout(p=0.5)", "LayerNorm(3)"],
    ]


def test_a_module_of_ones_own_prints_its_own_parameters_too() -> None:
    assert repr(Net()) == (
        "Net\n"
        "  (itself)  Net                             scale (2,)                 2\n"
        "  layers.0  Dense(2, 3)                     weight (2, 3), bias (3,)   9\n"
        "  layers.1  Dense(3, 3, activation='tanh')  weight (3, 3), bias (3,)  12\n"
        "  heads.a   Dense(3, 1)                     weight (3, 1), bias (1,)   4\n"
        "  27 parameters"
    )
