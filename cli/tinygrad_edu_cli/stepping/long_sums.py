"""Long sums, such as the 64 products of a unit of a network: in the lines only their largest terms are shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tinygrad_edu_viz import Trace
from tinygrad_edu_viz.readable import number
from tinygrad_edu_viz.recording.contents import Event, TraceNode
from tinygrad_edu_words import _
from tinygrad_edu_words.sentences import spoken

SHOWN = 10  # terms of a sum


@dataclass(slots=True)
class LongSum:
    """A sum of more than `SHOWN` numbers: a tree of additions whose results nothing else uses.

    Attributes:
        root: the id of the sum.
        additions: the ids of the additions, with that of the root.
        terms: the ids of what is added, in order.
        largest: the `SHOWN` of them that are largest, in order.
        products: the terms that are computed from two numbers for this sum alone, and nothing else.
    """

    root: str
    additions: set[str] = field(default_factory=set)
    terms: list[str] = field(default_factory=list)
    largest: list[str] = field(default_factory=list)
    products: set[str] = field(default_factory=set)


class LongSums:
    """The long sums of a trace, and what the lines say of them."""

    def __init__(self, trace: Trace):
        self.trace = trace
        self.forward = {event.node: event for event in trace.events if event.kind == "forward"}
        self.sums = {found.root: found for found in _long_sums(trace)}
        self.of = {node: found for found in self.sums.values() for node in (*found.additions, *found.products)}
        self.passed: set[str] = set()  # the sums whose backward pass was told
        self.left_out: Counter[str] = Counter()  # contributions to factors of terms that are not shown, by their sum

    def lines(self, event: Event) -> list[str] | None:
        """What to say of an event of a long sum; None of any other event, and of what its largest terms give."""
        found = self.of.get(event.source or event.node)
        if found is None or (event.kind == "backward" and event.source is None):
            return None
        if event.kind == "forward":
            return [*self._computed(found)] if event.node == found.root else []
        if event.source in found.products:
            self.left_out[found.root] += event.source not in found.largest
            return None if event.source in found.largest else []
        if found.root in self.passed:
            return []
        self.passed.add(found.root)
        label = self.trace.nodes[found.root].label
        text = _("Each of the {n} terms receives {g}, the gradient of {sum}: a sum passes it on unchanged").format(
            n=len(found.terms), g=number(event.upstream or 0.0), sum=label
        )
        more = found.products & {*found.largest}
        return [f"{text}. {_('What the {n} largest pass on:').format(n=SHOWN)}" if more else text]

    def _computed(self, found: LongSum) -> Iterator[str]:
        nodes = self.trace.nodes
        others = sum(_number(nodes[term]) for term in found.terms if term not in found.largest)
        yield _("{sum} = the sum of {n} terms = {result}. The {shown} largest:").format(
            sum=nodes[found.root].label, n=len(found.terms), result=number(nodes[found.root].data), shown=SHOWN
        )
        for term in found.largest:
            yield "  " + (
                spoken(self.forward[term].text) if term in self.forward else f"{term} = {number(nodes[term].data)}"
            )
        count = len(found.terms) - len(found.largest)
        yield "  " + _("The other {n}, together {sum}, are left out.").format(n=count, sum=number(others))

    def end(self) -> list[str]:
        """What was left out of the backward pass."""
        count = sum(self.left_out.values())
        text = _("{n} contributions to the factors of the other terms are left out: --full prints them all.")
        return ["  " + text.format(n=count)]

    @property
    def hidden(self) -> set[str]:
        """What was given for the terms that are not shown, and for nothing else."""
        nodes = self.trace.nodes
        aside = {term for found in self.sums.values() for term in found.terms if term not in found.largest}
        users = {x: set[str]() for x in nodes}
        for node in nodes.values():
            for operand in node.inputs:
                users[operand].add(node.id)
        products = aside & self.of.keys()
        bare = {term for term in aside if users[term] <= self.of.keys()}
        given = bare | {x for product in products for x in nodes[product].inputs if users[x] <= products}
        return {x for x in given if nodes[x].op is None}


def _number(node: TraceNode) -> float:
    assert isinstance(node.data, float)
    return node.data


def _long_sums(trace: Trace) -> Iterator[LongSum]:
    nodes = trace.nodes
    uses = Counter(operand for node in nodes.values() for operand in node.inputs)
    inner: set[str] = set()
    for node in reversed(nodes.values()):  # a sum before its parts
        if node.op != "add" or node.shape or node.id in inner:
            continue
        found, waiting = LongSum(node.id), [node.id]
        while waiting:
            part = nodes[waiting.pop()]
            if part.op == "add" and (part.id == node.id or (uses[part.id] == 1 and not part.name)):
                found.additions.add(part.id)
                waiting += reversed(part.inputs)
            else:
                found.terms.append(part.id)
        inner |= found.additions
        if len(found.terms) > SHOWN and all(isinstance(nodes[term].data, float) for term in found.terms):
            ranked = sorted(found.terms, key=lambda term: -abs(_number(nodes[term])))[:SHOWN]
            found.largest = [term for term in found.terms if term in ranked]
            found.products = {term for term in found.terms if nodes[term].op == "multiply" and uses[term] == 1}
            yield found
