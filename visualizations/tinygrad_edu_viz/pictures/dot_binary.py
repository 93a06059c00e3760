"""Which program draws: the only place that decides it, and the only one that runs it.

Graphviz's `dot` is used if the system has it. Else `graphviz-pure` is: a program with the same command line, which
the wheel of that name puts beside Python itself, so that nothing but pip is needed. It has no PDF.
"""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from pathlib import Path

import graphviz
from graphviz.backend import dot_command

from tinygrad_edu.errors import TinygradError

PURE_FORMATS = ("svg", "png", "jpeg", "jpg", "json", "plain")
BITMAPS = ("png", "jpeg", "jpg")
DPI = 144
LARGEST_BITMAP = 32_000  # pixels; beyond 32,767 programs give black pictures or none

_INSTALL = "apt install graphviz, brew install graphviz, or winget install Graphviz"


class MissingDot(TinygradError, RuntimeError):
    """There is no program that can draw this."""


class DrawingError(TinygradError, RuntimeError):
    """The drawing program failed."""


def choose() -> str | None:
    """Find the program, and set it in the graphviz package, so that its own methods use it too.

    Returns:
        the program's path; None if there is none.
    """
    beside_python = os.pathsep.join([sysconfig.get_path("scripts"), str(Path(sys.executable).parent)])
    found = shutil.which("dot") or shutil.which("graphviz-pure", path=beside_python) or shutil.which("graphviz-pure")
    if found:
        dot_command.DOT_BINARY = Path(found)
    return found


def render(graph: graphviz.Digraph, format: str) -> bytes:
    """Draw a graph.

    Args:
        format: "svg", "png", "jpeg", "json", "plain"; "dot" for the source; with a system `dot` also "pdf" and others.
    Raises:
        MissingDot: no drawing program is installed, or it lacks the format.
        DrawingError: the program failed.
        ValueError: a format that does not exist.
    """
    if format in ("dot", "gv"):
        return graph.source.encode()
    program = choose()
    if program is None:
        raise MissingDot(
            "drawing needs Graphviz, and neither its program `dot` nor `graphviz-pure` was found: "
            f"pip install graphviz-pure   (or the whole of Graphviz: {_INSTALL})"
        )
    if Path(program).stem != "dot" and format in graphviz.FORMATS and format not in PURE_FORMATS:
        raise MissingDot(
            f"graphviz-pure cannot draw {format}, only {', '.join(PURE_FORMATS)}: choose one of those, "
            f"or install Graphviz itself ({_INSTALL})"
        )
    try:
        if format in BITMAPS:
            graph = _with_resolution(graph)
        return graph.pipe(format=format, quiet=True)
    except graphviz.ExecutableNotFound as error:
        raise MissingDot(f"{program} could not be started: {error}") from error
    except graphviz.CalledProcessError as error:
        reason = (error.stderr or b"").decode(errors="replace").strip() or f"exit status {error.returncode}"
        raise DrawingError(f"{Path(program).name} failed to draw: {reason}") from error


def _with_resolution(graph: graphviz.Digraph) -> graphviz.Digraph:
    """The graph with as many dots per inch as a sharp picture has, or fewer where it would become too large."""
    _, _, width, height, *_ = graph.pipe(format="plain", quiet=True).split()
    copy = graph.copy()
    copy.attr(dpi=str(int(min(DPI, LARGEST_BITMAP / max(float(width), float(height), 1)))))
    return copy
