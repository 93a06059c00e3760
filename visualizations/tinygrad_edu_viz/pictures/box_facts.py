"""What a box of a picture is and says, whatever draws it: its kind, its title, its settings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tinygrad_edu.formulas import reading as symbols
from tinygrad_edu.graph.operation import REGISTRY
from tinygrad_edu_words import N_

from ..notation import inputs_are_ordered
from ..readable import number, short
from ..recording.contents import TraceNode, restored
from ..trace import Trace
from ..views.levels import ViewBox

KINDS = {
    "leaf": N_("input with a gradient"),
    "constant": N_("constant"),
    "result": N_("computed"),
    "root": N_("the result"),
    "layer": N_("several nodes"),
}
"""What a legend calls each kind of box."""


def kind_of(box: ViewBox, trace: Trace) -> str:
    """What a drawing shows a box as: a key of the palette's `fills`."""
    node = trace.nodes[box.result]
    if box.collapsed:
        return "layer"
    if node.op is None:
        return "leaf" if node.requires_grad else "constant"
    return "root" if node.id == trace.root else "result"


def is_ordered(node: TraceNode) -> bool:
    """Whether a node is computed from several others, whose order matters."""
    return node.op is not None and inputs_are_ordered(node.op) and len(set(node.inputs)) > 1


def title_of(node: TraceNode, nodes: dict[str, TraceNode]) -> str:
    """What a node is called, and how it is computed where the order of its inputs matters: "n2 = b - a"."""
    return f"{node.label} = {_formula(node, nodes)}" if is_ordered(node) else node.label


def _formula(node: TraceNode, nodes: dict[str, TraceNode]) -> str:
    """The operation with its inputs in order, which arrows alone do not show: "b - a"."""
    sources = [nodes[source] for source in node.inputs]
    names = [number(source.data) if source.is_plain_number else source.label for source in sources]
    if node.op in REGISTRY:
        formula = str(symbols.forward(node.op, names, restored(node.attrs)))
        return short(formula if len(formula) <= 40 else str(symbols.forward(node.op, names)), 40)
    return short(f"{node.op}({', '.join(names)})", 40)


def settings_of(node: TraceNode) -> Iterable[tuple[str, str]]:
    """The attributes of an operation that say something: axis 0, index 0:2."""
    for key, value in node.attrs.items():
        if value is not None and value is not False:
            shown = _numbers_of(value)
            yield (
                key,
                short(", ".join(str(_numbers_of(item)) for item in shown) if isinstance(shown, list) else str(shown)),
            )


def _numbers_of(value: Any) -> Any:
    """A setting without the note of its dtype that is kept beside an array."""
    return value["array"] if isinstance(value, dict) and "array" in value else value
