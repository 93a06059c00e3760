"""Two recorded runs side by side: where they part is where their weights do, and the cause is the option given."""

from __future__ import annotations

import json
import shlex
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinygrad_edu.train import History
from tinygrad_edu_cli.commands.train import train
from tinygrad_edu_cli.training.config import RunConfig
from tinygrad_edu_cli.training.lockstep import first_differing_epoch, lines
from tinygrad_edu_cli.training.parting import Lane, find
from tinygrad_edu_cli.training.run import Run

BASE = "--data moons --n 100 --net 2-8-1 --epochs 4 --optimizer sgd"  # 3 updates an epoch

PARTINGS = {  # what else is given: the update after which the weights differ, and what is said of it
    "--lr 0.2": (1, ["the learning rate is 0.1 / 0.2 (--lr 0.1 / 0.2)"]),
    "--batch-size 16": (1, ["other rows (32 / 16 of them) (--batch-size 32 / 16)"]),
    "--accumulate 2": (1, ["other rows (32 / 64 of them) (--accumulate 1 / 2)"]),
    "--l2 0.1": (1, ["another loss", "--l2 0.0 / 0.1"]),
    "--clip-norm 0.1": (1, ["another gradient (--clip-norm none / 0.1)"]),
    "--weight-decay 0.1": (1, ["another update (--weight-decay none / 0.1)"]),
    "--momentum 0.9": (2, ["another update (--momentum none / 0.9)"]),  # the first step has no step before it
    "--schedule step --step-size 2": (7, ["the learning rate is 0.1 / 0.01", "--schedule none / step"]),
    "--schedule cosine": (4, ["the learning rate is 0.1 / ", "--schedule none / cosine"]),
    "--optimizer adam": (1, ["the learning rate is 0.1 / 0.01", "another update (--optimizer sgd / adam)"]),
    "--epochs 6": (12, ["the first ends after 4 epochs (--epochs 4 / 6)"]),
    "--patience 2 --min-delta 10": (9, ["the second ends after 3 epochs", "--patience none / 2"]),
    "--seed 1": (0, ["other examples (--seed 0 / 1)"]),
    "--noise 0.3": (0, ["other examples (--noise none / 0.3)"]),
    "--net 2-9-1": (0, ["other shapes (--net 2-8-1 / 2-9-1)"]),
    "--activation tanh": (0, ["other weights (--activation relu / tanh)"]),
    "--clip-norm 1000": (None, []),
    "": (None, []),
}


def config(typed: str) -> RunConfig:
    context = train.make_context("train", shlex.split(f"{BASE} {typed}"))
    names = {f.name for f in fields(RunConfig)}
    return RunConfig(**{name: value for name, value in context.params.items() if name in names})


def weights_after_each_update(typed: str) -> list[Any]:
    """By `fit` alone."""
    run = Run.prepare(config(typed))
    found = [np.concatenate([p.numpy().ravel() for p in run.model.parameters()])]
    for event in run.start().events():
        if event.kind == "batch" and event.step == len(found):
            found.append(np.concatenate([p.numpy().ravel() for p in run.model.parameters()]))
    return found


@pytest.mark.parametrize("typed", PARTINGS)
def test_where_and_why(typed):
    step, said = PARTINGS[typed]
    found = find((lambda: Lane(Run.prepare(config(""))), lambda: Lane(Run.prepare(config(typed)))))
    if step is None:
        assert found is None
        return
    assert found is not None and found.step == step and found.epoch == -(-step // 3)
    for part in said:
        assert part in "; ".join(found.causes)
    pairs = zip(weights_after_each_update(""), weights_after_each_update(typed), strict=False)
    unequal = next((k for k, (a, b) in enumerate(pairs) if not np.array_equal(a, b)), None)
    if found.size is not None and "shapes" not in said[0]:
        assert unequal == step


def recorded(cli: Any, folder: Path, typed: str = "") -> str:
    ran = cli("train", *shlex.split(f"{BASE} {typed}"), "--record", str(folder))
    assert ran.code == 0
    return str(folder)


def test_the_command_says_it(cli, tmp_path: Path):
    one, same = recorded(cli, tmp_path / "one"), recorded(cli, tmp_path / "same")
    other = recorded(cli, tmp_path / "other", "--momentum 0.9")
    ran = cli("compare", one, other)
    said = " ".join(ran.out.split())
    assert (
        "They part at update 2, in epoch 1: the same gradient leads to another update (--momentum none / 0.9)." in said
    )
    assert "All recorded numbers are the same." in " ".join(cli("compare", one, same).out.split())
    found = json.loads(cli("compare", one, other, "--json").out.splitlines()[-1])
    assert (found["kind"], found["update"], found["options"]) == ("lockstep", 2, {"momentum": [None, 0.9]})


def test_a_record_that_no_option_explains(cli, tmp_path: Path):
    """As of another machine: numbers in the record that differ in the last digits, or by much."""
    one, other = recorded(cli, tmp_path / "one"), recorded(cli, tmp_path / "other")
    metrics = Path(other) / "metrics.jsonl"
    lines = [json.loads(line) for line in metrics.read_text().splitlines()]
    for factor, word in ((1 + 1e-7, "as little as rounding makes it"), (1.5, "by 0.33 of it")):
        changed = [
            {**line, "train_loss": line["train_loss"] * factor} if line.get("epoch", 0) > 2 and "lr" in line else line
            for line in lines
        ]
        metrics.write_text("".join(json.dumps(line) + "\n" for line in changed))
        said = " ".join(cli("compare", one, other).out.split())
        assert "The records part in epoch 3." in said and word in said and "no option" in said


def test_what_was_steered(cli, tmp_path: Path):
    """A rate that was set by hand in the second epoch, and nothing else."""
    one, other = recorded(cli, tmp_path / "one"), tmp_path / "other"
    run = Run.prepare(config("")).start(other / "checkpoints")
    written = []
    for event in run.events():
        if event.kind == "batch" and event.step == 5:
            run.steer(lr=0.01)
        if event.kind != "batch":
            written.append(json.dumps(event.to_json()) + "\n")
    (other / "config.json").write_text((tmp_path / "one" / "config.json").read_text())
    (other / "metrics.jsonl").write_text("".join(written))
    said = " ".join(cli("compare", one, str(other)).out.split())
    assert "They part at update 6, in epoch 2: the learning rate is 0.1 / 0.01, set by hand." in said


def test_a_run_that_began_with_other_weights(cli, tmp_path: Path):
    one, other, file = recorded(cli, tmp_path / "one"), tmp_path / "other", tmp_path / "net.safetensors"
    cli("train", *shlex.split(BASE), "--save", str(file))
    assert cli("train", *shlex.split(f"{BASE} --lr 0.2"), "--load", str(file), "--record", str(other)).code == 0
    said = " ".join(cli("compare", one, str(other)).out.split())
    assert "They differ from the start: they begin with other weights." in said
    (other / "loaded.safetensors").unlink()  # as those that were recorded before such a copy was kept
    said = " ".join(cli("compare", one, str(other)).out.split())
    assert "They were not trained anew" in said and "are not those that its seed gives here" in said


def test_data_that_changed_since(cli, tmp_path: Path):
    file = tmp_path / "data.csv"
    file.write_text("a,b\n" + "".join(f"{k},{2 * k + k % 3}\n" for k in range(40)))
    for name, rate in (("one", "0.01"), ("other", "0.02")):
        cli("train", "--data", str(file), "--epochs", "2", "--lr", rate, "--record", str(tmp_path / name))
    file.write_text("a,b\n" + "".join(f"{k},{3 * k}\n" for k in range(40)))
    said = " ".join(cli("compare", str(tmp_path / "one"), str(tmp_path / "other")).out.split())
    assert "The records part in epoch 1." in said and "has changed since" in said


def test_the_table():
    one = History(train_loss=[1.0, 0.5, 0.25], lr=[0.1] * 3)
    other = History(train_loss=[1.0, 0.75], lr=[0.1] * 2)
    assert first_differing_epoch(one, other) == 2
    assert [line.split() for line in lines(one, other, ("one", "other"))] == [
        ["epoch", "one", "other"],
        ["1", "1", "1", "the", "same"],
        ["2", "0.5", "0.75", "+0.25", "they", "part"],
        ["3", "0.25", "-", "ended"],
    ]
    nan = float("nan")
    assert first_differing_epoch(History(train_loss=[nan]), History(train_loss=[nan])) is None
    assert first_differing_epoch(History(train_loss=[nan]), History(train_loss=[1.0])) == 1
