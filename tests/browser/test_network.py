"""The network of pages that train, in Chromium: the losses and weights of Python, from the same seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from browser.bytes import packed, unpacked
from tinygrad_edu.data.dataset import order_of_epoch
from tinygrad_edu_viz.javascript.assemble import program

pytestmark = pytest.mark.browser
ROWS, BATCH, STEPS = 44, 16, 50  # the last batch of an epoch is smaller

TRAIN = """({sizes, settings, x, y, batch, steps}) => {
    const inputs = sizes[0], outputs = sizes.at(-1), [all, targets] = [bytes(x), bytes(y)], rows = all.length / inputs;
    const network = new Network(sizes, settings), losses = [], start = text(network.weights);
    const pick = (from, width, part) => part.flatMap((r) => [...from.subarray(r * width, (r + 1) * width)]);
    for (let epoch = 0; losses.length < steps; epoch++) {
        for (const part of batches(rows, batch, settings.seed, epoch).slice(0, steps - losses.length)) {
            const [a, t] = [pick(all, inputs, [...part]), pick(targets, outputs, [...part])];
            losses.push(network.learn(a, t, part.length));
        }
    }
    return {start, losses, weights: text(network.weights), last: network.loss(all, targets, rows)};
}"""


@pytest.fixture(scope="module")
def run(laboratory: Callable[[str], Any]) -> Any:
    return laboratory(program())


def model_of(sizes: list[int], settings: dict[str, Any]) -> Any:
    """The network as Python makes it; with an activation for each layer, layer by layer."""
    tg.seed(settings["seed"])
    activation, dropout = settings.get("activation", "tanh"), settings.get("dropout", 0.0)
    if isinstance(activation, str):
        return tg.nn.mlp(sizes, activation=activation, dropout=dropout, dtype="float64")
    pairs = zip(sizes, sizes[1:], [*activation, None], strict=False)
    return tg.nn.Sequential(*[tg.nn.Dense(n, m, name, dtype="float64") for n, m, name in pairs])


def flat(model: Any) -> np.ndarray:
    return np.concatenate([p.numpy().ravel() for p in model.parameters()])


def python(sizes: list[int], settings: dict[str, Any], x: np.ndarray, y: np.ndarray) -> dict[str, Any]:
    """The same training by the engine: plain passes, recorded anew in each step."""
    model = model_of(sizes, settings)
    start, losses = flat(model), []
    kind = getattr(tg.optim, settings.get("optimizer", "SGD"))
    optimizer = kind(model.parameters(), **{k: v for k, v in settings.items() if k in OWN})
    loss_of = tg.losses.get(settings.get("loss", "binary_cross_entropy"))
    weights = [p for name, p in model.named_parameters() if name.endswith("weight")]
    epoch = 0
    while len(losses) < STEPS:
        order, cuts = order_of_epoch(len(x), BATCH, True, settings["seed"], epoch, False)
        epoch += 1
        for cut in cuts[: STEPS - len(losses)]:
            part = order[cut]
            optimizer.zero_grad()
            loss = total = loss_of(model(tg.Tensor(x[part])), tg.Tensor(y[part]))
            for name in ("l1", "l2"):
                if name in settings:
                    total = total + settings[name] * getattr(tg.losses, name)(weights)
            total.backward()
            optimizer.step()
            losses.append(loss.item())
    model.eval()
    last = loss_of(model(tg.Tensor(x)), tg.Tensor(y)).item()
    return {"start": start, "losses": losses, "weights": flat(model), "last": last}


OWN = ("lr", "momentum", "nesterov", "weight_decay", "betas", "amsgrad", "centered")
CASES: list[tuple[list[int], dict[str, Any]]] = [
    *[
        ([2, 5, 4, 1], {"optimizer": name, "lr": 0.02})
        for name in ("SGD", "Adam", "AdamW", "NAdam", "Adagrad", "RMSprop")
    ],
    ([2, 5, 1], {"optimizer": "Adadelta", "lr": 1.0}),
    ([2, 5, 1], {"optimizer": "SGD", "lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    *[([2, 6, 5, 1], {"activation": name, "lr": 0.1}) for name in tg.nn.activations.ACTIVATIONS],
    *[([2, 4, 2], {"loss": name, "lr": 0.05}) for name in ("mse", "mae", "huber", "hinge")],
    ([2, 6, 3], {"loss": "cross_entropy", "lr": 0.1}),
    ([2, 1], {"lr": 0.5}),
    ([2, 6, 5, 1], {"dropout": 0.3, "lr": 0.1}),
    ([2, 5, 1], {"l1": 1e-2, "l2": 1e-3, "lr": 0.1}),
    ([2, 5, 1], {"lr": 0.1, "seed": 12345678901}),
    ([2, 4, 3, 1], {"activation": ["relu", "tanh"], "lr": 0.1}),
]


def data_for(sizes: list[int], settings: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    x, outputs, loss = rng.normal(size=(ROWS, 2)), sizes[-1], settings.get("loss")
    if loss == "cross_entropy":
        return x, np.eye(outputs)[rng.integers(0, outputs, ROWS)]
    y = (x.sum(axis=1) + 0.5 * rng.normal(size=ROWS) > 0).astype(float)[:, None]
    y = np.repeat(y, outputs, axis=1) if loss in (None, "hinge") else rng.normal(size=(ROWS, outputs))
    return x, 2 * y - 1 if loss == "hinge" else y


@pytest.mark.parametrize(("sizes", "settings"), CASES, ids=[f"{sizes} {settings}" for sizes, settings in CASES])
def test_training_gives_python_s_numbers(run: Any, sizes: list[int], settings: dict[str, Any]) -> None:
    settings = {"seed": 0, **settings}
    x, y = data_for(sizes, settings)
    arguments = {"sizes": sizes, "settings": settings, "x": packed(x), "y": packed(y), "batch": BATCH, "steps": STEPS}
    found, expected = run(TRAIN, arguments), python(sizes, settings, x, y)
    assert unpacked(found["start"]).tolist() == expected["start"].tolist()
    np.testing.assert_allclose(found["losses"], expected["losses"], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(unpacked(found["weights"]), expected["weights"], rtol=1e-9, atol=1e-12)
    assert found["last"] == pytest.approx(expected["last"], rel=1e-9)


def test_epochs_are_those_of_fit(run: Any) -> None:
    settings = {"optimizer": "Adam", "lr": 0.01, "activation": "relu", "seed": 3}
    x, y = data_for([2, 8, 1], settings)
    given = {"sizes": [2, 8, 1], "settings": settings, "x": packed(x), "y": packed(y), "batch": 11, "steps": 12}
    found = run(TRAIN, given)["losses"]
    model = model_of([2, 8, 1], settings)
    optimizer = tg.optim.Adam(model.parameters(), lr=0.01)
    events = tg.train.fit(model, (x, y[:, 0]), "binary_cross_entropy", optimizer, epochs=3, batch_size=11, seed=3)
    losses = [event.train_loss for event in events if event.kind == "epoch"]
    np.testing.assert_allclose(np.reshape(found, (3, 4)).mean(axis=1), losses, rtol=1e-9)


def test_a_network_goes_on_from_a_snapshot_to_the_last_bit(run: Any) -> None:
    x, y = data_for([2, 5, 1], {})
    same = run(
        """({x, y}) => {
        const network = new Network([2, 5, 1], {optimizer: "NAdam", lr: 0.05, dropout: 0.2, seed: 1});
        const [all, targets] = [bytes(x), bytes(y)], rows = targets.length;
        const train = (n) => Array.from({length: n}, () => network.learn(all, targets, rows));
        train(5);
        const kept = network.snapshot(), first = train(7), weights = text(network.weights);
        network.restore(kept);
        const again = train(7);
        return first.every((loss, k) => loss === again[k]) && weights === text(network.weights);
    }""",
        {"x": packed(x), "y": packed(y)},
    )
    assert same
