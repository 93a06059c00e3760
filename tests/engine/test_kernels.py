"""Kernel texts without a GPU: compiled by g++ and run in a loop, and compiled by NVRTC for two architectures."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine import c_code
from engine.kernel_cases import HOOKS, KERNELS, LINES, all_kernels
from fake_device import fake_cupy
from tinygrad_edu import backends
from tinygrad_edu.backends.base import Backend
from tinygrad_edu.backends.fusing import kernel_text
from tinygrad_edu.backends.launching import Launcher
from tinygrad_edu.namespaces.namespace import PARTS
from tinygrad_edu.nn.dropout import mask_keys
from tinygrad_edu.tapes.cuda.lanes import BLOCK, WARP
from tinygrad_edu.tapes.cuda.language import KernelText, elementwise
from tinygrad_edu.tapes.kernel import Kernel

ELEMENTS = {"float32": "float", "float64": "double"}
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


LENGTH = 4  # of lines
ALL = {
    **{name: kernel_text(Kernel(rule, 2), "i", "i") for name, rule in CHOICES.items()},
    **all_kernels(),
    **{name: lines.text(LENGTH, WARP) for name, lines in LINES.items()},
}


def types_of(name: str, kernel: KernelText) -> list[str]:
    """Those of its arrays, and of its results."""
    if name in LINES:
        return LINES[name].types(kernel)
    return ["long long" if array == "rows" else "T" for array in kernel.arrays + kernel.results]


def numbered(kernels: dict[str, KernelText]) -> list[KernelText]:
    """The same under the names kernel_0, kernel_1, ..., so that one source may hold them all."""
    return [kernel._replace(name=f"kernel_{k}") for k, kernel in enumerate(kernels.values())]


@pytest.fixture(scope="session", params=ELEMENTS)
def compiled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, list[Any], int], None]:
    """A function that runs a kernel by its name, in so many threads, on arrays of one of the two dtypes."""
    if shutil.which("g++") is None:
        pytest.skip("needs g++, which compiles the text of kernels for the CPU: apt-get install g++")
    kernels, folder = dict(zip(ALL, numbered(ALL), strict=True)), tmp_path_factory.mktemp("kernels")
    types = [types_of(name, kernel) for name, kernel in kernels.items()]
    (folder / "kernels.cpp").write_text(c_code.for_cpu(list(kernels.values()), types, ELEMENTS[request.param]))
    # as IEEE says, without contracting a product and a sum to one operation that NumPy has not
    command = "g++ -shared -fPIC -O1 -ffp-contract=off -o kernels.so kernels.cpp".split()
    subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder)
    library = ctypes.CDLL(str(folder / "kernels.so"))

    def run(name: str, arguments: list[Any], threads: int) -> None:
        c_code.run(library, kernels[name], threads, arguments)

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
    compiled(name, [*arrays[count:], *given, *arrays[:count], 1000], 1000)
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
    y = a.copy()
    compiled(name, [b, y, len(a), len(b)] if name.startswith("activate") else [a, b, y, len(a)], len(a))
    np.testing.assert_allclose(y, expected, **close(compiled.dtype))


def test_the_kernels_of_dropout_compute_its_hash(compiled: Any) -> None:
    keys, x = mask_keys(seed=2**62 + 5, step=3), np.random.default_rng(5).standard_normal(5000).astype(compiled.dtype)
    numbers = [keys & 0xFFFFFFFF, keys >> 32, round(0.3 * 2**32), 1 / 0.7]
    factor, again, product = (np.empty(5000, dtype=compiled.dtype) for _ in range(3))
    compiled("dropout factor", [*numbers, factor, 5000], 5000)
    compiled("dropped", [x, *numbers, again, product, 5000], 5000)
    wanted = PARTS["dropped"](backends.get("cpu"), x, keys, 0.3)
    for found, expected in zip((factor, again, product), (wanted[0], *wanted), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_rows_that_are_taken_and_sums_of_columns(compiled: Any) -> None:
    a = np.random.default_rng(6).standard_normal((7, 3)).astype(compiled.dtype)
    taken, sums, rows = np.empty((5, 3), compiled.dtype), np.empty(3, compiled.dtype), np.array([6, 0, 3, -1, -7])
    compiled("rows", [a, rows, taken, taken.size, 3, 7], taken.size)
    compiled("sums of columns", [a, sums, 3, 7], 3)
    np.testing.assert_array_equal(taken, a[rows])
    np.testing.assert_allclose(sums, a.sum(axis=0), **close(compiled.dtype))


@pytest.mark.parametrize("name", CHOICES)
def test_nan_inf_and_ties_as_in_numpy(name: str, compiled: Any) -> None:
    a, b = (x.ravel().astype(compiled.dtype) for x in np.meshgrid(SPECIAL, SPECIAL))
    with np.errstate(all="ignore"):
        expected = CHOICES[name](np, a, b)
    y = np.empty_like(a)
    compiled(name, [a, b, y, len(a)], len(a))
    np.testing.assert_allclose(y, expected, **close(compiled.dtype))


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("special", [0.0, np.nan, np.inf, -np.inf, 1000.0, -1000.0])
def test_a_kernel_that_goes_along_lines_computes_its_rule(name: str, special: float, compiled: Any) -> None:
    lines = LINES[name]
    rng, numbers = np.random.default_rng(3), [0.25] * lines.numbers
    arrays = [np.asarray(rng.standard_normal(shape), compiled.dtype) for shape in lines.shapes(7, LENGTH)]
    if "label" in lines.places:
        arrays[lines.places.index("label")] = np.array([0, 1, 2, 3, 0, 1, -1])
    operand = arrays[lines.places.index("element")].reshape(-1, LENGTH)
    operand[:1], operand[1:2, 2], operand[2:3, 0] = special, special, special
    with np.errstate(all="ignore"):
        expected = lines.rule(Backend("plain", np, np.ndarray), *arrays, *numbers, **dict(lines.settings))
    expected = [np.asarray(x, compiled.dtype) for x in as_tuple(expected)]
    found, many = [np.empty_like(x) for x in expected], 1 if lines.whole else 7
    compiled(name, [*arrays, *numbers, *found, many, LENGTH], many)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=10 * close(compiled.dtype)["rtol"], atol=1e-6)


@pytest.mark.parametrize("name", KERNELS)
def test_the_fake_device_reads_a_kernel_as_c_does(name: str, compiled: Any) -> None:
    kernel, given, _ = KERNELS[name]
    rng = np.random.default_rng(4)
    arrays = [rng.uniform(0.1, 0.9, 50).astype(compiled.dtype) for _ in range(len(kernel.inputs))]
    arrays[1] += 1
    count = len(kernel.results)
    read = [fake_cupy.asarray(array) for array in arrays]
    Launcher(fake_cupy)(elementwise(kernel), read[count:], given, read[:count], (50,), 50)
    compiled(name, [*arrays[count:], *given, *arrays[:count], 50], 50)
    for found, array in zip(read, arrays, strict=True):
        np.testing.assert_allclose(found.get(), array, **close(compiled.dtype))


@pytest.mark.cupy
@pytest.mark.parametrize(("element", "architecture"), [("float", "sm_80"), ("double", "sm_90")])
def test_nvrtc_compiles_every_kernel(element: str, architecture: str) -> None:
    nvrtc = pytest.importorskip("cupy_backends.cuda.libs.nvrtc", reason="needs CuPy: pip install --group cupy")
    by_preamble: dict[str, list[str]] = {}
    long = {f"{name} of a block": lines.text(LENGTH, BLOCK) for name, lines in LINES.items()}
    for name, kernel in zip([*ALL, *LINES], numbered({**ALL, **long}), strict=True):
        text = kernel._replace(preamble="").source(element, types_of(name, kernel))
        by_preamble.setdefault(kernel.preamble, []).append(text)
    for preamble, texts in by_preamble.items():
        source = "\n".join([preamble, *texts])
        program = nvrtc.createProgram(source, "kernels.cu", (), ())
        try:
            nvrtc.compileProgram(program, (f"-arch={architecture}",))
        except nvrtc.NVRTCError as error:
            raise AssertionError(f"{nvrtc.getProgramLog(program)}\n{source}") from error
        assert nvrtc.getCUBIN(program)
        nvrtc.destroyProgram(program)
