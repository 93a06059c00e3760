"""Programs that a learner might hand in, and what the check must say of each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..checking.exercise import Exercise, Patch, Verdict
from ..reading.lesson import Lesson
from .mutating import mutations

GENERAL = frozenset({"unfinished", "missing", "contract", "raised", "endless", "crashed", "engine", "other", "right"})
SHORT, USUAL = 0.4, 10.0  # seconds of computing
LEAST_KILLED = 0.95


@dataclass(frozen=True, slots=True)
class Program:
    """A program for an exercise.

    Attributes:
        what: for people, such as "mutant kept 1".
        text: its bytes, as an editor may write them.
        wanted: the keys of verdicts that are right; empty for a mutation, which must only not pass.
    """

    exercise: str
    language: str
    what: str
    text: bytes
    wanted: frozenset[str]
    seconds: float = USUAL


def patched(solution: str, patch: Patch) -> str:
    """A solution after a patch.

    Raises:
        ValueError: what the patch replaces is not in it once.
    """
    if isinstance(patch, str):
        return patch
    for old, new in patch.items():
        if solution.count(old) != 1:
            raise ValueError(f"the solution has {old!r} {solution.count(old)} times, and a patch needs it once")
        solution = solution.replace(old, new)
    return solution


def programs_of(lessons: Mapping[str, Lesson], exercise: Exercise, hostile: bool) -> Iterator[Program]:
    """All programs for one exercise.

    Args:
        hostile: whether to add files that loop, end Python, and so on.
    Raises:
        ValueError: as `patched`. LessonError: it has no stub or solution.
    """
    name = exercise.name
    for language, lesson in lessons.items():
        stub, solution = lesson.one("exercise", name).text, lesson.one("program", name).text
        yield Program(name, language, "stub", stub.encode(), frozenset({exercise.stub_is}))
        yield Program(name, language, "solution", solution.encode(), frozenset({"right"}))
    english = lessons["en"]
    stub, solution = english.one("exercise", name).text, english.one("program", name).text

    def program(what: str, text: str, *wanted: str, seconds: float = USUAL) -> Program:
        return Program(name, "en", what, text.encode(), frozenset(wanted), seconds)

    yield program("canary", f"{solution}\nraise RuntimeError('canary')\n", "raised")
    for key, patches in exercise.mutants.items():
        for number, patch in enumerate(patches, 1):
            yield program(f"mutant {number} of {key}", patched(solution, patch), key)
    for number, patch in enumerate(exercise.shortcuts, 1):
        yield program(f"shortcut {number}", patched(solution, patch), "engine")
    right = [patched(solution, patch) for patch in exercise.also_right]
    for number, text in enumerate(right, 1):
        yield program(f"also right {number}", text, "right")
    for text in mutations(stub, solution, right):
        yield program("mutation", text, seconds=SHORT)
    if hostile:
        yield from _hostile(name, solution)


DEAF = """
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
"""
HOSTILE = {  # what is appended to a solution, and what the check then says
    "no Python": ("def (\n", "raised"),
    "endless": ("while True:\n    pass\n", "endless"),
    "endless, and deaf": (DEAF, "endless"),
    "100 MB printed": ("for _ in range(1000):\n    print('x' * 100_000)\n", "right"),
    "Python ended": ("import os\nos._exit(0)\n", "crashed"),
    "exit()": ("raise SystemExit(0)\n", "raised"),
    "input()": ("input('name? ')\n", "raised"),
    "recursion": ("def again():\n    again()\nagain()\n", "raised"),
    "checks edited": ("import tinygrad_edu_tutorials as t\nopen(t.__file__, 'a')\n", "raised"),
}


def _hostile(name: str, solution: str) -> Iterator[Program]:
    """Files that come about, or are meant, to break a check."""
    for what, (appended, wanted) in HOSTILE.items():
        seconds = SHORT if wanted == "endless" else USUAL
        yield Program(name, "en", what, f"{solution}\n{appended}".encode(), frozenset({wanted}), seconds)
    for what, text in {
        "a byte order mark": b"\xef\xbb\xbf" + solution.encode(),
        "lines of Windows": solution.replace("\n", "\r\n").encode(),
        "tabs": re.sub(r"(?m)^(?: {4})+", lambda found: "\t" * (len(found[0]) // 4), solution).encode(),
    }.items():
        yield Program(name, "en", what, text, frozenset({"right"}))


def declared_faults(folder: Path, lessons: Mapping[str, Lesson], exercises: Mapping[str, Exercise]) -> list[str]:
    """Exercises, mistakes and mutants of `checks.py` beside the explanations of the pages."""
    faults = []
    for exercise in exercises.values():
        where = f"{folder.name}/checks.py: {exercise.name}"
        for key in exercise.mistakes.keys() ^ exercise.mutants.keys():
            faults.append(f"{where}: the mistake {key!r} has no mutant" if key in exercise.mistakes
                          else f"{where}: a mutant of {key!r}, which is no mistake")  # fmt: skip
        faults += [f"{where}: a mistake must not be called {key!r}" for key in exercise.mistakes.keys() & GENERAL]
        if not exercise.cases:
            faults.append(f"{where}: there are no cases")
    known = {f"{exercise.name}.{key}" for exercise in exercises.values() for key in exercise.mistakes}
    for lesson in lessons.values():
        asked, told = {part.key for part in lesson.all("exercise")}, {part.key for part in lesson.all("mistake")}
        faults += [f"{lesson.where()}: checks.py has no exercise {key!r}" for key in sorted(asked - exercises.keys())]
        faults += [f"{lesson.where()}: the page has no exercise={key}" for key in sorted(exercises.keys() - asked)]
        faults += [f"{lesson.where()}: nothing explains the mistake {key}" for key in sorted(known - told)]
        faults += [
            f"{lesson.where()}: the mistake {key} is explained, and no check knows it" for key in sorted(told - known)
        ]
    return faults


def said_of(program: Program, verdict: Verdict, folder: str) -> str:
    """A fault: the check says something else than it should."""
    facts = ", ".join(f"{key} {fact}" for key, fact in verdict.facts.items())
    wanted = " or ".join(sorted(program.wanted))
    printed = f"\n{verdict.printed[-1500:]}" if verdict.key == "crashed" else ""
    return (
        f"{folder}: {program.exercise} ({program.language}): {program.what}: the check says {verdict.key} ({facts}), "
        f"and should say {wanted}{printed}"
    )
