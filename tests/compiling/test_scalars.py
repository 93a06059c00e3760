"""Functions of Values, compiled: plain Python and finite differences, NumPy by hand, and `fit` as it is otherwise."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings

import tinygrad_edu as tg
from engine.test_random_expressions import POINTS, TREES, by_differences, evaluate, moderate
from tinygrad_edu import Value, nn
from tinygrad_edu.compiling.scalar_function import mean_of


def chosen(a: Any, b: Any) -> Any:
    """The branch of `PLAIN["where"]`, by operations alone."""
    return tg.where(tg.step(a - 0.5), b + (a - 0.5) ** 2, b)


def without_comparisons(tree: Any, variables: list[Any]) -> Any:
    if isinstance(tree, tuple) and tree[0] == "where":
        return chosen(*[without_comparisons(subtree, variables) for subtree in tree[1:]])
    if isinstance(tree, tuple):
        found = [without_comparisons(subtree, variables) for subtree in tree[1:]]
        return evaluate((tree[0], *range(len(found))), found, {}, plain=False)
    return variables[tree] if isinstance(tree, int) else tree


@settings(max_examples=80)
@given(tree=TREES, point=POINTS)
def test_loss_and_gradients_are_those_of_plain_python_and_finite_differences(tree: Any, point: list[float]) -> None:
    examples = [(point[2], k) for k in (0.3, -1.0, 2.0)]
    assume(all(moderate(tree, [*point[:2], x * k]) for x, k in examples))
    w, v = Value(point[0], name="w"), Value(point[1], name="v")
    step = tg.compile(lambda x, k: without_comparisons(tree, [w, v, x * k]) + 0.1 * w * v)
    wanted = [by_differences(tree, [*point[:2], x * k]) for x, k in examples]
    loss = step.mean_over(examples)
    penalty = 0.1 * point[0] * point[1]
    assert loss.data == pytest.approx(np.mean([value for value, _ in wanted]) + penalty, rel=1e-12, abs=1e-12)
    numeric = np.mean([gradient[:2] for _, gradient in wanted], axis=0) + 0.1 * np.array([point[1], point[0]])
    np.testing.assert_allclose([w.grad, v.grad], numeric, rtol=1e-6, atol=1e-6)
    assert "def " in step.source and not loss.requires_grad


def eager(function: Callable[..., Any], parameters: list[Value], examples: list[Any]) -> list[float]:
    """The mean loss and its gradients by the ordinary backward pass, which PyTorch's numbers prove elsewhere."""
    copies = copy.deepcopy(parameters)
    total: Any = 0.0
    for example in examples:
        total = total + function(copies, *example)
    (total / float(len(examples))).backward()
    return [total.data / len(examples), *[p.grad for p in copies]]


INFINITE = [math.inf, -math.inf, math.nan, 0.0, -0.0, 1.0, -1.0, 710.0, -800.0]
RULES = [op for op in tg.graph.operation.REGISTRY.values() if op.elementwise]


@pytest.mark.parametrize("op", RULES, ids=lambda op: op.name)
def test_each_rule_gives_its_numbers_also_where_they_are_not_finite(op: Any) -> None:
    """Python raises at 1/0 and exp(710); the code must not, and a masked gradient is 0 · inf as in the rule."""

    def loss(parameters: list[Value], *numbers: Any) -> Any:
        given = [p * x for p, x in zip(parameters, numbers, strict=True)]
        return op.function(*given) * 2.0

    examples = [tuple(np.roll(INFINITE, k)[: op.arity].tolist()) for k in range(len(INFINITE))]
    for example in examples:
        parameters = [Value(1.0) for _ in range(op.arity)]
        wanted = eager(loss, parameters, [example])
        step = tg.compile(lambda *numbers, parameters=parameters: loss(parameters, *numbers))
        found = step.mean_over([example])
        np.testing.assert_array_equal([found.data, *[p.grad for p in parameters]], wanted, err_msg=step.source)


def neuron(seed: int = 0) -> tuple[list[Value], Any, list[Any]]:
    rng = np.random.default_rng(seed)
    parameters = [Value(rng.standard_normal(), name=name) for name in ("w1", "w2", "b")]
    w1, w2, b = parameters
    examples = [(*rng.standard_normal(2).tolist(), float(rng.integers(2))) for _ in range(20)]
    return parameters, lambda x1, x2, y: (tg.sigmoid(w1 * x1 + w2 * x2 + b) - y) ** 2, examples


def by_hand(parameters: list[Value], examples: list[Any]) -> list[float]:
    """Goodfellow et al. 2016, section 6.5: the squared error of a sigmoid neuron, with NumPy."""
    x, y = np.array(examples)[:, :2], np.array(examples)[:, 2]
    p = 1 / (1 + np.exp(-(x @ [parameters[0].data, parameters[1].data] + parameters[2].data)))
    slope = 2 * (p - y) * p * (1 - p)
    return [float(np.mean((p - y) ** 2)), *np.mean(slope[:, None] * np.column_stack([x, np.ones(len(x))]), axis=0)]


def test_a_neuron_call_by_call_and_over_all_examples() -> None:
    parameters, loss, examples = neuron()
    step = tg.compile(loss)
    total = sum(step(*example).data for example in examples) / len(examples)
    found = [total, *[p.grad / len(examples) for p in parameters]]
    np.testing.assert_allclose(found, by_hand(parameters, examples), rtol=1e-12)
    for p in parameters:
        p.grad = 0.0
    for form in (examples, np.array(examples), [list(e) for e in examples]):
        mean = step.mean_over(form)
    np.testing.assert_allclose(
        [mean.data, *[p.grad / 3 for p in parameters]], by_hand(parameters, examples), rtol=1e-12
    )


SOURCE = """\
def step(parameters, examples):
    w1, w2, b, = parameters
    n = len(examples)
    loss = d_w1 = d_w2 = d_b = 0.0
    for x1, x2, y, in examples:
        # forward
        t0 = w1 * x1 + w2 * x2 + b
        t1 = exp(-abs(t0))
        t2 = 1.0 + t1
        t3 = divide(1.0, t2) if t0 >= 0.0 else divide(t1, t2)
        t4 = t3 - y
        loss += power(t4, 2.0)
        # backward
        t5 = (2.0 * power(t4, 1.0)) * (t3 * (1.0 - t3))
        d_w1 += t5 * x1
        d_w2 += t5 * x2
        d_b += t5
    return loss / n, [d_w1 / n, d_w2 / n, d_b / n], []
"""


def test_the_source_reads_like_a_loop_by_hand() -> None:
    _, loss, examples = neuron()
    step = tg.compile(loss)
    assert step.source.startswith("# There is no code yet")
    step.mean_over(examples)
    assert step.source == SOURCE


def test_what_depends_on_parameters_alone_is_computed_once_before_the_loop() -> None:
    parameters, loss, examples = neuron()
    step = tg.compile(lambda *example: loss(*example) + 0.01 * sum(p * p for p in parameters))
    step.mean_over(examples)
    before, _, loop = step.source.partition("    for ")
    assert "0.01 *" in before and "0.01" not in loop.partition("return")[0]
    _, *gradients = by_hand(parameters, examples)
    np.testing.assert_allclose([p.grad for p in parameters], np.array(gradients) + [0.02 * p.data for p in parameters])


def test_arguments_may_be_lists_and_arrays_and_integers_are_fixed() -> None:
    w = [Value(x, name=f"w{k}") for k, x in enumerate((0.5, -1.0, 2.0))]

    def loss(x: Any, k: int) -> Any:
        return (w[k] * x[0] - x[1]) ** 2

    examples = [([1.0, 2.0], 0), (np.array([3.0, -1.0]), 2), ([0.5, 0.25], 0), ([1.0, 1.0], 1), ([2.0, 2.0], 0)]
    step = tg.compile(loss)
    found = step.mean_over(examples)
    wanted, slopes = 0.0, np.zeros(3)
    for x, k in examples:
        error = w[k].data * x[0] - x[1]
        wanted += error**2 / 5
        slopes[k] += 2 * error * x[0] / 5
    assert found.data == pytest.approx(wanted, rel=1e-12)
    np.testing.assert_allclose([p.grad for p in w], slopes, rtol=1e-12)


def test_further_results_come_for_each_example_in_their_order() -> None:
    parameters, _, examples = neuron()
    w1, w2, b = parameters

    def both(x: Any, y: int) -> Any:
        z = w1 * x[0] + w2 * x[1] + b
        return (tg.sigmoid(z) - float(y)) ** 2, np.array([z, -z]), z

    rows = [(list(x), int(y)) for *x, y in examples]
    step = tg.compile(both)
    _, pairs, scores = step.mean_over(rows)
    z = [w1.data * x[0] + w2.data * x[1] + b.data for x, _ in rows]
    np.testing.assert_allclose([score.data for score in scores], z, rtol=1e-12)
    np.testing.assert_allclose([[value.data for value in pair] for pair in pairs], np.array([z, np.negative(z)]).T)
    for _ in range(3):
        loss, pair, score = step(*rows[3])
    assert score.data == pytest.approx(z[3], rel=1e-12) and pair.shape == (2,) and loss.data > 0


def test_parameters_are_read_anew_and_a_frozen_one_gets_no_gradient() -> None:
    parameters, loss, examples = neuron()
    step = tg.compile(loss)
    for _ in range(3):
        for p in parameters:
            p.grad = 0.0
        wanted = by_hand(parameters, examples)
        found = step.mean_over(examples)
        np.testing.assert_allclose([found.data, *[p.grad for p in parameters]], wanted, rtol=1e-12)
        for p in parameters:
            p.data -= 0.5 * p.grad
    parameters[0].requires_grad = False
    parameters[0].grad = 7.0
    step.mean_over(examples)
    assert parameters[0].grad == 7.0 and "d_w1" not in step.source


def test_another_global_has_the_function_recorded_anew() -> None:
    scale = 1.0
    w = Value(3.0)
    step = tg.compile(lambda x: w * x * scale)
    assert step.mean_over([1.0, 3.0]).data == 6.0
    scale = 10.0
    assert step.mean_over([1.0, 3.0]).data == 60.0
    assert [step(2.0).data for _ in range(4)] == [60.0] * 4


def test_a_penalty_alone_and_a_parameter_alone_have_gradients() -> None:
    w = Value(3.0)
    assert tg.compile(lambda x: w).mean_over([1.0, 2.0]).data == 3.0
    assert w.grad == 1.0
    assert tg.compile(lambda x: w * w).mean_over([1.0, 2.0]).data == 9.0
    assert w.grad == 7.0


class Refused:
    """Functions that cannot be replayed; with a part of the reason."""

    def __init__(self) -> None:
        self.w, self.v, self.calls = Value(2.0, name="w"), Value(3.0) * 1.0, 0
        self.dropout = nn.Dropout(0.5)

    def compares(self, x: Any) -> Any:
        """it compares numbers"""
        return self.w * x if x > 0 else self.w

    def asks(self, x: Any) -> Any:
        """it reads the number of a multiply node"""
        return self.w * x if self.w * x else self.w

    def reads(self, x: Any) -> Any:
        """it reads the number of a leaf 'w'"""
        return x * self.w + self.w.data

    def reads_an_intermediate(self, x: Any) -> Any:
        """it reads the number of a multiply node"""
        return self.w * (self.w * x).data

    def rounds(self, x: Any) -> Any:
        """it reads the number of a constant node"""
        return self.w * round(float(x))

    def counts(self, x: Any) -> Any:
        """it changes 'calls'"""
        self.calls += 1
        return self.w * x * float(self.calls)

    def goes_back(self, x: Any) -> Any:
        """it runs a backward pass of its own"""
        (self.w * x).backward()
        return self.w * x

    def writes(self, x: Any) -> Any:
        """or writes into one: do so outside"""
        self.w.data = self.w._data
        return self.w * x

    def comes_from_outside(self, x: Any) -> Any:
        """that was computed outside of it"""
        return self.v * x

    def makes_parameters(self, x: Any) -> Any:
        """it makes a Value that requires gradients"""
        return Value(2.0) * x

    def drops(self, x: Any) -> Any:
        """it calls a Dropout"""
        return self.w * self.dropout(np.array([x]))[0]


REFUSED = [name for name in vars(Refused) if not name.startswith("_")]


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_replayed_is_refused_with_the_reason(name: str) -> None:
    function = getattr(Refused(), name)
    step = tg.compile(function)
    with pytest.raises(tg.errors.CompileError, match=str(function.__doc__)):
        step.mean_over([1.0, 2.0, 3.0])
    loose = Refused()
    step = tg.compile(getattr(loose, name), strict=False)
    wanted = Refused()
    losses = [getattr(wanted, name)(Value(x, requires_grad=False)).data for x in (1.0, 2.0)]
    if name not in ("counts", "drops"):  # these have counted what was recorded
        assert step.mean_over([1.0, 2.0]).data == pytest.approx(sum(losses) / 2)
        assert step.why_not is not None and "There is no code" in step.source
    with pytest.raises(tg.errors.CompileError, match=str(function.__doc__)):
        step = tg.compile(getattr(Refused(), name))
        for x in (1.0, 2.0, 3.0):
            step(Value(x, requires_grad=False))


def test_wrong_uses_say_what_to_do() -> None:
    w, t = Value(2.0), tg.Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(tg.errors.ArgumentError, match="there are no examples"):
        tg.compile(lambda x: w * x).mean_over([])
    of_tensors = tg.compile(lambda x: (t * x).sum())
    of_tensors(np.ones(2))
    with pytest.raises(tg.errors.ArgumentError, match="function of tensors"):
        of_tensors.mean_over([1.0])
    with pytest.raises(tg.errors.ArgumentError, match="must give a Value"):
        tg.compile(lambda x: t * 2.0).mean_over([1.0])
    with pytest.raises(tg.errors.ArgumentError, match="an argument is a set"):
        tg.compile(lambda x: w * 1.0).mean_over([({1},)])
    with pytest.raises(tg.errors.CompileError, match="more than 16 kinds"):
        tg.compile(lambda k: w * k).mean_over([(k,) for k in range(20)])
    with pytest.raises(tg.errors.GraphError, match="requires no gradient"):
        tg.compile(lambda x: x * 2.0).mean_over([1.0, 2.0])


@pytest.mark.parametrize("loss", ["mse", "binary_cross_entropy", "hinge"])
@pytest.mark.parametrize("more", [{}, {"l1": 0.01, "l2": 0.02, "accumulate": 2}], ids=["plain", "penalties"])
def test_fit_of_a_model_of_values_has_the_numbers_of_the_arrays(loss: str, more: dict[str, Any]) -> None:
    data = tg.data.load("moons", seed=3)
    found = []
    for apart in (True, False):
        tg.seed(0)
        network = nn.Sequential(nn.Dense(2, 4, dtype="float64"), nn.Tanh(), nn.Dense(4, 1, dtype="float64"))
        model = network.scalar() if apart else network
        optimizer = tg.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        events = tg.train.fit(model, data, loss, optimizer, epochs=2, batch_size=32, **more)
        losses = [event.train_loss for event in events if event.kind == "epoch"]
        found.append([*losses, *np.concatenate([np.ravel(p.data) for p in model.parameters()])])
    np.testing.assert_allclose(*found, rtol=1e-9, atol=1e-12)


def test_a_model_with_dropout_learns_as_it_does_without_code() -> None:
    data = tg.data.load("moons", seed=3)
    found = []
    for compiled in (None, False):
        tg.seed(0)
        model = nn.Sequential(nn.Dense(2, 4), nn.Dropout(0.5), nn.Dense(4, 1)).scalar()
        optimizer = tg.optim.SGD(model.parameters(), lr=0.1)
        list(tg.train.fit(model, data, "mse", optimizer, epochs=1, compile=compiled, notices=False))
        found.append([p.data for p in model.parameters()])
    assert found[0] == found[1]


def test_an_array_of_no_axes_is_a_number() -> None:
    w = Value(3.0)
    step = tg.compile(lambda x: w * x.item())
    assert step.mean_over([(np.array(2.0),), (np.array(4.0),)]).data == 9.0
    assert "x" in step.source


def test_further_results_may_have_another_shape_in_each_group() -> None:
    w = Value(3.0)
    step = tg.compile(lambda x: (w * sum(x), np.array([w * item for item in x])))
    _, found = step.mean_over([([1.0, 2.0],), ([4.0],), ([5.0, 6.0],)])
    assert [[value.data for value in products] for products in found] == [[3.0, 6.0], [12.0], [15.0, 18.0]]


def test_a_mean_loss_is_that_of_a_graph_of_additions():
    losses = list(map(tg.Value, [1e16, 1.0, -1e16]))  # of which a sum that carries the errors of rounding makes 1.0
    assert mean_of(losses).data == (sum(losses) / 3).data == 0.0
