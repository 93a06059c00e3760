"""What the fake device believes about CuPy, one line each.

The default suite holds the fake to every line; the GPU suite replays the same lines on the real CuPy. A belief that is
wrong there is a fake that lets bugs through: mend the fake first.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np


def refuses(error: type[Exception], call: Callable[[], Any]) -> bool:
    """Whether a call raises this error."""
    try:
        call()
    except error:
        return True
    return False


def same(array: Any, expected: Any) -> bool:
    """Whether an array of the device holds these numbers."""
    return np.array_equal(array.get(), expected, equal_nan=True)


def _iota(xp: Any) -> Any:
    return xp.arange(12, dtype="float32").reshape(3, 4)


def _assign(a: Any, index: Any, value: Any) -> Any:
    a[index] = value
    return a


def _add_at(xp: Any, a: Any, index: Any, value: Any) -> Any:
    xp.add.at(a, index, value)
    return a


# What is asked of `xp`, the fake or CuPy, and of `special`, its special functions: each line must be true.
BELIEFS: dict[str, Callable[[Any, Any], bool]] = {
    # host and device do not mix
    "array + host array is refused": lambda xp, special: refuses(TypeError, lambda: xp.ones(3) + np.ones(3)),
    "host array * array is refused": lambda xp, special: refuses(TypeError, lambda: np.ones(3) * xp.ones(3)),
    "array + list is refused": lambda xp, special: refuses(TypeError, lambda: xp.ones(2) + [1.0, 2.0]),
    "matmul with a host array is refused": lambda xp, special: refuses(TypeError, lambda: xp.ones((2, 2)) @ np.ones(2)),
    "a ufunc of a host array is refused": lambda xp, special: refuses(TypeError, lambda: xp.exp(np.ones(3))),
    "a host array as out is refused": lambda xp, special: refuses(
        TypeError, lambda: np.add(xp.ones(3), 1.0, out=np.ones(3))
    ),
    "joining with a host array is refused": lambda xp, special: refuses(
        TypeError, lambda: xp.concatenate([xp.ones(3), np.ones(3)])
    ),
    "assigning a host array is refused": lambda xp, special: refuses(
        ValueError, lambda: _assign(xp.ones(3), slice(None), np.ones(3))
    ),
    "np.asarray(array) is refused": lambda xp, special: refuses(TypeError, lambda: np.asarray(xp.ones(3))),
    "np.exp(array) stays on the device": lambda xp, special: isinstance(np.exp(xp.ones(3)), xp.ndarray),
    "np.sum(array) stays on the device": lambda xp, special: isinstance(np.sum(xp.ones(3)), xp.ndarray),
    "a NumPy scalar times an array stays": lambda xp, special: isinstance(np.float32(2) * xp.ones(3), xp.ndarray),
    "a host index array is taken": lambda xp, special: same(_iota(xp)[np.array([2, 0]), 1], [9, 1]),
    "asnumpy gives a host copy": lambda xp, special: type(xp.asnumpy(xp.ones(3))) is np.ndarray,
    "asarray keeps an array of the device": lambda xp, special: (lambda a: xp.asarray(a) is a)(xp.ones(3)),
    "objects are refused": lambda xp, special: refuses(ValueError, lambda: xp.asarray(np.array([None]))),
    # arrays, not numbers
    "a full sum is an array of shape ()": lambda xp, special: (lambda s: type(s) is xp.ndarray and s.shape == ())(
        xp.ones(3).sum()
    ),
    "an element is an array, and a view": lambda xp, special: (lambda e: type(e) is xp.ndarray and e.base is not None)(
        _iota(xp)[1, 2]
    ),
    "a ufunc of numbers is an array": lambda xp, special: type(xp.log(2.0)) is xp.ndarray,
    "a comparison with None is no error": lambda xp, special: type(xp.ones(3) == 1.0) is xp.ndarray,
    "reductions of a number are refused": lambda xp, special: refuses((TypeError, AttributeError), lambda: xp.sum(2.0)),
    "where wants an array as condition": lambda xp, special: refuses(
        AttributeError, lambda: xp.where(True, xp.ones(3), 0.0)
    ),
    "an array is no index of Python": lambda xp, special: refuses(TypeError, lambda: [1, 2][xp.asarray(1)]),
    # dtypes
    "Python numbers are weak": lambda xp, special: (xp.ones(3, "float32") * 2.0 + 1).dtype == "float32",
    "a NumPy float64 is not weak": lambda xp, special: (xp.ones(3, "float32") * np.float64(2)).dtype == "float64",
    "a 0-d array is not weak": lambda xp, special: (xp.ones(3, "float32") * xp.ones((), "float64")).dtype == "float64",
    "where of two numbers is float64": lambda xp, special: xp.where(_iota(xp) > 3, 1.0, 0.5).dtype == "float64",
    "where of an array and a number keeps": lambda xp, special: (
        xp.where(_iota(xp) > 3, _iota(xp), 0.5).dtype == "float32"
    ),
    "float32 times bool keeps": lambda xp, special: (_iota(xp) * (_iota(xp) > 3)).dtype == "float32",
    "integers divide to float64": lambda xp, special: xp.divide(1.0, xp.arange(1, 4)).dtype == "float64",
    "erf keeps float32": lambda xp, special: special.erf(xp.ones(3, "float32")).dtype == "float32",
    "erf widens float16 to float64": lambda xp, special: special.erf(xp.ones(3, "float16")).dtype == "float64",
    # numbers of IEEE 754, without warnings
    "log(0) is -inf": lambda xp, special: same(xp.log(xp.zeros(1)), [-math.inf]),
    "0/0 is nan, 1/0 is inf": lambda xp, special: same(xp.divide(xp.asarray([0.0, 1.0]), 0.0), [math.nan, math.inf]),
    "0 to the power 0 is 1": lambda xp, special: same(xp.power(xp.zeros(1), 0.0), [1.0]),
    "maximum and max hand on nan": lambda xp, special: (
        same(xp.maximum(xp.asarray([math.nan, 1.0]), 0.0), [math.nan, 1.0])
        and same(xp.max(xp.asarray([math.nan, 1.0])), math.nan)
    ),
    "sign of nan is nan": lambda xp, special: same(xp.sign(xp.asarray([math.nan, -2.0, 0.0])), [math.nan, -1.0, 0.0]),
    "clip without bounds, and with one": lambda xp, special: same(
        xp.clip(xp.asarray([-1.0, 5.0]), None, 2.0), [-1.0, 2.0]
    ),
    # indices
    "positions out of range wrap": lambda xp, special: same(xp.arange(3)[xp.asarray([1, 3, -4])], [1, 0, 2]),
    "a plain position out of range is refused": lambda xp, special: refuses(IndexError, lambda: xp.arange(3)[3]),
    "too many indices are refused": lambda xp, special: refuses(IndexError, lambda: xp.arange(3)[0, 0]),
    "assigning wraps, too": lambda xp, special: same(_assign(xp.zeros(3), xp.asarray([4]), 7.0), [0, 7, 0]),
    "add.at adds for every duplicate": lambda xp, special: same(
        _add_at(xp, xp.zeros(3), np.array([1, 1, 2]), xp.ones(3)), [0, 2, 1]
    ),
    "add.at with several index arrays": lambda xp, special: same(
        _add_at(xp, xp.zeros((2, 2)), (np.array([0, 0]), np.array([1, 1])), xp.ones(2)), [[0, 2], [0, 0]]
    ),
    "index arrays on both sides of a slice": lambda xp, special: (
        _iota(xp).reshape(3, 2, 2)[np.array([0, 1, 2]), :, np.array([0, 1, 0])].shape == (3, 2)
    ),
    "negative steps and new axes": lambda xp, special: same(_iota(xp)[::-2, None, 1], [[9], [1]]),
    # memory
    "a view has a base, its owner has none": lambda xp, special: (
        lambda a: a.base is None and a.T.base is not None and a[1:].base is not None
    )(xp.ones((2, 3))),
    "a view shows a change of its owner": lambda xp, special: (
        lambda a: (lambda view: same(_assign(a, 0, 5.0), [5, 1]) and same(view, [[5], [1]]))(a.reshape(2, 1))
    )(xp.ones(2)),
    "in-place addition keeps the array": lambda xp, special: (lambda a: xp.add(a, 1.0, out=a) is a)(xp.ones(3)),
}

# Calls that give a view of `a`, of shape (3, 4): no kernel runs.
VIEWS: dict[str, Callable[[Any, Any], Any]] = {
    "reshape": lambda xp, a: xp.reshape(a, (2, 6)),
    "transpose": lambda xp, a: xp.transpose(a, (1, 0)),
    "swapaxes": lambda xp, a: xp.swapaxes(a, 0, 1),
    "expand_dims": lambda xp, a: xp.expand_dims(a, (0, 3)),
    "squeeze": lambda xp, a: xp.squeeze(a[None], axis=(0,)),
    "broadcast_to": lambda xp, a: xp.broadcast_to(a, (2, 3, 4)),
    "flip": lambda xp, a: xp.flip(a, 1),
    "slice": lambda xp, a: a[1:, ::2],
    "element": lambda xp, a: a[1, 2],
    "new axis": lambda xp, a: a[:, None],
    "astype without a change": lambda xp, a: a.astype(a.dtype, copy=False),
}

# Calls that run a kernel.
KERNELS: dict[str, Callable[[Any, Any], Any]] = {
    "ufunc": lambda xp, a: xp.exp(a),
    "operator": lambda xp, a: 1.0 - a,
    "comparison": lambda xp, a: a > 0,
    "sum": lambda xp, a: xp.sum(a, axis=0, keepdims=True),
    "max": lambda xp, a: xp.max(a, axis=(0, 1)),
    "matmul": lambda xp, a: a @ a.T,
    "where": lambda xp, a: xp.where(a > 0, a, 0.0),
    "reshape of a transposed array": lambda xp, a: a.T.reshape(12),
    "astype": lambda xp, a: a.astype("float64"),
    "copy": lambda xp, a: a.copy(),
    "take": lambda xp, a: a[np.array([2, 0])],
    "concatenate": lambda xp, a: xp.concatenate([a, a], axis=1),
    "pad": lambda xp, a: xp.pad(a, ((1, 1), (0, 2)), mode="constant", constant_values=1.0),
    "roll": lambda xp, a: xp.roll(a, (1, 2), axis=(0, 1)),
    "cumsum": lambda xp, a: xp.cumsum(a, axis=1),
    "clip": lambda xp, a: xp.clip(a, 1.0, None),
    "einsum": lambda xp, a: xp.einsum("ij,kj->ik", a, a),
    "eye": lambda xp, a: xp.eye(3, dtype=a.dtype),
    "ones": lambda xp, a: xp.ones(a.shape, dtype=a.dtype),
    "assignment": lambda xp, a: _assign(a, slice(1, 2), 0.0),
    "add.at": lambda xp, a: _add_at(xp, a, np.array([0, 0]), a[:2]),
}

# Calls for which the host waits until the device has done all before.
WAITS: dict[str, Callable[[Any, Any], Any]] = {
    "float": lambda xp, a: float(a[0, 0]),
    "int": lambda xp, a: int(a[0, 0]),
    "bool": lambda xp, a: bool((a > 0).all()),
    "item": lambda xp, a: a.sum().item(),
    "tolist": lambda xp, a: a.tolist(),
    "get": lambda xp, a: a.get(),
    "asnumpy": lambda xp, a: xp.asnumpy(a),
    "repr": lambda xp, a: repr(a),
    "mask": lambda xp, a: a[a > 3],
    "assignment by a mask": lambda xp, a: _assign(a, a > 3, 0.0),
    "nonzero": lambda xp, a: xp.nonzero(a),
    "where with one argument": lambda xp, a: xp.where(a > 3),
    "synchronize": lambda xp, a: xp.cuda.get_current_stream().synchronize(),
}
