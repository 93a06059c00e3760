"""A learner's folder: their files, and what is remembered of their way through the lessons."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tinygrad_edu.storage import files
from tinygrad_edu_words import LANGUAGES, _

from .problems import Problem

NAME = ".tinygrad-tutorial.json"
VERSION = 1
_LEFT_BEHIND = 60  # seconds, after which nobody writes a temporary file any more


@dataclass
class State:
    """What is remembered.

    Attributes:
        lesson: that is being read; "" before the first.
        page: of each lesson that was begun, the page that was shown last, from 1.
        done: exercises, such as "08-backprop/walk". hints: how many of each were given.
        answers: to predictions, such as "08-backprop/ways", what was answered last.
        quiz: letters given in each round, such as "before/downhill".
        rest: fields that this version does not know, and keeps.
    """

    language: str = "en"
    lesson: str = ""
    page: dict[str, int] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    hints: dict[str, int] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    quiz: dict[str, str] = field(default_factory=dict)
    rest: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        known = {name: value for name, value in vars(self).items() if name != "rest"}
        return {"version": VERSION, **known, **self.rest}

    @classmethod
    def from_json(cls, found: Any) -> State:
        """Read what `to_json` gave.

        Raises:
            ValueError: it is something else.
        """
        version = found.get("version") if isinstance(found, dict) else None
        if not isinstance(version, int) or isinstance(version, bool) or version < 1:
            raise ValueError("no version")
        state = cls(rest={name: value for name, value in found.items() if name != "version"})
        for name, (kind, item) in _FIELDS.items():
            value = state.rest.pop(name, getattr(state, name))
            items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
            if not _is(value, kind) or not all(_is(each, item) for each in items):
                raise ValueError(name)
            setattr(state, name, value)
        if state.language not in LANGUAGES:
            raise ValueError("language")
        return state


_FIELDS: dict[str, tuple[type, type]] = {
    "language": (str, str),
    "lesson": (str, str),
    "page": (dict, int),
    "done": (list, str),
    "hints": (dict, int),
    "answers": (dict, str),
    "quiz": (dict, str),
}


def _is(value: Any, kind: type) -> bool:
    return isinstance(value, kind) and not (kind is int and isinstance(value, bool))


class Workspace:
    """A learner's folder.

    Attributes:
        root: where the file of the state is, from the root of the file system: other programs start elsewhere.
        damaged: the name under which a state file that could not be read was set aside; "" if it could.
    """

    def __init__(self, root: Path, state: State, damaged: str = ""):
        self.root, self.state, self.damaged = root.absolute(), state, damaged

    @classmethod
    def find(cls, start: Path, language: str) -> Workspace | None:
        """The workspace that a folder is in; None if it is in none.

        A damaged state file is set aside; whoever asked rebuilds what it said (see `Session`).

        Args:
            language: of a workspace whose file does not say it any more.
        Raises:
            Problem: a newer version made it, or it cannot be read.
        """
        for folder in (start, *start.parents):
            if (folder / NAME).is_file():
                return cls._open(folder, language)
        return None

    @classmethod
    def _open(cls, root: Path, language: str) -> Workspace:
        path = root / NAME
        try:
            found = json.loads(path.read_text(encoding="utf-8-sig"))
            version = found.get("version") if isinstance(found, dict) else None
            if isinstance(version, int) and version > VERSION:
                raise Problem(
                    _("{file} is of version {new}, which is newer than this program; it knows {own}").format(
                        file=path, new=version, own=VERSION
                    ),
                    _("bring the program up to date: pip install --upgrade tinygrad-edu"),
                    "unreadable",
                )
            workspace = cls(root, State.from_json(found))
        except (ValueError, RecursionError):
            workspace = cls(root, State(language), cls._set_damaged_aside(path))
        except OSError as error:
            raise cannot("read", path, error) from None
        workspace._sweep()
        return workspace

    @staticmethod
    def _set_damaged_aside(path: Path) -> str:
        k = 1
        while (aside := path.with_name(f".tinygrad-tutorial.damaged-{k}.json")).exists():
            k += 1
        try:
            os.replace(path, aside)
        except OSError as error:
            raise cannot("write", aside, error) from None
        return aside.name

    @classmethod
    def make(cls, root: Path, language: str) -> Workspace:
        """Make a folder, if it is none yet, a workspace.

        Raises:
            Problem: it cannot be written.
        """
        try:
            workspace = cls(root, State(language))
            files.make_folder(workspace.root)
        except OSError as error:
            raise cannot("write", root, error) from None
        workspace.save()
        return workspace

    def save(self) -> None:
        """Write the state, in one moment.

        Raises:
            Problem: it cannot be written.
        """
        text = json.dumps(self.state.to_json(), ensure_ascii=False, indent=1) + "\n"
        try:
            files.write_atomically(self.root / NAME, text.encode("utf-8", "surrogatepass"))
        except OSError as error:
            raise cannot("write", self.root / NAME, error) from None

    def file(self, lesson: str, exercise: str) -> Path:
        """Where the learner writes an exercise."""
        return self.root / lesson / f"{exercise}.py"

    def put(self, lesson: str, exercise: str, stub: str) -> Path:
        """Write a stub where there is no file yet; gives its path.

        Raises:
            Problem: it cannot be written.
        """
        return self._put(self.file(lesson, exercise), stub.encode())

    def put_data(self, lesson: str, data: Iterable[Path]) -> None:
        """Copy what a lesson brings beside the learner's programs, where there is no file of that name yet.

        Raises:
            Problem: it cannot be read, or written.
        """
        for source in data:
            try:
                content = source.read_bytes()
            except OSError as error:
                raise cannot("read", source, error) from None
            self._put(self.root / lesson / source.name, content)

    def _put(self, path: Path, content: bytes) -> Path:
        try:
            if not os.path.lexists(path):
                files.make_folder(path.parent)
                files.write_atomically(path, content)
        except OSError as error:
            raise cannot("write", path, error) from None
        return path

    def set_aside(self, path: Path) -> Path | None:
        """Rename walk.py to walk.mine-1.py, or to the next number that is free; None if there is no such file.

        Raises:
            Problem: it cannot be renamed.
        """
        k = 1
        while os.path.lexists(mine := path.with_name(f"{path.stem}.mine-{k}.py")):
            k += 1
        try:
            os.rename(path, mine)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise cannot("write", mine, error) from None
        return mine

    def shown(self, path: Path) -> str:
        """A path as the learner types it: from where they are, or else from the workspace."""
        with suppress(OSError, ValueError):
            return str(path.relative_to(Path.cwd()))
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else str(path)

    def _sweep(self) -> None:
        """Delete temporary files of runs that were killed; those of a run beside us are young."""
        with suppress(OSError):
            for left in (*self.root.glob(f".{Path(NAME).stem}-*.tmp.json"), *self.root.glob("*/.*-*.tmp*")):
                if time.time() - left.stat().st_mtime > _LEFT_BEHIND:
                    left.unlink()


def cannot(what: str, path: Path, error: OSError) -> Problem:
    """A file that cannot be read, or written."""
    why = _(error.strerror) if error.strerror else str(error)
    if what == "read":
        return Problem(_("cannot read {file}: {why}").format(file=path, why=why), "", "unreadable")
    hint = _("make it writable, make room there, or begin in another folder: tinygrad-edu tutorial start OTHER_FOLDER")
    return Problem(_("cannot write {where}: {why}").format(where=path, why=why), hint, "unreadable")
