"""Builds the emulated device into a folder of the user's cache: what CuPy takes for CUDA's libraries, and the one of
CuPy's own modules that has CUDA's runtime inside, compiled once more against ours.

CuPy's source comes from its source distribution in the package index, of the installed wheel's version; Cython and
CUDA's headers come from the index, too. What takes long is done once for each CuPy, Python and text of ours.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
from importlib import metadata
from pathlib import Path

SOURCES = Path(__file__).parent
RUNTIME = "cupy_backends/cuda/api/runtime"
WHEELS = {"cupy-cuda13x": "13"}  # and the CUDA that each is for
HEADERS = ["nvidia-cuda-runtime", "nvidia-cuda-crt", "nvidia-cuda-profiler-api"]  # packages that bring CUDA's headers
COMPILER = ["g++", "-std=c++17", "-w", "-fPIC", "-shared", "-mf16c"]
# As for kernels: no product and sum are contracted, so that they give NumPy's numbers.
KERNELS = ["-O1", "-ffp-contract=off", "-fpermissive"]


class Missing(Exception):
    """What the emulated device cannot be built without is not here."""


def wheel() -> metadata.Distribution:
    """The installed CuPy.

    Raises:
        Missing: there is none, or one that is not emulated.
    """
    for name in WHEELS:
        try:
            return metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
    raise Missing(f"CuPy is not installed ({' or '.join(WHEELS)}): pip install --group cupy")


def folder() -> Path:
    """Where the emulated device for this CuPy, this Python and these sources lies, or will."""
    sources = [path for path in sorted(SOURCES.iterdir()) if path.suffix in (".cpp", ".h", ".map")]
    sources.append(Path(__file__))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    name = f"cupy-{wheel().version}-{sys.implementation.cache_tag}-{digest}"
    return cache / "tinygrad-edu" / "emulator" / name


def is_built(place: Path) -> bool:
    return (place / "built").exists()


def build(place: Path) -> None:
    """Build it, unless it is there.

    Raises:
        Missing: no compiler, no package, or a step that failed, with what it printed.
    """
    if is_built(place):
        return
    if not shutil.which("g++"):
        raise Missing("g++ is not installed (Debian: apt-get install g++)")
    if not (Path(sysconfig.get_path("include")) / "Python.h").exists():
        raise Missing("Python's own headers are not installed (Debian: apt-get install python3-dev)")
    shutil.rmtree(place, ignore_errors=True)
    (place / "kernels").mkdir(parents=True)
    source, headers = _downloaded(place)
    _device(place, headers, _runtime(place, source, headers))
    for name in ("download", "source", "cython", "generated"):
        shutil.rmtree(place / name)
    (place / "built").touch()


def compiler(place: Path) -> list[str]:
    """g++ with the options that kernels, and the header compiled before them, have in common."""
    core = Path(str(wheel().locate_file("cupy"))) / "_core" / "include"
    cccl = [core / "cupy" / "_cccl" / name for name in ("cub", "thrust", "libcudacxx")]
    folders = [place, SOURCES, core, *cccl, headers_in(place)]
    return [*COMPILER, *KERNELS, *(f"-I{path}" for path in folders)]


def headers_in(place: Path) -> Path:
    """Where CUDA's headers lie."""
    return place / "headers" / "nvidia" / f"cu{WHEELS[wheel().name]}" / "include"


# --- the steps --------------------------------------------------------------------------------------------------------


def _downloaded(place: Path) -> tuple[Path, Path]:
    """CuPy's source and CUDA's headers."""
    download = place / "download"
    # With the stub, CuPy's setup looks for no CUDA; pip asks it for the version.
    options = ["--no-deps", "--no-binary", "cupy", "--dest", str(download), f"cupy=={wheel().version}"]
    _pip("download", *options, CUPY_INSTALL_USE_STUB="1")
    with tarfile.open(next(download.glob("cupy-*.tar.gz"))) as archive:
        archive.extractall(place / "source", filter="data")
    (source,) = (place / "source").iterdir()
    cuda = WHEELS[wheel().name]
    packages = [f"{name}>={cuda},<{int(cuda) + 1}" for name in HEADERS]
    _pip("install", "--no-deps", "--target", str(place / "headers"), *packages)
    wanted = tomllib.loads((source / "pyproject.toml").read_text())["build-system"]["requires"]
    _pip("install", "--target", str(place / "cython"), *(name for name in wanted if name.startswith("Cython")))
    return source, headers_in(place)


def _runtime(place: Path, source: Path, headers: Path) -> Path:
    """CuPy's module of CUDA's runtime, compiled but not yet linked."""
    environment = {
        "CUPY_USE_CUDA_PYTHON": False,
        "CUPY_CUFFT_STATIC": False,
        "CUPY_CUDA_VERSION": int(WHEELS[wheel().name]) * 1000,
        "CUPY_HIP_VERSION": 0,
    }
    directives = {"embedsignature": True, "c_api_binop_methods": True, "binding": False, "language_level": 3}
    options = [f"--compile-time-env={name}={value}" for name, value in environment.items()]
    options += [f"--directive={name}={value}" for name, value in directives.items()]
    generated = place / "generated" / "runtime.cpp"
    generated.parent.mkdir()
    cython = [sys.executable, "-W", "ignore", "-m", "cython", "--cplus", *options, f"{RUNTIME}.pyx"]
    _run([*cython, "-o", str(generated)], cwd=source, PYTHONPATH=str(place / "cython"))
    compiled = generated.with_suffix(".o")
    ours = source / "cupy_backends"
    includes = [sysconfig.get_path("include"), headers, ours, ours / "cuda" / "api"]
    _run([*COMPILER, "-c", "-O1", *(f"-I{path}" for path in includes), str(generated), "-o", str(compiled)])
    return compiled


def _device(place: Path, headers: Path, runtime: Path) -> None:
    """The libraries, CuPy's module linked to them, and the header before each kernel, compiled."""
    include = ["-O2", f"-I{headers}", f"-I{SOURCES}"]
    objects = []
    for name in ("runtime", "driver", "compiler"):
        objects.append(str(place / f"{name}.o"))
        _run([*COMPILER, *include, "-c", str(SOURCES / f"{name}.cpp"), "-o", objects[-1]])
    lacking = _undefined(runtime, "cuda") - _defined(*objects)
    stubs = _stubs(place / "generated" / "stubs.cpp", lacking, "emulator_unsupported")
    cuda = place / "libcuda.so.1"
    _run([*COMPILER, *objects, str(stubs), "-Wl,-soname,libcuda.so.1", "-ldl", "-o", str(cuda)])

    libraries = Path(str(wheel().locate_file("cupy_backends"))) / "cuda" / "libs"
    (blas,) = libraries.glob(f"cublas.{sysconfig.get_config_var('SOABI')}.so")
    compiled = place / "cublas.o"
    _run([*COMPILER, *include, "-c", str(SOURCES / "cublas.cpp"), "-o", str(compiled)])
    lacking = _undefined(blas, "cublas", "-D") - _defined(str(compiled))
    stubs = _stubs(place / "generated" / "blas_stubs.cpp", lacking, "emulator_unsupported_blas")
    name = f"libcublas.so.{WHEELS[wheel().name]}"
    link = [f"-Wl,-soname,{name}", f"-Wl,--version-script={SOURCES / 'cublas.map'}", str(cuda)]
    _run([*COMPILER, str(compiled), str(stubs), *link, "-o", str(place / name)])

    module = place / f"runtime{sysconfig.get_config_var('EXT_SUFFIX')}"
    _run([*COMPILER, str(runtime), str(cuda), "-o", str(module)])
    for path in place.glob("*.o"):
        path.unlink()

    shutil.copy(SOURCES / "prelude.h", place)
    header = [word for word in compiler(place) if word != "-shared"]
    _run([*header, "-x", "c++-header", str(place / "prelude.h"), "-o", str(place / "prelude.h.gch")])


def _stubs(path: Path, names: set[str], report: str) -> Path:
    """Functions that say that they are not emulated."""
    lines = [f'extern "C" int {report}(const char*);']
    lines += [f'extern "C" int {name}() {{ return {report}("{name}"); }}' for name in sorted(names)]
    path.write_text("\n".join(lines) + "\n")
    return path


def _undefined(path: Path, prefix: str, *options: str) -> set[str]:
    symbols = _run(["nm", "--undefined-only", "--format=posix", *options, str(path)])
    return set(re.findall(rf"^({prefix}\w+)", symbols, re.MULTILINE))


def _defined(*paths: str) -> set[str]:
    symbols = _run(["nm", "--defined-only", "--format=posix", *paths])
    return set(re.findall(r"^(\w+) ", symbols, re.MULTILINE))


def _pip(*arguments: str, **variables: str) -> None:
    _run([sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments], **variables)


def _run(command: list[str], cwd: Path | None = None, **variables: str) -> str:
    done = subprocess.run(command, cwd=cwd, env=os.environ | variables, capture_output=True, text=True)
    if done.returncode:
        raise Missing(f"failed: {' '.join(command)}\n{(done.stderr or done.stdout)[-3000:]}")
    return done.stdout
