"""Augmented assignment: written into under no_grad, refused on a leaf otherwise, a new node of a computed one."""

import operator

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import Tensor, Value

OPERATORS = [
    (operator.iadd, "+="),
    (operator.isub, "-="),
    (operator.imul, "*="),
    (operator.itruediv, "/="),
    (operator.ipow, "**="),
    (operator.imatmul, "@="),
]
each_operator = pytest.mark.parametrize(("update", "sign"), OPERATORS, ids=[sign for _, sign in OPERATORS])
SQUARE = np.array([[1.5, 2.0], [0.5, 3.0]])


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int64", "int8"])
@each_operator
def test_a_leaf_is_written_into_as_numpy_writes_into_an_array(update, sign, dtype, device):
    """What NumPy refuses is refused: a result of another shape, or of another kind of number."""
    others = [2, 0.5, SQUARE, SQUARE[0], SQUARE.astype("float32"), np.stack([SQUARE, SQUARE]), np.arange(1, 3)]
    for other in others:
        expected, mine = SQUARE.astype(dtype), Tensor(SQUARE.astype(dtype), device=device)
        if mine.dtype.kind == "f":
            mine.requires_grad = True
        operand = Tensor(other, device=device) if isinstance(other, np.ndarray) else other
        before, other_name = mine, mine
        try:
            expected = update(expected, other)
        except (TypeError, ValueError):
            with tg.no_grad(), pytest.raises((tg.ShapeError, tg.DtypeError), match=r"does not fit|do not fit"):
                update(mine, operand)
            np.testing.assert_array_equal(mine.numpy(), SQUARE.astype(dtype))
            continue
        with tg.no_grad():
            mine = update(mine, operand)
        assert mine is before is other_name and mine.op is None and mine.dtype == dtype
        np.testing.assert_allclose(mine.numpy(), expected, rtol=2e-3 if dtype == "float16" else 1e-6)


@each_operator
def test_a_value_is_written_into(update, sign):
    if sign == "@=":
        return
    for other in (2, 0.5, np.float32(0.5), Value(3.0), Value(3.0, requires_grad=False)):
        value = same = Value(1.5)
        with tg.no_grad():
            value = update(value, other)
        assert value is same and type(value.data) is float and value.op is None and value.requires_grad
        assert value.data == update(1.5, float(other))
    with tg.no_grad(), pytest.raises(tg.DtypeError, match="one number"):
        update(Value(1.0), np.ones(2))


@each_operator
@pytest.mark.parametrize("leaf", [Value(1.5, name="w"), Tensor(SQUARE, requires_grad=True, name="w")], ids=type)
def test_a_leaf_that_requires_gradients_is_refused_where_operations_are_recorded(update, sign, leaf):
    message = rf"\{sign[:-1]}= ... of a leaf 'w' that requires gradients.*with tg\.no_grad\(\).*q = p \{sign[0]}"
    for other in (2.0, leaf, leaf.detach()):
        with pytest.raises(tg.GraphError, match=message):
            update(leaf, other)
    assert leaf.op is None


@each_operator
def test_a_computed_node_gets_a_new_one(update, sign, device):
    x = Tensor(SQUARE, requires_grad=True, device=device)
    h = first = x * 1.0
    h = update(h, x)
    assert h is not first and h.op.name in ("add", "subtract", "multiply", "divide", "power", "matmul")
    h.sum().backward()
    plain = getattr(operator, update.__name__.removeprefix("i"))
    y = Tensor(SQUARE, requires_grad=True, device=device)
    plain(y * 1.0, y).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), y.grad.numpy())
    with tg.no_grad():
        h = update(first, 2.0 if sign != "@=" else x)
    assert h is not first and h.op is None and first.op is not None
    np.testing.assert_array_equal(first.numpy(), SQUARE)


@each_operator
def test_a_computed_value_gets_a_new_one(update, sign):
    if sign == "@=":
        return
    plain = getattr(operator, update.__name__.removeprefix("i"))
    for other in (lambda v: v, lambda v: 2.0, lambda v: v.detach()):
        v, w = Value(1.5), Value(1.5)
        y = first = v * 1.0
        y = update(y, other(v))
        z = plain(w * 1.0, other(w))
        y.backward()
        z.backward()
        assert y is not first and (y.op, y.data, v.grad) == (z.op, z.data, w.grad)


@pytest.mark.parametrize("make", [lambda: Tensor(SQUARE), lambda: Value(1.5, requires_grad=False)])
def test_a_constant_is_written_into_unless_what_comes_has_a_history(make):
    constant = other_name = make()
    constant += 1.0
    constant *= Tensor(2.0) if isinstance(constant, Tensor) else Value(2.0, requires_grad=False)
    assert constant is other_name
    np.testing.assert_array_equal(constant.data, (make().data + 1.0) * 2.0)
    leaf = Tensor(1.0, requires_grad=True) if isinstance(constant, Tensor) else Value(1.0)
    constant += leaf
    assert constant is not other_name and constant.requires_grad and not other_name.requires_grad


def test_gradient_descent_in_the_form_of_pytorch():
    """w -= lr·w.grad on f = (w - 3)²: w - 3 shrinks by 1 - 2·lr in each step, for numbers and arrays."""
    for w, flat in ((Value(0.0), float), (Tensor([0.0, 1.0], requires_grad=True), lambda t: t.numpy())):
        start = flat(w)
        for _ in range(5):
            w.grad = None if isinstance(w, Tensor) else 0.0
            ((w - 3.0) ** 2).sum().backward() if isinstance(w, Tensor) else ((w - 3.0) ** 2).backward()
            with tg.no_grad():
                w -= 0.1 * w.grad
        np.testing.assert_allclose(flat(w) - 3.0, (start - 3.0) * 0.8**5, rtol=1e-6)


def test_what_an_optimizer_updates_stays_in_its_flat_arrays(device):
    p, q = (Tensor([1.0, 2.0], requires_grad=True, device=device) for _ in range(2))
    optimizer = tg.optim.SGD([p, q], lr=1.0)
    (p.sum() + q.sum()).backward()
    with tg.no_grad():
        p *= 10.0
    for gradient in [p.grad]:  # another name: it is written into
        gradient *= 0.5
    q.grad *= 0.25
    optimizer.step()
    np.testing.assert_array_equal(p.numpy(), [9.5, 19.5])
    np.testing.assert_array_equal(q.numpy(), [0.75, 1.75])
    q.grad.data = [4.0, 4.0]
    optimizer.step()
    np.testing.assert_array_equal(q.numpy(), [-3.25, -2.25])


def test_a_graph_computed_before_is_refused(device):
    w = Tensor(SQUARE, requires_grad=True, device=device)
    constant = Tensor(SQUARE, device=device)
    y, z = (w * w).sum(), (w * constant).sum()
    constant += 1.0
    with pytest.raises(tg.MutationError, match="the data of the constant node changed"):
        z.backward()
    with tg.no_grad():
        w += 1.0
    with pytest.raises(tg.MutationError, match="the data of the leaf node changed"):
        y.backward()
    v = Value(2.0)
    y = v * v
    with tg.no_grad():
        v += 1.0
    with pytest.raises(tg.MutationError):
        y.backward()


def test_what_shares_the_array_is_left_alone():
    """detach() shares the data of a computed node, on which its derivatives depend."""
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = tg.exp(x)
    cut = y.detach()
    cut += 100.0
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), np.exp([1.0, 2.0]), rtol=1e-6)
