"""tinygrad-edu graph: pictures in files, and a drawing on the screen."""

from __future__ import annotations

import os
import stat
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from tinygrad_edu_viz import dot_binary

NEURON = ["tanh(w1*x1 + w2*x2 + b)"]
for setting in ("w1=-3", "x1=2", "w2=1", "x2=0", "b=6.8813735870195432"):
    NEURON += ["--set", setting]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def words(path: Path) -> str:
    return " ".join(" ".join(text.split()) for text in ElementTree.parse(path).getroot().itertext())


def test_the_neuron_of_the_issue(cli, folder):
    ran = cli("graph", *NEURON, "-o", "neuron.svg")
    assert ran == (0, "", "wrote neuron.svg\n")
    shown = words(folder / "neuron.svg")
    for name in ("w1", "x1", "w2", "x2", "b", "tanh"):
        assert name in shown.split()
    assert "0.707" in shown and "-1.5" in shown  # the output, and the gradient of x1: w1 · (1 - tanh²) = -3 · 0.5


@pytest.mark.parametrize(
    ("name", "begins"), [("g.svg", b"<?xml"), ("g.png", b"\x89PNG"), ("g.dot", b"digraph"), ("G.SVG", b"<?xml")]
)
def test_formats(cli, folder, name, begins):
    assert cli("graph", "-o", name).code == 0
    assert (folder / name).read_bytes().startswith(begins)
    assert os.listdir(folder) == [name]


def test_txt_is_what_is_printed(cli, folder):
    printed = cli("graph")
    assert printed.code == 0 and "w1" in printed.out and "sigmoid" in printed.out
    assert cli("graph", "-o", "g.txt").code == 0
    assert (folder / "g.txt").read_text(encoding="utf-8") == printed.out


def test_pdf_without_a_system_dot(cli, folder, monkeypatch):
    monkeypatch.setattr(dot_binary.shutil, "which", lambda name, **_: None if name == "dot" else "/bin/graphviz-pure")
    ran = cli("graph", "-o", "g.pdf")
    assert (ran.code, ran.out) == (3, "") and "pdf" in ran.err and "install" in ran.err
    assert os.listdir(folder) == []


def test_no_program_to_draw_with(cli, folder, monkeypatch):
    monkeypatch.setattr(dot_binary.shutil, "which", lambda name, **_: None)
    ran = cli("graph", "-o", "g.svg")
    assert ran.code == 3 and "pip install graphviz-pure" in ran.err
    assert os.listdir(folder) == []


def test_values_and_gradients_can_be_left_out(cli, folder):
    cli("graph", *NEURON, "--no-values", "-o", "a.svg")
    cli("graph", *NEURON, "--no-grads", "-o", "b.svg")
    assert "0.707" not in words(folder / "a.svg") and "-1.5" in words(folder / "a.svg")
    assert "0.707" in words(folder / "b.svg") and "-1.5" not in words(folder / "b.svg")


def test_rankdir(cli, folder):
    cli("graph", *NEURON, "--rankdir", "TB", "-o", "a.dot")
    assert "rankdir=TB" in (folder / "a.dot").read_text()
    ran = cli("graph", "--rankdir", "up")
    assert ran.code == 2 and "'LR', 'TB'" in ran.err


@pytest.mark.parametrize("name", ["g.jpgg", "g", ".svg", "g.", "g.svg.txt2"])
def test_an_unknown_format(cli, folder, name):
    ran = cli("graph", "-o", name)
    assert (ran.code, ran.out) == (2, "") and ".svg, .png, .pdf, .dot, .txt" in ran.err
    assert os.listdir(folder) == []


def test_a_missing_folder(cli, folder):
    ran = cli("graph", "-o", "no/such/g.svg")
    assert ran.code == 4 and "no/such does not exist" in ran.err


def test_a_folder_in_the_place_of_the_file(cli, folder):
    os.mkdir("g.svg")
    ran = cli("graph", "-o", "g.svg")
    assert ran.code == 4 and "it is a folder" in ran.err
    assert os.listdir(folder) == ["g.svg"] and os.listdir("g.svg") == []


def test_nothing_is_half_written(cli, folder, monkeypatch):
    """A disk that is full in the middle leaves the old file, and nothing else."""
    (folder / "g.svg").write_text("old")

    def full(path: Path, data: bytes) -> int:
        with open(path, "wb") as file:
            file.write(data[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    ran = cli("graph", "-o", "g.svg")
    assert ran.code == 4 and "No space left on device" in ran.err
    assert os.listdir(folder) == ["g.svg"] and (folder / "g.svg").read_text() == "old"


def test_a_file_keeps_its_mode_and_a_link_stays_one(cli, folder):
    (folder / "real.svg").write_text("old")
    os.chmod(folder / "real.svg", 0o640)
    os.symlink("real.svg", folder / "link.svg")
    assert cli("graph", "-o", "link.svg").code == 0
    assert os.path.islink("link.svg") and (folder / "real.svg").read_text().startswith("<?xml")
    assert stat.S_IMODE(os.stat("real.svg").st_mode) == 0o640
    old = os.umask(0o027)
    try:
        assert cli("graph", "-o", "new.svg").code == 0
    finally:
        os.umask(old)
    assert stat.S_IMODE(os.stat("new.svg").st_mode) == 0o640


def test_a_function_and_a_trace(cli, folder):
    (folder / "f.py").write_text("import tinygrad_edu as tg\ndef f(): return tg.Value(2.0, name='a').exp()")
    assert cli("graph", "f.py:f", "-o", "f.svg").code == 0
    assert cli("step", "f.py:f", "--save", "f.json").code == 0
    assert cli("graph", "f.json", "-o", "g.svg").code == 0
    assert (folder / "f.svg").read_bytes() == (folder / "g.svg").read_bytes()
