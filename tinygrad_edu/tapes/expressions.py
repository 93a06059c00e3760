"""From a tape to expressions on numbers: what the writers of Python and JavaScript share.

A language says how each call is written (`Form`), and what is its own of numbers, conditions and statements. Both
round alike: their numbers are IEEE's doubles, and nothing is written in another order than it stands on the tape.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple

from ..errors import TinygradError
from .rule_namespace import RuleNamespace
from .tape import INFIX, Call, Tape, Tracer, operands_of

# What binds tighter has the smaller number. A part that binds looser than its place allows stands in parentheses.
ATOM, SIGN, PRODUCT, SUM, COMPARISON, CONNECTIVE, CHOICE = range(7)
DEEPEST = 40  # operations in one another in a single expression; parsers have a limit, and readers


class UnwritableError(TinygradError, TypeError):
    """A rule that cannot be written in a language; the message says why."""


class Form(NamedTuple):
    """How a call is written: its text, how tightly that binds, how tightly each operand must, and which operands the
    text holds twice."""

    text: str
    binds: int = ATOM
    needs: tuple[int, ...] = (CHOICE, CHOICE, CHOICE)
    twice: tuple[int, ...] = ()


CONNECTIVES = "bitwise_and", "bitwise_or"
COMPARED = "greater", "greater_equal", "less", "less_equal", "equal", "not_equal"
TRUTHS = {*COMPARED, *CONNECTIVES}  # calls that give true or false
ARITHMETIC = {  # as all languages write it
    **{name: Form(f"{{}} {INFIX[name]} {{}}", SUM, (SUM, PRODUCT)) for name in ("add", "subtract")},
    **{name: Form(f"{{}} {INFIX[name]} {{}}", PRODUCT, (PRODUCT, SIGN)) for name in ("multiply", "divide")},
    "negative": Form("-{}", SIGN, (ATOM,)),
    "positive": Form("{}", ATOM, (ATOM,)),
    **{name: Form(f"{{}} {INFIX[name]} {{}}", COMPARISON, (SUM, SUM)) for name in COMPARED},
}


def functions(names: str, text: str = "{name}({{}})") -> dict[str, Form]:
    """Forms of functions that a language calls as the tape does, or as `text` says."""
    return {name: Form(text.format(name=name)) for name in names.split()}


def connectives(conjunction: str, disjunction: str, needs: int = COMPARISON) -> dict[str, Form]:
    """Forms of `&` and `|`."""
    signs = zip(CONNECTIVES, (conjunction, disjunction), strict=True)
    return {name: Form(f"{{}} {sign} {{}}", CONNECTIVE, (needs, needs)) for name, sign in signs}


class Language(NamedTuple):
    """What differs from one language to the next.

    Attributes:
        name: for messages.
        forms: how calls are written, by their names.
        masked: a product of which one factor, the first, is a truth.
        number: the text of a number.
        true, false: the truths.
        let: a statement that gives a value, the second, a name.
        not_zero, one_or_zero: a number as a truth, and a truth as a number.
    """

    name: str
    forms: dict[str, Form]
    number: Callable[[float], str]
    let: str
    true: str = "true"
    false: str = "false"
    not_zero: str = "{} !== 0"
    one_or_zero: str = "{} ? 1 : 0"
    masked: Form | None = None


class Reading(RuleNamespace):
    """The functions that a language has, and the rules of the registry for all others."""

    def __init__(self, tape: Tape, language: Language):
        super().__init__(tape)
        self.language = language

    def find(self, name: str) -> Any:
        forms = self.language.forms
        return partial(self.tape.apply, name) if name in forms else super(RuleNamespace, self).find(name)

    def chain(self, upstream: Any, local: Any) -> Any:
        """The chain rule, without the 1 with which a backward pass starts, or that a sum passes on."""
        if type(upstream) is float and upstream == 1.0:
            return local
        return upstream if type(local) is float and local == 1.0 else upstream * local


def noted(tape: Tape, language: Language, rule: Callable[..., Any], *operands: Any, **settings: Any) -> list[Any]:
    """Read a rule so that what it does is noted on a tape: its results.

    Raises:
        UnwritableError: the rule branches on what it computes, or calls what the language lacks.
    """
    lacks = f"what {language.name} lacks"
    try:
        results = rule(Reading(tape, language), *operands, **settings)
    except RecursionError:
        raise UnwritableError(f"it calls a function of its own name, {lacks}") from None
    except AttributeError as error:
        raise UnwritableError(f"it calls {lacks} ({error})") from None
    except TypeError as error:
        raise UnwritableError(str(error)) from None
    return list(results) if isinstance(results, (list, tuple)) else [results]


class Writer:
    """Writes calls of a tape, each once.

    A result that is used twice gets a statement and a name; all others stand inside of the expression that uses them.

    Args:
        names: what the numbers are called that are there already, by their places.
        results: operands of the tape, or plain numbers, that are going to be asked for.
        temporary: what names of results that are used twice begin with.
    """

    def __init__(
        self, language: Language, tape: Tape, names: dict[int, str], results: Sequence[Any], temporary: str = "t"
    ):
        self.language, self.calls, self.temporary = language, tape.calls, temporary
        self._texts = {place: (name, ATOM) for place, name in names.items()}
        self._depths: dict[int, int] = {}
        self._named = 0
        waiting = [x.place for x in operands_of(results)]
        uses = waiting.copy()
        self.reads: dict[int, list[int]] = {}  # of the calls that are needed
        while waiting:
            place = waiting.pop()
            if place not in self.reads and place not in names:
                call = self.calls[place]
                self.reads[place] = read = [x.place for x in operands_of(call)]
                waiting += read
                uses += read
                uses += [call.operands[k].place for k in self._twice(call)]
        self.uses = Counter(uses)
        self.needed = set(self.reads)

    def lines(self, places: Iterable[int], keep: Callable[[int], bool] = lambda place: False) -> list[str]:
        """The statements for calls at some places, of those that are needed.

        Args:
            keep: which results get a name in any case.
        """
        found = []
        for place in sorted(self.needed.intersection(places)):
            text, binds = self._call(place)
            depth = 1 + max([self._depths.get(x, 0) for x in self.reads[place]], default=0)
            if self.uses[place] > 1 or depth > DEEPEST or keep(place):
                name = f"{self.temporary}{self._named}"
                self._named += 1
                found.append(self.language.let.format(name, text))
                text, binds, depth = name, ATOM, 0
            self._texts[place], self._depths[place] = (text, binds), depth
        return found

    def text(self, result: Any, need: int = CHOICE) -> str:
        """A result as an expression; of a condition, 1 where it holds, else 0."""
        if not isinstance(result, Tracer):
            text = self.language.number(result)
            return in_parentheses(text, SIGN if text.startswith("-") else ATOM, need)
        text, binds = self._texts[result.place]
        if self._is_truth(result):
            text, binds = self.language.one_or_zero.format(in_parentheses(text, binds, CONNECTIVE)), CHOICE
        return in_parentheses(text, binds, need)

    def _call(self, place: int) -> tuple[str, int]:
        call = self.calls[place]
        name, _, operands, *_ = call
        if name == "where" and not isinstance(operands[0], Tracer):  # decided already
            return self.text(operands[1 if operands[0] else 2], ATOM), ATOM
        form = self.language.forms[name]
        truths = operands if name in CONNECTIVES else operands[:1] if name == "where" else ()
        if self._is_masked(call):
            form = self.language.masked or form
            operands = tuple(sorted(operands, key=self._is_truth, reverse=True))
            truths = operands[:1]
        written = [
            self._condition(x, need) if k < len(truths) else self.text(x, need)
            for k, (x, need) in enumerate(zip(operands, form.needs, strict=False))
        ]
        return form.text.format(*written), form.binds

    def _twice(self, call: Call) -> list[int]:
        """The positions of operands that the text of a call holds twice."""
        form = self.language.forms.get(call.name)
        twice = list(form.twice) if form else []
        if self._is_masked(call):
            twice = [k for k, x in enumerate(call.operands) if not self._is_truth(x)]
        return [k for k in twice if isinstance(call.operands[k], Tracer)]

    def _is_masked(self, call: Call) -> bool:
        """Whether it is the product of a number and a truth."""
        return (
            self.language.masked is not None
            and call.name == "multiply"
            and sum(map(self._is_truth, call.operands)) == 1
        )

    def _is_truth(self, x: Any) -> bool:
        return isinstance(x, bool) or (isinstance(x, Tracer) and self.calls[x.place].name in TRUTHS)

    def _condition(self, x: Any, need: int) -> str:
        """A condition: of a number, whether it is not 0, which NaN is not either."""
        if isinstance(x, bool):
            return self.language.true if x else self.language.false
        if self._is_truth(x):
            return in_parentheses(*self._texts[x.place], need)
        return in_parentheses(self.language.not_zero.format(self.text(x, SUM)), COMPARISON, need)


def in_parentheses(text: str, binds: int, need: int) -> str:
    """A part of an expression, in parentheses if it binds looser than its place allows."""
    return text if binds <= need else f"({text})"
