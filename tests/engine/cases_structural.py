"""Cases of the operations that combine or move elements: products, reductions, shapes."""

from __future__ import annotations

import numpy as np

from engine.cases import Case, case, composed, sample

A = sample(2, 3)
CUBE = sample(2, 3, 2)

# --- products ---

MATMULS: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (3, 2)),
    ((2, 3), (3, 4)),
    ((2, 2, 3), (2, 3, 1)),
    ((2, 2, 3), (3, 2)),
    ((2, 3), (2, 3, 2)),
    ((3,), (2, 3, 2)),
    ((2, 2, 3), (3,)),
    ((2, 1, 1, 3), (1, 2, 3, 2)),
    ((1, 2, 3), (2, 3, 1)),
    ((0, 3), (3, 2)),
    ((2, 0), (0, 3)),
    ((2, 0, 3), (3, 1)),
    ((0,), (0,)),
]

DOTS: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
    ((), ()),
    ((), (2, 2)),
    ((2, 2), ()),
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((2, 3), (3, 2)),
    ((2, 3), (2, 3, 2)),
    ((3,), (2, 3, 2)),
    ((2, 2, 3), (3, 2)),
]

EINSUMS: list[tuple[str, list[tuple[int, ...]]]] = [
    ("ij,jk->ik", [(2, 3), (3, 2)]),
    ("ij,jk", [(2, 3), (3, 2)]),
    ("ba", [(2, 3)]),
    ("ij->ji", [(2, 3)]),
    (" ij , jk -> ik ", [(2, 3), (3, 2)]),
    ("ij->", [(2, 3)]),
    ("ij->j", [(2, 3)]),
    ("ii->", [(3, 3)]),
    ("ii", [(3, 3)]),
    ("ii->i", [(3, 3)]),
    ("iij->j", [(2, 2, 3)]),
    ("iijj->ij", [(2, 2, 2, 2)]),
    ("iii->i", [(2, 2, 2)]),
    ("ii,i->i", [(2, 2), (2,)]),
    ("i,j->ij", [(2,), (3,)]),
    ("i,j->", [(2,), (3,)]),
    ("i,i,i->", [(3,), (3,), (3,)]),
    ("ij,ij->", [(2, 3), (2, 3)]),
    ("ij,jk,kl->il", [(2, 3), (3, 2), (2, 2)]),
    ("bij,bjk->bik", [(2, 2, 3), (2, 3, 1)]),
    ("...i,...i->...", [(2, 3), (2, 3)]),
    ("...i,i", [(2, 3), (3,)]),
    ("...ij,jk->...ik", [(2, 1, 3), (3, 2)]),
    ("i...->...", [(2, 3)]),
    ("...->...", [(2, 3)]),
    ("...,...", [(2, 1), (3,)]),
    ("i...,i...->i...", [(2, 3), (2, 1)]),
    ("ij,ij->ij", [(2, 3), (1, 3)]),
    ("ij,jk->ik", [(2, 1), (3, 2)]),
    ("i,i->", [(1,), (3,)]),
    ("ij,jk->ik", [(0, 3), (3, 2)]),
    ("ij,jk->ik", [(2, 0), (0, 2)]),
    ("i->", [(0,)]),
    (",i->i", [(), (3,)]),
]

PRODUCTS: list[Case] = [
    *[case("matmul", np.matmul, [sample(*a), sample(*b, seed=1)]) for a, b in MATMULS],
    *[case("dot", np.dot, [sample(*a), sample(*b, seed=1)]) for a, b in DOTS],
    *[case("outer", np.outer, [sample(*a), sample(*b, seed=1)]) for a, b in [((2,), (3,)), ((2, 2), (2,)), ((), (2,))]],
    *[
        composed(
            "einsum",
            f"'{subscripts}' {shapes}",
            lambda xp, *operands, subscripts=subscripts: xp.einsum(subscripts, *operands),
            [sample(*shape, seed=k) for k, shape in enumerate(shapes)],
        )
        for subscripts, shapes in EINSUMS
    ],
]

# --- reductions ---


def logsumexp(a, axis=None, keepdims=False):
    return np.log(np.sum(np.exp(a), axis=axis, keepdims=keepdims))


def softmax(a, axis=-1):
    return np.exp(a) / np.sum(np.exp(a), axis=axis, keepdims=True)


def length(a, ord=None, axis=None, keepdims=False):
    """(Σ |a|^p)^(1/p)"""
    if ord == np.inf:
        return np.max(np.abs(a), axis=axis, keepdims=keepdims)
    return np.sum(np.abs(a) ** (ord or 2), axis=axis, keepdims=keepdims) ** (1 / (ord or 2))


AXES = [None, 0, -1, (0, 2), (-1, 1), (2, 0, 1)]
REDUCTIONS = {
    "sum": np.sum,
    "mean": np.mean,
    "prod": np.prod,
    "max": np.max,
    "min": np.min,
    "var": np.var,
    "std": np.std,
    "logsumexp": logsumexp,
    "norm": length,
    "euclidean_norm": length,
}

STATISTICS: list[Case] = [
    # Axes are read in one place for all: those of `sum` and `prod`, whose rules use them in two ways, are all tried.
    *[
        case(name, f, [CUBE], axis=axis)
        for name, f in REDUCTIONS.items()
        for axis in (AXES if name in ("sum", "prod") else [None, -1, (0, 2)])
    ],
    *[
        case(name, f, [CUBE], axis=axis, keepdims=True)
        for name, f in REDUCTIONS.items()
        for axis in ([None, 1, (0, -1)] if name in ("sum", "prod") else [(0, -1)])
    ],
    *[case(name, f, [CUBE], -2) for name, f in REDUCTIONS.items() if "norm" not in name],  # by position
    *[case(name, f, [sample(0, 2)], axis=1) for name, f in REDUCTIONS.items()],
    *[case(name, f, [sample()]) for name, f in REDUCTIONS.items() if name not in ("std", "norm", "euclidean_norm")],
    *[case(name, REDUCTIONS[name], [sample(0, 2)], axis=axis) for name in ("sum", "prod") for axis in (None, 0)],
    case("sum", np.sum, [A], axis=()),
    *[case("prod", np.prod, [sample(n)]) for n in (1, 2, 5, 7)],
    *[case(name, f, [CUBE], axis=1, ddof=1) for name, f in (("var", np.var), ("std", np.std))],
    *[case(name, f, [A], ddof=1, keepdims=True) for name, f in (("var", np.var), ("std", np.std))],
    *[case("norm", length, [CUBE], ord=p, axis=1) for p in (None, 1, 2, 3, 1.5, np.inf)],
    *[case("norm", length, [sample(4)], ord=p) for p in (1, 2, 3, np.inf)],
    case("norm", length, [A], ord=1, axis=-1, keepdims=True),
    *[case("cumsum", np.cumsum, [CUBE], axis=axis) for axis in (None, 0, 1, -1)],
    *[case("cumsum", np.cumsum, [a]) for a in (sample(), sample(1), sample(0), sample(4))],
    *[
        case(name, f, [CUBE], axis=axis)
        for name, f in (("softmax", softmax), ("log_softmax", lambda a, axis=-1: np.log(softmax(a, axis))))
        for axis in (-1, 0, 1, (0, 2), None)
    ],
    *[case("softmax", softmax, [a]) for a in (A, sample(0, 3), sample(1))],
    *[case("log_softmax", lambda a: np.log(softmax(a)), [a]) for a in (A, sample(0, 3), sample(1))],
]

# --- shapes ---

B = sample(2, 3, seed=1)
MOVES = [(0, -1), (-1, 0), ((0, 1), (2, 0)), ((2, 0), (-2, -1))]
COPIES: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
    ((2, 1), (3, 2, 4)),
    ((), (2, 2)),
    ((3,), (3,)),
    ((1, 3), (0, 3)),
]
SHIFTS = [(1, 1), (-1, -1), ((1, 2), (0, 1)), (1, (0, 1)), ((1, 1), (1, 1))]

SHAPES: list[Case] = [
    *[case("reshape", np.reshape, [A], shape) for shape in ((6,), (3, 2), (3, -1), (-1,), 6, (1, 6, 1))],
    case("reshape", np.reshape, [sample(1, 1)], ()),
    case("reshape", np.reshape, [sample(0, 3)], (3, 0)),
    *[case("ravel", np.ravel, [a]) for a in (CUBE, sample(), sample(0, 2))],
    *[case("transpose", np.transpose, [CUBE], axes) for axes in (None, (1, 0, 2), (2, 0, 1), (-1, 0, 1))],
    *[case("transpose", np.transpose, [a]) for a in (sample(), sample(3), A)],
    *[case("swapaxes", np.swapaxes, [CUBE], *axes) for axes in ((0, 1), (0, -1), (1, 1))],
    *[case("moveaxis", np.moveaxis, [CUBE], *axes) for axes in MOVES],
    *[case("expand_dims", np.expand_dims, [A], axis) for axis in (0, 1, -1, (0, 2), (-1, 0))],
    case("expand_dims", np.expand_dims, [sample()], 0),
    *[case("squeeze", np.squeeze, [sample(1, 3, 1)], axis=axis) for axis in (None, 0, -1, (0, 2))],
    *[case("broadcast_to", np.broadcast_to, [sample(*a)], b) for a, b in COPIES],
    composed("concatenate", "axis=0", lambda xp, a, b: xp.concatenate([a, b]), [A, B]),
    composed("concatenate", "axis=-1", lambda xp, a, b: xp.concatenate([a, b], axis=-1), [A, B]),
    composed("concatenate", "three, one empty", lambda xp, *a: xp.concatenate(a), [A, sample(0, 3), sample(1, 3)]),
    composed("concatenate", "one array twice", lambda xp, a: xp.concatenate([a, a * a, a], 1), [A]),
    *[composed("stack", f"axis={k}", lambda xp, a, b, k=k: xp.stack([a, b], axis=k), [A, B]) for k in (0, 1, -1)],
    composed("stack", "numbers", lambda xp, a, b: xp.stack([a, b]), [sample(), sample(seed=1)]),
    *[composed("split", f"part {k} of 2", lambda xp, a, k=k: xp.split(a, 2)[k], [sample(4, 2)]) for k in (0, 1)],
    *[
        composed("split", f"at [1, 3], part {k}", lambda xp, a, k=k: xp.split(a, [1, 3])[k], [sample(4)])
        for k in range(3)
    ],
    composed("split", "joined again", lambda xp, a: xp.concatenate(xp.split(a, 3, axis=1)[::-1]), [A]),
    *[case("pad", np.pad, [A], width) for width in (1, (1, 2), ((1, 0), (0, 2)), ((2,), (1,)), 0)],
    *[
        case("pad", np.pad, [A], 1, constant_values=values)
        for values in (3.5, (1.5, 2.5), ((1.0, 2.0), (3.0, 4.0)), ((1.0,), (2.0,)))
    ],
    *[case("pad", np.pad, [operand], 1) for operand in (sample(0, 2), sample(3), sample(), CUBE)],
    *[case("roll", np.roll, [A], shift) for shift in (1, -2, 7)],
    *[case("roll", np.roll, [CUBE], shift, axis=axis) for shift, axis in SHIFTS],
    case("roll", np.roll, [CUBE], [1, 1], axis=[0, 2]),
    *[case("tile", np.tile, [A], reps) for reps in (2, np.int64(2), (2, 1), (1, 2), (2, 1, 2), 0)],
    *[case("tile", np.tile, [a], reps) for a, reps in ((sample(), 3), (CUBE, (2, 1)), (sample(0), 2))],
    case("astype", lambda a, dtype: a.astype(dtype), [A], "float64"),
    composed("move", "to the host", lambda xp, a: a if xp is np else a.to("cpu"), [A]),
]

# --- fused ---

ACTIVATIONS = {
    None: lambda h: h,
    "relu": lambda h: np.maximum(h, 0),
    "tanh": np.tanh,
    "sigmoid": lambda h: 1 / (1 + np.exp(-h)),
}


def dense(x, weight, bias, activation=None):
    return ACTIVATIONS[activation](np.einsum("...i,ij->...j", x, weight) + bias)


def cross_entropy(logits, labels, reduction="mean"):
    losses = np.array([np.log(np.exp(row).sum()) - row[label] for row, label in zip(logits, labels, strict=True)])
    return {"mean": np.mean, "sum": np.sum, "none": np.asarray}[reduction](losses)


def normalize(x, axis=-1, eps=1e-5):
    return (x - x.mean(axis=axis, keepdims=True)) / np.sqrt(x.var(axis=axis, keepdims=True) + eps)


def layer_norm(x, weight, bias, axis=-1, eps=1e-5):
    return normalize(x, axis, eps) * weight + bias


LABELS = np.array([2, 0, 2, 1])

FUSED: list[Case] = [
    *[case("dense", dense, [sample(4, 3), sample(3, 2), sample(2)], activation=name) for name in ACTIVATIONS],
    *[case("dense", dense, [sample(*shape), sample(3, 2), sample(2)], "tanh") for shape in [(3,), (2, 2, 3), (0, 3)]],
    *[
        case("softmax_cross_entropy", cross_entropy, [sample(4, 3)], labels=LABELS, reduction=reduction)
        for reduction in ("mean", "sum", "none")
    ],
    *[case("normalize", normalize, [CUBE], **axes) for axes in ({}, {"axis": (1, 2)}, {"axis": (-1, -2, -3)})],
    *[case("normalize", normalize, [sample(*shape)], eps=0.1) for shape in ((3,), (3, 4), (0, 2), (4, 1))],
    case("layer_norm", layer_norm, [sample(2, 2, 3), sample(3), sample(3)]),
    case("layer_norm", layer_norm, [sample(2, 2, 3), sample(2, 3), sample(2, 3)], axis=(1, 2), eps=0.1),
    case("layer_norm", layer_norm, [sample(4), sample(4), sample(4)]),
    case("layer_norm", layer_norm, [sample(0, 3), sample(3), sample(3)]),
]

STRUCTURAL: list[Case] = [*PRODUCTS, *STATISTICS, *SHAPES, *FUSED]
