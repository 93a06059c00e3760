"""tinygrad-edu doctor where something is not there, is there twice, is too old, or broken: as CuPy, its driver and its
libraries behave then."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tinygrad_edu_cli import cuda_errors
from tinygrad_edu_cli.doctoring import gpu, machine, report
from tinygrad_edu_cli.doctoring.finding import Finding, found
from tinygrad_edu_cli.main import main

CUDA_12, CUDA_13 = (12, 4), (13, 1)


class CUDARuntimeError(Exception):
    pass


def no_device() -> int:
    raise CUDARuntimeError("cudaErrorNoDevice: no CUDA-capable device is detected")


@pytest.fixture
def machine_with(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A function that sets which CuPy wheels there are, the CUDA of the driver, and which libraries are not loaded."""

    def given(
        wheels: tuple[str, ...] = (), driver: tuple[int, int] | None = None, lacking: tuple[str, ...] = ()
    ) -> None:
        distributions = [SimpleNamespace(metadata={"Name": name}, version="14.2.0") for name in wheels]
        monkeypatch.setattr(gpu.metadata, "distributions", lambda: distributions)
        monkeypatch.setattr(gpu, "driver_version", lambda: driver)

        def load(name: str) -> None:
            if name in lacking:
                raise OSError(f"lib{name}.so.13: file too short")

        monkeypatch.setattr(gpu, "_load", load)
        runtime = SimpleNamespace(CUDARuntimeError=CUDARuntimeError, getDeviceCount=no_device)
        cupy = SimpleNamespace(__file__="/packages/cupy/__init__.py", cuda=SimpleNamespace(runtime=runtime))
        monkeypatch.setitem(sys.modules, "cupy", cupy)

    return given


CASES: list[tuple[str, dict[str, Any], Callable[[], Any], str, str, str]] = [
    ("no wheel", {}, gpu.cupy, "absent", "everything runs on the CPU", ""),
    ("no wheel, a driver", {"driver": CUDA_13}, gpu.cupy, "absent", "not installed", "[cuda13-ctk]"),
    ("no wheel, an older driver", {"driver": CUDA_12}, gpu.cupy, "absent", "not installed", "[cuda12-ctk]"),
    (
        "two wheels",
        {"wheels": ("cupy-cuda12x", "cupy-cuda13x")},
        gpu.cupy,
        "broken",
        "they overwrite each other's files",
        "pip uninstall -y cupy-cuda12x cupy-cuda13x && pip install",
    ),
    ("a wheel", {"wheels": ("cupy-cuda13x",)}, gpu.cupy, "works", "cupy-cuda13x 14.2.0, /packages/cupy", ""),
    ("no driver", {"wheels": ("cupy-cuda13x",)}, gpu.driver, "absent", "no NVIDIA driver", "install NVIDIA's driver"),
    (
        "a driver that is too old",
        {"wheels": ("cupy-cuda13x",), "driver": CUDA_12},
        gpu.driver,
        "old",
        "speaks CUDA 12.4, and CuPy is built for CUDA 13",
        "driver 580 or newer, or: pip install 'tinygrad-edu[cuda12-ctk]'",
    ),
    ("a newer driver", {"wheels": ("cupy-cuda12x",), "driver": CUDA_13}, gpu.driver, "works", "CUDA 13.1", ""),
    (
        "no libraries, as no GPU",
        {"wheels": ("cupy-cuda13x",), "lacking": gpu.LIBRARIES},
        gpu.libraries,
        "absent",
        "cannot be loaded: nvrtc, cublas",
        "[cuda13-ctk]",
    ),
    (
        "a broken library",
        {"wheels": ("cupy-cuda12x",), "driver": CUDA_12, "lacking": ("cublas", "curand")},
        gpu.libraries,
        "broken",
        "cublas: OSError: libcublas.so.13: file too short",
        "[cuda12-ctk]",
    ),
    (
        "a library that few need",
        {"wheels": ("cupy-cuda13x",), "driver": CUDA_13, "lacking": ("cufft",)},
        gpu.libraries,
        "absent",
        "cufft: OSError",
        "[cuda13-ctk]",
    ),
    ("all libraries", {"wheels": ("cupy-cuda13x",), "driver": CUDA_13}, gpu.libraries, "works", "nvrtc, cublas", ""),
    (
        "a GPU that is hidden",
        {"wheels": ("cupy-cuda13x",), "driver": CUDA_13},
        gpu.devices,
        "broken",
        "finds no GPU that it may use (CUDA_VISIBLE_DEVICES may hide it) (cudaErrorNoDevice",
        "nvidia-smi",
    ),
]


@pytest.mark.parametrize(
    ("given", "check", "state", "fact", "advice"), [row[1:] for row in CASES], ids=[c[0] for c in CASES]
)
def test_what_a_gpu_needs(machine_with, given, check, state, fact, advice) -> None:
    machine_with(**given)
    (finding,) = check()
    assert finding.state == state
    assert fact in finding.fact
    assert advice in finding.advice and bool(advice) == bool(finding.advice)


def test_a_wheel_that_cannot_be_imported_is_broken(machine_with, monkeypatch, tmp_path: Path) -> None:
    machine_with(("cupy-cuda13x",), CUDA_13)
    (tmp_path / "cupy.py").write_text("raise ImportError('libcudart.so.13: cannot open shared object file')")
    monkeypatch.delitem(sys.modules, "cupy")
    monkeypatch.syspath_prepend(tmp_path)
    (finding,) = gpu.cupy()
    assert finding.state == "broken" and "libcudart.so.13" in finding.fact
    assert finding.advice == "pip install --force-reinstall cupy-cuda13x"


@pytest.mark.parametrize("meant", cuda_errors.MEANT)
def test_what_cuda_says_is_translated_and_its_own_words_stay(meant: str) -> None:
    said = cuda_errors.translated(f"{meant}: CUDA's own words\nand more of them")
    assert said.startswith(cuda_errors.MEANT[meant]) and "CUDA's own words)" in said and "\n" not in said
    assert cuda_errors.translated("something else") == "something else"


def program(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


def test_the_program_that_draws_may_be_missing_broken_or_there(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(machine.dot_binary.sysconfig, "get_path", lambda name: str(tmp_path))
    monkeypatch.setattr(machine.dot_binary.sys, "executable", str(tmp_path / "python"))
    (finding,) = machine.graphviz()
    assert finding.state == "broken" and finding.advice.startswith("pip install graphviz-pure")
    program(tmp_path, "graphviz-pure", "exit 0")
    (finding,) = machine.graphviz()
    assert finding.state == "works" and "no pdf" in finding.fact and "apt install graphviz" in finding.advice
    program(tmp_path, "dot", "echo a library is missing >&2; exit 127")
    (finding,) = machine.graphviz()
    assert finding.state == "broken" and "a library is missing" in finding.fact
    program(tmp_path, "dot", "echo dot - graphviz version 12.2.1 >&2")
    (finding,) = machine.graphviz()
    assert finding == Finding("Graphviz", "works", "dot - graphviz version 12.2.1")


def test_a_damaged_extra_is_told_from_one_that_is_absent(monkeypatch, tmp_path: Path) -> None:
    (tmp_path / "damaged.py").write_text("import a_module_that_is_gone")
    (tmp_path / "fine.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(machine, "EXTRAS", {"a": ("damaged",), "b": ("nowhere", "json"), "c": ("json",)})
    monkeypatch.setattr(machine, "_version", lambda module: f"{module} 1.0")
    a, b, c = machine.extras()
    assert a.state == "broken" and "a_module_that_is_gone" in a.fact and a.advice.endswith("--force-reinstall damaged")
    assert (b.state, b.fact, b.advice) == ("absent", "not installed: nowhere", "pip install 'tinygrad-edu[b]'")
    assert (c.state, c.fact) == ("works", "json 1.0")


def test_a_check_that_fails_is_a_row_and_the_others_still_speak(monkeypatch, capsys) -> None:
    def fails() -> Any:
        raise KeyError("blas")

    assert list(found("BLAS", fails)) == [
        Finding("BLAS", "broken", "looking at it failed: KeyError: 'blas'", part="BLAS")
    ]
    monkeypatch.setattr(report, "CHECKS", [("BLAS", fails), ("Python", machine.python)])
    assert main(["doctor"]) == 1
    assert capsys.readouterr().out.splitlines()[0].startswith("x broken   BLAS")


def test_the_command_says_all_and_requires_what_it_is_asked_to(machine_with, monkeypatch, capsys) -> None:
    machine_with()
    checks = [(name, check) for name, check in report.CHECKS if name != "extras"]  # which take a second to import
    monkeypatch.setattr(report, "CHECKS", checks)
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("+ works    Python") and "50 updates in" in lines[-1]
    assert main(["doctor", "--json", "--require", "cuda"]) == 3
    said = capsys.readouterr()
    shown = json.loads(said.out)
    assert shown["works"] and not shown["cuda"] and {row["part"] for row in shown["rows"]} >= {"Python", "trial"}
    assert "no network can learn on a GPU here: not installed" in said.err
    machine_with(("cupy-cuda12x", "cupy-cuda13x"))
    assert main(["doctor"]) == 1
    capsys.readouterr()


def test_lines_fit_into_the_terminal_and_letters_alone_tell_the_state() -> None:
    finding = Finding("CUDA libraries", "broken", "a long fact " * 20, "pip install something")
    lines = list(report.lines(finding, 80))
    assert max(map(len, lines)) <= 80 and lines[0].startswith("x broken   CUDA libraries")
    assert lines[-1].strip() == "-> pip install something"
