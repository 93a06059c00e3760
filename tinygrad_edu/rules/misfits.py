"""Why operands do not fit an operation, and what to type instead: each function is the `misfit` of some operations.

It is called where the array library refused: with the shapes of the operands and the attributes. It gives a sentence,
or "" where it finds nothing to say.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from ..errors import DtypeError, ShapeError
from ..namespaces.indexing import axes_in_range
from ..shapes import misfit
from .einsum import LETTERS, expand_subscripts

Shape = tuple[int, ...]
Shapes = Sequence[Shape]
Attrs = dict[str, Any]


def matmul(shapes: Shapes, attrs: Attrs) -> str:
    """(..., n, k) @ (..., k, m): the two lengths k, and the axes before."""
    a, b = shapes[:2]
    if not a or not b:
        return "a number has no axes to sum over; a * b multiplies by a number"
    inner = b[-2] if len(b) > 1 else b[0]
    if a[-1] != inner:
        place = "last but one" if len(b) > 1 else "only"
        rule = (
            f"in a @ b the last axis of a, of length {a[-1]}, and the {place} axis of b, of length {inner}, must have "
            "the same length: (n, k) @ (k, m) gives (n, m)"
        )
        return f"{rule}. {_products_that_fit(a, b)}"
    before = misfit((a[:-2], b[:-2]), {}) and f"{a[:-2]} and {b[:-2]}"
    return f"the axes before the last two are {before}, and must have the same lengths, or 1" if before else ""


def _products_that_fit(a: Shape, b: Shape) -> str:
    ways = {"a @ b.T": (a, b[::-1]), "a.T @ b": (a[::-1], b), "b @ a": (b, a)} if max(len(a), len(b)) == 2 else {}
    fitting = [f"{how} gives {x[:-1] + y[1:]}" for how, (x, y) in ways.items() if x[-1] == y[0] and (x, y) != (a, b)]
    if a == b:
        fitting.append(f"a * b, element by element, gives {a}")
    if fitting:
        return "What fits: " + "; ".join(fitting)
    return f"Either a has {b[-2 if len(b) > 1 else 0]} where it has {a[-1]}, or b has {a[-1]} there"


def dense(shapes: Shapes, attrs: Attrs) -> str:
    """x @ weight + bias."""
    x, weight, bias = shapes
    if x and len(weight) == 2 and x[-1] == weight[0] and bias != (weight[1],):
        return f"the bias needs the shape {(weight[1],)}, one number for each of the {weight[1]} units"
    return matmul((x, weight), attrs)


def axes(shapes: Shapes, attrs: Attrs) -> str:
    """Of what goes along an axis."""
    try:
        axes_in_range(attrs.get("axis"), len(shapes[0]))
    except (ShapeError, DtypeError) as error:
        return str(error)
    return ""


def choice(shapes: Shapes, attrs: Attrs) -> str:
    """Of the largest or smallest element along an axis."""
    problem = axes(shapes, attrs)
    if problem or 0 not in shapes[0]:
        return problem
    return "there are no elements to choose from; where there may be none, look at x.size first"


def reshape(shapes: Shapes, attrs: Attrs) -> str:
    shape = attrs["shape"]
    lengths = list(shape) if isinstance(shape, (tuple, list)) else [shape]
    wrong = [n for n in lengths if not _is_whole(n)]
    if wrong:
        return f"lengths are whole numbers, as in x.reshape(2, 3), not {_short(wrong[0])}"
    there = math.prod(shapes[0])
    if lengths.count(-1) > 1:
        return "only one length may be -1, as it follows from the others"
    if -1 not in lengths:
        if math.prod(lengths) == there:
            return ""
        product = " · ".join(map(str, lengths)) or "1, as a number has"
        equals = f" = {math.prod(lengths)}" if len(lengths) > 1 else ""
        return f"there are {there} elements, and the new shape has {product}{equals}; one length may be -1, to fit"
    rest = math.prod(n for n in lengths if n != -1)
    if rest and there % rest == 0:
        return ""
    return f"{there} elements do not divide into parts of {rest}, so that no length fits in place of -1"


def transpose(shapes: Shapes, attrs: Attrs) -> str:
    ndim = len(shapes[0])
    order: Shape = attrs.get("axes") or ()
    if ndim and sorted(k % ndim for k in order) == list(range(ndim)):
        return ""
    reverse = ", ".join(map(str, range(ndim)[::-1]))
    text = f"name each of the {ndim} axes once, as in x.transpose({reverse})"
    if len(order) == 2 < ndim:
        text += f"; to exchange two: x.swapaxes({order[0]}, {order[1]})"
    return text


def broadcast_to(shapes: Shapes, attrs: Attrs) -> str:
    shape, target = shapes[0], attrs["shape"]
    target = tuple(target) if isinstance(target, (tuple, list)) else (target,)
    if any(not _is_whole(n) or n < 0 for n in target):
        return "lengths are whole numbers of at least 0"
    if len(shape) > len(target):
        return f"the new shape needs all {len(shape)} axes, and may have more in front of them"
    for axis in range(-1, -len(shape) - 1, -1):
        if shape[axis] not in (1, target[axis]):
            return f"axis {axis} has length {shape[axis]}; only an axis of length 1 can be repeated to {target[axis]}"
    return ""


def concatenate(shapes: Shapes, attrs: Attrs) -> str:
    axis = attrs["axis"]
    if not all(shapes):
        return "a number has no axis to be joined along; tg.stack([...]) joins numbers to a vector"
    if not _is_whole(axis):
        return axes(shapes, attrs)
    ndims = sorted({len(shape) for shape in shapes})
    if len(ndims) > 1:
        return (
            f"all need the same number of axes, and these have {' and '.join(map(str, ndims))}; "
            "x.reshape(1, -1) makes a row of a vector, x.reshape(-1, 1) a column"
        )
    problem = axes(shapes, attrs)
    if problem:
        return f"{problem}; along a new axis they are joined by tg.stack" if axis == ndims[0] else problem
    axis %= ndims[0]
    differing = [k for k in range(ndims[0]) if len({shape[k] for shape in shapes}) > 1]
    others = [k for k in differing if k != axis]
    if not others:
        return ""
    lengths = " and ".join(map(str, sorted({shape[others[0]] for shape in shapes})))
    text = f"in every axis but {axis} they need the same length, and axis {others[0]} has {lengths}"
    return f"{text}; along axis {differing[0]} they fit: axis={differing[0]}" if len(differing) == 1 else text


def pad(shapes: Shapes, attrs: Attrs) -> str:
    width = np.asarray(attrs["pad_width"])
    if width.dtype.kind not in "iu" or (width < 0).any():
        return f"widths are whole numbers of at least 0, not {attrs['pad_width']}; x[1:-1] takes away"
    ndim = len(shapes[0])
    if width.shape in ((), (1,), (2,), (1, 2), (ndim, 1), (ndim, 2)):
        return ""
    pairs = ", ".join(["(1, 1)"] * ndim) + "," * (ndim == 1)
    return f"pad_width is one number, or (before, after), or such a pair for each of the {ndim} axes: ({pairs})"


def roll(shapes: Shapes, attrs: Attrs) -> str:
    problem = axes(shapes, attrs)
    shift, axis = np.size(attrs["shift"]), np.size(attrs["axis"])
    if problem or shift == axis or 1 in (shift, axis):
        return problem
    return f"shift={attrs['shift']} and axis={attrs['axis']} need the same number of entries"


def einsum(shapes: Shapes, attrs: Attrs) -> str:
    subscripts = attrs["subscripts"]
    if not isinstance(subscripts, str):
        return 'the subscripts come first, as a text: tg.einsum("ij,jk->ik", a, b)'
    strange = [c for c in subscripts.replace("->", "").replace("...", "") if c not in f"{LETTERS}, "]
    if strange:
        return f"{strange[0]!r} is no subscript; they are letters, as in 'ij,jk->ik', and '...'"
    try:
        operands = [SimpleNamespace(shape=shape, ndim=len(shape)) for shape in shapes]
        left, result = expand_subscripts(subscripts, operands).split("->")
    except ShapeError as error:
        return str(error).removeprefix("einsum: ")
    lengths: dict[str, int] = {}
    for term, shape in zip(left.split(","), shapes, strict=True):
        for letter, n in zip(term, shape, strict=True):
            if n != 1 and lengths.setdefault(letter, n) != n:
                return f"{letter!r} stands for axes of length {lengths[letter]} and {n}; it needs one length"
    unknown = sorted(set(result) - set(left))
    if unknown:
        return f"the result's {unknown[0]!r} stands in no operand"
    return "a letter stands at most once in the result" if len(set(result)) < len(result) else ""


def astype(shapes: Shapes, attrs: Attrs) -> str:
    try:
        kind = np.dtype(attrs["dtype"]).kind
    except TypeError:
        return f"there is no dtype {_short(attrs['dtype'])}; give 'float32', 'float64', 'int64' or 'bool', say"
    return "" if kind in "fiub" else f"a tensor holds real numbers, not {_short(attrs['dtype'])}"


def clip(shapes: Shapes, attrs: Attrs) -> str:
    wrong = [bound for bound in attrs.values() if isinstance(bound, str)]
    return f"min and max are numbers, or arrays of them, not {_short(wrong[0])}" if wrong else ""


def _is_whole(x: Any) -> bool:
    return isinstance(x, (int, np.integer)) and not isinstance(x, bool)


def _short(x: Any) -> str:
    return repr(x)[:40]
