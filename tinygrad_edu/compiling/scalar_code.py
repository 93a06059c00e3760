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
from .names import different, of_node
from .recording import Event, Source
from .scalar_recording import ScalarRecording

OWN = "examples", "parameters", "n", "loss", "others"  # names that the text has for itself


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
        player = _Player(recording, len(names))
        found = different([*names, *map(of_node, self.leaves)], {*NAMES, *OWN})
        gradients = player.gradients()
        learned = [k for k, leaf in enumerate(player.leaves) if leaf in gradients]
        self.learned = [self.leaves[k] for k in learned]
        named = {f"d_{found[len(names) + k]}": gradients[player.leaves[k]] for k in learned}
        self.source = _text(player.tape, found, len(names), player.forward, player.outputs, named)
        self.run: Callable[..., Any] = function_of(self.source, "step", dict(NAMES))


class _Traced(Node):
    """A node whose number is an operand on a tape."""

    __slots__ = ("inputs", "namespace")

    keeps_grad = False

    def __init__(self, namespace: Any, data: Any, tracked: bool = False):
        self.namespace, self._data, self._tracked = namespace, data, tracked
        self.op, self.inputs, self.attrs, self._name = None, (), None, None
        self.serial = next(SERIAL)

    def _seed(self, gradient: Any, create_graph: bool) -> float:
        return 1.0


class _Player:
    """Does again what was recorded, with operands of a tape; the first places are the arguments', then the leaves'.

    Attributes:
        leaves: the nodes that stand for those of the recording.
        outputs: what the function gives, flat; the loss is the first.
        forward: how many calls the forward pass has.
    """

    def __init__(self, recording: ScalarRecording, arguments: int):
        self.tape = Tape(computes=False)
        self._reading = Reading(self.tape, PYTHON)
        self._arguments = [_Traced(self._reading, self.tape.input(None)) for _ in range(arguments)]
        self.leaves = [_Traced(self._reading, self.tape.input(None), learns) for _, learns in recording.leaves]
        self._leaves = {id(value): node for (value, _), node in zip(recording.leaves, self.leaves, strict=True)}
        self._results: list[_Traced] = []
        for event in recording.events:
            self._results.append(self._play(event))
        nodes = [self._node(source) for sources, _ in recording.outputs for source in sources]
        self._loss, self.outputs, self.forward = nodes[0], [node._data for node in nodes], len(self.tape.calls)

    def gradients(self) -> dict[Node, Any]:
        """Those of the loss, for all nodes that it depends on; the backward pass is noted, too."""
        return {self._loss: 1.0} | {step.input: step.gradient for step in backprop(self._loss)}

    def _play(self, event: Event) -> _Traced:
        attrs = {name: source.key.item for name, source in event.attrs.items()}
        inputs = tuple(map(self._node, event.operands))
        result = _Traced(
            self._reading, event.what.forward(self._reading, *[x._data for x in inputs], **attrs), event.tracked
        )
        if event.tracked:
            result.op, result.inputs, result.attrs = event.what, inputs, attrs or None
        return result

    def _node(self, source: Source) -> _Traced:
        if source.kind == "result":
            return self._results[source.key]
        if source.kind == "argument":
            return self._arguments[source.key]
        return _Traced(self._reading, source.key.item) if source.kind == "plain" else self._leaves[id(source.key.item)]


def _text(
    tape: Tape, names: list[str], arguments: int, forward: int, outputs: list[Any], gradients: dict[str, Any]
) -> str:
    """The text of a loop over examples.

    Args:
        names: of the arguments, and then of the leaves.
        forward: how many calls the forward pass has.
        outputs: the loss, and what else there is of each example.
        gradients: by the names that they get.
    """
    terms = _Terms(tape, arguments)
    loss, *others = outputs
    sums = {"loss": terms.of(loss)} | {name: terms.of(gradient) for name, gradient in gradients.items()}
    changing = {name: [x for x in found if terms.changes(x)] for name, found in sums.items()}
    fixed = {name: [x for x in found if not terms.changes(x)] for name, found in sums.items()}

    writer = Writer(PYTHON, tape, dict(enumerate(names)), [x for found in sums.values() for x in found] + others)
    inner = writer.needed & terms.changing
    used = {place for inside in inner for place in writer.reads[inside]}
    before = writer.lines(writer.needed - inner, keep=used.__contains__)
    loop = ["# forward", *writer.lines({place for place in inner if place < forward})]
    loop += [f"loss += {writer.text(x)}" for x in changing["loss"]]
    if others:
        loop.append(f"others.append(({', '.join(map(writer.text, others))},))")
    second = writer.lines({place for place in inner if place >= forward})
    second += [f"{name} += {writer.text(x)}" for name in gradients for x in changing[name]]
    loop += ["# backward", *second] if second else []

    means = {
        name: " + ".join([*([f"{name} / n"] if changing[name] else []), *map(writer.text, fixed[name])])
        for name in sums
    }
    started = [name for name in sums if changing[name]]
    lines = [
        *([f"{', '.join(names[arguments:])}, = parameters"] if names[arguments:] else []),
        "n, others = len(examples), []" if others else "n = len(examples)",
        *([" = ".join([*started, "0.0"])] if started else []),
        *before,
        *([f"for {', '.join(names[:arguments])}, in examples:"] if loop[1:] else []),
        *[f"    {line}" for line in loop if loop[1:]],
        f"return {means.pop('loss')}, [{', '.join(means.values())}], {'others' if others else '[]'}",
    ]
    return function_text("step", ["parameters", "examples"], lines)


class _Terms:
    """Which results differ from example to example, and the terms of a sum that do not.

    Attributes:
        changing: the places of those that depend on an argument, which stand first on the tape.
    """

    def __init__(self, tape: Tape, arguments: int):
        self._calls = tape.calls
        self.changing = set(range(arguments))
        for place, call in enumerate(tape.calls):
            if not self.changing.isdisjoint([x.place for x in operands_of(call)]):
                self.changing.add(place)

    def changes(self, result: Any) -> bool:
        return isinstance(result, Tracer) and result.place in self.changing

    def of(self, result: Any) -> list[Any]:
        """A result as a sum, from which terms are split that are the same for all examples."""
        found, waiting = [], [result]
        while waiting:
            term = waiting.pop()
            operands = self._calls[term.place].operands if self._is_sum(term) else ()
            if self.changes(term) and operands and not all(map(self.changes, operands)):
                waiting += reversed(operands)
            else:
                found.append(term)
        return found

    def _is_sum(self, result: Any) -> bool:
        return isinstance(result, Tracer) and self._calls[result.place].name == "add"
