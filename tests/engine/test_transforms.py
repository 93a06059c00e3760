"""grad, value_and_grad, vjp, jvp, jacobian, hessian against closed forms, and nested without confusion."""

import numpy as np
import pytest

import tinygrad_edu as tg
from engine.cases import sample
from tinygrad_edu import Tensor, Value

M = sample(3, 2)
X = sample(2, seed=1)


def tensor(data, device):
    return Tensor(np.array(data), device=device)


# --- what comes in, what comes out ---


def test_numbers_give_numbers_values_give_values_tensors_give_tensors(device):
    square = lambda a: a * a  # noqa: E731
    for three in (3, 3.0, np.float64(3), np.float32(3), np.int64(3)):
        assert tg.grad(square)(three) == 6.0 and type(tg.grad(square)(three)) is float
    assert isinstance(tg.grad(square)(Value(3.0)), Value)
    total = lambda a: (a * a).sum()  # noqa: E731
    gradient = tg.grad(total)(tensor(X, device))
    assert isinstance(gradient, Tensor) and gradient.device == device and not gradient.requires_grad
    np.testing.assert_array_equal(gradient.numpy(), 2 * X)
    np.testing.assert_array_equal(tg.grad(total)(X).numpy(), 2 * X)
    assert tg.grad(total)(np.array([1.0], dtype="float32")).dtype == np.float32


def test_several_arguments_and_keywords(device):
    f = lambda a, b, scale=1.0: (a * b).sum() * scale  # noqa: E731
    a, b = tensor(X, device), tensor([3.0, 5.0], device)
    np.testing.assert_array_equal(tg.grad(f)(a, b).numpy(), [3, 5])
    np.testing.assert_array_equal(tg.grad(f, argnums=1)(a, b, scale=2.0).numpy(), 2 * X)
    by_a, by_b = tg.grad(f, argnums=(0, 1))(a, b)
    np.testing.assert_array_equal(by_a.numpy(), [3, 5])
    np.testing.assert_array_equal(by_b.numpy(), X)
    value, (only,) = tg.value_and_grad(f, argnums=(1,))(a, b)
    assert value.item() == pytest.approx(float(X @ [3, 5]))
    np.testing.assert_array_equal(only.numpy(), X)


def test_value_and_grad_of_numbers():
    value, gradient = tg.value_and_grad(lambda a, b: a * a * b, (0, 1))(3.0, 2.0)
    assert (value, gradient) == (18.0, (12.0, 9.0))
    assert tg.grad(lambda a, b: a * a * b, np.int64(1))(3.0, 2.0) == 9.0


def test_an_argument_that_is_not_used_has_gradient_zero(device):
    assert tg.grad(lambda a, b: a * a, 1)(3.0, 2.0) == 0.0
    assert tg.grad(lambda a: 5.0)(3.0) == 0.0
    unused = tg.grad(lambda a, b: (a * a).sum(), 1)(tensor(X, device), tensor(M, device))
    np.testing.assert_array_equal(unused.numpy(), np.zeros((3, 2)))
    by_unused = tg.jacobian(lambda a, b: a, 1)(tensor(X, device), tensor(M, device))
    np.testing.assert_array_equal(by_unused.numpy(), np.zeros((2, 3, 2)))
    assert unused.device == device
    assert tg.grad(lambda a, b: a * 1.0, 1)(2.0, np.inf) == 0.0
    infinite = tg.grad(lambda a, b: (a * a).sum(), 1)(tensor(X, device), tensor([np.inf, np.nan], device))
    np.testing.assert_array_equal(infinite.numpy(), [0.0, 0.0])


def test_leaves_are_left_alone(device):
    """A transform reads the caller's tensors, and fills nobody's grad."""
    x, w = Tensor(X, requires_grad=True, device=device), Tensor(M, requires_grad=True, device=device)
    tg.grad(lambda a: (w @ a).sum())(x)
    tg.hessian(lambda a: (w @ a**2).sum())(x)
    tg.jvp(lambda a: w @ a, (x,), (x,))
    tg.vjp(lambda a: w @ a, x)[1](tensor(np.ones(3), device))
    assert x.grad is None and w.grad is None


def test_results_are_nobody_elses_memory(device):
    x = tensor(X, device)
    g = tg.grad(lambda a: a.sum())(x)
    g[0] = 99.0
    by_a, by_b = tg.grad(lambda a, b: (a + b).sum(), (0, 1))(x, x)
    by_a[0] = 99.0
    seed = tensor(np.ones(2), device)
    pulled_a, pulled_b = tg.vjp(lambda a, b: a + b, x, x)[1](seed)
    pulled_a[0] = 99.0
    for untouched in (by_b, pulled_b, seed):
        np.testing.assert_array_equal(untouched.numpy(), [1, 1])
    np.testing.assert_array_equal(x.numpy(), X)


# --- closed forms ---


def test_gradient_of_a_quadratic_form(device):
    q = sample(2, 2, seed=3)
    f = lambda a: a @ tensor(q, device) @ a  # noqa: E731
    x = tensor(X, device)
    np.testing.assert_allclose(tg.grad(f)(x).numpy(), (q + q.T) @ X)
    np.testing.assert_allclose(tg.hessian(f)(x).numpy(), q + q.T)


def test_jacobian_of_an_affine_map_and_of_the_softmax(device):
    x = tensor(X, device)
    np.testing.assert_allclose(tg.jacobian(lambda a: tensor(M, device) @ a + 1.0)(x).numpy(), M)
    p = np.exp(X) / np.exp(X).sum()
    np.testing.assert_allclose(tg.jacobian(tg.softmax)(x).numpy(), np.diag(p) - np.outer(p, p), atol=1e-15)


def test_jacobian_shapes(device):
    j = tg.jacobian(lambda a: a.T @ a)(tensor(M, device))
    assert j.shape == (2, 2, 3, 2) and j.device == device
    expected = np.einsum("kj,il->klij", np.eye(2), M) + np.einsum("ik,lj->klij", M, np.eye(2))
    np.testing.assert_allclose(j.numpy(), expected)
    assert tg.jacobian(lambda a: a.sum())(tensor(M, device)).shape == (3, 2)
    assert tg.jacobian(lambda a: a * a)(tensor(2.0, device)).shape == ()
    assert tg.jacobian(lambda a: a)(tensor(np.zeros((0, 2)), device)).shape == (0, 2, 0, 2)
    assert tg.jacobian(lambda a: a[:0])(tensor(X, device)).shape == (0, 2)
    by_second = tg.jacobian(lambda a, b: a @ b, 1)(tensor(M, device), tensor(X, device))
    np.testing.assert_allclose(by_second.numpy(), M)


def test_jacobian_and_hessian_of_numbers():
    assert tg.jacobian(lambda a: a**3)(2.0) == 12.0
    assert tg.hessian(lambda a: a**3)(2.0) == 12.0
    assert tg.hessian(lambda a, b: a * b**3, 1)(2.0, 3.0) == 36.0


def test_hessian_of_rosenbrock(device):
    """f = (1 - x)² + 100 (y - x²)²"""
    f = lambda v: (1 - v[0]) ** 2 + 100 * (v[1] - v[0] ** 2) ** 2  # noqa: E731
    a, b = -1.2, 1.0
    h = tg.hessian(f)(tensor([a, b], device)).numpy()
    np.testing.assert_allclose(h, [[2 - 400 * (b - 3 * a**2), -400 * a], [-400 * a, 200]], rtol=1e-12)
    np.testing.assert_allclose(tg.grad(f)(tensor([1.0, 1.0], device)).numpy(), [0, 0], atol=1e-12)


def test_hessian_of_logsumexp(device):
    p = np.exp(X) / np.exp(X).sum()
    h = tg.hessian(tg.logsumexp)(tensor(X, device))
    np.testing.assert_allclose(h.numpy(), np.diag(p) - np.outer(p, p), atol=1e-15)


def test_jvp_pushes_a_tangent(device):
    x, v = tensor(X, device), tensor([0.3, -2.0], device)
    y, push = tg.jvp(lambda a: tg.tanh(tensor(M, device) @ a), (x,), (v,))
    t = np.tanh(M @ X)
    np.testing.assert_allclose(y.numpy(), t)
    np.testing.assert_allclose(push.numpy(), (1 - t**2) * (M @ [0.3, -2.0]))


def test_jvp_of_several_arguments_and_of_numbers():
    y, push = tg.jvp(lambda a, b: a * b, (3.0, 4.0), (0.5, -1.0))
    assert (y, push) == (12.0, 0.5 * 4 - 1.0 * 3)
    assert tg.jvp(lambda a: 5.0, (3.0,), (1.0,)) == (5.0, 0.0)
    _, push = tg.jvp(lambda a, b: a @ b, (M, X), (M, 2 * X))
    np.testing.assert_allclose(push.numpy(), 3 * M @ X)


def test_jvp_where_the_function_is_infinite(device):
    """J·v does not depend on the value: at log(0) the value is -inf, beside it the derivative is right."""
    with np.errstate(all="ignore"):
        y, push = tg.jvp(tg.log, (tensor([0.0, 2.0], device),), (tensor([0.0, 1.0], device),))
    assert y.numpy()[0] == -np.inf and push.numpy()[1] == 0.5
    assert tg.jvp(lambda x: Value(np.inf), (1.0,), (1.0,))[1].data == 0.0  # x is not in it


def test_vjp_pulls_a_cotangent_as_often_as_wanted(device):
    y, pull = tg.vjp(lambda a, b: a @ b, tensor(M, device), tensor(X, device))
    np.testing.assert_allclose(y.numpy(), M @ X)
    for g in (np.ones(3), np.array([1.0, 0.0, -2.0])):
        by_m, by_x = pull(tensor(g, device))
        np.testing.assert_allclose(by_m.numpy(), np.outer(g, X))
        np.testing.assert_allclose(by_x.numpy(), M.T @ g)


def test_jvp_and_vjp_are_adjoint(device):
    """g·(J v) = (gᵀJ)·v for a function with every kind of operation."""
    f = lambda a: tg.softmax(a @ a.T).sum(axis=0) * tg.sqrt(a[:, 0] ** 2 + 1) + tg.where(a[:, 1] > 0, a[:, 1], 0.0)  # noqa: E731
    v, g = sample(3, 2, seed=5), sample(3, seed=6)
    _, push = tg.jvp(f, (tensor(M, device),), (tensor(v, device),))
    (pulled,) = tg.vjp(f, tensor(M, device))[1](tensor(g, device))
    assert float(g @ push.numpy()) == pytest.approx(float((pulled.numpy() * v).sum()), rel=1e-12)


# --- nested ---


def test_perturbation_confusion():
    """d/dx [x · d/dy (x + y)] = 1: the inner derivative is not the outer one's (Siskind & Pearlmutter 2005)."""
    assert tg.grad(lambda x: x * tg.grad(lambda y: x + y)(1.0))(2.0) == 1.0
    assert tg.grad(lambda x: x * tg.grad(lambda y: x * y)(1.0))(2.0) == 4.0
    assert tg.grad(lambda x: tg.grad(lambda y: x * x * y * y)(x))(3.0) == 6 * 9.0
    assert tg.grad(lambda x: tg.grad(lambda x: x * x)(x) * x)(3.0) == 12.0


def test_perturbation_confusion_of_tensors(device):
    x = tensor(X, device)
    outer = tg.grad(lambda a: (a * tg.grad(lambda b: (a * b * b).sum())(a)).sum())
    np.testing.assert_allclose(outer(x).numpy(), 6 * X**2)  # d/da (a · 2ab at b = a)
    np.testing.assert_allclose(tg.grad(lambda a: (tg.jvp(lambda b: a * b, (a,), (a,))[1]).sum())(x).numpy(), 2 * X)


def test_transforms_of_transforms(device):
    f = lambda a: (tg.exp(a) * a[::-1]).sum()  # noqa: E731
    x = tensor(X, device)
    h = tg.jacobian(tg.grad(f))(x).numpy()
    np.testing.assert_allclose(h, tg.hessian(f)(x).numpy())
    e = np.diag(np.exp(X))
    np.testing.assert_allclose(h, e * X[::-1] + e[:, ::-1] + e[::-1], rtol=1e-12)
    _, hv = tg.jvp(tg.grad(f), (x,), (tensor([1.0, 2.0], device),))
    np.testing.assert_allclose(hv.numpy(), h @ [1.0, 2.0])
    third = tg.jacobian(tg.hessian(lambda a: (a**3).sum()))(x).numpy()
    expected = np.zeros((2, 2, 2))
    expected[[0, 1], [0, 1], [0, 1]] = 6
    np.testing.assert_allclose(third, expected)


def test_backward_through_a_transform(device):
    """What f reaches by itself stays connected: a loss made of an inner gradient trains the outer weight."""
    w = Tensor(M, requires_grad=True, device=device)
    inner = tg.grad(lambda a: ((w @ a) ** 2).sum())(tensor(X, device))
    np.testing.assert_allclose(inner.numpy(), 2 * M.T @ M @ X)
    inner.sum().backward()
    ones = np.ones(2)
    np.testing.assert_allclose(w.grad.numpy(), 2 * (np.outer(M @ X, ones) + np.outer(M @ ones, X)))


def test_backward_to_the_callers_variable():
    x = Value(3.0)
    (tg.grad(lambda a: a**3)(x) * 2.0).backward()
    assert x.grad == 36.0


def test_transforms_inside_no_grad_still_differentiate():
    with tg.no_grad():
        assert tg.grad(lambda a: a * a)(3.0) == 6.0


# --- errors ---


def test_what_cannot_be_differentiated_says_so():
    with pytest.raises(tg.GraphError, match=r"shape \(2,\) needs a gradient of that shape"):
        tg.grad(lambda a: a * 2)(X)
    for nothing, name in ((None, "NoneType"), ("text", "str"), ([1.0], "list")):
        with pytest.raises(tg.GraphError, match=f"gave a {name}, not a number, a Value or a Tensor"):
            tg.grad(lambda a, nothing=nothing: nothing)(3.0)
    with pytest.raises(tg.ArgumentError, match="no argument 5 to differentiate by: 2 were given"):
        tg.grad(lambda a, b: a * b, 5)(1.0, 2.0)
    with pytest.raises(ZeroDivisionError):
        tg.grad(lambda a: a / (1 // 0))(3.0)
