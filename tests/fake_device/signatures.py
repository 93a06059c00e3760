"""What CuPy has of NumPy's names, as far as the fake knows it, and what its functions and methods take.

Each line is CuPy's own signature, or its beginning: the fake may be stricter than CuPy, and never more lenient. A test
compares every line with the installed CuPy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def _table(lines: str) -> dict[str, Callable[..., None]]:
    """A function for each line, which does nothing but to refuse what its signature refuses."""
    found: dict[str, Any] = {}
    for line in filter(None, map(str.strip, lines.splitlines())):
        exec(f"def {line}: pass", found)
    del found["__builtins__"]
    return found


FUNCTIONS = _table(
    """
    all(a, axis=None, out=None, keepdims=False)
    allclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False)
    any(a, axis=None, out=None, keepdims=False)
    append(arr, values, axis=None)
    arange(start, stop=None, step=1, dtype=None)
    argmax(a, axis=None, dtype=None, out=None, keepdims=False)
    argmin(a, axis=None, dtype=None, out=None, keepdims=False)
    argsort(a, axis=-1, kind=None)
    argwhere(a)
    array_equal(a1, a2, equal_nan=False)
    array_split(ary, indices_or_sections, axis=0)
    ascontiguousarray(a, dtype=None)
    atleast_1d(*arys)
    atleast_2d(*arys)
    bincount(x, weights=None, minlength=None)
    broadcast_arrays(*args)
    broadcast_to(array, shape)
    clip(a, a_min, a_max, out=None)
    column_stack(tup)
    compress(condition, a, axis=None, out=None)
    concat(tup, axis=0, out=None, *, dtype=None, casting="same_kind")
    concatenate(tup, axis=0, out=None, *, dtype=None, casting="same_kind")
    copy(a, order="K")
    copyto(dst, src)
    count_nonzero(a, axis=None)
    cumprod(a, axis=None, dtype=None, out=None)
    cumsum(a, axis=None, dtype=None, out=None)
    diag(v, k=0)
    diagonal(a, offset=0, axis1=0, axis2=1)
    diff(a, n=1, axis=-1, prepend=None, append=None)
    dot(a, b, out=None)
    dsplit(ary, indices_or_sections)
    einsum(*operands, **kwargs)
    expand_dims(a, axis)
    extract(condition, a)
    eye(N, M=None, k=0, dtype=float, order="C")
    flatnonzero(a)
    flip(a, axis=None)
    fliplr(a)
    flipud(a)
    full(shape, fill_value, dtype=None, order="C")
    full_like(a, fill_value, dtype=None, order="K", subok=None, shape=None)
    hsplit(ary, indices_or_sections)
    hstack(tup, *, dtype=None, casting="same_kind")
    identity(n, dtype=float)
    inner(a, b)
    isclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False)
    isin(element, test_elements, assume_unique=False, invert=False)
    linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0)
    logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0)
    max(a, axis=None, out=None, keepdims=False)
    may_share_memory(a, b, max_work=None)
    mean(a, axis=None, dtype=None, out=None, keepdims=False)
    meshgrid(*xi, **kwargs)
    min(a, axis=None, out=None, keepdims=False)
    moveaxis(a, source, destination)
    nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None)
    nansum(a, axis=None, dtype=None, out=None, keepdims=False)
    nonzero(a)
    ones(shape, dtype=float, order="C")
    ones_like(a, dtype=None, order="K", subok=None, shape=None)
    outer(a, b, out=None)
    pad(array, pad_width, mode="constant", **kwargs)
    permute_dims(a, axes=None)
    prod(a, axis=None, dtype=None, out=None, keepdims=False)
    ravel(a, order="C")
    repeat(a, repeats, axis=None)
    reshape(a, newshape, order="C", *, copy=None)
    result_type(*arrays_and_dtypes)
    roll(a, shift, axis=None)
    rot90(a, k=1, axes=(0, 1))
    round(a, decimals=0, out=None)
    searchsorted(a, v, side="left", sorter=None)
    shares_memory(a, b, max_work=None)
    sort(a, axis=-1, kind=None)
    split(ary, indices_or_sections, axis=0)
    squeeze(a, axis=None)
    stack(tup, axis=0, out=None, *, dtype=None, casting="same_kind")
    std(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False)
    sum(a, axis=None, dtype=None, out=None, keepdims=False)
    swapaxes(a, axis1, axis2)
    take(a, indices, axis=None, out=None)
    take_along_axis(a, indices, axis)
    tensordot(a, b, axes=2)
    tile(A, reps)
    trace(a, offset=0, axis1=0, axis2=1, dtype=None, out=None)
    transpose(a, axes=None)
    tri(N, M=None, k=0, dtype=float)
    tril(m, k=0)
    triu(m, k=0)
    unique(ar, return_index=False, return_inverse=False, return_counts=False, axis=None, *, equal_nan=True)
    var(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False)
    vdot(a, b)
    vsplit(ary, indices_or_sections)
    vstack(tup, *, dtype=None, casting="same_kind")
    zeros(shape, dtype=float, order="C")
    zeros_like(a, dtype=None, order="K", subok=None, shape=None)
    """
)

METHODS = _table(
    """
    all(self, axis=None, out=None, keepdims=False)
    any(self, axis=None, out=None, keepdims=False)
    argmax(self, axis=None, out=None, dtype=None, keepdims=False)
    argmin(self, axis=None, out=None, dtype=None, keepdims=False)
    argsort(self, axis=-1, kind=None)
    astype(self, dtype, order="K", casting=None, subok=None, copy=True)
    clip(self, min=None, max=None, out=None)
    copy(self, order="C")
    cumprod(self, axis=None, dtype=None, out=None)
    cumsum(self, axis=None, dtype=None, out=None)
    diagonal(self, offset=0, axis1=0, axis2=1)
    dot(self, b, out=None)
    fill(self, value)
    flatten(self, order="C")
    max(self, axis=None, out=None, keepdims=False)
    mean(self, axis=None, dtype=None, out=None, keepdims=False)
    min(self, axis=None, out=None, keepdims=False)
    prod(self, axis=None, dtype=None, out=None, keepdims=None)
    ravel(self, order="C")
    repeat(self, repeats, axis=None)
    reshape(self, *shape, order="C", copy=None)
    round(self, decimals=0, out=None)
    searchsorted(self, v, side="left", sorter=None)
    sort(self, axis=-1, kind=None)
    squeeze(self, axis=None)
    std(self, axis=None, dtype=None, out=None, ddof=0, keepdims=False)
    sum(self, axis=None, dtype=None, out=None, keepdims=False)
    swapaxes(self, axis1, axis2)
    take(self, indices, axis=None, out=None)
    trace(self, offset=0, axis1=0, axis2=1, dtype=None, out=None)
    transpose(self, *axes)
    var(self, axis=None, dtype=None, out=None, ddof=0, keepdims=False)
    view(self, dtype=None, type=None)
    """
)

ATTRIBUTES = frozenset("T dtype flags imag itemsize mT nbytes ndim real shape size strides".split())

# Ufuncs of one or two operands and one result; they take out, dtype and casting.
UFUNCS = frozenset(
    """
    abs absolute acos acosh add arccos arccosh arcsin arcsinh arctan arctan2 arctanh asin asinh atan atan2 atanh
    bitwise_and bitwise_count bitwise_invert bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor
    cbrt ceil conj conjugate copysign cos cosh deg2rad degrees divide equal exp exp2 expm1 fabs float_power floor
    floor_divide fmax fmin fmod gcd greater greater_equal heaviside hypot invert isfinite isinf isnan lcm ldexp
    left_shift less less_equal log log10 log1p log2 logaddexp logaddexp2 logical_and logical_not logical_or logical_xor
    maximum minimum mod multiply negative nextafter not_equal positive pow power rad2deg radians reciprocal
    remainder right_shift rint sign signbit sin sinh sqrt square subtract tan tanh true_divide trunc
    """.split()
)

CONSTANTS = frozenset(
    """
    bool_ complex128 complex64 dtype e euler_gamma float16 float32 float64 generic inf int16 int32 int64 int8 intp nan
    newaxis number pi uint16 uint32 uint64 uint8
    """.split()
)
