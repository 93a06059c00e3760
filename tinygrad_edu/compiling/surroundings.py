"""Surroundings: what a function refers to by name outside of itself.

A replay repeats what a function did when it was recorded. If a global or a variable of an outer function that it uses
is something else since then, it may have to do something else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

_PLAIN = (bool, int, float, str, type(None))
_MISSING = object()


class Surroundings:
    """The globals and variables of outer functions that a function uses, as they are at the moment.

    Those of the functions that it calls are looked at too, and where one is an object or a dictionary, what the code
    names in it: `config.rate`, `config["rate"]`, `self.rate`. (Not what lies deeper, or in lists; and nothing inside of
    this package: its modules are watched by their settings.)
    """

    def __init__(self, function: Any):
        self._names: list[tuple[Any, Callable[[], Any], Any]] = []  # a name, what it stands for now, and stood for
        self._seen: set[Any] = set()  # what was looked into, by identity
        self._look_into(function)

    def changed(self) -> str | None:
        """The first name that stands for something else than when this was made; None if all stand for the same."""
        for name, read, value in self._names:
            now = read()
            if now is not value and not _equal(now, value):
                return str(name)
        return None

    def _look_into(self, function: Any) -> None:
        """Note what a callable refers to."""
        if isinstance(function, partial):
            for item in (function.func, *function.args, *function.keywords.values()):
                self._look_into(item)
        elif isinstance(function, MethodType):
            self._read(function.__func__, function.__self__)
        elif isinstance(function, FunctionType):
            self._read(function)
        else:
            self._read(getattr(type(function), "__call__", None), function)  # noqa: B004

    def _read(self, function: Any, owner: Any = None) -> None:
        """Note what the code of a function refers to; that of a method, also of its owner."""
        key = id(function), id(owner)
        if not isinstance(function, FunctionType) or _is_ours(function) or key in self._seen:
            return
        self._seen.add(key)
        names = tuple(dict.fromkeys(_names_in(function.__code__)))
        self._note(function.__globals__, names)
        variables = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
        cells = [(name, partial(_content, cell), _content(cell)) for name, cell in variables]
        self._names += cells
        for value in (owner, *(content for _, _, content in cells), *(function.__defaults__ or ())):
            self._follow(value, names)

    def _note(self, namespace: dict[Any, Any], names: tuple[Any, ...]) -> None:
        """Note what names stand for in a namespace."""
        for name in names:
            if name in namespace:
                self._names.append((name, partial(namespace.get, name, _MISSING), namespace[name]))
                self._follow(namespace[name], names)

    def _follow(self, value: Any, names: tuple[Any, ...]) -> None:
        """Look into what a name stands for."""
        self._look_into(value)
        inside = value if type(value) is dict else getattr(value, "__dict__", None)
        if not isinstance(inside, dict) or isinstance(value, (type, ModuleType, FunctionType)) or _is_ours(type(value)):
            return
        if (id(value), names) not in self._seen:
            self._seen.add((id(value), names))
            self._note(inside, names)


def _names_in(code: CodeType) -> Iterator[Any]:
    """The names of globals and attributes, and words that may be keys, in a function and in those inside of it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)
        elif isinstance(constant, str):
            yield constant


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # nothing was assigned yet
        return _MISSING


def _equal(new: Any, old: Any) -> bool:
    """Whether two plain values are the same; nan is nan, and 0.0 is not -0.0."""
    return type(new) is type(old) and isinstance(new, _PLAIN) and repr(new) == repr(old)


def _is_ours(item: Any) -> bool:
    """Whether it belongs to this package."""
    return str(getattr(item, "__module__", "")).partition(".")[0] == "tinygrad_edu"
