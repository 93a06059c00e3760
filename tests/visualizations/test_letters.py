"""Updates in letters and figures: who computes the printed figures by hand gets the engine's update."""

from __future__ import annotations

import ast
import math
import operator
import random
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.optim import Optimizer
from tinygrad_edu_viz.courses.course import Course
from tinygrad_edu_viz.courses.letters import lines, settings_text

SETTINGS: dict[str, list[dict[str, Any]]] = {
    "SGD": [
        {},
        {"weight_decay": 0.05},
        {"momentum": 0.9},
        {"momentum": 0.9, "dampening": 0.3, "weight_decay": 0.05},
        {"momentum": 0.8, "nesterov": True},
        {"momentum": 0.8, "nesterov": True, "weight_decay": 0.05},
    ],
    "Adam": [{}, {"weight_decay": 0.1, "eps": 1e-3}, {"amsgrad": True}, {"betas": (0.0, 0.9)}, {"betas": (0.8, 0.0)}],
    "AdamW": [{}, {"weight_decay": 0.3, "amsgrad": True}, {"weight_decay": 0.0}],
    "NAdam": [{}, {"weight_decay": 0.1, "momentum_decay": 0.02}, {"betas": (0.5, 0.9999999)}],
    "Adagrad": [{}, {"lr_decay": 0.05, "weight_decay": 0.1, "initial_accumulator_value": 0.2, "eps": 1e-3}],
    "Adadelta": [{}, {"rho": 0.7, "eps": 1e-4, "weight_decay": 0.1}],
    "RMSprop": [
        {},
        {"weight_decay": 0.1, "alpha": 0.8},
        {"momentum": 0.7},
        {"centered": True},
        {"centered": True, "momentum": 0.7, "weight_decay": 0.1},
    ],
}
CASES = [(kind, settings, lr) for kind, rows in SETTINGS.items() for settings in rows for lr in (0.1, 0.003)]

_OPERATORS: dict[type, Any] = {
    **{ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv},
    **{ast.Pow: operator.pow, ast.USub: operator.neg},
}
_FUNCTIONS = {"sqrt": math.sqrt, "maximum": max, "exp": math.exp, "sin": math.sin}


def by_hand(text: str) -> float:
    """What a printed line of figures comes to. (Raised digits are powers, as one reads them.)"""
    for place, digit in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹"):
        text = text.replace(digit, f"↑{place}")
    while "↑" in text:
        head, _, tail = text.partition("↑")
        digits = ""
        while tail[:1].isdigit() or tail[:1] == "↑":
            digits, tail = digits + tail[:1].strip("↑"), tail[1:]
        text = f"{head}**{digits}{tail}"
    return _value(ast.parse(text.replace("·", "*").replace("^", "**"), mode="eval").body)


def _value(tree: Any) -> float:
    match tree:
        case ast.Constant():
            return float(tree.value)
        case ast.BinOp():
            return _OPERATORS[type(tree.op)](_value(tree.left), _value(tree.right))
        case ast.UnaryOp():
            return _OPERATORS[type(tree.op)](_value(tree.operand))
        case ast.Call():
            return _FUNCTIONS[tree.func.id](*map(_value, tree.args))
    raise AssertionError(ast.dump(tree))


def test_the_evaluator():
    assert by_hand("3 - 0.1 · (-2)² / 4^0.5 + sqrt(9) · maximum(1, 1e-1) - 2¹²") == 3 - 0.1 * 4 / 2 + 3 - 4096


def course_of(kind: str, settings: dict[str, Any], lr: float, start: float, updates: int = 4) -> Course:
    """Updates of one number in a loss whose gradient changes size and sign."""
    w = tg.Value(start, name="w")
    scale = 1.0 / (1.0 + abs(start))
    return Course.record(
        lambda: tg.sin(w * 1.7) * scale + w * 0.2, getattr(tg.optim, kind)([w], lr=lr, **settings), updates
    )


@pytest.mark.parametrize(("kind", "settings", "lr"), CASES)
def test_figures_give_the_update(kind, settings, lr):
    for start in (0.7, -3.0, 1234.56789, 1e-5):
        course = course_of(kind, settings, lr, start)
        for (update,) in course.updates[:-1]:
            assert update.lines[-1].name == "w" and update.lines[-1].value == update.after
            for line in update.lines:
                had = {"w": update.before, **{name: pair[0] for name, pair in states(update)}}.get(line.name, 0.0)
                step = abs(line.value - had)
                assert by_hand(line.figures) == pytest.approx(line.value, rel=0, abs=1e-3 * step + 1e-14 * abs(had)), (
                    line
                )
                assert float(line.result) == pytest.approx(line.value, rel=0, abs=1e-3 * step + 1e-14 * abs(had)), line


def states(update: Any) -> list[tuple[str, Any]]:
    from tinygrad_edu_viz.courses.letters import letter_of

    return [(letter_of(name), pair) for name, pair in update.states.items()]


@pytest.mark.parametrize(("kind", "settings", "lr"), CASES[::3])
def test_letters_give_the_update(kind, settings, lr):
    """With the numbers of before in the places of the letters, and each line's result for the lines after it."""
    course = course_of(kind, settings, lr, 0.7)
    for t, (update,) in enumerate(course.updates[:-1], 1):
        optimizer = getattr(tg.optim, kind)([tg.Value(0.0)], lr=lr, **settings)
        given = optimizer.arguments(optimizer.groups[0], t)
        known = {"w": update.before, "g": update.gradient, **{name: pair[0] for name, pair in states(update)}}
        spelled = {"β₁": "beta1", "β₂": "beta2", "μ₊": "next_momentum", "η": "lr", "μ": "momentum", "λ": "weight_decay"}
        spelled |= {"ε": "eps", "α": "alpha", "ρ": "rho", "τ": "dampening", "δ": "lr_decay"}
        for line in update.lines:
            text = line.rule.replace("v_max", "♦")
            for letter, name in spelled.items():
                text = text.replace(letter, f"({float(given[name])!r})" if name in given else letter)
            for letter in ("Π", "Δ", *(name for name in ("w", "g", "m", "v", "s", "u"))):
                text = replaced(text, letter, known.get(letter))
            text = text.replace("♦", f"({known.get('v_max')!r})")
            known[line.name] = by_hand(text)
            assert known[line.name] == pytest.approx(line.value, rel=1e-6, abs=1e-12), (line, text)


def replaced(text: str, letter: str, value: float | None) -> str:
    """The text with a number for a letter, where it stands by itself."""
    for function in ("sqrt", "maximum"):
        text = text.replace(function, {"sqrt": "♠", "maximum": "♥"}[function])
    text = text if value is None else text.replace(letter, f"({value!r})")
    return text.replace("♠", "sqrt").replace("♥", "maximum")


def test_lines_as_in_a_textbook():
    adam = course_of("Adam", {}, 0.1, 0.7).updates[1][0]
    assert [f"{line.name} ← {line.rule}" for line in adam.lines] == [
        "m ← m + (1 - β₁) · (g - m)",
        "v ← β₂ · v + (1 - β₂) · g²",
        "w ← w - η / (1 - β₁²) · m / (sqrt(v) / (1 - β₂²)^0.5 + ε)",
    ]
    nesterov = course_of("SGD", {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}, 0.1, 0.7).updates[1][0]
    assert [f"{line.name} ← {line.rule}" for line in nesterov.lines] == [
        *("g ← g + λ · w", "v ← μ · v + g", "w ← w - η · (g + μ · v)"),
    ]
    adadelta = course_of("Adadelta", {}, 1.0, 0.7).updates[0][0]
    assert [f"{line.name} ← {line.rule}" for line in adadelta.lines] == [
        *("s ← ρ · s + (1 - ρ) · g²", "Δ ← sqrt(u + ε) / sqrt(s + ε) · g"),
        *("u ← ρ · u + (1 - ρ) · Δ²", "w ← w - η · Δ"),
    ]


@pytest.mark.parametrize("name", ["m", "v", "g", "η", "Δ"])
def test_a_parameter_with_the_name_of_a_letter(name):
    weight = tg.Value(2.0, name=name)
    (update,), _ = Course.record(weight * weight, tg.optim.Adam([weight], lr=0.1), 1).updates
    assert update.lines[-1].name == ("w" if name in "mvgηΔ" else name) and update.text.startswith(f"{name} goes")


def test_an_optimizer_of_ones_own():
    class Signed(Optimizer):
        """Steps of one length."""

        def __init__(self, params: Any, lr: float = 0.1):
            super().__init__(params, lr=lr)

        @staticmethod
        def rule(xp: Any, w: Any, g: Any, lr: Any, t: int) -> Any:
            return w - lr * xp.sign(g)

    class Late(Signed):
        """Steps along the mean of before: the weight's line stands first, or it would take the new one."""

        @staticmethod
        def rule(xp: Any, w: Any, m: Any, g: Any, lr: Any, t: int) -> Any:
            return w - lr * m, 0.5 * m + g

        def initial_state(self, group: Any) -> dict[str, float]:
            return {"m": 1.0}

    class Shared(Signed):
        """Has several things in common between its lines."""

        @staticmethod
        def rule(xp: Any, w: Any, m: Any, v: Any, g: Any, lr: Any, t: int) -> Any:
            one, two = xp.exp(-g), xp.sin(g * w)
            return w - lr * g * one * two, 0.5 * m + one, 0.5 * v + two

        def initial_state(self, group: Any) -> dict[str, float]:
            return {"m": 1.0, "v": 1.0}

    class Opaque(Signed):
        """Asks for what symbols do not know."""

        @staticmethod
        def rule(xp: Any, w: Any, g: Any, lr: Any, t: int) -> Any:
            return w - lr * g if lr > 0 else w

    w = tg.Value(2.0, name="w")
    (update,), _ = Course.record(w * w, Signed([w]), 1).updates
    assert str(update.lines[0]) == "w ← w - η · sign(g) = 2 - 0.1 · sign(4) = 1.9"
    (update,), _ = Course.record(w * w, Late([w]), 1).updates
    assert [str(line) for line in update.lines] == [
        *("w ← w - η · m = 1.9 - 0.1 · 1 = 1.8", "m ← 0.5 · m + g = 0.5 · 1 + 3.8 = 4.3"),
    ]
    (update,), _ = Course.record(w * w, Shared([w]), 1).updates
    assert sorted(line.name for line in update.lines) == ["m", "v", "w", "Δ", "Δ2"]
    for line in update.lines:
        assert by_hand(line.figures) == pytest.approx(line.value, rel=1e-3)
    opaque = Opaque([w])
    assert lines(opaque, opaque.groups[0], 1, {"w": 1.0}, 1.0, {"w": 0.9}) == []


def test_settings_in_words():
    optimizer = tg.optim.AdamW([tg.Value(0.0)], lr=0.1, amsgrad=True)
    assert settings_text(optimizer) == (
        "AdamW, η (lr) = 0.1, β₁ = 0.9, β₂ = 0.999, ε (eps) = 1e-08, λ (weight_decay) = 0.01, amsgrad"
    )


def test_random_tensors():
    """The element that moves most, in float32, among many."""
    rng = random.Random(0)
    for _ in range(10):
        shape = (rng.randint(1, 4), rng.randint(1, 5))
        numbers = np.random.default_rng(rng.randint(0, 99)).normal(size=shape).astype("float32")
        weight = tg.Tensor(numbers, requires_grad=True, name="W")
        course = Course.record(
            lambda w=weight: (w * w * w).mean(), tg.optim.RMSprop([weight], lr=0.01, momentum=0.5), 3
        )
        for (update,) in course.updates[:-1]:
            moved = np.abs(np.asarray(update.after) - np.asarray(update.before))
            assert moved[update.element] == moved.max() and update.subject.startswith("W[")
            line = update.lines[-1]
            before = np.asarray(update.before)[update.element]
            near = 1e-3 * moved.max() + 1e-6 * abs(before)
            assert by_hand(line.figures) == pytest.approx(line.value, rel=0, abs=near)
