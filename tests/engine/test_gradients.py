"""Gradients of every operation, first and second order, in float64, against finite differences.

Three judges, so that none is its own: central differences written out here, along random directions; the package's own
`gradcheck`, which looks at every element; and, in `tests/oracle`, PyTorch.
"""

import numpy as np
import pytest

import tinygrad_edu as tg
from engine.cases import Case, all_cases, all_forms, sample

CASES = all_cases()
STEP = 1e-6


def leaves(case: Case, device: str, shift: float = 0.0) -> list[tg.Tensor]:
    """The operands as leaves, moved by `shift` along the case's directions."""
    return [
        tg.Tensor(operand + shift * direction, requires_grad=True, device=device)
        for operand, direction in zip(case.operands, directions(case), strict=True)
    ]


def directions(case: Case) -> list[np.ndarray]:
    return [sample(*operand.shape, seed=10 + k) for k, operand in enumerate(case.operands)]


def projection(case: Case, tensors: list[tg.Tensor]) -> tg.Tensor:
    """A single number that depends on every element of the result, in a way that is not linear."""
    result = case.function(*tensors)
    weights = tg.Tensor(sample(*result.shape, seed=20), device=result.device)
    return (result * weights + tg.sin(result)).sum()


def value_and_slope(case: Case, tensors: list[tg.Tensor], create_graph: bool = False) -> tuple[float, tg.Tensor]:
    """The projection, and its derivative along the case's directions by a backward pass."""
    value = projection(case, tensors)
    value.backward(create_graph=create_graph)
    products = [
        (tensor.grad * tg.Tensor(direction, device=tensor.device)).sum()
        for tensor, direction in zip(tensors, directions(case), strict=True)
    ]
    return value.item(), tg.stack(products).sum()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_first_and_second_order_along_a_direction(case: Case, device):
    (ahead, slope_ahead), (behind, slope_behind) = (
        value_and_slope(case, leaves(case, device, sign * STEP)) for sign in (1, -1)
    )
    tensors = leaves(case, device)
    _, recorded = value_and_slope(case, tensors, create_graph=True)
    assert recorded.item() == pytest.approx((ahead - behind) / (2 * STEP), rel=1e-7, abs=1e-7)

    for tensor in tensors:
        assert tensor.grad.shape == tensor.shape
        tensor.grad = None
    if recorded.requires_grad:  # the gradient of `sign` is a constant
        recorded.backward()
    second = sum(
        float(np.sum(tensor.grad.numpy() * direction))
        for tensor, direction in zip(tensors, directions(case), strict=True)
        if tensor.grad is not None
    )
    numeric = (slope_ahead.item() - slope_behind.item()) / (2 * STEP)
    assert second == pytest.approx(numeric, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("case", all_forms(), ids=str)
def test_gradcheck_of_every_element(case: Case):
    assert tg.gradcheck(case.function, *leaves(case, "cpu"), order=2)


def test_gradcheck_finds_a_wrong_rule(monkeypatch):
    """A derivative that is wrong by one part in a thousand does not pass, neither do a sign and a second derivative."""
    from tinygrad_edu.graph.operation import REGISTRY

    op = REGISTRY["tanh"]
    for wrong in (lambda xp, y, a: 1.001 - y * y, lambda xp, y, a: y * y - 1.0):
        monkeypatch.setattr(op, "rules", (wrong,))
        with pytest.raises(tg.GradientCheckError, match=r"the derivative of output element \d by input 0\[\d\]"):
            tg.gradcheck(tg.tanh, np.array([0.3, 0.5]))
        assert not tg.gradcheck(tg.tanh, np.array([0.3, 0.5]), raise_exception=False)
    without_history = lambda y: y.detach() if isinstance(y, tg.Tensor) else y  # noqa: E731
    monkeypatch.setattr(op, "rules", (lambda xp, y, a: 1.0 - without_history(y * y),))
    assert tg.gradcheck(tg.tanh, np.array([0.3]))
    with pytest.raises(tg.GradientCheckError, match="the second derivative"):
        tg.gradcheck(tg.tanh, np.array([0.3]), order=2)


def test_gradcheck_of_a_scalar_function():
    assert tg.gradcheck(lambda a, b: a * tg.tanh(b) + b**2, 0.7, tg.Value(-0.4), order=2)
    with pytest.raises(tg.GradientCheckError, match="is nan by its rule"):
        tg.gradcheck(lambda a: a * tg.sqrt(a * 0.0 - 1.0), 0.7)


def test_mixed_second_derivatives_are_symmetric(device):
    """Schwarz: the order of two partial derivatives does not matter."""

    def f(x):
        return (tg.softmax(x @ x.T) * tg.exp(x[:, :1])).sum() + tg.logsumexp(x * x[::-1])

    h = tg.hessian(f)(tg.Tensor(sample(3, 2), device=device)).numpy().reshape(6, 6)
    np.testing.assert_allclose(h, h.T, atol=1e-12)
    assert np.abs(h).max() > 0.1
