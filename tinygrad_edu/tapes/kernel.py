"""A kernel: an elementwise rule on a tape, several operations on arrays that are computed in one go.

An optimizer's rule is a formula such as `w - lr * g`: pure, readable, and slow as it stands, because each operator
makes an array. Here it is read once with tracers, and what it calls is written in the language of a device:

    "numpy"    each call writes into an array that is not needed any more    (in_place.py)
    "spending" the same, and the gradient is overwritten, too
    "cuda"     the statements of one kernel, launched once                   (cuda/language.py)
    "any"      call by call with any namespace; other array libraries have no better

Numbers (a learning rate) are operands too, so a kernel stays valid when they change. What is computed from numbers
alone is computed in Python, before the arrays are touched (python_code.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

from .cuda.language import elementwise
from .in_place import InPlace
from .liveness import Liveness
from .python_code import NAMES, function_of, numbers_text
from .rule_namespace import RuleNamespace
from .tape import Call, Tape, Tracer, operands_of


class Kernel:
    """A rule of arrays of one shape, and of numbers.

    Args:
        rule: `rule(xp, *arrays, **numbers)`, which gives the new contents of the first of its arrays.
        arrays: how many arrays it takes.
        names: its numbers.
        settings: further arguments that decide what is computed; they are fixed in the kernel.
    Attributes:
        inputs: the places of the arrays.
        results: the places of what the rule gives, in its order.
        steps: the calls on arrays that these depend on, by their places.
        last_use: for each array of the tape the last call that reads it.
        parameters: the places of the numbers that `steps` use.
        numbers_source: the text of `parameters_of`.
    Raises:
        TypeError: the rule branches on what it computes, or calls what is not elementwise.
    """

    def __init__(self, rule: Callable[..., Any], arrays: int, names: Sequence[str] = (), settings: Any = None):
        self.name = rule.__name__
        self.tape = tape = Tape(computes=False)
        given = [tape.input(None) for _ in range(arrays)]
        numbers = {name: tape.input(float) for name in names}
        results = rule(RuleNamespace(tape), *given, **numbers, **(settings or {}))
        self.inputs = [array.place for array in given]
        results = results if isinstance(results, tuple) else (results,)
        # an array that is handed through is copied first: another result may overwrite it
        self.results = [(tape.apply("positive", r) if r.place in self.inputs else r).place for r in results]
        live = Liveness(tape, [], self.results)
        self.last_use = live.last_use
        used = {place: tape.calls[place] for place in sorted(live.used) if tape.calls[place].name}
        self.steps: dict[int, Call] = {place: call for place, call in used.items() if not tape.arrays[place].is_number}
        self.parameters = sorted({x.place for c in self.steps.values() for x in operands_of(c) if x.is_number})
        self.numbers_source = numbers_text(tape, {n.place: name for name, n in numbers.items()}, self.parameters)
        self._parameters: Callable[..., list[float]] = function_of(self.numbers_source, "numbers", dict(NAMES))
        self._names = names

    def parameters_of(self, arguments: dict[str, Any]) -> list[float]:
        """The values of the `parameters`, for these arguments of the rule."""
        return self._parameters(*map(arguments.get, self._names))

    def __call__(self, xp: Any, *operands: Any) -> list[Any]:
        """The results in a namespace, one call after another.

        Args:
            operands: the arrays, and then the `parameters`.
        """
        known = dict(zip([*self.inputs, *self.parameters], operands, strict=True))
        for place, call in self.steps.items():
            function = getattr(xp, call.name)
            known[place] = function(*[known[x.place] if isinstance(x, Tracer) else x for x in call.operands])
        return [known[place] for place in self.results]


WRITERS: dict[str, Callable[[Kernel], Any]] = {
    "numpy": InPlace,
    "spending": partial(InPlace, spends=True),
    "cuda": elementwise,
    "any": lambda kernel: kernel,
}


@cache
def written(kernel: Kernel, language: str) -> Any:
    """A kernel as the backends of a language take it."""
    return WRITERS[language](kernel)
