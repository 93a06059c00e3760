"""What the page of a trace has besides, if it computes: the graph, its rules as JavaScript, and controls.

The player stays as it is: `live.js` overwrites what `page.js` shows with numbers that it has computed.
"""

from __future__ import annotations

from typing import Any

from tinygrad_edu.graph.operation import REGISTRY, Elementwise
from tinygrad_edu.tapes.javascript_code import UnwritableError
from tinygrad_edu_words import N_, _, grouped

from ..javascript.assemble import graph_program
from ..javascript.calls import calls
from ..javascript.graph import ComputedGraph, computed_graph
from ..javascript.optimizers import optimizers
from ..javascript.sentences import sentence_parts
from ..javascript.tables import Table
from ..pictures.scene import Scene
from ..predicting.mistakes import Mistake
from ..predicting.recorded_rules import Rules
from ..trace import Trace
from . import scene_svg
from .page_data import trace_data
from .page_parts import Parts, words_of_one
from .parts import packaged

MOST = 400  # nodes; with more a change of a number is too slow to follow a finger
ROOM = len("-1.23457e-05")  # characters of the longest usual number, for which boxes have room
FOLLOWS = N_(
    "Any input may be changed; what is computed from it is what was recorded, whatever an if of Python would do."
)
SCRIPTS = (
    *("live.js", "learning.js", "live_link.js", "live_drawing.js", "live_controls.js"),
    *("predicting.js", "predict.js"),
)
LEARNED = ("w", "W", "b", "θ")  # how names of what is learned begin


def live_graph(trace: Trace, *others: Trace) -> ComputedGraph:
    """The graph that a page computes anew.

    Args:
        others: the same function with other numbers; see `computed_graph`.
    Raises:
        UnwritableError: a page can only replay what was recorded; the message says why.
    """
    if len(trace.nodes) > MOST:
        text = _("a page computes up to {most} nodes, and this graph has {n}")
        raise UnwritableError(text.format(most=MOST, n=grouped(len(trace.nodes))))
    if not any(node.requires_grad for node in trace.nodes.values() if node.op is None):
        raise UnwritableError(_("no input has a gradient"))
    if trace.nodes[trace.root].op is None:
        raise UnwritableError(_("nothing is computed"))
    start = next(event for event in trace.events if event.kind == "backward")
    if start.grad != 1.0:
        raise UnwritableError(_("the backward pass starts with another gradient than 1"))
    return computed_graph(trace, *others)


def live_pass(trace: Trace, scene: Scene, graph: ComputedGraph) -> Parts:
    """Of a trace, as `one_pass`, with the program that computes it."""
    data = trace_data(trace, scene)
    for node in data["nodes"]:
        node["lines"] = [""]
    kept = {"kind", "node", "inputs", "from", "position"}
    data["steps"] = [{key: value for key, value in step.items() if key in kept} for step in data["steps"]]
    data["live"] = live_content(trace, graph)
    return live_parts(data, len(trace.events), scene_svg.draw(scene, trace), graph.operations)


def live_content(trace: Trace, graph: ComputedGraph) -> dict[str, Any]:
    """What `live.js` and `predict.js` know of a trace."""
    return {
        "nodes": graph.nodes,
        "root": graph.root,
        "parts": sentence_parts(trace),
        "mistakes": _mistakes(trace),
        "advice": {str(mistake): [_(mistake), mistake.advice] for mistake in Mistake},
        "learning": _learning(trace),
    }


def live_parts(data: dict[str, Any] | None, last: int | str, svg: str, operations: Table) -> Parts:
    """Of what is known of a trace, and of its picture, the page that computes."""
    words = dict.fromkeys(("buttons", "loss"), "")
    words["keys"] = " " + _("<kbd>u</kbd> updates what learns, <kbd>z</kbd> undoes, <kbd>p</kbd> asks you to predict,")
    words |= words_of_one()
    script = "\n".join(map(packaged, SCRIPTS))
    return Parts(
        data,
        last,
        {**words, "svg": svg, "live": packaged("live.html")},
        style=packaged("live.css"),
        script=script,
        program=graph_program(operations, optimizers(), calls()),
    )


def _learning(trace: Trace) -> list[int]:
    """The places of the inputs that learn at first: those that sound like weights, or else all that can."""
    can = [(place, n) for place, n in enumerate(trace.nodes.values()) if n.op is None and n.requires_grad]
    sounds = [place for place, node in can if (node.name or "").startswith(LEARNED)]
    return sounds or [place for place, _ in can]


def _mistakes(trace: Trace) -> list[Any]:
    """For each operand of each node what `predicting.js` needs to tell the mistakes of `predicting/mistakes.py` apart.

    `derivative`, the right one; `others`, [position, name] of operands whose derivative may be taken for this one's;
    `atInput` and `atOutput`, the derivative as it reads at the wrong point.
    """
    rules = Rules(trace)
    found: list[Any] = []
    for node in trace.nodes.values():
        op = REGISTRY.get(node.op or "")
        if not isinstance(op, Elementwise):
            found.append(None)
            continue
        found.append([_of_operand(rules, trace, node.id, op, k) for k in range(len(node.inputs))])
    return found


def _of_operand(rules: Rules, trace: Trace, node_id: str, op: Elementwise, position: int) -> dict[str, Any] | None:
    if op.rules[position] is None:
        return None
    inputs = trace.nodes[node_id].inputs
    others = []
    for other, operand in enumerate(inputs):
        is_setting = trace.nodes[operand].is_plain_number and op.name != "multiply"  # the 2 of x**2
        if other != position and operand != inputs[position] and op.rules[other] is not None and not is_setting:
            others.append([other, str(rules.symbol(operand))])
    if isinstance(op.rules[position], float):
        others = []
    entry: dict[str, Any] = {"derivative": rules.derivative(node_id, position), "others": others}
    if all(trace.nodes[x].is_plain_number for k, x in enumerate(inputs) if k != position):
        entry["atInput"] = rules.derivative(node_id, position, result=inputs[position])
        entry["atOutput"] = rules.derivative(node_id, position, operand=node_id)
    return entry
