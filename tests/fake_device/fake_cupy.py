"""A stand-in for CuPy where there is no GPU: NumPy that behaves as CuPy does, and counts.

It is strict where a GPU is: host arrays are refused, reductions give arrays and not numbers, indices out of range wrap,
the winner among duplicate indices is undefined (here: nan), `empty` holds garbage. Where CuPy would upload an operand
from the host without a word, it refuses too. Each way in which it differs from NumPy is a line of `beliefs.py`, which
the GPU suite replays on the real CuPy.

It counts what makes a GPU slow, kernel launches, hidden waits for the device, and uploads from the host:

    with fake_cupy.counting() as count:
        train_step()
    assert count.syncs == 0 and count.launches <= 40

Every call whose result is not a view of an operand is one launch, but for those of `launching.py`, which are several.
(`einsum` is one here; the real one needs as many as there are products.)
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np

from . import kernels, launching, signatures
from .arrays import FakeArray, Ufunc, call, garbage
from .counting import counting as counting
from .counting import tally
from .devices import cuda as cuda
from .devices import current

_FROM_NUMBERS = frozenset(["arange", "eye", "full", "identity", "linspace", "ones", "result_type", "tri", "zeros"])
_OVER_AXES = frozenset(["amax", "amin", "cumsum", "max", "min", "prod", "sum"])
_SIZE_DEPENDS_ON_DATA = frozenset(["argwhere", "compress", "extract", "flatnonzero", "nonzero", "unique"])


def _function(name: str, *operands: Any, **options: Any) -> Any:
    signatures.FUNCTIONS[name](*operands, **options)
    if name not in _FROM_NUMBERS and not any(isinstance(x, FakeArray) for x in _flat([*operands, *options.values()])):
        raise TypeError(f"cupy.{name} wants an array of the device")
    if name in _OVER_AXES and not operands[0].ndim and options.get("axis") in (0, -1):
        raise ValueError(f"axis {options['axis']} is out of bounds for array of dimension 0")  # in NumPy it is not
    if name in ("max", "min") and not operands[0].size:
        result = np.sum(np.empty(operands[0].shape, operands[0].dtype), *operands[1:], **options)
        if not result.size:  # NumPy would say that there is no largest element
            return FakeArray(result)
    if name in _SIZE_DEPENDS_ON_DATA:
        tally(syncs=1)
    tally(**launching.more(name, *operands, **options))
    return call(getattr(np, name), *operands, **options)


def _flat(x: Any) -> Iterator[Any]:
    if type(x) in (list, tuple):
        for item in x:
            yield from _flat(item)
    else:
        yield x


# --- the module ------------------------------------------------------------------------------------------------------

ndarray = FakeArray
FakeArray.library = sys.modules[__name__]


def __getattr__(name: str) -> Any:
    """CuPy's function of this name: NumPy's, if CuPy has one, made to behave."""
    if name in signatures.UFUNCS:
        return Ufunc(getattr(np, name))
    if name in signatures.FUNCTIONS:
        return partial(_function, name)
    if name in signatures.CONSTANTS:
        return getattr(np, name)
    raise AttributeError(f"module 'cupy' has no attribute {name!r} (or tests/fake_device/signatures.py lacks it)")


def asarray(a: Any, dtype: Any = None) -> FakeArray:
    """Host data as a new array of the current device; an array that is there already stays itself."""
    if isinstance(a, FakeArray):
        if a.device.id != current[-1]:  # a copy from device to device
            return FakeArray(a._host.astype(dtype or a.dtype))
        return a if dtype is None or a.dtype == dtype else a.astype(dtype)
    host = np.array(a, dtype=dtype)
    tally(uploads=1)
    if host.dtype.kind not in "biufc":
        raise ValueError(f"Unsupported dtype {host.dtype}")
    return FakeArray(host)


def array(obj: Any, dtype: Any = None) -> FakeArray:
    result = asarray(obj, dtype)
    return result.copy() if result is obj else result


def asnumpy(a: Any) -> np.ndarray:
    return a.get() if isinstance(a, FakeArray) else np.asarray(a)


def empty(shape: Any, dtype: Any = float) -> FakeArray:
    return FakeArray(np.full(shape, garbage(np.dtype(dtype)), dtype))


def empty_like(prototype: FakeArray, dtype: Any = None) -> FakeArray:
    return empty(prototype.shape, dtype or prototype.dtype)


def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    if x is None:
        return _function("nonzero", condition)
    return call(np.where, condition.astype("?", copy=False), x, y)  # so a plain number is no condition


def matmul(*args: Any, out: Any = None) -> FakeArray:
    for x in args:
        if not isinstance(x, FakeArray):
            raise TypeError(f"Argument has incorrect type (expected cupy._core.core._ndarray_base, got {type(x)})")
    return call(np.matmul, *args, **({} if out is None else {"out": out}))


def concatenate(tup: Any, axis: Any = 0) -> FakeArray:
    if any(isinstance(array, FakeArray) and not array.ndim for array in tup):
        raise TypeError("zero-dimensional arrays cannot be concatenated")
    return _function("concatenate", tup, axis=axis)


def pad(array: FakeArray, pad_width: Any, mode: str = "constant", **kwargs: Any) -> FakeArray:
    settings = {name: _pairs(value, array.ndim) for name, value in kwargs.items()}
    return _function("pad", array, _pairs(pad_width, array.ndim), mode, **settings)


def _pairs(x: Any, ndim: int) -> Any:
    """A pair for each axis, of one number, one pair, or pairs; CuPy does not broadcast as NumPy does."""
    if not ndim:
        return x
    x = np.asarray(x)
    pairs = np.broadcast_to(x.ravel(), (ndim, 2)) if x.size == 1 or x.shape in ((2,), (1, 2)) else x.reshape(ndim, 2)
    return pairs.tolist()


def _erf(a: Any) -> Any:
    a = np.asarray(a)
    return np.vectorize(math.erf, otypes=["f4" if a.dtype == np.float32 else "f8"])(a)


special = SimpleNamespace(erf=partial(call, _erf))  # cupyx.scipy.special


# --- memory, and the precision of products ---------------------------------------------------------------------------


def get_default_memory_pool() -> Any:
    return SimpleNamespace(free_bytes=lambda: 2**29)


compute_types: dict[str, int] = {}  # how matrices of a dtype's character are multiplied
_core = SimpleNamespace(_routines_linalg=SimpleNamespace(set_compute_type=compute_types.__setitem__))


# --- kernels ---------------------------------------------------------------------------------------------------------


def _launch(kernel: kernels.RawKernel, grid: tuple[int, ...], block: tuple[int, ...], args: tuple[Any, ...]) -> None:
    if any(isinstance(x, np.ndarray) for x in args):
        raise TypeError("You are trying to pass a numpy.ndarray as a kernel parameter.")
    assert len(grid) == len(block) == 1 and grid[0] > 0 and 0 < block[0] <= 1024
    kernel.run(grid, block, [_memory(x._host) if isinstance(x, FakeArray) else x for x in args])
    tally(launches=1)


def _memory(host: np.ndarray) -> np.ndarray:
    """What a pointer to an array may read and write: all of it, if it lies in one piece; or the one number that it is
    broadcast from. The real one would read on, past what a view leaves out."""
    if not any(host.strides):
        host = np.lib.stride_tricks.as_strided(host, (1,), (0,))
    assert host.flags.c_contiguous, "an array of a kernel does not lie in one piece"
    return host.reshape(-1)


RawKernel = kernels.RawKernel
RawKernel.launch = _launch
