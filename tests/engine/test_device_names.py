"""Every `xp.NAME` that the engine says exists, in NumPy and in the real CuPy, and takes what it is called with.

CuPy imports without a driver, so this needs its wheel (dependency group cupy) and no GPU.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import tinygrad_edu
from fake_device.wheel import signature
from tinygrad_edu.backends.cupy import CupyBackend
from tinygrad_edu.backends.numpy import NumpyBackend
from tinygrad_edu.graph.operation import REGISTRY
from tinygrad_edu.namespaces.namespace import PARTS

ENGINE = Path(tinygrad_edu.__file__).parent


class Use(NamedTuple):
    """`xp.name(...)` in the engine; `positional` is None where it is not called, or with a starred argument."""

    name: str
    positional: int | None = None
    keywords: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"xp.{self.name}({', '.join([*'_' * (self.positional or 0), *self.keywords])})"


def uses() -> dict[Use, str]:
    """Every different use, and the file in which it was found first."""
    found: dict[Use, str] = {}
    for path in sorted(ENGINE.rglob("*.py")):
        for use in uses_in(path.read_text(encoding="utf-8")):
            found.setdefault(use, str(path.relative_to(ENGINE)))
    return found


def uses_in(source: str) -> Iterator[Use]:
    called = set()
    for node in ast.walk(ast.parse(source)):  # a call is met before the function in it
        if isinstance(node, ast.Call) and _is_xp(node.func):
            called.add(node.func)
            starred = any(isinstance(argument, ast.Starred) for argument in node.args)
            keywords = tuple(keyword.arg for keyword in node.keywords if keyword.arg)
            yield Use(node.func.attr, None if starred else len(node.args), keywords)  # type: ignore[attr-defined]
        elif _is_xp(node) and node not in called:
            yield Use(node.attr)  # type: ignore[attr-defined]


def _is_xp(node: ast.AST) -> bool:
    """Whether a piece of syntax is `xp.NAME` or `something.xp.NAME`."""
    if not isinstance(node, ast.Attribute):
        return False
    return getattr(node.value, "id", None) == "xp" or getattr(node.value, "attr", None) == "xp"


USES = uses()


def test_the_walk_finds_what_is_there() -> None:
    source = "def f(xp, a):\n    return xp.exp(a) + self.xp.sum(a, axis=0) + g(xp.tanh) + xp.pad(*a) + a.xp + a.exp"
    assert set(uses_in(source)) == {Use("exp", 1), Use("sum", 1, ("axis",)), Use("tanh"), Use("pad")}
    assert {"exp", "matmul", "where", "sum", "sigmoid"} <= {use.name for use in USES}


def test_every_name_has_a_meaning_on_the_cpu() -> None:
    backend = NumpyBackend()
    for use, file in USES.items():
        if not file.endswith("cupy.py"):  # may say what CuPy alone has
            assert hasattr(backend, use.name), f"{use} in {file}"


@pytest.mark.cupy
@pytest.mark.parametrize("use", USES, ids=str)
def test_cupy_has_the_name(use: Use) -> None:
    """And where NumPy has it: else one device would read a rule of ours, another a function of its library."""
    import cupy

    if use.name in REGISTRY:
        assert hasattr(cupy, use.name) == hasattr(np, use.name)
    else:
        assert hasattr(CupyBackend, use.name) or hasattr(cupy, use.name) or use.name in PARTS


@pytest.mark.cupy
@pytest.mark.parametrize("use", [use for use in USES if use.positional is not None], ids=str)
def test_cupy_takes_the_arguments(use: Use) -> None:
    import cupy

    function: Any = getattr(CupyBackend, use.name, None) or getattr(cupy, use.name, None)
    if function is None:  # CuPy lacks it, and a rule or a part of one stands in: its first parameter is xp
        function = PARTS[use.name] if use.name in PARTS else REGISTRY[use.name].forward
    implicit = [None] if getattr(cupy, use.name, None) is not function else []  # self, or xp
    signature(function).bind(*implicit, *[None] * use.positional, **dict.fromkeys(use.keywords))
