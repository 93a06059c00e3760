"""Commands in German: what they say is German, and formulas, JSON and files stay as they are."""

from __future__ import annotations

import io
import re
import sys

import pytest

from tinygrad_edu_cli import output
from tinygrad_edu_cli.main import main
from tinygrad_edu_viz import Trace
from tinygrad_edu_viz.pages.page import page
from tinygrad_edu_words import speaking

ENGLISH = re.compile(r"\b(the|of|is|are|and|with|from|passes|receives|loss|value|Given|Next|right|wrong)\b")
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
