"""Predict mode: questions, verdicts, and the mistake that each wrong answer shows; all numbers computed by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import tinygrad_edu as tg
from engine.cases import Case, all_forms, sample
from engine.test_random_expressions import POINTS, TREES, evaluate
from tinygrad_edu.errors import ArgumentError
from tinygrad_edu.graph.operation import REGISTRY
from tinygrad_edu_viz import Trace
from tinygrad_edu_viz.predicting.mistakes import MISTAKES, Mistake
from tinygrad_edu_viz.predicting.quiz import Quiz, Score
from tinygrad_edu_viz.predicting.verdicts import Answer, Verdict

M = Mistake


def V(value: float, name: str) -> tg.Value:
    return tg.Value(value, name=name)


def T(data: Any, name: str, requires_grad: bool = True) -> tg.Tensor:
    return tg.Tensor(data, requires_grad=requires_grad, name=name, dtype="float64")


def ask(root: Any, target: str, answer: Any, nth: int = 0, units: Any = 0.0) -> Verdict:
    """The verdict on an answer about the `nth` contribution to the node of the id `target`."""
    trace = Trace.record(root)
    event = [event for event in trace.events if event.kind == "backward" and event.node == target][nth]
    return Quiz(trace).judge(event, Answer(answer, units))


def scaled_product() -> tg.Value:
    """(a·b)·c with a = 2, b = -3, c = 4: dL/da = b·c = -12."""
    return V(2.0, "a") * V(-3.0, "b") * V(4.0, "c")


def scaled_products() -> tg.Tensor:
    """Σ 3·x·y: dL/dx = 3·y = [15, 21]."""
    return tg.sum(T([1.0, 2.0], "x") * T([5.0, 7.0], "y") * 3.0)


def twice() -> tg.Value:
    """a·b + a with a = 2, b = -3: a receives 1, then -3."""
    a = V(2.0, "a")
    return a * V(-3.0, "b") + a


def squares() -> tg.Tensor:
    """Σ x·x: x receives x as the first operand and x as the second."""
    x = T([1.0, 2.0], "x")
    return tg.sum(x * x)


def matrix_times_vector() -> tg.Tensor:
    """c·(W x): g = c = [2, 5], dW = c xᵀ = [[2, -2], [5, -5]], dx = Wᵀ c = [17, 24]."""
    return tg.sum((T([[1.0, 2.0], [3.0, 4.0]], "W") @ T([1.0, -1.0], "x")) * T([2.0, 5.0], "c", False))


def matrix_product() -> tg.Tensor:
    """Σ C·(A B), all 2×2: dA = C Bᵀ, dB = Aᵀ C."""
    A, B = T([[1.0, 2.0], [3.0, 4.0]], "A"), T([[0.0, 1.0], [2.0, 5.0]], "B")
    return tg.sum((A @ B) * T([[1.0, 0.0], [2.0, 1.0]], "C", False))


def rows_plus_bias() -> tg.Tensor:
    """Σ C·(X + b) with three rows: db is the sum of C's rows, [9, 12]."""
    X, C = T(np.zeros((3, 2)), "X"), T([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], "C", False)
    return tg.sum((X + T([0.0, 0.0], "b")) * C)


def dense_layer() -> tg.Tensor:
    """Two rows through relu: x W + b = [[1, -1], [2, -3]], so only the first column passes anything on."""
    x, W, b = T([[1.0, 0.0], [0.0, 1.0]], "x"), T([[1.0, -1.0], [2.0, -3.0]], "W"), T([0.0, 0.0], "b")
    return tg.sum(REGISTRY["dense"].function(x, W, b, activation="relu"))


def scaled(op: str, x: float) -> tg.Value:
    """op(a) · 4: the upstream gradient of op is 4."""
    return getattr(tg, op)(V(x, "a")) * 4.0


def scaled_tensor(op: str, x: list[float]) -> tg.Tensor:
    return tg.sum(getattr(tg, op)(T(x, "x")) * 4.0)


SCALARS = [
    (twice(), "a", 1, -2.0, -3.0, M.ASSIGNED),
    (scaled_product(), "a", 0, -12.0, -3.0, M.UPSTREAM),
    (scaled_product(), "a", 0, -12.0, 12.0, M.SIGN),
    (scaled_product(), "a", 0, -12.0, 8.0, M.OTHER_FACTOR),  # c·a
    (scaled_product(), "a", 0, -12.0, 4.0, M.UNCHANGED),
    ((V(5.0, "a") - V(2.0, "b")) * 4.0, "b", 0, -4.0, 4.0, M.SIGN),
    (V(5.0, "a") / V(2.0, "b") * 4.0, "a", 0, 2.0, -5.0, M.OTHER_FACTOR),  # 4·(-a/b²)
    (V(5.0, "a") * 3.0 * 4.0, "a", 0, 12.0, 20.0, M.OTHER_FACTOR),
    (scaled("relu", -2.0), "a", 0, 0.0, 4.0, M.DEAD_SIDE),
    (scaled("relu", 2.0), "a", 0, 4.0, 0.0, M.DEAD_SIDE),
    (scaled("leaky_relu", -2.0), "a", 0, 0.04, 4.0, M.DEAD_SIDE),
    (scaled("abs", -2.0), "a", 0, -4.0, 4.0, M.SIGN),
    (scaled("tanh", 0.5), "a", 0, 4 * (1 - math.tanh(0.5) ** 2), 3.0, M.WRONG_POINT),  # 4·(1 - 0.5²)
    (scaled("exp", 0.5), "a", 0, 4 * math.exp(0.5), 2.0, M.WRONG_POINT),
    (scaled("sigmoid", 0.5), "a", 0, 4 * 0.2350037122, 1.0, M.WRONG_POINT),  # 4·0.5·(1 - 0.5)
    (scaled("log", 2.0), "a", 0, 2.0, 4 / math.log(2), M.WRONG_POINT),
    (V(3.0, "a") ** 2 * 4.0, "a", 0, 24.0, 72.0, M.WRONG_POINT),  # 4·2·9
]

TENSORS = [
    (squares(), "x", 1, [2.0, 4.0], [1.0, 2.0], M.ASSIGNED),
    (scaled_products(), "x", 0, [15.0, 21.0], [5.0, 7.0], M.UPSTREAM),
    (scaled_products(), "x", 0, [15.0, 21.0], [-15.0, -21.0], M.SIGN),
    (scaled_products(), "x", 0, [15.0, 21.0], [3.0, 6.0], M.OTHER_FACTOR),
    (scaled_products(), "x", 0, [15.0, 21.0], [3.0, 3.0], M.UNCHANGED),
    (scaled_tensor("relu", [1.0, -2.0]), "x", 0, [4.0, 0.0], [4.0, 4.0], M.DEAD_SIDE),
    (dense_layer(), "b", 0, [2.0, 0.0], [2.0, 2.0], M.DEAD_SIDE),
    (scaled_tensor("tanh", [0.5, 0.0]), "x", 0, [4 * (1 - math.tanh(0.5) ** 2), 4.0], [3.0, 4.0], M.WRONG_POINT),
    (matrix_times_vector(), "W", 0, [[2.0, -2.0], [5.0, -5.0]], [[2.0, 5.0], [-2.0, -5.0]], M.TRANSPOSED),
    (matrix_times_vector(), "x", 0, [17.0, 24.0], [12.0, 26.0], M.TRANSPOSED),  # W c
    (matrix_product(), "A", 0, [[0.0, 2.0], [1.0, 9.0]], [[0.0, 1.0], [2.0, 7.0]], M.TRANSPOSED),  # C B
    (matrix_product(), "A", 0, [[0.0, 2.0], [1.0, 9.0]], [[4.0, 2.0], [11.0, 5.0]], M.TRANSPOSED),  # Bᵀ C
    (matrix_product(), "A", 0, [[0.0, 2.0], [1.0, 9.0]], [[0.0, 1.0], [2.0, 9.0]], M.TRANSPOSED),  # (C Bᵀ)ᵀ
    (matrix_product(), "B", 0, [[7.0, 3.0], [10.0, 4.0]], [[5.0, 2.0], [11.0, 4.0]], M.TRANSPOSED),  # A C
    (tg.mean(T([1.0, 2.0, 3.0, 4.0], "x")), "x", 0, [0.25] * 4, [1.0] * 4, M.BATCH_MEAN),
    (rows_plus_bias(), "b", 0, [9.0, 12.0], [3.0, 4.0], M.BROADCAST),  # of one row
    (rows_plus_bias(), "b", 0, [9.0, 12.0], [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], M.BROADCAST),
    (dense_layer(), "b", 0, [2.0, 0.0], [1.0, 0.0], M.BROADCAST),
    (scaled_products(), "x", 0, [15.0, 21.0], [[15.0, 21.0]], M.SHAPE),
    (scaled_products(), "x", 0, [15.0, 21.0], 15.0, M.SHAPE),
]


@pytest.mark.parametrize(("root", "target", "nth", "right", "wrong", "mistake"), SCALARS + TENSORS)
def test_a_mistake_is_recognised(root, target, nth, right, wrong, mistake):
    assert ask(root, target, right, nth) == Verdict(True, None, ask(root, target, right, nth).text)
    verdict = ask(root, target, wrong, nth)
    assert (verdict.correct, verdict.mistake) == (False, mistake)


def test_the_mean_of_a_batch_in_a_fused_loss():
    """Two rows of two equal logits: (softmax - one_hot) / 2."""
    loss = tg.losses.cross_entropy(T([[0.0, 0.0], [0.0, 0.0]], "logits"), np.array([0, 1]))
    assert ask(loss, "logits", [[-0.25, 0.25], [0.25, -0.25]]).correct
    assert ask(loss, "logits", [[-0.5, 0.5], [0.5, -0.5]]).mistake is M.BATCH_MEAN


def test_every_mistake_has_advice_and_is_tested():
    tested = {mistake for *_, mistake in SCALARS + TENSORS}
    assert tested == set(Mistake)
    assert {*MISTAKES, M.ASSIGNED, M.SHAPE} == set(Mistake)
    assert all(mistake.advice for mistake in Mistake)


# --- words -----------------------------------------------------------------------------------------------------------


def test_the_learners_own_numbers_are_explained():
    assert ask(scaled_product(), "a", -3.0).text == (
        "-3 is the local derivative ∂n2/∂a alone: the chain rule multiplies it by the upstream ∂L/∂n2 = 4. It is -12."
    )
    assert ask(twice(), "a", -3.0, nth=1).text == (
        "-3 is what this step adds. a had 1 already, and gradients add up (+=, not =). It is -2 = 1 + -3."
    )
    assert ask(scaled("tanh", 0.5), "a", 3.0).text == (
        "3 takes the derivative at the input a = 0.5 as 1 - a²; it is 1 - n1², at the output n1 = 0.462117. "
        "It is 3.14579."
    )


def test_a_mistake_in_a_second_contribution_counts_what_was_there():
    """a·b + a with a = 5: who takes the other factor says 1 + 5, and who forgets the sum as well says 5."""
    a = V(5.0, "a")
    root = a * V(-3.0, "b") + a
    added, assigned = ask(root, "a", 6.0, nth=1), ask(root, "a", 5.0, nth=1)
    assert added.mistake is assigned.mistake is M.OTHER_FACTOR
    assert added.text.startswith("6 = 1 + 5, and 5 is the upstream gradient times a, which is ∂n2/∂b")
    assert "a had 1 already, and gradients add up (+=, not =)" in assigned.text


def test_a_number_that_nobody_knows():
    verdict = ask(scaled_product(), "a", 77.0)
    assert verdict == Verdict(False, None, "No, and 77 is none of the usual mistakes. It is -12.")


def test_the_question_and_what_is_known():
    trace = Trace.record(twice())
    first, second = (event for event in trace.events if event.kind == "backward" and event.node == "a")
    question = Quiz(trace).question(second)
    assert question.text == "n2 = a · b passes its gradient on to a. What is ∂L/∂a after this step?"
    assert question.known == ("∂L/∂n2 = 1", "a = 2", "b = -3", "n2 = -6", "∂L/∂a = 1 so far")
    assert question.hint == "∂L/∂a += ∂L/∂n2 · ∂n2/∂a, with ∂n2/∂a = b"
    assert "so far" not in " ".join(Quiz(trace).question(first).known)


def test_operands_that_are_the_same_node_are_told_apart():
    trace = Trace.record(squares())
    texts = [Quiz(trace).question(event).text for event in trace.events if event.node == "x"]
    assert [text.partition(". ")[0].split(" to ")[1] for text in texts] == ["x as operand 1", "x as operand 2"]


def test_what_is_shown_without_asking():
    trace = Trace.record(scaled_product())
    quiz = Quiz(trace)
    forward, start = trace.events[0], trace.events[2]
    assert (forward.kind, start.source) == ("forward", None)
    for event in (forward, start):
        assert quiz.question(event) is None
        with pytest.raises(ArgumentError, match="nothing is asked"):
            quiz.judge(event, Answer(1.0))


def test_numbers_that_are_not_finite_are_not_asked_for():
    trace = Trace.record(tg.log(V(0.0, "a")))
    assert Quiz(trace).question(trace.events[-1]) is None


# --- tensors ---------------------------------------------------------------------------------------------------------


def test_one_element_of_a_larger_tensor():
    x = T(np.arange(8.0).reshape(2, 4), "x")
    trace = Trace.record(tg.sum(x * x * 1.0))
    quiz = Quiz(trace)
    event = [event for event in trace.events if event.node == "x"][-1]
    question = quiz.question(event)
    assert question == quiz.question(event)
    k = question.index
    assert question.asked == f"∂L/∂x[{k[0]}, {k[1]}]" and question.shape == ()
    assert f"x[{k[0]}, {k[1]}] = {x.numpy()[k]:g}" in question.known
    assert quiz.judge(event, Answer(2 * x.numpy()[k])).correct
    assert quiz.judge(event, Answer(x.numpy()[k])).mistake is M.ASSIGNED
    assert quiz.judge(event, Answer([1.0, 2.0])).mistake is M.SHAPE


def test_too_many_numbers_are_shown_without_asking():
    x, W = T(sample(40, 5), "x"), T(sample(5, 2), "W")
    trace = Trace.record(tg.mean(x @ W))
    asked = {event.node for event in trace.events if Quiz(trace).question(event)}
    assert "W" not in asked  # xᵀ @ g with 200 numbers
    large = Trace.record(tg.sum(tg.tanh(T(np.zeros(2000), "x"))))  # recorded in outline
    assert not any(Quiz(large).question(event) for event in large.events)


def test_a_loaded_trace_asks_the_same(tmp_path):
    trace = Trace.record(matrix_product())
    trace.save(tmp_path / "t.json")
    loaded = Trace.load(tmp_path / "t.json")
    assert [Quiz(loaded).question(event) for event in loaded.events] == [
        Quiz(trace).question(event) for event in trace.events
    ]


# --- rounding --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "unit", "correct"),
    [
        (0.25, 0.01, True),
        (0.251, 0.0, True),
        (0.3, 0.0, False),  # one digit
        (0.26, 0.01, False),
        (0.25004, 0.0, True),
        (0.2, 0.0, False),
    ],
)
def test_a_rounded_answer_to_a_quarter(answer, unit, correct):
    assert ask(tg.sigmoid(V(0.0, "a")), "a", answer, units=unit).correct is correct


def test_two_written_digits_are_enough():
    """3.1458: 3.1 stands for all that is rounded so, and 3.2 does not."""
    assert ask(scaled("tanh", 0.5), "a", 3.1, units=0.1).correct
    assert not ask(scaled("tanh", 0.5), "a", 3.2, units=0.1).correct


def test_who_adds_nothing_is_not_right_even_if_it_is_little():
    """1000·a + 1·a: 1000 is within a percent of 1001."""
    a = V(1.0, "a")
    root = a * 1.0 + a * 1000.0
    assert ask(root, "a", 1000.0, nth=0).correct
    assert not ask(root, "a", 1000.0, nth=1).correct
    assert ask(root, "a", 1001.0, nth=1).correct


# --- properties ------------------------------------------------------------------------------------------------------


def check_all(trace: Trace, factor: float) -> int:
    """Right answers are right; answers off by a factor are wrong. Returns how many were asked."""
    quiz, asked = Quiz(trace), 0
    for event in trace.events:
        question = quiz.question(event)
        if question is None:
            continue
        asked += 1
        gradient = np.asarray(event.grad, dtype=float)
        gradient = gradient if question.index is None else gradient[question.index]
        assert quiz.judge(event, Answer(gradient.tolist())).correct
        scale = max(np.max(np.abs(np.asarray(data, dtype=float))) for data in (event.grad, event.contribution))
        if scale:
            wrong = quiz.judge(event, Answer((gradient + factor * scale).tolist()))
            assert not wrong.correct and wrong.text
    return asked


FACTORS = st.floats(0.02, 3).flatmap(lambda x: st.sampled_from([x, -x]))


@settings(max_examples=150)
@given(tree=TREES, point=POINTS, factor=FACTORS)
def test_right_answers_are_right_and_wrong_ones_wrong_on_random_graphs(tree, point, factor):
    root = evaluate(tree, [V(x, f"x{k}") for k, x in enumerate(point)], {}, plain=False)
    assume(isinstance(root, tg.Value) and root.op is not None)
    check_all(Trace.record(root), factor)


@pytest.mark.parametrize("case", all_forms(), ids=str)
def test_right_answers_are_right_for_every_operation(case: Case):
    result = case.function(*[tg.Tensor(x, requires_grad=x.dtype.kind == "f") for x in case.operands])
    result = result[0] if isinstance(result, list) else result
    check_all(Trace.record(result, gradient=sample(*result.shape, seed=1)), 0.5)


# --- score -----------------------------------------------------------------------------------------------------------


def test_the_score_and_what_to_practise():
    right, sign, upstream = Verdict(True, None, ""), Verdict(False, M.SIGN, ""), Verdict(False, M.UPSTREAM, "")
    score = Score()
    for verdict in (right, sign, upstream, upstream, None, Verdict(False, None, "")):
        score = score.after(verdict)
    assert (score.asked, score.right, score.skipped) == (6, 1, 1)
    assert score.mistakes == {M.SIGN: 1, M.UPSTREAM: 2}
    first, *practise = score.summary()
    assert first == "1 of 6 right, 1 skipped."
    assert [line.partition(":")[0] for line in practise] == [
        "Practise (upstream gradient forgotten, 2×)",
        "Practise (wrong sign, 1×)",
    ]
    assert Score().summary() == ["Nothing was asked."]
    assert Score().after(right).summary()[1] == "You can do backpropagation by hand."
