"""The Tab key, in real shells; and what is answered, without one."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from tinygrad_edu_cli.completion import SHELLS, VARIABLE

PROGRAM = """\
import shutil; raise SystemExit("a program that is completed is not run")
def loss(): ...
def other(scale=1): ...
def _helper(): ...
def needs(x): ...
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    """A place with files to be found, and the command on the path."""
    monkeypatch.chdir(tmp_path)
    for name in ("grades.csv", "net.safetensors", "notes.txt", "trace.json"):
        (tmp_path / name).touch()
    (tmp_path / "neuron.py").write_text(PROGRAM)
    (tmp_path / "runs").mkdir()
    command = tmp_path / ".bin" / "tinygrad-edu"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m tinygrad_edu_cli "$@"\n')
    command.chmod(0o755)
    return tmp_path


ANSWERS = [
    ("train --data mo", {"moons"}),
    ("train --data ", {"moons", "digits", "grades.csv", "runs/"}),
    ("predict ", {"net.safetensors", "runs/"}),
    ("predict net.safetensors ", {"grades.csv", "runs/"}),
    ("evaluate net.safetensors gr", {"grades.csv"}),
    ("train --load ", {"net.safetensors", "runs/"}),
    ("train --optimizer ada", {"adam", "adamw", "adagrad", "adadelta"}),
    ("train --schedule co", {"cosine"}),
    ("train --device c", {"cpu", "cuda"}),
    ("compare optimi", {"optimizer="}),
    ("compare optimizer=sgd,ada", {"sgd,adam", "sgd,adamw", "sgd,adagrad", "sgd,adadelta"}),
    ("step --set ", {"w1=", "x1=", "w2=", "x2=", "b=", "y="}),
    ("step 'e = a*b; tanh(e) + c' --set a=1 --set ", {"b=", "c="}),
    ("step 'a*b' --set a=1 --break ", {"a", "b", "op:multiply"}),
    ("step 'a*b' --break up", {"update:a", "update:b"}),
    ("step 'w*x + b' --learn w,", {"w,x", "w,b"}),
    ("step --optimizer ada", {"adam", "adamw", "adagrad", "adadelta"}),
    ("step --level scalar 'tanh(W @ x)' --break op:", {"tanh", "matmul"}),
    ("step neu", {"neuron.py", "neuron.py:loss", "neuron.py:other"}),
    ("graph neuron.py:l", {"loss"}),
    ("step tr", {"trace.json"}),
    ("step 'λ*b' --set ", {"λ=", "b="}),
    ("graph --theme d", {"dark"}),
    ("hel", {"help"}),
    ("help tr", {"train"}),
    ("completion z", {"zsh"}),
    ("step 'a +", set()),
    ("train --data nowhere/", set()),
]


@pytest.mark.parametrize(("line", "expected"), ANSWERS)
def test_what_is_offered(cli, folder, monkeypatch, line, expected):
    monkeypatch.setenv(VARIABLE, "bash_complete")
    monkeypatch.setenv("COMP_LINE", f"tinygrad-edu {line}")
    ran = cli()
    lines = ran.out.split()
    found = {text.split(",", 1)[1] for text in lines}
    assert ran.code == 0 and (found >= expected if line.endswith("--data ") else found == expected)
    assert all(text.startswith("open,") == (text[-1] in "=:/") for text in lines)


def test_what_asks_no_question_we_know(cli, monkeypatch):
    monkeypatch.setenv(VARIABLE, "tcsh_source")
    ran = cli()
    assert (ran.code, ran.out) == (2, "") and "tinygrad-edu completion" in ran.err


def test_an_answer_does_not_wait_for_numpy(environment, folder):
    check = "import sys; from tinygrad_edu_cli.main import main; main([]); print('numpy' in sys.modules)"
    for line in ("step --set ", "train --data ", "compare op", "graph neuron.py:"):
        asked = {**environment, VARIABLE: "bash_complete", "COMP_LINE": f"tinygrad-edu {line}"}
        ran = subprocess.run([sys.executable, "-c", check], env=asked, capture_output=True, text=True, check=True)
        assert ran.stdout.endswith("False\n") and len(ran.stdout.splitlines()) > 1


@pytest.mark.parametrize("shell", SHELLS)
def test_what_to_put_where(cli, monkeypatch, shell):
    ran = cli("completion", shell)
    comment, line = ran.out.splitlines()
    assert ran.code == 0 and comment.startswith("# ") and SHELLS[shell][0] in comment
    assert f"{VARIABLE}={shell}_source tinygrad-edu" in line
    monkeypatch.setenv("SHELL", f"/usr/bin/{shell}")
    assert cli("completion") == ran


def test_for_which_shell(cli, monkeypatch):
    monkeypatch.setenv("SHELL", "/bin/sh")
    ran = cli("completion")
    assert (ran.code, ran.out) == (2, "") and "tinygrad-edu completion bash|zsh|fish" in ran.err


START = {
    "bash": ["--norc", "--noprofile", "-i"],
    "zsh": ["-f", "-i"],
    "fish": ["--no-config", "-i"],
}
PROMPT = "typable> "
SET_PROMPT = {shell: "PS1='typ''able> '" for shell in START} | {
    "fish": "function fish_prompt; echo -n 'typ''able> '; end"
}
TYPED = [
    ("train --data moo", "--data moons"),
    ("step --set y", "--set y="),
    ("step neuron.py:lo", "neuron.py:loss"),
    ("step 'a*bias' --set bi", "--set bias="),
    ("train --optimizer rms", "--optimizer rmsprop"),
    ("compare optimizer=sgd,rm", "optimizer=sgd,rmsprop"),
    ("train --data gra", "grades.csv"),
    ("predict ne", "net.safetensors"),
]


@pytest.mark.parametrize("shell", START)
def test_in_a_real_shell(environment, folder, shell):
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    place = f"{folder / '.bin'}{os.pathsep}{environment['PATH']}"
    # fish asks its terminal what it can do; a dumb one is not asked
    env = {**environment, "PATH": place, "HOME": str(folder), "TERM": "dumb" if shell == "fish" else "vt100"}
    child = pexpect.spawn(shell, START[shell], env=env, encoding="utf-8", dimensions=(40, 200), timeout=120)
    said = subprocess.run(["tinygrad-edu", "completion", shell], env=env, capture_output=True, text=True, check=True)
    (folder / "lines").write_text(said.stdout)
    child.sendline(f". ./lines; {SET_PROMPT[shell]}")
    for typed, wanted in TYPED if shell == "bash" else TYPED[1:6:2]:
        child.expect_exact(PROMPT)  # the shell reads keys, and no line that ends before the Tab
        child.send(f"tinygrad-edu {typed}\t")
        child.expect_exact(wanted)
        child.send("\x03")
    child.close(force=True)


# --- help, and -o ---


def test_help(cli):
    for command in ("step", "train", "compare"):
        assert cli("help", command) == cli(command, "--help")
    assert cli("help") == cli("--help")
    ran = cli("help", "stpe")
    assert (ran.code, ran.out) == (2, "") and "no such command 'stpe'. Did you mean 'step'?" in ran.err


def test_one_option_writes_what_its_end_says(cli, folder):
    pytest.importorskip("PIL", reason="needs Pillow (extra plots)")
    ran = cli("step", "a*b", "--set", "a=2", "--set", "b=3", "-o", "p.html", "-o", "s.gif", "-o", "t.json")
    assert ran.code == 0 and ran.out == ""
    assert Path("p.html").read_text().startswith("<!DOCTYPE html>") and Path("s.gif").read_bytes()[:3] == b"GIF"
    assert cli("step", "t.json", "--plain").code == 0
    ran = cli("step", "-o", "p.svg")
    assert ran.code == 2 and "tinygrad-edu graph ... -o p.svg" in ran.err and not Path("p.svg").exists()
