"""A GPU, by CuPy."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from ..errors import DeviceError, OutOfMemoryError
from ..graph.modes import call_beside
from ..namespaces.indexing import of_number
from ..namespaces.namespace import PARTS
from ..tapes.cuda_code import KernelText, elementwise
from ..tapes.kernel import Kernel
from ..tapes.layouts import Matrix
from .base import Backend
from .blas import FLOAT32, TF32, Blas, Product

_INSTALL = "install it with: pip install 'tinygrad-edu[cuda13]' (or cuda12; nvidia-smi shows what the driver speaks)"

_FLOAT32, _TF32 = 1, 7  # CuPy's COMPUTE_TYPE_DEFAULT and COMPUTE_TYPE_TF32


class CupyBackend(Backend):
    """CuPy arrays in the memory of one GPU.

    Args:
        xp: CuPy, or in the tests a stand-in that behaves as CuPy does.
        special: the module that has CuPy's `erf`, cupyx.scipy.special.
    """

    def __init__(self, device: str, xp: Any, array_type: type, special: Any):
        super().__init__(device, xp, array_type)
        self.special = special
        self._number = int(device.partition(":")[2] or 0)
        self._kernels: dict[KernelText, Any] = {}
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
    language = "cuda"

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

    def module(self, code: str) -> Any:
        """Kernels in CUDA, compiled."""
        return self.xp.RawModule(code=code, backend="nvrtc")

    def product(self, a: Matrix, b: Matrix, dtype: str) -> Product:
        """A function of arrays a, b and out, which writes a @ b."""
        self._blas = self._blas or Blas(self.xp)
        return Product(self._blas, a, b, dtype)

    def prepare_products(self) -> None:
        """Let these be computed in the current stream, and as precisely as CuPy's own."""
        if self._blas is not None:
            self._blas.follow(self.xp.cuda.get_current_stream().ptr)
            is_tf32 = self.xp._core._routines_linalg.get_compute_type("f") == _TF32
            self._blas.float32 = TF32 if is_tf32 else FLOAT32

    # NumPy lets a single number, which has no axes, be reduced over the axis 0 or -1; CuPy does not.

    def sum(self, a: Any, axis: Any = None, **options: Any) -> Any:
        return self.xp.sum(a, axis=of_number(axis, a.ndim), **options)

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

    # Rules of several calls, fused.

    def compute(self, op: Any, forward: Any, arrays: list[Any], attrs: dict[str, Any] | None) -> Any:
        kernel = forward_kernel(op, _settings(attrs)) if self._fits(op, arrays, attrs) else None
        return super().compute(op, forward, arrays, attrs) if kernel is None else self._compiled(kernel)(*arrays)

    fuses = True

    def slope(
        self, op: Any, position: int, upstream: Any, y: Any, operands: list[Any], attrs: dict[str, Any] | None
    ) -> Any:
        """The upstream gradient times the derivative of an elementwise operation, in one launch; or None."""
        if not self._fits(op, [upstream, y, *operands], attrs):
            return None
        kernel = slope_kernel(op, position, _settings(attrs))
        return None if kernel is None else self._compiled(kernel)(upstream, y, *operands)

    @staticmethod
    def _fits(op: Any, arrays: list[Any], attrs: dict[str, Any] | None) -> bool:
        """Whether arrays are what the kernel of a rule takes: of one shape and one type, that of its numbers."""
        first = arrays[0]
        if not (op.elementwise and (not attrs or _PLAIN.issuperset(map(type, attrs.values())))):
            return False
        if not all(hasattr(array, "dtype") for array in arrays):  # plain numbers
            return False
        alike = all(array.dtype == first.dtype and array.shape == first.shape for array in arrays)
        return alike and first.dtype.char in "fd" and first.ndim > 0

    # Parts of rules, fused: like all functions of a backend, they are called where the current device is this one.

    def update(self, kernel: KernelText, arrays: list[Any], numbers: list[float], scratch: list[Any]) -> None:
        """In one kernel, which reads its first arrays and then overwrites them."""
        count = kernel.out_params.count(",") + 1
        self._compiled(kernel)(*arrays[count:], *numbers, *arrays[:count])

    def activate(self, h: Any, bias: Any, activation: str | None) -> Any:
        if h.dtype != bias.dtype or h.shape[-1:] != bias.shape:
            return PARTS["activate"](self, h, bias, activation)
        return self._compiled(part_kernel("activate", activation))(h, bias, h)

    def deactivate(self, g: Any, y: Any, activation: str) -> Any:
        if g.dtype != y.dtype or g.shape != y.shape:
            return PARTS["deactivate"](self, g, y, activation)
        return self._compiled(part_kernel("deactivate", activation))(g, y)

    def cross_entropy_rows(self, logits: Any, labels: Any, share: float = 1.0) -> Any:
        if not 0 < logits.shape[1] <= FEW_CLASSES:
            return PARTS["cross_entropy_rows"](self, logits, labels)
        return self._compiled(ROW_KERNELS["loss"])(logits, self.xp.asarray(labels), logits.shape[1], share)

    def cross_entropy_mean(self, logits: Any, labels: Any, share: float) -> Any:
        if not (logits.size and logits.shape[1] <= FEW_CLASSES):  # the mean of no rows is nan, and their sum 0
            return PARTS["cross_entropy_mean"](self, logits, labels, share)
        return self.xp.sum(self.cross_entropy_rows(logits, labels, share))

    def cross_entropy_slope(self, logits: Any, labels: Any, g: Any, share: float = 1.0) -> Any:
        if not 0 < logits.shape[1] <= FEW_CLASSES or g.dtype != logits.dtype:
            return PARTS["cross_entropy_slope"](self, logits, labels, g if share == 1.0 else g * share)
        slope = self.xp.empty(logits.shape, dtype=logits.dtype)
        return self._compiled(ROW_KERNELS["slope"])(logits, self.xp.asarray(labels), g, logits.shape[1], share, slope)

    cross_entropy_mean_slope = cross_entropy_slope

    def dropout_factor(self, keys: int, shape: tuple[int, ...], p: float, dtype: Any) -> Any:
        factor, limit = self.xp.empty(shape, dtype=dtype), round(p * 2**32)
        if factor.dtype.char not in "fd" or not factor.size or limit >= 2**32:
            return PARTS["dropout_factor"](self, keys, shape, p, dtype)
        return self._compiled(DROPOUT)(keys & 0xFFFFFFFF, keys >> 32, limit, 1 / (1 - p), factor)

    def _compiled(self, text: KernelText) -> Any:
        if text not in self._kernels:
            self._kernels[text] = kernel_of(text, self.xp)
        return self._kernels[text]


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


def kernel_of(text: KernelText, xp: Any) -> Any:
    """A kernel; CuPy compiles it when it is called for the first time with operands of some dtypes."""
    return xp.ElementwiseKernel(text.in_params, text.out_params, text.operation, name=text.name, preamble=text.preamble)


@cache
def part_kernel(name: str, activation: str | None) -> KernelText:
    """A part of a rule, of two arrays, as a kernel."""
    return elementwise(Kernel(PARTS[name], 2, settings={"activation": activation}), ("y",))


_PLAIN = {bool, int, float, str, type(None)}  # types of settings that stand in a kernel
Settings = tuple[tuple[str, Any], ...]


def _settings(attrs: dict[str, Any] | None) -> Settings:
    return tuple(attrs.items()) if attrs else ()


@cache
def forward_kernel(op: Any, settings: Settings) -> KernelText | None:
    """The forward rule of an operation as one kernel; None if it is a single call, or cannot be written."""
    return _rule_kernel(op.forward, op.arity, settings, ("result",))


@cache
def slope_kernel(op: Any, position: int, settings: Settings) -> KernelText | None:
    """The upstream gradient times a derivative of an operation; None if that is a single call."""
    rule = op.rules[position]

    def slope(xp: Any, g: Any, y: Any, *operands: Any, **attrs: Any) -> Any:
        return g * rule(xp, y, *operands, **attrs)

    return _rule_kernel(slope, 2 + op.arity, settings, ("product",))


def _rule_kernel(rule: Any, arrays: int, settings: Settings, results: Sequence[str]) -> KernelText | None:
    """A rule as a kernel; None if it is a single call of the library, or cannot be written."""
    try:
        kernel = Kernel(rule, arrays, settings=dict(settings))
        return elementwise(kernel, results) if len(kernel.steps) > 1 else None
    except (TypeError, AttributeError):  # a constant slope, or a function that a kernel lacks
        return None


# The hash of `nn/dropout.py`, for the element i.
_HASH = """
unsigned x = (unsigned)(i) ^ low;
x = x ^ (x >> 16);
x = x * 0x7FEB352D;
x = x ^ (x >> 15);
x = x + high;
x = x * 0x846CA68B;
x = x ^ (x >> 16);
factor = select(x >= limit, n0, (T)(0));
"""
DROPOUT = KernelText("uint32 low, uint32 high, uint32 limit, T n0", "T factor", _HASH, "tinygrad_edu_dropout")

# Cross-entropy, one thread a row: it goes along the row several times, which is fast as long as the row is short. An
# index out of range wraps, as it does everywhere in CuPy. n0 is what a row is multiplied by: its share in a mean.
FEW_CLASSES = 256
_ROW = """
int k = (label % classes + classes) % classes;
T top = logits[i * classes];
for (int j = 1; j < classes; j++) {
top = select(logits[i * classes + j] > top, logits[i * classes + j], top);
}
T total = 0;
for (int j = 0; j < classes; j++) {
total = total + exp(logits[i * classes + j] - top);
}
"""
_LOSS = """
loss = (log(total) - (logits[i * classes + k] - top)) * n0;
"""
_SLOPE = """
for (int j = 0; j < classes; j++) {
slope[i * classes + j] = (exp(logits[i * classes + j] - top) / total - (j == k)) * (g * n0);
}
"""
ROW_KERNELS = {
    "loss": KernelText(
        "raw T logits, I label, int32 classes, T n0", "T loss", _ROW + _LOSS, "tinygrad_edu_cross_entropy"
    ),
    "slope": KernelText(
        "raw T logits, I label, T g, int32 classes, T n0",
        "raw T slope",
        _ROW + _SLOPE,
        "tinygrad_edu_cross_entropy_slope",
    ),
}
