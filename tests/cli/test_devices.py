"""--device auto, --tf32, and what a GPU's errors become; the GPU is the strict fake."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fake_device import fake_cupy
from tinygrad_edu import nn
from tinygrad_edu_cli import cuda_errors

QUICK = "--data", "moons", "--n", "40", "--epochs", "2", "--net", "2-4-1"


@pytest.fixture(params=[pytest.param(True, id="a GPU"), pytest.param(False, id="no GPU")])
def used(request: pytest.FixtureRequest, machine: Callable[[bool], None]) -> str:
    """The device that "auto" is, with a GPU and without."""
    machine(request.param)
    return "cuda:0" if request.param else "cpu"


def test_auto_is_said_in_one_line_and_the_record_names_the_device(cli: Any, used: str, tmp_path: Path) -> None:
    ran = cli("train", *QUICK, "--device", "auto", "--json", "--record", str(tmp_path / "run"))
    assert ran.code == 0, ran.err
    said = [line for line in ran.err.splitlines() if "--device auto" in line]
    assert said == [
        "--device auto: cuda:0 works, and is used"
        if used == "cuda:0"
        else "--device auto: the CPU, as no GPU works here: device 'cuda:0' needs CuPy; install it"
    ]
    assert json.loads((tmp_path / "run" / "config.json").read_text())["config"]["device"] == used


def test_auto_is_said_once_for_all_runs(cli: Any, used: str) -> None:
    ran = cli("compare", "lr=0.1,0.01", "--seeds", "1", *QUICK, "--device", "auto", "--json")
    assert ran.code == 0, ran.err
    assert ran.err.count("--device auto") == 1


def test_tf32_is_what_the_run_multiplies_in_and_off_without(cli: Any, used: str, tmp_path: Path) -> None:
    seen = []
    for flags in (["--tf32", "--record", str(tmp_path / "run")], []):
        ran = cli("train", *QUICK, "--device", used, "--json", *flags)
        seen.append((ran.code, fake_cupy.compute_types.get("f")))
        if used == "cpu":
            assert ran.code == (2 if flags else 0)
            assert not flags or "--tf32 is a way in which GPUs multiply, and cpu has none" in ran.err
    if used == "cuda:0":
        assert seen == [(0, 7), (0, 1)]
        assert json.loads((tmp_path / "run" / "config.json").read_text())["config"]["tf32"] is True
        ran = cli("train", "--resume", str(tmp_path / "run"), "--epochs", "3", "--json")
        assert (ran.code, fake_cupy.compute_types["f"]) == (0, 7), ran.err


class CUDARuntimeError(RuntimeError):
    """As CuPy's."""


CUDARuntimeError.__module__ = "cupy_backends.cuda.api.runtime"


@pytest.mark.parametrize("used", [True], indirect=True, ids=["a GPU"])
@pytest.mark.parametrize(
    ("error", "first", "second"),
    [
        (
            MemoryError("Out of memory allocating 4,096 bytes"),
            "error: the memory of cuda:0 is full: 4.0 KiB were asked for, and 3.5 GiB of 80.0 GiB are free",
            None,
        ),
        (
            CUDARuntimeError("cudaErrorECCUncorrectable: uncorrectable ECC error\nmore"),
            f"error: {cuda_errors.MEANT['cudaErrorECCUncorrectable']} (CUDARuntimeError: cudaErrorECC",
            "  see: tinygrad-edu doctor",
        ),
    ],
    ids=["memory", "CUDA"],
)
def test_an_error_of_the_gpu_is_told_in_our_words(
    cli: Any, used: str, monkeypatch: pytest.MonkeyPatch, error: Exception, first: str, second: str | None
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(nn.Dense, "forward", lambda self, x: x.backend.run(fail))
    ran = cli("train", *QUICK, "--device", "cuda", "--json")
    assert ran.code == 1
    lines = [line for line in ran.err.splitlines() if line.startswith(("error", "  see"))]
    assert lines[0].startswith(first) and lines[1:] == [second] * (second is not None)
