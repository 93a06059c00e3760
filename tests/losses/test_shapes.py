"""Cross-entropy of no rows, and of labels in a shape of their own."""

import numpy as np
import pytest

import tinygrad_edu as tg


def test_the_mean_of_no_rows_is_nan_and_their_sum_is_0(device):
    logits = tg.Tensor(np.zeros((0, 3)), requires_grad=True, device=device)
    labels = np.zeros(0, dtype=int)
    assert np.isnan(tg.losses.cross_entropy(logits, labels).item())
    total = tg.losses.cross_entropy(logits, labels, reduction="sum")
    total.backward()
    assert total.item() == 0.0 and logits.grad.shape == (0, 3)


def test_one_row_takes_one_class_index(device):
    with pytest.raises(tg.ShapeError, match=r"class indices of shape \(\)"):
        tg.losses.cross_entropy(tg.Tensor(np.zeros(3), device=device), np.zeros(3, dtype=int))
    with pytest.raises(tg.ShapeError, match=r"class indices of shape \(2, 4\)"):
        tg.losses.cross_entropy(tg.Tensor(np.zeros((2, 3, 4)), device=device), np.zeros(2, dtype=int))
