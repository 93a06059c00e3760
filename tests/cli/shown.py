"""What is looked for on a screen."""

from __future__ import annotations

from collections.abc import Iterable


def shows(screen: str, expected: Iterable[str]) -> bool:
    """Whether all of the texts are there; blanks and line breaks do not count."""
    seen = "".join(screen.split())
    return all("".join(text.split()) in seen for text in expected)
