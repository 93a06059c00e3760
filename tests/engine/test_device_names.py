"""Every `xp.NAME` that the engine says exists, in NumPy and in the real CuPy, and takes what it is called with.

CuPy imports without a driver, so this needs its wheel (dependency group cupy) and no GPU.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from fake_device import missing

import tinygrad_edu
from tinygrad_edu.backends.cupy import CupyBackend
from tinygrad_edu.backends.numpy import NumpyBackend
from tinygrad_edu.operation import REGISTRY

ENGINE = Path(tinygrad_edu.__file__).parent


class Use(NamedTuple):
    """`xp.name(...)` somewhere in the engine; without arguments where it is not called."""

    name: str
    positional: int | None
    keywords: tuple[str, ...]
    place: str

    def __str__(self) -> str:
        return f"xp.{self.name} at {self.place}"


def uses() -> list[Use]:
    found = []
    for path in sorted(ENGINE.rglob("*.py")):
        place = str(path.relative_to(ENGINE))
        found += list(uses_in(path.read_text(encoding="utf-8"), place))
    return found


def uses_in(source: str, place: str) -> Iterator[Use]:
    """The uses in one file; calls first, so that the function of a call is not told twice."""
    called = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and _is_xp(node.func):
            called.add(node.func)
            starred = any(isinstance(argument, ast.Starred) for argument in node.args)
            keywords = tuple(keyword.arg for keyword in node.keywords if keyword.arg)
            yield Use(node.func.attr, None if starred else len(node.args), keywords, f"{place}:{node.lineno}")
        elif _is_xp(node) and node not in called:
            yield Use(node.attr, None, (), f"{place}:{node.lineno}")


def _is_xp(node: ast.AST) -> bool:
    """Whether a piece of syntax is `xp.NAME` or `something.xp.NAME`."""
    if not isinstance(node, ast.Attribute):
        return False
    owner = node.value
    return (isinstance(owner, ast.Name) and owner.id == "xp") or (isinstance(owner, ast.Attribute) and owner.attr == "xp")


USES = uses()
LIBRARY_USES = [use for use in USES if not hasattr(CupyBackend, use.name) and use.name not in REGISTRY or use.name in dir(np)]


def test_the_walk_finds_what_is_there() -> None:
    assert list(uses_in("def f(xp, a):\n    return xp.exp(a) + self.xp.sum(a, axis=0) + g(xp.tanh) + xp.pad(*a)", "f.py")) == [
        Use("exp", 1, (), "f.py:2"),
        Use("sum", 1, ("axis",), "f.py:2"),
        Use("pad", None, (), "f.py:2"),
        Use("tanh", None, (), "f.py:2"),
    ]
    assert {"exp", "matmul", "where", "sum", "sigmoid"} <= {use.name for use in USES}


def test_every_name_has_a_meaning_on_the_cpu() -> None:
    backend = NumpyBackend()
    own = {use.name for use in USES if use.place.startswith("backends/cupy.py")}  # what only CuPy has
    for use in USES:
        assert use.name in own or getattr(backend, use.name), use


@pytest.mark.cupy
def test_the_names_that_the_fake_lacks_are_those_that_cupy_lacks() -> None:
    import cupy

    assert {name for name in np.__all__ if not hasattr(cupy, name)} == missing.FUNCTIONS & set(np.__all__)
    assert not [name for name in missing.METHODS if hasattr(cupy.ndarray, name)]
    assert {
        name for name in dir(np.ndarray) if not name.startswith("__") and not hasattr(cupy.ndarray, name)
    } == missing.METHODS


@pytest.mark.cupy
@pytest.mark.parametrize("use", USES, ids=str)
def test_cupy_has_the_name_where_numpy_has_it(use: Use) -> None:
    """A name that one library has and the other has not would be read by a rule here and by a library there."""
    import cupy

    if hasattr(CupyBackend, use.name):
        return
    if use.name in REGISTRY:
        assert hasattr(cupy, use.name) == hasattr(np, use.name)
    else:
        assert hasattr(cupy, use.name)


@pytest.mark.cupy
@pytest.mark.parametrize("use", [use for use in USES if use.positional is not None], ids=str)
def test_cupy_takes_the_arguments(use: Use) -> None:
    import cupy

    function: Any = getattr(CupyBackend, use.name, None) or getattr(cupy, use.name, None)
    if function is None:
        return  # a rule of the registry
    assert use.positional is not None
    if isinstance(function, cupy.ufunc):
        assert function.nin <= use.positional <= function.nargs
        assert set(use.keywords) <= {"out", "dtype", "casting"}
        return
    instance = [None] if hasattr(CupyBackend, use.name) else []
    inspect.signature(function).bind(*instance, *[None] * use.positional, **dict.fromkeys(use.keywords))
