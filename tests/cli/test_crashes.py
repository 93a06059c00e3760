"""Recorded runs whose process, folder or lock goes away: what is left is whole, and the run can go on."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest

from cli.killing import RUN, assert_equal_runs, dies_at, in_child, record
from tinygrad_edu.storage import files
from tinygrad_edu_cli.training import folder as folders
from tinygrad_edu_cli.training.folder import RunFolder
from tinygrad_edu_cli.training.lock import lock

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork: run the tests on Linux or macOS")
KILLED = -signal.SIGKILL
EPOCHS = ("--epochs", "4")
OVERFITTING = ("--data", "moons", "--n", "60", "--noise", "0.5", "--net", "2-64-64-1", "--lr", "0.05", "--epochs", "15")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing interrupted, with early stopping."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    assert in_child(*RUN, *EPOCHS, "--record", str(folder)) == 0
    kinds = {line["kind"] for line in record(folder)}
    assert kinds == {"epoch", "validation", "best", "end"} and "loss_noise" in record(folder)[-1]
    return folder


@pytest.mark.parametrize(("nth", "after"), [(1, False), (2, True), (9, False)])
def test_a_line_that_is_missing_is_taken_from_the_checkpoint(cli, tmp_path: Path, whole: Path, nth, after):
    run = tmp_path / "run"
    code = in_child(*RUN, *EPOCHS, "--record", str(run), before=dies_at(RunFolder, "write", nth, after))
    assert code == KILLED and len(record(run)) == nth - (not after)
    assert cli("train", "--resume", str(run)).code == 0
    assert_equal_runs(run, whole)


def test_lines_that_a_power_failure_took_are_too(cli, tmp_path: Path, whole: Path):
    run = tmp_path / "run"
    shutil.copytree(whole, run)
    (run / "metrics.jsonl").write_text("")
    assert cli("train", "--resume", str(run)).code == 0
    assert_equal_runs(run, whole)


def test_notices_are_taken_from_the_checkpoint_as_they_were_told(cli, tmp_path: Path):
    run = tmp_path / "run"
    cli("train", *OVERFITTING, "--record", str(run))
    before = record(run)
    assert any("--dropout 0.2" in line.get("text", "") for line in before)
    (run / "metrics.jsonl").write_text("")
    assert cli("train", "--resume", str(run)).code == 0
    assert record(run) == before


@pytest.mark.parametrize(("name", "nth", "begun"), [("fsync", 1, False), ("replace", 1, False), ("replace", 2, True)])
def test_dying_while_a_folder_is_made_leaves_one_that_can_be_used(cli, tmp_path: Path, whole: Path, name, nth, begun):
    """Until config.json is there, by --record; then by --resume."""
    run = tmp_path / "run"
    assert in_child(*RUN, *EPOCHS, "--record", str(run), before=dies_at(files.os, name, nth)) == KILLED
    assert (run / "config.json").exists() == begun
    resumed = cli("train", "--resume", str(run))
    assert resumed.code == (0 if begun else 4)
    if not begun:
        assert cli(*RUN, *EPOCHS, "--record", str(run)).code == 0
    assert_equal_runs(run, whole)


def test_what_else_is_in_a_folder_is_not_written_over(cli, tmp_path: Path):
    for name in ("notes.txt", "checkpoints/checkpoint.json", ".config"):
        run = tmp_path / name.replace("/", "-")
        (run / name).parent.mkdir(parents=True, exist_ok=True)
        (run / name).touch()
        assert cli(*RUN, "--record", str(run)).code == 2
    run = tmp_path / "metrics"
    run.mkdir()
    (run / "metrics.jsonl").write_text("{}\n")
    assert cli(*RUN, "--record", str(run)).code == 2


def test_leftovers_are_swept_on_resume(cli, tmp_path: Path, whole: Path):
    run = tmp_path / "run"
    shutil.copytree(whole, run)
    for name in (
        ".config-abcdefgh.tmp.json",
        ".metrics-abcdefgh.tmp.jsonl",
        "checkpoints/.checkpoint-abcdefgh.tmp.json",
    ):
        (run / name).touch()
    for name in (".arrays-000009-abcdefgh.tmp.safetensors", "arrays-000009.safetensors"):
        (run / "checkpoints" / name).touch()
    assert cli("train", "--resume", str(run)).code == 0
    assert_equal_runs(run, whole)


def test_two_at_once(cli, tmp_path: Path, whole: Path):
    run = tmp_path / "run"
    shutil.copytree(whole, run)
    before = (run / "metrics.jsonl").read_bytes()
    with lock(run):
        ran = cli("train", "--resume", str(run), "--epochs", "9")
        assert (ran.code, ran.out) == (4, "") and f"another process (number {os.getpid()}) is recording" in ran.err
        assert (run / "metrics.jsonl").read_bytes() == before
    assert cli("train", "--resume", str(run)).code == 0
    (tmp_path / "new").mkdir()
    with lock(tmp_path / "new"):
        ran = cli(*RUN, "--record", str(tmp_path / "new"))
        assert (ran.code, ran.out) == (4, "") and "is recording" in ran.err


def test_whoever_is_second_records_nothing(cli, tmp_path: Path, whole: Path, monkeypatch: pytest.MonkeyPatch):
    """Both have seen an empty folder; the other one was faster."""
    run, original = tmp_path / "run", folders.lock

    def late(path: Path):
        shutil.copytree(whole, path, dirs_exist_ok=True)
        return original(path)

    monkeypatch.setattr(folders, "lock", late)
    ran = cli(*RUN, "--record", str(run))
    assert ran.code == 2 and "a run is recorded there already" in ran.err
    monkeypatch.undo()
    assert_equal_runs(run, whole)


def test_the_lock_of_a_dead_process_keeps_nobody_out(cli, tmp_path: Path, whole: Path):
    run = tmp_path / "run"
    assert in_child(*RUN, *EPOCHS, "--record", str(run), before=dies_at(RunFolder, "write", 4)) == KILLED
    assert (run / ".lock").exists()
    assert cli("train", "--resume", str(run)).code == 0
    assert_equal_runs(run, whole)


def test_a_run_that_fails_lets_others_record(cli, tmp_path: Path, whole: Path, monkeypatch: pytest.MonkeyPatch):
    run = tmp_path / "run"
    shutil.copytree(whole, run)
    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, "reopen", lambda *_: 1 / 0)
        assert cli("train", "--resume", str(run)).code == 1
    assert cli("train", "--resume", str(run)).code == 0


@pytest.mark.parametrize("gone", ["", "metrics.jsonl", "checkpoints"])
@pytest.mark.parametrize(("how", "kind"), [("deleted", "epoch"), ("moved", "validation")])
def test_a_folder_that_goes_away_is_told(cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gone, how, kind):
    run, write = tmp_path / "run", RunFolder.write
    place = run / gone

    def go(self: RunFolder, event) -> None:
        if (event["kind"], event["epoch"]) == (kind, 2):
            if how == "moved":
                place.rename(tmp_path / "elsewhere")
            elif place.is_dir():
                shutil.rmtree(place)
            else:
                place.unlink()
        write(self, event)

    monkeypatch.setattr(RunFolder, "write", go)
    ran = cli(*RUN, *EPOCHS, "--record", str(run))
    assert ran.code == 4 and f"error: {place} was deleted or moved while the run was recorded there" in ran.err
    assert not place.exists()
