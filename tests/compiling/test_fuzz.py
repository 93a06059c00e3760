"""Random programs, compiled: the same numbers as uncompiled, to the last bit, and nothing else is touched.

Each seed is a program: random operations on parameters, arguments, and what was computed before, with views, broadcasts
and repeated uses. It is called five times, with new numbers in the same layout; the last three calls are replays.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from compiling.compare import same

SEEDS, TOGETHER, CALLS = 240, 20, 5
SHAPES = [(3, 4), (4, 3), (3, 1), (1, 4), (4,), (1,), (2, 3, 4), (12,), (5, 3), (3,), (0, 4), (1, 1), ()]
POSITIONS = [np.array([0, 1, 1]), np.array([2, 0, -1])]  # the same arrays in each call, so that they are constants
LARGEST = 2000  # elements

UNARY: list[Callable[[Any], Any]] = [
    tg.tanh, tg.sin, tg.sigmoid, tg.relu, tg.square, tg.abs, tg.softplus, tg.exp, tg.sqrt, tg.silu, tg.gelu, tg.elu,
    tg.leaky_relu, tg.sign, tg.reciprocal, tg.erf, np.tanh, np.exp,
    lambda a: -a, lambda a: 1.0 - a, lambda a: 3 / a, lambda a: a * np.inf, lambda a: tg.clip(a, -0.5, 0.5),
    lambda a: a**2, lambda a: a**0.5, lambda a: a**-1.0, lambda a: 2.0**a, lambda a: (-1.5) ** a,
    lambda a: a.detach(), lambda a: tg.no_grad()(tg.tanh)(a),
    *[lambda a, dtype=dtype: a.astype(dtype) for dtype in ("float16", "float32", "float64")],
]  # fmt: skip
BINARY = [
    tg.add, tg.subtract, tg.multiply, tg.divide, tg.maximum, tg.minimum, tg.power,
    lambda a, b: tg.where(a > b, a, b), lambda a, b: tg.where(a > 0, tg.log(a), b),
]  # fmt: skip
REDUCTIONS = [tg.sum, tg.mean, tg.max, tg.min, tg.logsumexp]
ALONG_AN_AXIS = [tg.softmax, tg.log_softmax, lambda a: tg.cumsum(a, axis=0)]
VIEWS = [
    lambda a: a.T, lambda a: a.swapaxes(0, -1), lambda a: a.reshape(-1), lambda a: a.reshape(1, -1), lambda a: a[-1],
    lambda a: a[1:], lambda a: a[np.int64(1) :], lambda a: a[::-1], lambda a: a[..., :1], lambda a: a[None],
    *[lambda a, index=index: a[index] for index in POSITIONS],
]  # fmt: skip
JOINS = [lambda a, b: tg.concatenate([a, b]), lambda a, b: tg.stack([a, b, a]), tg.matmul, lambda a, b: a @ b.T]


def computed(choose: random.Random, a: tg.Tensor, b: tg.Tensor) -> Any:
    """The result of a random operation on one or both."""
    kind = choose.choice([UNARY, BINARY, BINARY, REDUCTIONS, ALONG_AN_AXIS, VIEWS, VIEWS, JOINS])
    function = choose.choice(kind)
    if kind is REDUCTIONS:
        return function(a, axis=choose.choice([None, *range(a.ndim)]), keepdims=choose.random() < 0.4)
    return function(a, b) if kind in (BINARY, JOINS) else function(a)


def program(seed: int, params: list[tg.Tensor]) -> Callable[..., Any]:
    """A function of tensors, which does the same in each call, and gives a loss and three other results."""

    def function(*arguments: tg.Tensor) -> Any:
        choose = random.Random(seed)
        found = [*params, *arguments]
        for _ in range(choose.randint(4, 20)):
            a, b = choose.choice(found[-5:]), choose.choice(found)
            try:
                result = computed(choose, a, b)
            except (ValueError, IndexError):  # shapes that do not fit: the same ones in each call
                continue
            if result.size <= LARGEST and result.ndim < 5:
                found.append(result)
        terms = [term.sum() * (1 + k / 7) for k, term in enumerate(found[-4:])]
        loss = sum(terms, sum((p * p).sum() for p in params))
        return loss, *choose.sample(found, 3)

    return function


def numbers(choose: random.Random, rng: np.random.Generator, shape: tuple[int, ...], dtype: str, order: str) -> Any:
    array = (rng.standard_normal(shape) * choose.choice([1, 1, 0.1])).astype(dtype)
    if order == "strided" and array.ndim:
        return np.repeat(array, 2, axis=-1)[..., ::2]
    return np.asfortranarray(array) if order == "F" else array


def outcome(
    call: Callable[..., Any], params: list[tg.Tensor], arguments: list[tg.Tensor], start: list[Any]
) -> tuple[Any, list[Any]]:
    """Results, and copies of their arrays and of the gradients after a call that begins with some gradients."""
    for p, gradient in zip(params, start, strict=True):
        p.grad = None if gradient is None else tg.Tensor(gradient.copy(), device=p.device)
    results = call(*arguments)
    arrays = [result.numpy() for result in results] + [None if p.grad is None else p.grad.numpy() for p in params]
    return results, [None if array is None else array.copy() for array in arrays]


def check(seed: int, device: str = "cpu", equal: Callable[[Any, Any], bool] = same) -> bool:
    """Compare the program of a seed with its replays; whether it was replayed."""
    choose, rng = random.Random(~seed), np.random.default_rng(seed)
    dtypes = choose.choice([["float64"], ["float32"], ["float16"], ["float16", "float32", "float64"]])
    order = choose.choice(["C", "C", "F", "strided"])
    params = [
        tg.Tensor(
            numbers(choose, rng, choose.choice(SHAPES), choose.choice(dtypes), "C"), requires_grad=True, device=device
        )
        for _ in range(3)
    ]
    kinds = [(choose.choice(SHAPES), choose.choice(dtypes)) for _ in range(choose.randint(1, 3))]
    if choose.random() < 0.5:
        tg.optim.SGD(choose.sample(params, 2), lr=0.0)  # which gives their gradients places of their own
    accumulates = choose.random() < 0.3
    function = program(seed, params)

    def uncompiled(*arguments: tg.Tensor) -> Any:
        results = function(*arguments)
        results[0].backward()
        return results

    step, kept = tg.compile(function, strict=False), []
    for call in range(CALLS):
        arguments = [tg.Tensor(numbers(choose, rng, shape, dtype, order), device=device) for shape, dtype in kinds]
        start = [rng.standard_normal(p.shape).astype(p.dtype) if accumulates else None for p in params]
        before = [x.numpy() for x in (*params, *arguments)]
        _, wanted = outcome(uncompiled, params, arguments, start)
        results, found = outcome(step, params, arguments, start)
        assert all(map(equal, wanted, found)), (seed, call)
        kept += list(zip(results, found, strict=False))
        assert all(map(same, before, (x.numpy() for x in (*params, *arguments)))), (seed, call, "overwritten")
        assert all(same(result.numpy(), array) for result, array in kept), (seed, call, "an earlier result")
    return "def " in step.source


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("first", range(0, SEEDS, TOGETHER))
def test_random_programs(first: int):
    replayed = sum(map(check, range(first, first + TOGETHER)))
    assert replayed > 0.6 * TOGETHER  # the others compare single numbers, for a where
