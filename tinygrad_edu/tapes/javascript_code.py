"""From a tape to JavaScript: the expressions that compute a rule's results from numbers, rounded as in Python.

JavaScript's numbers are Python's floats, and `+ - * /` and `Math.sqrt` round alike. Where the two languages differ, in
`pow(1, nan)`, in the larger of 0 and -0, and in what JavaScript lacks, the text calls a function of the page's own
(`runtime.js` of the visualizations).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ..errors import TinygradError
from .rule_namespace import RuleNamespace
from .tape import INFIX, Tape, Tracer, operands_of

# What binds tighter has the smaller number. A part that binds looser than its place allows stands in parentheses.
ATOM, SIGN, PRODUCT, SUM, COMPARISON, CONNECTIVE, CHOICE = range(7)


class UnwritableError(TinygradError, TypeError):
    """A rule that cannot be written as JavaScript; the message says why."""


class Form(NamedTuple):
    """How a call is written: its text, how tightly that binds, and how tightly each operand must."""

    text: str
    binds: int = ATOM
    needs: tuple[int, ...] = (CHOICE, CHOICE, CHOICE)


FORMS = {
    **{name: Form(f"{{}} {INFIX[name]} {{}}", SUM, (SUM, PRODUCT)) for name in ("add", "subtract")},
    **{name: Form(f"{{}} {INFIX[name]} {{}}", PRODUCT, (PRODUCT, SIGN)) for name in ("multiply", "divide")},
    "negative": Form("-{}", SIGN, (ATOM,)),
    "positive": Form("{}", ATOM, (ATOM,)),
    **{f: Form(f"Math.{f}({{}})") for f in "exp expm1 log log1p sin cos tan sinh cosh tanh sqrt abs".split()},
    "arctan": Form("Math.atan({})"),
    **{f: Form(f"{f}({{}})") for f in ("sign", "erf")},
    **{f: Form(f"{f}({{}}, {{}})") for f in ("power", "maximum", "minimum")},
    "where": Form("{} ? {} : {}", CHOICE, (CONNECTIVE, CONNECTIVE, CHOICE)),
}
_TRUTHS = {
    **{name: Form(f"{{}} {INFIX[name]} {{}}", COMPARISON, (SUM, SUM)) for name in INFIX if name.startswith(("g", "l"))},
    "equal": Form("{} === {}", COMPARISON, (SUM, SUM)),
    "not_equal": Form("{} !== {}", COMPARISON, (SUM, SUM)),
}
_CONNECTIVES = {
    "bitwise_and": Form("{} && {}", CONNECTIVE, (COMPARISON, COMPARISON)),
    "bitwise_or": Form("{} || {}", CONNECTIVE, (COMPARISON, COMPARISON)),
}
FORMS |= _TRUTHS | _CONNECTIVES
TRUTHS = {*_TRUTHS, *_CONNECTIVES}  # calls that give true or false
_erf = np.frompyfunc(math.erf, 1, 1)  # only noted: NumPy has none


class _Written(RuleNamespace):
    """The functions that can be written, and the rules of the registry for all others."""

    def find(self, name: str) -> Any:
        return partial(self.tape.apply, name) if name in FORMS else super(RuleNamespace, self).find(name)

    def erf(self, a: Any) -> Any:
        return self.tape.note("erf", _erf, a) if isinstance(a, Tracer) else math.erf(a)

    def chain(self, upstream: Any, local: Any) -> Any:
        """The chain rule, without the 1 with which a backward pass starts, or that a sum passes on."""
        if type(upstream) is float and upstream == 1.0:
            return local
        return upstream if type(local) is float and local == 1.0 else upstream * local


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


def noted(tape: Tape, rule: Callable[..., Any], *operands: Any, **settings: Any) -> list[Any]:
    """Read a rule so that what it does is noted on a tape: its results. Errors as of `expressions`."""
    try:
        results = rule(_Written(tape), *operands, **settings)
    except RecursionError:
        raise UnwritableError("it calls a function of its own name, which JavaScript lacks") from None
    except AttributeError as error:
        raise UnwritableError(f"it calls what JavaScript lacks ({error})") from None
    except TypeError as error:
        raise UnwritableError(str(error)) from None
    return list(results) if isinstance(results, (list, tuple)) else [results]


def write(tape: Tape, names: dict[int, str], results: Sequence[Any], temporary: str = "t") -> Written:
    """The calls of a tape that some results depend on.

    Args:
        names: what JavaScript calls the numbers that are there already, by their places.
        results: operands of the tape, or plain numbers.
        temporary: what the names of results that are used twice begin with.
    """
    return _Writer(tape, names, results, temporary).written


class _Writer:
    def __init__(self, tape: Tape, names: dict[int, str], results: Sequence[Any], temporary: str):
        self.calls = tape.calls
        self.texts = {place: (name, ATOM) for place, name in names.items()}
        uses = Counter(x.place for x in operands_of(list(results)))
        needed: set[int] = set()
        waiting = list(uses)
        while waiting:
            place = waiting.pop()
            if place not in needed and place not in names:
                needed.add(place)
                read = [x.place for x in operands_of(self.calls[place])]
                uses.update(read)
                waiting += read
        lines: list[str] = []
        for place in sorted(needed):
            text, binds = self._call(place)
            if uses[place] > 1:
                name = f"{temporary}{len(lines)}"
                lines.append(f"const {name} = {text};")
                text, binds = name, ATOM
            self.texts[place] = text, binds
        self.written = Written(lines, [self._operand(x, CHOICE) for x in results])

    def _call(self, place: int) -> tuple[str, int]:
        name, _, operands, *_ = self.calls[place]
        if name == "where" and not isinstance(operands[0], Tracer):  # decided already
            return self._operand(operands[1 if operands[0] else 2], ATOM), ATOM
        form = FORMS[name]
        truths = operands if name in _CONNECTIVES else operands[:1] if name == "where" else ()
        written = [
            self._condition(x, need) if k < len(truths) else self._operand(x, need)
            for k, (x, need) in enumerate(zip(operands, form.needs, strict=False))
        ]
        return form.text.format(*written), form.binds

    def _is_truth(self, x: Any) -> bool:
        return isinstance(x, bool) or (isinstance(x, Tracer) and self.calls[x.place].name in TRUTHS)

    def _condition(self, x: Any, need: int) -> str:
        """A condition: of a number, whether it is not 0, which NaN is not either."""
        if isinstance(x, bool):
            return "true" if x else "false"
        if self._is_truth(x):
            return _in_parentheses(*self.texts[x.place], need)
        return _in_parentheses(f"{self._operand(x, SUM)} !== 0", COMPARISON, need)

    def _operand(self, x: Any, need: int) -> str:
        """A number: of a condition, 1 where it holds, else 0."""
        if not isinstance(x, Tracer):
            text = number(x)
            return _in_parentheses(text, SIGN if text.startswith("-") else ATOM, need)
        text, binds = self.texts[x.place]
        if self._is_truth(x):
            text, binds = f"{_in_parentheses(text, binds, CONNECTIVE)} ? 1 : 0", CHOICE
        return _in_parentheses(text, binds, need)


def _in_parentheses(text: str, binds: int, need: int) -> str:
    return text if binds <= need else f"({text})"
