"""What a device must be able to do.

A backend is the namespace (`xp`) in which rules are read for its arrays: every name of its array library, and the few
things on which array libraries differ. It holds the only two doors between host and device, `asarray` and `asnumpy`.
Methods here are right for any library; a subclass overrides one only to be faster, and a test compares the two.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from ..errors import DeviceError
from ..graph.broadcast import unbroadcast
from ..namespaces import indexing
from ..namespaces.namespace import Graph, Namespace
from ..precision import widened


class Backend(Namespace):
    """The arrays of one device.

    Attributes:
        device: its name, as in `Tensor(..., device="cuda:0")`.
        xp: the array library, NumPy or one with NumPy's names.
        array_type: the type of its arrays.
        graph: the namespace in which rules are read for tensors of this device.
        compiles: whether `tg.compile` writes code for it.
        language: in which kernels are written for `update`; see `tapes/kernel.py`.
    """

    language = "any"
    compiles = False
    by_name: ClassVar[Callable[[str], Backend]]  # `get` of the package, which knows all backends

    def __init__(self, device: str, xp: Any, array_type: type):
        super().__init__(xp)
        self.device, self.xp, self.array_type = device, xp, array_type
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
        return Backend.by_name, (self.device,)  # a copied or pickled tensor names its device

    def move(self, array: Any, source: str, target: str) -> Any:
        """An array of the device `source` on the device `target`, by way of the host."""
        return Backend.by_name(target).asarray(Backend.by_name(source).asnumpy(array))

    def same_device(self, other: Backend, operation: str) -> None:
        """Raise DeviceError where the other operand is on another device."""
        if other is not self:
            raise DeviceError(
                f"{operation}: operands on {self.device} and {other.device}; move one: x.to({self.device!r})"
            )

    def synchronize(self) -> None:
        """Wait until the device has done all that it was asked to do."""

    def allow_tf32(self, on: bool = True) -> None:
        """Whether products of float32 matrices may be computed in TensorFloat-32; see `backends.allow_tf32`.

        Raises:
            DeviceError: this is no GPU.
        """
        raise DeviceError(f"TF32 is a way in which NVIDIA's GPUs multiply: {self.device} has none; use device='cuda'")

    def one(self, dtype: Any, shape: tuple[int, ...]) -> Any:
        """The number 1 as an array of a shape of one element; made once, as every backward pass starts with it."""
        key = dtype, shape
        if key not in self._ones:
            # uploaded, and with an axis, as CuPy would compile a kernel for a single number
            self._ones[key] = self.run(lambda: self.xp.asarray(np.ones(1, dtype)).reshape(shape))
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

    def update(self, kernel: Any, arrays: list[Any], numbers: list[float], scratch: list[Any]) -> None:
        """Compute an elementwise rule, and write its results into the first of its arrays.

        Args:
            kernel: the rule in this backend's `language`; here a function of a namespace, arrays and numbers.
            scratch: arrays for temporary results, which the caller keeps from call to call; filled as needed.
        """
        for array, result in zip(arrays, kernel(self, *arrays, *numbers), strict=False):
            array[...] = result

    def compute(self, op: Any, forward: Any, arrays: list[Any], attrs: dict[str, Any] | None) -> Any:
        """The result of an operation on arrays of this device, which is the current one."""
        return forward(self, *arrays, **(attrs or {}))

    def indicator(self, condition: Any, *operands: Any) -> Any:
        return condition.astype(self.xp.result_type(*operands))

    def chain(self, upstream: Any, local: Any) -> Any:
        """The chain rule, in the precision of the upstream gradient: constants of a rule never widen it."""
        product = upstream * local
        if product.dtype is upstream.dtype or product.dtype.itemsize <= upstream.dtype.itemsize:
            return product
        return upstream * local.astype(upstream.dtype)

    def fit(self, gradient: Any, operand: Any) -> Any:
        """Undo the operand's broadcast, and give its gradient its dtype."""
        if gradient.shape != operand.shape:
            gradient = unbroadcast(self, gradient, operand.shape)
        if gradient.dtype is not operand.dtype and gradient.dtype != operand.dtype:
            gradient = gradient.astype(operand.dtype)
        return gradient
