"""What all optimizers share: flat arrays, groups, missing gradients, state, and the errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from fake_device import fake_cupy
from optim.small import EVERY, loss_of, two
from tinygrad_edu.optim import SGD, Adagrad, Adam, AdamW, NAdam, RMSprop

# --- flat arrays -----------------------------------------------------------------------------------------------------


def test_parameters_and_gradients_are_views_of_flat_arrays(device: str) -> None:
    w, b = two(device)
    before = w.numpy(), b.numpy()
    optimizer = SGD([w, b], lr=0.1)
    (flat,) = optimizer._flats[0]
    np.testing.assert_array_equal(flat.backend.asnumpy(flat.weights), np.concatenate([x.ravel() for x in before]))
    loss_of(w, b).backward()
    for p in (w, b):
        assert p.data.base is not None and p.grad is p._buffer
    assert np.count_nonzero(flat.backend.asnumpy(flat.gradient)) == 6
    data = w.data
    optimizer.step()
    assert w.data is data and not np.array_equal(w.numpy(), before[0])


def test_a_second_pass_adds_and_zero_grad_forgets(device: str) -> None:
    w, b = two(device)
    optimizer = SGD([w, b])
    loss_of(w, b).backward()
    once = w.grad.numpy()
    loss_of(w, b).backward()
    np.testing.assert_allclose(w.grad.numpy(), 2 * once, rtol=1e-15)
    optimizer.zero_grad()
    assert w.grad is None and b.grad is None
    loss_of(w, b).backward()
    np.testing.assert_array_equal(w.grad.numpy(), once)


def test_a_gradient_from_before_the_optimizer_is_kept(device: str) -> None:
    w, b = two(device)
    loss_of(w, b).backward()
    before = w.grad.numpy()
    SGD([w, b])
    np.testing.assert_array_equal(w.grad.numpy(), before)


def test_assigned_gradients_and_data(device: str) -> None:
    w, b = two(device)
    optimizer = SGD([w, b], lr=0.1)
    mine = tg.Tensor([1.0, 2.0], dtype="float64", device=device)
    b.grad = mine
    b.data = [5.0, 6.0]
    optimizer.step()
    np.testing.assert_allclose(b.numpy(), [4.9, 5.8])
    assert b.grad is mine and mine.numpy().tolist() == [1.0, 2.0]
    np.testing.assert_array_equal(w.numpy(), two()[0].numpy())  # it had no gradient


def test_gradients_of_create_graph(device: str) -> None:
    w, b = two(device)
    optimizer = SGD([w, b], lr=0.1)
    loss_of(w, b).backward(create_graph=True)
    assert b.grad.op is not None
    expected = b.numpy() - 0.1 * b.grad.numpy()
    optimizer.step()
    np.testing.assert_allclose(b.numpy(), expected, rtol=1e-15)


def test_a_second_optimizer_of_the_same_parameters(device: str) -> None:
    w, b = two(device)
    first, second = SGD([w, b], lr=0.1), SGD([b], lr=0.2)
    for optimizer, lr in ((first, 0.1), (second, 0.2), (first, 0.1)):
        before = b.numpy()
        first.zero_grad()
        loss_of(w, b).backward()
        gradient = b.grad.numpy()
        optimizer.step()
        np.testing.assert_allclose(b.numpy(), before - lr * gradient, rtol=1e-14)


def test_backward_after_a_step_is_refused(device: str) -> None:
    w, b = two(device)
    optimizer = SGD([w, b])
    loss = loss_of(w, b)
    loss_of(w, b).backward()
    optimizer.step()
    with pytest.raises(tg.MutationError, match="changed after"):
        loss.backward()


def test_a_parameter_without_gradient_may_still_be_differentiated(device: str) -> None:
    w, b = two(device)
    optimizer = SGD([w, b])
    loss = (b * b).sum()
    (w * w).sum().backward()
    optimizer.step()
    loss.backward()  # b did not change
    np.testing.assert_array_equal(b.grad.numpy(), [1.0, -1.0])


def test_backward_after_a_step_on_values_is_refused() -> None:
    a = tg.Value(2.0)
    optimizer = SGD([a])
    loss, other = a * a, a * a
    other.backward()
    optimizer.step()
    with pytest.raises(tg.MutationError):
        loss.backward()


def test_dtypes_and_devices_lie_apart(device: str) -> None:
    w, b = two(device)
    c = tg.Tensor([1.0, 1.0], requires_grad=True, dtype="float32", device=device)
    d = tg.Tensor([1.0, 1.0], requires_grad=True, dtype="float64", device="cpu")
    optimizer = SGD([w, b, c, d], lr=0.5)
    for p in (w, b, c, d):
        (p * p).sum().backward()
    optimizer.step()
    for p in (c, d):
        assert p.numpy().tolist() == [0.0, 0.0]
    assert c.dtype == "float32" and d.device == "cpu"


def test_arrays_longer_than_a_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    start = np.sin(np.arange(50.0))

    def trained() -> np.ndarray:
        w = tg.Tensor(start, requires_grad=True)
        optimizer = Adam([w], lr=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            (w**3).sum().backward()
            optimizer.step()
        return w.numpy()

    whole = trained()
    monkeypatch.setattr("tinygrad_edu.tapes.in_place.CHUNK", 16)
    np.testing.assert_array_equal(trained(), whole)


# --- on a GPU --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "settings"), EVERY)
def test_a_step_is_one_launch_without_waiting(kind: str, settings: dict[str, Any]) -> None:
    w, b = two("fake")
    optimizer = getattr(tg.optim, kind)([w, b], **settings)
    for step in range(4):
        optimizer.zero_grad()
        loss_of(w, b).backward()
        with fake_cupy.counting() as count:
            optimizer.step()
        assert count.syncs == 0
        assert step == 0 or count.launches == 1  # the first one makes the state arrays


def test_neighbours_with_gradients_share_a_launch() -> None:
    parameters = [tg.Tensor(np.ones(3), requires_grad=True, device="fake") for _ in range(5)]
    optimizer = SGD(parameters)
    for _ in range(2):
        optimizer.zero_grad()
        for k in (0, 1, 3, 4):
            (parameters[k] * 2.0).sum().backward()
        with fake_cupy.counting() as count:
            optimizer.step()
        assert count.launches == 2


@pytest.mark.parametrize(("kind", "settings"), EVERY)
def test_parameters_that_learn_in_turns(kind: str, settings: dict[str, Any]) -> None:
    """The part of the flat arrays that is updated grows and shrinks; the oracle is an optimizer for each parameter."""
    (w, b), others = two(), two()
    optimizer = getattr(tg.optim, kind)([b, w], **settings)
    apart = [getattr(tg.optim, kind)([other], **settings) for other in others]
    for learning in ([1], [0, 1], [0], [1], [0, 1]):
        for k in range(2):
            for parameter in ((w, b)[k], others[k]):
                parameter.grad = None
                if k in learning:
                    parameter.grad = tg.Tensor(np.full(parameter.shape, 0.1 + k), dtype="float64")
        for each in (optimizer, *apart):
            each.step()
    for parameter, other in zip((w, b), others, strict=True):
        np.testing.assert_array_equal(parameter.numpy(), other.numpy())


def test_the_second_device_of_a_machine() -> None:
    with fake_cupy.cuda.Device(0):
        w, b = two("fake:1")
        optimizer = Adagrad([w, b], initial_accumulator_value=0.5)
        for _ in range(2):
            loss_of(w, b).backward()
            tg.optim.clip_grad_norm([w, b], 1.0)
            optimizer.step()
        optimizer.load_state_dict(optimizer.state_dict())
    assert w.data.device.id == 1


# --- settings that change --------------------------------------------------------------------------------------------


def test_a_learning_rate_of_0_stands_still(device: str) -> None:
    w, b = two(device)
    before = b.numpy()
    optimizer = Adam([w, b], lr=0.0)
    resting, moving = Adam([two(device)[1]], lr=0.1), Adam([two(device)[1]], lr=0.1)
    loss_of(w, b).backward()
    optimizer.step()
    np.testing.assert_array_equal(b.numpy(), before)
    for lr in (0.1, 0.0, 0.1):  # the state goes on while the weights rest
        for other in (resting, moving):
            other.parameters[0].grad = tg.Tensor([1.0, -3.0], dtype="float64", device=device)
        resting.lr = lr
        resting.step()
        moving.step()
    for name in ("m", "v"):
        rested, moved = (o.state_dict()["groups"][0]["state"][0][name] for o in (resting, moving))
        np.testing.assert_array_equal(rested, moved)


def test_momentum_may_be_switched_on_later(device: str) -> None:
    b = two(device)[1]
    optimizer, start = SGD([b], lr=1.0), b.numpy()
    steps = []
    for momentum in (0.0, 0.5, 0.5, 0.0, 0.5):
        optimizer.groups[0]["momentum"] = momentum
        b.grad = tg.Tensor([1.0, 1.0], dtype="float64", device=device)
        optimizer.step()
        steps.append((start - b.numpy())[0])
        start = b.numpy()
    np.testing.assert_allclose(steps, [1.0, 1.0, 1.5, 1.0, 1.75])


def test_the_learning_rate_of_all_groups() -> None:
    w, b = two()
    optimizer = SGD([{"params": w}, {"params": [b], "lr": 0.5}], lr=0.1)
    assert optimizer.lr == 0.1 and optimizer.groups[1]["lr"] == 0.5
    optimizer.lr = np.float32(0.25)
    assert [type(group["lr"]) for group in optimizer.groups] == [float, float]
    assert optimizer.groups[1]["lr"] == 0.25
    with pytest.raises(tg.ArgumentError, match="lr must be a number of at least 0, not -1"):
        optimizer.lr = -1.0
    for wrong in ("x", True, None, [0.1], float("nan")):
        with pytest.raises(tg.ArgumentError, match="SGD: lr must be a number of at least 0, not"):
            optimizer.lr = wrong
    assert optimizer.lr == 0.25


def test_numpy_s_numbers_do_not_widen_the_weights() -> None:
    w = tg.Tensor([1.0], requires_grad=True, dtype="float32")
    optimizer = Adam([w], lr=np.float64(0.1), eps=np.float32(1e-8))
    (w * w).backward()
    optimizer.step()
    assert w.dtype == "float32" and abs(w.item() - 0.9) < 1e-6


def test_a_nan_in_the_gradient_reaches_the_weight(device: str) -> None:
    b = two(device)[1]
    optimizer = Adam([b], amsgrad=True)
    b.grad = tg.Tensor([np.nan, 1.0], dtype="float64", device=device)
    optimizer.step()
    assert np.isnan(b.numpy()).tolist() == [True, False]


def test_repr() -> None:
    assert repr(SGD(two(), lr=0.1)).startswith("SGD(2 parameters, lr=0.1, momentum=0.0")


# --- errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda p: SGD(p, lr=-0.1), "SGD: lr must be a number of at least 0, not -0.1"),
        (lambda p: SGD(p, lr=float("nan")), "lr must be a number of at least 0, not nan"),
        (lambda p: SGD(p, lr=float("inf")), "lr must be"),
        (lambda p: SGD(p, lr="fast"), "lr must be a number of at least 0, not 'fast'"),
        (lambda p: SGD(p, lr=None), "lr must be"),
        (lambda p: SGD(p, momentum=-1.0), "momentum must be"),
        (lambda p: SGD(p, dampening=-1.0), "dampening must be"),
        (lambda p: SGD(p, weight_decay=-1.0), "weight_decay must be"),
        (lambda p: SGD(p, lr=True), "lr must be a number of at least 0, not True"),
        (lambda p: SGD(p, momentum=True), "momentum must be"),
        (lambda p: Adam(p, betas=(0.9, False)), r"betas\[1\] must lie in \[0, 1\), not False"),
        (lambda p: Adam(None), r"Adam: the parameters must be model.parameters\(\), .*not None"),
        (lambda p: Adam(3), r"the parameters must be model.parameters\(\), .*not 3"),
        (lambda p: Adam("weights"), "the parameters must be"),
        (lambda p: Adam(tg.nn.Dense(2, 1)), r"Adam: give model.parameters\(\), not the model itself, a Dense"),
        (lambda p: Adam([tg.nn.Dense(2, 1)]), r"Adam: give model.parameters\(\), not the model itself, a Dense"),
        (lambda p: Adam(tg.nn.mlp([2, 3, 1])), r"give model.parameters\(\), not the model itself, a Sequential"),
        (
            lambda p: Adam(tg.nn.Dense(2, 1).parameters),
            r"the parameters must be model.parameters\(\), .*not a method",
        ),
        (lambda p: Adam({"params": p}), r'groups as a list, \[\{"params": ...\}\], not a dictionary'),
        (lambda p: Adam([{"params": tg.nn.Dense(2, 1)}]), "not the model itself, a Dense"),
        (lambda p: Adam([{"params": None}]), "the parameters must be .*not None"),
        (lambda p: SGD(p, nesterov=True), "nesterov=True needs momentum > 0"),
        (lambda p: SGD(p, nesterov=True, momentum=0.9, dampening=0.1), "and dampening = 0"),
        (lambda p: Adam(p, betas=(1.0, 0.9)), r"betas\[0\] must lie in \[0, 1\), not 1.0"),
        (lambda p: Adam(p, betas=(0.9, 1.0)), r"betas\[1\] must lie in"),
        (lambda p: AdamW(p, betas=(0.9, -0.1)), r"AdamW: betas\[1\] must lie in"),
        (lambda p: NAdam(p, betas=(0.9, float("nan"))), r"betas\[1\] must lie in"),
        (lambda p: Adam(p, betas=0.9), r"betas must be a pair such as \(0.9, 0.999\), not 0.9"),
        (lambda p: Adam(p, eps=-1e-8), "eps must be"),
        (lambda p: NAdam(p, momentum_decay=-1), "momentum_decay must be"),
        (lambda p: Adagrad(p, lr_decay=-1), "lr_decay must be"),
        (lambda p: Adagrad(p, initial_accumulator_value=-1), "initial_accumulator_value must be"),
        (lambda p: tg.optim.Adadelta(p, rho=1.0), r"Adadelta: rho must lie in \[0, 1\)"),
        (lambda p: RMSprop(p, alpha=1.0), "alpha must lie in"),
        (lambda p: RMSprop(p, momentum=-0.5), "momentum must be"),
        (lambda p: SGD([]), r"SGD: no parameters to optimize; give model.parameters\(\)"),
        (lambda p: SGD([{"params": []}]), "no parameters"),
        (lambda p: SGD([*p, p[0]]), "parameter 2, a leaf node, is there twice"),
        (lambda p: SGD([{"params": p[:1]}, {"params": p}]), "parameter 0, a leaf node, is there twice"),
        (lambda p: SGD([{"params": p, "learning_rate": 1.0}]), "unknown setting 'learning_rate' of a group; there are"),
        (lambda p: SGD([{"lr": 1.0}]), 'a group is a dictionary with "params"'),
        (lambda p: SGD([{"params": p[:1]}, p[1]]), "a group is a dictionary"),
    ],
)
def test_a_bad_setting_is_named(make: Any, says: str) -> None:
    with pytest.raises(tg.ArgumentError, match=says):
        make(list(two()))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda w: w * 2.0, "parameter 0 is a multiply node; an optimizer updates leaves"),
        (lambda w: w.detach(), "parameter 0 is a constant node"),
        (lambda w: w.numpy(), "parameter 0 is a ndarray"),
        (lambda w: tg.Value(1.0, requires_grad=False), "parameter 0 is a constant node"),
    ],
)
def test_what_is_no_parameter(wrong: Any, says: str) -> None:
    with pytest.raises(tg.GraphError, match=says):
        SGD([wrong(two()[0])])


def test_one_parameter_needs_no_list() -> None:
    w, _ = two()
    assert SGD(w).parameters == [w]
