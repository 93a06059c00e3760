"""A GPU, by CuPy."""

from __future__ import annotations

import math
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
from ..tapes.cuda_code import EACH_ELEMENT, KernelText, elementwise
from ..tapes.kernel import Kernel
from ..tapes.layouts import Matrix
from ..tapes.line_code import LineKernel, lanes_for, line_kernel
from .base import Backend
from .blas import FLOAT32, TF32, Blas, Product
from .launching import Launcher

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
        self._blas: Blas | None = None
        self.compiles = hasattr(xp, "RawModule")  # a stand-in may not run CUDA
        self._launch = Launcher(xp)

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

    fuses = True

    def compute(self, op: Any, forward: Any, arrays: list[Any], attrs: dict[str, Any] | None) -> Any:
        kernel = forward_kernel(op, _settings(attrs)) if self._fits(op, arrays, attrs) else None
        return super().compute(op, forward, arrays, attrs) if kernel is None else self._elementwise(kernel, arrays)

    def slope(
        self, op: Any, position: int, upstream: Any, y: Any, operands: list[Any], attrs: dict[str, Any] | None
    ) -> Any:
        """The upstream gradient times the derivative of an elementwise operation, in one launch; or None."""
        arrays = [upstream, y, *operands]
        kernel = slope_kernel(op, position, _settings(attrs)) if self._fits(op, arrays, attrs) else None
        return None if kernel is None else self._elementwise(kernel, arrays)

    @staticmethod
    def _fits(op: Any, arrays: list[Any], attrs: dict[str, Any] | None) -> bool:
        """Whether arrays are what the kernel of a rule takes: of one shape and one type, that of its numbers."""
        first = arrays[0]
        if not (op.elementwise and (not attrs or _PLAIN.issuperset(map(type, attrs.values())))):
            return False
        if not all(hasattr(array, "dtype") for array in arrays):  # plain numbers
            return False
        alike = all(array.dtype == first.dtype and array.shape == first.shape for array in arrays)
        return alike and first.dtype.char in COMPUTED and first.ndim > 0

    def _elementwise(self, kernel: Kernel, arrays: list[Any]) -> Any:
        """A kernel of arrays of one shape and type; its result."""
        indices = ["0" if _is_repeated(array) else "i" for array in arrays]
        arrays = [a if index == "0" else self._in_order(a) for a, index in zip(arrays, indices, strict=True)]
        result = self.xp.empty(arrays[0].shape, arrays[0].dtype)
        self._launch(kernel_text(kernel, *indices), arrays, [], [result], (result.size,), result.size)
        return result

    def _in_order(self, array: Any) -> Any:
        """An array whose elements lie side by side, in the order of rows; a copy, if this one's do not."""
        return array if array.flags.c_contiguous else self.xp.ascontiguousarray(array)

    def _along_lines(
        self,
        rule: Any,
        places: tuple[str, ...],
        arrays: list[Any],
        numbers: Sequence[float] = (),
        line: int = 1,
        settings: Settings = (),
        dtype: Any = None,
    ) -> list[Any] | None:
        """The results of a rule that goes along the last axes of an array, in one kernel; None where it cannot be one.

        Args:
            places: what each array holds for an element, as in `tapes/line_code.py`.
            line: how many axes.
            dtype: of the results; None: that of the arrays, which is one.
        """
        whole = arrays[places.index("element")]
        split, kind = whole.ndim - line, whole.dtype if dtype is None else dtype
        lines, length = math.prod(whole.shape[:split]), math.prod(whole.shape[split:])
        alike = all(array.dtype == kind for array in arrays if array.dtype.kind == "f") or dtype is not None
        if kind.char not in COMPUTED or not alike or not whole.size or (length > WHOLE and lines < MANY):
            return None
        places = tuple("same" if p == "element" and _is_repeated(a) else p for p, a in zip(places, arrays, strict=True))
        shapes = tuple(_of_one_line(p, a.shape, split) for p, a in zip(places, arrays, strict=True))
        lanes = lanes_for(lines, length)
        kernel = along_lines(rule, places, shapes, line, lanes, len(numbers), settings)
        if kernel is None:
            return None
        arrays = [a if p == "same" else self._in_order(a) for p, a in zip(places, arrays, strict=True)]
        results = [self.xp.empty((*whole.shape[:split], *shape[split:]), kind) for shape in kernel.shapes]
        self._launch(kernel.text, arrays, numbers, results, (lines, length), lines * lanes)
        return results

    # Parts of rules, fused: like all functions of a backend, they are called where the current device is this one.

    def update(self, kernel: KernelText, arrays: list[Any], numbers: list[float], scratch: list[Any]) -> None:
        """In one kernel, which reads its first arrays and then overwrites them."""
        count, size = len(kernel.results), arrays[0].size
        self._launch(kernel, arrays[count:], numbers, arrays[:count], (size,), size)

    def activate(self, h: Any, bias: Any, activation: str | None) -> Any:
        fits = h.dtype == bias.dtype and h.dtype.char in COMPUTED and h.shape[-1:] == bias.shape
        if not fits or not h.flags.c_contiguous:
            return PARTS["activate"](self, h, bias, activation)
        text = activation_text(activation)
        self._launch(text, [self._in_order(bias)], [], [h], (h.size, bias.size), h.size)
        return h

    def deactivate(self, g: Any, y: Any, activation: str) -> Any:
        if g.dtype != y.dtype or g.shape != y.shape or g.dtype.char not in COMPUTED:
            return PARTS["deactivate"](self, g, y, activation)
        return self._elementwise(part_kernel("deactivate", activation), [g, y])

    def cross_entropy_rows(self, logits: Any, labels: Any) -> Any:
        labels = self.xp.asarray(labels)
        return self._part_along_lines("cross_entropy_rows", ("element", "label"), [logits, labels])

    def cross_entropy_mean(self, logits: Any, labels: Any, share: float) -> Any:
        labels = self.xp.asarray(labels)
        rows = self._along_lines(_shares_of_mean, ("element", "label"), [logits, labels], [share])
        if rows is None:
            return PARTS["cross_entropy_mean"](self, logits, labels, share)
        return self.xp.sum(rows[0])

    def cross_entropy_slope(self, logits: Any, labels: Any, g: Any) -> Any:
        places = ("element", "label", "line" if g.ndim else "one")
        return self._part_along_lines("cross_entropy_slope", places, [logits, self.xp.asarray(labels), g])

    def cross_entropy_mean_slope(self, logits: Any, labels: Any, g: Any, share: float) -> Any:
        places = ("element", "label", "line" if g.ndim else "one")
        arrays = [logits, self.xp.asarray(labels), g]
        return self._part_along_lines("cross_entropy_mean_slope", places, arrays, [share])

    def _part_along_lines(
        self, name: str, places: tuple[str, ...], arrays: list[Any], numbers: Sequence[float] = ()
    ) -> Any:
        """A part with one result, in one kernel or in its plain steps."""
        found = self._along_lines(PARTS[name], places, arrays, numbers)
        return PARTS[name](self, *arrays, *numbers) if found is None else found[0]

    def dropout_factor(self, keys: int, shape: tuple[int, ...], p: float, dtype: Any) -> Any:
        factor, limit = self.xp.empty(shape, dtype=dtype), round(p * 2**32)
        if factor.dtype.char not in "fd" or not factor.size or limit >= 2**32:
            return PARTS["dropout_factor"](self, keys, shape, p, dtype)
        numbers = [np.uint32(x) for x in (keys & 0xFFFFFFFF, keys >> 32, limit)]
        self._launch(DROPOUT, [], [*numbers, 1 / (1 - p)], [factor], (factor.size,), factor.size)
        return factor


def _is_repeated(array: Any) -> bool:
    """Whether an array is one number, broadcast to its shape."""
    return not (array.flags.c_contiguous or any(array.strides))


def _of_one_line(place: str, shape: tuple[int, ...], split: int) -> tuple[int, ...]:
    """The shape that an operand would have if there were one line."""
    if place in ("line", "label"):
        return (1,) * len(shape)
    return shape if place in ("column", "one") else (*(1,) * split, *shape[split:])


def _shares_of_mean(xp: Any, logits: Any, labels: Any, share: float) -> Any:
    return xp.cross_entropy_rows(logits, labels) * share


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


WHOLE, MANY = 2**16, 64  # longer lines, and fewer of them, keep too few threads busy
COMPUTED = "fd"  # the types, float32 and float64, in which kernels compute
_PLAIN = {bool, int, float, str, type(None)}  # types of settings that stand in a kernel
Settings = tuple[tuple[str, Any], ...]


def _settings(attrs: dict[str, Any] | None) -> Settings:
    return tuple(attrs.items()) if attrs else ()


@cache
def part_kernel(name: str, activation: str | None) -> Kernel:
    """A part of a rule, of two arrays."""
    return Kernel(PARTS[name], 2, settings={"activation": activation})


@cache
def activation_text(activation: str | None) -> KernelText:
    """The kernel that adds a bias to each row of an array, and overwrites it."""
    return elementwise(part_kernel("activate", activation), indices=("i", "i % period"))


@cache
def kernel_text(kernel: Kernel, *indices: str) -> KernelText:
    """The text of a kernel with one new result."""
    return elementwise(kernel, ("y",), indices)


@cache
def forward_kernel(op: Any, settings: Settings) -> Kernel | None:
    """The forward rule of an operation as one kernel; None if it is a single call, or cannot be written."""
    return _rule_kernel(op.forward, op.arity, settings)


@cache
def slope_kernel(op: Any, position: int, settings: Settings) -> Kernel | None:
    """The upstream gradient times a derivative of an operation; None if that is a single call."""
    rule = op.rules[position]

    def slope(xp: Any, g: Any, y: Any, *operands: Any, **attrs: Any) -> Any:
        return g * rule(xp, y, *operands, **attrs)

    slope.__name__ = f"{op.name}_slope"
    return _rule_kernel(slope, 2 + op.arity, settings)


def _rule_kernel(rule: Any, arrays: int, settings: Settings) -> Kernel | None:
    """A rule as a kernel; None if it is a single call of the library, or cannot be written."""
    try:
        kernel = Kernel(rule, arrays, settings=dict(settings))
        kernel_text(kernel, *["i"] * arrays)
    except (TypeError, AttributeError):  # a constant slope, or a function that a kernel lacks
        return None
    return kernel if len(kernel.steps) > 1 else None


@cache
def along_lines(
    rule: Any,
    places: tuple[str, ...],
    shapes: tuple[tuple[int, ...], ...],
    line: int,
    lanes: int,
    numbers: int = 0,
    settings: Settings = (),
) -> LineKernel | None:
    """A rule as a kernel that goes along lines; None if it cannot be one."""
    try:
        return line_kernel(rule, places, shapes, line, lanes, numbers, settings)
    except (TypeError, AttributeError):
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
factor[i] = select(x >= limit, (T)n0, (T)(0));
"""
DROPOUT = KernelText(
    "tinygrad_edu_dropout",
    (),
    ("unsigned low", "unsigned high", "unsigned limit", "double n0"),
    ("factor",),
    (*EACH_ELEMENT, *_HASH.strip().splitlines()),
)
