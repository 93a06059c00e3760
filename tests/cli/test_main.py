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
from tinygrad_edu_cli.errors import CommandError


def test_help_does_not_wait_for_numpy(environment):
    check = "import sys; from tinygrad_edu_cli.main import main; main(sys.argv[1:]); print('numpy' in sys.modules)"
    for arguments in (["--help"], ["step", "--help"], ["graph", "--help"], ["predict", "--help"]):
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
    monkeypatch.setattr("tinygrad_edu_cli.subject.open_source", lambda *_: 1 / 0)
    ran = cli("step", "a", "--set", "a=1")
    assert ran.code == 1 and ran.err.startswith("error: tinygrad-edu itself failed: ZeroDivisionError")
    monkeypatch.setenv("TINYGRAD_EDU_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        cli("step", "a", "--set", "a=1")


@pytest.mark.parametrize("arguments", [["step"], ["step", "--json"], ["graph"], ["--help"]])
def test_a_closed_pipe_is_silent(environment, arguments):
    call = [sys.executable, "-m", "tinygrad_edu_cli", *arguments]
    with subprocess.Popen(call, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()  # before anything was written
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full: run the tests on Linux")
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


CLOSED = "error: cannot write to the standard output: it is closed\n  to see nothing, write >/dev/null\n"


@pytest.mark.parametrize(
    "arguments",
    [
        *["--help", "--version", "step --help", "step", "step --json", "step --predict", "step --order naive", "graph"],
        *[
            "train --epochs 1",
            "train --epochs 1 --json",
            "compare lr=1,2 --epochs 1",
            "compare lr=1,2 --json --epochs 1",
        ],
    ],
)
def test_a_closed_standard_output(cli, monkeypatch, arguments):
    """`>&-`: Python has no stream then, and would lose what is printed."""
    monkeypatch.setattr("sys.stdout", None)
    monkeypatch.setattr("sys.stdin", None)
    ran = cli(*arguments.split())
    assert ran.code == 4 and ran.err.endswith(CLOSED)


def test_what_prints_nothing_needs_no_standard_output(cli, monkeypatch, tmp_path: Path):
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(f"sys.{name}", None)
    assert cli("step", "--html", str(tmp_path / "page.html")).code == 0
    assert cli("stpe").code == 2 and cli("step", "--tui").code == 2


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell: run the tests on Linux or macOS")
@pytest.mark.parametrize(("closed", "said"), [("<&- >&-", CLOSED), (">&- 2>&-", "")])
def test_streams_that_a_shell_closes(environment, closed, said):
    call = ["sh", "-c", f'exec "$@" {closed}', "sh", sys.executable, "-m", "tinygrad_edu_cli", "--version"]
    ran = subprocess.run(call, env=environment, capture_output=True, text=True)
    assert (ran.returncode, ran.stdout, ran.stderr) == (4, "", said)


@pytest.mark.parametrize("error", [MemoryError(), MemoryError("Unable to allocate 7.28 TiB")], ids=str)
def test_too_little_memory(cli, monkeypatch, error):
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("tinygrad_edu_cli.subject.open_source", fail)
    ran = cli("step", "a", "--set", "a=1")
    assert (ran.code, ran.out) == (1, "")
    what = f": {error}" if str(error) else ""
    assert ran.err.splitlines()[0] == f"error: there is not enough memory{what}" and "give it less" in ran.err


@pytest.mark.parametrize("error", [RuntimeError, tinygrad_edu.TinygradError, MemoryError, CommandError])
@pytest.mark.parametrize("text", ["x" * 100_000, "x\n" * 100_000])
def test_a_text_without_end_is_cut(cli, monkeypatch, error, text):
    def fail(*_: object) -> None:
        raise error(text)

    monkeypatch.setattr("tinygrad_edu_cli.subject.open_source", fail)
    ran = cli("step", "a", "--set", "a=1")
    assert ran.err.startswith("error: ") and len(ran.err) < 2_000
    assert "... (100,0" in ran.err or " more lines)" in ran.err
