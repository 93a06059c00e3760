"""Small networks that are trained for 50 steps, here and by PyTorch: every kind of layer, and every loss, is in one.

`run` trains ours; `test_nn.py` trains PyTorch's counterpart and freezes its numbers, which the default suite compares
with ours on every device.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import tinygrad_edu as tg

nn, losses = tg.nn, tg.losses

STEPS = 50
X = np.sin(np.arange(48.0) * 1.7).reshape(12, 4) * 1.5
WORDS = np.array([[0, 3, 3], [1, 2, 0], [4, 4, 4], [2, 1, 3], [0, 0, 1], [3, 2, 4]])
LABELS = np.array([0, 2, 1, 1, 0, 2, 2, 0, 1, 0, 1, 2])
BITS = np.array([0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 0, 1])
NUMBERS = np.cos(np.arange(36.0) * 0.9).reshape(12, 3) * 2
SHARES = np.exp(NUMBERS) / np.exp(NUMBERS).sum(axis=1, keepdims=True)
CLASS_WEIGHTS = [0.5, 1.0, 2.5]


class Case(NamedTuple):
    """A network of ours and how it is trained.

    Attributes:
        layers: makes the layers, in float64 on a device; the arguments of PyTorch's counterparts are the same.
        loss: of a prediction and the target.
        adam: train with Adam in place of SGD with momentum.
    """

    layers: Callable[[dict[str, Any]], list[Any]]
    loss: Callable[[Any, Any], Any]
    target: Any
    x: np.ndarray = X
    adam: bool = False


CASES = {
    "dense relu, cross entropy": Case(
        lambda o: [nn.Dense(4, 8, activation="relu", **o), nn.Dense(8, 3, **o)], losses.cross_entropy, LABELS
    ),
    "tanh, mean squared error, adam": Case(
        lambda o: [nn.Dense(4, 8, **o), nn.Tanh(), nn.Dense(8, 3, **o)], losses.mse, NUMBERS, adam=True
    ),
    "dense sigmoid, binary cross entropy": Case(
        lambda o: [nn.Dense(4, 6, activation="sigmoid", **o), nn.Dense(6, 1, **o)],
        lambda x, t: losses.binary_cross_entropy(x, t, pos_weight=1.7),
        BITS,
    ),
    "layer norm, smoothed and weighted cross entropy": Case(
        lambda o: [nn.Dense(4, 6, **o), nn.LayerNorm(6, **o), nn.GELU(), nn.Dense(6, 3, **o)],
        lambda x, t: losses.cross_entropy(x, t, label_smoothing=0.1, weight=CLASS_WEIGHTS),
        LABELS,
        adam=True,
    ),
    "batch norm, huber": Case(
        lambda o: [nn.Dense(4, 6, bias=False, **o), nn.BatchNorm1d(6, **o), nn.ReLU(), nn.Dense(6, 3, **o)],
        lambda x, t: losses.huber(x, t, delta=0.7),
        NUMBERS,
    ),
    "average batch norm, cross entropy of probabilities": Case(
        lambda o: [
            nn.BatchNorm1d(4, eps=1e-3, momentum=None, affine=False, **o),
            nn.Dense(4, 3, **o),
        ],
        losses.cross_entropy,
        SHARES,
    ),
    "batch norm of sequences, divergence": Case(
        lambda o: [
            nn.Embedding(5, 3, **o),
            nn.BatchNorm1d(3, momentum=0.3, **o),
            nn.Flatten(),
            nn.SiLU(),
            nn.Dense(9, 3, **o),
        ],
        lambda x, t: losses.kl_divergence(x, t, reduction="batchmean"),
        SHARES[:6],
        WORDS,
    ),
    "embedding, cross entropy": Case(
        lambda o: [nn.Embedding(5, 2, padding_idx=3, **o), nn.Flatten(), nn.Dense(6, 3, **o)],
        lambda x, t: losses.cross_entropy(x, t, weight=CLASS_WEIGHTS),
        LABELS[:6],
        WORDS,
        adam=True,
    ),
    "elu, mean absolute error": Case(
        lambda o: [nn.Dense(4, 6, **o), nn.ELU(0.7), nn.Dense(6, 3, **o)], losses.mae, NUMBERS
    ),
    "leaky relu, hinge": Case(
        lambda o: [nn.Dense(4, 6, **o), nn.LeakyReLU(0.2), nn.Dense(6, 1, **o)], losses.hinge, 2 * BITS - 1
    ),
    "softplus, summed divergence": Case(
        lambda o: [nn.Dense(4, 6, **o), nn.Softplus(), nn.Dense(6, 3, **o)],
        lambda x, t: losses.kl_divergence(x, t, reduction="sum"),
        SHARES,
    ),
    "sigmoid and softmax, mean squared error": Case(
        lambda o: [nn.Dense(4, 6, **o), nn.Sigmoid(), nn.Dense(6, 3, **o), nn.Softmax()], losses.mse, SHARES
    ),
}


def build(case: Case, device: str = "cpu") -> tg.nn.Sequential:
    """The network with weights that need no random numbers."""
    model = nn.Sequential(*case.layers({"dtype": "float64", "device": device}))
    learned = dict(model.named_parameters())
    state = model.state_dict()
    for k, name in enumerate(learned):
        state[name] = 0.6 * np.sin(1.0 + k + np.arange(state[name].size) * 1.3).reshape(state[name].shape)
    model.load_state_dict(state)
    return model


def run(case: Case, device: str = "cpu", steps: int = STEPS) -> dict[str, list[float]]:
    """The loss of every step, and what the network says in the end, in eval mode."""
    model = build(case, device)
    parameters = model.parameters()
    optimizer = tg.optim.Adam(parameters, lr=0.02) if case.adam else tg.optim.SGD(parameters, lr=0.02, momentum=0.9)
    x = tg.Tensor(case.x, device=device)
    seen = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = case.loss(model(x), case.target)
        loss.backward()
        optimizer.step()
        seen.append(loss.detach())
    return {"losses": tg.stack(seen).numpy().tolist(), "outputs": model.eval()(x).numpy().ravel().tolist()}
