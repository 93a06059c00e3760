"""What lesson 8 checks, and what its numbers are computed with."""

from itertools import permutations

import tinygrad_edu as tg
from tinygrad_edu_tutorials.checking import Contract, Exercise, FunctionExercise, Mistake
from tinygrad_edu_tutorials.checking.comparing import plain, same
from tinygrad_edu_viz.predicting.naive_order import naive_order

# For the numbers of the page.


def first_backward(trace):
    """The step with which the backward pass begins."""
    return next(event.step for event in trace.events if event.kind == "backward")


def received(trace, name):
    """The gradient of a node after each of its contributions."""
    node = trace.node(name).id
    return [event.grad for event in trace.events if event.kind == "backward" and event.node == node]


def at_once(trace, name):
    """The gradient of a node if every node passes on what it has, as soon as it has it."""
    return naive_order(trace).gradients[trace.node(name).id]


# The graphs on which backpropagation is checked: named nodes, the last one is called L.


def lecture():
    a, b, c = tg.Value(2.0), tg.Value(-3.0), tg.Value(4.0)
    e = a * b
    return {"a": a, "b": b, "c": c, "e": e, "L": e * c + e}


def early_use():
    """The walk meets e first as an input of L: breadth first it comes too early."""
    a, b, c = tg.Value(2.0), tg.Value(-3.0), tg.Value(4.0)
    e = a * b
    return {"a": a, "b": b, "c": c, "e": e, "L": e + e * c}


def crossing():
    """Two nodes that are used twice, one above the other."""
    a, b = tg.Value(1.5), tg.Value(-2.0)
    p = a * b
    q = p + a
    return {"a": a, "b": b, "p": p, "q": q, "L": q * p + q}


def equal_data():
    """Different nodes that hold the same number: who looks nodes up by their number loses one."""
    a, b = tg.Value(2.0), tg.Value(2.0)
    p = a * 1.0
    q = b * 1.0
    return {"a": a, "b": b, "p": p, "q": q, "L": p * q + p}


GRAPHS = {
    "e = a*b; L = e*c + e": lecture,
    "e = a*b; L = e + e*c": early_use,
    "p = a*b; q = p + a; L = q*p + q": crossing,
    "p = a*1; q = b*1; L = p*q + p": equal_data,
}


# Backpropagation as it should be, and with one thing wrong.


def slopes(node):
    if node.op.name == "add":
        return 1.0, 1.0
    left, right = node.inputs
    return right.data, left.data


def summed(before, upstream, slope):
    return before + upstream * slope


def replaced(before, upstream, slope):
    return upstream * slope


def in_order(L, receive=summed, newest_first=True, start=1.0):
    grads = dict.fromkeys(tg.nodes(L), 0.0)
    grads[L] = start
    for node in sorted(grads, key=lambda n: n.serial, reverse=newest_first):
        for x, slope in zip(node.inputs, slopes(node) if node.inputs else (), strict=True):
            grads[x] = receive(grads[x], grads[node], slope)
    return grads


def as_met(L, take):
    """Each node passes on once, when it is taken from those that were met: 0 is breadth first, -1 depth first."""
    grads, waiting, done = dict.fromkeys(tg.nodes(L), 0.0), [L], set()
    grads[L] = 1.0
    while waiting:
        node = waiting.pop(take)
        if node not in done:
            done.add(node)
            for x, slope in zip(node.inputs, slopes(node) if node.inputs else (), strict=True):
                grads[x] += grads[node] * slope
                waiting.append(x)
    return grads


def is_some_order(theirs):
    """Whether the gradients of each graph are those of some order, in which each node passes on once.

    Who takes the nodes as the set has them gets an order of its own in each run.
    """
    return all(any(same(found, answer, 1e-6) for answer in of_all_orders(case)) for case, found in theirs.items())


def of_all_orders(case):
    nodes = GRAPHS[case]()
    inner = [node for node in tg.nodes(nodes["L"]) if node.inputs]
    for order in permutations(inner):
        grads = dict.fromkeys(tg.nodes(nodes["L"]), 0.0)
        grads[nodes["L"]] = 1.0
        for node in order:
            for x, slope in zip(node.inputs, slopes(node), strict=True):
                grads[x] += grads[node] * slope
        yield plain({f"∂L/∂{name}": grads[node] for name, node in nodes.items()})


def recursive(L):
    """Each node passes on all that it has, each time that it receives something."""
    grads = dict.fromkeys(tg.nodes(L), 0.0)
    grads[L] = 1.0

    def go(node):
        for x, slope in zip(node.inputs, slopes(node) if node.inputs else (), strict=True):
            grads[x] += grads[node] * slope
            go(x)

    go(L)
    return grads


class OnGraphs(Exercise):
    """The gradients of all named nodes."""

    cases = GRAPHS

    def named(self, case, gradients):
        nodes = self.given(case)
        grads = gradients(nodes["L"])
        if not isinstance(grads, dict):
            raise Contract("dictionary", grads, "gradients(L)")
        return {f"∂L/∂{name}": grads[node] for name, node in nodes.items() if node in grads}

    def right(self, case):
        return self.named(case, in_order)

    def wrong(self, model, case):
        return self.named(case, model)


class PassOn(OnGraphs):
    name = "pass_on"
    procedures = ("pass_on",)
    forbids = ("Value.backward", "backprop", "grad")

    def answer(self, learner, case):
        def theirs(L):
            grads = dict.fromkeys(tg.nodes(L), 0.0)
            grads[L] = 1.0
            for node in grads:
                if node.inputs:
                    learner.pass_on(node, grads)
            return grads

        return self.named(case, theirs)

    mistakes = {
        "replaced": lambda L: in_order(L, replaced),
        "slope": lambda L: in_order(L, lambda before, upstream, slope: before + slope),
        "unchanged": lambda L: in_order(L, lambda before, upstream, slope: before + upstream),
        "doubled": lambda L: in_order(L, lambda before, upstream, slope: 2 * before + upstream * slope),
    }
    mutants = {
        "replaced": [{"+= grads[node] * slope": "= grads[node] * slope"}],
        "slope": [{"grads[node] * slope": "slope"}],
        "unchanged": [{"grads[node] * slope": "grads[node]"}],
        "doubled": [{"+= grads[node]": "+= grads[x] + grads[node]"}],
    }
    also_right = [
        {"grads[x] += grads[node] * slope": "grads[x] = slope * grads[node] + grads.get(x, 0.0)"},
    ]


LOOP = """    for node in sorted(grads, key=lambda node: node.serial, reverse=True):
        if node.inputs:
            for x, slope in zip(node.inputs, slopes(node)):
                grads[x] += grads[node] * slope
"""
WITHOUT_ORDER = """    done, waiting = set(), [L]
    while waiting:
        node = waiting.pop({take})
        if node not in done and node.inputs:
            done.add(node)
            for x, slope in zip(node.inputs, slopes(node)):
                grads[x] += grads[node] * slope
                waiting.append(x)
"""
RECURSION = """    def go(node):
        if node.inputs:
            for x, slope in zip(node.inputs, slopes(node)):
                grads[x] += grads[node] * slope
                go(x)

    go(L)
"""


class Walk(OnGraphs):
    name = "walk"
    functions = ("gradients",)
    forbids = ("Value.backward", "backprop", "grad")

    def answer(self, learner, case):
        return self.named(case, learner.gradients)

    mistakes = {
        "start": lambda L: in_order(L, start=0.0),
        "replaced": lambda L: in_order(L, replaced),
        "twice": recursive,
        "order": [
            lambda L: in_order(L, newest_first=False),
            lambda L: as_met(L, 0),
            lambda L: as_met(L, -1),
            Mistake(is_some_order),
        ],
    }
    mutants = {
        "start": [{"grads[L] = 1.0": "grads[L] = 0.0"}],
        "replaced": [{"grads[x] +=": "grads[x] ="}],
        "twice": [{LOOP: RECURSION}],
        "order": [
            {", reverse=True": ""},
            {LOOP: WITHOUT_ORDER.format(take=0)},
            {LOOP: WITHOUT_ORDER.format(take=-1)},
            {"key=lambda node: node.serial": "key=lambda node: abs(node.data)"},
        ],
    }
    shortcuts = [{LOOP: "    L.backward()\n    grads = {node: node.grad for node in grads}\n"}]
    also_right = [
        {"sorted(grads, key=lambda node: node.serial, reverse=True)": "tg.nodes(L)"},
        {"grads[x] += grads[node] * slope": "grads[x] = slope * grads[node] + grads[x]"},
    ]


def descent(steps, lr=0.05, kept=False, forgotten=False):
    """w after each step of gradient descent on (2w - 6)²."""
    w, g, seen = 0.0, 0.0, []
    for _ in range(steps):
        new = 4.0 * (2.0 * w - 6.0)
        g = 0.0 if forgotten else g + new if kept else new
        w -= lr * g
        seen.append(w)
    return seen


class Hunt(FunctionExercise):
    name = "hunt"
    functions = ("train",)
    cases = {"train(5)": (5,), "train(8, 0.02)": (8, 0.02)}
    reference = staticmethod(descent)
    stub_is = "kept"  # it is the bug that they hunt
    mistakes = {
        "kept": lambda *args: descent(*args, kept=True),
        "forgotten": lambda *args: descent(*args, forgotten=True),
        # Only the rate that the function has by itself was changed: where one is given, the sums are as before.
        "rate": lambda steps, lr=None: None if lr is None else descent(steps, lr, kept=True),
    }
    mutants = {
        "kept": [{"        w.grad = 0.0\n": ""}],
        "forgotten": [
            {"        w.grad = 0.0\n        loss.backward()\n": "        loss.backward()\n        w.grad = 0.0\n"}
        ],
        "rate": [{"        w.grad = 0.0\n": "", "lr=0.05": "lr=0.01"}],
    }
    also_right = [
        {
            "        w.grad = 0.0\n        loss.backward()\n        w.data -= lr * w.grad\n": (
                "        loss.backward()\n        w.data -= lr * w.grad\n        w.grad = 0.0\n"
            )
        },
        {"        w.grad = 0.0\n": "        tg.optim.SGD([w], lr=lr).zero_grad()\n"},
    ]


EXERCISES = [PassOn(), Walk(), Hunt()]
