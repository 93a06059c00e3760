"""The full screen in a pseudo-terminal: what a person at a keyboard gets, byte by byte."""

from __future__ import annotations

import os
import re
import select
import signal
import sys

import pexpect
import pytest

from .pseudo_terminal import PATIENCE

FIRST = ("START 0/20", "w1", "sigmoid", "forward", "backward", "this step", "q quit")
"""What is on the first screen of the perceptron."""


def test_a_whole_session(terminal):
    """Keys that arrive alone and at once, breakpoints of the command line, another size at any time, and out."""
    tty = terminal("step", "--break", "b", "--break", "op:sigmoid")
    tty.wait_for(*FIRST, "The perceptron of")
    for keys, position in [
        *[("n", "FORWARD 1/20"), ("\x1b[C", "FORWARD 2/20"), ("\x1b[D", "FORWARD 1/20"), ("nnnnnnn", "BACKWARD 8/20")],
        *[("\x1b[F", "BACKWARD 20/20"), ("\x1b[H", "START 0/20"), ("f", "BACKWARD 8/20"), ("G", "BACKWARD 20/20")],
        *[("C", "BACKWARD 14/20"), ("g", "START 0/20"), ("c", "FORWARD 5/20"), ("c", "BACKWARD 12/20")],
        *[("c", "BACKWARD 14/20"), ("c", "BACKWARD 20/20"), ("f", "BACKWARD 8/20")],
    ]:
        tty.type(keys)
        tty.wait_for(position)
    for columns, rows, seen in [
        *[(10, 5, "q quit"), (140, 40, "sigmoid n10"), (3, 2, ""), (80, 20, "BACKWARD 8/20"), (10, 5, "BACKWARD")],
        (100, 30, "sigmoid n10"),
    ]:
        tty.resize(columns, rows)
        tty.wait_for(seen)
    tty.type("n")
    tty.wait_for("BACKWARD 9/20", "∂L/∂n11 += ∂L/∂n13 · ∂n13/∂n11")
    tty.type("Gn")
    tty.wait_for("∂L/∂x1", "-0.75", "that was the last step")
    tty.type("q")
    assert tty.end() == 0 and tty.echoes() and b"interrupted" not in tty.received
    assert b"\x1b[?1049l" in tty.received and b"\x1b[?25h" in tty.received, "the screen before, and the cursor"
    assert {b"38", b"48"} <= styles(tty), "in colours"


def styles(tty):
    """The numbers by which a terminal is told how to write."""
    numbers = re.findall(rb"\x1b\[([0-9;]*)m", tty.received)
    return {number for style in numbers for number in style.split(b";")}


def test_stepping_through_updates(terminal):
    tty = terminal("train", "--data", "moons", "--net", "2-3-1", "--step", "--updates", "2")
    tty.wait_for("PASS 1/3 START 0/", "Learned:", "pass 1", "pass 3", "u update")
    for keys, seen in [("u", "PASS 1/3 UPDATE 1/"), ("n", "PASS 2/3 FORWARD 1/"), ("f", "PASS 2/3 BACKWARD")]:
        tty.type(keys)
        tty.wait_for(seen)
    tty.type("u")
    tty.wait_for("PASS 2/3 UPDATE 1/", "update 2 of")
    tty.resize(80, 20)
    tty.wait_for("PASS 2/3 UPDATE 1/", "update 2 of")
    tty.type("q")
    assert tty.end() == 0 and tty.echoes() and b"Traceback" not in tty.received


@pytest.mark.parametrize(("columns", "rows"), [(79, 30), (100, 19), (10, 5)])
def test_a_terminal_that_is_too_small_gets_lines(terminal, columns, rows):
    tty = terminal("step", columns=columns, rows=rows)
    assert tty.end() == 0
    assert f"note: this terminal has {columns} by {rows} characters".encode() in tty.received
    assert b"Gradients of the inputs" in tty.received and b"\x1b[?1049h" not in tty.received
    steps = [line for line in tty.received.decode().splitlines() if re.match(r" +\d+  |     ", line)]
    assert len(steps) > 15 and max(map(len, steps)) < max(columns, 50), "lines end before the terminal does"


def test_ctrl_c_leaves(terminal):
    tty = terminal("step")
    tty.wait_for(*FIRST)
    tty.type("\x03")
    assert tty.end() == 130 and tty.echoes()
    assert b"interrupted" in tty.received and b"Traceback" not in tty.received and b"\x1b[?1049l" in tty.received


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_by_a_signal(terminal, number):
    tty = terminal("step")
    tty.wait_for(*FIRST)
    os.kill(tty.child.pid, number)
    assert tty.end() == 130
    assert b"\x1b[?1049l" in tty.received and tty.echoes()


_AS_ON_WINDOWS = """
import asyncio, signal
def refuse(*_): raise NotImplementedError
del signal.SIGHUP
asyncio.unix_events._UnixSelectorEventLoop.add_signal_handler = refuse
"""


def test_where_there_are_fewer_signals(terminal, environment, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(_AS_ON_WINDOWS)
    tty = terminal("step", PYTHONPATH=os.pathsep.join([str(tmp_path), environment["PYTHONPATH"]]))
    tty.wait_for(*FIRST)
    tty.type("nq")
    assert tty.end() == 0 and b"Traceback" not in tty.received


def test_the_terminal_goes_away(terminal):
    tty = terminal("step")
    tty.wait_for(*FIRST)
    watched = os.pidfd_open(tty.child.pid)
    tty.child.ptyproc.fileobj.close()
    assert select.select([watched], [], [], 60)[0], "it still runs, for nobody"
    os.close(watched)


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [((), {"TERM": "dumb"}), ((), {"CI": "true"}), (("--plain",), {}), (("--json",), {})],
)
def test_who_does_not_want_keys(terminal, arguments, variables):
    tty = terminal("step", *arguments, **variables)
    assert tty.end() == 0
    assert b"\x1b" not in tty.received and b"15" in tty.received


def test_a_dumb_terminal_has_no_full_screen(terminal):
    tty = terminal("step", "--tui", TERM="dumb")
    assert tty.end() == 2
    assert b"--tui needs a terminal" in tty.received


def test_without_colours_and_with_ascii_alone(terminal):
    """All that we send: boxes, scroll bars, windows, names.

    Who asks for the full screen gets it in a small terminal too, and where nobody seems to sit.
    """
    plain = {"NO_COLOR": "1", "PYTHONIOENCODING": "ascii", "CI": "1"}
    tty = terminal("step", "λ*x + tanh(λ)", "--set", "λ=2", "--set", "x=3", "--tui", columns=40, rows=12, **plain)
    tty.wait_for("START 0/", "q quit")
    tty.resize(80, 20)
    tty.wait_for("START 0/", "+--", "q quit")
    for keys, seen in [("f", "BACKWARD"), ("\x1b[F", "dL/d"), ("?", "Keys"), ("q", "q quit"), ("/", "Which node")]:
        tty.type(keys)
        tty.wait_for(seen)
    tty.type("\x03")
    assert tty.end() == 130 and tty.echoes() and b"Traceback" not in tty.received
    assert tty.received.isascii()
    assert styles(tty) <= {b"0", b"1", b"7", b"39", b"49", b""}, "bold, reverse, and the default colours"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["step"], 0, "Gradients of the inputs"),
        (["step", "--tui"], 2, "--tui needs a terminal to draw on"),
        (["step", "--predict"], 2, "in the cell of a notebook nobody can answer them"),
        (["train", "--data", "moons", "--n", "40", "--epochs", "1"], 0, "epoch"),
    ],
)
def test_the_pseudo_terminal_of_a_notebook_has_no_screen(terminal, arguments, code, said):
    tty = terminal(*arguments, JPY_PARENT_PID="1")
    assert tty.end() == code and said in tty.received.decode() and b"\x1b[" not in tty.received


def test_answers_from_a_pipe_in_a_notebook(environment):
    command = f"printf '%s\\n' -1 | {sys.executable} -m tinygrad_edu_cli step --predict"
    tty = pexpect.spawn("/bin/sh", ["-c", command], env={**environment, "JPY_PARENT_PID": "1"}, timeout=PATIENCE)
    assert b"1 of 1 right" in tty.read()


def test_while_a_file_of_the_user_runs_it_is_said(terminal, tmp_path, monkeypatch):
    """The file waits until somebody writes into a pipe, which we do once we have seen that it runs."""
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    text = "import tinygrad_edu as tg\nopen('pipe').read()\ndef loss():\n    return tg.Value(2.0, name='a') ** 2\n"
    (tmp_path / "mine.py").write_text(text)
    tty = terminal("step", "mine.py:loss")
    tty.wait_for("running mine.py:loss ...")
    (tmp_path / "pipe").write_text("go on")
    tty.wait_for("START 0/", "q quit")
    tty.type("q")
    assert tty.end() == 0
