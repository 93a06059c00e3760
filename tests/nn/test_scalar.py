"""A network taken apart into Values computes and learns what the network of tensors does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from oracle.nn_cases import BITS, CASES, LABELS, NUMBERS, X, build

nn, losses = tg.nn, tg.losses


def gradients(model: tg.nn.Module) -> np.ndarray:
    """Of all parameters, in one row."""
    return np.concatenate(
        [np.ravel(p.grad.numpy() if isinstance(p, tg.Tensor) else p.grad) for p in model.parameters()]
    )


def numbers(output: Any) -> np.ndarray:
    return np.array([value.data for value in np.ravel(output)])


NETS = {
    "relu, cross entropy": ([4, 5, 3], "relu", losses.cross_entropy, LABELS),
    "tanh, mean squared error": ([4, 5, 3], "tanh", losses.mse, NUMBERS),
    "sigmoid, binary cross entropy": ([4, 4, 1], "sigmoid", losses.binary_cross_entropy, BITS),
}


@pytest.mark.parametrize("optimizer", [lambda p: tg.optim.SGD(p, lr=0.05), lambda p: tg.optim.Adam(p, lr=0.05)])
@pytest.mark.parametrize("name", NETS)
def test_both_learn_the_same_through_20_steps(name: str, optimizer: Callable[[Any], Any]) -> None:
    sizes, activation, loss_of, target = NETS[name]
    whole = nn.mlp(sizes, activation=activation, rng=1, dtype="float64")
    apart = whole.scalar()
    of_whole, of_apart = optimizer(whole.parameters()), optimizer(apart.parameters())
    first = None
    for _ in range(20):
        of_whole.zero_grad()
        of_apart.zero_grad()
        output, values = whole(tg.Tensor(X)), apart(X)
        np.testing.assert_allclose(numbers(values), output.numpy().ravel(), rtol=1e-12, atol=1e-12)
        loss, value = loss_of(output, target), loss_of(values, target)
        loss.backward()
        value.backward()
        assert isinstance(value, tg.Value)
        assert value.data == pytest.approx(loss.item(), rel=1e-12, abs=1e-12)
        np.testing.assert_allclose(gradients(apart), gradients(whole), rtol=1e-12, atol=1e-12)
        of_whole.step()
        of_apart.step()
        first = first or value.data
    assert value.data < first
    for name, array in whole.state_dict().items():
        np.testing.assert_allclose(apart.state_dict()[name], array, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", CASES)
def test_every_layer_and_every_loss_runs_on_values(name: str, training: bool) -> None:
    case = CASES[name]
    whole = build(case).train(training)
    apart = whole.scalar()
    x = tg.Tensor(case.x)
    loss, value = case.loss(whole(x), case.target), case.loss(apart(case.x), case.target)
    loss.backward()
    value.backward()
    assert value.data == pytest.approx(loss.item(), rel=1e-12)
    np.testing.assert_allclose(gradients(apart), gradients(whole), rtol=1e-11, atol=1e-12)
    assert apart.state_dict().keys() == whole.state_dict().keys()
    for key, array in whole.state_dict().items():
        np.testing.assert_allclose(apart.state_dict()[key], array, rtol=1e-12)  # running statistics, too


def test_dropout_drops_the_same() -> None:
    whole = nn.Sequential(nn.Dropout(0.5, seed=3))
    whole(tg.Tensor(X))
    apart = whole.scalar()
    values = np.array([[tg.Value(x) for x in row] for row in X], dtype=object)
    np.testing.assert_allclose(numbers(apart(values)), whole(tg.Tensor(X)).numpy().ravel())


def test_the_parameters_are_named_values() -> None:
    model = nn.mlp([2, 3, 1], rng=0).scalar()
    named = dict(model.named_parameters())
    assert len(named) == 2 * 3 + 3 + 3 + 1
    assert named["0.weight[1,2]"].name == "0.weight[1,2]"
    assert all(isinstance(value, tg.Value) for value in model.parameters())
    assert named["2.bias[0]" if "2.bias[0]" in named else "1.bias[0]"].data == 0.0
    assert repr(nn.Perceptron(2).scalar()).endswith("weight (2,), bias (), 3 parameters")


def test_shared_weights_stay_shared() -> None:
    layer = nn.Dense(2, 2, rng=0, dtype="float64")
    twice = nn.Sequential(layer, layer)
    apart = twice.scalar()
    assert len(list(apart.parameters())) == 6
    whole, values = twice(tg.Tensor([[1.0, 2.0]])), apart([[1.0, 2.0]])
    whole.sum().backward()
    tg.sum(values).backward()
    np.testing.assert_allclose(gradients(apart), gradients(twice), rtol=1e-6)


def test_the_original_is_left_alone() -> None:
    model = nn.mlp([2, 1], rng=0)
    apart = model.scalar()
    next(apart.parameters()).data = 100.0
    assert all(isinstance(p, tg.Tensor) for p in model.parameters())
    assert model[0].weight.numpy().max() < 10


def test_losses_take_a_single_value_and_lists_of_values() -> None:
    w = tg.Value(0.5)
    loss = losses.mse(w * 3.0, 2.0)
    loss.backward()
    assert loss.data == pytest.approx(0.25) and w.grad == pytest.approx(-3.0)
    w = tg.Value(0.5)
    loss = losses.binary_cross_entropy([w, w * 2.0], [1, 0])
    loss.backward()
    sigmoid = lambda x: 1 / (1 + np.exp(-x))  # noqa: E731
    assert w.grad == pytest.approx((sigmoid(0.5) - 1 + 2 * sigmoid(1.0)) / 2)
