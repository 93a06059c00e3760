"""What pip installs for a lesson."""

from __future__ import annotations

from ..reading.lesson import Lesson


def requirement(lesson: Lesson) -> str:
    """The package with the extras that a lesson needs, in quotes if there are some: "tinygrad-edu[data]"."""
    return f'"tinygrad-edu[{",".join(lesson.extras)}]"' if lesson.extras else "tinygrad-edu"
