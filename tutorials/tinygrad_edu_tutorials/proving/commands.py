"""The commands of a page exist, and do what a learner will see."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from ..reading.lesson import Lesson, commands
from ..reading.reader import read


def command_faults(folder: str) -> list[str]:
    """Run the commands of the English page in a workspace that holds the solutions, without a terminal."""
    lesson = read(Path(folder) / "lesson.en.md")
    faults = []
    with tempfile.TemporaryDirectory() as scratch:
        here = Path(scratch, lesson.name)
        lay_out(lesson, here)
        for part in lesson.all("program"):
            (here / f"{part.key}.py").write_text(part.text, encoding="utf-8")
        os.chdir(scratch)
        for part in lesson.all("command"):
            for line in commands(part):
                if said := _run(shlex.split(line, comments=True), int(part.attrs.get("exit", 0))):
                    faults.append(f"{lesson.where(part)}: {line}\n{said}")
        os.chdir("/")
    return faults


def lay_out(lesson: Lesson, folder: Path) -> None:
    """Make a learner's folder of a lesson, with the data that it brings."""
    folder.mkdir(parents=True)
    for source in lesson.data:
        shutil.copy(source, folder)


def _run(words: list[str], wanted: int) -> str:
    """What went wrong, "" if nothing did."""
    programs = {"tinygrad-edu": [sys.executable, "-P", "-m", "tinygrad_edu_cli"], "python": [sys.executable]}
    if words[0] not in programs:
        return "  a command of a page begins with tinygrad-edu or python"
    program = [*programs[words[0]], *words[1:]]
    usual = {name: text for name, text in os.environ.items() if name != "PYTHONSAFEPATH"}  # as a learner's shell is
    ended = subprocess.run(program, stdin=subprocess.DEVNULL, env=usual, check=False)
    return "" if ended.returncode == wanted else f"  ends with exit code {ended.returncode}, not {wanted}"
