"""Python floats with the names of NumPy and the numbers of IEEE 754.

Python's `math` raises where an array would hold inf or nan: `math.log(0.0)`, `1.0 / 0.0`, `math.exp(1000)`. A learner
should see the same number in a `Value` and in a `Tensor`, so these functions return what NumPy returns.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from math import copysign, inf, isnan, nan


def _ieee(function: Callable[[float], float]) -> Callable[[float], float]:
    """`function` with inf where Python overflows (sinh: of the operand's sign), and nan outside its domain."""

    def safe(a: float) -> float:
        try:
            return function(a)
        except OverflowError:
            return copysign(inf, a) if function is math.sinh else inf
        except ValueError:
            return nan

    return safe


exp, expm1 = _ieee(math.exp), _ieee(math.expm1)
sin, cos, tan = _ieee(math.sin), _ieee(math.cos), _ieee(math.tan)
sinh, cosh = _ieee(math.sinh), _ieee(math.cosh)
sqrt = _ieee(math.sqrt)
tanh, arctan, erf = math.tanh, math.atan, math.erf
abs = math.fabs


def log(a: float) -> float:
    return math.log(a) if a > 0 else (-inf if a == 0 else nan)


def log1p(a: float) -> float:
    return math.log1p(a) if a > -1 else (-inf if a == -1 else nan)


def divide(a: float, b: float) -> float:
    if b != 0:
        return a / b
    return nan if a == 0 or isnan(a) else copysign(inf, a) * copysign(1.0, b)


def power(a: float, b: float) -> float:
    try:
        return math.pow(a, b)
    except OverflowError:
        return -inf if a < 0 and b % 2 == 1 else inf
    except ValueError:  # a negative base with a fraction, or 0 to a negative power
        if a != 0:
            return nan
        return copysign(inf, a) if b % 2 == 1 else inf


def sign(a: float) -> float:
    return 0.0 if a == 0 else a if isnan(a) else copysign(1.0, a)


def maximum(a: float, b: float) -> float:
    return a if a >= b or isnan(a) else b


def minimum(a: float, b: float) -> float:
    return a if a <= b or isnan(a) else b


def clip(a: float, min: float | None = None, max: float | None = None) -> float:
    a = a if min is None else maximum(a, min)
    return a if max is None else minimum(a, max)


def where(condition: float, a: float, b: float) -> float:
    return a if condition else b
