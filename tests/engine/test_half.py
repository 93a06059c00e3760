"""float16: what is added up is added up in float32, and given back in float16.

The oracle is NumPy's float64: its numbers, and central differences of them for the gradients.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import log_softmax, logsumexp, softmax

import tinygrad_edu as tg
from tinygrad_edu import losses
from tinygrad_edu.graph.operation import REGISTRY

N = 70_000  # more than float16 can hold, whose largest number is 65504
MANY = np.random.default_rng(0).uniform(0.5, 1.5, (N, 2)).astype("float16")
SOME = np.random.default_rng(1).uniform(-300, 300, (4000, 2)).astype("float16")  # whose squares overflow
NEAR = np.random.default_rng(2).uniform(-1, 1, (N, 3)).astype("float16")
LABELS = np.random.default_rng(3).integers(0, 3, N)
COLUMN = np.full(2, 0.5, "float16")


def layer_norm(x):
    return (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5)


def batch_norm(x):
    return (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5)


def of_half(layer, size, x):
    return layer(size, dtype="float16", device=x.device)


# what is computed of a tensor, the same in NumPy's float64, and the tensor
CASES = {
    "mean": (lambda x: x.mean(), np.mean, MANY),
    "mean of 4,000 ones along an axis": (lambda x: x.mean(axis=0), lambda x: x.mean(0), np.ones((4000, 2), "float16")),
    "np.mean": (lambda x: np.mean(x, axis=0), lambda x: x.mean(0), MANY),
    "sum of few": (lambda x: x.sum(axis=0), lambda x: x.sum(0), MANY[:5000]),
    "cumsum": (lambda x: x.cumsum(axis=0), lambda x: x.cumsum(0), MANY[:5000]),
    "var": (lambda x: x.var(axis=0), lambda x: x.var(0), SOME / 2),
    "std": (lambda x: x.std(axis=0), lambda x: x.std(0), SOME),
    "norm": (lambda x: x.norm(axis=0), lambda x: np.linalg.norm(x, axis=0), SOME),
    "norm of order 3": (lambda x: x.norm(3, axis=0), lambda x: np.linalg.norm(x, 3, axis=0), SOME),
    "norm of order 1": (lambda x: x.norm(1, axis=0), lambda x: np.linalg.norm(x, 1, axis=0), MANY[:5000]),
    "prod": (lambda x: x.prod(axis=0), lambda x: x.prod(0), np.tile(np.array([200, 1 / 256], "float16"), (4, 1)).T),
    "logsumexp": (lambda x: x.logsumexp(axis=0), lambda x: logsumexp(x, 0), MANY),
    "softmax": (lambda x: x.softmax(axis=0)[:4] * 1000.0, lambda x: softmax(x, 0)[:4] * 1000, MANY),
    "log_softmax": (lambda x: x.log_softmax(axis=0)[:4], lambda x: log_softmax(x, 0)[:4], MANY),
    "var of ones": (lambda x: x.var(), np.var, MANY),
    "mse": (lambda x: losses.mse(x, np.zeros(x.shape)), lambda x: (x**2).mean(), MANY),
    "mse of large": (lambda x: losses.mse(x, 0.0) / 2.0, lambda x: (x**2).mean() / 2, SOME),
    "mae": (lambda x: losses.mae(x, 0.0), lambda x: np.abs(x).mean(), MANY),
    "huber": (lambda x: losses.huber(x, 0.0, delta=2.0), lambda x: (x**2).mean() / 2, MANY),
    "hinge": (lambda x: losses.hinge(x, -np.ones(x.shape)), lambda x: (1 + x).mean(), MANY),
    "binary_cross_entropy": (
        lambda x: losses.binary_cross_entropy(x, np.ones(x.shape)), lambda x: np.log1p(np.exp(-x)).mean(), MANY,
    ),
    "cross_entropy": (
        lambda x: losses.cross_entropy(x, LABELS),
        lambda x: -log_softmax(x, 1)[np.arange(N), LABELS].mean(), NEAR,
    ),
    "cross_entropy, summed of few": (
        lambda x: losses.cross_entropy(x, LABELS[:5000], reduction="sum"),
        lambda x: -log_softmax(x, 1)[np.arange(5000), LABELS[:5000]].sum(), NEAR[:5000],
    ),
    "cross_entropy with weights": (
        lambda x: losses.cross_entropy(x, LABELS, weight=[2.0, 2.0, 2.0]),
        lambda x: -log_softmax(x, 1)[np.arange(N), LABELS].mean(), NEAR,
    ),
    "cross_entropy of many classes, smoothed": (
        lambda x: losses.cross_entropy(x.T, [0, 0], label_smoothing=0.1),
        lambda x: (-0.9 * log_softmax(x, 0)[0] - 0.1 * log_softmax(x, 0).mean(0)).mean(), MANY,
    ),
    "cross_entropy of probabilities": (
        lambda x: losses.cross_entropy(x, np.full(x.shape, 1 / 3)),
        lambda x: -log_softmax(x, 1).mean(), NEAR,
    ),
    "kl_divergence": (
        lambda x: losses.kl_divergence(x, np.full(x.shape, 1 / 3), reduction="batchmean"),
        lambda x: (np.log(1 / 3) - log_softmax(x, 1)).mean(), NEAR,
    ),
    "l2 of few": (lambda x: losses.l2([x, x]), lambda x: 2 * (x**2).sum(), MANY[:5000]),
    "l1 of few": (lambda x: losses.l1([x, x]), lambda x: 2 * np.abs(x).sum(), MANY[:5000]),
    "LayerNorm": (lambda x: of_half(tg.nn.LayerNorm, 2, x)(x)[:9], lambda x: layer_norm(x)[:9], SOME),
    "LayerNorm of many": (
        lambda x: of_half(tg.nn.LayerNorm, N, x)(x.T)[:, :9], lambda x: layer_norm(x.T)[:, :9], MANY,
    ),
    "BatchNorm1d": (lambda x: of_half(tg.nn.BatchNorm1d, 2, x)(x)[:9], lambda x: batch_norm(x)[:9], MANY),
    "BatchNorm1d of large": (lambda x: of_half(tg.nn.BatchNorm1d, 2, x)(x)[:9], lambda x: batch_norm(x)[:9], SOME),
    "matmul": (lambda x: x.T @ x, lambda x: x.T @ x, MANY[:5000]),
    "einsum": (lambda x: tg.einsum("ij,ij->j", x, x), lambda x: (x * x).sum(0), MANY[:5000]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_numbers_and_slopes_are_those_of_float64(case, device):
    ours, numpy, data = CASES[case]
    x = tg.Tensor(data, requires_grad=True, device=device)
    y = ours(x)
    exact = data.astype("float64")
    expected = np.asarray(numpy(exact))
    assert y.dtype == "float16" and y.shape == expected.shape
    np.testing.assert_allclose(y.numpy(), expected, rtol=4e-3, atol=2e-3)
    y.sum().backward()
    assert x.grad.dtype == "float16"
    for k in (0, 1, exact.size - 1):
        step = np.zeros(exact.size)
        step[k] = max(1e-3 * abs(exact.flat[k]), 1e-3)
        step = step.reshape(exact.shape)
        slope = (numpy(exact + step).sum() - numpy(exact - step).sum()) / (2 * step.flat[k])
        found = x.grad.numpy().astype("float64")
        assert found.flat[k] == pytest.approx(slope, rel=1e-2, abs=2e-3 * abs(found).max() + 1e-7)


# Each of two numbers was repeated in 10,000 rows, and receives the sum of as many gradients of 0.5.
ROWS = np.full((10_000, 2), 0.5, "float16")
dense = REGISTRY["dense"].function
REPEATED = {
    "elementwise": lambda a, g: a * g,
    "elementwise, behind where": lambda a, g: tg.where(g > 0, a * g, 0.0),
    "dense": lambda a, g: dense(g * 0.0, g[:2] * 0.0, a) * g,
    "Dense in an optimizer": lambda a, g: tg.optim.SGD([a], 1e-3) and dense(g * 0.0, g[:2] * 0.0, a) * g,
    "broadcast_to": lambda a, g: tg.broadcast_to(a, g.shape) * g,
    "getitem": lambda a, g: tg.reshape(a, (1, 2))[np.zeros(len(g), int)] * g,
    "take": lambda a, g: tg.reshape(a, (1, 2)).take(np.zeros(len(g), int), axis=0) * g,
    "repeat": lambda a, g: tg.reshape(a, (1, 2)).repeat(len(g), axis=0) * g,
    "tile": lambda a, g: a.tile((len(g), 1)) * g,
    "matmul of a stack": lambda a, g: tg.reshape(g, (-1, 1, 2)) @ tg.reshape(a, (2, 1)) * 1.0,
    "einsum": lambda a, g: tg.einsum("j,ij->ij", a, g),
}


@pytest.mark.parametrize("create_graph", [False, True], ids=["", "create_graph"])
@pytest.mark.parametrize("how", REPEATED)
def test_what_was_repeated_receives_the_whole_sum(how, create_graph, device):
    a = tg.Tensor([1.0, 1.0], dtype="float16", requires_grad=True, device=device)
    y = REPEATED[how](a, tg.Tensor(ROWS, device=device)).sum(axis=0)
    y.sum().backward(create_graph=create_graph)
    assert a.grad.dtype == "float16"
    np.testing.assert_array_equal(a.grad.numpy(), [5000, 5000])


@pytest.mark.parametrize("swapped", [False, True])
def test_beside_float32_the_result_is_of_float32(swapped, device):
    """As NumPy promotes, in whatever order they stand: 1000 · 1000 is more than float16 holds."""
    half = tg.Tensor([1000.0, 1.0], dtype="float16", requires_grad=True, device=device)
    single = tg.Tensor([1000.0, 2.0], dtype="float32", requires_grad=True, device=device)
    total = tg.einsum("i,i->", *([single, half] if swapped else [half, single]))
    assert total.dtype == "float32" and total.item() == 1e6 + 2
    total.backward()
    assert half.grad.dtype == "float16" and half.grad.numpy().tolist() == [1000.0, 2.0]
    assert single.grad.dtype == "float32" and single.grad.numpy().tolist() == [1000.0, 1.0]


def test_layer_norm_of_float16_with_weights_of_float32(device):
    x = np.array([[300.0, -300.0, 0.5]], dtype="float16")  # whose squares float16 does not hold
    layer = tg.nn.LayerNorm(3, device=device)
    leaves = [tg.Tensor(x, dtype=dtype, requires_grad=True, device=device) for dtype in ("float16", "float32")]
    results = [layer(leaf) for leaf in leaves]
    np.testing.assert_array_equal(*[y.numpy() for y in results])
    assert results[0].dtype == "float32"
    for y in results:
        (y * y * y).sum().backward()
    np.testing.assert_allclose(leaves[0].grad.numpy(), leaves[1].grad.numpy(), rtol=1e-3, atol=1e-7)


def test_a_gradient_is_clipped_by_its_true_length(device):
    rng = np.random.default_rng(4)
    gradient = rng.uniform(-2, 2, (10_000, 2)).astype("float16")
    for order in (2.0, 1.5, np.inf):
        p = tg.Tensor(np.zeros(gradient.shape, "float16"), requires_grad=True, device=device)
        p.grad = tg.Tensor(gradient, device=device)
        length = np.linalg.norm(gradient.astype("float64").ravel(), order)
        assert tg.optim.clip_grad_norm([p], 1.0, order).item() == pytest.approx(length, rel=2e-3)
        clipped = p.grad.numpy().astype("float64")
        assert p.grad.dtype == "float16"
        assert np.linalg.norm(clipped.ravel(), order) == pytest.approx(1, rel=1e-2)


def test_small_steps_add_up(device):
    """4,000 steps of 1e-4: each is smaller than half the distance of 1 to the next number of float16."""
    for make in (tg.optim.SGD, tg.optim.Adam, tg.optim.RMSprop):
        p = tg.Tensor([1.0, -1.0], dtype="float16", requires_grad=True, device=device)
        optimizer = make([p], lr=1e-4)
        for _ in range(4000 if make is tg.optim.SGD else 400):
            p.grad = tg.Tensor([1.0, 1.0], dtype="float16", device=device)
            optimizer.step()
        moved = {tg.optim.SGD: 0.4, tg.optim.Adam: 0.04}.get(make)
        if moved:
            np.testing.assert_allclose(p.numpy(), [1 - moved, -1 - moved], atol=1e-3)
        assert p.dtype == "float16" and np.isfinite(p.numpy()).all() and p.numpy()[0] < 0.99


def test_weights_assigned_by_hand_count_and_a_state_goes_on(device):
    def make():
        p = tg.Tensor([1.0, 2.0], dtype="float16", requires_grad=True, device=device)
        return p, tg.optim.SGD([p], lr=1e-4)

    def learn(p, optimizer, steps):
        for _ in range(steps):
            p.grad = tg.Tensor([1.0, 1.0], dtype="float16", device=device)
            optimizer.step()

    (p, optimizer), (q, other) = make(), make()
    learn(p, optimizer, 3)
    p.data = np.array([1.0, 3.0], "float16")  # the first is what it is rounded to
    learn(p, optimizer, 3)
    state, weights = optimizer.state_dict(), p.numpy()
    q.data = weights
    other.load_state_dict(state)
    learn(p, optimizer, 4)
    learn(q, other, 4)
    np.testing.assert_array_equal(p.numpy(), q.numpy())
    np.testing.assert_allclose(p.numpy(), [1 - 1e-3, 3 - 7e-4], atol=1e-3)
    assert p.numpy()[0] < 1


@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
@pytest.mark.parametrize("task", ["classes", "numbers"])
def test_fit_in_float16_has_the_losses_of_float32(task, optimizer):
    rng = np.random.default_rng(5)
    x = rng.uniform(-2, 2, (400, 2))
    y = (x[:, 0] * x[:, 1] > 0).astype(int) if task == "classes" else np.sin(x[:, :1]) + 0.5 * x[:, 1:]
    loss = "cross_entropy" if task == "classes" else "mse"
    found = {}
    for dtype in ("float32", "float16"):
        outputs = 2 if task == "classes" else 1
        model = tg.nn.Sequential(
            tg.nn.Dense(2, 16, "tanh", dtype=dtype, rng=0), tg.nn.Dense(16, outputs, dtype=dtype, rng=1)
        )
        assert next(iter(model.parameters())).dtype == dtype
        learner = getattr(tg.optim, optimizer)(model.parameters(), 0.01 if optimizer == "Adam" else 0.1)
        events = [*tg.train.fit(model, (x, y), loss, learner, validation=(x, y), epochs=15, clip_norm=5.0)]
        found[dtype] = [e.train_loss for e in events if e.kind == "epoch"]
        found[dtype] += [e.validation_loss for e in events if e.kind == "validation"]
    np.testing.assert_allclose(found["float16"], found["float32"], rtol=0.01)
    assert found["float32"][-1] < 0.8 * found["float32"][0]


@pytest.mark.parametrize("layer", [tg.nn.BatchNorm1d, tg.nn.LayerNorm])
@pytest.mark.parametrize("is_trained", [True, False])
def test_what_is_computed_in_float32_is_no_wider_input(layer, is_trained, recwarn):
    net = layer(3, dtype="float16").train(is_trained)
    with tg.no_grad():
        assert net(tg.Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 7.0]], dtype="float16")).dtype == np.float16
    assert not recwarn.list
    with pytest.warns(UserWarning, match="the input is of float32 and the parameters are of float16"):
        net(tg.Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 7.0]]))
