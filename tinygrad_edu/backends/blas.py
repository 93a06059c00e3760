"""Products of matrices by cuBLAS itself, into arrays that are there already.

CuPy's own products take longer to be asked for than small ones take to be computed, and refuse to be captured in a CUDA
graph: they set the stream each time. This one has a handle of its own, and calls one function.
"""

from __future__ import annotations

import ctypes
from functools import partial
from typing import Any

from ..tapes.cuda.layouts import Matrix

_INT, _POINTER = ctypes.c_int, ctypes.c_void_p
_DEFAULT = -1  # cublasGemmAlgo_t
_WORKSPACE = 32 << 20  # bytes; what cuBLAS recommends for its largest architecture
TYPES = {"float32": (0, ctypes.c_float), "float64": (1, ctypes.c_double)}  # cudaDataType_t, and of the factors
FLOAT32, FLOAT64, TF32 = 68, 70, 77  # cublasComputeType_t


class Blas:
    """cuBLAS on one device, which is the current one.

    Args:
        cupy: the library itself.
    Attributes:
        float32: how products of float32 are computed, FLOAT32 or TF32: its `value`.
    """

    def __init__(self, cupy: Any):
        self.float32 = _INT(FLOAT32)
        from cuda import pathfinder  # with which CuPy finds it

        self.cupy = cupy
        library = ctypes.CDLL("libcublas", handle=pathfinder.load_nvidia_dynamic_lib("cublas")._handle_uint)
        self._library, self.gemm = library, library.cublasGemmEx
        self.handle = _POINTER()
        check("cublasCreate", library.cublasCreate_v2(ctypes.byref(self.handle)))
        self._stream: int | None = None
        self._workspace: Any = None

    def follow(self, stream: int) -> None:
        """Compute in this stream from now on."""
        if stream == self._stream:
            return
        check("cublasSetStream", self._library.cublasSetStream_v2(self.handle, _POINTER(stream)))
        if hasattr(self._library, "cublasSetWorkspace_v2"):  # which setting the stream has taken away
            self._workspace = self._workspace or self.cupy.cuda.alloc(_WORKSPACE)
            where, size = _POINTER(self._workspace.ptr), ctypes.c_size_t(_WORKSPACE)
            check("cublasSetWorkspace", self._library.cublasSetWorkspace_v2(self.handle, where, size))
        self._stream = stream


class Product:
    """out = a @ b for matrices of fixed shapes; `out` has its rows in one piece. Two threads must not call it at once.

    cuBLAS goes along columns first, and so reads an array as its transpose: it is given bᵀ and aᵀ, and writes outᵀ.
    """

    def __init__(self, blas: Blas, a: Matrix, b: Matrix, dtype: str):
        kind, number = TYPES[dtype]
        size = ctypes.sizeof(number)
        self._starts = a.offset * size, b.offset * size
        self._a, self._b, self._out = _POINTER(), _POINTER(), _POINTER()  # where the arrays of a call lie
        # The other arguments are made here, as to make them takes longer than the call itself.
        sizes = map(_INT, (b.transposed, a.transposed, b.columns, a.rows, a.columns))
        left, right = (self._b, _INT(kind), _INT(b.leading)), (self._a, _INT(kind), _INT(a.leading))
        written = self._out, _INT(kind), _INT(max(b.columns, 1))
        one, zero = ctypes.byref(number(1)), ctypes.byref(number(0))
        how = _INT(FLOAT64) if dtype == "float64" else blas.float32
        self._gemm = partial(blas.gemm, blas.handle, *sizes, one, *left, *right, zero, *written, how, _INT(_DEFAULT))

    def __call__(self, a: Any, b: Any, out: Any) -> None:
        of_a, of_b = self._starts
        self._a.value, self._b.value, self._out.value = a.data.ptr + of_a, b.data.ptr + of_b, out.data.ptr
        status = self._gemm()
        if status:
            check("cublasGemmEx", status)


def check(name: str, status: int) -> None:
    """Raise RuntimeError unless a function of cuBLAS says that all went well."""
    if status:
        raise RuntimeError(f"{name} failed with status {status} of cuBLAS")
