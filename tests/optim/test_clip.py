"""Gradient clipping: what is overwritten, what is not, and that a GPU is not waited for."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from fake_device import fake_cupy
from tinygrad_edu.optim import SGD, clip_grad_norm, clip_grad_value

CLIPS = [lambda p: clip_grad_norm(p, 1.0), lambda p: clip_grad_value(p, 1.0)]


def with_gradient(device: str = "cpu", gradient: tuple[float, ...] = (3.0, -4.0)) -> tg.Tensor:
    w = tg.Tensor(np.zeros(len(gradient)), requires_grad=True, device=device)
    w.grad = tg.Tensor(np.array(gradient), device=device)
    return w


@pytest.mark.parametrize("clip", CLIPS)
def test_an_assigned_gradient_is_replaced_and_not_overwritten(clip: Any, device: str) -> None:
    shared = tg.Tensor(np.array([3.0, -4.0]), device=device)
    v, w = with_gradient(device), with_gradient(device)
    v.grad = w.grad = shared
    clip([v, w])
    assert shared.numpy().tolist() == [3.0, -4.0]
    np.testing.assert_array_equal(v.grad.numpy(), w.grad.numpy())
    assert np.abs(v.grad.numpy()).max() <= 1.0


@pytest.mark.parametrize("clip", CLIPS)
def test_a_gradient_in_a_flat_array_is_overwritten(clip: Any, device: str) -> None:
    w = tg.Tensor(np.zeros(2), requires_grad=True, device=device)
    optimizer = SGD([w], lr=1.0)
    (w * tg.Tensor(np.array([3.0, -4.0]), device=device)).sum().backward()
    buffer = w.grad
    clip([w])
    assert w.grad is buffer
    optimizer.step()
    np.testing.assert_allclose(w.numpy(), -w.grad.numpy(), rtol=1e-15)


@pytest.mark.parametrize(
    "clip", [*CLIPS, lambda p: clip_grad_norm(p, 1.0, 3.0), lambda p: clip_grad_norm(p, 0.1, math.inf)]
)
@pytest.mark.parametrize("learns", [(0, 1, 2, 3), (0, 1), (1, 2), ()], ids=str)
@pytest.mark.parametrize("clipped", [(0, 1, 2, 3), (0, 1), (3, 1, 2, 0), (0, 1, 0, 1)], ids=str)
def test_where_gradients_lie_changes_no_number(clip: Any, learns: Any, clipped: Any, device: str) -> None:
    """In one flat array, in two of them, each by itself; all that lie there or some; one that is given twice."""
    hosts = [np.linspace(-1, k, 6).reshape(2, 3) for k in range(4)]
    apart, together = ([tg.Tensor(host, requires_grad=True, device=device) for host in hosts] for _ in range(2))
    optimizers = [SGD([together[k] for k in group]) for group in (learns[:2], learns[2:]) if group]
    assert len(optimizers) == (len(learns) + 1) // 2
    for tensors in (apart, together):
        for t, host in zip(tensors, hosts, strict=True):
            (t * tg.Tensor(host, device=device)).sum().backward()
        clip([tensors[k] for k in clipped])
    for a, b in zip(apart, together, strict=True):
        np.testing.assert_allclose(b.grad.numpy(), a.grad.numpy(), rtol=1e-14)
    untouched = set(range(4)) - set(clipped)
    assert all((together[k].grad.numpy() == hosts[k]).all() for k in untouched)


@pytest.mark.parametrize("clip", CLIPS)
def test_what_was_computed_from_an_overwritten_gradient_is_refused(clip: Any, device: str) -> None:
    w = tg.Tensor(np.zeros(2), requires_grad=True, device=device)
    SGD([w])
    (w * tg.Tensor(np.array([3.0, -4.0]), device=device)).sum().backward()
    loss = (w.grad * w).sum()
    clip([w])
    with pytest.raises(tg.MutationError):
        loss.backward()


def test_nothing_waits_for_the_device() -> None:
    parameters = [with_gradient("fake"), with_gradient("fake")]
    for p in (1.0, 2.0, math.inf):
        with fake_cupy.counting() as count:
            norm = clip_grad_norm(parameters, 1.0, p)
            clip_grad_value(parameters, 1.0)
        assert count.syncs == 0
        assert norm.device == "fake" and norm.shape == () and norm.op is None


def test_the_dtype_of_a_gradient_stays(device: str) -> None:
    narrow = tg.Tensor([1.0], requires_grad=True, dtype="float32", device=device)
    narrow.grad = tg.Tensor([5.0], dtype="float32", device=device)
    clip_grad_norm([with_gradient(device), narrow], 1.0)
    assert narrow.grad.dtype == "float32"


def test_parameters_without_gradient_are_passed_over(device: str) -> None:
    w, idle = with_gradient(device), tg.Tensor(np.ones(2), requires_grad=True, device=device)
    assert clip_grad_norm((p for p in (idle, w)), 1.0).item() == 5.0
    assert clip_grad_norm(idle, 1.0).item() == 0.0
    clip_grad_value(idle, 1.0)
    assert idle.grad is None
    empty = tg.Tensor(np.ones(0), requires_grad=True, device=device)
    empty.grad = tg.Tensor(np.ones(0), device=device)
    assert clip_grad_norm([empty], 1.0, math.inf).item() == 0.0


@pytest.mark.parametrize("p", [2.0, 1.0, math.inf])
def test_a_nan_makes_all_gradients_nan(p: float, device: str) -> None:
    w = with_gradient(device, (1.0, math.nan))
    assert math.isnan(clip_grad_norm([w], 1.0, p).item())
    assert np.isnan(w.grad.numpy()).all()
    a, b = tg.Value(1.0), tg.Value(1.0)
    a.grad, b.grad = math.nan, 2.0
    clip_grad_norm([a, b], 1.0, p)
    assert math.isnan(b.grad)


@pytest.mark.parametrize("p", [2.0, 1.0, 3.0, math.inf])
def test_values_are_clipped_as_tensors_are(p: float) -> None:
    w, values = with_gradient(gradient=(3.0, -4.0, 0.5)), [tg.Value(0.0) for _ in range(3)]
    for value, gradient in zip(values, (3.0, -4.0, 0.5), strict=True):
        value.grad = gradient
    ours, theirs = clip_grad_norm(values, 2.0, p), clip_grad_norm([w], 2.0, p)
    assert isinstance(ours, tg.Value) and not ours.requires_grad
    np.testing.assert_allclose(ours.item(), theirs.item(), rtol=1e-14)
    np.testing.assert_allclose([v.grad for v in values], w.grad.numpy(), rtol=1e-14)
    clip_grad_value(values, 0.3)
    clip_grad_value([w], 0.3)
    np.testing.assert_allclose([v.grad for v in values], w.grad.numpy(), rtol=1e-14)


def test_large_values_do_not_overflow_python() -> None:
    a = tg.Value(1.0)
    a.grad = 1e200
    assert clip_grad_norm([a], 1.0).item() == math.inf
    assert a.grad == 0.0


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda w: clip_grad_norm([], 1.0), r"clip_grad_norm: no parameters; give model.parameters\(\)"),
        (lambda w: clip_grad_value(iter(()), 1.0), "clip_grad_value: no parameters"),
        (lambda w: clip_grad_norm(w, -1.0), "max_norm must be a number of at least 0, not -1.0"),
        (lambda w: clip_grad_norm(w, math.nan), "max_norm must be"),
        (lambda w: clip_grad_value(w, -1.0), "clip_value must be"),
        (lambda w: clip_grad_norm(w, 1.0, 0.0), "norm_type must be above 0"),
        (lambda w: clip_grad_norm([w, tg.Value(1.0)], 1.0), "Values and tensors together"),
    ],
)
def test_a_bad_argument_is_named(call: Any, says: str) -> None:
    with pytest.raises(tg.ArgumentError, match=says):
        call(with_gradient())


def test_two_devices_are_refused() -> None:
    with pytest.raises(tg.DeviceError, match="clip_grad_norm: operands on cpu and fake"):
        clip_grad_norm([with_gradient(), with_gradient("fake")], 1.0)


@pytest.mark.parametrize("clip", [clip_grad_norm, clip_grad_value])
def test_what_cannot_be_clipped(clip: Any) -> None:
    model = tg.nn.mlp([2, 1])
    with pytest.raises(tg.ArgumentError, match="must be a number of at least 0, not '1'"):
        clip(model.parameters(), "1")
    with pytest.raises(tg.ArgumentError, match=f"{clip.__name__}: parameter 0 is a Dense; give model.parameters()"):
        clip(model, 1.0)
