"""A command at a pseudo-terminal: what a person at a keyboard gets, byte by byte."""

from __future__ import annotations

import os
import sys
import termios
from contextlib import suppress

import pexpect
import pyte
import pytest

from .shown import shows

PATIENCE = 120  # seconds without a sign from the command, on a machine that has much else to do


class Terminal:
    """A command at a pseudo-terminal, and what its screen shows."""

    def __init__(self, arguments: list[str], columns: int, rows: int, environment: dict[str, str]):
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.received = b""
        self.child = pexpect.spawn(
            sys.executable,
            ["-m", "tinygrad_edu_cli", *arguments],
            dimensions=(rows, columns),
            env=environment,
            timeout=PATIENCE,
        )

    @property
    def text(self) -> str:
        return "\n".join(self.screen.display)

    def type(self, keys: str) -> None:
        self.child.send(keys)

    def resize(self, columns: int, rows: int) -> None:
        self.child.setwinsize(rows, columns)
        self.screen.resize(rows, columns)

    def wait_for(self, *expected: str) -> None:
        """Read until the screen shows all of the texts (blanks and line breaks do not count)."""
        while not shows(self.text, expected):
            try:
                self._feed(self.child.read_nonblocking(4096, timeout=PATIENCE))
            except (pexpect.EOF, pexpect.TIMEOUT):
                pytest.fail(f"never saw {expected} on:\n{self.text}")

    def wait_until_stopped(self) -> None:
        """Read until the command has been stopped, as by Ctrl-Z."""
        while os.waitpid(self.child.pid, os.WUNTRACED | os.WNOHANG) == (0, 0):
            with suppress(pexpect.TIMEOUT):
                self._feed(self.child.read_nonblocking(4096, timeout=0.1))

    def end(self) -> int:
        """Read what is left, and give the exit code."""
        try:
            while True:
                self._feed(self.child.read_nonblocking(4096, timeout=PATIENCE))
        except pexpect.EOF:
            self.child.wait()
        return self.child.exitstatus

    def echoes(self) -> bool:
        """Whether the terminal is as a shell needs it: it echoes, and waits for whole lines."""
        flags = termios.tcgetattr(self.child.child_fd)[3]
        return bool(flags & termios.ECHO) and bool(flags & termios.ICANON)

    def _feed(self, data: bytes) -> None:
        self.received += data
        self.stream.feed(data)
