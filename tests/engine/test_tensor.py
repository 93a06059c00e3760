"""Tensor: what becomes one, dtypes, weak scalars, tracking through every operator, Python's protocols."""

import copy
import gc
import operator
import pickle

import numpy as np
import pytest

import tinygrad_edu as tg
from engine.cases import sample
from tinygrad_edu import Tensor

A = sample(2, 3)

# --- data and dtypes ---


def test_python_data_becomes_the_default_dtype(device):
    for data in (2, 2.5, True + 0, [1, 2], [[1.0], [2]], (3, 4), [np.float64(1), 2], range(3)):
        assert Tensor(data, device=device).dtype == np.float32
    assert Tensor([], device=device).shape == (0,)
    assert Tensor([True, False], device=device).dtype == np.bool_


def test_arrays_keep_their_dtype(device):
    for dtype in ("float64", "float32", "float16", "int64", "int8", "bool"):
        assert Tensor(np.zeros(2, dtype=dtype), device=device).dtype == dtype
        assert Tensor(np.zeros(2, dtype=dtype), dtype="float64", device=device).dtype == np.float64
    assert Tensor(Tensor(np.zeros(2), device=device), device=device).dtype == np.float64
    assert Tensor([1, 2], dtype="float64", device=device).dtype == np.float64
    assert Tensor([1, 2], dtype=np.int64, device=device).dtype == np.int64


def test_set_default_dtype_and_its_context():
    assert tg.get_default_dtype() == "float32"
    with tg.default_dtype("float64"):
        assert Tensor(1.0).dtype == np.float64
        assert Tensor(np.zeros(1, dtype="float32")).dtype == np.float32
        with tg.default_dtype(np.float16):
            assert Tensor([1.0]).dtype == np.float16
        assert Tensor([1.0]).dtype == np.float64
    assert Tensor(1.0).dtype == np.float32
    tg.set_default_dtype("float64")
    try:
        assert Tensor([1, 2]).dtype == np.float64
    finally:
        tg.set_default_dtype("float32")
    for wrong in ("int32", int, "complex64", "nonsense"):
        with pytest.raises(tg.DtypeError, match="float16, float32 or float64"):
            tg.set_default_dtype(wrong)
    assert tg.get_default_dtype() == "float32"


SCALARS = [2, 2.5, np.float64(2.5), np.float32(2.5), np.int64(2), np.float16(2.5)]


@pytest.mark.parametrize("scalar", SCALARS, ids=lambda s: f"{type(s).__name__} {s}")
@pytest.mark.parametrize("dtype", ["float32", "float16", "float64"])
def test_scalars_are_weak(scalar, dtype, device):
    """A number never changes the dtype of a tensor: not on the left, not in a function, not in the gradient."""
    operators = operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, tg.maximum, tg.minimum
    for f in (*operators, lambda a, b: tg.where(tg.Tensor(True, device=device).data, a, b)):
        x = Tensor(np.array([0.5, 1.5], dtype=dtype), requires_grad=True, device=device)
        for y in (f(x, scalar), f(scalar, x)):
            assert y.dtype == dtype
            x.grad = None
            y.sum().backward()
            assert x.grad.dtype == dtype
            (gradient,) = tg.vjp(lambda a: f(a, scalar) * f(scalar, a), x)[1](y.detach())  # noqa: B023
            assert gradient.dtype == dtype
    assert tg.clip(x, scalar, 3).dtype == tg.leaky_relu(x, scalar).dtype == tg.elu(x, scalar).dtype == dtype


def test_two_tensors_promote_as_numpy_arrays_do_and_gradients_come_back(device):
    single = Tensor(np.ones(2, dtype="float32"), requires_grad=True, device=device)
    double = Tensor(np.ones(2), requires_grad=True, device=device)
    y = single * double
    assert y.dtype == np.float64
    y.sum().backward()
    assert single.grad.dtype == np.float32 and double.grad.dtype == np.float64


@pytest.mark.raw_arrays
def test_integer_tensors_stay_integers(device):
    k = Tensor(np.arange(3), device=device)
    for y in (k + 1, 1 + k, k - 1, k * 2, k + k, -k, tg.abs(k), k[1:], tg.sum(k), tg.maximum(k, 1)):
        assert y.dtype == np.int64
    assert tg.where(k.data > 1, k, 0).dtype == np.int64
    for y in (k * 2.0, k / 2, tg.exp(k), tg.mean(k)):
        assert y.dtype.kind == "f"
    np.testing.assert_array_equal(Tensor(np.array([5.0, 6.0, 7.0]), device=device)[k + -1].numpy(), [7, 5, 6])


def test_requires_grad_of_numpys_truths(device):
    for said in (True, np.True_, np.array([1.0])[0] > 0):
        assert Tensor([1.0], requires_grad=said, device=device).requires_grad is True
    assert Tensor([1.0], requires_grad=np.False_, device=device).requires_grad is False
    with pytest.raises(tg.DtypeError, match=r"requires_grad is True or False, not 2\.0"):
        Tensor(1.0, 2.0, device=device)


def test_a_choice_between_numbers_is_of_the_default_dtype(device):
    mask = Tensor([True, False], device=device)
    for a, b in ((1.0, 0.0), (1, 0.5), (np.float64(1.0), 0)):
        y = tg.where(mask, a, b)
        assert y.dtype == np.float32 and y.numpy().tolist() == [float(a), float(b)]
        with tg.default_dtype("float64"):
            assert tg.where(mask, a, b).dtype == np.float64
    assert tg.where(mask, 1, 0).dtype == np.int64
    assert tg.where(mask, Tensor([1, 2], dtype="int64", device=device), 0).dtype == np.int64


@pytest.mark.parametrize("dtype", ["complex64", "U5", "datetime64[s]", object], ids=str)
def test_dtypes_of_no_real_numbers_are_refused(dtype, device):
    for make in (lambda dtype: Tensor([1.0], dtype=dtype, device=device), Tensor([1.0], device=device).astype):
        with pytest.raises(tg.DtypeError, match="a tensor holds real numbers, not"):
            make(dtype)


def test_complex_numbers_and_texts_are_refused(device):
    x = Tensor([1.0], requires_grad=True, device=device)
    for number in (1j, np.complex128(1 + 2j), np.complex64(1), np.str_("1")):
        for f in (lambda n: x * n, lambda n: tg.maximum(x, n), lambda n: tg.exp(n)):
            with pytest.raises(tg.DtypeError, match="a tensor holds real numbers"):
                f(number)


def test_integers_cannot_require_gradients(device):
    for data in (np.arange(3), np.array([True])):
        with pytest.raises(tg.DtypeError, match=r"cannot require gradients.*floating-point"):
            Tensor(data, requires_grad=True, device=device)
        with pytest.raises(tg.DtypeError, match="cannot require gradients"):
            Tensor(data, device=device).requires_grad = True
    with pytest.raises(tg.DtypeError, match=r"int64.*dtype='float32'"):
        Tensor([1, 2], dtype=int, requires_grad=True, device=device)
    assert Tensor([1, 2], requires_grad=True, device=device).dtype == np.float32


def test_integers_mix_with_floats_that_require_gradients(device):
    k = Tensor(np.arange(3), device=device)
    x = Tensor(np.ones(3, dtype="float32"), requires_grad=True, device=device)
    (x * k).sum().backward()
    assert k.grad is None and x.grad.dtype == np.float32
    np.testing.assert_array_equal(x.grad.numpy(), [0, 1, 2])


def test_astype_is_differentiable(device):
    x = Tensor(np.ones(2, dtype="float32"), requires_grad=True, device=device)
    y = x.astype("float64")
    assert y.dtype == np.float64
    (y * 3).sum().backward()
    assert x.grad.dtype == np.float32
    np.testing.assert_array_equal(x.grad.numpy(), [3, 3])


def test_tracked_tensors_own_their_data_and_constants_do_not_copy():
    array = A.copy()
    leaf, constant = Tensor(array, requires_grad=True), Tensor(array)
    array[0, 0] = 99.0
    assert leaf.data[0, 0] == A[0, 0] and constant.data[0, 0] == 99.0
    numbers = leaf.numpy()
    numbers[0, 1] = 77.0
    assert leaf.data[0, 1] == A[0, 1]


# --- nothing loses its history ---

TRACKED = [
    ("a + 2", lambda a: a + 2, lambda a: np.ones_like(a)),
    ("2 + a", lambda a: 2 + a, lambda a: np.ones_like(a)),
    ("a - 2", lambda a: a - 2, lambda a: np.ones_like(a)),
    ("2 - a", lambda a: 2 - a, lambda a: -np.ones_like(a)),
    ("2 * a", lambda a: 2 * a, lambda a: np.full_like(a, 2)),
    ("a / 2", lambda a: a / 2, lambda a: np.full_like(a, 0.5)),
    ("2 / a", lambda a: 2 / a, lambda a: -2 / a**2),
    ("a ** 3", lambda a: a**3, lambda a: 3 * a**2),
    ("2 ** a", lambda a: 2**a, lambda a: 2**a * np.log(2)),
    ("-a", lambda a: -a, lambda a: -np.ones_like(a)),
    ("+a", lambda a: +a, lambda a: np.ones_like(a)),
    ("abs(a)", abs, np.sign),
    ("a.mean()", lambda a: a.mean(), lambda a: np.full_like(a, 1 / 6)),
    ("a.max()", lambda a: a.max(), lambda a: (a == a.max()) * 1.0),
    ("a.T", lambda a: a.T, lambda a: np.ones_like(a)),
    ("a[0]", lambda a: a[0], lambda a: np.array([[1.0] * 3, [0.0] * 3])),
    ("a @ list", lambda a: a @ [1.0, 2.0, 3.0], lambda a: np.array([[1.0, 2, 3], [1, 2, 3]])),
    ("list @ a", lambda a: [1.0, 2.0] @ a, lambda a: np.array([[1.0] * 3, [2.0] * 3])),
    ("tuple + a", lambda a: operator.add((1.0, 2.0, 3.0), a), lambda a: np.ones_like(a)),
    ("a * list", lambda a: a * [1.0, 2.0, 3.0], lambda a: np.array([[1.0, 2, 3], [1, 2, 3]])),
    ("rows by iteration", lambda a: sum(row * k for k, row in enumerate(a)), lambda a: np.repeat([[0.0], [1.0]], 3, 1)),
    ("unpacking", lambda a: (lambda first, second: first - second)(*a), lambda a: np.array([[1.0] * 3, [-1.0] * 3])),
    ("builtin sum", lambda a: sum(a.ravel()), lambda a: np.ones_like(a)),
    ("-a += 1", lambda a: operator.iadd(-a, 1), lambda a: -np.ones_like(a)),
]


@pytest.mark.parametrize(("f", "slope"), [t[1:] for t in TRACKED], ids=[t[0] for t in TRACKED])
def test_operators_are_recorded(f, slope, device):
    x = Tensor(A, requires_grad=True, device=device)
    y = f(x)
    assert isinstance(y, Tensor) and y.requires_grad and y.device == x.device
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), slope(A), rtol=1e-12)


def test_methods_are_the_functions(device):
    from tinygrad_edu.tensors.operators import Operators

    x = Tensor(A, device=device)
    for name in ("exp", "tanh", "sigmoid", "gelu", "sum", "mean", "max", "softmax", "ravel", "tril", "norm", "std"):
        assert getattr(Operators, name) is getattr(tg, name)
        np.testing.assert_array_equal(getattr(x, name)().numpy(), getattr(tg, name)(x).numpy())
    assert x.reshape(3, 2).shape == x.reshape((3, 2)).shape == x.reshape(-1, 2).shape == (3, 2)
    assert x.transpose().shape == x.transpose(1, 0).shape == x.transpose((1, 0)).shape == x.T.shape == (3, 2)
    assert x.sum(0, keepdims=True).shape == (1, 3)


@pytest.mark.parametrize("name", ["sum", "mean", "prod", "max", "norm", "logsumexp", "ravel", "cumsum", "expand_dims"])
def test_structural_functions_of_one_number(name):
    """A plain number is an array of shape (); a Value is a node of a scalar graph, and says so."""
    arguments = (0,) if name == "expand_dims" else ()
    result = getattr(tg, name)(2.0, *arguments)
    assert isinstance(result, Tensor) and result.dtype == np.float32 and result.item() == 2.0
    with pytest.raises(tg.GraphError, match=r"a Value is a single number.*list of Values"):
        getattr(tg, name)(tg.Value(2.0), *arguments)


# --- Python's protocols ---


def test_shape_size_length_and_iteration(device):
    x = Tensor(A, requires_grad=True, device=device)
    assert (x.shape, x.ndim, x.size, len(x), x.device) == ((2, 3), 2, 6, 2, device)
    rows = list(x)
    assert [row.shape for row in rows] == [(3,), (3,)] and all(row.requires_grad for row in rows)
    scalar = Tensor(2.0, device=device)
    for use in (len, list):
        with pytest.raises(TypeError, match=r"shape \(\) has no length"):
            use(scalar)


def test_numbers_leave_only_from_one_element(device):
    x = Tensor([[2.5]], requires_grad=True, device=device)
    assert (x.item(), float(x), int(x)) == (2.5, 2.5, 2)
    assert type(x.item()) is float
    assert bool(x) and not bool(Tensor([0.0], device=device))
    for use in (lambda t: t.item(), float, int):
        with pytest.raises(tg.ShapeError, match=r"one element.*shape \(2, 3\)"):
            use(Tensor(A, device=device))
    with pytest.raises(tg.ShapeError, match=r"ambiguous: reduce it.*\.all\(\) or \.any\(\)"):
        bool(Tensor(A, device=device))
    assert f"{Tensor(2.0, device=device):.2f}" == "2.00"


def test_comparisons_are_plain_arrays(device):
    x = Tensor(A, requires_grad=True, device=device)
    for compare in (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne):
        for other in (0.5, Tensor(A[:1], device=device)):
            result = compare(x, other)
            assert type(result) is x.backend.array_type
            expected = compare(A, other if isinstance(other, float) else A[:1])
            np.testing.assert_array_equal(Tensor(result, device=device).numpy(), expected)
    assert len({x, Tensor(A, device=device)}) == 2


def test_repr_shows_value_shape_dtype_device_and_operation(device):
    x = Tensor(np.array([[1.0, 2.0]]), requires_grad=True, device=device, name="x")
    shown = f"Tensor([[1., 2.]], shape=(1, 2), dtype=float64, device={device}, name='x', requires_grad=True)"
    assert repr(x) == shown
    assert repr(x * 2) == f"Tensor([[2., 4.]], shape=(1, 2), dtype=float64, device={device}, op=multiply)"
    assert repr(x.detach()).endswith(f"device={device})")
    large = repr(Tensor(np.zeros((1000, 1000)), device=device))
    assert "..." in large and len(large) < 1000


def test_assigning_elements(device):
    constant = Tensor(A.copy(), device=device)
    constant[0] = 5.0
    constant[1, [0, 2]] = Tensor([7.0, 8.0], device=device)
    np.testing.assert_array_equal(constant.numpy(), [[5, 5, 5], [7, A[1, 1], 8]])
    leaf = Tensor(A, requires_grad=True, device=device)
    for target in (leaf, leaf * 2):
        with pytest.raises(tg.GraphError, match=r"cannot be assigned: use tg\.where or tg\.concatenate"):
            target[0] = 1.0
    with tg.no_grad():
        leaf[0, 0] = 1.5
    assert leaf.numpy()[0, 0] == 1.5


def test_data_of_another_shape_begin_without_a_gradient(device):
    x = Tensor([2.0], requires_grad=True, device=device)
    (x * 3).sum().backward()
    x.data = Tensor([1.0, 2.0, 3.0], device=device).data
    (x * x).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [2.0, 4.0, 6.0])
    x.data = Tensor([0.0, 0.0, 0.0], device=device).data  # of the same shape: the gradient accumulates, as PyTorch's
    x.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [3.0, 5.0, 7.0])


def test_copies_and_pickles(device):
    x = Tensor(A, requires_grad=True, device=device, name="x")
    (x * x).sum().backward()
    for clone in (copy.copy(x), copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        np.testing.assert_array_equal(clone.numpy(), A)
        assert clone.requires_grad and clone.name == "x" and clone.backend is x.backend
        np.testing.assert_allclose(clone.grad.numpy(), 2 * A)
        (clone + x).sum().backward()  # still of the same device
    deep = copy.deepcopy(x)
    with tg.no_grad():
        deep[0, 0] = 99.0
    assert x.numpy()[0, 0] == A[0, 0]


def test_moving_to_the_device_where_it_is_gives_itself(device):
    x = Tensor(A, device=device)
    assert x.to(device) is x


@pytest.mark.parametrize("device", ["cpu", "fake"])  # what CuPy leaves to the collector is not ours
def test_no_cyclic_garbage(device):
    def work():
        x = Tensor(A, requires_grad=True, device=device)
        y = tg.softmax(x @ x.T) * tg.where(x[:, :1] > 0, x[:, :1], 0.0)
        y.sum().backward()
        list(tg.backprop(y.sum()))
        tg.hessian(lambda a: (a**3).sum())(Tensor(A[0], device=device))
        tg.jvp(tg.tanh, (x,), (x.detach(),))
        with pytest.raises(tg.ShapeError):
            x @ x

    work()
    gc.collect()
    gc.disable()
    try:
        work()
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_a_chain_of_200000_nodes_lives_and_dies():
    x = Tensor(1.0, requires_grad=True)
    y = x
    for _ in range(200_000):
        y = -y
    y.backward()
    assert (y.item(), x.grad.item()) == (1.0, 1.0)
    del y
