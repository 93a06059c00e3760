"""What other encodings get."""

from __future__ import annotations

import io
import sys

import pytest

from tinygrad_edu_cli import output


@pytest.mark.parametrize(
    ("encoding", "text", "shown"),
    [
        ("utf-8", "∂L/∂w = 2·10⁻⁹ → ∞", "∂L/∂w = 2·10⁻⁹ → ∞"),
        ("ascii", "∂L/∂w = 2·10⁻⁹ → ∞", "dL/dw = 2*10^-9 -> inf"),
        ("ascii", "Wᵀ g; x² ≤ 10¹²", "W^T g; x^2 <= 10^12"),
        ("ascii", "ж · 漢 λ", r"\u0436 * \u6f22 lambda"),
        ("latin-1", "µ · 2", "µ · 2"),
        ("cp437", "∂L/∂µ", "dL/dµ"),
    ],
)
def test_say(encoding, text, shown, monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    output.say(text)
    stream.flush()
    assert stream.buffer.getvalue().decode(encoding) == shown + "\n"


@pytest.mark.parametrize(
    ("encoding", "ascii"), [("utf-8", False), ("ascii", True), ("latin-1", True), ("cp1252", True)]
)
def test_which_encodings_can_draw(encoding, ascii, monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    assert output.is_ascii() == ascii


@pytest.mark.parametrize("variable", [{"TERM": "dumb"}, {"TERM": ""}, {"CI": "1"}, {"JPY_PARENT_PID": "7"}])
def test_who_is_no_person(variable, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setattr(sys, "stdin", Terminal())
    for name in ("CI", "NO_COLOR", "JPY_PARENT_PID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert output.is_interactive() and output.has_colour()
    monkeypatch.setenv("NO_COLOR", "1")
    assert output.is_interactive() and not output.has_colour()
    for name, value in variable.items():
        monkeypatch.setenv(name, value)
    assert not output.is_interactive()
    sys.stdin.close()
    assert not output.is_interactive()
