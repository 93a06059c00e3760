"""Initial weights: bounds, variances, seeds."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_edu as tg

init = tg.nn.init
SHAPE = (300, 200)

VARIANCES = {
    "glorot_uniform": 2 / 500,
    "glorot_normal": 2 / 500,
    "he_uniform": 2 / 300,
    "he_normal": 2 / 300,
    "lecun_normal": 1 / 300,
    "uniform": 1 / 12,
    "normal": 1.0,
}


@pytest.mark.parametrize("name", VARIANCES)
def test_mean_and_variance(name: str) -> None:
    weight = init.INITIALIZERS[name](SHAPE, rng=0, dtype="float64")
    assert weight.shape == SHAPE
    assert weight.var() == pytest.approx(VARIANCES[name], rel=0.02)  # 60,000 numbers: 3 standard errors are 1.7 %
    assert weight.mean() == pytest.approx(
        0.5 if name == "uniform" else 0.0, abs=4 * np.sqrt(weight.var() / weight.size)
    )


@pytest.mark.parametrize(("name", "bound"), [("glorot_uniform", np.sqrt(6 / 500)), ("he_uniform", np.sqrt(6 / 300))])
def test_bounds(name: str, bound: float) -> None:
    weight = init.INITIALIZERS[name](SHAPE, rng=0, dtype="float64")
    assert 0.999 * bound < np.abs(weight).max() <= bound


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4)])
def test_an_orthogonal_matrix_keeps_lengths(shape: tuple[int, int]) -> None:
    weight = init.orthogonal(shape, rng=0, dtype="float64")
    assert weight.shape == shape
    product = weight.T @ weight if shape[0] >= shape[1] else weight @ weight.T
    np.testing.assert_allclose(product, np.eye(min(shape)), atol=1e-12)


def test_no_orthogonal_matrix_is_likelier_than_its_mirror_image() -> None:
    corners = [init.orthogonal((2, 2), rng=seed)[0, 0] for seed in range(200)]
    assert 70 < np.sum(np.array(corners) > 0) < 130  # QR alone gives one sign always


@pytest.mark.parametrize("name", init.INITIALIZERS)
def test_seeds_and_dtypes(name: str) -> None:
    draw = init.INITIALIZERS[name]
    np.testing.assert_array_equal(draw((4, 3), rng=5), draw((4, 3), rng=np.random.default_rng(5)))
    tg.seed(7)
    first, second = draw((4, 3)), draw((4, 3))
    tg.seed(7)
    np.testing.assert_array_equal(draw((4, 3)), first)
    assert name == "zeros" or (first != second).any()
    assert first.dtype == "float32" and draw((4, 3), dtype="float64").dtype == "float64"
    with tg.default_dtype("float64"):
        assert draw((4, 3)).dtype == "float64"


def test_fans() -> None:
    assert init.fans((5, 3)) == (5, 3)
    assert init.fans((5,)) == (5, 1)
    assert init.fans((2, 5, 3)) == (10, 3)
    with pytest.raises(tg.ShapeError, match=r"shape \(\) has no inputs"):
        init.he_normal(())
    with pytest.raises(tg.ShapeError, match=r"orthogonal: a matrix has a shape \(in, out\)"):
        init.orthogonal((3,))


def test_a_dense_layer_draws_by_its_activation() -> None:
    bound = lambda layer: float(np.abs(layer.weight.numpy()).max())  # noqa: E731
    relu, tanh = tg.nn.Dense(100, 900, activation="relu", rng=0), tg.nn.Dense(100, 900, activation="tanh", rng=0)
    assert bound(relu) == pytest.approx(np.sqrt(6 / 100), rel=1e-3)
    assert bound(tanh) == bound(tg.nn.Dense(100, 900, rng=0)) == pytest.approx(np.sqrt(6 / 1000), rel=1e-3)
    assert relu.weight.requires_grad and relu.bias is not None and not relu.bias.numpy().any()
    zero = tg.nn.Dense(2, 3, initializer="zeros")
    assert not zero.weight.numpy().any()
    ones = tg.nn.Dense(2, 3, initializer=lambda shape, rng, dtype: np.ones(shape, "float32"))
    assert ones.weight.numpy().sum() == 6
    with pytest.raises(tg.ArgumentError, match="Dense: initializer 'he_norml' is unknown; did you mean 'he_normal'"):
        tg.nn.Dense(2, 3, initializer="he_norml")
