"""The text of kernels for g++: the threads of a launch run one after another, and one goes along a line."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_edu.tapes.cuda.language import PREAMBLE, KernelText
from tinygrad_edu.tapes.cuda.lines import POSITION

_HEAD = """#include <cmath>
#include <cstddef>
using namespace std;
#define __global__
struct {
  unsigned x;
} blockIdx, threadIdx, blockDim = {1};
"""
# What stands in the place of the functions by which the lanes of a line add up.
_ONE_LANE = """
#define LANES 1
#define WIDTH 1
#define larger(a, b) ((a) >= (b) || (a) != (a) ? (a) : (b))
#define smaller(a, b) ((a) <= (b) || (a) != (a) ? (a) : (b))
#define sum_of_lanes(x) (x)
#define sum_of_column(x) (x)
#define max_of_lanes(x) (x)
#define min_of_lanes(x) (x)
"""
_C = {"float": ctypes.c_float, "double": ctypes.c_double, "unsigned": ctypes.c_uint}


def for_cpu(kernels: Sequence[KernelText], types: Sequence[Sequence[str]], of: str) -> str:
    """Functions `run_NAME(threads, parameters...)`, for kernels of different names.

    Args:
        types: for each kernel those of its arrays, and of its results.
        of: the type in which they compute.
    """
    texts = [_with_threads(kernel, kinds, of) for kernel, kinds in zip(kernels, types, strict=True)]
    return "\n".join([_HEAD, PREAMBLE, POSITION, _ONE_LANE, *texts])


def _with_threads(kernel: KernelText, types: Sequence[str], of: str) -> str:
    text = kernel._replace(preamble="").source(of, types)
    parameters = text.partition(f"{kernel.name}(")[2].partition(") {")[0]
    names = ", ".join(parameter.split()[-1] for parameter in parameters.split(","))
    return f"""{text}
extern "C" void run_{kernel.name}(long long threads, {parameters}) {{
  for (blockIdx.x = 0; blockIdx.x < threads; blockIdx.x++) {kernel.name}({names});
}}
"""


def run(library: ctypes.CDLL, kernel: KernelText, threads: int, arguments: Sequence[Any]) -> None:
    """Call a function of `for_cpu` with what its kernel takes."""
    given: list[Any] = [ctypes.c_longlong(threads)]
    declared = [*kernel.arrays, *kernel.numbers, *kernel.results, *kernel.sizes]
    for what, value in zip(declared, arguments, strict=True):
        if isinstance(value, np.ndarray):
            assert value.flags.c_contiguous
            given.append(value.ctypes.data_as(ctypes.c_void_p))
        else:
            given.append(_C[what.split()[0]](value) if " " in what else ctypes.c_longlong(value))
    getattr(library, f"run_{kernel.name}")(*given)
