"""Slopes of the activations where they are nearly flat: in float16, float32, float64 and in Values, up to infinity.

A slope that is written as a difference of large numbers, or as a product of 0 and infinity, is lost there. The oracle
is SymPy's derivative of the definition: computed in 50 digits, and its limit at ±∞.
"""

from functools import cache
from math import inf

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.nn.activations import ACTIVATIONS

sympy = pytest.importorskip("sympy", reason="needs SymPy: pip install --group test")
mpmath = pytest.importorskip("mpmath", reason="needs mpmath, which comes with SymPy: pip install --group test")
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

x = sympy.symbols("x", real=True)
ROOT = sympy.sqrt(2 / sympy.pi) * (x + sympy.Rational(44715, 10**6) * x**3)
LOGISTIC = 1 / (1 + sympy.exp(-x))

# Left and right of 0, where that differs.
DEFINITIONS = {
    "relu": (sympy.Integer(0), x),
    "leaky_relu": (x / 100, x),
    "elu": (sympy.exp(x) - 1, x),
    "step": (sympy.Integer(0), sympy.Integer(1)),
    "linear": x,
    "sigmoid": LOGISTIC,
    "tanh": 2 / (1 + sympy.exp(-2 * x)) - 1,
    "softplus": sympy.log(1 + sympy.exp(x)),
    "silu": x * LOGISTIC,
    "gelu": x * (1 + sympy.erf(x / sympy.sqrt(2))) / 2,
    "gelu tanh": x * (1 + sympy.tanh(ROOT)) / 2,
    "erf": sympy.erf(x),
    "arctan": sympy.atan(x),
}
FUNCTIONS = {
    **ACTIVATIONS,
    "gelu tanh": lambda a: tg.gelu(a, approximate="tanh"),
    "erf": tg.erf,
    "arctan": tg.arctan,
}
MAGNITUDES = [0.5, 1.3, 3.0, 6.0, 9.0, 12.0, 20.0, 40.0, 90.0, 300.0, 3000.0]
POINTS = {
    "float16": [*MAGNITUDES, 60000.0, inf],
    "float32": [*MAGNITUDES, 1e5, 1e8, 1e20, 3e38, inf],
    "float64": [*MAGNITUDES, 1e5, 1e8, 1e20, 1e200, inf],
}


@cache
def slope(name: str, point: float) -> float:
    definition = DEFINITIONS[name]
    derivative = sympy.diff(definition[point > 0] if isinstance(definition, tuple) else definition, x)
    if abs(point) > 1e4 and name == "gelu tanh":  # SymPy takes minutes to find that x · sech²(x³) goes to 0
        return float(point > 0)
    if abs(point) == inf or (abs(point) > 1e4 and name != "arctan"):  # the others get there exponentially
        return float(sympy.limit(derivative, x, sympy.oo if point > 0 else -sympy.oo))
    with mpmath.workdps(50):
        return float(sympy.lambdify(x, derivative, "mpmath")(mpmath.mpf(point)))


def test_every_activation_is_looked_at():
    assert set(DEFINITIONS) == set(FUNCTIONS)


@pytest.mark.parametrize("name", DEFINITIONS)
def test_slopes_up_to_infinity(name: str, device: str):
    """Within a few units of the last digit of the largest slope, which is about 1."""
    for dtype, magnitudes in POINTS.items():
        points = np.array([sign * m for m in magnitudes for sign in (1, -1)], dtype=dtype)
        expected = [slope(name, float(point)) for point in points]
        leaf = tg.Tensor(points, requires_grad=True, device=device)
        FUNCTIONS[name](leaf).sum().backward()
        tolerance = 4 * float(np.finfo(dtype).eps)
        np.testing.assert_allclose(leaf.grad.numpy(), expected, rtol=tolerance, atol=tolerance, err_msg=dtype)
        if dtype == "float64":
            found = [tg.grad(FUNCTIONS[name])(float(point)) for point in points]
            np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", DEFINITIONS)
def test_the_recorded_slope_is_the_same(name: str):
    """`create_graph` reads the rule with tensors; what is differentiated again is finite wherever the number is."""
    points = np.array([sign * m for m in POINTS["float64"] for sign in (1, -1)])
    leaf = tg.Tensor(points, requires_grad=True)
    FUNCTIONS[name](leaf).sum().backward()
    recorded = tg.grad(lambda a: FUNCTIONS[name](a).sum())(tg.Tensor(points))
    np.testing.assert_array_equal(recorded.numpy(), leaf.grad.numpy())
    finite = points[np.abs(points) <= 1e8]
    second = tg.grad(lambda a: tg.grad(lambda b: FUNCTIONS[name](b).sum())(a).sum())(tg.Tensor(finite))
    assert np.isfinite(second.numpy()).all()
    np.testing.assert_allclose(second.numpy()[np.abs(finite) > 100], 0, atol=1e-5)  # arctan's is -2/x³
