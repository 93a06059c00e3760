"""What the fake device believes about CuPy, one line each.

The default suite holds the fake to every line; the GPU suite replays the same lines on the real CuPy. A belief that is
wrong there is a fake that lets bugs through: mend the fake first.
"""

from __future__ import annotations

import importlib
import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_edu.tapes.cuda.lanes import BLOCK, WARP
from tinygrad_edu.tapes.cuda.language import EACH_ELEMENT, KernelText
from tinygrad_edu.tapes.cuda.lines import line_kernel


def refuses(error: type[Exception] | tuple[type[Exception], ...], call: Callable[[], Any]) -> bool:
    """Whether a call raises this error."""
    try:
        call()
    except error:
        return True
    return False


def special(xp: Any) -> Any:
    """The special functions beside `xp`: the fake's, or CuPy's."""
    return importlib.import_module("cupyx.scipy.special") if xp.__name__ == "cupy" else xp.special


def same(array: Any, expected: Any) -> bool:
    """Whether an array of the device holds these numbers."""
    return np.array_equal(array.get(), expected, equal_nan=True)


def iota(xp: Any) -> Any:
    return xp.arange(12, dtype="float32").reshape(3, 4)


def assigned(a: Any, index: Any, value: Any) -> Any:
    a[index] = value
    return a


def added(xp: Any, a: Any, index: Any, value: Any) -> Any:
    xp.add.at(a, index, value)
    return a


def on_the_last_device(xp: Any) -> Any:
    with xp.cuda.Device(xp.cuda.runtime.getDeviceCount() - 1):
        return xp.ones(())


TYPES = {"float32": "float", "float64": "double"}


def launched(
    xp: Any, statement: str, arrays: list[Any], numbers: tuple[Any, ...], result: Any, preamble: str = ""
) -> Any:
    """The result, an array, of a kernel of arrays a0, a1, ..., numbers n0, n1, ..., for each element i."""
    text = KernelText(
        "believed",
        tuple(f"a{k}" for k in range(len(arrays))),
        tuple(f"{C_NUMBERS[type(n)]} n{k}" for k, n in enumerate(numbers)),
        ("y",),
        (*EACH_ELEMENT, statement),
    )
    types = [TYPES[str(a.dtype)] for a in (*arrays, result)]
    kernel = xp.RawKernel(text.source(types[-1], types), "believed")
    assert kernel((1,), (256,), (*arrays, *numbers, result, result.size)) is None
    return result


C_NUMBERS = {float: "double", int: "long long", np.uint32: "unsigned"}


def row_sums(xp: Any, lanes: int) -> Any:
    """The sum of each row plus its label."""

    def row_sums(xp: Any, a: Any, label: Any) -> Any:
        return xp.sum(a, axis=1) + label

    text = line_kernel(row_sums, ("element", "label"), ((1, 4), (1,)), 1, lanes).text
    y = xp.empty(3, "float32")
    kernel = xp.RawKernel(text.source("float", ["float", "long long", "float"]), text.name)
    kernel((3,), (lanes,), (iota(xp), xp.asarray([0, 1, 2]), y, 3, 4))
    return y


# What is asked of `xp`, the fake or CuPy: each line must be true.
BELIEFS: dict[str, Callable[[Any], bool]] = {
    # host and device do not mix
    "array + host array is refused": lambda xp: refuses(TypeError, lambda: xp.ones(3) + np.ones(3)),
    "host array * array is refused": lambda xp: refuses(TypeError, lambda: np.ones(3) * xp.ones(3)),
    "array * list is refused": lambda xp: refuses(TypeError, lambda: xp.ones(2) * [1.0, 2.0]),
    "matmul with a host array is refused": lambda xp: refuses(TypeError, lambda: xp.ones((2, 2)) @ np.ones(2)),
    "a ufunc of a host array is refused": lambda xp: refuses(TypeError, lambda: xp.exp(np.ones(3))),
    "a host array as out is refused": lambda xp: refuses(TypeError, lambda: np.add(xp.ones(3), 1.0, out=np.ones(3))),
    "joining with a host array is refused": lambda xp: refuses(
        TypeError, lambda: xp.concatenate([xp.ones(3), np.ones(3)])
    ),
    "assigning a host array is refused": lambda xp: refuses(ValueError, lambda: assigned(xp.ones(3), ..., np.ones(3))),
    "np.asarray(array) is refused": lambda xp: refuses(TypeError, lambda: np.asarray(xp.ones(3))),
    "np.exp(array) stays on the device": lambda xp: type(np.exp(xp.ones(3))) is xp.ndarray,
    "np.sum(array) stays on the device": lambda xp: type(np.sum(xp.ones(3))) is xp.ndarray,
    "NumPy scalar * array stays on the device": lambda xp: type(np.float32(2) * xp.ones(3)) is xp.ndarray,
    "a host array may be an index": lambda xp: same(iota(xp)[np.array([2, 0]), 1], [9, 1]),
    "asnumpy gives a host array": lambda xp: type(xp.asnumpy(xp.ones(3))) is np.ndarray,
    "asarray of an array is that array": lambda xp: all(xp.asarray(a) is a for a in [xp.ones(3)]),
    "objects are refused": lambda xp: refuses(ValueError, lambda: xp.asarray(np.array([None]))),
    # arrays, where NumPy gives or takes numbers
    "a full sum is an array": lambda xp: type(xp.ones(3).sum()) is xp.ndarray and xp.ones(3).sum().shape == (),
    "an element is an array": lambda xp: type(iota(xp)[1, 2]) is xp.ndarray and iota(xp)[1, 2].shape == (),
    "a function of numbers is an array": lambda xp: type(xp.log(2.0)) is xp.ndarray,
    "a number has no axis to be summed over": lambda xp: refuses(
        (ValueError,), lambda: xp.sum(xp.asarray(2.0), axis=0)
    ),
    "nor to be summed along": lambda xp: refuses((ValueError,), lambda: xp.cumsum(xp.asarray(2.0), axis=-1)),
    "a reduction of a number is refused": lambda xp: refuses((TypeError, AttributeError), lambda: xp.sum(2.0)),
    "where wants an array as condition": lambda xp: refuses(AttributeError, lambda: xp.where(True, xp.ones(3), 0.0)),
    "an array is no position in a list": lambda xp: refuses(TypeError, lambda: [1, 2][xp.asarray(1)]),
    # dtypes
    "a Python number is weak": lambda xp: (xp.ones(3, "float32") * 2.0 + 1).dtype == "float32",
    "a NumPy number is not weak": lambda xp: (xp.ones(3, "float32") * np.float64(2)).dtype == "float64",
    "an array of shape () is not weak": lambda xp: (xp.ones(3, "float32") * xp.ones((), "float64")).dtype == "float64",
    "where of two numbers is float64": lambda xp: xp.where(iota(xp) > 3, 1.0, 0.5).dtype == "float64",
    "where of array and number keeps float32": lambda xp: xp.where(iota(xp) > 3, iota(xp), 0.5).dtype == "float32",
    "float32 * bool is float32": lambda xp: (iota(xp) * (iota(xp) > 3)).dtype == "float32",
    "integers divide to float64": lambda xp: xp.divide(1.0, xp.arange(1, 4)).dtype == "float64",
    "erf keeps float32": lambda xp: special(xp).erf(xp.ones(3, "float32")).dtype == "float32",
    "erf widens float16 to float64": lambda xp: special(xp).erf(xp.ones(3, "float16")).dtype == "float64",
    # the numbers of IEEE 754
    "log(0) is -inf": lambda xp: same(xp.log(xp.zeros(1)), [-math.inf]),
    "0/0 is nan, 1/0 is inf": lambda xp: same(xp.divide(xp.asarray([0.0, 1.0]), 0.0), [math.nan, math.inf]),
    "0 to the power 0 is 1": lambda xp: same(xp.power(xp.zeros(1), 0.0), [1.0]),
    "maximum hands nan on": lambda xp: same(xp.maximum(xp.asarray([math.nan, 1.0]), 0.0), [math.nan, 1.0]),
    "max hands nan on": lambda xp: same(xp.max(xp.asarray([math.nan, 1.0])), math.nan),
    "sign of nan is nan": lambda xp: same(xp.sign(xp.asarray([math.nan, -2.0, 0.0])), [math.nan, -1.0, 0.0]),
    "clip may lack a bound": lambda xp: same(xp.clip(xp.asarray([-1.0, 5.0]), None, 2.0), [-1.0, 2.0]),
    # indices
    "positions out of range wrap": lambda xp: same(xp.arange(3)[xp.asarray([1, 3, -4])], [1, 0, 2]),
    "and so they do in an assignment": lambda xp: same(assigned(xp.zeros(3), xp.asarray([4]), 7.0), [0, 7, 0]),
    "a plain number out of range is refused": lambda xp: refuses(IndexError, lambda: xp.arange(3)[3]),
    "too many indices are refused": lambda xp: refuses(IndexError, lambda: xp.arange(3)[0, 0]),
    "add.at adds duplicates": lambda xp: same(added(xp, xp.zeros(3), np.array([1, 1, 2]), xp.ones(3)), [0, 2, 1]),
    "add.at takes two index arrays": lambda xp: same(
        added(xp, xp.zeros((2, 2)), (np.array([0, 0]), np.array([1, 1])), xp.ones(2)), [[0, 2], [0, 0]]
    ),
    "index arrays stand on both sides of a slice": lambda xp: same(
        iota(xp).reshape(3, 2, 2)[np.array([0, 2]), :, np.array([1, 0])], [[1, 3], [8, 10]]
    ),
    "negative steps and new axes": lambda xp: same(iota(xp)[::-2, None, 1], [[9], [1]]),
    "a pair that stands for all axes is one of numbers": lambda xp: xp.pad(iota(xp), ((1, 2),)).shape == (6, 7),
    "pad does not broadcast": lambda xp: refuses(ValueError, lambda: xp.pad(iota(xp), ((2,), (1,)))),
    "an array @ a number is refused": lambda xp: refuses(TypeError, lambda: xp.ones((2, 2)) @ 2.0),
    "matmul with a number is refused": lambda xp: refuses(TypeError, lambda: xp.matmul(xp.ones((2, 2)), 2.0)),
    "arrays without axes are not joined": lambda xp: refuses(
        TypeError, lambda: xp.concatenate([xp.ones(()), xp.ones(())])
    ),
    "where the result is empty, no element is the largest": lambda xp: xp.max(xp.ones((0, 0)), axis=0).shape == (0,),
    "no element is not the largest": lambda xp: refuses(ValueError, lambda: xp.max(xp.ones((0, 3)), axis=0)),
    "an integer to a negative power is no error": lambda xp: same(xp.power(xp.asarray([2, 1]), -1), [0, 1]),
    "a float is cut off to a position": lambda xp: same(xp.arange(3)[1.5], 1),
    "a pickled array comes back on the current device": lambda xp: all(
        same(pickle.loads(pickle.dumps(a)), 1.0) and pickle.loads(pickle.dumps(a)).device == xp.cuda.Device()
        for a in [on_the_last_device(xp)]
    ),
    "an array without axes is padded by a number": lambda xp: all(
        same(xp.pad(a, 0, constant_values=0), 3.0) and refuses(TypeError, lambda a=a: xp.pad(a, ()))
        for a in [xp.asarray(3.0)]
    ),
    # memory
    "a view has a base, its owner has none": lambda xp: all(
        a.base is None and a.T.base is not None and a[1:].base is not None and a[0, 0].base is not None
        for a in [xp.ones((2, 3))]
    ),
    "all views of an array have it as their base": lambda xp: all(
        view.base is a for a in [xp.ones((2, 3))] for view in (a[1:], a[1:].T, a[:1].reshape(3)[1:])
    ),
    "a view shows what is written to its owner": lambda xp: all(
        same(view, [[5], [1]]) for a in [xp.ones(2)] for view in [a.reshape(2, 1)] if assigned(a, 0, 5.0) is a
    ),
    "out is what is returned": lambda xp: all(xp.add(a, 1.0, out=a) is a for a in [xp.ones(3)]),
    # kernels of our own
    "a kernel overwrites an array that it reads": lambda xp: same(
        launched(xp, "y[i] = y[i] - n0 * a0[i];", [xp.ones(3)], (0.5,), xp.full(3, 2.0)), [1.5, 1.5, 1.5]
    ),
    "a Python float is a double, an int a long long": lambda xp: same(
        launched(xp, "y[i] = n0 + n1;", [], (0.1, 2**40), xp.empty(1)), [0.1 + 2**40]
    ),
    "a NumPy number is of its own type": lambda xp: same(
        launched(xp, "y[i] = (T)n0;", [], (np.uint32(2**32 - 1),), xp.empty(2)), [2**32 - 1] * 2
    ),
    "a host array is no argument of a kernel": lambda xp: refuses(
        TypeError, lambda: launched(xp, "y[i] = a0[i];", [np.ones(3)], (), xp.empty(3))
    ),
    "a kernel knows nothing of shapes": lambda xp: same(
        launched(xp, "y[i] = a0[i];", [iota(xp)[1:]], (), xp.empty(8, "float32")), [4, 5, 6, 7, 8, 9, 10, 11]
    ),
    "a view may lie in one piece, or not": lambda xp: (
        [
            a.flags.c_contiguous
            for a in (iota(xp)[1:], iota(xp)[:, 1:], iota(xp).T, xp.broadcast_to(xp.ones(()), (2, 2)))
        ]
        == [True, False, False, False]
    ),
    "ascontiguousarray copies only what does not": lambda xp: all(
        bool(xp.may_share_memory(xp.ascontiguousarray(a), a))
        and not bool(xp.may_share_memory(xp.ascontiguousarray(a.T), a))
        and same(xp.ascontiguousarray(a.T), iota(np).T)
        for a in [iota(xp)]
    ),
    "a broadcast number has no strides": lambda xp: not any(xp.broadcast_to(xp.ones(()), (2, 2)).strides),
    "a warp goes along a line": lambda xp: same(row_sums(xp, WARP), [6, 23, 40]),
    "a block goes along a line": lambda xp: same(row_sums(xp, BLOCK), [6, 23, 40]),
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
    "where": lambda xp, a: xp.where(xp.asarray(np.eye(3, 4, dtype=bool)), a, 0.0),
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
    "assignment": lambda xp, a: assigned(a, slice(1, 2), 0.0),
    "add.at": lambda xp, a: added(xp, a, np.array([0, 0]), a[:2]),
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
    "assignment by a mask": lambda xp, a: assigned(a, a > 3, 0.0),
    "nonzero": lambda xp, a: xp.nonzero(a),
    "where with one argument": lambda xp, a: xp.where(a > 3),
    "synchronize": lambda xp, a: xp.cuda.get_current_stream().synchronize(),
}
