"""The sentences and formulas of a trace. Every formula is the operation's own rule, read with symbols."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_edu.derivatives.not_finite import birth, domain, host, is_finite
from tinygrad_edu.formulas import reading as symbols
from tinygrad_edu.formulas.symbol import Symbol
from tinygrad_edu.graph.backprop import Step
from tinygrad_edu.graph.node import Node
from tinygrad_edu.graph.operation import Operation
from tinygrad_edu.tensors.tensor import Tensor
from tinygrad_edu_words.sentences import Sentence

from ..notation import explanation
from ..readable import loss_name, number
from .contents import Data
from .names import Name

# The patterns, those that end a sentence in the order in which they do.
TOGETHER = Sentence(". Together with the {had} that it had, its gradient is now {has}")
BORN_OF = Sentence(". Here the first {number} is born{place}, of {operands}, from finite numbers ({why})")
BORN = Sentence(". Here the first {number} is born{place}, from finite numbers ({why})")
BORN_BACKWARD = Sentence(". Here the first {number} of the gradients is born, from finite numbers")
WHY = Sentence(" ({op}: {why})")
SHAPES = Sentence("; shape {shapes} → {shape}")
RESHAPED = Sentence(", shape {shapes} → {shape}")
WITH = Sentence(", with {g} = {gradient}")
SEED = Sentence("{label} starts with 1: it is the result {loss} itself, and {formula}")
SEED_GIVEN = Sentence("{label} starts with the gradient that was given: {formula}")
SLOPE = "times the local derivative "  # of numbers: what the chain rule multiplies with
RECEIVES = Sentence(
    "{target} receives {received}: {source} passes its gradient {upstream} on, times the local derivative {slope}"
)
RECEIVES_UNCHANGED = Sentence("{target} receives {received}: {source} passes its gradient {upstream} on unchanged")
RECEIVES_BACK = Sentence("{target} receives {received}: {source} passes its gradient {upstream} back as {vjp}")
OPERAND = Sentence(" as operand {n}")
INDEX = Sentence(" at index {index}")
PULL_BACK = Sentence("pull-back of {op}")  # of `formulas.reading.vjp`
NO_VALUE = Sentence("{op} has no value for these operands")  # of `not_finite.birth`
TOO_LARGE = Sentence("the result lies beyond the largest number that {dtype} holds")

BIRTH = ". Here the first "  # begins the sentence about the first number that is not finite
AGAIN = ". Together with the "  # begins what a second contribution makes of a gradient


class Sentences:
    """What to say about the events of one graph.

    Args:
        names: what each node is called.
        root: the node whose gradient the pass starts with; formulas call it L, unless another node has that name.
        data: what was recorded of each node.
    """

    def __init__(self, names: dict[Node, Name], root: Node, data: dict[Node, Data]):
        self.labels = {node: name.label for node, name in names.items()}
        self.root, self.data = root, data
        others = {label for node, label in self.labels.items() if node is not root}
        self.loss = loss_name(self.labels[root], others)
        self.upstream = "g" if "g" not in others else "upstream"
        self.born = False  # whether a number that is not finite was there already
        self.readings: dict[Node, tuple[list[Symbol], Symbol]] = {}

    def forward(self, node: Node) -> str:
        """What was computed, and of which numbers."""
        op, label, result = _op(node), self.labels[node], number(self.data[node])
        _, formula = self._read(node)
        if isinstance(node, Tensor):
            shapes = " and ".join(str(x.shape) for x in node.inputs if isinstance(x, Tensor))
            shape = SHAPES.format(shapes=shapes, shape=node.shape)
            return f"{label} = {formula} = {result}{shape}{self._birth(node)}"
        figures = symbols.forward(op, [Symbol.figure(number(self.data[x])) for x in node.inputs], node.attrs)
        return f"{label} = {formula} = {figures} = {result}{self._birth(node)}"

    def _birth(self, node: Node) -> str:
        """A sentence about the first inf or nan of the forward pass, where it is made of finite numbers; else ""."""
        found = None if self.born else birth(_op(node), node, node.inputs, node.attrs)
        self.born = self.born or not is_finite(node)
        if found is None:
            return ""
        place = INDEX.format(index=list(found.place)) if found.place else ""
        pattern = BORN_OF if found.place and found.operands else BORN
        operands = " and ".join(map(number, found.operands))
        return pattern.format(number=number(found.number), place=place, operands=operands, why=found.why)

    def _birth_of_gradient(self, step: Step, sentence: str) -> str:
        """The same of the backward pass, where all numbers of the forward pass are finite.

        Args:
            sentence: what is said before.
        """
        if self.born or is_finite(step.contribution):
            return ""
        self.born = True
        values = host(step.contribution)
        first = float(values[~np.isfinite(values)].flat[0])
        op = _op(step.node)
        why = WHY.format(op=op.name, why=said) if (said := domain(op)) and said not in sentence else ""
        return BORN_BACKWARD.format(number=number(first)) + why

    def seed(self, given: Data, chosen: bool) -> tuple[str, str]:
        """(formula, sentence) of the gradient that the root starts with.

        Args:
            chosen: the user gave it.
        """
        label, value = self.labels[self.root], number(given)
        formula = f"{self._gradient(self.root)} = {value}"
        if chosen:
            return formula, SEED_GIVEN.format(label=label, formula=formula)
        return formula, SEED.format(label=label, loss=self.loss, formula=formula)

    def backward(self, step: Step, row: dict[str, Any], first: bool) -> tuple[str, str]:
        """(formula, sentence) of a contribution.

        Args:
            row: the numbers of the event, under the names of its fields.
            first: nothing has reached the receiving node before.
        """
        formula, sentence = (self._of_tensor if isinstance(step.node, Tensor) else self._of_value)(step, row)
        op = _op(step.node)
        why = explanation(op, [self.data[x] for x in step.node.inputs])
        if why and not sentence.endswith(" on unchanged"):
            sentence += WHY.format(op=op.name, why=why)
        sentence += self._birth_of_gradient(step, sentence)
        if not first:
            sentence += TOGETHER.format(had=number(row["grad_before"]), has=number(row["grad"]))
        return formula, sentence

    def _of_value(self, step: Step, row: dict[str, Any]) -> tuple[str, str]:
        node, receiver = step.node, step.input
        source, target = self.labels[node], self.labels[receiver]
        upstream, local, received = (number(row[key]) for key in ("upstream", "local", "contribution"))
        slope = f"∂{source}/∂{target}"
        figures = f"{upstream} · {f'({local})' if local[0] == '-' else local}"
        formula = f"{self._gradient(receiver)} += {self._gradient(node)} · {slope} = {figures} = {received}"
        operands, rule = self._read(node)
        derivative = str(symbols.local_derivative(_op(node), step.position, operands, node.attrs, rule))
        if derivative != local:
            slope += f" = {derivative}"
        return formula, RECEIVES.format(
            target=target,
            received=received + _place(step),
            source=f"{source} = {rule}",
            upstream=upstream,
            slope=f"{slope} = {local}",
        )

    def _of_tensor(self, step: Step, row: dict[str, Any]) -> tuple[str, str]:
        node, receiver = step.node, step.input
        source, target = self.labels[node], self.labels[receiver]
        op, (operands, rule) = _op(node), self._read(node)
        result = rule if op.elementwise else source
        g = Symbol.named(self.upstream, node.shape)
        vjp = str(symbols.vjp(op, step.position, operands, node.attrs, g, result))
        formula = f"{self._gradient(receiver)} += {vjp}{WITH.format(g=g, gradient=self._gradient(node))}"
        sentence = (RECEIVES_UNCHANGED if vjp == str(g) else RECEIVES_BACK).format(
            target=target,
            received=number(row["contribution"]) + _place(step),
            source=f"{source} = {rule}",
            upstream=f"{g} = {number(row['upstream'])}",
            vjp=vjp,
        )
        if receiver.shape != node.shape:
            shapes = {"shapes": node.shape, "shape": receiver.shape}
            formula, sentence = formula + SHAPES.format(**shapes), sentence + RESHAPED.format(**shapes)
        return formula, sentence

    def _gradient(self, node: Node) -> str:
        return f"∂{self.loss}/∂{self.labels[node]}"

    def _read(self, node: Node) -> tuple[list[Symbol], Symbol]:
        """(operands, formula) of a computed node."""
        if node not in self.readings:
            operands = [self._symbol(x) for x in node.inputs]
            self.readings[node] = operands, symbols.forward(_op(node), operands, node.attrs)
        return self.readings[node]

    def _symbol(self, node: Node) -> Symbol:
        """A node in a formula: an unnamed constant as its number, everything else by its label."""
        data = self.data[node]
        if not node.requires_grad and not node.name and isinstance(data, float):
            return Symbol.number(data)
        return Symbol.named(self.labels[node], node.shape if isinstance(node, Tensor) else ())


def _place(step: Step) -> str:
    """Which operand, where the receiver is more than one: in `a * a` each gives its own contribution."""
    twice = sum(operand is step.input for operand in step.node.inputs) > 1
    return OPERAND.format(n=step.position + 1) if twice else ""


def _op(node: Node) -> Operation:
    assert node.op is not None
    return node.op
