"""The tutor's screen in a pseudo-terminal: a lesson from its first page to its last exercise, byte by byte."""

from __future__ import annotations

import json
import random
import re
import signal
import time

import pytest

from tinygrad_edu_cli.main import main
from tinygrad_edu_tutorials import library
from tinygrad_edu_tutorials.learning.workspace import NAME

from .tutor_screen import LESSON, solution


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A German workspace in which we are; the first exercise of the lesson is not begun."""
    root = tmp_path / "Übungen von mir"
    assert main(["tutorial", "start", str(root), "--lang", "de"]) == 0
    monkeypatch.chdir(root)
    return root


def state(root):
    return json.loads((root / NAME).read_text(encoding="utf-8"))


def test_a_lesson_is_finished(folder, terminal, tmp_path):
    lesson = library.lesson(LESSON, "de")
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\ncp "$2.right" "$2"\n')  # what it is given first is its own option
    editor.chmod(0o755)
    tty = terminal("tutorial", "read", "2", EDITOR=f"'{editor}' --wait", columns=80, rows=24)
    for number, parts in enumerate(lesson.pages, 1):
        tty.wait_for(f"SEITE {number}/7", "q Ende")
        for part in parts:
            if part.kind == "predict":
                tty.type("p")
                tty.wait_for("Enter antworten")
                tty.type("-77\r")
                tty.wait_for("✗ -77 stimmt nicht")
                tty.type(f"{part.attrs['answer']}\r")  # over the wrong one, which is selected
                tty.wait_for("✓ Richtig", "q Ende")
            elif part.kind == "exercise":
                file = folder / LESSON / f"{part.key}.py"
                tty.type("c")
                tty.wait_for("✗", file.name)
                file.with_suffix(".py.right").write_text(solution(part.key, language="de"), encoding="utf-8")
                tty.type("e")  # the editor saves, and what is saved is checked
                tty.wait_for(f"✓ Richtig! {part.key} ist", "→ geht weiter.")
            elif part.kind == "command":
                tty.type("r")
                tty.wait_for("START 0/20", "vorwärts")
                tty.type("q")
                tty.wait_for(f"SEITE {number}/7", "✓ Richtig")  # where we were
        tty.type("\x1b[C" if number < len(lesson.pages) else "q")
    assert tty.end() == 0 and tty.echoes()
    assert b"\x1b[?1049l" in tty.received and b"Traceback" not in tty.received
    assert "Lektion 02-perceptron, Seite 7 von 7: Alles ist gespeichert." in tty.received.decode()
    found = state(folder)
    assert found["done"] == [f"{LESSON}/{key}" for key in ("neuron", "gates", "hunt")]
    assert found["answers"] == {f"{LESSON}/sum": "7", f"{LESSON}/side": "a"} and found["page"][LESSON] == 7


@pytest.mark.parametrize("how", ["small", "plain", "pipe"])
def test_where_there_is_no_screen_there_are_lines(folder, terminal, how):
    words = {"small": [], "plain": ["--plain"], "pipe": ["--json"]}[how]
    tty = terminal("tutorial", "read", "2", *words, columns=59 if how == "small" else 80)
    assert tty.end() == 0 and b"\x1b[?1049h" not in tty.received
    assert (b"Hinweis: Dieses Terminal hat 59 mal 30 Zeichen" in tty.received) == (how == "small")
    assert b"02-perceptron" in tty.received and state(folder)["lesson"] == LESSON


def test_start_opens_the_first_page_and_says_how_to_come_back(tmp_path, monkeypatch, terminal):
    monkeypatch.chdir(tmp_path)
    tty = terminal("tutorial", "start", "lessons", "--lang", "en")
    tty.wait_for("PAGE 1/", "lessons is your tutorial folder")
    tty.type("q")
    assert tty.end() == 0
    told = (
        r"Lesson 01-learning, page 1 of \d+: all is kept.\s+Go there:\s+cd lessons\s+To go on:\s+tinygrad-edu tutorial"
    )
    assert re.search(told, tty.received.decode())


def test_ctrl_c_in_a_command_comes_back_and_on_the_page_leaves(folder, terminal):
    (folder / LESSON).mkdir()
    (folder / LESSON / "neuron.py").write_text("print('begun', flush=True)\nwhile True: pass\n")
    tty = terminal("tutorial", "read", "2", "4", columns=80, rows=24)
    tty.wait_for("SEITE 4/7")
    tty.type("r")
    tty.wait_for("begun")
    tty.type("\x03")
    tty.wait_for("KeyboardInterrupt", "Enter: zurück")
    tty.type("\r")
    tty.wait_for("SEITE 4/7", "→ weiter")
    tty.type("\x03")
    assert tty.end() == 130 and tty.echoes()


def test_a_killed_screen_has_lost_nothing(folder, terminal):
    tty = terminal("tutorial", "read", "2", "3", columns=80, rows=24)
    tty.wait_for("SEITE 3/7")
    tty.type("p")
    tty.wait_for("Enter antworten")
    tty.type("7\r")
    tty.wait_for("✓ Richtig: 7")
    tty.child.kill(signal.SIGKILL)
    assert state(folder)["answers"] == {f"{LESSON}/sum": "7"} and state(folder)["page"][LESSON] == 3
    tty = terminal("tutorial", columns=80, rows=40)
    tty.wait_for("SEITE 3/7", "✓ Richtig: 7")
    tty.type("q")
    assert tty.end() == 0


@pytest.mark.fuzz
def test_screens_that_are_killed_lose_nothing(folder, terminal):
    """25 at random moments, while a page is turned, an answer is typed, a file is checked, a hint is opened."""
    rng = random.Random(0)
    (folder / LESSON).mkdir()
    (folder / LESSON / "neuron.py").write_text(solution("neuron", language="de"), encoding="utf-8")
    assert main(["tutorial", "read", "2", "4"]) == main(["tutorial", "check", "neuron"]) == 0
    for kills in range(25):
        tty = terminal("tutorial", "read", "2", str(rng.randint(3, 6)), columns=80, rows=24)
        if kills % 2:
            tty.wait_for("SEITE")
        tty.type(rng.choice(["p7\r", "\x1b[C\x1b[C", "c", "h", "\x1b[Dp"]))
        time.sleep(rng.uniform(0.0, 0.4))  # the moment is what is random
        tty.child.kill(signal.SIGKILL)
        tty.end()
        found = state(folder)
        assert found["done"] == [f"{LESSON}/neuron"] and found["lesson"] == LESSON
        assert set(found["answers"].items()) <= {(f"{LESSON}/sum", "7")}
        assert (folder / LESSON / "neuron.py").read_text(encoding="utf-8") == solution("neuron", language="de")
    assert {path.name for path in folder.parent.iterdir()} == {folder.name}
    tty = terminal("tutorial", columns=80, rows=24)
    tty.wait_for("SEITE")
    tty.type("q")
    assert tty.end() == 0
