"""Value: numbers, names, gradients kept on every node, and graphs of all shapes."""

import fractions
import gc
import math

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import Value


def test_the_example_of_the_readme():
    a, b = Value(2.0, name="a"), Value(-3.0, name="b")
    y = a * b + a
    y.backward()
    assert (y.data, a.grad, b.grad) == (-4.0, -2.0, 2.0)


def test_the_neuron_of_micrograd():
    """Numbers of the lecture: tanh(w1·x1 + w2·x2 + b) = √2/2, whose derivative there is 1/2."""
    w1, x1, w2, x2 = Value(-3.0), Value(2.0), Value(1.0), Value(0.0)
    b = Value(6.8813735870195432)
    y = tg.tanh(w1 * x1 + w2 * x2 + b)
    y.backward()
    assert y.data == pytest.approx(math.sqrt(0.5))
    assert [v.grad for v in (w1, x1, w2, x2, b)] == pytest.approx([1.0, -1.5, 0.0, 0.5, 0.5])


def test_data_is_a_true_float():
    for data in (2, True, np.float64(2), np.float32(2), np.int8(2), np.array(2.0), fractions.Fraction(2), Value(2.0)):
        value = Value(data)
        assert type(value.data) is float
        assert type((value * np.float64(3) + 1).data) is float
    value.data = np.float32(0.5)
    assert type(value.data) is float and value.data == 0.5


@pytest.mark.parametrize("data", [1j, np.complex64(1), None, "2", np.str_("2"), [2.0], np.ones(1), {}])
def test_other_data_is_refused(data):
    with pytest.raises(tg.DtypeError, match="a Value holds one number, not"):
        Value(data)
    with pytest.raises(tg.DtypeError, match="a Value holds one number, not"):
        Value(1.0).data = data


def test_gradients_start_at_zero_and_stay_there_for_what_is_not_used():
    a, b, c = Value(1.0), Value(2.0), Value(5.0)
    assert a.grad == 0.0
    (a * b).backward()
    assert c.grad == 0.0


def test_intermediate_values_keep_the_gradient_of_the_last_pass():
    a = Value(3.0)
    square = a * a
    y = square * 2.0
    y.backward()
    assert (y.grad, square.grad, a.grad) == (1.0, 2.0, 12.0)
    y.backward()
    assert (y.grad, square.grad, a.grad) == (1.0, 2.0, 24.0)


def test_the_gradient_given_to_backward_scales_everything():
    a = Value(3.0)
    (a * a).backward(0.5)
    assert a.grad == 3.0
    (a * a).backward(gradient=np.float32(-0.5))
    assert a.grad == 0.0


def test_gradients_can_be_set_and_are_checked():
    a = Value(1.0)
    a.grad = np.float32(2.0)
    assert type(a.grad) is float
    (a * 3).backward()
    assert a.grad == 5.0
    with pytest.raises(tg.DtypeError):
        a.grad = None


def test_all_operators_and_their_reflections():
    a = Value(3.0)
    for result, expected, slope in (
        (a + 2, 5.0, 1.0),
        (2 + a, 5.0, 1.0),
        (a - 2, 1.0, 1.0),
        (2 - a, -1.0, -1.0),
        (a * 2, 6.0, 2.0),
        (2 * a, 6.0, 2.0),
        (a / 2, 1.5, 0.5),
        (6 / a, 2.0, -2 / 3),
        (a**2, 9.0, 6.0),
        (2**a, 8.0, 8 * math.log(2)),
        (-a, -3.0, -1.0),
        (+a, 3.0, 1.0),
        (abs(-a), 3.0, 1.0),
    ):
        assert isinstance(result, Value) and result.data == expected
        a.grad = 0.0
        result.backward()
        assert a.grad == pytest.approx(slope)


def test_numbers_of_numpy_on_the_left_keep_the_graph():
    for number in (np.float64(2), np.float32(2), np.int64(2), np.array(2.0)):
        for f in (lambda n, v: n * v, lambda n, v: n + v, lambda n, v: n - v, lambda n, v: n / v, lambda n, v: n**v):
            a = Value(3.0)
            y = f(number, a)
            assert isinstance(y, Value) and y.data == f(2.0, 3.0) and type(y.data) is float
            y.backward()
            assert a.grad != 0.0


def test_comparisons_are_plain_and_truth_is_that_of_the_number():
    a, b = Value(1.0), Value(2.0)
    assert (a < b) is True and (a > b) is False and (a <= 1) is True and (a >= 2.0) is False
    assert (a == 1.0) is True and (a != b) is True and (a == Value(1.0)) is True
    assert not Value(0.0) and Value(0.1)
    assert {a: "by identity"}.get(Value(1.0)) is None
    assert (float(b), int(b), b.item()) == (2.0, 2, 2.0)
    assert sorted([b, a])[0] is a and max(a, b) is b


def test_a_value_is_no_sequence():
    a = Value(1.0)
    for use in (len, list, lambda v: v[0], lambda v: next(iter(v))):
        with pytest.raises(TypeError, match=r"a Value is a single number.*tg\.Tensor"):
            use(a)
    with pytest.raises(tg.GraphError, match="sum: a Value is a single number"):
        a.sum()


def test_repr_shows_number_name_operation_and_gradient():
    a = Value(2.0, name="a")
    y = a * 3
    y.backward()
    assert repr(a) == "Value(2, name='a', grad=3)"
    assert repr(y) == "Value(6, op=multiply, grad=1)"
    assert repr(Value(1 / 3, requires_grad=False)) == "Value(0.333333)"
    assert f"{a:.3f}" == "2.000"


def test_detach_and_constants():
    a = Value(2.0)
    cut = (a * a).detach()
    assert not cut.requires_grad and cut.op is None and cut.data == 4.0
    (cut * a).backward()
    assert a.grad == 4.0 and cut.grad == 0.0
    with pytest.raises(tg.GraphError, match=r"requires no gradient.*no_grad"):
        (cut * 2).backward()


# --- graphs of all shapes ---


def test_one_number_used_twice():
    a = Value(3.0)
    (a + a).backward()
    assert a.grad == 2.0
    a = Value(3.0)
    (a * a * a).backward()
    assert a.grad == 27.0


def test_backward_from_a_leaf():
    a = Value(3.0)
    a.backward()
    a.backward(4.0)
    assert a.grad == 5.0


def test_two_roots_accumulate_into_the_leaf():
    a = Value(3.0)
    shared = a * a
    (shared * 2).backward()
    (shared + 1).backward()
    assert a.grad == 12.0 + 6.0


def test_a_diamond_of_depth_60_takes_linear_time():
    """Each level uses the one below twice: 2^60 paths, 60 nodes, 120 contributions."""
    a = Value(1.0)
    y = a
    for _ in range(60):
        y = y + y
    assert sum(1 for _ in tg.backprop(y)) == 120
    y.backward()
    assert a.grad == 2.0**60


def test_uneven_paths_are_joined_before_they_go_on():
    """The short path reaches `a` long before the deep one; a pass by depth would propagate twice or too early."""
    a = Value(2.0)
    deep = a
    for _ in range(10):
        deep = deep * 1.0 + 0.0
    middle = a * deep
    (middle * a + deep).backward()
    assert a.grad == 3 * 4.0 + 1.0
    seen = [(id(step.node), step.position) for step in tg.backprop(middle * a + deep)]
    assert len(seen) == len(set(seen))


def test_a_chain_of_200000_nodes_lives_and_dies():
    a = Value(1.0)
    y = a
    for _ in range(200_000):
        y = y + 1.0
    y.backward()
    assert (y.data, a.grad) == (200_001.0, 1.0)
    del y  # deletion must not recurse either


def test_a_wide_sum():
    values = [Value(k) for k in range(1000)]
    total = sum(v * v for v in values)
    total.backward()
    assert [v.grad for v in values] == [2.0 * k for k in range(1000)]


def test_no_cyclic_garbage():
    """A dropped graph is freed by reference count alone; the collector has nothing to do."""

    def work():
        a, b = Value(2.0), Value(3.0)
        y = a
        for _ in range(50):
            y = tg.tanh(y * b + a) + tg.relu(y)
        y.backward()
        list(tg.backprop(y))
        tg.grad(lambda v: tg.where(v > 0, v * v, -v))(3.0)
        tg.grad(tg.grad(lambda v: v**3))(2.0)

    work()  # what is imported and cached on the first call
    gc.collect()
    gc.disable()
    try:
        work()
        assert gc.collect() == 0
    finally:
        gc.enable()
