"""Check what is saved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event

from watchfiles import Change, PythonFilter, watch

from tinygrad_edu_tutorials.learning.problems import Problem
from tinygrad_edu_tutorials.learning.session import Session
from tinygrad_edu_words import _

from ..errors import reason


def saved(session: Session, stop: Event | None = None) -> Iterator[Path]:
    """Files of exercises, each when it was saved, by whatever way an editor does that.

    Args:
        stop: ends it.
    Raises:
        Problem: the folder is gone, or the system watches no more files.
    """
    root = session.workspace.root.resolve()
    gone = Problem(_("the folder {folder} is gone").format(folder=root), kind="unreadable")
    try:
        for changes in watch(root, watch_filter=PythonFilter(), debounce=200, step=50, stop_event=stop):
            if not root.is_dir():
                raise gone
            for path in sorted({Path(name) for change, name in changes if change != Change.deleted}):
                if path.is_file() and path.parent.parent == root and _is_exercise(session, path):
                    yield path
    except FileNotFoundError:
        raise gone from None
    except OSError as error:
        told = _("saved files cannot be watched here: {why}").format(why=reason(error))
        raise Problem(told, _("type: {command}").format(command="tinygrad-edu tutorial check"), "unreadable") from None


def _is_exercise(session: Session, path: Path) -> bool:
    try:
        lesson, _key = session.exercise(str(path))
    except Problem:
        return False
    return path.parent.name == lesson
