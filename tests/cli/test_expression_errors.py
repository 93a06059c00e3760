"""What is said about wrong expressions: what, at which characters, and what to do next."""

from __future__ import annotations

import pytest

from tinygrad_edu_cli.errors import CommandError, ExpressionError
from tinygrad_edu_cli.expressions.expression import evaluate

NUMBERS = {"x": 2.0, "y": -1.0, "weight": 0.5}
ARRAYS = {"W": [[1.0, 2.0], [3.0, 4.0]], "x": [1.0, -1.0], "z": [1.0, 2.0, 3.0]}


def test_the_text_of_an_unknown_name_is_that_of_the_design():
    with pytest.raises(ExpressionError) as raised:
        evaluate("tanh(w1*x1 + w3*x2)", {"w1": 1.0, "x1": 1.0, "x2": 1.0})
    assert raised.value.explain("utf-8").splitlines() == [
        "error: unknown name 'w3' in expression",
        "  tanh(w1*x1 + w3*x2)",
        "               ^^ give it a value: --set w3=1   (known: w1, x1, x2)",
    ]


@pytest.mark.parametrize(
    ("text", "at", "message", "hint"),
    [
        ("x * weigth", "weigth", "unknown name 'weigth'", "did you mean weight? or give it a value: --set weigth=1"),
        ("x * tanh", "tanh", "'tanh' is a function", "tanh(a)"),
        ("x.grad", "x.grad", "attribute access", "call the function"),
        ("x.__class__", "x.__class__", "attribute access", ""),
        ("__x__ + x", "__x__", "'__x__' is not part", ""),
        ("tahn(x)", "tahn", "unknown function 'tahn'", "tanh"),
        ("eval(x)", "eval", "unknown function 'eval'", ""),
        ("x(y)", "x", "'x' is a number, not a function", "x*(x)"),
        ("2(x + 1)", "2", "a number is not a function", "2*(x)"),
        ("tanh(x, y)", "tanh(x, y)", "tanh: too many positional arguments; it was given 2", "tanh(a)"),
        ("maximum(x)", "maximum(x)", "maximum: missing a required argument: 'b'", "maximum(a, b)"),
        ("leaky_relu(x, slope=0.1)", "slope=0.1", "leaky_relu has no argument 'slope'", "negative_slope"),
        ("sum(x, axis=0, axis=1)", "axis=1", "axis is given twice", "keep one of them"),
        ("sum(x, axes=0)", "axes=0", "sum has no argument 'axes'", "did you mean axis?"),
        ("sum(**x)", "**x", "'**'", ""),
        ("max(x, y)", "y", "axis of max must be a plain number, not 'y'", "maximum(a, b)"),
        ("clip(x, y, 1)", "y", "min of clip must be a plain number, not 'y'", "minimum(maximum(x, low), high)"),
        ("gelu(x, approximate='erf')", "gelu(x, approximate='erf')", "'none' (exact) or 'tanh', not 'erf'", ""),
        (
            "astype(x, 'S9')",
            "'S9'",
            "dtype of astype must be one of 'float16', 'float32', 'float64', not the text 'S9'",
            "",
        ),
        ("x^2", "x^2", "'^' is not part of an expression", "x**2"),
        ("x if y else 2", "x if y else 2", "'if ... else'", "where(condition, a, b)"),
        ("x and y", "x and y", "'and' and 'or'", "where"),
        ("not x", "not x", "'not'", "where"),
        ("~x", "~x", "'~'", "-x"),
        ("x // 2", "x // 2", "'//'", "x / y"),
        ("[v for v in x]", "[v for v in x]", "a comprehension", ""),
        ("lambda: x", "lambda: x", "lambda", ""),
        ("f'{x}'", "f'{x}'", "an f-string", ""),
        ("(z := x)", "z := x", "':='", "e = a*b; e + c"),
        ("tanh(*x)", "*x", "a starred argument", ""),
        ("{x}", "{x}", "a set", "( )"),
        ("x < y < 2", "x < y < 2", "one comparison at a time", ""),
        ("x is y", "x is y", "this comparison", "=="),
        ("x > y", "x > y", "the result is a comparison", "where"),
        ("'text' + x", "'text'", "the text 'text' cannot be computed with", ""),
        ("None + x", "None", "None cannot be computed with", ""),
        ("'text'", "'text'", "the text 'text' is no result", ""),
        ("1j * x", "1j", "a complex number", "real numbers"),
        ("1 + 2", "1 + 2", "the expression uses no name", "--set a=2"),
        ("1e999 * x", "1e999", "too large for a float64", ""),
        ("... + x", "...", "'...' stands only between [ ]", ""),
        ("x*y; x + y", "x*y", "this result is not used", "e = a*b"),
        ("x = 3; x", "x", "'x' has a value already", "another name"),
        ("e = x; e = y; e", "e", "'e' has a value already", ""),
        ("e = f = x", "e", "only a plain name", ""),
        ("e, f = x", "e, f", "only a plain name", ""),
        ("x[0] = y", "x[0]", "only a plain name", ""),
        ("e += x", "e += x", "an assignment that changes a name", ""),
        ("import os", "import os", "a statement is not part of an expression", ""),
        ("def f(): pass", "def f(): pass", "a statement", ""),
        ("d = e + x; e = x*y; d", "e", "unknown name 'e'", ""),
    ],
)
def test_points_at(text, at, message, hint):
    with pytest.raises(ExpressionError) as raised:
        evaluate(text, NUMBERS)
    error = raised.value
    assert message in error.message
    assert error.text[error.start : error.end] == at
    assert hint in error.hint


@pytest.mark.parametrize(
    ("text", "at", "message", "hint"),
    [
        ("W @ x", "W @ x", "the result has shape (2,)", "sum(...) or mean(...)"),
        ("split(x, 2)", "split(x, 2)", "the result is a list of 2", ""),
        (
            "sum(relu(W @ z))",
            "W @ z",
            "matmul: operands of shape (2, 2), (3,)",
            "'W' has shape (2, 2), 'z' has shape (3,)",
        ),
        ("sum(x + tanh(z))", "x + tanh(z)", "add: operands of shape (2,), (3,)", "the result of tanh has shape (3,)"),
        ("sum(W[2])", "W[2]", "index 2 is out of range for axis 0", "'W' has shape (2, 2)"),
        ("sum(W[0, 0, 0])", "W[0, 0, 0]", "too many indices", ""),
        ("sum(x[0.5])", "0.5", "the number 0.5 is no index", "integers"),
        ("sum(x[z])", "z", "'z' is no index", "integers"),
        ("sum(W, axis=5)", "sum(W, axis=5)", "axis 5 is out of range", ""),
        ("sum(x, axis='a')", "'a'", "axis of sum must be an integer, or integers in ( ) or [ ], not the text 'a'", ""),
        ("sum(x, axis=0.5)", "0.5", "axis of sum must be an integer", ""),
        ("sum(transpose(W, axes=1))", "1", "axes of transpose must be a tuple of integers", ""),
        ("sum(einsum(1, x))", "1", "subscripts of einsum must be a text", ""),
        ("sum(astype(x, x))", "x", "dtype of astype must be a plain number, not 'x'", ""),
        ("sum(x * [1, [2]])", "[1, [2]]", "ragged list", ""),
        ("sum(x * [1, x])", "[1, x]", "a list of 2 cannot be computed with", "stack([a, b])"),
        ("sum(where(x > z, x, 0))", "x > z", "greater: operands of shape (2,), (3,) do not fit", ""),
        ("sum(concatenate(x))", "x", "concatenate joins a list", "concatenate([a, b])"),
        ("split(x, 2)[2]", "2", "a list of 2 has no such element", "0 to 1"),
        ("sum(reshape(W, (3, 2)))", "reshape(W, (3, 2))", "reshape: operands of shape (2, 2), shape=(3, 2)", ""),
        ("sum(einsum('ij,jk', W, z))", "einsum('ij,jk', W, z)", "einsum: ", ""),
    ],
)
def test_points_at_what_does_not_fit(text, at, message, hint):
    with pytest.raises(ExpressionError) as raised:
        evaluate(text, ARRAYS)
    error = raised.value
    assert message in error.message
    assert error.text[error.start : error.end] == at
    assert hint in error.hint


@pytest.mark.parametrize(
    ("text", "place", "message", "hint"),
    [
        ("2x", 1, "invalid decimal literal", "2*x"),
        ("1.5x", 3, "invalid decimal literal", "2*x"),
        ("x²", 1, "invalid character '²'", "write **2"),
        ("x × y", 2, "invalid character '×'", "write *"),
        ("x − y", 2, "invalid character '−'", "write -"),
        ("(x + y", 0, "'(' was never closed", "close it with )"),
        ("x + y)", 5, "unmatched ')'", ""),
        ("x +", 3, "invalid syntax", "something is missing here"),
        ("x*(y +", 2, "'(' was never closed", "close it with )"),
        ("x y", 2, "invalid syntax", "an operator is missing, as in 2*x, or a bracket, as in sin(x)"),
        ("(x) 2", 4, "invalid syntax", "before it an operator is missing"),
        ("tanh x", 5, "invalid syntax", "a bracket, as in sin(x)"),
        ("'x", 0, "unterminated string", ""),
        ("x + 😀", 4, "invalid character", ""),
        ("x\n  y", 3, "unexpected indent", ""),
        ("x + \x1b[31m", 4, "U+001B cannot stand in an expression", "remove it"),
        ("x\x00", 1, "U+0000", ""),
        ("x \udcff", 2, "U+DCFF", ""),
        ("変数 + x²", 6, "invalid character '²'", ""),
    ],
)
def test_syntax_errors_point_at_the_character(text, place, message, hint):
    with pytest.raises(ExpressionError) as raised:
        evaluate(text, NUMBERS)
    assert message in raised.value.message
    assert raised.value.start == place
    assert hint in raised.value.hint


@pytest.mark.parametrize("text", ["", "   ", "\n\n", "# only a comment"])
def test_an_empty_expression(text):
    with pytest.raises(CommandError, match="empty"):
        evaluate(text, NUMBERS)


def test_positions_count_characters_not_bytes():
    with pytest.raises(ExpressionError) as raised:
        evaluate("(größe*größe +\n größe * unbekannt)", {"größe": 1.0})
    error = raised.value
    assert error.text[error.start : error.end] == "unbekannt"
    assert error.explain("utf-8").splitlines()[1] == "   größe * unbekannt)"
