"""tinygrad-edu graph: pictures in files, and a drawing on the screen."""

from __future__ import annotations

import json
import os
import stat
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from tinygrad_edu_viz.cells import cell_width
from tinygrad_edu_viz.pictures import dot_binary
from unpacked import content_of, style_of, unpacked

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


def test_one_call_writes_several_files(cli, folder):
    ran = cli("graph", "-o", "g.svg", "-o", "g.png", "--theme", "dark", "-o", "g.txt")
    assert ran == (0, "", "wrote g.svg\nwrote g.png\nwrote g.txt\n")
    assert sorted(os.listdir(folder)) == ["g.png", "g.svg", "g.txt"]
    ran = cli("graph", "-o", "h.svg", "-o", "h.odd")
    assert ran.code == 2 and "h.odd" in ran.err and "h.svg" not in os.listdir(folder)


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
    assert (ran.code, ran.out) == (2, "") and ".svg, .png, .pdf, .html, .json, .dot, .txt" in ran.err
    assert os.listdir(folder) == []


NET = """
import tinygrad_edu as tg
def loss():
    net = tg.nn.mlp([2, 3, 1], rng=0)
    return tg.sum(net(tg.Tensor([[1.0, 2.0]], name="<b>&x")))
def large():
    net = tg.nn.mlp([784, 1024, 256, 10], rng=0)
    return tg.sum(net(tg.Tensor([[1.0] * 784] * 32)))
"""


@pytest.fixture
def net(folder: Path) -> Path:
    (folder / "net.py").write_text(NET)
    return folder


def test_levels(cli, net):
    boxes = {}
    for level in ("auto", "op", "layer", "scalar"):
        assert cli("graph", "net.py:loss", "--level", level, "-o", f"{level}.svg") == (0, "", f"wrote {level}.svg\n")
        groups = ElementTree.parse(net / f"{level}.svg").getroot().iter("{http://www.w3.org/2000/svg}g")
        boxes[level] = sum(group.get("class") == "node" for group in groups)
    assert (boxes["auto"], boxes["op"], boxes["layer"]) == (4, 8, 4) and boxes["scalar"] > 30
    assert "0 Dense" in words(net / "layer.svg") and "0.weight[1,2]" in words(net / "scalar.svg")
    printed = cli("graph", "net.py:loss", "--level", "layer").out
    assert "0 Dense(2, 3, relu)" in printed and "9 parameters" in printed
    assert "W[1]" in cli("graph", "sum(W * 2)", "--set", "W=[1,2]", "--level", "scalar").out


def test_a_large_network_is_drawn_by_layers(cli, net):
    ran = cli("graph", "net.py:large", "-o", "g.svg")
    assert ran == (0, "", "wrote g.svg\n")
    assert "803,840 parameters" in words(net / "g.svg")
    ran = cli("graph", "net.py:large", "--level", "scalar", "-o", "h.svg")
    assert ran.code == 2 and "--level scalar" in ran.err and "--level layer" in ran.err
    assert not (net / "h.svg").exists()


def test_the_page_is_that_of_step(cli, net):
    """The same file but for where it opens: what is drawn is known from the start. It computes under the same rule."""
    numbers = ["--set", "w=2", "--set", "x=-1"]
    for words, reason in (
        (["net.py:loss"], "0.weight is a tensor"),
        (["net.py:loss", "--level", "op"], "0.weight is a tensor"),
        (["tanh(w*x) + w", *numbers], ""),
    ):
        ran = cli("graph", *words, "-o", "g.html")
        assert ran.code == 0 and (f"does not compute: {reason}" in ran.err if reason else "note" not in ran.err)
        assert cli("step", *words, "--html", "s.html").code == 0
        page, step = (unpacked((net / name).read_text(encoding="utf-8")) for name in ("g.html", "s.html"))
        of = content_of((net / "g.html").read_text(encoding="utf-8"))
        assert ("live" in of) is not bool(reason)
        assert of["opens"] == len(of["steps"]) and page == step.replace('"opens":0', f'"opens":{of["opens"]}')
    ran = cli("graph", "a * 1", "--set", "a=2", "--theme", "dark", "--rankdir", "TB", "-o", "d.html")
    assert ran.code == 0 and "@media screen and (min-width: 0px)" in style_of((net / "d.html").read_text())
    assert cli("graph", "a * 1", "--set", "a=2", "--no-values", "-o", "d.html").code == 2


@pytest.mark.parametrize(
    ("columns", "source", "has", "has_not"),
    [
        (200, "net.py:loss", "─►", "▼"),
        (70, "net.py:loss", "▼", "►"),
        (90, "net.py:loss --level op", "▼", "►"),
        (45, "net.py:loss --level op", "this terminal has 45", "╭"),
        (20, "net.py:loss", "this terminal has 20", "╭"),
    ],
)
def test_a_narrow_terminal(net, environment, columns, source, has, has_not):
    pexpect = pytest.importorskip("pexpect")
    command = f"{sys.executable} -m tinygrad_edu_cli graph {source}"
    environment["PYTHONPATH"] = os.pathsep.join(map(os.path.abspath, filter(None, sys.path)))
    child = pexpect.spawn(
        command, cwd=str(net), env=environment, encoding="utf-8", dimensions=(40, columns), timeout=60
    )
    child.expect(pexpect.EOF)
    lines = child.before.replace("\r", "").rstrip().split("\n")
    assert has in " ".join(child.before.split()) and has_not not in child.before
    assert max(map(cell_width, lines)) <= max(columns, 40)


def test_json(cli, net):
    assert cli("graph", "net.py:loss", "--level", "layer", "-o", "g.json").code == 0
    document = json.loads((net / "g.json").read_text())
    assert [box["title"] for box in document["boxes"]] == ["<b>&x", "0 Dense(2, 3, relu)", "1 Dense(3, 1)", "n7"]
    assert len(document["edges"]) == 3 and len(document["nodes"]) == 8


def test_the_legend_and_the_theme(cli, folder):
    cli("graph", *NEURON, "-o", "a.svg")
    cli("graph", *NEURON, "--no-legend", "--theme", "dark", "-o", "b.svg")
    assert "input with a gradient" in words(folder / "a.svg")
    assert "input with a gradient" not in words(folder / "b.svg") and "#121212" in (folder / "b.svg").read_text()


@pytest.mark.parametrize("option", ["--no-values", "--no-grads", "--no-legend", "--rankdir=TB", "--theme=dark"])
def test_characters_have_no_looks(cli, folder, option):
    ran = cli("graph", option)
    assert (ran.code, ran.out) == (2, "") and "give -o FILE.svg" in ran.err


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
