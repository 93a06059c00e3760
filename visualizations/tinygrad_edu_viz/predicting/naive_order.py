"""Why order matters: the tempting recursive backward pass, beside the right one.

In the tempting order each node passes its gradient on to its inputs as soon as it receives a contribution. A node that
is used twice passes on what it has so far, and later passes it on again, in the sum. The right order waits: a node
passes its gradient on once, when all of its consumers have given their contributions (see `graph/backprop.py`).

The recursion also walks every path of the graph, and a graph of n nodes can have 2^n paths.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from tinygrad_edu_words import _, grouped

from ..readable import number
from ..recording.contents import Data, Event, plain
from ..trace import Trace
from .recorded_rules import Rules

LIMIT = 200  # steps that are computed

Edges = dict[str, list[Event]]


@dataclass(frozen=True, slots=True)
class Passing:
    """One contribution of the naive order: `source` passes the gradient that it has so far on to `node`.

    Attributes:
        position: `node` is this input of `source`, from 0.
        upstream: the gradient of `source` so far.
        contribution: what is added.
        grad_before, grad: the gradient of `node` before and after.
    """

    source: str
    position: int
    node: str
    upstream: Data
    contribution: Data
    grad_before: Data
    grad: Data


@dataclass(frozen=True, slots=True)
class NaiveOrder:
    """What the naive order does.

    Attributes:
        steps: its contributions, at most as many as the limit.
        total: how many there are, one for each path that leads from the root to an edge.
        gradients: of each node after `steps`; the root's is what the pass starts with.
        parting: the place in `steps` of the first that the right order does not have; None if there is none.
        wrong: the nodes whose gradients are wrong in the end; () while `steps` are not all.
        why: what is to be seen, in sentences.
    """

    steps: tuple[Passing, ...]
    total: int
    gradients: dict[str, Data]
    parting: int | None
    wrong: tuple[str, ...]
    why: str


def naive_order(trace: Trace, limit: int = LIMIT) -> NaiveOrder:
    """Run the naive order on a recorded graph.

    Args:
        limit: how many steps are computed; `total` tells how many there would be.
    Raises:
        ArgumentError: the trace does not have all numbers of an array, or has an operation that is not known here.
    """
    rules, edges = Rules(trace), _edges(trace)
    gradients: dict[str, Any] = {}
    steps = tuple(islice(_steps(trace, rules, edges, gradients), limit))
    total = _count(trace, edges)
    parting = _parting(steps, edges)
    recorded = {node: plain(gradient) for node, gradient in gradients.items()}
    right = trace.gradients_after(len(trace.events))
    complete = len(steps) == total
    wrong = tuple([node for node in right if complete and not _equal(recorded[node], right[node])])
    why = _Explanation(trace, edges, steps, total).why(parting, wrong)
    return NaiveOrder(steps, total, recorded, parting, wrong, why)


def _edges(trace: Trace) -> Edges:
    """The contributions that each node gives in the right order."""
    edges: Edges = {}
    for event in trace.events:
        if event.source is not None:
            edges.setdefault(event.source, []).append(event)
    return edges


def _steps(trace: Trace, rules: Rules, edges: Edges, gradients: dict[str, Any]) -> Iterator[Passing]:
    """The recursion, depth first, with a stack of its own as Python's has an end; fills `gradients`."""
    start = next(event for event in trace.events if event.kind == "backward")
    gradients[trace.root] = rules.gradient(trace.root, start.grad)
    passing = [iter(edges.get(trace.root, ()))]  # what each node on the way from the root has still to pass on
    while passing:
        event = next(passing[-1], None)
        if event is None:
            passing.pop()
            continue
        source, node = str(event.source), event.node
        upstream, before = gradients[source], gradients.get(node)
        contribution = rules.reading(source).vjp(int(event.position or 0), upstream)
        with np.errstate(all="ignore"):
            gradients[node] = contribution if before is None else before + contribution
        yield Passing(
            source,
            int(event.position or 0),
            node,
            plain(upstream),
            plain(contribution),
            0.0 if before is None else plain(before),
            plain(gradients[node]),
        )
        passing.append(iter(edges.get(node, ())))  # at once: the others that use the node have not had their turn


def _count(trace: Trace, edges: Edges) -> int:
    """The number of steps of the recursion: a node passes on as often as there are paths to it."""
    paths: Counter[str] = Counter({trace.root: 1})
    for events in edges.values():  # consumers before their inputs, as in the right order
        for event in events:
            paths[event.node] += paths[str(event.source)]
    return paths.total() - 1


def _parting(steps: tuple[Passing, ...], edges: Edges) -> int | None:
    """The first step that passes on another gradient than the complete one, or passes one on a second time."""
    done: set[tuple[str, int]] = set()
    for place, step in enumerate(steps):
        edge = step.source, step.position
        if edge in done or not _equal(step.upstream, edges[step.source][0].upstream):
            return place
        done.add(edge)
    return None


def _equal(one: Data, other: Data | None) -> bool:
    return bool(np.allclose(np.asarray(one, dtype=float), np.asarray(other, dtype=float), 1e-6, 0.0, equal_nan=True))


@dataclass(frozen=True, slots=True)
class _Explanation:
    """What to say of the two orders."""

    trace: Trace
    edges: Edges
    steps: tuple[Passing, ...]
    total: int

    def why(self, parting: int | None, wrong: tuple[str, ...]) -> str:
        right = sum(map(len, self.edges.values()))
        if self.total > len(self.steps):
            text = _(
                "The recursion walks every path, and would take {total} steps; the right order takes {right}. It was "
                "stopped after {done}."
            )
            count = text.format(total=grouped(self.total), right=grouped(right), done=len(self.steps))
            return count if parting is None else f"{self._parted(parting)} {count}"
        if parting is None:
            return self._agreed()
        if not wrong:
            chance = _("Yet with these numbers, the gradients in the end are the same by chance.")
            return f"{self._parted(parting)} {chance}"
        names = ", ".join(self.trace.nodes[node].label for node in wrong)
        return f"{self._parted(parting)} {_('In the end wrong: the gradient of {names}.').format(names=names)}"

    def _agreed(self) -> str:
        twice = [node for node, uses in self._uses().items() if uses > 1]
        if not twice:
            return _("Both orders agree: no node is used twice, so none has to wait for a second contribution.")
        names = ", ".join(self.trace.nodes[node].label for node in twice)
        return _(
            "Both orders agree: what is used several times ({names}) was not computed, so it passes nothing on. Use "
            "the result of an operation twice to see them part."
        ).format(names=names)

    def _uses(self) -> Counter[str]:
        return Counter(event.node for events in self.edges.values() for event in events)

    def _parted(self, place: int) -> str:
        """Where the orders part, and what comes of it."""
        step = self.steps[place]
        source, upstream = self.trace.nodes[step.source].label, number(step.upstream)
        complete = number(self.edges[step.source][0].upstream or 0.0)
        came = sum(other.node == step.source for other in self.steps[:place])
        text = _(
            "They part at step {step}: {node} has received {came} of its {all} contributions, and passes {upstream} on "
            "at once. The right order waits until the gradient of {node} is complete, {complete}, and passes that on "
            "once."
        )
        text = text.format(
            step=place + 1,
            node=source,
            came=came,
            all=self._uses()[step.source],
            upstream=upstream,
            complete=complete,
        )
        again = range(place + 1, len(self.steps))
        edge = step.source, step.position
        for later in again:
            if (self.steps[later].source, self.steps[later].position) == edge:
                second = number(self.steps[later].upstream)
                twice = _(
                    "At step {step} {node} passes on {sum}, its sum so far, and so counts the {upstream} twice."
                ).format(step=later + 1, node=source, sum=second, upstream=upstream)
                return f"{text} {twice}"
        return text
