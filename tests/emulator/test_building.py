"""The emulated device where it cannot be built or has not been: what is said, and with which exit status."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from emulator import activating, building

ROOT = Path(__file__).parents[2]


def emulator(cache: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"XDG_CACHE_HOME": str(cache)} | variables
    command = [sys.executable, "-m", "tests.emulator", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


@pytest.mark.cupy
def test_without_a_compiler_it_says_what_to_install(tmp_path: Path) -> None:
    done = emulator(tmp_path, "build", PATH="")
    assert done.returncode == 3
    assert "g++ is not installed" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.cupy
def test_what_is_not_built_is_not_activated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(activating, "_libraries", {})
    with pytest.raises(building.Missing, match=r"python -m tests\.emulator build"):
        activating.activate()


@pytest.mark.parametrize("arguments", [[], ["built"], ["build", "-n", "2"]])
def test_wrong_usage(arguments: list[str], tmp_path: Path) -> None:
    done = emulator(tmp_path, *arguments)
    assert (done.returncode, "python -m tests.emulator build" in done.stderr) == (2, True)


def test_without_cupy_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "WHEELS", {"cupy-for-no-cuda": "0"})
    with pytest.raises(building.Missing, match="pip install --group cupy"):
        building.wheel()
