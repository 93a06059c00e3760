"""How large the result of a call would be, asked before it is made, so that no expression can exhaust the memory.

The size of a shape is the number of its elements, where an axis of length 0 counts as 1: a sum over it may bring back
what it hides. The figures are upper bounds; the result itself is measured again.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_edu_words import _

MAX_RESULT = 10_000  # elements of one result
MAX_WORK = 1_000_000  # elements that may be touched on the way to it
MAX_TOTAL = 1_000_000  # elements of all results together
MAX_TERMS = 20  # operands of an einsum, parts of a split

Sizes = Callable[..., int]


class TooLarge(Exception):
    """A call that is not made; the text says what would happen."""


def size(shape: Any) -> int:
    """The number of elements of a shape, empty axes counted as 1."""
    return math.prod(max(int(n), 1) for n in shape)


def check_call(name: str, arguments: dict[str, Any]) -> None:
    """Refuse a call whose result, or whose work, would be too large.

    Args:
        arguments: by the names of the function's parameters.
    Raises:
        TooLarge: it would be; malformed arguments are left to the function, which explains them better.
    """
    try:
        work = _WORK.get(name, _broadcast)(**arguments)
    except (TypeError, ValueError, IndexError, KeyError, AttributeError):
        return
    check_work(name, work)


def check_work(name: str, work: int) -> None:
    """Refuse what would touch more than MAX_WORK elements."""
    if work > MAX_WORK:
        raise TooLarge(_("{name} would make about {work} elements").format(name=name, work=f"{work:.1e}"))


def _shape(operand: Any) -> tuple[int, ...]:
    return getattr(operand, "shape", ())


def _broadcast(**arguments: Any) -> int:
    """Of an elementwise operation, and an upper bound for one that keeps or reduces its only operand."""
    shapes = [_shape(argument) for argument in arguments.values() if hasattr(argument, "shape")]
    return size(np.broadcast_shapes(*[tuple(max(n, 1) for n in shape) for shape in shapes]))


def _pad(a: Any, pad_width: Any, **_: Any) -> int:
    around = np.broadcast_to(np.abs(np.asarray(pad_width, dtype=float)), (len(_shape(a)), 2)).sum(axis=1)
    return int(min(np.prod(around + np.maximum(_shape(a), 1)), 1e300))


def _matmul(a: Any, b: Any) -> int:
    """The number of multiplications."""
    rows, columns = _shape(a)[-2:], _shape(b)[-1:] if len(_shape(b)) > 1 else ()
    return size(rows) * size(columns) * size(np.broadcast_shapes(_shape(a)[:-2], _shape(b)[:-2]))


def _dot(a: Any, b: Any) -> int:
    """The number of multiplications."""
    shape = _shape(b)
    return size(_shape(a)) * size(shape) // (size(shape[-2:-1]) if len(shape) > 1 else size(shape))


def _einsum(subscripts: str, operands: Any) -> int:
    """The number of combinations of indices."""
    if len(operands) > MAX_TERMS or len(subscripts) > 10 * MAX_TERMS:
        raise TooLarge(_("einsum takes at most {max_terms} operands here").format(max_terms=MAX_TERMS))
    lengths: dict[str, int] = {}
    for term, operand in zip(subscripts.replace(" ", "").partition("->")[0].split(","), operands, strict=True):
        before, dots, after = term.partition("...")
        shape = list(_shape(operand))
        named = shape[: len(before)] + shape[len(shape) - len(after) :]
        for letter, n in zip([*before, *after], named, strict=True):
            lengths[letter] = max(lengths.get(letter, 1), n)
        if dots:
            lengths[dots] = max(lengths.get(dots, 1), size(shape[len(before) : len(shape) - len(after)]))
    return size(lengths.values())


def _split(a: Any, indices_or_sections: Any, axis: int = 0) -> int:
    parts = indices_or_sections if isinstance(indices_or_sections, int) else len(indices_or_sections) + 1
    if parts > MAX_TERMS:
        raise TooLarge(_("split makes at most {max_terms} parts here").format(max_terms=MAX_TERMS))
    return size(_shape(a))


def _triangle(a: Any) -> int:
    """A vector stands for a square matrix of which it is every row."""
    return size(_shape(a)) ** (2 if len(_shape(a)) == 1 else 1)


def _joined(arrays: Any, axis: int = 0) -> int:
    return sum(size(_shape(array)) for array in arrays)


_WORK: dict[str, Sizes] = {
    "broadcast_to": lambda a, shape: size(shape if isinstance(shape, (tuple, list)) else [shape]),
    "concatenate": _joined,
    "dot": _dot,
    "einsum": _einsum,
    "matmul": _matmul,
    "outer": lambda a, b: size(_shape(a)) * size(_shape(b)),
    "pad": _pad,
    "repeat": lambda a, repeats, axis=None: size(_shape(a)) * int(np.sum(np.maximum(repeats, 1))),
    "split": _split,
    "stack": _joined,
    "take": lambda a, indices, axis=None: size(_shape(a)) * size(np.shape(indices)),
    "tile": lambda a, reps: size(_shape(a)) * size(reps if isinstance(reps, (tuple, list)) else [reps]),
    "tril": lambda a, k=0: _triangle(a),
    "triu": lambda a, k=0: _triangle(a),
}
