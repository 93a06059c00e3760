"""Is the fake device a faithful stand-in? What it believes about CuPy, held against the fake and the real CuPy."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

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
