"""Every elementwise operation: its forward rule and its derivative, each written once.

How to read an entry:

    @elementwise(lambda xp, y, a: 1 - y * y)        the local derivative dy/da, given the result y and the operand a
    def tanh(xp, a):                                the forward rule; the public function is tg.tanh(a)
        return xp.tanh(a)

A derivative that is a constant stands as a plain number. `xp` is the namespace of the operands (`namespaces.py`): the
same line is read by floats, NumPy and CuPy arrays, by graphs (for derivatives of derivatives), by SymPy (which proves
it in the tests) and by the formulas of the stepper. So a rule uses operators, and functions of `xp`. A division is
`xp.divide`, as Python floats raise at 0.

Operations that combine or move elements (matmul, sum, reshape, indexing) are in `structural.py`.
"""

# The parameters of the rules are whatever is being read, so they carry no types.
# mypy: disallow-untyped-defs=False

from __future__ import annotations

import math

from ..errors import ArgumentError
from ..graph.operation import elementwise
from . import misfits

# --- arithmetic ------------------------------------------------------------------------------------------------------


@elementwise(1.0, 1.0)
def add(xp, a, b):
    """a + b. Passes the gradient through unchanged, to both."""
    return a + b


@elementwise(1.0, -1.0)
def subtract(xp, a, b):
    """a - b. Passes the gradient to the first unchanged, to the second with the sign turned."""
    return a - b


@elementwise(lambda xp, y, a, b: b, lambda xp, y, a, b: a)
def multiply(xp, a, b):
    """a · b. Each factor receives the gradient times the other factor."""
    return a * b


@elementwise(lambda xp, y, a, b: xp.divide(1.0, b), lambda xp, y, a, b: xp.divide(-y, b), floating=True)
def divide(xp, a, b):
    """a / b; x/0 is ±inf and 0/0 is nan."""
    return xp.divide(a, b)


@elementwise(
    lambda xp, y, a, b: xp.where(b == 0, 0.0, b * xp.power(a, b - 1)),  # a^0 is constant, also at a = 0
    lambda xp, y, a, b: xp.where((a == 0) & (b >= 0), 0.0, y * xp.log(a)),  # and so is 0^b for b > 0
)
def power(xp, a, b):
    """a to the power b; 0 to a negative power is inf, a negative base with a fractional exponent nan; 0^0 is 1."""
    return xp.power(a, b)


@elementwise(1.0, public=False)
def alias(xp, a):
    """The same number as a node of its own."""
    return a


@elementwise(-1.0)
def negative(xp, a):
    """-a. Turns the sign of the gradient."""
    return -a


@elementwise(lambda xp, y, a: xp.sign(a))
def abs(xp, a):
    """|a|. The derivative is the sign of a, and 0 at a = 0."""
    return xp.abs(a)


@elementwise(0.0)
def sign(xp, a):
    """-1, 0 or 1. Flat wherever it has a derivative, so no gradient passes."""
    return xp.sign(a)


@elementwise(0.0, floating=True)
def step(xp, a):
    """1 where a > 0, else 0 (McCulloch & Pitts 1943). Flat on both sides of its jump, so no gradient passes."""
    return xp.maximum(xp.sign(a), 0.0)


@elementwise(lambda xp, y, a: 2.0 * a)
def square(xp, a):
    """a²."""
    return a * a


@elementwise(lambda xp, y, a: -y * y, floating=True)
def reciprocal(xp, a):
    """1/a; ±inf at 0."""
    return xp.divide(1.0, a)


@elementwise(lambda xp, y, a: xp.divide(0.5, y), floating=True)
def sqrt(xp, a):
    """√a; nan for a < 0, and an infinite slope at 0."""
    return xp.sqrt(a)


# --- exponentials and logarithms -------------------------------------------------------------------------------------


@elementwise(lambda xp, y, a: y, floating=True)
def exp(xp, a):
    """e to the power a; is its own derivative."""
    return xp.exp(a)


@elementwise(lambda xp, y, a: y + 1.0, floating=True)
def expm1(xp, a):
    """exp(a) - 1, exact also for tiny a."""
    return xp.expm1(a)


@elementwise(lambda xp, y, a: xp.divide(1.0, a), floating=True)
def log(xp, a):
    """Natural logarithm; -inf at 0, nan below."""
    return xp.log(a)


@elementwise(lambda xp, y, a: xp.divide(1.0, 1.0 + a), floating=True)
def log1p(xp, a):
    """log(1 + a), exact also for tiny a; -inf at -1, nan below."""
    return xp.log1p(a)


# --- trigonometry ----------------------------------------------------------------------------------------------------


@elementwise(lambda xp, y, a: xp.cos(a), floating=True)
def sin(xp, a):
    """Sine of a, in radians."""
    return xp.sin(a)


@elementwise(lambda xp, y, a: -xp.sin(a), floating=True)
def cos(xp, a):
    """Cosine of a, in radians."""
    return xp.cos(a)


@elementwise(lambda xp, y, a: 1.0 + y * y, floating=True)
def tan(xp, a):
    """Tangent of a, in radians."""
    return xp.tan(a)


@elementwise(lambda xp, y, a: xp.cosh(a), floating=True)
def sinh(xp, a):
    """Hyperbolic sine."""
    return xp.sinh(a)


@elementwise(lambda xp, y, a: xp.sinh(a), floating=True)
def cosh(xp, a):
    """Hyperbolic cosine."""
    return xp.cosh(a)


@elementwise(lambda xp, y, a: xp.divide(1.0, 1.0 + a * a), floating=True)
def arctan(xp, a):
    """Inverse tangent, in radians."""
    return xp.arctan(a)


# --- activations -----------------------------------------------------------------------------------------------------


@elementwise(lambda xp, y, a: 1.0 - y * y, floating=True)
def tanh(xp, a):
    """Hyperbolic tangent: squashes the real line into (-1, 1)."""
    return xp.tanh(a)


@elementwise(lambda xp, y, a: y * (1.0 - y), floating=True)
def sigmoid(xp, a):
    """1 / (1 + exp(-a)): squashes the real line into (0, 1). Also called the logistic function."""
    e = xp.exp(-xp.abs(a))  # never overflows, and keeps the small values of the left tail exact
    return xp.where(a >= 0, xp.divide(1.0, 1.0 + e), xp.divide(e, 1.0 + e))


@elementwise(lambda xp, y, a: xp.sigmoid(a), floating=True)
def softplus(xp, a):
    """log(1 + exp(a)): a smooth relu, whose slope is the sigmoid."""
    return xp.maximum(a, 0.0) + xp.log1p(xp.exp(-xp.abs(a)))


@elementwise(lambda xp, y, a: a > 0, floating=True)
def relu(xp, a):
    """max(a, 0): lets the gradient through where a > 0 and stops it elsewhere; at 0 the slope is taken as 0."""
    return xp.maximum(a, 0.0)


@elementwise(lambda xp, y, a, negative_slope: xp.where(a > 0, 1.0, negative_slope), floating=True)
def leaky_relu(xp, a, negative_slope=0.01):
    """a where a > 0, else negative_slope · a (Maas, Hannun & Ng 2013)."""
    return xp.where(a > 0, a, negative_slope * a)


@elementwise(lambda xp, y, a, alpha: xp.where(a > 0, 1.0, alpha * xp.exp(xp.minimum(a, 0.0))), floating=True)
def elu(xp, a, alpha=1.0):
    """a where a > 0, else alpha · (exp(a) - 1) (Clevert, Unterthiner & Hochreiter 2015)."""
    return xp.where(a > 0, a, alpha * xp.expm1(xp.minimum(a, 0.0)))


def _silu_slope(xp, y, a):
    s = xp.sigmoid(a)
    return s + xp.damped(a, s * (1.0 - s))


@elementwise(_silu_slope, floating=True)
def silu(xp, a):
    """a · sigmoid(a), also called swish (Elfwing, Uchibe & Doya 2017)."""
    return a * xp.sigmoid(a)


@elementwise(lambda xp, y, a: 2 / math.sqrt(math.pi) * xp.exp(-a * a), floating=True)
def erf(xp, a):
    """Gauss error function: 2/√π times the integral of exp(-t²) from 0 to a."""
    return xp.erf(a)


def _gelu_slope(xp, y, a, approximate):
    if approximate == "tanh":
        t = xp.tanh(_GELU * (a + 0.044715 * a * a * a))
        return 0.5 * (1.0 + t) + xp.damped(0.5 * a * _GELU * (1.0 + 3 * 0.044715 * a * a), 1.0 - t * t)
    return 0.5 * (1.0 + xp.erf(a / math.sqrt(2))) + xp.damped(a, xp.exp(-0.5 * a * a)) / math.sqrt(2 * math.pi)


_GELU = math.sqrt(2 / math.pi)


@elementwise(_gelu_slope, floating=True)
def gelu(xp, a, approximate="none"):
    """a · Φ(a), with Φ the normal distribution function (Hendrycks & Gimpel 2016).

    `approximate="tanh"` is their approximation, 0.5·a·(1 + tanh(√(2/π)·(a + 0.044715·a³))).
    """
    if approximate == "tanh":
        return 0.5 * a * (1.0 + xp.tanh(_GELU * (a + 0.044715 * a * a * a)))
    if approximate != "none":
        raise ArgumentError(f"gelu: approximate is 'none' (exact) or 'tanh', not {approximate!r}")
    return 0.5 * a * (1.0 + xp.erf(a / math.sqrt(2)))


# --- comparisons -----------------------------------------------------------------------------------------------------

# What `a > b` of an expression is, so that the graph knows where a choice comes from. In Python `a > b` of two nodes
# is a plain truth, which an `if` can ask.


@elementwise(0.0, 0.0, public=False, floating=True)
def greater(xp, a, b):
    """1 where a > b, else 0. Flat on both sides of its jump, so no gradient passes."""
    return xp.indicator(a > b, a, b)


@elementwise(0.0, 0.0, public=False, floating=True)
def greater_equal(xp, a, b):
    """1 where a ≥ b, else 0. Flat on both sides of its jump, so no gradient passes."""
    return xp.indicator(a >= b, a, b)


@elementwise(0.0, 0.0, public=False, floating=True)
def less(xp, a, b):
    """1 where a < b, else 0. Flat on both sides of its jump, so no gradient passes."""
    return xp.indicator(a < b, a, b)


@elementwise(0.0, 0.0, public=False, floating=True)
def less_equal(xp, a, b):
    """1 where a ≤ b, else 0. Flat on both sides of its jump, so no gradient passes."""
    return xp.indicator(a <= b, a, b)


@elementwise(0.0, 0.0, public=False, floating=True)
def equal(xp, a, b):
    """1 where a = b, else 0. Flat wherever it has a derivative, so no gradient passes."""
    return xp.indicator(a == b, a, b)


@elementwise(0.0, 0.0, public=False, floating=True)
def not_equal(xp, a, b):
    """1 where a ≠ b, else 0. Flat wherever it has a derivative, so no gradient passes."""
    return xp.indicator(a != b, a, b)


# --- choices ---------------------------------------------------------------------------------------------------------


def _larger(xp, a, b):
    return xp.where(a == b, 0.5, xp.where(a > b, 1.0, 0.0))


@elementwise(lambda xp, y, a, b: _larger(xp, a, b), lambda xp, y, a, b: _larger(xp, b, a))
def maximum(xp, a, b):
    """The larger of a and b receives the gradient; equal ones share it, half each."""
    return xp.maximum(a, b)


@elementwise(lambda xp, y, a, b: _larger(xp, b, a), lambda xp, y, a, b: _larger(xp, a, b))
def minimum(xp, a, b):
    """The smaller of a and b receives the gradient; equal ones share it, half each."""
    return xp.minimum(a, b)


@elementwise(
    lambda xp, y, a, min, max: y == a,
    hint="; for a bound that is a tensor use tg.maximum and tg.minimum",
    misfit=misfits.clip,
)
def clip(xp, a, min=None, max=None):
    """a kept between min and max (None: no bound). Gradient passes where a was not cut, the bounds included."""
    return xp.clip(a, min, max)


@elementwise(
    None, lambda xp, y, c, a, b: xp.where(c, 1.0, 0.0), lambda xp, y, c, a, b: xp.where(c, 0.0, 1.0), guards=True
)
def where(xp, condition, a, b):
    """a where the condition holds, else b. The branch not taken receives exactly 0, whatever nan or inf it holds."""
    return xp.where(condition, a, b)
