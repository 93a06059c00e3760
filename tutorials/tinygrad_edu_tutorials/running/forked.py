"""Call a function in a process of its own, with limits on its time and its output.

The processes are forked from one that has the engine loaded (multiprocessing's fork server), so one costs a tenth of
a second; where there is no fork, each is started anew. Nothing of the current folder is on their path, so a `random.py`
of a learner stands in for nothing.
"""

from __future__ import annotations

import json
import math
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any

from tinygrad_edu_words import _, grouped

CPU_SECONDS, SECONDS = 10, 60
PRINTED = 20_000  # bytes of output that are kept
PRELOADED = ["tinygrad_edu_viz", "tinygrad_edu_tutorials.running.judging"]


class Endless(BaseException):
    """The time is over. (No Exception: a learner's `except` must not swallow it.)"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a call.

    Attributes:
        value: what the function gave, through JSON; None if it did not come to its end.
        ended: "done", "endless" or "crashed".
        code: the exit code of the process.
        printed: what was written to its standard output and error.
    """

    value: Any
    ended: str
    code: int | None
    printed: str


def call(function: Callable[..., Any], *arguments: Any, cpu: float = CPU_SECONDS, wall: float = SECONDS) -> Outcome:
    """Call a function of a module, with arguments that can be pickled, in a process of its own.

    Args:
        cpu: seconds of computing that it has. wall: seconds in all.
    """
    with tempfile.TemporaryDirectory() as scratch:
        result = Path(scratch) / "result.json"
        reading, writing = multiprocessing.Pipe(duplex=False)
        process = _context().Process(target=_child, args=(function, arguments, str(result), writing, cpu), daemon=True)
        _start(process)
        writing.close()
        drain = _Drain(reading)
        drain.start()
        try:
            process.join(wall)
        finally:
            late = process.is_alive()
            _end(process.pid, late)
            process.join()
            drain.join(2)
        out_of_time = late or process.exitcode in (-getattr(signal, "SIGXCPU", 0), -getattr(signal, "SIGKILL", 0))
        try:
            value, ended = json.loads(result.read_text(encoding="utf-8")), "done"
        except (OSError, ValueError):
            value, ended = None, "endless" if out_of_time else "crashed"
        return Outcome(value, ended, process.exitcode, drain.text())


def _context() -> Any:
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


_starting = threading.Lock()
_SURROUNDINGS = {
    "PYTHONSAFEPATH": "1",  # no module comes from the current folder
    "OPENBLAS_NUM_THREADS": "1",  # small matrices are multiplied faster by one thread, above all beside other checks
    "OMP_NUM_THREADS": "1",
}


def prepare() -> None:
    """Start what processes are forked from, so that the first call need not wait for the engine.

    Who redirects the standard error to something that is no file, as Textual does, does this before.
    """
    if "forkserver" in multiprocessing.get_all_start_methods():
        _context()
        with _surroundings():
            forkserver.ensure_running()


def _start(process: Any) -> None:
    """Start a process in surroundings of its own."""
    with _surroundings():
        process.start()


@contextmanager
def _surroundings() -> Iterator[None]:
    """Without our own program, which multiprocessing runs again in each process: it may be a learner's, without
    `if __name__ == "__main__"`."""
    with _starting:
        main, before = sys.modules["__main__"], {name: os.environ.get(name) for name in _SURROUNDINGS}
        sys.modules["__main__"] = ModuleType("__main__")
        os.environ.update(_SURROUNDINGS)
        try:
            yield
        finally:
            sys.modules["__main__"] = main
            for name, text in before.items():
                if text is None:
                    del os.environ[name]
                else:
                    os.environ[name] = text


def _end(pid: int | None, alive: bool) -> None:
    """End a process, and what it has started."""
    if pid is None:
        return
    with suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(pid, signal.SIGKILL)  # it leads a group of its own
    with suppress(OSError):
        if alive:
            os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))


class _Drain(threading.Thread):
    """Reads what a process prints, so that it never waits, and keeps the beginning."""

    def __init__(self, source: Connection):
        super().__init__(daemon=True)
        self.source, self.kept, self.total = source, b"", 0

    def run(self) -> None:
        with suppress(OSError):
            while piece := os.read(self.source.fileno(), 65_536):
                self.kept += piece[: PRINTED - len(self.kept)]
                self.total += len(piece)

    def text(self) -> str:
        text = self.kept.decode("utf-8", "replace")
        return text if self.total <= PRINTED else f"{text}\n{_('... ({n} bytes)').format(n=grouped(self.total))}"


def _child(
    function: Callable[..., Any], arguments: tuple[Any, ...], result: str, output: Connection, cpu: float
) -> None:
    if hasattr(os, "setsid"):
        os.setsid()
    for number in (1, 2):
        os.dup2(output.fileno(), number)
    sys.stdout, sys.stderr = (
        open(number, "w", 1, "utf-8", "replace", closefd=False)  # noqa: SIM115  as long as the process
        for number in (1, 2)
    )
    os.environ |= {"NO_COLOR": "1", "MPLBACKEND": "Agg", "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    sys.dont_write_bytecode = True
    _limit(cpu)
    try:
        value = function(*arguments)
    except BaseException:
        traceback.print_exc()
        raise SystemExit(1) from None
    with open(result, "w", encoding="utf-8") as file:
        json.dump(value, file)


def _limit(cpu: float) -> None:
    """After its seconds, computing is interrupted at the line where it is; about a second later it is killed."""
    try:
        import resource
    except ImportError:  # not on this system: the time in all still holds
        return

    def over(_signal: int, _frame: Any) -> None:
        raise Endless

    signal.signal(signal.SIGPROF, over)
    signal.setitimer(signal.ITIMER_PROF, cpu)
    last = math.ceil(sum(resource.getrusage(resource.RUSAGE_SELF)[:2]) + cpu + 0.5)
    resource.setrlimit(resource.RLIMIT_CPU, (last, last))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
