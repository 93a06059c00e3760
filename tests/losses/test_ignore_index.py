"""Labels that cross-entropy leaves out, against the formula example by example; and targets that are logarithms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from engine.cases import sample
from fake_device import fake_cupy

# 0 / 0 where all labels are ignored, and 0 · -inf in branches that `where` does not take
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

cross_entropy, kl_divergence = tg.losses.cross_entropy, tg.losses.kl_divergence

WEIGHTS = np.array([0.5, 2.0, 1.0, 3.0])
OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "smoothed": {"label_smoothing": 0.2},
    "weighted": {"weight": WEIGHTS},
    "both": {"label_smoothing": 0.2, "weight": WEIGHTS},
}
LABELS = {  # of shape (6,), and what is to be ignored
    "none ignored": ([0, 3, 1, 1, 2, 0], -100),
    "the default": ([0, -100, 1, -100, 2, 0], -100),
    "-1": ([0, 3, -1, 1, 2, -1], -1),
    "a class": ([0, 3, 1, 1, 2, 0], 1),
    "beyond the classes": ([0, 3, 1, 1, 9, 9], 9),
    "all ignored": ([-100] * 6, -100),
}


def by_formula(
    logits: np.ndarray, labels: Any, ignored: int, reduction: str, label_smoothing: float = 0.0, weight: Any = None
) -> tuple[np.ndarray, np.ndarray]:
    """-Σ w t log p of each example, and its derivatives w t summed times p - w t: reduced as asked."""
    classes = logits.shape[1] if logits.ndim > 1 else len(logits)
    rows = np.moveaxis(logits, min(1, logits.ndim - 1), -1).reshape(-1, classes)
    weight, total = np.ones(classes) if weight is None else weight, 0.0
    losses, slopes = np.zeros(len(rows)), np.zeros(rows.shape)
    for k, (row, label) in enumerate(zip(rows, np.ravel(labels), strict=True)):
        if label == ignored:
            continue
        p = np.exp(row) / np.exp(row).sum()
        wt = weight * ((1 - label_smoothing) * (np.arange(classes) == label) + label_smoothing / classes)
        losses[k], slopes[k] = -(wt * np.log(p)).sum(), wt.sum() * p - wt
        total += weight[label]
    moved = np.moveaxis(logits, min(1, logits.ndim - 1), -1).shape
    slopes = np.moveaxis(slopes.reshape(moved), -1, min(1, logits.ndim - 1))
    if reduction == "none":
        return losses.reshape(np.shape(labels)), slopes
    if reduction == "sum":
        return losses.sum(), slopes
    return (losses.sum() / total, slopes / total) if total else (np.array(np.nan), slopes)


def agree(
    logits: np.ndarray, labels: Any, ignored: int, reduction: str, options: Any, device: str, there: bool
) -> None:
    """`there`: the labels are on the device already, and are not looked at."""
    expected, slopes = by_formula(logits, labels, ignored, reduction, **options)
    x = tg.Tensor(logits, requires_grad=True, device=device)
    given = tg.Tensor(labels, dtype=int, device=device) if there else labels
    with fake_cupy.counting() as count:
        loss = cross_entropy(x, given, reduction, ignore_index=ignored, **options)
        loss.sum().backward()
    assert count.syncs == 0
    np.testing.assert_allclose(loss.numpy(), expected, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(x.grad.numpy(), slopes, rtol=1e-12, atol=1e-14)


REDUCTIONS = ["mean", "sum", "none"]


@pytest.mark.parametrize(
    ("which", "options", "reduction", "there"),
    [
        (which, options, REDUCTIONS[(i + j) % 3], (i // 3 + j) % 2 == 1)
        for i, which in enumerate(LABELS)
        for j, options in enumerate(OPTIONS)
    ],
)
def test_ignored_labels(which: str, options: str, reduction: str, there: bool, device: str) -> None:
    """Each kind of labels with all options; both with every reduction, on the host and on the device, in turns."""
    labels, ignored = LABELS[which]
    agree(sample(6, 4), labels, ignored, reduction, OPTIONS[options], device, there)


SHAPES = [(4,), (3, 4, 5), (2, 4, 3, 2)]


@pytest.mark.parametrize(
    ("shape", "options", "reduction", "ignored"),
    [
        (SHAPES[(i + j) % 3], options, reduction, (-100, 2)[(i // 2 + j) % 2])
        for i, options in enumerate(OPTIONS)
        for j, reduction in enumerate(REDUCTIONS)
    ],
    ids=str,
)
def test_ignored_labels_of_other_shapes(
    shape: tuple[int, ...], options: str, reduction: str, ignored: int, device: str
) -> None:
    """All options with every reduction; shapes in turns; some labels ignored and all, on the host and on the device."""
    rows = (*shape[:1], *shape[2:]) if len(shape) > 1 else ()
    labels = np.arange(int(np.prod(rows))).reshape(rows) % 4
    for given in (np.where(labels % 2, ignored, labels), np.where(labels == labels, ignored, labels)):
        for there in (False, True):
            agree(sample(*shape), given, ignored, reduction, OPTIONS[options], device, there)


OF_VALUES: list[tuple[tuple[int, ...], Any, int]] = [
    ((3, 4), [0, -100, 3], -100),
    ((3, 4), [0, 1, 3], 1),
    ((2, 4), [-100, -100], -100),
    ((4,), 2, 2),
    ((4,), 2, -100),
]


@pytest.mark.parametrize(
    ("shape", "labels", "ignored", "options", "reduction"),
    [
        (*given, options, REDUCTIONS[(i + j) % 3])
        for i, given in enumerate(OF_VALUES)
        for j, options in enumerate(OPTIONS)
    ],
)
def test_ignored_labels_of_values(shape: Any, labels: Any, ignored: int, options: str, reduction: str) -> None:
    """Each kind of labels with all options, reductions in turns."""
    expected, slopes = by_formula(sample(*shape), labels, ignored, reduction, **OPTIONS[options])
    logits = np.frompyfunc(tg.Value, 1, 1)(sample(*shape))
    loss = cross_entropy(logits, np.array(labels), reduction, ignore_index=ignored, **OPTIONS[options])
    singles = list(loss.flat) if isinstance(loss, np.ndarray) else [loss]
    sum(singles).backward()
    np.testing.assert_allclose([value.data for value in singles], np.ravel(expected), rtol=1e-12)
    found = np.array([value.grad for value in logits.flat]).reshape(shape)
    np.testing.assert_allclose(found, slopes, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("options", [{}, {"weight": [1.0, 1.0, 1.0]}], ids=["plain", "weighted"])
def test_an_ignored_row_may_have_classes_that_are_masked_out(options: Any, device: str) -> None:
    logits = np.array([[-np.inf, 0.0, 1000.0], [0.0, 0.0, -np.inf]])
    for labels in ([-100, 1], tg.Tensor([-100, 1], dtype=int, device=device)):
        x = tg.Tensor(logits, requires_grad=True, device=device)
        loss = cross_entropy(x, labels, ignore_index=-100, **options)
        loss.backward()
        assert loss.item() == pytest.approx(np.log(2))
        np.testing.assert_allclose(x.grad.numpy(), [[0.0, 0.0, 0.0], [0.5, -0.5, 0.0]])


def test_a_type_without_the_ignored_label(device: str) -> None:
    labels, logits = np.array([2, 156], "uint8"), sample(2, 200)  # 156 is -100 in 8 bits
    for ignored in (-100, 156, 300):
        expected, _ = by_formula(logits, labels, ignored, "mean", 0.1)
        for given in (labels, tg.Tensor(labels, device=device)):
            x = tg.Tensor(logits, device=device)
            loss = cross_entropy(x, given, label_smoothing=0.1, ignore_index=ignored)
            assert loss.item() == pytest.approx(expected, rel=1e-12)


def test_ignoring_leaves_float32(device: str) -> None:
    x = tg.Tensor(sample(3, 4).astype("float32"), requires_grad=True, device=device)
    for options in OPTIONS.values():
        for labels in ([0, -100, 3], tg.Tensor([0, -100, 3], dtype=int, device=device)):
            loss = cross_entropy(x, labels, ignore_index=-100, **options)
            loss.backward()
            assert loss.dtype == x.grad.dtype == "float32"


def test_the_plain_loss_stays_one_operation_where_no_label_is_ignored(device: str) -> None:
    x = tg.Tensor(np.ones((2, 3)), requires_grad=True, device=device)
    for ignored in (-100, -1, 3, None):
        assert cross_entropy(x, [0, 1], ignore_index=ignored).op.name == "softmax_cross_entropy"
    on_device = tg.Tensor(np.array([0, 1]), device=device)
    assert cross_entropy(x, on_device).op.name == "softmax_cross_entropy"
    without_sign = tg.Tensor(np.array([0, 1], "uint8"), device=device)  # whose type has no -100
    assert cross_entropy(x, without_sign, ignore_index=-100).op.name == "softmax_cross_entropy"
    assert cross_entropy(x, [0, -100]).op.name != "softmax_cross_entropy"


def test_the_backward_pass_before_ignored_labels_is_not_on_its_guard() -> None:
    counts = []
    for ignored in (None, -100, None):  # the first makes what a device makes once
        x = tg.Tensor(np.ones((2, 3)), requires_grad=True, device="fake")
        labels = tg.Tensor([0, 1], dtype=int, device="fake")
        hidden = tg.tanh(tg.tanh(tg.tanh(x)))
        with fake_cupy.counting() as count:
            cross_entropy(hidden, labels, ignore_index=ignored).backward()
        counts.append(count.launches)
    assert counts[1] <= counts[2] + 14


def test_other_labels_out_of_range_are_still_named(device: str) -> None:
    logits = tg.Tensor(np.ones((4, 10)), device=device)
    for labels, ignored, message in [
        (
            [0, -100, -1, 11],
            -100,
            "label -1 at position 2 is out of range: there are 10 classes, 0 to 9; .*ignore_index",
        ),
        ([0, -100, 2, 3], -1, "label -100 at position 1 is out of range"),
        ([0, 5, 10, 3], 5, "label 10 at position 2 is out of range"),
    ]:
        with pytest.raises(tg.DataError, match=message):
            cross_entropy(logits, labels, ignore_index=ignored)


def test_ignore_index_is_a_label() -> None:
    for wrong in (1.0, "1", [1]):
        with pytest.raises(tg.ArgumentError, match="ignore_index must be a label, which is an integer, not"):
            cross_entropy(np.ones((2, 3)), [0, 1], ignore_index=wrong)  # type: ignore[arg-type]
    assert cross_entropy(np.ones((2, 3)), [0, 7], ignore_index=np.int64(7)).item() == pytest.approx(np.log(3))


def test_probabilities_have_no_label_to_ignore() -> None:
    shares = np.full((2, 3), 1 / 3)
    assert cross_entropy(np.ones((2, 3)), shares, ignore_index=-1).item() == pytest.approx(np.log(3))
    with pytest.raises(tg.ArgumentError, match="ignore_index=1 is a class, but the target holds probabilities"):
        cross_entropy(np.ones((2, 3)), shares, ignore_index=1)


# --- targets that are logarithms -------------------------------------------------------------------------------------

SHARES = np.exp(sample(3, 4, seed=5)) / np.exp(sample(3, 4, seed=5)).sum(axis=1, keepdims=True)
SOME_0 = np.array([[0.0, 0.25, 0.75, 0.0], [1.0, 0.0, 0.0, 0.0], [0.25] * 4])


def log(target: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log(target)


def divergence(logits: np.ndarray, target: np.ndarray) -> np.ndarray:
    """t (log t - log p) of each class; 0 where t is 0."""
    log_p = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    return np.array([[t and t * (np.log(t) - q) for t, q in zip(*rows)] for rows in zip(target, log_p)])  # noqa: B905


@pytest.mark.parametrize("target", [SHARES, SOME_0], ids=["positive", "some 0"])
@pytest.mark.parametrize("reduction", ["none", "sum", "mean", "batchmean"])
def test_the_divergence_from_log_probabilities(reduction: str, target: np.ndarray, device: str) -> None:
    logits = sample(3, 4)
    single = divergence(logits, target)
    expected, share = {
        "none": (single, 1),
        "sum": (single.sum(), 1),
        "mean": (single.mean(), 12),
        "batchmean": (single.sum() / 3, 3),
    }[reduction]
    slopes = (
        target.sum(axis=1, keepdims=True) * np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True) - target
    ) / share
    x = tg.Tensor(logits, requires_grad=True, device=device)
    for given in (log(target), tg.Tensor(log(target), device=device)):
        x.grad = None
        with fake_cupy.counting() as count:
            loss = kl_divergence(x, given, reduction, log_target=True)
            loss.sum().backward()
        assert count.syncs == 0
        np.testing.assert_allclose(loss.numpy(), expected, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(x.grad.numpy(), slopes, rtol=1e-12, atol=1e-14)


def test_the_divergence_passes_gradient_to_log_probabilities(device: str) -> None:
    logits = sample(3, 4)
    log_t = tg.Tensor(log(SOME_0), requires_grad=True, device=device)
    kl_divergence(tg.Tensor(logits, device=device), log_t, "sum", log_target=True).backward()
    # d/du of e^u (u - log p) is e^u (u - log p) + e^u
    np.testing.assert_allclose(log_t.grad.numpy(), divergence(logits, SOME_0) + SOME_0, rtol=1e-12, atol=1e-14)


def test_the_divergence_of_values_from_log_probabilities() -> None:
    logits = np.frompyfunc(tg.Value, 1, 1)(sample(3, 4))
    loss = kl_divergence(logits, log(SOME_0), "sum", log_target=True)
    loss.backward()
    tensor = tg.Tensor(sample(3, 4), requires_grad=True)
    kl_divergence(tensor, SOME_0, "sum").backward()
    assert loss.data == pytest.approx(divergence(sample(3, 4), SOME_0).sum(), rel=1e-12)
    np.testing.assert_allclose([v.grad for v in logits.flat], tensor.grad.numpy().ravel(), rtol=1e-12, atol=1e-14)


def test_log_probabilities_say_more_of_small_ones(device: str) -> None:
    x = tg.Tensor(np.array([[-1000.0, 0.0]]), device=device)
    log_t = np.array([[-700.0, -0.0]])
    loss = kl_divergence(x, log_t, "none", log_target=True)
    np.testing.assert_allclose(loss.numpy(), [[np.exp(-700.0) * 300, 0.0]], rtol=1e-12)


def test_probabilities_given_as_logarithms_are_refused() -> None:
    message = r"kl_divergence: a target must be the logarithm of a probability, .*log_target=True.* not 0.5 at position"
    with pytest.raises(tg.DataError, match=message):
        kl_divergence(np.zeros((1, 2)), [[0.5, 0.5]], log_target=True)
    with pytest.raises(tg.DataError, match=r"not nan at position \(0, 1\)"):
        kl_divergence(np.zeros((1, 2)), [[-1.0, np.nan]], log_target=True)
