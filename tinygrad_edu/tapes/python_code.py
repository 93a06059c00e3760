"""From a tape to Python: functions of generated text, and calls on numbers alone."""

from __future__ import annotations

import linecache
import weakref
from collections.abc import Callable, Iterable
from itertools import chain, count
from typing import Any

from .liveness import Liveness
from .tape import INFIX, Tape, Tracer

# Operators that never raise with Python's floats, as / does for 1 / 0.
SAFE = "add", "subtract", "multiply", "greater", "greater_equal", "less", "less_equal", "equal", "not_equal"
_texts = count(1)  # of all functions, so that none is shown in place of another


def free_name(name: str, is_free: Callable[[str], bool]) -> str:
    """The name, or else the first of name_2, name_3, ... that is free."""
    return next(filter(is_free, chain([name], (f"{name}_{k}" for k in count(2)))))


def function_text(name: str, parameters: Iterable[str], lines: Iterable[str]) -> str:
    """The text of a function."""
    return f"def {name}({', '.join(parameters)}):\n" + "".join(f"    {line}\n" for line in lines)


def function_of(source: str, name: str, bound: dict[str, Any]) -> Any:
    """The function of that name in a source text.

    Args:
        bound: what other names in the text stand for.
    """
    file = f"<compiled {next(_texts)}>"
    # with the module's name, what the package says of warnings holds for this code, too
    bound["__name__"] = __name__
    exec(compile(source, file, "exec"), bound)
    function = bound[name]
    linecache.cache[file] = len(source), None, source.splitlines(True), file  # for tracebacks
    weakref.finalize(function, linecache.cache.pop, file, None)
    return function


def numbers_text(tape: Tape, inputs: dict[int, str], results: list[int]) -> str:
    """The calls on numbers as a function of these, in floats that are IEEE's.

    Args:
        inputs: the names of the numbers that it takes, by their places.
        results: the places of those that it gives.
    """
    names, lines = dict(inputs), []
    for place in sorted(Liveness(tape, results, []).used - set(inputs)):
        name, _, operands, *_ = tape.calls[place]
        given = [names[x.place] if isinstance(x, Tracer) else repr(x) for x in operands]
        value = f" {INFIX[name]} ".join(given) if name in SAFE else f"FLOATS.{name}({', '.join(given)})"
        names[place] = f"n{place}"
        lines.append(f"n{place} = {value}")
    lines.append(f"return [{', '.join(names[place] for place in results)}]")
    return function_text("numbers", inputs.values(), lines)
