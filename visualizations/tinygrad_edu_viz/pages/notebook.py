"""How traces and graphs show themselves in a notebook: https://ipython.readthedocs.io/en/stable/config/integrating.html

A trace, or a course, is the player of `page.py`. It stands in a frame of its own, so that several of them in one
notebook do not disturb each other; the frame may run its script and nothing else. A Value or a Tensor is a picture of
its graph. The engine knows nothing of this: importing this package in a notebook registers it with IPython.
"""

from __future__ import annotations

import html
import sys
from typing import Any

from tinygrad_edu.errors import TinygradError
from tinygrad_edu.graph.node import Node

from ..courses.course import Course
from ..pictures.dot_binary import render
from ..pictures.draw import draw_graph
from ..trace import Trace
from .live import FOLLOWS
from .page import compose, graph_of, scenes_of

DRAWN = 400  # nodes of a graph that shows itself
LEAST, MOST, AROUND = 560, 900, 430  # pixels: heights of the frame, and of what stands around the graph in it
UPDATES = 150  # more of a course


def bundle(subject: Trace | Course, include: Any = None, exclude: Any = None) -> dict[str, str]:
    """What a trace or a course shows, by MIME type: the player, and one line for where there is no HTML."""
    found = {"text/plain": repr(subject)}
    try:
        return found | {"text/html": frame(subject)}
    except TinygradError:  # nothing that could lay it out is installed
        return found


def frame(subject: Trace | Course) -> str:
    """The page inside of a frame.

    Raises:
        MissingDot, DrawingError: as `render`.
    """
    found = graph_of(subject)
    graph = None if isinstance(found, str) else found
    scenes = scenes_of(subject, live=graph is not None)
    content = compose(subject, scenes, repr(subject), FOLLOWS if graph else "", graph=graph)
    around = AROUND + UPDATES * (isinstance(subject, Course) or graph is not None)
    height = min(max(round(scenes[0].height) + around, LEAST), MOST)
    return (
        f'<iframe srcdoc="{html.escape(content)}" sandbox="allow-scripts" title="Steps of forward and backward pass" '
        f'style="width: 100%; height: {height}px; border: 0" loading="lazy"></iframe>'
    )


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
