"""Lessons in a notebook: an extension of IPython (https://ipython.readthedocs.io/en/stable/config/extensions/).

    %load_ext tinygrad_edu_tutorials.notebook
    %tutorial 08-backprop en          the lesson and the language of what follows
    %predict ways 5                   is this prediction right?
    %%tutorial walk                   as the first line of a cell: check it as the exercise `walk`, and run it

IPython is no dependency: it is there when it loads this.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import tinygrad_edu_viz
from tinygrad_edu_words import LANGUAGES, _, language, speaking

from .learning.desk import Desk, Told
from .learning.problems import Problem
from .proving.figures import svg_of

_OF_MATPLOTLIB = (("matplotlib.figure", "Figure"), ("matplotlib.axes._axes", "Axes"))


class Magics:
    """The two magic commands, and the lesson that they are about.

    Args:
        shell: IPython's.
    """

    def __init__(self, shell: Any):
        self.shell = shell
        self.desk: Desk | None = None

    def tutorial(self, line: str, cell: str | None = None) -> None:
        """`%tutorial LESSON [LANGUAGE]` opens a lesson; `%%tutorial EXERCISE` checks and runs a cell."""
        try:
            if cell is None:
                self._open(*line.split())
                return
            exercise = line.strip()
            with speaking(self._desk().language):
                told = self._desk().check(exercise, cell, _("This cell"), line=2)
        except Problem as problem:
            self._refuse(problem)
            return
        self._show(told)
        if told.safe:
            self.shell.run_cell(cell)

    def predict(self, line: str) -> None:
        """`%predict KEY ANSWER` says whether a prediction is right."""
        key, _blank, given = line.strip().partition(" ")
        try:
            self._show(self._desk().answer(key, given.strip()))
        except Problem as problem:
            self._refuse(problem)

    def _open(self, lesson: str = "", spoken: str = "", *_more: str) -> None:
        if spoken and spoken not in LANGUAGES:
            raise Problem(
                _("there is no language {name}").format(name=repr(spoken)),
                _("there are: {names}").format(names=", ".join(LANGUAGES)),
            )
        self.desk = Desk(lesson, spoken or language(), Path.cwd())
        print(self.desk.lesson.head["title"])

    def _desk(self) -> Desk:
        if self.desk is None:
            raise Problem(_("no lesson is open"), _("run the first cell, or type: {line}").format(line="%tutorial 8"))
        return self.desk

    def _show(self, told: Told) -> None:
        print(told.said)
        if told.explained:
            self.shell.display_pub.publish({"text/markdown": told.explained, "text/plain": told.explained})

    def _refuse(self, problem: Problem) -> None:
        print(problem.message, problem.hint, sep="\n" if problem.hint else "", file=sys.stderr)


def load_ipython_extension(shell: Any) -> None:
    """Called by `%load_ext tinygrad_edu_tutorials.notebook`."""
    magics = Magics(shell)
    shell.register_magic_function(magics.tutorial, "line_cell", "tutorial")
    shell.register_magic_function(magics.predict, "line", "predict")
    tinygrad_edu_viz.load_ipython_extension(shell)
    for module, name in _OF_MATPLOTLIB:  # whether it is installed or not
        shell.display_formatter.formatters["image/svg+xml"].for_type_by_name(module, name, _picture)


def _picture(shown: Any) -> str | None:
    """A figure of matplotlib, or axes, as SVG; None for one of pyplot's, which Jupyter shows by itself."""
    figure = getattr(shown, "figure", shown)
    return None if hasattr(figure, "number") else svg_of(shown)
