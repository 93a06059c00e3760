"""Answers to predictions, as people type them."""

import pytest

from tinygrad_edu_tutorials.reading.answers import is_right, why_wrong
from tinygrad_edu_tutorials.reading.lesson import Number, Part

RIGHT = [
    ("5", "5"), ("5", " 5.0 "), ("5", "5,0"), ("-15", "−15"), ("0.993", "0.993"), ("0.993", "0.99"), ("0.993", "0,993"),
    ("0.0132", "0.013"), ("0.000002", "2e-6"), ("0.333333333", "1/3"), ("64", "64 %"), ("b", "B"), ("b", " b) "),
    ("650", "650"), ("64.4", "64"), ("1185", "1,185"), ("1185", "1 185"), ("1185", "1\u00a0185"),
    ("1185", "1\u202f185"), ("1.185", "1,185"), ("1234567", "1,234,567"), ("-1185", "−1,185"), ("1185.5", "1 185,5"),
]  # fmt: skip
WRONG = [
    ("5", "4"), ("5", "5.1"), ("5", ""), ("5", "b"), ("650", "640"), ("650", "651"), ("0.993", "1"), ("0.993", "0.98"),
    ("b", "a"), ("b", "5"), ("5", "1/0"),
    ("1185", "1,18"), ("1185", "0,185"), ("1185", "11 85"), ("1185", "1 1855"), ("185", "0,185"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "given"), RIGHT)
def test_right(answer, given):
    assert is_right(Part("predict", "", 1, {"answer": answer}), given)


@pytest.mark.parametrize(("answer", "given"), WRONG)
def test_wrong(answer, given):
    assert not is_right(Part("predict", "", 1, {"answer": answer}), given)


def test_an_estimate_may_be_off():
    part = Part("predict", "", 1, {"answer": "153", "within": "20"})
    assert is_right(part, "140") and is_right(part, "173") and not is_right(part, "174") and not is_right(part, "many")


def test_wrong_answers_are_explained():
    told = Part("prose", "- `4` That is the way\n  through c.\n- `b` No.\n- `0.5` A half.", 1)
    part = Part("predict", "", 1, {"answer": "5"}, parts=[Part("prose", "Five.", 1), told])
    assert why_wrong(part, "4.0") == "That is the way through c."
    assert why_wrong(part, "B") == "No." and why_wrong(part, "0,5") == "A half." and why_wrong(part, "7") is None


@pytest.mark.parametrize(
    ("text", "value", "equal"),
    [
        ("-15<!--= x -->", -15.0, True),
        ("-15<!--= x -->", -15.4, True),
        ("-15<!--= x -->", -15.6, False),
        ("**0.25**<!--= x -->", 0.2549, True),
        ("`0.25`<!--= x -->", 0.256, False),
        ("2e-06<!--= x -->", 2.4e-6, True),
        ("2e-06<!--= x -->", 2.6e-6, False),
        ("432\u202f000<!--= x -->", 432_000.2, True),
        ("88 %<!--= x -->", 87.6, True),
        ("−3<!--= x -->", -3.0, True),
    ],
)
def test_marked_numbers_are_rounded_as_they_are_written(text, value, equal):
    (number,) = Part("prose", f"It is {text}, and so on.", 1).numbers
    assert number.expression == "x" and number.equals(value) == equal


def test_a_number_has_its_value():
    assert Number("−1\u202f000.5", "x").value == -1000.5


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("> Which? **a** One. **b**\n> Two.", "> Which?\\\n> **a** One.\\\n> **b**\n> Two."),
        ("> Which?\n> **a** One,\n> **b** two.", "> Which?\\\n> **a** One,\\\n> **b** two."),
        ("> Is it **a** one or **b** two?", "> Is it **a** one or **b** two?"),
        ("Which? **a** One. **b** Two.", "Which? **a** One. **b** Two."),
    ],
)
def test_choices_after_a_question_stand_in_lines_of_their_own(text, clean):
    assert Part("prose", text, 1).clean == clean
