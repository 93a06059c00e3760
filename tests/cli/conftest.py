"""Running the command: in this process (fast, with its output), and in a process of its own (as a user does)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tinygrad_edu_cli.main import main

if TYPE_CHECKING:
    from .pseudo_terminal import Terminal


class Ran(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run the command in this process, whose standard output is no terminal."""

    def run(*arguments: str) -> Ran:
        code = main(list(arguments))
        return Ran(code, *capsys.readouterr())

    return run


@pytest.fixture
def command() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command in a process of its own; keywords set environment variables."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tinygrad_edu_cli", *arguments],
            env={**child_environment(), **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,  # a guard against hanging
        )

    return run


def child_environment() -> dict[str, str]:
    """The environment of a child that imports what we import, with a known terminal and encoding."""
    changed = ("CI", "NO_COLOR", "LC_ALL", "TERM", "JPY_PARENT_PID", "COLUMNS", "LINES")
    kept = {key: value for key, value in os.environ.items() if key not in changed and not key.startswith("PYTHON")}
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "PYTHONIOENCODING": "utf-8",
        "TERM": "xterm-256color",
    }


@pytest.fixture
def environment() -> dict[str, str]:
    return child_environment()


@pytest.fixture
def terminal(environment, ctrl_c: None) -> Iterator[Callable[..., Terminal]]:
    from .pseudo_terminal import Terminal  # there is none on Windows

    opened: list[Terminal] = []

    def start(*arguments: str, columns: int = 100, rows: int = 30, **variables: str) -> Terminal:
        opened.append(Terminal(list(arguments), columns, rows, {**environment, **variables}))
        return opened[-1]

    yield start
    for each in opened:
        each.child.close(force=True)
