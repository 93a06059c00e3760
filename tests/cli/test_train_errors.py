"""tinygrad-edu train, wrongly asked: one clear error each, with its exit code, and nothing on the standard output."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

import tinygrad_edu as tg
from cli.training import QUICK

USAGE, MISSING, UNREADABLE = 2, 3, 4


def check(ran, code, *said):
    assert (ran.code, ran.out) == (code, ""), ran.err
    assert ran.err.startswith("error: ") and "Traceback" not in ran.err and "itself failed" not in ran.err
    for text in said:
        assert text in ran.err, ran.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("--data moon", "did you mean 'moons'?"),
        ("--data mnits", "did you mean 'mnist'?"),
        ("--optimizer adma", "did you mean 'adam'?"),
        ("--activation rleu", "did you mean 'relu'?"),
        ("--loss cross-entropi", "did you mean 'cross_entropy'?"),
        ("--schedule cosin", "did you mean 'cosine'?"),
        ("--device cdua", "did you mean 'cuda'?"),
        ("--device nonsense", "cpu, cuda, cuda:1"),
        ("--lr -0.1", "--lr"),
        ("--lr 0", "above 0"),
        ("--lr nan", "above 0"),
        ("--lr inf", "above 0"),
        ("--lr 1e400", "not finite"),
        ("--lr fast", "'fast' is not a number"),
        ("--dropout 1.0", "below 1"),
        ("--dropout -0.1", "at least 0"),
        ("--patience 0", "at least 1"),
        ("--patience 1.5", "whole number"),
        ("--epochs 0", "at least 1"),
        ("--l2 -1", "at least 0"),
        ("--seed -1", "at least 0"),
        ("--betas 0.9 1.0", "below 1"),
        ("--validation 1", "below 1"),
        ("--batch-size 0", "neither a whole number of at least 1 nor 'full'"),
        ("--data moons --n 100 --batch-size 81", "moons has 80 examples"),
        ("--net 2", "as in 2-16-1"),
        ("--net 2-x-1", "as in 2-16-1"),
        ("--net 2--1", "as in 2-16-1"),
        ("--net 2-0-1", "as in 2-16-1"),
        ("--data moons --net 64-64-10", "the net has 64 inputs and 10 outputs, the data has 2 inputs and 2 classes"),
        ("--data moons --net 64-64-10", "try --net 2-64-1"),
        ("--data diabetes --net 10-3", "1 number"),
        ("--data moons --loss cross_entropy", "the net 1 output"),
        ("--data diabetes --loss hinge", "mse, mae or huber"),
        ("--momentum 0.9", "sgd or rmsprop"),
        ("--momentum 0", "sgd or rmsprop"),  # 0 is a setting, too
        ("--alpha 0", "rmsprop"),
        ("--optimizer sgd --nesterov", "--momentum 0.9"),
        ("--gamma 0.5", "there is no schedule"),
        ("--schedule cosine --step-size 3", "the schedule is cosine"),
        ("--min-delta 0.1", "--patience"),
        ("--label-smoothing 1", "below 1"),
        ("--data moons --label-smoothing 0.1", "a setting of the loss cross_entropy, and the loss is binary_cross_en"),
        ("--data moons --label-smoothing 0", "give each class an output: --net 2-32-32-2"),
        ("--data moons --loss mse --label-smoothing 0.1", "each class an output: --net 2-32-32-2 --loss cross_entropy"),
        ("--data iris --loss mse --label-smoothing 0.1", "leave it out, or choose --loss cross_entropy"),
        ("--data sine --label-smoothing 0.1", "leave it out: sine has no classes"),
        ("--data digits --noise 0.1", "noise"),
        ("--noise 1e308", "of at most 1,000,000"),
        ("--n 99999999999999999999", "of at most 100,000,000"),
        ("--data moons --net 2-1000000-1000000-1", "1,000,005,000,001 weights, more than there is memory for"),
        ("--device cuda:x", "unknown 'cuda:x'"),
        ("--data digits --n 2000", "1797 rows, fewer than --n 2000"),
        ("--data moons --validation 0.0001", "--validation 0.0001 of 1000 rows"),
        ("--data moons --net 3-4-3", "3 inputs and 3 outputs"),
        ("--data sine --net 2-1", "2 inputs and 1 output, the data has 1 input and 1 number"),
        ("--data sine --n 10 --validation 0.1", "R² is undefined for the single example that is held out of 10"),
        ("--data sine --n 10 --validation 0.1", "give --validation 0.2 or more"),
        ("--data sine --n 1000 --validation 0.001", "give --validation 0.01 or more"),
        ("--data sine --n 2 --validation 0.5", "give more examples"),
        ("--schedule warmup --warmup 9 --epochs 8", "--warmup 9 is longer than the run, which has 8 epochs"),
        ("--schedule onecycle --warmup 9 --epochs 8", "give --warmup 8 or less, or --epochs 9 or more"),
        ("--schedule step --step-size 8 --epochs 8", "--step-size 8 leaves no step in 8 epochs"),
        ("--schedule step --step-size 9 --epochs 8", "give --step-size 7 or less, or --epochs 10 or more"),
        ("--schedule step --step-size 1 --epochs 1", "give --epochs 2 or more"),
        ("--data moons --target y", "CSV"),
        ("--plain --json", "exclude"),
        ("--batches", "--json"),
        ("--save model.pt", ".safetensors"),
        ("--resume run --lr 0.1", "--lr"),
        ("moons", "unexpected extra argument"),
    ],
)
def test_wrong_usage(cli, arguments, said):
    check(cli("train", *arguments.split()), USAGE, said)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a,b,y\n1,2,0\n1,,1\n", ["no column to learn from", "'b' is left out: the same"]),
        (b"a,b,y\n1,x,0\n3,4,1\n", ["line 2, column 2 ('b')", "'x' is not a number"]),
        (b"a,b,y\n1,2,0\n3,4,0\n", ["only one class"]),
        (b"a,b,y\n", ["no rows"]),
        (b"", ["empty"]),
        (b"a,b,y\n1,2,0\n3,1\n", ["line 3", "2 cells"]),
        (b"PK\x03\x04a,b,y\n1,2,\xff\n3,4,\xfe\n", ["is no text"]),
        (None, ["No such file"]),
    ],
)
def test_a_csv_file_that_cannot_be_learned_from(cli, tmp_path: Path, content, said):
    path = tmp_path / "grades.csv"
    if content is not None:
        path.write_bytes(content)
    check(cli("train", "--data", str(path)), UNREADABLE, "grades.csv", *said)


def test_a_column_that_is_not_there(cli, tmp_path: Path):
    path = tmp_path / "grades.csv"
    path.write_text("hours,passed\n" + "1,no\n5,yes\n" * 10)
    check(cli("train", "--data", str(path), "--target", "pased"), USAGE, "did you mean 'passed'?")
    ran = cli("train", "--data", str(path), "--epochs", "2")
    assert ran.code == 0 and "2 classes (no, yes)" in ran.out


def test_a_file_that_takes_long_to_read_is_announced_at_a_terminal(cli, tmp_path: Path, monkeypatch):
    (path := tmp_path / "grades.csv").write_text("hours,passed\n" + "1,no\n5,yes\n" * 10)
    typed = ("train", "--data", str(path), "--epochs", "1", "--plain")
    at_a_terminal = SimpleNamespace(stderr=SimpleNamespace(isatty=lambda: True))
    assert cli(*typed).err == ""
    monkeypatch.setattr("tinygrad_edu_cli.training.run.sys", at_a_terminal)
    assert cli(*typed).err == ""
    monkeypatch.setattr("tinygrad_edu_cli.training.run.LARGE", 100)
    assert cli(*typed).err == f"reading {path} ...\n"
    check(cli("train", "--data", "a\0.csv"), UNREADABLE, "cannot read")


def test_a_package_that_is_missing(cli, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "sklearn.datasets", None)
    check(cli("train", "--data", "iris"), MISSING, "pip install 'tinygrad-edu[data]'")


def test_safetensors_is_missing(cli, monkeypatch, tmp_path: Path):
    monkeypatch.setitem(__import__("sys").modules, "safetensors.numpy", None)
    for option in ("--save", "--load"):
        ran = cli("train", *QUICK, option, str(_saved(tmp_path)))
        assert ran.code == MISSING and "pip install safetensors" in ran.err


def _saved(folder: Path) -> Path:
    path = folder / "net.safetensors"
    path.touch()
    return path


def test_a_gpu_that_is_not_there(cli):
    try:
        tg.backends.get("cuda")
    except tg.DeviceError:
        check(cli("train", "--device", "cuda"), MISSING, "--device cuda")
    else:
        pytest.skip("needs a machine without a GPU: CUDA_VISIBLE_DEVICES= pytest")


@pytest.mark.skipif(
    os.name == "nt" or os.geteuid() == 0,
    reason="needs another user than root, on Linux or macOS",
)
def test_places_that_are_write_protected(cli, tmp_path: Path):
    tmp_path.chmod(0o500)
    check(cli("train", *QUICK, "--record", str(tmp_path / "run")), UNREADABLE, "cannot write")
    check(cli("train", *QUICK, "--save", str(tmp_path / "a.safetensors")), UNREADABLE, "write-protected")


def test_places_that_cannot_be(cli, tmp_path: Path):
    (tmp_path / "file").write_text("mine")
    check(cli("train", *QUICK, "--record", str(tmp_path / "file" / "run")), UNREADABLE, "cannot write")
    check(cli("train", *QUICK, "--save", str(tmp_path / "no" / "a.safetensors")), UNREADABLE, "does not exist")
    (tmp_path / "folder.safetensors").mkdir()
    check(cli("train", *QUICK, "--save", str(tmp_path / "folder.safetensors")), UNREADABLE, "it is a folder")
    os.mkfifo(tmp_path / "pipe.safetensors")
    check(cli("train", *QUICK, "--save", str(tmp_path / "pipe.safetensors")), UNREADABLE, "it is no regular file")
    os.mkfifo(tmp_path / "pipe.html")
    check(cli("step", "--html", str(tmp_path / "pipe.html")), UNREADABLE, "it is no regular file")


def test_a_saved_network_keeps_its_mode_and_a_link_leads_on(cli, tmp_path: Path):
    real, link = tmp_path / "real.safetensors", tmp_path / "link.safetensors"
    real.touch(0o640)
    link.symlink_to(real)
    assert cli("train", *QUICK, "--save", str(link)).code == 0
    assert link.is_symlink() and real.stat().st_size > 0 and real.stat().st_mode & 0o777 == 0o640


def test_saving_and_loading(cli, tmp_path: Path):
    path = str(tmp_path / "net.safetensors")
    saved = cli("train", *QUICK, "--save", path)
    assert saved.code == 0 and f"wrote {path}" in saved.err
    meta = tg.train.read_meta(path)
    assert meta["net"] == [2, 4, 1] and meta["target_names"] == ["upper", "lower"]
    more = ("--data", "moons", "--n", "60", "--epochs", "1", "--lr", "1e-9", "--json")  # hardly changes the weights
    trained = cli("train", *QUICK, "--json").out.splitlines()[-1].partition("validation_loss")[2]
    loaded = cli("train", *more, "--load", path)  # the net's shape comes from the file
    assert loaded.code == 0
    assert loaded.out.splitlines()[-1].partition("validation_loss")[2][:12] == trained[:12]


def test_a_network_keeps_its_activation(cli, tmp_path: Path):
    """Also where its shape is written out: as a relu network, the weights of a tanh network mean something else."""
    path = str(tmp_path / "net.safetensors")
    cli("train", *QUICK, "--activation", "tanh", "--save", path)
    assert "2-4-1, tanh" in cli("train", *QUICK, "--load", path).out


def test_weights_that_do_not_fit(cli, tmp_path: Path):
    path = tmp_path / "net.safetensors"
    cli("train", *QUICK, "--save", str(path))
    check(cli("train", "--data", "moons", "--net", "2-5-1", "--load", str(path)), UNREADABLE, "0.weight", "(2, 4)")
    check(cli("train", *QUICK, "--activation", "tanh", "--load", str(path)), USAGE, "trained with relu")
    path.write_bytes(path.read_bytes()[:-10])
    check(cli("train", *QUICK, "--load", str(path)), UNREADABLE, "net.safetensors")
    path.write_bytes(b"something else")
    check(cli("train", *QUICK, "--load", str(path)), UNREADABLE, "no safetensors file")
    check(cli("train", *QUICK, "--load", str(tmp_path / "none.safetensors")), UNREADABLE, "No such file")
