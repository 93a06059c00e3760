"""What a compiled function uses by name and did not compute: where it changes, the function is recorded anew."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from compiling.compare import batches, call_both, leaf
from tinygrad_edu import nn

factor = 1.0
config = SimpleNamespace(factor=1.0)
settings = {"factor": 1.0}
other_settings = {"factor": 0.5}
W = leaf(3)


def scaled(x: Any) -> Any:
    return x * factor


def halved(x: Any) -> Any:
    return x * 0.5


used = scaled


class Owner:
    """Functions that use a factor, and how it is changed."""

    def __init__(self) -> None:
        self.factor, self.inner = 1.0, SimpleNamespace(factor=1.0)

    def attribute_of_self(self, x: Any) -> Any:
        return (x * W * self.factor).sum()

    def attribute_of_an_attribute(self, x: Any) -> Any:
        return (x * W * self.inner.factor).sum()

    def __call__(self, x: Any) -> Any:
        return (x * W * self.factor).sum()


Case = tuple[Callable[..., Any], Callable[[Any], None]]


def a_global() -> Case:
    return lambda x: (x * W * factor).sum(), lambda value: globals().update(factor=value)


def a_global_of_a_function_that_is_called() -> Case:
    return lambda x: (scaled(x) * W).sum(), lambda value: globals().update(factor=value)


def a_function_of_that_name() -> Case:
    return lambda x: (used(x) * W).sum(), lambda value: globals().update(used=scaled if value == 1.0 else halved)


def an_attribute_of_a_global() -> Case:
    return lambda x: (x * W * config.factor).sum(), lambda value: setattr(config, "factor", value)


def an_entry_of_a_dictionary() -> Case:
    return lambda x: (x * W * settings["factor"]).sum(), lambda value: settings.update(factor=value)


def a_dictionary() -> Case:
    chosen = settings

    def change(value: float) -> None:
        nonlocal chosen
        chosen = settings if value == 1.0 else other_settings

    return lambda x: (x * W * chosen["factor"]).sum(), change


def a_variable_of_an_outer_function() -> Case:
    mine = 1.0

    def change(value: float) -> None:
        nonlocal mine
        mine = value

    return lambda x: (x * W * mine).sum(), change


def a_condition_inside_a_lambda() -> Case:
    mine = 1.0

    def change(value: float) -> None:
        nonlocal mine
        mine = value

    return lambda x: sum((lambda part: part if mine == 1.0 else part * 0.5)(part) for part in (x * W)), change


def an_attribute_of_self() -> Case:
    owner = Owner()
    return owner.attribute_of_self, lambda value: setattr(owner, "factor", value)


def an_attribute_of_an_attribute() -> Case:
    owner = Owner()
    return owner.attribute_of_an_attribute, lambda value: setattr(owner.inner, "factor", value)


def an_attribute_of_a_callable_object() -> Case:
    owner = Owner()
    return owner, lambda value: setattr(owner, "factor", value)


def an_object_that_is_called() -> Case:
    owner = Owner()
    return lambda x: owner(x), lambda value: setattr(owner, "factor", value)


def an_attribute_of_what_is_bound() -> Case:
    owner = Owner()
    function = functools.partial(lambda owner, x: (x * W * owner.factor).sum(), owner)
    return function, lambda value: setattr(owner, "factor", value)


def a_model() -> Case:
    models = [nn.Dense(3, 1, dtype="float64", rng=k) for k in range(2)]
    model = models[0]

    def change(value: float) -> None:
        nonlocal model
        model = models[value == 0.5]

    return lambda x: (model(x) + (x * W).sum()).sum(), change


CASES = [
    a_global, a_global_of_a_function_that_is_called, a_function_of_that_name, an_attribute_of_a_global,
    an_entry_of_a_dictionary, a_dictionary, a_variable_of_an_outer_function, a_condition_inside_a_lambda,
    an_attribute_of_self, an_attribute_of_an_attribute, an_attribute_of_a_callable_object, an_object_that_is_called,
    an_attribute_of_what_is_bound, a_model,
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_what_changes_counts(case: Callable[[], Case], rng: np.random.Generator) -> None:
    function, change = case()
    step = tg.compile(function)
    try:
        for k, (x,) in enumerate(batches(rng, 3, n=12)):
            if k % 4 == 0:  # after four calls, of which the last two are replays
                change(1.0 if k % 8 == 0 else 0.5)
            call_both(step, function, [W], x)
        assert "def " in step.source and step.why_not is None
    finally:
        change(1.0)


@pytest.mark.parametrize("names", ["a number that it does not use", "the same number"])
def test_what_makes_no_difference_keeps_the_code(names: str, rng: np.random.Generator) -> None:
    owner = SimpleNamespace(unused=0, used=1000.0)
    step = tg.compile(lambda x: (x * W * owner.used + (0.0 if owner.unused < 9 else 1.0)).sum())
    sources = []
    for k, x in enumerate(batches(rng, 3, n=8)):
        owner.used = float(str(1000.0))  # another object
        owner.unused = k if names == "a number that it does not use" else 0
        step(*x)
        sources.append(step.source)
    assert "def " in sources[1] and set(sources[1:]) == {sources[1]}


def test_a_function_that_changes_what_it_uses_is_refused(rng: np.random.Generator) -> None:
    """Else it would go on at the number of its second call."""
    calls = 0

    def warming_up(x: Any) -> Any:
        nonlocal calls
        calls += 1
        return (x * W).sum() if calls < 5 else (x * W).sum() * 0.5

    for strict in (True, False):
        step, calls = tg.compile(warming_up, strict=strict), 0
        expected = []
        try:
            for x in batches(rng, 3, n=8):
                found = step(*x).item()
                expected.append((x[0] * W).sum().item() * (1.0 if calls < 5 else 0.5))
                assert found == expected[-1]
            assert not strict and "it changes 'calls'" in str(step.why_not)
        except tg.CompileError as error:
            assert strict and "it changes 'calls', which lies outside of it" in str(error)
