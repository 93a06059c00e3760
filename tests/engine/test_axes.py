"""Axes at the edge: of tensors that have none, of length 0, given as lists. NumPy is right, in what it refuses, too."""

from functools import partial
from itertools import product
from math import inf

import numpy as np
import pytest

import tinygrad_edu as tg
from engine.cases import public

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def logsumexp(a, axis=None, keepdims=False):
    return np.log(np.sum(np.exp(a), axis=axis, keepdims=keepdims))


def softmax(a, axis=-1):
    e = np.exp(a)
    return e / np.sum(e, axis=axis, keepdims=True)


NUMPY = {
    **{name: getattr(np, name) for name in "sum prod max min mean var std cumsum flip squeeze expand_dims".split()},
    "norm": np.linalg.norm,
    "roll": lambda a, axis: np.roll(a, 1, axis=axis),
    "repeat": lambda a, axis: np.repeat(a, 2, axis=axis),
    "take": lambda a, axis: np.take(a, 0, axis=axis),
    "moveaxis": lambda a, axis: np.moveaxis(a, axis, axis),
    "swapaxes": lambda a, axis: np.swapaxes(a, axis, axis),
    "split": lambda a, axis: np.concatenate(np.split(a, 1, axis=axis), axis=axis),
    "stack": lambda a, axis: np.stack([a, a], axis=axis),
    "concatenate": lambda a, axis: np.concatenate([a, a], axis=axis),
    "logsumexp": logsumexp,
    "softmax": softmax,
    "log_softmax": lambda a, axis=-1: np.log(softmax(a, axis)),
}
OURS = {
    "roll": lambda a, axis: tg.roll(a, 1, axis=axis),
    "repeat": lambda a, axis: tg.repeat(a, 2, axis=axis),
    "take": lambda a, axis: tg.take(a, 0, axis=axis),
    "moveaxis": lambda a, axis: tg.moveaxis(a, axis, axis),
    "swapaxes": lambda a, axis: tg.swapaxes(a, axis, axis),
    "split": lambda a, axis: tg.concatenate(tg.split(a, 1, axis=axis), axis=axis),
    "stack": lambda a, axis: tg.stack([a, a], axis=axis),
    "concatenate": lambda a, axis: tg.concatenate([a, a], axis=axis),
}
KEEPS = {"sum", "prod", "max", "min", "mean", "var", "std", "norm", "logsumexp"}


def compare(name: str, array: np.ndarray, device: str, **options) -> None:
    """Value, shape, gradient and second derivatives; or a refusal in our words where NumPy refuses."""
    ours = partial(OURS.get(name, public(name)), **options)
    leaf = tg.Tensor(array, requires_grad=True, device=device)
    try:
        expected = np.asarray(NUMPY[name](array, **options))
    except (ValueError, IndexError, TypeError) as error:
        with pytest.raises((tg.TinygradError, TypeError)) as refused:
            ours(leaf)
        assert isinstance(refused.value, tg.TinygradError) or isinstance(error, TypeError), refused.value
        return
    result = ours(leaf)
    assert result.shape == expected.shape
    np.testing.assert_allclose(result.numpy(), expected, rtol=1e-14, atol=1e-15)
    if np.isfinite(expected).all():
        tg.gradcheck(lambda a: ours(a).sum(), leaf)
    for create_graph in (False, True):
        leaf.grad = None
        ours(leaf).sum().backward(create_graph=create_graph)
        assert leaf.grad.shape == array.shape


@pytest.mark.parametrize("name", NUMPY)
def test_a_number_and_an_axis(name: str, device: str):
    for axis in (None, 0, -1, 1, (), (0,), (-1,)):
        if (axis is None and name in ("stack", "expand_dims", "moveaxis")) or (axis == () and name == "norm"):
            continue  # NumPy refuses them for what they are not: an axis, a matrix
        for keepdims in ({}, {"keepdims": True}) if name in KEEPS else ({},):
            compare(name, np.array(0.7), device, axis=axis, **keepdims)


@pytest.mark.parametrize("name", ["sum", "prod", "max", "mean", "var", "logsumexp", "softmax", "log_softmax", "cumsum"])
def test_no_elements(name: str, device: str):
    for shape, axis in product([(2, 0), (0, 3), (0,), (0, 0), (2, 0, 3)], [None, 0, 1, -1, (0, 1)]):
        for keepdims in ({}, {"keepdims": True}) if name in KEEPS else ({},):
            compare(name, np.zeros(shape), device, axis=axis, **keepdims)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("moveaxis", ([0, 1], [2, 0])),
        ("moveaxis", ([0, 1], (-1, -2))),
        ("moveaxis", (np.array([0, 1]), np.array([1, 2]))),
        ("moveaxis", (np.int64(0), np.int64(2))),
        ("moveaxis", (range(2), range(1, 3))),
        ("moveaxis", ([0, 0], [1, 2])),
        ("moveaxis", ([0, 1], [1, 1])),
        ("moveaxis", ([0, 1], [1])),
        ("moveaxis", ([0, 1], 1)),
        ("moveaxis", ([0, 3], [1, 0])),
        ("transpose", ([1, 2, 0],)),
        ("transpose", (np.array([1, 2, 0]),)),
        ("flip", ([0, 2],)),
        ("flip", ((0, 0),)),
        ("expand_dims", ([0, 2],)),
        ("squeeze", ((),)),
        ("roll", ([1, 2], [0, 1])),
        ("reshape", ([4, 3],)),
        ("broadcast_to", ([5, 2, 3, 2],)),
        ("tile", ([2, 1],)),
        ("tile", (np.array([2, 1]),)),
        ("repeat", (np.array(2), 1)),
        ("take", (np.array([[0, 1]]), 1)),
    ],
    ids=str,
)
def test_sequences_of_axes_and_shapes(name: str, arguments):
    array = np.arange(12.0).reshape(2, 3, 2)
    leaf = tg.Tensor(array, requires_grad=True)
    try:
        expected = getattr(np, name)(array, *arguments)
    except ValueError:
        with pytest.raises(tg.TinygradError):
            public(name)(leaf, *arguments)
        return
    for result in (
        public(name)(leaf, *arguments),
        getattr(leaf, name)(*arguments),
        getattr(np, name)(leaf, *arguments),
    ):
        np.testing.assert_array_equal(result.numpy(), expected)
        leaf.grad = None
        (result * np.arange(float(expected.size)).reshape(expected.shape)).sum().backward()
        weights = tg.Tensor(np.arange(float(expected.size)).reshape(expected.shape))
        numeric = [
            (getattr(np, name)(array + e, *arguments) - expected).ravel() @ weights.numpy().ravel()
            for e in np.eye(12).reshape(12, 2, 3, 2)
        ]
        np.testing.assert_allclose(leaf.grad.numpy().ravel(), numeric)


def test_a_number_of_parts_may_be_numpys(device: str):
    halves = tg.split(tg.Tensor(np.arange(4.0), device=device), np.int64(2))
    assert [half.numpy().tolist() for half in halves] == [[0.0, 1.0], [2.0, 3.0]]


INFINITE = [  # operands, value, gradient: where one grows beyond all bounds, it is the sum, and equal ones share
    ([0.0, inf], inf, [0.0, 1.0]),
    ([inf, inf], inf, [0.5, 0.5]),
    ([-inf, inf, 3.0], inf, [0.0, 1.0, 0.0]),
    ([inf], inf, [1.0]),
    ([-inf, 0.0], 0.0, [0.0, 1.0]),
    ([-inf, -inf], -inf, [0.0, 0.0]),
    ([1000.0, 1000.0], 1000.0 + np.log(2), [0.5, 0.5]),
    ([0.0, 1000.0], 1000.0, [0.0, 1.0]),
]


@pytest.mark.parametrize(("operands", "value", "gradient"), INFINITE, ids=str)
def test_logsumexp_of_infinities(operands, value, gradient, device: str):
    for axis, keepdims in ((None, False), (0, True), (1, False)):
        rows = np.array([operands]).T if axis == 0 else np.array([operands])
        leaf = tg.Tensor(rows, requires_grad=True, device=device)
        total = tg.logsumexp(leaf, axis=axis, keepdims=keepdims)
        assert total.item() == pytest.approx(value)
        total.sum().backward()
        np.testing.assert_allclose(leaf.grad.numpy().ravel(), gradient, atol=1e-12)
