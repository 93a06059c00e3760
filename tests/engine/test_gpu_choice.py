"""Which device "auto" is, the precision of a GPU's products, and its memory when it is full."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import tinygrad_edu as tg
from fake_device import fake_cupy
from tinygrad_edu import backends


class OutOfMemory(MemoryError):
    """CuPy's error, in CuPy's words."""

    def __init__(self) -> None:
        super().__init__("Out of memory allocating 4,294,967,296 bytes (allocated so far: 512 bytes).")


def full(*_: Any, **__: Any) -> Any:
    raise OutOfMemory


@pytest.fixture
def gpu(machine: Callable[[bool], None]) -> backends.Backend:
    """The fake device under the name of a real one."""
    machine(True)
    return backends.get("cuda:0")


def test_auto_is_a_gpu_that_works(gpu: backends.Backend) -> None:
    assert backends.get("auto") is gpu
    assert backends.automatic() == (gpu, "cuda:0 works")
    assert tg.Tensor([1.0], device="auto").device == "cuda:0"


@pytest.mark.parametrize(
    ("product", "why"),
    [
        (lambda a, b: a, "cuda:0 multiplies two matrices wrongly"),
        (full, "the memory of cuda:0 is full: 4.0 GiB were asked for, and 3.5 GiB of 80.0 GiB are free"),
    ],
)
def test_a_gpu_that_does_not_work_is_not_chosen(
    product: Any, why: str, gpu: backends.Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpu, "matmul", product)
    chosen, said = backends.automatic()
    assert chosen is backends.get("cpu") and said.startswith(why)


def test_without_a_gpu_auto_is_the_cpu(machine: Callable[[bool], None]) -> None:
    machine(False)
    assert backends.automatic() == (backends.get("cpu"), "device 'cuda:0' needs CuPy; install it")


def test_tf32_is_for_float32_of_a_gpu_and_off_again() -> None:
    seen = []
    for on in (True, False):
        backends.allow_tf32(on, device="fake")
        seen.append(dict(fake_cupy.compute_types))
    assert seen == [{"f": 7}, {"f": 1}]  # CuPy's COMPUTE_TYPE_TF32 and COMPUTE_TYPE_DEFAULT
    with pytest.raises(tg.DeviceError, match=r"TF32 .*cpu has none.*device='cuda'"):
        backends.allow_tf32(device="cpu")


@pytest.mark.parametrize("where", ["made", "computed", "backward"])
def test_a_full_memory_says_what_was_asked_for_and_what_is_free(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    x = tg.Tensor([[1.0]], device="fake", requires_grad=True)
    y = x.exp()
    backend = backends.get("fake")
    for name in ("tanh", "chain", "fit"):
        monkeypatch.setattr(backend, name, full, raising=False)
    monkeypatch.setattr(fake_cupy, "asarray", full)
    acts = {"made": lambda: tg.Tensor([1.0], device="fake"), "computed": x.tanh, "backward": y.sum().backward}
    wanted = r"of fake is full: 4\.0 GiB were asked for, and 3\.5 GiB of 80\.0 GiB are free.*smaller batches"
    with pytest.raises(tg.OutOfMemoryError, match=wanted) as raised:
        acts[where]()
    assert isinstance(raised.value.__cause__, OutOfMemory)
