"""Puts the emulated device in the place of CUDA's libraries, for this process."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shlex
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

from . import building

VARIABLE = "TINYGRAD_EDU_EMULATOR"  # 1: the tests run on the emulated device
_RUNTIME = building.RUNTIME.replace("/", ".")
_libraries: dict[str, ctypes.CDLL] = {}


class _Runtime(MetaPathFinder):
    """Finds our build of CuPy's module of the runtime before the wheel's."""

    def __init__(self, path: Path):
        self.path = path

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        return importlib.util.spec_from_file_location(name, self.path) if name == _RUNTIME else None


def activate() -> None:
    """Before CuPy is imported.

    Raises:
        Missing: the emulated device has not been built.
    """
    if _libraries:
        return
    place = building.folder()
    if not building.is_built(place):
        raise building.Missing("the emulated device is not built: python -m tests.emulator build")
    assert "cupy" not in sys.modules, "CuPy has been imported already, with CUDA's libraries"
    os.environ["EMULATOR_COMPILER"] = shlex.join(building.compiler(place))
    os.environ["EMULATOR_KERNELS"] = str(place / "kernels")
    os.environ["CUPY_CACHE_DIR"] = str(place / "cupy")  # a real device must never find these kernels
    os.environ["CUPY_ACCELERATORS"] = ""  # CUB's reductions are templates for a real device
    cuda = ctypes.CDLL(str(place / "libcuda.so.1"), ctypes.RTLD_GLOBAL)
    (blas,) = place.glob("libcublas.so.*")
    _libraries.update(cudart=cuda, nvrtc=cuda, cublas=ctypes.CDLL(str(blas), ctypes.RTLD_GLOBAL))
    sys.meta_path.insert(0, _Runtime(place / f"runtime{sysconfig.get_config_var('EXT_SUFFIX')}"))

    from cuda import pathfinder  # by which CuPy finds CUDA's libraries and headers

    real_library, real_headers = pathfinder.load_nvidia_dynamic_lib, pathfinder.find_nvidia_header_directory

    def library(name: str) -> Any:
        return _Loaded(_libraries[name]) if name in _libraries else real_library(name)

    def headers(name: str) -> Any:
        return str(building.headers_in(place)) if name == "cudart" else real_headers(name)

    pathfinder.load_nvidia_dynamic_lib, pathfinder.find_nvidia_header_directory = library, headers


class _Loaded:
    """As the pathfinder describes a library."""

    def __init__(self, library: ctypes.CDLL):
        self._handle_uint, self.abs_path = library._handle, library._name


def is_active() -> bool:
    """Whether `cuda` is the emulated device in this process."""
    return bool(_libraries)


@dataclass
class Count:
    """What the emulated device was asked to do inside a `counting()` block; copies and fills are launches."""

    launches: int = 0
    waits: int = 0
    uploads: int = 0
    downloads: int = 0
    mallocs: int = 0


@contextmanager
def counting() -> Iterator[Count]:
    """Count what the emulated device is asked to do in the block."""
    count, before = Count(), _read()
    try:
        yield count
    finally:
        for field, start, end in zip(fields(Count), before, _read(), strict=True):
            setattr(count, field.name, end - start)


@contextmanager
def dry() -> Iterator[None]:
    """Let the device count what it is asked to do in the block, and do nothing but copies from and to the host. So the
    time that passes is the host's; what is computed is garbage."""
    _libraries["cudart"].emulator_set_dry(1)
    try:
        yield
    finally:
        _libraries["cudart"].emulator_set_dry(0)


def _read() -> list[int]:
    five = (ctypes.c_long * 5)()
    _libraries["cudart"].emulator_read_counts(five)
    return list(five)
