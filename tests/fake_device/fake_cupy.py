"""A stand-in for CuPy where there is no GPU: NumPy that behaves as CuPy does, and counts.

It is strict where a GPU is: host arrays are refused, reductions give arrays and not numbers, indices out of range wrap,
the winner among duplicate indices is undefined (here: nan), `empty` holds garbage. Where CuPy would upload an operand
from the host without a word, it refuses too. Each way in which it differs from NumPy is a line of `beliefs.py`, which
the GPU suite replays on the real CuPy.

It counts what makes a GPU slow, kernel launches, hidden waits for the device, and uploads from the host:

    with fake_cupy.counting() as count:
        train_step()
    assert count.syncs == 0 and count.launches <= 40

Every call whose result is not a view of an operand is one launch. (The real CuPy needs several for some, such as
`roll`, `pad` and `einsum`: a budget counts calls.)
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np

from . import kernels, signatures

# --- counting --------------------------------------------------------------------------------------------------------


@dataclass(eq=False)
class Count:
    """What the device was asked to do inside a `counting()` block."""

    launches: int = 0
    syncs: int = 0
    uploads: int = 0


_counts: list[Count] = []


@contextmanager
def counting() -> Iterator[Count]:
    """Count kernel launches, waits for the device, and uploads from the host."""
    count = Count()
    _counts.append(count)
    try:
        yield count
    finally:
        _counts.remove(count)


def _tally(launches: int = 0, syncs: int = 0, uploads: int = 0) -> None:
    for count in _counts:
        count.launches += launches
        count.syncs += syncs
        count.uploads += uploads


# --- devices ---------------------------------------------------------------------------------------------------------

_current = [0]  # numbers of the devices made current, the innermost last


class Device:
    """One of the two devices that the fake machine has."""

    def __init__(self, device: int | None = None):
        self.id = _current[-1] if device is None else device

    def __enter__(self) -> Device:
        _current.append(self.id)
        return self

    def __exit__(self, *exception: object) -> None:
        _current.pop()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) and self.id == other.id

    def __hash__(self) -> int:
        return hash(self.id)

    def synchronize(self) -> None:
        _tally(syncs=1)


class Stream:
    """The only stream of a fake device."""

    def synchronize(self) -> None:
        _tally(syncs=1)


def get_current_stream() -> Stream:
    return Stream()


def getDeviceCount() -> int:
    return 2


cuda = SimpleNamespace(
    Device=Device,
    Stream=Stream,
    get_current_stream=get_current_stream,
    runtime=SimpleNamespace(getDeviceCount=getDeviceCount),
)

# --- arrays ----------------------------------------------------------------------------------------------------------

_SCALARS = (bool, int, float, complex, np.generic)


class FakeArray(np.lib.mixins.NDArrayOperatorsMixin):
    """An array in the memory of a fake device. The mixin turns operators into ufuncs, which meet `__array_ufunc__`."""

    __slots__ = ("_host", "device")
    __array_priority__ = 100  # CuPy's

    def __init__(self, host: np.ndarray, device: Device | None = None):
        self._host = host
        self.device = device or Device()

    def __getattr__(self, name: str) -> Any:
        if name in signatures.ATTRIBUTES:
            return _on_device(getattr(self._host, name))
        if name in signatures.METHODS:
            return partial(_call, _method(name), self)
        raise AttributeError(f"'cupy.ndarray' object has no attribute {name!r} (or tests/fake_device/signatures.py)")

    @property
    def base(self) -> FakeArray | None:
        """The array of which this one is a view."""
        return None if self._host.base is None else FakeArray(self._host.base, self.device)

    # Copies: a pickled array comes back on the current device.

    def __deepcopy__(self, memo: Any) -> FakeArray:
        return FakeArray(self._host.copy(), self.device)

    def __reduce__(self) -> Any:
        return asarray, (self._host,)

    # What waits for the device, because the host needs a number.

    def get(self) -> np.ndarray:
        _tally(syncs=1)
        return self._host.copy()

    def item(self) -> Any:
        return self.get().item()

    def tolist(self) -> Any:
        return self.get().tolist()

    def __float__(self) -> float:
        return float(self.get())

    def __int__(self) -> int:
        return int(self.get())

    def __bool__(self) -> bool:
        return bool(self.get())

    def __repr__(self) -> str:
        return repr(self.get())

    # What NumPy asks of an array.

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        raise TypeError("Implicit conversion to a NumPy array is not allowed. Please use `.get()`")

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *operands: Any, **options: Any) -> Any:
        if not all(isinstance(x, (*_SCALARS, FakeArray, np.ndarray)) for x in operands):
            return NotImplemented  # a Tensor, say: it may know how
        if ufunc is np.matmul:
            return matmul(*operands, **options)
        if ufunc.__name__ not in signatures.UFUNCS:
            return NotImplemented
        if "out" in options:
            (options["out"],) = options["out"]
        function = _Ufunc(ufunc)
        return (function if method == "__call__" else getattr(function, method))(*operands, **options)

    def __array_function__(self, function: Any, types: Any, operands: Any, options: Any) -> Any:
        if not all(issubclass(kind, (FakeArray, np.ndarray)) for kind in types):
            return NotImplemented
        return getattr(sys.modules[__name__], function.__name__)(*operands, **options)

    # What Python asks of a sequence.

    def __len__(self) -> int:
        if not self._host.ndim:
            raise TypeError("len() of unsized object")
        return len(self._host)

    def __iter__(self) -> Iterator[FakeArray]:
        return (self[k] for k in range(len(self)))

    def __getitem__(self, index: Any) -> FakeArray:
        ready = _index(index, self._host.shape)
        if not any(part is Ellipsis for part in ready):
            ready = (*ready, Ellipsis)  # a view also of a single element, where NumPy would give a number
        return _call(lambda host: host[ready], self)

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(value, (np.ndarray, list)):
            raise ValueError("non-scalar numpy.ndarray cannot be used for fill")
        ready, host, value = _index(index, self._host.shape), _operand(self), _operand(value)
        host[ready] = value
        _tally(launches=1)
        if any(isinstance(part, np.ndarray) for part in ready):  # an element that was named twice lost a value
            lost = np.arange(host.size).reshape(host.shape)[ready][host[ready] != value]
            host[np.unravel_index(lost, host.shape)] = _garbage(host.dtype)


def _method(name: str) -> Callable[..., Any]:
    def method(host: np.ndarray, *operands: Any, **options: Any) -> Any:
        signatures.METHODS[name](host, *operands, **options)
        return getattr(host, name)(*operands, **options)

    return method


def _index(index: Any, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """A host index that takes what CuPy would take: positions out of range wrap; a mask waits, for it is counted."""
    parts = [_index_part(part) for part in (index if isinstance(index, tuple) else (index,))]
    axes = [_axes_taken(part) for part in parts]
    axis, ready = 0, []
    for part, taken in zip(parts, axes, strict=True):
        if part is Ellipsis:
            taken = len(shape) - sum(axes)
        elif isinstance(part, np.ndarray) and part.dtype.kind == "b":
            _tally(syncs=1)
        elif isinstance(part, np.ndarray) and axis < len(shape) and shape[axis]:
            part = part % shape[axis]
        ready.append(part)
        axis += taken
    return tuple(ready)


def _index_part(part: Any) -> Any:
    if part is None or part is Ellipsis or isinstance(part, slice):
        return part
    if isinstance(part, (int, float, np.integer)) and not isinstance(part, bool):
        return int(part)  # also of a float
    if not isinstance(part, FakeArray):
        _tally(uploads=1)
    positions = _operand(part) if isinstance(part, FakeArray) else np.asarray(part)
    return positions.astype(int) if positions.size == 0 and positions.dtype.kind == "f" else positions


def _axes_taken(part: Any) -> int:
    if part is None or part is Ellipsis:
        return 0
    return part.ndim if isinstance(part, np.ndarray) and part.dtype.kind == "b" else 1


# --- calls -----------------------------------------------------------------------------------------------------------


def _call(function: Callable[..., Any], *operands: Any, **options: Any) -> Any:
    """Run a function of NumPy on operands of the device."""
    hosts, settings = _operand(operands), {name: _operand(value) for name, value in options.items()}
    with np.errstate(all="ignore"):  # a GPU does not warn
        result = function(*hosts, **settings)
    made = [array for array in _arrays(result) if array.size]
    seen = [] if "out" in options else list(_arrays(hosts))
    view = all(any(np.may_share_memory(array, operand) for operand in seen) for array in made)
    _tally(launches=int(not view or result is None))  # None: it worked in place
    return options["out"] if "out" in options else _on_device(result)


def _operand(x: Any) -> Any:
    """What NumPy computes with in place of an operand."""
    if isinstance(x, FakeArray):
        if x.device.id != _current[-1]:
            raise ValueError(f"the array resides on device {x.device.id}, the current device is {_current[-1]}")
        return x._host
    if isinstance(x, np.ndarray):
        raise TypeError(f"Unsupported type {type(x)}")
    return type(x)(map(_operand, x)) if type(x) in (list, tuple) else x


def _on_device(result: Any) -> Any:
    """A result of NumPy as CuPy gives it: arrays, also where NumPy gives a number."""
    if isinstance(result, (np.ndarray, np.generic, bool)):
        return FakeArray(np.asarray(result))
    return type(result)(map(_on_device, result)) if type(result) in (list, tuple) else result


def _arrays(x: Any) -> Iterator[np.ndarray]:
    if isinstance(x, (np.ndarray, np.generic)):
        yield np.asarray(x)
    elif type(x) in (list, tuple):
        for item in x:
            yield from _arrays(item)


def _power(a: Any, b: Any, **options: Any) -> Any:
    """NumPy's power, but for integers to negative ones: cut off, where NumPy refuses."""
    dtype = np.result_type(a, b)
    if dtype.kind in "iu" and np.less(b, 0).any():
        return np.trunc(np.power(np.asarray(a, dtype=float), b)).astype(dtype)
    return np.power(a, b, **options)


class _Ufunc:
    """An elementwise function: takes arrays of the device and single numbers, and few options."""

    def __init__(self, ufunc: np.ufunc):
        self._ufunc = ufunc

    def __call__(self, *operands: Any, **options: Any) -> FakeArray:
        for x in operands:
            if not isinstance(x, (*_SCALARS, FakeArray)):
                raise TypeError(f"Unsupported type {type(x)}")
        if options.keys() - {"out", "dtype", "casting"}:
            raise TypeError(f"Wrong arguments {options}")
        return _call(_power if self._ufunc is np.power else self._ufunc, *operands, **options)

    def at(self, a: FakeArray, indices: Any, b: Any = None) -> None:
        self._ufunc.at(_operand(a), _index(indices, a.shape), _operand(b))
        _tally(launches=1)

    def reduce(
        self, array: FakeArray, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: bool = False
    ) -> Any:
        options = {"out": out} if out is not None else {}
        return _call(self._ufunc.reduce, array, axis=axis, dtype=dtype, keepdims=keepdims, **options)


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
        _tally(syncs=1)
    return _call(getattr(np, name), *operands, **options)


def _flat(x: Any) -> Iterator[Any]:
    if type(x) in (list, tuple):
        for item in x:
            yield from _flat(item)
    else:
        yield x


# --- the module ------------------------------------------------------------------------------------------------------

ndarray = FakeArray


def __getattr__(name: str) -> Any:
    """CuPy's function of this name: NumPy's, if CuPy has one, made to behave."""
    if name in signatures.UFUNCS:
        return _Ufunc(getattr(np, name))
    if name in signatures.FUNCTIONS:
        return partial(_function, name)
    if name in signatures.CONSTANTS:
        return getattr(np, name)
    raise AttributeError(f"module 'cupy' has no attribute {name!r} (or tests/fake_device/signatures.py lacks it)")


def asarray(a: Any, dtype: Any = None) -> FakeArray:
    """Host data as a new array of the current device; an array that is there already stays itself."""
    if isinstance(a, FakeArray):
        if a.device.id != _current[-1]:  # a copy from device to device
            return FakeArray(a._host.astype(dtype or a.dtype))
        return a if dtype is None or a.dtype == dtype else a.astype(dtype)
    host = np.array(a, dtype=dtype)
    _tally(uploads=1)
    if host.dtype.kind not in "biufc":
        raise ValueError(f"Unsupported dtype {host.dtype}")
    return FakeArray(host)


def array(obj: Any, dtype: Any = None) -> FakeArray:
    result = asarray(obj, dtype)
    return result.copy() if result is obj else result


def asnumpy(a: Any) -> np.ndarray:
    return a.get() if isinstance(a, FakeArray) else np.asarray(a)


def empty(shape: Any, dtype: Any = float) -> FakeArray:
    return FakeArray(np.full(shape, _garbage(np.dtype(dtype)), dtype))


def empty_like(prototype: FakeArray, dtype: Any = None) -> FakeArray:
    return empty(prototype.shape, dtype or prototype.dtype)


def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    if x is None:
        return _function("nonzero", condition)
    return _call(np.where, condition.astype("?", copy=False), x, y)  # so a plain number is no condition


def matmul(*args: Any, out: Any = None) -> FakeArray:
    for x in args:
        if not isinstance(x, FakeArray):
            raise TypeError(f"Argument has incorrect type (expected cupy._core.core._ndarray_base, got {type(x)})")
    return _call(np.matmul, *args, **({} if out is None else {"out": out}))


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


def _garbage(dtype: np.dtype[Any]) -> Any:
    return np.nan if dtype.kind in "fc" else np.iinfo(dtype).max if dtype.kind in "iu" else True


def _erf(a: Any) -> Any:
    a = np.asarray(a)
    return np.vectorize(math.erf, otypes=["f4" if a.dtype == np.float32 else "f8"])(a)


special = SimpleNamespace(erf=partial(_call, _erf))  # cupyx.scipy.special


# --- kernels ---------------------------------------------------------------------------------------------------------


def _launch(kernel: kernels.ElementwiseKernel, arguments: tuple[Any, ...]) -> Any:
    n = len(kernel.inputs)
    assert len(arguments) in (n, n + len(kernel.outputs)), f"{len(arguments)} arguments"
    if any(isinstance(x, np.ndarray) for x in arguments):
        raise TypeError("Unsupported type <class 'numpy.ndarray'>")
    hosts = [x._host if isinstance(x, FakeArray) else x for x in arguments]
    results = kernel.compute(hosts[:n], hosts[n:])
    _tally(launches=1)
    if len(arguments) == n:
        made = [FakeArray(result) for result in results]
        return made[0] if len(made) == 1 else tuple(made)
    for out, result in zip(hosts[n:], results, strict=True):
        out[...] = result
    return arguments[n] if len(results) == 1 else arguments[n:]


ElementwiseKernel = kernels.ElementwiseKernel
ElementwiseKernel.launch = _launch
