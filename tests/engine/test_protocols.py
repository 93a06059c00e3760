"""What happens when NumPy, and other people's libraries, meet a tensor, a Value, or an array of Values."""

import numpy as np
import pytest

import tinygrad_edu as tg
from engine.cases import sample
from tinygrad_edu import Tensor, Value
from tinygrad_edu.rules import functional

A = sample(2, 3)


# --- NumPy's functions on tensors ---


def test_numpy_on_the_left_keeps_the_graph():
    """NumPy must hand the whole tensor over, not its elements one by one."""
    three = np.array([1.0, 2.0, 3.0])
    for f, slope in (
        (lambda t: np.float32(2) * t, 2.0),
        (lambda t: np.float64(2) * t, 2.0),
        (lambda t: np.ones(3) * t, 1.0),
        (lambda t: three + t, 1.0),
        (lambda t: three - t, -1.0),
        (lambda t: three / t, -three / A**2),
        (lambda t: np.full(3, 2.0) ** t, 2.0**A * np.log(2)),
        (lambda t: np.eye(2) @ t, 1.0),
        (lambda t: np.int64(3) - t, -1.0),
    ):
        x = Tensor(A, requires_grad=True)
        y = f(x)
        assert isinstance(y, Tensor) and y.shape == (2, 3) and y.requires_grad
        y.sum().backward()
        np.testing.assert_allclose(x.grad.numpy(), np.broadcast_to(slope, (2, 3)))


def test_a_numpy_number_on_the_left_of_any_device(device):
    x = Tensor(A, requires_grad=True, device=device)
    y = (np.float64(2) * x + np.float32(1)) / np.int64(2)
    y.sum().backward()
    assert y.device == device and np.all(x.grad.numpy() == 1.0)


@pytest.mark.parametrize(
    "name", sorted(name for name in functional.__all__ if isinstance(getattr(np, name, None), np.ufunc))
)
def test_ufuncs_record_the_operation_of_their_name(name, device):
    operands = [Tensor(np.array([0.5, 0.25]), requires_grad=True, device=device) for _ in range(getattr(np, name).nin)]
    result = getattr(np, name)(*operands)
    assert isinstance(result, Tensor) and result.device == device and result.requires_grad
    np.testing.assert_allclose(result.numpy(), getattr(np, name)(*[x.numpy() for x in operands]), rtol=1e-14)


FUNCTIONS = [
    lambda xp, t: xp.sum(t),
    lambda xp, t: xp.sum(t, axis=0),
    lambda xp, t: xp.sum(t, axis=(0, 1), keepdims=True),
    lambda xp, t: xp.mean(t, axis=-1),
    lambda xp, t: xp.var(t, ddof=1),
    lambda xp, t: xp.std(t, axis=1),
    lambda xp, t: xp.max(t, axis=1),
    lambda xp, t: xp.min(t),
    lambda xp, t: xp.prod(t, axis=0),
    lambda xp, t: xp.cumsum(t, axis=1),
    lambda xp, t: xp.clip(t, -1.0, 1.0),
    lambda xp, t: xp.concatenate([t, t], axis=1),
    lambda xp, t: xp.stack([t, t], axis=1),
    lambda xp, t: xp.split(t, 3, axis=1)[1],
    lambda xp, t: xp.reshape(t, (3, 2)),
    lambda xp, t: xp.ravel(t),
    lambda xp, t: xp.transpose(t),
    lambda xp, t: xp.swapaxes(t, 0, 1),
    lambda xp, t: xp.moveaxis(t, 0, 1),
    lambda xp, t: xp.expand_dims(t, 1),
    lambda xp, t: xp.squeeze(t[:1]),
    lambda xp, t: xp.broadcast_to(t, (2, 2, 3)),
    lambda xp, t: xp.matmul(t, t.T),
    lambda xp, t: xp.dot(t, t[0]),
    lambda xp, t: xp.outer(t[0], t[1]),
    lambda xp, t: xp.einsum("ij,kj->ik", t, t),
    lambda xp, t: xp.where(t > 0, t, 0.0),
    lambda xp, t: xp.tile(t, (1, 2)),
    lambda xp, t: xp.repeat(t, 2, axis=0),
    lambda xp, t: xp.roll(t, 1, axis=1),
    lambda xp, t: xp.flip(t, axis=0),
    lambda xp, t: xp.pad(t, 1),
    lambda xp, t: xp.take(t, [0, 0], axis=1),
    lambda xp, t: xp.diagonal(t),
    lambda xp, t: xp.trace(t),
    lambda xp, t: xp.tril(t),
    lambda xp, t: xp.triu(t, k=1),
]


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: " ".join(f.__code__.co_names))
def test_numpys_functions_are_ours(f):
    x, same = Tensor(A, requires_grad=True), Tensor(A, requires_grad=True)
    through_numpy, direct = f(np, x), f(tg, same)
    assert isinstance(through_numpy, Tensor) and through_numpy.requires_grad
    np.testing.assert_allclose(through_numpy.numpy(), f(np, A), rtol=1e-13)
    tg.sum(through_numpy * through_numpy).backward()
    tg.sum(direct * direct).backward()
    np.testing.assert_array_equal(x.grad.numpy(), same.grad.numpy())


def test_other_names_of_the_same_functions():
    x = Tensor(A, requires_grad=True)
    others = {np.absolute: tg.abs, np.fabs: tg.abs, np.amax: tg.max, np.amin: tg.min, np.linalg.norm: tg.norm}
    for f, g in others.items():
        np.testing.assert_array_equal(f(x).numpy(), g(x).numpy())
        assert f(x).requires_grad
    np.testing.assert_array_equal(np.add.reduce(x).numpy(), A.sum(axis=0))
    np.testing.assert_allclose(np.multiply.reduce(x, axis=1).numpy(), A.prod(axis=1))
    np.testing.assert_array_equal(np.maximum.reduce(x, axis=1, keepdims=True).numpy(), A.max(axis=1, keepdims=True))
    np.testing.assert_allclose(np.add.reduce(x, axis=None).numpy(), A.sum())


def test_questions_get_plain_answers():
    x = Tensor(A, requires_grad=True)
    assert np.shape(x) == (2, 3) and np.ndim(x) == 2 and np.size(x) == 6
    assert np.argmax(x) == np.argmax(A) and np.array_equal(x, A) and np.allclose(x, A + 1e-12)
    np.testing.assert_array_equal(np.isnan(x), np.zeros((2, 3), dtype=bool))
    np.testing.assert_array_equal(np.argsort(x, axis=1), np.argsort(A, axis=1))
    assert np.ones_like(x).shape == (2, 3) and not np.zeros_like(x).requires_grad


def test_tensors_given_by_name():
    x = Tensor(A, requires_grad=True)
    assert np.argmax(a=x) == np.argmax(A) and np.allclose(a=x, b=x) and np.shape(a=x) == (2, 3)
    assert np.zeros_like(a=x.detach()).shape == (2, 3)
    for result in (np.sum(a=x, axis=1), tg.sum(a=x, axis=1), tg.sum(axis=1, a=x)):
        assert result.requires_grad
        np.testing.assert_allclose(result.numpy(), A.sum(axis=1))
    for twice in (lambda: tg.sum(x, a=x), lambda: tg.sum(x, 0, axis=1)):
        with pytest.raises(TypeError, match="multiple values for argument"):
            twice()


def test_functions_without_a_derivative_say_so():
    x = Tensor(A, requires_grad=True)
    for f, name in ((np.arctan2, "arctan2"), (np.hypot, "hypot")):
        with pytest.raises(TypeError, match=rf"no derivative for np\.{name}.*t\.detach\(\)\.numpy\(\)"):
            f(x, 1.0)
    with pytest.raises(TypeError, match=r"no derivative for np\.cross"):
        np.cross(x, x)
    cube = tg.stack([x, x])
    for f in (np.linalg.trace, np.linalg.diagonal, np.emath.sqrt):  # which do not compute what np.trace, ... compute
        with pytest.raises(TypeError, match=rf"no derivative for np\..*\.{f.__name__}\."):
            f(cube)
    with pytest.raises(TypeError, match=r"np\.multiply\.outer has no derivative"):
        np.multiply.outer(x, x)
    with pytest.raises(TypeError, match=r"np\.add\.accumulate has no derivative"):
        np.add.accumulate(x)
    with pytest.raises(TypeError, match=r"np\.sum of a tensor is tinygrad_edu\.sum\(a, axis=None, .*'where'"):
        np.sum(x, where=A > 0)
    for option in ({"where": A > 0}, {"initial": 1.0}, {"dtype": "float32"}):
        with pytest.raises(TypeError, match=rf"with no other arguments; .*'{next(iter(option))}'"):
            np.add.reduce(x, **option)


def test_writing_into_an_array_cannot_be_recorded():
    x, array = Tensor(A, requires_grad=True), np.zeros((2, 3))
    with pytest.raises(tg.GraphError, match=r"array = array \+ tensor"):
        array += x
    with pytest.raises(tg.GraphError, match="cannot be recorded"):
        np.tanh(x, out=array)
    assert np.all(array == 0)


# --- leaving the graph ---


def test_asarray_of_a_tracked_tensor_teaches(device):
    x = Tensor(A, requires_grad=True, device=device, name="x")
    for leave in (np.asarray, np.array, lambda t: np.array([t]), lambda t: np.asarray(t * 2)):
        with pytest.raises(tg.GraphError, match=r"would lose its history as a NumPy array: say t\.detach\(\) first"):
            leave(x)


def test_asarray_of_a_detached_tensor():
    x = Tensor(A, requires_grad=True)
    np.testing.assert_array_equal(np.asarray(x.detach()), A)
    assert np.asarray(x.detach(), dtype="float32").dtype == np.float32
    assert np.shares_memory(np.asarray(x.detach()), x.data)
    assert not np.shares_memory(np.array(x.detach()), x.data)
    copied = x.numpy()
    copied[0] = 0.0
    np.testing.assert_array_equal(x.numpy(), A)


def test_asarray_of_a_tensor_on_a_device_says_how():
    x = Tensor(A, device="fake")
    with pytest.raises(tg.DeviceError, match=r"on fake: t\.numpy\(\) copies it"):
        np.asarray(x)
    np.testing.assert_array_equal(x.numpy(), A)


def test_dlpack():
    x = Tensor(A.copy(), requires_grad=True)
    shared = np.from_dlpack(x.detach())
    np.testing.assert_array_equal(shared, A)
    assert np.shares_memory(shared, x.data)
    assert x.__dlpack_device__() == A.__dlpack_device__()
    with pytest.raises(tg.GraphError, match=r"say t\.detach\(\) first"):
        np.from_dlpack(x)


# --- Values ---


def test_ufuncs_on_values():
    a = Value(0.5)
    for name in ("tanh", "exp", "log", "sqrt", "negative", "square", "reciprocal", "sin", "expm1", "absolute"):
        y = getattr(np, name)(a)
        assert isinstance(y, Value) and y.data == pytest.approx(getattr(np, name)(0.5), rel=1e-15)
        a.grad = 0.0
        y.backward()
        assert a.grad != 0.0
    assert np.add(a, 2).data == np.add(2, a).data == 2.5
    assert np.maximum(a, Value(0.75)).data == 0.75


def test_arrays_of_values_are_computed_element_by_element():
    a = Value(0.5)
    array = np.array([a, a, a])
    for result in (np.ones(3) * a, a * np.ones(3), array * 1.0, a - [0.0] * 3, array + a - a):
        assert isinstance(result, np.ndarray) and result.dtype == object and result.shape == (3,)
        assert all(isinstance(item, Value) and item.data == 0.5 for item in result)
        a.grad = 0.0
        sum(result).backward()
        assert a.grad == pytest.approx(3.0)
    np.testing.assert_array_equal([v.data for v in np.tanh(np.array([a, a]))], [np.tanh(0.5)] * 2)


def test_comparisons_with_values_are_plain_on_either_side():
    a = Value(0.5)
    for array in (A[0], np.array([a, a * 2, -a])):
        expected = [float(x) > 0.5 for x in array]
        for result in (array > a, a < array, np.greater(array, a)):
            assert result.dtype == bool and result.tolist() == expected


def test_dot_with_a_value_is_the_product():
    a, b = Value(2.0), Value(3.0)
    assert tg.dot(a, b).data == tg.dot(2.0, b).data == np.dot(2.0, 3.0)
    assert [product.data for product in tg.dot(a, [b, a])] == np.dot(2.0, [3.0, 2.0]).tolist()


ROWS = [[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]]

COLLECTIONS = {
    "sum": (lambda xp, m: xp.sum(m), np.sum),
    "sum axis": (lambda xp, m: xp.sum(m, axis=0), lambda m: np.sum(m, axis=0)),
    "mean": (lambda xp, m: xp.mean(m, axis=1), lambda m: np.mean(m, axis=1)),
    "var": (lambda xp, m: xp.var(m), np.var),
    "std": (lambda xp, m: xp.std(m, axis=1), lambda m: np.std(m, axis=1)),
    "max": (lambda xp, m: xp.max(m), np.max),
    "min": (lambda xp, m: xp.min(m, axis=0), lambda m: np.min(m, axis=0)),
    "prod": (lambda xp, m: xp.prod(m), np.prod),
    "norm": (lambda xp, m: xp.norm(m), np.linalg.norm),
    "logsumexp": (lambda xp, m: xp.logsumexp(m), lambda m: np.log(np.sum(np.exp(m)))),
    "softmax": (lambda xp, m: xp.softmax(m), lambda m: np.exp(m) / np.exp(m).sum(axis=-1, keepdims=True)),
    "log_softmax": (lambda xp, m: xp.log_softmax(m), lambda m: m - np.log(np.exp(m).sum(axis=-1, keepdims=True))),
    "cumsum": (lambda xp, m: xp.cumsum(m, axis=1), lambda m: np.cumsum(m, axis=1)),
    "tanh": (lambda xp, m: xp.tanh(m), np.tanh),
    "relu": (lambda xp, m: xp.relu(m), lambda m: np.maximum(m, 0)),
    "clip": (lambda xp, m: xp.clip(m, -0.5, 1.0), lambda m: np.clip(m, -0.5, 1.0)),
    "maximum": (lambda xp, m: xp.maximum(m, 0.3), lambda m: np.maximum(m, 0.3)),
    "matmul": (lambda xp, m: xp.matmul(m, [1.0, 2.0, 3.0]), lambda m: m @ [1.0, 2.0, 3.0]),
    "dot": (lambda xp, m: xp.dot(m, [[1.0], [2.0], [3.0]]), lambda m: m @ [[1.0], [2.0], [3.0]]),
    "outer": (lambda xp, m: xp.outer(m, [1.0, 2.0]), lambda m: np.outer(m, [1.0, 2.0])),
    "einsum": (lambda xp, m: xp.einsum("ij,ij->i", m, m), lambda m: (m * m).sum(axis=1)),
    "reshape": (lambda xp, m: xp.reshape(m, (3, 2)), lambda m: m.reshape(3, 2)),
    "transpose": (lambda xp, m: xp.transpose(m), np.transpose),
    "concatenate": (lambda xp, m: xp.concatenate([m, m]), lambda m: np.concatenate([m, m])),
    "stack": (lambda xp, m: xp.stack([m, m]), lambda m: np.stack([m, m])),
    "tril": (lambda xp, m: xp.tril(m), np.tril),
    "pad": (lambda xp, m: xp.pad(m, 1), lambda m: np.pad(m, 1)),
    "roll": (lambda xp, m: xp.roll(m, 1), lambda m: np.roll(m, 1)),
    "flip": (lambda xp, m: xp.flip(m, axis=1), lambda m: m[:, ::-1]),
    "take": (lambda xp, m: xp.take(m, [0, 0], axis=1), lambda m: m[:, [0, 0]]),
}


@pytest.mark.parametrize("kind", ["list", "object array"])
@pytest.mark.parametrize(("f", "reference"), COLLECTIONS.values(), ids=COLLECTIONS)
def test_a_tensor_computation_taken_apart_into_values(f, reference, kind):
    """The rules of tensors read by arrays of Values: the same numbers, and the gradients of the tensor."""
    leaves = [[Value(number) for number in row] for row in ROWS]
    result = f(tg, leaves if kind == "list" else np.array(leaves))
    expected = np.asarray(reference(np.array(ROWS)))
    parts = np.asarray(result, dtype=object)
    assert parts.shape == expected.shape
    numbers = [float(item) for item in parts.ravel()]
    np.testing.assert_allclose(numbers, expected.ravel(), rtol=1e-12, atol=1e-15)
    tensor = Tensor(np.array(ROWS), requires_grad=True)
    weights = np.linspace(0.5, 1.5, parts.size)
    (f(tg, tensor).reshape(-1) * weights).sum().backward()
    sum(item * w for item, w in zip(parts.ravel(), weights, strict=True)).backward()
    by_values = [[leaf.grad for leaf in row] for row in leaves]
    np.testing.assert_allclose(by_values, tensor.grad.numpy(), rtol=1e-12, atol=1e-14)


def test_a_network_of_values_equals_the_network_of_tensors():
    w, x, b = sample(2, 3, seed=1), sample(3, seed=2), sample(2, seed=3)
    tensors = [Tensor(a, requires_grad=True) for a in (w, x, b)]
    network = lambda w, x, b: tg.sum(tg.tanh(w @ x + b))  # noqa: E731
    network(*tensors).backward()
    values = [np.vectorize(Value, otypes=[object])(a) for a in (w, x, b)]
    y = network(*values)
    y.backward()
    assert isinstance(y, Value)
    for tensor, array in zip(tensors, values, strict=True):
        np.testing.assert_allclose(np.vectorize(lambda v: v.grad)(array), tensor.grad.numpy(), rtol=1e-12)
