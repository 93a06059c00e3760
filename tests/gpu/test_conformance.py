"""Is the fake device a faithful stand-in? What it believes about CuPy, held against the fake and the real CuPy."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from emulator import activating
from fake_device import beliefs, fake_cupy


@pytest.fixture(params=["fake_device.fake_cupy", pytest.param("cupy", marks=pytest.mark.gpu)])
def xp(request: pytest.FixtureRequest) -> Any:
    """The fake, and CuPy."""
    return importlib.import_module(request.param)


@pytest.fixture
def waits(xp: Any) -> Callable[[Callable[[], Any]], bool]:
    """A function that says whether a call waits for the device."""
    return _fake_waits if xp is fake_cupy else _cupy_waits(xp)


def _fake_waits(call: Callable[[], Any]) -> bool:
    with fake_cupy.counting() as count:
        call()
    return count.syncs > 0


def _cupy_waits(cupy: Any) -> Callable[[Callable[[], Any]], bool]:
    """The device is kept busy: a call that returns only when the work before it is done has waited for it."""
    spin = cupy.RawKernel(
        'extern "C" __global__ void spin(long long cycles) {'
        " long long start = clock64(); while (clock64() - start < cycles) {} }",
        "spin",
    )

    def cupy_waits(call: Callable[[], Any]) -> bool:
        call()  # compiles what it needs, and fills the memory pool
        cupy.cuda.Device().synchronize()
        spin((1,), (1,), (np.int64(500_000_000),))  # a quarter of a second
        done = cupy.cuda.Event()
        done.record()
        call()
        waited = bool(done.done)
        cupy.cuda.Device().synchronize()
        return waited

    return cupy_waits


@pytest.mark.parametrize("belief", beliefs.BELIEFS)
def test_belief(belief: str, xp: Any) -> None:
    assert beliefs.BELIEFS[belief](xp)


@pytest.mark.parametrize("name", beliefs.VIEWS)
def test_a_view_shares_memory(name: str, xp: Any) -> None:
    a = beliefs.iota(xp)
    assert bool(xp.may_share_memory(beliefs.VIEWS[name](xp, a), a))


@pytest.mark.parametrize("name", beliefs.KERNELS)
def test_a_kernel_gives_the_numbers_of_numpy(name: str, xp: Any) -> None:
    result = beliefs.KERNELS[name](xp, beliefs.iota(xp))
    expected = np.asarray(beliefs.KERNELS[name](np, beliefs.iota(np)))
    assert result.dtype == expected.dtype
    np.testing.assert_allclose(xp.asnumpy(result), expected, rtol=1e-6)


@pytest.mark.parametrize("name", beliefs.WAITS)
def test_it_waits_for_the_device(name: str, xp: Any, waits: Callable[[Callable[[], Any]], bool]) -> None:
    a = beliefs.iota(xp)
    assert waits(lambda: beliefs.WAITS[name](xp, a))


@pytest.mark.parametrize("name", [*beliefs.VIEWS, *beliefs.KERNELS])
def test_it_does_not_wait_for_the_device(name: str, xp: Any, waits: Callable[[Callable[[], Any]], bool]) -> None:
    a = beliefs.iota(xp)
    assert not waits(lambda: (beliefs.VIEWS | beliefs.KERNELS)[name](xp, a))


# Calls beside those of `beliefs.py` for which CuPy launches several kernels, or uploads something. (The fake counts one
# for `einsum`, where CuPy launches as many as there are products.)
COSTS: dict[str, Callable[[Any, Any], Any]] = {
    **{f"stack {n}": lambda xp, a, n=n: xp.stack([a] * n) for n in (1, 3, 8, 9)},
    "concatenate 9": lambda xp, a: xp.concatenate([a] * 9),
    "roll along an axis": lambda xp, a: xp.roll(a, 1, axis=1),
    "roll": lambda xp, a: xp.roll(a, 1),
    "pad with zeros": lambda xp, a: xp.pad(a, 1),
    "cumsum of a row": lambda xp, a: xp.cumsum(a[0]),
    "tril": lambda xp, a: xp.tril(a),
    "var": lambda xp, a: a.var(),
    "std": lambda xp, a: xp.std(a),
    "take at two arrays": lambda xp, a: a[positions(xp), positions(xp)],
    "take at three arrays": lambda xp, a: a.reshape(3, 2, 2)[positions(xp), positions(xp) % 2, positions(xp) % 2],
    "assign at two arrays": lambda xp, a: beliefs.assigned(a, (positions(xp), positions(xp)), 1.0),
    "add at two arrays": lambda xp, a: beliefs.added(xp, a, (positions(xp), positions(xp)), a[0, :3]),
    "add at an array": lambda xp, a: beliefs.added(xp, a, positions(xp), a),
}


def positions(xp: Any) -> Any:
    return xp.arange(3)


@pytest.mark.emulator
@pytest.mark.parametrize("name", sorted({*beliefs.VIEWS, *beliefs.KERNELS, *COSTS} - {"einsum"}))
def test_the_fake_counts_what_cupy_asks_for(name: str) -> None:
    cupy = importlib.import_module("cupy")
    call = (beliefs.VIEWS | beliefs.KERNELS | COSTS)[name]
    counted = []
    for xp, counting in ((fake_cupy, fake_cupy.counting), (cupy, activating.counting)):
        a = beliefs.iota(xp)
        call(xp, a)  # compiles
        with counting() as count:
            call(xp, a)
        counted.append((count.launches, count.uploads))
    assert counted[0] == counted[1]
