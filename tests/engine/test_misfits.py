"""Shapes that do not fit: NumPy says that they do not, and that what the message proposes does."""

from __future__ import annotations

import re

import numpy as np
import pytest

import tinygrad_edu as tg

LEAKED = re.compile(
    r"gufunc|core dimension|broadcast together|remapped|newaxis|array of size|out of bounds|input array|zero-size"
    r"|axes don't match|does not match previous|subscript .* does not contain|cannot be interpreted|not understood"
    r"|duplicate value"
)
SHAPES = [(), (1,), (2,), (3,), (2, 3), (3, 2), (4, 3), (3, 4), (2, 2), (2, 3, 4), (5, 4, 2), (5, 3, 4), (1, 3, 4)]
OPERATIONS = {
    "matmul": (np.matmul, tg.matmul),
    "add": (np.add, tg.add),
    "maximum": (np.maximum, tg.maximum),
    "concatenate": (lambda a, b: np.concatenate([a, b]), lambda a, b: tg.concatenate([a, b])),
    "stack": (lambda a, b: np.stack([a, b]), lambda a, b: tg.stack([a, b])),
    "dot": (np.dot, tg.dot),
    "einsum": (lambda a, b: np.einsum("ij,jk", a, b), lambda a, b: tg.einsum("ij,jk", a, b)),
    "where": (lambda a, b: np.where(a > 0, a, b), lambda a, b: tg.where(a > 0, a, b)),
}


def test_the_axes_of_a_number(device):
    x = tg.Tensor(3.0, device=device)
    assert x.transpose().shape == x.transpose(()).shape == ()
    with pytest.raises(tg.ShapeError, match=r"transpose: operands of shape \(\), axes=\(0,\) do not fit: .* 0 axes"):
        x.transpose(0)


@pytest.mark.parametrize("name", OPERATIONS)
def test_two_operands(name, device):
    numpys, ours = OPERATIONS[name]
    for first in SHAPES:
        for second in SHAPES:
            a, b = np.ones(first), np.ones(second)
            try:
                expected = numpys(a, b)
            except ValueError:
                with pytest.raises(tg.ShapeError, match=re.escape(str(first))) as caught:
                    ours(tg.Tensor(a, device=device), tg.Tensor(b, device=device))
                check(str(caught.value), a, b)
            else:
                assert ours(tg.Tensor(a, device=device), tg.Tensor(b, device=device)).shape == np.shape(expected)


def check(message: str, a: np.ndarray, b: np.ndarray) -> None:
    """Nothing of the library's words is in a message, and what it proposes has the shape that it says."""
    assert not LEAKED.search(message), message
    product = r"(\b[ab](?:\.T)? [@*] [ab](?:\.T)?)(?:, element by element,)? gives (\([\d, ]*\))"
    for code, shape in re.findall(product, message):
        assert str(np.shape(eval(code, {"a": a, "b": b}))) == shape, message
    either = re.search(r"Either a has (\d+) where it has (\d+), or b has \2 there", message)
    if either and a.ndim <= 2:
        np.matmul(np.ones((*a.shape[:-1], int(either[1]))), b)
    column = re.search(r"v\.reshape\((\d+), 1\)", message)
    if column:
        vector, other = (a, b) if a.ndim == 1 else (b, a)
        np.add(vector.reshape(int(column[1]), 1), other)
    axis = re.search(r"along axis (\d) they fit", message)
    if axis:
        np.concatenate([a, b], axis=int(axis[1]))


X = np.arange(6.0).reshape(2, 3)
REFUSED = [
    *[f"xp.{name}(x, axis={axis})" for name in ("sum", "mean", "max", "min", "cumsum") for axis in (2, -3, "'a'", 0.5)],
    *["xp.sum(x, axis=(0, 0))", "xp.sum(x, axis=(0, 2))", "xp.max(x[:0])", "xp.min(x[:, :0], axis=1)"],
    *["xp.reshape(x, 4)", "xp.reshape(x, (-1, 4))", "xp.reshape(x, (-1, -1))", "xp.reshape(x, 'a')"],
    *["xp.reshape(x, (2.0, 3))", "xp.reshape(x, (-1, 0))", "xp.reshape(x, ())"],
    *["xp.transpose(x, (0, 0))", "xp.transpose(x, (0,))", "xp.transpose(x, (0, 1, 2))", "xp.transpose(x, (0, 2))"],
    *["xp.broadcast_to(x, (3, 3))", "xp.broadcast_to(x, (3,))", "xp.broadcast_to(x, (2, -3))"],
    *["xp.concatenate([x, x], axis=2)", "xp.concatenate([x, x], axis='a')", "xp.concatenate([x, x[0]])"],
    *["xp.concatenate([x[0, 0], x[0, 0]])", "xp.stack([x, x], axis=4)", "xp.concatenate([])", "xp.stack([])"],
    *["xp.pad(x, -1)", "xp.pad(x, 0.5)", "xp.pad(x, [[1, 2, 3]])", "xp.pad(x, [1, 2, 3])"],
    *["xp.roll(x, 1, axis=4)", "xp.roll(x, (1, 1, 1), axis=(0, 1))"],
    *["xp.einsum('ij,jk', x, x)", "xp.einsum('i', x)", "xp.einsum('ij->ik', x)", "xp.einsum('i?', x)"],
    *["xp.einsum('ij,ij->i', x)", "xp.einsum('ij->ii', x)", "xp.einsum('i..j', x)"],
    *["xp.swapaxes(x, 0, 2)", "xp.moveaxis(x, 0, 2)", "xp.flip(x, axis=2)", "xp.squeeze(x, axis=0)"],
    *["xp.expand_dims(x, 5)", "xp.expand_dims(x, (0, 0))", "xp.take(x, [0], axis=2)", "xp.repeat(x, 2, axis=2)"],
    *["xp.split(x, 2, axis=1)", "xp.split(x, 2, axis=2)", "xp.diagonal(x[0])", "xp.trace(x[0])", "xp.var(x, axis=3)"],
    *["xp.std(x, axis=3)", "xp.prod(x, axis=3)", "xp.prod(x, axis=0.5)", "x.astype('foo')"],
    *["xp.tile(x, -1)", "xp.tile(x, 'a')", "xp.tile(x, 0.5)", "xp.split(x, [0.5])", "xp.clip(x, 'a', None)"],
]


@pytest.mark.parametrize("code", REFUSED)
def test_one_operand(code, device):
    with pytest.raises((ValueError, TypeError, IndexError)):
        eval(code, {"xp": np, "x": X})
    for tracked in (False, True):
        with pytest.raises(tg.TinygradError) as caught:
            eval(code, {"xp": tg, "x": tg.Tensor(X, requires_grad=tracked, device=device)})
        assert not LEAKED.search(str(caught.value)), caught.value


def test_a_library_that_refuses_for_another_reason_is_quoted():
    """Where shapes fit, our words would be wrong."""

    class Failing(type(tg.backends.get("cpu"))):
        def matmul(self, *_, **__):
            raise ValueError("out of luck")

    a, backend = tg.Tensor(X), Failing()
    a.backend = backend
    b = tg.Tensor(X.T)
    b.backend = backend
    with pytest.raises(tg.ShapeError, match="do not fit: out of luck"):
        a @ b
