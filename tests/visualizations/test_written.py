"""A trace shows no result that does not hold: arrays that were written into are found when it is recorded."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import Tensor, Value
from tinygrad_edu_viz import Trace, draw_graph

pytestmark = [pytest.mark.filterwarnings("ignore::RuntimeWarning"), pytest.mark.raw_arrays]

A = np.array([[1.0, 2.0], [3.0, 4.0]])


def written(array, value):
    if array.ndim:
        array[(0,) * array.ndim] = value
    else:
        array[...] = value


GRAPHS = {
    "elementwise": lambda x, c: (x * c).sum(),
    "matmul": lambda x, c: tg.tanh(x @ c).sum(),
    "structural": lambda x, c: (x[0] * c.T[0]).sum(),
    "dense": lambda x, c: tg.nn.Dense(2, 2, activation="relu", rng=0, dtype="float64")(x).sum() + (c * x).sum(),
    "reduced": lambda x, c: tg.softmax(x * c, axis=1)[0, 0],
}
VIEWS = ("getitem", "transpose")  # which hold what is written into their operand, too
WHERE = {  # whose array is written into
    "leaf": lambda x, c, root: x,
    "constant": lambda x, c, root: c,
    "root": lambda x, c, root: root,
    "between": lambda x, c, root: next(n for n in tg.nodes(root)[::-1] if n.op and n.op.name not in VIEWS),
}


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("graph", GRAPHS)
def test_a_write_into_a_raw_array_is_found(graph, where, device):
    x, c = Tensor(A, requires_grad=True, device=device, name="x"), Tensor(A + 1, device=device, name="c")
    if graph == "dense" and device != "cpu":
        return
    root = GRAPHS[graph](x, c)
    assert Trace.record(root).nodes
    written(WHERE[where](x, c, root).data, 99.0)
    with pytest.raises(
        tg.MutationError, match=r"n\d+ = \w+\(.*\) does not hold: it has .*, it would have .*run that again"
    ):
        Trace.record(root)


def test_the_first_node_that_does_not_hold_is_named():
    a, b = Tensor([2.0], requires_grad=True, name="a"), Tensor([3.0], name="b")
    root = (a * b + a).sum()
    a.data[0] = 99
    message = r"n2 = multiply\(a, b\) does not hold: it has \[6\.\], and of what a, b has now, it would have \[297\.\]"
    with pytest.raises(tg.MutationError, match=message):
        Trace.record(root)
    a.data[0] = 2
    assert Trace.record(root).nodes["n2"].data == [6.0]
    a.data = [99.0]  # by assignment: as backward() says it
    with pytest.raises(tg.MutationError, match="the data of the leaf 'a' changed"):
        Trace.record(root)


def test_what_is_computed_from_nan_and_inf_holds(device):
    x = Tensor(np.array([np.nan, np.inf, -np.inf, 0.0]), requires_grad=True, device=device)
    root = (tg.log(abs(x)) * tg.where(x.data > 0, x, 1.0)).sum()
    assert Trace.record(root).nodes
    v = Value(0.0)
    assert Trace.record(tg.log(v) * v).nodes


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_networks_hold(dtype, device):
    """Whatever is fused, dropped or widened on the way: an operation gives its result again."""
    tg.seed(0)
    net = tg.nn.mlp([6, 8, 3], activation="gelu", dropout=0.3, rng=0, dtype=dtype, device=device)
    x = Tensor(np.linspace(-3, 3, 30).reshape(5, 6).astype(dtype), device=device)
    assert Trace.record(tg.losses.cross_entropy(net(x), np.array([0, 1, 2, 1, 0]))).nodes
    with tg.detect_anomaly(), tg.default_dtype("float64"):
        assert Trace.record((net(x).std(axis=0) + tg.logsumexp(net(x), axis=0)).sum()).nodes


def test_a_drawing_shows_what_is_there():
    """draw_graph, after an update too, looks at nodes and not at a pass."""
    a = Tensor([2.0], requires_grad=True, name="a")
    root = (a * a).sum()
    a.data[0] = 99
    assert "99" in draw_graph(root).source


def test_detect_anomaly_finds_a_result_that_was_written_into(device):
    x = Tensor(A, requires_grad=True, device=device)
    with tg.detect_anomaly():
        y = tg.exp(x)
        written(y.data, 99.0)
        with pytest.raises(
            tg.MutationError, match="the array of the exp node was written into after the exp node was computed, at"
        ):
            y.backward(gradient=np.ones((2, 2)) if device == "cpu" else Tensor(np.ones((2, 2)), device=device))
