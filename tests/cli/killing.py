"""Runs that are killed: a child of this process, which dies as by `kill -9`, and the record that is left."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tinygrad_edu.train import Checkpoint
from tinygrad_edu_cli.main import main

RUN = (
    *("train", "--data", "moons", "--n", "60", "--net", "2-4-1", "--noise", "0.4", "--batch-size", "8"),
    *("--dropout", "0.3", "--optimizer", "adam", "--lr", "0.05", "--schedule", "exponential", "--patience", "3"),
)


def in_child(*arguments: str, before: Callable[[], None] = lambda: None) -> int:
    """Run the command in a child of this process, silently.

    Args:
        before: called in the child first.
    Returns:
        its exit code, or minus the signal that ended it.
    """
    with open(os.devnull, "w") as silence:
        return wait(start(*arguments, output=silence.fileno(), before=before))


def start(*arguments: str, output: int, before: Callable[[], None] = lambda: None) -> int:
    """The number of a child of this process that runs the command.

    Args:
        output: what it prints goes there.
    """
    child = os.fork()
    if child == 0:
        try:
            sys.stdout = os.fdopen(output, "w", encoding="utf-8")
            sys.stderr = open(os.devnull, "w")  # noqa: SIM115
            before()
            os._exit(main(arguments))
        finally:
            os._exit(99)
    return child


def wait(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def dies_at(owner: Any, name: str, nth: int, after: bool = False) -> Callable[[], None]:
    """For `before`: the n-th call of a function is the last thing the child does, or the first it does not do."""

    def patch() -> None:
        original, calls = getattr(owner, name), 0

        def call(*arguments: Any, **settings: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == nth and not after:
                os.kill(os.getpid(), signal.SIGKILL)
            result = original(*arguments, **settings)
            if calls == nth:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        setattr(owner, name, call)

    return patch


def record(folder: Path) -> list[dict[str, Any]]:
    """The lines of metrics.jsonl, without what the clock said."""
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [{name: value for name, value in line.items() if name != "seconds"} for line in lines]


def assert_equal_runs(folder: Path, whole: Path) -> None:
    """The same record, the same state, and nothing beside it."""
    assert record(folder) == record(whole)
    states = []
    for each in (folder, whole):
        state = Checkpoint.load(each / "checkpoints").state
        del state["history"]["seconds"]
        states.append(state)
    np.testing.assert_equal(*states)
    assert [path.relative_to(folder) for path in sorted(folder.rglob("*"))] == [
        path.relative_to(whole) for path in sorted(whole.rglob("*"))
    ]
