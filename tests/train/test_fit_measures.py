"""What fit measures, for every loss, number of outputs and form of labels: the judges are NumPy and scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from train.small_runs import history, network

N = 12
RNG = np.random.default_rng(3)
X = RNG.normal(size=(N, 2))
LABELS = {1: np.arange(N) % 2, 2: np.arange(N) % 2, 3: np.arange(N) % 3}
OF_NUMBERS = "mse", "mae", "huber"


def numbers(outputs: int) -> np.ndarray:
    """Targets of a regression, (n, outputs)."""
    return np.random.default_rng(outputs).normal(size=(N, outputs)) + 3


def formula(loss: str, prediction: np.ndarray, target: np.ndarray) -> float:
    """The mean loss, by its textbook formula; targets as rows."""
    d, t, x = prediction - target, target, prediction
    log_p = x - np.log(np.exp(x).sum(axis=1, keepdims=True))
    each = {
        "mse": d**2,
        "mae": abs(d),
        "huber": np.where(abs(d) <= 1, d**2 / 2, abs(d) - 0.5),
        "hinge": np.maximum(0, 1 - t * x),
        "binary_cross_entropy": np.log(1 + np.exp(x)) - t * x,
        "cross_entropy": -(t * log_p).sum(axis=1),
        "kl_divergence": np.where(t > 0, -t * log_p, 0),  # of one-hot rows
    }
    return float(each[loss].mean())


def outputs_of(model: Any, x: np.ndarray, device: str = "cpu") -> np.ndarray:
    return model(tg.Tensor(x, device=device)).numpy()


@pytest.mark.parametrize("held_out", [False, True])
@pytest.mark.parametrize("outputs", [1, 2, 3])
@pytest.mark.parametrize("loss", OF_NUMBERS)
def test_regression(loss: str, outputs: int, held_out: bool, device: str) -> None:
    from sklearn.metrics import r2_score

    y, model = numbers(outputs), network((2, 3, outputs), device=device)
    before = outputs_of(model, X, device)
    validation = (X[:5], y[:5]) if held_out else None
    done = history(model, (X, y), loss, epochs=1, batch_size="full", validation=validation)
    assert done.train_loss == pytest.approx([formula(loss, before, y)], rel=1e-12)
    assert done.train_accuracy == done.validation_accuracy == []
    if held_out:
        after = outputs_of(model, X[:5], device)
        assert done.validation_loss == pytest.approx([formula(loss, after, y[:5])], rel=1e-12)
        together = r2_score(y[:5], after, multioutput="variance_weighted")
        assert done.validation_r2 == pytest.approx([together], rel=1e-10)
        assert tg.train.r2(after, y[:5]) == pytest.approx(together, rel=1e-12)


@pytest.mark.parametrize("outputs", [1, 2, 3])
@pytest.mark.parametrize("loss", OF_NUMBERS)
def test_classes_as_numbers(loss: str, outputs: int, device: str) -> None:
    """A loss of numbers compares with one-hot rows; a single output with 0 and 1, and ½ lies between."""
    labels, model = LABELS[outputs], network((2, 3, outputs), device=device)
    data = tg.data.Dataset(X, labels)
    rows = labels[:, None] if outputs == 1 else np.eye(outputs)[labels]
    before = outputs_of(model, X, device)
    done = history(model, data, loss, epochs=1, batch_size="full", validation=data)
    assert done.train_loss == pytest.approx([formula(loss, before, rows)], rel=1e-12)
    after = outputs_of(model, X, device)
    assert done.validation_loss == pytest.approx([formula(loss, after, rows)], rel=1e-12)
    right = (after[:, 0] > 0.5) if outputs == 1 else after.argmax(axis=1)
    assert done.validation_accuracy == [np.mean(right == labels)] and done.validation_r2 == []


@pytest.mark.parametrize(("form", "held_out"), [("indices", False), ("indices", True), ("rows", True)])
@pytest.mark.parametrize(
    ("loss", "outputs"),
    [
        *[(loss, outputs) for loss in ("hinge", "binary_cross_entropy") for outputs in (1, 2, 3)],
        *[(loss, outputs) for loss in ("cross_entropy", "kl_divergence") for outputs in (2, 3)],
    ],
)
def test_classification(loss: str, outputs: int, form: str, held_out: bool, device: str) -> None:
    labels = LABELS[outputs]
    rows = labels[:, None].astype(float) if outputs == 1 else np.eye(outputs)[labels]
    y = labels if form == "indices" else rows
    wanted = 2 * rows - 1 if loss == "hinge" else rows
    model = network((2, 3, outputs), device=device)
    before = outputs_of(model, X, device)
    validation = (X[:5], y[:5]) if held_out else None
    done = history(model, (X, y), loss, epochs=1, batch_size="full", validation=validation)
    assert done.train_loss == pytest.approx([formula(loss, before, wanted)], rel=1e-12)
    assert done.train_accuracy == [np.mean(answers(before) == labels)] and done.validation_r2 == []
    if held_out:
        after = outputs_of(model, X[:5], device)
        assert done.validation_loss == pytest.approx([formula(loss, after, wanted[:5])], rel=1e-12)
        assert done.validation_accuracy == [np.mean(answers(after) == labels[:5])]
        assert done.validation_accuracy == [tg.train.accuracy(after, labels[:5])]


def answers(outputs: np.ndarray) -> np.ndarray:
    return (outputs[:, 0] > 0).astype(int) if outputs.shape[1] == 1 else outputs.argmax(axis=1)


@pytest.mark.parametrize("loss", ["cross_entropy", "kl_divergence"])
def test_one_output_is_no_distribution(loss: str) -> None:
    with pytest.raises(tg.ArgumentError, match=f"{loss} compares one output for each class, .* a single output"):
        history(network((2, 3, 1)), (X, LABELS[1]), loss, batch_size=4)


def rows_of_signs(labels: np.ndarray, outputs: int) -> np.ndarray:
    return 2.0 * (labels[:, None] if outputs == 1 else np.eye(outputs)[labels]) - 1


@pytest.mark.parametrize("outputs", [1, 2, 3])
def test_hinge_takes_both_names_of_two_classes(outputs: int, device: str) -> None:
    """-1 and 1, as the loss and the literature have them, or 0 and 1, as all other losses; in validation, too."""
    labels = LABELS[outputs]
    signs = rows_of_signs(labels, outputs)
    forms = [labels, signs, (signs + 1) / 2] + ([signs[:, 0].astype(int)] if outputs == 1 else [])
    done = [
        history(network((2, 3, outputs), device=device), (X, y), "hinge", validation=(X[:7], v[:7]), batch_size=5)
        for y, v in zip(forms, forms[1:] + forms[:1], strict=True)
    ]
    for other in done[1:]:
        assert other.train_loss == done[0].train_loss and other.train_accuracy == done[0].train_accuracy
        assert other.validation_loss == done[0].validation_loss
        assert other.validation_accuracy == done[0].validation_accuracy


def test_accuracy_takes_the_labels_that_fit_takes() -> None:
    assert tg.train.accuracy([2.0, -1.0], [1, -1]) == 1.0
    assert tg.train.accuracy([2.0, -1.0], [-1, 1]) == 0.0
    assert tg.train.accuracy([[2.0], [-1.0]], [[1.0], [-1.0]]) == 1.0
    assert tg.train.accuracy([2.0, -1.0], [True, False]) == 1.0
    assert tg.train.accuracy([2.0, -1.0, 3.0], [0.9, 0.2, 0.4]) == pytest.approx(2 / 3)  # probabilities
    with pytest.raises(tg.DataError, match=r"accuracy: the label of row 1 is 2, .* 0 and 1, or -1 and 1"):
        tg.train.accuracy([2.0, -1.0], [1, 2])


def test_a_loss_of_ones_own_gets_signs_as_they_are() -> None:
    seen = []

    def perceptron(prediction: Any, target: Any) -> Any:
        seen.append(target.numpy())
        return tg.mean(tg.relu(-target * prediction))

    signs = 2 * LABELS[1] - 1
    done = history(network((2, 3, 1)), (X, signs), perceptron, epochs=1, batch_size="full", shuffle=False)
    np.testing.assert_array_equal(seen[-1], signs)
    assert 0 <= done.train_accuracy[0] <= 1


@pytest.mark.parametrize(
    ("loss", "outputs", "y", "says"),
    [
        ("binary_cross_entropy", 1, [1, -1, 1], r"the label of row 1 is -1, .* 0 and 1.*\(y \+ 1\) / 2"),
        ("binary_cross_entropy", 1, [1, 0, 2], r"the label of row 2 is 2, .*one output for each class"),
        ("binary_cross_entropy", 2, [[0, 1], [1, -1], [0, 1]], r"the target in row 1, column 1 is -1, .*0 to 1"),
        ("kl_divergence", 2, [[0, 1], [1, 0], [0, 3]], r"row 2, column 1 is 3"),
        ("cross_entropy", 2, [[0, 1], [1, -1], [0, 1]], r"row 1, column 1 is -1"),
        ("hinge", 1, [1, 0, -1], r"the label of row 1 is 0, .*-1 and 1, or 0 and 1"),
        ("hinge", 1, [1.0, 0.0, 0.3], r"the label of row 2 is 0\.3, .*-1 and 1, or 0 and 1"),
        ("hinge", 2, [[1, -1], [-1, 2], [1, 1]], r"row 1, column 1 is 2, "),
        ("hinge", 2, [1, -1, 1], r"the label of row 1 is -1, out of range"),
        ("cross_entropy", 2, [1, -1, 1], r"the label of row 1 is -1, out of range"),
        ("mse", 2, [1, -1, 1], r"the shapes must agree, \(3, 2\)"),
    ],
)
def test_labels_that_say_nothing(loss: str, outputs: int, y: Any, says: str, device: str) -> None:
    """They are refused before the first step, on a GPU too, where nobody could look at them later."""
    with pytest.raises(tg.DataError, match=says):
        history(network((2, 3, outputs), device=device), (X[:3], np.array(y)), loss, batch_size=3)


def test_the_share_of_the_commonest_class_for_labels_of_any_form() -> None:
    from tinygrad_edu.train.examples import Examples
    from tinygrad_edu.train.targets import Objective

    y = np.array([1, 1, 0, 1])
    for form in (y, y[:, None], 2 * y - 1, 2.0 * y[:, None] - 1):
        assert Examples((X[:4], form), network((2, 1)), Objective.of("hinge")).largest_share == 0.75


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "hinge"])
def test_rows_of_several_answers_are_counted_answer_by_answer(loss: str, device: str) -> None:
    """Of a row with two classes, or with none, the largest output says nothing (scikit-learn: 1 - hamming_loss)."""
    from sklearn.metrics import hamming_loss

    y = np.stack([X[:, 0] > 0, X[:, 1] > 0, X[:, 0] > X[:, 1]], axis=1)
    model = network((2, 3, 3), device=device)
    before = outputs_of(model, X, device)
    signs = 2.0 * y - 1
    done = history(model, (X, y), loss, epochs=1, batch_size="full", validation=(X, signs if loss == "hinge" else y))
    assert done.train_accuracy == pytest.approx([1 - hamming_loss(y, before > 0)])
    assert done.validation_accuracy == pytest.approx([1 - hamming_loss(y, outputs_of(model, X, device) > 0)])


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "hinge"])
def test_numbers_that_are_no_classes(loss: str, device: str) -> None:
    """A Dataset says by itself what it is for; its numbers must be what the loss compares with all the same."""
    data = tg.data.Dataset(X, X[:, 0] * 5, task="regression")
    with pytest.raises(tg.DataError, match=r"the label of row \d+ is -?\d"):
        history(network(device=device), data, loss, batch_size=4)
