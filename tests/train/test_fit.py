"""The numbers of a run, against loops written by hand."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from fake_device import fake_cupy
from tinygrad_edu.errors import ArgumentError, DataError
from tinygrad_edu.train import BatchEvent
from train.small_runs import end_of, history, moons, network, start, weights


def by_hand(model: Any, data: tg.data.Dataset, loss: Any, optimizer: Any, epochs: int, size: int, **kw: Any) -> list:
    """Mean loss of each epoch of a loop as a user would write it."""
    means = []
    for epoch in range(epochs):
        total = 0.0
        for x, y in data.batches(size, epoch=epoch, **kw):
            value = loss(model(tg.Tensor(x)), y)
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            total += value.item() * len(y)
        means.append(total / len(data))
    return means


def test_it_is_the_loop_that_a_user_would_write() -> None:
    train, _ = moons()
    mine, theirs = network(dropout=0.3), network(dropout=0.3)
    done = history(mine, train, optimizer=tg.optim.Adam(mine.parameters(), lr=0.01), epochs=4, seed=5)
    loss, optimizer = tg.losses.binary_cross_entropy, tg.optim.Adam(theirs.parameters(), lr=0.01)
    means = by_hand(theirs, train, loss, optimizer, epochs=4, size=16, seed=5)
    np.testing.assert_allclose(done.train_loss, means, rtol=1e-12)  # 45 rows: the last batch is a smaller one
    np.testing.assert_array_equal(weights(mine), weights(theirs))


def test_several_classes_against_the_same_loop() -> None:
    data = tg.data.load("iris", seed=0)
    mine, theirs = network((4, 8, 3)), network((4, 8, 3))
    done = history(mine, data, "cross_entropy", epochs=3, batch_size=32)
    optimizer = tg.optim.SGD(theirs.parameters(), lr=0.1)
    np.testing.assert_allclose(
        done.train_loss, by_hand(theirs, data, tg.losses.cross_entropy, optimizer, epochs=3, size=32), rtol=1e-12
    )


def test_few_rows_are_one_batch() -> None:
    x, y = np.eye(4, dtype=np.float32), np.array([0, 1, 0, 1])
    model = network((4, 3, 2))
    run = tg.train.start(model, (x, y), "cross_entropy", tg.optim.SGD(model.parameters(), lr=0.1), epochs=2)
    assert run.settings.batch_size == 4 and [event.of for event in run.events() if event.kind == "batch"] == [1, 1]


def test_the_order_of_events() -> None:
    train, validation = moons()
    events = list(start(network(), train, validation=validation, epochs=2))
    kinds = [event.kind for event in events]
    assert kinds == ["batch"] * 3 + ["epoch", "validation", "best"] + ["batch"] * 3 + [
        "epoch",
        "validation",
        "best",
        "end",
    ]
    batches = [event for event in events if isinstance(event, BatchEvent)]
    assert [(b.epoch, b.batch, b.of, b.step) for b in batches] == [
        (1, 1, 3, 1), (1, 2, 3, 2), (1, 3, 3, 3), (2, 1, 3, 4), (2, 2, 3, 5), (2, 3, 3, 6),
    ]  # fmt: skip
    epochs = [event for event in events if event.kind == "epoch"]
    sizes = [16, 16, 13]
    mean = sum(n * b.loss for n, b in zip(sizes, batches[:3], strict=True)) / 45
    assert epochs[0].train_loss == pytest.approx(mean, rel=1e-12)  # type: ignore[attr-defined]
    assert end_of(events).epoch == 2 and end_of(events).stopped == "epochs"


def test_training_on_a_device_waits_once_an_epoch_and_gives_the_cpus_numbers() -> None:
    train, validation = moons(n=200)
    done, syncs, steps = {}, [], 0
    for device in ("cpu", "fake"):
        model = network((2, 16, 16, 1), "relu", dropout=0.2, device=device)
        optimizer = tg.optim.Adam(model.parameters(), lr=0.01)
        kw = {"clip_norm": 1.0, "l2": 1e-3, "accumulate": 2, "validation": validation, "notices": False}
        run = start(model, train, optimizer=optimizer, epochs=4, **kw)
        log = tg.train.History()
        while log.end is None:
            with fake_cupy.counting() as count:
                event = next(run)
            log.watch(event)
            if device == "fake" and isinstance(event, BatchEvent):
                syncs.append(count.syncs)
                steps += 1
            elif device == "fake" and event.kind == "epoch":
                assert count.syncs <= 2 + 6  # losses of training and validation; six arrays, as this is the best epoch
        done[device] = log
    assert steps == 4 * 10 and sum(syncs) == 0
    np.testing.assert_allclose(done["fake"].train_loss, done["cpu"].train_loss, rtol=1e-9)
    np.testing.assert_allclose(done["fake"].validation_loss, done["cpu"].validation_loss, rtol=1e-9)
    assert done["fake"].train_accuracy == done["cpu"].train_accuracy


@pytest.mark.parametrize(("sizes", "loss"), [((2, 4, 3), "cross_entropy"), ((2, 4, 1), "mse"), ((2, 4, 1), "hinge")])
def test_no_loss_waits_in_a_step(sizes: tuple[int, ...], loss: str) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 2)), rng.integers(0, sizes[-1] if sizes[-1] > 1 else 2, size=40)
    run = start(network(sizes, device="fake"), (x, y), loss, notices=False)
    with fake_cupy.counting() as count:
        assert [next(run).kind for _ in range(3)] == ["batch"] * 3
    assert count.syncs == 0


def test_a_network_of_values_learns_the_same() -> None:
    train, validation = moons(n=20)
    tensors = network((2, 3, 1))
    values = tensors.scalar()
    kw = {"validation": validation, "epochs": 2, "batch_size": 5, "l2": 0.01, "clip_norm": 0.5, "accumulate": 2}
    one, other = history(tensors, train, **kw), history(values, train, **kw)
    np.testing.assert_allclose(other.train_loss, one.train_loss, rtol=1e-12)
    np.testing.assert_allclose(other.validation_loss, one.validation_loss, rtol=1e-12)
    assert other.train_accuracy == one.train_accuracy
    np.testing.assert_allclose(weights(values), weights(tensors), rtol=1e-10)


@pytest.mark.parametrize("rows", [48, 45])  # with 45 the last batch is a small one
def test_accumulated_batches_are_one_large_batch(rows: int) -> None:
    train, _ = moons(n=80)
    data = train.x[:rows], train.y[:rows]
    large, small = network(), network()
    one = history(large, data, batch_size=16, l2=0.1)
    other = history(small, data, batch_size=4, accumulate=4, l2=0.1)
    np.testing.assert_allclose(weights(small), weights(large), rtol=1e-12)
    np.testing.assert_allclose(other.train_loss, one.train_loss, rtol=1e-12)


def test_a_full_batch_is_one_step_an_epoch() -> None:
    events = list(start(network(), moons()[0], batch_size="full", epochs=2))
    assert [event.kind for event in events] == ["batch", "epoch", "batch", "epoch", "end"]


def test_the_last_batch_can_be_dropped() -> None:
    events = list(start(network(), moons()[0], drop_last=True, epochs=1))  # 45 rows, in batches of 16
    assert [event.of for event in events if isinstance(event, BatchEvent)] == [2, 2]


def test_order_depends_on_seed_and_epoch_alone() -> None:
    train, _ = moons()
    runs = [history(network(), train, seed=seed).train_loss for seed in (1, 1, 2)]
    assert runs[0] == runs[1] != runs[2]
    still = [history(network(), train, seed=seed, shuffle=False).train_loss for seed in (1, 2)]
    assert still[0] == still[1]


def test_penalties_pull_at_weights_and_not_at_biases() -> None:
    x, y = np.array([[1.0, 2.0], [3.0, -1.0]]), np.array([1.0, -2.0])
    model = tg.nn.Dense(2, 1, rng=0, dtype="float64")
    model.bias.data = np.array([0.5])
    w, b = model.weight.numpy()[:, 0], 0.5
    history(model, (x, y), "mse", lr=0.1, epochs=1, batch_size="full", l1=0.3, l2=0.2)
    error = x @ w + b - y
    np.testing.assert_allclose(model.weight.numpy()[:, 0], w - 0.1 * (x.T @ error + 0.3 * np.sign(w) + 0.4 * w))
    np.testing.assert_allclose(model.bias.numpy(), [b - 0.1 * error.sum()])


def test_the_losses_that_are_told_are_without_penalties() -> None:
    train, _ = moons()
    plain = history(network(), train, lr=0.0)
    assert history(network(), train, lr=0.0, l2=10.0).train_loss == plain.train_loss


def test_normalization_scales_are_no_weights_to_be_kept_small() -> None:
    model = tg.nn.Sequential(
        tg.nn.Dense(2, 4, rng=0), tg.nn.BatchNorm1d(4), tg.nn.LayerNorm(4), tg.nn.Dense(4, 1, rng=0)
    )
    penalized = {id(p) for p in tg.train.update.penalized_weights(model)}
    assert penalized == {id(model[0].weight), id(model[3].weight)}


@pytest.mark.parametrize(
    ("settings", "longest"), [({"clip_norm": 0.01}, 0.01), ({"clip_value": 0.002}, 0.002 * 33**0.5)]
)
def test_clipping_bounds_a_step(settings: dict[str, float], longest: float) -> None:
    model = network()
    before = weights(model)
    history(model, moons()[0], lr=1.0, epochs=1, batch_size="full", **settings)
    step = np.linalg.norm(weights(model) - before)
    assert 0 < step <= longest * (1 + 1e-9)


# --- schedules -------------------------------------------------------------------------------------------------------


def rates(schedule: Any, **kw: Any) -> list[float]:
    """The learning rate of each update."""
    model = network()
    optimizer = tg.optim.SGD(model.parameters(), lr=1.0)
    events = start(model, moons()[0], optimizer=optimizer, schedule=schedule(optimizer), **{"epochs": 2, **kw})
    return [event.lr for event in events if isinstance(event, BatchEvent)]


def test_a_schedule_makes_a_step_after_each_epoch() -> None:
    halving = partial(tg.optim.ExponentialLR, gamma=0.5)
    assert rates(halving) == [1, 1, 1, 0.5, 0.5, 0.5]
    assert rates(halving, schedule_per="batch") == [1, 0.5, 0.25, 0.125, 0.0625, 0.03125]


def test_warm_up_and_one_cycle_make_a_step_after_each_update() -> None:
    warm_up = partial(tg.optim.WarmupLR, start_factor=0.25, total_iters=3)
    assert rates(warm_up) == [0.25, 0.5, 0.75, 1, 1, 1]
    assert rates(warm_up, accumulate=3) == [0.25, 0.25, 0.25, 0.5, 0.5, 0.5]
    assert rates(warm_up, schedule_per="epoch") == [0.25, 0.25, 0.25, 0.5, 0.5, 0.5]
    cycle = rates(partial(tg.optim.OneCycleLR, max_lr=1.0, total_steps=6, cycle_momentum=False))
    assert len(set(cycle)) == 6 and max(cycle) > 0.99 > min(cycle)


def test_a_plateau_is_one_of_the_validation_loss() -> None:
    model, (train, validation) = network(), moons()
    optimizer = tg.optim.SGD(model.parameters(), lr=1e-9)  # nothing ever becomes better by a part in ten thousand
    schedule = tg.optim.ReduceLROnPlateau(optimizer, patience=1, factor=0.5, eps=0)
    done = history(model, train, optimizer=optimizer, schedule=schedule, validation=validation, epochs=5)
    assert done.lr == [1e-9, 1e-9, 1e-9, 5e-10, 5e-10]
    assert schedule.best == done.validation_loss[0]


def test_an_unknown_beat() -> None:
    with pytest.raises(ArgumentError, match="schedule_per must be 'epoch' or 'batch', not 'day'"):
        start(network(), moons()[0], schedule_per="day")


# --- targets ---------------------------------------------------------------------------------------------------------


def test_each_loss_is_given_the_targets_that_it_needs() -> None:
    x, labels = np.random.default_rng(0).normal(size=(12, 2)), np.arange(12) % 2
    data = tg.data.Dataset(x, labels)
    seen = {}

    def told(name: str, prediction: Any, target: Any) -> Any:
        seen[name] = target.numpy()
        return tg.losses.get(name)(prediction, target)

    for name, outputs in [("cross_entropy", 2), ("mse", 2), ("binary_cross_entropy", 1), ("hinge", 1), ("mae", 1)]:
        loss = partial(told, name)
        loss.func.__name__ = name  # type: ignore[attr-defined]
        history(network((2, outputs)), data, loss, epochs=1, batch_size="full", shuffle=False)
    np.testing.assert_array_equal(seen["cross_entropy"], labels)
    np.testing.assert_array_equal(seen["mse"], np.eye(2)[labels])
    np.testing.assert_array_equal(seen["binary_cross_entropy"], labels)
    np.testing.assert_array_equal(seen["hinge"], 2 * labels - 1)
    np.testing.assert_array_equal(seen["mae"], labels)
    assert seen["cross_entropy"].dtype.kind == "i" and seen["mse"].dtype == "float64"


def test_accuracy_of_a_loss_of_numbers_asks_which_label_is_nearer() -> None:
    data = tg.data.Dataset(np.array([[0.4], [0.6], [0.7], [0.2]]), [0, 1, 1, 0])
    model = tg.nn.Dense(1, 1, dtype="float64")
    model.weight.data = np.ones((1, 1))
    assert history(model, data, "mse", lr=0.0, epochs=1, batch_size=2).train_accuracy == [1.0]


def test_a_single_output_meets_targets_of_one_axis() -> None:
    """(n, 1) against (n,) would broadcast to (n, n)."""
    data = tg.data.load("sine", n=10, seed=0)
    shapes = set()

    def own(prediction: Any, target: Any) -> Any:
        shapes.add((prediction.shape, target.shape))
        return ((prediction - target) ** 2).mean()

    one = history(network((1, 4, 1)), data, own, epochs=1, batch_size=5)
    assert shapes == {((5,), (5,)), ((10,), (10,))}  # batches, and all at once before the first
    two = history(network((1, 4, 1)), (data.x, data.y[:, None]), "mse", epochs=1, batch_size=5)
    np.testing.assert_allclose(one.train_loss, two.train_loss)


def test_probabilities_as_targets() -> None:
    soft = np.random.default_rng(0).dirichlet([1, 1, 1], size=20)
    x = np.random.default_rng(1).normal(size=(20, 2))
    done = history(network((2, 8, 3)), (x, soft), "cross_entropy", epochs=40, batch_size="full", lr=1.0)
    assert done.train_loss[-1] < done.train_loss[0]
    assert 0 < done.train_accuracy[-1] <= 1


def test_data_come_in_the_dtype_of_the_parameters() -> None:
    dtypes = set()

    def own(prediction: Any, target: Any) -> Any:
        dtypes.update((prediction.dtype.name, target.dtype.name))
        return tg.losses.mse(prediction, target)

    pixels = np.arange(12, dtype=np.uint8).reshape(6, 2)
    history(network((2, 1), dtype="float32"), (pixels, np.zeros(6)), own, epochs=1, batch_size=3)
    assert dtypes == {"float32"}


def test_words_stay_whole_numbers() -> None:
    model = tg.nn.Sequential(tg.nn.Embedding(5, 4, rng=0), tg.nn.Flatten(), tg.nn.Dense(8, 1, rng=0))
    x = np.array([[0, 1], [2, 3], [4, 0], [1, 1]])
    done = history(model, (x, np.array([0, 1, 1, 0])), epochs=60, batch_size="full", lr=0.5)
    assert done.train_accuracy[-1] == 1.0


X = np.zeros((4, 2))


@pytest.mark.parametrize(
    ("sizes", "loss", "data", "message"),
    [
        ((2, 3), "cross_entropy", (X, [0, 1, 2, 3]), r"label of row 3 is 3, out of range: the model has 3 outputs"),
        ((2, 3), "cross_entropy", (X, [0, -1, 2, 1]), r"label of row 1 is -1, out of range"),
        ((2, 3), "cross_entropy", (X, [0, 0.5, 2, 1]), r"label of row 1 is 0.5, out of range"),
        ((2, 1), "binary_cross_entropy", (X, [0, 1, 2, 1]), r"label of row 2 is 2, but a single output tells only"),
        ((2, 2), "mse", (X, [0.0, 1.0, 2.0, 1.5]), r"y has the shape \(4,\), but the model has 2 outputs"),
        ((2, 1), "mse", (X, np.zeros((4, 2))), r"y has the shape \(4, 2\), but the model has 1 output:"),
        ((2, 1), "mse", (X, [0.0, 1.0]), r"the same number of rows, 1 or more, but are \(4, 2\) and \(2,\)"),
        ((2, 1), "mse", (np.zeros((0, 2)), []), r"the same number of rows, 1 or more"),
        ((2, 1), "mse", (np.array([[0, 0], [np.nan, 0]]), [0.0, 1.0]), r"x has nan at \[1, 0\]: only finite numbers"),
        ((2, 1), "mse", (X, [0.0, 1.0, np.inf, 0.0]), r"y has inf at \[2\]"),
        ((2, 1), "mse", (X, ["a", "b", "c", "d"]), r"y must hold numbers"),
    ],
)
def test_data_that_cannot_be_learned_from(sizes: Any, loss: str, data: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        start(network(sizes), data, loss, batch_size="full")


def test_the_model_is_left_ready_to_predict() -> None:
    model = network(dropout=0.5)
    history(model, moons()[0])
    assert not any(module.training for module in model.modules())


def test_a_model_that_was_predicting_trains_all_the_same() -> None:
    train, _ = moons()
    one, other = network(dropout=0.5), network(dropout=0.5).eval()
    assert history(one, train).train_loss == history(other, train).train_loss
    assert other[1].step > 0  # the dropout layer has dropped
