"""The public functions, by their names in the registry: every operation, and what is composed of operations."""

from __future__ import annotations

from typing import Any

from ..graph.operation import FUNCTIONS
from . import composed, elementwise, fused, structural  # noqa: F401  (they register theirs)

__all__ = sorted(FUNCTIONS)
globals().update(FUNCTIONS)


def __getattr__(name: str) -> Any:  # for type checkers, which do not see the names above
    raise AttributeError(f"there is no function {name!r}")
