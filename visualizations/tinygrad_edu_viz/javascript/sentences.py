"""The sentences of a trace as texts with slots, which `sentences.js` fills in with other numbers.

What `recording/sentences.py` says depends on numbers in four ways, and each has its entry here: the figures of a
formula, whose brackets depend on signs, and which is shorter where figures are equal; what the docstring says of 0 or
of equal operands; and what is said of the first number that is not finite.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

from tinygrad_edu.derivatives.not_finite import domain
from tinygrad_edu.formulas import reading as symbols
from tinygrad_edu.formulas.symbol import Symbol
from tinygrad_edu.graph.operation import REGISTRY, Operation
from tinygrad_edu_words import _
from tinygrad_edu_words.sentences import reason

from ..notation import clauses
from ..readable import loss_name
from ..recording.contents import restored
from ..trace import Trace
from .tables import key_of

Attrs = dict[str, Any] | None


def sentence_parts(trace: Trace) -> dict[str, Any]:
    """What `new Sentences(parts, nodes)` takes, as JSON, for a trace that `computed_graph` takes.

    `nodes` has for each node its label, and of a computed one the formula and its slopes by its operands; `operations`
    what does not depend on the graph, by the keys of `OPS`.
    """
    nodes: list[dict[str, Any]] = []
    operations = {}
    for node in trace.nodes.values():
        if node.op is None:
            nodes.append({"label": node.label})
            continue
        op, attrs = REGISTRY[node.op], restored(node.attrs) or None
        operands = [_symbol(trace, name) for name in node.inputs]
        formula = symbols.forward(op, operands, attrs)
        slopes = [
            None if rule is None else str(symbols.local_derivative(op, k, operands, attrs, formula))
            for k, rule in enumerate(op.rules)
        ]
        nodes.append({"label": node.label, "formula": str(formula), "slopes": slopes})
        operations[key_of(op, attrs)] = _operation(op, attrs)
    label = trace.nodes[trace.root].label
    others = {node.label for node in trace.nodes.values() if node.id != trace.root}
    return {"nodes": nodes, "operations": operations, "loss": loss_name(label, others)}


def _symbol(trace: Trace, name: str) -> Symbol:
    node = trace.nodes[name]
    return Symbol.number(float(node.data)) if node.is_plain_number else Symbol.named(node.label, ())  # type: ignore[arg-type]


def _operation(op: Operation, attrs: Attrs) -> dict[str, Any]:
    said = [(_(text), cases) for text, cases in clauses(op)]
    return {"name": op.name, "figures": figures(op, attrs), "clauses": said, "domain": reason(domain(op))}


def figures(op: Operation, attrs: Attrs = None) -> dict[str, str]:
    """The formula of an operation with the slots ⟦0⟧, ⟦1⟧, ... for its operands' figures.

    The usual text has the key "". Where signs change it, the key has a sign for each operand; where equal figures do
    too, there stands behind it for each operand the first one that has the same figure.

    >>> figures(REGISTRY["multiply"])
    {'': '⟦0⟧ · ⟦1⟧', '+-': '⟦0⟧ · (⟦1⟧)', '--': '⟦0⟧ · (⟦1⟧)'}
    """
    arity = len(op.rules)
    usual = _text(op, attrs, "+" * arity, range(arity))
    found = {"": usual}
    for signs in map("".join, product("+-", repeat=arity)):
        text = _text(op, attrs, signs, range(arity))
        if text != usual:
            found[signs] = text
        for alike in _partitions(signs):
            if (merged := _text(op, attrs, signs, alike)) != _filled(text, alike):
                found[signs + "".join(map(str, alike))] = merged
    return found


def _partitions(signs: str) -> Iterator[tuple[int, ...]]:
    """Which operands may have the same figure: for each the first one of its kind; not that all differ."""
    for alike in product(*[range(k + 1) for k in range(len(signs))]):
        if all(alike[first] == first and signs[first] == signs[k] for k, first in enumerate(alike)) and len(
            set(alike)
        ) < len(signs):
            yield alike


def _text(op: Operation, attrs: Attrs, signs: str, alike: Any) -> str:
    negative = "-⟪{}⟫"  # the sign belongs to the figure, not to the formula around it
    given = [Symbol.figure((negative if x == "-" else "⟦{}⟧").format(k)) for k, x in zip(alike, signs, strict=True)]
    return str(symbols.forward(op, given, attrs)).replace("-⟪", "⟦").replace("⟫", "⟧")


def _filled(text: str, alike: tuple[int, ...]) -> str:
    for k, first in enumerate(alike):
        text = text.replace(f"⟦{k}⟧", f"⟦{first}⟧")
    return text
