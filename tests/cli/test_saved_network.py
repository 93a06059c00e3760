"""tinygrad-edu train --load: a network of another kind of run, and a file that does not say what it holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tinygrad_edu as tg
from cli.training import QUICK, events


def test_dropout_is_a_matter_of_the_run(cli, tmp_path: Path):
    """It has no weights: a network that was trained with it goes on without, and the other way round."""
    trained, loaded = str(tmp_path / "a.safetensors"), str(tmp_path / "b.safetensors")
    for before, after in ((["--dropout", "0.5"], []), ([], ["--dropout", "0.5"]), (["--dropout", "0.5"],) * 2):
        end = events(cli("train", *QUICK, *before, "--save", trained, "--json"))[-1]
        more = ("--data", "moons", "--n", "60", "--epochs", "1", "--lr", "1e-9", *after)  # hardly changes the weights
        again = events(cli("train", *more, "--load", trained, "--save", loaded, "--json"))[-1]
        assert again["validation_loss"] == pytest.approx(end["validation_loss"], rel=1e-5)


def test_data_that_the_network_was_not_made_for(cli, tmp_path: Path):
    """To choose another --net would not help: the weights have the shape that they have."""
    path = str(tmp_path / "net.safetensors")
    cli("train", *QUICK, "--save", path)
    ran = cli("train", "--data", "iris", "--load", path)
    assert (ran.code, ran.out) == (2, "") and ", 2-4-1, does not fit iris: " in ran.err and "try --net" not in ran.err
    assert path in ran.err and "without --load" in ran.err


@pytest.mark.parametrize(
    "wrong",
    [
        *[{"net": "abc"}, {"net": [2, -4, 1]}, {"net": 5}, {"activation": "rleu"}, {"activation": 3}, {"dropout": 2}],
        *[{"standardizer": "x"}, {"standardizer": {"mean": [1.0, 2.0]}}, {"standardizer": dict.fromkeys("ab", 1)}],
    ],
)
def test_a_file_that_describes_its_network_wrongly(cli, tmp_path: Path, wrong):
    path = tmp_path / "net.safetensors"
    tg.train.save_model(path, tg.nn.mlp([2, 4, 1]), {"net": [2, 4, 1], "activation": "relu", **wrong})
    ran = cli("train", "--data", "moons", "--load", str(path))
    assert (ran.code, ran.out) == (4, "") and ran.err.startswith("error: ") and "itself failed" not in ran.err
    assert f"cannot read {path}: meta." in ran.err


def test_a_file_of_a_program_of_your_own(cli, tmp_path: Path):
    """It need not say anything of its network: then the options do."""
    path = tmp_path / "net.safetensors"
    model = tg.nn.mlp([2, 4, 1])
    tg.train.save_model(path, model)
    more = ("--data", "moons", "--n", "60", "--epochs", "1", "--lr", "1e-9", "--no-standardize")
    assert cli("train", *more, "--net", "2-4-1", "--load", str(path), "--save", str(path)).code == 0
    again = tg.nn.mlp([2, 4, 1])
    tg.train.load_model(path, again)
    np.testing.assert_allclose(next(again.parameters()).numpy(), next(model.parameters()).numpy(), atol=1e-6)


@pytest.mark.parametrize("activation", [None, "linear"])
def test_a_network_without_a_bend_goes_on_without_one(cli, tmp_path: Path, activation):
    """Layers of linear units are one layer: their boundary stays a straight line."""
    train, _ = tg.data.load("moons", n=40).split()
    model, path, run = tg.nn.mlp([2, 6, 1], activation, rng=0), tmp_path / "net.safetensors", tmp_path / "run"
    tg.save(model, path, train, standardizer=tg.data.Standardizer.fit(train))
    typed = ("train", "--data", "moons", "--n", "40", "--load", str(path), "--epochs", "1", "--plain")
    ran = cli(*typed, "--record", str(run))
    assert ran.code == 0 and "Net:  2-6-1, linear, 25 parameters" in ran.out
    assert cli("train", "--resume", str(run), "--epochs", "2", "--plain").code == 0
