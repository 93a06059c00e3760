"""Training with compiled steps: the same numbers as without, to the last bit."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.train import update

CLASSES, N = 3, 50


def sets() -> dict[str, Any]:
    """Small sets for each kind of loss (seed 0)."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((N, 4))
    return {
        "classes": (x, rng.integers(0, CLASSES, N)),
        "binary": (x, (x[:, 0] * x[:, 1] > 0).astype(int)),
        "numbers": (x, x @ rng.standard_normal(4) + 0.1 * rng.standard_normal(N)),
        "words": (rng.integers(0, 7, (N, 5)), rng.integers(0, CLASSES, N)),
    }


def layers(kind: str, outputs: int, rng: Any) -> nn.Sequential:
    """A network with four inputs."""
    dense = lambda n, m, activation=None: nn.Dense(n, m, activation=activation, rng=rng)  # noqa: E731
    last = dense(8, outputs)
    no_bias = nn.Dense(4, 8, bias=False, rng=rng)  # which would have no effect, and so a gradient of rounding errors
    found: dict[str, list[Any]] = {
        "linear": [dense(4, outputs)],
        "relu": [dense(4, 8, "relu"), last],
        "sigmoid": [dense(4, 8, "sigmoid"), last],
        "gelu": [dense(4, 8, "gelu"), last],
        "elu without bias": [nn.Dense(4, 8, activation="elu", bias=False, rng=rng), last],
        "layers for activations": [dense(4, 8), nn.Tanh(), dense(8, 8), nn.LeakyReLU(0.1), last],
        "dropout": [dense(4, 8, "relu"), nn.Dropout(0.3, seed=3), dense(8, 8, "tanh"), nn.Dropout(0.1, seed=4), last],
        "batch normalization": [no_bias, nn.BatchNorm1d(8), nn.ReLU(), last],
        "batch normalization, plain average": [no_bias, nn.BatchNorm1d(8, momentum=None), nn.ReLU(), last],
        "layer normalization": [dense(4, 8), nn.LayerNorm(8), nn.Softplus(), last],
        "functions": [dense(4, 8), tg.silu, last],
        "tied": [dense(4, 8), *[dense(8, 8, "tanh")] * 2, last],
        "embedding": [nn.Embedding(7, 4, padding_idx=0, rng=rng), nn.Flatten(), nn.Dense(20, outputs, rng=rng)],
    }
    return nn.Sequential(*found[kind])


LOSSES: dict[str, dict[str, Any]] = {  # cross-entropy with arguments
    "smoothed": {"label_smoothing": 0.1},
    "weighted": {"weight": np.array([1.0, 2.0, 3.0])},
    "one class ignored": {"ignore_index": 1},
}

RUNS: list[tuple[str, str, str, dict[str, Any]]] = [
    *[
        (kind, "classes", "cross_entropy", {})
        for kind in (
            "linear", "relu", "sigmoid", "gelu", "elu without bias", "layers for activations", "dropout", "functions",
            "batch normalization", "batch normalization, plain average", "layer normalization", "tied",
        )
    ],
    ("embedding", "words", "cross_entropy", {}),
    *[("relu", "classes", loss, {}) for loss in ("kl_divergence", "binary_cross_entropy", "hinge")],
    *[("relu", "classes", loss, {}) for loss in LOSSES],
    *[("relu", "binary", loss, {}) for loss in ("binary_cross_entropy", "hinge", "mse")],
    *[("relu", "numbers", loss, {}) for loss in ("mse", "mae", "huber")],
    ("dropout", "classes", "cross_entropy", {"l1": 1e-3, "l2": 1e-2}),
    ("dropout", "classes", "cross_entropy", {"accumulate": 2}),
    ("dropout", "classes", "cross_entropy", {"clip_norm": 0.1}),
    ("relu", "classes", "cross_entropy", {"clip_value": 0.01}),
    ("relu", "classes", "cross_entropy", {"batch_size": 1}),
    ("relu", "classes", "cross_entropy", {"batch_size": "full"}),
]  # fmt: skip


def run(
    kind: str,
    data: str,
    loss: str,
    settings: dict[str, Any],
    compile: bool,
    device: str = "cpu",
    optimizer: str = "Adam",
) -> list[np.ndarray]:
    """All numbers of a run: losses, accuracies, and what the model ends with."""
    chosen = partial(tg.losses.cross_entropy, **LOSSES[loss]) if loss in LOSSES else loss
    outputs = CLASSES if data in ("classes", "words") else 1
    model = layers(kind, outputs, np.random.default_rng(1)).to(device)
    made = getattr(tg.optim, optimizer)(model.parameters(), lr=0.01)
    events = tg.train.fit(
        model, sets()[data], chosen, made, **{"epochs": 4, "batch_size": 16, **settings}, compile=compile
    )
    history = tg.train.History.of(events)
    return [
        np.array(history.train_loss),
        *[
            np.asarray(tg.backends.get(device).asnumpy(a) if device != "cpu" else a)
            for a in model.state_dict().values()
        ],
    ]


@pytest.mark.parametrize("kind, data, loss, settings", RUNS, ids=lambda x: str(x))
def test_a_run(kind: str, data: str, loss: str, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch):
    steps = []
    monkeypatch.setattr(update, "compile", lambda *a, **kw: steps.append(tg.compile(*a, **kw)) or steps[-1])
    uncompiled, compiled = (run(kind, data, loss, settings, compile) for compile in (False, True))
    (step,) = steps
    assert step.why_not is None and "def " in step.source
    for a, b in zip(uncompiled, compiled, strict=True):
        np.testing.assert_array_equal(a, b)


def test_what_is_compiled_unasked():
    """Layers and losses of this package, and functions of it; not what somebody else wrote."""
    model = layers("functions", 1, np.random.default_rng(0))
    assert update.repeats_itself(model, tg.losses.mse)
    assert not update.repeats_itself(model, lambda prediction, target: ((prediction - target) ** 2).mean())
    assert not update.repeats_itself(nn.Sequential(model, lambda x: x), tg.losses.mse)
    assert not update.repeats_itself(nn.Sequential(nn.Dense(2, 2, activation=lambda x: x)), tg.losses.mse)
    assert not update.repeats_itself(nn.Sequential(type("Mine", (nn.Module,), {})()), tg.losses.mse)
    assert update.repeats_itself(model.scalar(), tg.losses.mse)  # row by row
