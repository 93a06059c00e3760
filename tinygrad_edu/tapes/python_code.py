"""From a tape to Python: functions of generated text, and expressions on numbers with the results of IEEE 754.

Python's `+ - *` and comparisons are used as they are. A division raises at 0, as do most functions of `math` outside of
their domains: their names stand for those of `namespaces/floats.py`.
"""

from __future__ import annotations

import linecache
import math
import weakref
from collections.abc import Callable, Iterable
from itertools import chain, count
from typing import Any

from ..namespaces import floats
from .expressions import ARITHMETIC, ATOM, CHOICE, CONNECTIVE, Form, Language, Writer, connectives, functions
from .tape import Tape

FORMS = {
    **ARITHMETIC,
    **functions("exp expm1 log log1p sqrt sin cos tan sinh cosh tanh arctan abs sign erf"),
    **functions("divide power", "{name}({{}}, {{}})"),
    # nan is handed on
    "maximum": Form("{0} if {0} >= {1} or {0} != {0} else {1}", CHOICE, (ATOM, ATOM), (0, 1)),
    "minimum": Form("{0} if {0} <= {1} or {0} != {0} else {1}", CHOICE, (ATOM, ATOM), (0, 1)),
    "where": Form("{1} if {0} else {2}", CHOICE, (CONNECTIVE, CONNECTIVE, CHOICE)),
    **connectives("and", "or"),
}
NAMES = {name: getattr(floats, name) for name in FORMS if hasattr(floats, name)} | {"inf": math.inf, "nan": math.nan}
"""What the names in a text stand for."""

PYTHON = Language(
    "Python",
    FORMS,
    lambda x: repr(float(x)),
    let="{} = {}",
    true="True",
    false="False",
    not_zero="{} != 0.0",
    one_or_zero="1.0 if {} else 0.0",
    masked=Form("{1} if {0} else {1} * 0.0", CHOICE, (CONNECTIVE, ATOM), (1,)),
)
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
    """The calls on numbers as a function of these, in floats that are IEEE's; its names are `NAMES`.

    Args:
        inputs: the names of the numbers that it takes, by their places.
        results: the places of those that it gives.
    """
    found = [tape.arrays[place] for place in results]
    writer = Writer(PYTHON, tape, inputs, found, temporary="n")
    lines = writer.lines(writer.needed)
    return function_text("numbers", inputs.values(), [*lines, f"return [{', '.join(map(writer.text, found))}]"])
