"""Kinks, ties, edges of domains, and the special numbers of IEEE 754: pointwise, in Values and in tensors alike."""

import itertools
import math
from math import inf, nan

import numpy as np
import pytest

import tinygrad_edu as tg
from engine.cases import public
from tinygrad_edu.graph.operation import REGISTRY

# NumPy warns where it makes an inf or a nan; these are the subject here.
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def derivatives(f, *points: float, device: str | None = None) -> list[float]:
    """The partial derivatives of a scalar function, by Values, or by tensors of shape (1,) on a device."""
    if device is None:
        nodes = [tg.Value(point) for point in points]
        f(*nodes).backward()
        return [node.grad for node in nodes]
    nodes = [tg.Tensor(np.array([point]), requires_grad=True, device=device) for point in points]
    f(*nodes).sum().backward()
    return [node.grad.item() for node in nodes]


@pytest.fixture(params=["Value", "cpu", "fake", pytest.param("cuda", marks=pytest.mark.gpu)])
def d(request):
    """`derivatives`, by Values and by tensors of each device."""
    return lambda f, *points: derivatives(f, *points, device=None if request.param == "Value" else request.param)


# --- kinks and ties ---

KINKS = [
    ("relu", lambda a: tg.relu(a), [0.0], [0.0]),
    ("relu at -0.0", lambda a: tg.relu(a), [-0.0], [0.0]),
    ("abs", lambda a: tg.abs(a), [0.0], [0.0]),
    ("sign", lambda a: tg.sign(a), [0.0], [0.0]),
    ("step", lambda a: tg.step(a), [0.0], [0.0]),
    ("leaky_relu takes the left slope", lambda a: tg.leaky_relu(a, negative_slope=0.25), [0.0], [0.25]),
    ("elu", lambda a: tg.elu(a, alpha=2.0), [0.0], [2.0]),
    ("maximum shares a tie", lambda a, b: tg.maximum(a, b), [3.0, 3.0], [0.5, 0.5]),
    ("minimum shares a tie", lambda a, b: tg.minimum(a, b), [3.0, 3.0], [0.5, 0.5]),
    ("maximum of a number with itself", lambda a: tg.maximum(a, a), [2.0], [1.0]),
    ("maximum of 0.0 and -0.0", lambda a, b: tg.maximum(a, b), [0.0, -0.0], [0.5, 0.5]),
    ("maximum of two infinities", lambda a, b: tg.maximum(a, b), [inf, inf], [0.5, 0.5]),
    ("clip at its lower bound", lambda a: tg.clip(a, -1.0, 1.0), [-1.0], [1.0]),
    ("clip at its upper bound", lambda a: tg.clip(a, -1.0, 1.0), [1.0], [1.0]),
    ("clip inside", lambda a: tg.clip(a, -1.0, 1.0), [0.5], [1.0]),
    ("clip below", lambda a: tg.clip(a, -1.0, 1.0), [-1.5], [0.0]),
    ("clip above", lambda a: tg.clip(a, -1.0, 1.0), [1.5], [0.0]),
    ("sigmoid", lambda a: tg.sigmoid(a), [0.0], [0.25]),
    ("softplus", lambda a: tg.softplus(a), [0.0], [0.5]),
    ("silu", lambda a: tg.silu(a), [0.0], [0.5]),
    ("gelu", lambda a: tg.gelu(a), [0.0], [0.5]),
]


@pytest.mark.parametrize(("f", "points", "expected"), [k[1:] for k in KINKS], ids=[k[0] for k in KINKS])
def test_kinks_and_ties(f, points, expected, d):
    assert d(f, *points) == expected


def test_ties_of_reductions_share_equally(device):
    x = tg.Tensor([[2.0, 5.0, 5.0], [1.0, 1.0, 1.0]], requires_grad=True, device=device)
    tg.max(x, axis=1).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [[0, 0.5, 0.5], [1 / 3] * 3], rtol=1e-6)
    x.grad = None
    tg.min(x).backward()
    np.testing.assert_allclose(x.grad.numpy(), [[0, 0, 0], [1 / 3] * 3], rtol=1e-6)
    x.grad = None
    tg.norm(x, ord=inf, axis=1).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [[0, 0.5, 0.5], [1 / 3] * 3], rtol=1e-6)


# --- edges of domains ---

POWERS = [  # a, b, dy/da, dy/db
    (0.0, 0.0, 0.0, 0.0),  # a^0 is constantly 1; 0^b jumps, and we say 0
    (0.0, 1.0, 1.0, 0.0),
    (0.0, 2.0, 0.0, 0.0),
    (0.0, 0.5, inf, 0.0),
    (0.0, -1.0, -inf, -inf),
    (-2.0, 0.0, 0.0, nan),
    (-2.0, 2.0, -4.0, nan),
    (-2.0, 3.0, 12.0, nan),
    (-2.0, -1.0, -0.25, nan),
    (-2.0, 0.5, nan, nan),
    (1.0, 5.0, 5.0, 0.0),
    (inf, 0.0, 0.0, inf),
]


@pytest.mark.parametrize(("a", "b", "by_a", "by_b"), POWERS)
def test_power(a, b, by_a, by_b, d):
    np.testing.assert_array_equal(d(lambda x, y: x**y, a, b), [by_a, by_b])
    np.testing.assert_array_equal(d(lambda x: x**b, a), [by_a])


@pytest.mark.parametrize("exponent", [0, 1, 2, 3, 4])
def test_every_derivative_of_a_monomial_at_zero(exponent):
    """d^k/dx^k x^n at 0 is n! for k = n, else 0: a polynomial has no kink at 0."""
    f = lambda x: x**exponent  # noqa: E731
    for k in range(1, 5):
        f = tg.grad(f)
        assert f(0.0) == (math.factorial(exponent) if k == exponent else 0.0)


EDGES = [
    ("sqrt at 0", lambda a: tg.sqrt(a), 0.0, inf),
    ("sqrt below 0", lambda a: tg.sqrt(a), -1.0, nan),
    ("log at 0", lambda a: tg.log(a), 0.0, inf),
    ("log1p at -1", lambda a: tg.log1p(a), -1.0, inf),
    ("1/a at 0", lambda a: 1 / a, 0.0, -inf),
    ("reciprocal at 0", lambda a: tg.reciprocal(a), 0.0, -inf),
    ("sin at inf", lambda a: tg.sin(a), inf, nan),
    ("exp overflows", lambda a: tg.exp(a), 1000.0, inf),
    ("tanh saturates", lambda a: tg.tanh(a), 1000.0, 0.0),
    ("arctan at inf", lambda a: tg.arctan(a), inf, 0.0),
]


@pytest.mark.parametrize(("f", "point", "expected"), [e[1:] for e in EDGES], ids=[e[0] for e in EDGES])
def test_edges_of_domains(f, point, expected, d):
    np.testing.assert_array_equal(d(f, point), [expected])


@pytest.mark.parametrize("order", [None, 1, 2, 3, 1.5, inf])
def test_norm_at_zero_has_gradient_zero(order, device):
    rows = tg.Tensor([[0.0, 0.0], [3.0, 0.0]], requires_grad=True, device=device)
    tg.norm(rows, ord=order, axis=1).sum().backward()
    np.testing.assert_allclose(rows.grad.numpy(), [[0, 0], [1, 0]], atol=1e-7)


def test_std_of_equal_numbers_has_gradient_zero(device):
    x = tg.Tensor([[2.0, 2.0], [1.0, 3.0]], requires_grad=True, device=device)
    tg.std(x, axis=1).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [[0, 0], [-0.5, 0.5]], atol=1e-7)


def test_prod_beside_zeros(device):
    """d/dx_i of a product is the product of the others, also where dividing by x_i would give 0/0."""
    for numbers, expected in (([2.0, 0.0, 3.0], [0, 6, 0]), ([0.0, 0.0, 3.0], [0, 0, 0])):
        x = tg.Tensor(numbers, requires_grad=True, device=device)
        tg.prod(x).backward()
        np.testing.assert_array_equal(x.grad.numpy(), expected)


# --- the branch not taken ---

BRANCHES = [
    ("log", lambda a: tg.where(a > 0, tg.log(a), 0.0), {-1.0: 0.0, 0.0: 0.0, 2.0: 0.5}),
    ("sqrt", lambda a: tg.where(a > 0, tg.sqrt(a), 0.0), {-1.0: 0.0, 0.0: 0.0, 4.0: 0.25}),
    ("sin(a)/a", lambda a: tg.where(a == 0, 1.0, tg.sin(a) / a), {0.0: 0.0, math.pi: -1 / math.pi}),
    ("exp", lambda a: tg.where(a < 10, tg.exp(a), a), {1000.0: 1.0, 0.0: 1.0}),
    ("deeper", lambda a: tg.where(a > 0, 2 * tg.log(3 * a) ** 2 + tg.sqrt(a), a), {0.0: 1.0, -1.0: 1.0}),
    ("branch in a branch", lambda a: tg.where(a > 1, a, tg.where(a > 0, tg.log(a), 0.0)), {0.0: 0.0, 0.5: 2.0}),
    ("behind other operations", lambda a: tg.exp(3 * tg.where(a > 0, 1 / a, a)), {0.0: 3.0}),
    ("a constant nan", lambda a: tg.where(a > 0, a, a * nan), {1.0: 1.0}),
    ("inf as upstream", lambda a: tg.sqrt(tg.where(a > 0, a * 0.0, a * 0.0)), {1.0: 0.0}),
]
TAKEN = [(f, point, slope) for _, f, table in BRANCHES for point, slope in table.items()]


@pytest.mark.parametrize(
    ("f", "point", "expected"), TAKEN, ids=[f"{name} at {point}" for name, _, table in BRANCHES for point in table]
)
def test_where_stops_what_the_branch_not_taken_holds(f, point, expected, d):
    assert d(f, point) == pytest.approx([expected])


def test_where_stops_it_in_every_order_and_transform():
    f = lambda a: tg.where(a > 0, a * tg.log(a), a**2)  # noqa: E731
    second, third = tg.grad(tg.grad(f)), tg.grad(tg.grad(tg.grad(f)))
    assert [second(2.0), second(0.0), second(-1.0)] == [0.5, 2.0, 2.0]
    assert [third(2.0), third(0.0), third(-1.0)] == [-0.25, 0.0, 0.0]
    assert tg.jvp(f, (0.0,), (3.0,))[1] == 0.0
    assert tg.jvp(f, (2.0,), (3.0,))[1] == pytest.approx(3 * (math.log(2) + 1))


def test_where_keeps_derivatives_that_vanish_at_a_point(device):
    """No slope at a point is no reason to have none beside it: the second derivative of (where(x) - 1)² at 1 is 2."""
    f = lambda a: ((tg.where(a > 0, a, 0.0) - 1.0) ** 2).sum()  # noqa: E731
    assert tg.hessian(f)(tg.Tensor([1.0], device=device)).item() == 2.0
    ones = tg.Tensor(np.ones(3), device=device)
    x = tg.Tensor(np.array([1.0, -2.0, 0.5]), device=device)
    pushed = tg.jvp(lambda a: tg.where(a > 0, a * 3, a * 5), (x,), (ones,))[1]
    np.testing.assert_array_equal(pushed.numpy(), [3, 5, 3])


def test_where_stops_what_structural_operations_hold(device):
    x = tg.Tensor(np.array([0.0, 2.0, 0.5]), requires_grad=True, device=device)
    for f in (
        lambda a: tg.where(a > 0, tg.cumsum(tg.log(a)[::-1])[::-1], 0.0)[1:],
        lambda a: tg.where(a > 0, a / tg.stack([a, a]).max(axis=0), 0.0),
        lambda a: tg.where(a > 0, tg.pad(tg.log(a), 1)[1:-1], 0.0),
    ):
        x.grad = None
        f(x).sum().backward()
        assert np.isfinite(x.grad.numpy()).all()


@pytest.mark.parametrize("name", ["max", "norm", "logsumexp", "std", "prod", "matmul", "softmax"])
@pytest.mark.parametrize("poison", [tg.log, tg.reciprocal], ids=["nan", "inf"])
def test_where_stops_a_whole_branch_that_a_structural_operation_made(name, poison, device):
    """What receives no gradient at all passes none on, whatever it was computed from."""
    x = tg.Tensor(np.array([0.0, -1.0, 2.0]), requires_grad=True, device=device)
    branch = poison(x) @ x if name == "matmul" else public(name)(poison(x))
    never = tg.Tensor(np.array(False), device=device)
    tg.where(never, branch, x * 3.0).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [3, 3, 3])


# --- large logits ---


def test_activations_at_large_logits(device):
    x = tg.Tensor(np.array([-1000.0, 0.0, 1000.0]), requires_grad=True, device=device)
    for f, forward, slopes in (
        (tg.sigmoid, [0, 0.5, 1], [0, 0.25, 0]),
        (tg.softplus, [0, math.log(2), 1000], [0, 0.5, 1]),
        (tg.tanh, [-1, 0, 1], [0, 1, 0]),
        (tg.silu, [0, 0, 1000], [0, 0.5, 1]),
        (tg.gelu, [0, 0, 1000], [0, 0.5, 1]),
        (lambda a: tg.gelu(a, approximate="tanh"), [0, 0, 1000], [0, 0.5, 1]),
        (tg.elu, [-1, 0, 1000], [0, 1, 1]),
    ):
        x.grad = None
        with np.errstate(over="raise", divide="raise", invalid="raise"):  # right numbers, and no detour by inf
            y = f(x)
            y.sum().backward()
        np.testing.assert_allclose(y.numpy(), forward, atol=1e-15)
        np.testing.assert_allclose(x.grad.numpy(), slopes, atol=1e-15)


def test_sigmoid_keeps_the_small_values_of_its_left_tail():
    assert tg.sigmoid(-700.0) == pytest.approx(math.exp(-700), rel=1e-14)
    assert tg.sigmoid(-740.0) == math.exp(-740) > 0  # where exp(740) is inf
    assert tg.softplus(-700.0) == pytest.approx(math.exp(-700), rel=1e-14)
    assert tg.grad(tg.sigmoid)(-700.0) == pytest.approx(math.exp(-700), rel=1e-14)
    assert tg.softplus(1e-30) == math.log(2)
    assert tg.log1p(1e-30) == tg.expm1(1e-30) == 1e-30


@pytest.mark.parametrize("shift", [-1000.0, 0.0, 1000.0])
def test_softmax_family_is_unchanged_by_a_shift(shift, device):
    a = np.array([[0.3, -0.5, 1.0], [2.0, 2.0, -1.0]])
    e = np.exp(a)
    p = e / e.sum(axis=1, keepdims=True)
    x = tg.Tensor(a + shift, requires_grad=True, device=device)
    np.testing.assert_allclose(tg.softmax(x).numpy(), p, rtol=1e-12)
    np.testing.assert_allclose(tg.log_softmax(x).numpy(), np.log(p), rtol=1e-12)
    np.testing.assert_allclose(tg.logsumexp(x, axis=1).numpy() - shift, np.log(e.sum(axis=1)), rtol=1e-12)
    tg.logsumexp(x, axis=1).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), p, rtol=1e-12)


def test_softmax_family_far_apart(device):
    x = tg.Tensor(np.array([-1000.0, 0.0, 1000.0]), requires_grad=True, device=device)
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        np.testing.assert_array_equal(tg.softmax(x).numpy(), [0, 0, 1])
        np.testing.assert_array_equal(tg.log_softmax(x).numpy(), [-2000, -1000, 0])
        assert tg.logsumexp(x).item() == 1000
        tg.log_softmax(x)[0].backward()
    np.testing.assert_array_equal(x.grad.numpy(), [1, 0, -1])


def test_minus_infinity_as_a_logit_is_a_class_that_is_excluded(device):
    x = tg.Tensor(np.array([[-inf, 0.0, 0.0], [1.0, -inf, -inf]]), requires_grad=True, device=device)
    p = [[0, 0.5, 0.5], [1, 0, 0]]
    np.testing.assert_array_equal(tg.softmax(x).numpy(), p)
    np.testing.assert_allclose(tg.logsumexp(x, axis=1).numpy(), [math.log(2), 1])
    np.testing.assert_allclose(tg.log_softmax(x).numpy(), [[-inf, -math.log(2), -math.log(2)], [0, -inf, -inf]])
    for y in (tg.logsumexp(x, axis=1)[1], tg.softmax(x)[1, 1], tg.log_softmax(x)[1, 0]):
        x.grad = None
        y.backward()
        assert np.isfinite(x.grad.numpy()).all()
    x.grad = None
    tg.logsumexp(x, axis=1).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), p)


def test_a_row_of_minus_infinities(device):
    """An empty sum of exponentials: its logarithm is -inf, and a distribution over nothing is 0/0."""
    x = tg.Tensor(np.array([[-inf, -inf], [0.0, 0.0]]), requires_grad=True, device=device)
    total = tg.logsumexp(x, axis=1)
    np.testing.assert_allclose(total.numpy(), [-inf, math.log(2)])
    total[1].backward()
    np.testing.assert_allclose(x.grad.numpy()[1], [0.5, 0.5])
    np.testing.assert_array_equal(tg.softmax(x).numpy()[0], [nan, nan])
    np.testing.assert_allclose(tg.softmax(x).numpy()[1], [0.5, 0.5])


# --- IEEE 754 ---


IEEE = {
    "log(0)": (lambda one: tg.log(one * 0.0), -inf),
    "log(-1)": (lambda one: tg.log(-one), nan),
    "1/0": (lambda one: one / 0.0, inf),
    "-1/0": (lambda one: -one / 0.0, -inf),
    "1/-0": (lambda one: one / -0.0, -inf),
    "number/0": (lambda one: 1 / (one * 0.0), inf),
    "0/0": (lambda one: (one * 0.0) / 0.0, nan),
    "exp(1000)": (lambda one: tg.exp(one * 1000.0), inf),
    "sinh(-1000)": (lambda one: tg.sinh(-one * 1000.0), -inf),
    "cosh(-1000)": (lambda one: tg.cosh(-one * 1000.0), inf),
    "(-8)^(1/3)": (lambda one: (one * -8.0) ** (1 / 3), nan),
    "0^-1": (lambda one: (one * 0.0) ** -1, inf),
    "-0^-1": (lambda one: (one * -0.0) ** -1, -inf),
    "10^400": (lambda one: (one * 10.0) ** 400, inf),
    "(-10)^401": (lambda one: (one * -10.0) ** 401, -inf),
    "0^0": (lambda one: (one * 0.0) ** 0, 1.0),
    "nan^0": (lambda one: (one * nan) ** 0, 1.0),
}


@pytest.mark.parametrize(("f", "expected"), IEEE.values(), ids=IEEE)
def test_no_number_raises(f, expected, device):
    np.testing.assert_array_equal(f(tg.Value(1.0)).data, expected)
    np.testing.assert_array_equal(f(tg.Tensor(np.array(1.0), device=device)).item(), expected)


SPECIAL = [inf, -inf, nan, 0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -3.0, 1e-8, 1000.0, -1000.0, 1e300, -1e300, 5e-324]


@pytest.mark.parametrize("name", sorted(name for name, op in REGISTRY.items() if op.elementwise))
def test_values_equal_tensors_at_special_numbers(name):
    """Forward and gradient, at every combination of special numbers."""
    arity = REGISTRY[name].arity
    grids = [[0.0, 1.0], SPECIAL, SPECIAL] if name == "where" else [SPECIAL] * arity
    points = np.array(list(itertools.product(*grids)))
    if name == "power":  # NumPy reads (-inf)^0.5 as sqrt(-inf), against C's pow
        points = points[~((points[:, 0] == -inf) & (points[:, 1] == 0.5))]
    columns = [tg.Tensor(column, requires_grad=True) for column in points.T]
    result = public(name)(*columns)
    result.backward(np.ones(len(points)))
    for k, point in enumerate(points):
        values = [tg.Value(x) for x in point]
        value = public(name)(*values)
        assert type(value.data) is float
        np.testing.assert_allclose(value.data, result.numpy()[k], rtol=1e-14, err_msg=f"{name}{tuple(point)}")
        value.backward()
        for leaf, column in zip(values, columns, strict=True):
            if column.grad is not None:
                message = f"gradient of {name}{tuple(point)}"
                np.testing.assert_allclose(leaf.grad, column.grad.numpy()[k], rtol=1e-13, err_msg=message)
