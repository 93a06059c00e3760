"""What `fit` refuses before anything is learned, and what it says then."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.errors import ArgumentError, DataError, DeviceError
from train.small_runs import history, moons, network, start


def test_every_argument_is_explained_in_one_place() -> None:
    settings = {field.name for field in dataclasses.fields(tg.train.Settings)}
    for name in inspect.signature(tg.train.fit).parameters:
        mine, other = tg.train.fit, tg.train.Settings
        if name in settings and name != "data":  # the data for `fit`; a fingerprint of it among the settings
            mine, other = other, mine
        explained = re.compile(rf"^ {{4}}(\w+, )*{name}(, \w+)*: ", re.MULTILINE)
        assert explained.search(inspect.getdoc(mine) or ""), name
        assert name == "data" or not explained.search(inspect.getdoc(other) or ""), name


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"batch_size": 46}, r"batch_size=46 is more than the 45 rows of the data: use batch_size='full'"),
        ({"batch_size": 0}, r"batch_size must be a whole number, 1 or more, or 'full', not 0"),
        ({"batch_size": "half"}, r"batch_size must be a whole number, 1 or more, or 'full', not 'half'"),
        ({"epochs": 0}, r"epochs must be a whole number, 1 or more, not 0"),
        ({"epochs": 2.5}, r"epochs"),
        ({"accumulate": 0}, r"accumulate"),
        ({"seed": -1}, r"seed"),
        ({"l2": -0.1}, r"l2 must be a number, 0 or more, not -0.1"),
        ({"l1": float("nan")}, r"l1"),
        ({"clip_norm": -1}, r"clip_norm"),
        ({"checkpoint_every": 0}, r"checkpoint_every"),
        ({"loss": "cross_entropy"}, r"cross_entropy compares one output for each class, but the model has a single"),
        ({"loss": "mes"}, r"'mes' is unknown; did you mean 'mse'"),
        ({"loss": 3}, r"loss must be a name, 'mse', or a function"),
        ({"model": None}, r"model must be a module, tg.nn.mlp\(\[2, 16, 1\]\), not None"),
        ({"optimizer": "adam"}, r"optimizer must be one of tg.optim"),
        ({"clip_value": "small"}, r"clip_value must be a number, 0 or more, not 'small'"),
        ({"l1": True}, r"l1 must be a number"),
        ({"epochs": np.array([1, 2])}, r"epochs must be a whole number"),
        ({"epochs": np.array(2.5)}, r"epochs must be a whole number"),
        (
            {"early_stopping": 5},
            r"a tg.train.EarlyStopping, not 5: early_stopping=tg.train.EarlyStopping\(patience=5\)",
        ),
        ({"early_stopping": True}, r"not True: early_stopping=tg.train.EarlyStopping\(patience=10\)"),
        ({"early_stopping": tg.train.EarlyStopping}, r"early_stopping must be a tg.train.EarlyStopping, not "),
        ({"schedule": "cosine"}, r"of tg.optim.*not 'cosine': schedule=tg.optim.CosineLR\(optimizer, T_max=3\)"),
        ({"schedule": tg.optim.CosineLR}, r"schedule must be one of tg.optim, made of the optimizer, not "),
        ({"resume": 3}, r"resume must be the path of a folder, resume='run1', not 3"),
        ({"checkpoint": True}, r"checkpoint must be the path of a folder, checkpoint='run1', not True"),
    ],
)
def test_arguments_out_of_range(settings: dict[str, Any], message: str) -> None:
    model = network()
    arguments = {"model": model, "optimizer": tg.optim.SGD(model.parameters(), lr=0.1), **settings}
    with pytest.raises(ArgumentError, match=message):
        start(data=moons()[0], **arguments)


def test_data_of_no_known_kind() -> None:
    with pytest.raises(ArgumentError, match=r"must be a Dataset, tg.data.load\('moons'\), or a pair \(x, y\)"):
        start(network(), "moons")


def test_an_optimizer_of_another_model() -> None:
    with pytest.raises(ArgumentError, match="updates none of the model's parameters"):
        start(network(), moons()[0], optimizer=tg.optim.SGD(network().parameters(), lr=0.1))


def test_a_model_on_another_device() -> None:
    with pytest.raises(DeviceError, match=r"the model is on cpu, not on fake: say model.to\('fake'\)"):
        start(network(), moons()[0], device="fake")


def test_a_schedule_of_another_optimizer() -> None:
    """It would make its steps, and the learning rate of this run would never change."""
    model = network()
    one, other = (tg.optim.SGD(model.parameters(), lr=0.1) for _ in range(2))
    with pytest.raises(
        ArgumentError, match=r"ExponentialLR is one of another optimizer.*ExponentialLR\(optimizer, \.\.\.\)"
    ):
        start(model, moons()[0], optimizer=one, schedule=tg.optim.ExponentialLR(other, gamma=0.5))


@pytest.mark.parametrize("inside", [".", "deep/er"])
def test_a_checkpoint_where_a_file_is(tmp_path: Path, inside: str) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("mine")
    with pytest.raises(ArgumentError, match=r"notes\.txt is a file: give another place, checkpoint='run1'"):
        start(network(), moons()[0], checkpoint=file / inside)
    assert file.read_text() == "mine"


@pytest.mark.parametrize("name", ["l1", "l2", "clip_norm", "clip_value"])
@pytest.mark.parametrize("number", [np.float32(0.5), np.float64(0.5), np.int64(1)])
def test_numpy_s_numbers_are_numbers(name: str, number: Any) -> None:
    one, other = (history(network(), moons()[0], **{name: n}) for n in (number, float(number)))
    assert one.train_loss == other.train_loss


@pytest.mark.parametrize("make", [lambda x, y: (x, y), lambda x, y: tg.data.Dataset(x, y, name="marks")])
def test_data_with_another_number_of_features_than_the_model_has_inputs(make: Callable[..., Any]) -> None:
    three = make(np.zeros((20, 3)), np.arange(20) % 2)
    two = make(np.zeros((20, 2)), np.arange(20) % 2)
    with pytest.raises(DataError, match=r"^(data|marks): the model cannot take rows of shape \(3,\): "):
        start(network(), three)
    with pytest.raises(DataError, match=r"^validation: the model cannot take rows of shape \(3,\): "):
        start(network(), two, validation=three)


@pytest.mark.parametrize(
    ("total_steps", "settings", "needed"),
    [
        (17, {"batch_size": 10, "epochs": 4}, 20),
        (11, {"batch_size": 10, "epochs": 4, "accumulate": 2}, 12),
        (15, {"batch_size": 10, "epochs": 4, "drop_last": True}, 16),
        (3, {"schedule_per": "epoch", "epochs": 4}, 4),
    ],
)
def test_a_cycle_that_is_over_before_the_run(total_steps: int, settings: dict[str, Any], needed: int) -> None:
    """Told before the first step, and not when the cycle is over; one that fits runs to its end."""

    def run(total_steps: int) -> int:
        optimizer = tg.optim.Adam((model := network()).parameters())
        schedule = tg.optim.OneCycleLR(optimizer, 0.1, total_steps)
        history(model, moons()[0], optimizer=optimizer, schedule=schedule, **settings)
        return schedule.steps

    with pytest.raises(ArgumentError, match=rf"its {total_steps} steps are over.* this run makes {needed} steps of it"):
        run(total_steps)
    assert run(needed) == needed


def test_a_resumed_cycle_needs_only_its_rest(tmp_path: Path) -> None:
    def run(epochs: int, **kw: Any) -> list[float]:
        optimizer = tg.optim.Adam((model := network()).parameters())
        schedule = tg.optim.OneCycleLR(optimizer, 0.1, 12)
        return history(model, moons()[0], optimizer=optimizer, schedule=schedule, epochs=epochs, **kw).train_loss

    whole = run(4)
    run(2, checkpoint=tmp_path)
    assert run(4, resume=tmp_path) == whole[2:]
    with pytest.raises(ArgumentError, match="makes 9 steps of it"):
        run(5, resume=tmp_path)


def test_a_schedule_that_watches_epochs() -> None:
    optimizer = tg.optim.SGD((model := network()).parameters(), lr=0.1)
    schedule = tg.optim.ReduceLROnPlateau(optimizer)
    with pytest.raises(ArgumentError, match=r"ReduceLROnPlateau watches the loss of an epoch: .*schedule_per='epoch'"):
        start(model, moons()[0], optimizer=optimizer, schedule=schedule, schedule_per="batch")


@pytest.mark.parametrize("notices", [True, False])
@pytest.mark.parametrize(
    ("loss", "gives"),
    [
        (lambda p, t: (p - t) ** 2, r"a Tensor of shape \(\d+,\)"),
        (lambda p, t: tg.reshape(tg.mean(p - t), (1,)), r"a Tensor of shape \(1,\)"),
        (lambda p, t: 1.0, "a float"),
        (lambda p, t: p.numpy().mean(), "a float"),
        (lambda p, t: None, "a NoneType"),
    ],
)
def test_a_loss_is_one_number(loss: Any, gives: str, notices: bool) -> None:
    with pytest.raises(ArgumentError, match=rf"the loss <lambda> must give one number.* gives {gives}"):
        history(network(), moons()[0], loss, notices=notices)


def test_a_loss_of_values_is_one_number() -> None:
    model = tg.nn.mlp((2, 1), rng=0).scalar()
    with pytest.raises(
        ArgumentError, match=r"the loss <lambda> must give one number.* gives a ndarray of shape \(45,\)"
    ):
        history(model, moons()[0], lambda p, t: (p - t) ** 2)
