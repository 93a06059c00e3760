"""Verdicts: what is said of a learner's module, and when a mistake is named."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu_tutorials.checking import AtLeast, Contract, Exercise, FunctionExercise, Mistake
from tinygrad_edu_tutorials.checking.comparing import Unfinished, difference, plain, same
from tinygrad_edu_tutorials.checking.exercise import Judge


class Scale(FunctionExercise):
    """x times the transposed of w, and one case in which a transposed w fits."""

    name = "scale"
    functions = ("scale",)
    cases = {
        "square": (np.array([[1.0, 2.0]]), np.array([[1.0, 2.0], [3.0, 4.0]])),
        "wide": (np.array([[1.0, 2.0]]), np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])),
    }
    reference = staticmethod(lambda x, w: x @ w.T)
    mistakes = {
        "untransposed": lambda x, w: x @ w,
        "summed": [lambda x, w: (x @ w.T).sum(0), lambda x, w: (x @ w.T).sum(1)],
        "one_case": lambda x, w: None if len(w) == 2 else 2 * x @ w.T,
        "everywhere_zero": Mistake(lambda answers: all(not np.any(answer) for answer in answers.values())),
    }


def wrong_in_wide(x, w):
    return (2 if len(w) == 3 else 3) * (x @ w.T)


def written_into(x, w):
    right = x @ w.T
    x += 100
    return right


LEARNERS = {  # what they wrote, and the key, and a fact
    "right": (lambda x, w: x @ w.T, "right", {}),
    "tensors": (lambda x, w: tg.Tensor(x) @ tg.Tensor(w).T, "right", {}),
    "lists": (lambda x, w: (x @ w.T).tolist(), "right", {}),
    "given is written into": (written_into, "right", {}),
    "raises as the mistake does": (lambda x, w: x @ w, "untransposed", {"case": "square", "got": 7.0, "right": 5.0}),
    "second model": (lambda x, w: (x @ w.T).sum(1), "summed", {"why": "shape", "got": "(1,)", "right": "(1, 2)"}),
    "only spoken cases count": (wrong_in_wide, "one_case", {"case": "square"}),
    "by what it shows": (lambda x, w: 0 * (x @ w.T), "everywhere_zero", {}),
    "no usual mistake": (lambda x, w: x @ w.T + 1, "other", {"what": "[0, 0]", "got": 6.0, "right": 5.0}),
    "nan": (lambda x, w: x @ w.T * math.nan, "other", {}),
    "another kind": (lambda x, w: "text", "contract", {"got": "text", "right": "array"}),
    "an object": (lambda x, w: object(), "contract", {"got": "object"}),
    "another shape": (lambda x, w: np.ones(7), "contract", {"got": "(7,)"}),
    "nothing": (lambda x, w: None, "unfinished", {}),
    "an ellipsis": (lambda x, w: ..., "unfinished", {}),
    "computed with an ellipsis": (lambda x, w: 2.0 * ..., "unfinished", {}),
    "not implemented": (lambda x, w: (_ for _ in ()).throw(NotImplementedError), "unfinished", {}),
}


@pytest.mark.parametrize("learner", LEARNERS)
def test_verdicts(learner):
    scale, key, facts = LEARNERS[learner]
    verdict = Judge(Scale()).verdict(SimpleNamespace(scale=scale))
    assert verdict.key == key and verdict.facts.items() >= facts.items(), verdict
    assert verdict.passed == (key == "right")


def test_an_error_that_no_mistake_raises_is_the_learners():
    with pytest.raises(ZeroDivisionError):
        Judge(Scale()).verdict(SimpleNamespace(scale=lambda x, w: 1 / 0))


def test_an_error_alone_names_no_mistake():
    """All cases raise what a mistake raises in one: that is no evidence."""
    with pytest.raises(ValueError):
        Judge(Scale()).verdict(SimpleNamespace(scale=lambda x, w: np.ones(2) @ np.ones(3)))


def test_where_a_case_raised_an_error_no_mistake_is_looked_for_in_the_answers():
    class ByItsSign(Scale):
        mistakes = {"positive": Mistake(lambda answers: all(answer.min() > 0 for answer in answers.values()))}

    with pytest.raises(ZeroDivisionError):
        Judge(ByItsSign()).verdict(SimpleNamespace(scale=lambda x, w: x @ w.T + 1 if len(w) == 2 else 1 / 0))


class Parts(Exercise):
    name = "parts"
    functions = ("f",)
    procedures = ("change",)
    variables = ("rate",)
    cases = {"all": None}

    def answer(self, learner, case):
        box = [1.0]
        learner.change(box)
        if box == [0.0]:
            raise Contract("list", box, "change(box)")
        return {"f": learner.f(), "box": box, "rate": learner.rate}

    def right(self, case):
        return {"f": 1.0, "box": [2.0], "rate": AtLeast(0.5)}


GOOD = {"f": lambda: 1, "change": lambda box: box.__setitem__(0, 2.0), "rate": 0.7}


@pytest.mark.parametrize(
    ("changed", "key", "facts"),
    [
        ({}, "right", {}),
        ({"rate": 0.4}, "other", {"what": "rate", "right": "≥ 0.5"}),
        ({"rate": ...}, "unfinished", {}),
        ({"rate": "fast"}, "contract", {"what": "rate", "got": "text", "right": "number"}),
        ({"change": lambda box: box.append(1)}, "contract", {"what": "box", "got": "(2,)"}),
        ({"change": lambda box: box.__setitem__(0, 0.0)}, "contract", {"what": "change(box)", "right": "list"}),
        ({"f": lambda: {"a": 1}}, "contract", {"what": "f", "got": "dictionary"}),
    ],
)
def test_functions_procedures_and_variables(changed, key, facts):
    verdict = Judge(Parts()).verdict(SimpleNamespace(**{**GOOD, **changed}))
    assert verdict.key == key and verdict.facts.items() >= facts.items(), verdict


@pytest.mark.parametrize("name", GOOD)
def test_a_name_that_is_missing(name):
    module = SimpleNamespace(**{key: found for key, found in GOOD.items() if key != name})
    assert Judge(Parts()).verdict(module).facts == {"name": name}


def test_plain_things():
    a = tg.Value(2.0)
    assert plain(a) == 2.0 and plain(True) == 1.0 and plain(np.float32(0.5)) == 0.5 and plain("b") == "b"
    assert plain([a, 3]).tolist() == [2.0, 3.0] and plain([[1, 2], [3]])[1].tolist() == [3.0]
    for unfinished in (None, ..., [1, None], {"a": ...}):
        with pytest.raises(Unfinished):
            plain(unfinished)


def test_nan_equals_nan_and_shapes_must_agree():
    assert same(math.nan, math.nan, 1e-6) and not same(math.nan, 1.0, 1e-6) and same(math.inf, math.inf, 1e-6)
    assert not same(np.ones(1), 1.0, 1e-6) and same(np.array(1.0), 1.0, 1e-6)
    assert same(1.0, 1.0 + 9e-7, 1e-6) and not same(1.0, 1.0 + 2e-6, 1e-6)
    assert difference({"a": 1.0}, {"a": 1.0, "b": 2.0}, 1e-6) == {"why": "key", "what": "b"}
    assert difference({"a": 1.0, "b": 2.0}, {"a": 1.0}, 1e-6) == {"why": "extra", "what": "b"}
    assert difference([1.0, "x"], [1.0, "y"], 1e-6) == {"why": "number", "what": "[1]", "got": "x", "right": "y"}


def test_a_tensor_of_shape_0_is_a_number_and_a_list_has_a_length():
    for four in (4.0, plain(tg.Tensor(4.0))):
        found = difference(plain(tg.Tensor(3.0)), four, 1e-6)
        assert found == {"why": "number", "what": "", "got": 3.0, "right": 4.0}
    layers = [np.ones(2), np.ones(3), np.ones(4)]
    assert difference(layers[:2], layers, 1e-6) == {"why": "shape", "what": "", "got": "(2,)", "right": "(3,)"}
    found = difference({"w": {"grad": np.ones(2)}}, {"w": {"grad": np.zeros(2)}}, 1e-6)
    assert found == {"why": "number", "what": "w.grad[0]", "got": 1.0, "right": 0.0}
