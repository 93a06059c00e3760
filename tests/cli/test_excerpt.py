"""Carets stand under the right cells. The oracle is a terminal: pyte, with the widths of its own library."""

from __future__ import annotations

import pyte
import pytest

from tinygrad_edu_cli.errors import ExpressionError
from tinygrad_edu_cli.excerpt import WIDTH, excerpt, printable

TEXTS = [
    "tanh(w1*x1 + w3*x2)",
    "変数 * w3",
    "ñandú + e\u0301te\u0301 + w3",  # with combining accents
    "שלום + אבג * w3",
    "gelu(x, approximate='😀漢字') + w3",
    "x\t+\tw3",
    "ＦＵＬＬ + w3",
]


def show(text: str) -> list[str]:
    """The rows of a terminal after printing, one string for each cell."""
    screen = pyte.Screen(120, 12)
    pyte.Stream(screen).feed(text.replace("\n", "\r\n").replace("\u200e", ""))  # pyte stops at what takes no cell
    return [[screen.buffer[row][column].data for column in range(120)] for row in range(12)]


@pytest.mark.parametrize("text", TEXTS)
def test_carets_are_below_the_name(text):
    start = text.index("w3")
    code, carets, *_ = show(excerpt(text, start, start + 2, "hint"))
    columns = [column for column, cell in enumerate(carets) if cell == "^"]
    assert [code[column] for column in columns] == ["w", "3"]


def test_a_wide_character_has_two_carets():
    _, carets, *_ = show(excerpt("x + 漢 + y", 4, 5))
    assert carets.count("^") == 2


def test_escapes_move_the_carets():
    code, carets = excerpt("λ + w3", 4, 6, encoding="ascii").splitlines()
    assert code == r"  \u03bb + w3"
    assert carets.index("^") == code.index("w3")


@pytest.mark.parametrize("start", [0, 3, 500, 9_990])
def test_of_a_long_line_the_part_around_is_shown(start):
    text = ("abcdefghij" * 1_000)[:start] + "W3" + ("abcdefghij" * 1_000)[start + 2 :]
    code, carets = excerpt(text, start, start + 2, "here").splitlines()
    assert len(code) <= WIDTH and len(carets) <= WIDTH
    assert code[carets.index("^") :].startswith("W3")
    assert carets.endswith("^^ here")
    assert code.lstrip().startswith("...") == (start > 60)


def test_a_span_of_several_lines_shows_the_first():
    assert excerpt("x +\nmax(y,\n  z)", 4, 14).splitlines() == ["  max(y,", "  ^^^^^^"]


def test_the_end_of_the_text_has_a_place():
    assert excerpt("x +", 3, 3).splitlines() == ["  x +", "     ^"]


def test_a_hint_that_is_too_long_goes_below():
    rows = excerpt("x + y", 4, 5, "word " * 30).splitlines()
    assert rows[1] == "      ^" and rows[2].startswith("  word word")


def test_right_to_left_words_are_fenced():
    assert "שלום\u200e" in excerpt("שלום + אבג", 0, 4)


def test_nothing_moves_the_cursor():
    assert printable("a\x1b[2Jb\rc\u202ed\u0085e\ud800") == "a?[2Jb cd e?"
    assert "\x1b" not in ExpressionError("bad \x1b[31m", "x \x1b", 2, 3, "hint \x1b").explain("utf-8")
