"""Devices: found by name, never mixed, and left only by `asarray` and `asnumpy`."""

from __future__ import annotations

import copy
import math
import os
import pickle
import sys
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from fake_device import fake_cupy
from tinygrad_edu import backends
from tinygrad_edu.backends.base import Backend
from tinygrad_edu.backends.cupy import CupyBackend
from tinygrad_edu.backends.numpy import NumpyBackend

# --- by name ---------------------------------------------------------------------------------------------------------


def test_one_backend_for_each_device(device: str) -> None:
    backend = backends.get(device)
    assert backends.get(device) is backend
    assert backends.get(backend) is backend
    assert backends.get(backend.device) is backend
    assert tg.Tensor([1.0], device=device).backend is backend
    assert tg.Tensor([1.0], device=backend).device == backend.device


def test_the_first_gpu_has_two_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "_backends", {})
    first = backends.register(CupyBackend("cuda:0", fake_cupy, fake_cupy.ndarray, fake_cupy.special))
    assert backends.get("cuda") is backends.get("cuda:0") is first
    assert tg.Tensor([1.0], device="cuda").device == "cuda:0"


@pytest.mark.parametrize("name", ["gpu", "cuda:", "cuda:x", "cuda:-1", "cpu:0", "", None, 3])
def test_an_unknown_device_is_refused_with_those_there_are(name: Any) -> None:
    with pytest.raises(tg.DeviceError, match=r"unknown device .*'cpu'.*'cuda' or 'cuda:1'"):
        tg.Tensor([1.0], device=name)


def test_an_array_knows_its_backend(device: str) -> None:
    backend = backends.get(device)
    assert backends.of_array(backend.asarray([1.0])) is backend
    assert backends.of_array(tg.Tensor([1.0], device=device).data) is backend
    assert backends.of_array([1.0]) is None


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda backend: pickle.loads(pickle.dumps(backend))])
def test_a_copied_backend_is_the_same(duplicate: Any, device: str) -> None:
    backend = backends.get(device)
    assert duplicate(backend) is backend


# --- what is missing is told -----------------------------------------------------------------------------------------


def test_without_cupy_the_message_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "_backends", {"cpu": NumpyBackend()})
    monkeypatch.setitem(sys.modules, "cupy", None)  # importing it fails
    with pytest.raises(tg.DeviceError, match=r"'cuda:0' needs CuPy.*pip install 'tinygrad-edu\[cuda13\]'.*nvidia-smi"):
        tg.Tensor([1.0], device="cuda")


class _Runtime:
    """CUDA's runtime on a machine with a driver of that version, and so many GPUs."""

    CUDARuntimeError = RuntimeError

    def __init__(self, driver: int, gpus: int):
        self.driver, self.gpus = driver, gpus

    def driverGetVersion(self) -> int:
        return self.driver

    def getDeviceCount(self) -> int:
        if not self.gpus:
            raise RuntimeError("cudaErrorInsufficientDriver: CUDA driver version is insufficient")
        return self.gpus


@pytest.mark.cupy
@pytest.mark.parametrize(
    ("driver", "gpus", "device", "says"),
    [
        (0, 0, "cuda", r"'cuda:0': CuPy is installed, but finds no GPU \(this machine has no NVIDIA driver\).*'cpu'"),
        (12000, 0, "cuda", r"finds no GPU \(cudaErrorInsufficientDriver.*nvidia-smi"),
        (13000, 2, "cuda:2", r"there is no device 'cuda:2': this machine has 'cuda:0', 'cuda:1'"),
    ],
)
def test_without_a_gpu_the_message_says_why(
    driver: int, gpus: int, device: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import cupy

    monkeypatch.setattr(backends, "_backends", {"cpu": NumpyBackend()})
    monkeypatch.setattr(cupy.cuda, "runtime", _Runtime(driver, gpus))
    with pytest.raises(tg.DeviceError, match=says):
        tg.Tensor([1.0], device=device)


@pytest.mark.parametrize(("said", "expected"), [(None, "1"), ("0", "0"), ("", "")])
def test_cupy_keeps_its_headers_compiled_unless_the_user_says_otherwise(
    said: str | None, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CuPy reads the variable when it is imported."""
    monkeypatch.setattr(backends, "_backends", {"cpu": NumpyBackend()})
    monkeypatch.setitem(sys.modules, "cupy", None)
    monkeypatch.setenv("CUPY_NVRTC_USE_PCH", "to be restored")
    monkeypatch.delenv("CUPY_NVRTC_USE_PCH")
    if said is not None:
        monkeypatch.setenv("CUPY_NVRTC_USE_PCH", said)
    with pytest.raises(tg.DeviceError):
        backends.get("cuda")
    assert os.environ["CUPY_NVRTC_USE_PCH"] == expected


# --- never mixed -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "mix",
    [
        lambda here, there: here + there,
        lambda here, there: there @ here,
        lambda here, there: here.data * there,
        lambda here, there: here * there.data,
        lambda here, there: tg.where(here.data > 0, there, 0.0),
        lambda here, there: tg.concatenate([here, there]),
        lambda here, there: tg.einsum("i,i->", here, there),
        lambda here, there: here.sum().backward(there.sum()),
        lambda here, there: np.add(here, there),
    ],
)
@pytest.mark.parametrize(("here", "there"), [("cpu", "fake"), ("fake", "cpu"), ("fake", "fake:1")])
def test_two_devices_in_one_operation_are_refused_with_the_fix(mix: Any, here: str, there: str) -> None:
    with pytest.raises(tg.DeviceError, match=r"(fake.* and .*|cpu and fake)(.*)x\.to\('(cpu|fake|fake:1)'\)"):
        mix(tg.Tensor([1.0, 2.0], requires_grad=True, device=here), tg.Tensor([3.0, 4.0], device=there))


def test_an_array_of_another_device_is_no_data() -> None:
    with pytest.raises(tg.DeviceError, match=r"the array is on fake, .* cpu: use x\.to\(\)"):
        tg.Tensor(fake_cupy.ones(3), device="cpu")
    with pytest.raises(tg.DeviceError, match=r"the array is on fake:1, .* fake: "):
        tg.Tensor(tg.Tensor([1.0], device="fake:1"), device="fake")
    x = tg.Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(tg.DeviceError):
        x.data = fake_cupy.ones(2)
    with pytest.raises(tg.DeviceError):
        x.grad = tg.Tensor([1.0, 1.0], device="fake")


def test_host_data_goes_to_the_device_of_the_tensor(device: str) -> None:
    x = tg.Tensor(np.arange(3.0), device=device)
    x.data = np.array([1.0, 2.0, 3.0])
    assert x.backend.owns(x.data)
    np.testing.assert_array_equal((x * [1.0, 0.5, 2.0]).numpy(), [1.0, 1.0, 6.0])
    np.testing.assert_array_equal((2.0 * x + np.float64(1)).numpy(), [3.0, 5.0, 7.0])


def test_a_second_device_computes_where_its_arrays_are() -> None:
    x = tg.Tensor([[1.0, -2.0], [3.0, 4.0]], requires_grad=True, device="fake:1")
    y = (tg.relu(x @ x.T) ** 2)[[0, 0, 1]].mean()
    y.backward()
    assert x.grad is not None
    x.grad = None
    y.backward(create_graph=True)
    assert y.data.device.id == x.grad.data.device.id == 1  # type: ignore[union-attr]
    on_cpu = tg.Tensor(x.numpy(), requires_grad=True)
    (tg.relu(on_cpu @ on_cpu.T) ** 2)[[0, 0, 1]].mean().backward()
    np.testing.assert_allclose(x.grad.numpy(), on_cpu.grad.numpy(), rtol=1e-6)  # type: ignore[union-attr]


# --- the two doors ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int64", "bool"])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0, 2)])
def test_numbers_survive_both_doors(dtype: str, shape: tuple[int, ...], device: str) -> None:
    backend = backends.get(device)
    host = np.asarray(np.arange(np.prod(shape)).reshape(shape) % 3, dtype=dtype)
    array = backend.asarray(host)
    assert backend.owns(array)
    back = backend.asnumpy(array)
    assert type(back) is np.ndarray
    assert (back.dtype, back.shape) == (host.dtype, host.shape)
    np.testing.assert_array_equal(back, host)
    assert backend.asarray(array) is array
    assert backend.asarray(host, dtype="float32").dtype == "float32"


@pytest.mark.parametrize("function", [tg.std, tg.prod, tg.flip, tg.nn.LayerNorm(2, dtype="float64")])
def test_what_is_composed_takes_an_array_of_a_device(function: Any, device: str) -> None:
    numbers = np.array([[1.0, 2.0], [4.0, 3.0]])
    if isinstance(function, tg.nn.Module):
        function = copy.deepcopy(function).to(device)
        expected = (numbers - numbers.mean(1, keepdims=True)) / numbers.std(1, keepdims=True)
    else:
        expected = function(tg.Tensor(numbers)).numpy()
    found = function(backends.get(device).asarray(numbers))
    assert found.device == backends.get(device).device
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-4)


def test_numpy_of_a_tensor_is_a_copy(device: str) -> None:
    x = tg.Tensor([1.0, 2.0], device=device)
    x.numpy()[0] = 9.0
    np.testing.assert_array_equal(x.numpy(), [1.0, 2.0])


def test_a_tensor_of_a_device_is_no_host_array_by_accident() -> None:
    with pytest.raises(tg.DeviceError, match=r"on fake: t\.numpy\(\) copies it to the host"):
        np.asarray(tg.Tensor([1.0], device="fake"))


def test_synchronize_waits_for_this_device() -> None:
    with fake_cupy.counting() as counted:
        backends.get("fake").synchronize()
        backends.get("cpu").synchronize()
    assert counted.syncs == 1


def test_a_gradient_travels_with_its_tensor(device: str) -> None:
    x = tg.Tensor([1.0, 2.0], dtype="float64", requires_grad=True)
    there = (x * x).to(device)
    y = (there**3).to("cpu").sum()  # Σ x⁶
    assert (there.device == "cpu") == (device == "cpu")
    assert y.device == "cpu"
    y.backward(create_graph=True)
    assert x.grad is not None
    assert x.grad.device == "cpu"
    np.testing.assert_allclose(x.grad.numpy(), [6.0, 192.0])
    (second,) = tg.vjp(lambda x: tg.grad(lambda x: ((x * x).to(device) ** 3).to("cpu").sum())(x), x)[1]([1.0, 1.0])
    np.testing.assert_allclose(second.numpy(), [30.0, 480.0])


def test_to_the_same_device_is_the_tensor_itself(device: str) -> None:
    x = tg.Tensor([1.0], requires_grad=True, device=device)
    assert x.to(device) is x
    assert x.to(x.device) is x


# --- where libraries differ ------------------------------------------------------------------------------------------

INDICES: list[Any] = [
    (np.array([0, 2, 0, 0]),),
    (np.array([[1, -1], [1, 1]]), np.array([0, 3])),
    (slice(None), np.array([3, 3, 0])),
    (slice(0, 3, 2), slice(None, None, -1)),
    (1, None),
    (np.array([0, 0]), slice(1, 3)),
    (np.array([], dtype=int),),
]


@pytest.mark.raw_arrays
@pytest.mark.parametrize("index", INDICES, ids=str)
@pytest.mark.parametrize("method", [Backend.scatter_add, None], ids=["generic", "own"])
def test_scatter_add_is_the_plain_loop(index: Any, method: Any, device: str) -> None:
    """The generic one of the base class, and that of the backend, which may override it to be faster."""
    backend, shape = backends.get(device), (3, 4)
    places = np.arange(12).reshape(shape)[index]
    a = np.sin(np.arange(places.size)).reshape(places.shape)
    expected = np.zeros(shape)
    for place, number in zip(places.ravel(), a.ravel(), strict=True):
        expected.flat[place] += number
    scatter_add = method.__get__(backend) if method else backend.scatter_add
    result = scatter_add(backend.asarray(a), index, shape)
    assert backend.owns(result)
    np.testing.assert_allclose(backend.asnumpy(result), expected, rtol=1e-15)


@pytest.mark.raw_arrays
@pytest.mark.parametrize(
    "arguments", [{}, {"axis": None}, {"axis": 0}, {"axis": (0, 1)}, {"axis": -1, "keepdims": True}]
)
@pytest.mark.parametrize("name", ["sum", "max", "min", "mean", "prod", "any", "all", "argmax"])
def test_a_reduction_is_that_of_numpy(name: str, arguments: dict[str, Any], device: str) -> None:
    """Above all without an axis, where the reduction of a ufunc by itself takes the first one."""
    for shape in ((3,), (2, 3), (2, 1, 3)):
        axis = arguments.get("axis")
        if not isinstance(axis, tuple) or (len(axis) <= len(shape) and name != "argmax"):
            reduce(name, shape, arguments, device)


def reduce(name: str, shape: tuple[int, ...], arguments: dict[str, Any], device: str) -> None:
    """The backend's numbers and shape are those of NumPy."""
    axis = arguments.get("axis")
    a, backend = np.sin(np.arange(math.prod(shape))).reshape(shape), backends.get(device)
    found = getattr(backend, name)(backend.asarray(a), **arguments)
    expected = getattr(np, name)(a, **arguments)
    assert np.shape(backend.asnumpy(found)) == np.shape(expected)
    np.testing.assert_allclose(backend.asnumpy(found), expected, rtol=1e-14)
    if "keepdims" not in arguments and "axis" in arguments:
        found = getattr(backend, name)(backend.asarray(a), axis)
        np.testing.assert_allclose(backend.asnumpy(found), expected, rtol=1e-14)


@pytest.mark.raw_arrays
@pytest.mark.parametrize("columns", [1, 10, 40])
@pytest.mark.parametrize("dtype", ["float32", "int64"])
def test_the_largest_of_each_row(columns: int, dtype: str, device: str) -> None:
    """Of short rows, which the CPU copies first, and of long ones; nan is the largest of its row."""
    backend, a = backends.get(device), np.random.default_rng(0).integers(-9, 9, (7, columns)).astype(dtype)
    if dtype == "float32":
        a[2, columns // 2] = np.nan
    given, out = backend.asarray(a), backend.asarray(np.zeros(7, dtype))
    np.testing.assert_array_equal(backend.asnumpy(backend.max(given, axis=1, keepdims=True)), a.max(1, keepdims=True))
    backend.max(given, axis=1, out=out)
    np.testing.assert_array_equal(backend.asnumpy(out), a.max(1))
    np.testing.assert_array_equal(backend.asnumpy(given), a)


@pytest.mark.raw_arrays
def test_where_takes_a_plain_condition(device: str) -> None:
    backend = backends.get(device)
    a, b = backend.asarray([1.0, 2.0]), backend.asarray([[3.0], [4.0]])
    np.testing.assert_array_equal(backend.asnumpy(backend.where(True, a, b)), [[1, 2], [1, 2]])
    np.testing.assert_array_equal(backend.asnumpy(backend.where(0.0, a, b)), [[3, 3], [4, 4]])


@pytest.mark.raw_arrays
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_the_error_function_keeps_the_dtype(dtype: str, device: str) -> None:
    backend = backends.get(device)
    y = backend.erf(backend.asarray([0.0, 0.5, -3.0], dtype=dtype))
    assert y.dtype == dtype
    tolerance = {"float16": 1e-3, "float32": 1e-6, "float64": 1e-14}[dtype]
    # Abramowitz & Stegun, table 7.1
    np.testing.assert_allclose(backend.asnumpy(y), [0.0, 0.5204998778130465, -0.9999779095030014], rtol=tolerance)


def test_a_name_that_nobody_knows_is_told(device: str) -> None:
    with pytest.raises(AttributeError, match=r"neither .* nor the registry of operations has 'no_such_name'"):
        _ = backends.get(device).no_such_name


@pytest.mark.parametrize("index", [3, -4, [0, 3], np.array([-4]), (slice(None), [0, 4])], ids=str)
def test_positions_out_of_range_are_refused_on_the_host(index: Any, device: str) -> None:
    """A GPU would wrap them without a word."""
    x = tg.Tensor(np.ones((3, 4)), device=device)
    with pytest.raises(IndexError, match=r"out of range for axis [01] of .* shape \(3, 4\): use -[34] to [23]"):
        x[index]
    with pytest.raises(IndexError, match="out of range"):
        x[index] = 0.0
