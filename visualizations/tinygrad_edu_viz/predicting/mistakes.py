"""Typical mistakes in a step of backpropagation: what each of them gives, and why it is one.

Each is computed by the registry's own rule from numbers of the trace: "the derivative at the wrong point" is the rule
read with the input in place of the output. Where several mistakes give one number, the first in the order of `MISTAKES`
is named: first those that fit only a certain kind of operation, then those that fit all. One mistake is more likely
than two, so a forgotten += together with another mistake is looked for last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np

from tinygrad_edu import backends
from tinygrad_edu.graph.broadcast import unbroadcast
from tinygrad_edu.graph.operation import REGISTRY
from tinygrad_edu.namespaces.namespace import FLOATS
from tinygrad_edu_words import N_, _
from tinygrad_edu_words.sentences import reason

from ..notation import explanation
from ..readable import loss_name, number
from ..recording.contents import Event
from .recorded_rules import Reading, Rules


class Practised(StrEnum):
    """A mistake, and what to practise against it."""

    @property
    def advice(self) -> str:
        """What to practise."""
        raise NotImplementedError


class Mistake(Practised):
    """What a learner may have done."""

    ASSIGNED = N_("= instead of +=")
    DEAD_SIDE = N_("the dead side of relu")
    BATCH_MEAN = N_("the mean's 1/n forgotten")
    BROADCAST = N_("not summed over a broadcast axis")
    TRANSPOSED = N_("a matrix transposed")
    SIGN = N_("wrong sign")
    UPSTREAM = N_("upstream gradient forgotten")
    OTHER_FACTOR = N_("the other factor")
    WRONG_POINT = N_("derivative at the wrong point")
    UNCHANGED = N_("upstream passed on unchanged")
    SHAPE = N_("wrong shape")

    @property
    def advice(self) -> str:
        """What to practise."""
        return _(_ADVICE[self])


_ADVICE = {
    Mistake.ASSIGNED: N_("what is used several times receives several contributions, and their sum is its gradient"),
    Mistake.DEAD_SIDE: N_("the two sides of the function have different slopes: look at the sign of its input first"),
    Mistake.BATCH_MEAN: N_("a mean over n elements passes 1/n of its gradient to each"),
    Mistake.BROADCAST: N_("what was repeated in the forward pass is summed in the backward pass"),
    Mistake.TRANSPOSED: N_("the shapes tell which matrix is transposed, and on which side of the gradient it stands"),
    Mistake.SIGN: N_("the sign of the local derivative belongs to it: carry it into the product"),
    Mistake.UPSTREAM: N_("the chain rule is a product: upstream gradient times local derivative"),
    Mistake.OTHER_FACTOR: N_("take the derivative by the operand that receives the gradient, not by the other one"),
    Mistake.WRONG_POINT: N_("see whether the derivative is written with the input or with the output of the operation"),
    Mistake.UNCHANGED: N_("multiply the gradient by the local derivative before it is passed on"),
    Mistake.SHAPE: N_("the gradient of x has the shape of x"),
}


class Wrong(NamedTuple):
    """A wrong contribution, and what is wrong with it; the text goes on after the number."""

    mistake: Mistake
    contribution: np.ndarray
    why: str


class Case:
    """One contribution, and the numbers that a learner works with.

    Attributes:
        source, target: how the node that passes its gradient on, and the one that receives, are called.
        g, contribution, before, right: dL/d(source), what is added, and dL/d(target) before and after.

    Raises:
        ArgumentError: the trace does not have all the numbers, or the operation is not known here.
    """

    def __init__(self, rules: Rules, event: Event):
        assert event.source is not None and event.position is not None
        self.rules, self.event, self.position = rules, event, event.position
        self.node = rules.nodes[event.source]
        self.reading = rules.reading(event.source)
        self.op = self.reading.op
        self.source, self.target = self.node.label, rules.nodes[event.node].label
        root = rules.nodes[rules.source.root]
        self.loss = loss_name(root.label, [node.label for node in rules.nodes.values() if node is not root])
        self.g = rules.gradient(event.source, event.upstream)
        self.contribution, self.before, self.right = (
            np.asarray(rules.gradient(event.node, data), dtype=float)
            for data in (event.contribution, event.grad_before, event.grad)
        )

    @property
    def operand(self) -> Any:
        """The data of the node that receives."""
        return self.reading.operands[self.position]

    @property
    def slope(self) -> str:
        return f"∂{self.source}/∂{self.target}"

    def gradient_of(self, label: str) -> str:
        return f"∂{self.loss}/∂{label}"

    def vjp_formula(self, name: str = "g") -> str:
        """What the target receives, as a formula: g @ Xᵀ."""
        return str(self.rules.vjp_formula(self.node.id, self.position, name))

    def derivative(self, **other: str) -> str:
        """The local derivative as a formula; see `Rules.derivative`."""
        return self.rules.derivative(self.node.id, self.position, **other)


def wrong_contributions(case: Case) -> Iterator[Wrong]:
    """What each mistake gives in this step, in the order in which they are looked for. `ASSIGNED` is none of these:
    its contribution is right."""
    with np.errstate(all="ignore"):
        for mistake, compute in MISTAKES.items():
            for wrong, why in compute(case):
                if wrong is not None:
                    yield Wrong(mistake, np.asarray(wrong, dtype=float), why)


Found = Iterator[tuple[Any, str]]  # wrong contributions, None where there is none, and what is wrong with them


def _vjp(reading: Reading, position: int, g: Any) -> Any:
    """What a rule gives from wrong numbers; None if they do not fit it, as then nobody can have computed so."""
    try:
        return reading.vjp(position, g)
    except (ValueError, IndexError, TypeError, AttributeError):
        return None


def _dead_side(case: Case) -> Found:
    """The rule of a function that is the identity for positive inputs, read on its other side."""
    op, a = case.op, case.operand
    if "activation" in case.reading.attrs:
        if case.reading.attrs["activation"] == "relu":
            every = replace(case.reading, attrs={"activation": None})
            yield _vjp(every, case.position, case.g), _("comes out if the gradient passes also where relu gave 0")
        return
    if not op.elementwise or op.arity != 1 or not _keeps_positive(case):
        return
    size, place = np.abs(a) if np.shape(a) else abs(a), f"{case.target} = {number(np.asarray(a).tolist())}"
    for side, of_sign in ((size, N_("positive")), (-size, N_("negative"))):
        why = _("would be right if {input} were {sign}; at {place} the slope of {op} is {slope}").format(
            input=case.target, sign=_(of_sign), place=place, op=op.name, slope=number(case.event.local or 0.0)
        )
        yield _vjp(case.reading.with_operand(0, side), 0, case.g), why


def _keeps_positive(case: Case) -> bool:
    """Whether a function of one operand leaves positive numbers as they are, and changes negative ones."""
    at_two, at_minus_two = (case.op.forward(FLOATS, x, **case.reading.attrs) for x in (2.0, -2.0))
    return bool(at_two == 2.0 and abs(at_minus_two) != 2.0)


def _batch_mean(case: Case) -> Found:
    why = _("comes from the sum; a mean divides by n, so each element receives 1/n of the gradient")
    if case.op.name == "mean":
        yield _vjp(case.reading.of(REGISTRY["sum"]), 0, case.g), why
    elif case.reading.attrs.get("reduction") == "mean":
        summed = replace(case.reading, attrs={**case.reading.attrs, "reduction": "sum"})
        yield _vjp(summed, case.position, case.g), why


def _broadcast(case: Case) -> Found:
    shape, repeated = case.contribution.shape, np.shape(case.reading.y)
    added = len(repeated) - len(shape)
    if case.op.arity is None or shape == repeated or added < 0:
        return
    if any(n not in (1, m) for n, m in zip(shape, repeated[added:], strict=True)):
        return
    reading, g = case.reading, case.g
    if case.op.elementwise:
        g = reading.unsummed().vjp(case.position, g)
    elif case.op.shared is not None:
        g = case.op.shared(reading.xp, g, reading.y, *reading.operands, **reading.attrs)
    if not np.allclose(unbroadcast(backends.get("cpu"), g, shape), case.contribution):
        return
    story = _("{input} of shape {shape} was repeated to the shape {repeated}, and receives the sum of all copies")
    story = story.format(input=case.target, shape=shape, repeated=repeated)
    yield g, f"{_('holds the gradient of each copy')}; {story}"
    axes = [k for k, n in enumerate(repeated) if k < added or shape[k - added] != n]
    for place in np.ndindex(*[repeated[k] for k in axes]):
        one: Any = [slice(None)] * g.ndim
        for axis, k in zip(axes, place, strict=True):
            one[axis] = k
        yield g[tuple(one)].reshape(shape), f"{_('is the gradient of one copy alone')}; {story}"


def _transposed(case: Case) -> Found:
    formula = case.vjp_formula()
    if "@" not in formula:
        return
    why = _("comes out with a matrix transposed, or the factors in the wrong order; it is {formula}")
    why = why.format(formula=formula)
    other = 1 - case.position if case.position < 2 else None
    if other is not None:
        operands = case.reading.operands
        if np.ndim(operands[other]) > 1:
            turned = np.swapaxes(operands[other], -1, -2)
            yield _vjp(case.reading.with_operand(other, turned), case.position, case.g), why
        if case.op.name == "matmul":
            swapped = replace(case.reading, operands=(operands[1], operands[0]))
            yield _vjp(swapped.unsummed(), other, case.g), why
    if case.contribution.ndim > 1:
        yield np.swapaxes(case.contribution, -1, -2), why


def _sign(case: Case) -> Found:
    yield -case.contribution, _("has the right size, and the wrong sign")


def _upstream(case: Case) -> Found:
    ones = np.ones_like(case.g) if np.shape(case.g) or case.node.kind == "tensor" else 1.0
    g = f"{case.gradient_of(case.source)} = {number(np.asarray(case.g).tolist())}"
    if case.op.elementwise:
        why = _("is the local derivative {slope} alone: the chain rule multiplies it by the upstream {g}")
    else:
        why = _("comes out for a gradient of ones: the chain rule multiplies it by the upstream {g}")
    yield _vjp(case.reading, case.position, ones), why.format(slope=case.slope, g=g)


def _other_factor(case: Case) -> Found:
    """What another operand receives."""
    if not case.op.elementwise or isinstance(case.op.rules[case.position], float):
        return
    for other, operand in enumerate(case.node.inputs):
        constant = case.rules.nodes[operand].is_plain_number and case.op.name != "multiply"  # the 2 of x**2
        if other == case.position or operand == case.event.node or case.op.rules[other] is None or constant:
            continue
        label = str(case.rules.symbol(operand))
        theirs = case.rules.derivative(case.node.id, other)
        why = _("is the upstream gradient times {theirs}, which is {other}; {slope} is {derivative}").format(
            theirs=theirs, other=f"∂{case.source}/∂{label}", slope=case.slope, derivative=case.derivative()
        )
        yield _vjp(case.reading.unsummed(), other, case.g), why


def _wrong_point(case: Case) -> Found:
    y, a, reading = case.reading.y, case.operand, case.reading
    others = [x for k, x in enumerate(case.node.inputs) if k != case.position]
    if np.shape(y) != np.shape(a) or not all(case.rules.nodes[x].is_plain_number for x in others):
        return
    input_id, output_id = case.event.node, case.node.id
    here = f"{case.target} = {number(np.asarray(a).tolist())}"
    there = f"{case.source} = {number(np.asarray(y).tolist())}"
    at_input = _("takes the derivative at the input {here} as {taken}; it is {derivative}, at the output {there}")
    at_output = _("takes the derivative at the output {there} as {taken}; it is {derivative}, at the input {here}")
    if not case.op.elementwise:
        at_input = _("takes the derivative at the input {here}; {vjp} takes the output {there}")
        at_output = _("takes the derivative at the output {there}; {vjp} takes the input {here}")
    for read, names, why in (
        (replace(reading, y=a), {"result": input_id}, at_input),
        (reading.with_operand(case.position, y), {"operand": output_id}, at_output),
    ):
        formulas = {"vjp": case.vjp_formula()}
        if case.op.elementwise:
            formulas = {"taken": case.derivative(**names), "derivative": case.derivative()}
        yield _vjp(read, case.position, case.g), why.format(here=here, there=there, **formulas)


def _unchanged(case: Case) -> Found:
    if np.shape(case.g) != case.contribution.shape:
        return
    says = explanation(case.op, case.reading.operands)
    aside = f" ({case.op.name}: {reason(says)})" if says else ""
    g = case.gradient_of(case.source)
    if case.op.elementwise:
        why = _("is {g}, passed on unchanged, and not times {slope} = {derivative}")
        yield case.g, why.format(g=g, slope=case.slope, derivative=case.derivative()) + aside
    elif says:
        yield case.g, _("is {g}, passed on unchanged").format(g=g) + aside
    else:
        yield case.g, _("is {g}, passed on unchanged; the rule gives {vjp}").format(g=g, vjp=case.vjp_formula())


MISTAKES: dict[Mistake, Callable[[Case], Found]] = {
    Mistake.DEAD_SIDE: _dead_side,
    Mistake.BATCH_MEAN: _batch_mean,
    Mistake.BROADCAST: _broadcast,
    Mistake.TRANSPOSED: _transposed,
    Mistake.SIGN: _sign,
    Mistake.UPSTREAM: _upstream,
    Mistake.OTHER_FACTOR: _other_factor,
    Mistake.WRONG_POINT: _wrong_point,
    Mistake.UNCHANGED: _unchanged,
}
