"""Each notice is provoked by a run that deserves it, and a healthy run is left in peace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from fake_device import fake_cupy
from tinygrad_edu.train import History, Inspector, NoticeEvent


def run(
    data: str = "moons",
    sizes: tuple[int, ...] = (2, 16, 1),
    activation: str | None = "relu",
    optimizer: Any = tg.optim.SGD,
    lr: float = 0.1,
    change: Callable[[Any], None] | None = None,
    standardize: bool = True,
    device: str = "cpu",
    n: int | None = 320,
    noise: float | None = None,
    **settings: Any,
) -> History:
    dataset = tg.data.load(data, n=n, noise=noise, seed=0)
    train, validation = dataset.split(0.25)
    if standardize:
        standardizer = tg.data.Standardizer.fit(train)
        train, validation = standardizer.apply(train), standardizer.apply(validation)
    model = tg.nn.mlp(sizes, activation=activation, rng=0, device=device)
    if change:
        change(model)
    loss = "mse" if not train.classes else "binary_cross_entropy" if sizes[-1] == 1 else "cross_entropy"
    settings = {"validation": validation, "epochs": 25, **settings}
    return History.of(tg.train.fit(model, train, loss, optimizer(model.parameters(), lr=lr), **settings))


def scaled(factor: float) -> Callable[[Any], None]:
    def change(model: Any) -> None:
        for parameter in model.parameters():
            parameter.data = parameter.detach() * factor

    return change


def biased(layer: int, bias: float) -> Callable[[Any], None]:
    def change(model: Any) -> None:
        model[layer].bias.data = model[layer].bias.detach() + bias

    return change


def names(history: History) -> list[str]:
    return [notice.name for notice in history.notices]


def only(history: History) -> NoticeEvent:
    (notice,) = history.notices
    return notice


HEALTHY: list[dict[str, Any]] = [
    {},
    {"activation": "tanh"},
    {"activation": "sigmoid", "sizes": (2, 8, 1)},
    {"optimizer": tg.optim.Adam, "lr": 0.01},
    {"batch_size": "full", "epochs": 60},
    {"batch_size": 1, "lr": 0.02, "epochs": 6},
    {"data": "xor", "epochs": 60},
    {"data": "spirals", "sizes": (2, 32, 32, 1), "optimizer": tg.optim.Adam, "lr": 0.01, "epochs": 60},
    {"data": "sine", "sizes": (1, 16, 1), "optimizer": tg.optim.Adam, "lr": 0.01, "epochs": 60},
    {"data": "two_lines", "sizes": (2, 1)},  # a straight line is enough
    {"data": "blobs", "sizes": (2, 8, 3)},
]


@pytest.mark.parametrize("settings", HEALTHY, ids=str)
def test_a_healthy_run_is_silent(settings: dict[str, Any]) -> None:
    if settings.get("data") == "blobs":
        settings = {**settings, "sizes": (2, 8, tg.data.load("blobs").classes)}
    assert names(run(**settings)) == []


FULL = {"batch_size": "full", "epochs": 10}
NEAR: list[tuple[str, dict[str, Any], dict[str, Any]]] = [  # what is said, of which run, and of which one close by not
    ("not_finite", {"lr": 1000.0, "epochs": 3}, {"lr": 3.0, "epochs": 3}),
    ("rising", {"lr": 20.0, **FULL}, {"lr": 2.0, **FULL}),
    ("flat", {"lr": 1e-6, "epochs": 6}, {"lr": 1e-2, "epochs": 6}),
    ("dead_units", {"change": biased(0, -30.0), "epochs": 1}, {"change": biased(0, -0.3), "epochs": 1}),
    ("saturated", {"activation": "tanh", "change": scaled(50.0), "epochs": 1}, {"activation": "tanh", "epochs": 1}),
    (
        "vanishing_gradient",
        {"sizes": (2, *[16] * 8, 1), "activation": "sigmoid", "epochs": 1},
        {"sizes": (2, *[16] * 8, 1), "activation": "relu", "epochs": 1},
    ),
    (
        "exploding_gradient",
        {"sizes": (2, *[32] * 8, 1), "change": scaled(6.0), "lr": 1e-6, "epochs": 1},
        {"sizes": (2, *[32] * 8, 1), "change": scaled(1.5), "lr": 1e-6, "epochs": 1},
    ),
    ("linear_limit", {"sizes": (2, 1), "epochs": 60}, {"data": "two_lines", "sizes": (2, 1), "epochs": 60}),
    (
        "overfitting",
        {"n": 60, "sizes": (2, 128, 128, 1), "optimizer": tg.optim.Adam, "lr": 0.01, "epochs": 80, "noise": 0.4},
        {"n": 600, "sizes": (2, 128, 128, 1), "optimizer": tg.optim.Adam, "lr": 0.01, "epochs": 10, "noise": 0.4},
    ),
]


@pytest.mark.parametrize(("name", "provoked", "near"), NEAR)
def test_said_where_it_is_so_and_not_close_by(name: str, provoked: dict[str, Any], near: dict[str, Any]) -> None:
    assert name in names(run(**provoked)) and name not in names(run(**near))


def test_steps_that_are_far_too_long_end_the_run() -> None:
    history = run(lr=1000.0, epochs=10)
    notice = only(history)
    assert notice.name == "not_finite"
    assert "The learning rate is 1000: try 0.1" in notice.text and "clip_norm=1.0" in notice.text
    assert history.end is not None and history.end.stopped == "diverged" and history.end.epoch == notice.epoch < 10


def test_a_run_that_diverges_gives_the_best_weights_back(tmp_path: Any) -> None:
    """Its learning rate explodes in epoch 4."""
    data = tg.data.load("moons", n=60)
    model = tg.nn.mlp([2, 8, 1], rng=0)
    optimizer = tg.optim.SGD(model.parameters(), lr=0.1)
    schedule = tg.optim.StepLR(optimizer, step_size=3, gamma=1e30)
    settings = {"validation": data, "early_stopping": tg.train.EarlyStopping(5), "schedule": schedule}
    history = History.of(
        tg.train.fit(model, data, "binary_cross_entropy", optimizer, epochs=9, checkpoint=tmp_path, **settings)
    )
    end = history.end
    assert end is not None and end.stopped == "diverged" and end.epoch == 4
    assert end.validation_loss == history.validation_loss[2]
    assert np.isfinite(model[0].weight.numpy()).all()
    assert tg.train.Checkpoint.load(tmp_path).epoch == 3  # numbers that are none are not kept


@pytest.mark.parametrize("settings", [{"lr": 20.0, "batch_size": "full"}, {"lr": 3.0, "sizes": (2, 16, 16, 1)}])
def test_steps_that_are_too_long(settings: dict[str, Any]) -> None:
    history = run(**settings)
    rising = next(notice for notice in history.notices if notice.name == "rising")
    assert f"The learning rate is {settings['lr']:g}: try 0.1" in rising.text
    assert "overfitting" not in names(history)


@pytest.mark.parametrize("sizes", [(2, 16, 1), (2, 1)])  # also where the model is linear: it is slow, not at its limit
def test_steps_that_are_too_short(sizes: tuple[int, ...]) -> None:
    history = run(sizes=sizes, lr=1e-6)
    notice = only(history)
    assert notice.name == "flat" and notice.epoch == 20
    assert "the learning rate is 1e-06, try 1e-05" in notice.text


def test_a_short_run_is_judged_at_its_end() -> None:
    assert only(run(lr=1e-6, epochs=6)).epoch == 6
    assert names(run(lr=1e-6, epochs=4)) == []


def test_units_that_are_dead_from_the_start() -> None:
    notice = only(run(change=biased(0, -30.0)))
    assert (notice.name, notice.layer, notice.epoch) == ("dead_units", "0", 0)
    assert "In layer 0 (Dense(2, 16, activation='relu')) 100% of the ReLU units are dead" in notice.text
    assert "from the start" in notice.text


def test_units_that_training_has_killed() -> None:
    history = run(sizes=(2, 16, 16, 1), lr=3.0, epochs=10)
    dead = next(notice for notice in history.notices if notice.name == "dead_units")
    assert dead.layer in ("0", "1") and dead.epoch > 0
    assert "a step was too long: try a learning rate of 0.1 instead of 3" in dead.text


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
def test_saturated_activations(activation: str) -> None:
    notice = run(activation=activation, change=scaled(50.0)).notices[0]
    assert (notice.name, notice.layer) == ("saturated", "0")
    assert f"In layer 0 (Dense(2, 16, activation='{activation}'))" in notice.text and "saturated" in notice.text


def test_activations_that_training_has_saturated() -> None:
    notices = run(sizes=(2, 32, 32, 1), activation="tanh", optimizer=tg.optim.Adam, lr=10.0, epochs=5).notices
    saturated = next(notice for notice in notices if notice.name == "saturated")
    assert saturated.epoch > 0 and "standardize" not in saturated.text
    assert "a step was too long: try a learning rate of 0.1 instead of 10" in saturated.text


def test_data_that_are_not_standardized_saturate_a_layer() -> None:
    notice = run("breast_cancer", (30, 16, 1), "tanh", standardize=False, n=None, epochs=3).notices[0]
    assert (notice.name, notice.layer) == ("saturated", "0") and "standardize the data" in notice.text


def test_the_activation_may_be_a_layer_of_its_own() -> None:
    model = tg.nn.Sequential(tg.nn.Dense(2, 8, rng=0), tg.nn.Tanh(), tg.nn.Dense(8, 1, rng=1))
    scaled(50.0)(model)
    data = tg.data.load("moons", n=60)
    optimizer = tg.optim.SGD(model.parameters(), lr=0.1)
    notice = History.of(tg.train.fit(model, data, "binary_cross_entropy", optimizer, epochs=1)).notices[0]
    assert (notice.name, notice.layer) == ("saturated", "0")


def test_an_output_may_be_saturated() -> None:
    """It is sure of itself, which is what it is trained for."""
    model = tg.nn.Sequential(
        tg.nn.Dense(2, 8, activation="tanh", rng=0), tg.nn.Dense(8, 1, activation="sigmoid", rng=1)
    )
    model[1].weight.data = model[1].weight.detach() * 1000
    data = tg.data.load("two_lines", n=60)
    optimizer = tg.optim.SGD(model.parameters(), lr=0.1)
    assert "saturated" not in names(History.of(tg.train.fit(model, data, "mse", optimizer, epochs=3)))


def test_a_gradient_that_vanishes() -> None:
    history = run(sizes=(2, *[16] * 8, 1), activation="sigmoid")
    notice = history.notices[0]
    assert (notice.name, notice.layer) == ("vanishing_gradient", "0")
    assert "try 'relu'" in notice.text
    assert names(history).count("vanishing_gradient") == 1  # once for each cause


def test_a_gradient_that_explodes() -> None:
    notice = run(sizes=(2, *[32] * 8, 1), change=scaled(6.0), lr=1e-6, epochs=1).notices[0]
    assert notice.name == "exploding_gradient" and "clip_norm" in notice.text
    assert notice.layer is not None and f"in layer {notice.layer} (Dense(" in notice.text


def test_a_target_that_is_not_standardized_explodes() -> None:
    """Salaries, say."""
    x = np.random.default_rng(0).normal(size=(100, 3))
    model = tg.nn.mlp([3, 16, 1], rng=0)
    optimizer = tg.optim.SGD(model.parameters(), lr=1e-9)
    notice = History.of(tg.train.fit(model, (x, 30_000 + 5_000 * x[:, 0]), "mse", optimizer, epochs=1)).notices[0]
    assert notice.name == "exploding_gradient" and "standardize the data" in notice.text


@pytest.mark.parametrize("data", ["moons", "circles", "xor"])
def test_a_straight_line_says_what_it_lacks(data: str) -> None:
    history = run(data, (2, 1), epochs=60, n=400)
    notice = only(history)
    assert notice.name == "linear_limit"
    assert "no non-linearity" in notice.text and "straight line" in notice.text
    assert max(history.train_accuracy) < 0.92


def test_layers_without_activations_are_a_straight_line_too() -> None:
    assert "linear_limit" in names(run("moons", (2, 8, 1), activation=None, epochs=60))


def test_a_run_that_is_stopped_early_says_it_as_well() -> None:
    history = run("moons", (2, 1), epochs=60, early_stopping=tg.train.EarlyStopping(1, min_delta=0.05))
    assert history.end is not None and history.end.stopped == "early" and len(history) < 20
    assert names(history) in ([], ["linear_limit"])
    assert ("linear_limit" in names(history)) == (len(history) >= 5)


def test_overfitting_names_the_remedies() -> None:
    train = tg.data.load("moons", n=60, noise=0.3, seed=1)
    validation = tg.data.load("moons", n=200, noise=0.3, seed=101)
    for stopping in (None, tg.train.EarlyStopping(50)):
        model = tg.nn.mlp([2, 128, 128, 1], rng=1)
        optimizer = tg.optim.Adam(model.parameters(), lr=0.01)
        history = History.of(
            tg.train.fit(
                model,
                train,
                "binary_cross_entropy",
                optimizer,
                validation=validation,
                epochs=60,
                batch_size=20,
                early_stopping=stopping,
            )
        )
        notice = only(history)
        assert notice.name == "overfitting" and "dropout" in notice.text and "l2" in notice.text
        assert ("patience" in notice.text) == (stopping is None)  # who has it need not be told


def test_notices_can_be_turned_off() -> None:
    assert names(run(lr=1e-6, notices=False)) == []


def test_looking_changes_no_number() -> None:
    """Dropout and batch normalization have a state that a look must not touch."""
    done = {}
    for notices in (True, False):
        model = tg.nn.Sequential(
            tg.nn.Dense(2, 8, activation="relu", rng=0),
            tg.nn.BatchNorm1d(8),
            tg.nn.Dropout(0.5, seed=1),
            tg.nn.Dense(8, 1, rng=1),
        )
        optimizer = tg.optim.SGD(model.parameters(), lr=1e-7)  # it does not learn, so that it is looked at
        data = tg.data.load("moons", n=60)
        history = History.of(tg.train.fit(model, data, "binary_cross_entropy", optimizer, epochs=20, notices=notices))
        done[notices] = history.train_loss
    assert done[True] == done[False]


def test_the_devices_say_the_same() -> None:
    for settings in (
        {"change": biased(0, -30.0), "epochs": 3},
        {"activation": "tanh", "change": scaled(50.0), "epochs": 3},
    ):
        one, other = run(**settings), run(device="fake:1", **settings)
        assert [notice.text for notice in one.notices] == [notice.text for notice in other.notices] != []


# --- loops of one's own ----------------------------------------------------------------------------------------------


def own_loop(
    inspector_of: Callable[[Any], Inspector],
    zero_grad: bool = True,
    lr: float = 0.1,
    device: str = "cpu",
    every: int = 1,
) -> list[NoticeEvent]:
    data = tg.data.load("moons", n=64)
    model = tg.nn.mlp([2, 8, 1], rng=0, device=device)
    optimizer = tg.optim.SGD(model.parameters(), lr=lr)
    inspector, found = inspector_of(model), []
    for epoch in range(60):
        optimizer.zero_grad()
        for k, (x, y) in enumerate(data.batches(16, epoch=epoch), start=1):
            loss = tg.losses.binary_cross_entropy(model(tg.Tensor(x, dtype="float32", device=device)), y)
            if zero_grad and (k - 1) % every == 0:
                optimizer.zero_grad()
            inspector.before_backward()
            loss.backward()
            if k % every == 0:
                optimizer.step()
                found += inspector.after_step(loss, lr=optimizer.lr)
    return found


def test_a_forgotten_zero_grad() -> None:
    found = [notice for notice in own_loop(Inspector, zero_grad=False) if notice.name == "forgotten_zero_grad"]
    assert len(found) == 1
    assert "Call optimizer.zero_grad() before each backward()" in found[0].text


def test_a_loop_that_does_not_forget_is_left_in_peace() -> None:
    assert own_loop(Inspector) == []


def test_gradients_that_are_accumulated_on_purpose() -> None:
    assert own_loop(lambda model: Inspector(model, accumulate=2), every=2) == []
    assert [n.name for n in own_loop(Inspector, every=2)] == ["forgotten_zero_grad"]


@pytest.mark.parametrize(("lr", "name"), [(1e-7, "flat"), (1e4, "not_finite")])
def test_an_inspector_sees_what_fit_sees(lr: float, name: str) -> None:
    assert name in [notice.name for notice in own_loop(lambda model: Inspector(model, every=10), lr=lr)]


def test_an_inspector_waits_for_the_device_once_in_many_steps() -> None:
    model = tg.nn.mlp([2, 8, 1], rng=0, device="fake")
    inspector, x = Inspector(model, every=10), tg.Tensor(np.ones((4, 2), "float32"), device="fake")
    optimizer = tg.optim.SGD(model.parameters(), lr=0.1)
    syncs = []
    for _ in range(21):
        loss = model(x).mean()
        optimizer.zero_grad()
        inspector.before_backward()
        loss.backward()
        optimizer.step()
        with fake_cupy.counting() as count:
            inspector.after_step(loss, lr=0.1)
        syncs.append(count.syncs)
    assert [k for k, waits in enumerate(syncs, start=1) if waits] == [1, 10, 20]


def test_an_inspector_of_values() -> None:
    model = tg.nn.mlp([2, 2, 1], activation="tanh", rng=0).scalar()
    optimizer = tg.optim.SGD(model.parameters(), lr=0.1)
    inspector, found = Inspector(model), []
    for _ in range(3):  # and nobody calls zero_grad
        loss = tg.losses.mse(model(np.ones((2, 2))), np.zeros((2, 1)))
        inspector.before_backward()
        loss.backward()
        optimizer.step()
        found += inspector.after_step(loss)
    assert [notice.name for notice in found] == ["forgotten_zero_grad"]


@pytest.mark.parametrize("argument", ["every", "accumulate"])
def test_an_inspector_counts_from_one(argument: str) -> None:
    with pytest.raises(tg.ArgumentError, match=f"Inspector: {argument} must be a whole number, 1 or more, not 0"):
        Inspector(tg.nn.mlp([2, 1]), **{argument: 0})
