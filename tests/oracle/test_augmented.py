"""Augmented assignment does what PyTorch's does, on leaves and constants, recorded and under no_grad."""

import operator

import numpy as np
import pytest

import tinygrad_edu as tg

pytestmark = pytest.mark.oracle

UPDATES = [operator.iadd, operator.isub, operator.imul, operator.itruediv, operator.ipow]
A = np.array([[1.5, 2.0], [0.5, 3.0]], dtype=np.float32)
OTHERS = {"number": 2.5, "row": A[0], "double": A.astype(float), "too large": np.stack([A, A]), "tracked": A + 1}


def outcome(update, target, other, no_grad):
    """What is seen afterwards: numbers, dtype, is it the same tensor, does it require gradients; or None."""
    try:
        with no_grad():
            result = update(target, other)
    except (RuntimeError, tg.TinygradError):
        return None
    numbers = result.detach().numpy()
    return numbers.tolist(), str(numbers.dtype), result is target, result.requires_grad


@pytest.mark.parametrize("mode", ["no_grad", "enable_grad"])
@pytest.mark.parametrize("requires_grad", [True, False], ids=["leaf", "constant"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
@pytest.mark.parametrize("update", UPDATES)
def test_against_pytorch(update, dtype, requires_grad, mode):
    import torch

    if dtype == "int64" and requires_grad:
        return
    for name, other in OTHERS.items():
        if name == "tracked" and not requires_grad and mode == "enable_grad":
            continue  # PyTorch writes into the constant and gives it a history, here the name gets a new node
        theirs = torch.tensor(A.astype(dtype), requires_grad=requires_grad)
        mine = tg.Tensor(A.astype(dtype), requires_grad=requires_grad)
        a = b = other
        if isinstance(other, np.ndarray):
            a, b = (make(other, requires_grad=name == "tracked") for make in (torch.tensor, tg.Tensor))
        expected, found = outcome(update, theirs, a, getattr(torch, mode)), outcome(update, mine, b, getattr(tg, mode))
        if expected is None or found is None:
            assert found is expected, name
        else:
            np.testing.assert_allclose(found[0], expected[0], rtol=1e-6)
            assert found[1:] == expected[1:], name
