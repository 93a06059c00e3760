"""Rules as JavaScript: the text computes what the rule computes, in its order; tests/browser runs such texts."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan
from typing import Any

import pytest

from tinygrad_edu.namespaces import floats
from tinygrad_edu.tapes.javascript_code import FORMS, UnwritableError, expressions, number

TEXTS: list[tuple[Callable[..., Any], str]] = [
    (lambda xp, a, b, c: a - (b - c), "a - (b - c)"),
    (lambda xp, a, b, c: a + (b + c), "a + (b + c)"),  # not (a + b) + c, which rounds in another way
    (lambda xp, a, b, c: a + b + c, "a + b + c"),
    (lambda xp, a, b, c: a * (b * c), "a * (b * c)"),
    (lambda xp, a, b, c: a * b * c, "a * b * c"),
    (lambda xp, a, b, c: xp.divide(a, xp.divide(b, c)), "a / (b / c)"),
    (lambda xp, a, b, c: (a + b) * -c, "(a + b) * -c"),
    (lambda xp, a, b, c: -(xp.negative(a)) - -b, "-(-a) - -b"),
    (lambda xp, a, b, c: -(a * b), "-(a * b)"),
    (lambda xp, a, b, c: a * a, "a * a"),
    (lambda xp, a, b, c: a**2 + 2**b, "power(a, 2) + power(2, b)"),
    (lambda xp, a, b, c: a + -2.0, "a + -2"),
    (lambda xp, a, b, c: -2.0 * a, "-2 * a"),
    (lambda xp, a, b, c: 1e-300 * a + inf, "1e-300 * a + Infinity"),
    (lambda xp, a, b, c: (a > b) * c, "(a > b ? 1 : 0) * c"),
    (lambda xp, a, b, c: a == b, "a === b ? 1 : 0"),
    (lambda xp, a, b, c: xp.where((a >= 0) & (b != c) | (c < 1), a, b), "(a >= 0 && b !== c) || c < 1 ? a : b"),
    (lambda xp, a, b, c: xp.where(a, b, c), "a !== 0 ? b : c"),
    (lambda xp, a, b, c: xp.where(a - b, xp.where(b > 0, 1.0, 2.0), c), "a - b !== 0 ? (b > 0 ? 1 : 2) : c"),
    (lambda xp, a, b, c: xp.where(a > 0, 1.0, xp.where(b > 0, 2.0, c)), "a > 0 ? 1 : b > 0 ? 2 : c"),
    (lambda xp, a, b, c: xp.where(a > 0, b, c) + 1.0, "(a > 0 ? b : c) + 1"),
    (lambda xp, a, b, c: xp.where(True, a - b, c) * c, "(a - b) * c"),
    (lambda xp, a, b, c: xp.relu(a - b), "maximum(a - b, 0)"),  # a rule of the registry
    (lambda xp, a, b, c: xp.clip(a, 0.0, b), "minimum(maximum(a, 0), b)"),
    (lambda xp, a, b, c: xp.arctan(xp.erf(a)), "Math.atan(erf(a))"),
    (lambda xp, a, b, c: 3.0, "3"),
    (lambda xp, a, b, c: (a - b) * (a - b), "{ const t0 = a - b; return t0 * t0; }"),
    (lambda xp, a, b, c: xp.damped(a, b - c), "{ const t0 = b - c; return t0 === 0 ? 0 : a * t0; }"),
]


@pytest.mark.parametrize(("rule", "text"), TEXTS, ids=[text for _, text in TEXTS])
def test_rules_are_written_as_they_compute(rule: Callable[..., Any], text: str) -> None:
    assert expressions(rule, ["a", "b", "c"]).arrow(["a", "b", "c"]) == f"(a, b, c) => {text}"


def test_numbers_stay_the_same() -> None:
    written = [number(x) for x in (0.1, 1.0, -0.0, 5e-324, 1e16, 12345678.9, nan, -inf, True)]
    assert written == ["0.1", "1", "-0", "5e-324", "1e+16", "12345678.9", "NaN", "-Infinity", "1"]


def test_everything_that_a_value_can_call_can_be_written() -> None:
    helpers = {"Callable", "copysign", "isnan"}
    functions = {name for name, f in vars(floats).items() if callable(f) and not name.startswith("_")} - helpers
    assert functions - set(FORMS) == {"clip"}  # which is maximum and minimum
    assert len(functions) > 15


def branches(xp: Any, a: Any) -> Any:
    return a + 1.0 if a > 0 else a


UNWRITABLE = [
    (branches, "cannot branch on what it computes: use xp.where"),
    (lambda xp, a: a if a else 0.0, "cannot branch on what it computes: use xp.where"),
    (lambda xp, a: xp.hypot(a, 1.0), "it calls what JavaScript lacks .*'hypot'"),
    (lambda xp, a: a.sum(), "cannot call sum"),
    (lambda xp, a: a @ a, "cannot call matmul"),
    (lambda xp, a: float(a), "float"),
]


@pytest.mark.parametrize(("rule", "reason"), UNWRITABLE, ids=[reason for _, reason in UNWRITABLE])
def test_what_cannot_be_written_says_why(rule: Callable[..., Any], reason: str) -> None:
    with pytest.raises(UnwritableError, match=reason):
        expressions(rule, ["a"])
