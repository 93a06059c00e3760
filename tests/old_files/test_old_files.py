"""Files that an earlier version wrote, whose modules lay elsewhere, are read: a trace, a run, a network, a pickle.

They are never written again. trace.json: `step "tanh(w*x + b)"`, with w=2, x=-1,
b=0.5. run, model.safetensors: `train --data moons --n 60 --net 2-4-1 --epochs 3 --seed 1`. before.pickle:
    {"model": Sequential(Dense, BatchNorm1d, Dropout, Dense), "L": (a*b).tanh() + a with a=2, b=-3,
     "loss": (w @ w).relu().sum() with w=[[1, 2], [3, 4]], "schedule": StepLR(Adam of the model, 3)}
"""

from __future__ import annotations

import json
import math
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu_cli.main import main

HERE = Path(__file__).parent


def test_a_trace(capsys):
    assert main(["step", str(HERE / "trace.json"), "--plain"]) == 0
    slope = 1 - math.tanh(-1.5) ** 2
    told = capsys.readouterr().out
    assert f"n5 = tanh(n4) = tanh(-1.5) = {math.tanh(-1.5):.6g}" in told
    assert [row.split() for row in told.partition("\nNext")[0].strip().splitlines()[-3:]] == [
        ["w", "2", f"{-slope:.6g}"],
        ["x", "-1", f"{2 * slope:.6g}"],
        ["b", "0.5", f"{slope:.6g}"],
    ]


def test_a_recorded_run_goes_on_as_if_it_had_not_ended(tmp_path, capsys):
    shutil.copytree(HERE / "run", tmp_path / "run")
    assert main(["train", "--resume", str(tmp_path / "run"), "--epochs", "6", "--plain"]) == 0
    whole = ["train", *"--data moons --n 60 --net 2-4-1 --epochs 6 --seed 1 --plain --record".split()]
    assert main([*whole, str(tmp_path / "whole")]) == 0
    capsys.readouterr()
    resumed, uninterrupted = (losses(tmp_path / name) for name in ("run", "whole"))
    assert len(uninterrupted) == 6
    np.testing.assert_allclose(resumed, uninterrupted, rtol=1e-5)


def losses(folder: Path) -> list[float]:
    lines = map(json.loads, (folder / "metrics.jsonl").read_text().splitlines())
    return [line["train_loss"] for line in lines if line["kind"] == "epoch"]


def test_a_saved_network(capsys):
    start = ["train", "--data", "moons", "--n", "60", "--seed", "1", "--epochs", "1", "--json"]
    firsts = []
    for more in (["--net", "2-4-1"], ["--load", str(HERE / "model.safetensors")]):
        assert main([*start, *more]) == 0
        events = map(json.loads, capsys.readouterr().out.splitlines())
        firsts.append(next(event["train_loss"] for event in events if event["kind"] == "epoch"))
    assert firsts[1] < 0.95 * firsts[0]  # it goes on with what three epochs had learned


@pytest.fixture(scope="module")
def pickled() -> dict:
    return pickle.loads((HERE / "before.pickle").read_bytes())


def test_pickled_graphs(pickled):
    pickled["L"].backward()
    slope = 1 - math.tanh(-6) ** 2  # dL/da = slope · b + 1, dL/db = slope · a
    leaves = {node.name: node.grad for node in tg.nodes(pickled["L"]) if node.name}
    assert leaves == pytest.approx({"a": 1 - 3 * slope, "b": 2 * slope})
    pickled["loss"].backward()
    (w,) = {node for node in tg.nodes(pickled["loss"]) if node.name == "w"}
    ones = np.ones((2, 2))
    np.testing.assert_allclose(w.grad.numpy(), ones @ w.numpy().T + w.numpy().T @ ones)


def test_a_pickled_model_and_its_schedule(pickled):
    model, schedule = pickled["model"], pickled["schedule"]
    x = np.array([[1.0, 2.0], [-1.0, 0.5], [0.0, 3.0]], np.float32)
    hidden = np.tanh(x @ model[0].weight.numpy() + model[0].bias.numpy())
    expected = hidden / np.sqrt(1 + 1e-5) @ model[3].weight.numpy() + model[3].bias.numpy()
    np.testing.assert_allclose(model.eval()(tg.Tensor(x)).numpy(), expected, rtol=1e-5)
    assert len(list(model.train().parameters())) == 6
    assert schedule.alone
    rates = []
    for _ in range(4):
        rates.append(schedule.optimizer.lr)
        schedule.optimizer.step()
        schedule.step()
    assert rates == pytest.approx([0.01, 0.01, 0.01, 0.001])
