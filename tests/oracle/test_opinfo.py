"""PyTorch's own samples of each operation (its `op_db`): what its tests call its functions with, in float64.

`TABLE` says by which operations of PyTorch ours are judged, and how a call of theirs is written with ours. Values and
all gradients are compared. A sample is left out only by name: `NotOffered` with one of the `REASONS`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.graph.operation import REGISTRY
from tinygrad_edu.rules import functional

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install --group oracle")
pytest.importorskip("expecttest", reason="needs expecttest, for PyTorch's samples: pip install --group oracle")

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]

REASONS = {
    "axis of a number": "NumPy refuses an axis of a number in mean, var, std, norm and swapaxes",
    "order": "norms of p > 0 only",
    "crop": "pad does not cut off, as NumPy's does not",
    "uneven": "NumPy's split wants equal parts; positions say where else to cut",
}


class NotOffered(Exception):
    """A sample that our function does not take; its argument is one of the `REASONS`."""


def refuse(reason: str) -> Any:
    raise NotOffered(reason)


def same(name: str) -> Callable[..., Any]:
    return getattr(functional, name)


def reduction(function: Callable[..., Any], of_number: bool = True) -> Callable[..., Any]:
    """`dim` and `keepdim` as axis and keepdims.

    Args:
        of_number: whether NumPy takes the axis 0 of a number.
    """

    def call(a: Any, dim: Any = None, keepdim: bool = False, dtype: Any = None, **others: Any) -> Any:
        assert dtype in (None, torch.float64)
        axis = tuple(dim) if isinstance(dim, (list, tuple)) else dim
        if axis == ():
            axis = None  # PyTorch: over all
        if not a.ndim and axis is not None:
            if not of_number:
                refuse("axis of a number")
            axis = None if isinstance(axis, tuple) else axis  # NumPy takes 0, and not (0,)
        return function(a, axis=axis, keepdims=keepdim, **others)

    return call


def deviation(function: Callable[..., Any]) -> Callable[..., Any]:
    """var and std: `correction`, 1 if nothing is said, and `unbiased`, which may stand in the place of `dim`."""
    reduced = reduction(function, of_number=False)

    def call(a: Any, dim: Any = None, unbiased: Any = None, keepdim: bool = False, correction: Any = None) -> Any:
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        ddof = correction if correction is not None else 1 if unbiased is None else int(unbiased)
        return reduced(a, dim, keepdim, ddof=ddof)

    return call


def vector_norm(a: Any, ord: Any = 2, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Any:
    if not ord > 0:
        refuse("order")
    if dim is None or (isinstance(dim, (list, tuple)) and not dim):  # of all elements as one vector
        y = reduction(tg.norm, of_number=False)(tg.ravel(a), None, False, dtype, ord=ord)
        return tg.reshape(y, (1,) * a.ndim) if keepdim else y
    if (
        isinstance(dim, (list, tuple)) and len(dim) > 1 and a.ndim
    ):  # of several axes as one: NumPy has norms of matrices
        along = sorted(axis % a.ndim for axis in dim)
        kept = [axis for axis in range(a.ndim) if axis not in along]
        flat = tg.reshape(
            tg.transpose(a, (*kept, *along)), (*[a.shape[k] for k in kept], math.prod(a.shape[k] for k in along))
        )
        y = tg.norm(flat, axis=-1, ord=ord)
        return tg.reshape(y, tuple(1 if axis in along else a.shape[axis] for axis in range(a.ndim))) if keepdim else y
    return reduction(tg.norm, of_number=False)(a, dim, keepdim, dtype, ord=ord)


def softmax(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda a, dim, dtype=None: tg.astype(function(a, axis=dim), "float64")  # the only dtype of the samples


def clamp(a: Any, min: Any = None, max: Any = None) -> Any:
    """Bounds that are tensors are those of maximum and minimum, as the error of `tg.clip` says."""
    a = a if min is None else tg.maximum(a, min)
    return a if max is None else tg.minimum(a, max)


def pad(a: Any, pad: Any, mode: str = "constant", value: Any = None) -> Any:
    """Pairs from the last axis to the first."""
    pairs = list(zip(pad[::2], pad[1::2], strict=True))[::-1]
    if any(n < 0 for pair in pairs for n in pair):
        refuse("crop")
    return tg.pad(a, [(0, 0)] * (a.ndim - len(pairs)) + pairs, constant_values=value or 0.0)


def tensor_split(a: Any, indices_or_sections: Any, dim: int = 0) -> Any:
    n = a.shape[dim]
    if isinstance(indices_or_sections, np.ndarray):
        indices_or_sections = indices_or_sections.tolist()
    if isinstance(indices_or_sections, int) and n % indices_or_sections:
        refuse("uneven")
    return tg.split(a, indices_or_sections, axis=dim)


def split(a: Any, sizes: Any, dim: int = 0) -> Any:
    """A size, of which the last may be smaller, or a list of sizes: as positions."""
    cuts = np.cumsum(sizes)[:-1].tolist() if np.ndim(sizes) else list(range(sizes, a.shape[dim], sizes))
    return tg.split(a, cuts, axis=dim)


def sizes(*shape: Any) -> tuple[int, ...]:
    return tuple(shape[0]) if len(shape) == 1 and np.ndim(shape[0]) else shape


def permute(a: Any, *axes: Any) -> Any:
    return tg.transpose(a, sizes(*axes))


def swapaxes(a: Any, dim0: int, dim1: int) -> Any:
    return tg.swapaxes(a, dim0, dim1) if a.ndim else refuse("axis of a number")


def expand(a: Any, *shape: Any) -> Any:
    """-1 keeps a length."""
    shape = sizes(*shape)
    added = len(shape) - a.ndim
    return tg.broadcast_to(a, tuple(a.shape[k - added] if n == -1 else n for k, n in enumerate(shape)))


def squeeze(a: Any, dim: Any = None) -> Any:
    """PyTorch leaves an axis of another length than 1 as it is, where NumPy refuses it."""
    if dim is None:
        return tg.squeeze(a)
    axes = dim if np.ndim(dim) else (dim,)
    return tg.squeeze(a, tuple(k for k in axes if a.ndim and a.shape[k] == 1))


def triangle(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda a, diagonal=0: function(a, diagonal)


def softplus(a: Any, beta: float = 1, threshold: float = 20) -> Any:
    """PyTorch's has a steepness, and is the identity beyond a threshold."""
    return tg.where(beta * a > threshold, a, tg.softplus(beta * a) / beta)


def repeat_interleave(a: Any, repeats: Any, dim: Any = None, output_size: Any = None) -> Any:
    return tg.repeat(a, repeats, axis=dim)


def concatenate(arrays: Any, dim: int = 0) -> Any:
    shapes = {a.ndim for a in arrays}
    kept = [a for a in arrays if a.shape != (0,)] if len(shapes) > 1 else arrays  # PyTorch takes those of shape (0,)
    return tg.concatenate(kept, axis=dim)


def index(a: Any, *key: Any) -> Any:
    return a[key[0]]


def index_select(a: Any, dim: int, index: Any) -> Any:
    """Of a number PyTorch makes a number."""
    return tg.take(a, index, axis=dim) if a.ndim else tg.reshape(tg.take(a, index, axis=dim), ())


def diagonal(a: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    return tg.diagonal(a, offset, dim1, dim2)


DTYPES = {
    **{"double": "float64", "float": "float32", "half": "float16", "bool": "bool"},
    **{"long": "int64", "int": "int32", "short": "int16", "char": "int8", "byte": "uint8"},
}

# Ours: (PyTorch's, the variant of its tests, how their call is written with ours).
TABLE: dict[str, list[tuple[str, str, Callable[..., Any]]]] = {
    **{name: [(name, "", same(name))] for name in "abs cos cosh erf exp expm1 log log1p reciprocal sigmoid".split()},
    **{name: [(name, "", same(name))] for name in "sign sin sinh sqrt square tan tanh".split()},
    **{name: [(name, "", same(name))] for name in "matmul outer trace ravel reshape broadcast_to".split()},
    "maximum": [("maximum", "", tg.maximum), ("max", "binary", tg.maximum)],
    "minimum": [("minimum", "", tg.minimum), ("min", "binary", tg.minimum)],
    "arctan": [("atan", "", tg.arctan)],
    "negative": [("neg", "", tg.negative)],
    "elu": [("nn.functional.elu", "", tg.elu)],
    "relu": [("nn.functional.relu", "", tg.relu)],
    "silu": [("nn.functional.silu", "", tg.silu)],
    "gelu": [("nn.functional.gelu", "", tg.gelu)],
    "leaky_relu": [("nn.functional.leaky_relu", "", tg.leaky_relu)],
    "softplus": [("nn.functional.softplus", "", softplus)],
    "add": [("add", "", lambda a, other, alpha=1: tg.add(a, tg.multiply(alpha, other)))],
    "subtract": [
        ("sub", "", lambda a, other, alpha=1: tg.subtract(a, tg.multiply(alpha, other))),
        ("rsub", "", lambda a, other, alpha=1: tg.subtract(other, tg.multiply(alpha, a))),
    ],
    "multiply": [("mul", "", tg.multiply)],
    "divide": [("div", "no_rounding_mode", tg.divide), ("true_divide", "", tg.divide)],
    "power": [("pow", "", tg.power), ("float_power", "", tg.power), ("__rpow__", "", lambda a, b: tg.power(b, a))],
    "clip": [
        ("nn.functional.hardtanh", "", lambda a, min_val=-1, max_val=1: tg.clip(a, min_val, max_val)),
        ("nn.functional.relu6", "", lambda a: tg.clip(a, 0, 6)),
        ("clamp", "", clamp),
        ("clamp_min", "", clamp),
        ("clamp_max", "", lambda a, max: clamp(a, None, max)),
    ],
    "where": [("where", "", lambda a, condition, other: tg.where(condition, a, other))],
    "dot": [("dot", "", tg.dot), ("mm", "", tg.dot), ("mv", "", tg.dot)],
    "einsum": [("einsum", "", lambda operands, equation: tg.einsum(equation, *operands))],
    "sum": [("sum", "", reduction(tg.sum))],
    "mean": [("mean", "", reduction(tg.mean, of_number=False))],
    "prod": [("prod", "", reduction(tg.prod))],
    "max": [("amax", "", reduction(tg.max)), ("max", "reduction_no_dim", tg.max)],
    "min": [("amin", "", reduction(tg.min)), ("min", "reduction_no_dim", tg.min)],
    "logsumexp": [("logsumexp", "", reduction(tg.logsumexp))],
    "var": [("var", "", deviation(tg.var)), ("var", "unbiased", deviation(tg.var))],
    "std": [("std", "", deviation(tg.std)), ("std", "unbiased", deviation(tg.std))],
    "norm": [("linalg.vector_norm", "", vector_norm)],
    "softmax": [("softmax", "", softmax(tg.softmax)), ("softmax", "with_dtype", softmax(tg.softmax))],
    "log_softmax": [
        ("log_softmax", "", softmax(tg.log_softmax)),
        ("log_softmax", "with_dtype", softmax(tg.log_softmax)),
    ],
    "cumsum": [("cumsum", "", lambda a, dim, dtype=None: tg.reshape(tg.cumsum(a, axis=dim), a.shape))],
    "transpose": [("permute", "", permute), ("t", "", tg.transpose), ("T", "", tg.transpose)],
    "swapaxes": [("transpose", "", swapaxes)],
    "moveaxis": [("movedim", "", tg.moveaxis)],
    "expand_dims": [("unsqueeze", "", tg.expand_dims)],
    "squeeze": [("squeeze", "", squeeze), ("squeeze", "multiple", squeeze)],
    "concatenate": [("cat", "", concatenate)],
    "stack": [("stack", "", lambda arrays, dim=0: tg.stack(arrays, axis=dim))],
    "split": [("tensor_split", "", tensor_split), ("split", "", split), ("split", "list_args", split)],
    "pad": [("nn.functional.pad", "constant", pad)],
    "flip": [("flip", "", lambda a, dims: tg.flip(a, tuple(dims) if np.ndim(dims) else dims))],
    "roll": [("roll", "", lambda a, shifts, dims=None: tg.roll(a, shifts, axis=dims if dims != () else None))],
    "tile": [("tile", "", tg.tile)],
    "repeat": [("repeat_interleave", "", repeat_interleave)],
    "take": [
        ("take", "", tg.take),
        ("index_select", "", index_select),
    ],
    "diagonal": [("diagonal", "", diagonal)],
    "tril": [("tril", "", triangle(tg.tril))],
    "triu": [("triu", "", triangle(tg.triu))],
    "astype": [
        (name, "", lambda a, memory_format=None, dtype=dtype: tg.astype(a, dtype)) for name, dtype in DTYPES.items()
    ],
}
TABLE["broadcast_to"] += [("expand", "", expand)]
TABLE["matmul"] += [("bmm", "", tg.matmul), ("__rmatmul__", "", lambda a, b: tg.matmul(b, a))]


def cross_entropy(a: Any, target: Any, weight: Any = None, ignore_index: int = -100, **named: Any) -> Any:
    return tg.losses.cross_entropy(a, target, weight=weight, ignore_index=ignore_index, **named)


def binary_cross_entropy(
    a: Any, target: Any, weight: Any = None, reduction: str = "mean", pos_weight: Any = None
) -> Any:
    losses = tg.losses.binary_cross_entropy(a, target, reduction="none", pos_weight=pos_weight)
    losses = losses if weight is None else losses * weight
    return {"mean": tg.mean, "sum": tg.sum, "none": lambda x: x}[reduction](losses)


def linear(x: Any, weight: Any, bias: Any = None) -> Any:
    if bias is None:
        return x @ weight.T
    return REGISTRY["dense"].function(x, weight.T, bias)


# What is not in `functional`, under its own names.
OTHERS: dict[str, list[tuple[str, str, Callable[..., Any]]]] = {
    "losses.mse": [("nn.functional.mse_loss", "", tg.losses.mse)],
    "losses.mae": [("nn.functional.l1_loss", "", tg.losses.mae)],
    "losses.huber": [("nn.functional.huber_loss", "", tg.losses.huber)],
    "losses.cross_entropy": [("nn.functional.cross_entropy", "", cross_entropy)],
    "losses.binary_cross_entropy": [("nn.functional.binary_cross_entropy_with_logits", "", binary_cross_entropy)],
    "dense": [("nn.functional.linear", "", linear)],
    "getitem": [("__getitem__", "", index)],
}
ALL = TABLE | OTHERS


# --- running them ---


class Outcome(NamedTuple):
    ran: int
    left_out: Counter[str]


@cache
def operations() -> dict[tuple[str, str], Any]:
    from torch.testing._internal.common_methods_invocations import op_db

    return {(op.name, op.variant_test_name): op for op in op_db}


def ours(item: Any) -> Any:
    """An argument of theirs as one of ours: floats as tensors, indices and conditions as arrays, also in lists."""
    if isinstance(item, torch.Tensor):
        array = item.detach().numpy().copy()
        return tg.Tensor(array, requires_grad=item.requires_grad) if array.dtype.kind == "f" else array
    if type(item) in (list, tuple):
        return type(item)(map(ours, item))
    return {name: ours(value) for name, value in item.items()} if isinstance(item, dict) else item


def leaves(item: Any, kind: type) -> Iterator[Any]:
    if isinstance(item, kind):
        yield item
    elif isinstance(item, (list, tuple)):
        for part in item:
            yield from leaves(part, kind)
    elif isinstance(item, dict):
        yield from leaves(list(item.values()), kind)


def compare(sample: Any, op: Any, call: Callable[..., Any]) -> None:
    """Results, and the gradients of all operands by a projection of all results."""
    given = [sample.input, *sample.args], sample.kwargs
    operands, named = ours(given)
    results = list(leaves(call(*operands, **named), tg.Tensor))
    expected = list(leaves(op.op(sample.input, *sample.args, **sample.kwargs), torch.Tensor))
    assert len(results) == len(expected)
    generator = np.random.default_rng(0)
    total, oracle = tg.Tensor(0.0, dtype="float64"), torch.zeros((), dtype=torch.float64)
    for result, reference in zip(results, expected, strict=True):
        assert result.shape == tuple(reference.shape)
        reference_array = reference.detach().numpy()
        assert result.dtype == reference_array.dtype
        np.testing.assert_allclose(result.numpy(), reference_array, rtol=1e-10, atol=1e-12)
        assert result.requires_grad == reference.requires_grad
        weights = generator.uniform(0.5, 2.0, result.shape)
        total = total + (result.astype("float64") * weights).sum()
        oracle = oracle + (reference.double() * torch.tensor(weights)).sum()
    if not oracle.requires_grad:
        return
    total.backward()
    theirs = [x for x in leaves(list(given), torch.Tensor) if x.requires_grad]
    mine = [x for x in leaves([operands, named], tg.Tensor) if x.requires_grad]
    gradients = torch.autograd.grad(oracle, theirs, allow_unused=True)
    for tensor, gradient in zip(mine, gradients, strict=True):
        found = np.zeros(tensor.shape) if tensor.grad is None else tensor.grad.numpy()
        reference = np.zeros(tensor.shape) if gradient is None else gradient.numpy()
        np.testing.assert_allclose(found, reference, rtol=1e-9, atol=1e-10)


@cache
def run(name: str) -> Outcome:
    ran, left_out = 0, Counter[str]()
    for theirs, variant, call in ALL[name]:
        op = operations()[theirs, variant]
        for k, sample in enumerate(op.sample_inputs("cpu", torch.float64, requires_grad=True)):
            try:
                compare(sample, op, call)
                ran += 1
            except NotOffered as reason:
                assert str(reason) in REASONS
                left_out[str(reason)] += 1
            except Exception as error:
                error.add_note(f"tg.{name} and torch's {theirs} {variant}, sample {k}: {str(sample)[:500]}")
                raise
    return Outcome(ran, left_out)


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_sample_of_pytorch(name: str) -> None:
    assert run(name).ran


def test_every_public_function_that_pytorch_has_is_in_the_table() -> None:
    known = {name.split(".")[-1] for name, _ in operations()}
    assert set(TABLE) <= set(functional.__all__)
    assert {name for name in functional.__all__ if name in known} <= set(TABLE)


def test_how_many_samples_ran(capsys: pytest.CaptureFixture[str]) -> None:
    outcomes = [run(name) for name in ALL]
    left_out = sum((outcome.left_out for outcome in outcomes), Counter[str]())
    with capsys.disabled():
        print(f"\n{sum(o.ran for o in outcomes)} samples of PyTorch ran; left out: {dict(left_out)}")
    assert set(left_out) == set(REASONS), "a reason that no sample needs is no reason"
