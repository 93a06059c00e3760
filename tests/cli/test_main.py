"""The command as a process: its help, its exit codes, pipes, encodings."""

from __future__ import annotations

import io
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import tinygrad_edu


def test_help_does_not_wait_for_numpy(environment):
    check = "import sys; from tinygrad_edu_cli.main import main; main(sys.argv[1:]); print('numpy' in sys.modules)"
    for arguments in (["--help"], ["step", "--help"], ["graph", "--help"]):
        ran = subprocess.run([sys.executable, "-c", check, *arguments], env=environment, capture_output=True, text=True)
        assert ran.returncode == 0 and ran.stdout.startswith("Usage: tinygrad-edu")
        assert ran.stdout.endswith("False\n"), "NumPy was imported"


def test_version(cli):
    assert cli("--version") == (0, f"tinygrad-edu {tinygrad_edu.__version__}\n", "")


def test_without_a_command(cli):
    ran = cli()
    assert (ran.code, ran.out) == (2, "") and "Usage:" in ran.err and "step" in ran.err


def test_an_unknown_command(cli):
    ran = cli("stpe")
    assert ran.code == 2 and ran.err.splitlines() == [
        "error: no such command 'stpe'. Did you mean 'step'?",
        "  see: tinygrad-edu --help",
    ]


@pytest.mark.parametrize("command_name", ["step", "graph"])
def test_every_example_of_the_help_works(cli, command_name, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO())  # nobody answers what --predict asks
    Path("neuron.py").write_text("import tinygrad_edu as tg\ndef loss(): return tg.Value(2.0, name='a').tanh()")
    lines = cli(command_name, "--help").out.splitlines()
    examples = [line.strip() for line in lines if line.startswith("    tinygrad-edu")]
    assert len(examples) >= 3
    for example in examples:
        arguments = shlex.split(example.replace("...", "--set w2=1 --set x2=0 --set b=6.88"))[1:]
        ran = cli(*arguments)
        assert ran.code == 0, (example, ran.err)


def test_a_bug_of_ours_is_told_without_a_traceback(cli, monkeypatch):
    monkeypatch.setattr("tinygrad_edu_cli.source.open_source", lambda *_: 1 / 0)
    ran = cli("step", "a", "--set", "a=1")
    assert ran.code == 1 and ran.err.startswith("error: tinygrad-edu itself failed: ZeroDivisionError")
    monkeypatch.setenv("TINYGRAD_EDU_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        cli("step", "a", "--set", "a=1")


@pytest.mark.parametrize("arguments", [["step"], ["step", "--json"], ["graph"], ["--help"]])
def test_a_closed_pipe_is_silent(environment, arguments):
    call = [sys.executable, "-m", "tinygrad_edu_cli", *arguments]
    process = subprocess.Popen(call, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()  # before anything was written
    assert process.stderr.read() == b""
    assert process.wait(timeout=60) == 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_a_full_disk(environment):
    with open("/dev/full", "w") as full:
        call = [sys.executable, "-m", "tinygrad_edu_cli", "step"]
        ran = subprocess.run(call, env=environment, stdout=full, stderr=subprocess.PIPE, text=True)
    assert ran.returncode == 4
    assert ran.stderr == "error: cannot write to the standard output: No space left on device\n"


@pytest.mark.parametrize("arguments", [["step"], ["graph"], ["step", "λ*µ2/0", "--set", "λ=2", "--set", "µ2=3"]])
def test_an_ascii_terminal(command, arguments):
    ran = command(*arguments, PYTHONIOENCODING="ascii")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.isascii() and len(ran.stdout.splitlines()) > 4


def test_the_c_locale(command):
    ran = command("step", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0", PYTHONIOENCODING="")
    assert (ran.returncode, ran.stderr) == (0, "") and "dL/dw1" in ran.stdout


def test_an_error_in_ascii_has_its_carets_right(command):
    ran = command("step", "λ + w3", "--set", "λ=1", PYTHONIOENCODING="ascii")
    _, code, carets = ran.stderr.splitlines()
    assert ran.stderr.isascii() and ran.returncode == 2
    assert code.index("w3") == carets.index("^^")


@pytest.mark.parametrize("environment_of_pipes", [{"TERM": "dumb"}, {"CI": "true"}, {"NO_COLOR": "1"}, {}])
def test_a_pipe_gets_plain_lines(command, environment_of_pipes):
    ran = command("step", **environment_of_pipes)
    assert ran.returncode == 0 and "\x1b" not in ran.stdout and "Gradients of the inputs" in ran.stdout


def test_output_is_the_same_every_time(command):
    assert command("step", PYTHONHASHSEED="1").stdout == command("step", PYTHONHASHSEED="2").stdout
