"""Writes into memory that tensors share: a backward pass through what was computed from the old numbers is refused."""

from __future__ import annotations

import gc

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import Tensor
from tinygrad_edu.graph import overwritten
from tinygrad_edu.graph.backprop import backprop, gradients_of

SHARES = {
    "detach": lambda x: x.detach(),
    "a slice": lambda x: x.detach()[1:],
    "transposed": lambda x: x.detach().T,
    "another shape": lambda x: x.detach().reshape(-1),
    "Tensor(x)": lambda x: Tensor(x, device=x.device),
    "with an axis more": lambda x: tg.expand_dims(x.detach(), 0),
}


def weight(device):
    return Tensor(3.0, requires_grad=True, device=device)


def refused(loss):
    with pytest.raises(tg.MutationError, match=r"the data of the .* changed after the .* was computed from it"):
        loss.backward()


@pytest.mark.parametrize("share", SHARES.values(), ids=SHARES)
@pytest.mark.parametrize("all_of_them", [True, False])
def test_an_optimizer_s_step(share, all_of_them, device):
    p, q = (Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True, device=device) for _ in range(2))
    optimizer = tg.optim.SGD([p, q], lr=1.0)
    w = weight(device)
    loss, other = (share(p) * w).sum(), (share(q) * w).sum()
    (p + q if all_of_them else p).sum().backward()
    optimizer.step()
    refused(loss)
    if all_of_them:
        refused(other)
    else:  # q had no gradient, and lies in the same flat array
        other.backward()
        np.testing.assert_array_equal(w.grad.numpy(), 10.0 if share is not SHARES["a slice"] else 7.0)


@pytest.mark.parametrize("share", SHARES.values(), ids=SHARES)
@pytest.mark.parametrize("way", ["through the one that was there", "through the one that shares"])
def test_an_element_that_is_assigned(share, way, device):
    a, w = Tensor([[1.0, 2.0], [3.0, 4.0]], device=device), weight(device)
    b = share(a)
    read, written = (b, a) if way == "through the one that was there" else (a, b)
    loss = (read * w).sum()
    written[0] = 100.0
    refused(loss)
    (read * w).sum().backward()  # computed after it
    np.testing.assert_array_equal(w.grad.numpy(), read.numpy().sum())


def test_a_leaf_behind_its_back(device):
    p, w = Tensor([1.0, 2.0], requires_grad=True, device=device), weight(device)
    shared, loss = p.detach(), (p * w).sum()
    shared[0] = 5.0
    refused(loss)


def test_a_computed_tensor_whose_numbers_its_derivative_needs(device):
    x = Tensor([0.5, 1.0], requires_grad=True, device=device)
    y = tg.exp(x)
    loss = y.sum()
    y.detach()[0] = 7.0
    refused(loss)


def test_an_assignment_into_an_optimizer_s_array(device):
    p, w = Tensor([1.0, 2.0], requires_grad=True, device=device), weight(device)
    optimizer = tg.optim.SGD([p], lr=1.0)
    loss = (p.detach() * w).sum()
    p.data = np.array([5.0, 6.0], dtype=np.float32)
    refused(loss)
    assert optimizer.parameters == [p]


def test_a_view_whose_owner_is_gone(device):
    a, w = Tensor(np.arange(4.0), device=device), weight(device)
    b = a[1:]
    loss = (b * w).sum()
    a[0] = 100.0  # the array as a whole is taken to be written into
    del a
    gc.collect()
    refused(loss)


def test_what_shares_nothing_is_not_refused(device):
    a, w = Tensor(np.arange(6.0), device=device), weight(device)
    left, right, copied = a[:3], a[3:], Tensor(a.numpy().copy(), device=device)
    loss = (left * w).sum() + (copied * w).sum()
    right[0] = 100.0
    loss.backward()
    np.testing.assert_array_equal(w.grad.numpy(), 3.0 + 15.0)


def test_derivatives_of_any_kind_are_refused(device):
    a, w = Tensor([1.0, 2.0], device=device), weight(device)
    shared = a.detach()
    loss = (shared * w * w).sum()
    a[0] = 5.0
    for differentiate in (
        lambda: gradients_of(loss, [w]),
        lambda: loss.backward(create_graph=True),
        lambda: list(backprop(loss)),
    ):
        with pytest.raises(tg.MutationError):
            differentiate()


def test_few_arrays_are_remembered_and_none_is_kept_alive():
    overwritten._writes.clear()
    for _ in range(640):
        Tensor(np.zeros(3))[0] = 1.0
    assert len(overwritten._writes) <= 1
    many = [Tensor(np.zeros(3)) for _ in range(128)]
    for each in many:
        each[0] = 1.0
    w = weight("cpu")
    loss = sum((each.detach() * w).sum() for each in many)
    many[0][0] = 2.0
    refused(loss)
