"""Arrays of the fake device, and functions of NumPy that are called on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from . import launching, signatures
from .counting import tally
from .devices import Device, current

SCALARS = (bool, int, float, complex, np.generic)
_owners: WeakValueDictionary[int, FakeArray] = WeakValueDictionary()  # arrays that are no views, by their hosts' ids


class FakeArray(np.lib.mixins.NDArrayOperatorsMixin):
    """An array in the memory of a fake device. The mixin turns operators into ufuncs, which meet `__array_ufunc__`."""

    __slots__ = ("__weakref__", "_host", "base", "device")
    library: Any  # the module, set by fake_cupy, which lies above
    __array_priority__ = 100  # CuPy's

    def __init__(self, host: np.ndarray, device: Device | None = None):
        self._host = host
        self.device = device or Device()
        owner = host.base
        self.base: FakeArray | None = None  # the array of which this one is a view
        if owner is None:
            _owners.setdefault(id(host), self)
        elif isinstance(owner, np.ndarray):  # and not the text of a pickled one
            self.base = _owners[id(owner)] if id(owner) in _owners else FakeArray(owner, self.device)

    def __getattr__(self, name: str) -> Any:
        if name in signatures.ATTRIBUTES:
            return _on_device(getattr(self._host, name))
        if name in signatures.METHODS:
            return partial(call, _method(name), self)
        raise AttributeError(f"'cupy.ndarray' object has no attribute {name!r} (or tests/fake_device/signatures.py)")

    # Copies: a pickled array comes back on the current device.

    def __deepcopy__(self, memo: Any) -> FakeArray:
        return FakeArray(self._host.copy(), self.device)

    def __reduce__(self) -> Any:
        return self.library.asarray, (self._host,)

    # What waits for the device, because the host needs a number.

    def get(self) -> np.ndarray:
        tally(syncs=1)
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
        if not all(isinstance(x, (*SCALARS, FakeArray, np.ndarray)) for x in operands):
            return NotImplemented  # a Tensor, say: it may know how
        if ufunc is np.matmul:
            return self.library.matmul(*operands, **options)
        if ufunc.__name__ not in signatures.UFUNCS:
            return NotImplemented
        if "out" in options:
            (options["out"],) = options["out"]
        function = Ufunc(ufunc)
        return (function if method == "__call__" else getattr(function, method))(*operands, **options)

    def __array_function__(self, function: Any, types: Any, operands: Any, options: Any) -> Any:
        if not all(issubclass(kind, (FakeArray, np.ndarray)) for kind in types):
            return NotImplemented
        return getattr(self.library, function.__name__)(*operands, **options)

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
        tally(launches=launching.of_positions(ready))
        return call(lambda host: host[ready], self)

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(value, (np.ndarray, list)):
            raise ValueError("non-scalar numpy.ndarray cannot be used for fill")
        ready, host, value = _index(index, self._host.shape), operand(self), operand(value)
        host[ready] = value
        several = launching.of_positions(ready)
        tally(launches=several + 2 if several else 1)
        if any(isinstance(part, np.ndarray) for part in ready):  # an element that was named twice lost a value
            lost = np.arange(host.size).reshape(host.shape)[ready][host[ready] != value]
            host[np.unravel_index(lost, host.shape)] = garbage(host.dtype)


def _method(name: str) -> Callable[..., Any]:
    def method(host: np.ndarray, *operands: Any, **options: Any) -> Any:
        signatures.METHODS[name](host, *operands, **options)
        tally(**launching.more(name, host, *operands, **options))
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
            tally(syncs=1)
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
        tally(uploads=1)
    positions = operand(part) if isinstance(part, FakeArray) else np.asarray(part)
    return positions.astype(int) if positions.size == 0 and positions.dtype.kind == "f" else positions


def _axes_taken(part: Any) -> int:
    if part is None or part is Ellipsis:
        return 0
    return part.ndim if isinstance(part, np.ndarray) and part.dtype.kind == "b" else 1


# --- calls -----------------------------------------------------------------------------------------------------------


def call(function: Callable[..., Any], *operands: Any, **options: Any) -> Any:
    """Run a function of NumPy on operands of the device."""
    hosts, settings = operand(operands), {name: operand(value) for name, value in options.items()}
    with np.errstate(all="ignore"):  # a GPU does not warn
        result = function(*hosts, **settings)
    made = [array for array in _arrays(result) if array.size]
    seen = [] if "out" in options else list(_arrays(hosts))
    view = all(any(np.may_share_memory(array, operand) for operand in seen) for array in made)
    tally(launches=int(not view or result is None))  # None: it worked in place
    return options["out"] if "out" in options else _on_device(result)


def operand(x: Any) -> Any:
    """What NumPy computes with in place of an operand."""
    if isinstance(x, FakeArray):
        if x.device.id != current[-1]:
            raise ValueError(f"the array resides on device {x.device.id}, the current device is {current[-1]}")
        return x._host
    if isinstance(x, np.ndarray):
        raise TypeError(f"Unsupported type {type(x)}")
    return type(x)(map(operand, x)) if type(x) in (list, tuple) else x


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


class Ufunc:
    """An elementwise function: takes arrays of the device and single numbers, and few options."""

    def __init__(self, ufunc: np.ufunc):
        self._ufunc = ufunc

    def __call__(self, *operands: Any, **options: Any) -> FakeArray:
        for x in operands:
            if not isinstance(x, (*SCALARS, FakeArray)):
                raise TypeError(f"Unsupported type {type(x)}")
        if options.keys() - {"out", "dtype", "casting"}:
            raise TypeError(f"Wrong arguments {options}")
        return call(_power if self._ufunc is np.power else self._ufunc, *operands, **options)

    def at(self, a: FakeArray, indices: Any, b: Any = None) -> None:
        ready = _index(indices, a.shape)
        self._ufunc.at(operand(a), ready, operand(b))
        tally(launches=1 + launching.of_positions(ready))

    def reduce(
        self, array: FakeArray, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: bool = False
    ) -> Any:
        options = {"out": out} if out is not None else {}
        return call(self._ufunc.reduce, array, axis=axis, dtype=dtype, keepdims=keepdims, **options)


def garbage(dtype: np.dtype[Any]) -> Any:
    return np.nan if dtype.kind in "fc" else np.iinfo(dtype).max if dtype.kind in "iu" else True
