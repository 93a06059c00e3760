"""Fixtures for all tests: the devices, and what is skipped where something is missing."""

from __future__ import annotations

import functools
import gc
import os
import signal
import sys
from collections.abc import Callable, Generator, Iterator
from importlib.util import find_spec
from typing import Any

for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES"):  # the tests speak English
    os.environ.pop(name, None)
os.environ["LANG"] = "C.UTF-8"
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # small matrices are multiplied faster by one thread
    os.environ.setdefault(name, "1")  # before NumPy is loaded

import hypothesis
import pytest

from emulator import activating
from fake_device import fake_cupy

if os.environ.get(activating.VARIABLE) == "1":  # `cuda` is the emulated device, and no GPU
    activating.activate()  # before CuPy is imported

from tinygrad_edu import backends
from tinygrad_edu.backends.cupy import CupyBackend
from tinygrad_edu.errors import DeviceError

os.fsync = lambda handle: None  # no power fails here, and disks are slow

hypothesis.settings.register_profile("tests", derandomize=True, deadline=None)
hypothesis.settings.load_profile("tests")

for name in ("fake", "fake:1"):  # CuPy's own backend, on two devices that need no hardware
    backends.register(CupyBackend(name, fake_cupy, fake_cupy.ndarray, fake_cupy.special))

# A machine with a GPU may lack what commands, pictures and data sets are made of; no test there needs a GPU.
_COMMANDS = ["click", "graphviz"]
_FOLDERS = {"cli": _COMMANDS, "old_files": _COMMANDS, "visualizations": ["graphviz"], "browser": ["graphviz"]}
_FOLDERS["data"] = ["sklearn"]
collect_ignore = [folder for folder, packages in _FOLDERS.items() if not all(map(find_spec, packages))]


@pytest.fixture(
    params=["cpu", pytest.param("fake:1", id="fake"), pytest.param("cuda:0", marks=pytest.mark.gpu, id="cuda")]
)
def device(request: pytest.FixtureRequest) -> str:
    """The engine behaves the same on every device, so a test that takes this fixture runs on each of them.

    The fake is the second GPU of its machine, and the first is the current one: what the engine computes where the data
    does not lie is an error there.
    """
    raw = request.param == "fake:1" and request.node.get_closest_marker("raw_arrays")
    return "fake" if raw else str(request.param)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """A function that says whether there is a GPU, cuda:0, which is the fake device; all else there is the CPU."""

    def absent(number: int) -> CupyBackend:
        raise DeviceError(f"device 'cuda:{number}' needs CuPy; install it\nmore")

    def given(there: bool) -> None:
        known: dict[str, backends.Backend] = {"cpu": backends.get("cpu")}
        if there:
            known["cuda:0"] = CupyBackend("cuda:0", fake_cupy, fake_cupy.ndarray, fake_cupy.special)
        monkeypatch.setattr(backends, "_backends", known)
        monkeypatch.setattr(CupyBackend, "of_device", absent)
        monkeypatch.setattr(backends, "automatic", functools.cache(backends.automatic.__wrapped__))

    return given


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Ctrl-C works, here and in children, also where the tests ignore it; children hear of hang-ups too.

    What `nohup` and a shell's `&` ignore, children would ignore as well; a handler of ours is not inherited.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    hang_up = signal.signal(signal.SIGHUP, lambda number, frame: None)
    yield
    signal.signal(signal.SIGINT, before)
    signal.signal(signal.SIGHUP, hang_up)


@pytest.fixture
def no_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if Pillow were not installed."""
    mine = "tinygrad_edu_viz.pictures.frames", "tinygrad_edu_viz.pictures.pencil"
    for name in list(sys.modules):
        if name in mine:
            monkeypatch.delitem(sys.modules, name)
        elif name.partition(".")[0] == "PIL":
            monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "PIL", None)


@functools.cache
def _no_gpu() -> str:
    """Why there is no GPU to test on; empty if there is one."""
    try:
        backends.get("cuda")
    except DeviceError as error:
        return str(error)
    return ""


def _no_emulator() -> str:
    return "" if activating.is_active() else "not on the emulated device: python -m tests.emulator test"


def _without(package: str) -> str:
    return "" if find_spec(package) else f"{package} is not installed: pip install --group {_GROUPS[package]}"


_GROUPS = {"torch": "oracle", "cupy": "cupy"}
_NEEDS = {
    "gpu": _no_gpu,
    "emulator": _no_emulator,
    "oracle": lambda: _without("torch"),
    "cupy": lambda: _without("cupy"),
}


@pytest.hookimpl(wrapper=True, optionalhook=True)  # of pytest-xdist, which may not be there
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """`-n auto` is one process more than there are cores: who watches a terminal waits most of the time."""
    return (yield) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Who has nothing left to do takes over half of what another has, and none waits alone for the last minute."""
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log) if config.getvalue("dist") == "load" else None


_SLOW = {"terminal", "fuzz", "lectures", "notebooks"}  # a fixture, and markers


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes seconds comes first, so that none of it is left for the end."""
    items.sort(key=lambda item: _SLOW.isdisjoint(item.keywords) and _SLOW.isdisjoint(getattr(item, "fixturenames", ())))


def pytest_collection_finish() -> None:
    """The tests themselves, many objects, are no garbage: tests that collect it need not visit them."""
    gc.collect()
    gc.freeze()


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker, problem in _NEEDS.items():
        if item.get_closest_marker(marker) and problem():
            pytest.skip(problem())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Generator[None, Any, Any]:
    """A skipped GPU test never looks green where a GPU is required."""
    report = yield
    if report.skipped and item.get_closest_marker("gpu") and os.environ.get("TINYGRAD_EDU_REQUIRE_GPU") == "1":
        report.outcome = "failed"
        report.longrepr = f"skipped, although TINYGRAD_EDU_REQUIRE_GPU=1: {call.excinfo and call.excinfo.value}"
    return report
