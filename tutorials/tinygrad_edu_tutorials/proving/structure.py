"""What a lesson must have, in each language by itself: head, predictions, pictures, hints that do not tell."""

from __future__ import annotations

import re

from ..library import COURSE
from ..reading.code import new_lines, without_comments
from ..reading.lesson import PROGRAMS, Lesson, LessonError, Part
from .figures import SHORTEST

COLUMNS = 76  # longer lines break in the tutor's frame on a terminal of 80
HEAD = ("title", "goal", "minutes", "needs")
LONGEST, LONGEST_LAB = 25, 60  # minutes; a lab's are the zoo's, too
LEAST = {"predict": 2, "image": 2, "exercise": 2, "recall": 1}
LEAST_MISTAKES = 3
_TELLING = re.compile(r"[A-Za-z_][\w.]*\(|[-+*/]=|\w+\[[^\]\s]+\]")
TRIVIAL = 8  # characters of a line that everybody writes, such as "else:"


def structure_faults(lesson: Lesson) -> list[str]:
    """Faults of one language."""
    return [*_head(lesson), *_counts(lesson), *_columns(lesson), *_pictures(lesson), *_hints(lesson), *_keys(lesson)]


def _head(lesson: Lesson) -> list[str]:
    faults = [f"{lesson.where()}:1: the head lacks {name}" for name in HEAD if not lesson.head.get(name)]
    needs = [name for name in lesson.head.get("needs", "").split(", ") if name not in (*COURSE, "", "-")]
    faults += [f"{lesson.where()}:1: needs {name!r}, and there is no such lesson" for name in needs]
    minutes = lesson.head.get("minutes", "0")
    longest = LONGEST if lesson.name[0].isdigit() else LONGEST_LAB
    if not (minutes.isdigit() and int(minutes) <= longest):
        faults.append(f"{lesson.where()}:1: minutes is a number up to {longest}, not {minutes!r}")
    return faults


def _counts(lesson: Lesson) -> list[str]:
    """A lesson has enough of everything; labs and the zoo have another shape."""
    if not lesson.name[0].isdigit():
        return []
    least = LEAST | {"mistake": LEAST_MISTAKES}
    bug = [] if lesson.all("exercise", "hunt") else [f"{lesson.where()}: a lesson has an exercise called hunt, a bug"]
    return bug + [
        f"{lesson.where()}: {len(lesson.all(kind))} of {kind}, and a lesson has at least {count}"
        for kind, count in least.items()
        if len(lesson.all(kind)) < count and not (kind == "recall" and lesson.name.startswith("01-"))
    ]


def _columns(lesson: Lesson) -> list[str]:
    return [
        f"{lesson.where(part, k)}: a line of {len(line)} columns; one of more than {COLUMNS} breaks on a terminal"
        for part in lesson.flat()
        if part.kind in (*PROGRAMS, "output")
        for k, line in enumerate(part.text.splitlines())
        if len(line) > COLUMNS
    ]


def _pictures(lesson: Lesson) -> list[str]:
    faults = []
    shown = {part.attrs["src"] for part in lesson.all("image")}
    for part in lesson.all("image"):
        if len(part.attrs["alt"]) < SHORTEST:
            faults.append(f"{lesson.where(part)}: a picture needs a description: ![...]({part.attrs['src']})")
        if not (lesson.path.parent / part.attrs["src"]).exists():
            faults.append(f"{lesson.where(part)}: there is no {part.attrs['src']}: prove figures {lesson.name}")
    for part in lesson.all("figure"):
        if f"figures/{part.key}.svg" not in shown:
            faults.append(f"{lesson.where(part)}: the page does not show it: ![DESCRIPTION](figures/{part.key}.svg)")
    return faults


def _keys(lesson: Lesson) -> list[str]:
    """What belongs together has both: an exercise and its solution, hints and mistakes and their exercise."""
    faults = []
    exercises = {part.key for part in lesson.all("exercise")}
    for part in lesson.flat():
        if part.kind in ("hint", "solution", "program") and part.key not in exercises:
            faults.append(f"{lesson.where(part)}: a {part.kind} of {part.key!r}, which is no exercise")
        if part.kind == "recall" and part.key not in COURSE:
            faults.append(f"{lesson.where(part)}: there is no lesson {part.key!r} to recall")
    for kind in ("exercise", "predict"):
        keys = [part.key for part in lesson.all(kind)]
        faults += [
            f"{lesson.where()}: two {kind}s are called {key!r}" for key in sorted(set(keys)) if keys.count(key) > 1
        ]
    return faults


def _hints(lesson: Lesson) -> list[str]:
    faults = []
    for exercise in lesson.all("exercise"):
        hints = lesson.all("hint", exercise.key)
        if len(hints) != 3:
            faults.append(f"{lesson.where(exercise)}: {exercise.key} has {len(hints)} hints, and needs 3")
            continue
        try:
            solution = lesson.one("program", exercise.key)
        except LessonError as error:
            faults.append(str(error))
            continue
        for level, hint in enumerate(hints[:2], 1):
            faults += _told(lesson, exercise, solution, hint, level)
    return faults


def _told(lesson: Lesson, exercise: Part, solution: Part, hint: Part, level: int) -> list[str]:
    """What a hint of the first two levels tells of the solution."""
    text = _squeezed(" ".join(part.text for part in hint.parts))
    fresh = [without_comments(line) for line in new_lines(exercise.text, solution.text)]
    where = f"{lesson.where(hint)}: hint {level} of {exercise.key}"
    lines = [line.strip() for line in fresh if len(_squeezed(line)) >= TRIVIAL and _squeezed(line) in text]
    faults = [f"{where} gives the line {line!r} away" for line in lines]
    if level == 1:
        stub = _squeezed(exercise.text)
        tokens = {token for line in fresh for token in _TELLING.findall(line) if _squeezed(token) not in stub}
        told = sorted(token for token in tokens if _squeezed(token) in text)
        if told:
            faults.append(f"{where} tells {', '.join(told)} of the solution")
    return faults


def _squeezed(text: str) -> str:
    return re.sub(r"[\s`]", "", text)
