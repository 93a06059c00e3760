"""What a model answers, compared with scikit-learn and with NumPy by hand."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.train.targets import Objective
from tinygrad_edu_viz.training import asking
from tinygrad_edu_viz.training.answers import Boundary, Confusion, FittedCurve, Truth, hidden_units, picture_of


def parts(name: str, standardize: bool = True, **kw):
    data = tg.data.load(name, seed=0, **kw)
    train, held_out = data.split(0.25)
    standardizer = tg.data.Standardizer.fit(train) if standardize else None
    if standardizer:
        train, held_out = standardizer.apply(train), standardizer.apply(held_out)
    return data, train, held_out, standardizer


def test_a_boundary_is_that_of_logistic_regression():
    """A perceptron with scikit-learn's weights gives its probabilities, over the plane in the units of the data."""
    linear = pytest.importorskip("sklearn.linear_model", reason="needs scikit-learn: pip install --group test")
    data, train, held_out, standardizer = parts("moons", n=80, noise=0.2)
    oracle = linear.LogisticRegression().fit(train.x, train.y)
    model = tg.nn.mlp([2, 1], rng=0, dtype="float64")
    model.train()
    found = picture_of(model, data, train, held_out, "binary_cross_entropy", standardizer)
    assert isinstance(found, Boundary)
    model[0].weight.data, model[0].bias.data = oracle.coef_.T, oracle.intercept_  # after: it asks anew
    xs, ys = asking.places(found.box, 7, 5)
    assert np.allclose(np.diff(xs), (found.box[1] - found.box[0]) / 7) and ys[0] > ys[-1]
    asked = np.array([[x, y] for y in ys for x in xs])
    expected = oracle.predict_proba((asked - standardizer.mean) / standardizer.scale).reshape(5, 7, 2)
    assert np.allclose(found.grid(7, 5), expected, atol=1e-12)
    assert len(found.points) == 80 and np.allclose(np.sort(found.points, axis=0), np.sort(data.x, axis=0))
    assert found.held_out.sum() == 20 and model.training
    wanted = oracle.predict((found.points - standardizer.mean) / standardizer.scale)
    assert np.array_equal(found.answers, wanted) and np.array_equal(found.right, wanted == found.labels)
    left, right, low, high = found.box
    assert left < data.x[:, 0].min() < data.x[:, 0].max() < right and low < data.x[:, 1].min() and high > low


def test_a_large_data_set_is_shown_by_a_sample_that_stays():
    data, train, held_out, standardizer = parts("moons", n=2000)
    model = tg.nn.mlp([2, 1], rng=0)
    one, other = (picture_of(model, data, train, held_out, "binary_cross_entropy", standardizer) for _ in range(2))
    assert len(one.points) == 300 and np.array_equal(one.points, other.points)
    logits = held_out.x.astype(np.float32) @ model[0].weight.numpy() + model[0].bias.numpy()
    assert one.score == (((logits[:, 0] > 0) == held_out.y).sum(), len(held_out)), "of all, not of those shown"


def test_confusion_is_that_of_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics", reason="needs scikit-learn: pip install --group test")
    data, train, held_out, _ = parts("digits", standardize=False)
    model = tg.nn.mlp([64, 10], rng=0)
    found = picture_of(model, data, train, held_out, "cross_entropy")
    assert isinstance(found, Confusion) and found.names == data.target_names
    logits = held_out.x.astype(np.float32) @ model[0].weight.numpy() + model[0].bias.numpy()
    said = logits.argmax(axis=1)
    assert np.array_equal(found.counts, metrics.confusion_matrix(held_out.y, said, labels=range(10)))
    mistakes = found.mistakes(5)
    assert [m.share for m in mistakes] == sorted([m.share for m in mistakes], reverse=True)
    assert (
        found.mistakes(9999)[0].share == mistakes[0].share and len(found.mistakes(9999)) == (said != held_out.y).sum()
    )
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    k = next(k for k, x in enumerate(held_out.x) if np.array_equal(x.reshape(8, 8), mistakes[0].image))
    assert (mistakes[0].true, mistakes[0].answer) == (held_out.y[k], said[k])
    assert mistakes[0].share == pytest.approx(shares[k].max(), rel=1e-5)


def test_a_fitted_line_is_in_the_units_of_the_data():
    x = np.linspace(10, 20, 40)[:, None]
    data = tg.data.Dataset(x, 300 - 7 * x[:, 0], task="regression", feature_names=("age",), target_names=("price",))
    train, held_out = data.split(0.25)
    standardizer = tg.data.Standardizer.fit(train)
    train, held_out = standardizer.apply(train), standardizer.apply(held_out)
    model = tg.nn.mlp([1, 1], dtype="float64", rng=0)
    model[0].weight.data, model[0].bias.data = np.array([[-1.0]]), np.zeros(1)  # the line itself, standardized
    found = picture_of(model, data, train, held_out, "mse", standardizer)
    assert isinstance(found, FittedCurve) and (found.feature, found.target) == ("age", "price")
    xs, ys = found.curve(9)
    assert np.allclose([xs[0], xs[-1]], [10, 20]) and np.allclose(ys, 300 - 7 * xs)
    assert np.allclose(found.y, 300 - 7 * found.x) and found.held_out.sum() == 10


def test_truth_and_prediction():
    linear = pytest.importorskip("sklearn.linear_model", reason="needs scikit-learn: pip install --group test")
    data, train, held_out, standardizer = parts("diabetes")
    oracle = linear.LinearRegression().fit(train.x, train.y)
    model = tg.nn.mlp([train.x.shape[1], 1], dtype="float64", rng=0)
    model[0].weight.data, model[0].bias.data = oracle.coef_[:, None], np.atleast_1d(oracle.intercept_)
    found = picture_of(model, data, train, held_out, "mse", standardizer)
    assert isinstance(found, Truth) and found.target == data.target_names[0]
    assert np.allclose(found.prediction, standardizer.restore(oracle.predict(held_out.x)))
    assert {*found.truth.round(6)} <= {*data.y.round(6)} and len(found.truth) == len(held_out)


def test_what_hidden_units_answer():
    """Layer by layer in NumPy; a unit whose bias is very low is dead, the strongest weight comes first."""
    data, train, held_out, standardizer = parts("moons", n=60)
    model = tg.nn.mlp([2, 3, 4, 1], activation="relu", dropout=0.5, rng=0, dtype="float64")
    bias = np.array([0.1, -1e6, 0.2])
    model[0].bias.data = bias
    model.train()
    found = hidden_units(model, train, held_out, standardizer).maps(6, 4)
    assert [layer.name for layer in found] == ["0", "2"] and model.training
    xs, ys = asking.places(picture_of(model, data, train, held_out, "hinge", standardizer).box, 6, 4)
    x = (np.array([[a, b] for b in ys for a in xs]) - standardizer.mean) / standardizer.scale
    dense = [layer for layer in model if isinstance(layer, tg.nn.Dense)]
    for k, layer in enumerate(found):
        x = np.maximum(x @ dense[k].weight.numpy() + dense[k].bias.numpy(), 0)
        strength = np.linalg.norm(dense[k + 1].weight.numpy(), axis=1)
        order = np.argsort(-strength)
        assert np.allclose(layer.weights, strength[order])
        assert np.allclose(layer.maps, x.T.reshape(-1, 4, 6)[order])
    assert found[0].dead[[*np.argsort(-np.linalg.norm(dense[1].weight.numpy(), axis=1))].index(1)]
    assert found[0].dead.sum() == 1
    assert hidden_units(tg.nn.mlp([2, 1]), train, held_out) is None
    assert hidden_units(tg.nn.mlp([64, 3, 1]), *parts("digits", standardize=False)[1:3]) is None


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "hinge", "mse", "cross_entropy"])
@pytest.mark.parametrize("outputs", [1, 3])
def test_shares_of_every_loss_sum_to_one_and_agree_with_the_label(loss, outputs):
    outs = np.random.default_rng(0).normal(size=(50, outputs), scale=3)
    objective = Objective.of(loss)
    shares, labels = objective.shares(outs), objective.labels(outs)
    assert np.allclose(shares.sum(axis=1), 1) and (shares >= 0).all()
    assert np.array_equal(shares.argmax(axis=1), labels)


def test_weights_that_are_no_numbers_give_pictures_all_the_same():
    data, train, held_out, standardizer = parts("moons", n=40)
    model = tg.nn.mlp([2, 3, 1], rng=0)
    model[0].weight.data = np.full((2, 3), np.nan, "float32")
    found = picture_of(model, data, train, held_out, "binary_cross_entropy", standardizer)
    assert np.isnan(found.grid(3, 3)).all() and found.right.shape == (40,)
    assert np.isnan(hidden_units(model, train, held_out).maps(3, 3)[0].maps).all()


@pytest.mark.parametrize("kind", ["one row", "constant"])
def test_points_that_lie_in_one_place_have_room_around_them(kind):
    x = np.ones((1 if kind == "one row" else 9, 2))
    left, right, low, high = asking.box_around(x)
    assert (left, right, low, high) == (0, 2, 0, 2)
