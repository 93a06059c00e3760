"""Pages as frames, for a notebook, a lesson or a site: each is one element of HTML with its page inside, and asks for
nothing.

Several can stand on one page: none knows of another, keys act in the one that has the focus, and none takes it. A frame
may run its script and nothing else; it is as wide as what it stands in, and its page follows when that changes.
"""

from __future__ import annotations

import html
from typing import Any

from tinygrad_edu.data import Dataset
from tinygrad_edu_words import _

from ..courses.course import Course
from ..trace import Trace
from . import playground
from .live import FOLLOWS
from .page import compose, graph_of, scenes_of

LEAST, MOST, AROUND = 560, 900, 430  # pixels: heights of a frame, and of what stands around the graph in it
UPDATES = 150  # more of a course, and where numbers can be changed
PLAYGROUND = 900  # pixels


def live_frame(subject: Trace | Course, height: int | None = None) -> str:
    """The page of a trace, which computes where it can, or of a course, as a frame.

    Args:
        height: in pixels; by default one that suits the picture.
    Raises:
        MissingDot, DrawingError: as `render`.
    """
    found = graph_of(subject)
    graph = None if isinstance(found, str) else found
    scenes = scenes_of(subject, live=graph is not None)
    content = compose(subject, scenes, repr(subject), _(FOLLOWS) if graph else "", graph=graph)
    if height is None:
        around = AROUND + UPDATES * (isinstance(subject, Course) or graph is not None)
        height = min(max(round(scenes[0].height) + around, LEAST), MOST)
    return framed(content, _("Steps of forward and backward pass"), height)


def playground_frame(
    start: dict[str, Any] | None = None, own: Dataset | None = None, file: str = "own.csv", height: int = PLAYGROUND
) -> str:
    """The playground as a frame.

    Args:
        start, own, file: as of `playground.page`: playground_frame({"data": "xor", "hidden": [4]}).
        height: in pixels.
    Raises:
        ArgumentError: a data set that does not fit into the plane.
    """
    return framed(playground.page(own, file, start), _("Playground: train a network"), height, "allow-downloads")


def framed(content: str, title: str, height: int, *allowed: str) -> str:
    """A page of HTML as a frame of another one.

    Args:
        content: the page.
        title: what the frame is, for who does not see it.
        height: in pixels.
        allowed: what else it may do: https://html.spec.whatwg.org/multipage/iframe-embed-object.html#attr-iframe-sandbox
    """
    sandbox = " ".join(["allow-scripts", *allowed])
    return (
        f'<iframe srcdoc="{html.escape(content)}" sandbox="{sandbox}" title="{html.escape(title)}" '
        f'style="display: block; width: 100%; height: {height}px; border: 0" loading="lazy"></iframe>'
    )
