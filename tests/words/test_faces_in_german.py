"""Commands in German: what they say is German, and formulas, JSON and files stay as they are."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinygrad_edu_cli import output
from tinygrad_edu_cli.main import main
from tinygrad_edu_viz import Trace
from tinygrad_edu_viz.pages.page import page
from tinygrad_edu_words import speaking

ENGLISH = re.compile(r"\b(the|of|is|are|and|with|from|passes|receives|loss|value|Given|Next|right|wrong)\b")
LEFT = re.compile(  # what is left of English in what is said of runs
    r"\b(the|this|that|of|is|are|and|with|from|to|at|by|on|loss|value|given|next|right|wrong|runs?|epochs?|held|not"
    r"|accuracy|number|has|have|had)\b",
    re.IGNORECASE,
)
EXPRESSION = ["e = a*b; relu(e)*c + e/d", "--set", "a=2", "--set", "b=-3", "--set", "c=4", "--set", "d=0"]
SHOWN = {
    "step": ["step"],
    "births": ["step", *EXPRESSION],
    "tensors": ["step", "sum(relu(W @ x))", "--set", "W=[[1,2],[3,4]]", "--set", "x=[1,-1]", "--full"],
    "breakpoints": ["step", "--break", "b"],
    "orders": ["step", "--order", "naive"],
    "updates": ["step", "--updates", "2", "--full"],
    "train": ["train", "--data", "moons", "--net", "2-4-1", "--epochs", "30", "--plain", "--lr", "30"],
}


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(list(arguments)) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("name", SHOWN)
def test_what_a_command_prints(name, capsys):
    text = said(capsys, "--lang", "de", *SHOWN[name])
    left = [line for line in text.splitlines() if ENGLISH.search(re.sub(r"tinygrad-edu .*|#.*", "", line))]
    assert left == []
    numbers = re.compile(r"(?<![\w.])-?\d+\.\d{3,}")  # of everything that was computed, but for the time it took
    assert numbers.findall(text) == numbers.findall(said(capsys, *SHOWN[name]))


def test_questions_and_verdicts(capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("0.3\n?\n1\n\n1\n0.1\n-0.25\n"))
    text = said(capsys, "--lang", "de", "step", "--predict")
    for words in (
        "Wie groß ist",
        "Tipp: ",
        "hat die richtige Größe und das falsche Vorzeichen",
        "Übersprungen.",
        "Übe (",
    ):
        assert words in text
    assert not ENGLISH.search(text)


@pytest.mark.parametrize("arguments", [["step", *EXPRESSION], ["step", "--updates", "2"]], ids=["step", "updates"])
def test_json_and_files_stay_english(arguments, capsys, tmp_path):
    english = said(capsys, *arguments, "--json", "--save", str(tmp_path / "en.json"))
    assert said(capsys, "--lang", "de", *arguments, "--json", "--save", str(tmp_path / "de.json")) == english
    assert (tmp_path / "de.json").read_bytes() == (tmp_path / "en.json").read_bytes()
    opened = said(capsys, "--lang", "de", "step", str(tmp_path / "en.json"))  # and is read in German
    assert not ENGLISH.search(re.sub(r"tinygrad-edu .*", "", opened))


def test_an_alphabet_without_umlauts():
    with speaking("de"):
        assert output.shown("Rückwärts: größer „a“ → b", "ascii") == 'Rueckwaerts: groesser "a" -> b'
        assert output.shown("Rückwärts → ü", "latin-1") == "Rückwärts -> ü"
    assert output.shown("Rück", "ascii") == "R\\xfcck"  # somebody's name


@pytest.mark.parametrize("live", [False, True], ids=["replay", "live"])
def test_a_page(live, tmp_path):
    trace = Trace.record(_root())
    english = page(trace, "a", live=live)
    with speaking("de"):
        german = page(trace, "a", live=live)
    assert '<html lang="de">' in german and '<html lang="en">' in english
    assert "Alle Schritte" in german and "All steps" not in german
    assert len(german) < 1.1 * len(english)


def _root():
    import tinygrad_edu as tg

    return tg.tanh(tg.Value(2.0, name="a") * tg.Value(-3.0, name="b"))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two recorded runs, their saved network, and the table they learned from."""
    folder = tmp_path_factory.mktemp("recorded")
    rng = np.random.default_rng(0)
    rows = [f"{a:.3f},{b:.3f},{'ja' if a + b > 1 else 'nein'}" for a, b in rng.random((40, 2))]
    (folder / "t.csv").write_text("\n".join(["a,b,klasse", *rows]), encoding="utf-8")
    for k, lr in enumerate(("0.01", "0.1")):
        options = ["--lr", lr, "--record", str(folder / f"lauf{k}"), "--save", str(folder / f"netz{k}.safetensors")]
        data = ["--data", str(folder / "t.csv"), "--target", "klasse", "--net", "2-4-2", "--epochs", "3"]
        assert main(["train", *data, "--loss", "cross_entropy", *options, "--json"]) == 0
    return folder


OF_RECORDED = {
    "evaluate": "evaluate netz0.safetensors t.csv",
    "compare": "compare lauf0 lauf1",
    "replay of one": "replay lauf0 --plain",
    "replay of two": "replay lauf0 lauf1 --plain",
    "compared settings": "compare lr=0.01,1 --data moons --net 2-4-1 --epochs 3",
    "landscape": "landscape optimizer=sgd,adam --data moons --net 2-4-1 --epochs 3 --plain",
    "landscape of an expression": "landscape momentum=0,0.9 w**2+u*w+u**2 --set w=3 --set u=1 --plain",
}
MACHINES = [line.replace(" --plain", "") + " --json" for line in OF_RECORDED.values()]


@pytest.mark.parametrize("name", OF_RECORDED)
def test_what_is_said_of_runs(name, recorded, capsys, monkeypatch):
    monkeypatch.chdir(recorded)
    capsys.readouterr()
    text = said(capsys, "--lang", "de", *OF_RECORDED[name].split())
    assert text.strip()
    assert [line for line in text.splitlines() if LEFT.search(re.sub(r"tinygrad-edu .*|/[\w/-]+", "", line))] == []


@pytest.mark.parametrize("line", MACHINES)
def test_json_of_runs_stays_english(line, recorded, capsys, monkeypatch):
    monkeypatch.chdir(recorded)
    capsys.readouterr()
    times = re.compile(r'"seconds\w*": (\[[^]]*\]|[^,}]+)')
    english = times.sub("", said(capsys, *line.split()))
    assert times.sub("", said(capsys, "--lang", "de", *line.split())) == english


WRONG = {
    "step a+ --set a=1": "der Ausdruck lässt sich nicht lesen",
    "step a*c --set a=1": "unbekannter Name 'c' im Ausdruck",
    "step tanj(a) --set a=1": "meintest du tan oder tanh?",
    "step a^2 --set a=1": "eine Potenz schreibt man x**2",
    "step a*b --set a=x --set b=1": "'x' ist keine Zahl",
    "step a --set a=1 --learn b": "nichts Gegebenes heißt so",
    "step --plain --json": "schließen einander aus",
    "graph a*a --set a=1 -o g.xyz": "unbekanntes Format",
    "train --data mons": "meintest du 'moons'?",
    "train --data moons --lr 0": "erwartet wird eine Zahl über 0",
    "train --data moons --net 3-1": "das Netz hat 3 Eingaben und 1 Ausgabe",
    "train --data moons --momentum 0.9 --optimizer adam": "ist eine Einstellung von",
    "train --data fehlt.csv": "lässt sich nicht lesen: das gibt es nicht",
    "compare": "was vergleichen?",
    "compare lr=1": "zum Vergleichen braucht es zwei oder mehr",
    "replay fehlt": "einen Lauf zeichnet man so auf",
    "predict t.csv netz.safetensors": "zuerst kommt das Netz",
    "landscape seed=1,2 --data moons": "brauchen ein und dieselbe Landschaft",
    "playground -o x.png": "der Spielplatz ist eine Seite",
    "completion basch": "bash",
}


@pytest.mark.parametrize("line", WRONG)
def test_errors_and_hints(line, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert main(["--lang", "de", *line.split()]) in (1, 2, 4)
    text = capsys.readouterr().err
    assert text.startswith("Fehler: ") and WRONG[line] in text
    assert not LEFT.search(re.sub(r"tinygrad-edu .*|invalid syntax", "", text)), text


@pytest.mark.parametrize("face", ["train", "compare", "replay", "landscape"])
def test_pages_of_runs(face, recorded, monkeypatch, capsys):
    monkeypatch.chdir(recorded)
    line = {
        "train": "train --data moons --net 2-4-1 --epochs 3 --plain --html",
        "compare": "compare lauf0 lauf1 --html",
        "replay": "replay lauf0 --html",
        "landscape": "landscape optimizer=sgd,adam --data moons --net 2-4-1 --epochs 3 -o",
    }[face]
    capsys.readouterr()
    said(capsys, "--lang", "de", *line.split(), f"{face}.html")
    text = Path(f"{face}.html").read_text(encoding="utf-8")
    settings = r'<table class="settings">.*?</table>'  # the names of options, and paths
    body = re.sub(rf"<(script|style|code)\b.*?</\1>|{settings}|<[^>]+>|/[\w/-]+", " ", text, flags=re.DOTALL)
    assert '<html lang="de">' in text and "Verlust" in text
    assert [line for line in body.splitlines() if LEFT.search(line)] == []
    labels = re.findall(r'(?:aria-label|title)="([^"]+)"', text)
    assert [label for label in labels if LEFT.search(label)] == []


@pytest.mark.parametrize(
    "line", ["train --data moons --net 2-4-1 --epochs 3 --plain --png", "landscape lr=0.1,1 w**2 --set w=3 -o"]
)
def test_pictures_of_runs(line, monkeypatch, capsys, tmp_path):
    figure = pytest.importorskip("matplotlib.figure")
    text = pytest.importorskip("matplotlib.text")
    drawn: list[str] = []

    def note(self: Any, *_where: Any, **_looks: Any) -> None:
        drawn.extend(part.get_text() for part in self.findobj(text.Text))

    monkeypatch.setattr(figure.Figure, "savefig", note)
    main(["--lang", "de", *line.split(), str(tmp_path / "a.png")])
    assert "Verlust" in drawn
    assert [word for word in drawn if LEFT.search(word) or "accuracy" in word] == []
