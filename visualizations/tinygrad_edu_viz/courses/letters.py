"""An optimizer's update in letters and in figures: its own rule, called with symbols.

>>> import tinygrad_edu as tg
>>> optimizer = tg.optim.SGD([tg.Value(3.0)], lr=0.1, momentum=0.9)
>>> before, after = {"w": 3.0, "velocity": 1.0}, {"w": 2.86, "velocity": 1.4}
>>> for line in lines(optimizer, optimizer.groups[0], 2, before, 0.5, after):
...     print(line)
v ← μ · v + g = 0.9 · 1 + 0.5 = 1.4
w ← w - η · v = 3 - 0.1 · 1.4 = 2.86

There is no table of update rules here: an optimizer that is added can be read at once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_edu.formulas.reading import SYMBOLS
from tinygrad_edu.formulas.symbol import Symbol, as_symbol
from tinygrad_edu.formulas.text import number_text
from tinygrad_edu.optim import Optimizer
from tinygrad_edu.optim.optimizer import Group

from .formula_parts import Parts, computed, written

LETTERS = {
    **{"lr": "η", "momentum": "μ", "beta1": "β₁", "beta2": "β₂", "alpha": "α", "rho": "ρ", "eps": "ε"},
    **{"weight_decay": "λ", "dampening": "τ", "lr_decay": "δ", "next_momentum": "μ₊"},
    **{"velocity": "v", "mean_square": "s", "sum_of_squares": "s", "mean_square_step": "u", "mean": "m"},
    **{"largest_v": "v_max", "momentum_product": "Π"},
}
WEIGHT, GRADIENT, STEP = "w", "g", "Δ"
DIGITS = (6, 8, 10, 12, 14, 17)  # of the figures: as few as give the step ...
NEAR = 4e-4  # ... to this part of it
LONGEST = 10  # characters of a weight's name in a formula
EXACT = float(np.finfo(float).eps)


@dataclass(frozen=True, slots=True)
class Line:
    """name ← rule = figures = value.

    Attributes:
        name: the letter of a state, or what the weight is called.
        rule: the formula in letters.
        figures: the same with numbers, in as many digits as give the step when one computes with them.
        value: the result, in full precision.
        digits: significant ones of the result, as it is to be read.
    """

    name: str
    rule: str
    figures: str
    value: float
    digits: int = DIGITS[0]

    @property
    def result(self) -> str:
        """The result as it is to be read."""
        return number_text(self.value, self.digits)

    def __str__(self) -> str:
        return f"{self.name} ← {self.rule} = {self.figures} = {self.result}"


class _Setting(Symbol):
    """A setting, which is there: `if weight_decay:` holds."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return True


def lines(
    optimizer: Optimizer,
    group: Group,
    t: int,
    before: Mapping[str, float],
    gradient: float,
    after: Mapping[str, float],
    label: str = WEIGHT,
    precision: float = EXACT,
) -> list[Line]:
    """The update of one weight, a line for each state and one for the weight, in an order in which one can compute.

    What several lines have in common, such as the gradient with the weight decay in it, has a line of its own.

    Args:
        group: that of the weight.
        t: which of its updates this is, from 1.
        before, after: the weight, "w", and the optimizer's states by their names.
        label: what the weight is called; it is "w" if that is long, or a letter of the rule.
        precision: the distance of 1 to the next number, of the dtype in which the optimizer computes.
    Returns:
        [] where the rule asks for what only data have.
    """
    names = [WEIGHT, *optimizer.initial_state(group)]
    arguments = optimizer.arguments(group, t)
    letters = {name: letter_of(name) for name in names}
    taken = {GRADIENT, STEP, *letters.values(), *map(letter_of, arguments)}
    letters[WEIGHT] = WEIGHT if label in taken or len(label) > LONGEST else label
    try:
        trees = _read(optimizer, letters, arguments)
    except Exception:  # a rule may do with data whatever it likes
        return []
    old = {letters[name]: before[name] for name in names} | {GRADIENT: gradient}
    old |= {letter_of(name): float(value) for name, value in arguments.items() if _is_setting(name, value)}
    new = {letters[name]: after[name] for name in names}
    parts = Parts({letters[name]: trees[name] for name in [*names[1:], WEIGHT]}, GRADIENT, STEP)
    for name in parts.order:
        new.setdefault(name, computed(parts.trees[name], old))

    def made(name: str) -> Line:
        """A line, in as few digits as will do."""
        shared = parts.before(name)
        rule = written(parts.trees[name], [(tree, Symbol.named(other)) for other, tree in shared])
        step = new[name] - old[name] if name in letters.values() else new[name]
        near = NEAR * abs(step) + 4 * precision * abs(old.get(name, 0.0))
        tries = []
        for digits in DIGITS:
            known = {leaf: Symbol.figure(number_text(value, digits)) for leaf, value in old.items()}
            results = [(tree, Symbol.figure(number_text(new[other], digits))) for other, tree in shared]
            figures = written(parts.trees[name], results, known)
            tries.append(Line(name, str(rule), str(figures), new[name], digits))
            if not math.isfinite(step):
                break
            if all(abs(found - new[name]) <= near for found in (computed(figures), float(tries[-1].result))):
                return tries[-1]
        return tries[0]

    return [made(name) for name in parts.order]


def letter_of(name: str) -> str:
    """The letter of a setting or of a state; its name if it has none."""
    return LETTERS.get(name, name)


def settings_text(optimizer: Optimizer) -> str:
    """An optimizer and what it was set to, with the letters: "SGD, η (lr) = 0.1, μ (momentum) = 0.9".

    Those of the first group; settings that are 0 or False are left out.
    """
    given: list[tuple[str, Any]] = []
    for name in optimizer.defaults:
        value = optimizer.groups[0][name]
        given += zip(("beta1", "beta2"), value, strict=True) if name == "betas" else [(name, value)]
    parts = [type(optimizer).__name__]
    for name, value in given:
        letter = letter_of(name)
        if value is True:
            parts.append(name)
        elif value and isinstance(value, (int, float)):
            said = letter if letter == name or name.startswith("beta") else f"{letter} ({name})"
            parts.append(f"{said} = {number_text(float(value))}")
    return ", ".join(parts)


def _read(optimizer: Optimizer, letters: Mapping[str, str], arguments: Mapping[str, Any]) -> dict[str, Symbol]:
    """What the rule makes of the weight and of each state."""
    settings = {
        name: _Setting("name", text=letter_of(name), shape=()) if _is_setting(name, value) else value
        for name, value in arguments.items()
    }
    arrays = [Symbol.named(letter, ()) for letter in (*letters.values(), GRADIENT)]
    result = type(optimizer).rule(SYMBOLS, *arrays, **settings)
    return dict(zip(letters, map(as_symbol, result if isinstance(result, tuple) else (result,)), strict=True))


def _is_setting(name: str, value: Any) -> bool:
    """Whether an argument of a rule is written as a letter. (What is 0 is left out, and so is what it multiplies.)"""
    return name != "t" and isinstance(value, (int, float)) and not isinstance(value, bool) and value != 0
