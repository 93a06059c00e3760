"""Backends: one cached object for each device, found by the device's name."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from ..errors import DeviceError
from .base import Backend
from .numpy import NumpyBackend

_backends: dict[str, Backend] = {"cpu": NumpyBackend()}


def get(device: str | Backend) -> Backend:
    """The backend of a device: "cpu", "cuda" (the first GPU), "cuda:1", or "auto" (see `automatic`).

    Raises:
        DeviceError: there is no such device; the message says what is missing and how to get it.
    """
    if isinstance(device, Backend):
        return device
    if device == "auto":
        return automatic()[0]
    name = "cuda:0" if device == "cuda" else device
    if name not in _backends:
        kind, _, number = str(name).partition(":")
        if kind != "cuda" or not number.isdigit():
            raise DeviceError(
                f"unknown device {device!r}: use {', '.join(map(repr, [*_backends, 'auto', 'cuda']))} or 'cuda:1'"
                + _if_dtype(device)
            )
        from .cupy import CupyBackend  # CuPy is optional, and slow to import

        _backends[name] = CupyBackend.of_device(int(number))
    return _backends[name]


def _if_dtype(device: Any) -> str:
    """What to do instead, if a dtype was given for a device, as PyTorch's `to` takes one; or ""."""
    try:
        name = np.dtype(device).name if device is not None else ""
    except TypeError:
        name = ""
    return f"; x.astype({name!r}) changes the dtype" if name else ""


@cache
def automatic() -> tuple[Backend, str]:
    """The first GPU, if it is there and multiplies two matrices right, else the CPU; and why, in words.

    It is found out once: what was missing then is looked for again in the next process.
    """
    try:
        backend = get("cuda")
        product = backend.run(lambda: backend.matmul(*2 * [backend.asarray([[1.0, 1.0], [0.0, 1.0]], "float32")]))
        found = backend.asnumpy(product).tolist()
    except Exception as error:  # a damaged installation raises whatever it likes
        return get("cpu"), str(error).strip().partition("\n")[0] or type(error).__name__
    if found != [[1.0, 2.0], [0.0, 1.0]]:
        return get("cpu"), f"{backend.device} multiplies two matrices wrongly"
    return backend, f"{backend.device} works"


def allow_tf32(on: bool = True, device: str | Backend = "cuda") -> None:
    """Let GPUs multiply float32 matrices in TensorFloat-32, or, with `on=False` and at first, in full precision.

    The factors are rounded to 10 bits of mantissa (float32 has 23; the exponent stays), so that tensor cores multiply
    them, and products are summed in float32: a relative error of about 2⁻¹¹ a factor. That is for the products of
    float32 matrices only, on GPUs from compute capability 8.0 on; all else stays as it is, and older GPUs ignore it. It
    holds for all GPUs of the process.

    Raises:
        DeviceError: the device is not there, or no GPU.
    """
    get(device).allow_tf32(on)


Backend.by_name = staticmethod(get)


def register(backend: Backend) -> Backend:
    """Make a backend of your own known under its device's name."""
    _backends[backend.device] = backend
    return backend


def of_array(array: Any) -> Backend | None:
    """The backend whose arrays are of this type and on this device; None if it is no array of a known library."""
    for backend in _backends.values():
        if backend.owns(array):
            return backend
    if type(array).__module__.startswith("cupy"):
        return get(f"cuda:{array.device.id}")
    return None


__all__ = ["Backend", "allow_tf32", "automatic", "get", "of_array", "register"]
