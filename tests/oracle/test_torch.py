"""PyTorch as the judge: every operation, its values and gradients, in float64, with all attributes.

They agree on kinks and ties, `relu'(0) = abs'(0) = 0` and the half shares of `maximum`, with one exception: where
elements of an axis tie, our `max` and PyTorch's `amax` share the gradient equally; PyTorch's `max` gives it to one.
"""

import math

import numpy as np
import pytest

import tinygrad_edu as tg
from engine.cases import public, sample
from engine.cases_indexing import INDICES
from engine.cases_structural import DOTS, EINSUMS, MATMULS
from tinygrad_edu.graph.operation import REGISTRY
from tinygrad_edu.rules import functional

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install --group oracle")
F = torch.nn.functional

# NumPy also warns of infinities in branches that `where` does not take.
pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore::RuntimeWarning")]


def compare(ours, theirs, *arrays, rtol=1e-11, atol=1e-12):
    """Both functions at the same arrays: the results, and the gradients of a projection that is not linear."""
    tensors = [tg.Tensor(array, requires_grad=True) for array in arrays]
    oracles = [torch.tensor(array.copy(), requires_grad=True) for array in arrays]
    result, expected = ours(*tensors), theirs(*oracles)
    assert result.shape == tuple(expected.shape)
    np.testing.assert_allclose(result.numpy(), expected.detach().numpy(), rtol=rtol, atol=atol)
    weights = sample(*result.shape, seed=20)
    (result * weights + tg.sin(result)).sum().backward()
    (expected * torch.tensor(weights.copy()) + torch.sin(expected)).sum().backward()
    for tensor, oracle in zip(tensors, oracles, strict=True):
        mine = np.zeros(tensor.shape) if tensor.grad is None else tensor.grad.numpy()
        reference = np.zeros(tensor.shape) if oracle.grad is None else oracle.grad.numpy()
        np.testing.assert_allclose(mine, reference, rtol=rtol, atol=atol)


# --- elementwise ---

X = np.concatenate([np.linspace(-4, 4, 41), [-30.0, 30.0, 1e-9, -0.0]])  # kinks included
POSITIVE = np.concatenate([np.linspace(0.05, 4, 20), [1e-9, 1e9]])

UNARY = {
    "abs": [(torch.abs, {}, X)],
    "alias": [(lambda a: a * 1.0, {}, X)],
    "arctan": [(torch.arctan, {}, X)],
    "clip": [
        (lambda a: torch.clamp(a, -1.0, 2.0), {"min": -1.0, "max": 2.0}, X),
        (lambda a: torch.clamp(a, max=0.0), {"max": 0.0}, X),
        (lambda a: torch.clamp(a, min=0.2), {"min": 0.2}, X),
    ],
    "cos": [(torch.cos, {}, X)],
    "cosh": [(torch.cosh, {}, X)],
    "elu": [(F.elu, {}, X), (lambda a: F.elu(a, alpha=0.7), {"alpha": 0.7}, X)],
    "erf": [(torch.erf, {}, X)],
    "exp": [(torch.exp, {}, X)],
    "expm1": [(torch.expm1, {}, X)],
    "gelu": [(F.gelu, {}, X), (lambda a: F.gelu(a, approximate="tanh"), {"approximate": "tanh"}, X)],
    "leaky_relu": [(F.leaky_relu, {}, X), (lambda a: F.leaky_relu(a, 0.3), {"negative_slope": 0.3}, X)],
    "log": [(torch.log, {}, POSITIVE)],
    "log1p": [(torch.log1p, {}, POSITIVE)],
    "negative": [(torch.neg, {}, X)],
    "reciprocal": [(torch.reciprocal, {}, POSITIVE)],
    "relu": [(torch.relu, {}, X)],
    "sigmoid": [(torch.sigmoid, {}, X)],
    "sign": [(torch.sign, {}, X)],
    "step": [(lambda a: torch.heaviside(a.detach(), torch.zeros((), dtype=a.dtype)) + 0 * a, {}, X)],
    "silu": [(F.silu, {}, X)],
    "sin": [(torch.sin, {}, X)],
    "sinh": [(torch.sinh, {}, X)],
    # a threshold beyond which PyTorch's softplus would become the identity is put out of reach
    "softplus": [(lambda a: F.softplus(a, threshold=1e9), {}, X[np.abs(X) < 30])],
    "sqrt": [(torch.sqrt, {}, POSITIVE)],
    "square": [(torch.square, {}, X)],
    "tan": [(torch.tan, {}, X)],
    "tanh": [(torch.tanh, {}, X)],
}
BINARY = {
    "add": torch.add,
    "subtract": torch.sub,
    "multiply": torch.mul,
    "divide": torch.div,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "power": torch.pow,
    "greater": lambda a, b: (a > b) + 0.0 * (a + b),
    "greater_equal": lambda a, b: (a >= b) + 0.0 * (a + b),
    "less": lambda a, b: (a < b) + 0.0 * (a + b),
    "less_equal": lambda a, b: (a <= b) + 0.0 * (a + b),
    "equal": lambda a, b: (a == b) + 0.0 * (a + b),
    "not_equal": lambda a, b: (a != b) + 0.0 * (a + b),
}


def test_every_elementwise_operation_is_compared():
    assert set(UNARY) | set(BINARY) | {"where"} == {name for name, op in REGISTRY.items() if op.elementwise}


@pytest.mark.parametrize(("name", "k"), [(name, k) for name, calls in UNARY.items() for k in range(len(calls))])
def test_unary(name, k):
    theirs, attrs, points = UNARY[name][k]
    steep = name in ("cosh", "sinh", "exp", "expm1", "tan")  # sin(result), in the projection, loses digits
    compare(lambda a: public(name)(a, **attrs), theirs, points, rtol=1e-9 if steep else 1e-11)


@pytest.mark.parametrize("name", BINARY)
def test_binary_with_every_broadcast(name):
    shapes = [((2, 3), (2, 3)), ((3, 1), (1, 4)), ((), (2, 2)), ((2,), ()), ((1,), (3,)), ((0, 3), (1, 3))]
    for a, b in shapes:
        compare(public(name), BINARY[name], sample(*a, signed=name != "power"), sample(*b, seed=1))


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_ties_of_two_operands_share(name):
    ties = np.array([1.0, -2.0, 0.0])
    compare(public(name), BINARY[name], ties, ties.copy())


def test_power_at_the_edges_of_its_domain():
    for exponent in (-1, 0, 1, 2, 3):
        points = np.array([-2.0, -0.5, 0.0, 3.0]) if exponent >= 0 else np.array([-2.0, -0.5, 3.0])
        compare(lambda a, p=exponent: a**p, lambda a, p=exponent: a**p, points)
    compare(lambda a: a**2.5, lambda a: a**2.5, np.array([0.0, 2.0]))
    compare(tg.power, torch.pow, np.array([0.0, 0.0, 0.0, 3.0]), np.array([0.0, 1.0, 2.0, 0.0]))


def test_where_and_the_branch_not_taken():
    a, b = sample(2, 3), sample(3, seed=1)
    compare(lambda a, b: tg.where(a > 0, a * a, b), lambda a, b: torch.where(a > 0, a * a, b), a, b)
    compare(lambda a: tg.where(a > 0, a, 0.5), lambda a: torch.where(a > 0, a, 0.5), a)


# --- products ---


@pytest.mark.parametrize(("a", "b"), MATMULS, ids=str)
def test_matmul(a, b):
    compare(tg.matmul, torch.matmul, sample(*a), sample(*b, seed=1))


@pytest.mark.parametrize(("a", "b"), DOTS, ids=str)
def test_dot(a, b):
    def theirs(x, y):
        if not a or not b:
            return x * y
        return torch.tensordot(x, y, ([-1], [max(len(b) - 2, 0)]))

    compare(tg.dot, theirs, sample(*a), sample(*b, seed=1))


@pytest.mark.parametrize(("subscripts", "shapes"), EINSUMS, ids=str)
def test_einsum(subscripts, shapes):
    arrays = [sample(*shape, seed=k) for k, shape in enumerate(shapes)]
    compare(lambda *a: tg.einsum(subscripts, *a), lambda *a: torch.einsum(subscripts, *a), *arrays)


def test_outer():
    compare(tg.outer, torch.outer, sample(2), sample(3, seed=1))


# --- reductions ---

CUBE = sample(2, 3, 2)
AXES = [None, 0, -1, (0, 2), (-1, 1)]


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", AXES, ids=str)
def test_reductions(axis, keepdims):
    both = {"dim": axis if axis is not None else (0, 1, 2), "keepdim": keepdims}
    for ours, theirs in (
        (tg.sum, torch.sum),
        (tg.mean, torch.mean),
        (tg.max, torch.amax),
        (tg.min, torch.amin),
        (tg.logsumexp, torch.logsumexp),
        (tg.norm, torch.linalg.vector_norm),
        (REGISTRY["euclidean_norm"].function, torch.linalg.vector_norm),
    ):
        compare(lambda a, f=ours: f(a, axis=axis, keepdims=keepdims), lambda a, f=theirs: f(a, **both), CUBE)
    for ddof in (0, 1):
        for ours, theirs in ((tg.var, torch.var), (tg.std, torch.std)):
            compare(
                lambda a, f=ours, n=ddof: f(a, axis=axis, ddof=n, keepdims=keepdims),
                lambda a, f=theirs, n=ddof: f(a, correction=n, **both),
                CUBE,
            )


def test_products():
    compare(tg.prod, torch.prod, CUBE)
    compare(lambda a: tg.prod(a, axis=1, keepdims=True), lambda a: torch.prod(a, 1, keepdim=True), CUBE)
    zeros = np.array([[2.0, 0.0, 3.0], [0.0, 0.0, 5.0], [1.0, 2.0, 3.0]])
    compare(lambda a: tg.prod(a, axis=1), lambda a: torch.prod(a, 1), zeros)
    compare(tg.prod, torch.prod, sample(7))


def test_ties_of_reductions_share_as_amax_does():
    ties = np.array([[2.0, 5.0, 5.0], [1.0, 1.0, 1.0]])
    compare(lambda a: tg.max(a, axis=1), lambda a: torch.amax(a, 1), ties)
    compare(tg.min, lambda a: torch.amin(a, (0, 1)), ties)
    oracle = torch.tensor(ties, requires_grad=True)
    torch.max(oracle, 1).values.sum().backward()
    assert sorted(oracle.grad.ravel().tolist()) == [0, 0, 0, 0, 1, 1], "this one of PyTorch's does not share"


@pytest.mark.parametrize("order", [1, 2, 3, 1.5, math.inf])
def test_norms(order):
    compare(lambda a: tg.norm(a, ord=order, axis=1), lambda a: torch.linalg.vector_norm(a, order, 1), CUBE)
    zeros = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, -2.0]])
    compare(lambda a: tg.norm(a, ord=order, axis=1), lambda a: torch.linalg.vector_norm(a, order, 1), zeros)


def test_std_and_norm_have_gradient_zero_at_their_kink():
    compare(tg.std, lambda a: torch.std(a, correction=0), np.ones(3))
    compare(tg.norm, torch.linalg.vector_norm, np.zeros(3))


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_softmax_family_at_all_sizes_of_logits(axis):
    for logits in (CUBE, CUBE * 1000, CUBE + 1e6, np.zeros((2, 2, 2))):
        compare(lambda a: tg.softmax(a, axis=axis), lambda a: torch.softmax(a, axis), logits, atol=1e-9)
        compare(lambda a: tg.log_softmax(a, axis=axis), lambda a: torch.log_softmax(a, axis), logits, atol=1e-9)
        compare(lambda a: tg.logsumexp(a, axis=axis), lambda a: torch.logsumexp(a, axis), logits, atol=1e-9)


def test_cumsum():
    for axis in (0, 1, -1):
        compare(lambda a, k=axis: tg.cumsum(a, axis=k), lambda a, k=axis: torch.cumsum(a, k), CUBE)
    compare(tg.cumsum, lambda a: torch.cumsum(a.reshape(-1), 0), CUBE)


# --- shapes ---

SHAPES = {
    "reshape": [(lambda a: tg.reshape(a, (4, -1)), lambda a: a.reshape(4, -1))],
    "ravel": [(tg.ravel, torch.ravel)],
    "transpose": [
        (tg.transpose, lambda a: a.permute(2, 1, 0)),
        (lambda a: tg.transpose(a, (1, -1, 0)), lambda a: a.permute(1, 2, 0)),
    ],
    "swapaxes": [(lambda a: tg.swapaxes(a, 0, -1), lambda a: torch.swapaxes(a, 0, -1))],
    "moveaxis": [(lambda a: tg.moveaxis(a, (0, 1), (2, 0)), lambda a: torch.moveaxis(a, (0, 1), (2, 0)))],
    "expand_dims": [(lambda a: tg.expand_dims(a, -2), lambda a: a.unsqueeze(-2))],
    "squeeze": [
        (lambda a: tg.squeeze(a[:1], 0), lambda a: a[:1].squeeze(0)),
        (lambda a: tg.squeeze(a[:1, :, 1:]), lambda a: a[:1, :, 1:].squeeze()),
    ],
    "broadcast_to": [
        (lambda a: tg.broadcast_to(a[:, :1], (4, 2, 3, 2)), lambda a: a[:, :1].broadcast_to((4, 2, 3, 2)))
    ],
    "concatenate": [(lambda a: tg.concatenate([a, 2 * a, a[:, :0]], 1), lambda a: torch.cat([a, 2 * a, a[:, :0]], 1))],
    "stack": [(lambda a: tg.stack([a, a * a], axis=-1), lambda a: torch.stack([a, a * a], -1))],
    "split": [
        (lambda a: tg.split(a, 3, axis=1)[2], lambda a: torch.tensor_split(a, 3, 1)[2]),
        (lambda a: tg.split(a, [1, 2], axis=1)[1], lambda a: torch.tensor_split(a, [1, 2], 1)[1]),
    ],
    "pad": [
        (lambda a: tg.pad(a, ((0, 0), (1, 2), (3, 0))), lambda a: F.pad(a, (3, 0, 1, 2))),
        (lambda a: tg.pad(a, 1, constant_values=2.5), lambda a: F.pad(a, (1,) * 6, value=2.5)),
    ],
    "flip": [(tg.flip, lambda a: torch.flip(a, (0, 1, 2))), (lambda a: tg.flip(a, 1), lambda a: torch.flip(a, (1,)))],
    "roll": [
        (lambda a: tg.roll(a, 4), lambda a: torch.roll(a, 4)),
        (lambda a: tg.roll(a, (1, -2), axis=(0, 1)), lambda a: torch.roll(a, (1, -2), (0, 1))),
    ],
    "tile": [
        (lambda a: tg.tile(a, (2, 1, 3)), lambda a: torch.tile(a, (2, 1, 3))),
        (lambda a: tg.tile(a, (2,)), lambda a: torch.tile(a, (2,))),
    ],
    "repeat": [
        (lambda a: tg.repeat(a, 2), lambda a: torch.repeat_interleave(a, 2)),
        (lambda a: tg.repeat(a, [2, 0, 1], axis=1), lambda a: torch.repeat_interleave(a, torch.tensor([2, 0, 1]), 1)),
    ],
    "take": [
        (lambda a: tg.take(a, [0, 7, 7]), lambda a: torch.take(a, torch.tensor([0, 7, 7]))),
        (lambda a: tg.take(a, [2, 2, 0], axis=1), lambda a: torch.index_select(a, 1, torch.tensor([2, 2, 0]))),
    ],
    "diagonal": [
        (lambda a: tg.diagonal(a, 1, 0, 1), lambda a: torch.diagonal(a, 1, 0, 1)),
        (lambda a: tg.diagonal(a, -1, 1, 2), lambda a: torch.diagonal(a, -1, 1, 2)),
    ],
    "trace": [(lambda a: tg.trace(a[0]), lambda a: torch.trace(a[0]))],
    "tril": [(lambda a, k=k: tg.tril(a, k), lambda a, k=k: torch.tril(a, k)) for k in (-1, 0, 1)],
    "triu": [(lambda a, k=k: tg.triu(a, k), lambda a, k=k: torch.triu(a, k)) for k in (-1, 0, 1)],
    "astype": [(lambda a: tg.astype(a, "float64"), lambda a: a.to(torch.float64))],
}


@pytest.mark.parametrize(("name", "k"), [(name, k) for name, calls in SHAPES.items() for k in range(len(calls))])
def test_shapes(name, k):
    compare(*SHAPES[name][k], CUBE)


def torch_index(index):
    """The same index in PyTorch's terms: arrays as tensors."""
    if isinstance(index, tuple):
        return tuple(torch_index(part) for part in index)
    if isinstance(index, list):
        index = np.array(index, dtype=bool if index and isinstance(index[0], bool) else int)
    return torch.from_numpy(index) if isinstance(index, np.ndarray) else index


def has_negative_step(index):
    parts = index if isinstance(index, tuple) else (index,)
    return any(isinstance(part, slice) and (part.step or 1) < 0 for part in parts)


@pytest.mark.parametrize("label", [label for label, _, index in INDICES if not has_negative_step(index)])
def test_indexing(label):
    """PyTorch has no negative steps; those are compared with NumPy in the engine's tests."""
    array, index = next((array, index) for name, array, index in INDICES if name == label)
    compare(lambda a: a[index], lambda a: a[torch_index(index)], array)


def test_scatter_add():
    places = torch.tensor([1, 1, 0, 2])
    compare(
        lambda a: REGISTRY["scatter_add"].function(a, places.numpy(), (3,)),
        lambda a: torch.zeros(3, dtype=torch.float64).index_add(0, places, a),
        sample(4),
    )


def test_every_public_function_that_pytorch_has_is_compared():
    named = "where matmul dot einsum outer sum mean max min logsumexp norm var std prod softmax log_softmax cumsum"
    libraries = torch, torch.nn.functional, torch.special
    theirs = {name for name in functional.__all__ if any(hasattr(library, name) for library in libraries)}
    assert theirs <= {*UNARY, *BINARY, *SHAPES, *named.split()}


# --- derivatives of higher order ---


def test_hessians():
    w = sample(3, 2, seed=1)

    def network(lib, as_array):
        return lambda a: lib.logsumexp(lib.tanh(as_array(w) @ a), 0) + (lib.exp(a[::1]) * lib.sin(a)).sum()

    as_torch = lambda a: torch.tensor(a.copy())  # noqa: E731
    ours = tg.hessian(network(tg, tg.Tensor))(sample(2))
    theirs = torch.autograd.functional.hessian(network(torch, as_torch), as_torch(sample(2)))
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-10)


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "softplus", "silu", "gelu", "elu", "erf", "arctan", "log1p"])
def test_third_derivatives(name):
    theirs = getattr(torch, name, None) or getattr(F, name)
    for point in (-0.8, -0.1, 0.4, 1.3):
        f = public(name)
        x = torch.tensor(point, dtype=torch.float64, requires_grad=True)
        y = theirs(x)
        for _ in range(3):
            f = tg.grad(f)
            (y,) = torch.autograd.grad(y, x, create_graph=True)
            assert f(point) == pytest.approx(y.item(), rel=1e-9, abs=1e-12)
