"""The operators and methods that `Value` and `Tensor` share: each names one public function.

A function that stands in a class body is a method, so `tanh = functional.tanh` is all that `x.tanh()` needs.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ..graph.modes import host_call
from ..namespaces import indexing
from ..rules import composed as functional
from .augmented import augmented


def _comparison(compare: Any) -> Any:
    """The method of a comparison: what `device_call` does, without the call, which would take longer than comparing."""

    def method(self: Any, other: Any) -> Any:
        if isinstance(other, Operators):
            other = other._data  # type: ignore[attr-defined]
        namespace = self.namespace
        if namespace.here:
            return host_call(compare, self._data, other)
        return host_call(namespace.run, compare, self._data, other)

    return method


class Operators:
    """Arithmetic, comparison and methods of nodes."""

    __slots__ = ()

    __add__ = functional.add
    __sub__ = functional.subtract
    __mul__ = functional.multiply
    __truediv__ = functional.divide
    __pow__ = functional.power
    __matmul__ = functional.matmul
    __neg__ = functional.negative
    __abs__ = functional.abs

    def __radd__(self, other: Any) -> Any:  # other + self
        return functional.add(other, self)

    def __rsub__(self, other: Any) -> Any:  # other - self
        return functional.subtract(other, self)

    def __rmul__(self, other: Any) -> Any:  # other * self
        return functional.multiply(other, self)

    def __rtruediv__(self, other: Any) -> Any:  # other / self
        return functional.divide(other, self)

    def __rpow__(self, other: Any) -> Any:  # other ** self
        return functional.power(other, self)

    def __rmatmul__(self, other: Any) -> Any:  # other @ self
        return functional.matmul(other, self)

    __iadd__ = augmented(functional.add, "+=")
    __isub__ = augmented(functional.subtract, "-=")
    __imul__ = augmented(functional.multiply, "*=")
    __itruediv__ = augmented(functional.divide, "/=")
    __ipow__ = augmented(functional.power, "**=")
    __imatmul__ = augmented(functional.matmul, "@=")

    def __pos__(self) -> Any:
        return self

    # Comparisons are not differentiable: they give plain booleans or boolean arrays.

    __eq__ = _comparison(operator.eq)
    __ne__ = _comparison(operator.ne)
    __lt__, __le__ = _comparison(operator.lt), _comparison(operator.le)
    __gt__, __ge__ = _comparison(operator.gt), _comparison(operator.ge)
    __hash__ = object.__hash__

    def __getitem__(self, index: Any) -> Any:
        return functional.getitem(self, indexing.ready(index, self.shape))  # type: ignore[attr-defined]

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else str(self)  # type: ignore[attr-defined]

    def __array_ufunc__(self, ufunc: Any, method: str, *operands: Any, **options: Any) -> Any:
        from .numpy_protocol import ufunc_call  # needs Value and Tensor, which import this file

        return ufunc_call(ufunc, method, operands, options)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        from .numpy_protocol import function_call

        return function_call(function, args, kwargs)

    def reshape(self, *shape: Any) -> Any:
        """The same elements in another shape, `x.reshape(2, 3)` or `x.reshape((2, 3))`; one length may be -1."""
        return functional.reshape(self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: Any) -> Any:
        """The axes in another order, `x.transpose(1, 0, 2)`; without arguments reversed."""
        return functional.transpose(self, (tuple(axes[0]) if np.ndim(axes[0]) else axes) if axes else None)

    exp, expm1, log, log1p = functional.exp, functional.expm1, functional.log, functional.log1p
    sqrt, square, reciprocal, sign = functional.sqrt, functional.square, functional.reciprocal, functional.sign
    sin, cos, tan, arctan = functional.sin, functional.cos, functional.tan, functional.arctan
    sinh, cosh, tanh = functional.sinh, functional.cosh, functional.tanh
    sigmoid, softplus, relu, leaky_relu = (
        functional.sigmoid,
        functional.softplus,
        functional.relu,
        functional.leaky_relu,
    )
    elu, gelu, silu, erf = functional.elu, functional.gelu, functional.silu, functional.erf
    abs, clip, maximum, minimum = functional.abs, functional.clip, functional.maximum, functional.minimum
    matmul, dot, outer = functional.matmul, functional.dot, functional.outer
    sum, mean, prod, var, std = functional.sum, functional.mean, functional.prod, functional.var, functional.std
    max, min, logsumexp, norm = functional.max, functional.min, functional.logsumexp, functional.norm
    cumsum, softmax, log_softmax = functional.cumsum, functional.softmax, functional.log_softmax
    ravel, swapaxes, moveaxis = functional.ravel, functional.swapaxes, functional.moveaxis
    expand_dims, squeeze, broadcast_to = functional.expand_dims, functional.squeeze, functional.broadcast_to
    split, pad, flip, roll = functional.split, functional.pad, functional.flip, functional.roll
    tile, repeat, take = functional.tile, functional.repeat, functional.take
    diagonal, trace, tril, triu = functional.diagonal, functional.trace, functional.tril, functional.triu
    astype = functional.astype
