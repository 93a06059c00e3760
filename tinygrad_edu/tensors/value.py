"""Value: a Python float in the graph."""

from __future__ import annotations

from numbers import Number
from typing import Any

import numpy as np

from ..clock import SERIAL
from ..errors import DtypeError, GraphError
from ..graph.backprop import Gradients, Reader, drain
from ..graph.modes import MODES
from ..graph.node import Node, checked_name
from ..graph.operation import Operation
from ..graph.order import newest_first
from ..namespaces.namespace import FLOATS, OBJECTS, Graph
from ..namespaces.objects import as_object
from ..vocabulary import checked_keywords
from .float_pass import float_pass
from .operators import Operators
from .refusals import check_untracked
from .storing import begin_storing, end_storing
from .value_operators import with_operators

_new = object.__new__


@with_operators
class Value(Operators, Node):
    """One number that remembers how it was computed.

    Args:
        data: a number.
        name: what drawings and messages call it.
        requires_grad: False for a constant.

    `a.data` is the number; `a.grad` is the gradient that backward passes brought, 0.0 until there was one. A leaf's
    gradient accumulates over passes; that of an intermediate value is the one of the last pass. Operations on a
    subclass give a Value.

    `a == b` compares numbers, and so do `a in a_list` and `a_list.index(a)`: look for nodes in a set or as keys of a
    dictionary, which know them by identity. `tg.nodes(root)` gives those of a graph.

    >>> a, b = Value(2.0, name="a"), Value(-3.0, name="b")
    >>> (a * b + a).backward()
    >>> a.grad, b.grad
    (-2.0, 2.0)
    """

    __slots__ = ("_first", "_second")
    __hash__ = Node.__hash__

    # One or two inputs lie in slots of the node, more in a tuple in the first: a tuple for each node would double the
    # number of objects that Python's cyclic garbage collector looks at, which is half of the time of a training step.
    _first: Any
    _second: Any

    namespace = FLOATS
    graph_namespace = Graph()
    keeps_grad = True

    def __init__(self, data: Any, name: str | None = None, requires_grad: bool = True):
        self._data = data if type(data) is float else _number(data)
        self._grad = 0.0
        self._name = None if name is None else checked_name(name)
        self.op, self.inputs, self.attrs = None, (), None
        self._tracked = requires_grad
        self.serial = next(SERIAL)
        watch = MODES.get().watch
        if watch is not None:
            watch.created(self)

    @classmethod
    def wrap(cls, number: Any) -> Value:
        """A constant that holds a Python number as it is, without the checks of `Value(...)`."""
        value: Value = _new(cls)
        value._data = number
        value._grad = 0.0
        value._name = value.op = value.attrs = value._first = value._second = None
        value._tracked = False
        value.serial = next(SERIAL)
        return value

    @property
    def data(self) -> float:
        """The number. Assigning it makes every result computed from the old one unusable for a backward pass."""
        return self._data

    @data.setter
    def data(self, data: Any) -> None:
        if type(data) is float:
            self._data = data
            self.changed()
        else:
            check_untracked(f"a {self.describe()}", data)
            self._write(data)

    def _write(self, data: Any, how: str = "") -> None:
        self._data = _number(data)
        self.changed()

    @property
    def grad(self) -> Any:
        """dL/d(self): a float; a Value after `backward(create_graph=True)`."""
        return self._grad

    @grad.setter
    def grad(self, gradient: Any) -> None:
        self._grad = gradient if isinstance(gradient, Value) else _number(gradient)

    @property
    def inputs(self) -> tuple[Any, ...]:
        """The nodes that the operation was applied to."""
        if self._second is not None:
            return self._first, self._second
        if self._first is None:
            return ()
        return self._first if type(self._first) is tuple else (self._first,)

    @inputs.setter
    def inputs(self, inputs: tuple[Any, ...]) -> None:
        n = len(inputs)
        self._first = inputs if n > 2 else inputs[0] if n else None
        self._second = inputs[1] if n == 2 else None

    def item(self) -> float:
        """The number, as `Tensor.item()` gives it."""
        return self._data

    __float__ = item

    def detach(self) -> Value:
        """The same number without its history."""
        return Value(self._data, requires_grad=False)

    def __repr__(self) -> str:
        parts = [f"{self._data:.6g}"]
        if self.name:
            parts.append(f"name={self.name!r}")
        if self.op:
            parts.append(f"op={self.op.name}")
        if self._tracked:
            parts.append(f"grad={float(self._grad):.6g}")
        return f"Value({', '.join(parts)})"

    def __bool__(self) -> bool:
        return bool(self._data)

    def __len__(self) -> int:
        raise TypeError("a Value is a single number and has no length; tg.Tensor holds arrays")

    def __iter__(self) -> Any:
        raise TypeError("a Value is a single number and has no elements; tg.Tensor holds arrays")

    def __getitem__(self, index: Any) -> Any:
        return iter(self)

    # --- the backward pass ---

    def _seed(self, gradient: Any, create_graph: bool) -> Any:
        value = 1.0 if gradient is None else gradient if isinstance(gradient, Value) else float(gradient)
        return Value(value, requires_grad=False) if create_graph and not isinstance(value, Value) else value

    @checked_keywords
    def backward(self, gradient: Any = None, create_graph: bool = False) -> None:
        start = self.seed(gradient, create_graph)
        gradients: Gradients = {self: start}
        if create_graph or isinstance(start, Value) or MODES.get().watch is not None:
            drain(newest_first(self), gradients, Reader(create_graph))
        else:
            float_pass(self, gradients)
        begin_storing()
        try:
            for node, received in gradients.items():
                node._grad = received if node.op is not None else node._grad + received
        finally:
            end_storing()

    backward.__doc__ = Node.backward.__doc__

    @staticmethod
    def _apply(op: Operation, operands: tuple[Any, ...], attrs: dict[str, Any] | None) -> Any:
        inputs = operands
        for operand in operands:
            if type(operand) is not Value:
                for x in operands:
                    if isinstance(x, Node) and not isinstance(x, Value):
                        return x._apply(op, operands, attrs)
                if any(isinstance(x, (np.ndarray, list, tuple)) for x in operands):
                    return getattr(OBJECTS, op.name)(*map(as_object, operands), **(attrs or {}))
                inputs = tuple([x if isinstance(x, Value) else Value(x, requires_grad=False) for x in operands])
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
        result._first = result._second = result.op = result.attrs = result._name = None
        result._tracked = False
        result.serial = next(SERIAL)
        for operand in inputs:
            if operand._tracked:
                result.record(op, inputs, attrs, True)
                return result
        result.record(op, inputs, attrs, False)
        return result


def _number(data: Any) -> float:
    """A true Python float (a NumPy scalar would carry NumPy's types into every result)."""
    if isinstance(data, (Number, np.bool_, Value)) and not isinstance(data, (complex, np.complexfloating)):
        try:
            return float(data)  # type: ignore[arg-type]
        except OverflowError as error:
            raise DtypeError("the number is too large for a float, which ends at 1.8e308") from error
    if getattr(data, "shape", None) == () and getattr(data.dtype, "kind", "f") in "fiub":  # PyTorch's have no kind
        return float(data)
    hint = "; for arrays and lists use tg.Tensor" if hasattr(data, "__len__") and not isinstance(data, str) else ""
    raise DtypeError(f"a Value holds one number, not {type(data).__name__}{hint}")
