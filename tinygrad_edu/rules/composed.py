"""What is composed of operations: it has no derivative rule of its own, and inherits one from what it is made of."""

# mypy: disallow-untyped-defs=False

from __future__ import annotations

import builtins
import math
from functools import cache

import numpy as np

from ..backends import of_array
from ..errors import ArgumentError, GraphError, ShapeError
from ..graph.modes import get_default_dtype
from ..graph.node import KINDS, Node, apply
from ..graph.operation import REGISTRY, public
from ..namespaces.indexing import axes_in_range, axis_in_range, of_number, ready
from ..namespaces.objects import as_object, holds_values, is_value
from ..precision import in_float32
from .elementwise import abs, divide, multiply, power, square, subtract, where
from .structural import astype, broadcast_to, count, euclidean_norm, getitem, matmul, max, mean, reshape, sum, transpose

# --- products --------------------------------------------------------------------------------------------------------


@public
def einsum(subscripts, *operands):
    """Einstein's sum: `einsum("ij,jk->ik", a, b)` is the matrix product. "..." and repeated letters as in NumPy.

    Raises:
        ShapeError: the subscripts do not fit the operands.
    """
    return apply(REGISTRY["einsum"], operands, {"subscripts": subscripts})


@public
def dot(a, b):
    """NumPy's dot: of two vectors their inner product, of matrices the matrix product, with a number the product."""
    if not all(getattr(x, "ndim", 0) if isinstance(x, Node) else np.ndim(x) for x in (a, b)):
        return multiply(a, b)
    a, b = as_tensors(a, b)
    if b.ndim <= 2:
        return matmul(a, b)
    if a.shape[-1] != b.shape[-2]:
        raise ShapeError(f"dot: the last axis of {a.shape} and the last but one of {b.shape} differ in length")
    columns = moveaxis(b, -2, 0)
    product = matmul(a, reshape(columns, (b.shape[-2], -1)))
    return reshape(product, a.shape[:-1] + columns.shape[1:])


@public
def outer(a, b):
    """All products of an element of a with an element of b: shape (a.size, b.size)."""
    a, b = as_tensors(a, b)
    return multiply(reshape(a, (-1, 1)), reshape(b, (1, -1)))


# --- statistics ------------------------------------------------------------------------------------------------------


@public
@in_float32
def var(a, axis=None, ddof=0, keepdims=False):
    """Mean squared distance from the mean; divides by n - ddof."""
    a = as_floats(a)
    squares = square(subtract(a, mean(a, axis=axis, keepdims=True)))
    return divide(sum(squares, axis=axis, keepdims=keepdims), float(builtins.max(count(a, axis) - ddof, 0)))


@public
@in_float32
def std(a, axis=None, ddof=0, keepdims=False):
    """Square root of the variance. Where all elements are equal it has a kink, and the gradient is taken as 0."""
    a = as_floats(a)
    deviation = euclidean_norm(subtract(a, mean(a, axis=axis, keepdims=True)), axis=axis, keepdims=keepdims)
    return divide(deviation, math.sqrt(builtins.max(count(a, axis) - ddof, 0)))


@public
@in_float32
def norm(a, ord=None, axis=None, keepdims=False):
    """The length of vectors along `axis` (None: of all elements as one vector).

    Args:
        ord: None for √(Σ a²), also along several axes; along a single one 2 for the same, 1 for Σ |a|, math.inf for
            max |a|, any p > 0 for (Σ |a|^p)^(1/p).
    Raises:
        ArgumentError: another `ord`, or one along several axes: NumPy's norms of matrices are not offered.
    """
    a = as_floats(a)
    several = len(axes_in_range(axis, a.ndim, "norm: ")) > 1
    if ord is None or ord == "fro" or (ord == 2 and not several):
        return euclidean_norm(a, axis=axis, keepdims=keepdims)
    if isinstance(ord, str) or ord <= 0 or several:
        raise ArgumentError(
            f"norm: ord={ord!r} of a tensor of shape {a.shape}: give axis=..., a single one, and None, p > 0 or inf"
        )
    if ord == math.inf:
        return max(abs(a), axis=axis, keepdims=keepdims)
    if ord == 1:
        return sum(abs(a), axis=axis, keepdims=keepdims)
    total = sum(power(abs(a), float(ord)), axis=axis, keepdims=keepdims)
    return where(total == 0, 0.0, power(total, 1.0 / ord))  # at 0 there is a kink, and the gradient is taken as 0


@public
@in_float32
def prod(a, axis=None, keepdims=False):
    """Product over `axis`, by multiplying halves together, so that its derivatives are right beside zeros too."""
    a = as_tensor(a)
    if a.dtype.kind in "iub":  # a product of integers is one of 64 bits, as a sum is
        a = astype(a, "uint64" if a.dtype.kind == "u" else "int64")
    axes = axes_in_range(of_number(axis, a.ndim), a.ndim, "prod: ")
    kept = [k for k in range(a.ndim) if k not in axes]
    n = math.prod(a.shape[k] for k in axes)
    a_last = reshape(transpose(a, (*kept, *axes)), (*[a.shape[k] for k in kept], n))
    if not n:
        a_last = sum(a_last, axis=-1, keepdims=True) + 1
    while n > 1:
        half, rest = n // 2, a_last[..., n - n % 2 :]
        a_last = multiply(a_last[..., :half], a_last[..., half : 2 * half])
        a_last, n = concatenate([a_last, rest], axis=-1) if n % 2 else a_last, n - half
    return reshape(a_last, tuple(1 if k in axes else m for k, m in enumerate(a.shape) if keepdims or k not in axes))


# --- shapes ----------------------------------------------------------------------------------------------------------


@public
def ravel(a):
    """All elements in one axis."""
    return reshape(a, (-1,))


@public
def expand_dims(a, axis):
    """New axes of length 1 at the places `axis` of the result."""
    a = as_tensor(a)
    ndim = a.ndim + (len(axis) if np.ndim(axis) else 1)
    new, rest = axes_in_range(axis, ndim, "expand_dims: "), iter(a.shape)
    return reshape(a, tuple(1 if k in new else next(rest) for k in range(ndim)))


@public
def squeeze(a, axis=None):
    """Without the axes of length 1 (None: all of them).

    Raises:
        ShapeError: a named axis has another length.
    """
    a = as_tensor(a)
    axis = of_number(axis, a.ndim)
    ones = tuple(k for k, n in enumerate(a.shape) if n == 1)
    gone = axes_in_range(ones if axis is None else axis, a.ndim, "squeeze: ")
    if any(a.shape[k] != 1 for k in gone):
        raise ShapeError(
            f"squeeze: axis {axis} of shape {a.shape} does not have length 1, and cannot be left out; x[0] or a sum "
            "takes one away"
        )
    return reshape(a, tuple(n for k, n in enumerate(a.shape) if k not in gone))


@public
def swapaxes(a, axis1, axis2):
    """Two axes exchanged."""
    a = as_tensor(a)
    first, second = axis_in_range(axis1, a.ndim, "swapaxes: "), axis_in_range(axis2, a.ndim, "swapaxes: ")
    exchanged = {first: second, second: first}
    return transpose(a, tuple(exchanged.get(k, k) for k in range(a.ndim)))


@public
def moveaxis(a, source, destination):
    """Axes moved to other places; the others keep their order."""
    a = as_tensor(a)
    moved, targets = axes_in_range(source, a.ndim, "moveaxis: "), axes_in_range(destination, a.ndim, "moveaxis: ")
    if len(moved) != len(targets):
        raise ShapeError(f"moveaxis: {len(moved)} axes to move, but {len(targets)} places to move them to")
    order = [k for k in range(a.ndim) if k not in moved]
    for target, axis in sorted(zip(targets, moved, strict=True)):
        order.insert(target, axis)
    return transpose(a, tuple(order))


@public
def concatenate(arrays, axis=0):
    """Join tensors along an axis that they have (None: all elements in order); in all other axes their lengths agree.

    Raises:
        ShapeError: there are no tensors, or their lengths differ in another axis.
    """
    arrays = _in_one_list("concatenate", arrays, axis)
    if axis is None:
        arrays, axis = tuple(map(ravel, arrays)), 0
    return apply(REGISTRY["concatenate"], arrays, {"axis": axis})


@public
def stack(arrays, axis=0):
    """Join tensors of one shape along a new axis."""
    arrays = [as_object(a) if is_value(a) else as_tensor(a) for a in _in_one_list("stack", arrays, axis)]
    if len({a.shape for a in arrays}) > 1:
        raise ShapeError(
            f"stack: all tensors need one shape, not {', '.join(str(a.shape) for a in arrays)}; tg.concatenate joins "
            "them along an axis that they have"
        )
    return concatenate([expand_dims(a, axis) for a in arrays], axis=axis)


def _in_one_list(what, arrays, axis):
    if isinstance(axis, Node) or is_value(arrays) or hasattr(axis, "__len__"):
        raise ArgumentError(f"{what}: the tensors go into one list: tg.{what}([a, b], axis=0)")
    arrays = tuple(arrays)
    if not arrays:
        raise ShapeError(f"{what} needs at least one tensor: the list is empty")
    return arrays


@public
def split(a, indices_or_sections, axis=0):
    """Parts along an axis: a number of equal ones, or cut before the given positions; a list of tensors.

    Raises:
        ShapeError: the axis cannot be divided equally.
    """
    a = as_tensor(a)
    axis = axis_in_range(axis, a.ndim, "split: ")
    n = a.shape[axis]
    if isinstance(indices_or_sections, (int, np.integer)):
        if indices_or_sections < 1 or n % indices_or_sections:
            raise ShapeError(
                f"split: axis {axis} of length {n} does not divide into {indices_or_sections} equal parts; a list says "
                "where to cut: tg.split(x, [1, 2])"
            )
        cuts = list(range(0, n, n // indices_or_sections or 1))[1:]
    else:
        cuts = list(indices_or_sections)
        if not builtins.all(isinstance(cut, (int, np.integer)) for cut in cuts):
            raise ArgumentError(f"split: the places to cut are whole numbers, as in tg.split(x, [1, 2]), not {cuts}")
    before = (slice(None),) * axis
    return [a[(*before, slice(start, stop))] for start, stop in zip([0, *cuts], [*cuts, n], strict=True)]


@public
def flip(a, axis=None):
    """Elements in reverse order along `axis` (None: all axes)."""
    a = as_tensor(a)
    turned = axes_in_range(axis, a.ndim, "flip: ")
    return a[tuple(slice(None, None, -1 if k in turned else 1) for k in range(a.ndim))]


@public
def tile(a, reps):
    """Copies side by side: `reps` for each axis, the last ones if there are fewer than axes."""
    a = as_tensor(a)
    reps = (reps,) if np.ndim(reps) == 0 else tuple(reps)
    if not builtins.all(isinstance(n, (int, np.integer)) and n >= 0 for n in reps):
        raise ArgumentError(f"tile: reps are whole numbers of at least 0, as in tg.tile(x, (2, 1)), not {reps}")
    shape = (1,) * (len(reps) - a.ndim) + a.shape
    reps = (1,) * (len(shape) - len(reps)) + reps
    apart = reshape(a, tuple(n for length in shape for n in (1, length)))
    copies = broadcast_to(apart, tuple(n for pair in zip(reps, shape, strict=True) for n in pair))
    return reshape(copies, tuple(r * n for r, n in zip(reps, shape, strict=True)))


@public
def repeat(a, repeats, axis=None):
    """Each element several times in a row; `repeats` is a number, or one for each element along `axis`."""
    a = as_tensor(a)
    if of_number(axis, a.ndim) is None:
        a, axis = ravel(a), 0
    n = a.shape[axis_in_range(axis, a.ndim, "repeat: ")]
    if (np.ndim(repeats) and np.shape(repeats) not in ((1,), (n,))) or np.any(np.asarray(repeats) < 0):
        raise ShapeError(f"repeat: repeats={repeats} must be one number, or {n} numbers for axis {axis}, none below 0")
    places = _constant(np.repeat, range(n), repeats) if isinstance(repeats, int) else np.repeat(range(n), repeats)
    return take(a, places, axis=axis)


@public
def take(a, indices, axis=None):
    """Elements at the positions `indices` along `axis` (None: of all elements in order)."""
    a = as_tensor(a)
    if of_number(axis, a.ndim) is None:
        a, axis = ravel(a), 0
    indices = np.asarray(indices) if isinstance(indices, list) else indices
    return getitem(a, ready((*[slice(None)] * axis_in_range(axis, a.ndim, "take: "), indices), a.shape))


# --- matrices --------------------------------------------------------------------------------------------------------


@public
def diagonal(a, offset=0, axis1=0, axis2=1):
    """The elements [i, i + offset] of two axes, as a new last axis."""
    a = as_tensor(a)
    if a.ndim < 2:
        raise ShapeError(f"a diagonal needs a matrix, not a tensor of shape {a.shape}")
    a = moveaxis(a, (axis1, axis2), (-2, -1))
    rows, columns = a.shape[-2:]
    below, right = builtins.max(-offset, 0), builtins.max(offset, 0)
    n = builtins.max(0, builtins.min(rows - below, columns - right))
    return a[..., _constant(np.arange, below, below + n), _constant(np.arange, right, right + n)]


@public
def trace(a, offset=0, axis1=0, axis2=1):
    """The sum of the diagonal."""
    return sum(diagonal(a, offset, axis1, axis2), axis=-1)


@public
def tril(a, k=0):
    """The lower triangle: zeros above the diagonal k."""
    a = as_tensor(a)
    return where(_triangle(a, k), a, 0)


@public
def triu(a, k=0):
    """The upper triangle: zeros below the diagonal k."""
    a = as_tensor(a)
    return where(_triangle(a, k - 1), 0, a)


def _triangle(a, k):
    """A mask of the elements on and below the diagonal k of a matrix, or of each matrix in a stack."""
    if a.ndim < 2:
        raise ShapeError(f"a triangle needs a matrix, not a tensor of shape {a.shape}")
    return _like(_constant(np.tri, *a.shape[-2:], k, bool), a)


# --- helpers ---------------------------------------------------------------------------------------------------------


def as_tensor(a):
    """Numbers, arrays and lists as tensors; lists of Values as object arrays of them."""
    if isinstance(a, Node):
        if is_value(a):
            raise GraphError("a Value is a single number: for an array of numbers use tg.Tensor, or a list of Values")
        return a
    return as_object(a) if holds_values(a) else KINDS.tensor(a, device=of_array(a) or "cpu")


def as_floats(a):
    """Numbers, arrays and lists as tensors; integers as floating-point numbers of the default dtype."""
    a = as_tensor(a)
    return a if a.dtype.kind in "fO" else astype(a, get_default_dtype())


def as_tensors(*operands):
    """Operands of one operation; if one holds Values, all become object arrays."""
    values = builtins.any(holds_values(a) for a in operands)
    return [as_object(a) if values else as_tensor(a) for a in operands]


def _like(array, a):
    """A host array on the device of the tensor `a`."""
    return a.backend.asarray(array) if hasattr(a, "backend") else array


@cache
def _constant(function, *arguments):
    """The array that a function gives of plain values: the same one in each call, so that what uses it is compiled."""
    array = function(*arguments)
    array.flags.writeable = False
    return array
