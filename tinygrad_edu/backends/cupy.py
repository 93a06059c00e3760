"""A GPU, by CuPy."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..errors import DeviceError, OutOfMemoryError
from ..graph.modes import call_beside
from ..namespaces.indexing import of_number
from ..tapes.cuda.layouts import Matrix
from .blas import FLOAT32, TF32, Blas, Product
from .fusing import FusingBackend

_INSTALL = "install it with: pip install 'tinygrad-edu[cuda13]' (or cuda12; nvidia-smi shows what the driver speaks)"

_FLOAT32, _TF32 = 1, 7  # CuPy's COMPUTE_TYPE_DEFAULT and COMPUTE_TYPE_TF32


class CupyBackend(FusingBackend):
    """CuPy arrays in the memory of one GPU.

    Args:
        xp: CuPy, or in the tests a stand-in that behaves as CuPy does.
        special: the module that has CuPy's `erf`, cupyx.scipy.special.
    """

    def __init__(self, device: str, xp: Any, array_type: type, special: Any):
        super().__init__(device, xp, array_type)
        self.special = special
        self._number = int(device.partition(":")[2] or 0)
        self._blas: Blas | None = None
        self.compiles = hasattr(xp, "RawModule")  # a stand-in may not run CUDA

    @classmethod
    def of_device(cls, number: int) -> CupyBackend:
        """The backend of one GPU.

        Raises:
            DeviceError: CuPy is not installed, or this machine has no such GPU.
        """
        # CuPy puts long headers before each kernel; read once, and kept compiled, they make a first call 4 times faster
        os.environ.setdefault("CUPY_NVRTC_USE_PCH", "1")
        try:
            import cupy
            from cupyx.scipy import special
        except ImportError as error:
            raise DeviceError(f"device 'cuda:{number}' needs CuPy, which is not installed; {_INSTALL}") from error
        runtime = cupy.cuda.runtime
        try:
            count = runtime.getDeviceCount()
        except runtime.CUDARuntimeError as error:
            # without any driver CUDA complains of an old one
            why = str(error) if runtime.driverGetVersion() else "this machine has no NVIDIA driver"
            raise DeviceError(
                f"device 'cuda:{number}': CuPy is installed, but finds no GPU ({why}). Use device='cpu', or see with "
                "nvidia-smi which driver and GPUs there are"
            ) from error
        if number >= count:
            names = ", ".join(f"'cuda:{k}'" for k in range(count))
            raise DeviceError(f"there is no device 'cuda:{number}': this machine has {names}")
        return cls(f"cuda:{number}", cupy, cupy.ndarray, special)

    def owns(self, array: Any) -> bool:
        return super().owns(array) and array.device.id == self._number

    is_host = False

    def run(self, function: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            with self.xp.cuda.Device(self._number):  # CuPy computes on the current device, wherever the operands are
                return function(*args, **kwargs)
        except MemoryError as error:
            if isinstance(error, OutOfMemoryError):
                raise
            raise self._full(error) from error

    def _full(self, error: MemoryError) -> OutOfMemoryError:
        """CuPy's error in our words. What its pool keeps of freed arrays is free, too, though in pieces."""
        asked = re.search(r"allocating ([\d,]+) bytes", str(error))
        with self.xp.cuda.Device(self._number):
            free, total = self.xp.cuda.runtime.memGetInfo()
            free += self.xp.get_default_memory_pool().free_bytes()
        what = f"{_size(int(asked[1].replace(',', '')))} were asked for, and " if asked else ""
        return OutOfMemoryError(
            f"the memory of {self.device} is full: {what}{_size(free)} of {_size(total)} are free. Use smaller "
            "batches, layers or arrays, let go of tensors that are not needed (del, tg.no_grad()), or end the other "
            "programs that nvidia-smi shows"
        )

    def allow_tf32(self, on: bool = True) -> None:
        # CuPy has no public name for it, and reads its variable CUPY_TF32 only once
        self.run(self.xp._core._routines_linalg.set_compute_type, "f", _TF32 if on else _FLOAT32)

    def asarray(self, data: Any, dtype: Any = None) -> Any:
        if isinstance(data, np.ndarray):  # a replay of compiled code uploads it again
            return call_beside(self, self._upload, data, dtype)
        return self.run(self.xp.asarray, data, dtype=dtype)

    def _upload(self, data: np.ndarray, dtype: Any) -> Any:
        return self.xp.asarray(data, dtype=dtype)

    def asnumpy(self, array: Any) -> np.ndarray:
        return self.xp.asnumpy(array)

    def synchronize(self) -> None:
        self.xp.cuda.Device(self._number).synchronize()

    # What compiled code is made of.

    def kernels(self, code: str, names: Iterable[str]) -> dict[str, Any]:
        """Kernels in CUDA, compiled for the current device: a launch does not look for its device's any more."""
        module = self.xp.RawModule(code=code, backend="nvrtc")
        return {name: module.get_function(name).kernel for name in names}

    def product(self, a: Matrix, b: Matrix, dtype: str) -> Product:
        """A function of arrays a, b and out, which writes a @ b."""
        self._blas = self._blas or Blas(self.xp)
        return Product(self._blas, a, b, dtype)

    def overwrite(self, target: Any, source: Any) -> None:
        """target[...] = source, which CuPy takes ten times as long to ask for. Both are of one shape and dtype, with
        their numbers in the order of rows."""
        runtime, stream = self.xp.cuda.runtime, self.xp.cuda.get_current_stream().ptr
        runtime.memcpyAsync(target.data.ptr, source.data.ptr, target.nbytes, runtime.memcpyDeviceToDevice, stream)

    def prepare_products(self) -> None:
        """Let these be computed in the current stream, and as precisely as CuPy's own."""
        if self._blas is not None:
            self._blas.follow(self.xp.cuda.get_current_stream().ptr)
            is_tf32 = self.xp._core._routines_linalg.get_compute_type("f") == _TF32
            self._blas.float32.value = TF32 if is_tf32 else FLOAT32

    # NumPy lets a single number, which has no axes, be reduced over the axis 0 or -1; CuPy does not.

    def max(self, a: Any, axis: Any = None, **options: Any) -> Any:
        return self.xp.max(a, axis=_with_elements(axis, a), **options)

    def min(self, a: Any, axis: Any = None, **options: Any) -> Any:
        return self.xp.min(a, axis=_with_elements(axis, a), **options)

    def cumsum(self, a: Any, axis: Any = None, **options: Any) -> Any:
        return self.xp.cumsum(a, axis=of_number(axis, a.ndim), **options)

    # What NumPy refuses, and CuPy refuses in another way, or not at all.

    def matmul(self, a: Any, b: Any, **options: Any) -> Any:
        if not (isinstance(a, self.array_type) and isinstance(b, self.array_type)):
            raise ValueError("a number has no rows and columns: multiply with *")
        return self.xp.matmul(a, b, **options)

    def concatenate(self, arrays: Any, **options: Any) -> Any:
        if not all(array.ndim for array in arrays):
            raise ValueError("zero-dimensional arrays cannot be concatenated")
        return self.xp.concatenate(arrays, **options)

    def power(self, a: Any, b: Any) -> Any:
        """Negative powers of integers are found where the power is a plain number; CuPy gives 0 for them."""
        if isinstance(b, int) and b < 0 and a.dtype.kind in "iub":
            raise ValueError("Integers to negative integer powers are not allowed.")
        return self.xp.power(a, b)

    def where(self, condition: Any, a: Any, b: Any) -> Any:
        """CuPy wants an array for the condition; a rule may have a plain number, as that of `power` in x ** 2."""
        if not isinstance(condition, self.array_type):
            condition = self.asarray(condition)
        return self.xp.where(condition, a, b)

    def erf(self, a: Any) -> Any:
        """CuPy's error function makes float64 of float16."""
        y = self.special.erf(a)
        return y.astype(a.dtype) if a.dtype == "float16" else y


def _size(count: int) -> str:
    """Bytes as they are read: 1.5 GiB."""
    for unit, many in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= many:
            return f"{count / many:.1f} {unit}"
    return f"{count} bytes"


def _with_elements(axis: Any, a: Any) -> Any:
    """An axis over which there is a largest element; where there is none, NumPy's error."""
    axis = of_number(axis, a.ndim)
    if not a.size:
        np.max(np.empty(a.shape), axis=axis)  # CuPy gives an empty result, where the result is empty
    return axis
