"""What is written into a constant has no history: numbers that have one are refused, on every way in."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import Tensor, Value

MASK = np.array([True, False, False])

# what a constant r, tensor or array, is written into; each with what it does to a tensor
WAYS = {
    "r[0] = x": lambda r, x: r.__setitem__(0, x),
    "r[:1] = x": lambda r, x: r.__setitem__(slice(1), x),
    "r[[0]] = x": lambda r, x: r.__setitem__([0], x),
    "r[mask] = x": lambda r, x: r.__setitem__(MASK, x),
    "r[Tensor] = x": lambda r, x: r.__setitem__(Tensor(MASK, device=r.backend), x),
    "r[...] = x": lambda r, x: r.__setitem__(..., x),
    "r.data = x": lambda r, x: setattr(r, "data", x),
    "np.copyto": lambda r, x: np.copyto(r, x),
    "np.put": lambda r, x: np.put(r, [0], x),
    "np.place": lambda r, x: np.place(r, MASK, x),
    "np.putmask": lambda r, x: np.putmask(r, MASK, x),
    "out=": lambda r, x: np.add(r, x, out=r),
    "out=array": lambda r, x: np.add(np.ones(3), x, out=np.ones(3)),
    "np.full_like": lambda r, x: np.full_like(r, x),
    "np.full_like(fill_value=)": lambda r, x: np.full_like(r, fill_value=x),
    "Tensor([x])": lambda r, x: Tensor([x], device=r.backend),
    "Tensor([[x, 1]])": lambda r, x: Tensor([[x, 1.0]], device=r.backend),
    "Tensor(array of x)": lambda r, x: Tensor(_objects(x), dtype="float64", device=r.backend),
}


def _objects(*items):
    array = np.empty(len(items), dtype=object)
    for k, item in enumerate(items):
        array[k] = item
    return array


WHAT = {
    "tensor": lambda device: Tensor(1.0, requires_grad=True, device=device),
    "computed tensor": lambda device: Tensor([1.0, 2.0], requires_grad=True, device=device)[0] * 2,
    "value": lambda device: Value(1.0),
    "computed value": lambda device: Value(1.0) * 2,
}


@pytest.mark.parametrize("way", WAYS)
def test_numbers_with_a_history_are_refused(way, device):
    for make in WHAT.values():
        r = Tensor(np.zeros(3), device=device)
        with pytest.raises((tg.GraphError, tg.DtypeError, TypeError)) as caught:
            WAYS[way](r, make(device))
        assert "tinygrad_edu" in type(caught.value).__module__ or "tinygrad_edu" in str(caught.value)
        np.testing.assert_array_equal(r.numpy(), np.zeros(3))


@pytest.mark.parametrize("what", WHAT)
@pytest.mark.parametrize("held", [lambda x: [x, x, x], lambda x: (x, 1.0, x), lambda x: _objects(x, x, x)])
def test_so_are_lists_and_arrays_of_them(what, held):
    x = WHAT[what]("cpu")
    r = Tensor(np.zeros(3))
    for write in (lambda: r.__setitem__(..., held(x)), lambda: setattr(r, "data", held(x))):
        with pytest.raises(tg.GraphError, match=r"would lose their history.*tg\.stack.*tg\.where"):
            write()
    v = Value(0.0)
    with pytest.raises(tg.GraphError, match=r"a leaf node, written into.*tg\.stack"):
        v.data = Value(1.0) * 2
    assert (v.data, r.numpy().tolist()) == (0.0, [0.0] * 3)


@pytest.mark.raw_arrays
def test_the_functional_way_gives_the_gradient(device):
    """Σ (p[k]·p[0])·p[k] at p = (1, 2, 3): Σ p0·pk², with the gradient (Σ pk² + 2·p0², 2·p0·p1, 2·p0·p2)."""
    p = Tensor(np.array([1.0, 2.0, 3.0]), requires_grad=True, device=device)
    r = tg.stack([p[k] * p[0] for k in range(3)])
    (r * p).sum().backward()
    np.testing.assert_array_equal(p.grad.numpy(), [16, 4, 6])
    p.grad = None
    r = tg.where(np.array([True, False, False]) if device == "cpu" else p.data < 2, p * p[0], 0.0)
    (r * p).sum().backward()
    np.testing.assert_array_equal(p.grad.numpy(), [3, 0, 0])


def test_plain_numbers_are_written_and_all_are_under_no_grad(device):
    p = Tensor(np.array([1.0, 2.0, 3.0]), requires_grad=True, device=device)
    r = Tensor(np.zeros(3), device=device)
    r[0] = 1.0
    r[1] = p.detach()[1]
    r[MASK] = Tensor([5.0], device=device)
    assert r.numpy().tolist() == [5, 2, 0]
    with tg.no_grad():
        r[2] = (p * 2)[2]
        r[0] = p[0]
    assert r.numpy().tolist() == [1, 2, 6]
    with tg.no_grad():
        r.data = p
    assert r.numpy().tolist() == [1, 2, 3]
    v = Value(0.0)
    v.data = Value(2.0, requires_grad=False)
    with tg.no_grad():
        v.data = Value(3.0)
    assert v.data == 3.0
