"""What the README shows can be typed: its commands, and its Python."""

from __future__ import annotations

import io
import re
import shlex
import sys
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README.read_text(encoding="utf-8"), re.M | re.S)


def commands() -> list[str]:
    return [line for block in blocks("sh") for line in block.splitlines() if line.startswith("tinygrad-edu ")]


@pytest.mark.parametrize("line", commands())
def test_every_command_works(cli, line, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("marks.csv").write_text("lectures,hours,passed\n" + "1,2,no\n5,6,yes\n4,9,yes\n" * 20)
    Path("model.py").write_text("import tinygrad_edu as tg\n\n\ndef loss():\n    return tg.Value(2.0, name='a') ** 2\n")
    for block in blocks("python"):
        if name := re.match(r"# (\w+\.py)\n", block):
            Path(name[1]).write_text(block)
    if "trace.json" in line and "--save" not in line:
        assert cli("step", "--save", "trace.json", "--json").code == 0
    arguments = shlex.split(line, comments=True)[1:]
    short = ["--epochs", "1"] if arguments[0] in ("train", "compare") else []
    monkeypatch.setattr(sys, "stdin", io.StringIO())  # nobody who answers
    ran = cli(*arguments, *short)
    assert ran.code == 0, ran.err


def test_the_real_data_sets_are_installed_before_they_are_used():
    text = README.read_text(encoding="utf-8")
    assert text.index("pip install '.[data]'") < text.index("--data digits")


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
