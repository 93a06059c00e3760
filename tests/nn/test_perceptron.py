"""The perceptron, and Rosenblatt's rule."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_edu as tg

nn = tg.nn


def test_a_step_is_called_so():
    assert "op=step" in repr(nn.Perceptron(2, rng=0)(tg.Tensor([1.0, 2.0])))


def neuron(weight: list[float], bias: float, activation: str = "step", device: str = "cpu") -> nn.Perceptron:
    perceptron = nn.Perceptron(len(weight), activation, device=device, dtype="float64")
    perceptron.load_state_dict({"weight": np.array(weight), "bias": np.array(bias)})
    return perceptron


def test_the_perceptron_of_the_lecture() -> None:
    perceptron = neuron([3.0, -2.0], 1.0, "sigmoid")  # 1 + 3·(-1) - 2·2 = -6
    assert perceptron([-1.0, 2.0]).item() == pytest.approx(0.002472623)
    assert perceptron(np.array([[-1.0, 2.0], [0.0, 0.5]])).shape == (2,)


@pytest.mark.parametrize("activation", [None, "relu", "tanh", "sigmoid"])
def test_other_activations_have_gradients(activation: str | None) -> None:
    perceptron = neuron([0.5, 0.25], 0.1, activation)  # type: ignore[arg-type]
    perceptron([1.0, 2.0]).backward()
    z = 1.1
    slope = {None: 1.0, "relu": 1.0, "tanh": 1 - np.tanh(z) ** 2, "sigmoid": np.exp(-z) / (1 + np.exp(-z)) ** 2}
    np.testing.assert_allclose(perceptron.weight.grad.numpy(), np.array([1.0, 2.0]) * slope[activation], rtol=1e-12)


def test_a_step_is_0_or_1_and_its_gradient_is_0() -> None:
    perceptron = neuron([1.0, -1.0], 0.0)
    x = np.array([[2.0, 1.0], [1.0, 2.0], [1.0, 1.0]])
    answers = perceptron(x)
    np.testing.assert_array_equal(answers.numpy(), [1, 0, 0])
    answers.sum().backward()
    np.testing.assert_array_equal(perceptron.weight.grad.numpy(), [0, 0])


def test_rosenblatts_rule_by_hand(device: str) -> None:
    perceptron = neuron([1.0, -1.0], 0.0, device=device)
    error = nn.rosenblatt_step(perceptron, [1.0, 2.0], 1, lr=0.5)  # it says 0, and should say 1
    assert error.item() == 1.0
    np.testing.assert_allclose(perceptron.weight.numpy(), [1.5, 0.0])
    assert perceptron.bias.item() == 0.5
    error = nn.rosenblatt_step(perceptron, [1.0, 2.0], 1)  # now it is right, and nothing changes
    assert error.item() == 0.0
    np.testing.assert_allclose(perceptron.weight.numpy(), [1.5, 0.0])
    nn.rosenblatt_step(perceptron, [[1.0, 2.0], [2.0, 0.0]], [0, 0])  # several at once
    np.testing.assert_allclose(perceptron.weight.numpy(), [-1.5, -2.0])
    assert perceptron.bias.item() == -1.5


def test_it_learns_to_separate_what_a_line_separates(device: str) -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (100, 2))
    x = x[np.abs(x @ [2.0, -1.0] + 0.3) > 0.1]
    y = (x @ [2.0, -1.0] + 0.3 > 0).astype(float)
    perceptron = nn.Perceptron(2, rng=1, dtype="float64", device=device)
    for _ in range(50):
        errors = [nn.rosenblatt_step(perceptron, example, answer) for example, answer in zip(x, y, strict=True)]
        if not tg.stack(errors).numpy().any():
            break
    else:
        pytest.fail("it still makes mistakes after 50 rounds")
    np.testing.assert_array_equal(perceptron(tg.Tensor(x, device=device)).numpy(), y)


def test_the_rule_is_for_steps_and_for_fitting_shapes() -> None:
    with pytest.raises(tg.ArgumentError, match="the rule is for activation='step', not Perceptron"):
        nn.rosenblatt_step(nn.Perceptron(2, "sigmoid"), [1.0, 2.0], 1)
    with pytest.raises(tg.ArgumentError, match="take the perceptron itself"):
        nn.rosenblatt_step(nn.Perceptron(2).scalar(), [1.0, 2.0], 1)
    with pytest.raises(tg.ShapeError, match=r"x of shape \(3, 2\) wants y of shape \(3,\), not \(2,\)"):
        nn.rosenblatt_step(nn.Perceptron(2), np.ones((3, 2)), [0, 1])
    with pytest.raises(tg.DataError, match=r"rosenblatt_step: a target must be 0 or 1 .*, not -1 at position 1"):
        nn.rosenblatt_step(nn.Perceptron(2), np.ones((2, 2)), [1, -1])
