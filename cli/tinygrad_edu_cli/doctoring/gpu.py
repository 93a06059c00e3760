"""What a GPU needs: one CuPy wheel, a driver that is new enough for it, the CUDA libraries, and a device.

CuPy's own messages are misleading where there is no driver at all ("the driver is insufficient"), and its list of
libraries names those that are missing. So each library is loaded here.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from importlib import metadata
from typing import Any

from tinygrad_edu_words import _

from ..cuda_errors import translated
from .finding import Finding, first_line

DRIVERS = {11: 450, 12: 525, 13: 580}  # the oldest driver for a major version of CUDA, as NVIDIA's release notes say
LIBRARIES = "nvrtc", "cublas", "cusolver", "cusparse", "curand", "cufft"
NEEDED = "nvrtc", "cublas"  # all others serve functions that few call
CUDA_12, CUDA_13 = "pip install 'tinygrad-edu[cuda12-ctk]'", "pip install 'tinygrad-edu[cuda13-ctk]'"


def wheels() -> list[tuple[str, str]]:
    """The names and versions of the CuPy wheels that are installed."""
    names = {(d.metadata["Name"] or "").lower(): d.version for d in metadata.distributions()}
    return sorted((name, version) for name, version in names.items() if name == "cupy" or name.startswith("cupy-"))


def cuda_of(wheel: str) -> int | None:
    """The major version of CUDA that a wheel is built for: 13 of cupy-cuda13x."""
    digits = "".join(c for c in wheel if c.isdigit())
    return int(digits) if wheel.startswith("cupy-cuda") and digits in ("11", "12", "13") else None


def cupy() -> Iterator[Finding]:
    installed = wheels()
    if not installed:
        driver = driver_version()
        advice = "" if driver is None else (CUDA_13 if driver[0] >= 13 else CUDA_12)
        yield Finding("CuPy", "absent", _("not installed: everything runs on the CPU"), advice)
        return
    listed = ", ".join(f"{name} {version}" for name, version in installed)
    if len(installed) > 1:
        names = " ".join(name for name, _version in installed)
        fact = _("{wheels}: they overwrite each other's files, keep one").format(wheels=listed)
        yield Finding("CuPy", "broken", fact, f"pip uninstall -y {names} && {CUDA_13}")
        return
    try:
        import cupy
    except Exception as error:
        advice = f"pip install --force-reinstall {installed[0][0]}"
        yield Finding("CuPy", "broken", f"{listed}: {first_line(error)}", advice)
        return
    yield Finding("CuPy", "works", f"{listed}, {cupy.__file__.rpartition('/')[0]}")


def driver_version() -> tuple[int, int] | None:
    """The newest CUDA that the driver speaks, as (13, 0); None without a driver."""
    for name in ("nvcuda.dll",) if sys.platform == "win32" else ("libcuda.so.1", "libcuda.so"):
        try:
            library = ctypes.CDLL(name)
        except OSError:
            continue
        version = ctypes.c_int()
        if library.cuDriverGetVersion(ctypes.byref(version)) == 0 and version.value:
            return version.value // 1000, version.value % 1000 // 10
    return None


def driver() -> Iterator[Finding]:
    spoken, wanted = driver_version(), next((cuda_of(name) for name, _version in wheels()), None)
    if spoken is None:
        fact = _("no NVIDIA driver on this machine")
        yield Finding(_("driver"), "absent", fact, _("install NVIDIA's driver, if there is such a GPU") * bool(wanted))
        return
    speaks = f"CUDA {spoken[0]}.{spoken[1]}"
    if wanted is not None and spoken[0] < wanted:
        fact = _("speaks {cuda}, and CuPy is built for CUDA {wanted}").format(cuda=speaks, wanted=wanted)
        newer = _("install driver {driver} or newer, or: {command}").format(driver=DRIVERS[wanted], command=CUDA_12)
        yield Finding(_("driver"), "old", fact, newer)
        return
    yield Finding(_("driver"), "works", speaks)


def libraries() -> Iterator[Finding]:
    installed = wheels()
    if len(installed) != 1:
        return
    lacking: dict[str, str] = {}
    for name in LIBRARIES:
        try:
            _load(name)
        except Exception as error:
            lacking[name] = first_line(error)
    if not lacking:
        yield Finding(_("CUDA libraries"), "works", ", ".join(LIBRARIES))
        return
    name, why = next(((n, lacking[n]) for n in NEEDED if n in lacking), next(iter(lacking.items())))
    state: Any = "broken" if any(name in lacking for name in NEEDED) and driver_version() else "absent"
    fact = _("cannot be loaded: {names} ({name}: {why})").format(names=", ".join(lacking), name=name, why=why[:120])
    advice = CUDA_12 if cuda_of(installed[0][0]) == 12 else CUDA_13
    yield Finding(_("CUDA libraries"), state, fact, advice)


def _load(name: str) -> None:
    """Load a library of CUDA as CuPy does: from the wheels of NVIDIA, or from the system."""
    from cuda.pathfinder import load_nvidia_dynamic_lib

    load_nvidia_dynamic_lib(name)


def devices() -> Iterator[Finding]:
    if len(wheels()) != 1 or driver_version() is None:
        return
    import cupy

    runtime = cupy.cuda.runtime
    try:
        count = runtime.getDeviceCount()
    except runtime.CUDARuntimeError as error:
        yield Finding("GPU", "broken", translated(str(error)), "nvidia-smi")
        return
    for number in range(count):
        properties = runtime.getDeviceProperties(number)
        with cupy.cuda.Device(number):
            free, total = runtime.memGetInfo()
        name, arch = properties["name"].decode(), f"{properties['major']}.{properties['minor']}"
        memory = _("{free:.1f} of {total:.1f} GiB free").format(free=free / 2**30, total=total / 2**30)
        yield Finding(f"cuda:{number}", "works", f"{name}, compute capability {arch}, {memory}")


def mpi() -> Iterator[Finding]:
    """Several processes: nothing of the package needs them."""
    try:
        version = metadata.version("mpi4py")
    except metadata.PackageNotFoundError:
        return
    try:
        from mpi4py import MPI
    except Exception as error:
        yield Finding("MPI", "broken", f"mpi4py {version}: {first_line(error)}", "pip install mpi4py mpich")
        return
    yield Finding("MPI", "works", f"mpi4py {version}, {MPI.Get_library_version().partition(chr(10))[0]}")
