"""What the README and the guides show can be typed: their commands, and their Python. What they link to is there."""

from __future__ import annotations

import io
import re
import shlex
import sys
from pathlib import Path

import pytest

import tinygrad_edu as tg

ROOT = Path(__file__).parents[2]
PAGES = {path: path.read_text(encoding="utf-8") for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]}


def blocks(language: str) -> list[str]:
    """What stands in the fences of a language, of all pages; the same block once."""
    fence = re.compile(rf"^```{language}\n(.*?)^```$", re.M | re.S)
    return list(dict.fromkeys(block for text in PAGES.values() for block in fence.findall(text)))


def commands() -> list[str]:
    lines = [line for block in blocks("sh(?: run)?") for line in block.splitlines() if line.startswith("tinygrad-edu ")]
    return list({line.partition("  #")[0].strip(): line for line in lines}.values())


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
    found = blocks(r"\w*")
    shown = next(block for block in found if block.lstrip().startswith("12  ∂L/"))
    assert shown in cli("step").out
    update = next(block for block in found if block.startswith("  update 2 of w"))
    command = next(line for line in commands() if "--set w=3" in line and "--optimizer adam" in line)
    assert update in cli(*shlex.split(command, comments=True)[1:]).out


@pytest.mark.parametrize("page", [page for page, text in PAGES.items() if "digits" in text], ids=lambda page: page.name)
def test_the_real_data_sets_are_installed_before_they_are_used(page):
    used = re.search(r"^tinygrad-edu .*digits", PAGES[page], re.M)
    assert not used or 0 <= PAGES[page].find("pip install '.[data") < used.start()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target, anchor in re.findall(r"\]\(([^)#\s]*)#?([^)\s]*)\)", PAGES[page]):
        there = page.parent / target if target else page
        assert there.exists(), target
        headings = re.findall("^#+ (.*)", there.read_text(encoding="utf-8"), re.M) if anchor else []
        assert not anchor or anchor in [
            re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings
        ]


def test_the_readme_is_short():
    assert len(PAGES[ROOT / "README.md"].splitlines()) <= 200


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
