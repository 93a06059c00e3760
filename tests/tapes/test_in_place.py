"""Kernels: written as NumPy code that works in place, and as CUDA, a rule gives what it gives as it stands."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest

from engine.kernel_cases import KERNELS
from fake_device import fake_cupy
from tinygrad_edu import backends
from tinygrad_edu.backends.launching import Launcher
from tinygrad_edu.tapes import in_place
from tinygrad_edu.tapes.cuda.language import elementwise
from tinygrad_edu.tapes.in_place import InPlace
from tinygrad_edu.tapes.kernel import Kernel

CPU = backends.get("cpu")
CHUNK = 8  # in these tests


@pytest.fixture(autouse=True)
def short_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_place, "CHUNK", CHUNK)


def plainly(rule: Callable[..., Any], arrays: list[Any], **numbers: float) -> None:
    """The rule on whole arrays, its results copied into the first ones."""
    results = rule(CPU, *arrays, **numbers)
    arrays_of_results = [np.array(r) for r in (results if isinstance(results, tuple) else (results,))]
    for array, result in zip(arrays, arrays_of_results, strict=False):
        array[...] = result


# --- optimizers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", KERNELS)
def test_an_optimizer_s_kernel_computes_its_rule(name: str, dtype: str) -> None:
    kernel, numbers, rule = KERNELS[name]
    code = InPlace(kernel)
    rng = np.random.default_rng(0)
    for size in (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 5):
        arrays = [rng.uniform(0.1, 0.9, size).astype(dtype) for _ in kernel.inputs]
        arrays[1] += 1  # the mean square, above the square of the mean
        expected = [array.copy() for array in arrays]
        scratch: list[Any] = []
        for _ in range(3):
            gradient = rng.standard_normal(size).astype(dtype)
            arrays[-1], expected[-1] = gradient, gradient.copy()
            code.run(arrays, numbers, scratch)
            plainly(rule, expected)
            for found, array in zip(arrays, expected, strict=True):
                np.testing.assert_allclose(found, array, rtol=1e-6 if dtype == "float32" else 1e-14)
        np.testing.assert_array_equal(arrays[-1], gradient)  # the gradient is not the kernel's to overwrite
        assert len(scratch) == code.scratches <= 3
        assert all(array.size == min(size, CHUNK) and array.dtype == dtype for array in scratch)


@pytest.mark.parametrize("name", KERNELS)
def test_a_gradient_that_may_be_spent_gives_the_same_bits(name: str) -> None:
    kernel, numbers, _ = KERNELS[name]
    rng, keeping, spending = np.random.default_rng(0), InPlace(kernel), InPlace(kernel, spends=True)
    assert spending.scratches <= keeping.scratches
    for size in (1, CHUNK + 5):
        arrays = [rng.uniform(0.1, 0.9, size).astype("float32") for _ in kernel.inputs]
        arrays[1] += 1
        copies = [array.copy() for array in arrays]
        keeping.run(arrays, numbers, [])
        spending.run(copies, numbers, [])
        for found, array in zip(copies[:-1], arrays[:-1], strict=True):
            np.testing.assert_array_equal(found, array)


def test_scratch_serves_smaller_arrays_too() -> None:
    code, scratch = InPlace(Kernel(lambda xp, a, b: (a * b + b * b, a - b), 2)), []
    for size in (20, 5, 1, 8):
        arrays = [np.arange(size) + 1.0, np.ones(size)]
        code.run(arrays, [], scratch)
        np.testing.assert_array_equal(arrays, [np.arange(size) + 2.0, np.arange(size)])


# --- any formula -----------------------------------------------------------------------------------------------------

BINARY = ["add", "subtract", "multiply", "maximum", "minimum"]
Line = tuple[str, int, int]


def formula(lines: list[Line], results: list[int], numbers: list[str]) -> Callable[..., Any]:
    """A rule of straight-line code: each line combines two of the values before it."""

    def rule(xp: Any, *arrays: Any, **given: Any) -> Any:
        values = [*arrays, *[given[name] for name in numbers], 0.5]
        for function, a, b in lines:
            left, right = values[a % len(values)], values[b % len(values)]
            if function in BINARY:
                values.append(getattr(xp, function)(left, right))
            else:
                values.append(xp.where(left >= right, left, -right))
        picked = [values[k % len(values)] for k in results]
        return tuple(arrays[0] * p for p in picked)  # a result is an array, whatever was picked

    return rule


@hypothesis.given(
    lines=st.lists(st.tuples(st.sampled_from([*BINARY, "where"]), st.integers(0, 30), st.integers(0, 30)), max_size=12),
    results=st.lists(st.integers(0, 30), min_size=1, max_size=3),
)
@hypothesis.settings(max_examples=300, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
def test_any_formula(lines: list[Line], results: list[int]) -> None:
    rule = formula(lines, results, ["n", "m"])
    numbers = {"n": 0.25, "m": -1.5}
    rng = np.random.default_rng(len(lines))
    arrays = [rng.uniform(-1, 1, 19) for _ in range(4)]
    expected = [a.copy() for a in arrays]
    plainly(rule, expected, **numbers)
    kernel = Kernel(rule, 4, list(numbers))
    agrees(kernel, kernel.parameters_of(numbers), arrays, expected)


def agrees(kernel: Kernel, numbers: list[float], arrays: list[Any], expected: list[Any]) -> None:
    """Each language gives the expected contents of the arrays."""
    count = len(kernel.results)
    found, size = [fake_cupy.asarray(array) for array in arrays], arrays[0].size
    Launcher(fake_cupy)(elementwise(kernel), found[count:], numbers, found[:count], (size,), size)
    np.testing.assert_allclose([array.get() for array in found], expected, rtol=1e-15)
    np.testing.assert_array_equal(kernel(CPU, *arrays, *numbers), expected[:count])
    InPlace(kernel).run(arrays, numbers, [])
    np.testing.assert_array_equal(arrays, expected)


@pytest.mark.parametrize(
    "rule",
    [
        lambda xp, a, b, c: (b, a),
        lambda xp, a, b, c: (b, a + 0.0 * b),
        lambda xp, a, b, c: (b + 0.0, a + 0.0),
        lambda xp, a, b, c: (a, a),
        lambda xp, a, b, c: (b, b * a),
        lambda xp, a, b, c: (lambda new: (new * 3.0, a * 2.0 + new))(b - a),
        lambda xp, a, b, c: b,
        lambda xp, a, b, c: xp.maximum(1.0, a) - (2.0 - b) / (1.0 + a**2.0),
    ],
)
def test_results_that_stand_in_each_other_s_way(rule: Any) -> None:
    arrays = [np.arange(1.0, 20.0), np.arange(19.0) ** 2, np.zeros(19)]
    expected = [a.copy() for a in arrays]
    plainly(rule, expected)
    rule.__name__ = "rule"  # a kernel has the name of its rule
    agrees(Kernel(rule, 3), [], arrays, expected)


# --- numbers ---------------------------------------------------------------------------------------------------------


def test_numbers_are_computed_before_the_arrays_are_touched() -> None:
    kernel = Kernel(lambda xp, w, g, lr, t: w - lr / (1 - 0.9**t) * g, 2, ("lr", "t"))
    assert kernel.parameters_of({"lr": 0.5, "t": 1}) == pytest.approx([5.0])
    source = InPlace(kernel).source
    assert "n0" in source and "n1" not in source


def test_numbers_are_ieee_s() -> None:
    kernel = Kernel(lambda xp, w, n: w + 1.0 / n - n**0.5 + (-2.0) ** n - xp.where(-n < 1.0, n, 2.0), 1, ("n",))
    assert kernel.parameters_of({"n": 0.0}) == [np.inf, 0.0, 1.0, 0.0]
    assert np.isnan(kernel.parameters_of({"n": -1.0})[1])


def test_a_rule_cannot_branch_on_what_it_computes() -> None:
    for rule in (lambda xp, a, n: a if a > 0 else -a, lambda xp, a, n: a if n > 1 else -a, lambda xp, a, n: a and n):
        with pytest.raises(TypeError, match=r"cannot branch on what it computes: use xp.where"):
            Kernel(rule, 1, ("n",))


@pytest.mark.parametrize("rule", [lambda a: a.sum() * a, lambda a: a @ a, lambda a: a[0] * a, lambda a: a.astype("f4")])
def test_a_rule_computes_element_by_element(rule: Callable[..., Any]) -> None:
    with pytest.raises(TypeError, match="element by element cannot call"):
        Kernel(lambda xp, a: rule(a), 1)


def test_what_the_array_library_lacks_is_read_by_its_rule() -> None:
    kernel, a = Kernel(lambda xp, a: xp.sigmoid(a) * xp.arcsinh(a), 1), np.linspace(-1.0, 1.0, 5)
    expected = np.arcsinh(a) / (1 + np.exp(-a))
    InPlace(kernel).run([a], [], [])
    np.testing.assert_allclose(a, expected, rtol=1e-15)
    with pytest.raises(TypeError, match="a kernel on a GPU cannot call arcsinh"):
        elementwise(kernel)


def test_a_number_is_true_as_0_never_stands_for_it() -> None:
    assert "n0" in InPlace(Kernel(lambda xp, a, n: n * a if n else a, 1, ("n",))).source


def test_an_overflow_is_a_number_and_no_warning() -> None:
    kernel, w = Kernel(lambda xp, w: w * w, 1), np.array([1e300])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"tinygrad_edu\.")  # as __init__.py says
        InPlace(kernel).run([w], [], [])
    assert w[0] == np.inf
