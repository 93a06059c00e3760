"""Every primitive that combines or moves elements: matmul, sums, softmax, reshapes, indexing.

How to read an entry: the decorator holds one vjp for each operand, which turns the gradient `g` of the result
`y` into the gradient of that operand; below it stands the forward rule, whose parameters after the operands are the
operation's attributes.

    @structural(lambda xp, g, y, a, axes: xp.transpose(g, np.argsort(axes)))
    def transpose(xp, a, axes=None):
        return xp.transpose(a, axes)

A vjp may use operators, functions of `xp` and other operations, and so can be differentiated again.
"""

# mypy: disallow-untyped-defs=False

from __future__ import annotations

import math

from ..errors import ArgumentError, DtypeError
from ..graph.broadcast import unbroadcast
from ..graph.operation import structural
from ..namespaces import indexing
from . import misfits
from .einsum import expand_subscripts, gradient_subscripts

# --- products --------------------------------------------------------------------------------------------------------


def _as_matrices(xp, g, a, b):
    """Vectors as matrices of one row (a) or one column (b), as matmul reads them, and g to match."""
    if a.ndim == 1:
        a, g = xp.expand_dims(a, 0), xp.expand_dims(g, -1 if b.ndim == 1 else -2)
    if b.ndim == 1:
        b, g = xp.expand_dims(b, 1), xp.expand_dims(g, -1)
    return g, a, b


def matmul_by_a(xp, g, y, a, b):
    if a.ndim == b.ndim == 2:
        return g @ b.swapaxes(0, 1)
    g, matrix, b = _as_matrices(xp, g, a, b)
    gradient = unbroadcast(xp, g @ b.swapaxes(-1, -2), matrix.shape)
    return gradient if a.ndim > 1 else xp.reshape(gradient, a.shape)


def matmul_by_b(xp, g, y, a, b, out=None):
    if a.ndim == b.ndim == 2:
        if out is not None and out.dtype == a.dtype == g.dtype:
            return xp.matmul(a.swapaxes(0, 1), g, out=out)
        return a.swapaxes(0, 1) @ g
    g, a, matrix = _as_matrices(xp, g, a, b)
    gradient = unbroadcast(xp, a.swapaxes(-1, -2) @ g, matrix.shape)
    return gradient if b.ndim > 1 else xp.reshape(gradient, b.shape)


@structural(matmul_by_a, matmul_by_b, misfit=misfits.matmul)
def matmul(xp, a, b):
    """Matrix product a @ b: (..., n, k) @ (..., k, m) -> (..., n, m), with 1-D operands and broadcasting as in NumPy.

    da = g @ bᵀ and db = aᵀ @ g.
    """
    return xp.matmul(a, b)


def _einsum_by_operand(xp, g, y, position, operands, subscripts):
    mine = operands[position]
    others = [operand for k, operand in enumerate(operands) if k != position]
    pulled, ones, eyes = gradient_subscripts(expand_subscripts(subscripts, operands), position, mine.shape)
    helpers = [xp.ones(shape, dtype=mine.dtype) for shape in ones] + [xp.eye(n, dtype=mine.dtype) for n in eyes]
    gradient = xp.einsum(pulled, g, *others, *helpers)
    # a letter may have length 1 in one operand and be repeated along another's; on either side
    narrow = tuple(1 if n == 1 else m for n, m in zip(gradient.shape, mine.shape, strict=True))
    return xp.broadcast_to(unbroadcast(xp, gradient, narrow), mine.shape)


@structural(_einsum_by_operand, adds_up=True, misfit=misfits.einsum)
def einsum(xp, *operands, subscripts):
    """Einstein's sum; the public form is `einsum(subscripts, *operands)`."""
    return xp.einsum(subscripts, *operands)


# --- reductions ------------------------------------------------------------------------------------------------------


def _restore(xp, reduced, a, axis, keepdims):
    """Put back the axes that a reduction took away, with length 1, so that the result broadcasts against `a`."""
    if keepdims or axis is None or not a.ndim:  # as NumPy does, a number may be reduced over the axis 0 or -1
        return reduced
    return xp.expand_dims(reduced, axis)


def count(a, axis):
    """How many elements are reduced to one."""
    if axis is None:
        return math.prod(a.shape)
    if type(axis) is int:
        return a.shape[axis]
    return math.prod([a.shape[k] for k in indexing.axes_in_range(axis, a.ndim)])


@structural(
    lambda xp, g, y, a, axis, keepdims: xp.broadcast_to(_restore(xp, g, a, axis, keepdims), a.shape),
    adds_up=True,
    misfit=misfits.axes,
)
def sum(xp, a, axis=None, keepdims=False):
    """Sum over `axis` (None: all elements). Every summand receives the gradient of its sum."""
    return xp.sum(a, axis=axis, keepdims=keepdims)


@structural(
    lambda xp, g, y, a, axis, keepdims: xp.broadcast_to(
        _restore(xp, xp.divide(g, float(count(a, axis))), a, axis, keepdims), a.shape
    ),
    adds_up=True,
    floating=True,
    along_lines=True,
    misfit=misfits.axes,
)
def mean(xp, a, axis=None, keepdims=False):
    """Mean over `axis`. Every one of n elements receives 1/n of the gradient."""
    return xp.divide(xp.sum(a, axis=axis, keepdims=keepdims), float(count(a, axis)))


def _share_among_winners(xp, g, y, a, axis, keepdims):
    winners = xp.where(a == _restore(xp, y, a, axis, keepdims), 1.0, 0.0)
    return _restore(xp, g, a, axis, keepdims) * winners / xp.sum(winners, axis=axis, keepdims=True)


@structural(
    _share_among_winners,
    along_lines=True,
    misfit=misfits.choice,
    picks=lambda attrs: "max",
    hint="; the larger of two tensors is tg.maximum(a, b)",
)
def max(xp, a, axis=None, keepdims=False):
    """Largest element over `axis`; equal ones share the gradient equally."""
    return xp.max(a, axis=axis, keepdims=keepdims)


@structural(
    _share_among_winners,
    along_lines=True,
    misfit=misfits.choice,
    picks=lambda attrs: "min",
    hint="; the smaller of two tensors is tg.minimum(a, b)",
)
def min(xp, a, axis=None, keepdims=False):
    """Smallest element over `axis`; equal ones share the gradient equally."""
    return xp.min(a, axis=axis, keepdims=keepdims)


def _direction(xp, g, y, a, axis, keepdims):
    y, g = _restore(xp, y, a, axis, keepdims), _restore(xp, g, a, axis, keepdims)
    return g * xp.where(y == 0, 0.0, xp.divide(a, xp.where(y == 0, 1.0, y)))


@structural(_direction, adds_up=True, floating=True, along_lines=True, misfit=misfits.axes, public=False)
def euclidean_norm(xp, a, axis=None, keepdims=False):
    """√(Σ a²), the length of a vector. The gradient is its direction a/|a|, and 0 at the kink a = 0."""
    return xp.sqrt(xp.sum(a * a, axis=axis, keepdims=keepdims))


def _largest(xp, a, axis):
    """The maximum, kept; where there are no elements, and no maximum, 0."""
    return (xp.sum if 0 in a.shape else xp.max)(a, axis=axis, keepdims=True)


def _softmax_of(xp, g, y, a, axis, keepdims):
    """At ∞, where the softmax is ∞/∞, its limit: the largest element receives all, and equal ones share."""
    y = xp.where(y == -math.inf, 0.0, y)  # a row of -inf has no direction in which it grows
    y = _restore(xp, y, a, axis, keepdims)
    e = xp.exp(xp.where(a == y, 0.0, a - y))
    return _restore(xp, g, a, axis, keepdims) * e / xp.maximum(xp.sum(e, axis=axis, keepdims=True), 1.0)


@structural(_softmax_of, adds_up=True, floating=True, along_lines=True, misfit=misfits.axes)
def logsumexp(xp, a, axis=None, keepdims=False):
    """log Σ exp(a), without overflow. Its gradient is the softmax of a."""
    top = _largest(xp, a, axis)
    top = xp.where(xp.abs(top) == math.inf, 0.0, top)  # subtracting it shall never give inf - inf
    total = xp.log(xp.sum(xp.exp(a - top), axis=axis, keepdims=True)) + top
    return total if keepdims or not a.ndim else xp.squeeze(total, axis=axis)


@structural(
    lambda xp, g, y, a, axis: y * (g - xp.sum(g * y, axis=axis, keepdims=True)),
    adds_up=True,
    floating=True,
    along_lines=True,
    misfit=misfits.axes,
)
def softmax(xp, a, axis=-1):
    """exp(a) / Σ exp(a) over `axis`: positive numbers that sum to 1; shifted by the maximum, so ±1000 is safe."""
    e = xp.exp(a - _largest(xp, a, axis))
    return e / xp.sum(e, axis=axis, keepdims=True)


@structural(
    lambda xp, g, y, a, axis: g - xp.exp(y) * xp.sum(g, axis=axis, keepdims=True),
    adds_up=True,
    floating=True,
    along_lines=True,
    misfit=misfits.axes,
)
def log_softmax(xp, a, axis=-1):
    """a - log Σ exp(a) over `axis`: the logarithm of softmax, exact also where softmax underflows to 0."""
    shifted = a - _largest(xp, a, axis)
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=axis, keepdims=True))


def _sum_of_later(xp, g, y, a, axis):
    axis = 0 if axis is None else axis
    return xp.reshape(xp.flip(xp.cumsum(xp.flip(g, axis), axis=axis), axis), a.shape)


@structural(_sum_of_later, adds_up=True, misfit=misfits.axes)
def cumsum(xp, a, axis=None):
    """Running sum along an axis (None: of all elements in order). An element receives the gradients of all its sums."""
    return xp.cumsum(a, axis=axis)


# --- shapes ----------------------------------------------------------------------------------------------------------


@structural(lambda xp, g, y, a, shape: xp.reshape(g, a.shape), misfit=misfits.reshape)
def reshape(xp, a, shape):
    """The same elements in another shape; one length may be -1."""
    return xp.reshape(a, shape)


@structural(lambda xp, g, y, a, axes: xp.transpose(g, indexing.inverse_axes(axes, a.ndim)), misfit=misfits.transpose)
def transpose(xp, a, axes=None):
    """The axes in another order (None: reversed)."""
    return xp.transpose(a, axes)


@structural(lambda xp, g, y, a, shape: unbroadcast(xp, g, a.shape), misfit=misfits.broadcast_to)
def broadcast_to(xp, a, shape):
    """Repeat along axes of length 1, and along new ones, to `shape`. The gradients of the copies are summed."""
    return xp.broadcast_to(a, shape)


def _parts(xp, g, y, *operands, axis):
    return [g[part] for part in indexing.parts([operand.shape for operand in operands], axis)]


@structural(lambda xp, g, y, position, operands, axis: g, shared=_parts, misfit=misfits.concatenate)
def concatenate(xp, *arrays, axis=0):
    """Join a sequence of arrays along an axis that exists. Each receives its own part of the gradient."""
    return xp.concatenate(arrays, axis=axis)


@structural(
    lambda xp, g, y, a, pad_width, mode, constant_values: g[indexing.inner(pad_width, a.shape)], misfit=misfits.pad
)
def pad(xp, a, pad_width, mode="constant", constant_values=0.0):
    """Surround by constants. `pad_width` is (before, after), one pair for each axis, or one number for all.

    `constant_values` are given in the same ways.
    """
    if mode != "constant":
        raise ArgumentError(f"pad: only mode='constant' is differentiated here, not {mode!r}")
    width, values = indexing.pairs(pad_width, a.ndim), indexing.pairs(constant_values, a.ndim)
    return xp.pad(a, width, mode="constant", constant_values=values)


@structural(lambda xp, g, y, a, shift, axis: xp.roll(g, indexing.opposite(shift), axis), misfit=misfits.roll)
def roll(xp, a, shift, axis=None):
    """Shift elements along `axis`; what leaves at one end enters at the other."""
    return xp.roll(a, shift, axis=axis)


# --- indexing --------------------------------------------------------------------------------------------------------


@structural(
    lambda xp, g, y, a, index: xp.scatter_add(g, index, a.shape),
    public=False,
    picks=lambda attrs: "[…]" if indexing.has_arrays(attrs["index"]) else "",
)
def getitem(xp, a, index):
    """a[index], with all of NumPy's indices. An element that was taken several times receives the sum."""
    return a[index]


@structural(lambda xp, g, y, a, index, shape: g[index], public=False)
def scatter_add(xp, a, index, shape):
    """Zeros of `shape` to which a is added at `index`; the reverse of indexing."""
    return xp.scatter_add(a, index, shape)


# --- dtype and device ------------------------------------------------------------------------------------------------


# The engine gives every gradient the dtype of its operand.
@structural(lambda xp, g, y, a, dtype: g, misfit=misfits.astype)
def astype(xp, a, dtype):
    """The same numbers in another dtype. No gradient passes through integers: they move in steps."""
    if wrong := misfits.astype((), {"dtype": dtype}):
        raise DtypeError(f"astype: {wrong}")
    return a.astype(dtype)


@structural(lambda xp, g, y, a, source, target: xp.move(g, target, source), moves=True, public=False)
def move(xp, a, source, target):
    """The same numbers on the device `target`; the gradient travels back to the `source`."""
    return xp.move(a, source, target)
