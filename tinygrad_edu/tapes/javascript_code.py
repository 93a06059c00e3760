"""From a tape to JavaScript: the expressions that compute a rule's results from numbers, rounded as in Python.

JavaScript's numbers are Python's floats, and `+ - * /` and `Math.sqrt` round alike. Where the two languages differ, in
`pow(1, nan)`, in the larger of 0 and -0, and in what JavaScript lacks, the text calls a function of the page's own
(`runtime.js` of the visualizations).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from . import expressions as shared
from .expressions import (
    ARITHMETIC,
    CHOICE,
    COMPARISON,
    CONNECTIVE,
    SUM,
    TRUTHS,
    Form,
    Language,
    UnwritableError,
    Writer,
    connectives,
    functions,
)
from .tape import Tape

__all__ = ["FORMS", "TRUTHS", "UnwritableError", "Written", "expressions", "noted", "number", "write"]

FORMS = {
    **ARITHMETIC,
    **functions("exp expm1 log log1p sin cos tan sinh cosh tanh sqrt abs", "Math.{name}({{}})"),
    **functions("sign erf"),
    **functions("power maximum minimum", "{name}({{}}, {{}})"),
    "arctan": Form("Math.atan({})"),
    "where": Form("{} ? {} : {}", CHOICE, (CONNECTIVE, CONNECTIVE, CHOICE)),
    "equal": Form("{} === {}", COMPARISON, (SUM, SUM)),
    "not_equal": Form("{} !== {}", COMPARISON, (SUM, SUM)),
    **connectives("&&", "||"),
}


def number(x: float) -> str:
    """A number as JavaScript writes it: exactly the same one.

    >>> number(0.1), number(2.0), number(-math.inf)
    ('0.1', '2', '-Infinity')
    """
    return repr(float(x)).removesuffix(".0").replace("inf", "Infinity").replace("nan", "NaN")


class Written(NamedTuple):
    """`const` statements, and after them the expressions of the results."""

    lines: list[str]
    texts: list[str]

    def arrow(self, parameters: Sequence[str]) -> str:
        """The first result as a function."""
        body = f"{{ {' '.join(self.lines)} return {self.texts[0]}; }}" if self.lines else self.texts[0]
        return f"({', '.join(parameters)}) => {body}"


def expressions(rule: Callable[..., Any], names: Sequence[str]) -> Written:
    """What an elementwise rule computes from numbers.

    Args:
        rule: `rule(xp, *operands)`, which gives one result, or several in a list or tuple.
        names: what JavaScript calls the operands.
    Raises:
        UnwritableError: the rule branches on what it computes, or calls what JavaScript lacks.
    """
    tape = Tape(computes=False)
    operands = [tape.input(None) for _ in names]
    results = noted(tape, rule, *operands)
    return write(tape, {x.place: name for x, name in zip(operands, names, strict=True)}, results)


JAVASCRIPT = Language("JavaScript", FORMS, number, let="const {} = {};")


def noted(tape: Tape, rule: Callable[..., Any], *operands: Any, **settings: Any) -> list[Any]:
    """Read a rule so that what it does is noted on a tape: its results. Errors as of `expressions`."""
    return shared.noted(tape, JAVASCRIPT, rule, *operands, **settings)


def write(tape: Tape, names: dict[int, str], results: Sequence[Any], temporary: str = "t") -> Written:
    """The calls of a tape that some results depend on.

    Args:
        names: what JavaScript calls the numbers that are there already, by their places.
        results: operands of the tape, or plain numbers.
        temporary: what the names of results that are used twice begin with.
    """
    writer = Writer(JAVASCRIPT, tape, names, results, temporary)
    return Written(writer.lines(writer.needed), [writer.text(x) for x in results])
