"""Copies of graphs, by copy and pickle: of any depth, with what is shared shared, and in the order of the original."""

import copy
import io
import pickle
import subprocess
import sys

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import Tensor, Value

DEEP = 3_000  # operations; Python's recursion ends at 1,000


class MyValue(Value):
    """A subclass has attributes of its own."""

    def __init__(self, data, friend=None):
        super().__init__(data)
        self.friend = friend


def pickled(protocol, pickler=pickle.Pickler):
    def duplicate(item):
        file = io.BytesIO()
        pickler(file, protocol).dump(item)
        file.seek(0)
        return pickle.load(file)

    return duplicate


DUPLICATES = {
    "deepcopy": copy.deepcopy,
    "pickle": pickled(pickle.HIGHEST_PROTOCOL),
    "pickle, protocol 2": pickled(2),
    "pickle, in Python": pickled(4, pickle._Pickler),
}
each_way = pytest.mark.parametrize("duplicate", DUPLICATES.values(), ids=DUPLICATES)
each_kind = pytest.mark.parametrize(
    "make", [Value, lambda data: Tensor(np.array(data), requires_grad=True)], ids=["Value", "Tensor"]
)


@each_kind
@each_way
def test_a_deep_chain(duplicate, make):
    """y = x·(1 + n·ε): the derivative is known."""
    x = make(2.0)
    y = x
    for _ in range(DEEP // 2):
        y = y + x * 0.5
    z = duplicate(y)
    z.backward()
    (x_of_copy,) = [node for node in tg.nodes(z) if node.op is None and node.requires_grad]
    assert float(x_of_copy.grad) == 1 + DEEP / 4 and not float(x.grad or 0)
    assert float(z) == float(y)


@each_kind
@each_way
def test_what_is_shared_is_shared(duplicate, make):
    x = make(2.0)
    h = x * x
    y, z = h * 3.0, h + x
    h2, again, (y2, z2), x2 = duplicate([h, h, (y, z), x])
    assert h2 is again and y2.inputs[0] is h2 and z2.inputs[0] is h2 and z2.inputs[1] is x2 and h2.inputs == (x2, x2)
    (y2 * z2).backward()  # 3x²(x² + x): 12x³ + 9x²
    assert float(x2.grad) == 12 * 8 + 9 * 4 and h2 is not h and not float(x.grad or 0)


@each_way
def test_what_many_graphs_share_is_copied_once(duplicate):
    """In whichever order they come; and a file grows with the number of nodes, not of graphs times nodes."""
    x = Value(1.0)
    h = [x]
    for _ in range(60):
        h.append(tg.tanh(h[-1] * 0.9 + x))
    for order in (h, h[::-1]):
        twins = duplicate(order)
        assert len({id(node) for twin in twins for node in tg.nodes(twin)}) == len(tg.nodes(h[-1]))
    assert len(pickle.dumps(h)) < 3 * len(pickle.dumps(h[::-1]))


def test_one_pickler_after_another_and_one_twice():
    x = Value(2.0)
    h = x * x
    y = tg.tanh(h)
    file = io.BytesIO()
    first = pickle.Pickler(file)
    first.dump(y)
    for item in (y, h, y * h):
        assert len(tg.nodes(pickle.loads(pickle.dumps(item)))) == len(tg.nodes(item))
    first.dump([h, y * 2.0])  # which it knows, partly
    first.clear_memo()
    first.dump(y)
    file.seek(0)
    reader = pickle.Unpickler(file)
    y1, (h1, z1) = reader.load(), reader.load()
    assert z1.inputs[0] is y1 and y1.inputs[0] is h1
    y2 = pickle.load(file)
    assert len(tg.nodes(y2)) == 3 and y2.data == y.data


@each_way
def test_gradients_and_the_graphs_that_they_have(duplicate):
    """After create_graph=True a leaf's gradient is computed from the leaf."""
    for make in (Value, lambda data: Tensor(data, requires_grad=True)):
        x = make(3.0)
        (x * x * x).backward(create_graph=True)
        x2 = duplicate(x)
        assert float(x2.grad) == 27.0
        gradient, x2.grad = x2.grad, None if isinstance(x2, Tensor) else 0.0
        gradient.backward()
        assert float(x2.grad) == 18.0 and float(x.grad) == 27.0


@each_way
def test_names_attributes_and_subclasses(duplicate, device):
    x = Tensor(np.arange(6.0).reshape(2, 3), requires_grad=True, name="x", device=device)
    y = tg.sum(x[:, [0, 2]], axis=1, keepdims=True)
    y2 = duplicate(y)
    assert (y2.op, y2.attrs, y2.backend, y2.dtype) == (y.op, y.attrs, y.backend, y.dtype)
    assert [node.name for node in tg.nodes(y2)] == [None, None, "x"]
    v = MyValue(2.0, friend=Value(3.0))
    y2 = duplicate(v * v)
    y2.backward()
    v2 = y2.inputs[0]
    assert type(v2) is MyValue and (v2.friend.data, v2.grad) == (3.0, 4.0)


@each_way
def test_a_graph_whose_data_changed_stays_refused(duplicate):
    for change in (lambda x, h: setattr(x, "data", 5.0), lambda x, h: setattr(h, "data", 5.0)):
        x = Value(2.0)
        h = x * x
        y = h * 3.0
        change(x, h)
        for items in ((x, y), (y, x), (h, y)):
            with pytest.raises(tg.MutationError):
                duplicate(items)[items.index(y)].backward()


def test_a_graph_of_another_process_goes_on_in_this_one():
    """There the clock is far ahead."""
    code = """
import pickle, sys, tinygrad_edu as tg
for _ in zip(range(10_000_000), tg.clock.SERIAL): pass
x = tg.Value(2.0)
sys.stdout.buffer.write(pickle.dumps((x, x * x)))
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=".")
    x, y = pickle.loads(result.stdout)
    (y * x * tg.Value(1.0)).backward()
    assert x.grad == 12.0
    x.grad = 0.0
    tg.tanh(x * 0.0).backward()
    assert x.grad == 0.0


def test_a_shallow_copy_shares_what_it_holds():
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = tg.exp(x)
    twin = copy.copy(y)
    assert twin is not y and twin.inputs[0] is x and twin.data is y.data
    v = MyValue(2.0, friend=3)
    assert (copy.copy(v).data, copy.copy(v).friend, type(copy.copy(v))) == (2.0, 3, MyValue)
    assert copy.copy(v * v).inputs == (v, v)


def test_a_pickler_that_fails_leaves_nothing_behind():
    class Full(io.RawIOBase):
        def __init__(self, room):
            self.room = room

        def writable(self):
            return True

        def write(self, data):
            self.room -= len(data)
            if self.room < 0:
                raise OSError("no space left")
            return len(data)

    x = Value(2.0)
    h = x * x
    y = tg.tanh(h) + h
    size = len(pickle.dumps(y))
    for room in range(size):
        for attempt in (y, h):
            with pytest.raises(OSError, match="no space"):
                pickle._Pickler(Full(room)).dump(y)
            twin = pickle.loads(pickle.dumps(attempt))
            assert twin.data == attempt.data and len(tg.nodes(twin)) == len(tg.nodes(attempt))


def test_a_pickle_in_which_the_gradient_buffer_has_its_former_name():
    written = pickle.dumps(tg.Tensor([1.0, 2.0], requires_grad=True), 2)
    former = written.replace(b"X\x07\0\0\0_buffer", b"X\x05\0\0\0_home")
    assert former != written
    (pickle.loads(former) ** 2).sum().backward()
