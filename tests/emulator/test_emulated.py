"""The emulated device itself: what it counts, and what a kernel finds on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from emulator import activating

pytestmark = pytest.mark.emulator
SUMS = """
extern "C" __global__ void warp_sums(const float* a, float* sums) {
  float total = a[blockIdx.x * 32 + threadIdx.x];
  for (int d = 16; d; d /= 2) total += __shfl_xor_sync(0xffffffffu, total, d);
  sums[blockIdx.x * 32 + threadIdx.x] = total;
}
extern "C" __global__ void reversed(float* a) {
  extern __shared__ float all[];
  all[threadIdx.x] = a[threadIdx.x];
  __syncthreads();
  a[threadIdx.x] = all[blockDim.x - 1 - threadIdx.x];
}
"""


@pytest.fixture
def cupy() -> Iterator[Any]:
    """CuPy with a pool of memory of its own."""
    import cupy

    with cupy.cuda.using_allocator(cupy.cuda.MemoryPool().malloc):
        yield cupy


def test_what_is_asked_for_is_counted(cupy: Any) -> None:
    host = np.arange(1000.0)
    with activating.counting() as count:
        a = cupy.asarray(host)
        b = cupy.exp(a)
        c = b.copy()
        c.get()
        cupy.cuda.Device().synchronize()
    assert count == activating.Count(launches=2, waits=2, uploads=1, downloads=1, mallocs=3)


def test_what_is_dry_is_counted_and_not_done(cupy: Any) -> None:
    a, b = cupy.arange(4.0), cupy.ones((2, 2))
    c, d = a + 1.0, cupy.zeros((2, 2))
    cupy.matmul(b, b, out=d)  # compiled, and cuBLAS loaded, before
    c[...] = a
    with activating.dry(), activating.counting() as count:
        cupy.add(a, 1.0, out=c)
        cupy.matmul(b, b, out=d)
        c[...] = a
        c.fill(7.0)
        uploaded = cupy.asarray(np.full(4, 3.0))
    assert (count.launches, count.uploads) == (4, 1)
    np.testing.assert_array_equal(c.get(), np.arange(4.0))
    np.testing.assert_array_equal(d.get(), np.full((2, 2), 2.0))
    np.testing.assert_array_equal(uploaded.get(), np.full(4, 3.0))
    cupy.add(a, 1.0, out=c)
    np.testing.assert_array_equal(c.get(), np.arange(1.0, 5.0))


def test_memory_that_nobody_wrote_is_nan(cupy: Any) -> None:
    assert bool(cupy.isnan(cupy.empty(5)).all())


def test_threads_wait_for_each_other(cupy: Any) -> None:
    module = cupy.RawModule(code=SUMS)
    a = cupy.arange(64, dtype="float32")
    sums = cupy.empty_like(a)
    module.get_function("warp_sums")((2,), (32,), (a, sums))
    expected = np.arange(64, dtype="float32")
    np.testing.assert_array_equal(sums.get().reshape(2, 32)[:, 0], expected.reshape(2, 32).sum(axis=1))
    module.get_function("reversed")((1,), (64,), (a,), shared_mem=64 * 4)
    np.testing.assert_array_equal(a.get(), expected[::-1])


def test_a_kernel_that_does_not_compile_says_why(cupy: Any) -> None:
    kernel = cupy.RawKernel('extern "C" __global__ void wrong(float* a) { a[0] = undeclared; }', "wrong")
    with pytest.raises(cupy.cuda.compiler.CompileException, match="undeclared"):
        kernel((1,), (1,), (cupy.zeros(1, "float32"),))


def test_a_graph_is_replayed_with_the_arguments_of_its_capture(cupy: Any) -> None:
    a = cupy.zeros(3)
    with cupy.cuda.Stream() as stream:
        cupy.add(a, 1.0, out=a)  # compiled before
        stream.begin_capture()
        cupy.add(a, 2.0, out=a)
        graph = stream.end_capture()
        for _ in range(2):
            graph.launch(stream)
        stream.synchronize()
    np.testing.assert_array_equal(a.get(), [5.0, 5.0, 5.0])


def test_more_memory_than_there_is_is_refused(cupy: Any) -> None:
    with pytest.raises(cupy.cuda.memory.OutOfMemoryError):
        cupy.empty(1 << 40)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_products(cupy: Any, dtype: str) -> None:
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal(shape).astype(dtype) for shape in ((2, 3, 4), (2, 4, 5)))
    pairs = [(a, b), (a[0], b[0]), (a[0].T.copy().T, b[0]), (a[0], b[0, :, 0].copy()), (a, b[1])]
    for left, right in pairs:
        product = (cupy.asarray(left) @ cupy.asarray(right)).get()
        np.testing.assert_allclose(product, left @ right, rtol=1e-2 if dtype == "float16" else 1e-5)
