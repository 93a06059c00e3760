"""Check what is saved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from watchfiles import Change, PythonFilter, watch

from tinygrad_edu_tutorials.learning.problems import Problem
from tinygrad_edu_tutorials.learning.session import Session
from tinygrad_edu_words import _


def saved(session: Session) -> Iterator[Path]:
    """Files of exercises, each when it was saved, by whatever way an editor does that.

    Raises:
        Problem: the folder is gone.
    """
    root = session.workspace.root.resolve()
    for changes in watch(root, watch_filter=PythonFilter(), debounce=200, step=50):
        if not root.is_dir():
            raise Problem(_("the folder {folder} is gone").format(folder=root), kind="unreadable")
        for path in sorted({Path(name) for change, name in changes if change != Change.deleted}):
            if path.is_file() and path.parent.parent == root and _is_exercise(session, path):
                yield path


def _is_exercise(session: Session, path: Path) -> bool:
    try:
        lesson, _key = session.exercise(str(path))
    except Problem:
        return False
    return path.parent.name == lesson
