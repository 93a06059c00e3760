"""Training on the whole screen in a pseudo-terminal: what a person at a keyboard gets, byte by byte."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

LONG = ("train", "--data", "moons", "--n", "200", "--net", "2-4-1", "--epochs", "1000000")
SHORT = ("train", "--data", "moons", "--n", "200", "--net", "2-4-1", "--epochs", "12")


def test_a_whole_session(terminal, tmp_path: Path):
    run = tmp_path / "run"
    tty = terminal(*LONG, "--record", str(run))
    tty.wait_for("tinygrad-edu train", "moons", "2-4-1", "RUNNING", "update")
    for keys, seen in [
        (" ", "PAUSED"),
        *[(",", "PAUSED"), (".", "PAUSED"), ("s", "START 0/"), ("fnn", "BACKWARD"), ("q", "PAUSED")],
        *[
            ("[", "learning rate 0.005"),
            ("u", "Back to the end of which epoch"),
            ("2\r", "back at the end of epoch 2"),
        ],
        *[
            ("[", "learning rate 0.005"),
            (",,", "epoch 4/1000000"),
            ("h", "PAUSED"),
            ("?", "Keys"),
            ("q", "PAUSED"),
            (" ", "RUNNING"),
            (" ", "PAUSED"),
        ],
    ]:
        tty.type(keys)
        tty.wait_for(seen)
    report = tmp_path / "run.html"
    tty.type("e")
    tty.wait_for("Write to which file?")
    tty.type(f"{report}\r")
    tty.wait_for("wrote")
    assert report.read_text().lower().startswith("<!doctype html>")
    for columns, rows in [(10, 3), (140, 45), (60, 16), (100, 30)]:
        tty.resize(columns, rows)
    tty.type(" ")
    tty.wait_for("RUNNING", "q quit")
    tty.type("q")
    assert tty.end() == 130 and tty.echoes()
    assert b"\x1b[?1049l" in tty.received and b"\x1b[?25h" in tty.received, "the screen before, and the cursor"
    left = tty.received.rpartition(b"\x1b[?1049l")[2].decode()
    for words in (
        "Data: moons",
        "train loss",
        "Back at the end of epoch 2, by hand",
        "Interrupted after",
        "Best epoch",
        "Next:",
    ):
        assert words in left
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert {"kind": "undo", "epoch": 2} in lines and lines[-1]["stopped"] == "interrupted"
    assert any(line["kind"] == "steer" and line["lr"] == 0.005 for line in lines)


@pytest.mark.parametrize(
    ("arguments", "keys", "code", "said"),
    [
        (SHORT, "q", 0, "Done after 12 epochs"),
        (LONG, "s?\x03", 130, "Interrupted after"),
        ((*SHORT, "--lr", "1e9", "--optimizer", "sgd", "--loss", "mse"), "q", 1, "The loss is not a number any more"),
    ],
)
def test_leaving(terminal, arguments, keys, code, said):
    tty = terminal(*arguments)
    tty.wait_for("ENDED" if arguments[:9] == SHORT else "RUNNING")
    tty.type(keys)
    assert tty.end() == code and tty.echoes() and b"Traceback" not in tty.received
    assert said in tty.received.rpartition(b"\x1b[?1049l")[2].decode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_run_between_two_updates(terminal, number, tmp_path):
    tty = terminal(*LONG, "--record", str(tmp_path / "run"))
    tty.wait_for("RUNNING")
    os.kill(tty.child.pid, number)
    assert tty.end() == 130 and tty.echoes()
    *_, last = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    assert json.loads(last)["stopped"] == "interrupted"


def test_suspended_and_back(terminal):
    tty = terminal(*LONG)
    tty.wait_for("RUNNING")
    tty.type(" ")
    tty.wait_for("PAUSED")
    tty.type("\x1a")
    tty.wait_until_stopped()
    os.kill(tty.child.pid, signal.SIGCONT)
    tty.screen.reset()
    tty.wait_for("tinygrad-edu train", "PAUSED", "q quit")
    tty.type("q")
    assert tty.end() == 130 and tty.echoes()


def test_going_on_in_lines(terminal):
    tty = terminal(*LONG[:-1], "800")
    tty.wait_for("RUNNING")
    tty.type("d")
    assert tty.end() == 0
    left = tty.received.rpartition(b"\x1b[?1049l")[2].decode()
    assert "Data: moons" in left and "epoch " in left and "Done after 800 epochs" in left
    assert not left.rpartition("\x1b[K")[2].strip().startswith("epoch"), "a line that moves is left behind"


@pytest.mark.parametrize("size", [(59, 30), (100, 15)])
def test_a_terminal_that_is_too_small_gets_lines(terminal, size):
    tty = terminal(*SHORT, columns=size[0], rows=size[1])
    assert tty.end() == 0 and b"\x1b[?1049h" not in tty.received


def test_what_cannot_be(cli):
    assert "--live needs a terminal" in cli(*SHORT, "--live").err
    assert "exclude each other" in cli(*SHORT, "--live", "--json").err


def test_without_colours_and_with_ascii_alone(terminal):
    """Where it is asked for, the screen is there also in a small terminal, and where nobody seems to sit."""
    tty = terminal(*LONG, "--live", columns=58, rows=15, NO_COLOR="1", PYTHONIOENCODING="ascii", CI="1")
    tty.wait_for("RUNNING", "loss")
    for keys, seen in [(" ", "PAUSED"), ("s", "START"), ("q", "PAUSED"), ("?", "Keys"), ("q", "PAUSED")]:
        tty.type(keys)
        tty.wait_for(seen)
    tty.resize(80, 24)
    tty.wait_for("x: lower", "CAPITALS: wrong")
    tty.type("q")
    assert tty.end() == 130
    assert b"\x1b[38;" not in tty.received and b";48;" not in tty.received and tty.received.isascii()
