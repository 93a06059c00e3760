"""Backends: one cached object for each device, found by the device's name."""

from __future__ import annotations

from typing import Any

from ..errors import DeviceError
from .base import Backend
from .numpy import NumpyBackend

_backends: dict[str, Backend] = {"cpu": NumpyBackend()}


def get(device: str | Backend) -> Backend:
    """The backend of a device: "cpu", "cuda" (the first GPU) or "cuda:1".

    Raises:
        DeviceError: there is no such device; the message says what is missing and how to get it.
    """
    if isinstance(device, Backend):
        return device
    name = "cuda:0" if device == "cuda" else device
    if name not in _backends:
        kind, _, number = str(name).partition(":")
        if kind != "cuda" or not number.isdigit():
            raise DeviceError(
                f"unknown device {device!r}: use {', '.join(map(repr, [*_backends, 'cuda']))} or 'cuda:1'"
            )
        from .cupy import CupyBackend  # CuPy is optional, and slow to import

        _backends[name] = CupyBackend.of_device(int(number))
    return _backends[name]


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


__all__ = ["Backend", "get", "of_array", "register"]
