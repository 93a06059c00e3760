"""Rules of the registry read as formulas."""

from __future__ import annotations

import doctest
import operator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.reading import compute
from tinygrad_edu.errors import GraphError
from tinygrad_edu.formulas import reading as symbols
from tinygrad_edu.formulas.symbol import Symbol, UnreadableError
from tinygrad_edu.graph.operation import REGISTRY, elementwise, structural
from tinygrad_edu.namespaces.namespace import FLOATS

A, B = Symbol.named("a"), Symbol.named("b")


@pytest.fixture
def registry():
    """The registry, from which operations made in a test disappear again."""
    before = dict(REGISTRY)
    yield REGISTRY
    REGISTRY.clear()
    REGISTRY.update(before)


# --- elementwise: every rule says what calculus says --------------------------------------------------------------

TEXTBOOK = [
    ("add", 0, ["a", "b"], "1"),
    ("subtract", 1, ["a", "b"], "-1"),
    ("multiply", 0, ["a", "b"], "b"),
    ("multiply", 1, ["a", "a"], "a"),
    ("divide", 0, ["a", "b"], "1 / b"),
    ("divide", 1, ["a", "b"], "-a / b²"),
    ("divide", 0, ["x", 2.0], "0.5"),
    ("power", 0, ["x", 3.0], "3 · x²"),
    ("power", 0, ["x", 2.0], "2 · x"),
    ("power", 0, ["x", 1.0], "1"),
    ("power", 0, ["x", 0.5], "0.5 · x^(-0.5)"),
    ("power", 0, ["x", -1.0], "-x⁻²"),
    ("power", 0, ["a", "b"], "0 if b = 0 else b · a^(b - 1)"),
    ("power", 1, ["a", "b"], "0 if a = 0 and b ≥ 0 else a^b · log(a)"),
    ("negative", 0, ["a"], "-1"),
    ("square", 0, ["a"], "2 · a"),
    ("reciprocal", 0, ["a"], "-(1 / a)²"),
    ("sqrt", 0, ["a"], "0.5 / sqrt(a)"),
    ("exp", 0, ["a"], "exp(a)"),
    ("log", 0, ["a"], "1 / a"),
    ("log1p", 0, ["a"], "1 / (1 + a)"),
    ("sin", 0, ["a"], "cos(a)"),
    ("cos", 0, ["a"], "-sin(a)"),
    ("tan", 0, ["a"], "1 + tan(a)²"),
    ("arctan", 0, ["a"], "1 / (1 + a²)"),
    ("tanh", 0, ["s"], "1 - tanh(s)²"),
    ("sigmoid", 0, ["s"], "sigmoid(s) · (1 - sigmoid(s))"),
    ("softplus", 0, ["a"], "sigmoid(a)"),
    ("relu", 0, ["a"], "1 if a > 0 else 0"),
    ("maximum", 0, ["a", "b"], "0.5 if a = b else 1 if a > b else 0"),
    ("where", 1, ["c", "a", "b"], "1 if c else 0"),
    ("abs", 0, ["a"], "sign(a)"),
]


@pytest.mark.parametrize(("op", "position", "operands", "text"), TEXTBOOK)
def test_derivatives_as_in_a_textbook(op, position, operands, text):
    assert str(symbols.local_derivative(op, position, operands)) == text


def test_the_result_by_its_name_or_by_its_formula():
    assert str(symbols.local_derivative("tanh", 0, ["s"], result="y")) == "1 - y²"
    assert str(symbols.local_derivative("tanh", 0, ["s"])) == "1 - tanh(s)²"
    assert str(symbols.local_derivative("sigmoid", 0, result="y")) == "y · (1 - y)"


POINTS = [(0.4, 0.7, 1.3), (0.9, 1.6, 0.2), (0.55, 0.3, 1.9)]
PARTIALS = [
    (name, position)
    for name, op in sorted(REGISTRY.items())
    if op.elementwise
    for position, rule in enumerate(op.rules)
    if rule is not None
]


@pytest.mark.parametrize(("name", "position"), PARTIALS)
@pytest.mark.parametrize("point", POINTS)
def test_every_derivative_that_is_read_is_the_slope_of_the_forward(name, position, point):
    op = REGISTRY[name]
    attrs = {"clip": {"min": -1.0, "max": 1.0}, "elu": {"alpha": 0.7}}.get(name, op.defaults)
    point = point[: op.arity]
    up, down = ([x + (k == position) * h for k, x in enumerate(point)] for h in (1e-6, -1e-6))
    slope = (op.forward(FLOATS, *up, **attrs) - op.forward(FLOATS, *down, **attrs)) / 2e-6
    names = dict(zip(("p", "q", "r"), point, strict=False))
    derivative = symbols.local_derivative(name, position, list(names), attrs, result="y")
    read = compute(str(derivative), {**names, "y": op.forward(FLOATS, *point, **attrs)})
    assert read == pytest.approx(slope, rel=1e-4, abs=1e-5)


def test_what_has_no_derivative_says_so():
    with pytest.raises(GraphError, match="where has no local derivative by its operand 0"):
        symbols.local_derivative("where", 0)
    with pytest.raises(GraphError, match="matmul has no local derivative"):
        symbols.local_derivative("matmul", 0)


# --- forward ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("op", "operands", "attrs", "text"),
    [
        ("multiply", ["a", "b"], None, "a · b"),
        ("multiply", ["a", "a"], None, "a · a"),
        ("square", ["a"], None, "a²"),
        ("power", ["a", 2.0], None, "a²"),
        ("power", ["a", "b"], None, "a^b"),
        ("subtract", ["a", -2.0], None, "a - (-2)"),
        ("negative", ["a"], None, "-a"),
        ("abs", ["a"], None, "|a|"),
        ("tanh", ["s"], None, "tanh(s)"),
        ("sigmoid", ["s"], None, "sigmoid(s)"),
        ("where", ["c", "a", "b"], None, "a if c else b"),
        ("greater_equal", ["a", -1.0], None, "(a ≥ -1)"),
        ("equal", ["a", "b"], None, "(a = b)"),
        ("clip", ["a"], {"min": None, "max": 1.0}, "clip(a, None, 1)"),
        ("matmul", ["W", "x"], None, "W @ x"),
        ("transpose", [Symbol.named("W", (2, 3))], {"axes": None}, "Wᵀ"),
        ("sum", ["x"], {"axis": (0,), "keepdims": False}, "sum(x, axis=0)"),
        ("mean", ["x"], {"axis": None, "keepdims": True}, "mean(x, keepdims=True)"),
        ("getitem", ["x"], {"index": (slice(0, 2), Ellipsis, None, -1)}, "x[0:2, ..., None, -1]"),
        ("concatenate", ["a", "b"], {"axis": 0}, "concatenate([a, b])"),
        ("einsum", ["a", "b"], {"subscripts": "ij,jk->ik"}, "einsum('ij,jk->ik', a, b)"),
    ],
)
def test_forward(op, operands, attrs, text):
    assert str(symbols.forward(op, operands, attrs)) == text


def test_figures_are_written_and_not_computed():
    figures = [Symbol.figure("-3"), Symbol.figure("2")]
    assert str(symbols.forward("multiply", figures)) == "-3 · 2"
    assert str(symbols.forward("multiply", figures[::-1])) == "2 · (-3)"
    assert str(symbols.forward("power", figures)) == "(-3)²"


# --- structural: vjps ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("op", "shapes", "attrs", "result_shape", "texts"),
    [
        ("matmul", [(2, 3), (3, 4)], {}, (2, 4), ["g @ bᵀ", "aᵀ @ g"]),
        ("matmul", [(2, 3), (3,)], {}, (2,), ["g[:, None] @ b[None, :]", "reshape(aᵀ @ g[:, None], (3,))"]),
        ("sum", [(3, 4)], {"axis": None, "keepdims": False}, (), ["broadcast_to(g, (3, 4))"]),
        ("sum", [(3, 4)], {"axis": 1, "keepdims": False}, (3,), ["broadcast_to(g[:, None], (3, 4))"]),
        ("mean", [(3, 4)], {"axis": None, "keepdims": False}, (), ["broadcast_to(g / 12, (3, 4))"]),
        ("transpose", [(3, 4)], {"axes": None}, (4, 3), ["gᵀ"]),
        ("reshape", [(3, 4)], {"shape": (-1,)}, (12,), ["reshape(g, (3, 4))"]),
        ("concatenate", [(3, 4), (2, 4)], {"axis": 0}, (5, 4), ["g[0:3]", "g[3:5]"]),
        ("getitem", [(3, 4)], {"index": slice(0, 2)}, (2, 4), ["scatter_add(g, [0:2], (3, 4))"]),
        ("add", [(3, 4), (4,)], {}, (3, 4), ["g", "sum(g, axis=0)"]),
        ("multiply", [(3, 4), (3, 1)], {}, (3, 4), ["g · b", "reshape(sum(g · a, axis=1), (3, 1))"]),
        ("relu", [(3,)], {}, (3,), ["g · (1 if a > 0 else 0)"]),
    ],
)
def test_pull_backs_in_shapes(op, shapes, attrs, result_shape, texts):
    operands = [Symbol.named(name, shape) for name, shape in zip("ab", shapes, strict=False)]
    g = Symbol.named("g", result_shape)
    assert [str(symbols.vjp(op, k, operands, attrs, g)) for k in range(len(shapes))] == texts


def test_a_pull_back_that_looks_at_data_is_named_only(registry):
    @structural(lambda xp, g, y, a: g if y.sum() > 0 else 0 * g)
    def peek(xp, a):
        return a

    assert str(symbols.vjp("peek", 0, ["a"])) == "pull-back of peek"
    assert str(symbols.forward("peek", ["a"])) == "peek(a)"


def test_a_new_operation_can_be_read_at_once(registry):
    @elementwise(lambda xp, y, a: 3 * a * a)
    def cube(xp, a):
        return a * a * a

    assert str(symbols.local_derivative("cube", 0, ["x"])) == "3 · x²"
    assert symbols.local_derivative("cube", 0, ["x1"]).latex() == r"3 \cdot x_{1}^{2}"
    assert str(symbols.forward("cube", ["x"])) == "x³"


# --- how formulas are written -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (A - (B - 1), "a - (b - 1)"),
        (A + (B - 1), "a + b - 1"),
        (A - B - 1, "a - b - 1"),
        (A * (B + 1), "a · (b + 1)"),
        (A / (B * A), "a / (b · a)"),
        (A * B / A, "a · b / a"),
        (A * (B / A), "a · b / a"),
        (-(A + B), "-(a + b)"),
        (-A * B, "-a · b"),
        (A * -B, "-a · b"),
        (A + -B, "a + (-b)"),
        ((-A) ** 2, "(-a)²"),
        (-(A**2), "-a²"),
        (A * A * A, "a³"),
        (A ** (B + 1), "a^(b + 1)"),
        ((A**B) ** 2, "(a^b)²"),
        (1.0 * A * -1.0, "-a"),
        (A * 0.1 * 3, "a · 0.1 · 3"),
        (2 / np.float64(3) * A, "0.666667 · a"),
        (np.float32(2) * A, "2 · a"),
        (abs(A - B), "|a - b|"),
        ((A @ B) * A, "(a @ b) · a"),
        (A @ (B * A), "a @ (b · a)"),
        (A @ (B @ A), "a @ (b @ a)"),
        (A / np.inf, "a / ∞"),
    ],
)
def test_parentheses_where_they_are_needed_and_nowhere_else(formula, text):
    assert str(formula) == text


NAMES = {"a": 0.7, "b": -1.3, "c": 2.1}
OPERATORS = [operator.add, operator.sub, operator.mul, operator.truediv]
leaves = st.sampled_from([*NAMES, -2.0, 0.5, 1.0, -1.0, 3.0])


def _combine(children: Any) -> Any:
    return st.tuples(st.sampled_from(OPERATORS), children, children) | st.tuples(
        st.sampled_from([operator.neg, lambda x: x**2]), children
    )


@given(st.recursive(leaves, _combine, max_leaves=12))
def test_a_formula_reads_as_the_arithmetic_it_was_built_by(tree):
    def build(tree: Any, names: dict[str, Any]) -> Any:
        if isinstance(tree, tuple):
            return tree[0](*[build(part, names) for part in tree[1:]])
        return names[tree] if isinstance(tree, str) else np.float64(tree)

    with np.errstate(all="ignore"):
        expected = build(tree, NAMES)
        formula = build(tree, {name: Symbol.named(name) for name in NAMES})
    if np.isfinite(expected) and isinstance(formula, Symbol):
        assert compute(str(formula), NAMES) == pytest.approx(expected, rel=1e-4, abs=1e-4 * max(1, abs(expected)))


def test_conditions_that_are_known_are_decided():
    assert str(symbols.SYMBOLS.where(Symbol.number(2) > 1, A, B)) == "a"
    assert str(symbols.SYMBOLS.where((A > 0) & (Symbol.number(1) > 2), A, B)) == "b"


def test_a_formula_has_no_truth_and_no_unknown_shape():
    with pytest.raises(UnreadableError, match="a > 0"):
        bool(A > 0)
    with pytest.raises(UnreadableError, match="shape of the formula a "):
        _ = A.shape


@pytest.mark.parametrize(
    ("formula", "latex"),
    [
        (symbols.local_derivative("tanh", 0, ["n8"]), r"1 - \tanh\left(n_{8}\right)^{2}"),
        (symbols.local_derivative("sigmoid", 0, ["s"], result="y"), r"y \cdot \left(1 - y\right)"),
        (symbols.local_derivative("divide", 1, ["a", "b"]), r"-\frac{a}{b^{2}}"),
        (
            symbols.local_derivative("relu", 0),
            r"\begin{cases} 1 & \text{if } a > 0 \\ 0 & \text{otherwise} \end{cases}",
        ),
        (symbols.forward("sqrt", ["a"]), r"\sqrt{a}"),
        (symbols.forward("abs", ["a"]), r"\left|a\right|"),
        (symbols.vjp("matmul", 1, [Symbol.named("W", (2, 3)), Symbol.named("X", (3, 4))]), r"W^{\top} \, g"),
        (Symbol.named("bias_1{$%"), r"\text{bias\_1\{\$\%}"),
        (Symbol.named("\\^~"), r"\text{\textbackslash{}\textasciicircum{}\textasciitilde{}}"),
    ],
)
def test_latex(formula, latex):
    assert formula.latex() == latex


@pytest.mark.parametrize(("name", "position"), PARTIALS)
def test_latex_of_every_derivative_is_balanced(name, position):
    latex = symbols.local_derivative(name, position).latex()
    assert latex.count("{") == latex.count("}")
    assert latex.count(r"\left") == latex.count(r"\right")
    assert latex.isascii()


def test_the_examples_in_the_documentation():
    assert doctest.testmod(symbols).attempted == 2
    assert doctest.testmod(symbols).failed == 0
