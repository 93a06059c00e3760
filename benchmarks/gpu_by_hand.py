"""A training step on a GPU by hand: eleven launches for two layers, which can be captured as one CUDA graph.

It is what a compiled step can reach: buffers fixed beforehand, one kernel for each thing to do (`gpu_kernels.cu`), and
products by cuBLAS itself, as CuPy's own refuse to be captured.
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import numpy as np

from .gpu_steps import BETA1, BETA2, EPS, RATE, Competitor, Problem

KERNELS = ("bias_relu", "relu_backward", "cross_entropy", "column_sums", "adam")
WORKSPACE = 32 << 20  # bytes; what cuBLAS recommends for this architecture
_32F, _32F_FAST_TF32 = 68, 77  # cublasComputeType_t


class Blas:
    """cuBLAS with a handle, stream and workspace of its own; products of C-contiguous float32 arrays."""

    def __init__(self, cupy: Any, stream: Any, tf32: bool):
        from cuda import pathfinder

        self.library = ctypes.CDLL("libcublas", handle=pathfinder.load_nvidia_dynamic_lib("cublas")._handle_uint)
        self.handle = ctypes.c_void_p()
        self.workspace = cupy.cuda.alloc(WORKSPACE)
        self.one, self.zero = ctypes.c_float(1), ctypes.c_float(0)
        self.compute = _32F_FAST_TF32 if tf32 else _32F
        self._call("cublasCreate_v2", ctypes.byref(self.handle))
        self._call("cublasSetStream_v2", self.handle, ctypes.c_void_p(stream.ptr))  # forgets the workspace
        if hasattr(self.library, "cublasSetWorkspace_v2"):
            size = ctypes.c_size_t(WORKSPACE)
            self._call("cublasSetWorkspace_v2", self.handle, ctypes.c_void_p(self.workspace.ptr), size)

    def matmul(self, a: Any, b: Any, out: Any, transpose_a: bool = False, transpose_b: bool = False) -> None:
        """out = a @ b, with a or b transposed. cuBLAS reads an array as its transpose, so it is given bᵀ aᵀ."""
        rows, columns = out.shape
        inner = a.shape[0] if transpose_a else a.shape[1]
        sizes = map(ctypes.c_int, (transpose_b, transpose_a, columns, rows, inner))
        float32 = ctypes.c_int(0)
        arrays = [
            x for array in (b, a, out) for x in (ctypes.c_void_p(array.data.ptr), float32, ctypes.c_int(array.shape[1]))
        ]
        one, zero = ctypes.byref(self.one), ctypes.byref(self.zero)
        algorithm = ctypes.c_int(-1)  # the default
        compute = ctypes.c_int(self.compute)
        self._call("cublasGemmEx", self.handle, *sizes, one, *arrays[:6], zero, *arrays[6:], compute, algorithm)

    def _call(self, name: str, *arguments: Any) -> None:
        status = getattr(self.library, name)(*arguments)
        if status:
            raise RuntimeError(f"{name}: status {status}")


class Step:
    """The step and its buffers, all of which live as long as it does: a graph keeps no memory alive."""

    def __init__(self, problem: Problem, tf32: bool):
        import cupy

        self.problem = problem
        self.stream = cupy.cuda.Stream(non_blocking=True)
        with self.stream:
            options = (f"-DBETA1={BETA1}f", f"-DBETA2={BETA2}f", f"-DEPS={EPS}f")
            code = Path(__file__).with_name("gpu_kernels.cu").read_text(encoding="utf-8")
            module = cupy.RawModule(code=code, options=options, backend="nvrtc")
            self.kernels = {name: module.get_function(name) for name in KERNELS}
            self.blas = Blas(cupy, self.stream, tf32)
            self.flat = cupy.asarray(np.concatenate([p.ravel() for p in problem.parameters]))
            self.gradient, self.m, self.v = (cupy.zeros_like(self.flat) for _ in range(3))
            self.weights, self.biases = self._views(self.flat)
            self.weight_gradients, self.bias_gradients = self._views(self.gradient)
            n = len(problem.x)
            self.outputs = [cupy.asarray(problem.x)] + [cupy.empty((n, m), "float32") for m in problem.layers[1:]]
            self.upstream = [cupy.empty_like(h) for h in self.outputs[1:-1]]  # of the hidden layers
            self.labels, self.losses = cupy.asarray(problem.labels), cupy.empty(n, "float32")
            self.count, self.rate = cupy.zeros((), "int32"), cupy.full((), RATE, "float32")

    def _views(self, flat: Any) -> tuple[list[Any], list[Any]]:
        """The weights and the biases in a flat array."""
        ends = np.cumsum([p.size for p in self.problem.parameters]).tolist()
        pairs = zip(ends, self.problem.parameters, strict=True)
        views = [flat[end - p.size : end].reshape(p.shape) for end, p in pairs]
        return views[::2], views[1::2]

    def launch(self) -> None:
        """Ask for one step; the stream must be the current one."""
        last, n = len(self.weights) - 1, np.int32(len(self.problem.x))
        for k, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            h, m = self.outputs[k + 1], np.int32(weight.shape[1])
            self.blas.matmul(self.outputs[k], weight, h)
            if k < last:
                self.kernels["bias_relu"](_blocks(h.size), (256,), (h, bias, n, m))
        g, m = self.outputs[-1], np.int32(self.problem.layers[-1])
        grid, share = ((int(n) + 7) // 8,), np.float32(1 / n)
        arguments = (g, self.biases[-1], self.labels, self.losses, self.count, n, m, share)
        self.kernels["cross_entropy"](grid, (32, 8), arguments)
        for k in range(last, -1, -1):
            m = np.int32(g.shape[1])
            self.blas.matmul(self.outputs[k], g, self.weight_gradients[k], transpose_a=True)
            self.kernels["column_sums"](((int(m) + 31) // 32,), (32, 16), (g, self.bias_gradients[k], n, m))
            if k:
                self.blas.matmul(g, self.weights[k], self.upstream[k - 1], transpose_b=True)
                g = self.upstream[k - 1]
                self.kernels["relu_backward"](_blocks(g.size), (256,), (g, self.outputs[k], np.int64(g.size)))
        state = (self.flat, self.m, self.v, self.gradient, self.rate, self.count, np.int64(self.flat.size))
        self.kernels["adam"](_blocks(self.flat.size), (256,), state)

    def loss(self) -> float:
        self.stream.synchronize()
        return float(self.losses.get().mean())

    def capture(self) -> Any:
        """The step as a CUDA graph; the weights stay what they are."""
        with self.stream:
            first = self.flat.copy()
            self.launch()  # before it is captured: modules are loaded, cuBLAS has chosen its kernels
            self.flat[...], self.m[...], self.v[...], self.count[...] = first, 0, 0, 0
            self.stream.synchronize()
            self.stream.begin_capture()
            self.launch()
            graph = self.stream.end_capture()
            graph.upload(self.stream)
            self.stream.synchronize()
        return graph


def by_hand(problem: Problem, tf32: bool, captured: bool = False) -> Competitor:
    step = Step(problem, tf32)
    graph = step.capture() if captured else None

    def run() -> Step:
        with step.stream:
            if graph is None:
                step.launch()
            else:
                graph.launch(step.stream)
        return step

    return Competitor(run, Step.loss, step.stream)


def _blocks(size: int) -> tuple[int]:
    """The grid for one thread an element, in blocks of 256."""
    return ((size + 255) // 256,)
