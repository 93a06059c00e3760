"""The script of everything that needs a GPU: what it answers where there is none, and what its exit status says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PARTS = ("smoke", "conformance", "suite", "sanitizer", "bench")

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash: apt-get install bash")


def session(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = ["bash", str(ROOT / "benchmarks" / "gpu_session.sh"), *arguments]
    return subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)


def stand_in(folder: Path, name: str, *lines: str) -> str:
    path = folder / name
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)
    return str(path)


def test_without_a_gpu_each_part_says_why_it_cannot_run(tmp_path: Path) -> None:
    result = session(str(tmp_path / "new"), PYTHON=sys.executable, CUDA_VISIBLE_DEVICES="")
    assert result.returncode == 3, result.stderr
    lines = [line for line in result.stdout.splitlines() if line.startswith("== ")]
    assert [line.split(":")[0] for line in lines] == [f"== {part}" for part in PARTS]
    assert all("cannot run: tinygrad_edu.errors.DeviceError: device 'cuda:0'" in line for line in lines)


@pytest.mark.parametrize(
    ("python", "status", "says"),
    [
        ("exit 0", 0, "== bench: done"),
        ("case $* in *pytest*tests/gpu*) echo full; exit 7;; esac", 1, "full\n== conformance: FAILED with status 7"),
        ("case $* in *hypothesis*) echo no pytest; exit 1;; esac", 3, "== suite: cannot run: no pytest"),
        ("case $* in *hypothesis*) echo none; exit 1;; *--smoke) exit 1;; esac", 1, "== smoke: FAILED with status 1"),
    ],
)
def test_the_exit_status(python: str, status: int, says: str, tmp_path: Path) -> None:
    stand_in(tmp_path, "compute-sanitizer")
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    result = session(str(tmp_path / "out"), PYTHON=stand_in(tmp_path, "python", python), PATH=path)
    assert result.returncode == status, result.stdout + result.stderr
    assert says in result.stdout
    assert all(f"== {part}: " in result.stdout for part in PARTS)  # whatever happens to the others


def test_a_folder_must_be_named() -> None:
    result = session()
    assert result.returncode == 2
    assert "usage: bash" in result.stderr
