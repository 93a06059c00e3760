"""--set NAME=NUMBER: what it accepts, and what it says about the rest."""

from __future__ import annotations

import pytest

from tinygrad_edu_cli.errors import ExpressionError
from tinygrad_edu_cli.expressions.settings import MAX_ELEMENTS, parse_settings


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("a=2", "a", 2.0),
        ("a=-3", "a", -3.0),
        (" w1 = 1e-3 ", "w1", 0.001),
        ("b=.5", "b", 0.5),
        ("b=6.8813735870195432", "b", 6.8813735870195432),
        ("λ=1_000", "λ", 1000.0),
        ("ﬁ=1", "fi", 1.0),
        ("x=[1,-2]", "x", [1.0, -2.0]),
        ("x=(1, 2,)", "x", [1.0, 2.0]),
        ("W=[[1,2],[3,4.5]]", "W", [[1.0, 2.0], [3.0, 4.5]]),
        ("x=[]", "x", []),
        ("n=123456789012345678901234567890", "n", 123456789012345678901234567890.0),
    ],
)
def test_accepts(text, name, value):
    assert parse_settings([text]) == {name: value}


def test_keeps_the_order():
    assert list(parse_settings(["b=1", "a=2"])) == ["b", "a"]


@pytest.mark.parametrize(
    ("text", "at", "message"),
    [
        ("x", "x", "gives no number"),
        ("x=", "x=", "gives no number"),
        ("", "", "gives no number"),
        ("=3", "", "cannot be a name"),
        ("3x=1", "3x", "cannot be a name"),
        ("x y=1", "x y", "cannot be a name"),
        ("a.b=1", "a.b", "cannot be a name"),
        ("lambda=1", "lambda", "cannot be a name"),
        ("__class__=1", "__class__", "cannot be a name"),
        ("x=abc", "abc", "'abc' is not a number"),
        ("x==1", "=1", "not a number"),
        ("x=1,5x", "1,5x", "not a number"),
        ("x=1,5", "1,5", "'1,5' is not a number"),
        ("x=1,2,3", "1,2,3", "'1,2,3' is not a number"),
        ("x=2*3", "2*3", "not a number"),
        ("x=1+2j", "1+2j", "not a number"),
        ("x='1'", "'1'", "not a number"),
        ("x=True", "True", "not a number"),
        ("x={1: 2}", "{1: 2}", "not a number"),
        ("x=[1, 'a']", "[1, 'a']", "not a number"),
        ("x=[a]", "[a]", "not a number"),
        ("x=[1,2", "[1,2", "not a number"),
        ("x='\\d'", "'\\d'", "not a number"),
        ("x=nan", "nan", "not finite"),
        ("x=-inf", "-inf", "not finite"),
        ("x=Infinity", "Infinity", "not finite"),
        ("x=1e999", "1e999", "not finite"),
        ("x=[1, 1e999]", "[1, 1e999]", "not finite"),
        ("x=[" + "9" * 400 + "]", "[" + "9" * 400 + "]", "not finite"),
        ("W=[[1,2],[3]]", "[[1,2],[3]]", "ragged list"),
        ("W=[[1,2],3]", "[[1,2],3]", "ragged list"),
        ("x=__import__('os')", "__import__('os')", "not a number"),
        ("x=\x00", "\x00", "not a number"),
        ("x=\udcff", "\udcff", "not a number"),
    ],
)
def test_refuses(text, at, message):
    with pytest.raises(ExpressionError) as raised:
        parse_settings([text])
    error = raised.value
    assert message in error.message
    assert error.text[error.start : error.end] == (at or text[error.start : error.end])
    assert "error: " in error.explain("utf-8")


def test_a_name_can_be_set_once():
    with pytest.raises(ExpressionError, match="--set gives 'x' twice"):
        parse_settings(["x=1", "x = 2"])


@pytest.mark.parametrize(
    "value",
    ["[" * 30 + "1" + "]" * 30, "[" * 100_000, "[" + "1," * (MAX_ELEMENTS + 1) + "]", "1" * 300_000, "-" * 9_000 + "1"],
    ids=["deep", "open", "many", "long", "signs"],
)
def test_bombs_are_refused(value):
    with pytest.raises(ExpressionError):
        parse_settings([f"x={value}"])
