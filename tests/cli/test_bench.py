"""tinygrad-edu bench: what is compared, when nothing is timed, and what is said; the GPU is the strict fake, the clock
is set by the test."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinygrad_edu import backends
from tinygrad_edu.errors import OutOfMemoryError
from tinygrad_edu_cli.benching import measuring, report
from tinygrad_edu_cli.benching.measuring import Row

BOTH = ["cpu", "cuda:0"]


@pytest.fixture
def gpu(machine: Callable[[bool], None], monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """A function that says whether there is a GPU. All sizes are small, and turns few."""
    small = [work._replace(sizes=(2, 4, 8)) for work in measuring.WORKS]
    monkeypatch.setattr(measuring, "WORKS", small)
    monkeypatch.setattr(measuring, "TURNS", 2)
    monkeypatch.setattr(measuring, "TURN", 0.0)
    return machine


def timings(*pairs: tuple[float, float]) -> list[Row]:
    return [Row(2 ** (k + 3), {d: (t, t, t) for d, t in zip(BOTH, pair, strict=True)}) for k, pair in enumerate(pairs)]


@pytest.mark.parametrize(
    ("pairs", "found", "said"),
    [
        ([(1, 3), (2, 3), (4, 3), (8, 3)], (16, 32), "crossover: cuda:0 becomes faster between width 16 and 32"),
        ([(4, 3), (8, 3)], (None, 8), "cuda:0 is faster from the smallest width on, 8"),
        ([(1, 3), (3, 3)], None, "cpu is faster up to width 16, the largest measured"),
        ([(4, 3), (2, 3), (4, 3)], (16, 32), "crossover: cuda:0 becomes faster between width 16 and 32"),  # for good
        ([(4, 3), (2, 3)], None, "cpu is faster up to width 16, the largest measured"),
    ],
)
def test_the_crossover_is_where_the_gpu_becomes_faster_for_good(pairs: Any, found: Any, said: str) -> None:
    rows = timings(*pairs)
    assert measuring.crossover(rows, *BOTH) == found
    assert report.conclusion(report.Measured(measuring.WORKS[0], BOTH, rows)) == said


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(2.5, "2.50 s"), (0.5, "500 ms"), (0.0123, "12.3 ms"), (0.00123, "1.23 ms"), (4.56e-6, "4.56 µs")],
)
def test_a_duration_has_three_digits(seconds: float, text: str) -> None:
    assert report.duration(seconds) == text


def test_the_median_of_interleaved_turns_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    clock = iter(np.cumsum([[0, t] for t in [9, 9, 9, 9, 1, 10, 50, 20, 3, 30]]).tolist())  # 2 to warm up, then 3 turns
    monkeypatch.setattr(measuring.time, "perf_counter", lambda: next(clock))
    found = measuring._timed({d: lambda d=d: order.append(d) for d in ("cpu", "fake")}, turns=3)  # type: ignore[misc]
    assert found == {"cpu": (3, 1, 50), "fake": (20, 10, 30)}
    assert order == ["cpu", "cpu", "fake", "fake", *["cpu", "fake"] * 3]


def test_both_devices_are_measured_and_compared(cli: Any, gpu: Any, tmp_path: Path) -> None:
    gpu(True)
    ran = cli("bench", "--png", str(tmp_path / "bench.png"))
    assert ran.code == 0, ran.err
    heads = [line.split() for line in ran.out.splitlines() if "cpu / cuda:0" in line]
    assert heads == [[unit, "cpu", "cuda:0", "cpu", "/", "cuda:0"] for unit in ("width", "n")]
    rows = [line.split() for line in ran.out.splitlines() if line.split()[:1] in (["2"], ["4"], ["8"])]
    assert [(row[0], len(row)) for row in rows] == [(size, 6) for size in "248248"]
    assert "└2───" in ran.out and "───8" in ran.out
    assert (tmp_path / "bench.png").read_bytes().startswith(b"\x89PNG")
    assert "--device auto: cuda:0 works" in ran.err and "measured alone" not in ran.err


def test_without_a_gpu_the_cpu_is_measured_alone(cli: Any, gpu: Any) -> None:
    gpu(False)
    ran = cli("bench", "--json")
    assert ran.code == 0 and "the CPU is measured alone" in ran.err and "tinygrad-edu doctor" in ran.err
    found = json.loads(ran.out)
    assert found["devices"] == ["cpu"] and [work["crossover"] for work in found["works"]] == [None, None]
    assert [row["size"] for row in found["works"][1]["rows"]] == [2, 4, 8]
    assert cli("bench", "--device", "cuda").code == 3


@pytest.mark.parametrize("work", ["step", "product"])
def test_where_numbers_differ_nothing_is_timed(cli: Any, gpu: Any, work: str, monkeypatch: pytest.MonkeyPatch) -> None:
    gpu(True)
    backend = backends.get("cuda")
    right = backend.matmul
    monkeypatch.setattr(backend, "matmul", lambda a, b, **options: right(a, b, **options) * 1.1)
    monkeypatch.setattr(measuring, "WORKS", [each for each in measuring.WORKS if each.kind == work])
    monkeypatch.setattr(measuring, "_timed", lambda *_: pytest.fail("was timed"))
    ran = cli("bench", "--device", "cuda")
    assert ran.code == 1 and "cpu and cuda:0 compute different numbers" in ran.err and "nothing was timed" in ran.err


@pytest.mark.parametrize("stops", [KeyboardInterrupt, OutOfMemoryError("the memory of cuda:0 is full: 4.0 GiB")])
@pytest.mark.parametrize("as_json", [True, False], ids=["json", "lines"])
def test_what_there_is_is_shown_when_it_ends_early(
    cli: Any, gpu: Any, monkeypatch: pytest.MonkeyPatch, stops: Any, as_json: bool
) -> None:
    gpu(True)
    step = measuring.WORKS[0]

    def prepare(device: str, size: int) -> Any:
        if size == 8:
            raise stops
        return step.prepare(device, size)

    monkeypatch.setattr(measuring, "WORKS", [step._replace(prepare=prepare)])
    ran = cli("bench", *["--json"] * as_json)
    by_hand = stops is KeyboardInterrupt
    assert ran.code == (130 if by_hand else 0), ran.err
    if as_json:
        found = json.loads(ran.out)
        assert found["interrupted"] is by_hand
        assert [row["size"] for row in found["works"][0]["rows"]] == [2, 4] + [8] * (not by_hand)
    else:
        assert "└2───" in ran.out and "───4" in ran.out
        assert ("the memory of cuda:0 is full" in ran.out) is not by_hand


def test_tf32_and_names_that_do_not_fit_are_refused(cli: Any, gpu: Any) -> None:
    gpu(False)
    for arguments, said in {
        ("--device", "cpu", "--tf32"): "--tf32 is a way in which GPUs multiply",
        ("--png", "bench.svg"): "a file that ends in .png",
        ("--device", "gpu"): "unknown 'gpu'",
    }.items():
        ran = cli("bench", *arguments)
        assert ran.code == 2 and said in ran.err, ran.err
