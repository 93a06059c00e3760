"""How traces and graphs show themselves in a notebook: https://ipython.readthedocs.io/en/stable/config/integrating.html

A trace, or a course, is the player of `page.py` in a frame of its own, see `frames.py`. A Value or a Tensor is a
picture of its graph. The engine knows nothing of this: importing this package in a notebook registers it with IPython.
"""

from __future__ import annotations

import sys
from typing import Any

from tinygrad_edu.errors import TinygradError
from tinygrad_edu.graph.node import Node

from ..courses.course import Course
from ..pictures.dot_binary import render
from ..pictures.draw import draw_graph
from ..trace import Trace
from .frames import live_frame

DRAWN = 400  # nodes of a graph that shows itself


def bundle(subject: Trace | Course, include: Any = None, exclude: Any = None) -> dict[str, str]:
    """What a trace or a course shows, by MIME type: the player, and one line for where there is no HTML."""
    found = {"text/plain": repr(subject)}
    try:
        return found | {"text/html": live_frame(subject)}
    except TinygradError:  # nothing that could lay it out is installed
        return found


for _kind in (Trace, Course):
    setattr(_kind, "_repr_mimebundle_", bundle)  # noqa: B010  # IPython asks for it; they themselves know no face


def load_ipython_extension(shell: Any) -> None:
    """Let Values and Tensors that were computed show their graphs in the notebooks of an IPython shell."""
    shell.display_formatter.formatters["image/svg+xml"].for_type(Node, _picture)


def announce() -> None:
    """Do that for the shell that we run in, if there is one."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is not None:
        load_ipython_extension(shell)


def _picture(node: Node) -> str | None:
    """The graph as SVG; None, which leaves the text, of an input, and of a graph too large to draw in passing."""
    if node.op is None or not _is_small(node):
        return None

    try:
        return render(draw_graph(node), "svg").decode()
    except TinygradError:
        return None


def _is_small(root: Node) -> bool:
    found, order = {root}, [root]
    for node in order:  # grows while we walk along it
        new = [operand for operand in node.inputs if operand not in found]
        found.update(new)
        order += dict.fromkeys(new)
        if len(order) > DRAWN:
            return False
    return True
