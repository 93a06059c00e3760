"""What `fit` refuses before anything is learned, and what it says then."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.errors import ArgumentError, DataError, DeviceError
from train.small_runs import history, moons, network, start


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
