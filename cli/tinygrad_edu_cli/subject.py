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
from tinygrad_edu_words import _

from . import user_file
from .errors import CommandError, FileError, reason
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
        picks: an operation that picked elements by their numbers before these were taken apart, or "".
        course: the passes and updates that begin with this trace; None of a single pass.
    """

    title: str
    trace: Trace
    note: str = ""
    root: Node | None = None
    typed: tuple[str, ...] | None = None
    course: Course | None = None
    again: Callable[[], Any] | None = None
    picks: str = ""


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
        _warn_unused(settings, _("a function sets its own numbers"))
        path, name = Path(function["file"]), function["name"] or ""
        recorded = _record(printable(f"{path}:{name}"), user_file.call(path, name), f"{name}()")
        return recorded._replace(again=partial(user_file.call, path, name))
    if source.strip().endswith(".json"):
        _warn_unused(settings, _("a saved trace has its numbers in it"))
        found = _load(Path(source.strip()))
        title = printable(found.title or source.strip())
        if isinstance(found, Course):
            return Subject(title, found.passes[0], course=found)
        return Subject(title, found)
    if os.path.isfile(source):
        what = _("{file} is a file of no known kind").format(file=source)
        raise CommandError(what, _("give an expression, FILE.py:FUNC or TRACE.json"))
    root, _used, unused = evaluate(source, settings)
    for name in unused:
        near = nearest(name, [n for n in settings if n not in unused])
        why = _("the expression has no such name; it has {near}") if near else _("the expression has no such name")
        _warn_unused([name], why.format(near=near))
    return _record(printable(source.strip()), root, _("the expression"))


def _perceptron(settings: dict[str, Any]) -> Subject:
    numbers = {**PERCEPTRON_SETTINGS, **settings}
    root, _used, unused = evaluate(PERCEPTRON, numbers)
    names = ", ".join(PERCEPTRON_SETTINGS)
    _warn_unused(unused, _("the perceptron's names are {names}").format(names=names))
    shown = " ".join(f"--set {name}={_short(number)}" for name, number in numbers.items() if name not in unused)
    about = _("The perceptron of the first lecture, sigmoid(weights · inputs + bias), and its loss (result - y)².")
    same = _("The same as: {command}").format(command=f'tinygrad-edu step "{PERCEPTRON}" {shown}')
    return _record(PERCEPTRON, root, _("the perceptron"), f"{about}\n{same}")


def _record(title: str, root: Any, what: str, note: str = "") -> Subject:
    if not isinstance(root, Node):
        raise CommandError(
            _("{what} returned {kind}, which is no node of a graph").format(what=what, kind=type(root).__name__),
            _("return a tg.Value or tg.Tensor that was computed from others"),
        )
    if isinstance(root, Tensor) and root.size != 1:
        raise CommandError(
            _("{what} returned a tensor of shape {shape}, and backpropagation starts from one number").format(
                what=what, shape=root.shape
            ),
            _("reduce it: .sum() or .mean()"),
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
        raise FileError(_("cannot read {path}: {why}").format(path=path, why=reason(error))) from None
    except TraceError as error:
        raise FileError(str(error), _("a trace is made by: tinygrad-edu step ... --save TRACE.json")) from None


def _warn_unused(names: Sequence[str] | dict[str, Any], why: str) -> None:
    for name in names:
        click.echo(_("warning: --set {name} is not used: {why}").format(name=name, why=why), err=True)


def _short(number: Any) -> str:
    return str(number).removesuffix(".0").replace(" ", "")
