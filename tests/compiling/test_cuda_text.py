"""The code of compiled functions for a GPU, where there is none: its text, and that NVRTC compiles the kernels."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from compiling import test_training
from tinygrad_edu import nn
from tinygrad_edu.compiling import tracing
from tinygrad_edu.compiling.replay import Replay
from tinygrad_edu.compiling.tape_backend import DeviceTapeBackend
from tinygrad_edu.tapes.cuda.program import DeviceCode

NOWHERE = SimpleNamespace(  # a backend that compiles nothing
    xp=np,
    asarray=lambda array: array,
    kernels=lambda code, names: dict.fromkeys(names),
    product=lambda *matrices: None,
    **{name: getattr(tg.backends.get("cpu"), name) for name in ("astype", "cumsum", "swapaxes", "scatter_add")},
)
Write = Callable[..., str]


@pytest.fixture
def write(monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Gives the code of a function of some arguments on the host, as it would be on a device."""
    found: list[str] = []

    def code(replay: Replay, *parts: Any) -> DeviceCode:
        made = DeviceCode(*parts, NOWHERE)
        found.append(made.source)
        return made

    monkeypatch.setattr(Replay, "_code", code)
    monkeypatch.setattr(tracing, "HostTapeBackend", DeviceTapeBackend)

    def written(function: Callable[..., Any], *arguments: Any) -> str:
        step = tg.compile(function)
        for _ in range(2):
            step(*arguments)
        return found[-1]

    yield written


def kernels(source: str) -> str:
    return source.partition('r"""')[2].partition('"""')[0]


def launched(source: str) -> list[str]:
    """The kernels of ours that the function launches, and the products."""
    names = re.findall(r"^    (\w+)\(", source.partition("def step(")[2], re.MULTILINE)
    return [name for name in names if name.partition("_")[0] == "product" or "kernel" in name]


TEXT = '''\
extern "C" __global__ void add_sigmoid_subtract_kernel(const float* a1, const float* b, const float* y, float* a2,
    float* a3) {
  typedef float T;
  int i = blockIdx.x, lane = threadIdx.x;
  T r0 = (T)(0);
  for (int j = lane; j < 4; j += 256) {
    T t0 = a1[j] + b[0];
    T t1 = exp(-fabs(t0));
    T t2 = (T)(1.0) + t1;
    T t3 = select(t0 >= (T)(0), (T)(1.0) / t2, t1 / t2);
    T t4 = t3 - y[j];
    r0 = r0 + power(t4, (T)(2));
    a3[j] = (T)(2) * power(t4, (T)(1)) * (t3 * ((T)(1.0) - t3));
  }
  r0 = sum_of_block(r0);
  if (lane == 0) {
    a2[i] = r0;
  }
}
extern "C" __global__ void add_kernel(const float* a3, float* a4) {
  typedef float T;
  int j = blockIdx.x * 32 + threadIdx.x % 32, lane = threadIdx.x / 32;
  T r0 = (T)(0);
  for (int i = lane; i < 4 && j < 1; i += 16) {
    r0 = r0 + a3[i];
  }
  r0 = sum_of_column(r0);
  if (lane == 0 && j < 1) {
    a4[j] = r0;
  }
}
"""

def step(x, y, w, b):
    product(x, w, a1)  # matmul
    a2 = empty((), 'float32')
    add_sigmoid_subtract_kernel((1,), (256,), (a1, b, y, a2, a3))  # add
    a4 = empty((1,), 'float32')
    add_kernel((1,), (512,), (a3, a4))  # add, backward
    a5 = empty((2, 1), 'float32')
    product(x, a3, a5)  # matmul, backward
    return a2, a4, a5
'''


def test_a_neuron(write: Write) -> None:
    w, b = (tg.Tensor(numbers, requires_grad=True, dtype="float32") for numbers in ([[1.0], [2.0]], [0.5]))
    x, y = np.ones((4, 2), "float32"), np.ones((4, 1), "float32")
    w.name, b.name = "w", "b"
    source = write(lambda x, y: ((tg.sigmoid(tg.Tensor(x) @ w + b) - tg.Tensor(y)) ** 2).sum(), x, y)
    assert source[source.index("extern") :] == TEXT


def model_of(kind: str, outputs: int) -> nn.Sequential:
    return test_training.layers(kind, outputs, np.random.default_rng(0))


X, LABELS = np.ones((6, 4), "float32"), np.arange(6) % 3


@pytest.mark.parametrize(
    "kind, launches",
    [
        ("linear", 5),  # product, softmax and loss and slope, mean; two gradients
        ("relu", 10),  # a product and a kernel more; a product, slope and sum, and a product
        ("gelu", 10),
        ("layer normalization", 11),  # in the kernel before it, and in that after it; one more on the way back
        ("batch normalization", 10),
        ("dropout", 17),  # of three layers, with two factors
    ],
)
def test_launches(write: Write, kind: str, launches: int) -> None:
    model = model_of(kind, 3)
    source = write(lambda x, y: tg.losses.cross_entropy(model(x), y), tg.Tensor(X), tg.Tensor(LABELS))
    assert len(launched(source)) == launches, source


KINDS = [kind for kind, data, loss, _ in test_training.RUNS if data == "classes" and loss == "cross_entropy"]


@pytest.mark.cupy
@pytest.mark.parametrize(("dtype", "architecture"), [("float32", "sm_80"), ("float64", "sm_90")])
def test_nvrtc_compiles_the_kernels(write: Write, dtype: str, architecture: str) -> None:
    nvrtc = pytest.importorskip("cupy_backends.cuda.libs.nvrtc", reason="needs CuPy: pip install --group cupy")
    for kind in dict.fromkeys(KINDS):
        with tg.default_dtype(dtype):
            model = model_of(kind, 3)
        x = tg.Tensor(X, dtype=dtype)
        source = kernels(write(lambda x, y, model=model: tg.losses.cross_entropy(model(x), y), x, tg.Tensor(LABELS)))
        program = nvrtc.createProgram(source, "kernels.cu", (), ())
        try:
            nvrtc.compileProgram(program, (f"-arch={architecture}",))
        except nvrtc.NVRTCError as error:
            raise AssertionError(f"{nvrtc.getProgramLog(program)}\n{source}") from error
        assert nvrtc.getCUBIN(program)
        nvrtc.destroyProgram(program)
