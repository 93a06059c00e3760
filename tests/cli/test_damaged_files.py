"""Damaged files: what is wrong, and where, in one sentence, and exit code 4. (`pytest -m fuzz` tries thousands.)"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from cli.training import QUICK
from tinygrad_edu.storage.arrays import to_bytes
from tinygrad_edu_cli.main import main

Edit = Callable[[Any], Any]
DEEP = "[" * 100_000
DIGITS = "9" * 5000


def put(*path: Any) -> Edit:
    """Put the last of the arguments into a place of a document, to which the others lead; DROP deletes."""
    *way, key, value = path

    def edit(document: Any) -> None:
        for step in way:
            document = document[step]
        if value is DROP:
            del document[key]
        else:
            document[key] = value

    return edit


DROP = object()


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recorded run of everything that has a state."""
    folder = tmp_path_factory.mktemp("recorded") / "run"
    more = ("--optimizer", "sgd", "--momentum", "0.9", "--schedule", "plateau", "--patience", "9")
    assert main(["train", *QUICK, *more, "--record", str(folder)]) == 0
    return folder


@pytest.fixture
def folder(recorded: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(recorded, tmp_path / "run"))


def rewrite(file: Path, edit: Edit) -> None:
    document = json.loads(file.read_text())
    edit(document)
    file.write_text(json.dumps(document))


def check(ran: Any, file: Path, said: str) -> None:
    assert (ran.code, ran.out) == (4, ""), ran.err
    assert ran.err.startswith(f"error: cannot read {file}") and said in ran.err and ran.err.count("\n") <= 2


TALLY = {"n": 8, "loss": 1.0, "score": 1.0}
PART = {"batches": 1, "rows": 8, "seconds": 0.1, "lr": 0.1, "tally": TALLY}
STATE = [
    (put("epoch", "3"), 'state.epoch should be a whole number of at least 0, and is "3"'),
    (put("epoch", 7), "state.history.epoch has 3 entries, and there were 7 epochs"),
    (put("step", None), "state.step should be a whole number of at least 0, and is null"),
    (put("settings", "x"), 'state.settings should be an object, and is "x"'),
    (put("told", DROP), "state lacks the field 'told'"),
    (put("told", [{"epoch": 1}]), "state.told[0] lacks the field 'name'"),
    (put("history", DROP), "state lacks the field 'history'"),
    (put("history", "train_loss", True), "state.history.train_loss should be a list, and is true"),
    (put("history", "train_loss", [1.0]), "state.history.train_loss has 1 entries, and there were 3 epochs"),
    (put("history", "train_loss", 1, "x"), 'state.history.train_loss[1] should be a number, and is "x"'),
    (put("history", "validation_loss", DROP), "state.history lacks the field 'validation_loss'"),
    (put("history", "epoch", [1, 3, 2]), "state.history.epoch should count from 1 to 3"),
    (put("history", "pace", []), 'state.history has the field "pace", which is none of its fields'),
    (put("measured", {"tuple": [1.0]}), "state.measured should be a tuple of 3, and is a list of 1"),
    (put("measured", {"tuple": 5}), "state.measured.tuple should be a list, and is 5"),
    (put("measured", {"float": "big"}), 'state.measured should be one of "nan", "inf", "-inf", and is "big"'),
    (put("early_stopping", "waited", -1), "state.early_stopping.waited should be a whole number of at least 0"),
    (put("best", "weights", {}), "state.best.weights differs from the model in the shape of"),
    (put("notices", "given", [["flat"]]), "state.notices.given[0] should be a text, and is a list of 1"),
    (put("model", "0.weight", {"array": "?"}), 'state.model["0.weight"] is the array "?", which the file of arrays'),
    (put("steered", 1), "state.steered is more than there are in steering"),
    (put("steering", [{"epoch": 1}]), "state.steering[0] lacks the field 'step'"),
    (put("steering", [{"epoch": 1, "step": 0, "lr": -1}]), "state.steering[0].lr should be a number of at least 0"),
    (put("part", {"batches": 1}), "state.part lacks the field"),
    (put("part", {**PART, "rows": 9}), "state.part does not say from how many rows was learned"),
    (put("part", {**PART, "rows": 99, "tally": {**TALLY, "n": 99}}), "state.part has 99 rows, and the data"),
    (put("extra", "loss_noise", "last_two", 1.0), "state.extra.loss_noise.last_two should be a list, and is 1.0"),
    (put("model", "0.weight", [1.0]), "should be an array of numbers, and is a list of 1"),
]


@pytest.mark.parametrize(("edit", "said"), STATE, ids=[said for _, said in STATE])
def test_a_checkpoint(cli, folder: Path, edit, said):
    file = folder / "checkpoints" / "checkpoint.json"
    rewrite(file, lambda document: edit(document["state"]))
    before = {each: each.read_bytes() for each in folder.rglob("*.*") if each.is_file()}
    check(cli("train", "--resume", str(folder), "--epochs", "5"), file, said)
    assert {each: each.read_bytes() for each in folder.rglob("*.*") if each.is_file()} == before


STATES_OF_PARTS = [
    (put("optimizer", "groups", 0, "steps", 5), "groups[0].steps should be a list, and is 5"),
    (put("optimizer", "groups", 0, "settings", "lr", "x"), 'groups[0].settings.lr should be a number, and is "x"'),
    (put("optimizer", "groups", 0, "settings", "params", 1), 'has the field "params", which is none of its fields'),
    (put("optimizer", "groups", 0, "settings", "nesterov", "y"), "nesterov should be true or false"),
    (put("optimizer", "groups", []), "the state is that of other parameters, or damaged"),
    (put("optimizer", "kind", "S" * 9999), "SSSS, this optimizer is SGD"),
    (put("schedule", "best", "low"), 'ReduceLROnPlateau: the state is damaged: best should be a number, and is "low"'),
    (put("schedule", "steps", 1e300), "steps should be a whole number of at least 0, and is 1e+300"),
    (put("settings", "seed", [0]), "should be a single value, and is a list of 1"),
]


@pytest.mark.parametrize(("edit", "said"), STATES_OF_PARTS, ids=[said for _, said in STATES_OF_PARTS])
def test_the_states_of_optimizer_and_schedule(cli, folder: Path, edit, said):
    rewrite(folder / "checkpoints" / "checkpoint.json", lambda document: edit(document["state"]))
    ran = cli("train", "--resume", str(folder), "--epochs", "5")
    assert (ran.code, ran.out) == (4, "") and said in ran.err and str(folder) in ran.err


TEXTS = [
    ("checkpoints/checkpoint.json", '"kind"', '"kind": "x", "kind"', 'the field "kind" stands twice'),
    ("checkpoints/checkpoint.json", '"format": 2', f'"format": {DIGITS}', "a whole number of 5,000 digits"),
    ("checkpoints/checkpoint.json", '"format": 2', '"format": Infinity', "the word Infinity, which is not JSON"),
    ("checkpoints/checkpoint.json", '"format": 2', f'"format": {DEEP}', "it is nested too deeply"),
    ("checkpoints/checkpoint.json", '"arrays-', '"../arrays-', "arrays should be the name of a file such as"),
    ("config.json", '"seed": 0', '"seed": -1', "config.seed is wrong: -1 is not a whole number of at least 0"),
    ("config.json", '"seed": 0', f'"seed": {DIGITS}', "a whole number of 5,000 digits"),
    ("config.json", '"n": 60', '"n": {}', "config.n should be a single value, and is an object"),
    ("config.json", '"data": "moons"', '"data": 7', "config.data should be a text, and is 7"),
    ("config.json", '"data": "moons"', '"data": "\\u0000.csv"', "embedded null byte"),
    ("config.json", '"version": 2', '"version": true', "version should be one of 1, 2, and is true"),
    (
        "config.json",
        '"guessing_loss": ',
        '"guessing_loss": "x", "was": ',
        'has the field "was", which is none of its',
    ),
    ("metrics.jsonl", '"epoch": 2, "of"', '"epoch": 1, "of"', "line 4: epoch is 1, and the epoch before was 1"),
    ("metrics.jsonl", '"kind": "epoch"', '"kind": "era"', 'line 1: kind should be one of "epoch", "validation"'),
    ("metrics.jsonl", '"of": 3', f'"of": {DEEP}', "line 1: it is nested too deeply"),
    ("metrics.jsonl", '"kind": "best"', '"kind": "undo"', 'line 3: it has the field "validation_loss"'),
    ("metrics.jsonl", '"kind": "epoch"', '"kind": "steer"', "line 1: it lacks the field 'step'"),
    ("metrics.jsonl", '{"kind": "end"', '{"kind": "undo", "epoch": 4}\n{"kind": "end"', "epoch is 4, and there were 3"),
    ("metrics.jsonl", '"lr": ', '"lr": -', "lr should be a number of at least 0, and is -"),
]


@pytest.mark.parametrize(("name", "old", "new", "said"), TEXTS, ids=[f"{name} {said}" for name, _, _, said in TEXTS])
def test_the_text_of_a_file(cli, folder: Path, name, old, new, said):
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1))
    ran = cli("train", "--resume", str(folder), "--epochs", "5")
    assert (ran.code, ran.out) == (4, "") and said in ran.err and ran.err.startswith("error: cannot read ")
    assert len(ran.err) < 1000


META = [
    ({"net": {"tuple": 1}}, "meta.net.tuple should be a list, and is 1"),
    ({"dropout": {"array": "meta/none"}}, 'meta.dropout is the array "meta/none", which the file of arrays does not'),
    ({"standardizer": {"mean": [0.0, 0.0]}}, "meta.standardizer is wrong: the state of the standardizer is damaged"),
    ([1], "meta should be an object, and is a list of 1"),
]


@pytest.mark.parametrize(("meta", "said"), META, ids=[said for _, said in META])
def test_what_a_file_of_weights_says_of_its_model(cli, tmp_path: Path, meta, said):
    file = tmp_path / "net.safetensors"
    model = tg.nn.mlp([2, 4, 1])
    words = {"kind": "tinygrad-edu model", "format": 1, "tinygrad_edu": "0.1", "meta": meta}
    arrays = {f"model/{name}": array for name, array in model.state_dict().items()}
    file.write_bytes(to_bytes(arrays, {"tinygrad_edu": json.dumps(words)}))
    check(cli("train", "--data", "moons", "--load", str(file)), file, said)


HEADERS = [
    ('{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}, "a": 1}', 'the field "a" stands twice'),
    ('{"a": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}}', "a.dtype should be one of"),
    ('{"a": {"dtype": "F32", "shape": [9223372036854775807, 8], "data_offsets": [0, 4]}}', "no safetensors file"),
    ('{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 9]}}', "is no safetensors file, or was cut off"),
    ('{"__metadata__": {"tinygrad_edu": 1}}', "__metadata__.tinygrad_edu should be a text, and is 1"),
    ("[1]", "it should be an object, and is a list of 1"),
    (DEEP, "it is nested too deeply"),
]


@pytest.mark.parametrize(("header", "said"), HEADERS, ids=[said for _, said in HEADERS])
def test_the_header_of_a_file_of_weights(cli, tmp_path: Path, header, said):
    file = tmp_path / "net.safetensors"
    file.write_bytes(len(header).to_bytes(8, "little") + header.encode() + bytes(4))
    check(cli("train", "--data", "moons", "--load", str(file)), file, said)


def test_a_standardizer_that_makes_no_numbers(cli, tmp_path: Path):
    """Too small a scale makes infinities of the data."""
    file = tmp_path / "net.safetensors"
    state = {"mean": np.zeros(2), "scale": np.full(2, 1e-320), "target_mean": np.array(0.0), "target_scale": 1.0}
    meta = {"net": [2, 4, 1], "standardizer": {**state, "target_scale": np.array(1.0)}}
    tg.train.save_model(file, tg.nn.mlp([2, 4, 1]), meta)
    ran = cli("train", "--data", "moons", "--load", str(file))
    assert (ran.code, ran.out) == (4, "") and "only finite numbers can be learned from" in ran.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--net", f"2-{DIGITS}-1"),
        ("--batch-size", DIGITS),
        ("--seed", "9" * 400),
        ("--epochs", DIGITS),
        ("--lr", DIGITS),
    ],
    ids=lambda arguments: arguments[0],
)
def test_numbers_of_very_many_digits(cli, arguments):
    ran = cli("train", *arguments)
    assert (ran.code, ran.out) == (2, "") and "itself failed" not in ran.err and len(ran.err) < 500


def test_a_table_of_very_many_columns(cli, tmp_path: Path):
    """Names are compared with all before them: in one step, not in as many as there are."""
    file = tmp_path / "wide.csv"
    file.write_text(",".join(f"c{k}" for k in range(60_000)) + ",c0\n" + "0," * 60_000 + "1\n")
    ran = cli("train", "--data", str(file))
    assert (ran.code, ran.out) == (4, "") and "two columns are named 'c0'" in ran.err


def test_a_cell_that_is_very_long(cli, tmp_path: Path):
    file = tmp_path / "long.csv"
    file.write_text("a,b\n1,2\n" + "x" * 100_000 + ",3\n")
    ran = cli("train", "--data", str(file))
    assert (ran.code, ran.out) == (4, "") and "xxx…' is not a number" in ran.err and len(ran.err) < 500


STEERED = [
    ({"batch_size": 9999}, "cannot be steered as its log says after update 0: batch_size=9999 is more than the"),
    ({"optimizer": "Adam"}, "the optimizer that the run was steered to cannot be made"),
    ({"optimizer": "Adam", "groups": [{"params": [0]}]}, "has 1 of the 4 parameters"),
    ({"optimizer": "Adam", "groups": [{"params": [0, 1, 2, 3], "lr": -1}]}, "lr must be a number of at least 0"),
    ({"optimizer": "tensor", "groups": []}, "the optimizer 'tensor', which is none of tg.optim"),
]


@pytest.mark.parametrize(("steered", "said"), STEERED, ids=[said for _, said in STEERED])
def test_what_cannot_be_steered(cli, folder: Path, steered, said):
    """A line of the record that is well formed, and asks for what this run cannot be."""
    for file in (folder / "checkpoints").iterdir():
        file.unlink()
    line = json.dumps({"kind": "steer", "epoch": 1, "step": 0, **steered})
    (folder / "metrics.jsonl").write_text(f"{line}\n")
    ran = cli("train", "--resume", str(folder))
    assert ran.code == 4 and said in " ".join(ran.err.split())
