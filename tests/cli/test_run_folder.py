"""Recorded runs: what the folder holds, and going on with the same numbers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli.training import QUICK, events, of_the_record, untimed
from tinygrad_edu_cli.training.folder import RunFolder

MORE = ("--dropout", "0.3", "--optimizer", "adam", "--schedule", "exponential", "--patience", "20")


def recorded(folder: Path) -> list[dict]:
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    return [{name: value for name, value in json.loads(line).items() if name != "loss_noise"} for line in lines]


def test_a_folder_holds_config_metrics_and_checkpoints(cli, tmp_path: Path):
    folder = tmp_path / "run"
    told = events(cli("train", *QUICK, "--record", str(folder), "--json"))
    assert recorded(folder) == of_the_record(told)
    config = json.loads((folder / "config.json").read_text())["config"]
    assert (config["net"], config["lr"], config["batch_size"]) == ([2, 4, 1], 0.01, 32)
    assert (folder / "checkpoints" / "checkpoint.json").is_file()


@pytest.mark.parametrize("epochs", [1, 4])
def test_a_run_goes_on_as_if_it_had_not_stopped(cli, tmp_path: Path, epochs):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    cli("train", *QUICK, *MORE, "--epochs", "6", "--record", str(whole))
    cli("train", *QUICK, *MORE, "--epochs", str(epochs), "--record", str(parts))
    ran = cli("train", "--resume", str(parts), "--epochs", "6")
    assert ran.code == 0
    assert untimed(_kinds(recorded(parts))) == [
        each | {"of": epochs} if each["kind"] == "epoch" and each["epoch"] <= epochs else each
        for each in untimed(_kinds(recorded(whole)))
    ]


def test_so_does_one_with_label_smoothing(cli, tmp_path: Path):
    run = ("train", *QUICK, "--net", "2-4-2", "--label-smoothing", "0.3", "--record")
    cli(*run, str(tmp_path / "whole"), "--epochs", "4")
    cli(*run, str(tmp_path / "parts"), "--epochs", "2")
    assert cli("train", "--resume", str(tmp_path / "parts"), "--epochs", "4").code == 0
    whole, parts = (untimed(recorded(tmp_path / name))[-1] for name in ("whole", "parts"))
    assert whole == parts and whole["epoch"] == 4


def test_a_record_that_does_not_know_label_smoothing_had_none(cli, tmp_path: Path):
    cli("train", *QUICK, "--record", str(tmp_path / "run"))
    config = tmp_path / "run" / "config.json"
    content = json.loads(config.read_text())
    del content["config"]["label_smoothing"]
    config.write_text(json.dumps(content))
    assert cli("train", "--resume", str(tmp_path / "run"), "--epochs", "4").code == 0


def _kinds(told):
    """All but the notices: a run that is asked for less is judged earlier."""
    return [each for each in told if each["kind"] != "notice"]


def test_a_run_that_was_killed_goes_on(cli, tmp_path: Path):
    """The process died in the middle of a line, and after the last checkpoint."""
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for folder in (whole, killed):
        cli("train", *QUICK, *MORE, "--record", str(folder))
    cli("train", "--resume", str(whole), "--epochs", "5")
    with open(killed / "metrics.jsonl", "a") as file:
        file.write('{"kind": "epoch", "epoch": 4, "of": 9, "train_loss": 9.9, "lr": 1, "seconds": 1}\n{"kind": "ep')
    assert cli("train", "--resume", str(killed), "--epochs", "5").code == 0
    assert untimed(recorded(killed)) == untimed(recorded(whole))


def test_a_run_without_a_checkpoint_begins_again(cli, tmp_path: Path):
    folder = tmp_path / "run"
    told = events(cli("train", *QUICK, "--record", str(folder), "--json"))
    for file in (folder / "checkpoints").iterdir():
        file.unlink()
    ran = cli("train", "--resume", str(folder), "--json")
    assert untimed(events(ran)) == untimed(told) and "it has no checkpoint, so what came later" in ran.err


def test_a_run_that_has_all_its_epochs(cli, tmp_path: Path):
    cli("train", *QUICK, "--record", str(tmp_path / "run"))
    ran = cli("train", "--resume", str(tmp_path / "run"))
    assert ran.code == 0 and "nothing is left to do" in ran.err and "--epochs 6" in ran.err


def test_a_used_folder_is_refused(cli, tmp_path: Path):
    folder = tmp_path / "run"
    cli("train", *QUICK, "--record", str(folder))
    before = sorted((path, path.stat().st_mtime_ns) for path in folder.rglob("*"))
    ran = cli("train", *QUICK, "--record", str(folder))
    assert ran.code == 2 and f"--resume {folder}" in ran.err
    assert sorted((path, path.stat().st_mtime_ns) for path in folder.rglob("*")) == before
    ran = cli("train", *QUICK, "--record", str(tmp_path))
    assert ran.code == 2 and "not empty" in ran.err
    (tmp_path / "empty").mkdir()
    assert cli("train", *QUICK, "--record", str(tmp_path / "empty")).code == 0


def test_wrong_settings_leave_no_folder(cli, tmp_path: Path):
    assert cli("train", "--data", "moons", "--net", "3-1", "--record", str(tmp_path / "run")).code == 2
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("config.json", None, "has no config.json"),
        ("config.json", "{", "cut off or damaged"),
        ("config.json", "[]", "not the config"),
        ("config.json", '{"kind": "tinygrad-edu run", "version": 99}', "another version"),
        ("config.json", '{"kind": "tinygrad-edu run", "version": 1, "config": {}}', "lacks the field"),
        ("checkpoints/checkpoint.json", "{", "checkpoint.json"),
        ("checkpoints/checkpoint.json", '{"kind": "tinygrad-edu checkpoint", "format": 99}', "newer"),
        ("metrics.jsonl", None, "cannot read"),
        ("metrics.jsonl", "what\n{}\n", "line 1"),
    ],
)
def test_a_damaged_folder(cli, tmp_path: Path, file, content, said):
    folder = tmp_path / "run"
    cli("train", *QUICK, "--record", str(folder))
    if content is None:
        (folder / file).unlink()
    else:
        (folder / file).write_text(content)
    ran = cli("train", "--resume", str(folder), "--epochs", "5")
    assert (ran.code, ran.out) == (4, "") and said in ran.err


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("optimizer", "adamm", "config.optimizer is wrong: unknown 'adamm', did you mean 'adam'?"),
        ("lr", "x", "config.lr is wrong: 'x' is not a number above 0"),
        ("lr", -1, "config.lr is wrong: -1 is not a number above 0"),
        ("net", [2, "x", 1], "config.net[1] should be a whole number"),
        ("net", 3, "config.net should be a list, and is 3"),
        ("betas", [0.9], "config.betas should be a list of 2, and is a list of 1"),
        ("batch_size", 0, "config.batch_size is wrong: '0' is neither"),
        ("standardize", "perhaps", "config.standardize should be true or false"),
        ("data", None, "config.data is missing"),
        ("epochs", None, "config.epochs is missing"),
        ("seed", None, "config.seed is missing"),
    ],
)
def test_a_damaged_setting(cli, tmp_path: Path, name, value, said):
    folder = tmp_path / "run"
    cli("train", *QUICK, "--record", str(folder))
    config = folder / "config.json"
    content = json.loads(config.read_text())
    content["config"][name] = value
    config.write_text(json.dumps(content))
    for ran in (cli("train", "--resume", str(folder)), cli("compare", str(folder), str(folder / "other"))):
        assert (ran.code, ran.out) == (4, "") and said in ran.err and f"cannot read {config}: " in ran.err


@pytest.mark.parametrize("wrong", ['"train_loss": "abc"', '"epoch": "1"', '"epoch": null', '"lr": [1]', '"of": 1.5'])
def test_a_damaged_number(cli, tmp_path: Path, wrong):
    folder = tmp_path / "run"
    cli("train", *QUICK, "--record", str(folder))
    metrics = folder / "metrics.jsonl"
    first, *rest = metrics.read_text().splitlines()
    damaged = json.dumps(json.loads(first) | json.loads(f"{{{wrong}}}"))
    metrics.write_text("\n".join([damaged, *rest, ""]))
    before = metrics.read_text()
    for ran in (cli("train", "--resume", str(folder)), cli("compare", str(folder), str(folder / "other"))):
        assert (ran.code, ran.out) == (4, "") and f"cannot read {metrics}, line 1: " in ran.err
    assert metrics.read_text() == before


def test_a_checkpoint_of_another_model(cli, tmp_path: Path):
    folder = tmp_path / "run"
    cli("train", *QUICK, "--record", str(folder))
    config = folder / "config.json"
    content = json.loads(config.read_text())
    content["config"]["net"] = [2, 5, 1]
    config.write_text(json.dumps(content))
    ran = cli("train", "--resume", str(folder), "--epochs", "5")
    assert (ran.code, ran.out) == (4, "") and "0.weight" in ran.err and "(2, 4)" in ran.err


def test_fewer_epochs_than_there_are(cli, tmp_path: Path):
    folder = tmp_path / "run"
    cli("train", *QUICK, "--record", str(folder))
    before = (folder / "config.json").read_text()
    ran = cli("train", "--resume", str(folder), "--epochs", "2")
    assert (ran.code, ran.out) == (2, "") and "--epochs 2 is less than the 3 that the run has" in ran.err
    assert (folder / "config.json").read_text() == before


def test_data_that_has_changed(cli, tmp_path: Path):
    data, folder = tmp_path / "data.csv", tmp_path / "run"
    data.write_text("x,y\n" + "1,0\n2,1\n" * 10)
    cli("train", "--data", str(data), "--epochs", "2", "--record", str(folder))
    data.write_text("x,y\n" + "1,0\n2,1\n" * 9 + "1,1\n2,0\n")
    ran = cli("train", "--resume", str(folder), "--epochs", "5")
    assert ran.code == 2 and "has changed since" in ran.err


def test_a_schedule_that_was_made_for_its_epochs(cli, tmp_path: Path):
    folder = tmp_path / "run"
    cli("train", *QUICK, "--schedule", "cosine", "--record", str(folder))
    ran = cli("train", "--resume", str(folder), "--epochs", "5")
    assert ran.code == 2 and "cosine" in ran.err


@pytest.mark.parametrize("schedule", ["warmup --warmup 5", "step --step-size 5"])
def test_a_schedule_may_go_on_beyond_the_epochs_of_a_run_that_is_cut_short(
    cli, tmp_path: Path, monkeypatch, ctrl_c, schedule
):
    folder, write = tmp_path / "run", RunFolder.write

    def interrupted(self, event):
        if event["kind"] == "validation" and event["epoch"] == 1:
            signal.raise_signal(signal.SIGINT)
        write(self, event)

    run = (*QUICK, "--epochs", "8", "--schedule", *schedule.split(), "--record", str(folder))
    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, "write", interrupted)
        assert cli("train", *run).code == 130
    assert cli("train", "--resume", str(folder), "--epochs", "3").code == 0


def test_a_short_warm_up_is_recorded(cli, tmp_path: Path):
    """More epochs do not make it longer afterwards."""
    folder = tmp_path / "run"
    cli("train", *QUICK, "--epochs", "2", "--schedule", "warmup", "--record", str(folder))
    assert cli("train", "--resume", str(folder), "--epochs", "4").code == 0
    assert [each["lr"] for each in recorded(folder) if each["kind"] == "epoch"][2:] == [0.01, 0.01]


@pytest.mark.parametrize("kind", ["epoch", "validation"])
def test_an_interrupted_run_ends_with_its_last_line(cli, tmp_path: Path, monkeypatch, ctrl_c, kind):
    """Ctrl-C comes while an event is written: the line is finished, the epoch is told of, and the run ends."""
    write = RunFolder.write

    def interrupted(self, event):
        if event["kind"] == kind and event["epoch"] == 2:
            signal.raise_signal(signal.SIGINT)
        write(self, event)

    monkeypatch.setattr(RunFolder, "write", interrupted)
    folder = tmp_path / "run"
    ran = cli("train", *QUICK, "--epochs", "50", "--record", str(folder), "--json")
    told = events(ran, code=130)
    assert f"go on with: tinygrad-edu train --resume {folder}" in ran.err
    assert told[-1] == told[-1] | {"kind": "end", "epoch": 2, "stopped": "interrupted"}
    assert recorded(folder) == of_the_record(told)
    assert [each["epoch"] for each in told if each["kind"] == "validation"] == [1, 2]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    monkeypatch.undo()
    assert cli("train", "--resume", str(folder), "--epochs", "4").code == 0


def test_a_run_that_was_started_to_ignore_ctrl_c_ignores_it(cli, tmp_path: Path, monkeypatch, ctrl_c):
    """As under nohup, and in the background of a script."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    write = RunFolder.write

    def interrupted(self, event):
        signal.raise_signal(signal.SIGINT)
        write(self, event)

    monkeypatch.setattr(RunFolder, "write", interrupted)
    told = events(cli("train", *QUICK, "--record", str(tmp_path / "run"), "--json"))
    assert told[-1]["stopped"] == "epochs"
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell: run the tests on Linux or macOS")
def test_so_does_one_in_the_background_of_a_script(environment):
    """An interrupt comes as soon as the run has printed a line; it prints all others."""
    script = 'trap "" INT; exec "$@"'
    command = ["train", *QUICK, "--epochs", "30", "--json"]
    call = ["sh", "-c", script, "sh", sys.executable, "-m", "tinygrad_edu_cli", *command]
    process = subprocess.Popen(call, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lines = [process.stdout.readline()]
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert json.loads(f"{lines[0]}{out}".splitlines()[-1])["epoch"] == 30
