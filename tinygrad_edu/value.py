"""Value: a Python float in the graph."""

from __future__ import annotations

from numbers import Number
from typing import Any

import numpy as np

from .errors import DtypeError, GraphError
from .modes import SERIAL
from .namespaces import FLOATS, OBJECTS
from .node import Node, mixed_error
from .operation import Operation
from .operators import Operators

_new = object.__new__


class Value(Operators, Node):
    """One number that remembers how it was computed.

    Args:
        data: a number.
        name: what drawings and messages call it.
        requires_grad: False for a constant.

    `a.data` is the number; `a.grad` is the gradient that backward passes brought, 0.0 until there was one. A leaf's
    gradient accumulates over passes; that of an intermediate value is the one of the last pass.

    >>> a, b = Value(2.0, name="a"), Value(-3.0, name="b")
    >>> (a * b + a).backward()
    >>> a.grad, b.grad
    (-2.0, 2.0)
    """

    __slots__ = ()
    __hash__ = Node.__hash__

    def __init__(self, data: Any, name: str | None = None, requires_grad: bool = True):
        self._data = _number(data)
        self._grad = 0.0
        self.name = name
        self.op, self.inputs, self.attrs = None, (), None
        self.requires_grad = requires_grad
        self.serial = next(SERIAL)

    @property
    def data(self) -> float:
        """The number. Assigning it makes every result computed from the old one unusable for a backward pass."""
        return self._data

    @data.setter
    def data(self, data: Any) -> None:
        self._data = _number(data)
        self.changed()

    @property
    def grad(self) -> Any:
        """dL/d(self): a float; a Value after `backward(create_graph=True)`."""
        return self._grad

    @grad.setter
    def grad(self, gradient: Any) -> None:
        self._grad = gradient if isinstance(gradient, Value) else _number(gradient)

    def item(self) -> float:
        """The number, as `Tensor.item()` gives it."""
        return self._data

    def detach(self) -> Value:
        """The same number without its history."""
        return Value(self._data, requires_grad=False)

    def __repr__(self) -> str:
        parts = [f"{self._data:.6g}"]
        if self.name:
            parts.append(f"name={self.name!r}")
        if self.op:
            parts.append(f"op={self.op.name}")
        if self.requires_grad:
            parts.append(f"grad={float(self._grad):.6g}")
        return f"Value({', '.join(parts)})"

    def __float__(self) -> float:
        return self._data

    def __int__(self) -> int:
        return int(self._data)

    def __bool__(self) -> bool:
        return bool(self._data)

    def __len__(self) -> int:
        raise TypeError("a Value is a single number and has no length; tg.Tensor holds arrays")

    def __getitem__(self, index: Any) -> Any:
        raise TypeError("a Value is a single number and has no elements; tg.Tensor holds arrays")

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *operands: Any, **options: Any) -> Any:
        """NumPy meets a Value: `np.tanh(v)`, `np.float64(2) * v`, `np.ones(3) * v` (an object array of Values)."""
        if method != "__call__" or options:
            return NotImplemented
        if any(isinstance(x, np.ndarray) and x.ndim for x in operands):
            return getattr(OBJECTS, ufunc.__name__)(*map(_as_object, operands))
        from .numpy_protocol import ufunc_call  # needs the public functions

        return ufunc_call(ufunc, method, operands, options)

    @staticmethod
    def _apply(op: Operation, operands: tuple[Any, ...], attrs: dict[str, Any] | None) -> Any:
        inputs = operands
        for operand in operands:
            if type(operand) is not Value:
                if any(isinstance(x, Node) and type(x) is not Value for x in operands):
                    return _apply_to_tensor(op, operands, attrs)
                if any(isinstance(x, (np.ndarray, list, tuple)) for x in operands):
                    return getattr(OBJECTS, op.name)(*map(_as_object, operands), **(attrs or {}))
                inputs = tuple([x if type(x) is Value else Value(x, requires_grad=False) for x in operands])
                break
        if not op.elementwise:
            raise GraphError(
                f"{op.name}: a Value is a single number; tg.Tensor holds arrays, and a list of Values is taken as one"
            )
        if attrs:
            data = op.forward(FLOATS, *[x._data for x in inputs], **attrs)
        elif len(inputs) == 2:
            data = op.forward(FLOATS, inputs[0]._data, inputs[1]._data)
        else:
            data = op.forward(FLOATS, *[x._data for x in inputs])
        result: Value = _new(Value)
        result._data = data
        result._grad = 0.0
        result.record(op, inputs, attrs)
        return result


def _number(data: Any) -> float:
    """A true Python float (a NumPy scalar would carry NumPy's types into every result)."""
    if isinstance(data, (Number, np.generic, Value)) and not isinstance(data, complex):
        return float(data)  # type: ignore[arg-type]
    if getattr(data, "shape", None) == ():
        return float(data)
    hint = "; for arrays and lists use tg.Tensor" if hasattr(data, "__len__") and not isinstance(data, str) else ""
    raise DtypeError(f"a Value holds one number, not {type(data).__name__}{hint}")


def _as_object(operand: Any) -> np.ndarray:
    """An object array: what NumPy computes with element by element, calling our operators."""
    if isinstance(operand, Value):
        array = np.empty((), dtype=object)
        array[()] = operand
        return array
    return np.asarray(operand, dtype=object)


def _apply_to_tensor(op: Operation, operands: tuple[Any, ...], attrs: dict[str, Any] | None) -> Any:
    """A constant Value beside a tensor is a plain number; one with a gradient would lose it."""
    if any(isinstance(x, Value) and x.requires_grad for x in operands):
        raise mixed_error(op)
    return next(x for x in operands if isinstance(x, Node) and type(x) is not Value)._apply(op, operands, attrs)


