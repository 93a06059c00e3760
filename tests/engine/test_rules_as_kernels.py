"""On a GPU an elementwise rule of several calls is one kernel, and so are a derivative and the chain rule."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from fake_device import fake_cupy
from tinygrad_edu import backends
from tinygrad_edu.graph.backprop import backprop
from tinygrad_edu.graph.operation import REGISTRY
from tinygrad_edu.tensors.tensor import Tensor

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.3, -2.5, 700.0, -700.0, np.inf, -np.inf, np.nan, 1e-30]
SETTINGS: dict[str, list[dict[str, Any]]] = {
    "gelu": [{}, {"approximate": "tanh"}],
    "leaky_relu": [{}, {"negative_slope": 0.3}],
    "elu": [{}, {"alpha": 2.0}],
    "clip": [{"min": -1.0, "max": 0.5}, {"min": None, "max": 1.0}, {"min": 0.0, "max": None}],
}
RULES = [
    pytest.param(op, settings, id=f"{op.name} {settings}")
    for op in REGISTRY.values()
    if op.elementwise and op.arity < 3
    for settings in SETTINGS.get(op.name, [{}])
]


def numbers(op: Any, settings: dict[str, Any], dtype: str, device: str) -> list[np.ndarray]:
    """The result, and the gradients of its operands, of arrays of one shape."""
    rolled = [np.roll(SPECIAL, k) for k in range(op.arity)]
    operands = [Tensor(np.array(x, dtype=dtype), requires_grad=True, device=device) for x in rolled]
    result = op.function(*operands, **settings)
    found = [result.numpy()]
    if result.requires_grad:
        result.backward(Tensor(np.linspace(-2, 2, len(SPECIAL)).astype(dtype), device=device))
        found += [np.zeros(1) if x.grad is None else x.grad.numpy() for x in operands]
    return found


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("op", "settings"), RULES)
def test_a_kernel_gives_the_numbers_of_the_rule_also_where_they_are_not_finite(
    op: Any, settings: dict[str, Any], dtype: str, device: str
) -> None:
    wanted, found = (numbers(op, settings, dtype, where) for where in ("cpu", device))
    relative, absolute = (2e-6, 2e-7) if dtype == "float32" else (1e-13, 1e-15)  # 1 + tanh(...) loses digits near 0
    for a, b in zip(wanted, found, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(b, a, rtol=relative, atol=absolute)


@pytest.mark.parametrize("name", "gelu silu softplus elu sigmoid tanh exp square".split())
def test_one_launch_forward_and_one_backward(name: str) -> None:
    x = Tensor(np.ones((4, 3), dtype="float32"), requires_grad=True, device="fake")
    upstream = Tensor(np.ones((4, 3), dtype="float32"), device="fake")
    with fake_cupy.counting() as there:
        y = getattr(tg, name)(x)
    with fake_cupy.counting() as back:
        y.backward(upstream)
    assert (there.launches, back.launches) == (1, 1)


def test_what_no_kernel_takes_goes_call_by_call() -> None:
    """Arrays of other shapes or types, half precision, single numbers, and branches that must be careful."""
    wide = Tensor(np.ones((2, 3)), requires_grad=True, device="fake")
    for other in (Tensor(np.ones(3), device="fake"), Tensor(np.ones((2, 3), dtype="float32"), device="fake"), 2.0):
        (tg.power(wide, other)).sum().backward()
    half = Tensor(np.ones(3, dtype="float16"), requires_grad=True, device="fake")
    tg.gelu(half).sum().backward()
    assert half.grad is not None and half.grad.dtype == np.float16
    single = Tensor(2.0, requires_grad=True, device="fake")
    tg.gelu(single).backward()
    x = Tensor([0.0, 1.0], requires_grad=True, device="fake")
    tg.where(x > 0, tg.log(x), 0.0).sum().backward()
    assert x.grad is not None and x.grad.numpy().tolist() == [0.0, 1.0]


def test_who_looks_at_a_step_sees_the_derivative_by_itself() -> None:
    x, upstream = (Tensor(np.array([0.3, -2.0]), requires_grad=k == 0, device="fake") for k in range(2))
    (step,) = backprop(tg.tanh(x), upstream)
    slope = 1 - np.tanh([0.3, -2.0]) ** 2
    np.testing.assert_allclose(backends.get("fake").asnumpy(step.local), slope, rtol=1e-12)
    np.testing.assert_allclose(backends.get("fake").asnumpy(step.contribution), slope * [0.3, -2.0], rtol=1e-12)
