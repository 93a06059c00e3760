"""The fused hooks of the backends against the generic versions: value, what is overwritten, and what is returned."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from engine.kernel_cases import KERNELS
from tinygrad_edu import backends
from tinygrad_edu.backends.base import Backend
from tinygrad_edu.graph.operation import REGISTRY
from tinygrad_edu.namespaces.namespace import PARTS
from tinygrad_edu.tapes.cuda.lanes import LONG
from tinygrad_edu.tapes.kernel import written

ACTIVATIONS = (None, "relu", "sigmoid", "tanh")
SPECIAL = np.array([[0.0, -0.0, np.nan], [np.inf, -np.inf, 1000.0], [-1000.0, 1e-30, 1.0]])
LOGITS = [
    np.random.default_rng(1).standard_normal((5, 3)),
    np.array([[1000.0, -1000.0, 0.0], [-1000.0, -1000.0, -1000.0], [1e30, 1.0, 1e30]]),
    SPECIAL,
    np.zeros((2, 1)),
    np.zeros((0, 3)),
    np.random.default_rng(2).standard_normal((3, 5)).T,
    np.random.default_rng(3).standard_normal((2, LONG + 1)),
]


class Hooks:
    """The hooks of a device, and the generic ones, called where the device computes."""

    def __init__(self, device: str):
        self.backend = backends.get(device)

    def arrays(self, *hosts: Any) -> list[Any]:
        return [self.backend.asarray(host) for host in hosts]

    def both(self, hook: str, *hosts: Any, **options: Any) -> tuple[Any, Any, list[Any]]:
        """The results of the device's hook and of the generic one, and the arrays the former was given."""
        given, other = ([self._ready(host) for host in hosts] for _ in range(2))
        found = self.backend.run(getattr(self.backend, hook), *given, **options)
        plain = PARTS[hook] if hook in PARTS else getattr(Backend, hook)
        expected = self.backend.run(plain, self.backend, *other, **options)
        assert type(found) is type(expected) is self.backend.array_type
        assert found.dtype == expected.dtype and found.shape == expected.shape
        return found, expected, given

    def _ready(self, host: Any) -> Any:
        return self.backend.asarray(host.copy(order="K")) if isinstance(host, np.ndarray) else host

    def close(self, found: Any, expected: Any) -> None:
        found, expected = self.backend.asnumpy(found), self.backend.asnumpy(expected)
        np.testing.assert_allclose(found, expected, rtol=1e-6 if found.dtype == "float32" else 1e-13, atol=1e-30)

    def unchanged(self, array: Any, host: Any) -> None:
        np.testing.assert_array_equal(self.backend.asnumpy(array), host)


@pytest.fixture
def hooks(device: str) -> Hooks:
    return Hooks(device)


# --- activation ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize(
    ("dtypes", "shape"),
    [
        (("float32", "float32"), (3, 3)),
        (("float64", "float64"), (3,)),
        (("float32", "float64"), (2, 3, 3)),
        (("float32", "float32"), (0, 3)),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_activate(hooks: Hooks, activation: str | None, dtypes: tuple[str, str], shape: tuple[int, ...]) -> None:
    """Each activation in all pairs of dtypes; shapes take turns, as an activation is elementwise."""
    h = np.resize(SPECIAL, shape).astype(dtypes[0])
    bias = np.array([0.5, -0.5, 0.0], dtype=dtypes[1])
    found, expected, given = hooks.both("activate", h, bias, activation)
    hooks.close(found, expected)
    hooks.unchanged(given[1], bias)


@pytest.mark.parametrize("activation", ACTIVATIONS[1:])
@pytest.mark.parametrize("dtypes", [("float32", "float32"), ("float64", "float64"), ("float32", "float64")])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_deactivate_overwrites_nothing(hooks: Hooks, activation: str, dtypes: tuple[str, str]) -> None:
    g, y = SPECIAL.T.astype(dtypes[0]), SPECIAL.astype(dtypes[1])
    found, expected, given = hooks.both("deactivate", g, y, activation=activation)
    hooks.close(found, expected)
    hooks.unchanged(given[0], g)
    hooks.unchanged(given[1], y)
    assert found is not given[0] and found is not given[1]


# --- cross-entropy ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("logits", LOGITS, ids=lambda x: str(x.shape))
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_cross_entropy_overwrites_nothing(hooks: Hooks, logits: np.ndarray, dtype: str) -> None:
    rows, classes = logits.shape
    logits, labels = logits.astype(dtype), np.arange(rows) % classes
    found, expected, given = hooks.both("cross_entropy_rows", logits, labels)
    hooks.close(found, expected)
    hooks.unchanged(given[0], logits)
    arrays = hooks.arrays(logits, labels)
    mean = hooks.backend.run(hooks.backend.cross_entropy_mean, *arrays, 0.25)
    generic = hooks.backend.run(PARTS["cross_entropy_mean"], hooks.backend, *arrays, 0.25)
    assert mean.dtype == generic.dtype == dtype and mean.shape == generic.shape == ()
    hooks.close(mean, generic)
    hooks_of_slopes = (("cross_entropy_slope", ()), ("cross_entropy_mean_slope", (0.25,)))
    of_one, of_each = np.array(0.3, dtype=dtype), np.linspace(-1, 1, rows, dtype=dtype)
    for (hook, share), g in product(hooks_of_slopes, (of_one, of_each)):
        found, expected, given = hooks.both(hook, logits, labels, g, *share)
        np.testing.assert_allclose(*map(hooks.backend.asnumpy, (found, expected)), rtol=1e-5, atol=1e-6)
        for array, host in zip(given, (logits, labels, g), strict=False):
            hooks.unchanged(array, host)


# --- what the array library has, too ----------------------------------------------------------------------------------


COLUMNS = [(5, 40), (1, 3), (LONG, 33), (LONG + 1, 2), (2, 3, 4), (0, 3), (3, 0), (4, 1)]


@pytest.mark.parametrize("shape", COLUMNS, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int64"])
def test_sums_of_columns(hooks: Hooks, shape: tuple[int, ...], dtype: str) -> None:
    host = np.random.default_rng(4).integers(-8, 9, shape).astype(dtype)  # whole numbers are added exactly
    (a,) = hooks.arrays(host)
    for axis in (0, (0,), tuple(range(host.ndim - 1)), -host.ndim, 1, None):
        found = hooks.backend.run(hooks.backend.sum, a, axis=axis)
        assert (found.dtype, found.shape) == (host.sum(axis=axis).dtype, host.sum(axis=axis).shape)
        np.testing.assert_array_equal(hooks.backend.asnumpy(found), host.sum(axis=axis))
    (out,) = hooks.arrays(np.ones(shape[1:], dtype))
    assert hooks.backend.run(hooks.backend.sum, a, axis=0, out=out) is out
    np.testing.assert_array_equal(hooks.backend.asnumpy(out), host.sum(axis=0, dtype=dtype))
    hooks.unchanged(a, host)


def test_sums_of_columns_that_do_not_lie_in_the_order_of_rows(hooks: Hooks) -> None:
    host = np.arange(12.0).reshape(3, 4)
    a, out = hooks.arrays(host, np.zeros((4, 2)))
    sums = hooks.backend.run(lambda: hooks.backend.sum(a.T, axis=0))
    hooks.backend.run(lambda: hooks.backend.sum(a, axis=0, out=out[:, 1]))
    np.testing.assert_array_equal(hooks.backend.asnumpy(sums), host.sum(axis=1))
    np.testing.assert_array_equal(hooks.backend.asnumpy(out), np.stack([np.zeros(4), host.sum(axis=0)], axis=1))


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int64", "uint8", "bool"])
@pytest.mark.parametrize("shape", [(6,), (6, 3), (6, 2, 2), (6, 0)], ids=str)
def test_rows_are_taken(hooks: Hooks, shape: tuple[int, ...], dtype: str) -> None:
    host = np.random.default_rng(5).integers(0, 2**7, shape).astype(dtype)
    rows = np.array([5, 0, 0, 3])
    for array, positions in ((host, rows), (host, rows.astype("int32")), (host, rows[:0]), (host.T.copy().T, rows)):
        a, where = hooks.arrays(array, positions)
        found = hooks.backend.run(hooks.backend.take, a, where, axis=0)
        assert found.dtype == dtype
        np.testing.assert_array_equal(hooks.backend.asnumpy(found), host[positions])


# --- update ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", KERNELS)
def test_update_writes_into_the_first_arrays(hooks: Hooks, name: str) -> None:
    kernel, numbers, _ = KERNELS[name]
    code = written(kernel, hooks.backend.language)
    rng = np.random.default_rng(0)
    hosts = [rng.uniform(0.1, 0.9, 50) for _ in range(len(kernel.inputs))]
    hosts[1] += 1
    given, other = hooks.arrays(*hosts), hooks.arrays(*[host.copy() for host in hosts])
    if hooks.backend.device == "cpu":
        given = [host.copy() for host in hosts]
    assert hooks.backend.run(hooks.backend.update, code, given, numbers, []) is None
    assert hooks.backend.run(Backend.update, hooks.backend, kernel, other, numbers, []) is None
    for found, expected in zip(given, other, strict=True):
        hooks.close(found, expected)
    hooks.unchanged(given[-1], hosts[-1])


# --- through the operations ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_gradient_that_is_kept_is_not_overwritten(activation: str | None, device: str) -> None:
    dense = REGISTRY["dense"].function
    x, w, b = (tg.Tensor(np.sin(np.arange(n) + 1.0).reshape(s), requires_grad=True, device=device) for n, s in SHAPES)
    y = dense(x, w, b, activation=activation)
    y.retain_grad()
    before = y.numpy()
    (y * y).sum().backward()
    np.testing.assert_array_equal(y.numpy(), before)
    np.testing.assert_allclose(y.grad.numpy(), 2 * before, rtol=1e-15)


SHAPES = ((6, (2, 3)), (12, (3, 4)), (4, (4,)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_damped(dtype: str, hooks: Hooks) -> None:
    factors = np.array([[0.5, 0.0, np.nan], [0.0, 0.0, -0.25], [0.0, 1e30, 0.0]], dtype=dtype)
    for a, factor in ((SPECIAL.astype(dtype), factors), (np.array(np.inf, dtype), np.array(0.0, dtype))):
        with np.errstate(invalid="ignore"):
            found, expected, given = hooks.both("damped", a, factor)
        hooks.close(found, expected)
        for array, host in zip(given, (a, factor), strict=True):
            hooks.unchanged(array, host)
