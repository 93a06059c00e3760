"""What predict mode asks before a step is shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tinygrad_edu.formulas.symbol import Symbol
from tinygrad_edu_words import _
from tinygrad_edu_words.sentences import spoken

from ..readable import FEW, number
from ..recording.contents import Data
from ..recording.sentences import OPERAND, WITH
from .mistakes import Case

LARGEST = 36  # elements of an array that a learner can compute with
DIGITS = 4  # of the numbers in an array

Index = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked before a step is shown.

    Attributes:
        text: the question, one sentence.
        asked: the gradient that is asked for: "∂L/∂b", or one element of it, "∂L/∂W[0, 1]".
        known: what is known so far: "∂L/∂s = 0.5", "a = 2", ...
        hint: the formula, without numbers.
        index: the element that is asked for; None for the whole gradient.
        shape: of the answer.
    """

    text: str
    asked: str
    known: tuple[str, ...]
    hint: str
    index: Index | None
    shape: tuple[int, ...]


def asked_about(case: Case) -> Question | None:
    """The question about a step.

    Returns:
        None if there are too many numbers to compute with, or some are not finite.
    """
    if not is_finite(case) or not case.right.size:
        return None
    alone = case.op.elementwise and case.right.shape == np.shape(case.g)  # an element depends on no other
    if not (alone or _is_small(case)):
        return None
    index = _chosen(case) if case.right.size > FEW else None
    where = f"[{', '.join(map(str, index))}]" if index is not None else ""
    asked = f"{case.gradient_of(case.target)}{where}"
    return Question(
        text=f"{_sender(case)}. {_('What is {asked} after this step?').format(asked=asked)}",
        asked=asked,
        known=tuple(_known(case, index if alone else None, where)),
        hint=_hint(case),
        index=index,
        shape=() if index is not None else case.right.shape,
    )


def is_finite(case: Case) -> bool:
    """Whether all numbers of a step are finite."""
    return all(np.isfinite(x).all() for x in (case.g, case.before, case.contribution))


def _is_small(case: Case) -> bool:
    """Whether all arrays that the formula of this step names have few elements."""
    sizes = {str(case.rules.symbol(x)): np.size(case.rules.operand(x)) for x in (case.node.id, *case.node.inputs)}
    formula = case.rules.vjp_formula(case.node.id, case.position, "the upstream gradient")
    named = sizes if formula.kind == "words" else _names(formula)
    return np.size(case.g) <= LARGEST and all(sizes.get(name, 0) <= LARGEST for name in named)


def _names(formula: Symbol) -> set[str]:
    return {formula.text} if formula.kind == "name" else {name for part in formula.args for name in _names(part)}


def _chosen(case: Case) -> Index:
    """The element to ask for: another one at each step, and one that receives something."""
    places = np.argwhere(case.contribution) if case.contribution.any() else np.argwhere(np.ones(case.right.shape))
    return tuple(places[(7 * case.event.step) % len(places)].tolist())


def _sender(case: Case) -> str:
    inputs = case.node.inputs
    return _("{source} passes its gradient on to {target}").format(
        source=f"{case.source} = {case.rules.formula(case.node.id)}",
        target=case.target + (spoken(OPERAND.format(n=case.position + 1)) if inputs.count(case.event.node) > 1 else ""),
    )


def _known(case: Case, index: Index | None, where: str) -> Iterator[str]:
    """The numbers of the step; of large arrays only the element that is asked for, or nothing."""

    def written(data: Data | np.ndarray, shape: tuple[int, ...] = ()) -> str:
        array = np.asarray(data)
        if index is not None:
            array = np.broadcast_to(array, case.right.shape)[index]
        return number(array.tolist(), DIGITS if array.ndim else 6, LARGEST)

    at = where if index is not None else ""
    yield f"{case.gradient_of(case.source)}{at} = {written(case.g)}"
    for node_id in dict.fromkeys((*case.node.inputs, case.node.id)):
        node, data = case.rules.nodes[node_id], case.rules.operand(node_id)
        if not node.is_plain_number and (index is not None or np.size(data) <= LARGEST):
            yield f"{node.label}{at if np.shape(data) else ''} = {written(data)}"
    if case.before.any():
        gradient = f"{case.gradient_of(case.target)}{where if index is not None else ''}"
        yield _("{gradient} = {number} so far").format(gradient=gradient, number=written(case.before))


def _hint(case: Case) -> str:
    target, source = case.gradient_of(case.target), case.gradient_of(case.source)
    if case.op.elementwise and case.node.kind == "value":
        return f"{target} += {source} · {case.slope}{_(WITH).format(g=case.slope, gradient=case.derivative())}"
    return f"{target} += {spoken(str(case.vjp_formula()))}{_(WITH).format(g='g', gradient=source)}"
