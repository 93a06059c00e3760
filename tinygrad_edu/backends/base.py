"""What a device must be able to do.

A backend is the namespace (`xp`) in which rules are read for its arrays: every name of its array library, and the few
things on which array libraries differ. It holds the only two doors between host and device, `asarray` and `asnumpy`.
Methods here are right for any library; a subclass overrides one only to be faster, and a test compares the two.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import indexing
from ..errors import DeviceError
from ..fuse import Program
from ..namespaces import Graph, Namespace, unbroadcast
from ..precision import widened


class Backend(Namespace):
    """The arrays of one device.

    Attributes:
        device: its name, as in `Tensor(..., device="cuda:0")`.
        xp: the array library, NumPy or one with NumPy's names.
        array_type: the type of its arrays.
        graph: the namespace in which rules are read for tensors of this device.
    """

    def __init__(self, device: str, xp: Any, array_type: type):
        super().__init__(xp)
        self.device = device
        self.xp = xp
        self.array_type = array_type
        self.graph = Graph(self)
        self._ones: dict[Any, Any] = {}

    def __repr__(self) -> str:
        return f"<backend {self.device}>"

    def owns(self, array: Any) -> bool:
        """Whether an array is one of this device."""
        return isinstance(array, self.array_type)

    def asarray(self, data: Any, dtype: Any = None) -> Any:
        """Host data (numbers, lists, NumPy arrays) or an array of this device, as an array of this device."""
        return self.xp.asarray(data, dtype=dtype)

    def asnumpy(self, array: Any) -> np.ndarray:
        """An array of this device as a NumPy array; waits for the device."""
        return np.asarray(array)

    def __reduce__(self) -> Any:
        from . import get  # a copied or pickled tensor names its device

        return get, (self.device,)

    def move(self, array: Any, source: str, target: str) -> Any:
        """An array of the device `source` on the device `target`, by way of the host."""
        from . import get

        return get(target).asarray(get(source).asnumpy(array))

    def same_device(self, other: Backend, operation: str) -> None:
        """Refuse to mix devices.

        Raises:
            DeviceError: the other operand is on another device.
        """
        if other is not self:
            raise DeviceError(
                f"{operation}: operands on {self.device} and {other.device}; move one: x.to({self.device!r})"
            )

    def synchronize(self) -> None:
        """Wait until the device has done all that it was asked to do."""

    def one(self, dtype: Any, shape: tuple[int, ...]) -> Any:
        """The number 1 as an array of a shape of one element; made once, as every backward pass starts with it."""
        key = dtype, shape
        if key not in self._ones:
            self._ones[key] = self.run(self.xp.ones, shape, dtype=dtype)
        return self._ones[key]

    def scatter_add(self, a: Any, index: Any, shape: tuple[int, ...]) -> Any:
        """Zeros of `shape`, to which `a` is added at `index`; an element that is named twice receives both."""
        if not indexing.has_arrays(index):
            out = self.xp.zeros(shape, dtype=a.dtype)
            out[index] = a
            return out
        wide = widened(a)
        out = self.xp.zeros(shape, dtype=wide.dtype)
        self.xp.add.at(out, index, wide)
        return out if wide is a else out.astype(a.dtype)

    def keep_mask(self, seed: int, step: int, shape: tuple[int, ...], p: float) -> Any:
        """Which elements dropout keeps: booleans, each False with probability `p`.

        A mask is a pure function of (seed, step, index), so it is the same on every device, and the same again when a
        run is resumed. The index goes through an integer hash with good mixing (lowbias32, Wellons 2018), whose keys
        come from seed and step (splitmix64, Steele, Lea & Flood 2014).
        """
        keys = _splitmix(_splitmix(seed) + step)
        x = self.xp.arange(math.prod(shape), dtype="uint32")
        x ^= keys & 0xFFFFFFFF
        x ^= x >> 16
        x *= 0x7FEB352D
        x ^= x >> 15
        x += keys >> 32
        x *= 0x846CA68B
        x ^= x >> 16
        return (x >= round(p * 2**32)).reshape(shape)

    def update(self, program: Program, arrays: list[Any], numbers: dict[str, float], scratch: list[Any]) -> None:
        """Compute a fused formula, and write its results into the first of its arrays (`fuse.py`).

        Args:
            scratch: arrays for what is in between, which the caller keeps from call to call; filled as needed.
        """
        results = program.rule(self, *arrays, **numbers, **program.settings)
        results = results if isinstance(results, tuple) else (results,)
        # an array that is handed through is copied, as the result before it may overwrite it
        results = [result.copy() if any(result is array for array in arrays) else result for result in results]
        for array, result in zip(arrays, results, strict=False):
            array[...] = result

    def chain(self, upstream: Any, local: Any) -> Any:
        """The chain rule, in the precision of the upstream gradient: constants of a rule never widen it."""
        dtype = getattr(local, "dtype", None)
        if dtype is not None and dtype.itemsize > upstream.dtype.itemsize:
            local = local.astype(upstream.dtype)
        return upstream * local

    def fit(self, gradient: Any, operand: Any) -> Any:
        """Undo the operand's broadcast, and give its gradient its dtype."""
        if gradient.shape != operand.shape:
            gradient = unbroadcast(self, gradient, operand.shape)
        if gradient.dtype is not operand.dtype and gradient.dtype != operand.dtype:
            gradient = gradient.astype(operand.dtype)
        return gradient


def _splitmix(x: int) -> int:
    """64 well mixed bits of an integer."""
    x = (x + 0x9E3779B97F4A7C15) % 2**64
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB % 2**64
    return x ^ (x >> 31)
