"""Check a learner's file: what runs in the process of its own."""

from __future__ import annotations

import ast
import math
import os
import sys
import traceback
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

from ..checking.exercise import Exercise, Judge, Verdict, is_unfinished
from ..checking.learner import EngineUsed, forbid
from . import forked
from .forked import Endless
from .guarding import guard


def check(folder: Path, exercise: str, file: Path, cpu: float = forked.CPU_SECONDS) -> Verdict:
    """Check a learner's file in a process of its own.

    Args:
        folder: of the lesson, which holds `checks.py`.
        cpu: seconds of computing that the file has.
    """
    outcome = forked.call(judge, str(folder), exercise, str(file), cpu=cpu)
    if outcome.ended == "done":
        return Verdict(outcome.value["key"], outcome.value["facts"], outcome.printed)
    if outcome.ended == "endless":
        return Verdict("endless", {"seconds": cpu}, outcome.printed)
    return Verdict("crashed", {"code": outcome.code, "said": outcome.printed[-500:]}, outcome.printed)


def exercises_of(folder: Path) -> dict[str, Exercise]:
    """The exercises of a lesson's `checks.py`, by their names, in order; none if it has no such file."""
    path = folder / "checks.py"
    if not path.exists():
        return {}
    found: Sequence[Exercise] = load(path, "lesson_checks").EXERCISES
    return {exercise.name: exercise for exercise in found}


def load(path: Path, name: str) -> ModuleType:
    """Run a file as a module; nothing is written beside it.

    Raises:
        Exception: what the file raises.
    """
    module = ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module  # dataclasses look for it there
    exec(compile(path.read_bytes(), str(path), "exec"), module.__dict__)
    return module


def judge(folder: str, name: str, file: str) -> dict[str, Any]:
    """The verdict on a file, as JSON has it."""
    path = Path(file).resolve()
    os.chdir(path.parent)
    exercise = exercises_of(Path(folder))[name]
    prepared = Judge(exercise)  # what is right is known before the learner's code runs
    sys.modules.pop("lesson_checks")
    sys.path[:] = [entry for entry in sys.path if entry and Path(entry).resolve() != path.parent] + [str(path.parent)]
    forbid(exercise.forbids, str(path))
    guard(Path(folder), Path(__file__).parents[1])
    try:
        verdict = prepared.verdict(load(path, f"learner_{path.stem}"))
    except Endless as error:
        verdict = Verdict("endless", _place(error, path) | {"seconds": forked.CPU_SECONDS})
    except EngineUsed as error:
        verdict = Verdict("engine", _place(error, path) | {"name": str(error)})
    except BaseException as error:
        key = "unfinished" if is_unfinished(error) else "raised"
        verdict = Verdict(key, _place(error, path) | {"said": _said(error)})
    if verdict.key in ("raised", "contract", "other") and (line := _left_over(path)):
        verdict = Verdict("unfinished", {"line": line})
    return _finite(asdict(verdict))


def _left_over(path: Path) -> int | None:
    """The line of a `...` that nobody has replaced; one of an index, as in x[..., 0], is none."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return None
    indices = {part for node in ast.walk(tree) if isinstance(node, ast.Subscript) for part in ast.walk(node.slice)}
    found = [n for n in ast.walk(tree) if isinstance(n, ast.Constant) and n.value is ... and n not in indices]
    return min((node.lineno for node in found), default=None)


def _place(error: BaseException, path: Path) -> dict[str, Any]:
    """The learner's line at which an error was raised; line None if it was none of theirs."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return {"line": error.lineno, "text": (error.text or "").strip()}
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return {"line": frames[-1].lineno, "text": frames[-1].line} if frames else {"line": None, "text": ""}


def _said(error: BaseException) -> str:
    """What Python says last of an error: its type and its message."""
    lines = traceback.format_exception_only(error)
    return lines[-1].strip().rpartition("tinygrad_edu.errors.")[2][:1000]


def _finite(found: Any) -> Any:
    """JSON has no nan and no infinity: they become texts."""
    if isinstance(found, float) and not math.isfinite(found):
        return str(found)
    if isinstance(found, dict):
        return {key: _finite(item) for key, item in found.items()}
    return found
