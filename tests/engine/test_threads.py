"""Passes of several threads into the same leaves lose nothing."""

import sys
import threading

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import Tensor, Value, optim
from tinygrad_edu.graph.modes import Mode
from tinygrad_edu.graph.observer import Observer


def in_threads(work, n=4):
    threads = [threading.Thread(target=work) for _ in range(n)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)


LOSSES = {  # each with the gradient (1, 1) of w
    "matmul": lambda w: (w @ Tensor(np.ones((2, 1)))).sum(),
    "by rows": lambda w: (Tensor(np.ones((1, 2))) @ w.reshape(2, 1)).sum(),
    "multiply": lambda w: (w * 1.0).sum(),
    "twice": lambda w: (w * 0.5 + w @ Tensor(np.eye(2) * 0.5)).sum(),
}


@pytest.mark.parametrize("optimized", [False, True], ids=["leaf", "parameter of an optimizer"])
@pytest.mark.parametrize("name", LOSSES)
def test_every_contribution_arrives(name, optimized):
    w = Tensor(np.array([1.0, 2.0]), requires_grad=True)
    optimizer = optim.SGD([w], lr=0.0) if optimized else None

    def work():
        for _ in range(100):
            LOSSES[name](w).backward()

    for _ in range(2):
        in_threads(work)
        assert w.grad.numpy().tolist() == [400, 400]
        optimizer.zero_grad() if optimizer else setattr(w, "grad", None)


@pytest.mark.parametrize("create_graph", [False, True])
def test_values(create_graph):
    v = Value(1.0)

    def work():
        for _ in range(1000):
            (v * 1.0).backward(create_graph=create_graph)

    in_threads(work)
    assert float(v.grad) == 4000.0


class Meanwhile(Observer):
    """Does something else when a pass is in the middle, with its first contribution to a leaf computed."""

    def __init__(self, leaf, work):
        self.leaf, self.work = leaf, work

    def contributed(self, step):
        if step.input is self.leaf and self.work is not None:
            work, self.work = self.work, None
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()


def matrix_loss(x, w):
    return (Tensor(x) @ w).sum()


@pytest.mark.parametrize("other", ["matmul", "sum", "twice", "fails", "compiled", "first"])
def test_a_pass_in_the_middle_of_another(other):
    """A leaf's gradient may be written where it is going to lie before a pass ends: not over that of another."""
    w = Tensor(np.ones((2, 2)), requires_grad=True)
    optimizer = optim.SGD([w], lr=1.0)
    x, z = np.array([[1.0, 2.0]]), np.array([[10.0, 20.0]])
    step = tg.compile(lambda z: (z @ w).sum())
    for _ in range(3):
        step(Tensor(z))
    assert step.why_not is None and "def " in step.source
    optimizer.zero_grad()
    works = {
        "matmul": lambda: matrix_loss(z, w).backward(),
        "sum": lambda: (w * Tensor(z.T)).sum().backward(),
        "twice": lambda: (matrix_loss(z / 2, w) + matrix_loss(z / 2, w)).backward(),
        "compiled": lambda: step(Tensor(z)),
        "fails": lambda: None,
        "first": lambda: (matrix_loss(z / 2, w).backward(), matrix_loss(z / 2, w).backward()),
    }
    loss = matrix_loss(x, w)
    if other == "fails":

        def stop(step):
            raise KeyError("mine")

        watch = Meanwhile(w, None)
        watch.contributed = stop
        with pytest.raises(KeyError), Mode(lambda: {"watch": watch}):
            matrix_loss(z, w).backward()
        matrix_loss(z, w).backward()
        loss.backward()
    else:
        with Mode(lambda: {"watch": Meanwhile(w, works[other])}):
            loss.backward()
    expected = np.repeat((x + z).T, 2, axis=1)
    np.testing.assert_array_equal(w.grad.numpy(), expected)
    optimizer.step()
    np.testing.assert_array_equal(w.numpy(), 1.0 - expected)
    optimizer.zero_grad()
    loss = matrix_loss(x, w)
    loss.backward()
    assert w.grad.data.base is not None  # the buffer again: a view of the flat array
    np.testing.assert_array_equal(w.grad.numpy(), np.repeat(x.T, 2, axis=1))


def test_a_compiled_step_adds_to_what_is_there():
    w = Tensor(np.ones((2, 2)), requires_grad=True)
    optimizer = optim.SGD([w], lr=1.0)
    step = tg.compile(lambda z: (z @ w).sum())
    z = Tensor(np.array([[1.0, 2.0]]))
    for k in range(1, 7):
        step(z)
        np.testing.assert_array_equal(w.grad.numpy(), k * np.repeat(z.numpy().T, 2, axis=1))
    in_threads(lambda: [step(z) for _ in range(50)])
    np.testing.assert_array_equal(w.grad.numpy(), 206 * np.repeat(z.numpy().T, 2, axis=1))
    w.grad = np.ones((2, 2))
    step(z)
    optimizer.step()
    np.testing.assert_array_equal(w.numpy(), -np.repeat(z.numpy().T, 2, axis=1))
