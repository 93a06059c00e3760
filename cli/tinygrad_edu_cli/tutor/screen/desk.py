"""A learner's folder, read anew for each action: another command may have written there meanwhile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tinygrad_edu_tutorials.learning.problems import Problem
from tinygrad_edu_tutorials.learning.session import Checked, Page, Session
from tinygrad_edu_words import _

from .aside import aside


class Desk:
    """Where the learner works.

    Attributes:
        session: as it was read last.
    """

    def __init__(self, session: Session):
        self.session = session

    @property
    def root(self) -> Path:
        return self.session.workspace.root

    def read(self) -> Session:
        """The session, as the folder has it.

        Raises:
            Problem: the folder is gone.
        """
        found = Session.find(self.root, self.session.state.language) if self.root.is_dir() else None
        if found is None or found.workspace.root != self.root:
            told = _("the folder {folder} is gone").format(folder=self.root)
            raise Problem(told, _("go to where it is: q, and cd"), "unreadable")
        self.session = found
        return found

    async def check(self, exercise: str) -> Checked:
        """Check an exercise in a thread; what it is worth is remembered when that is done.

        Raises:
            Problem: as `Session.check`.
        """
        judged = await aside(self.read().judge, exercise)
        return self.read().note(judged)

    def shown(self, path: Path) -> str:
        return self.session.workspace.shown(path)

    def is_untouched(self, lesson: str, exercise: str) -> bool:
        """Whether a file is still the stub, of which there is nothing to say."""
        path = self.session.workspace.file(lesson, exercise)
        stub: Any = self.session.lesson(lesson).one("exercise", exercise).text
        try:
            return bool(path.read_text(encoding="utf-8") == stub)
        except (OSError, ValueError):
            return False

    def beside(self, page: Page, by: int) -> Page | None:
        """The page after one (`by` 1) or before it (-1), also in the next lesson; None at either end."""
        session = self.read()
        return session.after(page) if by > 0 else session.before(page)
