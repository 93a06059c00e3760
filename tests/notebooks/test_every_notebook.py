"""Every notebook and every script of every lesson runs from its first line to its last, in Jupyter's own kernel.

pip install --group notebooks; python -m pytest -m notebooks
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tinygrad_edu_tutorials import library
from tinygrad_edu_tutorials.exporting.notebooks import notebook
from tinygrad_edu_tutorials.exporting.scripts import script
from tinygrad_edu_tutorials.reading.lesson import Lesson
from tinygrad_edu_tutorials.running.judging import exercises_of
from tinygrad_edu_words import speaking

pytestmark = [
    pytest.mark.notebooks,
    pytest.mark.filterwarnings("default"),  # those of Jupyter's packages are theirs
]
EACH = pytest.mark.parametrize("name", library.names())
HOW = pytest.mark.parametrize(
    ("language", "solutions"), [("en", False), ("de", True)]
)  # `parity`: the code is the same
RIGHT = {"en": "Right", "de": "Richtig"}


@EACH
@HOW
def test_a_notebook_runs_through(name, language, solutions, tmp_path, monkeypatch):
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    lesson = library.lesson(name, language)
    with speaking(language):
        made = nbformat.reads(notebook(lesson, language, solutions), 4)
    if solutions:  # without, a command may run a program that is not written yet
        made.cells = [each for cell in made.cells for each in (cell, *_asked(nbformat, cell))]
    resources = {"metadata": {"path": str(tmp_path)}}
    nbclient.NotebookClient(made, timeout=120, kernel_name="python3", resources=resources).execute()

    cells = {cell.source: cell for cell in made.cells if cell.cell_type == "code"}
    assert [o for cell in cells.values() for o in cell.outputs if o.output_type == "error"] == []
    _shows_what_the_page_says(lesson, cells)
    for part in lesson.all("exercise"):
        source = lesson.one("program", part.key).text if solutions else part.text
        said = _printed(cells[f"%%tutorial {part.key}\n{source.rstrip()}"])
        is_bug = exercises_of(lesson.path.parent)[part.key].stub_is != "unfinished"
        assert said.startswith(RIGHT[language]) == solutions
        assert solutions or is_bug or "not finished yet" in said or "still something to write" in said
    for part in lesson.all("predict"):
        answer = part.attrs["answer"] if solutions else "..."
        assert _printed(cells[f"%predict {part.key} {answer}"]).startswith(RIGHT[language]) == solutions


def _asked(nbformat: Any, cell: Any) -> list[Any]:
    """How a command ended: IPython keeps that as a variable."""
    is_command = cell.cell_type == "code" and cell.source.startswith("!")
    return [nbformat.v4.new_code_cell("assert _exit_code in (0, 1), _exit_code")] if is_command else []


def _printed(cell: Any) -> str:
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")


def _shows_what_the_page_says(lesson: Lesson, cells: dict[str, Any]) -> None:
    before = None
    for part in lesson.parts:
        if part.kind == "output":
            assert _printed(before).strip() == part.text.strip()
        elif part.kind in ("code", "figure"):
            before = cells[part.text.rstrip()]
            pictures = {kind for output in before.outputs for kind in output.get("data", {})}
            assert part.kind == "code" or pictures & {"text/html", "image/svg+xml", "image/png"}, part.key


@EACH
@HOW
def test_a_script_runs_through(name, language, solutions, tmp_path):
    lesson = library.lesson(name, language)
    file = tmp_path / "lesson.py"
    with speaking(language):
        file.write_text(script(lesson, language, solutions), encoding="utf-8")
    settings = os.environ | {"MPLBACKEND": "Agg"}  # run from another folder
    ended = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, check=False, env=settings)
    assert (ended.returncode, ended.stderr) == (0, "")
    right = len(lesson.all("exercise")) + len(lesson.all("predict"))
    assert ended.stdout.count(f"] {RIGHT[language]}") == right * solutions
