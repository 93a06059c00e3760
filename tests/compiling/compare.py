"""Calls of a compiled function beside those of the function itself: the same numbers, to the last bit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

import tinygrad_edu as tg


def same(a: Any, b: Any) -> bool:
    """Whether two arrays (or None) have the same shape, dtype and bits, but for the kind of nan."""
    if a is None or b is None:
        return a is b
    return a.shape == b.shape and a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")


def numbers(results: Any, leaves: Iterable[tg.Tensor]) -> list[Any]:
    """Results, and gradients of the leaves."""
    results = results if isinstance(results, tuple) else (results,)
    return [r.numpy() for r in results] + [None if p.grad is None else p.grad.numpy() for p in leaves]


def uncompiled(function: Callable[..., Any], leaves: list[tg.Tensor], arguments: tuple[Any, ...]) -> list[Any]:
    """What the function gives, and the gradients of its first result, by the ordinary backward pass."""
    results = function(*arguments)
    (results[0] if isinstance(results, tuple) else results).backward()
    return numbers(results, leaves)


def assert_same(
    step: Any, function: Callable[..., Any], leaves: list[tg.Tensor], calls: Iterable[tuple[Any, ...]]
) -> None:
    """Each call of `step` gives what `function` gives, and leaves the same gradients; the last calls are replays."""
    for k, arguments in enumerate(calls):
        for leaf in leaves:
            leaf.grad = None
        wanted = uncompiled(function, leaves, arguments)
        for leaf in leaves:
            leaf.grad = None
        found = numbers(step(*arguments), leaves)
        for a, b in zip(wanted, found, strict=True):
            assert same(a, b), (k, a, b)
    assert "def " in step.source


def leaf(*shape: int, seed: int = 1, name: str | None = None) -> tg.Tensor:
    return tg.Tensor(np.random.default_rng(seed).standard_normal(shape), requires_grad=True, name=name)


def batches(rng: np.random.Generator, *shape: int, n: int = 4) -> list[tuple[tg.Tensor]]:
    """Arguments for n calls: one tensor each."""
    return [(tg.Tensor(rng.standard_normal(shape)),) for _ in range(n)]


def call_both(
    step: Any, function: Callable[..., Any], leaves: list[tg.Tensor], *arguments: Any, equal: Any = same
) -> None:
    """One call of `step` gives what `function` gives, with its gradients."""
    for p in leaves:
        p.grad = None
    wanted = uncompiled(function, leaves, arguments)
    for p in leaves:
        p.grad = None
    found = numbers(step(*arguments), leaves)
    assert all(map(equal, wanted, found)), (wanted, found)
