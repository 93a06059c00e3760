"""JavaScript printed from the rules, run in Chromium: it gives Python's numbers.

One page holds the whole program, and is loaded once; numbers go in and out as the bytes of float64 arrays.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from browser.bytes import packed, unpacked
from browser.graphs import random_graph, settings_of
from oracle.optim_cases import SETTINGS
from tinygrad_edu import backends
from tinygrad_edu.formulas.text import number_text
from tinygrad_edu.graph.backprop import backprop
from tinygrad_edu.graph.operation import FUNCTIONS, REGISTRY, Elementwise, elementwise
from tinygrad_edu.namespaces.namespace import FLOATS
from tinygrad_edu.nn.dropout import keep_mask, mask_keys
from tinygrad_edu.tapes.javascript_code import expressions
from tinygrad_edu_viz import Trace
from tinygrad_edu_viz.javascript import tables
from tinygrad_edu_viz.javascript.assemble import program
from tinygrad_edu_viz.javascript.graph import computed_graph
from tinygrad_edu_viz.javascript.optimizers import optimizers
from tinygrad_edu_viz.javascript.recorded import derivative_rule

pytestmark = pytest.mark.browser
inf, nan = math.inf, math.nan

ATTRIBUTES: list[tuple[str, dict[str, Any]]] = [
    ("gelu", {"approximate": "tanh"}),
    ("leaky_relu", {"negative_slope": 0.3}),
    ("elu", {"alpha": 1.7}),
    ("clip", {"min": -1.0, "max": 0.9}),
    ("clip", {"min": None, "max": inf}),
    ("clip", {"min": 0.0, "max": None}),
]
CALLS = [(op, None) for op in REGISTRY.values() if op.elementwise] + [(REGISTRY[n], attrs) for n, attrs in ATTRIBUTES]


@pytest.fixture(scope="module")
def run(laboratory: Callable[[str], Any]) -> Any:
    """Call a function of JavaScript with an argument, both as text and JSON, beside the whole program."""
    ops = tables.operations(CALLS)
    return laboratory(program(ops, tables.activations(), tables.losses(), tables.penalties(), optimizers()))


def ulps(found: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """How many floating-point numbers apart; 0 for two nan, and inf where only one is finite."""
    with np.errstate(all="ignore"):
        apart = np.abs(found - expected) / np.spacing(np.maximum(np.abs(expected), 1e-300))
    same = (found == expected) | (np.isnan(found) & np.isnan(expected))
    return np.where(same, 0.0, np.where(np.isfinite(apart), apart, inf))


# --- operations ------------------------------------------------------------------------------------------------------

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 3.0, -2.0, 0.9, 1000.0, -1000.0, 1e-9, 1e300, -5e-324, inf, -inf, nan]
EDGES = [*SPECIAL, -0.5, 1e-300, -1e300, 5e-324, 20.0, -37.0, 700.0, -700.0, -740.0, -1e-9]
RANDOM = np.random.default_rng(0)
POINTS = {
    1: [(x,) for x in [*EDGES, *np.linspace(-7, 7, 113).tolist(), *RANDOM.normal(0, 3, 200).tolist()]],
    2: [*itertools.product(SPECIAL, repeat=2), *map(tuple, RANDOM.normal(0, 2, (200, 2)).tolist())],
    3: list(itertools.product([0.0, -0.0, -3.0, inf, nan], repeat=3)),
}
# Rules that call one of these are as exact as the two languages' libraries; all others round alike, bit by bit.
INEXACT = re.compile(r"Math\.(?!abs|sqrt)|power|erf")
# ... and these subtract nearly equal numbers, so that an error of the last bit stays while the number shrinks.
CANCELLING = ("gelu", "silu")

OPERATION = """({key, operands, y}) => {
    const op = OPS[key], columns = operands.map(bytes), results = bytes(y);
    const points = [...results].map((_, k) => columns.map((column) => column[k]));
    return {
        f: text(points.map((point) => op.f(...point))),
        d: op.d.map((slope) => slope && text(points.map((point, k) => slope(results[k], ...point)))),
    };
}"""


def agree(name: str, found: str, expected: list[float], code: str, points: list[tuple[float, ...]]) -> None:
    numbers, wanted = unpacked(found), np.array(expected, dtype=float)
    apart = ulps(numbers, wanted)
    if not INEXACT.search(code):
        flipped = (np.signbit(numbers) != np.signbit(wanted)) & ~np.isnan(wanted)
        assert not apart.any() and not flipped.any(), f"{name} at {points[int(np.argmax(apart + flipped))]}"
    elif name.startswith(CANCELLING):
        with np.errstate(invalid="ignore"):
            close = np.abs(numbers - wanted) <= 4 * 2.0**-52 * (1 + np.abs([point[0] for point in points]))
        assert (close | (apart == 0)).all(), f"{name} at {points[int(np.argmin(close))]}"
    else:
        assert apart.max() <= 4, f"{name} at {points[int(np.argmax(apart))]}: {apart.max()} ulp"


@pytest.mark.parametrize(("op", "attrs"), CALLS, ids=[tables.key_of(*call) for call in CALLS])
def test_operations_and_derivatives_are_python_s(run: Callable[..., Any], op: Elementwise, attrs: Any) -> None:
    given, points, key = attrs or op.defaults, POINTS[len(op.rules)], tables.key_of(op, attrs)
    y = [op.forward(FLOATS, *point, **given) for point in points]
    found = run(OPERATION, {"key": key, "operands": [packed(c) for c in zip(*points, strict=True)], "y": packed(y)})
    code = tables.operation(op, attrs)
    forward, slopes = code.split("d: [")
    agree(key, found["f"], y, forward, points)
    for position, rule in enumerate(op.rules):
        assert (found["d"][position] is None) is (rule is None)
        if rule is not None:
            local = [op.local(position, FLOATS, value, point, given) for value, point in zip(y, points, strict=True)]
            agree(key, found["d"][position], local, slopes, points)


def test_an_operation_is_in_the_page_as_soon_as_it_is_defined(run: Callable[..., Any]) -> None:
    try:

        @elementwise(lambda xp, y, a: 3.0 * a * a)
        def cube(xp, a):  # type: ignore[no-untyped-def]
            """a³."""
            return a * a * a

        table = tables.operations()
        trace = Trace.record(cube(tg.Value(2.0, name="x")) + 1.0)
        nodes = computed_graph(trace).nodes
    finally:
        del REGISTRY["cube"], FUNCTIONS["cube"]
    found = run("""({entry, nodes}) => {
        OPS.cube = Function(`return ${entry}`)();
        nodes[0].value = 5;
        forward(nodes);
        backward(nodes);
        delete OPS.cube;
        return nodes.map((node) => [node.value, node.gradient ?? null]);
    }""", {"entry": table.entries["cube"], "nodes": nodes})  # fmt: skip
    assert found == [[5, 75], [125, 1], [1, None], [126, 1]]


# --- activations, losses, penalties ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", tg.nn.activations.ACTIVATIONS)
def test_activations_go_over_arrays(run: Callable[..., Any], name: str) -> None:
    z = [x for x in (point[0] for point in POINTS[1])]
    found = run("""({name, z}) => {
        const a = bytes(z), y = new Float64Array(a.length), g = new Float64Array(a.length).fill(0.7);
        ACTIVATIONS[name].forward(a, y, a.length);
        ACTIVATIONS[name].backward(g, y, a, a.length);
        return [text(y), text(g)];
    }""", {"name": name, "z": packed(z)})  # fmt: skip
    leaves = [tg.Value(x) for x in z]
    roots = [tg.nn.activations.ACTIVATIONS[name](leaf) for leaf in leaves]
    for root in roots:
        root.backward(0.7)
    agree(name, found[0], [root.data for root in roots], "Math.exp", POINTS[1])
    agree(name, found[1], [leaf.grad for leaf in leaves], "Math.exp", POINTS[1])


def test_functions_that_are_composed_are_written_with_their_derivatives(run: Callable[..., Any]) -> None:
    mish = lambda a: a * tg.tanh(tg.softplus(a))  # noqa: E731
    guarded = lambda c, a: tg.where(c, tg.log(a) * 2.0, a * a)  # noqa: E731  # the slope of log at 0 is infinite
    cases = [
        (mish, [(x,) for x in (-3.0, 0.0, 0.7, 30.0)]),
        (guarded, [(0.0, 0.0), (1.0, 0.0), (0.0, 3.0), (2.0, 3.0)]),
    ]
    for function, points in cases:
        rule, names = derivative_rule(function, points), ["a", "b"][: len(points[0])]
        for k in range(1 + len(names)):
            arrow = expressions(lambda xp, *x, rule=rule, k=k: rule(xp, *x)[k], names).arrow(names)
            found = run(f"(points) => text(points.map((point) => ({arrow})(...point)))", points)
            expected = []
            for point in points:
                leaves = [tg.Value(x) for x in point]
                root = function(*leaves)
                root.backward()
                expected.append([root.data, *[leaf.grad for leaf in leaves]][k])
            agree(f"{k}", found, expected, "Math.exp", points)


PAIRS = [(p, t) for p in (0.0, 1.0, -1.0, 0.3, -2.4, 7.5, 36.0, -800.0, 800.0) for t in (0.0, 1.0, -1.0, 0.4)]


@pytest.mark.parametrize("name", tables.losses().entries)
def test_losses_and_their_slopes(run: Callable[..., Any], name: str) -> None:
    taken = {"hinge": lambda t: abs(t) == 1, "binary_cross_entropy": lambda t: t >= 0}.get(name, lambda t: True)
    pairs = [pair for pair in PAIRS if taken(pair[1])]
    found = run(
        "({name, pairs}) => pairs.map(([p, t]) => [LOSSES[name].f(p, t), LOSSES[name].d(p, t)])",
        {"name": name, "pairs": pairs},
    )
    p = tg.Tensor(np.array([p for p, _ in pairs]), requires_grad=True)
    losses = tg.losses.get(name)(p, np.array([t for _, t in pairs]), reduction="none")
    losses.sum().backward()
    expected = np.stack([losses.numpy(), p.grad.numpy()], axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-15, atol=1e-300)


@pytest.mark.parametrize("name", ["l1", "l2"])
def test_penalties_and_their_slopes(run: Callable[..., Any], name: str) -> None:
    weights = [0.0, 1.5, -0.25, 1e-9, -300.0]
    found = run(
        "({name, weights}) => weights.map((w) => [PENALTIES[name].f(w), PENALTIES[name].d(w)])",
        {"name": name, "weights": weights},
    )
    w = tg.Tensor(np.array(weights), requires_grad=True)
    getattr(tg.losses, name)(w).backward()
    assert sum(value for value, _ in found) == pytest.approx(getattr(tg.losses, name)(w).item(), rel=1e-15)
    assert [slope for _, slope in found] == w.grad.numpy().tolist()


# --- optimizers ------------------------------------------------------------------------------------------------------

STEPS = 20
OPTIMIZERS = [(kind, settings) for kind, cases in SETTINGS.items() for settings in cases]


@pytest.mark.parametrize(("kind", "settings"), OPTIMIZERS, ids=[f"{k} {s}" for k, s in OPTIMIZERS])
def test_optimizers_move_weights_as_python_s_do(run: Callable[..., Any], kind: str, settings: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    start, gradients = rng.normal(size=7), rng.normal(size=(STEPS, 7))
    found = run(
        """({kind, settings, start, gradients}) => {
        const optimizer = new Optimizer(kind, settings), w = bytes(start);
        return gradients.map((g) => (optimizer.step(w, bytes(g)), text(w)));
    }""",
        dict(kind=kind, settings=settings, start=packed(start), gradients=[packed(g) for g in gradients]),
    )
    w = tg.Tensor(start.copy(), requires_grad=True)
    optimizer = getattr(tg.optim, kind)([w], **settings)
    for step, gradient in enumerate(gradients):
        w.grad = tg.Tensor(gradient.copy())
        optimizer.step()
        # Powers differ in their last bit between versions of V8.
        np.testing.assert_allclose(unpacked(found[step]), w.numpy(), rtol=1e-14, atol=1e-16)


def test_settings_that_change_between_steps_hold_from_the_next(run: Callable[..., Any]) -> None:
    found = run("""() => {
        const optimizer = new Optimizer("SGD", {lr: 0.5}), w = Float64Array.of(1);
        const after = (change) => (Object.assign(optimizer.settings, change), optimizer.step(w, [1]), w[0]);
        const ways = [after({}), after({lr: 0.25}), after({momentum: 0.5}), after({})];
        optimizer.settings.momentum = 0;
        optimizer.settings.nesterov = true;
        try { optimizer.step(w, [1]); } catch (error) { ways.push(`${error}`); }
        return ways;
    }""")
    assert found == [0.5, 0.25, 0.0, -0.375, "RangeError: these settings do not go together: nesterov"]


# --- graphs ----------------------------------------------------------------------------------------------------------

GRAPHS = 150


def test_random_graphs_give_python_s_values_and_gradients_step_by_step(run: Callable[..., Any]) -> None:
    given = []
    for seed in range(GRAPHS):
        trace = Trace.record(random_graph(seed, [0.3] * 5)[0])
        names, graph = list(trace.nodes), computed_graph(trace)
        places = [names.index(f"x{k}") if f"x{k}" in names else None for k in range(5)]
        given.append({"nodes": graph.nodes, "root": graph.root, "places": places, "settings": settings_of(seed)})
    compute = """(graphs) => graphs.map(({nodes, root, places, settings}) => text(settings.flatMap((numbers) => {
        places.forEach((place, k) => { if (place !== null) nodes[place].value = numbers[k]; });
        forward(nodes);
        const numbersOf = ({upstream, local, contribution, gradient}) => [upstream, local, contribution, gradient];
        const steps = backward(nodes, root).flatMap(numbersOf);
        return [nodes[root].value, ...places.map((place) => nodes[place]?.gradient ?? 0), ...steps];
    })))"""
    for seed, found in enumerate(run(compute, given)):
        expected = []
        for numbers in settings_of(seed):
            root, leaves = random_graph(seed, numbers)
            steps = [(s.upstream, s.local, s.contribution, s.gradient) for s in backprop(root)]
            root.backward()
            expected += [root.data, *[leaf.grad if leaf.requires_grad else 0.0 for leaf in leaves]]
            expected += itertools.chain.from_iterable(steps)
        wanted = np.array(expected, dtype=float)
        np.testing.assert_allclose(unpacked(found), wanted, rtol=1e-12, atol=1e-12, err_msg=f"graph {seed}")


# --- numbers as text, random numbers ---------------------------------------------------------------------------------


def test_numbers_are_written_as_python_writes_them(run: Callable[..., Any]) -> None:
    rng = np.random.default_rng(0)
    whole = rng.integers(-(10**7), 10**7, 2000)
    numbers = np.concatenate([
        whole / 2.0, whole / 8.0, whole / 1024.0, whole * 1.0,  # ties, which go to the even figure
        rng.normal(size=2000) * 10.0 ** rng.integers(-12, 12, 2000),
        np.frombuffer(rng.bytes(8 * 2000), dtype="<f8"),
        [0.0, -0.0, inf, -inf, nan, 100000.5, 999999.5, 9999995.0, 1e-4, 0.00009999995, 1e16, 5e-324],
    ])  # fmt: skip
    found = run("(numbers) => [...bytes(numbers)].map((x) => `${say(x)} ${say(x, 3)}`).join('\\n')", packed(numbers))
    assert found.split("\n") == [f"{number_text(x)} {number_text(x, 3)}" for x in numbers.tolist()]


def test_the_same_seed_gives_numpy_s_numbers(run: Callable[..., Any]) -> None:
    seeds = [[0], [1], [12345678901], [0, 0], [7, 3], [2**32 - 1, 5], [2**53 - 1], [1, 2, 3, 4, 5, 6]]
    found = run("""(seeds) => seeds.map((seed) => {
        const rng = new Generator(...seed);
        const drawn = [...Array(20)].map(() => rng.uniform(-0.75, 2.5));
        const orders = [1, 2, 10, 257].map((n) => [...rng.permutation(n)]);
        return [drawn, orders, `${rng.seed63()}`, rng.random()];
    })""", seeds)  # fmt: skip
    for seed, (drawn, orders, bits, last) in zip(seeds, found, strict=True):
        rng = np.random.default_rng(seed if len(seed) > 1 else seed[0])
        assert drawn == rng.uniform(-0.75, 2.5, 20).tolist()
        assert orders == [rng.permutation(n).tolist() for n in (1, 2, 10, 257)]
        assert int(bits) == rng.integers(2**63)
        assert last == rng.random()


def test_dropout_leaves_out_the_same_units(run: Callable[..., Any]) -> None:
    cases = [(0, 0, 0.5), (1, 3, 0.2), (2**63 - 1, 1000, 0.9), (3, 1, 0.0)]
    found = run(
        """(cases) => cases.map(([seed, step, p]) => {
        const factors = new Float64Array(100);
        dropoutFactors(seed, step, p, factors);
        return [...factors];
    })""",
        [(str(seed), step, p) for seed, step, p in cases],
    )
    for (seed, step, p), factors in zip(cases, found, strict=True):
        kept = keep_mask(backends.get("cpu"), mask_keys(seed, step), (100,), p)
        assert factors == (kept * (1 / (1 - p))).tolist()
