"""Errors teach: each says what happened, where, and what to type next. Also, each is the error Python users expect."""

from functools import partial

import numpy as np
import pytest

import tinygrad_edu as tg
from engine.cases import sample
from tinygrad_edu import Tensor, Value

A = sample(2, 3)


def test_every_error_is_ours_and_the_built_in_one_too():
    expected = {
        tg.ShapeError: ValueError,
        tg.ArgumentError: ValueError,
        tg.DtypeError: TypeError,
        tg.DeviceError: RuntimeError,
        tg.OutOfMemoryError: MemoryError,
        tg.GraphError: RuntimeError,
        tg.MutationError: tg.GraphError,
        tg.AnomalyError: FloatingPointError,
        tg.GradientCheckError: AssertionError,
    }
    for error, built_in in expected.items():
        assert issubclass(error, tg.TinygradError) and issubclass(error, built_in)


# --- data ---


@pytest.mark.parametrize(
    ("data", "where"),
    [
        ([[1, 2], [3]], r"data\[0\] has 2 elements, but data\[1\] has 1 element;"),
        ([[1, 2], 3], r"data\[0\] has 2 elements, but data\[1\] has a number"),
        ([[[1], [2]], [[3], [4, 5]]], r"data\[1\]\[0\] has 1 element, but data\[1\]\[1\] has 2"),
    ],
)
def test_ragged_lists_name_the_row(data, where):
    with pytest.raises(tg.ShapeError, match=f"a ragged list: {where}.*every row needs the same length"):
        Tensor(data)


@pytest.mark.parametrize("data", ["text", None, 1j, {"a": 1}, [1, "2"], object(), np.array(["a"]), np.array([1j])])
def test_what_are_no_real_numbers(data):
    with pytest.raises(tg.DtypeError, match="a tensor holds real numbers, not"):
        Tensor(data)


@pytest.mark.parametrize(
    ("data", "where"),
    [
        ([None, 1.0], r"NoneType 'None', in data\[0\]"),
        ([[1, 2], (3, "4")], r"str '4', in data\[1\]\[1\]; float\('4'\)"),
    ],
)
def test_the_item_that_is_no_number_is_named(data, where):
    with pytest.raises(tg.DtypeError, match=f"a tensor holds real numbers, not {where}"):
        Tensor(data)


@pytest.mark.parametrize("dtype", [np.float16, "float16", np.dtype("float16")])
def test_a_dtype_is_no_device(dtype):
    with pytest.raises(tg.errors.DeviceError, match=r"unknown device .*; x\.astype\('float16'\) changes the dtype"):
        Tensor([1.0]).to(dtype)


def test_nothing_is_no_number(device):
    x = Tensor([1.0, 2.0], device=device)
    with pytest.raises(tg.DtypeError, match="an element of a constant node is a number, not None"):
        x[0] = None
    np.testing.assert_array_equal(x.numpy(), [1.0, 2.0])


def test_whole_numbers_of_more_than_64_bits():
    large = Tensor([10**30, -1])
    assert large.dtype == tg.get_default_dtype()
    np.testing.assert_allclose(large.numpy(), [1e30, -1.0])
    assert Tensor(2**64, dtype="float64").item() == 2.0**64
    for kind in (Tensor, tg.Value):
        with pytest.raises(tg.DtypeError, match="too large"):
            kind(10**400)


@pytest.mark.parametrize("use", [Tensor, tg.exp, lambda data: Tensor([1.0, 2.0]) * data])
def test_numbers_below_a_mask_are_not_computed_with(use):
    data = np.ma.array([1.0, 2.0], mask=[False, True])
    with pytest.raises(tg.DtypeError, match=r"masked array, of which 1 of 2 .*array\.filled\(0\.0\)"):
        use(data)
    np.testing.assert_array_equal(use(data.filled(3.0)).numpy(), use(np.array([1.0, 3.0])).numpy())
    nothing = np.ma.array([1.0, 2.0])
    assert type(use(nothing).numpy()) is np.ndarray


def test_a_list_of_nodes_is_joined_not_converted():
    x = Tensor([1.0], requires_grad=True)
    with pytest.raises(tg.DtypeError, match=r"would lose their history: tg\.stack\(list\)"):
        Tensor([x, x])


def test_unknown_devices():
    for device in ("gpu", "cuda:x", "tpu:0", None):
        with pytest.raises(tg.DeviceError, match=r"unknown device.*'cpu'.*'cuda'"):
            Tensor([1.0], device=device)


# --- shapes ---

MISMATCHES = [
    (lambda a, b: a + b, (2, 3), (2,), r"add: operands of shape \(2, 3\), \(2,\) do not fit"),
    (lambda a, b: tg.maximum(a, b), (2, 3), (4,), r"maximum: operands of shape \(2, 3\), \(4,\)"),
    (lambda a, b: a @ b, (2, 3), (2, 3), r"matmul: operands of shape \(2, 3\), \(2, 3\)"),
    (lambda a, b: a @ b, (2, 3), (), r"matmul: operands of shape \(2, 3\), \(\)"),
    (lambda a, b: tg.dot(a, b), (2, 3), (2, 2, 3), r"dot: .*\(2, 3\).*\(2, 2, 3\)"),
    (lambda a, b: tg.concatenate([a, b]), (2, 3), (2, 2), r"concatenate: operands of shape \(2, 3\), \(2, 2\), axis=0"),
    (lambda a, b: tg.stack([a, b]), (2, 3), (3,), r"stack: all tensors need one shape, not \(2, 3\), \(3,\)"),
    (lambda a, b: tg.einsum("ij,jk->ik", a, b), (2, 3), (2, 3), r"einsum: .*\(2, 3\), \(2, 3\), subscripts=ij,jk->ik"),
    (lambda a, b: tg.einsum("ij,j", a, b), (2, 3), (2, 3), r"einsum: .*\(2, 3\), \(2, 3\).*ij,j"),
    (lambda a, b: tg.einsum("ij->i", a, b), (2, 3), (2, 3), r"einsum: .*ij->i"),
    (lambda a, b: tg.where(a > 0, a, b), (2, 3), (2,), r"where: operands of shape \(2, 3\), \(2, 3\), \(2,\)"),
]


@pytest.mark.parametrize(("f", "a", "b", "message"), MISMATCHES, ids=[m[3][:12] for m in MISMATCHES])
def test_mismatched_shapes_name_the_operation_and_the_shapes(f, a, b, message, device):
    for tracked in (False, True):
        operands = [Tensor(np.ones(shape), requires_grad=tracked, device=device) for shape in (a, b)]
        with pytest.raises(tg.ShapeError, match=message):
            f(*operands)


SINGLE = [
    (lambda a: a.reshape(4), r"reshape: operands of shape \(2, 3\), shape=4 do not fit"),
    (lambda a: a.reshape(-1, 4), r"reshape: operands of shape \(2, 3\), shape=\(-1, 4\)"),
    (lambda a: a.sum(axis=2), r"sum: operands of shape \(2, 3\), axis=2"),
    (lambda a: tg.var(a, axis=5), r"axis=?\s?5"),
    (lambda a: tg.softmax(a, axis=7), r"softmax: operands of shape \(2, 3\), axis=7"),
    (lambda a: a.transpose(0, 0), r"transpose: operands of shape \(2, 3\), axes=\(0, 0\)"),
    (lambda a: tg.squeeze(a, 0), r"squeeze: axis 0 of shape \(2, 3\) does not have length 1"),
    (lambda a: tg.expand_dims(a, 5), r"axis 5 is out of range for a tensor of 3 axes"),
    (lambda a: tg.expand_dims(a, (0, 0)), r"the axes \(0, 0\) name one .* twice"),
    (lambda a: tg.swapaxes(a, 0, 2), "axis 2 is out of range for a tensor of 2 axes"),
    (lambda a: tg.flip(a, -3), "axis -3 is out of range"),
    (lambda a: tg.prod(a, axis=2), "axis 2 is out of range"),
    (lambda a: tg.broadcast_to(a, (3, 3)), r"broadcast_to: operands of shape \(2, 3\), shape=\(3, 3\)"),
    (lambda a: tg.split(a, 2, axis=1), "split: axis 1 of length 3 does not divide into 2 equal parts"),
    (lambda a: tg.tril(a[0]), r"a triangle needs a matrix, not a tensor of shape \(3,\)"),
    (lambda a: tg.moveaxis(a, (0, 1), (1,)), "moveaxis: 2 axes to move, but 1 places"),
    (lambda a: tg.repeat(a, [1, 2]), r"repeat: repeats=\[1, 2\] must be one number, or 6 numbers"),
    (lambda a: tg.repeat(a, -1), "repeat: repeats=-1"),
    (lambda a: tg.stack([]), "at least one"),
    (lambda a: tg.max(a[:0]), r"max: operands of shape \(0, 3\)"),
]


@pytest.mark.parametrize(("f", "message"), SINGLE, ids=[s[1][:12] for s in SINGLE])
def test_shapes_that_one_tensor_cannot_take(f, message, device):
    for tracked in (False, True):
        with pytest.raises(tg.ShapeError, match=message):
            f(Tensor(A, requires_grad=tracked, device=device))


def test_what_cannot_be_written_into_elements(device):
    x = Tensor(A, device=device)
    for index, value, error, message in (
        (0, [1.0, 2.0], tg.ShapeError, r"numbers of shape \(2,\) do not fit into elements of shape \(3,\)"),
        ((0, 0), [1.0, 2.0], tg.ShapeError, r"numbers of shape \(2,\) do not fit into elements of shape \(\)"),
        ((0, 0), "one", tg.DtypeError, "a tensor holds real numbers, not str 'one'"),
    ):
        with pytest.raises(error, match=message):
            x[index] = value
    np.testing.assert_array_equal(x.numpy(), A)


BAD_INDICES = [
    (2, "index 2 is out of range for axis 0 .* use -2 to 1"),
    ((0, -4), "index -4 is out of range for axis 1 .* use -3 to 2"),
    ([0, 5], "index 5 is out of range for axis 0"),
    ((slice(None), np.array([[0], [3]])), "index 3 is out of range for axis 1"),
    ((0, 0, 0), r"too many indices: 3 for a tensor of shape \(2, 3\)"),
    ((..., 0, 0, 0), "too many indices"),
    (1.5, "must hold integers or booleans, not float64"),
    ([0.0, 1.0], "must hold integers or booleans, not float64"),
    ("name", "must hold integers or booleans"),
    (np.array([True, False, True]), r"a mask of shape \(3,\) does not fit"),
    (np.ones((2, 2), dtype=bool), r"a mask of shape \(2, 2\) does not fit"),
    (True, "True or False is no index"),
]


@pytest.mark.parametrize(("index", "message"), BAD_INDICES, ids=[str(i[0]).replace("\n", "") for i in BAD_INDICES])
def test_indices_are_checked_on_every_device(index, message, device):
    """An array library on a device wraps an index that is out of range without a word."""
    with pytest.raises(IndexError, match=message):
        Tensor(A, requires_grad=True, device=device)[index]


def test_take_checks_its_indices_too(device):
    x = Tensor(A, device=device)
    for indices, axis in (([0, 6], None), ([0, 3], 1), (-3, 0)):
        with pytest.raises(IndexError, match="out of range"):
            tg.take(x, indices, axis=axis)


# --- arguments ---

ARGUMENTS = [
    (lambda a: tg.gelu(a, approximate="sigmoid"), "gelu: approximate is 'none' .* or 'tanh', not 'sigmoid'"),
    (lambda a: tg.pad(a, 1, mode="reflect"), "pad: only mode='constant'.*'reflect'"),
    (lambda a: tg.norm(a, ord="nuc"), "norm: ord='nuc'.*give axis="),
    (lambda a: tg.norm(a, ord=0, axis=0), "norm: ord=0"),
    *[(partial(tg.norm, ord=p, axis=(0, 1)), "norm: ord=.*a single one") for p in (1, 2, 3, np.inf)],  # of a matrix
    (lambda a: np.linalg.norm(a, 2), "norm: ord=2.*a single one"),
    (lambda a: tg.max(a, a), r"max: axis .* the larger of two tensors is tg\.maximum\(a, b\)"),
    (lambda a: a.min(a), r"min: axis .* the smaller of two tensors is tg\.minimum\(a, b\)"),
    (lambda a: tg.sum([[Value(1.0), 2.0], [3.0]]), r"a ragged list: data\[0\] has 2 elements, .* has 1 element;"),
    (lambda a: tg.clip(a, tg.sum(a), 1.0), r"clip: .*use tg\.maximum and tg\.minimum"),
]


@pytest.mark.parametrize(("f", "message"), ARGUMENTS, ids=[a[1][:10] for a in ARGUMENTS])
def test_arguments_that_an_operation_does_not_know(f, message):
    with pytest.raises(tg.TinygradError, match=message) as caught:
        f(Tensor(A, requires_grad=True))
    assert isinstance(caught.value, ValueError)
    assert "do not fit" not in str(caught.value)


def test_calls_with_the_wrong_number_of_arguments():
    for call, message in (
        (lambda: tg.exp(), "missing 1 required positional argument"),
        (lambda: tg.exp(1.0, 2.0), "takes 1 positional argument but 2"),
        (lambda: tg.add(Value(1.0)), "missing 1 required positional argument"),
        (lambda: tg.sum(A, axes=0), "axes"),
        (lambda: tg.reshape(Tensor(A)), "missing a required argument: 'shape'"),
        (lambda: tg.roll(A), "missing a required argument: 'shift'"),
        (lambda: Tensor(A).astype(), "missing a required argument: 'dtype'"),
        (lambda: tg.pad(Tensor(A), mode="constant"), "missing a required argument: 'pad_width'"),
    ):
        with pytest.raises(TypeError, match=message):
            call()


# --- backward ---


def test_backward_from_several_numbers(device):
    x = Tensor(A, requires_grad=True, device=device, name="x")
    with pytest.raises(tg.GraphError, match=r"multiply node of shape \(2, 3\).*\.sum\(\).*backward\(gradient="):
        (x * 2).backward()
    with pytest.raises(tg.GraphError, match=r"leaf 'x' of shape \(2, 3\)"):
        x.backward()
    assert x.grad is None


def test_backward_with_a_gradient_of_the_wrong_shape(device):
    x = Tensor(A, requires_grad=True, device=device)
    for gradient in (Tensor(np.ones(3), device=device), Tensor(1.0, device=device), [1.0, 2.0]):
        with pytest.raises(tg.ShapeError, match=r"the gradient has shape .*, the result \(2, 3\)"):
            (x * 2).backward(gradient)


def test_backward_without_anything_to_differentiate(device):
    constant = Tensor(A, device=device)
    with pytest.raises(tg.GraphError, match=r"requires no gradient: .*requires_grad=True.*no_grad\(\)"):
        constant.sum().backward()


def test_gradients_are_asked_of_leaves_only(device):
    y = Tensor(A, requires_grad=True, device=device) * 2
    with pytest.raises(tg.GraphError, match=r"multiply node is computed.*detach\(\) gives a leaf"):
        y.requires_grad = False


# --- mixing ---


def test_a_value_and_a_tensor_do_not_mix(device):
    a, x = Value(2.0), Tensor(A, requires_grad=True, device=device)
    for f in (lambda: a * x, lambda: x * a, lambda: tg.maximum(a, x), lambda: tg.where(x > 0, x, a)):
        with pytest.raises(tg.GraphError, match=r"a Value and a Tensor in one operation.*tg\.Tensor\("):
            f()
    constant = Value(2.0, requires_grad=False)
    np.testing.assert_array_equal((constant * x).numpy(), 2 * A)
    np.testing.assert_array_equal((x * a.detach()).numpy(), 2 * A)


def test_devices_do_not_mix():
    here, there = Tensor(A, requires_grad=True), Tensor(A, requires_grad=True, device="fake")
    for f in (lambda: here + there, lambda: there @ here.T, lambda: tg.concatenate([here, there])):
        with pytest.raises(tg.DeviceError, match=r"operands on (cpu and fake|fake and cpu); move one: x\.to\("):
            f()
    with pytest.raises(tg.DeviceError, match=r"add: .*x\.to"):
        there + np.ones(3)
    with pytest.raises(tg.DeviceError, match="backward"):
        (there * 1.0).backward(here.detach())
    (here.to("fake") + there).sum().backward()
    assert (here.grad.device, there.grad.device) == ("cpu", "fake")
    np.testing.assert_array_equal(here.grad.numpy(), np.ones((2, 3)))


def test_names_appear_in_messages():
    w = Tensor(A, requires_grad=True, name="weights")
    w.sum().backward()
    with pytest.raises(tg.ShapeError, match="leaf 'weights'"):
        w.grad = [1.0]
    assert w.describe() == "leaf 'weights'" and (w * 2).describe() == "multiply node"
    assert Tensor(A, name="c").describe() == "constant 'c'"


@pytest.mark.parametrize("make", [tg.Value, lambda data, **kw: tg.Tensor(data, requires_grad=True, **kw)])
@pytest.mark.parametrize("name", [5, 0, 2.5, b"a", ["a"], tg.Value(1.0)])
def test_a_name_is_a_text(make, name):
    node = make(2.0)
    for result in (node, node * 3.0):
        with pytest.raises(tg.DtypeError, match=r"the name of a node is a text, not .*: write name='a'"):
            result.name = name
        assert result.name is None
    with pytest.raises(tg.DtypeError, match="the name of a node is a text"):
        make(2.0, name=name)
    node.name = "a"
    node.name = None
    assert make(2.0, name="").name == "" and node.name is None
