"""What the commands work on: an expression, FILE.py:FUNC, a saved trace, or the lecture's perceptron."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np

from tinygrad_edu import Tensor
from tinygrad_edu.errors import TinygradError
from tinygrad_edu.graph.node import Node
from tinygrad_edu_viz import Course, Trace, TraceError
from tinygrad_edu_viz.courses.course_file import is_course

from . import user_file
from .errors import CommandError, FileError
from .excerpt import printable
from .expressions.expression import evaluate
from .expressions.settings import parse_settings
from .lecture import PERCEPTRON, PERCEPTRON_SETTINGS
from .phrases import nearest

_FUNCTION = re.compile(r"(?P<file>.+\.py)(?::(?P<name>\w*))?", re.DOTALL)


class Subject(NamedTuple):
    """What is stepped through or drawn.

    Attributes:
        title: the expression, or where the graph comes from.
        note: what a newcomer should be told about it; may be empty.
        root: the result itself, which knows the numbers of large arrays too; None of a saved trace.
        typed: the words of the command that say what it is; None if it is not known.
        again: computes it once more, if Python of the user's does so; with other numbers it may do something else.
        course: the passes and updates that begin with this trace; None of a single pass.
    """

    title: str
    trace: Trace
    note: str = ""
    root: Node | None = None
    typed: tuple[str, ...] | None = None
    course: Course | None = None
    again: Callable[[], Any] | None = None


def open_source(source: str | None, set_texts: Sequence[str]) -> Subject:
    """The subject that the operand of a command stands for.

    Args:
        source: an expression, "FILE.py:FUNC" or "TRACE.json"; None for the perceptron.
        set_texts: of the options `--set`, "NAME=NUMBER".
    Raises:
        CommandError: see the classes in `errors.py`.
    """
    settings = parse_settings(set_texts)
    if source is None:
        return _perceptron(settings)
    function = _FUNCTION.fullmatch(source.strip())
    if function:
        _warn_unused(settings, "a function sets its own numbers")
        path, name = Path(function["file"]), function["name"] or ""
        recorded = _record(printable(f"{path}:{name}"), user_file.call(path, name), f"{name}()")
        return recorded._replace(again=partial(user_file.call, path, name))
    if source.strip().endswith(".json"):
        _warn_unused(settings, "a saved trace has its numbers in it")
        found = _load(Path(source.strip()))
        title = printable(found.title or source.strip())
        if isinstance(found, Course):
            return Subject(title, found.passes[0], course=found)
        return Subject(title, found)
    if os.path.isfile(source):
        raise CommandError(f"{source} is a file of no known kind", "give an expression, FILE.py:FUNC or TRACE.json")
    root, _, unused = evaluate(source, settings)
    for name in unused:
        near = nearest(name, [n for n in settings if n not in unused])
        _warn_unused([name], "the expression has no such name" + (f"; it has {near}" if near else ""))
    return _record(printable(source.strip()), root, "the expression")


def _perceptron(settings: dict[str, Any]) -> Subject:
    numbers = {**PERCEPTRON_SETTINGS, **settings}
    root, _, unused = evaluate(PERCEPTRON, numbers)
    _warn_unused(unused, f"the perceptron's names are {', '.join(PERCEPTRON_SETTINGS)}")
    shown = " ".join(f"--set {name}={_short(number)}" for name, number in numbers.items() if name not in unused)
    note = (
        "The perceptron of the first lecture, sigmoid(weights · inputs + bias), and its loss (result - y)².\n"
        f'The same as: tinygrad-edu step "{PERCEPTRON}" {shown}'
    )
    return _record(PERCEPTRON, root, "the perceptron", note)


def _record(title: str, root: Any, what: str, note: str = "") -> Subject:
    if not isinstance(root, Node):
        raise CommandError(
            f"{what} returned {type(root).__name__}, which is no node of a graph",
            "return a tg.Value or tg.Tensor that was computed from others",
        )
    if isinstance(root, Tensor) and root.size != 1:
        raise CommandError(
            f"{what} returned a tensor of shape {root.shape}, and backpropagation starts from one number",
            "reduce it: .sum() or .mean()",
        )
    try:
        with np.errstate(all="ignore"):  # a learner sees the inf or nan itself
            return Subject(title, Trace.record(root, title=title), note, root)
    except TinygradError as error:
        raise CommandError(str(error)) from None


def _load(path: Path) -> Trace | Course:
    try:
        return Course.load(path) if is_course(path) else Trace.load(path)
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror}") from None
    except TraceError as error:
        raise FileError(str(error), "a trace is made by: tinygrad-edu step ... --save TRACE.json") from None


def _warn_unused(names: Sequence[str] | dict[str, Any], why: str) -> None:
    for name in names:
        click.echo(f"warning: --set {name} is not used: {why}", err=True)


def _short(number: Any) -> str:
    return str(number).removesuffix(".0").replace(" ", "")
