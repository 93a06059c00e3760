"""All rules, for one lesson."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from ..checking.exercise import Verdict
from ..reading.lesson import LANGUAGES, Lesson, LessonError
from ..reading.reader import read
from ..running.forked import call
from ..running.judging import check, exercises_of
from .commands import command_faults, lay_out
from .demonstrations import demonstration_faults
from .page import page_faults
from .parity import parity_faults
from .programs import LEAST_KILLED, Program, declared_faults, programs_of, said_of
from .quiz import is_quiz, quiz_faults
from .structure import structure_faults

PAGE_SECONDS = 120


@dataclass
class Proof:
    """What was found out about a lesson.

    Attributes:
        programs: how many were checked. killed, mutations: of how many mutations the check saw that they are wrong.
        named: how many of these it told the name of a mistake. alive: those that passed, as (exercise, program).
    """

    lesson: str
    faults: list[str] = field(default_factory=list)
    programs: int = 0
    mutations: int = 0
    killed: int = 0
    named: int = 0
    alive: list[tuple[str, str]] = field(default_factory=list)

    def summary(self) -> str:
        """One line."""
        told = f"{self.programs} programs, mutations killed {self.killed} of {self.mutations}, named {self.named}"
        return f"{self.lesson}: {len(self.faults)} faults; {told}"


def prove(folder: Path, pool: ThreadPoolExecutor) -> Proof:
    """Prove a lesson or the quiz, with as many processes at a time as the pool has threads."""
    proof = Proof(folder.name)
    if is_quiz(folder):
        proof.faults += pool.submit(_apart, quiz_faults, folder).result()
        return proof
    try:
        lessons = {language: read(folder / f"lesson.{language}.md") for language in LANGUAGES}
    except (LessonError, OSError) as error:
        proof.faults.append(str(error))
        return proof
    rules = [page_faults, command_faults, demonstration_faults]
    running = [pool.submit(_apart, rule, folder) for rule in rules]
    for lesson in lessons.values():
        proof.faults += structure_faults(lesson)
    proof.faults += parity_faults(lessons["en"], lessons["de"])
    try:
        _check_programs(proof, folder, lessons, pool)
    except (LessonError, ValueError) as error:
        proof.faults.append(f"{folder.name}: {error}")
    for found in running:
        proof.faults += found.result()
    return proof


def _apart(rule: Callable[[str], list[str]], folder: Path) -> list[str]:
    """Apply a rule in a process of its own."""
    outcome = call(rule, str(folder), cpu=PAGE_SECONDS, wall=2 * PAGE_SECONDS)
    if outcome.ended == "done":
        return [f"{fault}\n{outcome.printed[-800:]}" if "exit code" in fault else fault for fault in outcome.value]
    return [f"{folder.name}: {rule.__name__} {outcome.ended}:\n{outcome.printed[-3000:]}"]


def _check_programs(proof: Proof, folder: Path, lessons: dict[str, Lesson], pool: ThreadPoolExecutor) -> None:
    exercises = exercises_of(folder)
    proof.faults += declared_faults(folder, lessons, exercises)
    asked = {part.key for part in lessons["en"].all("exercise")}
    programs: list[Program] = []
    for number, exercise in enumerate(e for name, e in exercises.items() if name in asked):
        programs += programs_of(lessons, exercise, hostile=number == 0)
    with tempfile.TemporaryDirectory() as scratch:
        numbered = [(Path(scratch) / str(number), program) for number, program in enumerate(programs)]
        verdicts = list(pool.map(lambda item: verdict_of(lessons["en"], *item), numbered))
    for program, verdict in zip(programs, verdicts, strict=True):
        _note(proof, program, verdict, exercises[program.exercise].mistakes.keys(), folder.name)
    if proof.killed < LEAST_KILLED * proof.mutations:
        alive = "\n".join(f"--- {name}\n{text}" for name, text in proof.alive)
        proof.faults.append(f"{folder.name}: {len(proof.alive)} of {proof.mutations} wrong programs pass:\n{alive}")


def verdict_of(lesson: Lesson, scratch: Path, program: Program) -> Verdict:
    """Check a program as a learner's file, beside the data of its lesson."""
    lay_out(lesson, scratch)
    file = scratch / f"{program.exercise}.py"
    file.write_bytes(program.text)
    return check(lesson.path.parent, program.exercise, file, cpu=program.seconds)


def _note(proof: Proof, program: Program, verdict: Verdict, mistakes: object, folder: str) -> None:
    proof.programs += 1
    if program.wanted:
        if verdict.key not in program.wanted:
            proof.faults.append(said_of(program, verdict, folder))
        return
    proof.mutations += 1
    proof.killed += not verdict.passed
    proof.named += verdict.key in mistakes  # type: ignore[operator]
    if verdict.passed:
        proof.alive.append((program.exercise, program.text.decode()))


def workers() -> int:
    """How many checks run at a time."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
