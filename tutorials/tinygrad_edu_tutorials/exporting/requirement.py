"""What pip installs for a lesson."""

from __future__ import annotations

from ..reading.lesson import Lesson


def requirement(lesson: Lesson) -> str:
    """The package with the extras that a lesson needs, in quotes if there are some: "tinygrad-edu[data]"."""
    extras = lesson.head.get("extras", "").replace(" ", "").strip("-")
    return f'"tinygrad-edu[{extras}]"' if extras else "tinygrad-edu"
