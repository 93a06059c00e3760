"""Fused formulas: read as NumPy code that works in place, they give what the formula gives as it stands."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest

from engine.kernel_cases import PROGRAMS
from fake_device.kernels import ElementwiseKernel
from tinygrad_edu import backends, fuse
from tinygrad_edu.backends.base import Backend
from tinygrad_edu.backends.cupy import elementwise_kernel
from tinygrad_edu.fuse import Program

CPU = backends.get("cpu")
CHUNK = 8  # in these tests


@pytest.fixture(autouse=True)
def short_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuse, "CHUNK", CHUNK)


def plainly(program: Program, arrays: list[Any], numbers: dict[str, float]) -> None:
    """The generic hook: the rule on whole arrays, its results copied into the first ones."""
    Backend.update(CPU, program, arrays, numbers, [])


# --- optimizers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_an_optimizer_s_program_computes_its_rule(name: str, dtype: str) -> None:
    program, numbers = PROGRAMS[name]
    rng = np.random.default_rng(0)
    for size in (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 5):
        arrays = [rng.uniform(0.1, 0.9, size).astype(dtype) for _ in range(program.arrays)]
        arrays[1] += 1  # the mean square, above the square of the mean
        expected = [array.copy() for array in arrays]
        scratch: list[Any] = []
        for _ in range(3):
            gradient = rng.standard_normal(size).astype(dtype)
            arrays[-1], expected[-1] = gradient, gradient.copy()
            program.run_in_place(arrays, numbers, scratch)
            plainly(program, expected, numbers)
            for found, array in zip(arrays, expected, strict=True):
                np.testing.assert_allclose(found, array, rtol=1e-6 if dtype == "float32" else 1e-14)
        np.testing.assert_array_equal(arrays[-1], gradient)  # the gradient is not the program's to overwrite
        assert len(scratch) == program.scratches <= 3
        assert all(array.size == min(size, CHUNK) and array.dtype == dtype for array in scratch)


def test_scratch_serves_smaller_arrays_too() -> None:
    program, scratch = Program(lambda xp, a, b: (a * b + b * b, a - b), 2), []
    for size in (20, 5, 1, 8):
        arrays = [np.arange(size) + 1.0, np.ones(size)]
        program.run_in_place(arrays, {}, scratch)
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
    expected, given = [a.copy() for a in arrays], [a.copy() for a in arrays]
    program = Program(rule, 4, list(numbers))
    plainly(program, expected, numbers)
    program.run_in_place(arrays, numbers, [])
    np.testing.assert_array_equal(arrays, expected)

    names = tuple(f"a{k}" for k in range(len(results)))
    kernel = ElementwiseKernel(*elementwise_kernel(program, names))
    outs = given[: len(results)]
    found = kernel.compute([*given[len(results) :], *program.numbers(numbers)], outs)
    np.testing.assert_allclose(found, expected[: len(results)], rtol=1e-15)


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
    expected, given = [a.copy() for a in arrays], [a.copy() for a in arrays]
    program = Program(rule, 3)
    plainly(program, expected, {})
    program.run_in_place(arrays, {}, [])
    np.testing.assert_array_equal(arrays, expected)
    rule.__name__ = "rule"  # a kernel has the name of its rule
    names = ("a0", "a1")[: len(program.results)]
    found = ElementwiseKernel(*elementwise_kernel(program, names)).compute(given[len(names) :], given[: len(names)])
    np.testing.assert_array_equal(found, expected[: len(names)])


# --- numbers ---------------------------------------------------------------------------------------------------------


def test_numbers_are_computed_before_the_arrays_are_touched() -> None:
    program = Program(lambda xp, w, g, lr, t: w - lr / (1 - 0.9**t) * g, 2, ("lr", "t"))
    assert program.numbers({"lr": 0.5, "t": 1}) == pytest.approx([5.0])
    assert "n0" in program.python_source() and "n1" not in program.python_source()


def test_numbers_are_ieee_s() -> None:
    program = Program(lambda xp, w, n: w + 1.0 / n - n**0.5 + (-2.0) ** n, 1, ("n",))
    assert program.numbers({"n": 0.0})[0] == np.inf
    assert np.isnan(program.numbers({"n": -1.0})[1])


def test_a_formula_cannot_branch_on_what_it_computes() -> None:
    for rule in (lambda xp, a, n: a if a > 0 else -a, lambda xp, a, n: a if n > 1 else -a, lambda xp, a, n: a and n):
        with pytest.raises(TypeError, match=r"cannot branch on what it computes: use xp.where"):
            Program(rule, 1, ("n",))


def test_a_number_is_true_as_0_never_stands_for_it() -> None:
    assert "n0" in Program(lambda xp, a, n: n * a if n else a, 1, ("n",)).python_source()


def test_an_overflow_is_a_number_and_no_warning() -> None:
    program, w = Program(lambda xp, w: w * w, 1), np.array([1e300])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"tinygrad_edu\.")  # as __init__.py says
        program.run_in_place([w], {}, [])
    assert w[0] == np.inf
