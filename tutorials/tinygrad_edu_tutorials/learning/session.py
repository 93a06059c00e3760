"""A learner's session: what is shown next, what an answer or a file is worth, and what is remembered of it.

It knows no terminal. Lines, JSON, a screen and a notebook show what its methods give; all raise `Problem`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tinygrad_edu_words import LANGUAGES, _

from .. import library
from ..checking.exercise import Verdict
from ..reading import answers
from ..reading.lesson import Lesson, Part, explanation
from ..running.judging import check as run_check
from .finding import key_of, lesson_name, need_extras
from .problems import Problem
from .workspace import State, Workspace


@dataclass(frozen=True)
class Page:
    """A page of a lesson.

    Attributes:
        number: from 1, of `total`.
        parts: what stands on it, in order. files: of its exercises, those that the learner edits.
    """

    lesson: Lesson
    number: int
    total: int
    parts: list[Part]
    files: dict[str, Path]

    def keys(self, kind: str) -> list[str]:
        return [part.key for part in self.parts if part.kind == kind]


@dataclass(frozen=True)
class Judged:
    """A learner's file and the verdict on it, of which nothing is remembered yet."""

    lesson: str
    exercise: str
    file: Path
    verdict: Verdict


@dataclass(frozen=True)
class Checked:
    """A learner's file, checked.

    Attributes:
        told: the part that explains the mistake; None where there is none.
        done, total: exercises of the lesson.
    """

    lesson: str
    exercise: str
    file: Path
    verdict: Verdict
    told: Part | None
    done: int
    total: int


@dataclass(frozen=True)
class Answered:
    """A prediction, judged: why it is wrong, as Markdown, if the page knows; or what explains the right answer."""

    key: str
    given: str
    right: bool
    why: str | None
    explained: list[Part]


@dataclass(frozen=True)
class Hint:
    """A hint of some, or the solution."""

    exercise: str
    part: Part
    number: int = 0
    total: int = 0


@dataclass(frozen=True)
class Row:
    """A lesson in the list of all."""

    lesson: Lesson
    exercises: list[str]
    done: list[str]
    page: int


class Session:
    """What a learner does in a workspace."""

    def __init__(self, workspace: Workspace):
        self.workspace = workspace

    @property
    def state(self) -> State:
        return self.workspace.state

    @classmethod
    def find(cls, start: Path, language: str) -> Session | None:
        """The session of the workspace that a folder is in; a damaged one is rebuilt by checking all files."""
        workspace = Workspace.find(start, language)
        if workspace is None:
            return None
        session = cls(workspace)
        if workspace.damaged:
            session._rebuild()
        return session

    # --- pages ---

    def lesson(self, name: str = "") -> Lesson:
        """A lesson in the language of the workspace; by default the one that is read."""
        return library.lesson(name or self._current(), self.state.language)

    def next(self) -> Page | None:
        """Go to the next page, also of the next lesson; None at the end of the last."""
        name = self._current()
        return self._after(name, self.state.page.get(name, 0))

    def after(self, page: Page) -> Page | None:
        """Go to the page after one, as `next` does."""
        return self._after(page.lesson.name, page.number)

    def before(self, page: Page) -> Page | None:
        """Go to the page before one, also of the lesson before; None at the start of the first."""
        if page.number > 1:
            return self.open(page.lesson.name, page.number - 1)
        known = library.names()
        place = known.index(page.lesson.name)
        return self.open(known[place - 1], len(self.lesson(known[place - 1]).pages)) if place else None

    def read(self, word: str = "", page: int | None = None) -> Page:
        """Go to a lesson: to its page, or else to where it was left."""
        name = lesson_name(word) if word else self._current()
        return self.open(name, page or max(self.state.page.get(name, 0), 1))

    def open(self, name: str, page: int) -> Page:
        """Go to a page; the stubs of its exercises and the lesson's data appear, and then it is remembered."""
        lesson = self.lesson(name)
        need_extras(lesson)
        found = lesson.pages
        if not 1 <= page <= len(found):
            raise Problem(_("{name} has the pages 1 to {total}").format(name=name, total=len(found)))
        parts = found[page - 1]
        files = {p.key: self.workspace.put(name, p.key, p.text) for p in parts if p.kind == "exercise"}
        self.workspace.put_data(name, lesson.data)
        if self.state.lesson != name or self.state.page.get(name) != page:
            self.state.lesson, self.state.page[name] = name, page
            self.workspace.save()
        return Page(lesson, page, len(found), parts, files)

    def here(self) -> Page | None:
        """The page that was shown last; None before the first."""
        page = self.state.page.get(self.state.lesson, 0)
        known = self.state.lesson in library.names()
        found = self.lesson().pages if known else []
        if not 1 <= page <= len(found):
            return None
        files = {p.key: self._file(self.state.lesson, p.key) for p in found[page - 1] if p.kind == "exercise"}
        return Page(self.lesson(), page, len(found), found[page - 1], files)

    def open_on(self, page: Page) -> tuple[list[str], list[str]]:
        """Predictions of a page that are not answered yet, and exercises that are not done."""
        name = page.lesson.name
        return (
            [key for key in page.keys("predict") if f"{name}/{key}" not in self.state.answers],
            [key for key in page.keys("exercise") if f"{name}/{key}" not in self.state.done],
        )

    def is_right(self, page: Page, prediction: Part) -> bool:
        """Whether a prediction of a page was answered, and rightly."""
        given = self.state.answers.get(f"{page.lesson.name}/{prediction.key}")
        return given is not None and answers.is_right(prediction, given)

    def following(self, name: str) -> str | None:
        """The lesson after one."""
        known = library.names()
        return next(iter(known[known.index(name) + 1 :]), None)

    # --- predictions and exercises ---

    def answer(self, key: str, given: str) -> Answered:
        """Judge a prediction, and remember it."""
        name, key = key_of("predict", key, self._current(), self.lesson)
        part = self.lesson(name).one("predict", key)
        self.state.answers[f"{name}/{key}"] = given
        self.workspace.save()
        right = answers.is_right(part, given)
        return Answered(
            key, given, right, None if right else answers.why_wrong(part, given), explanation(part) if right else []
        )

    def check(self, word: str = "") -> Checked:
        """Run the checks on an exercise; by default on the one that is open."""
        return self.note(self.judge(word))

    def judge(self, word: str = "") -> Judged:
        """Run the checks on an exercise, and remember nothing: it takes a while, and may happen in a thread."""
        name, key = self.exercise(word)
        file = self._file(name, key)
        need_extras(self.lesson(name))
        if not file.is_file():
            raise Problem(
                _("there is no file {file}").format(file=self.workspace.shown(file)),
                _("bring it back: {command}").format(command=f"tinygrad-edu tutorial reset {key}"),
                "unreadable",
            )
        return Judged(name, key, file, run_check(library.FOLDER / name, key, file))

    def note(self, judged: Judged) -> Checked:
        """Remember what is done, and find what explains a verdict."""
        name, key, file, verdict = judged.lesson, judged.exercise, judged.file, judged.verdict
        lesson, full = self.lesson(name), f"{name}/{key}"
        if verdict.passed and full not in self.state.done:
            self.state.done = [*self.state.done, full]
            self.workspace.save()
        told = next(iter(lesson.all("mistake", f"{key}.{verdict.key}")), None)
        keys = [part.key for part in lesson.all("exercise")]
        done = sum(f"{name}/{each}" in self.state.done for each in keys)
        return Checked(name, key, file, verdict, told, done, len(keys))

    def check_all(self) -> Iterator[Checked]:
        """Check all files that there are."""
        for name in library.names():
            for part in self.lesson(name).all("exercise"):
                if self._file(name, part.key).is_file():
                    yield self.check(f"{name}/{part.key}")

    def hint(self, word: str = "") -> Hint:
        """The next hint; the last one again when there are no more."""
        name, key = self.exercise(word)
        hints = self.lesson(name).all("hint", key)
        if not hints:
            raise Problem(_("{exercise} has no hints").format(exercise=key), kind="negative")
        number = min(self.state.hints.get(f"{name}/{key}", 0) + 1, len(hints))
        self.state.hints[f"{name}/{key}"] = number
        self.workspace.save()
        return Hint(key, hints[number - 1], number, len(hints))

    def solution(self, word: str = "") -> Hint:
        """The solution, after the last hint or once the exercise is done."""
        name, key = self.exercise(word)
        lesson, full = self.lesson(name), f"{name}/{key}"
        seen, total = self.state.hints.get(full, 0), len(lesson.all("hint", key))
        if full not in self.state.done and seen < total:
            raise Problem(
                _("the solution of {exercise} opens after hint {total}, or once it is done").format(
                    exercise=key, total=total
                ),
                _("type: {command}").format(command=f"tinygrad-edu tutorial hint {key}"),
                "negative",
            )
        return Hint(key, lesson.one("program", key))

    def reset(self, word: str) -> tuple[Path, Path | None]:
        """Bring a stub back: its path, and that under which the learner's file is kept, if there was one."""
        name, key = self.exercise(word)
        mine = self.workspace.set_aside(self._file(name, key))
        path = self.workspace.put(name, key, self.lesson(name).one("exercise", key).text)
        self.state.done = [each for each in self.state.done if each != f"{name}/{key}"]
        self.workspace.save()
        return path, mine

    def exercise(self, word: str = "") -> tuple[str, str]:
        """The lesson and the key of an exercise, by its name or file; by default of the one that is open."""
        if word:
            return key_of("exercise", word, self._current(), self.lesson)
        name = self._current()
        reached = [key for page in self.lesson().pages[: self.state.page.get(name, 0)] for key in _exercises(page)]
        todo = [key for key in reached if f"{name}/{key}" not in self.state.done]
        if not reached:
            raise Problem(
                _("no exercise is open"),
                _("read on to the first: {command}").format(command="tinygrad-edu tutorial next"),
            )
        return name, (todo or reached[-1:])[0]

    # --- inner ---

    def _after(self, name: str, page: int) -> Page | None:
        if page < len(self.lesson(name).pages):
            return self.open(name, page + 1)
        following = self.following(name)
        return self.open(following, max(self.state.page.get(following, 0), 1)) if following else None

    def _current(self) -> str:
        known = library.names()
        return self.state.lesson if self.state.lesson in known else known[0]

    def _file(self, name: str, key: str) -> Path:
        return self.workspace.file(name, key)

    def _rebuild(self) -> None:
        """Find out anew, from the learner's files, their language, what is done and where they are."""
        self.state.language = self._language_of_files()
        for name in library.names():
            for number, page in enumerate(self.lesson(name).pages, 1):
                if any(self._file(name, key).is_file() for key in _exercises(page)):
                    self.state.lesson, self.state.page[name] = name, number
        for _checked in self.check_all():
            pass
        self.workspace.save()

    def _language_of_files(self) -> str:
        """That whose stubs have most lines in common with the files; without files, the one that is spoken."""
        common = dict.fromkeys([self.state.language, *LANGUAGES], 0)
        for language in common:
            for name in library.names():
                for part in library.lesson(name, language).all("exercise"):
                    with suppress(OSError, ValueError):
                        written = self._file(name, part.key).read_text(encoding="utf-8").splitlines()
                        common[language] += len({*part.text.splitlines()} & {*written})
        return max(common, key=lambda language: common[language])


def rows(session: Session | None, language: str = "en") -> list[Row]:
    """All lessons, also without a workspace."""
    found = []
    for name in library.names():
        lesson = library.lesson(name, session.state.language if session else language)
        keys = [part.key for part in lesson.all("exercise")]
        done = [key for key in keys if session and f"{name}/{key}" in session.state.done]
        found.append(Row(lesson, keys, done, session.state.page.get(name, 0) if session else 0))
    return found


def _exercises(page: list[Part]) -> list[str]:
    return [part.key for part in page if part.kind == "exercise"]
