"""Kernel texts without a GPU: compiled by g++ and run in a loop, and compiled by NVRTC for two architectures."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import c_code
from engine.kernel_cases import HOOKS, KERNELS, all_kernels
from fake_device import fake_cupy
from tinygrad_edu import backends
from tinygrad_edu.backends.cupy import ROW_KERNELS, kernel_of
from tinygrad_edu.namespaces.namespace import PARTS
from tinygrad_edu.nn.dropout import mask_keys
from tinygrad_edu.tapes.cuda_code import KernelText, elementwise
from tinygrad_edu.tapes.kernel import Kernel

ELEMENTS = {"float32": ("float", ctypes.c_float), "float64": ("double", ctypes.c_double)}
SPECIAL = [0.0, -0.0, np.nan, np.inf, -np.inf, 1e-30, -1e30, 2.0]
CHOICES: dict[str, Callable[..., Any]] = {
    "maximum": lambda xp, a, b: xp.maximum(a, b),
    "minimum": lambda xp, a, b: xp.minimum(a, b),
    "where": lambda xp, a, b: xp.where(a > b, a, 2.0 * b),
    "where with numbers": lambda xp, a, b: xp.where(a <= b, 1.0, -1.0) * a,
    "comparisons": lambda xp, a, b: (a >= b) * 1.0 + (a < b) * 2.0 + (a == b) * 4.0,
    "functions": lambda xp, a, b: xp.exp(-xp.abs(a)) + xp.sqrt(xp.square(b)) + xp.log1p(xp.abs(b)) - xp.expm1(-a * a),
    "a power": lambda xp, a, b: xp.log(1.5 + xp.tanh(a)) ** 2.0 + xp.abs(b) ** 0.5,
}


def numbered(kernels: dict[str, KernelText]) -> list[KernelText]:
    """The same under the names kernel_0, kernel_1, ..., so that one source may hold them all."""
    return [kernel._replace(name=f"kernel_{k}") for k, kernel in enumerate(kernels.values())]


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Callable[[dict[str, KernelText], str], ctypes.CDLL]:
    """A function that compiles kernels as C++ functions of one library."""
    if shutil.which("g++") is None:
        pytest.skip("needs g++, which compiles the text of kernels for the CPU: apt-get install g++")

    def build(kernels: dict[str, KernelText], element: str) -> ctypes.CDLL:
        folder: Path = tmp_path_factory.mktemp("kernels")
        (folder / "kernels.cpp").write_text(c_code.source(numbered(kernels), element, cuda=False))
        # as IEEE says, without contracting a product and a sum to one operation that NumPy has not
        command = "g++ -shared -fPIC -O1 -ffp-contract=off -o kernels.so kernels.cpp".split()
        subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder)
        return ctypes.CDLL(str(folder / "kernels.so"))

    return build


def call(function: Any, kernel: KernelText, arguments: list[Any], size: int, number: type) -> None:
    """Run a compiled kernel; arrays that a kernel reads in a smaller shape must be repeated before."""
    given = []
    for (_, kind, name, _), value in zip(c_code.parameters(kernel), arguments, strict=True):
        if c_code.is_number(kind, name):
            given.append({"int32": ctypes.c_int, "uint32": ctypes.c_uint}.get(kind, number)(value))
        else:
            assert value.flags.c_contiguous
            given.append(value.ctypes.data_as(ctypes.c_void_p))
    function(*given, ctypes.c_ssize_t(size))


@pytest.fixture(scope="session", params=ELEMENTS)
def compiled(request: pytest.FixtureRequest, build: Any) -> Callable[[str, list[Any], int], None]:
    """A function that runs a kernel by its name, on arrays of one of the two dtypes."""
    kernels = {name: elementwise(Kernel(rule, 2), ("y",)) for name, rule in CHOICES.items()} | all_kernels()
    element, number = ELEMENTS[request.param]
    library, order = build(kernels, element), list(kernels)

    def run(name: str, arguments: list[Any], size: int) -> None:
        call(getattr(library, f"kernel_{order.index(name)}"), kernels[name], arguments, size, number)

    run.dtype = request.param  # type: ignore[attr-defined]
    return run


def as_tuple(results: Any) -> tuple[Any, ...]:
    return results if isinstance(results, tuple) else (results,)


def close(dtype: str) -> dict[str, float]:
    return {"rtol": 2e-6, "atol": 1e-7} if dtype == "float32" else {"rtol": 1e-14, "atol": 1e-15}


@pytest.mark.parametrize("name", KERNELS)
def test_an_optimizer_s_kernel_computes_its_rule(name: str, compiled: Any) -> None:
    kernel, given, rule = KERNELS[name]
    rng = np.random.default_rng(1)
    arrays = [rng.uniform(0.1, 0.9, 1000).astype(compiled.dtype) for _ in range(len(kernel.inputs))]
    arrays[1] += 1  # the mean square, above the square of the mean
    expected = [array.copy() for array in arrays]
    expected[: len(kernel.results)] = as_tuple(rule(np, *expected))
    count = len(kernel.results)
    compiled(name, [*arrays[count:], *given, *arrays[:count]], 1000)
    for found, array in zip(arrays, expected, strict=True):
        np.testing.assert_allclose(found, array, **close(compiled.dtype))


@pytest.mark.parametrize("name", HOOKS)
def test_an_activation_s_kernel_computes_its_rule(name: str, compiled: Any) -> None:
    rng = np.random.default_rng(2)
    a, b = (np.concatenate([rng.standard_normal(100) * 3, SPECIAL]).astype(compiled.dtype) for _ in range(2))
    hook = PARTS[name.split()[0]]
    activation = None if name.endswith("None") else name.split()[1]
    with np.errstate(all="ignore"):
        expected = hook(backends.get("cpu"), a, b, activation)
    y = np.empty_like(a)
    compiled(name, [a, b, y], len(a))
    np.testing.assert_allclose(y, expected, **close(compiled.dtype))


def test_the_kernel_of_dropout_computes_its_hash(compiled: Any) -> None:
    keys, factor = mask_keys(seed=2**62 + 5, step=3), np.empty(5000, dtype=compiled.dtype)
    compiled("dropout", [keys & 0xFFFFFFFF, keys >> 32, round(0.3 * 2**32), 1 / 0.7, factor], factor.size)
    wanted = PARTS["dropout_factor"](backends.get("cpu"), keys, (5000,), 0.3, compiled.dtype)
    np.testing.assert_array_equal(factor, wanted)


@pytest.mark.parametrize("name", CHOICES)
def test_nan_inf_and_ties_as_in_numpy(name: str, compiled: Any) -> None:
    a, b = (x.ravel().astype(compiled.dtype) for x in np.meshgrid(SPECIAL, SPECIAL))
    with np.errstate(all="ignore"):
        expected = CHOICES[name](np, a, b)
    y = np.empty_like(a)
    compiled(name, [a, b, y], len(a))
    np.testing.assert_allclose(y, expected, **close(compiled.dtype))


@pytest.mark.parametrize("name", ROW_KERNELS)
@pytest.mark.parametrize("special", [0.0, np.nan, np.inf, -np.inf, 1000.0, -1000.0])
def test_the_kernels_of_cross_entropy(name: str, special: float, compiled: Any) -> None:
    rng = np.random.default_rng(3)
    logits = rng.standard_normal((7, 4)).astype(compiled.dtype)
    logits[0], logits[1, 2], logits[2, 0] = special, special, special
    labels, g = np.array([0, 1, 2, 3, 0, 1, -1]), rng.standard_normal(7).astype(compiled.dtype)
    cpu = backends.get("cpu")
    with np.errstate(all="ignore"):
        if name == "loss":
            expected, found = PARTS["cross_entropy_rows"](cpu, logits, labels) * 0.25, np.empty_like(g)
            compiled(name, [logits, labels, 4, 0.25, found], 7)
        else:
            expected, found = PARTS["cross_entropy_slope"](cpu, logits, labels, g * 0.25), np.empty_like(logits)
            compiled(name, [logits, labels, g, 4, 0.25, found], 7)
    np.testing.assert_allclose(found, expected, rtol=close(compiled.dtype)["rtol"], atol=1e-6)


@pytest.mark.parametrize("name", KERNELS)
def test_the_fake_device_reads_a_kernel_as_c_does(name: str, compiled: Any) -> None:
    kernel, given, _ = KERNELS[name]
    rng = np.random.default_rng(4)
    arrays = [rng.uniform(0.1, 0.9, 50).astype(compiled.dtype) for _ in range(len(kernel.inputs))]
    arrays[1] += 1
    count = len(kernel.results)
    read = kernel_of(elementwise(kernel), fake_cupy).compute([*arrays[count:], *given], arrays[:count])
    compiled(name, [*arrays[count:], *given, *arrays[:count]], 50)
    for found, array in zip(read, arrays, strict=False):
        np.testing.assert_allclose(found, array, **close(compiled.dtype))


@pytest.mark.cupy
@pytest.mark.parametrize("architecture", ["sm_80", "sm_90"])
@pytest.mark.parametrize("element", ["float", "double"])
def test_nvrtc_compiles_every_kernel(element: str, architecture: str) -> None:
    nvrtc = pytest.importorskip("cupy_backends.cuda.libs.nvrtc", reason="needs CuPy: pip install --group cupy")
    source = c_code.source(numbered(all_kernels()), element, cuda=True)
    program = nvrtc.createProgram(source, "kernels.cu", (), ())
    try:
        nvrtc.compileProgram(program, (f"-arch={architecture}",))
    except nvrtc.NVRTCError as error:
        raise AssertionError(f"{nvrtc.getProgramLog(program)}\n{source}") from error
    assert nvrtc.getCUBIN(program)
    nvrtc.destroyProgram(program)
