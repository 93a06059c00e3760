"""Layers: dense, sequential, dropout, normalization, embedding; their errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from fake_device import fake_cupy

nn = tg.nn
X = np.sin(np.arange(12.0)).reshape(3, 4)

# --- dense ---

FUNCTIONS = {
    None: lambda z: z,
    "relu": lambda z: np.maximum(z, 0),
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "leaky_relu": lambda z: np.where(z > 0, z, 0.01 * z),
    "elu": lambda z: np.where(z > 0, z, np.exp(z) - 1),
    "silu": lambda z: z / (1 + np.exp(-z)),
    "softplus": lambda z: np.log1p(np.exp(z)),
    "step": lambda z: np.where(z > 0, 1.0, 0.0),
}


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("activation", FUNCTIONS)
def test_a_dense_layer(activation: str | None, bias: bool, device: str) -> None:
    layer = nn.Dense(4, 5, activation, bias=bias, rng=0, dtype="float64", device=device)
    if bias:
        layer.bias.data = np.linspace(-1, 1, 5)
    z = X @ layer.weight.numpy() + (np.linspace(-1, 1, 5) if bias else 0.0)
    result = layer(tg.Tensor(X, device=device))
    np.testing.assert_allclose(result.numpy(), FUNCTIONS[activation](z), rtol=1e-12, atol=1e-14)
    assert [name for name, _ in layer.named_parameters()] == (["weight", "bias"] if bias else ["weight"])


def test_a_function_can_be_an_activation() -> None:
    layer = nn.Dense(4, 5, activation=tg.sin, rng=0, dtype="float64")
    np.testing.assert_allclose(layer(X).numpy(), np.sin(X @ layer.weight.numpy()), rtol=1e-12)


def test_one_operation_makes_a_dense_layer() -> None:
    assert nn.Dense(4, 5, activation="relu", dtype="float64")(X).op.name == "dense"
    assert nn.Dense(4, 5, activation="gelu", dtype="float64")(X).op.name == "gelu"


@pytest.mark.parametrize("shape", [(4,), (3, 4), (2, 3, 4), (0, 4)])
def test_leading_axes_are_kept(shape: tuple[int, ...]) -> None:
    x = np.ones(shape, "float32")
    assert nn.Dense(4, 5)(x).shape == (*shape[:-1], 5)
    assert nn.Dense(4, 5, bias=False)(x).shape == (*shape[:-1], 5)


def test_lists_are_taken() -> None:
    assert nn.Dense(2, 5)([[1.0, 2.0]]).shape == (1, 5)


def test_a_wrong_number_of_features_names_the_layer() -> None:
    message = r"Dense\(64, 10\): the input has 32 features in its last axis, shape \(5, 32\); the layer takes 64, shape"
    with pytest.raises(tg.ShapeError, match=message):
        nn.Dense(64, 10)(np.ones((5, 32)))
    with pytest.raises(tg.ShapeError, match=r"^layer 1: layer 0: Dense\(64, 10\): the input has 32 features"):
        nn.Sequential(nn.ReLU(), nn.Sequential(nn.Dense(64, 10)))(np.ones((5, 32)))
    with pytest.raises(tg.ShapeError, match=r"Perceptron\(2, activation='step'\): the input has no axis, shape \(\)"):
        nn.Perceptron(2)(tg.Tensor(1.0))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.Dense(0, 3), r"Dense\(0, 3\): in_features must be a whole number, 1 or more, not 0"),
        (lambda: nn.Dense(2, 3.5), r"Dense\(2, 3.5\): out_features must be a whole number"),
        (lambda: nn.Dense(2, 3, "rleu"), "Dense: activation 'rleu' is unknown; did you mean 'relu'"),
        (lambda: nn.Dense(2, 3, 7), "Dense: activation 7 is unknown"),
        (lambda: nn.Perceptron(2, "setp"), "Perceptron: activation 'setp' is unknown; did you mean 'step'"),
        (lambda: nn.Embedding(3, -1), "embedding_dim must be a whole number, 1 or more, not -1"),
        (lambda: nn.BatchNorm1d(True), "num_features must be a whole number, 1 or more, not True"),
        (lambda: nn.LayerNorm(()), "normalized_shape is empty"),
        (lambda: nn.LayerNorm((3, 0)), "normalized_shape must be a whole number, 1 or more, not 0"),
        (lambda: nn.LayerNorm(3, eps=-1.0), "eps must be a number of at least 0"),
        (lambda: nn.LayerNorm(3, eps="a"), "eps must be a number of at least 0, not 'a'"),
        (lambda: nn.BatchNorm1d(3, momentum="a"), "momentum must be a number from 0 to 1, or None, not 'a'"),
        (lambda: nn.BatchNorm1d(3, momentum=1.1), "momentum must be a number from 0 to 1, or None, not 1.1"),
        (lambda: nn.LeakyReLU("a"), "LeakyReLU: negative_slope must be a number, not 'a'"),
        (lambda: nn.ELU(None), "ELU: alpha must be a number, not None"),
        (lambda: nn.GELU("tanhh"), "GELU: approximate 'tanhh' is unknown; did you mean 'tanh'"),
        (lambda: nn.Dropout(0.5, seed=1.5), "Dropout: seed must be a whole number, 0 or more, not 1.5"),
        (lambda: nn.Dropout(0.5, seed=2**63), r"Dropout: seed must be below 2\*\*63"),
        (lambda: nn.init.normal((2, 2), rng=-1), "seed must be a whole number, 0 or more, not -1"),
        (lambda: tg.seed(-1), "seed must be a whole number, 0 or more, not -1"),
        (lambda: tg.seed(1.5), "seed must be a whole number, 0 or more, not 1.5"),
        (lambda: nn.mlp([3]), r"mlp: give at least the numbers of inputs and outputs, \[2, 1\], not \[3\]"),
        (lambda: nn.mlp([3, 0]), "out_features must be a whole number, 1 or more, not 0"),
        (lambda: nn.mlp([3, 4, 1], dropout=1.0), "Dropout: p is the probability"),
        (lambda: nn.Sequential([nn.Dense(2, 1)]), "layer 0 is a list, which cannot be called"),
    ],
)
def test_wrong_arguments_are_refused(make: Any, message: str) -> None:
    with pytest.raises(tg.ArgumentError, match=message):
        make()


# --- sequential, flatten, mlp ---


def test_a_sequence_of_layers() -> None:
    net = nn.Sequential(nn.Flatten(), nn.Dense(12, 2, rng=0), tg.tanh)
    assert len(net) == 3 and net[1] is list(net)[1] and net[-1] is tg.tanh
    assert net(np.ones((5, 3, 4), "float32")).shape == (5, 2)
    assert [name for name, _ in net.named_parameters()] == ["1.weight", "1.bias"]


def test_flatten_takes_lists_and_no_examples() -> None:
    assert nn.Flatten()([[[1.0, 2.0], [3.0, 4.0]]]).numpy().tolist() == [[1.0, 2.0, 3.0, 4.0]]
    assert nn.Flatten()(np.zeros((0, 4, 5))).shape == (0, 20)  # as PyTorch's


def test_a_multilayer_perceptron() -> None:
    net = nn.mlp([2, 16, 8, 1], activation="tanh", dropout=0.2, rng=0)
    assert [layer.title() for layer in net] == [
        *["Dense(2, 16, activation='tanh')", "Dropout(p=0.2)", "Dense(16, 8, activation='tanh')", "Dropout(p=0.2)"],
        "Dense(8, 1)",
    ]
    again = nn.mlp([2, 16, 8, 1], activation="tanh", dropout=0.2, rng=0)
    for name, array in net.state_dict().items():  # weights and the seeds of dropout
        np.testing.assert_array_equal(again.state_dict()[name], array)
    assert net[1].seed != net[3].seed
    assert net[0].weight.dtype == "float32" and nn.mlp([2, 1], dtype="float64")[0].bias.dtype == "float64"


# --- dropout ---


def test_dropout_keeps_the_expected_value(device: str) -> None:
    x = tg.Tensor(np.ones((200, 500), "float32"), requires_grad=True, device=device)
    y = nn.Dropout(0.3, seed=1)(x)
    assert y.dtype == "float32"
    kept = y.numpy()
    np.testing.assert_allclose(np.unique(kept), [0.0, 1 / 0.7], rtol=1e-6)
    assert (kept == 0).mean() == pytest.approx(0.3, abs=0.005)  # 100,000 elements: 3 standard errors are 0.0043
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), kept)


def test_dropout_is_the_identity_in_eval_mode_and_for_p_0() -> None:
    x = tg.Tensor(X)
    layer = nn.Dropout(0.5, seed=1).eval()
    assert layer(x) is x and layer.step == 0
    assert nn.Dropout(0.0)(x) is x


def test_masks_follow_from_seed_and_step() -> None:
    ones = tg.Tensor(np.ones((40, 50)))
    layer, twin, other = nn.Dropout(0.5, seed=1), nn.Dropout(0.5, seed=1), nn.Dropout(0.5, seed=2)
    first, second = layer(ones).numpy(), layer(ones).numpy()
    assert (first != second).mean() > 0.4 and layer.step == 2
    np.testing.assert_array_equal(twin(ones).numpy(), first)
    assert (other(ones).numpy() != first).mean() > 0.4
    tg.seed(3)
    drawn = nn.Dropout().seed
    tg.seed(3)
    assert nn.Dropout().seed == drawn != nn.Dropout().seed


def test_masks_are_equal_on_every_device_without_waiting(device: str) -> None:
    layer = nn.Dropout(0.5, seed=9)
    expected = nn.Dropout(0.5, seed=9)(tg.Tensor(X)).numpy()
    with fake_cupy.counting() as count:
        y = layer(tg.Tensor(X, device=device))
    assert count.syncs == 0
    np.testing.assert_array_equal(y.numpy(), expected)


def test_dropout_stands_in_the_graph_as_a_product_with_its_mask(device: str) -> None:
    x = tg.Tensor(X, requires_grad=True, device=device, dtype="float64")
    with tg.detect_anomaly():  # which multiplies once more
        y = nn.Dropout(0.5, seed=2)(x)
        (y**3).sum().backward(create_graph=True)
        slope, x.grad = x.grad, None
        slope.sum().backward()
    mask = y.inputs[1]
    assert (y.op.name, mask.name) == ("multiply", "dropout mask")
    assert y.inputs[0] is x and not mask.requires_grad
    factors = mask.numpy()
    assert set(factors.ravel()) == {0.0, 2.0}
    np.testing.assert_array_equal(y.numpy(), X * factors)
    np.testing.assert_allclose(x.grad.numpy(), 6 * X * factors**3, rtol=1e-12)
    with tg.no_grad():
        assert nn.Dropout(0.5)(x).is_leaf


def test_dropout_of_what_no_kernel_takes(device: str) -> None:
    """Arrays that do not lie in the order of rows, of float16, of whole numbers, of no axes, and empty ones."""
    rows = np.arange(1.0, 13.0, dtype="float32").reshape(3, 4)
    for array in (rows.T, rows[:, ::2], rows.astype("float16"), rows.astype(int), rows[0, 0].reshape(()), rows[:0]):
        y, on_cpu = (nn.Dropout(0.25, seed=2)(tg.Tensor(array, device=where)) for where in (device, "cpu"))
        assert (y.dtype, y.shape) == (on_cpu.dtype, array.shape)
        np.testing.assert_array_equal(y.numpy(), on_cpu.numpy())


@pytest.mark.parametrize("p", [1.0, -0.1, 1.5, float("nan"), True])
def test_dropout_of_everything_or_less_than_nothing_is_refused(p: float) -> None:
    with pytest.raises(tg.ArgumentError, match="Dropout: p is the probability that a unit is dropped, at least 0"):
        nn.Dropout(p)


def test_seeds_out_of_range_are_refused() -> None:
    with pytest.raises(tg.ArgumentError, match="seed must be"):
        nn.Dropout(seed=-1)


# --- normalization ---


def test_batch_norm_by_hand() -> None:
    layer = nn.BatchNorm1d(2, momentum=0.25, dtype="float64")
    x = np.array([[1.0, 10.0], [3.0, 30.0]])
    np.testing.assert_allclose(layer(x).numpy(), [[-1, -1], [1, 1]], rtol=1e-5)
    np.testing.assert_allclose(layer.running_mean.numpy(), [0.25 * 2, 0.25 * 20])
    np.testing.assert_allclose(layer.running_var.numpy(), [0.75 + 0.25 * 2, 0.75 + 0.25 * 200])  # unbiased
    assert layer.num_batches_tracked == 1
    layer.eval()
    before = layer.state_dict()
    expected = (x - before["running_mean"]) / np.sqrt(before["running_var"] + 1e-5)
    np.testing.assert_allclose(layer(x).numpy(), expected, rtol=1e-12)
    np.testing.assert_allclose(layer(x[:1]).numpy(), expected[:1], rtol=1e-12)  # one example alone
    for name, array in layer.state_dict().items():
        np.testing.assert_array_equal(array, before[name])


def test_running_statistics_are_no_part_of_the_graph() -> None:
    layer = nn.BatchNorm1d(4)
    layer(tg.Tensor(X.astype("float32"), requires_grad=True))
    assert not layer.running_mean.requires_grad and layer.running_mean.op is None
    assert layer.running_mean.dtype == layer.running_var.dtype == "float32"


def test_batch_norm_refuses_what_has_no_variance() -> None:
    with pytest.raises(tg.ShapeError, match=r"BatchNorm1d\(4\): a batch of one example has no variance.*drop_last"):
        nn.BatchNorm1d(4, dtype="float64")(X[:1])
    with pytest.raises(
        tg.ShapeError, match=r"the input has shape \(3, 4\); the layer takes \(n, 5\) or \(n, 5, length"
    ):
        nn.BatchNorm1d(5)(X)


def test_layer_norm_by_hand() -> None:
    y = nn.LayerNorm(4, dtype="float64")(X * 100).numpy()
    np.testing.assert_allclose(y.mean(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(y.var(axis=1), 1, rtol=1e-6)
    with pytest.raises(
        tg.ShapeError, match=r"LayerNorm\(5\): the input has shape \(3, 4\); the layer takes \(\.\.\., 5\)"
    ):
        nn.LayerNorm(5)(X)


# --- embedding ---


def test_an_embedding_looks_up_rows() -> None:
    layer = nn.Embedding(5, 2, rng=0)
    weight = layer.weight.numpy()
    np.testing.assert_array_equal(layer([[0, 4], [4, 2]]).numpy(), weight[[[0, 4], [4, 2]]])
    np.testing.assert_array_equal(layer(3).numpy(), weight[3])
    assert abs(nn.Embedding(200, 100, rng=0).weight.numpy().std() - 1) < 0.02


def test_the_vectors_of_an_embedding_are_drawn_as_weights_are() -> None:
    np.testing.assert_array_equal(
        nn.Embedding(3, 2, initializer=None, rng=0).weight.numpy(), nn.init.normal((3, 2), rng=0)
    )
    assert not nn.Embedding(3, 2, initializer="zeros").weight.numpy().any()
    assert nn.Embedding(3, 2)([]).shape == (0, 2)
    with pytest.raises(tg.ArgumentError, match="Embedding: initializer 'ones' is unknown"):
        nn.Embedding(3, 2, initializer="ones")


@pytest.mark.parametrize("padding_idx", [1, -4])
def test_padding_is_zero_and_never_learns(device: str, padding_idx: int) -> None:
    layer = nn.Embedding(5, 2, padding_idx, rng=0, device=device)
    words = [[0, 1, 4], [1, 4, 4]]
    y = layer(words)
    (y * y).sum().backward()
    weight = layer.weight.numpy()
    np.testing.assert_array_equal(weight[1], 0)
    np.testing.assert_array_equal(y.numpy(), weight[words])
    counts = np.array([1, 0, 0, 0, 3])[:, None]
    np.testing.assert_allclose(layer.weight.grad.numpy(), 2 * counts * weight)
    layer.weight.data = layer.weight.detach() + 1.0  # even where a state with another vector was loaded
    layer.weight.grad = None
    layer(words).sum().backward()
    np.testing.assert_array_equal(layer.weight.grad.numpy(), np.broadcast_to(counts, (5, 2)))
    assert layer.title() == "Embedding(5, 2, padding_idx=1)"


def test_padding_of_values() -> None:
    layer = nn.Embedding(3, 2, padding_idx=0, rng=0)
    taken_apart = layer.scalar()
    y = taken_apart([0, 2])
    assert [[getattr(v, "data", v) for v in row] for row in y] == layer([0, 2]).numpy().tolist()
    (y.sum() ** 2).backward()
    assert [value.grad != 0 for value in taken_apart.weight.flat] == [False, False, False, False, True, True]


def test_padding_that_is_not_there() -> None:
    with pytest.raises(tg.ArgumentError, match="padding_idx 3 is out of range, -3 to 2"):
        nn.Embedding(3, 2, padding_idx=3)


def test_words_that_are_not_there_are_refused(device: str) -> None:
    layer = nn.Embedding(5, 2, device=device)
    with pytest.raises(
        tg.DataError, match=r"index 5 at position \(0, 1\) is out of range: there are 5 embeddings, 0 to 4"
    ):
        layer([[0, 5]])
    with pytest.raises(tg.DataError, match="index -1 at position 2"):
        layer(np.array([0, 1, -1]))
    with pytest.raises(tg.DtypeError, match=r"Embedding\(5, 2\): each index must be an integer, not float64"):
        layer([0.5])


# --- float32 ---


LAYERS = [
    *[nn.Dense(4, 3, "relu"), nn.Dense(4, 3, "gelu"), nn.Dense(4, 3, "step"), nn.BatchNorm1d(4), nn.LayerNorm(4)],
    *[nn.Perceptron(4), nn.Softmax(), nn.ELU(), nn.LeakyReLU(), nn.Dropout(0.4), nn.GELU("tanh"), nn.Softplus()],
]


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.title())
def test_float32_stays(layer: nn.Module) -> None:
    x = tg.Tensor(X.astype("float32"), requires_grad=True)
    y = layer(x)
    y.sum().backward()
    assert y.dtype == x.grad.dtype == "float32"
    assert all(p.grad.dtype == "float32" for p in layer.parameters())
