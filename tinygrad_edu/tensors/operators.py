"""The operators and methods that `Value` and `Tensor` share: each names one public function.

A function that is an attribute of a class is a method, so `x.tanh()` needs no more than the function `tanh`.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ..graph.modes import call_beside
from ..graph.operation import FUNCTIONS
from ..namespaces import indexing
from ..rules import functional
from ..rules.structural import getitem
from ..vocabulary import NODE, ForeignNames, ForeignSlot, with_foreign_names
from .augmented import augmented
from .copying import Copies
from .numpy_protocol import function_call, ufunc_call


def _forms(function: Any, sign: str) -> tuple[Any, Any, Any]:
    """An operator, its reflected and its augmented form."""
    return function, lambda self, other: function(other, self), augmented(function, sign)


def _comparison(compare: Any) -> Any:
    """The method of a comparison."""

    def method(self: Any, other: Any) -> Any:
        if isinstance(other, Operators):
            other = other._data  # type: ignore[attr-defined]
        return call_beside(self.namespace, compare, self._data, other)

    return method


@with_foreign_names(NODE, ForeignSlot)
class NodeForeignNames(ForeignNames):
    """What other libraries call methods and attributes of nodes: errors that say what to write."""

    __slots__ = ()


class Operators(Copies, NodeForeignNames):
    """Arithmetic, comparison and methods of nodes."""

    __slots__ = ()

    __add__, __radd__, __iadd__ = _forms(functional.add, "+=")  # self + other, other + self, self += other
    __sub__, __rsub__, __isub__ = _forms(functional.subtract, "-=")  # self - other, other - self, self -= other
    __mul__, __rmul__, __imul__ = _forms(functional.multiply, "*=")  # self * other, other * self, self *= other
    __truediv__, __rtruediv__, __itruediv__ = _forms(functional.divide, "/=")  # self / other, other / self, ...
    __pow__, __rpow__, __ipow__ = _forms(functional.power, "**=")  # self ** other, other ** self, ...
    __matmul__, __rmatmul__, __imatmul__ = _forms(functional.matmul, "@=")  # self @ other, other @ self, ...
    __neg__ = functional.negative
    __abs__ = functional.abs

    def __pos__(self) -> Any:
        return self

    # Comparisons are not differentiable: they give plain booleans or boolean arrays.

    __eq__ = _comparison(operator.eq)
    __ne__ = _comparison(operator.ne)
    __lt__, __le__ = _comparison(operator.lt), _comparison(operator.le)
    __gt__, __ge__ = _comparison(operator.gt), _comparison(operator.ge)
    __hash__ = object.__hash__

    def __getitem__(self, index: Any) -> Any:
        return getitem(self, indexing.ready(index, self.shape))  # type: ignore[attr-defined]

    def __int__(self) -> int:
        return int(self.item())  # type: ignore[attr-defined]

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else str(self)  # type: ignore[attr-defined]

    __array_ufunc__, __array_function__ = ufunc_call, function_call

    def reshape(self, *shape: Any) -> Any:
        """The same elements in another shape, `x.reshape(2, 3)` or `x.reshape((2, 3))`; one length may be -1."""
        return functional.reshape(self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: Any) -> Any:
        """The axes in another order, `x.transpose(1, 0, 2)`; without arguments reversed."""
        return functional.transpose(self, (tuple(axes[0]) if np.ndim(axes[0]) else axes) if axes else None)


# The other public functions are methods, too, but for those whose first argument is not what they are about.
for _name, _function in FUNCTIONS.items():
    if _name not in (*vars(Operators), "concatenate", "einsum", "stack", "where"):
        setattr(Operators, _name, _function)
