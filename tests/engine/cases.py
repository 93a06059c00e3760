"""The table of all operations: what each is compared with, and at which operands.

A `Case` is one call of a public function (or of an operation that only the engine calls), beside the same call of an
independent reference, mostly NumPy's function of the same name. The tests of numbers and of gradients run through all
of `all_cases()`, so a new operation needs a line in one of the three tables `cases_*.py` and nothing else; one that has
no line fails `test_forward.py`.

    case("cube", lambda a: a**3, [sample(2, 3)])     # tg.cube against a**3, at shape (2, 3)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu.graph.operation import REGISTRY
from tinygrad_edu.rules import functional


class Case(NamedTuple):
    """One call: `function` of tensors and `reference` of NumPy arrays give the same numbers at `operands`.

    Calls of one `form` differ in lengths and numbers alone; elementwise ones, whose rules see no shape, in ranks too.
    """

    name: str
    label: str
    function: Callable[..., Any]
    reference: Callable[..., Any]
    operands: tuple[np.ndarray, ...]
    form: tuple[Any, ...]

    def __str__(self) -> str:
        return f"{self.name} {self.label}"


def public(name: str) -> Callable[..., Any]:
    """The public function of a name; that of the registry for operations that only the engine calls."""
    return getattr(functional, name) if name in functional.__all__ else REGISTRY[name].function


def case(
    name: str, reference: Callable[..., Any], operands: Sequence[np.ndarray], *positional: Any, **attrs: Any
) -> Case:
    """`tg.name(*operands, *positional, **attrs)` beside `reference` with the same arguments."""
    function = public(name)
    shapes = ", ".join(str(operand.shape).replace(" ", "") for operand in operands)
    ranks = None if name in REGISTRY and REGISTRY[name].elementwise else tuple(operand.ndim for operand in operands)
    arguments = [repr(argument) for argument in positional] + [f"{key}={value!r}" for key, value in attrs.items()]
    return Case(
        name,
        " ".join([shapes, *arguments]).replace("\n", ""),
        lambda *tensors: function(*tensors, *positional, **attrs),
        lambda *arrays: reference(*arrays, *positional, **attrs),
        tuple(operands),
        (name, *map(type, positional), *((key, type(value)) for key, value in attrs.items()), ranks),
    )


def composed(name: str, label: str, call: Callable[..., Any], operands: Sequence[np.ndarray]) -> Case:
    """A call that NumPy and we spell alike: `call(library, *operands)` with the library NumPy or tinygrad_edu."""
    return Case(name, label, lambda *a: call(tg, *a), lambda *a: call(np, *a), tuple(operands), (name, label))


def sample(*shape: int, low: float = 0.3, high: float = 1.9, signed: bool = True, seed: int = 0) -> np.ndarray:
    """Reproducible float64 numbers of that shape, all different, and never within `low` of the kink at 0.

    Magnitudes lie between `low` and `high`; `signed` gives about half of them a minus. The array is read-only, as tests
    share it.
    """
    generator = np.random.default_rng([seed, *shape])
    size = int(np.prod(shape))
    magnitudes = low + (high - low) * (generator.permutation(size) + generator.uniform(0.2, 0.8, size)) / max(size, 1)
    signs = generator.choice([-1.0, 1.0], size) if signed else 1.0
    numbers = np.asarray(magnitudes * signs).reshape(shape)
    numbers.flags.writeable = False
    return numbers


def all_cases() -> list[Case]:
    """The whole table, from the files that hold it."""
    from engine.cases_elementwise import ELEMENTWISE
    from engine.cases_indexing import INDEXING
    from engine.cases_structural import STRUCTURAL

    return [*ELEMENTWISE, *STRUCTURAL, *INDEXING]


def all_forms() -> list[Case]:
    """One case of each form, that with the most elements.

    It is for those who read what an operation does, such as traces, quizzes and compiled code, and who leave shapes to
    the engine: numbers and gradients at all shapes are tested with `all_cases()`.
    """
    found: dict[tuple[Any, ...], Case] = {}
    for case in all_cases():
        known = found.get(case.form)
        if known is None or _elements(case) > _elements(known):
            found[case.form] = case
    return list(found.values())


def _elements(case: Case) -> int:
    return sum(operand.size for operand in case.operands)
