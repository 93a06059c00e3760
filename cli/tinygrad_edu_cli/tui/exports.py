"""What the screen shows, in a file: the kind is told by how its name ends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tinygrad_edu_viz import Trace

from ..errors import CommandError
from ..files import replacing
from ..source import Subject


def export(subject: Subject, path: Path) -> str:
    """Write a file. Returns what is wrong, or "".

    The kinds: the recorded steps (.json), a picture of the graph (.svg, .png, .txt), a page to step through (.html).
    """
    writer = _WRITERS.get(path.suffix.lower())
    if writer is None:
        return f"the name ends in one of {', '.join(_WRITERS)}"
    try:
        data = writer(subject)
        with replacing(path) as temporary:
            if isinstance(data, Trace):
                data.save(temporary)
            else:
                temporary.write_bytes(data)
    except CommandError as error:
        return error.message
    except Exception as error:  # the screen stays, whatever fails: there is more to see
        return f"cannot write {path}: {error}"
    return ""


def _trace(subject: Subject) -> Trace:
    return subject.trace


def _text(subject: Subject) -> bytes:
    from tinygrad_edu_viz.text.terminal import draw

    return f"{draw(subject.trace)}\n".encode()


def _picture(format: str) -> Callable[[Subject], bytes]:
    def write(subject: Subject) -> bytes:
        from tinygrad_edu_viz import draw_graph, render

        return render(draw_graph(subject.trace), format)

    return write


def _page(subject: Subject) -> bytes:
    from tinygrad_edu_viz.pages.page import page

    return page(subject.trace, subject.title).encode()


_WRITERS: dict[str, Callable[[Subject], bytes | Trace]] = {
    ".json": _trace,
    ".svg": _picture("svg"),
    ".png": _picture("png"),
    ".txt": _text,
    ".html": _page,
}
