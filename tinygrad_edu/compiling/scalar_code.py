"""From a recording of a function of Values to Python: its loss and gradients, example by example, in one loop.

The forward pass is read once more, and then the backward pass, with operands that note what is done with them. What
depends on parameters alone, such as a penalty, is computed once, before the loop.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..clock import SERIAL
from ..graph.backprop import backprop
from ..graph.node import Node
from ..tapes.expressions import Reading, Writer
from ..tapes.python_code import NAMES, PYTHON, function_of, function_text
from ..tapes.tape import Tape, Tracer, operands_of
from ..tensors.value import Value
from .names import different, of_node
from .recording import Source
from .scalar_recording import ScalarRecording


class Traced(Node):
    """A node whose number is an operand on a tape."""

    __slots__ = ("inputs", "namespace")

    keeps_grad = False

    def __init__(self, namespace: Any, data: Any, tracked: bool = False, op: Any = None, inputs: Any = (), attrs: Any = None):
        self.namespace, self._data, self._tracked, self._name = namespace, data, tracked, None
        self.op, self.inputs, self.attrs = op, inputs, attrs
        self.serial = next(SERIAL)

    def _seed(self, gradient: Any, create_graph: bool) -> float:
        return 1.0


class ScalarCode:
    """The code of a recorded function.

    Args:
        recording: of an example.
        names: of all its arguments, flat.
    Attributes:
        leaves: the Values whose numbers the code takes.
        learned: those of them that receive gradients.
        source: the text.
        run: run(numbers of the leaves, examples) -> the mean loss, the gradients of it, and for each example what else
            the function gave. An example is the flat tuple of its floats.
    """

    def __init__(self, recording: ScalarRecording, names: Sequence[str]):
        self.leaves = [value for value, _ in recording.leaves]
        self.shapes = [shape for _, shape in recording.outputs]
        tape = Tape(computes=False)
        arguments, leaves = [tape.input(None) for _ in names], [tape.input(None) for _ in self.leaves]
        reading = Reading(tape, PYTHON)
        known: dict[Any, Traced] = {k: Traced(reading, x) for k, x in enumerate(arguments)}
        traced = [Traced(reading, x, learns) for x, (_, learns) in zip(leaves, recording.leaves, strict=True)]
        known |= {id(value): node for value, node in zip(self.leaves, traced, strict=True)}
        results: list[Traced] = []

        def node(source: Source) -> Traced:
            if source.kind == "result":
                return results[source.key]
            if source.kind == "plain":
                return Traced(reading, source.key.item)
            return known[source.key if source.kind == "argument" else id(source.key.item)]

        for event in recording.events:
            attrs = {name: source.key.item for name, source in event.attrs.items()} or None
            inputs = tuple(map(node, event.operands))
            data = event.what.forward(reading, *[x._data for x in inputs], **(attrs or {}))
            made = (event.what, inputs, attrs) if event.tracked else ()
            results.append(Traced(reading, data, event.tracked, *made))

        outputs = [node(source)._data for result, _ in recording.outputs for source in result]
        forward = len(tape.calls)
        loss = node(recording.outputs[0][0][0])
        gradients: dict[Node, Any] = {step.input: step.gradient for step in backprop(loss)}
        learned = [k for k, leaf in enumerate(traced) if leaf in gradients]
        self.learned = [self.leaves[k] for k in learned]
        found = different([*names, *map(of_node, self.leaves)], {*NAMES, *_OWN})
        inputs = dict(zip([x.place for x in [*arguments, *leaves]], found, strict=True))
        self.source = _Text(tape, inputs, len(names), forward, outputs, {
            f"d_{found[len(names) + k]}": gradients[traced[k]] for k in learned
        }).text
        self.run: Callable[..., Any] = function_of(self.source, "step", dict(NAMES))


_OWN = "examples", "parameters", "n", "loss", "others"


class _Text:
    """The text of a loop over examples."""

    def __init__(
        self, tape: Tape, names: dict[int, str], arguments: int, forward: int, outputs: list[Any], gradients: dict[str, Any]
    ):
        self.tape = tape
        self.changing = set(range(arguments))  # the places of what differs between examples
        for place, call in enumerate(tape.calls):
            if not self.changing.isdisjoint([x.place for x in operands_of(call)]):
                self.changing.add(place)
        loss, *others = outputs
        sums = {"loss": self._terms(loss), **{name: self._terms(g) for name, g in gradients.items()}}
        results = [term for terms in sums.values() for term in terms] + others
        self.writer = writer = Writer(PYTHON, tape, names, results)
        fixed = writer.needed - self.changing
        inner = writer.needed & self.changing
        found = list(names.values())
        taken = {read for place in inner for read in writer.reads[place]}
        before = writer.lines(fixed, keep=taken.__contains__)
        text = writer.text
        first = writer.lines({place for place in inner if place < forward})
        first += [f"loss += {text(term)}" for term in sums["loss"] if self._changes(term)]
        if others:
            first.append(f"others.append(({', '.join(map(text, others))},))")
        second = writer.lines({place for place in inner if place >= forward})
        for name, terms in sums.items():
            second += [f"{name} += {text(term)}" for term in terms if name != "loss" and self._changes(term)]
        means = {
            name: " + ".join([f"{name} / n", *[text(term) for term in terms if not self._changes(term)]])
            for name, terms in sums.items()
        }
        examples, leaves = found[:arguments], found[arguments:]
        lines = [
            *([f"{', '.join(leaves)}, = parameters"] if leaves else []),
            f"n, {'others' if others else 'no_others'} = len(examples), []",
            " = ".join([*sums, "0.0"]),
            *before,
            f"for {''.join(f'{name}, ' for name in examples)}in examples:" if examples else "for _ in examples:",
            *[f"    {line}" for line in ["# forward", *first, "# backward", *second]],
            f"return {means.pop('loss')}, [{', '.join(means.values())}], {'others' if others else 'no_others'}",
        ]
        self.text = function_text("step", ["parameters", "examples"], lines)

    def _changes(self, term: Any) -> bool:
        return isinstance(term, Tracer) and term.place in self.changing

    def _terms(self, result: Any) -> list[Any]:
        """The terms of a sum, of which some may be the same for all examples."""
        found, waiting = [], [result]
        while waiting:
            term = waiting.pop()
            call = self.tape.calls[term.place] if isinstance(term, Tracer) else None
            if call is not None and call.name == "add" and not all(map(self._changes, call.operands)) and self._changes(term):
                waiting += reversed(call.operands)
            else:
                found.append(term)
        return found
