"""What a session gives, as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tinygrad_edu_tutorials.learning import verdicts
from tinygrad_edu_tutorials.learning.advice import Step
from tinygrad_edu_tutorials.learning.session import Answered, Checked, Hint, Page, Row, Session
from tinygrad_edu_tutorials.reading.lesson import Part

_OPEN = ("heading", "prose", "image", "code", "figure", "output", "command", "exercise")


def page(session: Session, found: Page) -> dict[str, Any]:
    """A page. What is hidden on it (answers, hints, solutions) stays hidden."""
    predictions, exercises = session.open_on(found)
    parts = [_part(part) for part in found.parts if part.kind in _OPEN]
    questions = [{"kind": part.kind, "key": part.key, "text": part.summary} for part in found.parts
                 if part.kind in ("predict", "recall")]  # fmt: skip
    return {
        "lesson": found.lesson.name,
        "title": found.lesson.head.get("title", ""),
        "page": found.number,
        "pages": found.total,
        "parts": parts,
        "questions": questions,
        "files": {key: str(path) for key, path in found.files.items()},
        "open": {"predictions": predictions, "exercises": exercises},
    }


def _part(part: Part) -> dict[str, Any]:
    return {"kind": part.kind, "text": part.clean} | ({"key": part.key} if part.key else {})


def checked(session: Session, found: Checked) -> dict[str, Any]:
    """A verdict."""
    return {
        "lesson": found.lesson,
        "exercise": found.exercise,
        "file": str(found.file),
        "passed": found.verdict.passed,
        "verdict": found.verdict.key,
        "facts": found.verdict.facts,
        "said": verdicts.sentence(found.verdict, found.exercise, session.workspace.shown(found.file)),
        "mistake": found.told.summary if found.told else None,
        "explanation": text(found.told.parts) if found.told else None,
        "printed": found.verdict.printed,
        "done": found.done,
        "total": found.total,
    }


def answered(found: Answered) -> dict[str, Any]:
    """A prediction, judged."""
    why = text(found.explained) if found.right else found.why
    return {"key": found.key, "given": found.given, "right": found.right, "why": why}


def hint(found: Hint) -> dict[str, Any]:
    """A hint, or the solution."""
    if not found.total:
        return {"exercise": found.exercise, "solution": found.part.text}
    return {"exercise": found.exercise, "hint": found.number, "of": found.total, "text": text(found.part.parts)}


def row(found: Row) -> dict[str, Any]:
    """A lesson of the list."""
    head = found.lesson.head
    return {
        "lesson": found.lesson.name,
        "title": head.get("title", ""),
        "minutes": int(head.get("minutes", 0)),
        "exercises": found.exercises,
        "done": found.done,
        "page": found.page,
    }


def steps(found: Iterable[Step]) -> list[str]:
    """Commands to type next."""
    return [step.command for step in found]


def text(parts: Iterable[Part]) -> str:
    """Parts as Markdown."""
    return "\n\n".join(part.clean for part in parts)
