"""PyTorch as the judge of layers and losses: values, gradients, and trainings of 50 steps, in float64."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_edu as tg
from engine.cases import sample
from oracle import frozen
from oracle.nn_cases import CASES, CLASS_WEIGHTS, STEPS, Case, build

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install --group oracle")
F = torch.nn.functional

# PyTorch warns that its mean divergence is not the mathematical one.
pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore:reduction:UserWarning")]

# --- training --------------------------------------------------------------------------------------------------------


def counterpart(layer):
    """PyTorch's layers that do what one of ours does."""
    nn, kind = torch.nn, type(layer).__name__
    if kind == "Dense":
        linear = nn.Linear(layer.in_features, layer.out_features, bias=layer.bias is not None)
        return [linear, *{None: [], "relu": [nn.ReLU()], "sigmoid": [nn.Sigmoid()]}[layer.activation]]
    if kind == "BatchNorm1d":
        return [nn.BatchNorm1d(layer.num_features, layer.eps, layer.momentum, layer.affine)]
    if kind == "LayerNorm":
        return [nn.LayerNorm(layer.normalized_shape, layer.eps, layer.elementwise_affine)]
    if kind == "Embedding":
        return [nn.Embedding(layer.num_embeddings, layer.embedding_dim, layer.padding_idx)]
    settings = {"LeakyReLU": (0.2,), "ELU": (0.7,), "Softmax": (-1,)}.get(kind, ())
    return [getattr(nn, kind)(*settings)]


def torch_model(ours):
    """PyTorch's network with the same weights; a dense layer's are transposed."""
    groups = [counterpart(layer) for layer in ours]
    for layer, (theirs, *_) in zip(ours, groups, strict=True):
        for name, numbers in layer.state_dict().items():
            if name in ("weight", "bias"):
                transposed = numbers.T if isinstance(theirs, torch.nn.Linear) else numbers
                getattr(theirs, name).data = torch.tensor(transposed.copy())
    return torch.nn.Sequential(*[layer for group in groups for layer in group]).double()


TORCH_LOSSES = {
    "dense relu, cross entropy": F.cross_entropy,
    "tanh, mean squared error, adam": F.mse_loss,
    "dense sigmoid, binary cross entropy": lambda x, t: F.binary_cross_entropy_with_logits(
        x[:, 0], t.double(), pos_weight=torch.tensor(1.7, dtype=torch.float64)
    ),
    "layer norm, smoothed and weighted cross entropy": lambda x, t: F.cross_entropy(
        x, t, label_smoothing=0.1, weight=torch.tensor(CLASS_WEIGHTS).double()
    ),
    "batch norm, huber": lambda x, t: F.huber_loss(x, t, delta=0.7),
    "average batch norm, cross entropy of probabilities": F.cross_entropy,
    "batch norm of sequences, divergence": lambda x, t: F.kl_div(F.log_softmax(x, 1), t, reduction="batchmean"),
    "embedding, cross entropy": lambda x, t: F.cross_entropy(x, t, weight=torch.tensor(CLASS_WEIGHTS).double()),
    "elu, mean absolute error": F.l1_loss,
    "leaky relu, hinge": lambda x, t: torch.clamp(1 - t * x[:, 0], min=0).mean(),
    "softplus, summed divergence": lambda x, t: F.kl_div(F.log_softmax(x, 1), t, reduction="sum"),
    "sigmoid and softmax, mean squared error": F.mse_loss,
}


def run_torch(case: Case, loss_of) -> dict[str, list[float]]:
    model = torch_model(build(case))
    kind = torch.optim.Adam if case.adam else torch.optim.SGD
    optimizer = kind(model.parameters(), lr=0.02, **({} if case.adam else {"momentum": 0.9}))
    x, target = torch.tensor(case.x), torch.tensor(case.target)
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = loss_of(model(x), target)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return {"losses": losses, "outputs": model.eval()(x).detach().numpy().ravel().tolist()}


def test_the_frozen_trainings_are_those_of_pytorch():
    frozen.check("nn", {name: run_torch(case, TORCH_LOSSES[name]) for name, case in CASES.items()})


# --- losses ----------------------------------------------------------------------------------------------------------

LOGITS = sample(6, 4, low=0.1, high=3.0)
LABELS = np.array([0, 3, 1, 1, 2, 0])
BITS = np.array([[0.0, 1.0, 1.0, 0.0]] * 3 + [[1.0, 0.2, 0.0, 0.9]] * 3)
SHARES = np.exp(sample(6, 4, seed=5)) / np.exp(sample(6, 4, seed=5)).sum(axis=1, keepdims=True)
WEIGHTS = np.array([0.5, 2.0, 1.0, 3.0])


def smoothed(**options):
    ours = lambda x, t, r: tg.losses.cross_entropy(x, t, r, **options)  # noqa: E731
    theirs = {**options, "weight": torch.tensor(options["weight"])} if "weight" in options else options
    return ours, lambda x, t, r: F.cross_entropy(x, t, reduction=r, **theirs)


LOSSES = {
    "mse": (tg.losses.mse, lambda x, t, r: F.mse_loss(x, t, reduction=r), SHARES),
    "mae": (tg.losses.mae, lambda x, t, r: F.l1_loss(x, t, reduction=r), SHARES),
    "huber": (
        lambda x, t, r: tg.losses.huber(x, t, r, delta=1.3),
        lambda x, t, r: F.huber_loss(x, t, reduction=r, delta=1.3),
        SHARES,
    ),
    "binary": (
        tg.losses.binary_cross_entropy,
        lambda x, t, r: F.binary_cross_entropy_with_logits(x, t, reduction=r),
        BITS,
    ),
    "binary, weighted": (
        lambda x, t, r: tg.losses.binary_cross_entropy(x, t, r, pos_weight=WEIGHTS),
        lambda x, t, r: F.binary_cross_entropy_with_logits(x, t, reduction=r, pos_weight=torch.tensor(WEIGHTS)),
        BITS,
    ),
    "indices": (*smoothed(), LABELS),
    "indices, smoothed": (*smoothed(label_smoothing=0.2), LABELS),
    "indices, weighted": (*smoothed(weight=WEIGHTS), LABELS),
    "indices, both": (*smoothed(label_smoothing=0.2, weight=WEIGHTS), LABELS),
    "probabilities": (*smoothed(), SHARES),
    "probabilities, smoothed": (*smoothed(label_smoothing=0.2), SHARES),
    "probabilities, weighted": (*smoothed(weight=WEIGHTS), SHARES),
    "probabilities, both": (*smoothed(label_smoothing=0.2, weight=WEIGHTS), SHARES),
    "indices, some ignored": (*smoothed(), np.array([0, 3, -100, 1, -100, 0])),
    "indices, some ignored, both": (
        *smoothed(label_smoothing=0.2, weight=WEIGHTS, ignore_index=-1),
        np.array([0, 3, -1, 1, -1, 0]),
    ),
    "indices, a class ignored": (*smoothed(ignore_index=1), LABELS),
    "indices, a class ignored, both": (*smoothed(label_smoothing=0.2, weight=WEIGHTS, ignore_index=1), LABELS),
    "probabilities, nothing to ignore": (*smoothed(weight=WEIGHTS, ignore_index=-1), SHARES),
    "divergence of logarithms": (
        lambda x, t, r: tg.losses.kl_divergence(x, t, r, log_target=True),
        lambda x, t, r: F.kl_div(F.log_softmax(x, -1), t, reduction=r, log_target=True),
        np.log(SHARES),
    ),
    "divergence": (
        tg.losses.kl_divergence,
        lambda x, t, r: F.kl_div(F.log_softmax(x, -1), t, reduction=r),
        np.where(SHARES > 0.6, 0.0, SHARES),
    ),
}


def agree(ours, theirs, logits, target, reduction):
    x = tg.Tensor(logits, requires_grad=True)
    oracle = torch.tensor(logits.copy(), requires_grad=True)
    loss = ours(x, target, reduction)
    expected = theirs(oracle, torch.tensor(target), reduction)
    assert loss.shape == tuple(expected.shape)
    np.testing.assert_allclose(loss.numpy(), expected.detach().numpy(), rtol=1e-12, atol=1e-13)
    weights = sample(*loss.shape, seed=3)
    (loss * weights).sum().backward()
    (expected * torch.tensor(weights.copy())).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), oracle.grad.numpy(), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", LOSSES)
def test_losses_and_their_gradients_are_those_of_pytorch(name, reduction):
    ours, theirs, target = LOSSES[name]
    agree(ours, theirs, LOGITS, target, reduction)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("options", [{}, {"label_smoothing": 0.3, "weight": WEIGHTS}], ids=["plain", "weighted"])
@pytest.mark.parametrize("shape", [(4,), (3, 4, 5), (2, 4, 3, 2)], ids=str)
def test_cross_entropy_of_other_shapes(shape, options, reduction):
    rows = (*shape[:1], *shape[2:]) if len(shape) > 1 else ()
    labels = np.arange(int(np.prod(rows))).reshape(rows) % 4
    agree(*smoothed(**options), sample(*shape), labels, reduction)
    shares = np.abs(sample(*shape, seed=2))
    agree(*smoothed(**options), sample(*shape), shares, reduction)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # 0 / 0 where all labels are ignored
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize(
    "options",
    [{}, {"weight": WEIGHTS}, {"label_smoothing": 0.3}, {"label_smoothing": 0.3, "weight": WEIGHTS}],
    ids=["plain", "weighted", "smoothed", "both"],
)
@pytest.mark.parametrize(("shape", "ignored"), [((4,), 1), ((6, 4), -100), ((3, 4, 5), -1), ((2, 4, 3, 2), 9)], ids=str)
def test_cross_entropy_with_ignored_labels(shape, ignored, options, reduction):
    """All shapes, options and reductions; which number is ignored changes labels alone, before any of these is read."""
    rows = (*shape[:1], *shape[2:]) if len(shape) > 1 else ()
    labels = np.arange(int(np.prod(rows))).reshape(rows) % 4
    for where in (labels % 2 == 1, labels >= 0, labels < 0):  # some, all, none
        agree(*smoothed(ignore_index=ignored, **options), sample(*shape), np.where(where, ignored, labels), reduction)


def test_pytorch_refuses_to_ignore_a_class_of_probabilities_too():
    with pytest.raises(RuntimeError, match="ignore_index is not supported for floating point target"):
        F.cross_entropy(torch.tensor(LOGITS.copy()), torch.tensor(SHARES), ignore_index=1)
    with pytest.raises(tg.ArgumentError, match="the target holds probabilities"):
        tg.losses.cross_entropy(LOGITS, SHARES, ignore_index=1)


def test_the_divergence_of_logarithms_as_a_mean_over_the_batch():
    agree(
        lambda x, t, r: tg.losses.kl_divergence(x, t, "batchmean", log_target=True),
        lambda x, t, r: F.kl_div(F.log_softmax(x, -1), t, reduction="batchmean", log_target=True),
        LOGITS,
        np.log(SHARES),
        "mean",
    )


def test_the_divergence_as_a_mean_over_the_batch():
    agree(
        lambda x, t, r: tg.losses.kl_divergence(x, t, reduction="batchmean"),
        lambda x, t, r: F.kl_div(F.log_softmax(x, -1), t, reduction="batchmean"),
        LOGITS,
        SHARES,
        "mean",
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["binary", "indices", "indices, both", "probabilities", "divergence"])
def test_losses_of_extreme_logits_are_those_of_pytorch(name, dtype):
    logits = np.array([[1000, -1000, 0, 5], [-1000] * 4, [1000, 1000, -3, 0], [30, -30, 88, -88]] * 2, dtype)[:6]
    ours, theirs, target = LOSSES[name]
    x = tg.Tensor(logits, requires_grad=True)
    oracle = torch.tensor(logits.astype("float64"), requires_grad=True)
    loss, expected = ours(x, target, "mean"), theirs(oracle, torch.tensor(target), "mean")
    loss.backward()
    expected.backward()
    assert loss.dtype == dtype and x.grad.dtype == dtype
    tolerance = 1e-6 if dtype == "float32" else 1e-12
    np.testing.assert_allclose(loss.item(), expected.item(), rtol=tolerance)
    np.testing.assert_allclose(
        x.grad.numpy(), oracle.grad.numpy(), rtol=tolerance, atol=1e-7 if dtype == "float32" else 1e-13
    )


# --- layers ----------------------------------------------------------------------------------------------------------

LAYERS = {
    "batch norm": (tg.nn.BatchNorm1d(5, dtype="float64"), (7, 5)),
    "batch norm of sequences": (tg.nn.BatchNorm1d(5, eps=0.1, momentum=0.4, dtype="float64"), (3, 5, 2)),
    "batch norm without weights": (tg.nn.BatchNorm1d(5, affine=False, dtype="float64"), (7, 5)),
    "layer norm": (tg.nn.LayerNorm(5, dtype="float64"), (2, 3, 5)),
    "layer norm of two axes": (tg.nn.LayerNorm((3, 5), eps=0.01, dtype="float64"), (2, 3, 5)),
    "layer norm without weights": (tg.nn.LayerNorm(5, elementwise_affine=False, dtype="float64"), (4, 5)),
    "dense": (tg.nn.Dense(5, 3, dtype="float64", rng=0), (2, 4, 5)),
    "dense of a vector": (tg.nn.Dense(5, 3, activation="relu", dtype="float64", rng=0), (5,)),
    "dense without bias": (tg.nn.Dense(5, 3, bias=False, dtype="float64", rng=0), (4, 5)),
}


@pytest.mark.parametrize("name", LAYERS)
def test_layers_and_their_gradients_are_those_of_pytorch(name):
    layer, shape = LAYERS[name]
    theirs = torch_model([layer])
    for mode in (True, True, False):
        layer.train(mode)
        theirs.train(mode)
        x = tg.Tensor(sample(*shape), requires_grad=True)
        oracle = torch.tensor(sample(*shape).copy(), requires_grad=True)
        y, expected = layer(x), theirs(oracle)
        np.testing.assert_allclose(y.numpy(), expected.detach().numpy(), rtol=1e-12, atol=1e-13)
        tg.sin(y).sum().backward()
        torch.sin(expected).sum().backward()
        np.testing.assert_allclose(x.grad.numpy(), oracle.grad.numpy(), rtol=1e-11, atol=1e-12)
    for parameter, name in ((theirs[0].weight, "weight"), (theirs[0].bias, "bias")):
        if parameter is not None:
            gradient = parameter.grad.numpy().T if isinstance(theirs[0], torch.nn.Linear) else parameter.grad.numpy()
            np.testing.assert_allclose(getattr(layer, name).grad.numpy(), gradient, rtol=1e-11, atol=1e-12)
    if hasattr(layer, "running_mean"):
        np.testing.assert_allclose(layer.running_mean.numpy(), theirs[0].running_mean.numpy(), rtol=1e-12)
        np.testing.assert_allclose(layer.running_var.numpy(), theirs[0].running_var.numpy(), rtol=1e-12)
        assert layer.num_batches_tracked == int(theirs[0].num_batches_tracked) == 2


@pytest.mark.parametrize("name", ["ReLU", "Sigmoid", "Tanh", "LeakyReLU", "ELU", "GELU", "SiLU", "Softplus", "Flatten"])
def test_activations_have_the_defaults_of_pytorch(name):
    x = sample(3, 4, 2)
    ours, theirs = getattr(tg.nn, name)()(tg.Tensor(x)), getattr(torch.nn, name)()(torch.tensor(x.copy()))
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-12)
