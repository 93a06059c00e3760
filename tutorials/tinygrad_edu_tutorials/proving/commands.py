"""The commands of a page exist, and do what a learner will see."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from ..reading.reader import read


def command_faults(folder: str) -> list[str]:
    """Run the commands of the English page in an empty folder that holds the solutions, without a terminal."""
    lesson = read(Path(folder) / "lesson.en.md")
    faults = []
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        for part in lesson.all("program"):
            Path(f"{part.key}.py").write_text(part.text, encoding="utf-8")
        for part in lesson.all("command"):
            for line in part.text.replace("\\\n", " ").strip().splitlines():
                words = shlex.split(line, comments=True)
                if words and (said := _run(words, int(part.attrs["exit"]) if "exit" in part.attrs else 0)):
                    faults.append(f"{lesson.where(part)}: {line}\n{said}")
        os.chdir("/")
    return faults


def _run(words: list[str], wanted: int) -> str:
    """What went wrong, "" if nothing did."""
    if words[0] != "tinygrad-edu":
        return "  a command of a page begins with tinygrad-edu"
    program = [sys.executable, "-P", "-m", "tinygrad_edu_cli", *words[1:]]
    ended = subprocess.run(program, stdin=subprocess.DEVNULL, check=False)
    return "" if ended.returncode == wanted else f"  ends with exit code {ended.returncode}, not {wanted}"
