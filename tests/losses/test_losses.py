"""Losses by hand, their stability, their errors, on every device. (PyTorch judges them in tests/oracle/test_nn.py.)"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from fake_device import fake_cupy

losses = tg.losses


def value_and_gradient(loss: Callable[..., Any], x: Any, *arguments: Any, **options: Any) -> tuple[Any, np.ndarray]:
    tensor = tg.Tensor(np.asarray(x, dtype="float64"), requires_grad=True)
    result = loss(tensor, *arguments, **options)
    result.sum().backward()
    return result.numpy(), tensor.grad.numpy()


BY_HAND = [
    # loss, prediction, target, options, the single losses, and their derivatives
    (losses.mse, [1.0, 3.0], [0.0, 5.0], {}, [1.0, 4.0], [2.0, -4.0]),
    (losses.mae, [1.0, 3.0, 2.0], [0.0, 5.0, 2.0], {}, [1.0, 2.0, 0.0], [1.0, -1.0, 0.0]),
    (losses.huber, [0.5, 3.0, -2.0], [0.0, 0.0, 0.0], {}, [0.125, 2.5, 1.5], [0.5, 1.0, -1.0]),
    (losses.huber, [0.5, 3.0], [0.0, 0.0], {"delta": 2.0}, [0.125, 4.0], [0.5, 2.0]),
    (losses.huber, [1.0], [0.0], {}, [0.5], [1.0]),  # at the joint
    (losses.hinge, [0.5, 2.0, 0.5], [1, 1, -1], {}, [0.5, 0.0, 1.5], [-1.0, 0.0, 1.0]),
    (losses.binary_cross_entropy, [0.0, 0.0], [0, 1], {}, [np.log(2), np.log(2)], [0.5, -0.5]),
    (losses.binary_cross_entropy, [np.log(3)], [1], {}, [np.log(4 / 3)], [-0.25]),
    (losses.binary_cross_entropy, [np.log(3)], [1], {"pos_weight": 2.0}, [2 * np.log(4 / 3)], [-0.5]),
    (losses.binary_cross_entropy, [0.0], [0.25], {}, [np.log(2)], [0.25]),
    (losses.cross_entropy, [[0.0, np.log(3)]], [1], {}, [np.log(4 / 3)], [[0.25, -0.25]]),
    (losses.cross_entropy, [[0.0, np.log(3)]], [[0.5, 0.5]], {}, [np.log(4) - np.log(3) / 2], [[-0.25, 0.25]]),
    (losses.cross_entropy, [[0.0, np.log(3)]], [1], {"weight": [1.0, 2.0]}, [2 * np.log(4 / 3)], [[0.5, -0.5]]),
    (
        *(losses.cross_entropy, [[0.0, np.log(3)]], [1], {"label_smoothing": 0.5}),  # the target is 1/4, 3/4: reached
        *([0.25 * np.log(4) + 0.75 * np.log(4 / 3)], [[0.0, 0.0]]),
    ),
    (
        *(losses.kl_divergence, [[0.0, np.log(3)]], [[0.5, 0.5]], {}),
        *([[0.5 * np.log(2), 0.5 * np.log(2 / 3)]], [[-0.25, 0.25]]),
    ),
    (losses.kl_divergence, [[0.0, np.log(3)]], [[0.0, 1.0]], {}, [[0.0, np.log(4 / 3)]], [[0.25, -0.25]]),
]


@pytest.mark.parametrize(("loss", "x", "target", "options", "values", "slopes"), BY_HAND)
def test_losses_by_hand(loss: Any, x: Any, target: Any, options: Any, values: Any, slopes: Any) -> None:
    found, gradient = value_and_gradient(loss, x, target, reduction="none", **options)
    np.testing.assert_allclose(found, values, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(gradient, slopes, rtol=1e-12, atol=1e-15)
    total, _ = value_and_gradient(loss, x, target, reduction="sum", **options)
    assert total == pytest.approx(np.sum(values))
    if "weight" not in options:
        mean, gradient = value_and_gradient(loss, x, target, **options)
        assert mean == pytest.approx(np.mean(values))
        np.testing.assert_allclose(gradient, np.array(slopes) / np.size(values), rtol=1e-12, atol=1e-15)


def test_the_mean_of_weighted_classes_divides_by_their_weights() -> None:
    x = np.array([[0.0, np.log(3)], [0.0, np.log(3)]])
    single = [np.log(4), np.log(4 / 3)]
    mean, _ = value_and_gradient(losses.cross_entropy, x, [0, 1], weight=[1.0, 3.0])
    assert mean == pytest.approx((single[0] + 3 * single[1]) / 4)


def test_the_divergence_of_a_batch() -> None:
    x, target = np.zeros((2, 2)), [[0.5, 0.5], [0.25, 0.75]]
    total, _ = value_and_gradient(losses.kl_divergence, x, target, reduction="sum")
    batch, _ = value_and_gradient(losses.kl_divergence, x, target, reduction="batchmean")
    mean, _ = value_and_gradient(losses.kl_divergence, x, target)
    assert batch == pytest.approx(total / 2) and mean == pytest.approx(total / 4)
    assert total == pytest.approx(0.25 * np.log(0.5) + 0.75 * np.log(1.5))


# --- extreme logits ---


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_binary_cross_entropy_of_extreme_logits(dtype: str, device: str) -> None:
    x = tg.Tensor(np.array([1000, -1000, 1000, -1000, 20], dtype), requires_grad=True, device=device)
    loss = losses.binary_cross_entropy(x, [1, 0, 0, 1, 1], reduction="none")
    loss.sum().backward()
    np.testing.assert_allclose(loss.numpy(), [0, 0, 1000, 1000, np.log1p(np.exp(-20.0))], rtol=1e-5)
    np.testing.assert_allclose(x.grad.numpy(), [0, 0, 1, -1, -1 / (1 + np.exp(20.0))], rtol=1e-5)
    assert loss.dtype == x.grad.dtype == dtype


@pytest.mark.parametrize(("dtype", "weights"), [("float32", [-1.0, -3.0]), ("float16", [2e-6, 6e-6])])
@pytest.mark.parametrize("options", [{}, {"label_smoothing": 0.1}, {"ignore_index": -1}], ids=str)
def test_the_mean_does_not_depend_on_the_scale_of_the_weights(
    dtype: str, weights: list[float], options: dict[str, Any], device: str
) -> None:
    """Down to sums below the smallest normal number, and to negative ones."""
    x = tg.Tensor(np.array([[0.0, 1.0], [2.0, 0.0], [1.0, 1.0]], dtype), device=device)
    labels = [0, 1, options.get("ignore_index", 0)]
    found = losses.cross_entropy(x, labels, weight=weights, **options)
    expected = losses.cross_entropy(x, labels, weight=[1.0, 3.0], **options)
    assert found.item() == pytest.approx(expected.item(), rel=0.05 if dtype == "float16" else 1e-6)


@pytest.mark.parametrize("options", [{}, {"label_smoothing": 0.5}, {"ignore_index": -1}], ids=str)
def test_where_no_label_has_a_weight_the_mean_is_nan_and_its_gradient_0(options: dict[str, Any], device: str) -> None:
    x = tg.Tensor([[0.0, 1.0], [2.0, 0.0]], requires_grad=True, device=device)
    loss = losses.cross_entropy(x, [0, options.get("ignore_index", 0)], weight=[0.0, 1.0], **options)
    loss.backward()
    assert np.isnan(loss.item())
    np.testing.assert_array_equal(x.grad.numpy(), np.zeros((2, 2)))


@pytest.mark.parametrize("weight", [None, [1.0, 1.0]])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_cross_entropy_of_extreme_logits(dtype: str, weight: Any, device: str) -> None:
    logits = np.array([[1000, -1000], [-1000, 1000], [1000, 1000], [-1000, -1000]], dtype)
    for target in ([0, 0, 1, 1], np.eye(2)[[0, 0, 1, 1]]):
        x = tg.Tensor(logits, requires_grad=True, device=device)
        loss = losses.cross_entropy(x, target, reduction="none", weight=weight)
        loss.sum().backward()
        np.testing.assert_allclose(loss.numpy(), [0, 2000, np.log(2), np.log(2)], rtol=1e-6)
        np.testing.assert_allclose(x.grad.numpy(), [[0, 0], [-1, 1], [0.5, -0.5], [0.5, -0.5]], rtol=1e-6)
        assert loss.dtype == x.grad.dtype == dtype


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # 0 · -inf, in the branch that is not taken
def test_a_class_that_is_masked_out_by_minus_infinity(device: str) -> None:
    for options in ({}, {"weight": [1.0, 1.0, 1.0]}):
        x = tg.Tensor(np.array([[0.0, -np.inf, 0.0]]), requires_grad=True, device=device)
        loss = losses.cross_entropy(x, [2], **options)
        loss.backward()
        assert loss.item() == pytest.approx(np.log(2))
        np.testing.assert_allclose(x.grad.numpy(), [[0.5, 0.0, -0.5]])


@pytest.mark.parametrize("name", ["hinge", "binary_cross_entropy", "cross_entropy", "kl_divergence"])
def test_extreme_logits_of_values(name: str) -> None:
    logits = np.array([[tg.Value(x) for x in row] for row in ([1000.0, -1000.0], [-1000.0, 1000.0])], dtype=object)
    target = {"cross_entropy": np.array([1, 1]), "hinge": [[-1, 1], [1, 1]]}.get(name, [[0.0, 1.0], [1.0, 0.0]])
    loss = losses.get(name)(logits, target, reduction="sum")
    loss.backward()
    tensor = tg.Tensor([[1000.0, -1000.0], [-1000.0, 1000.0]], requires_grad=True)
    expected = losses.get(name)(tensor, target, reduction="sum")
    expected.backward()
    assert loss.data == expected.item() > 100
    np.testing.assert_allclose([value.grad for value in logits.flat], tensor.grad.numpy().ravel())


# --- targets ---


def test_a_column_of_predictions_takes_a_row_of_targets() -> None:
    x, target = np.array([[1.0], [2.0], [4.0]]), np.array([1.0, 0.0, 1.0])
    for loss in (losses.mse, losses.mae, losses.huber, losses.binary_cross_entropy):
        assert loss(x, target).item() == pytest.approx(loss(x[:, 0], target).item())
    assert losses.hinge(x, 2 * target - 1, reduction="none").shape == (3, 1)


@pytest.mark.parametrize("shapes", [((3, 2), (3,)), ((3,), (3, 1)), ((3, 1), (1, 3)), ((2, 3), (3,))])
def test_shapes_that_would_broadcast_are_refused(shapes: tuple[Any, Any]) -> None:
    for loss in (losses.mse, losses.mae, losses.huber, losses.hinge, losses.binary_cross_entropy):
        message = f"{loss.__name__}: the prediction has shape .*, the target .*; they must agree"
        with pytest.raises(tg.ShapeError, match=message):
            loss(np.ones(shapes[0]), np.ones(shapes[1]))


def test_a_float64_target_leaves_float32(device: str) -> None:
    x = tg.Tensor(np.ones((3, 2), "float32"), requires_grad=True, device=device)
    target = np.full((3, 2), 0.5)
    for given in (target, tg.Tensor(target, device=device)):
        for loss in (losses.mse, losses.mae, losses.huber, losses.binary_cross_entropy, losses.kl_divergence):
            assert loss(x, given).dtype == "float32"
        for options in ({}, {"label_smoothing": 0.1}, {"weight": np.array([1.0, 2.0])}):
            assert losses.cross_entropy(x, given, **options).dtype == "float32"
            assert losses.cross_entropy(x, [0, 1, 1], **options).dtype == "float32"


def test_a_prediction_can_be_compared_with_a_prediction() -> None:
    a, b = (tg.Tensor([1.0, 2.0], requires_grad=True) for _ in range(2))
    losses.mse(a * 2, b).backward()
    np.testing.assert_allclose(b.grad.numpy(), [-1.0, -2.0])


def test_labels_on_the_device_are_taken_as_they_are(device: str) -> None:
    logits = np.sin(np.arange(12.0)).reshape(4, 3)
    labels = np.array([2, 0, 1, 2])
    for options in ({}, {"label_smoothing": 0.1}, {"weight": [1.0, 2.0, 3.0]}):
        expected = losses.cross_entropy(logits, labels, **options).item()
        x = tg.Tensor(logits, requires_grad=True, device=device)
        on_device = tg.Tensor(labels, device=device)
        with fake_cupy.counting() as count:
            loss = losses.cross_entropy(x, on_device, **options)
            bare = losses.cross_entropy(x, on_device.data, **options)
            loss.backward()
        assert count.syncs == 0
        assert loss.item() == pytest.approx(expected, rel=1e-12) == bare.item()


def test_labels_of_another_device_are_refused() -> None:
    with pytest.raises(tg.DeviceError, match="cross_entropy"):
        losses.cross_entropy(tg.Tensor(np.ones((2, 3)), device="fake"), tg.Tensor([0, 1], dtype=int, device="fake:1"))


@pytest.mark.parametrize("options", [{}, {"label_smoothing": 0.1}])
def test_labels_out_of_range_are_named(options: dict[str, float], device: str) -> None:
    logits = tg.Tensor(np.ones((3, 10)), device=device)
    message = "cross_entropy: label 10 at position 2 is out of range: there are 10 classes, 0 to 9"
    with pytest.raises(tg.DataError, match=message):
        losses.cross_entropy(logits, [0, 9, 10], **options)
    with pytest.raises(tg.DataError, match="label -1 at position 0"):
        losses.cross_entropy(logits, np.array([-1, 9, 10]), **options)
    with pytest.raises(tg.DataError, match=r"label 7 at position \(1, 0\) is out of range: there are 4 classes"):
        losses.cross_entropy(np.ones((2, 4, 2)), np.array([[0, 1], [7, 0]]), **options)


@pytest.mark.parametrize(
    ("target", "shape"),
    [(np.array([0.0, 1.0, 2.0]), (3, 4)), (np.array([[0], [1], [2]]), (3, 4)), (np.array([0, 1]), (3, 4))],
)
def test_a_target_that_is_neither_labels_nor_probabilities(target: np.ndarray, shape: tuple[int, ...]) -> None:
    with pytest.raises(
        tg.ShapeError, match=r"take class indices of shape \(3,\), which are integers, or probabilities"
    ):
        losses.cross_entropy(np.ones(shape), target)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: losses.hinge([1.0, 2.0], [0, 1]),
            tg.DataError,
            r"hinge: a target must be -1 or 1 .*2 \* y - 1.*not 0",
        ),
        (lambda: losses.binary_cross_entropy([1.0], [2]), tg.DataError, "must be 0 or 1, .* not 2 at position 0"),
        (lambda: losses.binary_cross_entropy([1.0], [np.nan]), tg.DataError, "not nan at position 0"),
        (lambda: losses.kl_divergence([[1.0]], [[-0.5]]), tg.DataError, r"not -0.5 at position \(0, 0\)"),
        (lambda: losses.kl_divergence(tg.Tensor(1.0), 1.0), tg.ShapeError, r"logits of shape \(\) have no axis"),
        (lambda: losses.cross_entropy(tg.Tensor(1.0), 1), tg.ShapeError, r"logits of shape \(\) have no axis"),
        (lambda: losses.huber([1.0], [1.0], delta=0), tg.ArgumentError, "huber: delta must be positive, not 0"),
        (lambda: losses.mse([1.0], [1.0], "men"), tg.ArgumentError, "reduction 'men' is unknown; did you mean 'mean'"),
        (lambda: losses.mse([1.0], [1.0], "batchmean"), tg.ArgumentError, "reduction 'batchmean' is unknown"),
        (
            lambda: losses.cross_entropy(np.ones((1, 2)), [0], label_smoothing=1.5),
            tg.ArgumentError,
            r"label_smoothing must lie in \[0, 1\], not 1.5",
        ),
        (
            lambda: losses.cross_entropy(np.ones((1, 2)), [0], weight=[1.0, 2.0, 3.0]),
            tg.ShapeError,
            r"weight must have a number for each of 2 classes, not \(3,\)",
        ),
        (
            lambda: losses.cross_entropy(np.ones((1, 2)), [0], label_smoothing="a"),
            tg.ArgumentError,
            r"label_smoothing must lie in \[0, 1\], not 'a'",
        ),
        (
            lambda: losses.cross_entropy(np.ones((1, 2)), [0], label_smoothing=None),
            tg.ArgumentError,
            r"label_smoothing must lie in \[0, 1\], not None",
        ),
        (lambda: losses.get("croos_entropy"), tg.ArgumentError, "loss 'croos_entropy' .* mean 'cross_entropy'"),
        (lambda: losses.get(None), tg.ArgumentError, "loss None is unknown"),
        (lambda: losses.l2([]), tg.ArgumentError, r"l2: there are no parameters; give model.parameters\(\)"),
    ],
)
def test_wrong_arguments_are_refused(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


# --- by name, penalties ---


def test_losses_are_found_by_name() -> None:
    assert set(losses.LOSSES) == {
        *["mse", "mae", "huber", "hinge", "binary_cross_entropy", "cross_entropy", "kl_divergence"]
    }
    assert losses.get("mse") is losses.mse
    assert losses.get("cross_entropy") is losses.cross_entropy


def test_the_plain_cross_entropy_is_one_operation() -> None:
    x = tg.Tensor(np.ones((2, 3)), requires_grad=True)
    assert losses.cross_entropy(x, [0, 1]).op.name == "softmax_cross_entropy"
    assert losses.cross_entropy(x, [0, 1], label_smoothing=0.1).op.name != "softmax_cross_entropy"


def test_penalties(device: str) -> None:
    w = tg.Tensor([[1.0, -2.0], [0.0, 3.0]], requires_grad=True, device=device)
    b = tg.Tensor([-0.5], requires_grad=True, device=device)
    with fake_cupy.counting() as count:
        total = losses.l1([w, b]) + losses.l2(p for p in (w, b))
        total.backward()
    assert count.syncs == 0
    assert total.item() == pytest.approx(6.5 + 14.25)
    np.testing.assert_allclose(w.grad.numpy(), [[3.0, -5.0], [0.0, 7.0]])
    np.testing.assert_allclose(b.grad.numpy(), [-2.0])
    assert losses.l1(w).item() == 6.0


def test_penalties_of_values() -> None:
    values = [tg.Value(1.0), tg.Value(-2.0)]
    total = losses.l1(values) + losses.l2(values)
    total.backward()
    assert total.data == 3.0 + 5.0
    assert [value.grad for value in values] == [3.0, -5.0]
    assert losses.l2(tg.Value(3.0)).data == 9.0


def test_labels_of_every_kind_of_integer(device: str) -> None:
    x = np.random.default_rng(0).standard_normal((4, 3))
    expected = tg.losses.cross_entropy(tg.Tensor(x, device=device), [0, 2, 1, 2]).item()
    for dtype in ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"):
        labels = np.array([0, 2, 1, 2], dtype)
        for given in (labels, tg.Tensor(labels), tg.Tensor(labels, device=device)):
            assert tg.losses.cross_entropy(tg.Tensor(x, device=device), given).item() == expected
