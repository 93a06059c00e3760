"""A learner's module, as an exercise meets it: what it gives is looked at, and what it must not use is watched."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable
from functools import reduce, wraps
from typing import Any

import tinygrad_edu

from .comparing import Unfinished


class Contract(Exception):
    """What a learner's function gave is not of the kind that was asked for.

    Args:
        expected, got: kinds, such as "dictionary", for which the tutor has words.
        what: of what, such as "gradients(L)".
    """

    def __init__(self, expected: str, got: object, what: str = ""):
        super().__init__(f"{what}: {expected} expected, {type(got).__name__} got")
        self.facts = {"why": "kind", "what": what, "right": expected, "got": type(got).__name__}


class Missing(Exception):
    """The module has no such name."""


class EngineUsed(BaseException):
    """The learner called what they were to write. (No Exception: their own `except` must not swallow it.)"""


class Learner:
    """The names of a learner's module; a function that gives nothing, and should, is unfinished."""

    def __init__(self, module: Any, procedures: Iterable[str]):
        self._module, self._procedures = module, frozenset(procedures)

    def __getattr__(self, name: str) -> Any:
        try:
            found = getattr(self._module, name)
        except AttributeError:
            raise Missing(name) from None
        if found is ... or found is None:
            raise Unfinished
        if not inspect.isfunction(found) or name in self._procedures:
            return found

        @wraps(found)
        def called(*args: Any, **kwargs: Any) -> Any:
            given = found(*args, **kwargs)
            if given is None or given is ...:
                raise Unfinished
            return given

        return called


def forbid(names: Iterable[str], file: str) -> None:
    """From here on, refuse calls of names of tinygrad_edu, such as "Value.backward", that come from a file.

    Raises:
        AttributeError: there is no such name.
    """
    for name in names:
        *way, attribute = name.split(".")
        owner: Any = reduce(getattr, way, tinygrad_edu)
        target: Any = getattr(owner, attribute)
        if inspect.isclass(target):
            owner, attribute, target = target, "__init__", target.__init__
        setattr(owner, attribute, _refusing(target, name, file))


def _refusing(target: Callable[..., Any], name: str, file: str) -> Callable[..., Any]:
    @wraps(target)
    def refused(*args: Any, **kwargs: Any) -> Any:
        if sys._getframe(1).f_code.co_filename == file:
            raise EngineUsed(name)
        return target(*args, **kwargs)

    return refused
