"""Stepping with keys: the screen as a pure function of the player, and the command at a real pseudo-terminal."""

from __future__ import annotations

import os
import re
import signal
import sys
import termios
from collections.abc import Callable, Iterator

import pexpect
import pyte
import pytest

from tinygrad_edu_cli.interactive import KEYS, screen, split_keys
from tinygrad_edu_cli.player import Player
from tinygrad_edu_cli.source import PERCEPTRON, Subject, open_source
from tinygrad_edu_cli.viewport import part, window
from tinygrad_edu_viz.text_graph import cell_width

SIZES = [(100, 30), (80, 24), (40, 10), (200, 60), (20, 4), (3, 2), (1, 1)]


@pytest.fixture(scope="module")
def perceptron() -> Subject:
    return open_source(None, [])


@pytest.fixture(scope="module")
def player(perceptron: Subject) -> Player:
    return Player(perceptron.trace)


@pytest.mark.parametrize(("columns", "rows"), SIZES)
@pytest.mark.parametrize("help_shown", [False, True])
@pytest.mark.parametrize("ascii", [False, True])
def test_every_screen_fits(player, perceptron, columns, rows, help_shown, ascii):
    for position in range(len(player.trace.events) + 1):
        player.position = position
        lines = screen(player, perceptron, columns, rows, ascii, help_shown)
        assert len(lines) <= max(rows - 1, 1)
        assert max(map(cell_width, lines)) <= columns


def test_a_wide_title_is_cut(player, perceptron):
    assert cell_width(screen(player, perceptron._replace(title="漢字" * 100), 80, 24, False)[0]) == 80


def test_the_step_is_told_at_every_size(player, perceptron):
    """Where the drawing has no room, its place is left to the text."""
    player.position = 7
    for columns, rows in ((100, 30), (80, 24), (40, 10)):
        said = " ".join(" ".join(screen(player, perceptron, columns, rows, False)).split())
        assert " ".join(player.event.formula.split()) in said
        assert "BACKWARD 7/" in said and "q" in said


def test_the_active_node_is_told_without_colour(player, perceptron):
    player.position = 1
    assert "║" in "".join(screen(player, perceptron, 120, 40, False))
    assert "║" not in "".join(screen(player, perceptron, 120, 40, True)) and "#" in "".join(
        screen(player, perceptron, 120, 40, True)[3:]
    )


def test_a_part_of_a_large_drawing_is_shown():
    """The active box is in it, whole."""
    subject = open_source("+".join(["x*y"] * 8), ["x=1", "y=2"])
    player = Player(subject.trace)
    for position in range(1, len(player.trace.events) + 1):
        player.position = position
        drawn = "".join(screen(player, subject, 80, 40, False))
        assert [drawn.count(corner) for corner in "╔╗╚╝"] == [1, 1, 1, 1]


def test_a_window_stays_within_the_drawing():
    picture = [f"{row}{column}" * 5 for row, column in zip("0123456789", "abcdefghij", strict=True)]
    assert window(picture, 100, 100) == picture
    assert window(picture, 4, 2) == ["0a0a", "1b1b"]
    picture[9] = "9j9j9j9j9#"
    assert window(picture, 4, 2) == ["8i8i", "9j9#"]


@pytest.mark.parametrize(
    ("line", "start", "width", "expected"),
    [
        ("abcdef", 1, 3, "bcd"),
        ("漢字x", 0, 3, "漢 "),
        ("漢字x", 1, 4, " 字x"),
        ("e\u0301a", 0, 1, "e\u0301"),
        ("漢\u0301a", 0, 3, "漢\u0301a"),
        ("ab", 5, 3, ""),
        ("ab", 0, 0, ""),
    ],
)
def test_part_of_a_line(line, start, width, expected):
    assert part(line, start, width) == expected


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        ("n", ["n"]),
        ("nnp", ["n", "n", "p"]),
        ("\x1b[C\x1b[D", ["\x1b[C", "\x1b[D"]),
        ("n\x1bOCq", ["n", "\x1bOC", "q"]),
        ("\x1b[1;5Cn", ["\x1b[1;5C", "n"]),
        ("\r\n", ["\r", "\n"]),
        ("\x1b", ["\x1b"]),
        ("λ", ["λ"]),
        ("", []),
    ],
)
def test_keys(typed, keys):
    assert split_keys(typed) == keys


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
            timeout=60,
        )

    @property
    def text(self) -> str:
        return "\n".join(self.screen.display)

    def type(self, keys: str) -> None:
        self.child.send(keys)

    def wait_for(self, *expected: str) -> None:
        """Read until the screen shows all of the texts (blanks and line breaks do not count)."""
        while not all("".join(text.split()) in "".join(self.text.split()) for text in expected):
            try:
                self._feed(self.child.read_nonblocking(4096, timeout=60))
            except (pexpect.EOF, pexpect.TIMEOUT):
                pytest.fail(f"never saw {expected} on:\n{self.text}")

    def end(self) -> int:
        """Read what is left, and give the exit code."""
        try:
            while True:
                self._feed(self.child.read_nonblocking(4096, timeout=60))
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


@pytest.fixture
def terminal(environment) -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def start(*arguments: str, columns: int = 100, rows: int = 30, **variables: str) -> Terminal:
        opened.append(Terminal(list(arguments), columns, rows, {**environment, **variables}))
        return opened[-1]

    yield start
    for each in opened:
        each.child.close(force=True)


def test_stepping_to_and_fro(terminal):
    tty = terminal("step")
    tty.wait_for(PERCEPTRON, "START 0/15", "w1 = 3", "The perceptron of the first lecture", *KEYS)
    for keys, position in [
        *[("n", "FORWARD 1/15"), (" ", "FORWARD 2/15"), ("\r", "FORWARD 3/15"), ("\x1b[C", "FORWARD 4/15")],
        *[("\x1b[D", "FORWARD 3/15"), ("p", "FORWARD 2/15"), ("nnnn", "BACKWARD 6/15"), ("g", "START 0/15")],
        *[("p", "START 0/15"), ("c", "BACKWARD 15/15"), ("n", "BACKWARD 15/15"), ("z", "BACKWARD 15/15")],
    ]:
        tty.type(keys)
        tty.wait_for(position)
    tty.wait_for("name", "value", "gradient", "0.00739953")
    tty.type("q")
    assert tty.end() == 0
    assert tty.echoes()


def test_help(terminal):
    tty = terminal("step")
    tty.wait_for("START 0/15")
    tty.type("?")
    tty.wait_for("one step back", "double border")
    tty.type("?")
    tty.wait_for("Given: w1 = 3")
    assert "one step back" not in tty.text
    tty.type("q")
    assert tty.end() == 0


@pytest.mark.parametrize(("columns", "rows"), SIZES[:3])
def test_sizes(terminal, columns, rows):
    tty = terminal("step", columns=columns, rows=rows)
    tty.wait_for("START 0/15")
    for step in range(1, 16):
        tty.type("n")
        tty.wait_for(f"{step}/15")
        assert PERCEPTRON[: columns - 1] in tty.text.splitlines()[0], "the screen scrolled"
    tty.type("q")
    assert tty.end() == 0


@pytest.mark.parametrize(("key", "code"), [("\x03", 130), ("\x04", 0), ("q", 0), ("nnq", 0), ("n\x03", 130)])
def test_leaving(terminal, key, code):
    tty = terminal("step")
    tty.wait_for("START 0/15")
    tty.type(key)
    assert tty.end() == code
    assert b"Traceback" not in tty.received
    assert tty.echoes()


def test_interrupted_by_a_signal(terminal):
    tty = terminal("step")
    tty.wait_for(KEYS[-1])  # the last that is drawn: then it waits for a key
    os.kill(tty.child.pid, signal.SIGINT)
    assert tty.end() == 130
    assert "interrupted" in tty.text and tty.echoes()


def test_no_color(terminal):
    styled = re.compile(rb"\x1b\[[0-9;]*m")
    for variables, expected in (({"NO_COLOR": "1"}, False), ({}, True)):
        tty = terminal("step", **variables)
        tty.wait_for("START 0/15")
        tty.type("c")
        tty.wait_for("15/15")
        tty.type("q")
        assert tty.end() == 0
        assert bool(styled.search(tty.received)) == expected


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [((), {"TERM": "dumb"}), ((), {"CI": "true"}), (("--plain",), {}), (("--json",), {})],
)
def test_who_does_not_want_keys(terminal, arguments, variables):
    tty = terminal("step", *arguments, **variables)
    assert tty.end() == 0
    assert b"\x1b" not in tty.received and b"15" in tty.received


def test_characters_of_ascii(terminal):
    tty = terminal("step", columns=120, PYTHONIOENCODING="ascii")
    tty.wait_for("START 0/15", "+--")
    tty.type("c")
    tty.wait_for("15/15", "dL/dx1")
    tty.type("q")
    assert tty.end() == 0 and tty.received.isascii()


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_names_of_all_kinds(terminal, encoding):
    """Wide letters, escapes that are longer than what they stand for, and an expression of two lines."""
    text = "漢字漢字漢字漢字 = λ*λ\n漢字漢字漢字漢字*λ"
    tty = terminal("step", text, "--set", "λ=2", columns=80, rows=24, PYTHONIOENCODING=encoding)
    tty.wait_for("START 0/")
    for keys in "nnnncg":
        tty.type(keys)
    tty.type("n")
    tty.wait_for("FORWARD 1/")
    first, second, *_ = tty.screen.display
    assert "=" in first and "FORWARD 1/" in second, "the screen scrolled"
    tty.type("q")
    assert tty.end() == 0


def test_the_terminal_goes_away(terminal):
    tty = terminal("step")
    tty.wait_for("START 0/15")
    tty.child.close(force=False)
    assert not tty.child.isalive()
