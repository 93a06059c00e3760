"""Accuracy, R², and what a history keeps."""

from __future__ import annotations

import json

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.train import BestEvent, EndEvent, EpochEvent, History, NoticeEvent, ValidationEvent
from train.small_runs import history, moons, network


def test_accuracy_of_several_classes_is_the_share_of_largest_logits() -> None:
    logits = [[0.1, 0.9, 0.0], [2.0, 1.0, 0.0], [-3.0, -2.0, -1.0], [0.0, 1.0, 0.5]]
    assert tg.train.accuracy(np.array(logits), [1, 0, 2, 2]) == 0.75


def test_accuracy_of_other_shapes_is_refused() -> None:
    for prediction, labels in ((np.zeros((2, 3, 2)), [0, 1]), (1.0, [1])):  # the one would be compared crosswise
        with pytest.raises(tg.ShapeError, match=r"accuracy: predictions have the shape \(n,\), \(n, 1\) or"):
            tg.train.accuracy(prediction, labels)


@pytest.mark.parametrize("shape", [(4,), (4, 1)])
def test_accuracy_of_one_output_asks_for_its_sign(shape: tuple[int, ...]) -> None:
    logits = np.array([0.1, -0.1, 3.0, 0.0]).reshape(shape)
    assert tg.train.accuracy(logits, [1, 0, 0, 0]) == 0.75
    assert tg.train.accuracy(logits, np.array([[1], [0], [0], [0]])) == 0.75
    assert tg.train.accuracy(tg.Tensor(logits), [1, 0, 1, 0], threshold=0.05) == 1.0


def test_r2_is_that_of_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="needs scikit-learn: pip install --group test")
    rng = np.random.default_rng(0)
    target = rng.normal(size=50)
    for noise in (0.1, 1.0, 5.0):
        prediction = target + rng.normal(0, noise, 50)
        expected = metrics.r2_score(target, prediction)
        assert tg.train.r2(prediction, target) == pytest.approx(expected, rel=1e-12)
        assert tg.train.r2(prediction.reshape(50, 1), target) == pytest.approx(expected, rel=1e-12)


def test_r2_at_its_marks() -> None:
    target = np.array([1.0, 2.0, 6.0])
    assert tg.train.r2(target, target) == 1
    assert tg.train.r2(np.full(3, 3.0), target) == 0
    assert tg.train.r2(np.ones(3), np.ones(3)) == 1  # nothing to explain, and explained
    assert tg.train.r2(np.zeros(3), np.ones(3)) == 0
    in_bytes = np.array([[10, 20, 200], [20, 10, 255]], dtype="uint8")  # whose differences are no bytes
    assert tg.train.r2(*in_bytes) == pytest.approx(tg.train.r2(*in_bytes.astype(float)), rel=1e-12)


@pytest.mark.filterwarnings("ignore:R.2 score is not well-defined")
def test_r2_of_a_single_row_is_undefined() -> None:
    from sklearn.metrics import r2_score

    assert np.isnan(r2_score([1.0], [2.0]))
    assert np.isnan(tg.train.r2([2.0], [1.0])) and np.isnan(tg.train.r2([1.0], [1.0]))
    row = np.ones((1, 1)), np.ones(1)
    done = history(network((1, 1)), tg.data.load("sine", n=16), "mse", validation=row)
    assert np.isnan(done.validation_r2).all() and np.isfinite(done.validation_loss).all()
    assert done.to_json()["end"]["validation_r2"] == "nan"


def test_what_fit_measures_is_what_the_model_answers(device: str) -> None:
    train, validation = moons(n=300)
    model = network(device=device)
    done = history(model, train, validation=validation, epochs=2)
    prediction = model(tg.Tensor(validation.x, device=device))
    assert done.validation_accuracy[-1] == tg.train.accuracy(prediction, validation.y)
    logits = prediction.numpy()[:, 0]
    loss = np.mean(np.logaddexp(0, logits) - validation.y * logits)
    assert done.validation_loss[-1] == pytest.approx(loss, rel=1e-12)


def test_a_validation_set_of_many_rows_is_measured_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    train, validation = moons(n=200)
    whole = history(network(), train, validation=validation)
    monkeypatch.setattr(tg.train.metrics, "VALIDATION_ROWS", 7)
    parts = history(network(), train, validation=validation)
    np.testing.assert_allclose(parts.validation_loss, whole.validation_loss, rtol=1e-12)
    assert parts.validation_accuracy == whole.validation_accuracy


def test_regression_is_measured_by_r2(device: str) -> None:
    data = tg.data.load("sine", n=64, seed=0)
    model = network((1, 8, 1), device=device)
    done = history(model, data, "mse", validation=data, epochs=2)
    prediction = model(tg.Tensor(data.x, device=device)).numpy()[:, 0]
    assert done.validation_r2[-1] == pytest.approx(tg.train.r2(prediction, data.y), rel=1e-12)
    assert done.train_accuracy == done.validation_accuracy == []


def test_a_history_keeps_columns() -> None:
    events = [
        EpochEvent(1, 2, 0.9, 0.5, 0.1, 1.0),
        ValidationEvent(1, 0.7, 0.6),
        BestEvent(1, 0.7),
        EpochEvent(2, 2, 0.8, 0.6, 0.1, 1.0),
        ValidationEvent(2, 0.75, 0.6),
        NoticeEvent(2, "flat", None, "..."),
        EndEvent(2, 0.8, 0.75, 0.6, None, "epochs"),
    ]
    done = History.of(events)
    assert len(done) == 2 and done.epoch == [1, 2]
    assert done.train_loss == [0.9, 0.8] and done.validation_loss == [0.7, 0.75] and done.validation_r2 == []
    assert done.best_epoch == 1
    assert done.notices == [events[5]] and done.end is events[6]
    document = json.loads(json.dumps(done.to_json(), allow_nan=False))
    assert document["train_loss"] == [0.9, 0.8] and document["best_epoch"] == 1 and "validation_r2" not in document
    assert document["end"]["stopped"] == "epochs" and document["notices"][0]["name"] == "flat"


def test_the_best_epoch_without_validation_or_without_numbers() -> None:
    assert History().best_epoch is None
    assert History(epoch=[1, 2, 3], train_loss=[2.0, 1.0, float("nan")]).best_epoch == 2


@pytest.mark.parametrize("measure", [tg.train.accuracy, tg.train.r2])
def test_as_many_predictions_as_answers(measure) -> None:
    with pytest.raises(tg.ShapeError, match=r"shape \(2,\), .* shape \(3,\)"):
        measure([1.0, 2.0], [1, 2, 3])
    with pytest.raises(tg.ShapeError, match="nothing to measure"):
        measure([], [])
