"""Run the code of a lesson's page, and show what its figures show as text."""

from __future__ import annotations

import ast
import builtins
import os
from pathlib import Path
from typing import Any

import tinygrad_edu_words
from tinygrad_edu.graph.node import Node
from tinygrad_edu_viz import Trace
from tinygrad_edu_viz.text.terminal import fitting

from ..reading.lesson import Part
from ..reading.reader import read
from . import forked


def new_space() -> dict[str, Any]:
    """The namespace that all code of a lesson shares."""
    return {"__name__": "lesson", "__builtins__": builtins}


def run(part: Part, file: str, space: dict[str, Any]) -> Any:
    """Run code; gives what the last line of a figure is, else None.

    Args:
        file: what tracebacks call it.
    Raises:
        Exception: what the code raises.
    """
    tree = ast.parse("\n" * (part.line - 1) + part.text, file)
    last = tree.body[-1] if part.kind == "figure" else None
    if not isinstance(last, ast.Expr):
        exec(compile(tree, file, "exec"), space)
        return None
    del tree.body[-1]
    exec(compile(tree, file, "exec"), space)
    return eval(compile(ast.Expression(last.value), file, "eval"), space)


def figure_as_text(lesson: Path, key: str, folder: Path, width: int, language: str, ascii: bool = False) -> str | None:
    """Run a lesson's code up to a figure, in a process of its own, and draw the graph that it shows with characters.

    Args:
        lesson: its file. folder: the learner's, where the code runs.
        width: cells of a line, at most. language: of the words below the graph.
    Returns:
        None: it is no graph, it is too wide, or the code did not end in time.
    """
    found: str | None = forked.call(_drawn, str(lesson), key, str(folder), width, language, ascii).value
    return found


def _drawn(lesson: str, key: str, folder: str, width: int, language: str, ascii: bool) -> str | None:
    os.chdir(folder)
    tinygrad_edu_words.choose(language)
    space = new_space()
    for part in read(Path(lesson)).flat():
        if part.kind in ("code", "figure"):
            shown = run(part, lesson, space)
            if part.kind == "figure" and part.key == key:
                if isinstance(shown, Node):
                    shown = Trace.record(shown)
                return fitting(shown, "auto", width, ascii) if isinstance(shown, Trace) else None
    return None
