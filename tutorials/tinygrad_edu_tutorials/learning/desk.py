"""A lesson that is worked on without a folder for it: in a notebook, or in one file of Python."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from tinygrad_edu_words import _, speaking

from .. import library
from ..reading import answers
from ..reading.lesson import Lesson, Part, explanation
from ..running.judging import check as run_check
from . import verdicts
from .finding import key_of, lesson_name, need_extras
from .workspace import State, Workspace

OURS = "# copied from a cell: change it there\n"
"""The first line of a program that is kept for the commands of a lesson."""

NOT_RUN = frozenset({"raised", "endless", "crashed", "engine"})


@dataclass(frozen=True)
class Told:
    """What is said of an answer, or of what somebody wrote.

    Attributes:
        said: as text. explained: as Markdown; "" if there is nothing more to say.
        safe: whether the code may run where the reader's own names are: it ended, and raised nothing.
    """

    right: bool
    said: str
    explained: str = ""
    safe: bool = True


class Desk:
    """A lesson in a language, and what is said to who works on it.

    What the lesson brings, and the programs that its commands run, stand in a folder LESSON/ as they do in a tutorial
    folder; nobody else's file is written over.

    Args:
        folder: in which that folder is made, if the lesson needs one.
    Raises:
        Problem: there is no such lesson, it needs something that is not installed, or its data cannot be written.
    """

    def __init__(self, lesson: str, language: str, folder: Path):
        self.language = language
        with speaking(language):
            self.lesson = self._read(lesson_name(lesson))
            need_extras(self.lesson)
            self._workspace = Workspace(folder, State(language))
            self._workspace.put_data(self.lesson.name, self.lesson.data)
        self._runs_files = bool(self.lesson.data) or any(".py" in part.text for part in self.lesson.all("command"))

    def check(self, exercise: str, text: str, file: str, line: int = 1) -> Told:
        """Check what somebody wrote for an exercise.

        Args:
            text: of their program. file: what it is called for them; its first line is `line` there.
        Raises:
            Problem: there is no such exercise.
        """
        with speaking(self.language), tempfile.TemporaryDirectory() as scratch:
            name, key = key_of("exercise", exercise, self.lesson.name, self._read)
            there = Workspace(Path(scratch), State(self.language))
            there.put_data(name, self._read(name).data)
            path = there.put(name, key, "\n" * (line - 1) + text)
            verdict = run_check(library.FOLDER / name, key, path)
            if self._runs_files and name == self.lesson.name:
                self._keep(key, text)
            mistakes = self._read(name).all("mistake", f"{key}.{verdict.key}")
            explained = f"**{mistakes[0].summary}**\n\n{_markdown(mistakes[0].parts)}" if mistakes else ""
            if verdict.key == "other":
                explained = _(
                    "This is none of the usual mistakes: compute this case by hand, and look where your numbers part."
                )
            said = verdicts.sentence(verdict, key, file)
            return Told(verdict.passed, said, explained, verdict.key not in NOT_RUN)

    def answer(self, prediction: str, given: str) -> Told:
        """Judge what somebody predicts.

        Raises:
            Problem: there is no such prediction.
        """
        with speaking(self.language):
            name, key = key_of("predict", prediction, self.lesson.name, self._read)
            part = self._read(name).one("predict", key)
            if given.strip() in ("", "..."):
                return Told(False, _("Predict: write your answer in the place of the dots, and run this again."))
            if answers.is_right(part, given):
                return Told(True, _("Right: {given}").format(given=given), _markdown(explanation(part)))
            why = answers.why_wrong(part, given)
            usual = _("That is none of the usual answers. Look at the page again, and think of each way.")
            return Told(False, _("Not {given}.").format(given=given), why or usual)

    def hint(self, exercise: str, number: int) -> Told:
        """A hint, from 1; the last one, where there are fewer.

        Raises:
            Problem: there is no such exercise.
        """
        with speaking(self.language):
            name, key = key_of("exercise", exercise, self.lesson.name, self._read)
            hints = self._read(name).all("hint", key)
            found = hints[min(max(number, 1), len(hints)) - 1]
            return Told(True, f"{found.summary}:", _markdown(found.parts))

    def _keep(self, key: str, text: str) -> None:
        """Write a program to where the lesson's commands look for it, unless somebody else wrote one there."""
        path = self._workspace.file(self.lesson.name, key)
        if path.is_file() and path.read_bytes().startswith(OURS.encode()):
            path.unlink()
        self._workspace.put(self.lesson.name, key, OURS + text)

    def _read(self, name: str) -> Lesson:
        return library.lesson(name, self.language)


def _markdown(parts: list[Part]) -> str:
    return "\n\n".join(part.clean if part.kind == "prose" else f"```python\n{part.text}```" for part in parts)
