"""Proofs: the partial derivatives of every elementwise operation equal SymPy's `diff` of its own forward rule.

The rules are read here with one more namespace, whose numbers are SymPy's symbols. At a kink there is nothing to
differentiate, so both sides of it are proved: a *region* writes the operands in terms of free symbols that are
positive, for instance a = -p for the left side of relu. By the chain rule, for each free symbol s,

    d forward(operands) / ds  ==  Σ  partial_k(operands) · d operand_k / ds

and the difference of the two sides must simplify to 0. Ties and kinks themselves are in `test_kinks.py`.
"""

import math
from types import SimpleNamespace

import pytest

from tinygrad_edu.graph.operation import REGISTRY
from tinygrad_edu.namespaces.namespace import Namespace

sympy = pytest.importorskip("sympy", reason="needs SymPy: pip install --group test")

p, q = sympy.symbols("p q", positive=True)
r = sympy.symbols("r", real=True)
slope = sympy.symbols("slope", positive=True)

FUNCTIONS = SimpleNamespace(
    __name__="sympy",
    **{f.__name__: f for f in (sympy.exp, sympy.log, sympy.sqrt, sympy.sin, sympy.cos, sympy.tan, sympy.erf)},
    **{f.__name__: f for f in (sympy.sinh, sympy.cosh, sympy.tanh, sympy.sign)},
    abs=sympy.Abs,
    arctan=sympy.atan,
    divide=lambda a, b: a / b,
    expm1=lambda a: sympy.exp(a) - 1,
    log1p=lambda a: sympy.log(1 + a),
    maximum=sympy.Max,
    minimum=sympy.Min,
    power=lambda a, b: a**b,
    where=lambda condition, a, b: a if condition else b,  # an undecided condition has no truth, and raises
)


def clip(a, min=None, max=None):
    a = a if min is None else sympy.Max(a, min)
    return a if max is None else sympy.Min(a, max)


FUNCTIONS.clip = clip
SYMBOLS = Namespace(FUNCTIONS)

INSIDE = 3 / (1 + p) - 1  # takes every value between -1 and 2
SIGNS = [(p, q), (p, -q), (-p, q), (-p, -q)]

# The regions of an operation, and the attributes it is proved with; by default its operands have any signs.
REGIONS = {
    "log": [(p,)],
    "sqrt": [(p,)],
    "log1p": [(p - 1,)],
    "power": [(p, q), (p, -q)],
    "maximum": [(r + p, r), (r, r + p)],
    "minimum": [(r + p, r), (r, r + p)],
    "clip": [(2 + p,), (INSIDE,), (-1 - p,)],
    "where": [(True, p, q), (False, p, q)],
    **{
        name: [(r + p, r), (r, r + p), (r, r)]
        for name in "greater greater_equal less less_equal equal not_equal".split()
    },
}
ATTRIBUTES = {
    "clip": [{"min": -1, "max": 2}],
    "leaky_relu": [{"negative_slope": slope}],
    "elu": [{"alpha": slope}],
    "gelu": [{"approximate": "none"}, {"approximate": "tanh"}],
}


def regions(name: str) -> list[tuple]:
    return REGIONS.get(name, [(p,), (-p,)] if REGISTRY[name].arity == 1 else SIGNS)


def exact(expression):
    """The expression with its floating-point constants (0.5, math.sqrt(2/π)) as exact numbers."""
    roots = [sympy.Integer(1), sympy.sqrt(sympy.pi), sympy.sqrt(2), sympy.sqrt(2 * sympy.pi), sympy.sqrt(2 / sympy.pi)]
    known = {}
    for number in sympy.sympify(expression).atoms(sympy.Float):
        for root in [*roots, *(1 / root for root in roots[1:3])]:
            factor = sympy.Rational(float(number / root)).limit_denominator(10**6)
            if math.isclose(factor * root, number, rel_tol=1e-15):
                known[number] = factor * root
                break
        else:
            raise AssertionError(f"{number} is no simple multiple of a root that the proofs know")
    return sympy.sympify(expression).xreplace(known)


def as_number(partial):
    """relu and clip give a truth for a slope: true is 1."""
    return sympy.Integer(bool(partial)) if partial in (sympy.true, sympy.false) else sympy.sympify(partial)


def difference(name: str, operands: tuple, attrs: dict, symbol) -> sympy.Expr:
    """Left side minus right side of the equation that is proved."""
    op = REGISTRY[name]
    y = op.forward(SYMBOLS, *operands, **attrs)
    total = sympy.Integer(0)
    for position, operand in enumerate(operands):
        local = op.local(position, SYMBOLS, y, operands, attrs)
        if local is not None:
            total += as_number(local) * sympy.diff(operand, symbol)
    return sympy.diff(exact(y), symbol) - exact(total)


PROOFS = [
    pytest.param(name, operands, attrs, id=f"{name} {operands} {attrs or ''}")
    for name, op in sorted(REGISTRY.items())
    if op.elementwise
    for operands in regions(name)
    for attrs in ATTRIBUTES.get(name, [{}])
]


@pytest.mark.parametrize(("name", "operands", "attrs"), PROOFS)
def test_partials_equal_the_derivative_of_the_forward(name, operands, attrs):
    symbols = sympy.Tuple(*operands).free_symbols
    assert symbols
    for symbol in symbols:
        assert sympy.simplify(difference(name, operands, attrs, symbol).rewrite(sympy.exp)) == 0


def test_every_elementwise_operation_is_proved():
    assert {proof.values[0] for proof in PROOFS} == {name for name, op in REGISTRY.items() if op.elementwise}


@pytest.mark.parametrize("name", ["tanh", "relu", "multiply", "power"])
def test_a_wrong_partial_is_not_proved(name, monkeypatch):
    op, right = REGISTRY[name], REGISTRY[name].local
    monkeypatch.setattr(op, "local", lambda *a: as_number(right(*a)) * (1 + p / 10**9))
    for attrs in ATTRIBUTES.get(name, [{}]):
        assert sympy.simplify(difference(name, (p, q)[: op.arity], attrs, p).rewrite(sympy.exp)) != 0


# What the names mean, by their definitions; the derivatives above are then those of the right functions.
DEFINITIONS = {
    "sigmoid": lambda a: 1 / (1 + sympy.exp(-a)),
    "softplus": lambda a: sympy.log(1 + sympy.exp(a)),
    "silu": lambda a: a / (1 + sympy.exp(-a)),
    "relu": lambda a: (a + sympy.Abs(a)) / 2,
    "elu": lambda a: sympy.exp(a) - 1 if a.is_negative else a,
    "leaky_relu": lambda a: a / 100 if a.is_negative else a,
    "gelu": lambda a: a * (1 + sympy.erf(a / sympy.sqrt(2))) / 2,
    "square": lambda a: a**2,
    "reciprocal": lambda a: 1 / a,
    "expm1": lambda a: sympy.exp(a) - 1,
}


@pytest.mark.parametrize("operand", [p, -p], ids=str)
@pytest.mark.parametrize("name", DEFINITIONS)
def test_forward_rules_are_their_definitions(name, operand):
    forward = REGISTRY[name].forward(SYMBOLS, operand, **REGISTRY[name].defaults)
    assert sympy.simplify(sympy.expand_log(exact(forward) - DEFINITIONS[name](operand), force=True)) == 0
