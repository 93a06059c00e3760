"""Is the fake device a faithful stand-in? What it believes about CuPy, held against the fake and the real CuPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from fake_device import beliefs, fake_cupy


@pytest.fixture(params=["fake", pytest.param("cuda", marks=pytest.mark.gpu)])
def library(request: pytest.FixtureRequest) -> tuple[Any, Any]:
    """(xp, special functions): the fake's, and CuPy's."""
    if request.param == "fake":
        return fake_cupy, fake_cupy.special
    import cupy
    from cupyx.scipy import special

    return cupy, special


@pytest.fixture(params=["fake", pytest.param("cuda", marks=pytest.mark.gpu)])
def waits(request: pytest.FixtureRequest) -> tuple[Any, Callable[[Callable[[], Any]], bool]]:
    """(xp, a function that says whether a call waits for the device)."""
    return (fake_cupy, _fake_waits) if request.param == "fake" else _cupy_waits()


def _fake_waits(call: Callable[[], Any]) -> bool:
    with fake_cupy.counting() as count:
        call()
    return count.syncs > 0


def _cupy_waits() -> tuple[Any, Callable[[Callable[[], Any]], bool]]:
    """The device is kept busy: a call that returns after the work before it is done has waited for it."""
    import cupy

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

    return cupy, cupy_waits


def _iota(xp: Any) -> Any:
    return xp.arange(12, dtype="float32").reshape(3, 4)


@pytest.mark.parametrize("belief", beliefs.BELIEFS)
def test_belief(belief: str, library: tuple[Any, Any]) -> None:
    assert beliefs.BELIEFS[belief](*library)


@pytest.mark.parametrize("name", beliefs.VIEWS)
def test_view_shares_memory(name: str, library: tuple[Any, Any]) -> None:
    xp, _ = library
    a = _iota(xp)
    assert bool(xp.may_share_memory(beliefs.VIEWS[name](xp, a), a))


@pytest.mark.parametrize("name", beliefs.KERNELS)
def test_kernel_gives_the_numbers_of_numpy(name: str, library: tuple[Any, Any]) -> None:
    xp, _ = library
    result = beliefs.KERNELS[name](xp, _iota(xp))
    expected = beliefs.KERNELS[name](np, _iota(np))
    assert result.dtype == np.asarray(expected).dtype
    np.testing.assert_allclose(xp.asnumpy(result), expected, rtol=1e-6)


@pytest.mark.parametrize("name", beliefs.WAITS)
def test_waits_for_the_device(name: str, waits: tuple[Any, Any]) -> None:
    xp, device_waits = waits
    a = _iota(xp)
    assert device_waits(lambda: beliefs.WAITS[name](xp, a))


@pytest.mark.parametrize("name", [*beliefs.VIEWS, *beliefs.KERNELS])
def test_does_not_wait_for_the_device(name: str, waits: tuple[Any, Any]) -> None:
    xp, device_waits = waits
    a = _iota(xp)
    assert not device_waits(lambda: (beliefs.VIEWS | beliefs.KERNELS)[name](xp, a))
