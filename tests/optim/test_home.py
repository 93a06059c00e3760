"""Where an optimizer's gradients lie: passes overwrite them, and what was computed from old ones is refused."""

import numpy as np
import pytest

import tinygrad_edu as tg


def test_a_graph_on_a_gradient_that_was_overwritten_is_refused(device):
    w = tg.Tensor(np.array([1.0, 2.0]), requires_grad=True, device=device)
    x = tg.Tensor(np.array([3.0, 5.0]), requires_grad=True, device=device)
    tg.optim.SGD([w], lr=0.1)
    (w * w).sum().backward()
    scaled = (w.grad * x).sum()  # uses the gradient, as a constant
    scaled.backward()
    np.testing.assert_allclose(x.grad.numpy(), [2.0, 4.0])
    again = (w.grad * x).sum()
    w.grad = None
    (w * 7.0).sum().backward()
    with pytest.raises(tg.MutationError, match="changed after"):
        again.backward()


def test_a_gradient_that_will_be_overwritten_cannot_require_gradients(device):
    w = tg.Tensor(np.ones((2, 2)), requires_grad=True, device=device)
    x = tg.Tensor(np.ones((3, 2)), device=device)
    tg.optim.SGD([w])
    (x @ w).sum().backward()
    with pytest.raises(tg.GraphError, match="Make a leaf of it"):
        w.grad.requires_grad = True
    leaf = tg.Tensor(w.grad, requires_grad=True, device=device)
    (x @ leaf).sum().backward()
    np.testing.assert_array_equal(leaf.grad.numpy(), np.full((2, 2), 3.0))
