"""tinygrad-edu step --predict: questions line by line, answers from a pipe; and how answers are read."""

from __future__ import annotations

import io
import sys

import pytest

from tinygrad_edu_cli.errors import CommandError
from tinygrad_edu_cli.expressions.answer import read_answer

PRODUCT = ("step", "a*b*c", "--set", "a=2", "--set", "b=-3", "--set", "c=4", "--predict")
# The questions: dL/d(a·b) = 4, dL/dc = -6, dL/da = -12, dL/db = 8.


@pytest.fixture
def predict(cli, monkeypatch):
    """Run the command with lines on its standard input."""

    def run(*lines: str, arguments: tuple[str, ...] = PRODUCT):
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        return cli(*arguments)

    return run


def test_all_right(predict):
    ran = predict("4", "2*-3", "-12.0", "2**3")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.count("Right: ") == 4
    assert ran.out.endswith("4 of 4 right.\nYou can do backpropagation by hand.\n")
    assert "Gradients of the inputs" in ran.out


def test_one_right_answer_does_not_make_a_master(predict):
    ran = predict("4")
    assert ran.out.endswith("That was the end of the answers.\n\n1 of 1 right.\n")


def test_the_answer_is_not_told_before_it_is_given(predict):
    ran = predict("4")
    assert "∂L/∂c = -6" not in ran.out and "-6" in ran.out  # the product's own value
    before, after = ran.out.split("∂L/∂n3 = 4\n", 1)
    assert "∂L/∂n3 += " not in before and "∂L/∂n3 += ∂L/∂n4 · ∂n4/∂n3 = 1 · 4 = 4" in after


def test_mistakes_and_what_to_practise(predict):
    ran = predict("1", "", "-6", "-3", "-3", "2", "")
    assert "1 is ∂L/∂n4, passed on unchanged" in ran.out
    assert ran.out.count("is the local derivative") == 3 and " ".join(ran.out.split()).count("Try once more") == 3
    assert "It is -12." in " ".join(ran.out.split()) and ran.out.count("Here it is.") == 2
    assert "1 of 4 right.\nPractise (upstream gradient forgotten, 2×): the chain rule is a product" in ran.out


def test_a_hint_a_skip_and_the_end(predict):
    ran = predict("?", "4", "", "q", "-12")
    assert "Hint: ∂L/∂n3 += ∂L/∂n4 · ∂n4/∂n3, with ∂n4/∂n3 = c" in ran.out
    assert "Skipped." in ran.out
    assert ran.out.endswith("That was the end of the answers.\n\n1 of 2 right, 1 skipped.\n")


def test_without_any_answer(predict):
    ran = predict()
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.endswith("Nothing was asked: the answers ended at the first question.\n")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("log(x)", "--set", "x=0"), "nan and infinities"),
        (("sum(tanh(x))", "--set", f"x={[0.5] * 1500}"), "of arrays as large as these only mean and range"),
        (("sum(W @ x)", "--set", f"W={[[0.5] * 50] * 10}", "--set", f"x={[0.5] * 50}", "--break", "W"), "too many"),
        (("x*y", "--set", "x=2", "--set", "y=3", "--break", "n2"), "no step backward is at a breakpoint"),
        (("x", "--set", "x=2"), "no gradient is passed on here"),
    ],
)
def test_nothing_was_asked_has_its_reason(predict, arguments, why):
    ran = predict("1", "1", arguments=("step", *arguments, "--predict"))
    assert ran.code == 0 and "Nothing was asked: " in ran.out and why in ran.out.rpartition("Nothing was asked")[2]


def test_a_second_try(predict):
    ran = predict("-4", "4", "6", "7", "-12", "8")
    first = ran.out.split("Try once more; Enter shows it.")[0]
    assert "-4 has the right size, and the wrong sign." in first and "It is" not in first and "Right" not in first
    assert "2 of 4 right, 1 at the second try." in " ".join(ran.out.split())
    assert "Practise (wrong sign, 2×)" in ran.out


@pytest.mark.parametrize(
    ("arguments", "answers", "said"),
    [
        (PRODUCT, ["4,0"], "(4,0 is read as 4.0: a decimal point is a dot here.) Right: "),
        (PRODUCT, ["\ufeff4"], "Right: "),
        (PRODUCT, ["4", "−6"], "Right: ∂L/∂c = -6."),
        (("step", "sigmoid(a)*3", "--set", "a=0.5", "--predict"), ["3", "0,71"], "Right, rounded: ∂L/∂a = 0.705011."),
        (("step", "sigmoid(a)*3", "--set", "a=0.5", "--predict"), ["3", "0.7"], "Right, rounded: ∂L/∂a = 0.705011."),
        (("step", "sigmoid(a)", "--set", "a=0.5", "--predict"), ["0.2"], "0.2 is near, with one digit: give at least"),
        (("step", "sigmoid(a)", "--set", "a=0.5", "--predict"), ["0.2", "0.24"], "1 at the second try"),
        (("step", "sum(3*x*x)", "--set", "x=[1,2.25]", "--predict"), ["1,1"], "Right: "),
    ],
)
def test_answers_as_people_write_them(predict, arguments, answers, said):
    ran = predict(*answers, arguments=arguments)
    assert ran.code == 0 and "error" not in ran.out and said in " ".join(ran.out.split())


@pytest.mark.parametrize(
    ("text", "one", "data"),
    [
        ("0,5", True, 0.5),
        ("0,5*2", True, 1.0),
        ("0,5", False, [0.0, 5.0]),
        ("[0,5]", True, [0.0, 5.0]),
        ("0,5; 1,25", False, [0.5, 1.25]),
        ("[[0,5; 1]; [1,5; 2]]", False, [[0.5, 1.0], [1.5, 2.0]]),
        ("1, 2", True, [1.0, 2.0]),
        ("0.5,1", True, [0.5, 1.0]),
        ("1,2,3", True, [1.0, 2.0, 3.0]),
        ("maximum(1,2)", True, 2.0),
    ],
)
def test_decimal_commas(text, one, data):
    assert read_answer(text, one).data == data


@pytest.mark.parametrize(
    ("arguments", "answers"),
    [
        (("step", "relu(a)*4", "--set", "a=3", "--predict"), ["1", "", "1", ""]),
        (("step", "maximum(a, b)*4", "--set", "a=3", "--set", "b=1", "--predict"), ["", "1", "", "1", ""]),
        (("step", "sqrt(a)*4", "--set", "a=3", "--predict"), ["", "4", ""]),
        (("step", "exp(a)/b*4", "--set", "a=3", "--set", "b=2", "--predict"), ["-4", "", "9", "", "3", "", "4", ""]),
    ],
)
def test_no_sentence_is_about_another_case(predict, arguments, answers):
    """Of numbers that are not 0, not equal and finite; and no other operation is named in the advice."""
    said = " ".join(predict(*answers, arguments=arguments).out.split())
    for other in ("at 0 ", "at a = 0", "equal ones", "nan", "tanh", "of a · b", "a difference"):
        assert other not in said, other


def test_what_is_said_of_special_numbers_is_said_where_they_are(cli):
    at_0 = cli("step", "relu(a)*4", "--set", "a=0").out
    equal = cli("step", "maximum(a, b)*4", "--set", "a=1", "--set", "b=1").out
    assert "at 0 the slope is taken as 0" in " ".join(at_0.split())
    assert "equal ones share it" in " ".join(equal.split())


def test_what_is_no_answer_is_asked_again(predict):
    ran = predict("2+", "four", "[1, [2, 3]]", "().__class__", "\x1b[31m", "1e999", "4")
    assert ran.out.count("error: ") == 6
    assert "'four' is a name, and an answer is made of numbers" in ran.out
    assert "\x1b" not in ran.out
    assert "Right: ∂L/∂n3 = 4." in ran.out
    assert "1 of 1 right." in ran.out


def test_only_at_breakpoints(predict):
    ran = predict("-12", arguments=(*PRODUCT, "--break", "a"))
    assert ran.out.count("What is ") == 1
    assert "1 of 1 right." in ran.out


def test_tensors(predict):
    arguments = ("step", "sum(W @ x)", "--set", "W=[[1,2],[3,4]]", "--set", "x=[1,-1]", "--predict")
    ran = predict("[1, 1]", "[[1, 1], [-1, -1]]", "[[1, -1], [1, -1]]", "4, 6", arguments=arguments)
    assert "comes out with a matrix transposed" in ran.out
    assert "2 of 3 right, 1 at the second try." in ran.out


@pytest.mark.parametrize("other", ["--json", "--plain", "--tui", "--order=naive"])
def test_with_another_form(cli, other):
    ran = cli(*PRODUCT, other)
    assert ran.code == 2 and "exclude each other" in ran.err


def test_in_a_pipe_with_bytes_that_are_no_text(environment):
    import subprocess

    ran = subprocess.run(
        [sys.executable, "-m", "tinygrad_edu_cli", *PRODUCT],
        input=b"\xff\xfe\n4\n",
        env=environment,
        capture_output=True,
        timeout=120,
    )
    assert ran.returncode == 0 and ran.stderr == b""
    assert "1 of 1 right." in ran.stdout.decode()


# --- answers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "data", "units"),
    [
        ("0.5", 0.5, 0.0),  # one digit says little
        ("0.50", 0.5, 0.01),
        ("-12", -12.0, 1.0),
        ("+1.25e-3", 0.00125, 1e-5),
        ("0.5*2", 1.0, 0.0),
        ("1-0.707**2", 1 - 0.707**2, 0.0),
        ("-(2/4)", -0.5, 0.0),
        ("tanh(0)", 0.0, 0.0),
        ("[1, 0.25]", [1.0, 0.25], [0.0, 0.01]),
        ("1, 2", [1.0, 2.0], [0.0, 0.0]),
        ("[[1,2],[3,4]]", [[1.0, 2.0], [3.0, 4.0]], [[0.0, 0.0], [0.0, 0.0]]),
    ],
)
def test_what_an_answer_stands_for(text, data, units):
    answer = read_answer(text)
    assert answer.data == pytest.approx(data) if not isinstance(data, list) else answer.data == data
    assert answer.units == pytest.approx(units) if not isinstance(units, list) else answer.units == units


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a", "'a' is a name"),
        ("x = 3", "an answer is a number"),
        ("1; 2", "not used"),
        ("[[1, 2], [3]]", "different lengths"),
        ("1/0", "no finite number"),
        ("9**9**9**9", "no finite number"),
        ("1" + "0" * 400, "too large"),
        ("True", "made of numbers"),
        ("'4'", "made of numbers"),
        ("2 * [1, 2]", "made of numbers"),
        ("sum([1, 2])", "not part of an expression"),
        ("__import__('os').system('true')", "not part of an expression"),
        ("(lambda: 4)()", "not part of an expression"),
        ("2 ^ 3", "not part of an expression"),
        ("tanh(1, 2)", "tanh"),
        ("(" * 500, "brackets"),
        ("1+" * 6000 + "1", "characters"),
    ],
)
def test_what_is_no_answer(text, message):
    with pytest.raises(CommandError, match=message):
        read_answer(text)
