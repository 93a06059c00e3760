"""What the README shows can be typed: its commands, and its Python."""

from __future__ import annotations

import io
import re
import shlex
import sys
from pathlib import Path

import pytest

import tinygrad_edu as tg

README = Path(__file__).parents[2] / "README.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README.read_text(encoding="utf-8"), re.M | re.S)


def commands() -> list[str]:
    return [line for block in blocks("sh") for line in block.splitlines() if line.startswith("tinygrad-edu ")]


@pytest.mark.parametrize("line", commands())
def test_every_command_works(cli, line, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    passengers = ['male,"1,5",Cherbourg,no\n', "female,,Queenstown,yes\n"] * 20
    names = [f"Number {k},{passenger}" for k, passenger in enumerate(passengers)]
    Path("passengers.csv").write_text("name,sex,age,port,survived\n" + "".join(names))
    Path("later.csv").write_text("survived,port,sex,age\nno,Cherbourg,male,7\nyes,,female,\n")
    Path("new.csv").write_text("port,sex,age\nUlm,male,7\n")
    Path("model.py").write_text("import tinygrad_edu as tg\n\n\ndef loss():\n    return tg.Value(2.0, name='a') ** 2\n")
    for block in blocks("python"):
        if name := re.match(r"# (\w+\.py)\n", block):
            Path(name[1]).write_text(block)
    if "model.safetensors" in line and "--save" not in line:
        made = "train --data passengers.csv --target survived --epochs 1 --save model.safetensors"
        assert cli(*made.split()).code == 0
    if "trace.json" in line and "--save" not in line:
        assert cli("step", "--save", "trace.json", "--json").code == 0
    arguments = shlex.split(line, comments=True)[1:]
    if "run1" in arguments and "--record" not in arguments:
        for more in ([], ["--batch-size", "16"]):
            run = f"run{1 + len(more) // 2}"
            assert cli("train", "--data", "moons", "--epochs", "1", "--record", run, *more).code == 0
        ran = cli(*arguments)
        assert ran.code == 0 and (arguments[0] != "compare" or line.rpartition("# ")[2].strip(". ") in ran.out)
        return
    trains = arguments[0] in ("train", "compare") or (arguments[0] == "landscape" and "--data" in arguments)
    short = ["--epochs", "1"] if trains else []
    monkeypatch.setattr(sys, "stdin", io.StringIO())  # nobody who answers
    ran = cli(*arguments, *short)
    assert ran.code == 0, ran.err


def test_the_lines_of_a_step_are_those_that_are_printed(cli):
    found = re.findall(r"^```(?:\w*)\n(.*?)^```$", README.read_text(encoding="utf-8"), re.M | re.S)
    shown = next(block for block in found if block.lstrip().startswith("12  ∂L/"))
    assert shown in cli("step").out
    update = next(block for block in found if block.startswith("  update 2 of w"))
    command = next(line for line in commands() if "--optimizer adam --updates" in line)
    assert update in cli(*shlex.split(command)[1:]).out


def test_the_real_data_sets_are_installed_before_they_are_used():
    text = README.read_text(encoding="utf-8")
    assert text.index("pip install '.[data]'") < text.index("--data digits")


def test_raw_rows_in_python(cli, tmp_path: Path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("p.csv").write_text("sex,age,port,survived\n" + "male,,Cherbourg,no\nfemale,29,Queenstown,yes\n" * 20)
    assert cli("train", "--data", "p.csv", "--epochs", "1", "--save", "model.safetensors").code == 0
    train, _ = tg.data.read_csv("p.csv").split()
    net, standardizer = tg.nn.mlp([train.x.shape[1], 1]), tg.data.Standardizer.fit(train)
    block = next(b for b in blocks("python") if "tg.load(" in b)
    exec(block, {"tg": tg, "net": net, "train": train, "standardizer": standardizer})
    assert re.match(r"\['(no|yes)' '(no|yes)'\] \[\[0\.", capsys.readouterr().out)
    assert tg.load("net.safetensors").predict_proba(train).shape == (len(train), 2)


@pytest.mark.parametrize("block", [b for b in blocks("python") if b.startswith("import tinygrad_edu")])
def test_the_python_runs(block, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert len(block.splitlines()) < 22
    names: dict = {}
    exec(block.replace("epochs=40", "epochs=8"), names)  # ours, and nobody else's
    if "fit" in block:
        assert names["event"].validation_accuracy > 0.95 and len(block.splitlines()) < 15
    else:
        assert (names["a"].grad, names["b"].grad) == (-2.0, 2.0)
