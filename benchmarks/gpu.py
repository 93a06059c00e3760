"""A training step of a network on one GPU: this package against PyTorch and a step by hand, in milliseconds.

    python -m benchmarks.gpu [--json FILE] [--seconds 200] [--cases small,medium,large]
    python -m benchmarks.gpu --smoke         does a step run at all, and how long does the first one take?

The losses of five steps from the same weights are compared before anything is timed. Times are medians of windows
between CUDA events, competitors taking turns; "host" is how long Python takes to ask for a step. Exit status: 0 done,
1 a competitor failed or its losses differ, 3 there is no GPU or no CuPy.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu import backends

from .gpu_by_hand import by_hand
from .gpu_steps import Competitor, Problem, compiled, ours, pytorch

CASES = {  # layers, batch
    "tiny": ((20, 8, 4), 16),
    "small": ((784, 256, 10), 128),
    "medium": ((784, 1024, 1024, 10), 1024),
    "large": ((784, 4096, 4096, 10), 8192),
}
STEPS, WINDOWS = 5, 15  # steps whose losses are compared; windows of a measurement
DONE, FAILED, MISSING = 0, 1, 3


def competitors(problem: Problem, tf32: bool, torch: bool) -> dict[str, Callable[[], Competitor]]:
    """What makes each of them, by name."""
    made: dict[str, Callable[[], Competitor]] = {
        "ours, plain": lambda: ours(problem, fused=False),
        "ours, fused": lambda: ours(problem, fused=True),
        "ours, compiled": lambda: compiled(problem),
        "ours, captured": lambda: compiled(problem, captured=True),
        "by hand": lambda: by_hand(problem, tf32),
        "by hand, captured": lambda: by_hand(problem, tf32, captured=True),
    }
    if torch:
        made["pytorch, eager"] = lambda: pytorch(problem, tf32)
        made["pytorch, captured"] = lambda: pytorch(problem, tf32, captured=True)
    return made


def agreeing(
    makers: dict[str, Callable[[], Competitor]], tolerance: float
) -> tuple[dict[str, Competitor], dict[str, str]]:
    """The competitors that run and have the losses of the fused step; and of the others, why they are left out."""
    made, failed, losses = {}, {}, {}
    for name, make in makers.items():
        try:
            competitor = make()
            losses[name] = [competitor.loss(competitor.run()) for _ in range(STEPS)]
            made[name] = competitor
        except Exception as error:  # one that fails must not cost the others their turn
            failed[name] = f"{type(error).__name__}: {error}"[:500]
    expected = losses.get("ours, fused")
    for name in [name for name in made if expected is not None]:
        if not np.allclose(losses[name], expected, rtol=tolerance):
            failed[name] = f"losses {losses[name]}, the fused step has {expected}"
            del made[name]
    return made, failed


def timed(cupy: Any, made: dict[str, Competitor], seconds: float) -> dict[str, dict[str, Any]]:
    """Milliseconds of one step of each, on the device and on the host."""
    device = cupy.cuda.Device()
    steps = {name: _steps(device, competitor.run, seconds / len(made) / WINDOWS) for name, competitor in made.items()}
    taken: dict[str, list[float]] = {name: [] for name in made}
    asked: dict[str, list[float]] = {name: [] for name in made}
    for _ in range(WINDOWS):
        for name, (run, _, stream) in made.items():
            before, after = cupy.cuda.Event(), cupy.cuda.Event()
            device.synchronize()
            begun = time.perf_counter()
            before.record(stream)
            for _ in range(steps[name]):
                run()
            after.record(stream)
            asked[name].append((time.perf_counter() - begun) / steps[name] * 1e3)
            after.synchronize()
            taken[name].append(cupy.cuda.get_elapsed_time(before, after) / steps[name])
    return {
        name: {
            "ms": statistics.median(taken[name]),
            "least": min(taken[name]),
            "most": max(taken[name]),
            "host_ms": statistics.median(asked[name]),
            "steps": steps[name],
        }
        for name in made
    }


def _steps(device: Any, run: Callable[[], Any], seconds: float) -> int:
    """How many steps fill a window; the first ones warm up."""
    for count in (3, STEPS):
        device.synchronize()
        begun = time.perf_counter()
        for _ in range(count):
            run()
        device.synchronize()
    return max(1, min(200, int(seconds * STEPS / (time.perf_counter() - begun))))


def measure(cupy: Any, case: str, tf32: bool, torch: bool, seconds: float) -> dict[str, Any]:
    """One row of the result: times of those that agree, and why the others are left out."""
    layers, batch = CASES[case]
    backends.allow_tf32(tf32)
    makers = competitors(Problem(layers, batch), tf32, torch)
    made, failed = agreeing(makers, tolerance=2e-2 if tf32 else 1e-3)
    times = timed(cupy, made, seconds) if made else {}
    precision = "tf32" if tf32 else "float32"
    for name, row in times.items():
        spread = f"[{row['least']:.4f} {row['most']:.4f}]"
        print(
            f"{case:7} {precision:8}{name:19}{row['ms']:9.4f} ms  host {row['host_ms']:9.4f} ms  {spread}", flush=True
        )
    for name, why in failed.items():
        print(f"{case:7} {precision:8}{name:19}FAILED {why}", flush=True)
    used = cupy.get_default_memory_pool().used_bytes()
    return {
        "case": case,
        "layers": layers,
        "batch": batch,
        "precision": precision,
        "times": times,
        "failed": failed,
        "bytes": used,
    }


def bench(cupy: Any, file: str | None, seconds: float, cases: list[str]) -> int:
    has_torch, about_torch = _torch()
    properties = cupy.cuda.runtime.getDeviceProperties(0)
    result: dict[str, Any] = {
        "device": properties["name"].decode(),
        "driver": cupy.cuda.runtime.driverGetVersion(),
        "cupy": cupy.__version__,
        "numpy": np.__version__,
        "python": sys.version.split()[0],
        "pytorch": about_torch,
        "rows": [],
    }
    print(f"{result['device']}, CuPy {cupy.__version__}, PyTorch: {about_torch}", flush=True)
    end, share = time.perf_counter() + seconds, seconds / len(cases) / 4  # half of the time goes to compiling
    for case, tf32 in [(case, tf32) for case in cases for tf32 in (False, True)]:
        if result["rows"] and end - time.perf_counter() < 2 * share:
            print(f"{case:7} {'tf32' if tf32 else 'float32':8}left out: the {seconds:g} seconds are over", flush=True)
            continue
        result["rows"].append(measure(cupy, case, tf32, has_torch, share))
        cupy.get_default_memory_pool().free_all_blocks()
        if file:
            Path(file).write_text(json.dumps(result, indent=1), encoding="utf-8")
    return FAILED if any(row["failed"] for row in result["rows"]) else DONE


def _torch() -> tuple[bool, str]:
    """Whether PyTorch can be compared with, and its version, or why not."""
    try:
        import torch
    except ImportError:
        return False, "not installed, left out"
    if not torch.cuda.is_available():
        return False, f"{torch.__version__} finds no GPU, left out"
    return True, str(torch.__version__)


def smoke(cupy: Any) -> int:
    """A few steps on the GPU and on the CPU, whose losses are compared."""
    begun = time.perf_counter()
    cupy.zeros(3).sum().get()
    print(f"context and first kernels: {time.perf_counter() - begun:.1f} s", flush=True)
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((128, 784), dtype=np.float32), np.arange(128) % 10
    expected = _losses("cpu", x, y)
    found = [_losses("cuda", x, y), _losses("cuda", x, y, compiled=True)]
    return DONE if np.allclose(found, expected, rtol=1e-4) else FAILED


def _losses(device: str, x: Any, y: Any, compiled: bool = False) -> list[float]:
    """The losses of some steps of a network with dropout."""
    layers = [
        tg.nn.Dense(784, 256, activation="relu", rng=1),
        tg.nn.Dropout(0.2, seed=3),
        tg.nn.Dense(256, 10, rng=2),
    ]
    model = tg.nn.Sequential(*layers).to(device)
    optimizer = tg.optim.Adam(model.parameters(), lr=1e-3)
    inputs, losses = tg.Tensor(x, device=device), []

    def loss_of(x: tg.Tensor, y: Any) -> tg.Tensor:
        return tg.losses.cross_entropy(model(x), y)

    def in_parts(x: tg.Tensor, y: Any) -> tg.Tensor:
        optimizer.zero_grad()
        loss = loss_of(x, y)
        loss.backward()
        optimizer.step()
        return loss

    step: Callable[..., Any] = tg.compile(loss_of, optimizer=optimizer) if compiled else in_parts
    name = f"{device}, compiled" if compiled else device
    for k in range(STEPS):
        begun = time.perf_counter()
        losses.append(step(inputs, y).item())
        if k < 2:  # a compiled step is written in the first two
            print(f"{name}: step {k + 1} took {time.perf_counter() - begun:.2f} s", flush=True)
    print(name, losses, flush=True)
    return losses


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smoke", action="store_true", help="only see whether a step runs")
    parser.add_argument("--json", metavar="FILE", help="write the result there, too")
    parser.add_argument("--seconds", type=float, default=200.0, help="begin no case after so long")
    parser.add_argument("--cases", default="small,medium,large", help=f"of {', '.join(CASES)}")
    arguments = parser.parse_args()
    cases = arguments.cases.split(",")
    if not set(cases) <= set(CASES):
        parser.error(f"--cases: {arguments.cases!r}; there are {', '.join(CASES)}")
    try:
        backends.get("cuda")
    except tg.DeviceError as error:
        print(f"cannot run: {error}", file=sys.stderr)
        return MISSING
    import cupy

    return smoke(cupy) if arguments.smoke else bench(cupy, arguments.json, arguments.seconds, cases)


if __name__ == "__main__":
    sys.exit(main())
